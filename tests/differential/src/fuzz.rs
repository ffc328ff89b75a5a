//! Random programs ([`crate::generate`], or another program's) under stock and
//! under the JIT.
//!
//! Each seed is one program. It runs under stock, then in two of the selected
//! modes; the seed decides which, so that all modes see programs and each
//! program is cheap. Programs with long loops run in the mode `default`, the
//! others where loops are hot at once. A program that differs is saved, reduced
//! ([`crate::minimise`]) as long as it differs in the same way, and saved again
//! as `.min.py`, with a head that makes it a program of `tests/py/`.
//!
//! Invariant: where a difference is counted, stock agreed with itself, once if the
//! difference came again at once, [`PATIENCE`] times if it did not; a program that is
//! not the same twice under stock is counted as `unstable`. Addresses in what is
//! written to stderr (a generator that could not be closed is shown with its own)
//! are not compared.
//!
//! Example: `differential --stock S --jit J --fuzz-seconds 60 --seed 7` runs
//! the seeds 7, 8, 9, … for a minute.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::compare::{Seen, differences, without_addresses};
use crate::generate::Program;
use crate::minimise;
use crate::modes::Mode;
use crate::run::{Command, Ending, Outcome};

/// How to run random programs.
#[derive(Debug, Clone)]
pub struct Fuzzer {
    pub stock: PathBuf,
    pub jit: PathBuf,
    pub modes: Vec<Mode>,
    pub jobs: usize,
    pub time_limit: Duration,
    /// Where programs that show a difference are saved.
    pub save: PathBuf,
    /// A program that prints a Python program for a seed; without it, our own
    /// generator is used.
    pub generator: Option<Vec<OsString>>,
    /// After how many differences to stop.
    pub stop_after: usize,
}

/// How much time reducing a program may take.
const REDUCTION: Duration = Duration::from_secs(240);

/// How often stock must agree with itself about a program that the JIT ended differently
/// only once.
const PATIENCE: usize = 8;

/// What a run of the fuzzer found.
#[derive(Debug, Default)]
pub struct Tally {
    pub programs: u64,
    /// Runs in each mode.
    pub runs: BTreeMap<&'static str, u64>,
    /// Programs that took too long under stock.
    pub slow: u64,
    /// Programs that stock does not survive.
    pub crashed: u64,
    /// Programs that are not the same twice under stock.
    pub unstable: u64,
    pub found: Vec<Found>,
    pub seconds: f64,
}

/// A program that differs.
#[derive(Debug)]
pub struct Found {
    pub seed: u64,
    pub mode: &'static str,
    /// What differs, in a few words.
    pub kind: String,
    pub file: String,
}

/// How one program went.
enum Verdict {
    Equal,
    Slow,
    Crashed(Ending),
    Unstable,
    Differs {
        mode: Mode,
        kind: String,
    },
    /// As above, but not each time.
    Seldom {
        mode: Mode,
        kind: String,
    },
}

/// What differs, in words that are the same for the same fault.
fn kind(stock: &Outcome, other: &Outcome) -> Option<String> {
    let stderr = String::from_utf8_lossy(&other.stderr);
    let errors_differ = without_addresses(&stock.stderr) != without_addresses(&other.stderr);
    let panicked = stderr
        .lines()
        .find(|line| line.contains("panicked at "))
        .filter(|_| errors_differ);
    if let Some(line) = panicked {
        let place = line.split("panicked at ").nth(1).unwrap_or(line);
        return Some(format!("panic at {}", place.trim_end_matches(':')));
    }
    if stock.ending != other.ending {
        return Some(format!("{} instead of {}", other.ending, stock.ending));
    }
    match (stock.stdout != other.stdout, errors_differ) {
        (true, true) => Some("stdout and stderr".into()),
        (true, false) => Some("stdout".into()),
        (false, true) => Some("stderr".into()),
        (false, false) => None,
    }
}

impl Fuzzer {
    /// Runs a program; [`Ending::Timeout`] if it takes `factor` times the limit. The
    /// limit is one of processor time, so that a busy machine makes no difference;
    /// what waits for ever is ended by the clock.
    fn run_limited(&self, command: &Command, factor: u32) -> Result<Outcome> {
        let limit = self.time_limit * factor;
        let seconds = limit.as_secs().max(1);
        let script = format!("ulimit -t {seconds}; exec \"$0\" \"$@\"");
        let mut limited = command.clone();
        limited.program = "/bin/sh".into();
        limited.args = vec!["-c".into(), script.into(), command.program.clone().into()];
        limited.args.extend(command.args.iter().cloned());
        limited.time_limit = limit * 6;
        let mut outcome = limited.run()?;
        // What a program that is over its processor time dies of.
        let over = [Signal::SIGXCPU, Signal::SIGKILL].map(|signal| Ending::Signal(signal as i32));
        if over.contains(&outcome.ending) {
            outcome.ending = Ending::Timeout;
        }
        Ok(outcome)
    }

    fn command(&self, executable: &Path, name: &str) -> Command {
        // A relative name keeps this machine's folders out of tracebacks.
        Command {
            program: executable.to_owned(),
            args: vec![name.into()],
            environment: Vec::new(),
            directory: self.save.clone(),
            stdin: String::new(),
            signalling: None,
            time_limit: self.time_limit,
        }
    }

    fn stock(&self, name: &str) -> Result<Outcome> {
        self.run_limited(&self.command(&self.stock, name), 1)
    }

    fn jit_command(&self, name: &str, mode: &Mode) -> Command {
        let mut command = self.command(&self.jit, name);
        for (name, value) in mode.environment() {
            command.environment.push((name.into(), value.into()));
        }
        command
    }

    /// Only what is stuck is a difference, not what is a little slower.
    fn jit(&self, name: &str, mode: &Mode) -> Result<Outcome> {
        self.run_limited(&self.jit_command(name, mode), 4)
    }

    /// The modes in which a program runs.
    fn modes_for(&self, program: &Program) -> Vec<Mode> {
        let (lasting, hot): (Vec<Mode>, Vec<Mode>) =
            self.modes.iter().partition(|mode| mode.name == "default");
        let mut chosen = if program.long {
            lasting.clone()
        } else {
            Vec::new()
        };
        let hot = if hot.is_empty() { lasting } else { hot };
        let start = (program.seed as usize).wrapping_mul(2);
        for offset in 0..2.min(hot.len()) {
            if chosen.len() < 2 {
                chosen.push(hot[start.wrapping_add(offset) % hot.len()]);
            }
        }
        chosen
    }

    /// Runs what is in the file `name`; no difference if stock takes too long.
    fn look(&self, name: &str, mode: &Mode) -> Result<Option<String>> {
        let stock = self.stock(name)?;
        if stock.ending == Ending::Timeout {
            return Ok(None);
        }
        let outcome = self.jit(name, mode)?;
        Ok(kind(&stock, &outcome))
    }

    /// Compares one program.
    fn judge(&self, program: &Program, name: &str, tally: &Mutex<Tally>) -> Result<Verdict> {
        fs::write(self.save.join(name), &program.text)?;
        let stock = self.stock(name)?;
        if stock.ending == Ending::Timeout {
            // Values grew too fast. Nothing to compare, and no fault of anyone.
            return Ok(Verdict::Slow);
        }
        if self.generator.is_none() {
            let stderr = String::from_utf8_lossy(&stock.stderr);
            ensure!(
                !stderr.contains("SyntaxError"),
                "the generator made a bad program for seed {}, {}:\n{stderr}",
                program.seed,
                self.save.join(name).display(),
            );
        }
        // There is no telling which of two that lose a race would have come first.
        if !matches!(stock.ending, Ending::Code(_)) {
            return Ok(Verdict::Crashed(stock.ending));
        }
        for mode in self.modes_for(program) {
            let outcome = self.jit(name, &mode)?;
            *lock(tally).runs.entry(mode.name).or_default() += 1;
            let Some(kind) = kind(&stock, &outcome) else {
                continue;
            };
            let steady = self.look(name, &mode)?.is_some();
            // Is it a program that is not the same twice?
            for _ in 0..if steady { 1 } else { PATIENCE } {
                if self::kind(&stock, &self.stock(name)?).is_some() {
                    return Ok(Verdict::Unstable);
                }
            }
            return Ok(if steady {
                Verdict::Differs { mode, kind }
            } else {
                Verdict::Seldom { mode, kind }
            });
        }
        Ok(Verdict::Equal)
    }

    /// Leaves out parts as long as the difference in `mode` stays.
    fn reduce(&self, text: &str, name: &str, mode: &Mode, wanted: &str) -> Result<String> {
        let started = Instant::now();
        minimise::reduce(text, &mut |candidate| {
            if started.elapsed() > REDUCTION {
                return Ok(false);
            }
            fs::write(self.save.join(name), candidate)?;
            Ok(self.look(name, mode)?.as_deref() == Some(wanted))
        })
    }

    /// Saves a program under its seed, whole and reduced; returns the smaller.
    fn keep(&self, program: &Program, mode: &Mode, kind: &str, work: &str) -> Result<String> {
        let whole = format!("seed-{}.py", program.seed);
        fs::write(self.save.join(&whole), &program.text)?;
        let small = self.reduce(&program.text, work, mode, kind)?;
        let name = format!("seed-{}.min.py", program.seed);
        fs::write(self.save.join(work), &small)?;
        let stock = self.stock(work)?;
        let exit = match stock.ending {
            Ending::Code(0) | Ending::Timeout => String::new(),
            Ending::Code(code) => format!("# jit-exit: {code}\n"),
            Ending::Signal(number) => format!("# jit-exit: signal {number}\n"),
        };
        let head = format!(
            "# Random program, seed {}, reduced. In mode {} it differed: {kind}.\n{exit}\n",
            program.seed, mode.name
        );
        fs::write(self.save.join(&name), head + &small)?;
        Ok(name)
    }

    /// Says how a saved program differs, and how to see it again.
    fn explain(&self, name: &str, mode: &Mode) -> Result<String> {
        let stock = self.stock(name)?;
        let command = self.jit_command(name, mode);
        let outcome = self.jit(name, mode)?;
        let seen = |label, executable, outcome| Seen {
            label,
            executable,
            outcome,
        };
        let mut text = differences(
            seen("stock", &self.stock, &stock),
            seen(mode.name, &self.jit, &outcome),
        );
        text.push(format!("  again: {}", command.shell_line()));
        Ok(text.join("\n"))
    }

    fn program(&self, seed: u64) -> Result<Program> {
        let Some(generator) = &self.generator else {
            return Ok(Program::new(seed));
        };
        let command = Command {
            args: [&generator[1..], &[seed.to_string().into()]].concat(),
            ..self.command(Path::new(&generator[0]), "")
        };
        let made = command.run()?;
        ensure!(
            made.ending == Ending::Code(0),
            "the generator ended seed {seed} with {}:\n{}",
            made.ending,
            String::from_utf8_lossy(&made.stderr)
        );
        let text = String::from_utf8(made.stdout).context("the generator's program is UTF-8")?;
        Ok(Program::of_others(seed, text))
    }

    fn one(&self, seed: u64, job: usize, tally: &Mutex<Tally>) -> Result<()> {
        let work = format!("job{job}.py");
        let program = self.program(seed)?;
        let verdict = self.judge(&program, &work, tally)?;
        let mut counts = lock(tally);
        counts.programs += 1;
        match verdict {
            Verdict::Equal => {}
            Verdict::Slow => {
                counts.slow += 1;
                println!("seed {seed}: too slow under stock, left out");
            }
            Verdict::Crashed(ending) => {
                counts.crashed += 1;
                let file = self.save.join(format!("seed-{seed}.stock.py"));
                fs::write(&file, &program.text)?;
                println!("seed {seed}: stock: {ending}, left out, {}", file.display());
            }
            Verdict::Unstable => {
                counts.unstable += 1;
                let file = self.save.join(format!("seed-{seed}.unstable.py"));
                fs::write(&file, &program.text)?;
                println!(
                    "seed {seed}: not the same twice under stock, {}",
                    file.display()
                );
            }
            // Nothing to reduce it by.
            Verdict::Seldom { mode, kind } => {
                let file = format!("seed-{seed}.seldom.py");
                let path = self.save.join(&file);
                fs::write(&path, &program.text)?;
                println!("seed {seed}: mode {}: {kind}, but not each time", mode.name);
                println!("seed {seed}: {}", path.display());
                counts.found.push(Found {
                    seed,
                    mode: mode.name,
                    kind: format!("{kind}, not each time"),
                    file,
                });
            }
            Verdict::Differs { mode, kind } => {
                drop(counts);
                println!("seed {seed}: mode {}: {kind}; reducing it", mode.name);
                let file = self.keep(&program, &mode, &kind, &work)?;
                let text = self.explain(&file, &mode)?;
                let mut counts = lock(tally);
                println!("seed {seed}: {}\n{text}", self.save.join(&file).display());
                counts.found.push(Found {
                    seed,
                    mode: mode.name,
                    kind,
                    file,
                });
            }
        }
        Ok(())
    }

    /// Runs programs until the time is over or enough of them differ.
    ///
    /// # Errors
    /// When a program cannot be made or run.
    pub fn run(&self, first_seed: u64, time: Duration) -> Result<Tally> {
        let save = &self.save;
        fs::create_dir_all(save).with_context(|| format!("cannot create {}", save.display()))?;
        let started = Instant::now();
        let (next, stop) = (AtomicU64::new(first_seed), AtomicBool::new(false));
        let tally = Mutex::new(Tally::default());
        let worker = |job: usize| -> Result<()> {
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                let over = seed > first_seed && started.elapsed() >= time;
                if over || stop.load(Ordering::Relaxed) {
                    return Ok(());
                }
                let done = self.one(seed, job, &tally);
                if done.is_err() || lock(&tally).found.len() >= self.stop_after {
                    stop.store(true, Ordering::Relaxed);
                }
                done?;
            }
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..self.jobs.max(1))
                .map(|job| scope.spawn(move || worker(job)))
                .collect();
            let ended = workers
                .into_iter()
                .map(|worker| worker.join().expect("no worker panics"));
            ended.collect::<Result<Vec<()>>>()
        })?;
        let mut tally = tally.into_inner().expect("all workers have ended");
        tally.seconds = started.elapsed().as_secs_f64();
        Ok(tally)
    }
}

fn lock(tally: &Mutex<Tally>) -> std::sync::MutexGuard<'_, Tally> {
    tally.lock().expect("no worker panics while counting")
}

impl Tally {
    /// Programs a minute.
    pub fn rate(&self) -> f64 {
        self.programs as f64 / self.seconds.max(1e-9) * 60.0
    }

    /// The figures and what differs, for other programs to read.
    pub fn json(&self, seed: u64) -> Value {
        let rows = self.found.iter().map(|found| {
            json!({
                "seed": found.seed, "mode": found.mode,
                "kind": found.kind, "file": found.file,
            })
        });
        json!({
            "figures": {
                "seed": seed,
                "seconds": self.seconds,
                "programs": self.programs,
                "programs_per_minute": self.rate(),
                "runs": self.runs.values().sum::<u64>(),
                "runs_by_mode": self.runs,
                "too_slow": self.slow,
                "stock_crashed": self.crashed,
                "unstable": self.unstable,
                "differences": self.found.len(),
            },
            "rows": rows.collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modes;
    use std::os::unix::fs::PermissionsExt;

    fn fuzzer(folder: &Path, stock: &str, jit: &str) -> Fuzzer {
        let executable = |name: &str, script: &str| {
            let path = folder.join(name);
            fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            path
        };
        Fuzzer {
            stock: executable("stock", stock),
            jit: executable("jit", jit),
            modes: modes::select(&["t1".into()]).unwrap(),
            jobs: 1,
            time_limit: Duration::from_secs(20),
            save: folder.join("save"),
            generator: None,
            stop_after: 1,
        }
    }

    #[test]
    fn equal_interpreters_pass() {
        let folder = tempfile::tempdir().unwrap();
        let fuzzer = fuzzer(folder.path(), "echo 1", "echo 1");
        let tally = fuzzer.run(1, Duration::from_millis(100)).unwrap();
        assert!(tally.found.is_empty() && tally.programs > 0);
        assert_eq!(tally.runs["t1"], tally.programs);
    }

    #[test]
    fn a_difference_is_saved_reduced_and_ready_to_run() {
        let folder = tempfile::tempdir().unwrap();
        // "Wrong" as long as the program shows something; always exits with 3.
        let jit = "grep -c '^def show' \"$1\"; exit 3";
        let fuzzer = fuzzer(folder.path(), "echo 0; exit 3", jit);
        let tally = fuzzer.run(9, Duration::from_secs(60)).unwrap();
        assert_eq!((tally.found[0].seed, &*tally.found[0].kind), (9, "stdout"));
        let small = fs::read_to_string(folder.path().join("save/seed-9.min.py")).unwrap();
        let lines: Vec<_> = small.lines().collect();
        assert_eq!(
            (lines[1..3].to_vec(), lines.len()),
            (vec!["# jit-exit: 3", ""], 5)
        );
        assert!(
            lines[3].starts_with("def show(") && lines[4] == "    pass",
            "{small}"
        );
        assert!(folder.path().join("save/seed-9.py").exists());
        assert_eq!(tally.json(9)["rows"][0]["mode"], "t1");
    }

    #[test]
    fn processor_time_is_limited() {
        let folder = tempfile::tempdir().unwrap();
        let mut fuzzer = fuzzer(folder.path(), "while :; do :; done", "");
        fuzzer.time_limit = Duration::from_secs(1);
        let tally = fuzzer.run(1, Duration::ZERO).unwrap();
        assert_eq!((tally.slow, tally.found.len()), (1, 0));
    }

    #[test]
    fn what_differs_only_once_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let flag = folder.path().join("flag");
        let jit = format!("test -e {0} || echo 1; touch {0}", flag.display());
        let fuzzer = fuzzer(folder.path(), "", &jit);
        let tally = fuzzer.run(1, Duration::ZERO).unwrap();
        assert_eq!((tally.unstable, tally.found.len()), (0, 1));
        assert_eq!(tally.found[0].kind, "stdout, not each time");
        assert!(fuzzer.save.join("seed-1.seldom.py").exists());
    }

    #[test]
    fn what_stock_does_not_repeat_is_no_difference() {
        let folder = tempfile::tempdir().unwrap();
        for jit in ["date +%N", "echo 1"] {
            let fuzzer = fuzzer(folder.path(), "date +%N", jit);
            let tally = fuzzer.run(1, Duration::ZERO).unwrap();
            assert_eq!((tally.unstable, tally.found.len()), (1, 0));
        }
    }

    #[test]
    fn a_crash_of_stock_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let fuzzer = fuzzer(folder.path(), "kill -ABRT $$", "echo 1");
        let tally = fuzzer.run(1, Duration::ZERO).unwrap();
        assert_eq!((tally.crashed, tally.found.len()), (1, 0));
        assert!(fuzzer.save.join("seed-1.stock.py").exists());
    }

    #[test]
    fn addresses_are_no_difference() {
        let folder = tempfile::tempdir().unwrap();
        let [stock, jit] = [12, 34].map(|at| format!("echo '<x at 0x{at}>: error' >&2"));
        let fuzzer = fuzzer(folder.path(), &stock, &jit);
        let tally = fuzzer.run(1, Duration::ZERO).unwrap();
        assert_eq!((tally.unstable, tally.found.len()), (0, 0));
    }

    #[test]
    fn a_panic_is_known_by_its_place() {
        let outcome = |stderr: &str| Outcome {
            ending: Ending::Code(0),
            stdout: Vec::new(),
            stderr: stderr.into(),
        };
        let panic = outcome("thread 'main' panicked at src/x.rs:1:2:\nbad\n");
        assert_eq!(kind(&outcome(""), &panic).unwrap(), "panic at src/x.rs:1:2");
    }

    #[test]
    fn other_generators_can_be_used() {
        let folder = tempfile::tempdir().unwrap();
        let mut fuzzer = fuzzer(folder.path(), "cat \"$1\"", "cat \"$1\"; echo");
        fuzzer.generator = Some(vec!["/bin/echo".into(), "seed".into()]);
        let tally = fuzzer.run(7, Duration::ZERO).unwrap();
        assert_eq!(tally.found.len(), 1);
        let whole = fs::read_to_string(folder.path().join("save/seed-7.py")).unwrap();
        assert_eq!(whole, "seed 7\n");
    }

    #[test]
    fn a_program_that_is_no_python_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let fuzzer = fuzzer(folder.path(), "echo SyntaxError >&2; exit 1", "exit 1");
        let error = fuzzer
            .run(1, Duration::from_secs(60))
            .unwrap_err()
            .to_string();
        assert!(error.contains("bad program"), "{error}");
    }
}
