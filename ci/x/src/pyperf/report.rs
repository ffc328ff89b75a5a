//! What the user gets: pyperf's own comparison, a file for each interpreter that
//! pyperf can read again, a list of what could not be compared and why, a chart,
//! and the record of the measurement.
//!
//! Example of the end of the output:
//! ```text
//! not on stock: 2
//!   dask               needs psutil, which is native code
//!   sqlite_synth       ModuleNotFoundError: No module named '_sqlite3'
//! failed: 0
//! 84 compared; the JIT is 1.52× as fast as stock (geometric mean)
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::chart::{Chart, Row, geometric_mean, times};
use super::environment::Environment;
use super::outcome::Verdict;
use super::plan::Mode;
use crate::provenance::{self, Findings};
use crate::repo::Repo;

/// A value that is this much slower than the last one of its process was not warm.
const WARM: f64 = 1.1;

/// One benchmark, at the end.
#[derive(Debug)]
pub struct Finished {
    /// As pyperformance lists it.
    pub name: String,
    /// pyperformance's groups.
    pub tags: Vec<String>,
    /// What happened.
    pub verdict: Verdict,
    /// The files of pyperf to join, for each interpreter; stock is the first.
    pub files: Vec<Vec<PathBuf>>,
    /// Whether there is no value but that of the check.
    pub cold: bool,
    /// Output of the failure.
    pub log: Option<PathBuf>,
    /// How many times as fast as stock the JIT was in the last round.
    pub last_ratio: Option<f64>,
}

/// What driver.py finds in the joined files.
#[derive(Clone, Debug, Deserialize)]
struct Joined {
    name: String,
    mean: f64,
    /// The median of the processes' first values.
    first: f64,
    /// The median of their last ones.
    last: f64,
}

/// Everything a report is made from.
pub struct Report<'a> {
    /// The checkout.
    pub repo: &'a Repo,
    /// pyperf.
    pub environment: &'a Environment,
    /// How carefully was measured.
    pub mode: Mode,
    /// Whether it was the whole suite: only its mean means something.
    pub whole: bool,
    /// The interpreters' labels: stock, jit, and the user's.
    pub labels: Vec<String>,
    /// All benchmarks.
    pub finished: Vec<Finished>,
    /// Benchmarks for which this mode has no time.
    pub left_out: Vec<String>,
    /// Where files are written.
    pub output: PathBuf,
    /// Where the record is written.
    pub results: PathBuf,
}

impl Report<'_> {
    /// Prints and writes everything. Returns whether no benchmark failed.
    ///
    /// # Errors
    /// When a file cannot be written, or pyperf fails.
    pub fn publish(&self) -> Result<bool> {
        self.clear()?;
        let mut ratios = Vec::new();
        let mut rows = Vec::new();
        if self.mode != Mode::Check {
            let joined = self.join()?;
            rows = compared_rows(&joined);
            ratios = chart_rows(&joined);
            if !rows.is_empty() {
                self.compare()?;
                self.chart(ratios.clone())?;
            }
            self.remarks(&joined[1]);
        }
        rows.extend(
            self.finished
                .iter()
                .filter_map(|finished| self.plain_row(finished)),
        );
        let mean = geometric_mean(ratios.iter().filter_map(|row| row.ratios[0]));
        self.verdicts(mean);
        let record = provenance::write(
            self.repo,
            &self.results,
            Findings {
                kind: "pyperformance",
                figures: self.figures(),
                rows,
                geometric_mean: mean.filter(|_| self.whole),
            },
        )?;
        let mut written = vec![self.repo.show(&record)];
        if mean.is_some() {
            written.push(self.repo.show(&self.output.join("chart.svg")));
            written.extend(self.files().iter().map(|file| self.repo.show(file)));
        }
        println!("written: {}", written.join(" "));
        Ok(self.count(|v| matches!(v, Verdict::Failed(_))) == 0)
    }

    /// Makes the folder, without what an earlier command may have left there.
    fn clear(&self) -> Result<()> {
        fs::create_dir_all(&self.output)?;
        let mut old = self.files();
        old.extend(["chart.svg", "table.txt"].map(|name| self.output.join(name)));
        for file in old.iter().filter(|file| file.is_file()) {
            fs::remove_file(file).with_context(|| self.repo.show(file))?;
        }
        Ok(())
    }

    /// The files that pyperf compares, and can read again.
    fn files(&self) -> Vec<PathBuf> {
        let file = |label: &String| self.output.join(format!("{label}.json"));
        self.labels.iter().map(file).collect()
    }

    /// Joins the runs of each interpreter.
    fn join(&self) -> Result<Vec<Vec<Joined>>> {
        let compared = || {
            self.finished
                .iter()
                .filter(|f| f.verdict == Verdict::Compared)
        };
        let mut all = Vec::new();
        for (index, output) in self.files().iter().enumerate() {
            let benchmarks: Vec<Value> = compared()
                .filter(|finished| !finished.files[index].is_empty())
                .map(|finished| json!({"tags": finished.tags, "files": finished.files[index]}))
                .collect();
            if benchmarks.is_empty() {
                all.push(Vec::new());
                continue;
            }
            let wanted = tempfile::NamedTempFile::new()?;
            serde_json::to_writer(
                &wanted,
                &json!({"output": output, "benchmarks": benchmarks}),
            )?;
            let answer = self.environment.ask(&[Path::new("join"), wanted.path()])?;
            all.push(serde_json::from_value(answer).context("the answer of driver.py")?);
        }
        Ok(all)
    }

    /// `pyperf compare_to --table`, as it is.
    fn compare(&self) -> Result<()> {
        let files = self.files();
        let names = files
            .iter()
            .filter(|file| file.is_file())
            .filter_map(|file| file.file_name());
        let output = self
            .environment
            .pyperf()
            .args(["compare_to", "--table"])
            .args(names)
            // The names of the files are the heads of the columns.
            .current_dir(&self.output)
            .output()
            .context("running pyperf compare_to")?;
        ensure!(
            output.status.success(),
            "pyperf compare_to: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let table = String::from_utf8_lossy(&output.stdout);
        println!("{table}");
        fs::write(self.output.join("table.txt"), table.as_ref())?;
        Ok(())
    }

    fn chart(&self, rows: Vec<Row>) -> Result<()> {
        let machine = provenance::machine();
        let commit: String = provenance::commit(self.repo).chars().take(12).collect();
        let text = |key: &str| machine[key].as_str().unwrap_or_default().to_owned();
        let notes = [
            "Times as fast as stock RustPython 0.6.0 in the same build profile; logarithmic"
                .to_owned(),
            format!(
                "{} benchmarks, {} mode; commit {commit}; {}, {} cores, Linux {}; {}",
                rows.len(),
                self.mode.name(),
                text("cpu"),
                machine["cores"],
                text("kernel"),
                text("rustc").split(" (").next().unwrap_or_default()
            ),
        ];
        let chart = Chart {
            title: "pyperformance: RustPython with the JIT",
            notes: &notes,
            labels: &self.labels[1..],
            rows,
        };
        fs::write(self.output.join("chart.svg"), chart.svg())?;
        Ok(())
    }

    /// What a reader of the table should know.
    fn remarks(&self, jit: &[Joined]) {
        let cold: Vec<&str> = self
            .finished
            .iter()
            .filter(|finished| finished.cold && finished.verdict == Verdict::Compared)
            .map(|finished| finished.name.as_str())
            .collect();
        if !cold.is_empty() {
            println!(
                "timed once, without warm-up, for they take long: {}\n",
                cold.join(", ")
            );
        }
        let warming: Vec<String> = jit
            .iter()
            .filter(|joined| joined.first > WARM * joined.last)
            .map(|joined| format!("{} ({})", joined.name, times(joined.first / joined.last)))
            .collect();
        if !warming.is_empty() {
            println!(
                "first value under the JIT slower than the last: {}\n",
                warming.join(", ")
            );
        }
    }

    fn verdicts(&self, mean: Option<f64>) {
        if !self.left_out.is_empty() {
            println!(
                "left out of the {} mode, for they take long: {}\n",
                self.mode.name(),
                self.left_out.join(", ")
            );
        }
        let list = |head: &str, wanted: fn(&Verdict) -> Option<&str>| {
            let rows = || {
                self.finished
                    .iter()
                    .filter_map(|f| Some((f, wanted(&f.verdict)?)))
            };
            println!("{head}: {}", rows().count());
            for (finished, reason) in rows() {
                println!("  {:<32} {reason}", finished.name);
                if let (Verdict::Failed(_), Some(log)) = (&finished.verdict, &finished.log) {
                    println!("  {:<32} {}", "", self.repo.show(log));
                }
            }
        };
        list("not on stock", |verdict| match verdict {
            Verdict::NotOnStock(reason) => Some(reason),
            _ => None,
        });
        list("failed", |verdict| match verdict {
            Verdict::Failed(reason) => Some(reason),
            _ => None,
        });
        let compared = self.count(|verdict| *verdict == Verdict::Compared);
        match mean {
            Some(mean) => println!(
                "{compared} compared; the JIT is {} as fast as stock (geometric mean)",
                times(mean)
            ),
            None => println!("{compared} the same on both"),
        }
    }

    fn count(&self, wanted: impl Fn(&Verdict) -> bool) -> usize {
        self.finished
            .iter()
            .filter(|finished| wanted(&finished.verdict))
            .count()
    }

    fn figures(&self) -> Map<String, Value> {
        let count = |wanted: fn(&Verdict) -> bool| json!(self.count(wanted));
        [
            ("mode", json!(self.mode.name())),
            ("whole_suite", json!(self.whole)),
            ("left_out", json!(self.left_out)),
            ("compared", count(|v| *v == Verdict::Compared)),
            (
                "not_on_stock",
                count(|v| matches!(v, Verdict::NotOnStock(_))),
            ),
            ("failed", count(|v| matches!(v, Verdict::Failed(_)))),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into_iter()
        .collect()
    }

    /// The row of a benchmark without times.
    fn plain_row(&self, finished: &Finished) -> Option<Value> {
        let (status, reason) = match &finished.verdict {
            Verdict::Compared if self.mode == Mode::Check => ("compared", None),
            Verdict::Compared => return None,
            Verdict::NotOnStock(reason) => ("not on stock", Some(reason)),
            Verdict::Failed(reason) => ("failed", Some(reason)),
        };
        Some(json!({
            "name": finished.name, "stock_s": null, "jit_s": null, "ratio": null,
            "status": status, "reason": reason,
        }))
    }
}

fn mean_of(joined: &[Joined], name: &str) -> Option<f64> {
    joined
        .iter()
        .find(|joined| joined.name == name)
        .map(|joined| joined.mean)
}

/// The rows of the record that have times; stock is the first of `joined`.
fn compared_rows(joined: &[Vec<Joined>]) -> Vec<Value> {
    let row = |stock: &Joined| {
        let jit = mean_of(&joined[1], &stock.name)?;
        Some(json!({
            "name": stock.name, "stock_s": stock.mean, "jit_s": jit,
            "ratio": stock.mean / jit, "status": "compared", "reason": null,
        }))
    };
    joined[0].iter().filter_map(row).collect()
}

/// Stock's time by each of the others'.
fn chart_rows(joined: &[Vec<Joined>]) -> Vec<Row> {
    let row = |stock: &Joined| Row {
        name: stock.name.clone(),
        ratios: joined[1..]
            .iter()
            .map(|other| Some(stock.mean / mean_of(other, &stock.name)?))
            .collect(),
    };
    joined[0].iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(rows: &[(&str, f64)]) -> Vec<Joined> {
        let row = |&(name, mean): &(&str, f64)| Joined {
            name: name.to_owned(),
            mean,
            first: mean,
            last: mean,
        };
        rows.iter().map(row).collect()
    }

    #[test]
    fn ratios_are_times_as_fast() {
        let all = [
            joined(&[("a", 2.0), ("b", 1.0)]),
            joined(&[("b", 2.0), ("a", 0.5)]),
            joined(&[("a", 1.0)]),
        ];
        let rows = compared_rows(&all);
        assert_eq!(
            (&rows[0]["name"], &rows[0]["ratio"]),
            (&json!("a"), &json!(4.0))
        );
        assert_eq!(
            (&rows[1]["jit_s"], &rows[1]["ratio"]),
            (&json!(2.0), &json!(0.5))
        );
        let rows = chart_rows(&all);
        assert_eq!(rows[0].ratios, [Some(4.0), Some(2.0)]);
        assert_eq!(rows[1].ratios, [Some(0.5), None]);
    }
}
