//! Random programs ([`crate::generate`]) under stock and under the JIT.
//!
//! Each seed is one program. It runs under stock, then in two of the selected
//! modes, taken in turn, so that all modes see programs and each program is
//! cheap. On a difference the program is saved, reduced as long as the
//! difference stays, saved again as `.min.py`, and the run fails.
//!
//! Example: `differential --stock S --jit J --fuzz-seconds 60 --seed 7` runs
//! the seeds 7, 8, 9, … for a minute.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::compare::{Seen, differences};
use crate::generate::Program;
use crate::modes::Mode;
use crate::run::{Command, Ending};

/// How to run random programs.
#[derive(Debug, Clone)]
pub struct Fuzzer {
    pub stock: PathBuf,
    pub jit: PathBuf,
    pub modes: Vec<Mode>,
    pub time_limit: Duration,
    /// Where programs that show a difference are saved.
    pub save: PathBuf,
}

/// How much time reducing a program may take.
const REDUCTION: Duration = Duration::from_secs(120);

impl Fuzzer {
    fn command(&self, executable: &Path, path: &Path) -> Command {
        Command {
            program: executable.to_owned(),
            args: vec![path.into()],
            environment: Vec::new(),
            directory: self.save.clone(),
            stdin: String::new(),
            signalling: None,
            time_limit: self.time_limit,
        }
    }

    fn jit_command(&self, path: &Path, mode: &Mode) -> Command {
        let mut command = self.command(&self.jit, path);
        for (name, value) in mode.environment() {
            command.environment.push((name.into(), value.into()));
        }
        command
    }

    /// Writes the program to `name` and compares it in some modes; returns the
    /// first mode that differs and how.
    fn differs(
        &self,
        program: &Program,
        name: &str,
        modes: &[Mode],
    ) -> Result<Option<(Mode, String)>> {
        // A relative name keeps this machine's folders out of tracebacks.
        fs::write(self.save.join(name), program.source())?;
        let path = Path::new(name);
        let stock = self.command(&self.stock, path).run()?;
        if stock.ending == Ending::Timeout {
            // Values grew too fast. Nothing to compare, and no fault of anyone.
            println!("seed {}: too slow under stock, left out", program.seed);
            return Ok(None);
        }
        ensure!(
            stock.ending == Ending::Code(0),
            "stock ended seed {} with {}; the generator made a bad program, {}:\n{}",
            program.seed,
            stock.ending,
            self.save.join(name).display(),
            String::from_utf8_lossy(&stock.stderr),
        );
        for mode in modes {
            let outcome = self.jit_command(path, mode).run()?;
            let found = differences(
                Seen {
                    label: "stock",
                    executable: &self.stock,
                    outcome: &stock,
                },
                Seen {
                    label: mode.name,
                    executable: &self.jit,
                    outcome: &outcome,
                },
            );
            if !found.is_empty() {
                return Ok(Some((*mode, found.join("\n"))));
            }
        }
        Ok(None)
    }

    /// Leaves out parts as long as the difference in `mode` stays.
    fn reduce(&self, mut program: Program, mode: Mode) -> Result<Program> {
        let started = Instant::now();
        let mut part = 0;
        while part < program.parts() && started.elapsed() < REDUCTION {
            let smaller = program.without(part);
            if self.differs(&smaller, "reducing.py", &[mode])?.is_some() {
                // What was the next part now has this number.
                program = smaller;
            } else {
                part += 1;
            }
        }
        Ok(program)
    }

    /// Saves a program under its seed; returns its name in the save folder.
    fn keep(&self, program: &Program, ending: &str) -> Result<String> {
        let name = format!("seed-{}{ending}", program.seed);
        fs::write(self.save.join(&name), program.source())?;
        Ok(name)
    }

    fn report(&self, program: Program, mode: Mode, found: &str) -> Result<()> {
        println!("seed {}: mode {}: {found}", program.seed, mode.name);
        let whole = self.keep(&program, ".py")?;
        let line = |name: &str| self.jit_command(Path::new(name), &mode).shell_line();
        println!(
            "saved {}\n  again: {}",
            self.save.join(&whole).display(),
            line(&whole)
        );
        let small = self.reduce(program, mode)?;
        let name = self.keep(&small, ".min.py")?;
        println!(
            "reduced to {}\n  again: {}",
            self.save.join(&name).display(),
            line(&name)
        );
        if let Some((_, found)) = self.differs(&small, &name, &[mode])? {
            println!("{found}");
        }
        Ok(())
    }

    /// Runs programs until the time is over or one differs; true if none did.
    pub fn run(&self, first_seed: u64, time: Duration) -> Result<bool> {
        let save = &self.save;
        fs::create_dir_all(save).with_context(|| format!("cannot create {}", save.display()))?;
        let started = Instant::now();
        let mut seed = first_seed;
        let mut turn = self.modes.iter().cycle();
        while seed == first_seed || started.elapsed() < time {
            let program = Program::new(seed);
            let modes: Vec<_> = turn
                .by_ref()
                .take(self.modes.len().min(2))
                .copied()
                .collect();
            if let Some((mode, found)) = self.differs(&program, "current.py", &modes)? {
                self.report(program, mode, &found)?;
                println!("{} passed, 1 failed", seed - first_seed);
                return Ok(false);
            }
            seed += 1;
        }
        println!(
            "{} passed, 0 failed (seeds {first_seed} to {})",
            seed - first_seed,
            seed - 1
        );
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modes;
    use std::os::unix::fs::PermissionsExt;

    fn fuzzer(folder: &Path, stock: &str, jit: &str) -> Fuzzer {
        let executable = |name: &str, script: &str| {
            let path = folder.join(name);
            fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            path
        };
        Fuzzer {
            stock: executable("stock", stock),
            jit: executable("jit", jit),
            modes: modes::select(&["t1".into()]).unwrap(),
            time_limit: Duration::from_secs(20),
            save: folder.join("save"),
        }
    }

    #[test]
    fn equal_interpreters_pass() {
        let folder = tempfile::tempdir().unwrap();
        let fuzzer = fuzzer(folder.path(), "echo 1", "echo 1");
        assert!(fuzzer.run(1, Duration::from_millis(100)).unwrap());
    }

    #[test]
    fn a_difference_fails_and_is_reduced() {
        let folder = tempfile::tempdir().unwrap();
        // "Wrong" as long as the program has a function f3.
        let fuzzer = fuzzer(folder.path(), "echo 0", "grep -c 'def f3' \"$1\"; exit 0");
        assert!(!fuzzer.run(9, Duration::from_secs(60)).unwrap());
        let small = fs::read_to_string(folder.path().join("save/seed-9.min.py")).unwrap();
        assert!(
            small.contains("def f3()") && !small.contains("def f2()"),
            "{small}"
        );
        assert!(folder.path().join("save/seed-9.py").exists());
    }

    #[test]
    fn a_program_that_stock_refuses_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let fuzzer = fuzzer(folder.path(), "exit 1", "exit 1");
        let error = fuzzer
            .run(1, Duration::from_secs(60))
            .unwrap_err()
            .to_string();
        assert!(error.contains("bad program"), "{error}");
    }
}
