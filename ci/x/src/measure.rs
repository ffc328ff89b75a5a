//! One run of a program: how long, how much memory, what it printed.
//!
//! The kernel says what the process used when it is waited for (`wait4`), so
//! nothing runs beside the measured program and nothing is sampled. Output
//! goes to files, so that no pipe can fill up.
//!
//! Example: a script that prints `BENCH_SECONDS 0.25` on stderr and takes
//! 0.3 s as a process gives `inner: Some(0.25)`, `wall: 0.3`.

use std::fs::File;
use std::io::{Read, Seek};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use crate::repo::hex;

/// The line on stderr by which a script tells its own time.
pub const INNER_MARK: &str = "BENCH_SECONDS ";

/// How much of stderr is kept for messages.
const STDERR_KEPT: usize = 2000;

/// What one process did.
#[derive(Clone, Debug)]
pub struct Run {
    /// Seconds from start to end of the process.
    pub wall: f64,
    /// Seconds of processor time in user mode.
    pub user: f64,
    /// Seconds that the script says its kernel took.
    pub inner: Option<f64>,
    /// Peak resident memory in megabytes.
    pub peak_mb: f64,
    /// Digest of stdout.
    pub stdout: String,
    /// The end of stderr.
    pub stderr: String,
    /// How it ended.
    pub status: ExitStatus,
}

impl Run {
    /// The time to compare: the kernel's if the script tells it.
    pub fn seconds(&self) -> f64 {
        self.inner.unwrap_or(self.wall)
    }
}

/// Runs `command` to its end.
///
/// # Errors
/// When it cannot be started or its output cannot be read.
pub fn run(command: &mut Command) -> Result<Run> {
    let stdout = scratch_file()?;
    let stderr = scratch_file()?;
    command
        .stdin(Stdio::null())
        .stdout(stdout.try_clone()?)
        .stderr(stderr.try_clone()?);
    let start = Instant::now();
    let child = command
        .spawn()
        .with_context(|| format!("starting {}", command.get_program().display()))?;
    let (status, usage) = wait(child.id())?;
    let wall = start.elapsed().as_secs_f64();

    let stderr = read_back(stderr)?;
    let stderr = String::from_utf8_lossy(&stderr);
    let tail = stderr.len() - stderr.len().min(STDERR_KEPT);
    let tail = (tail..stderr.len())
        .find(|&at| stderr.is_char_boundary(at))
        .unwrap_or(stderr.len());
    Ok(Run {
        wall,
        user: usage.ru_utime.tv_sec as f64 + usage.ru_utime.tv_usec as f64 / 1e6,
        inner: inner_seconds(&stderr),
        // Linux counts in kilobytes.
        peak_mb: usage.ru_maxrss as f64 / 1024.0,
        stdout: hex(&Sha256::digest(read_back(stdout)?)),
        stderr: stderr[tail..].to_owned(),
        status,
    })
}

/// Processor time of all our children, and theirs, that have ended: seconds.
pub fn cpu_of_children() -> f64 {
    // SAFETY: rusage is plain integers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a live local of the right type.
    unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage) };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

fn inner_seconds(stderr: &str) -> Option<f64> {
    let line = stderr
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix(INNER_MARK))?;
    line.trim()
        .parse()
        .ok()
        .filter(|seconds: &f64| seconds.is_finite() && *seconds > 0.0)
}

/// A file without a name, gone when it is closed.
fn scratch_file() -> Result<File> {
    tempfile::tempfile().context("creating a temporary file")
}

fn read_back(mut file: File) -> Result<Vec<u8>> {
    file.rewind()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn wait(pid: u32) -> Result<(ExitStatus, libc::rusage)> {
    let pid = libc::pid_t::try_from(pid).context("process id")?;
    let mut status = 0;
    loop {
        // SAFETY: rusage is plain integers, for which zero is a value.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: both pointers are to live locals of the right type. The
        // process is our child and nobody else waits for it: the `Child` it
        // came from is dropped without waiting.
        let waited = unsafe { libc::wait4(pid, &raw mut status, 0, &raw mut usage) };
        if waited == pid {
            return Ok((ExitStatus::from_raw(status), usage));
        }
        let error = std::io::Error::last_os_error();
        ensure!(
            error.kind() == std::io::ErrorKind::Interrupted,
            "waiting for process {pid}: {error}"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Run {
        run(Command::new("sh").args(["-c", script])).unwrap()
    }

    #[test]
    fn time_memory_and_output() {
        let quiet = sh("sleep 0.2; echo out");
        assert!(quiet.wall >= 0.2 && quiet.wall < 5.0);
        assert!(quiet.user < quiet.wall && quiet.peak_mb > 0.1);
        assert_eq!(quiet.inner, None);
        assert!((quiet.seconds() - quiet.wall).abs() < 1e-9);
        assert_eq!(quiet.stdout, sh("echo out").stdout);
        assert_ne!(quiet.stdout, sh("echo other").stdout);
    }

    #[test]
    fn inner_time_and_exit_code() {
        let told = sh("echo noise >&2; echo 'BENCH_SECONDS 0.125' >&2; exit 3");
        assert_eq!(told.inner, Some(0.125));
        assert_eq!(told.status.code(), Some(3));
        assert!(told.stderr.contains("noise"));
        assert_eq!(inner_seconds("BENCH_SECONDS -1"), None);
        assert_eq!(inner_seconds("BENCH_SECONDS x"), None);
    }
}
