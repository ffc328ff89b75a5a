//! `cargo x size`: how long the loops of the kernels are, on x86-64 and on 64-bit ARM.
//!
//! The figures are from the code itself, as the emitter makes it for either target on any machine:
//! a test of the JIT makes and prints them (`rustpython-jit-cp/src/codegen/tests/size.rs`), and
//! fails when a loop is longer than it was.
//!
//! Example of a row: instructions and bytes of an iteration on both, their ratio, and beside
//! them what clang makes of the same loop in C.
//! ```text
//! loop            x86-64         ARM    ARM/x86-64   C on ARM   ARM/C
//! while_sum       24 (101)    21 ( 84)         0.88         20    1.05
//! ```

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::patched;
use crate::repo::Repo;

/// The test that prints the table.
const TEST: &str = "codegen::tests::size::loops_of_kernels_are_as_short_as_they_were";

/// Runs `cargo x size`. The exit code is not 0 if a loop became longer.
///
/// # Errors
/// When cargo cannot be started.
pub fn size(repo: &Repo) -> Result<ExitCode> {
    patched::apply_all(repo, false, false)?;
    let mut command = repo.cargo();
    command
        .args(["test", "--quiet", "--locked", "--ignore-rust-version"])
        .args(["-p", "rustpython-jit-cp", "--no-default-features", "--lib"])
        .arg("--target-dir")
        .arg(repo.target_dir())
        .args(["--", "--exact", TEST, "--nocapture"]);
    let good = command.status().context("running cargo")?.success();
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Else cargo would run no test, and be content.
    #[test]
    fn the_test_exists() {
        let (folder, name) = TEST.rsplit_once("::").unwrap();
        let file = format!(
            "{}/../../rustpython-jit-cp/src/{}.rs",
            env!("CARGO_MANIFEST_DIR"),
            folder.replace("::", "/")
        );
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.contains(&format!("#[test]\nfn {name}()")));
    }
}
