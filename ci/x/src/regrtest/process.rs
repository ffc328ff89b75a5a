//! One test file under one binary: processes with limits, until all tests have run.
//!
//! A test that kills its process or hangs costs no more than itself: a new process
//! goes on behind it, [`CRASHES`] times at most. Every process has
//!
//! - a memory limit (of address space, inherited by what it starts),
//! - a time limit for a single test, and one for the file as a whole; the time in
//!   which it could run but others had the processor does not count,
//! - a fresh folder to work in, and a hash seed that is always the same,
//! - a mark in its environment, by which everything it started is found and killed
//!   when it is over, in whatever process group that is.
//!
//! Example: `Tester { binary, environment: t1, .. }.run("test_int", "")` starts
//! `rustpython runner.py test.test_int record 0 ""` and reads the record.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::outcome::{End, Log, Next, Run};

/// The program that runs inside the interpreter.
pub const RUNNER: &str = include_str!("runner.py");

/// How many crashes of one file are gone on behind.
const CRASHES: u32 = 10;

/// As how many crashes a time-out counts, since it takes so long.
const TIME_OUT: u32 = 3;

/// How often a process is looked at.
const TICK: Duration = Duration::from_millis(20);

/// How much of stderr is looked at for the reason of a crash.
const STDERR_KEPT: usize = 20_000;

/// The mark: a variable, set to a value no other process has.
const MARK: &str = "CP_JIT_REGRTEST";

/// What one process may use.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For all processes of a file together.
    pub file: Duration,
    /// Between two lines of the record.
    pub test: Duration,
    /// Address space, in bytes.
    pub memory: u64,
}

impl Limits {
    /// The same memory, and more time.
    pub fn times(self, factor: u32) -> Self {
        Self {
            file: self.file * factor,
            test: self.test * factor,
            ..self
        }
    }
}

/// A binary, and how to test it.
#[derive(Debug, Clone)]
pub struct Tester {
    pub binary: PathBuf,
    /// What to add to `PYTHONPATH`.
    pub suite: PathBuf,
    pub environment: BTreeMap<String, String>,
    pub limits: Limits,
    /// Whether what the tests print is shown.
    pub show: bool,
}

impl Tester {
    /// Runs the file `name`; if `only` is not empty, only the tests whose name ends so.
    ///
    /// # Errors
    /// When no process can be started. What a process does is no error.
    pub fn run(&self, name: &str, only: &str) -> Result<Run> {
        let begin = Instant::now();
        let mut log = Log::default();
        let mut next = Next::From(0);
        let mut crashes = 0;
        let mut left = self.limits.file;
        while let Next::From(first) = next {
            let scratch = tempfile::Builder::new().prefix("regrtest").tempdir()?;
            let record = scratch.path().join("record");
            let end = self.process(scratch.path(), name, only, first, &mut left)?;
            // Until the first line there is no file.
            let text = fs::read(&record).unwrap_or_default();
            next = log.read(&String::from_utf8_lossy(&text), first, &end);
            crashes += if end == End::TestTimeOut { TIME_OUT } else { 1 };
            if end == End::FileTimeOut || crashes > CRASHES {
                break;
            }
        }
        Ok(log.finish(&next, begin.elapsed().as_secs_f64()))
    }

    fn process(
        &self,
        scratch: &Path,
        name: &str,
        only: &str,
        first: usize,
        left: &mut Duration,
    ) -> Result<End> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mark = format!("{}.{count}", std::process::id());

        let (record, stderr) = (scratch.join("record"), scratch.join("stderr"));
        let (runner, work) = (scratch.join("runner.py"), scratch.join("work"));
        fs::write(&runner, RUNNER)?;
        fs::create_dir(&work)?;
        let mut command = Command::new(&self.binary);
        command.arg(&runner).arg(format!("test.{name}"));
        command.arg(&record).arg(first.to_string()).arg(only);
        command.current_dir(&work).env_clear();
        command.envs(kept_environment()).envs(&self.environment);
        command
            .env("PYTHONPATH", &self.suite)
            .env("PYTHONHASHSEED", "0")
            .env("TMPDIR", &work)
            .env("HOME", &work)
            .env(MARK, &mark)
            .stdin(Stdio::null())
            .process_group(0);
        if !self.show {
            command
                .stdout(Stdio::null())
                .stderr(fs::File::create(&stderr)?);
        }
        limit(&mut command, self.limits.memory);

        let mut child = command
            .spawn()
            .with_context(|| format!("starting {}", self.binary.display()))?;
        let end = self.watch(&mut child, &record, left);
        kill_marked(&mark);
        end.map(|status| match status {
            Watched::Ended(status) if status.success() => End::Well,
            Watched::Ended(status) => {
                let text = fs::read(&stderr).unwrap_or_default();
                let kept = &text[text.len().saturating_sub(STDERR_KEPT)..];
                End::Badly(how(status), reason(&String::from_utf8_lossy(kept)))
            }
            Watched::TestTimeOut => End::TestTimeOut,
            Watched::FileTimeOut => End::FileTimeOut,
        })
    }

    /// Waits for the end, and sees to it that there is one. What is `left` of the time
    /// for the file becomes less.
    fn watch(&self, child: &mut Child, record: &Path, left: &mut Duration) -> Result<Watched> {
        let mut size = 0;
        let start = Instant::now();
        let spent = |child: &Child| start.elapsed().saturating_sub(starved(child.id()));
        let mut progress = Duration::ZERO;
        loop {
            // Of a process that has ended nothing can be learnt any more.
            let now = spent(child);
            if let Some(status) = child.try_wait().context("waiting for a test")? {
                *left = left.saturating_sub(now);
                return Ok(Watched::Ended(status));
            }
            let written = fs::metadata(record).map_or(0, |record| record.len());
            if written != size {
                size = written;
                progress = now;
            }
            let late = if now.saturating_sub(progress) > self.limits.test {
                Watched::TestTimeOut
            } else if now > *left {
                Watched::FileTimeOut
            } else {
                sleep(TICK);
                continue;
            };
            *left = left.saturating_sub(now);
            child.kill().context("killing a test")?;
            child.wait().context("waiting for a test")?;
            return Ok(late);
        }
    }
}

/// How long a process (its first thread) was ready to run, but did not: the second
/// number of its `schedstat`, in nanoseconds. Nothing, if the kernel does not tell.
fn starved(pid: u32) -> Duration {
    let text = fs::read_to_string(format!("/proc/{pid}/schedstat")).unwrap_or_default();
    let waited = text.split_whitespace().nth(1);
    Duration::from_nanos(waited.and_then(|text| text.parse().ok()).unwrap_or(0))
}

enum Watched {
    Ended(ExitStatus),
    TestTimeOut,
    FileTimeOut,
}

/// What a test may see of our own environment: nothing that makes a difference
/// between two machines or two users.
fn kept_environment() -> impl Iterator<Item = (&'static str, OsString)> {
    [
        ("PATH", std::env::var_os("PATH").unwrap_or_default()),
        ("LANG", "C.UTF-8".into()),
        ("RUST_BACKTRACE", "0".into()),
    ]
    .into_iter()
}

/// Limits the memory of the program, and lets it die with us. A shell that starts us
/// in the background makes us ignore signals, which the tests must not inherit.
fn limit(command: &mut Command, memory: u64) {
    let memory = libc::rlimit {
        rlim_cur: memory,
        rlim_max: memory,
    };
    let none = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    let set = move || {
        // SAFETY: only system calls, which may be made between fork and exec; the
        // pointers are to values that the closure owns.
        let failed = unsafe {
            libc::signal(libc::SIGINT, libc::SIG_DFL);
            libc::signal(libc::SIGQUIT, libc::SIG_DFL);
            libc::signal(libc::SIGHUP, libc::SIG_DFL);
            libc::setrlimit(libc::RLIMIT_AS, &raw const memory) != 0
                || libc::setrlimit(libc::RLIMIT_CORE, &raw const none) != 0
                || libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0
        };
        if failed {
            return Err(std::io::Error::last_os_error());
        }
        Ok(())
    };
    // SAFETY: the closure allocates nothing and takes no lock.
    unsafe { command.pre_exec(set) };
}

/// Kills all processes that have the mark in their environment, until there are none.
fn kill_marked(mark: &str) {
    let wanted = format!("{MARK}={mark}");
    // One that is being killed is still listed: look again, but not for ever.
    for _ in 0..100 {
        let mut found = false;
        let Ok(processes) = fs::read_dir("/proc") else {
            return;
        };
        for process in processes.flatten() {
            let name = process.file_name();
            let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            // Empty for what has ended and was not waited for yet.
            let Ok(environment) = fs::read(process.path().join("environ")) else {
                continue;
            };
            if environment
                .split(|byte| *byte == 0)
                .any(|variable| variable == wanted.as_bytes())
            {
                found = true;
                // SAFETY: plain numbers. The process has our mark, so it is not
                // somebody else's.
                unsafe { libc::kill(pid, libc::SIGKILL) };
            }
        }
        if !found {
            return;
        }
        sleep(TICK);
    }
}

/// The end of a process, without what changes from run to run.
fn how(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (_, Some(signal)) => format!("signal {signal}"),
        _ => status.to_string(),
    }
}

/// Why a program died, of what it said: a panic's message, or the last line.
fn reason(stderr: &str) -> String {
    let lines: Vec<_> = stderr
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let panic = lines.iter().position(|line| line.contains("panicked at"));
    match panic {
        Some(at) => lines[at..lines.len().min(at + 2)].join(" "),
        None => (*lines.last().unwrap_or(&"")).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A shell script in place of the interpreter: `$3` is the record, `$4` the place.
    fn run(script: &str, test_limit: f64) -> Run {
        let dir = tempfile::tempdir().unwrap();
        let binary = dir.path().join("python");
        fs::write(&binary, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
        let tester = Tester {
            binary,
            suite: dir.path().to_owned(),
            environment: [("A".to_owned(), "b".to_owned())].into(),
            limits: Limits {
                file: Duration::from_secs(20),
                test: Duration::from_secs_f64(test_limit),
                memory: 1 << 30,
            },
            show: false,
        };
        tester.run("test_x", "").unwrap()
    }

    fn what<'a>(run: &'a Run, name: &str) -> &'a str {
        &run.outcomes[name].what
    }

    const PLAN: &str = "printf 'plan\\t0\\ta\\nplan\\t1\\tb\\n' >> $3; ";

    #[test]
    fn goes_on_behind_a_crash() {
        let script = "
            if [ $4 = 0 ]; then
                printf 'plan\\t0\\ta\\nplan\\t1\\tb\\nstart\\t0\\ta\\n' >> $3
                echo \"thread panicked at x.rs:1\" >&2; echo because >&2; echo noise >&2
                kill -SEGV $$
            fi
            [ $2 = test.test_x ] && [ $A = b ] && [ $PYTHONHASHSEED = 0 ] || exit 3
            printf 'plan\\t1\\tb\\nstart\\t1\\tb\\nend\\t1\\tb\\ndone\\n' >> $3";
        let run = run(script, 10.0);
        assert_eq!(what(&run, "a"), "crash: signal 11");
        assert_eq!(run.outcomes["a"].text, "thread panicked at x.rs:1 because");
        assert_eq!(what(&run, "b"), "pass");
        assert_eq!(run.outcomes.len(), 2);
    }

    #[test]
    fn a_test_that_hangs_is_killed_with_what_it_started() {
        let begin = Instant::now();
        let marked = "printf 'start\\t1\\tb\\n' >> $3; setsid sleep 30 & sleep 30";
        let run = run(&format!("{PLAN}{marked}"), 0.3);
        assert_eq!(what(&run, "b"), "time-out");
        assert!(begin.elapsed() < Duration::from_secs(10));
        let ours = format!("{MARK}={}.", std::process::id());
        let sleeping = fs::read_dir("/proc").unwrap().flatten().any(|process| {
            let read = |name| fs::read(process.path().join(name)).unwrap_or_default();
            let environment = String::from_utf8_lossy(&read("environ")).into_owned();
            read("cmdline").starts_with(b"sleep\x0030") && environment.contains(&ours)
        });
        assert!(!sleeping);
    }

    #[test]
    fn a_process_that_could_run_is_not_late() {
        // Far more of them than processors.
        let busy: Vec<_> = (0..16)
            .map(|_| {
                let mut command = Command::new("sh");
                command.args(["-c", "while :; do :; done"]);
                command.spawn().unwrap()
            })
            .collect();
        sleep(Duration::from_secs(1));
        let waits: Vec<_> = busy.iter().map(|child| starved(child.id())).collect();
        for mut child in busy {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let cores = std::thread::available_parallelism().unwrap().get();
        let schedstat = Path::new("/proc/self/schedstat").exists();
        if schedstat && cores <= 8 {
            let total: Duration = waits.iter().sum();
            assert!(total > Duration::from_secs(2), "{waits:?}");
        }
        assert_eq!(starved(0), Duration::ZERO);
    }

    #[test]
    fn memory_is_limited() {
        let script = format!("{PLAN}[ $(ulimit -v) = 1048576 ] && [ $(ulimit -c) = 0 ]; exit $?");
        // Both tests crash with 0, which proves that the limits are set.
        assert_eq!(what(&run(&script, 10.0), "a"), "crash: exit code 0");
    }

    #[test]
    fn reasons() {
        assert_eq!(reason("a\n\nlast\n"), "last");
        assert_eq!(reason(""), "");
        assert_eq!(
            reason("x\nthread panicked at y:\n z\nmore"),
            "thread panicked at y: z"
        );
    }
}
