//! A process with limits, and everything it started.
//!
//! A benchmark is a tree of processes: pyperf, its workers, their servers. Each
//! tree is a process group of its own, which is killed when its time is over, when
//! the user stops us, and when its first process has ended: nothing is left behind.
//! The memory limit is on the address space of each process of the tree.
//!
//! Example: `sh -c 'sleep 100 & sleep 100'` with `seconds: 1.0` gives
//! `End::TimedOut` after one second, and neither `sleep` is left.

use std::fs::File;
use std::io::{Read, Seek};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// How much of a program's output is kept for messages.
const OUTPUT_KEPT: u64 = 100_000;

/// How long a process is left alone between two looks at it.
const PAUSE: Duration = Duration::from_millis(20);

/// What a process may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From start to end.
    pub seconds: f64,
    /// Address space in bytes.
    pub memory: u64,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, or by somebody else's signal.
    Status(ExitStatus),
    /// It was killed when its time was over.
    TimedOut,
}

/// A process that has ended.
#[derive(Debug)]
pub struct Ended {
    /// How.
    pub end: End,
    /// From start to end.
    pub seconds: f64,
    /// The end of what it wrote on stdout and stderr.
    pub output: String,
}

/// Set by SIGINT and SIGTERM.
static STOPPED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// From now on, SIGINT and SIGTERM end the running processes and then us, in order.
///
/// # Errors
/// When the handlers cannot be installed.
pub fn heed_signals() -> Result<()> {
    for signal in [libc::SIGINT, libc::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&STOPPED)).context("handling signals")?;
    }
    Ok(())
}

/// Whether the user wants us to stop.
pub fn stopped() -> bool {
    STOPPED.load(Ordering::Relaxed)
}

/// Runs `command` to its end, which is not later than its limits allow.
///
/// # Errors
/// When it cannot be started, or the user stops us.
pub fn run(command: &mut Command, limits: Limits) -> Result<Ended> {
    let output = tempfile::tempfile().context("creating a temporary file")?;
    command
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output.try_clone()?)
        .process_group(0);
    let memory = libc::rlimit {
        rlim_cur: limits.memory,
        rlim_max: limits.memory,
    };
    let no_core = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: between fork and exec only setrlimit is called, which is
    // async-signal-safe; the closure owns its two plain structs.
    unsafe {
        command.pre_exec(move || {
            for (what, limit) in [(libc::RLIMIT_AS, memory), (libc::RLIMIT_CORE, no_core)] {
                if libc::setrlimit(what, &raw const limit) != 0 {
                    return Err(std::io::Error::last_os_error());
                }
            }
            Ok(())
        });
    }
    let start = Instant::now();
    let mut child = command
        .spawn()
        .with_context(|| format!("starting {}", command.get_program().display()))?;
    let deadline = start + Duration::from_secs_f64(limits.seconds);
    let in_time = wait_until(&child, deadline);
    let seconds = start.elapsed().as_secs_f64();
    let status = kill_group(&mut child)?;
    let end = match in_time? {
        Waited::Ended => End::Status(status),
        Waited::Late => End::TimedOut,
        Waited::Stopped => bail!("stopped; the same command goes on from here"),
    };
    Ok(Ended {
        end,
        seconds,
        output: tail(output)?,
    })
}

enum Waited {
    Ended,
    Late,
    Stopped,
}

/// Waits without reaping, so that the group keeps its number until it is killed.
fn wait_until(child: &Child, deadline: Instant) -> Result<Waited> {
    loop {
        // SAFETY: siginfo_t is plain data, for which zero is a value.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        // SAFETY: the pointer is to a live local of the right type.
        let code = unsafe { libc::waitid(libc::P_PID, child.id(), &raw mut info, flags) };
        let error = std::io::Error::last_os_error();
        ensure!(
            code == 0 || error.kind() == std::io::ErrorKind::Interrupted,
            "waiting for process {}: {error}",
            child.id()
        );
        // SAFETY: waitid succeeded; then si_pid is there, and 0 if nothing has ended.
        if code == 0 && unsafe { info.si_pid() } != 0 {
            return Ok(Waited::Ended);
        }
        if stopped() {
            return Ok(Waited::Stopped);
        }
        if Instant::now() >= deadline {
            return Ok(Waited::Late);
        }
        sleep(PAUSE);
    }
}

/// Kills what is left of the group, and reaps its first process.
fn kill_group(child: &mut Child) -> Result<ExitStatus> {
    let group = libc::pid_t::try_from(child.id()).context("process id")?;
    // SAFETY: kill has no memory effects. The group is the child's own
    // (process_group(0)), and its number is taken until the child is reaped below.
    unsafe { libc::kill(-group, libc::SIGKILL) };
    child.wait().context("reaping a process")
}

fn tail(mut file: File) -> Result<String> {
    let length = file.seek(std::io::SeekFrom::End(0))?;
    file.seek(std::io::SeekFrom::Start(length.saturating_sub(OUTPUT_KEPT)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, seconds: f64) -> Ended {
        let limits = Limits {
            seconds,
            memory: 1 << 30,
        };
        run(Command::new("sh").args(["-c", script]), limits).unwrap()
    }

    #[test]
    fn output_and_status() {
        let ended = sh("echo out; echo err >&2; exit 3", 60.0);
        assert_eq!(ended.output, "out\nerr\n");
        assert!(matches!(ended.end, End::Status(status) if status.code() == Some(3)));
    }

    #[test]
    fn nothing_is_left_behind() {
        for (script, late) in [
            ("sleep 60 & echo $!; wait", true),
            ("sleep 60 & echo $!", false),
        ] {
            let ended = sh(script, 0.5);
            assert_eq!(ended.end == End::TimedOut, late, "{ended:?}");
            assert!(ended.seconds < 30.0);
            let pid = ended.output.trim();
            // It dies when it next runs; then it is gone, or a zombie that its new
            // parent has not reaped yet.
            let state = || std::fs::read_to_string(format!("/proc/{pid}/stat"));
            let alive = || state().is_ok_and(|state| !state.contains(") Z "));
            let start = Instant::now();
            while alive() {
                assert!(start.elapsed() < Duration::from_secs(30), "{:?}", state());
                sleep(PAUSE);
            }
        }
    }

    #[test]
    fn memory_is_limited() {
        let ended = sh("ulimit -v", 60.0);
        assert_eq!(ended.output.trim(), (1 << 20).to_string());
    }
}
