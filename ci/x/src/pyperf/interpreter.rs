//! The interpreters that are compared, and how a benchmark is started on one.
//!
//! Invariant: the key of an interpreter changes with everything that may change
//! its results: the bytes of the executable, its own arguments, and the JIT's
//! settings in the environment. Results are kept under the key.
//!
//! pyperf starts its workers with an environment of its own making. It is told to
//! pass on `PYTHON_JIT*`, so that what the user sets reaches the measured process;
//! `PYTHONPATH`, by which the packages are found, it passes on anyway.
//!
//! Example: `--also "off=env PYTHON_JIT=0 target/release/rustpython"` is an
//! interpreter with the label `off`; its workers have `PYTHON_JIT=0`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use super::process::{End, Limits, run};
use super::suite::Benchmark;
use crate::repo::{clean_env, hex};

/// The JIT's settings. Those that only make it talk are not part of a key.
const SETTINGS: &str = "PYTHON_JIT";
const TALK: [&str; 3] = ["PYTHON_JIT_LOG", "PYTHON_JIT_LOG_JSON", "PYTHON_JIT_DUMP"];

/// What is asked of an interpreter to know it.
const WHO: &str = "import os, sys\nprint(os.path.realpath(sys.executable))\nprint(repr(sys.version))\n\
    for item in sorted(os.environ.items()):\n  if item[0].startswith('PYTHON_JIT'): print(item)";

/// An interpreter that is measured.
#[derive(Debug)]
pub struct Interpreter {
    /// Its column in the table, and the name of its JSON file.
    pub label: String,
    command: Vec<String>,
    /// Names its results.
    pub key: String,
}

impl Interpreter {
    /// Asks the interpreter who it is.
    ///
    /// # Errors
    /// When it is not a Python that works.
    pub fn new(label: &str, command: Vec<String>, limits: Limits) -> Result<Self> {
        let mut interpreter = Self {
            label: label.to_owned(),
            command,
            key: String::new(),
        };
        let ended = run(interpreter.python(&[]).args(["-c", WHO]), limits)
            .with_context(|| format!("interpreter {label}"))?;
        let works = matches!(ended.end, End::Status(status) if status.success());
        let said = ended.output.trim();
        let Some((executable, who)) = works.then(|| said.split_once('\n')).flatten() else {
            bail!("{label}: {:?} is not a Python: {said}", interpreter.command);
        };
        let bytes = fs::read(executable).with_context(|| format!("{label}: {executable}"))?;
        let mut hash = Sha256::new();
        let options = interpreter.command[1..].iter().map(String::as_str);
        for part in options.chain(settings(who)) {
            hash.update(part);
            hash.update([0]);
        }
        hash.update(bytes);
        interpreter.key = hex(&hash.finalize())[..16].to_owned();
        Ok(interpreter)
    }

    /// `LABEL=COMMAND`, as the user names a third interpreter.
    ///
    /// # Errors
    /// When the text is not that, or the command is not a Python that works.
    pub fn from_user(text: &str, limits: Limits) -> Result<Self> {
        let (label, command) = label_and_command(text)?;
        Self::new(&label, command, limits)
    }

    /// `benchmark` with these options of pyperf.
    pub fn benchmark(
        &self,
        benchmark: &Benchmark,
        folders: &[PathBuf],
        options: &[String],
        output: &Path,
    ) -> Command {
        let mut command = self.python(folders);
        let passed_on: Vec<String> = env::vars_os()
            .filter_map(|(name, _)| name.into_string().ok())
            .filter(|name| name.starts_with(SETTINGS))
            // COMMAND may be `env` and set it.
            .chain([SETTINGS.to_owned(), format!("{SETTINGS}_OPTS")])
            .collect();
        command
            .arg("-u")
            .arg(&benchmark.script)
            .args(&benchmark.options)
            .args(["--quiet", "--inherit-environ", &passed_on.join(",")])
            .args(options)
            .arg("--output")
            .arg(output);
        command
    }

    fn python(&self, folders: &[PathBuf]) -> Command {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]);
        clean_env(&mut command);
        for (name, _) in env::vars_os() {
            let name_bytes = name.as_encoded_bytes();
            let python = name_bytes.starts_with(b"PYTHON") || name_bytes.starts_with(b"RUSTPYTHON");
            if python && !name_bytes.starts_with(SETTINGS.as_bytes()) {
                command.env_remove(name);
            }
        }
        if let Ok(path) = env::join_paths(folders) {
            command.env("PYTHONPATH", path);
        }
        command
    }
}

/// The lines of the answer that tell interpreters apart.
fn settings(who: &str) -> impl Iterator<Item = &str> {
    who.lines()
        .filter(|line| !TALK.iter().any(|name| line.contains(&format!("'{name}'"))))
}

fn label_and_command(text: &str) -> Result<(String, Vec<String>)> {
    let (label, command) = text
        .split_once('=')
        .with_context(|| format!("--also {text}: not LABEL=COMMAND"))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    ensure!(
        label.starts_with(|c: char| c.is_ascii_alphanumeric()) && label.chars().all(plain),
        "--also {text}: a label has letters, digits, `-`, `_` and `.`"
    );
    ensure!(
        !["stock", "jit"].contains(&label),
        "--also {text}: the label is taken"
    );
    let mut command = shlex::split(command)
        .filter(|words| !words.is_empty())
        .with_context(|| format!("--also {text}: no command"))?;
    // Programs run in a scratch directory.
    if command[0].contains('/') {
        let path = fs::canonicalize(&command[0]).with_context(|| command[0].clone())?;
        command[0] = path.to_str().context("a path in UTF-8")?.to_owned();
    }
    Ok((label.to_owned(), command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_commands() {
        let (label, command) = label_and_command("py-3.13='python3' -I").unwrap();
        assert_eq!(
            (label.as_str(), command),
            ("py-3.13", vec!["python3".into(), "-I".into()])
        );
        for wrong in [
            "python3",
            "jit=python3",
            "a/b=python3",
            "=python3",
            "x=",
            "x='",
        ] {
            assert!(label_and_command(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn talking_changes_no_key() {
        let who = "'3.14'\n('PYTHON_JIT', '0')\n('PYTHON_JIT_LOG', 'info')";
        let lines: Vec<&str> = settings(who).collect();
        assert_eq!(lines, ["'3.14'", "('PYTHON_JIT', '0')"]);
    }
}
