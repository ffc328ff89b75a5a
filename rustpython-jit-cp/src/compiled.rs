//! A trace that can be entered, and how it is entered and left.
//!
//! Invariants:
//! - C1: a trace is only entered in a frame whose code, loop header, stack depth and
//!   dictionaries are those of its recording.
//! - C2: while compiled code runs, the trace (and so its code) is kept alive by the entry.
//! - C3: a trace that relies on a single thread is not entered once a second one exists; it
//!   leaves at the end of the residual run that started one.
//!
//! Worked example: entering a `for` loop's trace fills an activation with the
//! addresses of locals and value stack, calls the code, and restores the frame at
//! the exit that a failing `guard_int_ult` on the range took.

use crate::activation::{Activation, MAX_ARGS, Outgoing, SPILL_SLOTS};
use crate::build::value::has_one_object;
use crate::callee::{Callee, Running, holds};
use crate::deopt;
use crate::ir::{InstIdx, Trace, Uop};
use crate::pipeline::Code;
use crate::record::{MAX_INLINED, address, function_version, interned};
use crate::recording::{CallPart, Tree};
use crate::regalloc::{ExitIdx, ExitInfo};
use crate::runtime::{Host, int_value};
use crate::target::{MAX_FPRS, MAX_GPRS};
use crate::trace_meta::{Consumer, GuardKey, Kind, Part, Source, Suspended, Template, TraceMeta};
use parking_lot::Mutex;
use rustpython_vm::builtins::{PyCode, PyDict, PyFloat};
use rustpython_vm::frame::jit::{
    JitConsumer, JitFrame, JitOutcome, JitStack, JitSuspended, PollAddresses, RecursionAddresses,
    native_stack_left, set_active, threads_started,
};
use rustpython_vm::{AsObject, Py, PyObject, PyObjectRef, PyRef, PyResult, VirtualMachine};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

/// Which code object: its address, and a number that no other one at that address has.
///
/// A trace holds no reference to its code, which would change when that is freed, so
/// another code object may come to have the address. The number is kept in the code's own
/// pointer cache, in the slot of its first unit: caches belong to the units behind an
/// instruction, so no instruction uses that slot, and a new code object has 0 there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CodeId {
    addr: usize,
    number: usize,
}

impl CodeId {
    /// That of the code that a frame runs.
    #[must_use]
    pub fn of(frame: &JitFrame<'_, '_>) -> Self {
        Self::of_code(frame.code())
    }

    /// That of a code object; with the number 0 if it was given none.
    #[must_use]
    pub fn of_code(code: &Py<PyCode>) -> Self {
        Self {
            addr: address(code.as_object()),
            number: code.code.instructions.read_cache_ptr(0),
        }
    }

    /// Where the code object is.
    #[must_use]
    pub const fn address(self) -> *const u8 {
        self.addr as *const u8
    }

    /// The same, with a number given to code that has none yet. The caller holds a lock, so
    /// that two threads do not give two.
    pub fn assign(frame: &JitFrame<'_, '_>) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        let instructions = &frame.code().code.instructions;
        if instructions.read_cache_ptr(0) == 0 {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            // SAFETY: code has at least one unit, and the slot holds no object.
            unsafe { instructions.write_cache_ptr(0, number) };
        }
        Self::of(frame)
    }
}

/// How a function trace was left.
#[derive(Clone, Copy, Debug)]
pub struct Left {
    /// Through which exit.
    pub exit: ExitIdx,
    /// For which time.
    pub times: u32,
    /// How many frames of compiled functions are the interpreter's from now on.
    pub frames: u32,
}

/// Who decides what becomes of hot exits of function traces that left inside a call.
pub trait Growth {
    /// A callee's trace has left through this exit for the given time. Its frame, and those of all
    /// who wait for it, are true.
    fn left_inside(
        &self,
        frame: &mut JitFrame<'_, '_>,
        callee: &'static Callee,
        left: Left,
        vm: &VirtualMachine,
    ) -> JitOutcome;

    /// A loop's trace has left inside of inlined calls through this exit for the given time. The
    /// frame waits for them; `enter` is to be called once, to make their frames on a stack of its
    /// own.
    fn left_calls(
        &self,
        frame: &mut JitFrame<'_, '_>,
        enter: &mut dyn FnMut(&mut JitStack<'_, '_>),
        trace: &Compiled,
        left: (ExitIdx, u32),
        vm: &VirtualMachine,
    ) -> JitOutcome;
}

/// About what an entry costs that comes to nothing, in nanoseconds.
const ENTRY_NANOS: u64 = 1000;

/// After how many entries a trace is judged by what they came to.
const TRIAL: u32 = 100;

/// After how many entries in a row that came to nothing a trace is given up, whatever it has
/// gained before: the loop has changed.
const STREAK: u32 = 10 * TRIAL;

/// How often a side path may take the trunk's place.
const MAX_TURNS: u32 = 2;

/// How often at most a trace is passed by after an entry that came to nothing.
const MAX_REST: u32 = 32;

/// For how many nested calls the recursion limit has room now; negative where it was lowered.
fn room(vm: &VirtualMachine) -> i64 {
    let words = RecursionAddresses::new(vm);
    // SAFETY: both are words of this thread's virtual machine, which only it writes.
    let (depth, limit) = unsafe { (words.depth.read(), words.limit.read()) };
    limit as i64 - depth as i64 - 1
}

/// How many calls from trace to trace may be nested in an entry now: for as many the recursion
/// limit has room, and the native stack. (Inlined calls inside take a few of the former.)
fn budget(vm: &VirtualMachine) -> i64 {
    let stack = native_stack_left(vm) / (size_of::<Activation>() + 256);
    // (The last is for the `__init__` of an instance.)
    (room(vm) - MAX_INLINED as i64 - 1).min(stack as i64)
}

/// A compiled trace.
#[derive(Debug)]
pub struct Compiled {
    /// Its number in logs.
    pub number: u32,
    /// The code object.
    pub code: CodeId,
    /// The loop's first instruction.
    pub header_pc: u32,
    /// What goes with the IR.
    pub meta: TraceMeta,
    /// The IR.
    pub ir: Trace,
    /// The exits.
    pub exits: Vec<ExitInfo>,
    block: crate::codegen::CodeBlock,
    globals: usize,
    builtins: usize,
    header: Option<InstIdx>,
    valid: AtomicBool,
    hits: Box<[AtomicU32]>,
    entries: AtomicU32,
    early: AtomicU32,
    /// Entries that left in front of the loop where the loop has a path.
    covered: AtomicU32,
    /// Whether another trunk was tried.
    turned: AtomicBool,
    /// Whether the tree was tried without a peeled iteration.
    flattened: AtomicBool,
    /// How many of the last entries in a row were of that kind.
    streak: AtomicU32,
    /// How often it is still to be passed by.
    rest: AtomicU32,
    /// How often it was not entered because the frame's values went elsewhere.
    unfit: AtomicU32,
    /// Time spent in the loop in the runs that were timed, in nanoseconds.
    nanos: AtomicU64,
    /// What it was built from; its recordings keep what the code names alive.
    pub tree: Tree,
    /// The inlined calls that snapshots' frames name, by row.
    calls: Vec<CallPart>,
    /// Exits that are not worth (another) side path.
    pub given_up: Mutex<Vec<GuardKey>>,
    /// By template: a dictionary with its keys, once it was made.
    templates: Mutex<Vec<Option<PyRef<PyDict>>>>,
    /// Kept for as long as the code may run.
    _fail_words: Box<[AtomicU64]>,
}

/// What an entry came to, for the monitor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    /// It ran, and left through this exit for the given time.
    Exit(ExitIdx, u32),
    /// It ran, and left inside of inlined calls, through this exit.
    Inside(ExitIdx),
    /// It ran, and left in a residual run or inside a call of a function trace.
    Residual,
    /// It cannot be entered in this frame or now.
    Refused,
    /// It cannot be entered in this frame, and was not in many before.
    Unfit,
    /// It cannot be entered ever again.
    Dead,
}

impl Compiled {
    /// Puts a trace together.
    #[must_use]
    pub fn new(
        number: u32,
        frame: &JitFrame<'_, '_>,
        header_pc: u32,
        code: Code,
        meta: TraceMeta,
        calls: Vec<CallPart>,
        tree: Tree,
    ) -> Self {
        let Code {
            block,
            ir,
            exits,
            fail_words,
            ..
        } = code;
        Self {
            number,
            code: CodeId::of(frame),
            header_pc,
            globals: address(frame.globals().as_object()),
            builtins: frame.builtins_dict().map_or(0, |d| address(d.as_object())),
            header: ir.header(),
            hits: exits.iter().map(|_| AtomicU32::new(0)).collect(),
            meta,
            ir,
            exits,
            block,
            valid: AtomicBool::new(true),
            entries: AtomicU32::new(0),
            early: AtomicU32::new(0),
            covered: AtomicU32::new(0),
            turned: AtomicBool::new(false),
            flattened: AtomicBool::new(false),
            streak: AtomicU32::new(0),
            rest: AtomicU32::new(0),
            unfit: AtomicU32::new(0),
            nanos: AtomicU64::new(0),
            _fail_words: fail_words,
            tree,
            calls,
            given_up: Mutex::default(),
            templates: Mutex::default(),
        }
    }

    /// A dictionary with the keys of a template.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn keys_of(&self, row: usize, vm: &VirtualMachine) -> PyResult<PyRef<PyDict>> {
        let mut made = self.templates.lock();
        if made.len() <= row {
            made.resize(self.meta.templates.len(), None);
        }
        if let Some(keys) = &made[row] {
            return Ok(keys.clone());
        }
        let keys = vm.ctx.new_dict();
        if let Template::Instance { keys: names, .. } = &self.meta.templates[row] {
            for name in names {
                // SAFETY: the names are those of code.
                keys.set_item(unsafe { interned(*name) }, vm.ctx.none(), vm)?;
            }
        }
        made[row] = Some(keys.clone());
        Ok(keys)
    }

    /// Whether its assumptions still hold.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.valid.load(Ordering::Relaxed)
    }

    /// Says that its assumptions do not hold any more.
    pub fn invalidate(&self) {
        self.valid.store(false, Ordering::Relaxed);
    }

    /// Whether it belongs to this loop of this code.
    #[must_use]
    pub fn is_for(&self, code: CodeId, header_pc: u32) -> bool {
        self.code == code && self.header_pc == header_pc
    }

    /// Whether it mostly leaves before it has completed an iteration and runs for too short a
    /// time otherwise, so that it costs more than it saves; or has come to do so.
    #[must_use]
    pub fn is_wasted(&self) -> bool {
        let entries = self.entries.load(Ordering::Relaxed);
        let early = self.early.load(Ordering::Relaxed);
        let gained = self.nanos.load(Ordering::Relaxed) / ENTRY_NANOS;
        let now = self.streak.load(Ordering::Relaxed) >= STREAK;
        now || (entries >= TRIAL && early > entries / 4 * 3 && gained < u64::from(early))
    }

    /// Whether it is to be passed by this time.
    pub fn rests(&self) -> bool {
        let left = self.rest.load(Ordering::Relaxed);
        if left > 0 {
            self.rest.store(left - 1, Ordering::Relaxed);
        }
        left > 0
    }

    /// An exit in front of the loop was used. Where the loop has a path for it, the trace is of
    /// use again once the branch turns: until then it is tried more and more seldom.
    fn note_early(&self, exit: ExitIdx) {
        let streak = self.streak.fetch_add(1, Ordering::Relaxed) + 1;
        if self.exit_key(exit).is_some_and(|key| self.has_side(key)) {
            self.covered.fetch_add(1, Ordering::Relaxed);
            self.rest.store(streak.min(MAX_REST), Ordering::Relaxed);
        } else {
            self.early.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Whether most entries come to nothing because the trunk is the rarer path: another tree, with
    /// the path behind the exit that was just used for its trunk.
    #[must_use]
    pub fn turned(&self, exit: ExitIdx) -> Option<Tree> {
        let covered = self.covered.load(Ordering::Relaxed);
        let hits = self.hits[exit.index()].load(Ordering::Relaxed);
        let rarer = covered >= STREAK
            && covered > self.entries.load(Ordering::Relaxed) / 4 * 3
            && hits > covered / 3 * 2;
        let tried = self.turned.load(Ordering::Relaxed);
        if !rarer || tried || self.tree.turns >= MAX_TURNS || !self.is_early(exit) {
            return None;
        }
        let tree = self.tree.turned(self.exit_key(exit)?)?;
        self.turned.store(true, Ordering::Relaxed);
        Some(tree)
    }

    /// Whether many entries leave in front of the loop, by several exits or where there is no path, and
    /// the others do not run for long: the tree without a peeled iteration.
    #[must_use]
    pub fn flattened(&self) -> Option<Tree> {
        let entries = self.entries.load(Ordering::Relaxed);
        let early = self.early.load(Ordering::Relaxed) + self.covered.load(Ordering::Relaxed);
        let gained = self.nanos.load(Ordering::Relaxed) / ENTRY_NANOS;
        let often = entries >= TRIAL && early > entries / 4 && gained < u64::from(entries) * 4;
        let can_be = !self.tree.is_flat && self.meta.consumer.is_none();
        if !often || !can_be || self.flattened.swap(true, Ordering::Relaxed) {
            return None;
        }
        Some(self.tree.flat())
    }

    /// Whether an exit is in front of the loop; or a guard that no path starts at, where the loop has
    /// nothing in front.
    fn is_early(&self, exit: ExitIdx) -> bool {
        let at = self.exits[exit.index()].at;
        if self.tree.is_flat {
            return !self.ir.inst(at).op.is_end();
        }
        self.header.is_some_and(|header| at < header)
    }

    /// Whether there is a side path for an exit.
    #[must_use]
    pub fn has_side(&self, key: GuardKey) -> bool {
        self.tree.sides.iter().any(|(at, _)| *at == key)
    }

    /// Whether [`Self::is_wasted`] may have to know how long this run takes. Reading the clock
    /// twice is a few percent of a loop that leaves often, so runs are timed only at the start
    /// and while at least half of the entries come to nothing.
    fn may_be_wasted(&self) -> bool {
        let entries = self.entries.load(Ordering::Relaxed);
        entries < TRIAL || self.early.load(Ordering::Relaxed) > entries / 2
    }

    /// Where its code starts.
    #[must_use]
    pub fn entry(&self) -> *const u8 {
        self.block.entry()
    }

    /// How many bytes of code it has.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.block.len()
    }

    /// The instruction that an exit goes back to, in the innermost frame.
    #[must_use]
    pub fn exit_pc(&self, exit: ExitIdx) -> u32 {
        let snap = self.ir.snap(self.exits[exit.index()].snap);
        snap.frames.last().map_or(snap.pc, |frame| frame.pc)
    }

    /// The inlined calls that an exit is inside of, outermost first.
    #[must_use]
    pub fn calls_at(&self, exit: ExitIdx) -> Vec<CallPart> {
        let snap = self.ir.snap(self.exits[exit.index()].snap);
        let rows = snap.frames.iter().map(|frame| frame.row as usize);
        rows.map(|row| self.calls[row].clone()).collect()
    }

    /// Which guard an exit is, where a side path may start at it.
    #[must_use]
    pub fn exit_key(&self, exit: ExitIdx) -> Option<GuardKey> {
        let tag = self.ir.snap(self.exits[exit.index()].snap).tag;
        let key = self.meta.guards.get((tag as usize).checked_sub(1)?)?;
        (!self.given_up.lock().contains(key)).then_some(*key)
    }

    /// The uop that an exit belongs to.
    #[must_use]
    pub fn exit_op(&self, exit: ExitIdx) -> Uop {
        self.ir.inst(self.exits[exit.index()].at).op
    }

    /// Runs the trace from its start, with the frame at the loop's header.
    pub fn enter(
        &self,
        frame: &mut JitFrame<'_, '_>,
        growth: &dyn Growth,
        vm: &VirtualMachine,
    ) -> (Entry, JitOutcome) {
        if !self.is_valid() {
            return (Entry::Dead, JitOutcome::Continue);
        }
        if self.meta.single_thread && threads_started() {
            self.invalidate();
            return (Entry::Dead, JitOutcome::Continue);
        }
        let same_names = self.meta.names.is_empty()
            || (self.globals == address(frame.globals().as_object())
                && self.builtins == frame.builtins_dict().map_or(0, |d| address(d.as_object())));
        let same_mapping = !self.meta.module_names
            || frame
                .locals_mapping()
                .is_some_and(|m| m.is(frame.globals().as_object()));
        if self.meta.consumer.is_some() && self.meta.consumer != consumer_of(frame) {
            let times = self.unfit.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
            let entry = match times < TRIAL {
                true => Entry::Refused,
                false => Entry::Unfit,
            };
            return (entry, JitOutcome::Continue);
        }
        if frame.stack_len() != self.meta.entry_depth
            || !same_names
            || !same_mapping
            || !self.recursion_fits(vm)
            || frame.is_interrupted(vm)
        {
            return (Entry::Refused, JitOutcome::Continue);
        }
        frame.promote_stack();
        self.run(frame, growth, vm, std::ptr::null_mut())
    }

    /// Runs a function trace with the frame behind its `RESUME`. The callee is the one whose key
    /// the frame has.
    pub fn enter_function(
        &self,
        callee: &Callee,
        frame: &mut JitFrame<'_, '_>,
        growth: &dyn Growth,
        vm: &VirtualMachine,
    ) -> (Entry, JitOutcome) {
        if !holds(callee, vm) {
            return (Entry::Dead, JitOutcome::Continue);
        }
        if frame.is_interrupted(vm) || budget(vm) < 0 {
            return (Entry::Refused, JitOutcome::Continue);
        }
        let mut args = Outgoing::default();
        let kinds = self.meta.arguments.as_deref().unwrap_or_default();
        let locals = frame.locals_ptr();
        for (index, kind) in kinds.iter().enumerate().take(MAX_ARGS) {
            // SAFETY: the arguments are the first locals, and bound: the key has their kinds.
            let (addr, object) = unsafe {
                let addr = *locals.add(index);
                (addr, &*(addr as *const PyObject))
            };
            let (bits, boxed) = match kind {
                Kind::Int => {
                    let number = int_value(object).unwrap_or_default();
                    let boxed = if has_one_object(number) { 0 } else { addr };
                    (number as u64, boxed)
                }
                Kind::Float => {
                    let number = object.downcast_ref::<PyFloat>();
                    (number.map_or(0, |f| f.to_f64().to_bits()), addr)
                }
                Kind::Bool => (object.is(&vm.ctx.true_value).into(), 0),
                _ => (addr as u64, 0),
            };
            args.bits[index] = bits;
            args.boxes[index] = boxed;
        }
        self.run(frame, growth, vm, &raw mut args)
    }

    /// Runs the trace from its start.
    fn run(
        &self,
        frame: &mut JitFrame<'_, '_>,
        growth: &dyn Growth,
        vm: &VirtualMachine,
        args: *mut Outgoing,
    ) -> (Entry, JitOutcome) {
        let running = Running::enter();
        let poll = PollAddresses::new(vm);
        let mut activation = Activation {
            locals: frame.locals_ptr(),
            stack: frame.stack_ptr(),
            poll_breaker: poll.breaker,
            poll_gc: poll.collection,
            poll_stop: poll.stop,
            poll_trace: poll.monitoring,
            status: 0,
            exit: 0,
            args,
            root: std::ptr::null_mut(),
            depth: 0,
            callee: std::ptr::null(),
            out: Outgoing::default(),
            regs: [0; MAX_GPRS],
            fregs: [0.0; MAX_FPRS],
            spill: [0; SPILL_SLOTS],
            host: std::ptr::null_mut(),
        };
        let identity = frame.identity();
        let mut host = Host {
            frame,
            vm,
            growth,
            trace: self,
            outcome: None,
            late: Vec::new(),
            activation: &raw mut activation,
            checked: 0,
        };
        activation.root = &raw mut activation;
        if !self.meta.callees.is_empty() {
            activation.depth = budget(vm);
        }
        activation.host = (&raw mut host).cast();
        let outer = set_active(identity);
        let start = self.may_be_wasted().then(Instant::now);
        // SAFETY: the activation is set up for this frame (C1), which nothing else uses
        // meanwhile; `self` keeps the code alive (C2).
        unsafe { self.block.run(&raw mut activation) };
        set_active(outer);
        let result = match host.outcome.take() {
            Some(outcome) => {
                self.entries.fetch_add(1, Ordering::Relaxed);
                self.note_time(start);
                (Entry::Residual, outcome)
            }
            None => {
                let exit = ExitIdx(activation.exit as u32);
                if self.is_early(exit) {
                    self.note_early(exit);
                } else {
                    self.streak.store(0, Ordering::Relaxed);
                    self.note_time(start);
                }
                let old = deopt::restore(&activation, self, host.frame, vm, exit);
                let entry = self.count(exit);
                let inside = !self
                    .ir
                    .snap(self.exits[exit.index()].snap)
                    .frames
                    .is_empty();
                if let (Entry::Exit(exit, times), true) = (entry, inside) {
                    // What memory held, and what waits to be released, goes when all is true.
                    let mut gone = Some((old, std::mem::take(&mut host.late)));
                    let mut enter = |stack: &mut JitStack<'_, '_>| {
                        deopt::restore_inner(&activation, self, stack, vm, exit);
                        drop(gone.take());
                    };
                    drop(running);
                    let left = (exit, times);
                    let outcome = growth.left_calls(host.frame, &mut enter, self, left, vm);
                    return (Entry::Inside(exit), outcome);
                }
                drop(old);
                (entry, JitOutcome::Continue)
            }
        };
        drop(host);
        result
    }

    /// Whether the recursion limit has room for the inlined calls.
    fn recursion_fits(&self, vm: &VirtualMachine) -> bool {
        self.meta.inlined == 0 || i64::from(self.meta.inlined) <= room(vm)
    }

    /// What a row of the name table is bound to. The frame is the one that the trace was entered
    /// in; none where only names in dictionaries can be asked for.
    #[must_use]
    pub fn look_up(
        &self,
        row: usize,
        frame: Option<&JitFrame<'_, '_>>,
        vm: &VirtualMachine,
    ) -> Option<PyObjectRef> {
        let row = self.meta.names.get(row)?;
        let dicts = match &row.source {
            Source::Dictionaries(dicts) => dicts,
            Source::Total => {
                let JitConsumer::Sum(total) = frame?.consumer()? else {
                    return None;
                };
                // SAFETY: the `sum` waits for this frame meanwhile.
                return Some(unsafe { total.as_ref() }.clone());
            }
            Source::List => {
                let JitConsumer::List(list) = frame?.consumer()? else {
                    return None;
                };
                // SAFETY: whoever appends to it keeps it alive, and waits for this frame.
                return Some(unsafe { list.as_ref() }.to_owned().into());
            }
            Source::Generator(suspended) => return part_of(suspended, frame?, vm),
        };
        for dict in dicts {
            // SAFETY: these are the dictionaries of the frame or function that whoever asks has in
            // hand, or the trace keeps their module; names are interned for good.
            let (dict, name) = unsafe { (&*(*dict as *const Py<PyDict>), interned(row.name)) };
            match dict.get_item_opt(name, vm) {
                Ok(None) => {}
                found => return found.ok().flatten(),
            }
        }
        None
    }

    /// Whether the names that it takes for constants are still bound to them.
    #[must_use]
    pub fn names_hold(&self, vm: &VirtualMachine) -> bool {
        self.meta.fixed.iter().all(|fixed| {
            let found = self.look_up(fixed.row as usize, None, vm);
            found.is_some_and(|object| {
                let addr = address(&object);
                let same = addr == fixed.addr;
                let is_function = object.class().is(vm.ctx.types.function_type);
                same && (fixed.version == 0
                    || (is_function && function_version(addr) == fixed.version))
            })
        })
    }

    /// Binds a row of the name table, for the frame that the trace was entered in.
    pub fn set_name(
        &self,
        row: usize,
        value: PyObjectRef,
        frame: &JitFrame<'_, '_>,
        vm: &VirtualMachine,
    ) {
        let row = &self.meta.names[row];
        let dicts = match &row.source {
            Source::Dictionaries(dicts) => dicts,
            Source::Total => {
                let Some(JitConsumer::Sum(total)) = frame.consumer() else {
                    unreachable!("the entry has looked for it, and it waits for the frame")
                };
                // SAFETY: as in `look_up`. What was there is a number.
                unsafe { *total.as_ptr() = value };
                return;
            }
            Source::List => unreachable!("it is never replaced"),
            Source::Generator(suspended) => {
                let slot = slot_of(suspended, frame, vm);
                let Some(slot) = slot else {
                    unreachable!("the trace has looked at the generator, which waits")
                };
                // SAFETY: as in `slot_of`. What was there drops trivially, as the trace has
                // guarded.
                drop(unsafe { (*slot).replace(value) });
                return;
            }
        };
        // SAFETY: the entry has checked that this is the frame's own dictionary, and
        // names are interned for good.
        let (dict, name) = unsafe { (&*(dicts[0] as *const Py<PyDict>), interned(row.name)) };
        // An exact dictionary with an interned str as the key: this cannot fail.
        let stored = dict.set_item(name, value, vm);
        debug_assert!(stored.is_ok());
    }

    /// Counts the time of a run that is timed.
    fn note_time(&self, start: Option<Instant>) {
        if let Some(start) = start {
            let nanos = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.nanos.fetch_add(nanos, Ordering::Relaxed);
        }
    }

    fn count(&self, exit: ExitIdx) -> Entry {
        self.entries.fetch_add(1, Ordering::Relaxed);
        Entry::Exit(exit, self.count_inside(exit))
    }

    /// Counts a use of an exit, and says how many that makes.
    pub fn count_inside(&self, exit: ExitIdx) -> u32 {
        self.hits[exit.index()]
            .fetch_add(1, Ordering::Relaxed)
            .wrapping_add(1)
    }
}

/// Who takes what the frame yields.
fn consumer_of(frame: &JitFrame<'_, '_>) -> Option<Consumer> {
    Some(match frame.consumer()? {
        JitConsumer::Sum(_) => Consumer::Sum,
        JitConsumer::List(_) => Consumer::List,
        JitConsumer::Search(truth) => Consumer::Search(truth),
    })
}

/// The generator on the frame's value stack that a row is about, if it waits and runs that code.
fn waiting<'f>(
    suspended: &Suspended,
    frame: &'f JitFrame<'_, '_>,
    vm: &VirtualMachine,
) -> Option<(&'f PyObject, JitSuspended<'f>)> {
    let (first, inner) = suspended.path.split_first()?;
    let mut object = frame.stack_object(*first)?;
    let mut generator = JitSuspended::of(object, vm)?;
    for slot in inner {
        let (locals, entries) = generator.len();
        let inside = (*slot as usize) < locals + entries;
        // SAFETY: it is one of the slots, which hold objects or null, and suspended frames own
        // them.
        let held = inside.then(|| unsafe { *generator.slots().add(*slot as usize) })?;
        // SAFETY: as above.
        object = unsafe { (held as *const PyObject).as_ref() }?;
        generator = JitSuspended::of(object, vm)?;
    }
    let same = address(generator.code().as_object()) == suspended.code;
    same.then_some((object, generator))
}

/// A slot of the frame of such a generator.
fn slot_of(
    suspended: &Suspended,
    frame: &JitFrame<'_, '_>,
    vm: &VirtualMachine,
) -> Option<*mut Option<PyObjectRef>> {
    let (_, generator) = waiting(suspended, frame, vm)?;
    let Part::Slot(slot) = suspended.part else {
        return None;
    };
    let (locals, entries) = generator.len();
    // SAFETY: it is one of the frame's slots. Suspended frames own what is in them.
    let at = unsafe { generator.slots().add(slot as usize) };
    ((slot as usize) < locals + entries).then_some(at.cast())
}

/// What a row of a generator stands for.
fn part_of(
    suspended: &Suspended,
    frame: &JitFrame<'_, '_>,
    vm: &VirtualMachine,
) -> Option<PyObjectRef> {
    match suspended.part {
        Part::Whole(at) => {
            let (object, generator) = waiting(suspended, frame, vm)?;
            (generator.lasti() == at).then(|| object.to_owned())
        }
        Part::Slots => None,
        // SAFETY: as in `slot_of`: nobody runs the generator meanwhile.
        Part::Slot(_) => unsafe { (*slot_of(suspended, frame, vm)?).clone() },
    }
}
