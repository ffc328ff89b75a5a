//! Directives: comments at the top of a program that say how to run it and
//! what the JIT is expected to do with it.
//!
//! The head of a file is its leading run of comment and blank lines. A line
//! `# jit-NAME: value` in it is a directive; an unknown name or a malformed
//! value is an error, never ignored, because a directive that is silently
//! dropped is a test that silently passes.
//!
//! | directive | value | default |
//! |---|---|---|
//! | `jit-expect` | `WHAT OP N`: see [`Expectation`]; may be repeated | nothing expected |
//! | `jit-args` | arguments, split at blanks | none |
//! | `jit-modes` | `only a, b because REASON` or `except a, b because REASON` | all modes |
//! | `jit-stdin` | one line of standard input; may be repeated | empty |
//! | `jit-signal` | `SIGINT after 1.0 s`, counted from the first output on stdout | none |
//! | `jit-exit` | exit code of stock, or `signal N` | 0 |
//!
//! Example:
//! ```text
//! # Sums in a loop until a key is pressed.
//! # jit-expect: compile >= 1
//! # jit-exit: 130
//! ```

use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use nix::sys::signal::Signal;

use crate::modes::{self, Mode};
use crate::run::Ending;

/// What an expectation counts in the JIT's event log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Events of one kind; the text is the value of the field `event`.
    Events(&'static str),
    /// The sum of the field `residuals` of all compile events.
    Residuals,
}

/// The words usable in `jit-expect` and what they count.
const COUNTED: &[(&str, Counted)] = &[
    ("record_start", Counted::Events("record_start")),
    ("abort", Counted::Events("abort")),
    ("compile", Counted::Events("compile")),
    ("deopt", Counted::Events("deopt")),
    ("invalidate", Counted::Events("invalidate")),
    ("blacklist", Counted::Events("blacklist")),
    ("residual", Counted::Residuals),
];

/// A comparison operator of an expectation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    AtLeast,
    AtMost,
}

const COMPARISONS: &[(&str, Comparison)] = &[
    ("==", Comparison::Equal),
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
];

/// A claim about the event log of the mode `default`, such as `deopt <= 3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    pub counted: Counted,
    pub comparison: Comparison,
    pub bound: u64,
    /// The directive's value as written, for messages.
    pub text: String,
}

impl Expectation {
    /// Whether a count meets the expectation.
    pub fn holds(&self, count: u64) -> bool {
        match self.comparison {
            Comparison::Equal => count == self.bound,
            Comparison::AtLeast => count >= self.bound,
            Comparison::AtMost => count <= self.bound,
        }
    }
}

fn lookup<T: Copy>(table: &[(&str, T)], word: &str, what: &str) -> Result<T> {
    let known = || table.iter().map(|row| row.0).collect::<Vec<_>>().join(", ");
    let row = table.iter().find(|row| row.0 == word);
    row.map(|row| row.1)
        .ok_or_else(|| anyhow!("unknown {what} {word:?}; known are: {}", known()))
}

impl FromStr for Expectation {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let words: Vec<_> = text.split_whitespace().collect();
        let &[counted, comparison, bound] = words.as_slice() else {
            bail!("expected `WHAT OP NUMBER`, as in `compile >= 1`");
        };
        Ok(Self {
            counted: lookup(COUNTED, counted, "count")?,
            comparison: lookup(COMPARISONS, comparison, "operator")?,
            bound: bound
                .parse()
                .with_context(|| format!("{bound:?} is not a count"))?,
            text: text.to_owned(),
        })
    }
}

/// A signal to send to the program while it runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signalling {
    pub signal: Signal,
    /// Time between the first byte on stdout and the signal.
    pub after: Duration,
}

impl FromStr for Signalling {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let words: Vec<_> = text.split_whitespace().collect();
        let &[name, "after", seconds, "s"] = words.as_slice() else {
            bail!("expected `SIGNAL after SECONDS s`, as in `SIGINT after 1.0 s`");
        };
        let signal = Signal::from_str(name).map_err(|_| anyhow!("unknown signal {name:?}"))?;
        let seconds: f64 = seconds
            .parse()
            .with_context(|| format!("{seconds:?} is not a number"))?;
        let after = Duration::try_from_secs_f64(seconds)?;
        Ok(Self { signal, after })
    }
}

/// A restriction of the modes a program runs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restriction {
    /// True: only the named modes; false: all but the named ones.
    pub only: bool,
    pub names: Vec<String>,
    pub reason: String,
}

impl Restriction {
    fn allows(&self, mode: &Mode) -> bool {
        self.names.iter().any(|name| mode.is_named(name)) == self.only
    }
}

impl FromStr for Restriction {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (list, reason) = text
            .split_once(" because ")
            .context("a restriction needs a reason: `only a, b because ...`")?;
        let (word, list) = list
            .split_once(char::is_whitespace)
            .context("expected `only` or `except` and a list of modes")?;
        let names: Vec<_> = list.split(',').map(|name| name.trim().to_owned()).collect();
        for name in &names {
            modes::check_name(name)?;
        }
        let only = lookup(&[("only", true), ("except", false)], word, "restriction")?;
        ensure!(!reason.trim().is_empty(), "the reason is empty");
        Ok(Self {
            only,
            names,
            reason: reason.trim().to_owned(),
        })
    }
}

/// Everything the head of one program says.
#[derive(Debug, Clone, PartialEq)]
pub struct Directives {
    pub expectations: Vec<Expectation>,
    pub args: Vec<String>,
    pub restriction: Option<Restriction>,
    pub stdin: String,
    pub signalling: Option<Signalling>,
    /// How stock must end, so that a program broken by a typing error cannot
    /// pass by being equally broken everywhere.
    pub ending: Ending,
}

impl Default for Directives {
    fn default() -> Self {
        Self {
            expectations: Vec::new(),
            args: Vec::new(),
            restriction: None,
            stdin: String::new(),
            signalling: None,
            ending: Ending::Code(0),
        }
    }
}

impl Directives {
    /// Reads the head of a program.
    pub fn parse(source: &str) -> Result<Self> {
        let mut directives = Self::default();
        let is_head = |line: &&str| line.trim().is_empty() || line.starts_with('#');
        for (index, line) in source.lines().take_while(is_head).enumerate() {
            let comment = line.trim_start_matches('#').trim();
            let Some(directive) = comment.strip_prefix("jit-") else {
                continue;
            };
            directives
                .apply(directive)
                .with_context(|| format!("line {}: {line}", index + 1))?;
        }
        Ok(directives)
    }

    fn apply(&mut self, directive: &str) -> Result<()> {
        let (name, value) = directive
            .split_once(':')
            .context("a directive is `# jit-NAME: value`")?;
        let value = value.trim();
        match name {
            "expect" => self.expectations.push(value.parse()?),
            "args" => self.args = value.split_whitespace().map(str::to_owned).collect(),
            "modes" => self.restriction = Some(value.parse()?),
            "stdin" => {
                self.stdin.push_str(value);
                self.stdin.push('\n');
            }
            "signal" => self.signalling = Some(value.parse()?),
            "exit" => self.ending = value.parse()?,
            _ => bail!("unknown directive `jit-{name}`"),
        }
        Ok(())
    }

    /// Whether the program runs in a mode.
    pub fn allows(&self, mode: &Mode) -> bool {
        self.restriction
            .as_ref()
            .is_none_or(|restriction| restriction.allows(mode))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(source: &str) -> String {
        format!("{:#}", Directives::parse(source).unwrap_err())
    }

    #[test]
    fn an_ordinary_program_has_no_directives() {
        let parsed = Directives::parse("# just a comment\nprint(1)\n").unwrap();
        assert_eq!(parsed, Directives::default());
    }

    #[test]
    fn all_directives_are_read() {
        let parsed = Directives::parse(
            "# Title.\n\n# jit-expect: compile >= 1\n# jit-expect: residual == 0\n\
             # jit-args: a  b\n# jit-modes: only t1, randregs because it is slow\n\
             # jit-stdin: one\n# jit-stdin: two\n# jit-signal: SIGINT after 0.5 s\n\
             # jit-exit: signal 2\nprint(1)\n",
        )
        .unwrap();
        assert_eq!(parsed.expectations.len(), 2);
        assert_eq!(parsed.expectations[1].counted, Counted::Residuals);
        assert_eq!(parsed.args, ["a", "b"]);
        assert_eq!(parsed.restriction.unwrap().reason, "it is slow");
        assert_eq!(parsed.stdin, "one\ntwo\n");
        assert_eq!(
            parsed.signalling,
            Some(Signalling {
                signal: Signal::SIGINT,
                after: Duration::from_millis(500)
            })
        );
        assert_eq!(parsed.ending, Ending::Signal(2));
    }

    #[test]
    fn directives_below_the_head_do_not_count() {
        let parsed = Directives::parse("x = 1\n# jit-expect: compile >= 1\n").unwrap();
        assert!(parsed.expectations.is_empty());
    }

    #[test]
    fn operators_compare() {
        let holds = |text: &str, count| text.parse::<Expectation>().unwrap().holds(count);
        assert!(holds("compile >= 1", 1) && holds("compile >= 1", 2) && !holds("compile >= 1", 0));
        assert!(holds("deopt <= 3", 3) && holds("deopt <= 3", 0) && !holds("deopt <= 3", 4));
        assert!(holds("abort == 0", 0) && !holds("abort == 0", 1));
    }

    #[test]
    fn malformed_directives_are_errors_with_their_line() {
        for (source, part) in [
            (
                "# x\n# jit-expect: compile > 1\n",
                "line 2: # jit-expect: compile > 1: unknown operator",
            ),
            (
                "# jit-expect: compiled >= 1\n",
                "unknown count \"compiled\"",
            ),
            ("# jit-expect: compile >= many\n", "not a count"),
            ("# jit-expect: compile >= -1\n", "not a count"),
            ("# jit-expect: compile\n", "expected `WHAT OP NUMBER`"),
            ("# jit-signal: SIGFOO after 1 s\n", "unknown signal"),
            ("# jit-signal: SIGINT\n", "expected `SIGNAL after"),
            ("# jit-signal: SIGINT after -1 s\n", "negative"),
            ("# jit-modes: only t1\n", "needs a reason"),
            ("# jit-modes: only t2 because x\n", "unknown mode \"t2\""),
            ("# jit-modes: never t1 because x\n", "unknown restriction"),
            ("# jit-exit: soon\n", "exit"),
            (
                "# jit-expects: compile >= 1\n",
                "unknown directive `jit-expects`",
            ),
            ("# jit-expect compile >= 1\n", "`# jit-NAME: value`"),
        ] {
            let message = error(source);
            assert!(message.contains(part), "{source:?} gave {message:?}");
        }
    }

    #[test]
    fn restrictions_select_modes() {
        let allowed = |value: &str| -> Vec<_> {
            let source = format!("# jit-modes: {value}\n");
            let parsed = Directives::parse(&source).unwrap();
            let allowed = modes::MODES.iter().filter(|mode| parsed.allows(mode));
            allowed.map(|mode| mode.name).collect()
        };
        assert_eq!(allowed("only off, default because x"), ["off", "default"]);
        let rest = allowed("except randregs because x");
        assert!(rest.contains(&"t1") && !rest.iter().any(|name| name.starts_with("randregs")));
    }
}
