//! Comparing two outcomes.
//!
//! Two runs are equal if they end alike and write the same bytes to both
//! streams. One thing is normalised: the path of the executable, which usage
//! messages carry, becomes `<rustpython>`. Tracebacks are compared as they are.
//!
//! Example: stock prints `1`, the JIT prints `2`; the difference is
//! ```text
//! stdout differs
//! --- stock
//! +++ jit
//! @@ -1 +1 @@
//! -1
//! +2
//! ```

use std::path::Path;

use similar::TextDiff;

use crate::run::Outcome;

/// Replaces every occurrence of the executable's path.
pub fn normalise(bytes: &[u8], executable: &Path) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.replace(&*executable.to_string_lossy(), "<rustpython>")
}

/// Replaces what follows every `0x` that is a number: where an object is depends on the run.
pub fn without_addresses(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.split("0x");
    let mut found = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_hexdigit());
        found += if rest.len() < part.len() {
            "0x…"
        } else {
            "0x"
        };
        found += rest;
    }
    found
}

/// An outcome together with the executable that made it.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    pub label: &'a str,
    pub executable: &'a Path,
    pub outcome: &'a Outcome,
}

/// Describes every difference of two outcomes; none if they are equal.
pub fn differences(stock: Seen<'_>, other: Seen<'_>) -> Vec<String> {
    let mut found = Vec::new();
    if stock.outcome.ending != other.outcome.ending {
        found.push(format!(
            "{}: {}\n{}: {}",
            stock.label, stock.outcome.ending, other.label, other.outcome.ending
        ));
    }
    let streams = [
        ("stdout", &stock.outcome.stdout, &other.outcome.stdout),
        ("stderr", &stock.outcome.stderr, &other.outcome.stderr),
    ];
    for (name, expected, actual) in streams {
        let expected = normalise(expected, stock.executable);
        let actual = normalise(actual, other.executable);
        if expected != actual {
            let diff = TextDiff::from_lines(&expected, &actual);
            let mut diff = diff.unified_diff();
            let text = diff.context_radius(3).header(stock.label, other.label);
            found.push(format!("{name} differs\n{text}"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Ending;

    fn outcome(ending: Ending, stdout: &str, stderr: &str) -> Outcome {
        Outcome {
            ending,
            stdout: stdout.into(),
            stderr: stderr.into(),
        }
    }

    fn compare(stock: &Outcome, jit: &Outcome) -> Vec<String> {
        let seen = |label, path, outcome| Seen {
            label,
            executable: Path::new(path),
            outcome,
        };
        differences(
            seen("stock", "/s/python", stock),
            seen("jit", "/j/python", jit),
        )
    }

    #[test]
    fn equal_outcomes_have_no_differences() {
        let one = outcome(Ending::Code(1), "a\n", "b\n");
        assert!(compare(&one, &one.clone()).is_empty());
    }

    #[test]
    fn each_part_is_compared() {
        let base = outcome(Ending::Code(0), "a\n", "b\n");
        for (other, part) in [
            (outcome(Ending::Code(1), "a\n", "b\n"), "jit: exit code 1"),
            (
                outcome(Ending::Signal(11), "a\n", "b\n"),
                "jit: signal 11 (SIGSEGV)",
            ),
            (outcome(Ending::Timeout, "a\n", "b\n"), "jit: timeout"),
            (outcome(Ending::Code(0), "c\n", "b\n"), "stdout differs"),
            (outcome(Ending::Code(0), "a", "b\n"), "stdout differs"),
            (outcome(Ending::Code(0), "a\n", "c\n"), "stderr differs"),
        ] {
            let found = compare(&base, &other);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains(part), "{found:?}");
        }
    }

    #[test]
    fn a_difference_is_a_unified_diff() {
        let found = compare(
            &outcome(Ending::Code(0), "x\n1\n", ""),
            &outcome(Ending::Code(0), "x\n2\n", ""),
        );
        assert_eq!(
            found,
            ["stdout differs\n--- stock\n+++ jit\n@@ -1,2 +1,2 @@\n x\n-1\n+2\n"]
        );
    }

    #[test]
    fn addresses_are_left_out() {
        let text = "<generator u2 at 0x59b379ba810>: 0x, 0xZ, x 7\n";
        let same = "<generator u2 at 0x…>: 0x, 0xZ, x 7\n";
        assert_eq!(without_addresses(text.as_bytes()), same);
    }

    #[test]
    fn only_the_executable_is_normalised() {
        let stock = outcome(Ending::Code(2), "", "usage: /s/python x\n");
        let same = outcome(Ending::Code(2), "", "usage: /j/python x\n");
        let other = outcome(Ending::Code(2), "", "usage: /k/python x\n");
        assert!(compare(&stock, &same).is_empty());
        assert_eq!(compare(&stock, &other).len(), 1);
    }
}
