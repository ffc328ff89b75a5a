//! The modes in which every program runs under the JIT binary: one table.
//!
//! A mode is nothing but an environment: `off` says `PYTHON_JIT=0`, all others
//! turn the JIT on and hand over `PYTHON_JIT_OPTS`. What stock prints does not
//! depend on a mode, so each row must give the same output.
//!
//! Example: the row `regs3` runs
//! `PYTHON_JIT=1 PYTHON_JIT_OPTS=threshold=1,force=1,registers=3 rustpython x.py`.

use anyhow::{Result, bail};

/// One way to run the JIT binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode {
    /// The name used by `--modes` and in directives. A family of rows that
    /// differ in a seed is named `family-seed`; `family` selects all of them.
    pub name: &'static str,
    /// The value of `PYTHON_JIT`.
    pub enabled: bool,
    /// The value of `PYTHON_JIT_OPTS`, if the mode sets it.
    pub opts: Option<&'static str>,
    /// What this mode can find that others cannot.
    pub purpose: &'static str,
}

const fn mode(name: &'static str, opts: &'static str, purpose: &'static str) -> Mode {
    Mode {
        name,
        enabled: true,
        opts: Some(opts),
        purpose,
    }
}

/// All modes, in the order in which they run.
pub const MODES: &[Mode] = &[
    Mode {
        name: "off",
        enabled: false,
        opts: None,
        purpose: "the patched interpreter alone",
    },
    Mode {
        name: "default",
        enabled: true,
        opts: None,
        purpose: "what users get; `jit-expect` is checked here",
    },
    mode(
        "t1",
        "threshold=1,force=1",
        "everything is compiled at once",
    ),
    mode(
        "t5",
        "threshold=5,force=1",
        "recorded are iterations that are not the first",
    ),
    mode(
        "noopt",
        "threshold=1,force=1,optimize=0",
        "tells optimizer errors from the rest",
    ),
    mode(
        "regs3",
        "threshold=1,force=1,registers=3",
        "spills and parallel moves everywhere",
    ),
    mode(
        "failonce",
        "threshold=1,force=1,fail-guards=once",
        "every exit is taken at least once",
    ),
    mode(
        "randregs-1",
        "threshold=1,force=1,random-registers=1",
        "register assignments that the hints would avoid",
    ),
    mode(
        "randregs-42",
        "threshold=1,force=1,random-registers=42",
        "as above, another seed",
    ),
    mode(
        "randregs-2026",
        "threshold=1,force=1,random-registers=2026",
        "as above, another seed",
    ),
    mode(
        "tinycache",
        "threshold=1,force=1,code-cache=16",
        "the code cache fills up and is reused",
    ),
];

impl Mode {
    /// Whether `name` selects this row: its own name or that of its family.
    pub fn is_named(&self, name: &str) -> bool {
        self.name == name
            || self
                .name
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('-'))
    }

    /// The variables that make up this mode.
    pub fn environment(&self) -> Vec<(&'static str, &'static str)> {
        let mut vars = vec![("PYTHON_JIT", if self.enabled { "1" } else { "0" })];
        vars.extend(self.opts.map(|opts| ("PYTHON_JIT_OPTS", opts)));
        vars
    }
}

/// Checks that `name` selects at least one row.
pub fn check_name(name: &str) -> Result<()> {
    if MODES.iter().any(|mode| mode.is_named(name)) {
        return Ok(());
    }
    let known: Vec<_> = MODES.iter().map(|mode| mode.name).collect();
    bail!("unknown mode {name:?}; known are: {}", known.join(", "))
}

/// The rows selected by a list of names, in table order; all if it is empty.
pub fn select(names: &[String]) -> Result<Vec<Mode>> {
    for name in names {
        check_name(name)?;
    }
    let wanted = |mode: &&Mode| names.is_empty() || names.iter().any(|name| mode.is_named(name));
    Ok(MODES.iter().filter(wanted).copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(selected: &[Mode]) -> Vec<&'static str> {
        selected.iter().map(|mode| mode.name).collect()
    }

    #[test]
    fn nothing_selects_everything() {
        assert_eq!(select(&[]).unwrap().len(), MODES.len());
    }

    #[test]
    fn a_family_selects_its_rows_in_table_order() {
        let selected = select(&["randregs".into(), "off".into()]).unwrap();
        assert_eq!(
            names(&selected),
            ["off", "randregs-1", "randregs-42", "randregs-2026"]
        );
    }

    #[test]
    fn a_prefix_that_is_no_family_is_an_error() {
        let error = select(&["rand".into()]).unwrap_err().to_string();
        assert!(
            error.contains("\"rand\"") && error.contains("tinycache"),
            "{error}"
        );
    }

    #[test]
    fn names_are_unique() {
        for (index, mode) in MODES.iter().enumerate() {
            assert!(MODES[..index].iter().all(|other| other.name != mode.name));
        }
    }

    #[test]
    fn off_sets_no_options() {
        assert_eq!(MODES[0].environment(), [("PYTHON_JIT", "0")]);
    }
}
