//! `cargo x`: everything this repository does with a command.
//!
//! | module | what it does |
//! |---|---|
//! | [`repo`] | where things are: the checkout, the target directory, cargo itself |
//! | [`registry`] | pristine crates out of cargo's own cache, checked against Cargo.lock |
//! | [`udiff`] | parse, apply and write unified diffs |
//! | [`patched`] | `patch`, `patch --extract`: target/patched from crates and patches |
//! | [`builds`] | `build`, `run`, `stock`, `stencils`: the binaries |
//! | [`measure`] | one run of a program: time, memory, output |
//! | [`bench`] | `bench`: stock against JIT, pair by pair |
//! | [`provenance`] | the record that a measuring command writes: commit, machine, figures |
//! | [`regrtest`] | `regrtest`: CPython's own tests, stock against JIT |
//! | [`pyperf`] | `pyperf`: the pyperformance suite on both |
//! | [`fuzz`] | `fuzz`: random programs, stock against JIT |
//! | [`trend`] | `trend`: a page from the records of all of these |
//! | [`arm64`] | `arm64`: the JIT on 64-bit ARM, emulated |
//! | [`stats`] | `stats`: how much of a script runs in compiled code |
//! | [`size`] | `size`: how long the loops of kernels are on both targets |
//! | [`check`] | `test`: every test of the repository |
//! | [`command_line`] | one of them: the binary's options |
//!
//! Example: `cargo x run benches/kernels/while_sum.py` unpacks and patches the
//! host crates if that has not been done yet, builds the `rustpython` binary
//! with the JIT, and becomes `rustpython --features cp-jit benches/...`.

#![forbid(unsafe_op_in_unsafe_fn)]

mod arm64;
mod bench;
mod builds;
mod check;
mod command_line;
mod fuzz;
mod measure;
mod patched;
mod provenance;
mod pyperf;
mod registry;
mod regrtest;
mod repo;
mod size;
mod stats;
mod trend;
mod udiff;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use repo::Repo;

/// Build, run, test and measure rustpython-jit-cp.
#[derive(Parser)]
#[command(name = "cargo x", bin_name = "cargo x")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Unpack the host crates and apply patches/ to them (into target/patched).
    Patch(patched::PatchArgs),
    /// Build `rustpython` with the JIT and print where it is.
    Build(builds::BuildArgs),
    /// Build `rustpython` with the JIT and run it with the given arguments.
    Run(builds::RunArgs),
    /// Build stock RustPython; print where it is, or run it if given arguments.
    Stock(builds::RunArgs),
    /// Time scripts under stock RustPython and under the JIT, in pairs.
    Bench(bench::BenchArgs),
    /// Run CPython's own tests under stock RustPython and under the JIT; compare.
    Regrtest(regrtest::RegrtestArgs),
    /// Run the pyperformance suite on stock RustPython and on the JIT, and compare.
    Pyperf(pyperf::PyperfArgs),
    /// Run random programs under stock RustPython and under the JIT; compare.
    Fuzz(fuzz::FuzzArgs),
    /// Render a page from the records of bench, pyperf, regrtest and fuzz.
    Trend(trend::TrendArgs),
    /// Run the JIT's tests, or all of it, on emulated 64-bit ARM.
    Arm64(arm64::Arm64Args),
    /// Run a script and print how much of it ran in compiled code, and where that left.
    Stats(stats::StatsArgs),
    /// Print how long the loops of the kernels are, on both targets.
    Size,
    /// Rebuild the committed stencils (or compare, with --check); needs clang.
    Stencils(builds::StencilArgs),
    /// Run every test; the last line counts them.
    Test(check::TestArgs),
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    let repo = Repo::find()?;
    match command {
        Command::Patch(args) => patched::command(&repo, &args)?,
        Command::Build(args) => builds::build_command(&repo, &args)?,
        Command::Run(args) => builds::run_command(&repo, &args)?,
        Command::Stock(args) => builds::stock_command(&repo, &args)?,
        Command::Stencils(args) => builds::stencils_command(&repo, &args)?,
        Command::Arm64(args) => return arm64::arm64(&repo, &args),
        Command::Stats(args) => return stats::stats(&repo, &args),
        Command::Size => return size::size(&repo),
        Command::Pyperf(args) => return pyperf::pyperf(&repo, &args),
        Command::Trend(args) => trend::trend(&repo, &args)?,
        Command::Fuzz(args) => return fuzz::fuzz(&repo, &args),
        Command::Bench(args) => return bench::bench(&repo, &args),
        Command::Regrtest(args) => return regrtest::regrtest(&repo, &args),
        Command::Test(args) => return check::test(&repo, &args),
    }
    Ok(ExitCode::SUCCESS)
}
