//! Installing the JIT into an interpreter.
//!
//! Reads the switches and options from the environment (unless Python ignores it, `-E`)
//! and `-X`, says what is wrong with them, and goes on.
//!
//! Worked example: `rustpython -X jit=0 script.py` installs a JIT that is available
//! and not enabled; the interpreter then runs as if there were none.

use crate::events;
use crate::monitor::Jit;
use crate::options::Options;
use crate::pipeline::Dumps;
use crate::stats;
use rustpython_vm::frame::jit;
use rustpython_vm::{InterpreterBuilder, VirtualMachine};

/// Installs the JIT into the interpreter that is being built.
#[must_use]
pub fn install(builder: InterpreterBuilder) -> InterpreterBuilder {
    builder.init_hook(start)
}

fn start(vm: &mut VirtualMachine) {
    if jit::is_available() {
        return;
    }
    let settings = &vm.state.config.settings;
    let env = |name: &str| {
        let value = if settings.ignore_environment {
            None
        } else {
            std::env::var(name).ok()
        };
        value.filter(|v| !v.is_empty())
    };
    let mut options = Options::default();
    let mut errors = Vec::new();
    let mut take = |result: Result<(), crate::options::OptionError>| errors.extend(result.err());
    if let Some(value) = env("PYTHON_JIT") {
        take(options.switch("PYTHON_JIT", &value));
    }
    for (name, value) in &settings.xoptions {
        if name == "jit" {
            take(options.switch("-X jit", value.as_deref().unwrap_or("")));
        }
    }
    if let Some(text) = env("PYTHON_JIT_OPTS") {
        errors.extend(options.apply(&text));
    }
    let (dumps, unknown) = Dumps::parse(&env("PYTHON_JIT_DUMP").unwrap_or_default());
    for error in errors {
        eprintln!("rustpython: {error}");
    }
    for name in unknown {
        eprintln!(
            "rustpython: PYTHON_JIT_DUMP: there is no dump `{name}` (there are: bytecode, uops, regs, code)"
        );
    }
    events::install(
        env("PYTHON_JIT_LOG").as_deref(),
        env("PYTHON_JIT_LOG_JSON").as_deref(),
    );
    if let Some(report) = env("PYTHON_JIT_STATS") {
        stats::install(report);
    }
    let threshold = u16::try_from(options.threshold).unwrap_or(u16::MAX);
    let calls = u16::try_from(options.calls.min(options.threshold)).unwrap_or(u16::MAX);
    let Some(hooks) = Jit::new(options, dumps, vm) else {
        return;
    };
    // One for the process, which compiled code may refer to until it ends.
    jit::install(Box::leak(Box::new(hooks)), threshold, calls);
}
