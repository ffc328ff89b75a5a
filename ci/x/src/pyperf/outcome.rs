//! What one run of a benchmark came to, and what the runs on all interpreters mean.
//!
//! Results are kept in files, one set a run, so that a command that was stopped
//! goes on where it was. Invariant: a run's `<name>.json` (ours) is renamed into
//! place after `<name>.pyperf.json` (pyperf's) is whole; without it, the run has
//! not been done.
//!
//! Example of ours, for a benchmark that needs a missing module:
//! ```json
//! {"Failed": {"how": "Error", "reason": "ModuleNotFoundError: No module named '_xyz'", "seconds": 0.8}}
//! ```

use std::fs;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::chart::geometric_mean;
use super::process::{End, Ended};

/// What one run came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// pyperf wrote a file.
    Passed {
        /// From start to end of the process.
        seconds: f64,
        /// The loops and the time of one loop of each benchmark in the file.
        timed: Vec<Timed>,
    },
    /// It did not.
    Failed {
        /// Which kind of failure.
        how: Failure,
        /// In a line.
        reason: String,
        /// From start to end of the process.
        seconds: f64,
    },
}

/// A benchmark in a file of pyperf: a script may time several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timed {
    /// As pyperf names it.
    pub name: String,
    /// How many loops a value was timed over.
    pub loops: u64,
    /// Seconds of one loop, on average.
    pub mean: f64,
}

/// Kinds of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    /// A Python exception, or an exit code.
    Error,
    /// A signal, or a panic of the interpreter.
    Crash,
    /// It took too long.
    TimeOut,
}

/// What happened to a benchmark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It runs under stock and under the JIT.
    Compared,
    /// It does not run under stock: why.
    NotOnStock(String),
    /// It runs under stock and not under the JIT, or the JIT crashes: how.
    Failed(String),
}

impl Outcome {
    /// From a process that has ended, and the file that it should have written.
    pub fn of(ended: &Ended, file: &Path) -> Self {
        let failed = |how, reason| Self::Failed {
            how,
            reason,
            seconds: ended.seconds,
        };
        let status = match ended.end {
            End::TimedOut => {
                return failed(
                    Failure::TimeOut,
                    format!("takes more than {:.0} s", ended.seconds),
                );
            }
            End::Status(status) => status,
        };
        if status.success() {
            return match read_timed(file) {
                Ok(timed) => Self::Passed {
                    seconds: ended.seconds,
                    timed,
                },
                Err(error) => failed(Failure::Error, format!("{error:#}")),
            };
        }
        match (crash(&ended.output), status.signal()) {
            (Some(crash), _) => failed(Failure::Crash, crash),
            (None, Some(signal)) => failed(Failure::Crash, format!("killed by signal {signal}")),
            (None, None) => {
                let reason = exception(&ended.output)
                    .unwrap_or_else(|| format!("exit code {}", status.code().unwrap_or(-1)));
                failed(Failure::Error, reason)
            }
        }
    }

    /// From start to end of the process.
    pub fn seconds(&self) -> f64 {
        match self {
            Self::Passed { seconds, .. } | Self::Failed { seconds, .. } => *seconds,
        }
    }

    /// Seconds spent in one value of each of its benchmarks; `None` if it failed.
    pub fn value_seconds(&self) -> Option<f64> {
        match self {
            Self::Passed { timed, .. } => Some(timed.iter().map(|t| t.mean * t.loops as f64).sum()),
            Self::Failed { .. } => None,
        }
    }
}

/// Compares the outcomes of one benchmark under stock and under the JIT.
pub fn verdict(stock: &Outcome, jit: &Outcome) -> Verdict {
    use Outcome::{Failed, Passed};
    match (stock, jit) {
        (Passed { timed: stock, .. }, Passed { timed: jit, .. }) => {
            let names =
                |timed: &[Timed]| -> Vec<String> { timed.iter().map(|t| t.name.clone()).collect() };
            let (stock, jit) = (names(stock), names(jit));
            if stock == jit {
                Verdict::Compared
            } else {
                Verdict::Failed(format!("times {jit:?}, stock times {stock:?}"))
            }
        }
        (Passed { .. }, Failed { reason, .. }) => Verdict::Failed(reason.clone()),
        // Broken on stock, too, but not in this way.
        (
            Failed {
                how: Failure::Error,
                reason: on_stock,
                ..
            },
            Failed {
                how: Failure::Crash,
                reason,
                ..
            },
        ) => Verdict::Failed(format!("{reason} (stock: {on_stock})")),
        (Failed { reason, .. }, _) => Verdict::NotOnStock(reason.clone()),
    }
}

/// How many times as fast as stock the JIT was: the mean of the benchmarks in the
/// file.
pub fn ratio(stock: &Outcome, jit: &Outcome) -> Option<f64> {
    let (Outcome::Passed { timed: stock, .. }, Outcome::Passed { timed: jit, .. }) = (stock, jit)
    else {
        return None;
    };
    let pairs = stock.iter().zip(jit);
    geometric_mean(pairs.map(|(stock, jit)| stock.mean / jit.mean))
}

/// The exit code of a worker that was killed, or a panic, in pyperf's output.
fn crash(output: &str) -> Option<String> {
    let panic = output
        .lines()
        .position(|line| line.contains("' panicked at ") || line.contains(") panicked at "));
    if let Some(at) = panic {
        let what = output.lines().nth(at + 1).unwrap_or_default();
        return Some(format!("panic: {what}"));
    }
    let (_, code) = output.rsplit_once(" failed with exit code -")?;
    let digits: String = code.chars().take_while(char::is_ascii_digit).collect();
    Some(format!("killed by signal {digits}"))
}

/// The last line of the worker's traceback. pyperf follows with one of its own,
/// which says only that the worker failed.
fn exception(output: &str) -> Option<String> {
    let names_one = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default();
        let word = |c: char| c.is_alphanumeric() || "._".contains(c);
        let last = name.rsplit('.').next().unwrap_or_default();
        let kinds = [
            "Error",
            "Exception",
            "Exit",
            "Interrupt",
            "NotImplemented",
            "Warning",
        ];
        !name.is_empty()
            && name.chars().all(word)
            && kinds.iter().any(|kind| last.ends_with(kind))
            && !line.contains(" failed with exit code ")
    };
    let found = output.lines().rfind(names_one);
    // pyperf's own complaints.
    let found = found.or_else(|| {
        output
            .lines()
            .rev()
            .find(|line| line.starts_with("ERROR: "))
    });
    found.map(|line| line.trim_end().to_owned())
}

/// What is in a file of pyperf. Metadata that all runs share stand further out.
fn read_timed(file: &Path) -> Result<Vec<Timed>> {
    let text =
        fs::read_to_string(file).with_context(|| format!("no result: {}", file.display()))?;
    let suite: Value = serde_json::from_str(&text).context("the result is not JSON")?;
    timed(&suite).context("the result has no values")
}

fn timed(suite: &Value) -> Option<Vec<Timed>> {
    let benchmarks = suite["benchmarks"].as_array()?;
    let timed = benchmarks.iter().map(|benchmark| {
        let runs = benchmark["runs"].as_array()?;
        let run = runs.iter().rfind(|run| run["values"].is_array())?;
        let meta = |key: &str| {
            let places = [run, benchmark, suite];
            places
                .into_iter()
                .map(|place| &place["metadata"][key])
                .find(|v| !v.is_null())
        };
        let all = runs
            .iter()
            .filter_map(|run| run["values"].as_array())
            .flatten();
        let values: Vec<f64> = all.filter_map(Value::as_f64).collect();
        Some(Timed {
            name: meta("name")?.as_str()?.to_owned(),
            loops: meta("loops").and_then(Value::as_u64).unwrap_or(1),
            mean: values.iter().sum::<f64>() / values.len() as f64,
        })
    });
    let timed: Option<Vec<Timed>> = timed.collect();
    timed.filter(|timed| !timed.is_empty())
}

/// The files of one interpreter's runs.
pub struct Store {
    dir: PathBuf,
}

impl Store {
    /// The runs of the interpreter with this key.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(root: &Path, key: &str) -> Result<Self> {
        let dir = root.join("runs").join(key);
        fs::create_dir_all(&dir).with_context(|| format!("creating {}", dir.display()))?;
        Ok(Self { dir })
    }

    /// Where pyperf writes the run `name`.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.pyperf.json"))
    }

    /// The outcome of the run `name`, if it has been done.
    pub fn load(&self, name: &str) -> Option<Outcome> {
        let text = fs::read_to_string(self.dir.join(format!("{name}.json"))).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Forgets all runs of a benchmark.
    ///
    /// # Errors
    /// When a file cannot be deleted.
    pub fn forget(&self, benchmark: &str) -> Result<()> {
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let name = entry.file_name();
            // The dot: `pickle` is not `pickle_list`.
            if name.to_string_lossy().starts_with(&format!("{benchmark}.")) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Does the run `name`, unless it has been done and would not end otherwise with
    /// `seconds` of time.
    ///
    /// # Errors
    /// When `work` fails, or the files cannot be written.
    pub fn load_or(
        &self,
        name: &str,
        seconds: f64,
        work: impl FnOnce(&Path) -> Result<Ended>,
    ) -> Result<Outcome> {
        match self.load(name) {
            Some(Outcome::Failed {
                how: Failure::TimeOut,
                seconds: had,
                ..
            }) if had < seconds => {}
            Some(outcome) => return Ok(outcome),
            None => {}
        }
        let file = self.file(name);
        // pyperf refuses to overwrite what an interrupted run has left.
        match fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let ended = work(&file)?;
        let outcome = Outcome::of(&ended, &file);
        let mut ours = tempfile::NamedTempFile::new_in(&self.dir)?;
        serde_json::to_writer(&mut ours, &outcome)?;
        ours.flush()?;
        ours.persist(self.dir.join(format!("{name}.json")))?;
        if let Outcome::Failed { .. } = outcome {
            fs::write(self.dir.join(format!("{name}.log")), &ended.output)?;
        }
        Ok(outcome)
    }

    /// Where the output of the failed run `name` is.
    pub fn log(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.log"))
    }
}

#[cfg(test)]
pub mod tests {
    use std::cell::Cell;
    use std::process::ExitStatus;

    use serde_json::json;

    use super::*;

    pub fn ended(raw_status: i32, output: &str) -> Ended {
        Ended {
            end: End::Status(ExitStatus::from_raw(raw_status)),
            seconds: 1.0,
            output: output.to_owned(),
        }
    }

    fn of(raw_status: i32, output: &str) -> (Failure, String) {
        match Outcome::of(&ended(raw_status, output), Path::new("/nonexistent")) {
            Outcome::Failed { how, reason, .. } => (how, reason),
            Outcome::Passed { .. } => panic!("passed"),
        }
    }

    const FAILED: &str = "RuntimeError: /usr/bin/python failed with exit code";

    #[test]
    fn reasons() {
        let worker = "Traceback (most recent call last):\n  File \"x\", line 1\nAssertionError\n";
        let parent = format!("Traceback (most recent call last):\n{FAILED} 1\n");
        let output = format!("{worker}{parent}");
        assert_eq!(
            of(1 << 8, &output),
            (Failure::Error, "AssertionError".to_owned())
        );
        let import = "noise\nModuleNotFoundError: No module named 'x'\n";
        assert_eq!(
            of(1 << 8, import).1,
            "ModuleNotFoundError: No module named 'x'"
        );
        assert_eq!(of(3 << 8, "nothing said: really\n").1, "exit code 3");
        assert_eq!(of(0, "").0, Failure::Error, "no file");
        assert_eq!(of(9, ""), (Failure::Crash, "killed by signal 9".to_owned()));
        let worker_killed = format!("ValueError: before\n{FAILED} -11\n");
        assert_eq!(
            of(1 << 8, &worker_killed),
            (Failure::Crash, "killed by signal 11".to_owned())
        );
        let panic =
            format!("thread 'main' (7) panicked at src/x.rs:1:2:\nno such register\n{parent}");
        assert_eq!(
            of(1 << 8, &panic),
            (Failure::Crash, "panic: no such register".to_owned())
        );
    }

    pub fn passed(name: &str, mean: f64) -> Outcome {
        Outcome::Passed {
            seconds: mean + 0.5,
            timed: vec![Timed {
                name: name.to_owned(),
                loops: 1,
                mean,
            }],
        }
    }

    #[test]
    fn ratios() {
        let ratio = |stock: &Outcome, jit: &Outcome| super::ratio(stock, jit);
        assert!((ratio(&passed("a", 3.0), &passed("a", 0.5)).unwrap() - 6.0).abs() < 1e-9);
        assert_eq!(ratio(&passed("a", 3.0), &failed(Failure::Error)), None);
    }

    fn failed(how: Failure) -> Outcome {
        Outcome::Failed {
            how,
            reason: format!("{how:?}"),
            seconds: 1.0,
        }
    }

    #[test]
    fn verdicts() {
        use Failure::{Crash, Error, TimeOut};
        assert_eq!(
            verdict(&passed("a", 1.0), &passed("a", 2.0)),
            Verdict::Compared
        );
        assert!(matches!(
            verdict(&passed("a", 1.0), &passed("b", 1.0)),
            Verdict::Failed(_)
        ));
        for how in [Crash, Error, TimeOut] {
            assert!(matches!(
                verdict(&passed("a", 1.0), &failed(how)),
                Verdict::Failed(_)
            ));
            assert!(matches!(
                verdict(&failed(how), &passed("a", 1.0)),
                Verdict::NotOnStock(_)
            ));
        }
        assert!(matches!(
            verdict(&failed(Error), &failed(Crash)),
            Verdict::Failed(_)
        ));
        assert!(matches!(
            verdict(&failed(TimeOut), &failed(Crash)),
            Verdict::NotOnStock(_)
        ));
    }

    #[test]
    fn metadata_of_every_level() {
        let suite = json!({
            "metadata": {"loops": 8},
            "benchmarks": [
                {"metadata": {"name": "a"}, "runs": [{"warmups": [[1, 2.0]]}, {"values": [1.0, 3.0]}]},
                {"metadata": {"name": "b"}, "runs": [{"metadata": {"loops": 2}, "values": [0.5]}]},
            ],
        });
        let timed = timed(&suite).unwrap();
        let short: Vec<_> = timed
            .iter()
            .map(|t| (t.name.as_str(), t.loops, t.mean))
            .collect();
        assert_eq!(short, [("a", 8, 2.0), ("b", 2, 0.5)]);
        let outcome = Outcome::Passed {
            seconds: 20.0,
            timed,
        };
        assert!((outcome.value_seconds().unwrap() - 17.0).abs() < 1e-9);
        assert_eq!(super::timed(&json!({"benchmarks": []})), None);
        assert_eq!(
            super::timed(&json!({"benchmarks": [{"runs": [{"warmups": []}]}]})),
            None
        );
    }

    #[test]
    fn a_run_is_done_once() {
        let root = tempfile::tempdir().unwrap();
        let runs = Cell::new(0);
        let write = |file: &Path| {
            runs.set(runs.get() + 1);
            assert!(!file.exists(), "pyperf would refuse");
            let suite =
                json!({"benchmarks": [{"metadata": {"name": "a"}, "runs": [{"values": [1.0]}]}]});
            fs::write(file, suite.to_string())?;
            Ok(ended(0, ""))
        };
        let store = Store::new(root.path(), "key").unwrap();
        // Interrupted: pyperf had written, we had not.
        fs::write(store.file("a.check"), "half").unwrap();
        let stopped = store.load_or("a.check", 9.0, |_| anyhow::bail!("stopped"));
        assert!(stopped.is_err() && store.load("a.check").is_none());
        let first = store.load_or("a.check", 9.0, write).unwrap();
        let again = Store::new(root.path(), "key").unwrap();
        assert_eq!(again.load_or("a.check", 9.0, write).unwrap(), first);
        assert_eq!(runs.get(), 1);
        // Another binary has other results.
        Store::new(root.path(), "other")
            .unwrap()
            .load_or("a.check", 9.0, write)
            .unwrap();
        assert_eq!(runs.get(), 2);
        let failure = store
            .load_or("b.check", 9.0, |_| Ok(ended(1 << 8, "ValueError: x\n")))
            .unwrap();
        assert_eq!(failure.value_seconds(), None);
        assert!(
            fs::read_to_string(store.log("b.check"))
                .unwrap()
                .contains("ValueError")
        );
        store.forget("a").unwrap();
        assert!(store.load("a.check").is_none() && store.load("b.check").is_some());
    }

    #[test]
    fn more_time_is_another_chance() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::new(root.path(), "key").unwrap();
        let runs = Cell::new(0);
        let run = |limit: f64| {
            let late = |_: &Path| {
                runs.set(runs.get() + 1);
                Ok(Ended {
                    end: End::TimedOut,
                    seconds: limit,
                    output: String::new(),
                })
            };
            store.load_or("a.check", limit, late).unwrap();
            runs.get()
        };
        assert_eq!([run(10.0), run(10.0), run(5.0), run(20.0)], [1, 1, 1, 2]);
    }
}
