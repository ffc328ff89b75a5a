//! The recorder: follows what a frame really executes, one instruction at a time.
//!
//! It stands at the loop's header with the frame in hand. Before each instruction
//! it notes what the instruction is about to see, lets the interpreter execute it,
//! and notes where that went. The program makes progress all the while: a
//! recording that is given up has cost time but changed nothing.
//!
//! Invariants:
//! - The frame is true between steps.
//! - A recording never spans an interruption: signals and collections wait until it is over; where
//!   other threads may wait, it is given up.
//!
//! Worked example: for `while i < n: i += 1` the recording starts at the loop's
//! first `LOAD_FAST` and is complete when the `JUMP_BACKWARD` to it comes next.

use crate::activation::MAX_ARGS;
use crate::callee::{Callees, Key};
use crate::compiled::CodeId;
use crate::events::Abort;
use crate::known::Builtins;
use crate::recognize;
use crate::recording::{
    Argument, Attribute, Bound, Builtin, CallPart, Called, Closure, ConstValue, Constructed, End,
    Field, Inlined, Kind, Place, Raised, Recording, Resumed, Seen, Step, Taken, Target, Tree,
};
use crate::trace_meta::{NameRow, Part, Source, Suspended, Waiting};
use num_traits::{Signed, ToPrimitive};
use rustpython_vm::builtins::{PyCode, PyDict, PyFloat, PyInt, PyList, PyModule, PyStrInterned};
use rustpython_vm::bytecode::{CodeFlags, Instruction, LoadAttr, Opcode};
use rustpython_vm::frame::jit::{
    JitArgument, JitCall, JitCallee, JitConsumer, JitFrame, JitOutcome, JitPlace, JitStack,
    JitStep, JitSuspended, attribute, attribute_to_store, construction, goes_into_dictionary,
    layout, threads_started, true_by_class, version_for_identity, version_of_array,
    versions_for_isinstance,
};
use rustpython_vm::{AsObject, Py, PyObject, PyObjectRef, PyRef, VirtualMachine};
use std::sync::Arc;

/// The address of an object.
#[must_use]
pub fn address(object: &PyObject) -> usize {
    std::ptr::from_ref(object) as usize
}

/// The name at an address.
///
/// # Safety
/// It is that of an interned string: they live for as long as the process.
#[must_use]
pub unsafe fn interned(addr: usize) -> &'static PyStrInterned {
    // SAFETY: by the caller.
    unsafe { &*(addr as *const PyStrInterned) }
}

/// What an object is.
#[must_use]
pub fn kind_of(object: &PyObject, vm: &VirtualMachine) -> Kind {
    let types = &vm.ctx.types;
    let class = object.class();
    if class.is(types.int_type) {
        let fits = object
            .downcast_ref::<PyInt>()
            .is_some_and(|i| i.as_bigint().to_i64().is_some());
        if fits { Kind::Int } else { Kind::BigInt }
    } else if class.is(types.float_type) {
        Kind::Float
    } else if class.is(types.bool_type) {
        Kind::Bool
    } else if class.is(types.none_type) {
        Kind::None
    } else if class.is(types.list_type) {
        Kind::List
    } else if class.is(types.str_type) {
        Kind::Str
    } else if class.is(types.tuple_type) {
        Kind::Tuple
    } else if class.is(types.dict_type) {
        Kind::Dict
    } else if class.is(types.range_iterator_type) {
        Kind::RangeIter
    } else if class.is(types.list_iterator_type) {
        Kind::ListIter
    } else if class.is(types.module_type) {
        Kind::Module
    } else if class.is(types.function_type) {
        Kind::Function
    } else {
        Kind::Other
    }
}

fn constant_value(object: &PyObject, vm: &VirtualMachine) -> ConstValue {
    match kind_of(object, vm) {
        Kind::Int => object
            .downcast_ref::<PyInt>()
            .and_then(|i| i.as_bigint().to_i64())
            .map_or(ConstValue::Object, ConstValue::Int),
        Kind::Float => object
            .downcast_ref::<PyFloat>()
            .map_or(ConstValue::Object, |f| ConstValue::Float(f.to_f64())),
        Kind::Bool => ConstValue::Bool(object.is(&vm.ctx.true_value)),
        _ => ConstValue::Object,
    }
}

/// A decoded instruction.
#[derive(Clone, Copy)]
struct Decoded {
    /// The instruction itself, behind its prefixes.
    at: u32,
    instruction: Instruction,
    op: Opcode,
    arg: u32,
    fall: u32,
}

fn decode(frame: &JitFrame<'_, '_>, pc: u32) -> Option<Decoded> {
    let units = &frame.code().code.instructions;
    let (mut at, mut arg) = (pc, 0u32);
    loop {
        if at as usize >= units.len() {
            return None;
        }
        let unit = units.read_unit(at as usize);
        arg = arg << 8 | u32::from(u8::from(unit.arg));
        let op = Opcode::from(unit.op).deoptimize();
        if op == Opcode::ExtendedArg {
            at += 1;
            continue;
        }
        let fall = at + 1 + unit.op.cache_entries() as u32;
        return Some(Decoded {
            at,
            instruction: unit.op,
            op,
            arg,
            fall,
        });
    }
}

/// The kind of an argument as the key of a function trace has it.
#[must_use]
pub const fn plain(kind: Kind) -> Kind {
    match kind {
        Kind::BigInt | Kind::Module | Kind::Generator => Kind::Other,
        kind => kind,
    }
}

/// Whether calls of this code with as many arguments as it has parameters can have traces.
#[must_use]
pub fn can_be_traced(code: &Py<PyCode>) -> bool {
    let code = &code.code;
    let variable = CodeFlags::VARARGS | CodeFlags::VARKEYWORDS;
    code.arg_count as usize <= MAX_ARGS
        && code.kwonlyarg_count == 0
        && code.cellvars.is_empty()
        && code.freevars.is_empty()
        && !code.flags.intersects(variable)
}

/// The code of a Python function; none for other objects.
#[must_use]
pub fn code_of(function: &PyObject, vm: &VirtualMachine) -> Option<PyRef<PyCode>> {
    if !function.class().is(vm.ctx.types.function_type) {
        return None;
    }
    let code = function.get_attr(vm.ctx.intern_str("__code__"), vm);
    code.ok()?.downcast().ok()
}

/// The version of a function, 0 if it has none at the moment.
#[must_use]
pub fn function_version(function: usize) -> u32 {
    let word = (function + layout::FUNCTION_VERSION) as *const u32;
    // SAFETY: the caller has seen that the object is a function, which has its version there.
    unsafe { word.read() }
}

/// The attributes that the code of an `__init__` stores arguments and constants into, if it does
/// nothing else, and how many instructions it has.
fn simple_init(code: &Py<PyCode>, vm: &VirtualMachine) -> Option<(Vec<(usize, Field)>, usize)> {
    /// `self` or something that can be stored.
    type Value = Option<Field>;
    let code = &code.code;
    let cells = !code.cellvars.is_empty() || !code.freevars.is_empty();
    if cells || !code.exceptiontable.is_empty() || code.kwonlyarg_count > 0 {
        return None;
    }
    let argument = |local: u32| -> Option<Value> {
        (local < code.arg_count).then(|| local.checked_sub(1).map(Field::Argument))
    };
    let constant = |object: &PyObject| Field::Constant(address(object), constant_value(object, vm));
    let mut stack: Vec<Value> = Vec::new();
    let mut fields: Vec<(usize, Field)> = Vec::new();
    let (mut at, mut steps) = (0, 0);
    while at < code.instructions.len() {
        let unit = code.instructions.read_unit(at);
        let arg = u32::from(u8::from(unit.arg));
        steps += 1;
        match Opcode::from(unit.op).deoptimize() {
            Opcode::Resume | Opcode::Nop => {}
            Opcode::LoadFast | Opcode::LoadFastBorrow | Opcode::LoadFastCheck => {
                stack.push(argument(arg)?);
            }
            Opcode::LoadFastLoadFast | Opcode::LoadFastBorrowLoadFastBorrow => {
                stack.push(argument(arg >> 4)?);
                stack.push(argument(arg & 15)?);
            }
            Opcode::LoadConst => {
                let object: PyObjectRef = code.constants.get(arg as usize)?.clone().into();
                // The code holds it.
                stack.push(Some(constant(&object)));
            }
            Opcode::LoadSmallInt => {
                // There is one object of it.
                let object: PyObjectRef = vm.ctx.new_int(arg).into();
                stack.push(Some(constant(&object)));
            }
            Opcode::StoreAttr => {
                if stack.pop()?.is_some() {
                    return None;
                }
                let value = stack.pop()??;
                let name = std::ptr::from_ref(*code.names.get(arg as usize)?) as usize;
                match fields.iter_mut().find(|(other, _)| *other == name) {
                    Some((_, old)) => *old = value,
                    None => fields.push((name, value)),
                }
            }
            Opcode::ReturnValue => {
                let Some(Field::Constant(addr, _)) = stack.pop()? else {
                    return None;
                };
                let none = addr == address(&vm.ctx.none());
                return (none && stack.is_empty() && !fields.is_empty()).then_some((fields, steps));
            }
            _ => return None,
        }
        at += 1 + unit.op.cache_entries();
    }
    None
}

/// How many calls may be inlined in each other.
pub const MAX_INLINED: usize = 6;

/// How often a function may be among the calls that are inlined in each other.
const MAX_RECURSION: usize = 2;

/// How many rounds of a short loop a side path may have.
const MAX_ROUNDS: usize = 16;

/// How many rounds of a loop of its own a callee may make, and how many instructions it may have
/// executed then.
const MAX_CALLEE_ROUNDS: usize = 8;
const MAX_CALLEE_STEPS: usize = 250;

/// How many code units an inlined function may have.
const MAX_INLINED_UNITS: usize = 400;

/// How many slots the frame of a generator may have that is followed.
const MAX_SLOTS: usize = 64;

/// A call that the recording has gone into.
struct Open {
    /// The step of the call, to be completed.
    step: Step,
    code: usize,
    /// What is known of the call, and the callee's recording.
    call: Inlined,
}

/// The addresses of a frame's globals and builtins.
fn dictionaries(frame: &JitFrame<'_, '_>) -> (usize, Option<usize>) {
    let builtins = frame.builtins_dict().map(|dict| address(dict.as_object()));
    (address(frame.globals().as_object()), builtins)
}

struct Recorder<'r, 'b> {
    stack: JitStack<'r, 'b>,
    vm: &'r VirtualMachine,
    builtins: &'r mut Builtins,
    out: Recording,
    /// Whether it follows an exit rather than the loop.
    is_side: bool,
    /// The calls that it is inside of.
    open: Vec<Open>,
    /// How many of them it has started in, and not come back from.
    started_in: usize,
    /// How many instructions were recorded.
    count: usize,
    /// The functions with traces.
    callees: &'r Callees,
    /// What the function that is recorded is called with, and its callee.
    own: Option<(Key, usize)>,
}

/// Records one iteration of the loop whose header the frame stands at. Also returns
/// what the interpreter must do next, in either case.
pub fn record(
    frame: &mut JitFrame<'_, '_>,
    builtins: &mut Builtins,
    callees: &Callees,
    max_steps: usize,
    vm: &VirtualMachine,
) -> (Result<Recording, Abort>, JitOutcome) {
    let out = Recording {
        depth: frame.stack_len(),
        ..Recording::start(frame)
    };
    Recorder::new(JitStack::new(frame), builtins, callees, out, vm).run(max_steps)
}

/// Records a call of a function from behind its `RESUME`, where the frame stands, to its return.
pub fn record_function(
    frame: &mut JitFrame<'_, '_>,
    builtins: &mut Builtins,
    callees: &Callees,
    own: (Key, usize),
    max_steps: usize,
    vm: &VirtualMachine,
) -> (Result<Recording, Abort>, JitOutcome) {
    let out = Recording {
        arguments: Some(own.0.kinds.to_vec()),
        ..Recording::start(frame)
    };
    let mut recorder = Recorder::new(JitStack::new(frame), builtins, callees, out, vm);
    recorder.own = Some(own);
    recorder.run(max_steps)
}

/// Records what follows a hot exit of a tree's trace, at whose instruction the innermost frame
/// stands, inside of these calls: until the loop's header comes next, or something that a side path
/// cannot contain.
#[allow(clippy::too_many_arguments)]
pub fn record_side(
    mut stack: JitStack<'_, '_>,
    calls: &[CallPart],
    builtins: &mut Builtins,
    callees: &Callees,
    own: Option<(Key, usize)>,
    tree: &Tree,
    max_steps: usize,
    vm: &VirtualMachine,
) -> (Result<Recording, Abort>, JitOutcome) {
    let out = Recording {
        header: tree.trunk.header,
        depth: tree.trunk.depth,
        locals: tree.trunk.locals,
        names: tree.names().to_vec(),
        arguments: tree.trunk.arguments.clone(),
        inside: calls.to_vec(),
        ..Recording::start(&stack.frame_at(0))
    };
    let mut recorder = Recorder::new(stack, builtins, callees, out, vm);
    recorder.is_side = true;
    recorder.own = own;
    recorder.started_in = calls.len();
    for (index, part) in calls.iter().enumerate() {
        let frame = recorder.stack.frame_at(index + 1);
        let code = address(frame.code().as_object());
        recorder.open.push(Open {
            step: part.step.clone(),
            code,
            call: part.call.again(),
        });
    }
    recorder.run(max_steps)
}

impl Recording {
    /// An empty one that starts where the frame stands.
    fn start(frame: &JitFrame<'_, '_>) -> Self {
        Self {
            header: frame.lasti(),
            locals: u32::try_from(frame.locals_len()).unwrap_or(u32::MAX),
            threads: threads_started(),
            ..Self::default()
        }
    }
}

impl<'r, 'b> Recorder<'r, 'b> {
    /// Before the first instruction of a loop.
    fn new(
        stack: JitStack<'r, 'b>,
        builtins: &'r mut Builtins,
        callees: &'r Callees,
        out: Recording,
        vm: &'r VirtualMachine,
    ) -> Self {
        builtins.learn_functions(vm);
        Self {
            stack,
            vm,
            builtins,
            out,
            is_side: false,
            open: Vec::new(),
            started_in: 0,
            count: 0,
            callees,
            own: None,
        }
    }
}

impl<'b> Recorder<'_, 'b> {
    /// The innermost frame.
    fn frame(&mut self) -> JitFrame<'_, 'b> {
        self.stack.frame()
    }

    fn run(mut self, max_steps: usize) -> (Result<Recording, Abort>, JitOutcome) {
        loop {
            let (abort, outcome) = match self.step(max_steps) {
                Ok(false) => continue,
                Ok(true) => return (Ok(self.out), JitOutcome::Continue),
                Err((abort, Some(outcome))) => (abort, outcome),
                // Callees that were entered go on where they are.
                Err((abort, None)) => {
                    let outcome = self.stack.leave(self.vm);
                    (abort, outcome)
                }
            };
            // A side path may end anywhere, if it has got somewhere.
            let may_end = matches!(abort, Abort::Raised | Abort::LeftFrame | Abort::LeftLoop);
            let result = match self.out.steps.last().map(|step| step.next) {
                Some(last) if self.is_side && may_end && self.started_in == 0 => {
                    self.out.end = End::Before(last);
                    Ok(self.out)
                }
                _ => Err(abort),
            };
            return (result, outcome);
        }
    }

    /// What becomes of a backward jump that is not the loop's own: `None` when the recording goes
    /// on behind it.
    fn other_jump(&mut self, now: Decoded, target: u32) -> Option<Abort> {
        if !self.is_side {
            if target < self.out.header {
                return Some(Abort::LeftLoop);
            }
            // One that was left alone, as it goes round only a few times, is followed as it goes.
            let settled = matches!(
                now.instruction,
                Instruction::JumpBackwardJit | Instruction::JumpBackwardNoJit
            );
            return (!settled).then_some(Abort::InnerLoop);
        }
        // The loop around this one is followed, and short ones inside; any other is left to itself.
        let around = target < self.out.header && now.at > self.out.header;
        let short = matches!(now.instruction, Instruction::JumpBackwardNoJit);
        let rounds = self.out.steps.iter().filter(|step| step.pc == target);
        let limit = match (around, short && target > self.out.header) {
            (true, _) => 1,
            (false, true) => MAX_ROUNDS,
            (false, false) => 0,
        };
        (rounds.count() >= limit).then_some(Abort::LeftLoop)
    }

    /// What becomes of a backward jump in a callee: `None` when the recording goes round the loop with
    /// it, as each round of it was new.
    fn goes_round(&mut self, target: u32) -> Option<Abort> {
        let code = CodeId::of_code(self.frame().code());
        let steps = &self.open.last()?.call.rec.steps;
        let rounds = steps.iter().filter(|step| step.pc == target).count();
        if rounds < MAX_CALLEE_ROUNDS && steps.len() < MAX_CALLEE_STEPS {
            return None;
        }
        self.builtins.long.insert(code);
        Some(Abort::LongCallee)
    }

    /// Executes one instruction; true when the recording is complete. With an error comes what
    /// the interpreter must do next, if that is not to go on in the innermost frame.
    fn step(&mut self, max_steps: usize) -> Result<bool, (Abort, Option<JitOutcome>)> {
        let give_up = |abort| Err((abort, None));
        if self.count >= max_steps {
            return give_up(Abort::TooLong);
        }
        let vm = self.vm;
        // With other threads about, one may wait for this one. Anything else can wait itself until the
        // recording is over.
        if self.out.threads && self.frame().is_interrupted(vm) {
            return give_up(Abort::Interrupted);
        }
        if self.frame().is_watched(vm) {
            return give_up(Abort::Watched);
        }
        let pc = self.frame().lasti();
        let at_root = self.open.is_empty();
        let is_function = self.out.arguments.is_some();
        if self.is_side
            && !is_function
            && at_root
            && pc == self.out.header
            && !self.out.steps.is_empty()
            && self.frame().stack_len() == self.out.depth
        {
            return Ok(true);
        }
        let Some(now) = decode(&self.frame(), pc) else {
            return give_up(Abort::LeftLoop);
        };
        if now.op == Opcode::ReturnValue && at_root && is_function {
            self.out.end = End::Return(pc);
            return Ok(true);
        }
        if now.op == Opcode::JumpBackward {
            let target = now.fall.wrapping_sub(now.arg);
            if self.is_in_generator() {
                let step = self.plain_jump(pc, now, target);
                self.append(step);
                self.frame().set_lasti(target);
                return Ok(false);
            }
            if !at_root {
                return match self.goes_round(target) {
                    Some(abort) => give_up(abort),
                    None => {
                        let step = self.plain_jump(pc, now, target);
                        self.append(step);
                        self.frame().set_lasti(target);
                        Ok(false)
                    }
                };
            }
            if is_function {
                return give_up(Abort::InnerLoop);
            }
            if target == self.out.header {
                if self.frame().stack_len() != self.out.depth {
                    return give_up(Abort::StackShape);
                }
                self.frame().set_lasti(target);
                return Ok(true);
            }
            if let Some(abort) = self.other_jump(now, target) {
                return give_up(abort);
            }
            if self.is_side || matches!(now.instruction, Instruction::JumpBackwardNoJit) {
                let step = self.plain_jump(pc, now, target);
                self.append(step);
                self.frame().set_lasti(target);
                return Ok(false);
            }
        }
        let mut step = Step {
            before: [0, 1, 2].map(|n| self.seen(n)),
            jump: self.jump_at(now.fall),
            ..self.plain_jump(pc, now, 0)
        };
        self.note(&mut step);
        if !self.out.threads {
            step.native = recognize::find(&step, vm);
        }
        step.called = self.called(&step);
        if at_root && self.take_yielded(&mut step) {
            self.complete(step);
            return Ok(false);
        }
        let (went, followed) = if let Some(generator) = self.generator_to_follow(&step) {
            (self.stack.resume(vm), Some(generator))
        } else if let Some((call, code, version)) = self.callee_to_follow(&step) {
            let followed = self.followed(&call, code, version);
            (self.stack.enter(call, vm), Some(followed))
        } else {
            (self.stack.step_over(vm), None)
        };
        match (went, followed) {
            (JitStep::Continue, _) => self.complete(step),
            (JitStep::Called, Some(followed)) => self.go_into(step, followed),
            (JitStep::Returned, _) => {
                step.next = step.fall;
                self.come_back(step);
            }
            (JitStep::Called, None) | (JitStep::Unwound, _) => return give_up(Abort::Raised),
            (JitStep::Left(JitOutcome::Raised(exception, at)), _) if at_root => {
                let class = address(exception.class().as_object());
                if let Some(outcome) = self.stack.catch(exception, at, vm) {
                    return Err((Abort::Raised, Some(outcome)));
                }
                let is_builtin = self.builtins.get(class) == Some(Builtin::Exception);
                if is_builtin {
                    self.out.exceptions.push(class);
                }
                step.raised = Some(Raised { class, is_builtin });
                self.complete(step);
            }
            (JitStep::Left(outcome), _) => {
                let abort = match outcome {
                    JitOutcome::Raised(..) => Abort::Raised,
                    _ => Abort::LeftFrame,
                };
                return Err((abort, Some(outcome)));
            }
        }
        Ok(false)
    }

    /// Notes what a step has brought about, and appends it.
    fn complete(&mut self, mut step: Step) {
        self.completed(&mut step);
        let store = self.fused_store(&mut step);
        self.append(step);
        if let Some(store) = store {
            self.append(store);
        }
    }

    /// An addition of strings may have been executed together with the store of its result into the
    /// local that it began with: the store, as a step of its own.
    fn fused_store(&mut self, step: &mut Step) -> Option<Step> {
        if step.op != Opcode::BinaryOp || step.next == step.fall {
            return None;
        }
        let store = decode(&self.frame(), step.fall)?;
        let fits =
            store.at == step.fall && store.op == Opcode::StoreFast && store.fall == step.next;
        if !fits || step.depth + 2 != step.depth_before {
            return None;
        }
        let next = step.next;
        step.next = step.fall;
        step.depth += 1;
        // SAFETY: the instruction names one of the frame's locals.
        let stored = unsafe { *self.frame().locals_ptr().add(store.arg as usize) };
        let below = step.after[0];
        step.after = [self.see(stored), below];
        Some(Step {
            before: [step.after[0], below, Seen::default()],
            after: [below, Seen::default()],
            old: [step.before[1].kind, Kind::Null],
            depth_before: step.depth,
            next,
            ..self.plain_jump(step.fall, store, next)
        })
    }

    /// Notes what a step has brought about.
    fn completed(&mut self, step: &mut Step) {
        step.next = self.frame().lasti();
        step.depth = self.frame().stack_len();
        step.after = [0, 1].map(|n| self.seen(n));
        if let Some(constructed) = &step.constructed
            && !self.is_as_constructed(step.after[0].addr, constructed)
        {
            step.constructed = None;
        }
        self.keep_loaded(step);
        let loaded = match (step.op, step.attribute.map(|attribute| attribute.place)) {
            (Opcode::LoadGlobal, _) => step.after[(step.arg & 1) as usize],
            (
                Opcode::LoadAttr,
                Some(Place::Class {
                    is_method: true, ..
                }),
            ) => step.after[1],
            _ => Seen::default(),
        };
        if loaded.kind == Kind::Function {
            step.version = function_version(loaded.addr);
        }
    }

    /// Where the root frame is a generator's, and yields to a builtin: does with the value what that
    /// would do, and goes on behind, as compiled code will; nobody can see the difference.
    fn take_yielded(&mut self, step: &mut Step) -> bool {
        if step.op != Opcode::YieldValue || step.before[0].addr == 0 {
            return false;
        }
        let vm = self.vm;
        // SAFETY: the value stack holds the object.
        let value = unsafe { &*(step.before[0].addr as *const PyObject) };
        let taken = match self.frame().consumer() {
            Some(JitConsumer::Sum(total)) => {
                // SAFETY: the `sum` waits for the generator's next value meanwhile.
                self.add_yielded(unsafe { &mut *total.as_ptr() }, value)
            }
            Some(JitConsumer::List(list)) => {
                // SAFETY: whoever appends to it keeps it alive, and waits meanwhile.
                unsafe { list.as_ref() }
                    .borrow_vec_mut()
                    .push(value.to_owned());
                Some(Taken::Appended(self.row(NameRow {
                    source: Source::List,
                    name: 0,
                    text: "the list of what is yielded".to_owned(),
                })))
            }
            Some(JitConsumer::Search(truth)) => {
                let kind = step.before[0].kind;
                let plain = matches!(kind, Kind::Bool | Kind::Int | Kind::Float | Kind::None);
                let other = plain && value.to_owned().try_to_bool(vm).is_ok_and(|v| v != truth);
                other.then_some(Taken::Passed(truth))
            }
            None => None,
        };
        if taken.is_some() {
            drop(self.frame().yield_on(vm));
            step.taken = taken;
        }
        taken.is_some()
    }

    /// Adds a number that was yielded to the total of a `sum`.
    fn add_yielded(&mut self, total: &mut PyObjectRef, value: &PyObject) -> Option<Taken> {
        let (kind, added) = (kind_of(total, self.vm), kind_of(value, self.vm));
        let is_number = |kind| matches!(kind, Kind::Int | Kind::Float | Kind::Bool);
        if !is_number(kind) || !is_number(added) {
            return None;
        }
        // Numbers of these kinds can always be added, if only in the interpreter.
        *total = self.vm._add(total, value).ok()?;
        let row = self.row(NameRow {
            source: Source::Total,
            name: 0,
            text: "the total of sum()".to_owned(),
        });
        Some(Taken::Added(row, kind))
    }

    /// The Python function that a step is a call of, its code, and how many arguments it gets.
    fn function_called(&mut self, step: &Step) -> Option<(PyObjectRef, PyRef<PyCode>, u32)> {
        if step.op != Opcode::Call || step.builtin.is_some() {
            return None;
        }
        let callee = self.seen(step.arg + 1);
        if callee.kind != Kind::Function {
            return None;
        }
        let is_method = self.seen(step.arg).kind != Kind::Null;
        // SAFETY: the value stack holds the function.
        let function = unsafe { &*(callee.addr as *const PyObject) }.to_owned();
        let code = code_of(&function, self.vm)?;
        Some((function, code, step.arg + u32::from(is_method)))
    }

    /// The function trace that can make a call.
    fn called(&mut self, step: &Step) -> Option<Called> {
        if self.out.threads {
            return None;
        }
        let (function, code, argc) = self.function_called(step)?;
        if !can_be_traced(&code) || code.code.arg_count != argc {
            return None;
        }
        let attribute = |name: &str| {
            let name = self.vm.ctx.intern_str(name);
            function.get_attr(name, self.vm).ok()
        };
        let (globals, builtins) = (attribute("__globals__")?, attribute("__builtins__")?);
        let kinds = (0..argc).rev().map(|n| plain(self.seen(n).kind));
        let kinds = kinds.collect();
        let key = Key {
            code: CodeId::of_code(&code),
            globals: address(&globals),
            builtins: address(&builtins),
            kinds,
        };
        let own = self.own.as_ref().filter(|(own, _)| *own == key);
        let found = match own {
            Some((_, callee)) => *callee,
            None => {
                let found = self.callees.find(&key)?;
                found.has_code().then(|| found.address())?
            }
        };
        let version = function_version(address(&function));
        (version != 0).then(|| Called {
            callee: found,
            version,
            kinds: key.kinds.to_vec(),
        })
    }

    fn append(&mut self, step: Step) {
        self.count += 1;
        let rec = self
            .open
            .last_mut()
            .map_or(&mut self.out, |open| &mut open.call.rec);
        rec.steps.push(step);
    }

    /// The call of a Python function that is next, if the recording is to follow it, and the
    /// function's code and version.
    fn callee_to_follow(&mut self, step: &Step) -> Option<(JitCall, PyRef<PyCode>, u32)> {
        let calls = match step.op {
            Opcode::Call => step.builtin.is_none() && step.constructed.is_none(),
            Opcode::CallKw | Opcode::CallFunctionEx => true,
            Opcode::BinaryOp | Opcode::StoreSubscr => {
                step.before[1].kind == Kind::Other && step.array_version.is_none()
            }
            Opcode::LoadAttr => step.attribute.is_none() && step.name.is_none(),
            _ => false,
        };
        if !calls || self.open.len() >= MAX_INLINED {
            return None;
        }
        let call = self.stack.next_call(self.vm)?;
        let object = code_of(call.function.as_object(), self.vm)?;
        let addr = address(object.as_object());
        let root = address(self.stack.frame_at(0).code().as_object());
        let code = &object.code;
        let units = &code.instructions;
        let simple = units.len() <= MAX_INLINED_UNITS
            && !self.builtins.long.contains(&CodeId::of_code(&object))
            // An exception that a followed callee catches would live less long than on the
            // interpreter's own stack of calls.
            && !object.has_exc_handling
            && code.cellvars.is_empty();
        let depth = self.open.iter().filter(|open| open.code == addr).count();
        let recursive = addr == root
            || depth >= MAX_RECURSION
            // Calls of its trace are better, where it has one.
            || (depth > 0 && step.called.is_some());
        if !simple || recursive {
            return None;
        }
        // Another function of the same code has other defaults.
        let by_default = |argument: &JitArgument| matches!(argument, JitArgument::Default(_));
        let made_anew = !code.freevars.is_empty();
        let by_class = !matches!(call.found, JitCallee::Operand(_));
        if made_anew && (by_class || self.out.threads || call.arguments.iter().any(by_default)) {
            return None;
        }
        let version = function_version(address(call.function.as_object()));
        (version != 0).then_some((call, object, version))
    }

    /// The code, by address, and what is known of a call that is about to be followed.
    fn followed(&mut self, call: &JitCall, code: PyRef<PyCode>, version: u32) -> (usize, Inlined) {
        let arguments = call.arguments.iter().map(|argument| match argument {
            JitArgument::Operand(from_top) => Argument::Operand(*from_top),
            JitArgument::Receiver => Argument::Receiver,
            JitArgument::Element(from_top, index) => Argument::Element(*from_top, *index),
            JitArgument::Rest(operands) => Argument::Rest(operands.clone()),
            JitArgument::Instance => Argument::Instance,
            JitArgument::Default(value) => Argument::Default {
                addr: address(value),
                kind: kind_of(value, self.vm),
                value: constant_value(value, self.vm),
            },
        });
        let target = match &call.found {
            JitCallee::Operand(from_top) => Target::Operand(*from_top),
            JitCallee::Bound(from_top) => Target::Bound(*from_top),
            JitCallee::Class(from_top, version) => Target::Class {
                from_top: *from_top,
                class: self.seen(*from_top).addr,
                version: *version,
                init: address(call.function.as_object()),
            },
            JitCallee::Property(property, version) => Target::Property {
                property: address(property.as_object()),
                version: *version,
            },
            JitCallee::Operator(versions) => Target::Operator {
                function: address(call.function.as_object()),
                versions: *versions,
            },
        };
        let arguments = arguments.collect();
        let nested = call.nested;
        let waiting = Waiting {
            at: nested.at,
            next: nested.next,
            late: nested.late,
            operator: nested.operator.map(u32::from),
            drops_result: nested.drops_result,
        };
        let addr = address(code.as_object());
        let (globals, builtins) = dictionaries(&self.stack.frame_at(0));
        let closure = (!code.code.freevars.is_empty()).then(|| Closure {
            code: addr,
            dictionaries: [globals, builtins.unwrap_or_default()],
            cells: code.code.freevars.len() as u32,
        });
        if closure.is_some() {
            self.out.keep.push(code.into());
        }
        let inlined = Inlined {
            target,
            arguments,
            operands: call.operands,
            waiting: (!call.suspends).then_some(waiting),
            closure,
            version,
            ..Inlined::default()
        };
        (addr, inlined)
    }

    /// Whether the innermost frame is that of a generator that is followed.
    fn is_in_generator(&self) -> bool {
        let innermost = self.open.last();
        innermost.is_some_and(|open| open.call.resumed.is_some())
    }

    /// The generator that the loop resumes next, if the recording is to follow it, with its code,
    /// by address.
    fn generator_to_follow(&mut self, step: &Step) -> Option<(usize, Inlined)> {
        if !matches!(step.op, Opcode::ForIter | Opcode::Send)
            || self.out.threads
            || self.out.arguments.is_some()
            || self.open.len() >= MAX_INLINED
        {
            return None;
        }
        // In the root frame, or in a generator that is followed itself.
        let mut path = match self.open.last() {
            None => Vec::new(),
            Some(open) => self.suspended(open.call.resumed.as_ref()?)?.path.clone(),
        };
        let own = address(self.stack.frame_at(0).code().as_object());
        let locals = self.frame().locals_len() as u32;
        let (generator, depth) = self.stack.next_resume(self.vm)?;
        path.push(if path.is_empty() {
            depth
        } else {
            locals + depth
        });
        let (code, at) = (generator.code().to_owned(), generator.lasti());
        let ((locals, entries), slots) = (generator.len(), generator.slots());
        if locals + entries > MAX_SLOTS {
            return None;
        }
        // SAFETY: so many slots there are.
        let held: Vec<usize> = (0..locals + entries)
            .map(|slot| unsafe { *slots.add(slot) } & !1)
            .collect();
        let addr = address(code.as_object());
        // Two rows of one slot must not differ: the same generator is nowhere else.
        let elsewhere = self.out.names.iter().any(|row| match &row.source {
            Source::Generator(other) => other.code == addr && other.path != path,
            _ => false,
        });
        if addr == own || elsewhere || code.code.instructions.len() > MAX_INLINED_UNITS {
            return None;
        }
        let text = code.code.obj_name.as_str().to_owned();
        self.out.keep.push(code.into());
        let mut row = |part, what: &str| {
            self.row(NameRow {
                source: Source::Generator(Suspended {
                    path: path.clone(),
                    code: addr,
                    part,
                }),
                name: 0,
                text: format!("{what} of the generator {text}"),
            })
        };
        let whole = row(Part::Whole(at), "the frame");
        let place = row(Part::Slots, "the slots");
        let rows: Vec<u32> = (0..held.len() as u32)
            .map(|slot| row(Part::Slot(slot), &format!("slot {slot}")))
            .collect();
        let kinds = held.into_iter().map(|object| self.see(object).kind);
        let inlined = Inlined {
            target: Target::Generator,
            resumed: Some(Resumed {
                whole,
                place,
                slots: rows.into_iter().zip(kinds).collect(),
            }),
            ..Inlined::default()
        };
        Some((addr, inlined))
    }

    /// What the row of a whole generator says.
    fn suspended(&self, resumed: &Resumed) -> Option<&Suspended> {
        match &self.out.names.get(resumed.whole as usize)?.source {
            Source::Generator(suspended) => Some(suspended),
            _ => None,
        }
    }

    /// Whether the generator that the innermost frame waited for, and which has just yielded, waits
    /// where it did before.
    fn waits_again(&mut self, resumed: &Resumed) -> bool {
        let Some(Suspended {
            part: Part::Whole(at),
            ..
        }) = self.suspended(resumed)
        else {
            return false;
        };
        let at = *at;
        let frame = self.stack.frame();
        // Below what it has yielded.
        let object = frame.stack_len().checked_sub(2);
        let object = object.and_then(|depth| frame.stack_object(depth));
        let waiting = object.and_then(|object| JitSuspended::of(object, self.vm));
        waiting.is_some_and(|generator| {
            let (locals, entries) = generator.len();
            generator.lasti() == at && locals + entries == resumed.slots.len()
        })
    }

    /// The call has entered its callee.
    fn go_into(&mut self, step: Step, (code, mut call): (usize, Inlined)) {
        let threads = self.out.threads;
        let (globals, builtins) = dictionaries(&self.stack.frame_at(0));
        let frame = self.frame();
        call.foreign = dictionaries(&frame) != (globals, builtins);
        call.rec = Recording {
            locals: u32::try_from(frame.locals_len()).unwrap_or(u32::MAX),
            threads,
            ..Recording::default()
        };
        self.open.push(Open { step, code, call });
    }

    /// The innermost callee has returned, with this step.
    fn come_back(&mut self, returned: Step) {
        let refused = returned.before[0].addr == address(&self.vm.ctx.not_implemented());
        self.append(returned);
        if let Some(open) = self.open.pop() {
            let mut step = open.step;
            if self.open.len() < self.started_in {
                self.started_in = self.open.len();
                self.completed(&mut step);
                self.out.inside[self.started_in] = CallPart {
                    step,
                    call: Arc::new(open.call),
                };
                return;
            }
            // The operator has gone on, and its result is another one.
            let is_operator = matches!(open.call.target, Target::Operator { .. });
            let resumed = open.call.resumed.as_ref();
            let followed = match resumed {
                Some(resumed) => self.waits_again(resumed),
                None => !(refused && is_operator),
            };
            if followed {
                step.inlined = Some(Arc::new(open.call));
            }
            self.complete(step);
        }
    }

    /// A step that changes nothing but where the frame stands.
    fn plain_jump(&mut self, pc: u32, now: Decoded, target: u32) -> Step {
        let depth = self.frame().stack_len();
        Step {
            pc,
            op: now.op,
            arg: now.arg,
            fall: now.fall,
            next: target,
            before: [Seen::default(); 3],
            after: [Seen::default(); 2],
            old: [Kind::Null; 2],
            old_shared: false,
            depth_before: depth,
            depth,
            constant: None,
            name: None,
            jump: None,
            negative: false,
            builtin: None,
            callee: 0,
            bound: None,
            inlined: None,
            called: None,
            version: 0,
            taken: None,
            raised: None,
            attribute: None,
            added: None,
            array_version: None,
            true_version: None,
            instance_versions: None,
            identity_versions: None,
            constructed: None,
            native: None,
        }
    }

    /// The conditional jump at an index.
    fn jump_at(&mut self, pc: u32) -> Option<(Opcode, u32, u32)> {
        let next = decode(&self.frame(), pc)?;
        (next.at == pc && matches!(next.op, Opcode::PopJumpIfFalse | Opcode::PopJumpIfTrue))
            .then_some((next.op, next.arg, next.fall))
    }

    /// What is at a distance from the top of the value stack.
    fn seen(&mut self, from_top: u32) -> Seen {
        let depth = self.frame().stack_len();
        if from_top >= depth {
            return Seen::default();
        }
        let index = (depth - 1 - from_top) as usize;
        // SAFETY: the index is below the stack's length, so the entry is initialized.
        let bits = unsafe { *self.frame().stack_ptr().add(index) };
        self.see(bits & !1)
    }

    fn see(&self, addr: usize) -> Seen {
        if addr == 0 {
            return Seen::default();
        }
        // SAFETY: the frame holds the object, and runs nothing meanwhile.
        let object = unsafe { &*(addr as *const PyObject) };
        Seen {
            kind: kind_of(object, self.vm),
            addr,
        }
    }

    fn local_kind(&mut self, index: u32) -> Kind {
        if index as usize >= self.frame().locals_len() {
            return Kind::Other;
        }
        // SAFETY: the index is below the number of locals.
        let addr = unsafe { *self.frame().locals_ptr().add(index as usize) };
        self.see(addr).kind
    }

    /// Whether the object in a local has other references.
    fn local_is_shared(&mut self, index: u32) -> bool {
        if index as usize >= self.frame().locals_len() {
            return false;
        }
        // SAFETY: the index is below the number of locals, which are objects or null.
        unsafe {
            let addr = *self.frame().locals_ptr().add(index as usize);
            (addr as *const PyObject)
                .as_ref()
                .is_some_and(|object| object.strong_count() > 1)
        }
    }

    /// Notes what the instruction is about to use beside the value stack.
    fn note(&mut self, step: &mut Step) {
        match step.op {
            Opcode::LoadConst => {
                let frame = self.frame();
                let constants = &frame.code().code.constants;
                let literal = constants.get(step.arg as usize).cloned();
                if let Some(literal) = literal {
                    let object: PyObjectRef = literal.into();
                    step.constant = Some((address(&object), constant_value(&object, self.vm)));
                }
            }
            Opcode::LoadFastAndClear => step.old[0] = self.local_kind(step.arg),
            Opcode::StoreFast | Opcode::StoreFastLoadFast => {
                let local = if step.op == Opcode::StoreFast {
                    step.arg
                } else {
                    step.arg >> 4
                };
                step.old[0] = self.local_kind(local);
                step.old_shared = self.local_is_shared(local);
            }
            Opcode::StoreFastStoreFast => {
                step.old = [
                    self.local_kind(step.arg >> 4),
                    self.local_kind(step.arg & 15),
                ];
            }
            Opcode::LoadGlobal => step.name = self.global_row(step.arg >> 1),
            Opcode::LoadName => step.name = self.local_name_row(step.arg),
            Opcode::StoreName => {
                step.name = self.local_name_row(step.arg);
                step.old[0] = self.name_kind(step.name);
            }
            Opcode::StoreGlobal => {
                step.name = self.global_row(step.arg);
                step.old[0] = self.name_kind(step.name);
            }
            Opcode::LoadAttr if step.before[0].kind == Kind::Module => {
                step.name = self.module_row(step.before[0].addr, step.arg);
            }
            Opcode::LoadAttr => step.attribute = self.attribute(step),
            Opcode::ToBool | Opcode::PopJumpIfFalse | Opcode::PopJumpIfTrue | Opcode::UnaryNot
                if step.before[0].kind == Kind::Other && !self.out.threads =>
            {
                // SAFETY: the value stack holds the object.
                let object = unsafe { &*(step.before[0].addr as *const PyObject) };
                step.true_version = true_by_class(object, self.vm);
            }
            Opcode::CompareOp if !self.out.threads => {
                // SAFETY: the value stack holds both.
                let operand =
                    |at: usize| unsafe { (step.before[at].addr as *const PyObject).as_ref() };
                let plain = |at: usize| matches!(step.before[at].kind, Kind::Other | Kind::None);
                let version = |at: usize| version_for_identity(operand(at)?, self.vm);
                if plain(0) && plain(1) {
                    step.identity_versions = version(1)
                        .zip(version(0))
                        .map(|(left, right)| [left, right]);
                }
            }
            Opcode::StoreAttr => {
                step.attribute = self.attribute(step);
                step.old[0] = self.attribute_kind(step);
                step.added = self.added(step);
            }
            Opcode::BinaryOp | Opcode::StoreSubscr if step.before[0].kind == Kind::Int => {
                // SAFETY: the value stack holds the object.
                let top = unsafe { &*(step.before[0].addr as *const PyObject) };
                step.negative = top
                    .downcast_ref::<PyInt>()
                    .is_some_and(|i| i.as_bigint().is_negative());
                if step.before[1].kind == Kind::Other && !self.out.threads {
                    // SAFETY: the value stack holds the object.
                    let container = unsafe { &*(step.before[1].addr as *const PyObject) };
                    step.array_version = version_of_array(container, self.vm);
                }
                if step.op == Opcode::StoreSubscr && step.before[1].kind == Kind::List {
                    step.old[0] = self.element_kind(step.before[1].addr, top);
                }
            }
            Opcode::Call => {
                let below = step.arg + 1;
                let callee = self.seen(below).addr;
                step.callee = callee;
                let plain = self.seen(below - 1).kind == Kind::Null;
                self.note_bound(step, plain);
                let plain = plain && step.bound.is_none();
                let method = step.bound.map_or(callee, |bound| bound.method);
                let builtin = self.builtins.get(method);
                let is_method = matches!(
                    builtin,
                    Some(
                        Builtin::ListAppend
                            | Builtin::ListPop
                            | Builtin::Native(_)
                            | Builtin::InertMethod
                    )
                );
                if plain != is_method {
                    step.builtin = builtin;
                }
                if builtin == Some(Builtin::IsInstance) && step.arg == 2 && !self.out.threads {
                    // SAFETY: the value stack holds both.
                    let operand =
                        |at: usize| unsafe { (step.before[at].addr as *const PyObject).as_ref() };
                    step.instance_versions =
                        operand(1).zip(operand(0)).and_then(|(object, class)| {
                            versions_for_isinstance(object, class, self.vm)
                        });
                }
                if plain && builtin.is_none() {
                    step.constructed = self.constructed(callee, step.arg);
                }
            }
            _ => {}
        }
    }

    /// Notes that a call is of a method of a builtin class that is bound already.
    fn note_bound(&mut self, step: &mut Step, plain: bool) {
        let receiver = step.arg as usize;
        // SAFETY: the value stack holds the object.
        let callee = unsafe { (step.callee as *const PyObject).as_ref() };
        let Some((which, method, to)) = callee.and_then(|callee| self.builtins.bound(callee))
        else {
            return;
        };
        if !plain || receiver >= step.before.len() || self.out.threads {
            return;
        }
        step.before[receiver] = self.see(address(to));
        step.bound = Some(Bound { which, method });
    }

    /// The attribute that a step is about to load or replace.
    fn attribute(&mut self, step: &Step) -> Option<Attribute> {
        let (vm, owner) = (self.vm, step.before[0]);
        // What one thread looks up another could replace before it is used.
        if self.out.threads || owner.addr == 0 {
            return None;
        }
        let is_store = step.op == Opcode::StoreAttr;
        let (index, is_method) = match (is_store, LoadAttr::from_u32(step.arg)) {
            (true, _) => (step.arg, false),
            (false, load) => (load.name_idx(), load.is_method()),
        };
        let name = *self.frame().code().code.names.get(index as usize)?;
        // SAFETY: the value stack holds the object.
        let object = unsafe { &*(owner.addr as *const PyObject) };
        let found = if is_store {
            attribute_to_store(object, name, vm)?
        } else {
            attribute(object, name, is_method, vm)?
        };
        let place = match found.place {
            JitPlace::Entry(index) => Place::Entry(index),
            JitPlace::Slot(offset) => Place::Slot(offset),
            JitPlace::OfClass(ref object) => Place::OfClass {
                addr: address(object),
                kind: kind_of(object, vm),
                value: constant_value(object, vm),
            },
            JitPlace::Class(ref object, shadow) | JitPlace::Method(ref object, shadow) => {
                Place::Class {
                    addr: address(object),
                    kind: kind_of(object, vm),
                    value: constant_value(object, vm),
                    shadow,
                    is_method: matches!(found.place, JitPlace::Method(..)),
                }
            }
        };
        Some(Attribute {
            version: found.version,
            name: std::ptr::from_ref(name) as usize,
            place,
        })
    }

    /// The name of the attribute that a step is about to give to an instance that has none of it, if
    /// the instance is being constructed.
    fn added(&mut self, step: &Step) -> Option<usize> {
        let constructs = |open: &Open| matches!(open.call.target, Target::Class { .. });
        if step.attribute.is_some() || !self.open.iter().any(constructs) {
            return None;
        }
        let name = *self.frame().code().code.names.get(step.arg as usize)?;
        // SAFETY: the value stack holds the object.
        let object = unsafe { (step.before[0].addr as *const PyObject).as_ref() }?;
        let class = object.class();
        goes_into_dictionary(class.as_object(), name).then_some(std::ptr::from_ref(name) as usize)
    }

    /// How a call of an object makes an instance, if it does and its `__init__` is simple.
    fn constructed(&self, callee: usize, argc: u32) -> Option<Arc<Constructed>> {
        if self.out.threads || callee == 0 {
            return None;
        }
        // SAFETY: the value stack holds the object.
        let class = unsafe { &*(callee as *const PyObject) };
        let found = construction(class, argc, self.vm)?;
        let code = code_of(found.init.as_object(), self.vm)?;
        let (fields, steps) = simple_init(&code, self.vm)?;
        let plain = fields.iter().all(|(name, _)| {
            // SAFETY: the code named it.
            goes_into_dictionary(class, unsafe { interned(*name) })
        });
        plain.then(|| {
            Arc::new(Constructed {
                class: callee,
                version: found.version,
                init: address(found.init.as_object()),
                init_version: found.init_version,
                fields,
                steps,
            })
        })
    }

    /// Whether an instance is as it should be.
    fn is_as_constructed(&self, instance: usize, constructed: &Constructed) -> bool {
        // SAFETY: the value stack holds the object.
        let Some(object) = (unsafe { (instance as *const PyObject).as_ref() }) else {
            return false;
        };
        let len = object.dict().map_or(0, |dict| dict.__len__());
        let in_order = constructed
            .fields
            .iter()
            .enumerate()
            .all(|(index, (name, _))| {
                // SAFETY: the code named it.
                let name = unsafe { interned(*name) };
                let found = attribute_to_store(object, name, self.vm).map(|found| found.place);
                matches!(found, Some(JitPlace::Entry(at)) if at as usize == index)
            });
        address(object.class().as_object()) == constructed.class
            && len == constructed.fields.len()
            && in_order
    }

    /// What the attribute that a step replaces holds.
    fn attribute_kind(&mut self, step: &Step) -> Kind {
        if step.attribute.is_none() {
            return Kind::Other;
        }
        let Some(name) = self
            .frame()
            .code()
            .code
            .names
            .get(step.arg as usize)
            .copied()
        else {
            return Kind::Other;
        };
        // SAFETY: the value stack holds the object.
        let object = unsafe { &*(step.before[0].addr as *const PyObject) };
        // It is a plain one, so looking at it runs nothing.
        let old = object.get_attr(name, self.vm);
        old.map_or(Kind::Null, |old| kind_of(&old, self.vm))
    }

    /// Keeps what a load of a global or a module's attribute found.
    fn keep_loaded(&mut self, step: &Step) {
        let loaded = match step.op {
            Opcode::LoadGlobal => step.after[(step.arg & 1) as usize],
            Opcode::LoadName => step.after[0],
            Opcode::LoadAttr if step.name.is_some() => {
                step.after[usize::from(LoadAttr::from_u32(step.arg).is_method())]
            }
            _ => return,
        };
        if loaded.addr == 0 {
            return;
        }
        // SAFETY: the value stack holds the object.
        let object = unsafe { &*(loaded.addr as *const PyObject) };
        if let Some(module) = object.downcast_ref::<PyModule>() {
            self.builtins.learn_math(module, self.vm);
        }
        // Only what lives as long as the process anyway: keeping anything else would
        // change when it is freed.
        if self.builtins.math == Some(loaded.addr) || self.builtins.get(loaded.addr).is_some() {
            self.out.keep.push(object.to_owned());
            if self.builtins.get(loaded.addr) == Some(Builtin::Exception) {
                self.out.exceptions.push(loaded.addr);
            }
        }
    }

    /// The row for a name in dictionaries.
    fn name_row(&mut self, dicts: &[&Py<PyDict>], name: &'static PyStrInterned) -> u32 {
        let dicts = dicts.iter().map(|d| address(d.as_object())).collect();
        self.row(NameRow {
            source: Source::Dictionaries(dicts),
            name: std::ptr::from_ref(name) as usize,
            text: name.as_str().to_owned(),
        })
    }

    fn row(&mut self, row: NameRow) -> u32 {
        let found = self.out.names.iter().position(|old| *old == row);
        let index = found.unwrap_or_else(|| {
            self.out.names.push(row);
            self.out.names.len() - 1
        });
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    /// The row for a global of the frame, where globals and builtins are exact dictionaries.
    fn global_row(&mut self, name: u32) -> Option<u32> {
        let frame = self.frame();
        let name = *frame.code().code.names.get(name as usize)?;
        let builtins = frame.builtins_dict()?.to_owned();
        let globals = frame.globals().to_owned();
        Some(self.name_row(&[&globals, &builtins], name))
    }

    /// The row for a name of a module's or class's body, where the mapping is the exact
    /// dictionary of the globals.
    fn local_name_row(&mut self, name: u32) -> Option<u32> {
        let frame = self.frame();
        let mapping = frame.locals_mapping()?;
        if !mapping.is(frame.globals().as_object()) {
            return None;
        }
        self.out.module_names = true;
        self.global_row(name)
    }

    /// What a list on the value stack holds at an index.
    fn element_kind(&self, list: usize, index: &PyObject) -> Kind {
        // SAFETY: the value stack holds the list.
        let list = unsafe { &*(list as *const PyObject) };
        let element = (|| {
            let elements = list.downcast_ref::<PyList>()?.borrow_vec();
            let index = index.downcast_ref::<PyInt>()?.as_bigint().to_i64()?;
            let index = if index < 0 {
                index + elements.len() as i64
            } else {
                index
            };
            elements.get(usize::try_from(index).ok()?).cloned()
        })();
        element.map_or(Kind::Other, |element| kind_of(&element, self.vm))
    }

    fn name_kind(&self, row: Option<u32>) -> Kind {
        let Some(row) = row.and_then(|r| self.out.names.get(r as usize)) else {
            return Kind::Other;
        };
        let Source::Dictionaries(dicts) = &row.source else {
            return Kind::Other;
        };
        // SAFETY: the recording keeps the dictionary alive; the name is one of the code's.
        let (dict, name) = unsafe { (&*(dicts[0] as *const Py<PyDict>), interned(row.name)) };
        match dict.get_item_opt(name, self.vm) {
            Ok(Some(object)) => kind_of(&object, self.vm),
            _ => Kind::Other,
        }
    }

    fn module_row(&mut self, module: usize, arg: u32) -> Option<u32> {
        // SAFETY: the value stack holds the module.
        let object = unsafe { &*(module as *const PyObject) };
        let module = object.downcast_ref::<PyModule>()?;
        let frame = self.frame();
        let name = *frame
            .code()
            .code
            .names
            .get(LoadAttr::from_u32(arg).name_idx() as usize)?;
        let dict = module.dict();
        // The frame's own dictionaries have rows of their own for the same entries.
        let own = dict.is(frame.globals()) || frame.builtins_dict().is_some_and(|b| dict.is(b));
        if own || !dict.class().is(self.vm.ctx.types.dict_type) {
            return None;
        }
        Some(self.name_row(&[&dict], name))
    }
}
