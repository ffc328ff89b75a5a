//! Stock RustPython: what the published `rustpython` crate's own `main.rs`
//! does with default features, against the unpatched crates.

use rustpython::{InterpreterBuilder, InterpreterBuilderExt};

#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    rustpython::run(InterpreterBuilder::new().init_stdlib())
}
