//! `cargo x fuzz`: random programs under stock and under the JIT, compared.
//!
//! The work is done by the differential runner (tests/differential), which has a
//! generator of its own. Here it gets its binaries, its time, its first seed,
//! and, if asked for, a public generator from PyPI, installed into a folder of
//! its own under target/. What it counted becomes a record ([`provenance`]).
//!
//! Example: `cargo x fuzz --seconds 120 --seed 1` runs the programs 1, 2, 3, …
//! for two minutes, always the same ones. A program that differs is saved in
//! target/fuzz, reduced; its place is then tests/py/fuzz.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::builds;
use crate::provenance::{self, Findings};
use crate::repo::{Repo, sha256};

/// Options of `cargo x fuzz`.
#[derive(clap::Args)]
pub struct FuzzArgs {
    /// For how long.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The first seed; the same seed gives the same programs. Without it, a new
    /// one, which is printed.
    #[arg(long)]
    seed: Option<u64>,
    /// What makes the programs.
    #[arg(long, value_enum, default_value = "own")]
    generator: Generator,
    /// Only these modes, separated by commas (see tests/README.md).
    #[arg(long)]
    modes: Option<String>,
    /// How many programs run at once.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// After how many differences to stop.
    #[arg(long, default_value_t = 10)]
    stop_after: usize,
    /// The profile in which binaries are built: checked has the JIT's own checks.
    #[arg(long, default_value = "checked")]
    profile: String,
    /// The stock binary; without it, it is built.
    #[arg(long)]
    stock: Option<PathBuf>,
    /// The JIT binary; without it, it is built.
    #[arg(long)]
    jit: Option<PathBuf>,
    /// The folder for the record; without it, target/results.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Generator {
    /// Our own, aimed at JITs.
    Own,
    /// pysource-codegen, from PyPI: any syntax. Needs python3.
    PysourceCodegen,
}

/// Runs `cargo x fuzz`. The exit code is not 0 if a program differed.
///
/// # Errors
/// When a binary cannot be built or started, or a generator is not there.
pub fn fuzz(repo: &Repo, args: &FuzzArgs) -> Result<ExitCode> {
    let binary = |given: &Option<PathBuf>, build: fn(&Repo, &str) -> Result<PathBuf>| match given {
        Some(path) => path
            .canonicalize()
            .with_context(|| path.display().to_string()),
        None => build(repo, &args.profile),
    };
    let generator = match args.generator {
        Generator::Own => None,
        Generator::PysourceCodegen => Some(pysource_codegen(repo)?),
    };
    let (stock, jit) = (
        binary(&args.stock, builds::stock)?,
        binary(&args.jit, builds::jit)?,
    );
    let seed = match args.seed {
        Some(seed) => seed,
        None => SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs(),
    };
    println!("first seed: {seed}");

    let counted = tempfile::NamedTempFile::new()?;
    let mut command = runner(repo);
    command.arg("--stock").arg(stock).arg("--jit").arg(jit);
    for (option, value) in [
        ("--fuzz-seconds", args.seconds.to_string()),
        ("--seed", seed.to_string()),
        ("--jobs", args.jobs.to_string()),
        ("--stop-after", args.stop_after.to_string()),
    ] {
        command.args([option, &value]);
    }
    command.arg("--save").arg(repo.target_dir().join("fuzz"));
    command.arg("--json").arg(counted.path());
    if let Some(modes) = &args.modes {
        command.args(["--modes", modes]);
    }
    if let Some(generator) = &generator {
        command.arg("--generator").args(generator);
    }
    let status = command.status().context("running cargo")?;

    let text = fs::read_to_string(counted.path())?;
    ensure!(!text.is_empty(), "the differential runner failed");
    let folder = args.json.clone();
    let folder = folder.unwrap_or_else(|| provenance::default_folder(repo));
    let record = provenance::write(repo, &folder, findings(&text, args.generator)?)?;
    println!("record: {}", repo.show(&record));
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The command that builds and runs the differential runner.
pub fn runner(repo: &Repo) -> Command {
    let mut command = repo.cargo();
    command
        .args(["run", "--release", "--locked", "--manifest-path"])
        .args(["tests/differential/Cargo.toml", "--target-dir"])
        .arg(repo.tools_dir())
        .arg("--");
    command
}

/// What the runner counted, as the findings of a record.
fn findings(text: &str, generator: Generator) -> Result<Findings> {
    let counted: Value = serde_json::from_str(text).context("the figures of the runner")?;
    let mut figures = counted["figures"].as_object().cloned().unwrap_or_default();
    let name = match generator {
        Generator::Own => "own",
        Generator::PysourceCodegen => "pysource-codegen",
    };
    figures.insert("generator".into(), name.into());
    Ok(Findings {
        kind: "fuzz",
        figures,
        rows: counted["rows"].as_array().cloned().unwrap_or_default(),
        geometric_mean: None,
    })
}

/// The command that prints a program of pysource-codegen for a seed, installed
/// when it is first used.
fn pysource_codegen(repo: &Repo) -> Result<Vec<OsString>> {
    let wanted = repo.path("ci/fuzz/requirements.txt");
    let pins = fs::read(&wanted).with_context(|| repo.show(&wanted))?;
    let folder = repo.target_dir().join("fuzz-python");
    let folder = folder.join(&sha256(&pins)[..12]);
    let python = folder.join("bin/python");
    let ready = folder.join("ready");
    if !ready.is_file() {
        if !builds::on_path("python3") {
            bail!(
                "pysource-codegen needs python3, which is not installed; \
                 `--generator own` needs nothing"
            );
        }
        let mut environment = Command::new("python3");
        environment.args(["-m", "venv", "--clear"]).arg(&folder);
        succeed(
            &mut environment,
            "making a virtual environment (on Debian and Ubuntu: apt-get install python3-venv)",
        )?;
        let mut install = Command::new(&python);
        install
            .args(["-m", "pip", "install", "--quiet", "-r"])
            .arg(&wanted);
        succeed(&mut install, "installing pysource-codegen from PyPI")?;
        fs::write(&ready, "")?;
    }
    let script = repo.path("ci/fuzz/generate.py");
    Ok(vec![python.into(), script.into()])
}

fn succeed(command: &mut Command, what: &str) -> Result<()> {
    let program = Path::new(command.get_program()).display().to_string();
    let status = command
        .status()
        .with_context(|| format!("starting {program}"))?;
    ensure!(status.success(), "{what} failed");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_runner_counts_becomes_findings() {
        let text = r#"{"figures": {"programs": 3}, "rows": [{"seed": 7}]}"#;
        let found = findings(text, Generator::Own).unwrap();
        assert_eq!(found.figures["programs"], 3);
        assert_eq!(found.figures["generator"], "own");
        assert_eq!(found.rows[0]["seed"], 7);
        assert!(findings("", Generator::Own).is_err());
    }
}
