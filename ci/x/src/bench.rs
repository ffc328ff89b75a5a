//! `cargo x bench`: scripts under stock RustPython and under the JIT, in pairs.
//!
//! Each pair runs both binaries directly after each other, in turn first, so
//! that a machine whose speed drifts cannot favour one. The ratio stock / JIT
//! is taken pair by pair; reported are its smallest, median and largest value.
//! A row fails when the two print something different or end differently.
//!
//! Example of a row (`x` is the ratio, `MB` the peak of resident memory):
//! ```text
//! script          stock s    jit s   x min   x med   x max  stock MB  jit MB    +MB
//! while_sum.py     0.2510   0.0051   48.10   49.21   50.02      38.1    40.2    2.1
//! ```

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::builds;
use crate::measure::{Run, run};
use crate::provenance::{self, Findings};
use crate::repo::{Repo, clean_env};

/// Options of `cargo x bench`.
#[derive(clap::Args)]
pub struct BenchArgs {
    /// Scripts to run; without any, benches/kernels/*.py.
    scripts: Vec<PathBuf>,
    /// Pairs of runs for each script.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pairs: u32,
    /// Pairs of runs of `-c pass`; 0 leaves the start-up row out.
    #[arg(long, default_value_t = 20)]
    startup_pairs: u32,
    /// Only scripts whose name contains this text.
    #[arg(long)]
    filter: Option<String>,
    /// Passed to each script as its first argument (the kernels' iterations).
    #[arg(long)]
    count: Option<u64>,
    /// What to measure the JIT binary with: `off` shows what it costs to have
    /// the JIT compiled in.
    #[arg(long, value_enum, default_value = "on")]
    mode: Mode,
    /// Also write the result as JSON: a file, or a folder of records.
    #[arg(long)]
    json: Option<PathBuf>,
    /// The stock binary; without it, it is built.
    #[arg(long)]
    stock: Option<PathBuf>,
    /// The JIT binary; without it, it is built.
    #[arg(long)]
    jit: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Mode {
    /// With PYTHON_JIT=1, which is the default.
    On,
    /// With PYTHON_JIT=0.
    Off,
}

/// The two programs that are compared.
struct Pair {
    stock: PathBuf,
    jit: PathBuf,
    mode: Mode,
}

impl Pair {
    fn stock(&self, args: &[&OsStr]) -> Result<Run> {
        run(&mut command(&self.stock, args))
    }

    fn jit(&self, args: &[&OsStr]) -> Result<Run> {
        let mut command = command(&self.jit, args);
        command.env("PYTHON_JIT", if self.mode == Mode::On { "1" } else { "0" });
        run(&mut command)
    }

    /// Runs both `pairs` times, after one run of each that only warms up the
    /// page cache. Stops at the first failure.
    fn row(&self, name: &str, args: &[&OsStr], pairs: u32) -> Result<Row> {
        let mut row = Row {
            name: name.to_owned(),
            ..Row::default()
        };
        let (stock, jit) = (self.stock(args)?, self.jit(args)?);
        row.failure = failure(&stock, &jit);
        for pair in 0..pairs {
            if row.failure.is_some() {
                break;
            }
            eprint!("\r{name}: pair {} of {pairs}  ", pair + 1);
            let (stock, jit) = if pair % 2 == 0 {
                let stock = self.stock(args)?;
                (stock, self.jit(args)?)
            } else {
                let jit = self.jit(args)?;
                (self.stock(args)?, jit)
            };
            row.failure = failure(&stock, &jit);
            row.pairs.push((stock, jit));
        }
        eprintln!();
        Ok(row)
    }
}

fn command(program: &Path, args: &[&OsStr]) -> Command {
    let mut command = Command::new(program);
    command.args(args);
    clean_env(&mut command);
    command
}

/// Why the two runs cannot be compared, if they cannot.
fn failure(stock: &Run, jit: &Run) -> Option<String> {
    if !stock.status.success() {
        return Some(format!(
            "stock: {}: {}",
            stock.status,
            stock.stderr.trim_end()
        ));
    }
    if jit.status != stock.status {
        return Some(format!("jit: {}: {}", jit.status, jit.stderr.trim_end()));
    }
    if jit.stdout != stock.stdout {
        return Some("stdout differs".to_owned());
    }
    if jit.inner.is_some() != stock.inner.is_some() {
        return Some("only one of the two printed BENCH_SECONDS".to_owned());
    }
    None
}

/// One script (or the start-up), all its pairs.
#[derive(Default)]
struct Row {
    name: String,
    pairs: Vec<(Run, Run)>,
    failure: Option<String>,
}

impl Row {
    fn median_of(&self, value: impl Fn(&(Run, Run)) -> f64) -> f64 {
        median(&self.pairs.iter().map(value).collect::<Vec<_>>())
    }

    fn ratios(&self) -> Vec<f64> {
        self.pairs
            .iter()
            .map(|(stock, jit)| stock.seconds() / jit.seconds())
            .collect()
    }

    fn text(&self) -> String {
        if let Some(failure) = &self.failure {
            return format!("{:<20} FAILED: {failure}", self.name);
        }
        let ratios = self.ratios();
        let stock_mb = self.median_of(|(stock, _)| stock.peak_mb);
        let jit_mb = self.median_of(|(_, jit)| jit.peak_mb);
        format!(
            "{:<20} {:>9.4} {:>9.4} {:>8.3} {:>8.3} {:>8.3} {:>9.1} {:>9.1} {:>7.1}",
            self.name,
            self.median_of(|(stock, _)| stock.seconds()),
            self.median_of(|(_, jit)| jit.seconds()),
            smallest(&ratios),
            median(&ratios),
            largest(&ratios),
            stock_mb,
            jit_mb,
            jit_mb - stock_mb
        )
    }

    fn json(&self) -> Value {
        let runs = |pick: fn(&(Run, Run)) -> &Run| -> Value {
            let runs = self.pairs.iter().map(pick).map(|run| {
                json!({
                    "seconds": run.seconds(), "inner": run.inner, "wall": run.wall,
                    "user": run.user, "peak_mb": run.peak_mb,
                })
            });
            runs.collect()
        };
        let ratios = self.ratios();
        json!({
            "name": self.name,
            "failure": self.failure,
            "ratio": (!ratios.is_empty()).then(|| json!({
                "min": smallest(&ratios), "median": median(&ratios), "max": largest(&ratios),
            })),
            "ratios": ratios,
            "stock": runs(|pair| &pair.0),
            "jit": runs(|pair| &pair.1),
        })
    }
}

const HEADER: &str = "script                 stock s     jit s    x min    x med    x max  stock MB    jit MB     +MB";

/// Runs `cargo x bench`. The exit code is not 0 if a row failed.
///
/// # Errors
/// When a binary cannot be built or started, or there is nothing to run.
pub fn bench(repo: &Repo, args: &BenchArgs) -> Result<ExitCode> {
    let scripts = scripts(repo, args)?;
    let binary = |given: &Option<PathBuf>, build: fn(&Repo, &str) -> Result<PathBuf>| match given {
        Some(path) => path
            .canonicalize()
            .with_context(|| path.display().to_string()),
        None => build(repo, "release"),
    };
    let pair = Pair {
        stock: binary(&args.stock, builds::stock)?,
        jit: binary(&args.jit, builds::jit)?,
        mode: args.mode,
    };

    let count = args.count.map(|count| count.to_string());
    let mut rows = Vec::new();
    for script in &scripts {
        let mut script_args = vec![script.as_os_str()];
        script_args.extend(count.as_deref().map(OsStr::new));
        let name = script
            .file_name()
            .unwrap_or(script.as_os_str())
            .to_string_lossy();
        rows.push(pair.row(&name, &script_args, args.pairs)?);
    }
    let startup = if args.startup_pairs > 0 {
        let pass = [OsStr::new("-c"), OsStr::new("pass")];
        Some(pair.row("start-up: -c pass", &pass, args.startup_pairs)?)
    } else {
        None
    };

    println!("{HEADER}");
    for row in rows.iter().chain(&startup) {
        println!("{}", row.text());
    }
    let medians: Vec<f64> = rows
        .iter()
        .filter(|row| row.failure.is_none())
        .map(|row| median(&row.ratios()))
        .collect();
    if !medians.is_empty() {
        println!(
            "geometric mean of {} medians{}: {:.3}",
            medians.len(),
            if args.mode == Mode::Off {
                " (JIT compiled in, but off)"
            } else {
                ""
            },
            geometric_mean(&medians)
        );
    }
    if let Some(path) = &args.json {
        let text = |mode| if mode == Mode::Off { "off" } else { "on" };
        let figures = [
            ("mode", json!(text(args.mode))),
            ("pairs", json!(args.pairs)),
            ("startup", json!(startup.as_ref().map(Row::json))),
        ];
        let findings = Findings {
            kind: "bench",
            figures: figures
                .map(|(key, value)| (key.to_owned(), value))
                .into_iter()
                .collect(),
            rows: rows.iter().map(Row::json).collect(),
            geometric_mean: (!medians.is_empty()).then(|| geometric_mean(&medians)),
        };
        if path.is_dir() {
            let path = provenance::write(repo, path, findings)?;
            println!("record: {}", repo.show(&path));
        } else {
            let value = provenance::record(repo, findings);
            fs::write(path, format!("{value:#}\n"))
                .with_context(|| format!("writing {}", path.display()))?;
        }
    }
    let failed = rows.iter().chain(&startup).any(|row| row.failure.is_some());
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn scripts(repo: &Repo, args: &BenchArgs) -> Result<Vec<PathBuf>> {
    let mut scripts = args.scripts.clone();
    if scripts.is_empty() {
        let kernels = repo.path("benches/kernels");
        for entry in fs::read_dir(&kernels).with_context(|| repo.show(&kernels))? {
            let path = entry?.path();
            if path.extension() == Some(OsStr::new("py")) {
                scripts.push(path);
            }
        }
        scripts.sort();
    }
    if let Some(filter) = &args.filter {
        scripts.retain(|script| script.to_string_lossy().contains(filter.as_str()));
    }
    ensure!(!scripts.is_empty(), "no script to run");
    for script in &scripts {
        ensure!(script.is_file(), "{}: no such script", script.display());
    }
    Ok(scripts)
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

fn median(values: &[f64]) -> f64 {
    let values = sorted(values);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

fn smallest(values: &[f64]) -> f64 {
    sorted(values).first().copied().unwrap_or(f64::NAN)
}

fn largest(values: &[f64]) -> f64 {
    sorted(values).last().copied().unwrap_or(f64::NAN)
}

fn geometric_mean(values: &[f64]) -> f64 {
    let logs: f64 = values.iter().map(|value| value.ln()).sum();
    (logs / values.len() as f64).exp()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A pair of shell scripts in place of the interpreters.
    fn pair(dir: &Path, stock: &str, jit: &str) -> Pair {
        let program = |name: &str, text: &str| {
            let path = dir.join(name);
            fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            path
        };
        let (stock, jit) = (program("stock", stock), program("jit", jit));
        Pair {
            stock,
            jit,
            mode: Mode::Off,
        }
    }

    fn row(stock: &str, jit: &str) -> Row {
        let dir = tempfile::tempdir().unwrap();
        pair(dir.path(), stock, jit)
            .row("kernel.py", &[OsStr::new("kernel.py")], 3)
            .unwrap()
    }

    #[test]
    fn the_ratio_is_of_the_inner_times() {
        let row = row(
            "echo r; echo BENCH_SECONDS 0.6 >&2",
            "echo r; echo BENCH_SECONDS 0.02 >&2",
        );
        assert!(row.failure.is_none());
        assert_eq!(row.pairs.len(), 3);
        assert!((median(&row.ratios()) - 30.0).abs() < 1e-9);
        assert!(row.text().contains("30.000"), "{}", row.text());
        assert!((row.json()["ratio"]["min"].as_f64().unwrap() - 30.0).abs() < 1e-9);
    }

    #[test]
    fn different_results_fail() {
        assert!(
            row("echo 1", "echo 2")
                .text()
                .contains("FAILED: stdout differs")
        );
        assert!(
            row("echo 1", "echo 1; exit 1")
                .text()
                .contains("FAILED: jit")
        );
        assert!(
            row("echo oops >&2; exit 1", "exit 1")
                .text()
                .contains("oops")
        );
        let one_sided = row("echo BENCH_SECONDS 1 >&2", "true");
        assert!(one_sided.text().contains("only one"));
    }

    #[test]
    fn off_means_off() {
        assert!(row("echo 0", "echo $PYTHON_JIT").failure.is_none());
    }

    #[test]
    fn averages() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-12);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-12);
        assert!((geometric_mean(&[2.0, 8.0]) - 4.0).abs() < 1e-12);
        assert!(
            (smallest(&[2.0, 1.0]) - 1.0).abs() < 1e-12
                && (largest(&[2.0, 1.0]) - 2.0).abs() < 1e-12
        );
    }
}
