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
//! programs) or [`fuzz`] (random programs from [`generate`], made small by
//! [`minimise`]); [`modes`] is the table of environments.

mod compare;
mod directives;
mod events;
mod fuzz;
mod generate;
mod minimise;
mod modes;
mod run;
mod suite;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use nix::sys::resource::{Resource, setrlimit};

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

    /// After how many differences --fuzz-seconds ends.
    #[arg(long, default_value_t = 1)]
    stop_after: usize,

    /// Random programs come from this command, which is given a seed.
    #[arg(long, num_args = 1.., value_terminator = ";")]
    generator: Option<Vec<OsString>>,

    /// Where --fuzz-seconds writes its figures as JSON.
    #[arg(long)]
    json: Option<PathBuf>,

    /// How much memory a program may have, in MiB; 0 is no limit.
    #[arg(long, default_value_t = 8000)]
    memory_limit: u64,

    /// Print the random program of --seed and end.
    #[arg(long)]
    show_program: bool,
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
    if options.show_program {
        print!("{}", generate::Program::new(options.seed).text);
        return Ok(true);
    }
    if options.memory_limit > 0 {
        // Programs inherit it; one that goes wild gets a MemoryError or dies.
        let bytes = options.memory_limit << 20;
        setrlimit(Resource::RLIMIT_AS, bytes, bytes).context("cannot limit memory")?;
    }
    let stock = executable(&options.stock)?;
    let jit = options.jit.as_deref().map(executable).transpose()?;
    let time_limit = Duration::from_secs(options.time_limit);
    if let Some(seconds) = options.fuzz_seconds {
        let fuzzer = fuzz::Fuzzer {
            stock,
            jit: jit.context("--fuzz-seconds needs --jit")?,
            modes,
            jobs: options.jobs,
            time_limit,
            save: options.save,
            generator: options.generator,
            stop_after: options.stop_after,
        };
        let tally = fuzzer.run(options.seed, Duration::from_secs(seconds))?;
        if let Some(path) = options.json {
            let text = serde_json::to_string_pretty(&tally.json(options.seed))?;
            fs::write(&path, text + "\n")
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        let failed = tally.found.len();
        println!(
            "{} programs in {:.0} s ({:.0} a minute), {} too slow, {} unstable, \
             stock crashed in {}",
            tally.programs,
            tally.seconds,
            tally.rate(),
            tally.slow,
            tally.unstable,
            tally.crashed
        );
        println!("{} passed, {failed} failed", tally.programs - failed as u64);
        return Ok(failed == 0);
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
