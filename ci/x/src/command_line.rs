//! What the `rustpython` binary says to its own options, right and wrong ones.
//!
//! A case is one run: environment, arguments, and what must come out. stdout and
//! the exit code say that the program ran all the same; stderr is empty if the
//! case expects no text there.
//!
//! Example: the case ``threshold=abc`` runs a hot loop with
//! `PYTHON_JIT_OPTS=threshold=abc`: the loop's result is right, the exit code is
//! 0, and stderr has ``jit option `threshold`: `abc` is not a number``.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

/// No case takes this many seconds, unless the program hangs.
const TIME_LIMIT: &str = "60";

/// What `sys._jit` says.
const STATE: &str =
    "import sys; j = sys._jit; print(j.is_available(), j.is_enabled(), j.is_active())";

/// A loop that is compiled with the default settings, and its result.
const HOT: &str =
    "def f(n):\n s = 0\n for i in range(n):\n  s += i & 7\n return s\nprint(f(20000))";

/// The same loop after the limit named by the first argument was set to the second.
const LIMITED: &str = "import resource, sys\n\
    limit = int(sys.argv[2])\n\
    resource.setrlimit(getattr(resource, sys.argv[1]), (limit, limit))\n\
    def f(n):\n s = 0\n for i in range(n):\n  s += i & 7\n return s\nprint(f(20000))";

/// Whether a loop is ever in compiled code, and whether the code after it is.
const ACTIVE: &str = "import sys\nactive = sys._jit.is_active\n\
    def f(n):\n seen = 0\n for i in range(n):\n  seen += active()\n return seen\n\
    print(f(100) > 0, active())";

struct Case {
    env: &'static [(&'static str, &'static str)],
    args: &'static [&'static str],
    code: i32,
    /// Is in stdout.
    stdout: &'static str,
    /// Is in stderr; if empty, stderr is.
    stderr: &'static str,
}

const fn fine(args: &'static [&'static str], stdout: &'static str) -> Case {
    Case {
        env: &[],
        args,
        code: 0,
        stdout,
        stderr: "",
    }
}

const fn refused(args: &'static [&'static str], code: i32, stderr: &'static str) -> Case {
    Case {
        env: &[],
        args,
        code,
        stdout: "",
        stderr,
    }
}

impl Case {
    const fn env(self, env: &'static [(&'static str, &'static str)]) -> Self {
        Self { env, ..self }
    }

    const fn stderr(self, stderr: &'static str) -> Self {
        Self { stderr, ..self }
    }
}

/// A hot loop in an environment that is wrong in some way.
const fn wrong(env: &'static [(&'static str, &'static str)], stderr: &'static str) -> Case {
    fine(&["-c", HOT], "70000\n").env(env).stderr(stderr)
}

const CASES: &[Case] = &[
    // --features, anywhere among RustPython's own options.
    fine(&["--features", "cp-jit", "-c", "print(6 * 7)"], "42\n"),
    fine(
        &[
            "-q",
            "--features=cp-jit",
            "-X",
            "utf8",
            "-c",
            "print(6 * 7)",
        ],
        "42\n",
    ),
    fine(
        &["-c", "import sys; print(sys.argv)", "--features", "x"],
        "['-c', '--features', 'x']\n",
    ),
    fine(&["--help"], "--features name"),
    refused(
        &["--features", "foo", "-c", "pass"],
        2,
        "rustpython: unknown feature 'foo' (this binary knows: cp-jit)\n",
    ),
    refused(
        &["--features", "cp-jit,foo", "-c", "pass"],
        2,
        "unknown feature 'foo'",
    ),
    Case {
        code: 1,
        ..fine(
            &["--features"],
            "missing argument for option '--features'\n",
        )
    },
    // The switches, and what sys._jit says of them.
    fine(&["-c", STATE], "True True False\n"),
    fine(&["-c", STATE], "True False False\n").env(&[("PYTHON_JIT", "0")]),
    fine(&["-c", STATE], "True True False\n").env(&[("PYTHON_JIT", "1")]),
    fine(&["-X", "jit=0", "-c", STATE], "True False False\n"),
    fine(&["-X", "jit=1", "-c", STATE], "True True False\n").env(&[("PYTHON_JIT", "0")]),
    fine(&["-X", "jit=0", "-c", STATE], "True False False\n").env(&[("PYTHON_JIT", "1")]),
    fine(&["-E", "-c", STATE], "True True False\n").env(&[("PYTHON_JIT", "0")]),
    fine(&["-c", ACTIVE], "True False\n").env(&[("PYTHON_JIT_OPTS", "threshold=1,force=1")]),
    fine(&["-X", "jit=0", "-c", ACTIVE], "False False\n")
        .env(&[("PYTHON_JIT_OPTS", "threshold=1,force=1")]),
    wrong(
        &[("PYTHON_JIT", "yes")],
        "rustpython: PYTHON_JIT: `yes` is not 0 or 1\n",
    ),
    fine(&["-X", "jit=2", "-c", HOT], "70000\n").stderr("rustpython: -X jit: `2` is not 0 or 1\n"),
    // Settings.
    wrong(&[("PYTHON_JIT_OPTS", "threshold=7,registers=3")], ""),
    wrong(
        &[("PYTHON_JIT_OPTS", "threshold=abc")],
        "rustpython: jit option `threshold`: `abc` is not a number from ",
    ),
    wrong(
        &[("PYTHON_JIT_OPTS", "colour=red")],
        "rustpython: there is no jit option `colour` (there are: threshold, ",
    ),
    wrong(
        &[("PYTHON_JIT_OPTS", "force")],
        "rustpython: jit option `force`: there is no `=` in it\n",
    ),
    wrong(&[("PYTHON_JIT_OPTS", "threshold=1,code-cache=4")], ""),
    // Logs and dumps.
    wrong(
        &[("PYTHON_JIT_LOG", "info")],
        " INFO jit::compile: compiled event=\"compile\" trace=1 file=\"<string>\" function=\"f\" line=3 ",
    ),
    wrong(
        &[("PYTHON_JIT_LOG", "jit=loud")],
        "rustpython: PYTHON_JIT_LOG: `jit=loud` is not a log filter: ",
    ),
    wrong(
        &[("PYTHON_JIT_LOG_JSON", "/nonexistent/log")],
        "rustpython: PYTHON_JIT_LOG_JSON: cannot write /nonexistent/log: ",
    ),
    wrong(
        &[("PYTHON_JIT_DUMP", "foo")],
        "rustpython: PYTHON_JIT_DUMP: there is no dump `foo` (there are: bytecode, uops, regs, code)\n",
    ),
    wrong(&[("PYTHON_JIT_DUMP", "bytecode")], "--- bytecode\n"),
    wrong(&[("PYTHON_JIT_DUMP", "uops")], "--- uops: recorded\n"),
    wrong(&[("PYTHON_JIT_DUMP", "regs")], "--- regs\n"),
    wrong(&[("PYTHON_JIT_DUMP", "code")], "--- code\n"),
    // The system refuses memory for code.
    fine(&["-c", LIMITED, "RLIMIT_NOFILE", "3"], "70000\n").stderr(REFUSED),
    fine(&["-c", LIMITED, "RLIMIT_AS", "1000000"], "70000\n").stderr(REFUSED),
    fine(&["-c", LIMITED, "RLIMIT_FSIZE", "1000"], "70000\n").stderr(REFUSED),
];

const REFUSED: &str = "rustpython: loops are not compiled: the system refused memory for code: ";

/// Runs all cases; returns how many were right, and how many not.
///
/// # Errors
/// When a program cannot be started.
pub fn check(jit: &Path) -> Result<(u64, u64)> {
    let mut failed = 0;
    for case in CASES {
        if let Err(found) = right(jit, case)? {
            eprintln!(
                "{:?} rustpython {:?}\n  wanted code {}, stdout {:?}, stderr {:?}\n  got {found}",
                case.env, case.args, case.code, case.stdout, case.stderr
            );
            failed += 1;
        }
    }
    if let Err(error) = json_log(jit) {
        eprintln!("the log in JSON: {error:#}");
        failed += 1;
    }
    Ok((CASES.len() as u64 + 1 - failed, failed))
}

/// The binary under a time limit, without settings from our own environment.
fn command(jit: &Path) -> Command {
    let mut command = Command::new("timeout");
    command.arg(TIME_LIMIT).arg(jit).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"PYTHON") {
            command.env_remove(name);
        }
    }
    command
}

fn right(jit: &Path, case: &Case) -> Result<Result<(), String>> {
    let output = command(jit)
        .args(case.args)
        .envs(case.env.iter().copied())
        .output()
        .context("running timeout(1)")?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let quiet = case.stderr.is_empty() && !stderr.is_empty();
    if output.status.code() == Some(case.code)
        && stdout.contains(case.stdout)
        && stderr.contains(case.stderr)
        && !quiet
    {
        return Ok(Ok(()));
    }
    Ok(Err(format!(
        "{}, stdout {stdout:?}, stderr {stderr:?}",
        output.status
    )))
}

/// Every line of the log is an object with an event, and the loop's compilation is there.
fn json_log(jit: &Path) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("log");
    let status = command(jit)
        .args(["-c", HOT])
        .env("PYTHON_JIT_LOG_JSON", &path)
        .stdout(Stdio::null())
        .status()?;
    anyhow::ensure!(status.success(), "{status}");
    let text = fs::read_to_string(&path)?;
    let mut compiled = 0;
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).with_context(|| line.to_owned())?;
        let event = line["event"].as_str();
        anyhow::ensure!(event.is_some(), "no event in {line}");
        compiled += u32::from(event == Some("compile") && line["function"] == "f");
    }
    anyhow::ensure!(
        compiled == 1,
        "{compiled} events of one compilation in {text}"
    );
    Ok(())
}
