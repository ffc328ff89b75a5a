//! Building and starting the binaries.
//!
//! Both hosts are built into one target directory: cargo then compiles the
//! dependencies they share (all but rustpython-vm and what stands on it) once.
//! Hence the stock binary has a name of its own, `rustpython-stock`.
//!
//! Example: `jit(&repo, "release")` patches, builds (cargo shows its progress)
//! and returns `target/release/rustpython`.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::patched;
use crate::repo::{Repo, clean_env};

/// Options of `cargo x build`.
#[derive(clap::Args)]
pub struct BuildArgs {
    /// The cargo profile: release, or checked (with the JIT's own checks).
    #[arg(long, default_value = "release")]
    profile: String,
    /// Leave the JIT out: the binary is then stock RustPython.
    #[arg(long)]
    without_jit: bool,
}

/// Options of `cargo x run` and `cargo x stock`.
#[derive(clap::Args)]
pub struct RunArgs {
    /// The cargo profile: release, or checked (with the JIT's own checks).
    #[arg(long, default_value = "release")]
    profile: String,
    /// What to give to `rustpython`: options, a script, its arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

/// Options of `cargo x stencils`.
#[derive(clap::Args)]
pub struct StencilArgs {
    /// What to give to the stencil builder, such as --check.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

/// Runs `cargo x build`.
///
/// # Errors
/// When patching or building fails.
pub fn build_command(repo: &Repo, args: &BuildArgs) -> Result<()> {
    let path = host(repo, &args.profile, !args.without_jit)?;
    println!("{}", path.display());
    Ok(())
}

/// Runs `cargo x run`; does not return if the program could be started.
///
/// # Errors
/// When patching, building or starting fails.
pub fn run_command(repo: &Repo, args: &RunArgs) -> Result<()> {
    let path = jit(repo, &args.profile)?;
    let mut all: Vec<OsString> = vec!["--features".into(), "cp-jit".into()];
    all.extend_from_slice(&args.args);
    become_program(&path, &all)
}

/// Runs `cargo x stock`.
///
/// # Errors
/// When building or starting fails.
pub fn stock_command(repo: &Repo, args: &RunArgs) -> Result<()> {
    let path = stock(repo, &args.profile)?;
    if args.args.is_empty() {
        println!("{}", path.display());
        return Ok(());
    }
    become_program(&path, &args.args)
}

/// Runs `cargo x stencils`.
///
/// # Errors
/// When the builder cannot be built, or fails.
pub fn stencils_command(repo: &Repo, args: &StencilArgs) -> Result<()> {
    let status = stencil_builder(repo, &args.args)
        .status()
        .context("running cargo")?;
    ensure!(status.success(), "the stencil builder failed");
    Ok(())
}

/// The command that builds and runs the stencil builder.
pub fn stencil_builder(repo: &Repo, args: &[OsString]) -> Command {
    let mut command = repo.cargo();
    command
        .args([
            "run",
            "--release",
            "--manifest-path",
            "stencils/builder/Cargo.toml",
            "--target-dir",
        ])
        .arg(repo.tools_dir())
        .arg("--")
        .args(args);
    command
}

/// Builds `rustpython` with the JIT.
///
/// # Errors
/// When patching or building fails.
pub fn jit(repo: &Repo, profile: &str) -> Result<PathBuf> {
    host(repo, profile, true)
}

fn host(repo: &Repo, profile: &str, with_jit: bool) -> Result<PathBuf> {
    patched::apply_all(repo, false, false)?;
    let mut command = cargo_build(repo, profile);
    command.args(["-p", "rustpython-jit-cp", "--bin", "rustpython"]);
    if with_jit {
        command.args(["--features", "cp-jit"]);
    }
    build(&mut command)?;
    Ok(artifact(repo, profile, "rustpython"))
}

/// Builds a `rustpython` with the JIT whose interpreter counts instructions. It has a name of its
/// own, as cargo keeps only one of a program's variants.
///
/// # Errors
/// When patching, building or copying fails.
pub fn counting(repo: &Repo) -> Result<PathBuf> {
    patched::apply_all(repo, false, false)?;
    let mut command = cargo_build(repo, "checked");
    command
        .args(["-p", "rustpython-jit-cp", "--bin", "rustpython"])
        .args(["--features", "cp-jit,count"]);
    build(&mut command)?;
    let copy = artifact(repo, "checked", "rustpython-counting");
    fs::copy(artifact(repo, "checked", "rustpython"), &copy).context("copying rustpython")?;
    Ok(copy)
}

/// Builds stock RustPython from the unpatched crates.
///
/// # Errors
/// When building fails.
pub fn stock(repo: &Repo, profile: &str) -> Result<PathBuf> {
    let mut command = cargo_build(repo, profile);
    command.arg("--manifest-path").arg(repo.stock_manifest());
    build(&mut command)?;
    Ok(artifact(repo, profile, "rustpython-stock"))
}

fn cargo_build(repo: &Repo, profile: &str) -> Command {
    let mut command = repo.cargo();
    // rustpython-ruff_* 0.16.5 ask for a newer compiler than RustPython itself
    // does, and than they need.
    command
        .args([
            "build",
            "--locked",
            "--ignore-rust-version",
            "--profile",
            profile,
            "--target-dir",
        ])
        .arg(repo.target_dir());
    command
}

fn build(command: &mut Command) -> Result<()> {
    let status = command.status().context("running cargo build")?;
    ensure!(status.success(), "cargo build failed");
    Ok(())
}

/// Where cargo puts a binary.
fn artifact(repo: &Repo, profile: &str, name: &str) -> PathBuf {
    let dir = if profile == "dev" { "debug" } else { profile };
    repo.target_dir().join(dir).join(name)
}

/// Replaces this process, so that signals, exit code and terminal are the
/// program's own. Says what it starts, as cargo does.
fn become_program(path: &Path, args: &[OsString]) -> Result<()> {
    let shown: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
    eprintln!("     Running {} {}", path.display(), shown.join(" "));
    let mut command = Command::new(path);
    command.args(args);
    clean_env(&mut command);
    let error = command.exec();
    bail!("{}: {error}", path.display())
}

/// Whether a program can be found.
pub fn on_path(name: &str) -> bool {
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|dir| dir.join(name).is_file()))
}

#[cfg(test)]
mod tests {
    /// A paired measurement compares the JIT and nothing else only if both
    /// hosts are built alike.
    #[test]
    fn both_hosts_have_the_same_profiles() {
        let read = |path: &str| -> toml::Table {
            let path = format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"));
            std::fs::read_to_string(path).unwrap().parse().unwrap()
        };
        let mut ours = read("Cargo.toml")["profile"].clone();
        // Our own crate's checks; stock has no such crate.
        let packages = ours["checked"].as_table_mut().unwrap();
        packages.remove("package");
        assert_eq!(ours, read("benches/stock/Cargo.toml")["profile"]);
    }

    /// rustpython-codegen 0.6.0 does not compile with later ones, and the
    /// hosts must not differ in any dependency they share.
    #[test]
    fn both_hosts_have_the_same_dependencies() {
        let read = |path: &str| -> Vec<(String, String)> {
            let path = format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"));
            let lock: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
            let field =
                |package: &toml::Value, name: &str| package[name].as_str().unwrap().to_owned();
            let packages = lock["package"].as_array().unwrap();
            packages
                .iter()
                .map(|package| (field(package, "name"), field(package, "version")))
                .collect()
        };
        let (ours, stock) = (read("Cargo.lock"), read("benches/stock/Cargo.lock"));
        for package in &stock {
            let ruff = package.0.starts_with("rustpython-ruff_");
            assert!(!ruff || package.1 == "0.16.5", "{package:?}");
            assert!(
                package.0 == "rustpython-stock" || ours.contains(package),
                "{package:?}"
            );
        }
    }
}
