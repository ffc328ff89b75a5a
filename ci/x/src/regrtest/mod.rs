//! `cargo x regrtest`: CPython's own tests under stock RustPython and under the JIT.
//!
//! | module | what it does |
//! |---|---|
//! | [`apt`] | Debian packages, without touching the machine's configuration |
//! | [`suite`] | the test files, and the lists of those that are run |
//! | [`process`] | one file under one binary: limits, going on behind crashes |
//! | `runner.py` | inside the interpreter: the tests of a file, one record line each |
//! | [`outcome`] | what the record means, and whether two binaries agree |
//!
//! RustPython fails some of these tests: that is not our business. What counts is
//! that the JIT, told to compile every loop at once, fails the same ones in the same
//! way. Where it does not, both binaries run that file again; the difference is the
//! JIT's unless stock, in one of its runs, has done what the JIT did.
//!
//! What stock does is remembered by its digest and that of all that stands around it
//! (tests, runner), so that only the first run takes twice the time.
//!
//! Example of the end of the output:
//! ```text
//! DIFFERS test.test_range.RangeTest.test_count
//!     stock: pass | pass
//!     jit:   error OverflowError | error OverflowError (int too large)
//!     cargo x regrtest test_range --test RangeTest.test_count
//! flaky   test.test_signal.StressTest.test_stress
//!     stock: pass | fail AssertionError
//!     jit:   fail AssertionError | pass
//! 66 files, 812.0 s: pass 5121, skip 402, fail 31, error 40
//! 5593 passed, 1 failed
//! ```

mod apt;
mod outcome;
mod process;
mod suite;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::{Map, Value, json};

use crate::builds;
use crate::provenance::{self, Findings};
use crate::repo::{Repo, sha256};
use outcome::{Finding, Run, judge};
use process::{Limits, Tester};
use suite::Suite;

/// What makes every loop compiled when it goes round for the first time.
const AT_ONCE: &str = "threshold=1,force=1";

/// Options of `cargo x regrtest`.
#[derive(clap::Args)]
pub struct RegrtestArgs {
    /// Test files, such as test_int or test_asyncio.test_tasks; without any, the
    /// quick list of files about the language.
    files: Vec<String>,
    /// All test files.
    #[arg(long, conflicts_with = "files")]
    full: bool,
    /// Only the part of the quick list that `cargo x test` runs.
    #[arg(long, conflicts_with_all = ["files", "full"])]
    ci: bool,
    /// One test of one file, such as IntTestCases.test_basic: show what it prints.
    #[arg(long)]
    test: Option<String>,
    /// The JIT's settings (PYTHON_JIT_OPTS).
    #[arg(long, default_value = AT_ONCE)]
    opts: String,
    /// Files tested at the same time; without it, one for each core.
    #[arg(long)]
    jobs: Option<usize>,
    /// Seconds for one file under stock; under the JIT it may take twice as long.
    #[arg(long, default_value_t = 600)]
    time_limit: u64,
    /// Seconds for one test under stock; under the JIT it may take twice as long.
    #[arg(long, default_value_t = 60)]
    test_limit: u64,
    /// Megabytes of address space for one process.
    #[arg(long, default_value_t = 4096)]
    memory: u64,
    /// How often a file with differences is run again, at most (the first ten files).
    #[arg(long, default_value_t = 3)]
    reruns: u32,
    /// Run stock, too, where its outcomes are remembered.
    #[arg(long)]
    fresh: bool,
    /// Go on with a run that was broken off: the JIT's outcomes are remembered, too.
    #[arg(long)]
    resume: bool,
    /// Where the record of the comparison goes; by default target/results.
    #[arg(long, alias = "json")]
    results: Option<PathBuf>,
    /// The profile in which missing binaries are built.
    #[arg(long, default_value = "release")]
    profile: String,
    /// The stock binary; without it, it is built.
    #[arg(long)]
    stock: Option<PathBuf>,
    /// The JIT binary; without it, it is built.
    #[arg(long)]
    jit: Option<PathBuf>,
}

/// Runs `cargo x regrtest`. The exit code is not 0 if a test differs.
///
/// # Errors
/// When there are no tests, or no binaries.
pub fn regrtest(repo: &Repo, args: &RegrtestArgs) -> Result<ExitCode> {
    let folder = folder(repo);
    let suite = Suite::prepare(&folder)?;
    let files = if args.full {
        suite.all()?
    } else if args.ci {
        suite::ci()
    } else if args.files.is_empty() {
        suite::quick()
    } else {
        // As unittest and as a shell complete them.
        let strip = |name: &String| {
            name.trim_start_matches("test.")
                .trim_end_matches(".py")
                .into()
        };
        args.files.iter().map(strip).collect()
    };
    for file in &files {
        suite.check(file)?;
    }
    let binary = |given: &Option<PathBuf>, build: fn(&Repo, &str) -> Result<PathBuf>| match given {
        Some(path) => path
            .canonicalize()
            .with_context(|| path.display().to_string()),
        None => build(repo, &args.profile),
    };
    let limits = Limits {
        file: Duration::from_secs(args.time_limit),
        test: Duration::from_secs(args.test_limit),
        memory: args.memory << 20,
    };
    let stock = binary(&args.stock, builds::stock)?;
    let jit = binary(&args.jit, builds::jit)?;
    let pair = Pair::new(&suite, &folder, [stock, jit], &args.opts, limits)?;
    if let Some(test) = &args.test {
        ensure!(files.len() == 1, "--test needs the name of one test file");
        return pair.show(&files[0], test);
    }
    let how = How {
        jobs: args.jobs.unwrap_or_else(cores).max(1),
        reruns: args.reruns,
        remembered: [!args.fresh, args.resume],
    };
    let results = pair.all(&files, how)?;
    let summary = Summary::of(&results);
    summary.print(&results, &args.opts);
    let given = args.results.clone();
    let records = given.unwrap_or_else(|| provenance::default_folder(repo));
    let path = provenance::write(repo, &records, findings(&results, &summary, &pair, args))?;
    println!("{}", repo.show(&path));
    println!("{}", summary.count());
    Ok(if summary.different == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The tests for `cargo x test`, if they are there or can be downloaded.
///
/// # Errors
/// Says why not.
pub fn prepare(repo: &Repo) -> Result<()> {
    Suite::prepare(&folder(repo)).map(drop)
}

/// The part of the tests that `cargo x test` runs: how many were alike, and how many
/// differed.
///
/// # Errors
/// When the tests are not there or a binary cannot be started.
pub fn check(repo: &Repo, stock: PathBuf, jit: PathBuf) -> Result<(u64, u64)> {
    let folder = folder(repo);
    let suite = Suite::prepare(&folder)?;
    let limits = Limits {
        file: Duration::from_secs(90),
        test: Duration::from_secs(30),
        memory: 4 << 30,
    };
    let pair = Pair::new(&suite, &folder, [stock, jit], AT_ONCE, limits)?;
    let how = How {
        jobs: cores(),
        reruns: 2,
        remembered: [true, false],
    };
    let results = pair.all(&suite::ci(), how)?;
    let summary = Summary::of(&results);
    summary.print(&results, AT_ONCE);
    Ok((summary.alike, summary.different))
}

/// Outlives the checkout where builds do.
fn folder(repo: &Repo) -> PathBuf {
    repo.target_dir().join("regrtest")
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// How a list of files is run.
#[derive(Debug, Clone, Copy)]
struct How {
    jobs: usize,
    reruns: u32,
    /// Whether remembered outcomes are used: stock's, the JIT's.
    remembered: [bool; 2],
}

/// Both binaries.
struct Pair {
    testers: [Tester; 2],
    /// Where the outcomes of each one are remembered.
    memories: [PathBuf; 2],
    suite: String,
}

/// How much longer a test may take that compiles everything. One that hangs is found
/// all the same.
const COMPILING: u32 = 2;

/// How much longer all may take when it runs again.
const AGAIN: u32 = 2;

/// How many files are run again. When more differ, it is not by chance.
const CHANCES: usize = 10;

const STOCK: usize = 0;
const JIT: usize = 1;

/// All runs of one file, stock's and the JIT's.
struct FileResult {
    name: String,
    runs: [Vec<Run>; 2],
}

impl FileResult {
    fn findings(&self) -> Vec<Finding> {
        judge(&self.runs[STOCK], &self.runs[JIT])
    }

    fn different(&self) -> usize {
        self.findings().iter().filter(|found| !found.flaky).count()
    }
}

impl Pair {
    fn new(
        suite: &Suite,
        folder: &Path,
        binaries: [PathBuf; 2],
        opts: &str,
        limits: Limits,
    ) -> Result<Self> {
        let [stock, jit] = binaries;
        let tester = |binary: PathBuf, environment: BTreeMap<String, String>| Tester {
            binary,
            suite: suite.path.clone(),
            limits: limits.times(if environment.is_empty() { 1 } else { COMPILING }),
            environment,
            show: false,
        };
        let on = [("PYTHON_JIT", "1"), ("PYTHON_JIT_OPTS", opts)];
        let on = on.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let testers = [tester(stock, BTreeMap::new()), tester(jit, on.into())];
        let mut memories = [PathBuf::new(), PathBuf::new()];
        for (memory, tester) in memories.iter_mut().zip(&testers) {
            let binary = fs::read(&tester.binary)
                .with_context(|| format!("reading {}", tester.binary.display()))?;
            let key = [
                sha256(&binary),
                suite.version.clone(),
                process::RUNNER.to_owned(),
                format!("{limits:?} {:?}", tester.environment),
            ];
            let key = sha256(key.join("\0").as_bytes());
            *memory = folder.join("remembered").join(&key[..16]);
        }
        Ok(Self {
            testers,
            memories,
            suite: suite.version.clone(),
        })
    }

    /// One run of a file; a remembered one, if that is wanted and there is one.
    fn run(&self, which: usize, name: &str, remembered: bool) -> Result<Run> {
        let path = self.memories[which].join(format!("{name}.json"));
        if remembered {
            let text = fs::read(&path).unwrap_or_default();
            let value: Option<Value> = serde_json::from_slice(&text).ok();
            if let Some(run) = value.as_ref().and_then(Run::of_json) {
                return Ok(run);
            }
        }
        let run = self.testers[which].run(name, "")?;
        let folder = &self.memories[which];
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer(&mut file, &run.json())?;
        file.persist(&path)
            .with_context(|| format!("writing {}", path.display()))?;
        Ok(run)
    }

    /// One more run of a file, with more time.
    fn again(&self, which: usize, name: &str) -> Result<Run> {
        let tester = &self.testers[which];
        let limits = tester.limits.times(AGAIN);
        Tester {
            limits,
            ..tester.clone()
        }
        .run(name, "")
    }

    /// Runs all files, several at a time, and then those with differences again, one
    /// after the other so that none is late because of others.
    fn all(&self, files: &[String], how: How) -> Result<Vec<FileResult>> {
        let next = AtomicUsize::new(0);
        let results = Mutex::new(BTreeMap::new());
        let worker = || -> Result<()> {
            while let Some(name) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                let stock = self.run(STOCK, name, how.remembered[STOCK])?;
                let jit = self.run(JIT, name, how.remembered[JIT])?;
                let result = FileResult {
                    name: name.clone(),
                    runs: [vec![stock], vec![jit]],
                };
                let mut results = results.lock().map_err(|_| anyhow!("a worker died"))?;
                let text = progress(&result);
                results.insert(name.clone(), result);
                eprintln!("[{}/{}] {text}", results.len(), files.len());
            }
            Ok(())
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..how.jobs).map(|_| scope.spawn(worker)).collect();
            workers.into_iter().try_for_each(|worker| {
                let result = worker.join();
                result.map_err(|_| anyhow!("a worker died"))?
            })
        })?;
        let results = results.into_inner().map_err(|_| anyhow!("a worker died"))?;
        let mut results: Vec<_> = results.into_values().collect();
        for result in results
            .iter_mut()
            .filter(|result| result.different() > 0)
            .take(CHANCES)
        {
            for round in 0..how.reruns {
                if result.different() == 0 {
                    break;
                }
                eprintln!(
                    "[again, {} of {}] {}",
                    round + 1,
                    how.reruns,
                    progress(result)
                );
                for which in [STOCK, JIT] {
                    let run = self.again(which, &result.name)?;
                    result.runs[which].push(run);
                }
            }
        }
        Ok(results)
    }

    /// Runs one test under both, showing what they print.
    fn show(&self, file: &str, test: &str) -> Result<ExitCode> {
        let mut runs = Vec::new();
        for (name, tester) in ["stock", "jit"].iter().zip(&self.testers) {
            eprintln!("== {name}");
            let tester = Tester {
                show: true,
                ..tester.clone()
            };
            let run = tester.run(file, test)?;
            ensure!(!run.outcomes.is_empty(), "{file} has no test {test}");
            for (test, outcome) in &run.outcomes {
                println!("{name}: {test}: {} {}", outcome.what, outcome.text);
            }
            runs.push(run);
        }
        let alike = judge(&runs[..1], &runs[1..]).is_empty();
        Ok(if alike {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

fn progress(result: &FileResult) -> String {
    let seconds = |which: usize| result.runs[which].last().map_or(0.0, |run| run.seconds);
    let tests = result.runs[STOCK]
        .first()
        .map_or(0, |run| run.outcomes.len());
    let different = result.different();
    format!(
        "{}: {tests} tests, stock {:.1} s, jit {:.1} s{}",
        result.name,
        seconds(STOCK),
        seconds(JIT),
        if different > 0 {
            format!(": {different} DIFFER")
        } else {
            String::new()
        }
    )
}

/// Numbers over all files.
#[derive(Debug, Default)]
struct Summary {
    alike: u64,
    flaky: u64,
    different: u64,
    seconds: [f64; 2],
    /// Tests by kind of outcome, on stock.
    kinds: BTreeMap<String, u64>,
}

impl Summary {
    fn of(results: &[FileResult]) -> Self {
        let mut summary = Self::default();
        for result in results {
            let found = result.findings();
            let flaky = found.iter().filter(|found| found.flaky).count();
            summary.flaky += flaky as u64;
            summary.different += (found.len() - flaky) as u64;
            for (seconds, runs) in summary.seconds.iter_mut().zip(&result.runs) {
                *seconds += runs.first().map_or(0.0, |run| run.seconds);
            }
            let Some(stock) = result.runs[STOCK].first() else {
                continue;
            };
            let differs = |name: &String| found.iter().any(|found| found.name == *name);
            for (name, outcome) in &stock.outcomes {
                summary.alike += u64::from(!differs(name));
                *summary.kinds.entry(outcome.kind().to_owned()).or_default() += 1;
            }
        }
        summary.alike += summary.flaky;
        summary
    }

    /// The last line, which `cargo x test` can read.
    fn count(&self) -> String {
        format!("{} passed, {} failed", self.alike, self.different)
    }

    fn print(&self, results: &[FileResult], opts: &str) {
        // Differences first.
        for flaky in [false, true] {
            for result in results {
                let found = result.findings();
                for finding in found.iter().filter(|finding| finding.flaky == flaky) {
                    println!("{}", told(&result.name, finding, opts));
                }
            }
        }
        let kinds: Vec<_> = self
            .kinds
            .iter()
            .map(|(kind, count)| format!("{kind} {count}"))
            .collect();
        println!(
            "{} files, stock {:.1} s, jit {:.1} s; on stock: {}",
            results.len(),
            self.seconds[STOCK],
            self.seconds[JIT],
            kinds.join(", ")
        );
        println!("{} differ, {} flaky", self.different, self.flaky);
    }
}

fn told(file: &str, finding: &Finding, opts: &str) -> String {
    let mut lines = vec![
        format!(
            "{} {}",
            if finding.flaky { "flaky  " } else { "DIFFERS" },
            finding.name
        ),
        format!("    stock: {}", finding.stock.join(" | ")),
        format!("    jit:   {}", finding.jit.join(" | ")),
    ];
    if !finding.text.is_empty() {
        lines.push(format!("    {}", finding.text));
    }
    lines.push(format!("    {}", to_run(file, &finding.name, opts)));
    lines.join("\n")
}

/// The command for one test, or for its file if it is no single test.
fn to_run(file: &str, test: &str, opts: &str) -> String {
    let mut command = format!("cargo x regrtest {file}");
    let plain = |c: char| c.is_ascii_alphanumeric() || "._".contains(c);
    // A second test of the same name is run together with the first.
    let test = test.split(" #").next().unwrap_or(test);
    if test.chars().all(plain) {
        let test = test.strip_prefix(&format!("test.{file}.")).unwrap_or(test);
        command += &format!(" --test {test}");
    }
    if opts != AT_ONCE {
        command += &format!(" --opts {opts}");
    }
    command
}

fn findings(
    results: &[FileResult],
    summary: &Summary,
    pair: &Pair,
    args: &RegrtestArgs,
) -> Findings {
    let mut figures = Map::new();
    for (name, value) in [
        ("files", json!(results.len())),
        ("alike", json!(summary.alike)),
        ("flaky", json!(summary.flaky)),
        ("different", json!(summary.different)),
        ("stock_seconds", json!(summary.seconds[STOCK])),
        ("jit_seconds", json!(summary.seconds[JIT])),
        ("stock_outcomes", json!(summary.kinds)),
        ("suite", json!(pair.suite)),
        ("opts", json!(args.opts)),
    ] {
        figures.insert(name.to_owned(), value);
    }
    let rows = results.iter().map(|result| {
        let (flaky, different): (Vec<_>, Vec<_>) =
            result.findings().into_iter().partition(|found| found.flaky);
        let json = |found: &[Finding]| found.iter().map(Finding::json).collect::<Value>();
        let seconds = |which: usize| -> Vec<f64> {
            let runs = result.runs[which].iter();
            runs.map(|run| run.seconds).collect()
        };
        json!({
            "name": result.name,
            "tests": result.runs[STOCK].first().map_or(0, |run| run.outcomes.len()),
            "stock_seconds": seconds(STOCK),
            "jit_seconds": seconds(JIT),
            "different": json(&different),
            "flaky": json(&flaky),
        })
    });
    Findings {
        kind: "regrtest",
        figures,
        rows: rows.collect(),
        geometric_mean: None,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Shell scripts in place of interpreters, of which the first argument is the
    /// runner and the third the record; `$HERE` is a folder that all runs share.
    fn pair(here: &Path, stock: &str, jit: &str) -> Pair {
        let program = |name: &str, text: &str| {
            let path = here.join(name);
            let text = format!("#!/bin/sh\nHERE={}\n{text}\n", here.display());
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            path
        };
        let binaries = [program("stock", stock), program("jit", jit)];
        let suite = Suite {
            path: here.to_owned(),
            version: "1".to_owned(),
        };
        let limits = Limits {
            file: Duration::from_secs(20),
            test: Duration::from_secs(20),
            memory: 1 << 30,
        };
        Pair::new(&suite, here, binaries, AT_ONCE, limits).unwrap()
    }

    const HOW: How = How {
        jobs: 2,
        reruns: 3,
        remembered: [true, false],
    };

    const PASS: &str = "printf 'plan\\t0\\ta\\nstart\\t0\\ta\\nend\\t0\\ta\\ndone\\n' >> $3; \
        echo $PYTHON_JIT_OPTS >> $HERE/ran";
    const FAIL: &str = "printf 'plan\\t0\\ta\\nstart\\t0\\ta\\nproblem\\ta\\tfail E\\tbad\\n\
        end\\t0\\ta\\ndone\\n' >> $3";

    fn all(pair: &Pair) -> (Vec<FileResult>, Summary) {
        let files = ["test_a", "test_b"].map(str::to_owned);
        let results = pair.all(&files, HOW).unwrap();
        let summary = Summary::of(&results);
        (results, summary)
    }

    #[test]
    fn stock_is_remembered() {
        let here = tempfile::tempdir().unwrap();
        let pair = pair(here.path(), PASS, PASS);
        for _ in 0..2 {
            let (_, summary) = all(&pair);
            assert_eq!(summary.count(), "2 passed, 0 failed");
        }
        let ran = fs::read_to_string(here.path().join("ran")).unwrap();
        let jit = ran.lines().filter(|opts| *opts == AT_ONCE).count();
        assert_eq!((ran.lines().count(), jit), (6, 4));
    }

    #[test]
    fn a_difference_that_stays_is_told() {
        let here = tempfile::tempdir().unwrap();
        let (results, summary) = all(&pair(here.path(), PASS, FAIL));
        assert_eq!(summary.count(), "0 passed, 2 failed");
        assert_eq!(results[0].runs.each_ref().map(Vec::len), [4, 4]);
        let text = told("test_a", &results[0].findings()[0], AT_ONCE);
        assert_eq!(
            text,
            "DIFFERS a\n    stock: pass | pass | pass | pass\n    \
             jit:   fail E | fail E | fail E | fail E\n    bad\n    \
             cargo x regrtest test_a --test a"
        );
    }

    #[test]
    fn flaky_needs_evidence_from_stock() {
        let here = tempfile::tempdir().unwrap();
        // Stock passes only the first time.
        let stock = format!("if mkdir $HERE/$2; then {PASS}; else {FAIL}; fi");
        let (results, summary) = all(&pair(here.path(), &stock, FAIL));
        assert_eq!((summary.flaky, summary.different), (2, 0));
        assert_eq!(summary.count(), "2 passed, 0 failed");
        assert_eq!(results[0].findings()[0].stock, ["pass", "fail E"]);

        let here = tempfile::tempdir().unwrap();
        let jit = format!("if mkdir $HERE/$2; then {FAIL}; else {PASS}; fi");
        let (results, summary) = all(&pair(here.path(), PASS, &jit));
        assert_eq!((summary.flaky, summary.different), (0, 2));
        assert_eq!(results[0].findings()[0].jit[..2], ["fail E", "pass"]);
    }

    #[test]
    fn commands_for_one_test() {
        let command = |test| to_run("test_a.test_b", test, AT_ONCE);
        assert_eq!(
            command("test.test_a.test_b.C.test_c #2"),
            "cargo x regrtest test_a.test_b --test C.test_c"
        );
        assert_eq!(
            command("setUpClass (test.x)"),
            "cargo x regrtest test_a.test_b"
        );
        assert!(to_run("a", "b", "threshold=2").ends_with("--opts threshold=2"));
    }
}
