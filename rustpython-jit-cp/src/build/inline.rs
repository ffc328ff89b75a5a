//! Inlined calls.
//!
//! The recording of a call that was followed is executed with a state of its own, whose locals
//! hold the arguments and are in no memory: the callee's frame is never made. This takes
//! callees whose only effects are replaced attributes, which wait for the end of the outermost
//! call, and others that come last: then every exit inside goes back to the start of the call
//! instruction (B1), and the interpreter makes the call itself, with frame and traceback and all:
//! the call is *replayed*. A call with other effects is tried again with a frame in the snapshots of
//! its exits ([`super::frames`]); one with an instruction that has no uops of its own is a residual
//! run.
//!
//! Invariants:
//! - N1: nothing that a replayed call emits leaves once something has been written: its exits go
//!   back to before the call. What it writes at once (elements of arrays) ends nothing that the
//!   callers may have borrowed.
//! - N2: a trace is only entered where the recursion limit has room for its calls.
//! - N3: the function is the one that was recorded: its version is guarded, which no other
//!   function has; or, where it has a closure, it is made of the same code and dictionaries.
//! - N4: a default is borrowed from the function's tuple, a cell's contents from the cell: both
//!   may end with the function.
//!
//! Worked example: `y = f(x)` with `def f(a): return a + 1` becomes a guard of the function's
//! class and version and an `int_add_imm`; when that overflows, `f(x)` is called anew.

use super::frames::Caller;
use super::value::{Av, From, Holder, Prim, Virtual, has_one_object};
use super::{Arm, Builder, Place, State};
use crate::ir::{InstIdx, Uop};
use crate::recording::{Argument, Closure, ConstValue, Inlined, Kind, Step, Target};
use rustpython_vm::bytecode::Opcode;
use std::sync::Arc;
use tracing::trace;

impl<'r> Builder<'r> {
    /// Executes a followed call: replayed by exits inside, if that can be, else with a frame in their
    /// snapshots.
    pub(super) fn inline(&mut self, step: &'r Step, inlined: &'r Arc<Inlined>) -> Arm {
        let marks = self.marks();
        if self.replay(step, inlined).is_some() {
            return Some(());
        }
        if self.replays() || self.region.is_some() || self.is_function() || self.rec.threads {
            return None;
        }
        self.undo(&marks);
        self.inline_framed(step, inlined)
    }

    /// Executes a followed call whose exits go back to before it.
    fn replay(&mut self, step: &'r Step, inlined: &'r Arc<Inlined>) -> Arm {
        let operands = inlined.operands as usize;
        let (_, locals) = self.bind(step, inlined)?;
        let any_held = self.state.holds(operands);
        let made = locals.first().map(|place| place.av);
        let callee = State {
            locals,
            names: std::mem::take(&mut self.state.names),
            stack: Vec::new(),
            mem: 0,
        };
        let (mut result, _) = self.inside(callee, step, inlined)?;
        match inlined.target {
            Target::Operator { .. } => result = self.is_implemented(result)?,
            // The call's result is the instance, if `__init__` returns `None`.
            Target::Class { .. } => {
                matches!(result, Av::Const(addr, _) if addr as u64 == self.facts.none)
                    .then_some(())?;
                result = made?;
            }
            _ => {}
        }
        let result = match result {
            // What an argument lends, or is, may end with it.
            Av::Ref(_, From::Heap(holder), _) | Av::Boxed(_, _, From::Heap(holder))
                if any_held && holder != Holder::Class =>
            {
                self.own_one(result)
            }
            result => result,
        };
        if any_held && matches!(result, Av::Virtual(_)) {
            return None;
        }
        self.give_result(step, operands, result)?;
        if !self.replays() {
            self.commit()?;
            self.leaves_first(self.start).then_some(())?;
        }
        Some(())
    }

    /// A followed call is done: its operands go, and what it has come to is on top, if it is anything.
    pub(super) fn give_result(&mut self, step: &Step, operands: usize, result: Av) -> Arm {
        self.replace(operands, result)?;
        if step.op == Opcode::StoreSubscr {
            self.pop(1);
        }
        Some(())
    }

    /// Tells the log why a call was not inlined.
    pub(super) fn tell_not_inlined(&self, step: &Step, why: &str) {
        trace!(
            target: "jit::build", event = "not_inlined", op = ?step.op, arg = step.arg,
            operands = ?step.before.map(|seen| seen.kind), known = ?self.state.stack,
            "{why}"
        );
    }

    /// The function of a followed call, and the locals that its callee starts with.
    pub(super) fn bind(&mut self, step: &Step, inlined: &Inlined) -> Option<(InstIdx, Vec<Place>)> {
        let operands = inlined.operands as usize;
        if inlined.foreign || self.state.stack.len() < self.state.mem + operands {
            return None;
        }
        let (function, receiver) = self.callee(step, inlined)?;
        if step.op == Opcode::CallFunctionEx {
            self.has_arguments(inlined)?;
        }
        let mut locals = vec![Place::late(Av::Null); inlined.rec.locals as usize];
        for (local, argument) in locals.iter_mut().zip(&inlined.arguments) {
            local.av = match argument {
                Argument::Operand(from_top) => self.lent_argument(*from_top as usize)?,
                Argument::Default { addr, kind, value } => self.default(*addr, *kind, *value),
                Argument::Receiver | Argument::Instance => receiver?,
                Argument::Element(from_top, index) => {
                    self.element_argument(*from_top as usize, *index as usize)?
                }
                Argument::Rest(rest) => {
                    let mut elements = Vec::with_capacity(rest.len());
                    for from_top in rest {
                        elements.push(self.argument(*from_top as usize)?);
                    }
                    self.new_virtual_tuple(elements)?
                }
            };
        }
        if let Some(closure) = &inlined.closure {
            self.bind_cells(function, closure, &mut locals)?;
        }
        Some((function, locals))
    }

    /// An operand as an argument: what the trace has a count of is lent to the callee.
    fn lent_argument(&mut self, from_top: usize) -> Option<Av> {
        match self.top(from_top) {
            Av::Owned(inst, kind) => Some(Av::Ref(inst, From::Heap(Holder::Caller), kind)),
            _ => self.argument(from_top),
        }
    }

    /// Makes sure that the tuple of a `CALL_FUNCTION_EX` has as many elements as were arguments, even
    /// if none, and that there are no keywords.
    fn has_arguments(&mut self, inlined: &Inlined) -> Arm {
        let is_element = |argument: &&Argument| matches!(argument, Argument::Element(..));
        let len = inlined.arguments.iter().filter(is_element).count();
        let has_receiver = inlined.arguments.contains(&Argument::Operand(2));
        if self.top(0) != Av::Null || has_receiver == (self.top(2) == Av::Null) {
            return None;
        }
        if let Some(elements) = self.elements(1) {
            return (elements.len() == len).then_some(());
        }
        let (_, length) = self.facts.tuple_items?;
        let tuple = self.object(1, Kind::Tuple)?;
        let found = self.emit(Uop::load_i64, &[tuple], length);
        self.guard(Uop::guard_int_eq_imm, &[found], len as u64);
        Some(())
    }

    /// An element of a tuple that [`Self::has_arguments`] has looked at.
    fn element_argument(&mut self, from_top: usize, index: usize) -> Option<Av> {
        if let Some(elements) = self.elements(from_top) {
            return elements.get(index).copied();
        }
        let (items, _) = self.facts.tuple_items?;
        let tuple = self.object(from_top, Kind::Tuple)?;
        let items = self.emit(Uop::load_link, &[tuple], items);
        let offset = (index * size_of::<usize>()) as u64;
        let element = self.emit(Uop::load_link, &[items], offset);
        Some(Av::Ref(element, From::Heap(Holder::Tuple), None))
    }

    /// Executes the recording of a callee with the callee's state; what it returns or yields, and
    /// its state then. (The names are the caller's again.)
    pub(super) fn inside(
        &mut self,
        callee: State,
        step: &'r Step,
        inlined: &'r Arc<Inlined>,
    ) -> Option<(Av, State)> {
        let (start, waiting) = (self.trace.insts.len(), self.pending.len());
        self.callers.push(Caller {
            state: std::mem::replace(&mut self.state, callee),
            rec: std::mem::replace(&mut self.rec, &inlined.rec),
            step,
            call: inlined,
            framed: None,
        });
        let depth = self.inlining();
        let result = self.inlined_body();
        self.callers.truncate(depth as usize);
        let caller = self.callers.pop()?;
        self.rec = caller.rec;
        let mut callee = std::mem::replace(&mut self.state, caller.state);
        self.state.names = std::mem::take(&mut callee.names);
        if result.is_none() || !self.leaves_first(start) || !self.drops.is_empty() {
            self.pending.truncate(waiting);
            return None;
        }
        self.meta.inlined = self.meta.inlined.max(depth);
        self.own_steps += inlined.rec.steps.len();
        Some((result?, callee))
    }

    /// The function of a followed call, which is the one that was recorded (N3), and what it is a
    /// method of if that is no operand.
    fn callee(&mut self, step: &Step, inlined: &Inlined) -> Option<(InstIdx, Option<Av>)> {
        let by_class = !matches!(inlined.target, Target::Operand(_));
        if by_class && self.rec.threads {
            return None;
        }
        let mut receiver = None;
        let function = match inlined.target {
            Target::Operand(from_top) => match self.top(from_top as usize) {
                Av::Const(addr, _) if self.is_fixed(addr, inlined.version) => {
                    let function = self.emit(Uop::const_ref, &[], addr as u64);
                    return Some((function, None));
                }
                Av::Ref(..) => self.object(from_top as usize, Kind::Function)?,
                _ => return None,
            },
            Target::Bound(from_top) => {
                let method = self.operand(from_top as usize)?;
                self.guard(Uop::guard_type, &[method], self.facts.method_type);
                let [function, object] = self.facts.method;
                let function = self.emit(Uop::load_link, &[method], function);
                self.guard_kind(function, Kind::Function)?;
                let object = self.emit(Uop::load_link, &[method], object);
                receiver = Some(Av::Ref(object, From::Heap(Holder::Any), None));
                function
            }
            Target::Class {
                from_top,
                class,
                version,
                init,
            } => {
                if self.is_held(from_top as usize) || self.facts.dict_layout.is_none() {
                    return None;
                }
                let found = self.operand(from_top as usize)?;
                self.guard(Uop::guard_is, &[found], class as u64);
                self.has_version(found, version)?;
                receiver = Some(self.new_instance(class, version, Vec::new()));
                self.emit(Uop::const_ref, &[], init as u64)
            }
            Target::Property { property, version } => {
                self.instance(0, version, step.before[0].kind)?;
                let property = self.emit(Uop::const_ref, &[], property as u64);
                let getter = self.emit(Uop::load_link, &[property], self.facts.property_getter);
                self.guard(Uop::guard_nonnull, &[getter], 0);
                self.guard_kind(getter, Kind::Function)?;
                getter
            }
            Target::Generator => return None,
            Target::Operator { function, versions } => {
                let [left, right] = versions;
                self.has_class(1, left, step.before[1].kind)?;
                self.has_class(0, right, step.before[0].kind)?;
                self.emit(Uop::const_ref, &[], function as u64)
            }
        };
        match &inlined.closure {
            Some(closure) => self.check_code(function, closure),
            None => self.check_version(function, inlined.version),
        }
        Some((function, receiver))
    }

    /// Leaves unless the class of the entry at a distance from the top has this version.
    fn has_class(&mut self, from_top: usize, version: u32, seen: Kind) -> Arm {
        match self.top(from_top) {
            Av::New(number) => (self.news[number as usize].version == version).then_some(()),
            Av::Num(prim) | Av::Boxed(prim, ..) | Av::Arg(prim, _) => {
                (prim.kind() == seen).then_some(())
            }
            Av::Bool(_) => (seen == Kind::Bool).then_some(()),
            Av::Virtual(Virtual::Tuple(_)) => (seen == Kind::Tuple).then_some(()),
            Av::Const(_, ConstValue::Int(_)) => (seen == Kind::Int).then_some(()),
            Av::Const(_, ConstValue::Float(_)) => (seen == Kind::Float).then_some(()),
            Av::Const(_, ConstValue::Bool(_)) => (seen == Kind::Bool).then_some(()),
            _ => self.instance(from_top, version, seen).map(drop),
        }
    }

    /// Leaves if the result of a method is what an operator does not take for an answer.
    pub(super) fn is_implemented(&mut self, result: Av) -> Option<Av> {
        let refusal = self.facts.not_implemented;
        match result {
            Av::Const(addr, _) if addr as u64 == refusal => return None,
            Av::Ref(inst, _, None | Some(Kind::Other))
            | Av::Owned(inst, None | Some(Kind::Other)) => {
                let refusal = self.emit(Uop::const_ref, &[], refusal);
                let same = self.emit(Uop::ref_eq, &[inst, refusal], 0);
                self.guard(Uop::guard_false, &[same], 0);
            }
            _ => {}
        }
        Some(result)
    }

    /// A default of a function that is called: the function's tuple lends it.
    fn default(&mut self, addr: usize, kind: Kind, value: ConstValue) -> Av {
        let from = From::Heap(Holder::Tuple);
        match value {
            ConstValue::Int(small) if has_one_object(small) => Av::Const(addr, value),
            ConstValue::Bool(_) => Av::Const(addr, value),
            ConstValue::Object if kind == Kind::None => Av::Const(addr, value),
            ConstValue::Int(number) => {
                let object = self.emit(Uop::const_ref, &[], addr as u64);
                let number = self.emit(Uop::const_int, &[], number as u64);
                Av::Boxed(Prim::Int(number), object, from)
            }
            ConstValue::Float(number) => {
                let object = self.emit(Uop::const_ref, &[], addr as u64);
                let number = self.emit(Uop::const_float, &[], number.to_bits());
                Av::Boxed(Prim::Float(number), object, from)
            }
            ConstValue::Object => self.lent(addr, kind, Holder::Tuple),
        }
    }

    /// Puts the cells of a function's closure where `COPY_FREE_VARS` does.
    fn bind_cells(&mut self, function: InstIdx, closure: &Closure, locals: &mut [Place]) -> Arm {
        let (items, _) = self.facts.tuple_items?;
        let [.., offset] = self.facts.function;
        let first = locals.len().checked_sub(closure.cells as usize)?;
        let tuple = self.emit(Uop::load_link, &[function], offset);
        self.guard(Uop::guard_nonnull, &[tuple], 0);
        let items = self.emit(Uop::load_link, &[tuple], items);
        for (index, local) in locals[first..].iter_mut().enumerate() {
            let cell = self.emit(
                Uop::load_link,
                &[items],
                (index * size_of::<usize>()) as u64,
            );
            local.av = Av::Ref(cell, From::Heap(Holder::Any), Some(Kind::Other));
        }
        Some(())
    }

    /// Leaves unless the function is made of this (N3).
    fn check_code(&mut self, function: InstIdx, closure: &Closure) {
        let [code, globals, builtins, _] = self.facts.function;
        let [own_globals, own_builtins] = closure.dictionaries;
        let words = [
            (code, closure.code),
            (globals, own_globals),
            (builtins, own_builtins),
        ];
        for (offset, expected) in words {
            let found = self.emit(Uop::load_link, &[function], offset);
            self.guard(Uop::guard_is, &[found], expected as u64);
        }
    }

    /// Leaves unless the function has this version (N3).
    pub(super) fn check_version(&mut self, function: InstIdx, version: u32) {
        let (offset, is_upper) = self.facts.function_version;
        let word = self.emit(Uop::load_i64, &[function], offset);
        let lower = if is_upper {
            self.emit(Uop::int_shr_imm, &[word], 32)
        } else {
            word
        };
        // The other half goes, and the sign does not matter.
        let shift = self.emit(Uop::const_int, &[], 1 << 32);
        let shifted = self.emit(Uop::int_wrap_mul, &[lower, shift], 0);
        let expected = self.emit(Uop::const_int, &[], u64::from(version) << 32);
        self.guard(Uop::guard_int_eq, &[shifted, expected], 0);
    }

    /// An argument that can be lent to a callee.
    pub(super) fn argument(&mut self, from_top: usize) -> Option<Av> {
        let av = self.top(from_top);
        let lendable = match av {
            Av::Unread | Av::Null | Av::Owned(..) => false,
            Av::Virtual(made) => matches!(made, Virtual::Tuple(_)),
            _ => !matches!(av.lender(), Some(From::Stack(_))),
        };
        lendable.then_some(av)
    }

    /// All instructions of the callee at hand; its result.
    fn inlined_body(&mut self) -> Option<Av> {
        let rec = self.rec;
        for (at, step) in rec.steps.iter().enumerate() {
            if self.state.stack.len() != step.depth_before as usize {
                return None;
            }
            if matches!(step.op, Opcode::ReturnValue | Opcode::YieldValue) {
                let result = self.argument(0)?;
                self.state.stack.pop();
                let leaks = matches!(result, Av::Virtual(_))
                    && self.replayed() == 1
                    && self.region.is_none();
                return (!leaks).then_some(result);
            }
            if self.own(at).is_none() {
                let why = "an inlined call would have effects, or an instruction has no uops";
                self.tell_not_inlined(step, why);
                return None;
            }
            if self.state.stack.len() != step.depth as usize {
                return None;
            }
        }
        None
    }
}
