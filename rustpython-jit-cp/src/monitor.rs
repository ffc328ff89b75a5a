//! The monitor: decides what is recorded, compiled, entered, and left alone.
//!
//! The interpreter counts backward jumps in place; at the threshold it calls
//! [`JitHooks::hot_loop`] with the frame. A recording that fails makes the loop wait twice
//! as long each time, and after `retries` failures it is never looked at again.
//!
//! Invariants:
//! - M1: the number in a jump's cache unit is only a hint: a trace is entered after its code
//!   object (by [`CodeId`]) and header have been compared.
//! - M2: a failure inside the JIT never reaches the program; the loop is left to the interpreter.
//! - M3: a thread makes one recording at a time; the result of one that was overtaken is dropped.
//!
//! Worked example: a loop's 1039th backward jump records it, the 1040th enters its
//! trace.

use crate::build::{self, HostFacts};
use crate::callee::{Callee, Callees, Key};
use crate::codegen::{CodeCache, CodeCacheConfig, Resolver};
use crate::compiled::{CodeId, Compiled, Entry, Growth, Left};
use crate::events::Abort;
use crate::known::Builtins;
use crate::options::Options;
use crate::pipeline::{self, Dumps};
use crate::record::{self, address, kind_of};
use crate::recording::{CallPart, Recording, Tree};
use crate::regalloc::ExitIdx;
use crate::runtime;
use crate::stats;
use crate::target::Target;
use crate::trace_meta::GuardKey;
use parking_lot::{Mutex, RwLock};
use rustpython_vm::frame::jit::{
    CLASS_VERSION, FunctionState, INSTANCE_DICT, INT_VALUE, JitFrame, JitHooks, JitOutcome,
    JitStack, TUPLE_PAYLOAD, cell_contents, dict_layout, layout, list_iterator_layout,
    threads_started,
};
use rustpython_vm::{AsObject, PyObject, VirtualMachine};
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Instant;
use tracing::{debug, info};

/// How many recordings of a loop may find that it goes round for the last time.
const SHORT_LOOP: u64 = 3;

/// How often a recording that waits for a call may be in the way of another.
const PATIENCE: u32 = 1000;

/// Whose turn it is to record, in a thread.
#[derive(Clone, Copy)]
struct Turn {
    /// The number of the recording that is under way; 0 if none.
    running: u64,
    /// The number of the latest.
    latest: u64,
    /// How many others wanted to begin since it began.
    refused: u32,
}

thread_local! {
    static TURN: Cell<Turn> = const { Cell::new(Turn { running: 0, latest: 0, refused: 0 }) };
}

/// Does something that records; not while another recording is under way in this thread, unless
/// that has waited long for a call that it does not follow: all that becomes hot in there has
/// precedence, and [`Jit::recorded`] drops the one that was overtaken.
fn exclusively(work: impl FnOnce() -> JitOutcome) -> Option<JitOutcome> {
    let mut turn = TURN.get();
    if turn.running != 0 {
        turn.refused += 1;
        if turn.refused < PATIENCE {
            TURN.set(turn);
            return None;
        }
    }
    let mine = turn.latest + 1;
    TURN.set(Turn {
        running: mine,
        latest: mine,
        refused: 0,
    });
    let outcome = work();
    let turn = TURN.get();
    if turn.running == mine {
        TURN.set(Turn { running: 0, ..turn });
    }
    Some(outcome)
}

/// How often a loop or a function has been tried.
#[derive(Clone, Copy, Default, Debug)]
struct LoopState {
    failures: u32,
    /// So many times more must it become hot before it is tried again.
    wait: u32,
}

/// The JIT of a process.
pub struct Jit {
    options: Options,
    dumps: Dumps,
    target: &'static Target,
    cache: CodeCache,
    facts: HostFacts,
    builtins: Mutex<Builtins>,
    /// By code and the jump back, or the function's first instruction.
    loops: Mutex<HashMap<(CodeId, u32), LoopState>>,
    traces: RwLock<Vec<Option<Arc<Compiled>>>>,
    callees: Callees,
    counter: AtomicU32,
    /// Whether the user was told that there is no memory for code.
    told: AtomicBool,
}

/// Finds where a list keeps the address and the number of its elements, by looking at
/// one whose address, length and capacity are known and all different.
fn list_items(vm: &VirtualMachine) -> Option<(u64, u64)> {
    let mut elements = Vec::with_capacity(11);
    elements.extend((0..5).map(|_| vm.ctx.none()));
    let list = vm.ctx.new_list(elements);
    let guard = list.borrow_vec_mut();
    let items: &Vec<rustpython_vm::PyObjectRef> = &guard;
    if items.capacity() == items.len() {
        return None;
    }
    let offset = std::ptr::from_ref(items) as usize - address(list.as_object());
    let size = size_of::<Vec<rustpython_vm::PyObjectRef>>();
    // SAFETY: the words are those of the vector, which are initialized and which the
    // list's lock protects.
    let find = |value| unsafe { find_word(list.as_object(), offset, size, value) };
    Some((find(items.as_ptr() as usize)?, find(items.len())?))
}

/// The offset of the only word of an object that has this value, among those in so many bytes from
/// an offset.
///
/// # Safety
/// The words are initialized, and nobody writes them.
unsafe fn find_word(object: &PyObject, offset: usize, size: usize, value: usize) -> Option<u64> {
    let words = (offset..offset + size).step_by(size_of::<usize>());
    // SAFETY: by the caller.
    let mut hits = words.filter(|at| unsafe { *((address(object) + at) as *const usize) } == value);
    let found = hits.next()?;
    hits.next().is_none().then_some(found as u64)
}

/// Where a tuple keeps the address and the number of its elements: found out in the same way.
fn tuple_items(vm: &VirtualMachine) -> Option<(u64, u64)> {
    let words_of = |len: usize| {
        let tuple = vm.ctx.new_tuple((0..len).map(|_| vm.ctx.none()).collect());
        // SAFETY: a tuple's payload has at least its address and number of elements, which stay.
        let find = |value| unsafe {
            let size = 2 * size_of::<usize>();
            find_word(tuple.as_object(), TUPLE_PAYLOAD, size, value)
        };
        Some((find(tuple.as_slice().as_ptr() as usize)?, find(len)?))
    };
    let found = words_of(5)?;
    (words_of(11) == Some(found)).then_some(found)
}

/// The offset of an int's value, if small ones look as the stencil of `unbox_small` expects: a word
/// that is no capacity of a vector, the magnitude, any word, and whether it is not negative.
fn int_value(vm: &VirtualMachine) -> Option<u64> {
    let looks_right = |value: i64| {
        let int = vm.ctx.new_int(value);
        let words = (address(int.as_object()) + INT_VALUE) as *const u64;
        if size_of_val(int.as_bigint()) != 32 {
            return false;
        }
        // SAFETY: the value has four words.
        let found = unsafe {
            let sign = words.add(3).cast::<u8>().read();
            (words.read(), words.add(1).read(), sign)
        };
        found == (1 << 63, value.unsigned_abs(), u8::from(value >= 0))
    };
    // And what does not fit looks different.
    let largest = vm.ctx.new_int(i64::MAX);
    let big = vm._mul(largest.as_object(), largest.as_object()).ok()?;
    let word = (address(&big) + INT_VALUE) as *const u64;
    // SAFETY: as above.
    let large = unsafe { word.read() } != 1 << 63;
    let all = [0, 1, -1, 1000, -1000, 1 << 40, -(1 << 62), i64::MAX];
    (large && all.into_iter().all(looks_right)).then_some(INT_VALUE as u64)
}

/// The reference count's word of a range iterator that only this function has.
fn unshared_iter(vm: &VirtualMachine) -> Option<(u64, u64)> {
    // By its type: the module `builtins` is still empty.
    let range: &rustpython_vm::PyObject = vm.ctx.types.range_type.as_object();
    let range = range.call((3,), vm).ok()?;
    let iter: rustpython_vm::PyObjectRef = range.get_iter(vm).ok()?.into();
    if !iter.class().is(vm.ctx.types.range_iterator_type) {
        return None;
    }
    let word = (address(&iter) + layout::OBJECT_REF_COUNT) as *const u64;
    // SAFETY: the offset is that of the count, which is a word.
    Some((layout::OBJECT_REF_COUNT as u64, unsafe { word.read() }))
}

fn facts(vm: &VirtualMachine) -> HostFacts {
    let types = &vm.ctx.types;
    let at = |object: &rustpython_vm::PyObject| address(object) as u64;
    HostFacts {
        int_type: at(types.int_type.as_object()),
        float_type: at(types.float_type.as_object()),
        bool_type: at(types.bool_type.as_object()),
        list_type: at(types.list_type.as_object()),
        tuple_type: at(types.tuple_type.as_object()),
        str_type: at(types.str_type.as_object()),
        dict_type: at(types.dict_type.as_object()),
        range_iter_type: at(types.range_iterator_type.as_object()),
        function_type: at(types.function_type.as_object()),
        // An object ends with a whole word, so an aligned one lies inside.
        function_version: (
            layout::FUNCTION_VERSION as u64 & !7,
            layout::FUNCTION_VERSION % 8 == 4,
        ),
        method_type: at(types.bound_method_type.as_object()),
        method: [layout::METHOD_FUNCTION, layout::METHOD_SELF].map(|offset| offset as u64),
        module_type: at(types.module_type.as_object()),
        type_offset: layout::OBJECT_TYPE as u64,
        class_version: CLASS_VERSION as u64,
        instance_dict: INSTANCE_DICT as u64,
        dict_layout: dict_layout(vm),
        list_iter_type: at(types.list_iterator_type.as_object()),
        generator_type: at(types.generator_type.as_object()),
        none: at(vm.ctx.none.as_object()),
        true_: at(vm.ctx.true_value.as_object()),
        list_items: list_items(vm),
        unshared_iter: unshared_iter(vm),
        class_type: at(types.type_type.as_object()),
        not_implemented: at(vm.ctx.not_implemented.as_object()),
        property_getter: layout::PROPERTY_GETTER as u64,
        function: [
            layout::FUNCTION_CODE,
            layout::FUNCTION_GLOBALS,
            layout::FUNCTION_BUILTINS,
            layout::FUNCTION_CLOSURE,
        ]
        .map(|offset| offset as u64),
        cell_contents: cell_contents(vm).map(|offset| offset as u64),
        tuple_items: tuple_items(vm),
        int_value: int_value(vm),
        list_iter: list_iterator_layout(vm).map(|words| words.map(|word| word as u64)),
        float_value: layout::FLOAT_VALUE as u64,
        range_iter: layout::RANGE_ITER.map(|offset| offset as u64),
        counter: stats::counter(),
    }
}

impl Jit {
    /// A JIT for this machine; `None` where there is no code generator for it.
    #[must_use]
    pub fn new(options: Options, dumps: Dumps, vm: &VirtualMachine) -> Option<Self> {
        let target = Target::native()?;
        runtime::look_at_counts(vm);
        let capacity = (options.code_cache as usize) << 10;
        let config = CodeCacheConfig {
            capacity,
            chunk: (256 << 10).min(capacity),
        };
        let resolver = Resolver {
            helper: runtime::resolve,
            type_offset: i32::try_from(layout::OBJECT_TYPE).ok()?,
        };
        Some(Self {
            cache: CodeCache::new(target, config, resolver).ok()?,
            target,
            facts: facts(vm),
            builtins: Mutex::new(Builtins::new(vm)),
            loops: Mutex::default(),
            traces: RwLock::default(),
            callees: Callees::default(),
            counter: AtomicU32::new(0),
            told: AtomicBool::new(false),
            options,
            dumps,
        })
    }

    /// Notes a failure, and decides when the loop or function is tried again; true when it is not.
    fn is_given_up(
        &self,
        frame: &JitFrame<'_, '_>,
        at: u32,
        header: u32,
        abort: Abort,
        detail: &str,
    ) -> bool {
        let place = Place::new(frame, header);
        debug!(
            target: "jit::record", event = "abort", reason = abort.text(), detail,
            file = place.file, function = place.function, line = place.line, "gave up"
        );
        stats::abort(|| place.event(abort.text()));
        if abort == Abort::NoMemory && !self.told.swap(true, Ordering::Relaxed) {
            eprintln!("rustpython: loops are not compiled: {detail}");
        }
        let mut loops = self.loops.lock();
        let key = (CodeId::of(frame), at);
        let state = loops.entry(key).or_default();
        if !abort.is_transient() {
            state.failures += 1;
        }
        let retries = self.options.retries;
        let (limit, wait) = match abort {
            // Another path may be the one with calls; and a loop inside is settled in its own time.
            Abort::NoCall | Abort::InnerLoop => (2 * retries, state.failures),
            // It went round for the last time: likely so if it goes round a few times only. Then it
            // soon becomes part of the loop around it.
            Abort::LeftLoop => (retries.min(SHORT_LOOP), 0),
            _ => (retries, (1 << state.failures.min(16)) - 1),
        };
        if u64::from(state.failures) <= limit {
            state.wait = wait;
            return false;
        }
        info!(
            target: "jit::blacklist", event = "blacklist", reason = abort.text(),
            file = place.file, function = place.function, line = place.line, "left alone from now on"
        );
        loops.remove(&key);
        true
    }

    /// Notes a loop's failure.
    fn failed(&self, frame: &JitFrame<'_, '_>, jump: u32, header: u32, abort: Abort, detail: &str) {
        if self.is_given_up(frame, jump, header, abort, detail) {
            frame.set_blacklisted(jump);
        } else {
            frame.set_counting(jump, 0);
        }
    }

    /// Whether a loop or function that failed before has to become hot once more.
    fn has_to_wait(&self, code: CodeId, at: u32) -> bool {
        let mut loops = self.loops.lock();
        let state = loops.get_mut(&(code, at));
        let state = state.filter(|state| state.wait > 0);
        state.map(|state| state.wait -= 1).is_some()
    }

    /// Records with what is known of builtin functions.
    fn recorded(
        &self,
        record: impl FnOnce(&mut Builtins) -> (Result<Recording, Abort>, JitOutcome),
    ) -> (Result<Recording, Abort>, JitOutcome) {
        // The lock is not held while the program runs.
        let mut builtins = std::mem::take(&mut *self.builtins.lock());
        let mine = TURN.get().running;
        let (result, outcome) = record(&mut builtins);
        self.builtins.lock().merge(builtins);
        if TURN.get().running != mine {
            return (Err(Abort::Overtaken), outcome);
        }
        (result, outcome)
    }

    /// The number of a frame's code, given to it if it has none.
    fn code_id(&self, frame: &JitFrame<'_, '_>) -> CodeId {
        let _lock = self.loops.lock();
        CodeId::assign(frame)
    }

    fn find(&self, code: CodeId, header: u32) -> Option<u16> {
        let traces = self.traces.read();
        let found = traces.iter().position(|t| {
            t.as_ref()
                .is_some_and(|t| t.is_valid() && t.is_for(code, header))
        })?;
        u16::try_from(found).ok()
    }

    /// Compiles a tree of recordings.
    fn compile(
        &self,
        frame: &JitFrame<'_, '_>,
        tree: Tree,
    ) -> Result<Arc<Compiled>, (Abort, String)> {
        let start = Instant::now();
        let plain = |abort| (abort, String::new());
        let built = build::build(&tree, &self.facts).map_err(plain)?;
        if built.sides.last() == Some(&false) {
            return Err(plain(Abort::NoSide));
        }
        let is_function = tree.trunk.arguments.is_some();
        if self.options.force == 0
            && !is_function
            && !gains(built.own_steps, built.residual_steps, built.runs)
        {
            return Err(plain(Abort::NoGain));
        }
        let build_micros = start.elapsed().as_secs_f64() * 1e6;
        let uops_before = built.trace.insts.len();
        let single = built.meta.single_thread;
        let make = |trace| {
            pipeline::compile(
                trace,
                single,
                self.target,
                &self.cache,
                &self.options,
                self.dumps,
            )
        };
        let code = match make(built.trace.clone()) {
            Err((Abort::CodeCacheFull, _)) => {
                self.flush();
                make(built.trace)?
            }
            other => other?,
        };
        let times = code.times;
        let number = self.counter.fetch_add(1, Ordering::Relaxed) + 1;
        let residuals = built.residual_steps;
        let header = tree.trunk.header;
        let (bytecodes, sides) = (tree.steps(), built.sides.iter().filter(|s| **s).count());
        let compiled = Compiled::new(number, frame, header, code, built.meta, built.calls, tree);
        let compiled = Arc::new(compiled);
        let place = Place::new(frame, header);
        info!(
            target: "jit::compile", event = "compile", trace = number,
            file = place.file, function = place.function, line = place.line,
            bytecodes, sides, residuals, uops_before, uops_after = compiled.ir.insts.len(),
            bytes = compiled.bytes(), build_us = build_micros, optimize_us = times.optimize,
            allocate_us = times.allocate, emit_us = times.emit, "compiled"
        );
        stats::compiled();
        Ok(compiled)
    }

    /// Gives a trace a number in the table.
    fn enlist(&self, compiled: &Arc<Compiled>) -> u16 {
        if let Some(id) = self.free_slot(compiled) {
            return id;
        }
        // More traces than a cache unit can name.
        self.flush();
        self.free_slot(compiled).unwrap_or_default()
    }

    fn free_slot(&self, compiled: &Arc<Compiled>) -> Option<u16> {
        let mut traces = self.traces.write();
        let free = traces.iter().position(Option::is_none);
        let slot = free.unwrap_or(traces.len());
        let id = u16::try_from(slot).ok()?;
        if slot == traces.len() {
            traces.push(None);
        }
        traces[slot] = Some(Arc::clone(compiled));
        Some(id)
    }

    /// Forgets all traces, to make room. Those that run are freed when they have left.
    fn flush(&self) {
        let old = std::mem::take(&mut *self.traces.write());
        for trace in old.iter().flatten() {
            trace.invalidate();
        }
        self.callees.withdraw_all();
        info!(target: "jit::invalidate", event = "invalidate", reason = "the code cache is full", traces = old.iter().flatten().count(), "forgot all traces");
    }

    /// Leaves a loop alone whose trace is entered in vain.
    fn give_up_if_wasted(
        &self,
        frame: &JitFrame<'_, '_>,
        jump: u32,
        id: u16,
        trace: &Arc<Compiled>,
    ) {
        if self.options.fail_guards == 0 && trace.is_wasted() {
            trace.invalidate();
            self.forget(id, trace.number, "it hardly ever completes an iteration");
            let (header, abort) = (trace.header_pc, Abort::NoGain);
            self.failed(frame, jump, header, abort, "entered in vain");
        }
    }

    /// The trace of this number, and its number in the table.
    fn numbered(&self, number: u32) -> Option<(u16, Arc<Compiled>)> {
        let traces = self.traces.read();
        let mut all = traces.iter().enumerate();
        let (id, trace) = all.find_map(|(id, trace)| {
            let trace = trace.as_ref().filter(|trace| trace.number == number)?;
            Some((id, Arc::clone(trace)))
        })?;
        Some((u16::try_from(id).ok()?, trace))
    }

    fn forget(&self, id: u16, number: u32, reason: &str) {
        let mut traces = self.traces.write();
        if let Some(slot) = traces.get_mut(id as usize)
            && slot.as_ref().is_some_and(|t| t.number == number)
        {
            *slot = None;
            info!(target: "jit::invalidate", event = "invalidate", trace = number, reason, "forgot a trace");
        }
    }

    fn record_and_compile(
        &self,
        frame: &mut JitFrame<'_, '_>,
        jump: u32,
        vm: &VirtualMachine,
    ) -> JitOutcome {
        let header = frame.lasti();
        let code = self.code_id(frame);
        if let Some(id) = self.find(code, header) {
            frame.set_compiled(jump, id);
            return JitOutcome::Continue;
        }
        if self.has_to_wait(code, jump) {
            frame.set_counting(jump, 0);
            return JitOutcome::Continue;
        }
        let place = Place::new(frame, header);
        debug!(
            target: "jit::record", event = "record_start",
            file = place.file, function = place.function, line = place.line, "recording"
        );
        let limit = self.options.max_trace as usize;
        let (result, outcome) =
            self.recorded(|builtins| record::record(frame, builtins, &self.callees, limit, vm));
        match result {
            Err(abort) => self.failed(frame, jump, header, abort, ""),
            Ok(rec) => {
                if self.dumps.bytecode {
                    eprintln!("--- bytecode\n{}", rec.text());
                }
                match self.guarded_compile(frame, Tree::new(rec)) {
                    Ok(compiled) => {
                        let id = self.enlist(&compiled);
                        if !frame.set_compiled(jump, id) {
                            self.failed(frame, jump, header, Abort::NotTrue, "");
                        }
                    }
                    Err((abort, detail)) => self.failed(frame, jump, header, abort, &detail),
                }
            }
        }
        outcome
    }

    /// In release builds a panic in the compiler costs the trace, not the program (M2).
    fn guarded_compile(
        &self,
        frame: &JitFrame<'_, '_>,
        tree: Tree,
    ) -> Result<Arc<Compiled>, (Abort, String)> {
        if cfg!(debug_assertions) {
            return self.compile(frame, tree);
        }
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.compile(frame, tree)))
            .unwrap_or_else(|_| Err((Abort::NoCode, "the compiler panicked".to_owned())))
    }
}

impl Jit {
    /// Records what follows a hot exit, at whose instruction the frame stands, or the innermost one
    /// of these calls once they are entered, and compiles the trace again with it.
    fn grow(
        &self,
        frame: &mut JitFrame<'_, '_>,
        calls: &mut Calls<'_>,
        of: &Whose,
        trace: &Arc<Compiled>,
        key: GuardKey,
        vm: &VirtualMachine,
    ) -> JitOutcome {
        let own = match of {
            Whose::Loop(_) => None,
            Whose::Function(callee) => Some((callee.key.clone(), callee.address())),
        };
        let mut place = Place::new(frame, frame.lasti());
        let limit = self.options.max_trace as usize;
        let (callees, tree) = (&self.callees, &trace.tree);
        let (result, outcome) = self.recorded(|builtins| {
            let mut stack = JitStack::new(frame);
            (calls.enter)(&mut stack);
            let inner = stack.frame();
            place = Place::new(&inner, inner.lasti());
            debug!(
                target: "jit::record", event = "record_start", trace = trace.number,
                file = place.file, function = place.function, line = place.line, "recording a side path"
            );
            record::record_side(stack, &calls.parts, builtins, callees, own, tree, limit, vm)
        });
        let grown = result
            .map_err(|abort| (abort, String::new()))
            .and_then(|rec| {
                if self.dumps.bytecode {
                    eprintln!("--- bytecode of a side path\n{}", rec.text());
                }
                let mut tree = trace.tree.clone();
                if rec.threads != tree.trunk.threads {
                    return Err((Abort::NotTrue, String::new()));
                }
                if tree.steps() + rec.count() > limit * 4 {
                    return Err((Abort::TooLong, String::new()));
                }
                if tree.repeats(key, &rec) {
                    return Err((Abort::Repeats, String::new()));
                }
                tree.sides.push((key, Arc::new(rec)));
                self.guarded_compile(frame, tree)
            });
        match grown {
            Ok(compiled) => {
                compiled.given_up.lock().clone_from(&trace.given_up.lock());
                self.replace(of, trace, compiled);
            }
            Err((abort, detail)) => {
                debug!(
                    target: "jit::record", event = "abort", reason = abort.text(), detail,
                    file = place.file, function = place.function, line = place.line, "gave up a side path"
                );
                stats::abort(|| place.event(abort.text()));
                if !abort.is_transient() {
                    trace.given_up.lock().push(key);
                }
            }
        }
        outcome
    }
}

/// The inlined calls that an exit is inside of.
struct Calls<'c> {
    /// What they are, outermost first.
    parts: Vec<CallPart>,
    /// Makes their frames, once.
    enter: &'c mut dyn FnMut(&mut JitStack<'_, '_>),
}

/// What a trace belongs to.
enum Whose {
    /// A loop, by its number in the table of traces.
    Loop(u16),
    /// A function with certain kinds of arguments.
    Function(&'static Callee),
}

impl Jit {
    /// Puts a trace in the place of the one that it has grown from.
    fn replace(&self, of: &Whose, old: &Arc<Compiled>, new: Arc<Compiled>) {
        match of {
            Whose::Loop(id) => {
                let mut traces = self.traces.write();
                if let Some(slot) = traces.get_mut(*id as usize)
                    && slot.as_ref().is_some_and(|t| t.number == old.number)
                {
                    *slot = Some(new);
                    old.invalidate();
                }
            }
            Whose::Function(callee) => {
                old.invalidate();
                self.callees.publish(callee, new);
            }
        }
    }

    /// What a function's frame is called with; none where that cannot have a trace.
    fn key(&self, frame: &mut JitFrame<'_, '_>, vm: &VirtualMachine) -> Option<Key> {
        if threads_started() || !frame.is_plain_function() || !record::can_be_traced(frame.code()) {
            return None;
        }
        let builtins = frame.builtins_dict().map(|d| address(d.as_object()))?;
        let globals = address(frame.globals().as_object());
        let code = self.code_id(frame);
        let count = frame.code().code.arg_count as usize;
        let locals = frame.locals_ptr();
        let kinds = (0..count).map(|index| {
            // SAFETY: the parameters are the first locals, and the frame holds what is bound.
            let object = unsafe { (*locals.add(index) as *const PyObject).as_ref() };
            object.map(|object| record::plain(kind_of(object, vm)))
        });
        Some(Key {
            code,
            globals,
            builtins,
            kinds: kinds.collect::<Option<_>>()?,
        })
    }

    /// Whether a function's code calls functions that compiled code could call: itself, or others
    /// with traces. Only then does a trace of the whole function gain.
    fn may_call_traces(&self, frame: &JitFrame<'_, '_>, vm: &VirtualMachine) -> bool {
        let code = frame.code();
        code.code.names.iter().any(|name| {
            let found = frame.globals().get_item_opt(*name, vm);
            let Ok(Some(object)) = found else {
                return false;
            };
            record::code_of(&object, vm).is_some_and(|called| {
                let id = CodeId::of_code(&called);
                id == CodeId::of(frame) || self.callees.knows(id)
            })
        })
    }

    /// Records a call of a hot function, and compiles it.
    fn record_function(&self, frame: &mut JitFrame<'_, '_>, vm: &VirtualMachine) -> JitOutcome {
        let Some(key) = self.key(frame, vm) else {
            frame.set_function(FunctionState::Blacklisted);
            return JitOutcome::Continue;
        };
        let start = frame.lasti();
        if self.has_to_wait(key.code, start) {
            return JitOutcome::Continue;
        }
        let callee = self
            .may_call_traces(frame, vm)
            .then(|| self.callees.get(&key))
            .flatten();
        let Some(callee) = callee else {
            frame.set_function(FunctionState::Blacklisted);
            return JitOutcome::Continue;
        };
        let place = Place::new(frame, start);
        debug!(
            target: "jit::record", event = "record_start",
            file = place.file, function = place.function, line = place.line, "recording a function"
        );
        let limit = self.options.max_trace as usize;
        let own = (key, callee.address());
        let (result, outcome) = self.recorded(|builtins| {
            record::record_function(frame, builtins, &self.callees, own, limit, vm)
        });
        let compiled = result
            .map_err(|abort| (abort, String::new()))
            .and_then(|rec| {
                if self.dumps.bytecode {
                    eprintln!("--- bytecode of a function\n{}", rec.text());
                }
                if !rec.steps.iter().any(|step| step.called.is_some()) {
                    return Err((Abort::NoCall, String::new()));
                }
                self.guarded_compile(frame, Tree::new(rec))
            });
        // The frame may have gone on.
        let state = match compiled {
            Ok(compiled) => {
                self.callees.publish(callee, compiled);
                FunctionState::Compiled
            }
            Err((abort, detail)) if self.is_given_up(frame, start, start, abort, &detail) => {
                FunctionState::Blacklisted
            }
            // Recordings that overtook this one may have given it a trace.
            Err(_) if callee.trace().is_some() => FunctionState::Compiled,
            Err(_) => FunctionState::Counting(u32::MAX),
        };
        frame.set_function_at(start, state);
        outcome
    }

    /// Runs the function trace for what the frame is called with, if there is one.
    fn enter_function(
        &self,
        frame: &mut JitFrame<'_, '_>,
        vm: &VirtualMachine,
    ) -> Option<JitOutcome> {
        let Some(key) = self.key(frame, vm) else {
            return Some(JitOutcome::Continue);
        };
        let callee = self.callees.find(&key)?;
        let trace = callee.trace()?;
        let start = frame.lasti();
        let (entry, outcome) = trace.enter_function(callee, frame, self, vm);
        Some(match entry {
            Entry::Exit(exit, times) if !trace.exit_op(exit).is_return() => {
                let frames = 1;
                let left = Left {
                    exit,
                    times,
                    frames,
                };
                self.left_function(frame, callee, &trace, left, vm)
            }
            Entry::Dead => {
                self.callees.withdraw(callee);
                frame.set_function_at(start, FunctionState::Counting(0));
                outcome
            }
            Entry::Exit(..)
            | Entry::Inside(_)
            | Entry::Residual
            | Entry::Refused
            | Entry::Unfit => outcome,
        })
    }

    /// Tells the log of an exit, less and less often.
    fn log_exit(frame: &JitFrame<'_, '_>, trace: &Compiled, exit: ExitIdx, times: u32) {
        stats::exit(|| {
            let reason = trace.exit_op(exit).row().name;
            Place::new(frame, trace.exit_pc(exit)).event(reason)
        });
        if times.is_power_of_two() {
            let place = Place::new(frame, trace.exit_pc(exit));
            debug!(
                target: "jit::deopt", event = "deopt", trace = trace.number, exit = exit.0,
                reason = trace.exit_op(exit).row().name, count = times,
                file = place.file, function = place.function, line = place.line, "left"
            );
        }
    }

    /// Which exit it is, where a trace may have a side path for it.
    fn may_grow(&self, trace: &Compiled, exit: ExitIdx) -> Option<GuardKey> {
        if !trace.is_valid() || trace.tree.sides.len() >= self.options.sides as usize {
            return None;
        }
        let key = trace.exit_key(exit)?;
        // In front of the loop, and the loop has the path.
        (!trace.has_side(key)).then_some(key)
    }

    /// Whether an exit of a loop that was used for the given time is to have a side path.
    fn is_hot(&self, times: u32) -> bool {
        let threshold = self.options.side_threshold();
        times == threshold || times.is_power_of_two() && times > threshold
    }

    /// Records what follows a hot exit, where a trace may have more side paths.
    fn grow_at(
        &self,
        frame: &mut JitFrame<'_, '_>,
        of: &Whose,
        trace: &Arc<Compiled>,
        exit: ExitIdx,
        vm: &VirtualMachine,
    ) -> Option<JitOutcome> {
        let key = self.may_grow(trace, exit)?;
        let mut calls = Calls {
            parts: Vec::new(),
            enter: &mut |_| {},
        };
        exclusively(|| self.grow(frame, &mut calls, of, trace, key, vm))
    }

    /// Compiles a loop again from a tree with another trunk.
    fn turn(&self, frame: &JitFrame<'_, '_>, id: u16, trace: &Arc<Compiled>, tree: Tree) {
        if let Ok(compiled) = self.guarded_compile(frame, tree) {
            self.replace(&Whose::Loop(id), trace, compiled);
        }
    }

    /// A function's trace has left before its return. An exit deep down, from which many frames
    /// go on in the interpreter, is as bad as that many exits.
    fn left_function(
        &self,
        frame: &mut JitFrame<'_, '_>,
        callee: &'static Callee,
        trace: &Arc<Compiled>,
        left: Left,
        vm: &VirtualMachine,
    ) -> JitOutcome {
        let Left {
            exit,
            times,
            frames,
        } = left;
        Self::log_exit(frame, trace, exit, times);
        (times.saturating_mul(frames) >= self.options.side_threshold())
            .then(|| self.grow_at(frame, &Whose::Function(callee), trace, exit, vm))
            .flatten()
            .unwrap_or(JitOutcome::Continue)
    }
}

impl Growth for Jit {
    fn left_inside(
        &self,
        frame: &mut JitFrame<'_, '_>,
        callee: &'static Callee,
        left: Left,
        vm: &VirtualMachine,
    ) -> JitOutcome {
        match callee.trace() {
            Some(trace) => self.left_function(frame, callee, &trace, left, vm),
            None => JitOutcome::Continue,
        }
    }

    fn left_calls(
        &self,
        frame: &mut JitFrame<'_, '_>,
        enter: &mut dyn FnMut(&mut JitStack<'_, '_>),
        trace: &Compiled,
        (exit, times): (ExitIdx, u32),
        vm: &VirtualMachine,
    ) -> JitOutcome {
        let mut enter = |stack: &mut JitStack<'_, '_>| {
            enter(stack);
            Self::log_exit(&stack.frame(), trace, exit, times);
        };
        let mut calls = Calls {
            parts: trace.calls_at(exit),
            enter: &mut enter,
        };
        if self.is_hot(times)
            && let Some((id, trace)) = self.numbered(trace.number)
            && let Some(key) = self.may_grow(&trace, exit)
        {
            let of = Whose::Loop(id);
            let grown = exclusively(|| self.grow(frame, &mut calls, &of, &trace, key, vm));
            if let Some(outcome) = grown {
                return outcome;
            }
        }
        let mut stack = JitStack::new(frame);
        (calls.enter)(&mut stack);
        stack.leave(vm)
    }
}

/// Whether a trace whose iteration has so many instructions of either kind and so many residual
/// runs is worth entering: making the frame true for a run costs about as much as interpreting
/// seven instructions.
fn gains(own: usize, residual: usize, runs: usize) -> bool {
    own > residual + 7 * runs
}

struct Place {
    file: &'static str,
    function: &'static str,
    line: usize,
}

impl Place {
    fn new(frame: &JitFrame<'_, '_>, pc: u32) -> Self {
        let code = &frame.code().code;
        Self {
            file: code.source_path.as_str(),
            function: code.qualname.as_str(),
            line: code
                .locations
                .get(pc as usize)
                .map_or(0, |(start, _)| start.line.get()),
        }
    }

    /// Something that happened there, for [`stats`].
    const fn event(&self, reason: &'static str) -> stats::Event {
        stats::Event {
            reason,
            file: self.file,
            function: self.function,
            line: self.line,
        }
    }
}

impl JitHooks for Jit {
    fn hot_loop(&self, frame: &mut JitFrame<'_, '_>, jump: u32, vm: &VirtualMachine) -> JitOutcome {
        exclusively(|| self.record_and_compile(frame, jump, vm)).unwrap_or(JitOutcome::Continue)
    }

    fn enter(
        &self,
        frame: &mut JitFrame<'_, '_>,
        jump: u32,
        id: u16,
        vm: &VirtualMachine,
    ) -> JitOutcome {
        let trace = self.traces.read().get(id as usize).cloned().flatten();
        let code = CodeId::of(frame);
        let Some(trace) = trace.filter(|t| t.is_for(code, frame.lasti())) else {
            frame.set_counting(jump, 0);
            return JitOutcome::Continue;
        };
        if trace.rests() {
            return JitOutcome::Continue;
        }
        let (entry, outcome) = trace.enter(frame, self, vm);
        match entry {
            Entry::Exit(exit, times) => {
                Self::log_exit(frame, &trace, exit, times);
                if self.is_hot(times)
                    && let Some(outcome) = self.grow_at(frame, &Whose::Loop(id), &trace, exit, vm)
                {
                    return outcome;
                }
                if let Some(tree) = trace.turned(exit).or_else(|| trace.flattened()) {
                    self.turn(frame, id, &trace, tree);
                } else {
                    self.give_up_if_wasted(frame, jump, id, &trace);
                }
            }
            Entry::Inside(_) => self.give_up_if_wasted(frame, jump, id, &trace),
            Entry::Dead => {
                self.forget(id, trace.number, "a second thread exists");
                frame.set_counting(jump, 0);
            }
            Entry::Unfit => {
                trace.invalidate();
                let reason = Abort::Consumer;
                self.forget(id, trace.number, reason.text());
                self.failed(frame, jump, trace.header_pc, reason, "");
            }
            Entry::Residual | Entry::Refused => {}
        }
        outcome
    }

    fn function(
        &self,
        frame: &mut JitFrame<'_, '_>,
        state: FunctionState,
        vm: &VirtualMachine,
    ) -> JitOutcome {
        if state == FunctionState::Compiled
            && let Some(outcome) = self.enter_function(frame, vm)
        {
            return outcome;
        }
        exclusively(|| self.record_function(frame, vm)).unwrap_or(JitOutcome::Continue)
    }

    fn is_enabled(&self) -> bool {
        self.options.enabled
    }
}
