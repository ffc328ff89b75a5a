//! What a recording knows and a compiled trace keeps, besides the IR.
//!
//! Worked example: `for i in range(n): s += f(i)` records the call as a residual
//! run: one [`ResidualRow`] says at which instruction it starts, where the
//! interpreter must stand after each of its steps, and how deep the value stack
//! is then.
#![forbid(unsafe_code)]

use crate::ir::Uop;

/// A run of instructions that the interpreter executes for the trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResidualRow {
    /// The first instruction.
    pub pc: u32,
    /// Where the frame stood after each instruction of the run when it was recorded.
    pub next: Vec<u32>,
    /// How many entries the value stack had after the run.
    pub depth: u32,
}

/// A name that a trace reads from dictionaries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NameRow {
    /// The dictionaries to search, in order, by address; the first is also stored into.
    pub dicts: Vec<usize>,
    /// The interned name, by address.
    pub name: usize,
    /// The same for readers.
    pub text: String,
}

/// An exit, by the guard that the trace builder made for it: it names the same place however
/// often the tree is built again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct GuardKey {
    /// The path: 0 for the trunk, else the number of the side path.
    pub path: u16,
    /// Which pass over which recording on that path: an iteration of the trunk may follow a side
    /// path's own recording.
    pub pass: u8,
    /// The step of the recording.
    pub step: u32,
    /// The uop.
    pub op: Uop,
    /// How many guards of this uop the step has before.
    pub nth: u8,
}

/// Everything beside the IR.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TraceMeta {
    /// The rows that `residual` names by its immediate.
    pub residuals: Vec<ResidualRow>,
    /// The rows that `load_name` and `Slot::Name` name.
    pub names: Vec<NameRow>,
    /// Objects that must outlive the trace, by address: promoted globals and dictionaries.
    pub keep: Vec<usize>,
    /// Whether the trace relies on there being one thread only.
    pub single_thread: bool,
    /// Whether it takes the frame's globals for the mapping of its local names.
    pub module_names: bool,
    /// The guards that snapshots' tags name: tag 1 is the first.
    pub guards: Vec<GuardKey>,
    /// How many calls are inlined in each other at most.
    pub inlined: u32,
    /// How deep the value stack is on entry.
    pub entry_depth: u32,
}
