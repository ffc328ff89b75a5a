//! `differential`: the same Python programs under stock RustPython and under
//! the JIT, comparing everything that can be seen from outside.
//!
//! ```text
//! differential --stock PATH --jit PATH                    all programs, all modes
//! differential --stock PATH --jit PATH --filter int/ --modes t1,regs3
//! differential --stock PATH                               are the programs themselves sound?
//! differential --stock PATH --jit PATH --fuzz-seconds 60 --seed 7
//! ```
//!
//! Stages: [`directives`] (head of the program) → [`run`] (one process) →
//! [`compare`] (two outcomes) and [`events`] (the JIT's log) → [`suite`] (all
//! programs) or [`fuzz`] (random programs, from [`generate`]); [`modes`] is the
//! table of environments.

mod compare;
mod directives;
mod events;
mod fuzz;
mod generate;
mod modes;
mod run;
mod suite;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;

/// Compare Python programs under stock RustPython and under the JIT.
#[derive(Debug, Parser)]
struct Options {
    /// The stock `rustpython` executable.
    #[arg(long)]
    stock: PathBuf,

    /// The `rustpython` executable with the JIT. Without it, stock runs each
    /// program twice and is compared with itself.
    #[arg(long)]
    jit: Option<PathBuf>,

    /// Only programs whose path contains this text.
    #[arg(long)]
    filter: Option<String>,

    /// Only these modes, separated by commas (see --list-modes).
    #[arg(long, value_delimiter = ',')]
    modes: Vec<String>,

    /// How many programs run at once.
    #[arg(long, default_value_t = 2)]
    jobs: usize,

    /// Seconds after which a run is a failure named "timeout".
    #[arg(long, default_value_t = 60)]
    time_limit: u64,

    /// The folder of programs.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../py"))]
    programs: PathBuf,

    /// Print the table of modes and end.
    #[arg(long)]
    list_modes: bool,

    /// Instead of the programs, run random ones for this many seconds.
    #[arg(long)]
    fuzz_seconds: Option<u64>,

    /// The first seed of --fuzz-seconds.
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// Where --fuzz-seconds saves programs that show a difference.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/target/fuzz"))]
    save: PathBuf,
}

fn executable(path: &Path) -> Result<PathBuf> {
    let found = path
        .canonicalize()
        .with_context(|| format!("no executable {}", path.display()))?;
    ensure!(found.is_file(), "{} is not a file", path.display());
    Ok(found)
}

fn run(options: Options) -> Result<bool> {
    let modes = modes::select(&options.modes)?;
    if options.list_modes {
        for mode in modes {
            let opts = mode.opts.unwrap_or("");
            println!("{:14} {opts:42} {}", mode.name, mode.purpose);
        }
        return Ok(true);
    }
    let stock = executable(&options.stock)?;
    let jit = options.jit.as_deref().map(executable).transpose()?;
    let time_limit = Duration::from_secs(options.time_limit);
    if let Some(seconds) = options.fuzz_seconds {
        let fuzzer = fuzz::Fuzzer {
            stock,
            jit: jit.context("--fuzz-seconds needs --jit")?,
            modes,
            time_limit,
            save: options.save,
        };
        return fuzzer.run(options.seed, Duration::from_secs(seconds));
    }
    let programs = options.programs.canonicalize();
    let suite = suite::Suite {
        stock,
        jit,
        programs: programs.with_context(|| format!("no folder {}", options.programs.display()))?,
        filter: options.filter,
        modes,
        jobs: options.jobs,
        time_limit,
    };
    let tally = suite.run()?;
    println!("{} passed, {} failed", tally.passed, tally.failed);
    Ok(tally.failed == 0)
}

fn main() -> ExitCode {
    match run(Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("differential: {error:#}");
            ExitCode::from(2)
        }
    }
}
