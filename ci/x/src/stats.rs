//! `cargo x stats`: how much of a script runs in compiled code.
//!
//! Builds a `rustpython` whose interpreter counts the instructions that it executes (the
//! interpreter's own feature for that; it is slower), runs the script under it, and puts that
//! number beside the one that traces have counted. What the start of the interpreter takes is
//! measured with an empty program, and left out. Traces do not count what a path did before it
//! left, so the share is a little too low rather than too high.
//!
//! Example:
//! ```text
//! $ cargo x stats benches/kernels/while_sum.py
//! 99.97% of 55,000,012 instructions in compiled code; 1 trace compiled
//!          1 exit
//!          1  benches/kernels/while_sum.py:10 in kernel: guard_int_lt
//! ```

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::builds;
use crate::repo::{Repo, clean_env};

/// Options of `cargo x stats`.
#[derive(clap::Args)]
pub struct StatsArgs {
    /// How many rows of exits, and of aborts, to print.
    #[arg(long, default_value_t = 10)]
    rows: usize,
    /// The script, and its arguments.
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    script: Vec<OsString>,
}

/// What a run came to.
struct Counts {
    interpreted: u64,
    jit: Value,
    good: bool,
}

/// Runs `cargo x stats`.
///
/// # Errors
/// When building fails, or the counts cannot be read.
pub fn stats(repo: &Repo, args: &StatsArgs) -> Result<ExitCode> {
    let binary = builds::counting(repo)?;
    let empty = run(&binary, &["-c".into(), "pass".into()], true)?;
    let counts = run(&binary, &args.script, false)?;
    let interpreted = counts.interpreted.saturating_sub(empty.interpreted);
    print!("{}", report(interpreted, &counts.jit, args.rows));
    Ok(if counts.good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn run(binary: &Path, args: &[OsString], quiet: bool) -> Result<Counts> {
    let folder = tempfile::tempdir()?;
    let (histogram, jit) = (folder.path().join("histogram"), folder.path().join("jit"));
    let mut command = Command::new(binary);
    clean_env(&mut command);
    command
        .args(args)
        .env("RUSTPYTHON_OPCODE_HISTOGRAM", &histogram)
        .env("PYTHON_JIT_STATS", &jit);
    if quiet {
        command.stdout(Stdio::null());
    }
    let status = command.status().context("running rustpython")?;
    let read = |path: &Path| {
        fs::read_to_string(path).context("the program did not come to its end: there are no counts")
    };
    Ok(Counts {
        interpreted: interpreted(&read(&histogram)?)?,
        jit: serde_json::from_str(&read(&jit)?)?,
        good: status.success(),
    })
}

/// The sum of the interpreter's histogram of pairs of instructions.
fn interpreted(histogram: &str) -> Result<u64> {
    let mut sum = 0;
    for line in histogram.lines().filter(|line| !line.starts_with('#')) {
        let count = line.rsplit(' ').next().and_then(|word| word.parse().ok());
        let count: Option<u64> = count;
        ensure!(count.is_some(), "not a line of a histogram: {line}");
        sum += count.unwrap_or_default();
    }
    Ok(sum)
}

/// A number with commas between its thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn report(interpreted: u64, jit: &Value, rows: usize) -> String {
    let executed = jit["executed"].as_u64().unwrap_or_default();
    let all = executed + interpreted;
    let share = 100.0 * executed as f64 / all.max(1) as f64;
    let traces = jit["traces"].as_u64().unwrap_or_default();
    let mut out = format!(
        "{share:.2}% of {} instructions in compiled code; {traces} trace{} compiled\n",
        grouped(all),
        if traces == 1 { "" } else { "s" },
    );
    for (one, many, key) in [("exit", "exits", "exits"), ("abort", "aborts", "aborts")] {
        let events = jit[key].as_array().map(Vec::as_slice).unwrap_or_default();
        let count = |event: &Value| event["count"].as_u64().unwrap_or_default();
        let total: u64 = events.iter().map(count).sum();
        out += &format!("{total:>10} {}\n", if total == 1 { one } else { many });
        for event in events.iter().take(rows) {
            let text = |key: &str| event[key].as_str().unwrap_or_default();
            out += &format!(
                "{:>10}  {}:{} in {}: {}\n",
                count(event),
                text("file"),
                event["line"],
                text("function"),
                text("reason")
            );
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn histograms_are_added_up() {
        let text = "# opcode histogram: prev op count\nCache Resume 7\nResume LoadFast 35\n";
        assert_eq!(interpreted(text).unwrap(), 42);
        assert!(interpreted("nonsense\n").is_err());
    }

    #[test]
    fn reports_have_shares_and_rows() {
        let event = |count| json!({"count": count, "reason": "int_add", "file": "a.py", "function": "f", "line": 3});
        let jit = json!({"executed": 3_000_000, "traces": 1, "exits": [event(9), event(1)], "aborts": []});
        let text = report(1_000_000, &jit, 1);
        assert!(
            text.starts_with(
                "75.00% of 4,000,000 instructions in compiled code; 1 trace compiled\n"
            )
        );
        assert!(text.contains("        10 exits\n         9  a.py:3 in f: int_add\n"));
        assert!(text.ends_with("         0 aborts\n"));
    }
}
