//! Text tests of the optimizer: text in, text out, one file a rule.
//!
//! A file in `tests/ir` is a line saying what it is about, options as `key: value` lines,
//! the trace, a line `=>`, and the trace that is expected. Options:
//!
//! - `rules:` the rules that must fire; by default the one that the file is named after;
//! - `passes:` the last pass that counts (`fold`, say), by default all of them;
//! - `single-threaded: yes`, `enabled: no`, `fuel: 3`.
//!
//! `BLESS=1 cargo test --test ir_text` writes what comes out into the files, for review in
//! the diff.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rustpython_jit_cp::ir::parse;
use rustpython_jit_cp::opt::{Event, OptOptions, PASSES, RULES, optimize_with};

const SEPARATOR: &str = "\n=>\n";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/ir")
}

/// A test file taken apart.
struct Case {
    head: String,
    input: String,
    expected: String,
    options: OptOptions,
    rules: Vec<String>,
    last_pass: String,
}

impl Case {
    fn read(path: &Path) -> Result<Self, String> {
        let name = path
            .file_stem()
            .and_then(|name| name.to_str())
            .ok_or("a name")?;
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        let (before, expected) = text.split_once(SEPARATOR).ok_or("no line `=>`")?;
        let start = before.find("trace {").ok_or("no trace")?;
        let (head, input) = before.split_at(start);
        let mut case = Self {
            head: head.to_owned(),
            input: input.to_owned(),
            expected: expected.to_owned(),
            options: OptOptions::default(),
            rules: vec![name.to_owned()],
            last_pass: PASSES[PASSES.len() - 1].name.to_owned(),
        };
        // The first line is what the file is about, in plain words.
        for line in head.lines().skip(1) {
            let Some((key, value)) = line.split_once(": ") else {
                continue;
            };
            match key {
                "rules" => case.rules = value.split_whitespace().map(str::to_owned).collect(),
                "passes" => value.clone_into(&mut case.last_pass),
                "single-threaded" => case.options.single_threaded = value == "yes",
                "enabled" => case.options.enabled = value == "yes",
                "fuel" => case.options.fuel = Some(value.parse().map_err(|_| "fuel is a number")?),
                _ => return Err(format!("no option is called `{key}`")),
            }
        }
        Ok(case)
    }

    /// What comes out, and the rules that fired.
    fn run(&self) -> Result<(String, BTreeSet<&'static str>), String> {
        let trace = parse(&self.input).map_err(|error| format!("the trace: {error}"))?;
        rustpython_jit_cp::ir::verify(&trace).map_err(|error| format!("the trace: {error}"))?;
        let mut fired = BTreeSet::new();
        let mut output = None;
        let _ = optimize_with(trace, &self.options, &mut |event| match event {
            Event::Rewrite(rule) if output.is_none() => {
                fired.insert(rule.name());
            }
            Event::Pass(name, trace) if name == self.last_pass => output = Some(trace.to_string()),
            _ => {}
        });
        let output = output.ok_or_else(|| format!("no pass `{}` ran", self.last_pass))?;
        Ok((output, fired))
    }

    /// Complaints about this file; blesses it if asked to.
    fn check(&self, path: &Path, bless: bool) -> Result<(), String> {
        let (output, fired) = self.run()?;
        if let Some(rule) = self
            .rules
            .iter()
            .find(|rule| !fired.contains(rule.as_str()))
        {
            return Err(format!(
                "the rule `{rule}` did not fire, only {fired:?}, and out came\n{output}"
            ));
        }
        if output == self.expected {
            return Ok(());
        }
        if bless {
            let text = format!("{}{}{SEPARATOR}{output}", self.head, self.input);
            return std::fs::write(path, text).map_err(|error| error.to_string());
        }
        Err(format!("expected\n{}found\n{output}", self.expected))
    }
}

fn files() -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder())
        .expect("tests/ir is there")
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    files
}

#[test]
fn every_file_gives_what_it_says() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut complaints = String::new();
    for path in files() {
        if let Err(complaint) = Case::read(&path).and_then(|case| case.check(&path, bless)) {
            let _ = writeln!(complaints, "{}: {complaint}", path.display());
        }
    }
    assert!(complaints.is_empty(), "\n{complaints}");
}

/// What comes out of the optimizer can be fed to it again, and gets no longer.
#[test]
fn optimizing_twice_is_no_worse() {
    for path in files() {
        let case = Case::read(&path).expect("it is a test");
        let trace = parse(&case.input).expect("it is a trace");
        let once = optimize_with(trace, &case.options, &mut |_| {});
        let twice = optimize_with(once.clone(), &case.options, &mut |_| {});
        assert!(
            twice.insts.len() <= once.insts.len(),
            "{}:\n{once}becomes\n{twice}",
            path.display()
        );
    }
}

#[test]
fn every_rule_has_a_file() {
    let names: BTreeSet<_> = files()
        .iter()
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    let missing: Vec<_> = RULES
        .iter()
        .map(|rule| rule.name())
        .filter(|rule| !names.contains(*rule))
        .collect();
    assert!(missing.is_empty(), "no file in tests/ir for {missing:?}");
}
