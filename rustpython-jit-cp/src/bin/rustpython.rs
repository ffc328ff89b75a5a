//! The `rustpython` command: stock RustPython's own command line, plus the JIT
//! when it was built in (feature `cp-jit`).
//!
//! Invariant: without `--features` on the command line and without the JIT
//! built in, this is the published crate's `main`, allocator included.
//!
//! Example: `rustpython --features cp-jit script.py`. The JIT is on whenever it
//! is built in; the option asks for it by name, so that a binary without it
//! says so instead of being slow.

use std::process::ExitCode;

use rustpython::{InterpreterBuilder, InterpreterBuilderExt};
use rustpython_jit_cp::options::refuse_feature;

#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Optional features by name, and whether this binary has them.
const FEATURES: [(&str, bool); 1] = [("cp-jit", cfg!(feature = "cp-jit"))];

fn main() -> ExitCode {
    rustpython::FEATURE_REQUEST.get_or_init(|| request_feature);
    let builder = InterpreterBuilder::new().init_stdlib();
    // The one place where the JIT enters the interpreter.
    #[cfg(feature = "cp-jit")]
    let builder = rustpython_jit_cp::install(builder);
    rustpython::run(builder)
}

/// Answers one name given to `--features`. Ends the process with code 2, as
/// for any misused option, when this binary cannot give it.
fn request_feature(name: &str) {
    if let Some(message) = refuse_feature(name, &FEATURES) {
        eprintln!("rustpython: {message}");
        std::process::exit(2);
    }
}
