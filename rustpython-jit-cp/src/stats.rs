//! What compiled code did for a program, told when the process ends.
//!
//! `PYTHON_JIT_STATS=1` prints it on stderr, any other value names a file for the same as JSON.
//! Traces count the bytecode instructions that they execute while that is on, each path at its
//! end, so what a path did before it left is not counted. How many the interpreter executes is
//! only known to builds with the feature `count` (`cargo x stats`): its loop pays nothing for
//! counting otherwise.
//!
//! Invariant: without the variable, nothing is counted and code is the same as ever.
//!
//! Worked example: a loop of 11 instructions that its trace runs a million times adds
//! 11,000,000 to [`executed`]; its last exit is a row of the table of exits.

use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The instructions that traces have executed. Compiled code adds to it, not atomically: with
/// several threads it is only about right.
static EXECUTED: AtomicU64 = AtomicU64::new(0);

/// Where the report goes.
static REPORT: OnceLock<String> = OnceLock::new();

static SEEN: Mutex<Option<Seen>> = Mutex::new(None);

/// Something that happened, and where.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Event {
    /// The uop that left, or why a recording was given up.
    pub reason: &'static str,
    /// Where in the program.
    pub file: &'static str,
    /// The function there.
    pub function: &'static str,
    /// The line.
    pub line: usize,
}

#[derive(Default)]
struct Seen {
    exits: HashMap<Event, u64>,
    aborts: HashMap<Event, u64>,
    traces: u64,
}

/// How many rows each table of the report on stderr has.
const ROWS: usize = 10;

/// Switches counting on for the rest of the process.
pub fn install(report: String) {
    if REPORT.set(report).is_ok() {
        *SEEN.lock() = Some(Seen::default());
        // SAFETY: the function may be called at any time until the process ends; where it cannot
        // be registered there is no report.
        unsafe { libc::atexit(at_exit) };
    }
}

/// Where compiled code counts, if it is to.
#[must_use]
pub fn counter() -> Option<u64> {
    REPORT.get().map(|_| EXECUTED.as_ptr() as u64)
}

/// Counts an exit.
pub fn exit(event: impl FnOnce() -> Event) {
    note(|seen| *seen.exits.entry(event()).or_default() += 1);
}

/// Counts a recording or a compilation that was given up.
pub fn abort(event: impl FnOnce() -> Event) {
    note(|seen| *seen.aborts.entry(event()).or_default() += 1);
}

/// Counts a trace that was compiled.
pub fn compiled() {
    note(|seen| seen.traces += 1);
}

fn note(what: impl FnOnce(&mut Seen)) {
    if REPORT.get().is_some()
        && let Some(seen) = &mut *SEEN.lock()
    {
        what(seen);
    }
}

/// The most frequent first; of equally frequent ones, in the order of the program.
fn sorted(events: &HashMap<Event, u64>) -> Vec<(&Event, u64)> {
    let mut rows: Vec<_> = events
        .iter()
        .map(|(event, count)| (event, *count))
        .collect();
    rows.sort_by_key(|(event, count)| (u64::MAX - count, event.file, event.line, event.reason));
    rows
}

fn text(seen: &Seen, executed: u64) -> String {
    let mut out = format!(
        "jit: {executed} instructions executed in compiled code, {} traces compiled\n",
        seen.traces
    );
    for (title, events) in [("exits", &seen.exits), ("aborts", &seen.aborts)] {
        let rows = sorted(events);
        let total: u64 = rows.iter().map(|(_, count)| count).sum();
        let _ = writeln!(out, "jit: {total} {title}");
        for (event, count) in rows.into_iter().take(ROWS) {
            let Event {
                reason,
                file,
                function,
                line,
            } = event;
            let _ = writeln!(out, "{count:>10}  {file}:{line} in {function}: {reason}");
        }
    }
    out
}

fn json(seen: &Seen, executed: u64) -> Value {
    let rows = |events| {
        let rows = sorted(events).into_iter().map(|(event, count)| {
            json!({
                "count": count,
                "reason": event.reason,
                "file": event.file,
                "function": event.function,
                "line": event.line,
            })
        });
        rows.collect::<Vec<_>>()
    };
    json!({
        "executed": executed,
        "traces": seen.traces,
        "exits": rows(&seen.exits),
        "aborts": rows(&seen.aborts),
    })
}

extern "C" fn at_exit() {
    // A thread that still runs may hold the lock, and never gives it back now.
    let seen = SEEN.try_lock().and_then(|mut seen| seen.take());
    let (Some(report), Some(seen)) = (REPORT.get(), seen) else {
        return;
    };
    let executed = EXECUTED.load(Ordering::Relaxed);
    if report == "1" {
        eprint!("{}", text(&seen, executed));
    } else if let Err(error) = std::fs::write(report, json(&seen, executed).to_string()) {
        eprintln!("rustpython: PYTHON_JIT_STATS: cannot write {report}: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_name_the_most_frequent_first() {
        let event = |line, reason| Event {
            reason,
            file: "a \"b\".py",
            function: "f",
            line,
        };
        let mut seen = Seen {
            traces: 2,
            ..Seen::default()
        };
        seen.exits.insert(event(3, "guard_true"), 7);
        seen.exits.insert(event(9, "int_add"), 70);
        seen.aborts.insert(event(1, "too long"), 1);
        let text = text(&seen, 1234);
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(
            lines[0],
            "jit: 1234 instructions executed in compiled code, 2 traces compiled"
        );
        assert_eq!(lines[1], "jit: 77 exits");
        assert_eq!(lines[2], "70  a \"b\".py:9 in f: int_add");
        assert_eq!(lines[4], "jit: 1 aborts");
        let json = json(&seen, 1234);
        assert_eq!(json["executed"], 1234);
        assert_eq!(json["exits"][1]["count"], 7);
        assert_eq!(json["exits"][0]["file"], "a \"b\".py");
        assert_eq!(json["aborts"][0]["reason"], "too long");
    }
}
