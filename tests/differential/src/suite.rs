//! The suite: every program of a folder, once under stock, once in each mode.
//!
//! Programs run with the folder as working directory and are named relative to
//! it, so that tracebacks hold no absolute path. Without a JIT binary the suite
//! checks the programs themselves: stock runs twice and must agree with itself.
//!
//! Example: `Suite { programs: "tests/py", jit: None, .. }.run()` prints one
//! line for each program and returns how many passed and failed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::compare::{Seen, differences};
use crate::directives::Directives;
use crate::events::EventLog;
use crate::modes::Mode;
use crate::run::{Command, Ending, Outcome};

/// What to run and how.
#[derive(Debug, Clone)]
pub struct Suite {
    pub stock: PathBuf,
    /// Without one, stock is compared with itself.
    pub jit: Option<PathBuf>,
    pub programs: PathBuf,
    pub filter: Option<String>,
    pub modes: Vec<Mode>,
    pub jobs: usize,
    pub time_limit: Duration,
}

/// How many programs did what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: usize,
    pub failed: usize,
}

/// All `.py` files below a folder, relative to it and sorted.
fn find_programs(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder);
        for entry in entries.with_context(|| format!("cannot list {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "py") {
                found.push(path.strip_prefix(root)?.to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

impl Suite {
    fn command(&self, executable: &Path, program: &Path, directives: &Directives) -> Command {
        let mut args = vec![program.into()];
        args.extend(directives.args.iter().map(Into::into));
        Command {
            program: executable.to_owned(),
            args,
            environment: Vec::new(),
            directory: self.programs.clone(),
            stdin: directives.stdin.clone(),
            signalling: directives.signalling,
            time_limit: self.time_limit,
        }
    }

    /// Runs a program in one mode; returns what is wrong with it.
    fn check_mode(
        &self,
        jit: &Path,
        mode: &Mode,
        stock: &Outcome,
        base: &Command,
        directives: &Directives,
    ) -> Result<Vec<String>> {
        let logs = tempfile::tempdir()?;
        let log_path = logs.path().join("events.jsonl");
        let mut command = base.clone();
        command.program = jit.to_owned();
        for (name, value) in mode.environment() {
            command.environment.push((name.into(), value.into()));
        }
        let line = command.shell_line();
        // The log decides about `jit-expect`, and proves that `off` means off.
        let wants_log =
            !mode.enabled || (mode.name == "default" && !directives.expectations.is_empty());
        if wants_log {
            let path = log_path.clone().into_os_string();
            command
                .environment
                .push(("PYTHON_JIT_LOG_JSON".into(), path));
        }
        let outcome = command.run()?;
        let mut wrong = differences(
            Seen {
                label: "stock",
                executable: &self.stock,
                outcome: stock,
            },
            Seen {
                label: mode.name,
                executable: jit,
                outcome: &outcome,
            },
        );
        if wants_log && outcome.ending != Ending::Timeout {
            // No file means that nothing was logged.
            let text = fs::read_to_string(&log_path).unwrap_or_default();
            match EventLog::parse(&text) {
                Err(error) => wrong.push(format!("{error:#}")),
                Ok(log) if mode.enabled => wrong.extend(log.unmet(directives)),
                Ok(log) => {
                    wrong.extend(log.unmet(&Directives::parse("# jit-expect: compile == 0")?))
                }
            }
        }
        for message in &mut wrong {
            *message = format!(
                "mode {}: {}\n  again: {line}",
                mode.name,
                message.trim_end()
            );
        }
        Ok(wrong)
    }

    /// Runs a program everywhere; returns what is wrong with it.
    fn check_program(&self, program: &Path) -> Result<Vec<String>> {
        let source = fs::read_to_string(self.programs.join(program))?;
        let directives = Directives::parse(&source)?;
        let base = self.command(&self.stock, program, &directives);
        let stock = base.run()?;
        if stock.ending != directives.ending {
            return Ok(vec![format!(
                "stock ended with {}, the program says {}\n{}  again: {}",
                stock.ending,
                directives.ending,
                String::from_utf8_lossy(&stock.stderr),
                base.shell_line(),
            )]);
        }
        let Some(jit) = &self.jit else {
            let second = base.run()?;
            let seen = |label, outcome| Seen {
                label,
                executable: &self.stock,
                outcome,
            };
            return Ok(differences(seen("first", &stock), seen("second", &second)));
        };
        let mut wrong = Vec::new();
        for mode in self.modes.iter().filter(|mode| directives.allows(mode)) {
            wrong.extend(self.check_mode(jit, mode, &stock, &base, &directives)?);
        }
        Ok(wrong)
    }

    /// Runs all programs and prints a line for each, and what is wrong.
    pub fn run(&self) -> Result<Tally> {
        let mut programs = find_programs(&self.programs)?;
        if let Some(filter) = &self.filter {
            programs.retain(|program| program.to_string_lossy().contains(filter.as_str()));
        }
        ensure!(!programs.is_empty(), "no program matches");
        let next = AtomicUsize::new(0);
        let tally = Mutex::new(Tally::default());
        thread::scope(|scope| {
            for _ in 0..self.jobs.clamp(1, programs.len()) {
                scope.spawn(|| {
                    while let Some(program) = programs.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let started = Instant::now();
                        let result = self.check_program(program);
                        let wrong = result.unwrap_or_else(|error| vec![format!("{error:#}")]);
                        let seconds = started.elapsed().as_secs_f64();
                        // Holding the lock while printing keeps reports in one piece.
                        let mut tally = tally.lock().expect("no worker panics while reporting");
                        if wrong.is_empty() {
                            tally.passed += 1;
                            println!("ok    {} ({seconds:.1} s)", program.display());
                        } else {
                            tally.failed += 1;
                            println!("FAIL  {} ({seconds:.1} s)", program.display());
                            for message in &wrong {
                                println!("{}", message.trim_end());
                            }
                        }
                    }
                });
            }
        });
        Ok(tally.into_inner().expect("all workers have ended"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modes;
    use std::os::unix::fs::PermissionsExt;

    /// A folder with programs, and "interpreters" that are shell scripts.
    struct Fixture(tempfile::TempDir);

    impl Fixture {
        fn new(programs: &[(&str, &str)]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            for (name, text) in programs {
                let path = folder.path().join("py").join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Self(folder)
        }

        fn interpreter(&self, name: &str, script: &str) -> PathBuf {
            let path = self.0.path().join(name);
            fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            path
        }

        fn suite(&self, stock: &str, jit: Option<&str>, modes: &[&str]) -> Suite {
            let modes: Vec<_> = modes.iter().map(|&name| name.to_owned()).collect();
            Suite {
                stock: self.interpreter("stock", stock),
                jit: jit.map(|script| self.interpreter("jit", script)),
                programs: self.0.path().join("py"),
                filter: None,
                modes: modes::select(&modes).unwrap(),
                jobs: 1,
                time_limit: Duration::from_secs(20),
            }
        }
    }

    #[test]
    fn programs_are_found_in_subfolders() {
        let fixture = Fixture::new(&[("b/x.py", ""), ("a.py", ""), ("b/notes.txt", "")]);
        let found = find_programs(&fixture.0.path().join("py")).unwrap();
        assert_eq!(found, [Path::new("a.py"), Path::new("b/x.py")]);
    }

    #[test]
    fn a_difference_in_one_mode_fails_and_names_mode_and_command() {
        let fixture = Fixture::new(&[("a.py", "")]);
        let jit = "case $PYTHON_JIT_OPTS in *registers=3) echo 2;; *) echo 1;; esac";
        let suite = fixture.suite("echo 1", Some(jit), &["t1", "regs3"]);
        let wrong = suite.check_program(Path::new("a.py")).unwrap();
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert!(wrong[0].contains("mode regs3: stdout differs") && wrong[0].contains("-1\n+2"));
        assert!(wrong[0].contains("PYTHON_JIT_OPTS=threshold=1,force=1,registers=3"));
        assert_eq!(
            suite.run().unwrap(),
            Tally {
                passed: 0,
                failed: 1
            }
        );
    }

    #[test]
    fn stock_must_end_as_the_program_says() {
        let fixture = Fixture::new(&[("a.py", "# jit-exit: 3\n"), ("b.py", "")]);
        let suite = fixture.suite("exit 3", Some("exit 3"), &["t1"]);
        assert!(suite.check_program(Path::new("a.py")).unwrap().is_empty());
        let wrong = suite.check_program(Path::new("b.py")).unwrap();
        assert!(wrong[0].contains("stock ended with exit code 3, the program says exit code 0"));
    }

    #[test]
    fn expectations_are_checked_in_the_default_mode_only() {
        let fixture = Fixture::new(&[("a.py", "# jit-expect: compile >= 1\n")]);
        let silent = fixture.suite("", Some(""), &["t1"]);
        assert!(silent.check_program(Path::new("a.py")).unwrap().is_empty());
        let silent = fixture.suite("", Some(""), &["default"]);
        let wrong = silent.check_program(Path::new("a.py")).unwrap();
        assert!(
            wrong[0].contains("expected compile >= 1, got 0"),
            "{wrong:?}"
        );
        let log = r#"echo '{"event":"compile"}' >"$PYTHON_JIT_LOG_JSON""#;
        let compiling = fixture.suite("", Some(log), &["default"]);
        assert!(
            compiling
                .check_program(Path::new("a.py"))
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn a_jit_that_compiles_although_off_fails() {
        let fixture = Fixture::new(&[("a.py", "")]);
        let log = r#"test -z "$PYTHON_JIT_LOG_JSON" || echo '{"event":"compile"}' >"$PYTHON_JIT_LOG_JSON""#;
        let suite = fixture.suite("", Some(log), &["off", "t1"]);
        let wrong = suite.check_program(Path::new("a.py")).unwrap();
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert!(wrong[0].contains("mode off: expected compile == 0, got 1"));
    }

    #[test]
    fn a_hang_is_a_failure_named_timeout() {
        let fixture = Fixture::new(&[("a.py", "")]);
        let mut suite = fixture.suite("", Some("sleep 100"), &["t1"]);
        suite.time_limit = Duration::from_millis(200);
        let wrong = suite.check_program(Path::new("a.py")).unwrap();
        assert!(wrong[0].contains("t1: timeout"), "{wrong:?}");
    }

    #[test]
    fn restricted_programs_skip_modes() {
        let fixture = Fixture::new(&[("a.py", "# jit-modes: only off because of a test\n")]);
        let suite = fixture.suite("echo 1", Some("echo 2"), &["t1"]);
        assert!(suite.check_program(Path::new("a.py")).unwrap().is_empty());
    }

    #[test]
    fn without_a_jit_stock_must_agree_with_itself() {
        let fixture = Fixture::new(&[("a.py", "")]);
        let steady = fixture.suite("echo 1", None, &[]);
        assert!(steady.check_program(Path::new("a.py")).unwrap().is_empty());
        let random = fixture.suite("echo $$", None, &[]);
        assert_eq!(random.check_program(Path::new("a.py")).unwrap().len(), 1);
    }
}
