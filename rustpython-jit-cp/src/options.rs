//! What a user can set: one table of options, from the environment and `-X`.
//!
//! `PYTHON_JIT=0|1` and `-X jit=0|1` switch the JIT; everything else is a row of the
//! table below, given as `PYTHON_JIT_OPTS="threshold=1,optimize=0"`.
//!
//! Invariant: a wrong value never stops the program; it is reported once on stderr
//! and the default stays.
//!
//! Worked example: [`Options::apply`] with `registers=3` limits each class to three
//! registers; `registers=two` yields the error
//! ``jit option `registers`: `two` is not a number from 3 to 9``.
#![forbid(unsafe_code)]

use std::fmt;

/// How a row's value is checked.
#[derive(Clone, Copy, Debug)]
enum Value {
    Number(u64, u64),
    Switch,
    Word(&'static str),
}

/// An option that could not be taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OptionError(String);

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! options {
    ($( $field:ident = $key:literal, $kind:expr, $default:expr; $doc:literal )*) => {
        /// The settings. See the table in this module's source.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub struct Options {
            /// Whether the JIT is on.
            pub enabled: bool,
            $( #[doc = $doc] pub $field: u64, )*
        }

        impl Default for Options {
            fn default() -> Self {
                Self { enabled: true, $( $field: $default, )* }
            }
        }

        impl Options {
            /// Every key with its default and meaning, for help texts.
            pub const KEYS: &[(&str, u64, &str)] = &[ $( ($key, $default, $doc), )* ];

            fn set(&mut self, key: &str, value: &str) -> Result<(), OptionError> {
                match key {
                    $( $key => self.$field = parse($key, value, $kind)?, )*
                    _ => return Err(OptionError(format!(
                        "there is no jit option `{key}` (there are: {})",
                        [ $( $key, )* ].join(", ")
                    ))),
                }
                Ok(())
            }
        }
    };
}

options! {
    // 1039 is a prime: a loop nest with round trip counts does not get all its loops hot at once.
    threshold = "threshold", Value::Number(1, 60000), 1038; "backward jumps of a loop before it is recorded"
    // A call costs a few times what an iteration does.
    calls = "calls", Value::Number(1, 60000), 259; "calls of a function before it is recorded (at most `threshold`)"
    exits = "exits", Value::Number(1, 60000), 24; "times that an exit is taken before what follows it is recorded (at most `threshold`)"
    sides = "sides", Value::Number(0, 100), 24; "side paths that a trace may have"
    retries = "retries", Value::Number(0, 100), 6; "recordings of one loop that may fail before it is left alone"
    max_trace = "max-trace", Value::Number(10, 20000), 2000; "instructions that a recording may have"
    optimize = "optimize", Value::Switch, 1; "whether the optimizer runs"
    fuel = "fuel", Value::Number(0, u64::MAX), u64::MAX; "rewrites that the optimizer may do in each trace"
    registers = "registers", Value::Number(3, 9), 9; "registers of each class to allocate from"
    random_registers = "random-registers", Value::Number(0, u64::MAX), 0; "seed for choosing among the legal registers at random; 0 chooses well"
    fail_guards = "fail-guards", Value::Word("once"), 0; "`once` makes every guard fail the first time that it is reached"
    code_cache = "code-cache", Value::Number(4, 1 << 20), 16384; "room for machine code, in KiB"
    force = "force", Value::Switch, 0; "whether to compile traces that are not expected to gain"
}

fn parse(key: &str, value: &str, kind: Value) -> Result<u64, OptionError> {
    let error = |want: String| OptionError(format!("jit option `{key}`: `{value}` is not {want}"));
    match kind {
        Value::Number(low, high) => match value.parse::<u64>() {
            Ok(number) if (low..=high).contains(&number) => Ok(number),
            _ if high == u64::MAX => Err(error(format!("a number from {low} up"))),
            _ => Err(error(format!("a number from {low} to {high}"))),
        },
        Value::Switch => match value {
            "0" => Ok(0),
            "1" => Ok(1),
            _ => Err(error("0 or 1".to_owned())),
        },
        Value::Word(word) if value == word => Ok(1),
        Value::Word(_) if value == "0" => Ok(0),
        Value::Word(word) => Err(error(format!("`{word}` or 0"))),
    }
}

impl Options {
    /// Takes `key=value` pairs with commas between them; what is wrong is returned, the
    /// rest is taken.
    pub fn apply(&mut self, text: &str) -> Vec<OptionError> {
        let mut errors = Vec::new();
        for pair in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
            let result = match pair.split_once('=') {
                Some((key, value)) => self.set(key.trim(), value.trim()),
                None => Err(OptionError(format!(
                    "jit option `{pair}`: there is no `=` in it"
                ))),
            };
            errors.extend(result.err());
        }
        errors
    }

    /// How often an exit is taken before a side path is recorded.
    #[must_use]
    pub fn side_threshold(&self) -> u32 {
        u32::try_from(self.exits.min(self.threshold)).unwrap_or(u32::MAX)
    }

    /// Takes a `0` or `1` from `PYTHON_JIT` or `-X jit`; like CPython, anything else is
    /// an error.
    ///
    /// # Errors
    /// When it is neither.
    pub fn switch(&mut self, source: &str, value: &str) -> Result<(), OptionError> {
        self.enabled = match value {
            "0" => false,
            "1" => true,
            _ => return Err(OptionError(format!("{source}: `{value}` is not 0 or 1"))),
        };
        Ok(())
    }
}

/// What a binary answers to a name given to `--features` that it cannot give, from the
/// table of its optional features and whether it was built with them.
#[must_use]
pub fn refuse_feature(name: &str, features: &[(&str, bool)]) -> Option<String> {
    match features.iter().find(|(known, _)| *known == name) {
        Some((_, true)) => None,
        Some((_, false)) => Some(format!(
            "this binary was built without the feature '{name}'; build it with: cargo x build"
        )),
        None => {
            let known: Vec<&str> = features.iter().map(|(known, _)| *known).collect();
            Some(format!(
                "unknown feature '{name}' (this binary knows: {})",
                known.join(", ")
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_given_or_refused() {
        assert_eq!(refuse_feature("cp-jit", &[("cp-jit", true)]), None);
        let without = refuse_feature("cp-jit", &[("cp-jit", false)]).unwrap();
        assert!(without.contains("built without the feature 'cp-jit'"));
        let unknown = refuse_feature("foo", &[("cp-jit", true)]).unwrap();
        assert_eq!(unknown, "unknown feature 'foo' (this binary knows: cp-jit)");
    }

    #[test]
    fn takes_what_is_right_and_reports_the_rest() {
        let mut options = Options::default();
        let errors = options.apply("threshold=7, registers=two,fail-guards=once,colour=red,force");
        assert_eq!(options.threshold, 7);
        assert_eq!(options.fail_guards, 1);
        assert_eq!(options.registers, 9);
        let text: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(
            text[0],
            "jit option `registers`: `two` is not a number from 3 to 9"
        );
        assert!(text[1].starts_with("there is no jit option `colour`"));
        assert!(text[2].contains("no `=`"));
        assert_eq!(text.len(), 3);
    }

    #[test]
    fn switch_is_strict() {
        let mut options = Options::default();
        assert!(options.switch("PYTHON_JIT", "0").is_ok());
        assert!(!options.enabled);
        assert!(options.switch("PYTHON_JIT", "yes").is_err());
        assert!(!options.enabled);
    }
}
