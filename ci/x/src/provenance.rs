//! The record of a measurement: what was measured, where, when, and the figures.
//!
//! Every measuring command writes one such file, all into one folder, from which
//! trends are drawn. A record says enough to know which ones can be compared:
//! figures of two commits only if `machine` is equal, and a commit ends in
//! `-dirty` if the sources were not those of the commit.
//!
//! Invariant: a record is whole or not there: it is renamed into place.
//!
//! Example, `target/results/20260102T030405Z-pyperformance-0123456789ab.json`
//! (`figures`, `rows` and `geometric_mean` are the command's own):
//! ```json
//! {
//!   "kind": "pyperformance", "schema": 1,
//!   "commit": "0123456789abcdef0123456789abcdef01234567",
//!   "date": "2026-01-02T03:04:05Z",
//!   "machine": {"cpu": "AMD EPYC", "cores": 2, "kernel": "6.1.0", "rustc": "rustc 1.95.0 (59807616e 2026-04-14)"},
//!   "figures": {}, "rows": [], "geometric_mean": 1.5
//! }
//! ```

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::available_parallelism;
use std::time::SystemTime;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::repo::Repo;

/// The version of the layout of a record.
const SCHEMA: u32 = 1;

/// What stands in place of something that could not be found out.
const UNKNOWN: &str = "unknown";

/// What one measurement found.
#[derive(Debug, Default)]
pub struct Findings {
    /// Which command measured: records are compared within a kind.
    pub kind: &'static str,
    /// Single numbers by name.
    pub figures: Map<String, Value>,
    /// One object for each thing that was measured.
    pub rows: Vec<Value>,
    /// The mean of the rows' ratios, if there is any.
    pub geometric_mean: Option<f64>,
}

/// The folder of the records, unless the user names another.
pub fn default_folder(repo: &Repo) -> PathBuf {
    repo.target_dir().join("results")
}

/// Writes a record into `folder`; returns where.
///
/// # Errors
/// When the folder cannot be written.
pub fn write(repo: &Repo, folder: &Path, findings: Findings) -> Result<PathBuf> {
    let record = record(repo, findings);
    fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    let path = folder.join(file_name(&record));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    writeln!(file, "{record:#}")?;
    file.persist(&path)
        .with_context(|| format!("writing {}", path.display()))?;
    Ok(path)
}

/// `findings` with what is the same for every kind of measurement.
pub fn record(repo: &Repo, findings: Findings) -> Value {
    json!({
        "kind": findings.kind,
        "schema": SCHEMA,
        "commit": commit(repo),
        "date": humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        "machine": machine(),
        "figures": findings.figures,
        "rows": findings.rows,
        "geometric_mean": findings.geometric_mean,
    })
}

/// Sorts by date; the date has no `:` there, which some file systems refuse.
fn file_name(record: &Value) -> String {
    let text = |key: &str| record[key].as_str().unwrap_or(UNKNOWN).to_owned();
    let date = text("date").replace(['-', ':'], "");
    let commit: String = text("commit").chars().take(12).collect();
    format!("{date}-{}-{commit}.json", text("kind"))
}

/// The machine, as far as speed depends on it.
pub fn machine() -> Value {
    let cpu = fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| cpu_model(&text).map(str::to_owned));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").ok();
    let rustc = output(Command::new("rustc").arg("--version"));
    let or_unknown = |text: Option<String>| text.map_or(UNKNOWN.to_owned(), |t| t.trim().into());
    json!({
        "cpu": or_unknown(cpu),
        "cores": available_parallelism().map_or(1, usize::from),
        "kernel": or_unknown(kernel),
        "rustc": or_unknown(rustc),
    })
}

fn cpu_model(cpuinfo: &str) -> Option<&str> {
    cpuinfo.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == "model name").then(|| value.trim())
    })
}

/// The commit of the checkout, with `-dirty` if files differ from it.
pub fn commit(repo: &Repo) -> String {
    let git = |args: &[&str]| output(Command::new("git").args(args).current_dir(repo.path("")));
    let Some(head) = git(&["rev-parse", "HEAD"]) else {
        // A source archive, or no git.
        return UNKNOWN.to_owned();
    };
    // New files count, too: cargo may find them.
    let clean = git(&["status", "--porcelain"]).is_some_and(|changes| changes.is_empty());
    format!("{}{}", head.trim(), if clean { "" } else { "-dirty" })
}

/// What a program prints, if it can be started and is content.
fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_can_be_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let findings = Findings {
            kind: "test",
            rows: vec![json!({"name": "row"})],
            geometric_mean: Some(2.0),
            ..Findings::default()
        };
        let repo = Repo::find().unwrap();
        let path = write(&repo, &folder.path().join("new"), findings).unwrap();
        let record: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(record["kind"], "test");
        assert_eq!(record["schema"], SCHEMA);
        assert_eq!(record["rows"][0]["name"], "row");
        assert!(humantime::parse_rfc3339(record["date"].as_str().unwrap()).is_ok());
        assert!(record["machine"]["cores"].as_u64().unwrap() > 0);
        for key in ["cpu", "kernel", "rustc"] {
            let text = record["machine"][key].as_str().unwrap();
            assert_eq!((text.is_empty(), text), (false, text.trim()), "{key}");
        }
        let only = fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(only, 1, "nothing but the record is left");
    }

    #[test]
    fn names_sort_by_date() {
        let record = json!({
            "kind": "k", "date": "2026-01-02T03:04:05Z", "commit": "0123456789abcdef-dirty",
        });
        assert_eq!(file_name(&record), "20260102T030405Z-k-0123456789ab.json");
    }

    #[test]
    fn the_model_of_the_first_core() {
        let text = "processor\t: 0\nmodel name\t: A B\n\nmodel name\t: C\n";
        assert_eq!(cpu_model(text), Some("A B"));
        assert_eq!(cpu_model("CPU part : 0xd0c\n"), None);
    }
}
