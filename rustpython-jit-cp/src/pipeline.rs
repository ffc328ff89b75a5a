//! From IR to machine code: the stages between the trace builder and the code cache.
//!
//! Nothing here knows the host, so that benches and tests can compile traces from
//! their text form.
//!
//! Worked example: [`compile`] of the loop in [`crate::ir`]'s module text yields a code
//! block with three exits and the microseconds that each stage took.

use crate::codegen::{CodeBlock, CodeCache, CodeError};
use crate::events::Abort;
use crate::ir::{Exit, Inst, InstIdx, Snapshot, Trace, Uop};
use crate::opt::{Event, OptOptions, optimize_with};
use crate::options::Options;
use crate::regalloc::{self, Allocation, ExitInfo};
use crate::target::Target;
use std::fmt::Write as _;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

/// What developers can have printed, by the names of `PYTHON_JIT_DUMP`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Dumps {
    /// The recorded bytecode.
    pub bytecode: bool,
    /// The IR before and after each pass.
    pub uops: bool,
    /// The register assignment.
    pub regs: bool,
    /// The machine code.
    pub code: bool,
}

impl Dumps {
    /// Reads names with commas between them; unknown ones are returned.
    pub fn parse(text: &str) -> (Self, Vec<String>) {
        let mut dumps = Self::default();
        let mut unknown = Vec::new();
        for name in text.split(',').map(str::trim).filter(|n| !n.is_empty()) {
            match name {
                "bytecode" => dumps.bytecode = true,
                "uops" => dumps.uops = true,
                "regs" => dumps.regs = true,
                "code" => dumps.code = true,
                other => unknown.push(other.to_owned()),
            }
        }
        (dumps, unknown)
    }
}

/// Microseconds that the stages took.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Times {
    /// Optimizer.
    pub optimize: f64,
    /// Register allocation.
    pub allocate: f64,
    /// Copying and patching stencils.
    pub emit: f64,
}

/// A compiled trace without its host part.
#[derive(Debug)]
pub struct Code {
    /// The code; the exits' data below belongs to it.
    pub block: CodeBlock,
    /// The IR that was compiled.
    pub ir: Trace,
    /// Where everything is at each exit.
    pub exits: Vec<ExitInfo>,
    /// What `fail_once` instructions refer to.
    pub fail_words: Box<[AtomicU64]>,
    /// The time it took.
    pub times: Times,
}

/// Compiles a trace.
///
/// # Errors
/// When it cannot be compiled; the text says more for the log.
pub fn compile(
    trace: Trace,
    single_thread: bool,
    target: &'static Target,
    cache: &CodeCache,
    options: &Options,
    dumps: Dumps,
) -> Result<Code, (Abort, String)> {
    let mut out = String::new();
    let start = Instant::now();
    if dumps.uops {
        let _ = writeln!(out, "--- uops: recorded\n{trace}");
    }
    let opt_options = OptOptions {
        enabled: options.optimize != 0,
        fuel: u32::try_from(options.fuel).ok(),
        single_threaded: single_thread,
    };
    let trace = optimize_with(trace, &opt_options, &mut |event| {
        if let (true, Event::Pass(name, trace)) = (dumps.uops, event) {
            let _ = writeln!(out, "--- uops: after {name}\n{trace}");
        }
    });
    let (trace, fail_words) = if options.fail_guards != 0 {
        fail_guards(&trace)
    } else {
        (trace, Box::default())
    };
    let optimized = Instant::now();
    let allocation = allocate(&trace, target, options)?;
    if dumps.regs {
        let _ = writeln!(out, "--- regs\n{}", allocation.display(target));
    }
    let allocated = Instant::now();
    let block = cache.compile(&allocation).map_err(|error| {
        let abort = match error {
            CodeError::Full { .. } => Abort::CodeCacheFull,
            CodeError::Map(_) => Abort::NoMemory,
            _ => Abort::NoCode,
        };
        (abort, error.to_string())
    })?;
    let emitted = Instant::now();
    if dumps.code {
        let _ = writeln!(out, "--- code\n{}", block.dump(&allocation));
    }
    if !out.is_empty() {
        eprint!("{out}");
    }
    let micros = |from: Instant, to: Instant| (to - from).as_secs_f64() * 1e6;
    Ok(Code {
        block,
        ir: trace,
        exits: allocation.exits,
        fail_words,
        times: Times {
            optimize: micros(start, optimized),
            allocate: micros(optimized, allocated),
            emit: micros(allocated, emitted),
        },
    })
}

fn allocate(
    trace: &Trace,
    target: &'static Target,
    options: &Options,
) -> Result<Allocation, (Abort, String)> {
    let limits = regalloc::Options {
        registers: Some(options.registers as usize),
        random: Some(options.random_registers).filter(|seed| *seed != 0),
    };
    regalloc::allocate(trace, target, &limits)
        .map_err(|error| (Abort::TooManySpills, error.to_string()))
}

/// Puts a `fail_once` before everything that can leave, so that each exit is taken the
/// first time that it is reached.
fn fail_guards(trace: &Trace) -> (Trace, Box<[AtomicU64]>) {
    let is_guard = |inst: &Inst| {
        inst.op.row().exit == Exit::Exits
            && !matches!(inst.op, Uop::residual | Uop::leave | Uop::call_trace)
    };
    let count = trace.insts.iter().filter(|i| is_guard(i)).count();
    let words: Box<[AtomicU64]> = (0..count).map(|_| AtomicU64::new(1)).collect();
    let mut out = Trace::default();
    let mut new = Vec::with_capacity(trace.insts.len());
    let mut next = 0;
    for inst in &trace.insts {
        if is_guard(inst) {
            let address = words[next].as_ptr() as u64;
            next += 1;
            out.push(Inst::new(Uop::fail_once, &[], address, inst.snap));
        }
        new.push(out.push(inst.clone()));
    }
    let moved = |old: InstIdx| new[old.index()];
    for inst in &mut out.insts {
        for arg in inst.args.iter_mut().flatten() {
            *arg = moved(*arg);
        }
    }
    out.snaps = trace
        .snaps
        .iter()
        .map(|snap| Snapshot {
            entries: snap
                .entries
                .iter()
                .map(|(slot, value)| {
                    (
                        *slot,
                        value.inst().map_or(*value, |v| value.with_inst(moved(v))),
                    )
                })
                .collect(),
            ..snap.clone()
        })
        .collect();
    (out, words)
}
