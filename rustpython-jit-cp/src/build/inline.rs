//! Inlined calls.
//!
//! The recording of a call that was followed is executed with a state of its own, whose locals
//! hold the arguments and are in no memory: the callee's frame is never made. This takes
//! callees whose only effects are replaced attributes, which wait for the end of the outermost
//! call, and others that come last: then every exit inside goes back to the start of the call
//! instruction (B1), and the interpreter makes the call itself, with frame and traceback and all.
//! A call with other effects, or with an instruction that has no uops of its own, is a residual
//! run.
//!
//! Invariants:
//! - N1: nothing that an inlined call emits leaves once something has been written: its exits go
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

use super::value::{Av, From, Holder, Prim, Virtual, has_one_object};
use super::{Arm, Builder, Place, State};
use crate::ir::{InstIdx, Uop};
use crate::recording::{Argument, Closure, ConstValue, Inlined, Kind, Step, Target};
use rustpython_vm::bytecode::Opcode;
use tracing::trace;

impl<'r> Builder<'r> {
    /// Executes a followed call.
    pub(super) fn inline(&mut self, step: &Step, inlined: &'r Inlined) -> Arm {
        let operands = inlined.operands as usize;
        if inlined.foreign || self.state.stack.len() < self.state.mem + operands {
            return None;
        }
        let function = self.callee(step, inlined)?;
        let absent = Place::late(Av::Null);
        let mut locals = vec![absent; inlined.rec.locals as usize];
        let mut any_held = false;
        for (local, argument) in locals.iter_mut().zip(&inlined.arguments) {
            local.av = match *argument {
                Argument::Operand(from_top) => match self.top(from_top as usize) {
                    Av::Owned(inst, kind) => {
                        any_held = true;
                        Av::Ref(inst, From::Heap(Holder::Caller), kind)
                    }
                    _ => self.argument(from_top as usize)?,
                },
                Argument::Default { addr, kind, value } => self.default(addr, kind, value),
            };
        }
        if let Some(closure) = &inlined.closure {
            self.bind_cells(function, closure, &mut locals)?;
        }
        let callee = State {
            locals,
            names: std::mem::take(&mut self.state.names),
            stack: Vec::new(),
            mem: 0,
        };
        let (mut result, _) = self.inside(callee, inlined)?;
        if let Target::Operator { .. } = inlined.target {
            result = self.is_implemented(result)?;
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
        self.replace(operands, result)?;
        if step.op == Opcode::StoreSubscr {
            self.pop(1);
        }
        if self.inlining == 0 {
            self.commit()?;
            self.leaves_first(self.start).then_some(())?;
        }
        Some(())
    }

    /// Executes the recording of a callee with the callee's state; what it returns or yields, and
    /// its state then. (The names are the caller's again.)
    pub(super) fn inside(&mut self, callee: State, inlined: &'r Inlined) -> Option<(Av, State)> {
        let (start, waiting) = (self.trace.insts.len(), self.pending.len());
        let caller = std::mem::replace(&mut self.state, callee);
        let rec = std::mem::replace(&mut self.rec, &inlined.rec);
        self.inlining += 1;
        let depth = self.inlining;
        let result = self.inlined_body();
        self.inlining -= 1;
        self.rec = rec;
        let mut callee = std::mem::replace(&mut self.state, caller);
        self.state.names = std::mem::take(&mut callee.names);
        if result.is_none() || !self.leaves_first(start) || !self.drops.is_empty() {
            self.pending.truncate(waiting);
            return None;
        }
        self.meta.inlined = self.meta.inlined.max(depth);
        self.own_steps += inlined.rec.steps.len();
        Some((result?, callee))
    }

    /// The function of a followed call, which is the one that was recorded (N3).
    fn callee(&mut self, step: &Step, inlined: &Inlined) -> Option<InstIdx> {
        let by_class = !matches!(inlined.target, Target::Operand(_));
        if by_class && self.rec.threads {
            return None;
        }
        let function = match inlined.target {
            Target::Operand(from_top) => match self.top(from_top as usize) {
                Av::Const(addr, _) if self.is_fixed(addr, inlined.version) => {
                    return Some(self.emit(Uop::const_ref, &[], addr as u64));
                }
                Av::Ref(..) => self.object(from_top as usize, Kind::Function)?,
                _ => return None,
            },
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
        Some(function)
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
    fn is_implemented(&mut self, result: Av) -> Option<Av> {
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
                let leaks =
                    matches!(result, Av::Virtual(_)) && self.inlining == 1 && self.region.is_none();
                return (!leaks).then_some(result);
            }
            if self.own(at).is_none() {
                trace!(
                    target: "jit::build", event = "not_inlined", op = ?step.op, arg = step.arg,
                    operands = ?step.before.map(|seen| seen.kind), known = ?self.state.stack,
                    "an inlined call would have effects, or an instruction has no uops"
                );
                return None;
            }
            if self.state.stack.len() != step.depth as usize {
                return None;
            }
        }
        None
    }
}
