//! `cargo x pyperf`: the pyperformance suite under stock RustPython and the JIT.
//!
//! | module | what it does |
//! |---|---|
//! | [`environment`] | pyperf, pyperformance and the benchmarks' packages, from PyPI, pinned |
//! | [`suite`] | the benchmarks, and which of them are wanted |
//! | [`interpreter`] | what is compared: stock, the JIT, the user's third |
//! | [`plan`] | how many processes, warm-ups, values and loops, and why |
//! | [`process`] | a process with limits, and everything it started |
//! | [`outcome`] | what a run came to; kept, so that a stopped command goes on |
//! | [`report`] | the table, the reasons, the record |
//! | [`chart`] | the bar chart |
//!
//! First each benchmark is *checked*: run once, for one value, on each interpreter.
//! One that runs on stock and not under the JIT is a failure. What passes is then
//! *measured*, with an effort that depends on how long the check took. A benchmark
//! runs as pyperformance would run it, its script on the measured interpreter with
//! pyperf's own runner, but the packages it needs come from a folder instead of a
//! virtual environment of the measured interpreter.
//!
//! Example: `cargo x pyperf --fast nbody "pickle*"` prints
//! ```text
//! [1/5] nbody: stock 701.0 ms, jit 21.0 ms
//! ...
//! | Benchmark      | stock   | jit                   |
//! |----------------|:-------:|:---------------------:|
//! | nbody          | 698 ms  | 20.3 ms: 34.4x faster |
//! ...
//! ```

mod chart;
mod environment;
mod interpreter;
mod outcome;
mod plan;
mod process;
mod report;
mod suite;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{available_parallelism, scope};

use anyhow::{Context, Result};

use crate::builds;
use crate::provenance;
use crate::repo::{Repo, sha256};
use environment::{Environment, Imports};
use interpreter::Interpreter;
use outcome::{Outcome, Store, Verdict, verdict};
use plan::{Effort, Mode};
use process::Limits;
use report::{Finished, Report};
use suite::Benchmark;

/// Options of `cargo x pyperf`.
#[derive(clap::Args)]
pub struct PyperfArgs {
    /// Only these benchmarks; `*` stands for any text: "async_tree*".
    benchmarks: Vec<String>,
    /// Only run each benchmark once on each interpreter, and compare how that ends.
    #[arg(long, conflicts_with = "fast")]
    check: bool,
    /// Fewer processes and values, on all cores at once, and without the slowest
    /// benchmarks: minutes instead of hours.
    #[arg(long)]
    fast: bool,
    /// A third interpreter for the table, such as cpython=python3.13.
    #[arg(long, value_name = "LABEL=COMMAND")]
    also: Vec<String>,
    /// Forget the results of earlier runs of these binaries.
    #[arg(long)]
    fresh: bool,
    /// Print the names of the benchmarks.
    #[arg(long)]
    list: bool,
    /// How many benchmarks run at the same time; by default as many as there are
    /// cores, but one at a time where times are taken without --fast.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    jobs: Option<u32>,
    /// Seconds for a check of one benchmark.
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..))]
    time_limit: u32,
    /// GiB of address space for each process.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    memory_limit: u32,
    /// Where the table, the chart and pyperf's files go; by default
    /// target/pyperf/<mode>.
    #[arg(long)]
    output: Option<PathBuf>,
    /// Where the record of the measurement goes; by default target/results.
    #[arg(long)]
    results: Option<PathBuf>,
    /// The stock binary; without it, it is built.
    #[arg(long)]
    stock: Option<PathBuf>,
    /// The JIT binary; without it, it is built.
    #[arg(long)]
    jit: Option<PathBuf>,
}

impl PyperfArgs {
    fn mode(&self) -> Mode {
        match (self.check, self.fast) {
            (true, _) => Mode::Check,
            (_, true) => Mode::Fast,
            _ => Mode::Full,
        }
    }

    fn limits(&self) -> Limits {
        Limits {
            seconds: f64::from(self.time_limit),
            memory: u64::from(self.memory_limit) << 30,
        }
    }
}

/// The places of the interpreters in every list of them.
const STOCK: usize = 0;
const JIT: usize = 1;

/// Runs `cargo x pyperf`. The exit code is not 0 if a benchmark failed.
///
/// # Errors
/// When something but a benchmark fails, or the user stops us.
pub fn pyperf(repo: &Repo, args: &PyperfArgs) -> Result<ExitCode> {
    let root = repo.target_dir().join("pyperf");
    let environment = Environment::ready(repo, &root)?;
    let suite = environment.ask(&[Path::new("suite")])?;
    let suite = serde_json::from_value(suite).context("the answer of driver.py")?;
    let mut benchmarks = suite::select(suite, &args.benchmarks)?;
    let mut left_out = Vec::new();
    if args.benchmarks.is_empty() && !args.list {
        let leave = |b: &mut Benchmark| args.mode().leaves_out(&b.name);
        left_out.extend(
            benchmarks
                .extract_if(.., leave)
                .map(|benchmark| benchmark.name),
        );
    }
    if args.list {
        for benchmark in &benchmarks {
            println!("{}", benchmark.name);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let interpreters = interpreters(repo, args)?;
    process::heed_signals()?;
    let keys: Vec<&str> = interpreters.iter().map(|i| i.key.as_str()).collect();
    let stores = store_keys(args.mode(), &keys, &environment.digest)
        .iter()
        .map(|key| Store::new(&root, key))
        .collect::<Result<Vec<_>>>()?;
    let cores = available_parallelism().map_or(1, usize::from);
    let session = Session {
        mode: args.mode(),
        limits: args.limits(),
        scratch: tempfile::tempdir()?,
        interpreters,
        stores,
    };
    if args.fresh {
        for (store, benchmark) in session
            .stores
            .iter()
            .flat_map(|s| benchmarks.iter().map(move |b| (s, b)))
        {
            store.forget(&benchmark.name)?;
        }
    }

    let subjects = benchmarks
        .into_iter()
        .map(|benchmark| Ok((environment.imports(&benchmark)?, benchmark)))
        .collect::<Result<Vec<_>>>()?;
    eprintln!("pyperf: checking {} benchmarks", subjects.len());
    let jobs = |default| args.jobs.map_or(default, |jobs| jobs as usize);
    let checked = session.check_all(&subjects, jobs(cores))?;
    let finished = session.measure_all(checked, jobs(if args.fast { cores } else { 1 }))?;

    let report = Report {
        repo,
        environment: &environment,
        mode: session.mode,
        whole: args.benchmarks.is_empty(),
        labels: session
            .interpreters
            .iter()
            .map(|i| i.label.clone())
            .collect(),
        finished,
        left_out,
        output: match &args.output {
            Some(output) => std::path::absolute(output)?,
            None => root.join(session.mode.name()),
        },
        results: args
            .results
            .clone()
            .unwrap_or_else(|| provenance::default_folder(repo)),
    };
    Ok(if report.publish()? {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What the runs of each interpreter are kept under. How a check ends depends on the interpreter
/// alone; but times are only compared with those that were taken in turns with them, so they are
/// kept for just these interpreters: with another binary of one, all are measured anew.
fn store_keys(mode: Mode, interpreters: &[&str], environment: &str) -> Vec<String> {
    let group = match mode {
        Mode::Check => String::new(),
        Mode::Fast | Mode::Full => {
            format!("-{}", &sha256(interpreters.join("\0").as_bytes())[..16])
        }
    };
    interpreters
        .iter()
        .map(|key| format!("{key}-{environment}{group}"))
        .collect()
}

fn interpreters(repo: &Repo, args: &PyperfArgs) -> Result<Vec<Interpreter>> {
    let given = |path: &Option<PathBuf>, build: fn(&Repo, &str) -> Result<PathBuf>| {
        let path = match path {
            Some(path) => path
                .canonicalize()
                .with_context(|| path.display().to_string())?,
            None => build(repo, "release")?,
        };
        let path = path.to_str().context("a path in UTF-8")?;
        Ok::<_, anyhow::Error>(vec![path.to_owned()])
    };
    let limits = args.limits();
    let mut all = vec![
        Interpreter::new("stock", given(&args.stock, builds::stock)?, limits)?,
        Interpreter::new("jit", given(&args.jit, builds::jit)?, limits)?,
    ];
    for text in &args.also {
        all.push(Interpreter::from_user(text, limits)?);
    }
    Ok(all)
}

/// One run of the command: everything that stays the same.
struct Session {
    mode: Mode,
    limits: Limits,
    /// The current directory of the benchmarks.
    scratch: tempfile::TempDir,
    interpreters: Vec<Interpreter>,
    stores: Vec<Store>,
}

/// A benchmark after its check.
struct Checked<'a> {
    benchmark: &'a Benchmark,
    folders: &'a [PathBuf],
    verdict: Verdict,
    /// For each interpreter, unless it was not tried.
    outcomes: Vec<Option<Outcome>>,
    log: Option<PathBuf>,
}

impl Session {
    fn check_all<'a>(
        &self,
        subjects: &'a [(Imports, Benchmark)],
        jobs: usize,
    ) -> Result<Vec<Checked<'a>>> {
        let done = AtomicUsize::new(0);
        in_parallel(jobs, subjects, |(imports, benchmark)| {
            let checked = self.check(imports, benchmark)?;
            let count = done.fetch_add(1, Ordering::Relaxed) + 1;
            eprintln!("[{count}/{}] {}", subjects.len(), self.check_line(&checked));
            Ok(checked)
        })
    }

    fn check<'a>(&self, imports: &'a Imports, benchmark: &'a Benchmark) -> Result<Checked<'a>> {
        let mut checked = Checked {
            benchmark,
            folders: &[],
            verdict: Verdict::Compared,
            outcomes: vec![None; self.interpreters.len()],
            log: None,
        };
        checked.folders = match imports {
            Imports::From(folders) => folders,
            Imports::Native(reason) => {
                checked.verdict = Verdict::NotOnStock(reason.clone());
                return Ok(checked);
            }
        };
        let name = format!("{}.check", benchmark.name);
        let mut limits = self.limits;
        for index in 0..self.interpreters.len() {
            let options = plan::check_options();
            let outcome = self.run(index, benchmark, checked.folders, &name, &options, limits)?;
            if index == STOCK {
                if let Outcome::Failed {
                    how: outcome::Failure::TimeOut,
                    reason,
                    ..
                } = &outcome
                {
                    checked.verdict = Verdict::NotOnStock(reason.clone());
                    checked.outcomes[STOCK] = Some(outcome);
                    break;
                }
                // One that is just in time on stock shall not fail for a busy machine.
                limits.seconds += 2.0 * outcome.seconds();
            }
            checked.outcomes[index] = Some(outcome);
            if index == JIT
                && let (Some(stock), Some(jit)) = (&checked.outcomes[STOCK], &checked.outcomes[JIT])
            {
                checked.verdict = verdict(stock, jit);
                checked.log = Some(self.stores[JIT].log(&name));
                if checked.verdict != Verdict::Compared {
                    break;
                }
            }
        }
        Ok(checked)
    }

    fn check_line(&self, checked: &Checked) -> String {
        let name = &checked.benchmark.name;
        match &checked.verdict {
            Verdict::NotOnStock(reason) => format!("{name}: not on stock: {reason}"),
            Verdict::Failed(reason) => format!("{name}: FAILED under the JIT: {reason}"),
            Verdict::Compared => {
                let seconds: Vec<String> = self
                    .interpreters
                    .iter()
                    .zip(&checked.outcomes)
                    .filter_map(|(interpreter, outcome)| {
                        let text = match outcome.as_ref()? {
                            Outcome::Failed { reason, .. } => reason.clone(),
                            passed @ Outcome::Passed { .. } => {
                                seconds_text(passed.value_seconds()?)
                            }
                        };
                        Some(format!("{} {text}", interpreter.label))
                    })
                    .collect();
                format!("{name}: {}", seconds.join(", "))
            }
        }
    }

    fn measure_all(&self, checked: Vec<Checked>, jobs: usize) -> Result<Vec<Finished>> {
        let planned: Vec<(Checked, Effort, f64)> = checked
            .into_iter()
            .map(|checked| {
                let outcomes: Vec<&Outcome> = checked.outcomes.iter().flatten().collect();
                let (effort, seconds) = match checked.verdict {
                    Verdict::Compared => self.mode.effort(&outcomes),
                    _ => Mode::Check.effort(&[]),
                };
                let passed = outcomes
                    .iter()
                    .filter(|o| o.value_seconds().is_some())
                    .count();
                (checked, effort, seconds * passed as f64)
            })
            .collect();
        let left = Mutex::new(planned.iter().map(|(_, _, seconds)| seconds).sum::<f64>());
        let total = planned
            .iter()
            .filter(|(_, effort, _)| effort.rounds > 0)
            .count();
        if total > 0 {
            let minutes = *left
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                / jobs as f64
                / 60.0;
            eprintln!("pyperf: measuring {total} benchmarks, about {minutes:.0} min");
        }
        let done = AtomicUsize::new(0);
        in_parallel(jobs, &planned, |(checked, effort, seconds)| {
            let finished = self.measure(checked, *effort)?;
            if effort.rounds > 0 {
                let count = done.fetch_add(1, Ordering::Relaxed) + 1;
                let mut left = left
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                *left -= seconds;
                let minutes = *left / jobs as f64 / 60.0;
                let result = match (&finished.verdict, finished.last_ratio) {
                    (Verdict::NotOnStock(reason) | Verdict::Failed(reason), _) => reason.clone(),
                    (Verdict::Compared, Some(ratio)) => chart::times(ratio),
                    (Verdict::Compared, None) => "measured".to_owned(),
                };
                eprintln!(
                    "[{count}/{total}] {}: {result}, about {minutes:.0} min left",
                    finished.name
                );
            }
            Ok(finished)
        })
    }

    /// Measures what has passed its check, round by round.
    fn measure(&self, checked: &Checked, effort: Effort) -> Result<Finished> {
        let benchmark = checked.benchmark;
        let count = self.interpreters.len();
        let mut finished = Finished {
            name: benchmark.name.clone(),
            tags: benchmark.tags.clone(),
            verdict: checked.verdict.clone(),
            files: vec![Vec::new(); count],
            cold: effort.rounds == 0,
            log: checked.log.clone(),
            last_ratio: None,
        };
        if finished.verdict != Verdict::Compared {
            return Ok(finished);
        }
        let mut before: Vec<Option<Outcome>> = checked.outcomes.clone();
        for outcome in &mut before {
            outcome.take_if(|outcome| outcome.value_seconds().is_none());
        }
        if effort.rounds == 0 {
            for (index, _) in before
                .iter()
                .enumerate()
                .filter(|(_, outcome)| outcome.is_some())
            {
                let file = self.stores[index].file(&format!("{}.check", benchmark.name));
                finished.files[index].push(file);
            }
        }
        for round in 0..effort.rounds {
            let name = self.mode.run_name(&benchmark.name, effort, round);
            for place in 0..count {
                // Each is first in turn.
                let index = (place + round as usize) % count;
                let Some(last) = &before[index] else { continue };
                let options = self.mode.options(effort, last);
                let limits = Limits {
                    // Calibration, and much noise, on top of what was seen.
                    seconds: 60.0
                        + 4.0 * f64::from(effort.warmups + effort.values + 2) * last.seconds(),
                    ..self.limits
                };
                let outcome =
                    self.run(index, benchmark, checked.folders, &name, &options, limits)?;
                if let Outcome::Failed { reason, .. } = &outcome {
                    finished.verdict = match index {
                        STOCK => Verdict::NotOnStock(format!("while measured: {reason}")),
                        JIT => Verdict::Failed(format!("while measured: {reason}")),
                        // The user's interpreter is not on trial.
                        _ => {
                            finished.files[index].clear();
                            before[index] = None;
                            continue;
                        }
                    };
                    finished.log = Some(self.stores[index].log(&name));
                    return Ok(finished);
                }
                finished.files[index].push(self.stores[index].file(&name));
                before[index] = Some(outcome);
            }
        }
        if let (Some(stock), Some(jit)) = (&before[STOCK], &before[JIT]) {
            finished.last_ratio = outcome::ratio(stock, jit);
        }
        Ok(finished)
    }

    fn run(
        &self,
        index: usize,
        benchmark: &Benchmark,
        folders: &[PathBuf],
        name: &str,
        options: &[String],
        limits: Limits,
    ) -> Result<Outcome> {
        self.stores[index].load_or(name, limits.seconds, |file| {
            let mut command = self.interpreters[index].benchmark(benchmark, folders, options, file);
            command.current_dir(self.scratch.path());
            process::run(&mut command, limits)
        })
    }
}

fn seconds_text(seconds: f64) -> String {
    match seconds {
        s if s >= 1.0 => format!("{s:.2} s"),
        s if s >= 1e-3 => format!("{:.1} ms", s * 1e3),
        s => format!("{:.1} us", s * 1e6),
    }
}

/// `work` on all `items`, `jobs` at a time, in their order; the first error ends it.
fn in_parallel<'a, T: Sync, R: Send>(
    jobs: usize,
    items: &'a [T],
    work: impl Fn(&'a T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<Result<R>>>> = Mutex::new(items.iter().map(|_| None).collect());
    let lock = || {
        results
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    };
    scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(index) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).filter(|&i| i < items.len())
                {
                    let result = work(&items[index]);
                    if result.is_err() {
                        next.store(items.len(), Ordering::Relaxed);
                    }
                    lock()[index] = Some(result);
                }
            });
        }
    });
    let results = results
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    // After an error, later items have no result.
    let mut all = Vec::new();
    for result in results.into_iter().flatten() {
        all.push(result?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_and_errors_end_it() {
        let items: Vec<u32> = (0..50).collect();
        let doubled = in_parallel(4, &items, |item| Ok(item * 2)).unwrap();
        assert_eq!(
            doubled,
            items.iter().map(|item| item * 2).collect::<Vec<_>>()
        );
        let started = AtomicUsize::new(0);
        let failed = in_parallel(1, &items, |item| {
            started.fetch_add(1, Ordering::Relaxed);
            anyhow::ensure!(*item < 3, "item {item}");
            Ok(())
        });
        assert_eq!(failed.unwrap_err().to_string(), "item 3");
        assert_eq!(started.load(Ordering::Relaxed), 4);
    }

    #[test]
    fn times_belong_to_the_interpreters_that_were_compared() {
        let keys = |mode, jit| store_keys(mode, &["stock", jit], "env");
        assert_eq!(keys(Mode::Check, "a"), ["stock-env", "a-env"]);
        assert_eq!(keys(Mode::Check, "a")[0], keys(Mode::Check, "b")[0]);
        for mode in [Mode::Fast, Mode::Full] {
            assert_eq!(keys(mode, "a"), keys(mode, "a"));
            assert_ne!(keys(mode, "a")[0], keys(mode, "b")[0]);
            assert_ne!(keys(mode, "a")[0], keys(Mode::Check, "a")[0]);
        }
    }

    #[test]
    fn times_are_readable() {
        assert_eq!(
            [2.0, 0.0123, 1.5e-5].map(seconds_text),
            ["2.00 s", "12.3 ms", "15.0 us"]
        );
    }
}
