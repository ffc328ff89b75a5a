//! The trace builder: from a recording to IR.
//!
//! It executes the recorded instructions abstractly: locals and value stack hold
//! [`Av`]s instead of objects, loads and stores of locals and stack shuffles emit
//! nothing, arithmetic emits uops on unboxed values, with guards where a type is not known
//! yet. An instruction without an arm becomes part of a residual run: the frame is made true
//! and the interpreter executes it.
//!
//! The recording is executed twice. The first pass is the peeled iteration: it
//! starts from a frame of which nothing is known and so carries the guards. At its end the
//! frame's state gives the loop header its types: what the iteration stored is
//! carried in phis, unboxed. The second pass, from that state, is the loop. A phi has no
//! box, so where an object that the program had before would go into one
//! (`a, b = b, a + b` moves the `b` of the frame into `a`), more iterations are peeled
//! until it has left.
//!
//! Invariants:
//! - B1: every exit inside an instruction goes back to the start of that instruction, so guards
//!   come before effects, and an arm that gives up has emitted nothing but guards.
//! - B2: a reference to an object other than a number is stored and released when the program
//!   does it; only numbers are stored late.
//! - B3: after a residual run nothing is known that memory does not say.
//! - B4: names in dictionaries are cached between residual runs only while there is one thread.
//!
//! Side paths: an exit that became hot has a recording of its own, which starts from the state
//! before the exit's instruction. At its end the frame must fit the loop's header ([`join`]); the
//! header is made such that as many paths as possible do.
//!
//! Worked example: for `while i < n: i += 1` the peeled iteration is `load_local`,
//! `guard_type`, `unbox_int` for `i` and `n`, `guard_int_lt` and `int_add`; the loop is a
//! phi for `i`, `guard_int_lt`, `int_add`, `poll`, `jump_loop`.

mod attributes;
mod calls;
mod close;
mod construct;
mod consumer;
mod frames;
mod function;
mod generator;
mod inline;
mod join;
pub(crate) mod natives;
mod raise;
mod steps;
mod tuples;
pub mod value;

use crate::events::Abort;
use crate::ir::{Inner, Inst, InstIdx, Slot, SnapIdx, SnapValue, Snapshot, Trace, Uop};
use crate::recording::{CallPart, Recording, Step, Tree};
use crate::trace_meta::{GuardKey, ResidualRow, TraceMeta};
use rustpython_vm::frame::jit::DictLayout;
use tracing::trace;
use value::Av;

/// Addresses and offsets of the host that traces mention.
#[derive(Clone, Copy, Debug, Default)]
pub struct HostFacts {
    /// The class `int`.
    pub int_type: u64,
    /// The class `float`.
    pub float_type: u64,
    /// The class `bool`.
    pub bool_type: u64,
    /// The class `list`.
    pub list_type: u64,
    /// The class `tuple`.
    pub tuple_type: u64,
    /// The class `str`.
    pub str_type: u64,
    /// The class `dict`.
    pub dict_type: u64,
    /// The class of range iterators.
    pub range_iter_type: u64,
    /// The class of functions.
    pub function_type: u64,
    /// The offset of the aligned word that has a function's version in one of its halves, and
    /// whether that is the upper one.
    pub function_version: (u64, bool),
    /// The class of bound methods, and the offsets of their function and object.
    pub method_type: u64,
    /// See [`Self::method_type`].
    pub method: [u64; 2],
    /// The class of modules.
    pub module_type: u64,
    /// The offset of an object's class.
    pub type_offset: u64,
    /// The offset of a class's version, four bytes.
    pub class_version: u64,
    /// The offset of the pointer to an object's dictionary, where its class gives it one.
    pub instance_dict: u64,
    /// How dictionaries are laid out, where that could be found out.
    pub dict_layout: Option<DictLayout>,
    /// The class of list iterators.
    pub list_iter_type: u64,
    /// The class of generators.
    pub generator_type: u64,
    /// `None`.
    pub none: u64,
    /// `True`.
    pub true_: u64,
    /// The offsets of the address and the number of a list's elements, where the layout
    /// is known.
    pub list_items: Option<(u64, u64)>,
    /// The offset of an int's value, where small ones are what compiled code takes them for.
    pub int_value: Option<u64>,
    /// The offsets of the list and the index in a list's iterator, where they could be found out.
    pub list_iter: Option<[u64; 2]>,
    /// The class `type`.
    pub class_type: u64,
    /// `NotImplemented`.
    pub not_implemented: u64,
    /// The offset of a property's getter.
    pub property_getter: u64,
    /// The offsets of a function's code, globals, builtins and closure.
    pub function: [u64; 4],
    /// The offset of a cell's contents, where it could be found out.
    pub cell_contents: Option<u64>,
    /// The offsets of the address and the number of a tuple's elements, where the layout is known.
    pub tuple_items: Option<(u64, u64)>,
    /// The offset of a float's value.
    pub float_value: u64,
    /// The offset of an object's reference count, and its word in a range iterator that has
    /// one reference, where that could be found out.
    pub unshared_iter: Option<(u64, u64)>,
    /// The offsets of a range iterator's index, length, start and step.
    pub range_iter: [u64; 4],
    /// Where traces count the instructions that they execute, if they are to.
    pub counter: Option<u64>,
}

/// A built trace.
#[derive(Debug)]
pub struct Built {
    /// The IR.
    pub trace: Trace,
    /// What goes with it.
    pub meta: TraceMeta,
    /// How many of the recorded instructions are executed by the interpreter.
    pub residual_steps: usize,
    /// How many have uops of their own.
    pub own_steps: usize,
    /// How many residual runs an iteration of the trunk has.
    pub runs: usize,
    /// Which side paths of the tree are in the trace.
    pub sides: Vec<bool>,
    /// The calls that snapshots name, by row.
    pub calls: Vec<CallPart>,
}

/// A place that is loaded at most once between effects.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Place {
    av: Av,
    /// Memory does not hold the value yet.
    dirty: bool,
    /// What memory holds has a trivial drop.
    old_trivial: bool,
}

impl Place {
    /// Memory does not hold the value yet, and may get it at any time.
    const fn late(av: Av) -> Self {
        Self {
            av,
            dirty: true,
            old_trivial: true,
        }
    }

    /// Memory holds the value.
    const fn stored(av: Av) -> Self {
        Self {
            av,
            dirty: false,
            old_trivial: false,
        }
    }
}

const UNREAD: Place = Place::stored(Av::Unread);

#[derive(Clone)]
struct State {
    locals: Vec<Place>,
    names: Vec<Place>,
    stack: Vec<Av>,
    /// How many entries of the value stack memory holds.
    mem: usize,
}

impl State {
    /// Whether the trace has the count of one of so many topmost entries.
    fn holds(&self, count: usize) -> bool {
        let mut entries = self.stack[self.stack.len() - count..].iter();
        entries.any(|av| matches!(av, Av::Owned(..)))
    }
}

/// An exit where a side path starts.
#[derive(Clone)]
struct Attach<'r> {
    /// Its number in the tree.
    side: usize,
    guard: InstIdx,
    /// The state before the instruction of the guard.
    state: State,
    /// The frames that wait for the one that it is about, outermost first.
    callers: Vec<frames::Caller<'r>>,
    /// The instruction.
    pc: u32,
    /// How many instructions were executed until there since the last count.
    uncounted: usize,
}

struct Builder<'r> {
    tree: &'r Tree,
    /// The recording at hand.
    rec: &'r Recording,
    /// Where the builder is, for the keys of guards.
    path: u16,
    pass: u8,
    at: u32,
    /// The frames of those who wait for the calls that the builder is inside of, outermost first.
    callers: Vec<frames::Caller<'r>>,
    /// The calls that snapshots name.
    calls: Vec<CallPart>,
    /// The guards that the step at hand has made, while they get keys.
    made: Option<Vec<Uop>>,
    /// Whether this is an iteration in front of the loop: its guards have the keys of those in the
    /// loop, where the side paths are.
    peeling: bool,
    /// The state before the step at hand.
    before: State,
    attach: Vec<Attach<'r>>,
    /// Which side paths are in the trace.
    sides: Vec<bool>,
    facts: &'r HostFacts,
    /// The places that store their boxes at once.
    eager: Vec<bool>,
    trace: Trace,
    meta: TraceMeta,
    state: State,
    /// The state before the instruction at hand.
    snap: SnapIdx,
    /// By value: the last snapshot that boxes it, and the first slot there.
    boxed: Vec<(u32, Slot)>,
    /// How many snapshots were made.
    snapshots: u32,
    /// Owned numbers that the instruction at hand consumed.
    drops: Vec<InstIdx>,
    /// The operands of a BUILD_TUPLE that is taken apart at once.
    packed: Vec<Av>,
    /// The attributes that inlined calls have replaced, in this order, and that memory does not
    /// hold yet.
    pending: Vec<attributes::Pending>,
    /// The instances that the call at hand has made.
    news: Vec<construct::New>,
    /// While a generator is executed: the locals whose old objects go at once.
    at_once: Option<generator::AtOnce<'r>>,
    /// What goes into the slots of generators behind the last exit.
    slot_stores: Vec<generator::SlotStore>,
    /// The tuples that the step or region at hand has not made.
    tuples: Vec<Vec<Av>>,
    /// Where the step or region at hand starts in the trace.
    start: usize,
    /// How far a generator has moved iterators on, which memory does not know yet.
    advances: Vec<generator::Advance>,
    /// While the builder is in a region whose exception is never made: the locals that are seen
    /// there to be unbound in memory.
    region: Option<Vec<u32>>,
    /// The residual run that the instruction at hand may join.
    open_run: bool,
    residual_steps: usize,
    own_steps: usize,
    /// How many of these are counted ([`Self::count`]).
    counted: usize,
    runs: usize,
}

/// Why a build did not succeed.
enum Retry {
    /// It cannot.
    Abort(Abort),
    /// This place (local, or name behind the locals) must store its boxes at once: a new box
    /// at the header would not be the same object.
    Eager(usize),
    /// One more iteration must be peeled: a value that would have to go into a phi is still
    /// an object of its own, or two phis would hold one object from the second
    /// iteration on.
    Peel,
}

/// Which pass over the trunk the loop's own iteration is.
const FIRST_PASS: u8 = 1;

/// How many iterations are peeled at most.
const MAX_PEELS: usize = 4;

impl core::convert::From<Abort> for Retry {
    fn from(abort: Abort) -> Self {
        Self::Abort(abort)
    }
}

/// An arm's answer: `None` when the instruction has to be residual.
type Arm = Option<()>;

/// Builds the IR of a tree of recordings. A side path whose exit is not there any more is left
/// out.
///
/// # Errors
/// When the loop has no stable shape.
pub fn build(tree: &Tree, facts: &HostFacts) -> Result<Built, Abort> {
    if tree.trunk.arguments.is_some() {
        let eager = vec![false; tree.trunk.locals as usize + tree.names().len()];
        return Builder::new(tree, facts, eager).run_function();
    }
    let mut eager = vec![false; tree.trunk.locals as usize + tree.names().len()];
    let mut peels = usize::from(!tree.is_flat);
    loop {
        match Builder::new(tree, facts, eager.clone()).run(peels) {
            Ok(built) => return Ok(built),
            Err(Retry::Peel) if peels == MAX_PEELS || tree.is_flat => return Err(Abort::Unstable),
            Err(Retry::Peel) => peels += 1,
            Err(Retry::Abort(abort)) => return Err(abort),
            Err(Retry::Eager(index)) if eager[index] => return Err(Abort::Unstable),
            Err(Retry::Eager(index)) => eager[index] = true,
        }
    }
}

impl<'r> Builder<'r> {
    fn new(tree: &'r Tree, facts: &'r HostFacts, eager: Vec<bool>) -> Self {
        let rec = &*tree.trunk;
        let stack = vec![Av::Unread; rec.depth as usize];
        let state = State {
            mem: stack.len(),
            locals: vec![UNREAD; rec.locals as usize],
            names: vec![UNREAD; tree.names().len()],
            stack,
        };
        Self {
            tree,
            rec,
            path: 0,
            pass: 0,
            at: 0,
            callers: Vec::new(),
            calls: Vec::new(),
            made: None,
            peeling: false,
            before: state.clone(),
            attach: Vec::new(),
            sides: vec![false; tree.sides.len()],
            facts,
            eager,
            trace: Trace::default(),
            meta: TraceMeta {
                names: tree.names().to_vec(),
                single_thread: !rec.threads,
                module_names: tree.recordings().any(|rec| rec.module_names),
                consumer: consumer::consumer(tree),
                entry_depth: rec.depth,
                ..TraceMeta::default()
            },
            state,
            snap: SnapIdx(0),
            boxed: Vec::new(),
            snapshots: 0,
            drops: Vec::new(),
            packed: Vec::new(),
            pending: Vec::new(),
            news: Vec::new(),
            tuples: Vec::new(),
            start: 0,
            at_once: None,
            slot_stores: Vec::new(),
            advances: Vec::new(),
            region: None,
            open_run: false,
            residual_steps: 0,
            own_steps: 0,
            counted: 0,
            runs: 0,
        }
    }

    fn run(mut self, peels: usize) -> Result<Built, Retry> {
        self.load_total()?;
        self.load_lasting();
        (self.pass, self.peeling) = (FIRST_PASS, true);
        for _ in 0..peels {
            self.follow(&self.tree.trunk)?;
        }
        self.peeling = false;
        self.close_loop()?;
        Ok(Built {
            trace: self.trace,
            meta: self.meta,
            residual_steps: self.residual_steps / (peels + 1),
            own_steps: self.own_steps / (peels + 1),
            runs: self.runs.div_ceil(peels + 1),
            sides: self.sides,
            calls: self.calls,
        })
    }
}

impl Builder<'_> {
    /// One pass over the recording.
    fn iteration(&mut self) -> Result<(), Abort> {
        self.open_run = false;
        let rec = self.rec;
        let mut at = 0;
        while at < rec.steps.len() {
            let step = &rec.steps[at];
            self.drops.clear();
            self.forget_step();
            self.start = self.trace.insts.len();
            if self.state.stack.len() != step.depth_before as usize {
                return Err(Abort::StackShape);
            }
            // Made now, because an arm changes the state before its last guard (B1); the
            // optimizer drops those that no exit uses.
            self.snap = self.snapshot_at(step.pc);
            // What a refusing arm has done would stand between the parts of a run, or
            // have popped operands that the interpreter needs.
            self.before = self.state.clone();
            self.at = at as u32;
            if let Some(made) = &mut self.made {
                made.clear();
            }
            if let Some(next) = self.region(at)? {
                self.open_run = false;
                at = next;
                continue;
            }
            let (insts, snaps) = (self.trace.insts.len(), self.trace.snaps.len());
            if self.range_loop(at).is_some() {
                self.open_run = false;
                self.own_steps += 2;
                at += 2;
                continue;
            }
            if self.own(at).is_some() {
                self.open_run = false;
                self.own_steps += 1;
                for drop in std::mem::take(&mut self.drops) {
                    self.emit(Uop::decref, &[drop], 0);
                }
                if self.state.stack.len() != step.depth as usize {
                    return Err(Abort::StackShape);
                }
            } else if self.is_function() {
                return Err(Abort::NoGain);
            } else {
                self.state = self.before.clone();
                self.pending.clear();
                self.news.clear();
                self.trace.insts.truncate(insts);
                self.trace.snaps.truncate(snaps);
                self.attach.retain(|exit| exit.guard.index() < insts);
                trace!(
                    target: "jit::build", event = "residual", op = ?step.op, arg = step.arg,
                    operands = ?step.before.map(|seen| seen.kind), known = ?self.state.stack.last(),
                    "the interpreter executes an instruction"
                );
                self.residual(step);
                self.residual_steps += 1;
            }
            at += 1;
        }
        Ok(())
    }

    /// Lets the trace count the instructions that it has executed since it last did, if somebody
    /// wants to know.
    fn count(&mut self) {
        let steps = self.own_steps - self.counted;
        self.counted = self.own_steps;
        let Some(counter) = self.facts.counter else {
            return;
        };
        let place = self.emit(Uop::const_ref, &[], counter);
        let before = self.emit(Uop::load_i64, &[place], 0);
        let steps = self.emit(Uop::const_int, &[], steps as u64);
        let after = self.emit(Uop::int_wrap_add, &[before, steps], 0);
        self.emit(Uop::store_i64, &[place, after], 0);
    }

    /// Appends an instruction that stays in the trace.
    fn emit(&mut self, op: Uop, args: &[InstIdx], imm: u64) -> InstIdx {
        debug_assert!(!op.has_snapshot());
        self.trace.push(Inst::new(op, args, imm, None))
    }

    /// Appends an instruction that exits to the start of the bytecode at hand (B1).
    fn guard(&mut self, op: Uop, args: &[InstIdx], imm: u64) -> InstIdx {
        let snap = self.keyed(op).unwrap_or(self.snap);
        self.trace.push(Inst::new(op, args, imm, Some(snap)))
    }

    /// A snapshot that names the guard about to be made; and remembers the guard if a side path
    /// starts there.
    fn keyed(&mut self, op: Uop) -> Option<SnapIdx> {
        let made = self.made.as_mut()?;
        let key = GuardKey {
            path: self.path,
            pass: self.pass,
            step: self.at,
            op,
            nth: made.iter().filter(|other| **other == op).count() as u16,
        };
        made.push(op);
        self.meta.guards.push(key);
        let mut snap = self.trace.snap(self.snap).clone();
        snap.tag = self.meta.guards.len() as u32;
        self.trace.snaps.push(snap);
        let mut sides = self.tree.sides.iter();
        if !self.peeling
            && let Some(side) = sides.position(|(at, _)| *at == key)
        {
            let framed = self.callers.len() - self.replayed();
            let snap = self.trace.snap(self.snap);
            self.attach.push(Attach {
                side,
                guard: InstIdx::new(self.trace.insts.len()),
                state: self.before.clone(),
                callers: self.callers[..framed].to_vec(),
                pc: snap.frames.last().map_or(snap.pc, |frame| frame.pc),
                uncounted: self.own_steps - self.counted,
            });
        }
        Some(SnapIdx::new(self.trace.snaps.len() - 1))
    }

    /// The state of the frame of the trace, whether it waits or not.
    fn root(&self) -> &State {
        self.callers.first().map_or(&self.state, |root| &root.state)
    }

    fn root_mut(&mut self) -> &mut State {
        match self.callers.first_mut() {
            Some(root) => &mut root.state,
            None => &mut self.state,
        }
    }

    /// How many calls the builder is inside of.
    fn inlining(&self) -> u32 {
        self.callers.len() as u32
    }

    /// The state as it is now, to go on with the instruction at `pc`.
    fn snapshot_at(&mut self, pc: u32) -> SnapIdx {
        let mut entries = Vec::new();
        let places = |places: &[Place], slot: fn(u32) -> Slot, entries: &mut Vec<_>| {
            for (index, place) in places.iter().enumerate() {
                if place.dirty
                    && let Some(value) = place.av.snap()
                {
                    entries.push((slot(index as u32), value));
                }
            }
        };
        // The frame of the trace waits, or is the innermost.
        let waiting = self.callers.first();
        let (root, stack, root_pc) = match waiting {
            Some(caller) => (
                &caller.state,
                caller.waiting_stack(),
                caller.call.waits_at(caller.step),
            ),
            None => (&self.state, self.state.stack.clone(), pc),
        };
        let mem = root.mem;
        places(&root.locals, Slot::Local, &mut entries);
        for (index, av) in stack.iter().enumerate().skip(mem) {
            let value = av.snap().expect("an entry above memory has a value");
            entries.push((Slot::Stack(index as u32), value));
        }
        places(&self.state.names, Slot::Name, &mut entries);
        let frames = self.frame_entries(pc, &mut entries);
        // Two places that hold one number hold one object; said here, because the optimizer
        // may later find more values to be equal.
        self.boxed
            .resize(self.trace.insts.len(), (0, Slot::Local(0)));
        self.snapshots += 1;
        for (slot, value) in &mut entries {
            if let Slot::Inner(_, Inner::Function | Inner::Held(_)) = slot {
                continue;
            }
            if let SnapValue::Int(inst) | SnapValue::Float(inst) = *value {
                let (snapshot, first) = &mut self.boxed[inst.index()];
                if *snapshot == self.snapshots {
                    *value = SnapValue::Same(*first);
                } else {
                    (*snapshot, *first) = (self.snapshots, *slot);
                }
            }
        }
        self.trace.add_snap(Snapshot {
            pc: root_pc,
            mem: mem as u32,
            tag: 0,
            frames,
            entries,
        })
    }

    /// Lets the interpreter execute an instruction.
    fn residual(&mut self, step: &Step) {
        if self.open_run {
            let row = self
                .meta
                .residuals
                .last_mut()
                .expect("an open run has a row");
            row.next.push(step.next);
            row.depth = step.depth;
        } else {
            self.meta.residuals.push(ResidualRow {
                pc: step.pc,
                next: vec![step.next],
                depth: step.depth,
            });
            let row = self.meta.residuals.len() as u64 - 1;
            let snap = self.snapshot_at(step.pc);
            self.trace
                .push(Inst::new(Uop::residual, &[], row, Some(snap)));
            for place in self.state.locals.iter_mut().chain(&mut self.state.names) {
                // Whatever the run calls may store there, so nothing stays known.
                *place = UNREAD;
            }
        }
        self.open_run = true;
        self.state.stack.clear();
        self.state.stack.resize(step.depth as usize, Av::Unread);
        self.state.mem = step.depth as usize;
    }
}
