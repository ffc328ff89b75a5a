//! What a recording knows and a compiled trace keeps, besides the IR.
//!
//! Worked example: `for i in range(n): s += f(i)` records the call as a residual
//! run: one [`ResidualRow`] says at which instruction it starts, where the
//! interpreter must stand after each of its steps, and how deep the value stack
//! is then.
#![forbid(unsafe_code)]

use crate::ir::Uop;

/// What an object is, as far as the builder cares.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Kind {
    /// Nothing there, or not looked at.
    #[default]
    Null,
    /// `None`.
    None,
    /// `True` or `False`.
    Bool,
    /// An exact int that fits 64 bits.
    Int,
    /// Any other exact int.
    BigInt,
    /// An exact float.
    Float,
    /// An exact str.
    Str,
    /// An exact list.
    List,
    /// An exact tuple.
    Tuple,
    /// An exact dict.
    Dict,
    /// A range iterator.
    RangeIter,
    /// An iterator over a list.
    ListIter,
    /// A module.
    Module,
    /// A function written in Python.
    Function,
    /// A generator, where a trace looks for one.
    Generator,
    /// Anything else.
    Other,
}

impl Kind {
    /// Whether releasing the last reference to such an object runs no code that a program
    /// can see.
    #[must_use]
    pub const fn drops_trivially(self) -> bool {
        matches!(
            self,
            Self::Null
                | Self::None
                | Self::Bool
                | Self::Int
                | Self::BigInt
                | Self::Float
                | Self::Str
                | Self::RangeIter
        )
    }
}

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

/// Where the value of a name is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// In these dictionaries, to be searched in order, by address; the first is also stored into.
    Dictionaries(Vec<usize>),
    /// It is the total of the `sum` that the frame, a generator's, yields to.
    Total,
    /// It is the list that gets what the frame, a generator's, yields. It is never replaced.
    List,
    /// It belongs to a generator that waits at a `yield`.
    Generator(Suspended),
}

/// What takes the values of the frame, a generator's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Consumer {
    /// `sum`.
    Sum,
    /// A list to which they are appended.
    List,
    /// `any` (true) or `all` (false), which ends at a value of this truth.
    Search(bool),
}

/// Something of a generator that waits at a `yield`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suspended {
    /// At what depth of the frame's value stack the generator is, or one that waits for it; then in
    /// which slot of that one's frame, and so on.
    pub path: Vec<u32>,
    /// The code that it runs, by address.
    pub code: usize,
    /// What of it.
    pub part: Part,
}

/// What of a generator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// The generator itself, if it waits to go on with this instruction.
    Whole(u32),
    /// Where its slots are, as long as it is known: never looked up.
    Slots,
    /// This slot of its frame: a local, or behind all of these an entry of its value stack.
    Slot(u32),
}

/// A name that a trace reads, or something else outside the frame that is read and written like
/// one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NameRow {
    /// Where its value is.
    pub source: Source,
    /// The interned name, by address; 0 where it has none.
    pub name: usize,
    /// The same for readers.
    pub text: String,
}

/// A name that a function trace takes for a constant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FixedName {
    /// Its row.
    pub row: u32,
    /// What it is bound to, by address.
    pub addr: usize,
    /// The version of the function that this is, or 0 for an object that lasts.
    pub version: u32,
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
    pub nth: u16,
}

/// How the caller of an inlined call waits for it, where the interpreter would run the callee in
/// the middle of the instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// The instruction, behind its prefixes.
    pub at: u32,
    /// The instruction after it, behind its caches.
    pub next: u32,
    /// How many operands it has until the callee is done.
    pub late: u32,
    /// The operator, as its argument has it, if it goes on where the callee returns
    /// `NotImplemented`.
    pub operator: Option<u32>,
    /// Whether the callee's result is nothing that the instruction gives.
    pub drops_result: bool,
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
    /// The inlined calls that snapshots' frames name: how their callers wait; none if as for a
    /// callee that the interpreter suspends them for.
    pub frames: Vec<Option<Waiting>>,
    /// How many calls are inlined in each other at most.
    pub inlined: u32,
    /// What it does with what it yields, if it goes on behind.
    pub consumer: Option<Consumer>,
    /// How deep the value stack is on entry.
    pub entry_depth: u32,
    /// The kinds of the arguments, for a function trace.
    pub arguments: Option<Vec<Kind>>,
    /// What a function trace takes for constants.
    pub fixed: Vec<FixedName>,
    /// The [`crate::callee::Callee`]s that it calls, by address.
    pub callees: Vec<usize>,
    /// The rows that `new_object` names.
    pub templates: Vec<Template>,
}

/// What a new object looks like.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Template {
    /// An instance with a dictionary.
    Instance {
        /// Its class, by address: the trace has looked at its version.
        class: usize,
        /// The names of its attributes, in order, by address.
        keys: Vec<usize>,
    },
    /// An instance with slots, of this class.
    Slots(usize),
    /// A tuple of so many.
    Tuple(usize),
    /// A list of so many.
    List(usize),
    /// An empty dictionary.
    Dict,
    /// An empty set.
    Set,
}
