//! The records of a folder, in the order of their dates.
//!
//! Invariant: every file `*.json` becomes a record or a reason why not; nothing
//! is left out silently.
//!
//! Example: `{"kind": "bench", "schema": 1, "commit": "0123…", …}` becomes a
//! [`Record`] whose [`Record::series`] is `AMD EPYC, 2 cores, mode on`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Map, Value};

/// One measurement.
#[derive(Clone, Debug, Deserialize)]
pub struct Record {
    pub kind: String,
    pub schema: u32,
    pub commit: String,
    pub date: String,
    pub machine: Machine,
    pub figures: Map<String, Value>,
    pub rows: Vec<Value>,
    #[serde(default)]
    pub geometric_mean: Option<f64>,
}

/// Where it was measured.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Machine {
    pub cpu: String,
    pub cores: u32,
    pub kernel: String,
    pub rustc: String,
}

/// Figures that say how it was measured, not what was found.
const SETTINGS: [&str; 4] = ["mode", "opts", "suite", "generator"];

impl Record {
    fn parse(text: &str) -> Result<Self> {
        let record: Self = serde_json::from_str(text)?;
        ensure!(record.schema == 1, "schema {} is not known", record.schema);
        humantime::parse_rfc3339(&record.date).context("its date")?;
        Ok(record)
    }

    /// What must be equal for two records of a kind to be compared.
    pub fn series(&self) -> String {
        let mut parts = vec![
            self.machine.cpu.clone(),
            format!("{} cores", self.machine.cores),
        ];
        for name in SETTINGS {
            if let Some(text) = self.figures.get(name).and_then(Value::as_str) {
                parts.push(format!("{name} {text}"));
            }
        }
        parts.join(", ")
    }

    /// A single number.
    pub fn figure(&self, name: &str) -> Option<f64> {
        self.figures.get(name).and_then(Value::as_f64)
    }

    /// How many times as fast as stock the JIT was, by row.
    pub fn ratios(&self) -> BTreeMap<String, f64> {
        let ratio = |row: &Value| {
            let ratio = &row["ratio"];
            ratio.as_f64().or_else(|| ratio["median"].as_f64())
        };
        let rows = self.rows.iter();
        rows.filter_map(|row| Some((row["name"].as_str()?.to_owned(), ratio(row)?)))
            .collect()
    }

    /// The first digits of the commit, and whether files differed from it.
    pub fn short_commit(&self) -> String {
        let dirty = if self.commit.ends_with("-dirty") {
            "+"
        } else {
            ""
        };
        let digits: String = self.commit.chars().take(10).collect();
        format!("{digits}{dirty}")
    }

    /// The date without the time's seconds.
    pub fn day(&self) -> String {
        self.date
            .chars()
            .take(16)
            .collect::<String>()
            .replace('T', " ")
    }
}

/// Reads a folder; returns the records and why files were left out.
///
/// # Errors
/// When the folder cannot be read.
pub fn read(folder: &Path) -> Result<(Vec<Record>, Vec<String>)> {
    let (mut records, mut refused) = (Vec::new(), Vec::new());
    let entries =
        fs::read_dir(folder).with_context(|| format!("no folder {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let record = fs::read_to_string(&path)
            .map_err(anyhow::Error::from)
            .and_then(|text| Record::parse(&text));
        match record {
            Ok(record) => records.push(record),
            Err(error) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                refused.push(format!("{name}: {error:#}"));
            }
        }
    }
    records.sort_by(|one, two| one.date.cmp(&two.date));
    refused.sort();
    Ok((records, refused))
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use serde_json::json;

    /// A record of a kind, with some figures and rows.
    pub fn record(kind: &str, day: u32, figures: Value, rows: Value) -> Record {
        let text = json!({
            "kind": kind, "schema": 1, "commit": format!("{day:040}"),
            "date": format!("2026-01-{day:02}T03:04:05Z"),
            "machine": {"cpu": "A <B>", "cores": 2, "kernel": "6.1", "rustc": "rustc 1.95"},
            "figures": figures, "rows": rows,
        });
        Record::parse(&text.to_string()).unwrap()
    }

    #[test]
    fn ratios_are_numbers_or_medians() {
        let rows = json!([
            {"name": "a", "ratio": 2.0}, {"name": "b", "ratio": {"median": 3.0}},
            {"name": "c", "ratio": null},
        ]);
        let ratios = record("bench", 1, json!({}), rows).ratios();
        assert_eq!(
            ratios.into_iter().collect::<Vec<_>>(),
            [("a".into(), 2.0), ("b".into(), 3.0)]
        );
    }

    #[test]
    fn settings_make_series() {
        let on = record("bench", 1, json!({"mode": "on", "n": 3}), json!([]));
        assert_eq!(on.series(), "A <B>, 2 cores, mode on");
    }

    #[test]
    fn files_are_read_or_named() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let whole = |day: u32| {
            json!({
                "kind": "fuzz", "schema": 1, "commit": "c", "date": format!("2026-01-0{day}T00:00:00Z"),
                "machine": {"cpu": "", "cores": 1, "kernel": "", "rustc": ""},
                "figures": {}, "rows": [], "geometric_mean": null,
            })
        };
        write("b.json", &whole(1).to_string());
        write("a.json", &whole(2).to_string());
        write("c.json", "{}");
        write(
            "d.json",
            &whole(1).to_string().replace("\"schema\":1", "\"schema\":9"),
        );
        write("notes.txt", "");
        let (records, refused) = read(folder.path()).unwrap();
        let dates: Vec<_> = records.iter().map(|record| &record.date[..10]).collect();
        assert_eq!(dates, ["2026-01-01", "2026-01-02"]);
        assert!(refused[0].starts_with("c.json: missing field") && refused.len() == 2);
        assert!(refused[1].contains("schema 9"), "{refused:?}");
    }
}
