//! The intermediate representation: a tree of SSA paths with snapshots beside it.
//!
//! The first path is the trunk: instructions run in order, guards leave it, and at
//! most one `loop_header` is the target of its final `jump_loop`. What comes before
//! the header is the peeled first iteration, which carries the guards. Behind it stand
//! *side paths*: each starts with `side v9` and is where the exiting instruction v9 of an
//! earlier path goes instead of leaving; it sees what that path had computed before v9 (not
//! v9's own result), and ends with `jump_loop` to the one header, or with `leave`. Paths
//! never meet but at the header (a trace tree, as in Gal and Franz, *Incremental dynamic code
//! generation with trace trees*, 2006).
//!
//! Worked example (text form; see [`mod@print`] and [`mod@parse`]):
//!
//! ```text
//! trace {
//!   v0 = load_local 0
//!   guard_type v0 @0x10 ; s0
//!   v2 = unbox_int v0 ; s0
//!   loop_header
//!   v4 = phi_int v2 v5
//!   v5 = int_add_imm v4 1 ; s1
//!   poll ; s2
//!   jump_loop
//!   s0: pc=4 mem=0
//!   s1: pc=8 mem=0 L0=int(v4)
//!   s2: pc=4 mem=0 L0=int(v5)
//! }
//! ```
//!
//! Invariants (checked by [`mod@verify`]):
//! - R1: an operand is defined before its use on the same path or one that leads to it, except
//!   the second operand of a phi.
//! - R2: operand types are those of the row.
//! - R3: snapshots exist where the row says so, and name values defined before.
//! - R4: phis stand directly after `loop_header`.
//! - R5: each path ends with `jump_loop` (then there is a header), `leave` or a `return_`, and
//!   none of them stands elsewhere.
//! - R6: a snapshot names a slot at most once; stack entries are the contiguous depths from
//!   `mem` upwards, and from 0 in each inner frame, which has one function.
//! - R7: a value of type `Int` is boxed by `int(..)` in a snapshot, and so on; `same(..)` names an
//!   earlier slot that is boxed.
//! - R8: an `Int32` or `Offset` immediate fits 32 bits.
//! - R9: other immediates are in their rows' domains (a helper of this uop, 0 or 1, a slot, a
//!   positive divisor, a shift count of at least 0), and no row of the register allocator occurs.
//! - R10: `side` names an instruction (of the loop, if there is one) that can leave, is no end of a
//!   path, poll or `residual`, and leaves before it does anything; no two name the same; a carry stands at the end of a side path, names a
//!   phi, and no two on one path name the same.
#![forbid(unsafe_code)]

pub mod parse;
pub mod print;
pub mod uop;
pub mod verify;

pub use parse::{ParseError, parse};
pub use print::print;
pub use uop::{Effect, Exit, ImmKind, RegClass, Shape, Ty, UOPS, Uop};
pub use verify::{Rule, Violation, verify};

/// Declares a typed index.
macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub struct $name(pub u32);
        impl $name {
            /// As an index into the table.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
            /// From an index into the table.
            ///
            /// # Panics
            /// When it does not fit 32 bits.
            #[must_use]
            pub fn new(index: usize) -> Self {
                Self(u32::try_from(index).expect("a trace has less than 2**32 parts"))
            }
        }
    };
}

index! {
    /// An instruction, which is also the value that it computes.
    InstIdx
}
index! {
    /// A snapshot.
    SnapIdx
}

/// One instruction.
#[derive(Clone, PartialEq, Debug)]
pub struct Inst {
    /// What it does.
    pub op: Uop,
    /// Its operands: as many as the row has (a phi has two).
    pub args: [Option<InstIdx>; 3],
    /// Its immediate, by the row's kind; 0 without one. Signed kinds are sign-extended.
    pub imm: u64,
    /// The frame state to leave with.
    pub snap: Option<SnapIdx>,
}

impl Inst {
    /// An instruction with these operands.
    ///
    /// # Panics
    /// With more than three operands.
    #[must_use]
    pub fn new(op: Uop, args: &[InstIdx], imm: u64, snap: Option<SnapIdx>) -> Self {
        let mut slots = [None; 3];
        for (slot, arg) in slots.iter_mut().zip(args) {
            *slot = Some(*arg);
        }
        assert!(args.len() <= 3, "no row has more than three operands");
        Self {
            op,
            args: slots,
            imm,
            snap,
        }
    }

    /// The operands.
    pub fn operands(&self) -> impl DoubleEndedIterator<Item = InstIdx> + '_ {
        self.args.iter().flatten().copied()
    }

    /// The result type.
    #[must_use]
    pub fn ty(&self) -> Ty {
        self.op.row().ty
    }
}

/// A place in the interpreter's frame.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Slot {
    /// A fast local (text form `L3`).
    Local(u32),
    /// A depth of the value stack, 0 lowest (text form `S0`).
    Stack(u32),
    /// A row of the trace's name table: a global or module-level name (text form `N1`).
    Name(u32),
    /// Something of the frame of an inlined call, by its number in the snapshot (text form
    /// `F0.L3`).
    Inner(u32, Inner),
}

/// A place in the frame of an inlined call, which is made when the trace leaves.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Inner {
    /// The function that is called (text form `f`).
    Function,
    /// A fast local (`L3`).
    Local(u32),
    /// A depth of the value stack, 0 lowest (`S0`).
    Stack(u32),
    /// Nothing of the frame: an object that the trace holds for as long as the call takes, and
    /// releases when the frame has been made (`H0`).
    Held(u32),
}

/// What a snapshot puts into a slot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SnapValue {
    /// Box this integer (text form `int(v3)`).
    Int(InstIdx),
    /// Box this double (`float(v3)`).
    Float(InstIdx),
    /// True or False (`bool(v3)`).
    Bool(InstIdx),
    /// This object, whose count is raised (`ref(v3)`).
    Borrowed(InstIdx),
    /// This object, whose count the trace gives away (`own(v3)`).
    Owned(InstIdx),
    /// The object at this address, whose count is raised (`const(@0x10)`).
    Const(u64),
    /// The very object that this earlier slot of the snapshot gets, which is a box
    /// (`same(L0)`). Boxes of equal values are different objects otherwise.
    Same(Slot),
    /// This argument of a function trace, as the object that it came as; if it came as a mere
    /// number, box that (`arg(0)`).
    Arg(u32),
    /// What the function trace that was called has returned (`returned`).
    Returned,
    /// Nothing: an unbound local, or the stack's null (`null`).
    Null,
}

impl SnapValue {
    /// The SSA value it names, if any.
    #[must_use]
    pub const fn inst(self) -> Option<InstIdx> {
        match self {
            Self::Int(v) | Self::Float(v) | Self::Bool(v) | Self::Borrowed(v) | Self::Owned(v) => {
                Some(v)
            }
            Self::Const(_) | Self::Same(_) | Self::Arg(_) | Self::Returned | Self::Null => None,
        }
    }

    /// The same with its SSA value replaced.
    #[must_use]
    pub fn with_inst(self, new: InstIdx) -> Self {
        match self {
            Self::Int(_) => Self::Int(new),
            Self::Float(_) => Self::Float(new),
            Self::Bool(_) => Self::Bool(new),
            Self::Borrowed(_) => Self::Borrowed(new),
            Self::Owned(_) => Self::Owned(new),
            Self::Const(_) | Self::Same(_) | Self::Arg(_) | Self::Returned | Self::Null => self,
        }
    }
}

/// The frame state at a point of the trace, as a difference to what memory holds.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Snapshot {
    /// The instruction to go on with.
    pub pc: u32,
    /// How many entries of the value stack memory holds already; the entries named here lie
    /// directly above those, and there are no others.
    pub mem: u32,
    /// Which guard of the trace builder's this is for (`tag=3`); 0 for none in particular.
    pub tag: u32,
    /// The frames of inlined calls that the interpreter goes on in, outermost first; it waits in
    /// the frame itself, and in all of these but the last (`frame=0:14`).
    pub frames: Vec<SnapFrame>,
    /// The slots that differ from memory, sorted by slot.
    pub entries: Vec<(Slot, SnapValue)>,
}

/// A frame of an inlined call, as a snapshot has it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SnapFrame {
    /// Which call it is: a row of the trace's table.
    pub row: u32,
    /// Its instruction.
    pub pc: u32,
}

/// A path of a trace: the instructions `start..end`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Path {
    /// Its first instruction: the `side`, but in the trunk.
    pub start: usize,
    /// The first instruction behind it.
    pub end: usize,
    /// The instruction that goes here instead of leaving; none for the trunk.
    pub from: Option<InstIdx>,
}

/// A trace.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Trace {
    /// The instructions in order of execution.
    pub insts: Vec<Inst>,
    /// The snapshots.
    pub snaps: Vec<Snapshot>,
}

impl Trace {
    /// Appends an instruction and names its value.
    pub fn push(&mut self, inst: Inst) -> InstIdx {
        let idx = InstIdx::new(self.insts.len());
        self.insts.push(inst);
        idx
    }

    /// The instruction at an index.
    #[must_use]
    pub fn inst(&self, idx: InstIdx) -> &Inst {
        &self.insts[idx.index()]
    }

    /// The snapshot at an index.
    #[must_use]
    pub fn snap(&self, idx: SnapIdx) -> &Snapshot {
        &self.snaps[idx.index()]
    }

    /// Adds a snapshot; an equal one to the last few is shared.
    pub fn add_snap(&mut self, snap: Snapshot) -> SnapIdx {
        let start = self.snaps.len().saturating_sub(4);
        if let Some(found) = self.snaps[start..].iter().position(|old| *old == snap) {
            return SnapIdx::new(start + found);
        }
        self.snaps.push(snap);
        SnapIdx::new(self.snaps.len() - 1)
    }

    /// The paths, the trunk first.
    #[must_use]
    pub fn paths(&self) -> Vec<Path> {
        let mut paths = vec![Path {
            start: 0,
            end: self.insts.len(),
            from: None,
        }];
        for (at, inst) in self.insts.iter().enumerate() {
            if inst.op == Uop::side {
                if let Some(last) = paths.last_mut() {
                    last.end = at;
                }
                paths.push(Path {
                    start: at,
                    end: self.insts.len(),
                    from: inst.args[0],
                });
            }
        }
        paths
    }

    /// The index of the loop header, if the trace loops.
    #[must_use]
    pub fn header(&self) -> Option<InstIdx> {
        self.insts
            .iter()
            .position(|i| i.op == Uop::loop_header)
            .map(InstIdx::new)
    }
}
