//! `cargo x test`: every test of the repository, as steps.
//!
//! A step is a program, or a build. A program that counts its own tests (as
//! `cargo test` and the differential runner do: `12 passed; 1 failed`) counts
//! as that many tests, any other step as one. A step is skipped only when a
//! program it needs is not installed or tests it needs cannot be downloaded, and the
//! summary says so.
//!
//! Example of the end of the output:
//! ```text
//! ok      82 passed    0 failed    12.1 s    20.4 cpu s  test: core
//! skipped                                                stencils: same as committed (clang-19 is not installed)
//! 12.1 s, 20.4 cpu s
//! 82 passed, 0 failed
//! ```

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::arm64;
use crate::builds;
use crate::command_line;
use crate::measure;
use crate::patched;
use crate::regrtest;
use crate::repo::Repo;

/// Options of `cargo x test`.
#[derive(clap::Args)]
pub struct TestArgs {
    /// Only what needs no host: no stock and no JIT binary is built.
    #[arg(long)]
    quick: bool,
    /// Only steps whose name contains this text.
    #[arg(long)]
    filter: Option<String>,
    /// Print the names of the steps.
    #[arg(long)]
    list: bool,
}

/// The workspaces beside the root one.
const TOOLS: [&str; 3] = ["ci/x", "stencils/builder", "tests/differential"];

/// The profile in which the hosts are tested.
const PROFILE: &str = "checked";

/// What a step does.
enum Action {
    Patch,
    Program(Box<Command>),
    BuildStock,
    BuildJit,
    CommandLine,
    /// The tests that need no host, on emulated 64-bit ARM.
    Arm64,
    /// A part of CPython's own tests.
    Regrtest,
    /// The differential runner, with these arguments.
    Differential(&'static [&'static str]),
}

struct Step {
    name: String,
    action: Action,
    /// What it needs that is not there, and how that shows.
    missing: Option<String>,
    needs_host: bool,
}

/// How a step ended.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    passed: u64,
    failed: u64,
}

/// Runs `cargo x test`. The exit code is not 0 if anything failed.
///
/// # Errors
/// Only for errors of this tool: a failing step is part of the count.
pub fn test(repo: &Repo, args: &TestArgs) -> Result<ExitCode> {
    let steps = steps(repo).into_iter().filter(|step| {
        let wanted = args
            .filter
            .as_ref()
            .is_none_or(|filter| step.name.contains(filter.as_str()));
        wanted && !(args.quick && step.needs_host)
    });
    if args.list {
        steps.for_each(|step| println!("{}", step.name));
        return Ok(ExitCode::SUCCESS);
    }

    heed_interrupts();
    let begin = Instant::now();
    let mut hosts = Hosts::default();
    let mut summary = Vec::new();
    let mut total = Count::default();
    for mut step in steps {
        if matches!(step.action, Action::Regrtest) {
            let prepared = regrtest::prepare(repo);
            step.missing = prepared.err().map(|error| format!("{error:#}"));
        }
        if let Some(missing) = &step.missing {
            summary.push(format!("{:<54} {} ({missing})", "skipped", step.name));
            continue;
        }
        eprintln!("\n== {}", step.name);
        let start = Instant::now();
        let cpu = measure::cpu_of_children();
        let count = perform(repo, step.action, &mut hosts).unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            Count {
                passed: 0,
                failed: 1,
            }
        });
        summary.push(format!(
            "{:<6} {:>5} passed {:>4} failed {:>7.1} s {:>7.1} cpu s  {}",
            if count.failed == 0 { "ok" } else { "FAILED" },
            count.passed,
            count.failed,
            start.elapsed().as_secs_f64(),
            measure::cpu_of_children() - cpu,
            step.name
        ));
        total.passed += count.passed;
        total.failed += count.failed;
    }
    println!("\n{}", summary.join("\n"));
    println!(
        "{:.1} s, {:.1} cpu s",
        begin.elapsed().as_secs_f64(),
        measure::cpu_of_children()
    );
    println!("{} passed, {} failed", total.passed, total.failed);
    Ok(if total.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Programs that are tested for what they do on Ctrl-C inherit whether it is ignored,
/// which it is when a shell started us in the background.
fn heed_interrupts() {
    // SAFETY: no handler is replaced that anybody relies on.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_DFL) };
}

fn steps(repo: &Repo) -> Vec<Step> {
    let mut steps = vec![step("patch: the host crates", Action::Patch)];
    let mut cargo =
        |name: String, manifest: &str, args: &[&str], needs: Option<&str>, host: bool| {
            let mut command = repo.cargo();
            command.arg(args[0]).args(["--manifest-path", manifest]);
            if args[0] != "fmt" {
                command.args(["--locked", "--ignore-rust-version"]);
                // This tool's own dependencies are compiled already: for `cargo x`.
                match manifest {
                    "ci/x/Cargo.toml" => command.arg("--release"),
                    "Cargo.toml" => command.arg("--target-dir").arg(repo.target_dir()),
                    _ => command.arg("--target-dir").arg(repo.tools_dir()),
                };
            }
            command.args(&args[1..]);
            steps.push(Step {
                name,
                action: Action::Program(Box::new(command)),
                missing: needs
                    .filter(|needs| !builds::on_path(needs))
                    .map(|needs| format!("{needs} is not installed")),
                needs_host: host,
            });
        };

    let (fmt, clippy) = (Some("cargo-fmt"), Some("cargo-clippy"));
    let deny = ["--", "-D", "warnings"];
    let core = ["-p", "rustpython-jit-cp", "--no-default-features"];
    cargo(
        "format: core".into(),
        "Cargo.toml",
        &["fmt", "-p", "rustpython-jit-cp", "--check"],
        fmt,
        false,
    );
    let lint_core = [&["clippy"], &core[..], &["--all-targets"], &deny].concat();
    cargo("lint: core".into(), "Cargo.toml", &lint_core, clippy, false);
    for tool in TOOLS {
        let manifest = &format!("{tool}/Cargo.toml");
        cargo(
            format!("format: {tool}"),
            manifest,
            &["fmt", "--check"],
            fmt,
            false,
        );
        let lint = [&["clippy", "--all-targets"], &deny[..]].concat();
        cargo(format!("lint: {tool}"), manifest, &lint, clippy, false);
    }
    cargo(
        "test: core".into(),
        "Cargo.toml",
        &[&["test"], &core[..]].concat(),
        None,
        false,
    );
    for tool in TOOLS {
        cargo(
            format!("test: {tool}"),
            &format!("{tool}/Cargo.toml"),
            &["test"],
            None,
            false,
        );
    }
    let lint_host = [
        &[
            "clippy",
            "--profile",
            PROFILE,
            "-p",
            "rustpython-jit-cp",
            "--features",
            "cp-jit",
        ],
        &deny[..],
    ];
    cargo(
        "lint: with the host".into(),
        "Cargo.toml",
        &lint_host.concat(),
        clippy,
        true,
    );

    let check: [OsString; 1] = ["--check".into()];
    let check = builds::stencil_builder(repo, &check);
    steps.push(Step {
        missing: (!builds::on_path("clang-19")).then(|| "clang-19 is not installed".to_owned()),
        ..step(
            "stencils: same as committed",
            Action::Program(Box::new(check)),
        )
    });
    steps.push(Step {
        missing: (!builds::on_path(arm64::LINKER))
            .then(|| format!("{} is not installed", arm64::LINKER)),
        ..step("test: core on arm64, emulated", Action::Arm64)
    });
    for (name, action) in [
        ("build: stock", Action::BuildStock),
        ("build: jit", Action::BuildJit),
        ("command line", Action::CommandLine),
        ("differential: programs", Action::Differential(&[])),
        (
            "differential: random programs",
            Action::Differential(&["--fuzz-seconds", "120", "--seed", "1"]),
        ),
        ("regrtest: CPython's own tests", Action::Regrtest),
    ] {
        steps.push(Step {
            needs_host: true,
            ..step(name, action)
        });
    }
    steps
}

fn step(name: &str, action: Action) -> Step {
    Step {
        name: name.to_owned(),
        action,
        missing: None,
        needs_host: false,
    }
}

/// The binaries, built when a step first needs them.
#[derive(Default)]
struct Hosts {
    stock: Option<PathBuf>,
    jit: Option<PathBuf>,
}

impl Hosts {
    fn stock(&mut self, repo: &Repo) -> Result<PathBuf> {
        if self.stock.is_none() {
            self.stock = Some(builds::stock(repo, PROFILE)?);
        }
        self.stock.clone().context("just built")
    }

    fn jit(&mut self, repo: &Repo) -> Result<PathBuf> {
        if self.jit.is_none() {
            self.jit = Some(builds::jit(repo, PROFILE)?);
        }
        self.jit.clone().context("just built")
    }
}

fn perform(repo: &Repo, action: Action, hosts: &mut Hosts) -> Result<Count> {
    match action {
        Action::Patch => patched::apply_all(repo, false, true)?,
        Action::Program(mut command) => return counted(&mut command),
        Action::Arm64 => return counted(&mut arm64::core_tests(repo)?),
        Action::BuildStock => drop(hosts.stock(repo)?),
        Action::BuildJit => drop(hosts.jit(repo)?),
        Action::CommandLine => {
            let (passed, failed) = command_line::check(&hosts.jit(repo)?)?;
            return Ok(Count { passed, failed });
        }
        Action::Regrtest => {
            let (passed, failed) = regrtest::check(repo, hosts.stock(repo)?, hosts.jit(repo)?)?;
            return Ok(Count { passed, failed });
        }
        Action::Differential(args) => {
            let mut command = repo.cargo();
            command
                .args(["run", "--release", "--locked", "--manifest-path"])
                .args(["tests/differential/Cargo.toml", "--target-dir"])
                .arg(repo.tools_dir())
                .args(["--", "--stock"])
                .arg(hosts.stock(repo)?)
                .arg("--jit")
                .arg(hosts.jit(repo)?)
                .args(args);
            return counted(&mut command);
        }
    }
    Ok(Count {
        passed: 1,
        failed: 0,
    })
}

/// Runs a program, passing its output on, and adds up the tests it counts.
fn counted(command: &mut Command) -> Result<Count> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("starting a step")?;
    let stdout = child.stdout.take().context("a step has an output")?;
    let mut count = Count::default();
    for line in BufReader::new(stdout).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        println!("{line}");
        if let Some(found) = count_in(&line) {
            count.passed += found.passed;
            count.failed += found.failed;
        }
    }
    let ok = child.wait()?.success();
    if ok && count == Count::default() {
        count.passed = 1;
    } else if !ok && count.failed == 0 {
        count.failed = 1;
    }
    Ok(count)
}

/// The numbers in `... 12 passed; 1 failed; ...` and `12 passed, 1 failed`.
fn count_in(line: &str) -> Option<Count> {
    let (before, after) = line.split_once(" passed")?;
    let after = after
        .strip_prefix("; ")
        .or_else(|| after.strip_prefix(", "))?;
    let (failed, _) = after.split_once(" failed")?;
    Some(Count {
        passed: before.rsplit(' ').next()?.parse().ok()?,
        failed: failed.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_found() {
        let libtest = "test result: FAILED. 12 passed; 1 failed; 0 ignored; 0 measured";
        assert_eq!(
            count_in(libtest),
            Some(Count {
                passed: 12,
                failed: 1
            })
        );
        assert_eq!(
            count_in("3 passed, 0 failed"),
            Some(Count {
                passed: 3,
                failed: 0
            })
        );
        assert_eq!(count_in("all passed"), None);
        assert_eq!(count_in("x passed; y failed"), None);
    }

    fn sh(script: &str) -> Count {
        counted(Command::new("sh").args(["-c", script])).unwrap()
    }

    #[test]
    fn programs_are_counted() {
        assert_eq!(
            sh("true"),
            Count {
                passed: 1,
                failed: 0
            }
        );
        assert_eq!(
            sh("false"),
            Count {
                passed: 0,
                failed: 1
            }
        );
        let two = "echo 2 passed, 0 failed; echo 3 passed, 0 failed";
        assert_eq!(
            sh(two),
            Count {
                passed: 5,
                failed: 0
            }
        );
        // Dies after its count: that is a failure, too.
        assert_eq!(
            sh(&format!("{two}; exit 7")),
            Count {
                passed: 5,
                failed: 1
            }
        );
    }
}
