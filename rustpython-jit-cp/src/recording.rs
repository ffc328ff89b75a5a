//! What a recording is: the instructions that one iteration of a loop executed, with the
//! kinds and identities of the values that they saw.
//!
//! Nothing here is speculation yet; the trace builder decides what to guard.
//!
//! Worked example: `s += i & 7` in a loop is the steps `LOAD_FAST_LOAD_FAST`,
//! `LOAD_SMALL_INT`, `BINARY_OP &`, `BINARY_OP +=`, `STORE_FAST`, of which the
//! `BINARY_OP`s saw two [`Kind::Int`]s each.

use crate::native::Native;
pub use crate::trace_meta::Kind;
use crate::trace_meta::{Consumer, GuardKey, NameRow, Waiting};
use rustpython_vm::PyObjectRef;
use rustpython_vm::bytecode::Opcode;
use rustpython_vm::frame::jit::JitShadow;
use std::sync::Arc;

/// A value that was seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Seen {
    /// What it is.
    pub kind: Kind,
    /// Its address.
    pub addr: usize,
}

/// The value of a constant of the code.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum ConstValue {
    /// An int that fits.
    Int(i64),
    /// A float.
    Float(f64),
    /// `True` or `False`.
    Bool(bool),
    /// Anything else.
    Object,
}

/// Builtin functions that have uops of their own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Builtin {
    /// `len`.
    Len,
    /// `abs`.
    Abs,
    /// `min`.
    Min,
    /// `max`.
    Max,
    /// The class `int`.
    Int,
    /// The class `float`.
    Float,
    /// `math.sqrt`.
    Sqrt,
    /// `math.fabs`.
    Fabs,
    /// The class `range`.
    Range,
    /// A class of exceptions whose making has no effect.
    Exception,
    /// `isinstance`.
    IsInstance,
    /// `list.append`.
    ListAppend,
    /// `list.pop`.
    ListPop,
    /// A function of the `math` module with a helper of its own.
    Math(crate::helper::Helper),
    /// A method with rows in the native table: for each number of arguments one.
    Native([Option<(u32, crate::helper::Helper)>; 2]),
    /// A function or class that only makes something of its arguments.
    Inert,
    /// A method that only makes something of its object and its arguments.
    InertMethod,
}

/// One executed instruction.
#[derive(Clone, Debug)]
pub struct Step {
    /// Where it starts, with its `EXTENDED_ARG` prefixes.
    pub pc: u32,
    /// The instruction without specialization.
    pub op: Opcode,
    /// Its argument.
    pub arg: u32,
    /// The instruction after it in the code, behind its cache units.
    pub fall: u32,
    /// Where the frame stood after it.
    pub next: u32,
    /// The three topmost entries of the value stack before, top first.
    pub before: [Seen; 3],
    /// The two topmost entries after.
    pub after: [Seen; 2],
    /// What the locals or the name that it stores into held before.
    pub old: [Kind; 2],
    /// Whether what the (first) local that it stores into held before has other references.
    pub old_shared: bool,
    /// How many entries the value stack had before.
    pub depth_before: u32,
    /// And after.
    pub depth: u32,
    /// The constant that it loads.
    pub constant: Option<(usize, ConstValue)>,
    /// The row of the name that it loads or stores.
    pub name: Option<u32>,
    /// The conditional jump that follows, which the interpreter may execute together with it.
    pub jump: Option<(Opcode, u32, u32)>,
    /// Whether the index on top of the value stack is negative.
    pub negative: bool,
    /// The function that it calls, where there are uops for it.
    pub builtin: Option<Builtin>,
    /// The address of what it calls.
    pub callee: usize,
    /// The method of a builtin class that it calls, where that is bound already.
    pub bound: Option<Bound>,
    /// The call that it makes, where the recording went into it.
    pub inlined: Option<Arc<Inlined>>,
    /// The function trace that can make the call.
    pub called: Option<Called>,
    /// The version of the function that it loads from a name; 0 for anything else.
    pub version: u32,
    /// What was done with what it yields, if the frame went on behind.
    pub taken: Option<Taken>,
    /// What it raised, if it went to a handler of its frame.
    pub raised: Option<Raised>,
    /// The attribute that it loads or replaces, where that is found without running anything.
    pub attribute: Option<Attribute>,
    /// The name, by address, of an attribute that it gives to an instance which has none of it, where
    /// the instance may still be under construction.
    pub added: Option<usize>,
    /// The version of the class of the container of a subscript, where that is `array.array`.
    pub array_version: Option<u32>,
    /// The version of the top's class, where that says that the object is true.
    pub true_version: Option<u32>,
    /// The versions of the classes that say what `isinstance` is of the two operands.
    pub instance_versions: Option<[u32; 2]>,
    /// The versions of the classes of the two operands that it compares, where these say that only
    /// an object itself is equal to it.
    pub identity_versions: Option<[u32; 2]>,
    /// How it makes an instance of a class.
    pub constructed: Option<Arc<Constructed>>,
    /// The native that does what it does.
    pub native: Option<Native>,
}

/// A method of a builtin class that is bound to an object. The operand in front of the arguments is
/// noted as if it were that object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bound {
    /// What tells the method from others.
    pub which: usize,
    /// The method itself, by address.
    pub method: usize,
}

/// What was done with a value that was yielded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// It was added to the total of this row and kind.
    Added(u32, Kind),
    /// It was appended to the list of this row.
    Appended(u32),
    /// It does not have the truth that `any` or `all` looks for.
    Passed(bool),
}

impl Taken {
    /// Who takes such values.
    #[must_use]
    pub const fn consumer(self) -> Consumer {
        match self {
            Self::Added(..) => Consumer::Sum,
            Self::Appended(_) => Consumer::List,
            Self::Passed(truth) => Consumer::Search(truth),
        }
    }
}

/// The call of a class whose `__init__` does nothing but to store arguments and constants into
/// attributes.
#[derive(Clone, PartialEq, Debug)]
pub struct Constructed {
    /// The class, by address.
    pub class: usize,
    /// Its version.
    pub version: u32,
    /// Its `__init__`, by address.
    pub init: usize,
    /// The version of that.
    pub init_version: u32,
    /// The attributes, in order: name, by address, and value.
    pub fields: Vec<(usize, Field)>,
    /// How many instructions that takes.
    pub steps: usize,
}

/// What `__init__` stores into an attribute.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Field {
    /// An argument of the call, `self` not counted.
    Argument(u32),
    /// A constant.
    Constant(usize, ConstValue),
}

/// An attribute of an instance.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Attribute {
    /// The version of the instance's class.
    pub version: u32,
    /// The name, by address.
    pub name: usize,
    /// Where it is.
    pub place: Place,
}

/// Where an attribute is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Place {
    /// In this entry of the instance's dictionary.
    Entry(u32),
    /// In a slot at this offset.
    Slot(i32),
    /// In the class: this object.
    Class {
        /// Its address: it lives while the class has this version.
        addr: usize,
        /// What it is.
        kind: Kind,
        /// Its value.
        value: ConstValue,
        /// Why the instance has no such attribute itself.
        shadow: JitShadow,
        /// Whether the instance is pushed, too, as the first argument of a call.
        is_method: bool,
    },
    /// The instance is a class of this version itself, and has this object.
    OfClass {
        /// Its address.
        addr: usize,
        /// What it is.
        kind: Kind,
        /// Its value.
        value: ConstValue,
    },
}

/// An exception that was raised and caught.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Raised {
    /// Its class, by address.
    pub class: usize,
    /// Whether that is one of [`Builtin::Exception`].
    pub is_builtin: bool,
}

/// A call of a function that has a trace of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Called {
    /// The [`crate::callee::Callee`], by address.
    pub callee: usize,
    /// The function's version.
    pub version: u32,
    /// The kinds of the arguments.
    pub kinds: Vec<Kind>,
}

/// What a parameter of a followed call gets.
#[derive(Clone, PartialEq, Debug)]
pub enum Argument {
    /// The operand at this distance from the top of the value stack.
    Operand(u32),
    /// What the bound method that is called is bound to.
    Receiver,
    /// The element at an index of the tuple at a distance from the top, all of whose elements are
    /// arguments.
    Element(u32, u32),
    /// A tuple of the operands at these distances from the top.
    Rest(Vec<u32>),
    /// A new instance of the class that is called.
    Instance,
    /// A default, which the function has while it has its version.
    Default {
        /// Its address.
        addr: usize,
        /// What it is.
        kind: Kind,
        /// Its value.
        value: ConstValue,
    },
}

/// Where the function of a followed call was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Target {
    /// On the value stack, at this distance from the top.
    Operand(u32),
    /// The bound method at this distance from the top has it.
    Bound(u32),
    /// It is the `__init__` of the class at a distance from the top.
    Class {
        /// The distance.
        from_top: u32,
        /// The class, by address.
        class: usize,
        /// Its version.
        version: u32,
        /// The `__init__`, by address: it lives while the class has that version.
        init: usize,
    },
    /// It is the getter of a property of the topmost operand's class.
    Property {
        /// The property, by address: it lives while the class has its version.
        property: usize,
        /// The version of the class.
        version: u32,
    },
    /// There is none: an operand is a generator that a `FOR_ITER` or `SEND` resumes.
    #[default]
    Generator,
    /// The class of the operand below the topmost has it for an operator.
    Operator {
        /// Its address: it lives while that class has its version.
        function: usize,
        /// The versions of both operands' classes.
        versions: [u32; 2],
    },
}

/// What a function with a closure was made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Closure {
    /// Its code, by address, which the recording keeps alive.
    pub code: usize,
    /// Its globals and its builtins, by address: those of the root frame.
    pub dictionaries: [usize; 2],
    /// How many cells it has.
    pub cells: u32,
}

/// The frame of a generator that a `FOR_ITER` or `SEND` resumes, and that waits at the same `yield` again
/// when that is done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resumed {
    /// The row of the generator itself.
    pub whole: u32,
    /// The row of where its slots are.
    pub place: u32,
    /// For each slot of its frame the row, and what was there: the locals, and behind them the
    /// entries of its value stack.
    pub slots: Vec<(u32, Kind)>,
}

/// A call of a Python function that was recorded instruction by instruction, or what a generator
/// did until it yielded.
#[derive(Debug, Default)]
pub struct Inlined {
    /// Where the function was found.
    pub target: Target,
    /// What its parameters get, in the order of its locals.
    pub arguments: Vec<Argument>,
    /// How many operands the call takes from the value stack.
    pub operands: u32,
    /// How the caller waits, if not as for a callee that the interpreter suspends it for.
    pub waiting: Option<Waiting>,
    /// What tells the function from others instead of its version, where it has a closure and is
    /// made again and again.
    pub closure: Option<Closure>,
    /// The function's version: no other function has it, and it changes with its code.
    pub version: u32,
    /// Whether the function's globals are other ones than the loop's.
    pub foreign: bool,
    /// The generator that it is about, if it is no call.
    pub resumed: Option<Resumed>,
    /// What was executed, from the first instruction to the return or the `yield`.
    pub rec: Recording,
}

impl Inlined {
    /// Where the caller stands meanwhile.
    #[must_use]
    pub fn waits_at(&self, step: &Step) -> u32 {
        self.waiting.map_or(step.fall, |waiting| waiting.at + 1)
    }

    /// The same call without what happened in it.
    #[must_use]
    pub fn again(&self) -> Self {
        Self {
            target: self.target,
            arguments: self.arguments.clone(),
            operands: self.operands,
            waiting: self.waiting,
            closure: self.closure,
            version: self.version,
            foreign: self.foreign,
            resumed: self.resumed.clone(),
            rec: Recording {
                locals: self.rec.locals,
                threads: self.rec.threads,
                ..Recording::default()
            },
        }
    }
}

/// A call that a side path starts inside of.
#[derive(Clone, Debug)]
pub struct CallPart {
    /// The instruction that makes it, as it was when the callee had returned.
    pub step: Step,
    /// The call; of the callee's instructions only those on the side path.
    pub call: Arc<Inlined>,
}

/// Where a recording ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum End {
    /// At the loop's first instruction.
    #[default]
    Header,
    /// Before the instruction at this index, which the interpreter goes on with.
    Before(u32),
    /// Before the function's `RETURN_VALUE` at this index.
    Return(u32),
}

/// The recordings of a trace tree: one iteration of the loop, and what happened at exits that
/// became hot.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The iteration.
    pub trunk: Arc<Recording>,
    /// For each hot exit what followed it, in the order in which they were recorded; the names of
    /// each begin with those of the one before.
    pub sides: Vec<(GuardKey, Arc<Recording>)>,
    /// Exits that are not worth another try.
    pub given_up: Vec<GuardKey>,
    /// How often a side path has taken the trunk's place.
    pub turns: u32,
    /// Whether nothing is known at the header but what memory holds, so that no iteration has to be
    /// peeled: for loops that are entered often and go round a few times only, each time another way.
    pub is_flat: bool,
}

impl Tree {
    /// Of a loop without side paths.
    #[must_use]
    pub fn new(trunk: Recording) -> Self {
        Self {
            trunk: Arc::new(trunk),
            sides: Vec::new(),
            given_up: Vec::new(),
            turns: 0,
            is_flat: false,
        }
    }

    /// The same loop without a peeled iteration. The paths have to be found again: other guards are
    /// needed.
    #[must_use]
    pub fn flat(&self) -> Self {
        Self {
            trunk: Arc::clone(&self.trunk),
            sides: Vec::new(),
            given_up: Vec::new(),
            turns: self.turns,
            is_flat: true,
        }
    }

    /// The same loop with a side path that goes around it for its trunk, if there is one that
    /// starts at this exit of the trunk: the other paths have to be found again.
    #[must_use]
    pub fn turned(&self, exit: GuardKey) -> Option<Self> {
        let (_, side) = self.sides.iter().find(|(at, _)| *at == exit)?;
        let trunk = &*self.trunk;
        let until = exit.step as usize;
        let starts_there = trunk.steps.get(until)?.pc == side.steps.first()?.pc;
        let goes_on = starts_there && side.inside.is_empty();
        if exit.path != 0 || trunk.arguments.is_some() || side.end != End::Header || !goes_on {
            return None;
        }
        let steps = trunk.steps[..until].iter().chain(&side.steps).cloned();
        let both = |of: fn(&Recording) -> &Vec<PyObjectRef>| {
            of(trunk).iter().chain(of(side)).cloned().collect()
        };
        Some(Self {
            turns: self.turns + 1,
            ..Self::new(Recording {
                end: End::Header,
                arguments: None,
                header: trunk.header,
                steps: steps.collect(),
                depth: trunk.depth,
                locals: trunk.locals,
                names: side.names.clone(),
                keep: both(|rec| &rec.keep),
                inside: Vec::new(),
                exceptions: [&trunk.exceptions[..], &side.exceptions[..]].concat(),
                module_names: trunk.module_names || side.module_names,
                threads: trunk.threads,
            })
        })
    }

    /// All recordings, the trunk first.
    pub fn recordings(&self) -> impl Iterator<Item = &Arc<Recording>> {
        std::iter::once(&self.trunk).chain(self.sides.iter().map(|(_, rec)| rec))
    }

    /// The names that any recording uses.
    #[must_use]
    pub fn names(&self) -> &[NameRow] {
        let last = self.sides.last().map_or(&self.trunk, |(_, rec)| rec);
        &last.names
    }

    /// Whether what followed an exit is the side path again that has the exit in its first
    /// instruction, the end of a list's iterator that others have, too: another path would begin
    /// with the same guard.
    #[must_use]
    pub fn repeats(&self, exit: GuardKey, rec: &Recording) -> bool {
        let side = (exit.path as usize).checked_sub(1);
        let Some((_, side)) = side.and_then(|side| self.sides.get(side)) else {
            return false;
        };
        let ends = |rec: &Recording| {
            let step = rec.steps.first()?;
            let is_end =
                rec.inside.is_empty() && step.op == Opcode::ForIter && step.next != step.fall;
            (is_end && step.before[0].kind == Kind::ListIter).then_some(step.pc)
        };
        exit.pass == 0 && exit.step == 0 && ends(side).is_some() && ends(side) == ends(rec)
    }

    /// How many instructions were recorded.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.recordings().map(|rec| rec.count()).sum()
    }
}

/// A recording.
#[derive(Debug, Default)]
pub struct Recording {
    /// Where it ends.
    pub end: End,
    /// The kinds of the arguments, where it is a function's and not a loop's.
    pub arguments: Option<Vec<Kind>>,
    /// The loop's or function's first instruction.
    pub header: u32,
    /// The calls that it starts inside of, outermost first: what is left of each comes before the
    /// instructions.
    pub inside: Vec<CallPart>,
    /// The instructions.
    pub steps: Vec<Step>,
    /// The value stack's depth at the header.
    pub depth: u32,
    /// How many fast locals the frame has.
    pub locals: u32,
    /// The names that it used.
    pub names: Vec<NameRow>,
    /// What it saw and the trace may rely on, kept alive.
    pub keep: Vec<PyObjectRef>,
    /// The classes that are [`Builtin::Exception`]s, of those that it saw.
    pub exceptions: Vec<usize>,
    /// Whether a name of it was looked up as a local name, with the globals as the mapping.
    pub module_names: bool,
    /// Whether a second thread existed.
    pub threads: bool,
}

impl Recording {
    /// Whether a step is such a one, those of followed calls included.
    pub fn any_step(&self, is: &impl Fn(&Step) -> bool) -> bool {
        let inside = |step: &Step| {
            step.inlined
                .as_ref()
                .is_some_and(|call| call.rec.any_step(is))
        };
        let mut parts = self.inside.iter();
        self.steps.iter().any(|step| is(step) || inside(step))
            || parts.any(|part| part.call.rec.any_step(is))
    }

    /// The first instruction that was recorded, of whatever frame.
    #[must_use]
    pub fn first_pc(&self) -> Option<u32> {
        let innermost = self.inside.last().map_or(self, |part| &part.call.rec);
        innermost.steps.first().map(|step| step.pc)
    }

    /// How many instructions were recorded, those of followed calls included.
    #[must_use]
    pub fn count(&self) -> usize {
        let inside = |step: &Step| step.inlined.as_ref().map_or(0, |call| call.rec.count());
        let parts = self.inside.iter().map(|part| part.call.rec.count());
        let steps = self.steps.iter().map(|step| 1 + inside(step));
        steps.chain(parts).sum()
    }

    /// One line an instruction, for developers; those of followed calls behind theirs.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, 0);
        out
    }

    fn write(&self, out: &mut String, depth: usize) {
        use std::fmt::Write as _;
        for (level, part) in self.inside.iter().enumerate().rev() {
            part.call.rec.write(out, depth + 1 + level);
        }
        for step in &self.steps {
            let _ = writeln!(
                out,
                "{:indent$}{:5} {:?} {} -> {} [{:?} {:?} {:?}] => [{:?} {:?}]",
                "",
                step.pc,
                step.op,
                step.arg,
                step.next,
                step.before[0].kind,
                step.before[1].kind,
                step.before[2].kind,
                step.after[0].kind,
                step.after[1].kind,
                indent = depth * 6,
            );
            if let Some(call) = &step.inlined {
                call.rec.write(out, depth + 1);
            }
        }
    }
}
