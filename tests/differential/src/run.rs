//! Running one program once, with a time limit, standard input and a signal.
//!
//! The child leads a process group of its own, so that the time limit also
//! ends what it forked. Output is collected by one thread a pipe; a run is over
//! when the child has ended *and* both pipes are closed, which makes output of
//! forked children part of the result. At most [`MAX_OUTPUT`] bytes a pipe are
//! kept (the rest is read and dropped), so that a program that goes wild cannot
//! take the machine with it.
//!
//! Example: `Command { program: "python", args: ["-c", "print(1)"], .. }.run()`
//! gives `Outcome { ending: Code(0), stdout: b"1\n", stderr: b"" }`.

use std::ffi::OsString;
use std::fmt;
use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::str::FromStr;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::directives::Signalling;

/// How many bytes of each output stream are kept.
pub const MAX_OUTPUT: usize = 16 << 20;

/// How often a running child is looked at.
const POLL: Duration = Duration::from_millis(5);

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Code(i32),
    Signal(i32),
    Timeout,
}

impl From<ExitStatus> for Ending {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Code(code),
            (None, Some(signal)) => Self::Signal(signal),
            (None, None) => unreachable!("a process that was waited for has ended"),
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(out, "exit code {code}"),
            Self::Signal(number) => match Signal::try_from(*number) {
                Ok(signal) => write!(out, "signal {number} ({signal})"),
                Err(_) => write!(out, "signal {number}"),
            },
            Self::Timeout => write!(out, "timeout"),
        }
    }
}

/// Reads the value of `jit-exit`: `1` or `signal 2`.
impl FromStr for Ending {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let context = || format!("{text:?} is neither an exit code nor `signal N`");
        match text.strip_prefix("signal ") {
            Some(number) => number.trim().parse().map(Self::Signal),
            None => text.parse().map(Self::Code),
        }
        .with_context(context)
    }
}

/// All that can be seen of a run from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub ending: Ending,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

/// One run to be made.
#[derive(Debug, Clone)]
pub struct Command {
    pub program: PathBuf,
    pub args: Vec<OsString>,
    /// Variables on top of the inherited ones, of which all `PYTHON*` are dropped.
    pub environment: Vec<(String, OsString)>,
    pub directory: PathBuf,
    pub stdin: String,
    pub signalling: Option<Signalling>,
    pub time_limit: Duration,
}

/// What a reader thread reports.
enum Report {
    FirstByte,
    End(Stream, Vec<u8>),
}

#[derive(Clone, Copy)]
enum Stream {
    Stdout,
    Stderr,
}

/// Reads a pipe to its end and reports it; says so when stdout begins.
fn collect(mut pipe: impl Read, stream: Stream, reports: &mpsc::Sender<Report>) {
    let mut kept = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        // An error here is the end: the other side is gone.
        let count = pipe.read(&mut buffer).unwrap_or(0);
        if count == 0 {
            break;
        }
        if kept.is_empty() && matches!(stream, Stream::Stdout) {
            // The receiver may have given up on a timeout; then nobody cares.
            let _ = reports.send(Report::FirstByte);
        }
        let room = MAX_OUTPUT - kept.len();
        kept.extend_from_slice(&buffer[..count.min(room)]);
    }
    let _ = reports.send(Report::End(stream, kept));
}

impl Command {
    fn prepare(&self) -> std::process::Command {
        let mut command = std::process::Command::new(&self.program);
        command
            .args(&self.args)
            .current_dir(&self.directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PYTHON") {
                command.env_remove(name);
            }
        }
        command
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONHASHSEED", "0")
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs the program to its end, or to the end of its time.
    pub fn run(&self) -> Result<Outcome> {
        let started = Instant::now();
        let mut child = self
            .prepare()
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        let group = Pid::from_raw(child.id().try_into().context("process id out of range")?);

        let (sender, reports) = mpsc::channel();
        let stdout = child.stdout.take().context("stdout is a pipe")?;
        let stderr = child.stderr.take().context("stderr is a pipe")?;
        let stdout_sender = sender.clone();
        thread::spawn(move || collect(stdout, Stream::Stdout, &stdout_sender));
        thread::spawn(move || collect(stderr, Stream::Stderr, &sender));

        // Test inputs are lines, far below a pipe's capacity: this cannot block.
        // A program that does not read them closes the pipe early, which is fine.
        let mut stdin = child.stdin.take().context("stdin is a pipe")?;
        let _ = stdin.write_all(self.stdin.as_bytes());
        drop(stdin);

        let mut outcome = Outcome {
            ending: Ending::Timeout,
            stdout: Vec::new(),
            stderr: Vec::new(),
        };
        let mut signal_at = None;
        let mut open_pipes = 2;
        let mut ended = None;
        let mut killed = false;
        while open_pipes > 0 || ended.is_none() {
            let now = Instant::now();
            if !killed && now.duration_since(started) >= self.time_limit {
                // Fails only if the whole group is gone already.
                let _ = killpg(group, Signal::SIGKILL);
                killed = true;
            }
            if let Some((signal, at)) = signal_at
                && now >= at
            {
                let _ = killpg(group, signal);
                signal_at = None;
            }
            match reports.recv_timeout(POLL) {
                Ok(Report::FirstByte) => {
                    signal_at = self
                        .signalling
                        .map(|it| (it.signal, Instant::now() + it.after));
                }
                Ok(Report::End(Stream::Stdout, bytes)) => {
                    outcome.stdout = bytes;
                    open_pipes -= 1;
                }
                Ok(Report::End(Stream::Stderr, bytes)) => {
                    outcome.stderr = bytes;
                    open_pipes -= 1;
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                // Both readers are done, so this no longer waits by itself.
                Err(mpsc::RecvTimeoutError::Disconnected) => thread::sleep(POLL),
            }
            if ended.is_none() {
                ended = child.try_wait()?;
            }
        }
        if let (false, Some(status)) = (killed, ended) {
            outcome.ending = status.into();
        }
        Ok(outcome)
    }

    /// The run as one line for a shell.
    pub fn shell_line(&self) -> String {
        let mut words = vec![format!(
            "cd {} &&",
            quote(&self.directory.to_string_lossy())
        )];
        words.push("PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0".to_owned());
        for (name, value) in &self.environment {
            words.push(format!("{name}={}", quote(&value.to_string_lossy())));
        }
        words.push(quote(&self.program.to_string_lossy()));
        words.extend(self.args.iter().map(|arg| quote(&arg.to_string_lossy())));
        let mut line = words.join(" ");
        if !self.stdin.is_empty() {
            line = format!("{line} <<'END'\n{}END", self.stdin);
        }
        if let Some(Signalling { signal, after }) = self.signalling {
            line = format!("{line}   # {signal} {after:?} after its first output");
        }
        line
    }
}

/// Quotes a word for a POSIX shell, if it needs it.
fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./=,:+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        Command {
            program: "/bin/sh".into(),
            args: vec!["-c".into(), script.into()],
            environment: Vec::new(),
            directory: std::env::temp_dir(),
            stdin: String::new(),
            signalling: None,
            time_limit: Duration::from_secs(20),
        }
    }

    #[test]
    fn streams_and_exit_code_are_kept_apart() {
        let outcome = shell("echo out; echo err >&2; exit 7").run().unwrap();
        let expected = Outcome {
            ending: Ending::Code(7),
            stdout: b"out\n".to_vec(),
            stderr: b"err\n".to_vec(),
        };
        assert_eq!(outcome, expected);
    }

    #[test]
    fn a_signal_is_an_ending_of_its_own() {
        let outcome = shell("kill -9 $$").run().unwrap();
        assert_eq!(outcome.ending, Ending::Signal(9));
        assert_eq!(outcome.ending.to_string(), "signal 9 (SIGKILL)");
    }

    #[test]
    fn the_time_limit_ends_the_whole_group() {
        let command = Command {
            time_limit: Duration::from_millis(300),
            ..shell("sleep 100 & echo started; wait")
        };
        let started = Instant::now();
        let outcome = command.run().unwrap();
        assert_eq!(outcome.ending, Ending::Timeout);
        assert_eq!(outcome.stdout, b"started\n");
        assert!(started.elapsed() < Duration::from_secs(15));
    }

    #[test]
    fn the_signal_waits_for_the_first_output() {
        let command = Command {
            signalling: Some(Signalling {
                signal: Signal::SIGINT,
                after: Duration::from_millis(50),
            }),
            ..shell("trap 'echo caught; exit 3' INT; sleep 0.3; echo ready; while :; do :; done")
        };
        let outcome = command.run().unwrap();
        assert_eq!(outcome.stdout, b"ready\ncaught\n");
        assert_eq!(outcome.ending, Ending::Code(3));
    }

    #[test]
    fn standard_input_is_delivered_and_ends() {
        let command = Command {
            stdin: "a\nb\n".into(),
            ..shell("cat")
        };
        assert_eq!(command.run().unwrap().stdout, b"a\nb\n");
    }

    #[test]
    fn python_variables_of_the_caller_do_not_leak() {
        let command = Command {
            environment: vec![("PYTHON_JIT".into(), "1".into())],
            ..shell("env | grep ^PYTHON | sort")
        };
        let expected = "PYTHONDONTWRITEBYTECODE=1\nPYTHONHASHSEED=0\nPYTHON_JIT=1\n";
        assert_eq!(command.run().unwrap().stdout, expected.as_bytes());
    }

    #[test]
    fn a_missing_program_is_an_error_that_names_it() {
        let command = Command {
            program: "/nonexistent/python".into(),
            ..shell("")
        };
        let error = command.run().unwrap_err().to_string();
        assert!(error.contains("/nonexistent/python"), "{error}");
    }

    #[test]
    fn shell_lines_quote_what_needs_it() {
        let mut command = shell("echo 'x'");
        command.directory = "/tmp".into();
        let head = "cd /tmp && PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0";
        assert_eq!(
            command.shell_line(),
            format!(r"{head} /bin/sh -c 'echo '\''x'\'''")
        );
    }
}
