//! The arms: what each bytecode becomes.
//!
//! An arm looks at the abstract stack, emits guards and uops, and changes the
//! abstract state; it returns `None` to have the instruction executed by the
//! interpreter instead, and then must not have changed the state but by learning
//! more of a value (B1).
//!
//! Worked example: `BINARY_OP +` with an `Int` and a `Ref` seen as a float emits
//! `guard_type`, `load_f64_fixed`, `guard_int_f53`, `int_to_float`, `float_add`.

use super::value::{Av, From, Holder, Loss, Prim};
use super::{Arm, Builder, Place, State};
use crate::helper::Helper;
use crate::ir::{InstIdx, Uop};
use crate::recording::{Builtin, ConstValue, Kind, Step};
use rustpython_vm::bytecode::{BinaryOperator, ComparisonOperator, LoadAttr, Opcode};

impl<'r> Builder<'r> {
    /// Executes one step with uops of its own, if there are any for it.
    pub(super) fn own(&mut self, at: usize) -> Arm {
        let rec = self.rec;
        let step = &rec.steps[at];
        if let Some(bound) = step.bound
            && step.builtin.is_some()
        {
            self.unbind(step, bound)?;
        }
        match step.native {
            Some(native) => self.native(step, native),
            None => self.typed(at),
        }
    }

    /// The arms that know the types of what they work with.
    fn typed(&mut self, at: usize) -> Arm {
        let rec = self.rec;
        let step = &rec.steps[at];
        let falls = step.next == step.fall;
        match step.op {
            Opcode::Nop | Opcode::NotTaken | Opcode::Resume if falls => Some(()),
            Opcode::JumpForward | Opcode::JumpBackwardNoInterrupt => Some(()),
            Opcode::PushExcInfo | Opcode::CheckExcMatch | Opcode::PopExcept if falls => {
                self.handle(step)
            }
            Opcode::DeleteFast if falls => self.handle(step),
            Opcode::JumpBackward if step.next == step.fall.wrapping_sub(step.arg) => Some(()),
            Opcode::PopIter if falls => self.pop_iterator(step),
            Opcode::LoadConst if falls => {
                let (addr, value) = step.constant?;
                self.push(Av::Const(addr, value))
            }
            Opcode::LoadSmallInt if falls => {
                let value = self.emit(Uop::const_int, &[], u64::from(step.arg));
                self.push(Av::Num(Prim::Int(value)))
            }
            Opcode::LoadFast | Opcode::LoadFastBorrow | Opcode::LoadFastCheck if falls => {
                self.load_fast(step.arg)
            }
            Opcode::LoadFastLoadFast | Opcode::LoadFastBorrowLoadFastBorrow if falls => {
                self.local(step.arg >> 4)?;
                self.local(step.arg & 15)?;
                self.load_fast(step.arg >> 4)?;
                self.load_fast(step.arg & 15)
            }
            Opcode::LoadFastAndClear if falls => {
                // What a comprehension does with a name that has no value.
                if self.state.locals.get(step.arg as usize)?.av == Av::Unread {
                    (step.old[0] == Kind::Null).then_some(())?;
                    let value = self.emit(Uop::load_local, &[], step.arg.into());
                    self.guard(Uop::guard_null, &[value], 0);
                    self.place(step.arg).av = Av::Null;
                }
                (self.place(step.arg).av == Av::Null).then_some(())?;
                self.push(Av::Null)
            }
            Opcode::StoreFast if falls && self.state.stack.last() == Some(&Av::Null) => {
                self.unset(step)
            }
            Opcode::StoreFast if falls => {
                let how = self.storable(step.arg, step)?;
                self.store_fast(step.arg, how);
                Some(())
            }
            Opcode::StoreFastLoadFast if falls => {
                let (store, load) = (step.arg >> 4, step.arg & 15);
                if store != load {
                    self.local(load)?;
                }
                let how = self.storable(store, step)?;
                self.store_fast(store, how);
                self.load_fast(load)
            }
            Opcode::StoreFastStoreFast if falls => {
                let (first, second) = (step.arg >> 4, step.arg & 15);
                // Late, or both at once with all that can leave in front: two effects in one
                // instruction would leave nowhere to exit to between them.
                let late = self.late_storable(second, step.old[1], step.before[1].kind, 1);
                let late = late
                    .and_then(|()| self.late_storable(first, step.old[0], step.before[0].kind, 0));
                let how = match late {
                    Some(()) => Store::Now,
                    None => {
                        let how = self.both_storable(first, second, step)?;
                        // What one local lends goes into the other.
                        for from_top in [0, 1] {
                            let index = self.state.stack.len() - 1 - from_top;
                            let av = self.state.stack[index];
                            if [first, second]
                                .map(|l| Some(From::Local(l)))
                                .contains(&av.lender())
                            {
                                self.state.stack[index] = self.own_one(av);
                            }
                        }
                        how
                    }
                };
                self.store_fast(first, how);
                self.store_fast(second, how);
                Some(())
            }
            Opcode::LoadGlobal if falls => {
                let seen = step.after[(step.arg & 1) as usize];
                let fixed = match self.is_function() {
                    true => self.fixed_name(step, self.is_lasting(seen.addr)),
                    false => None,
                };
                let av = match fixed {
                    Some(av) => av,
                    None => self.load_name(step.name?, seen.addr)?,
                };
                self.state.stack.push(av);
                if step.arg & 1 == 1 {
                    self.state.stack.push(Av::Null);
                }
                Some(())
            }
            Opcode::LoadName if falls => {
                let av = self.load_name(step.name?, step.after[0].addr)?;
                self.push(av)
            }
            Opcode::StoreName | Opcode::StoreGlobal if falls => self.store_name(step),
            Opcode::LoadAttr if falls && step.attribute.is_some() => self.load_attr(at),
            Opcode::CallKw
            | Opcode::CallFunctionEx
            | Opcode::LoadAttr
            | Opcode::BinaryOp
            | Opcode::StoreSubscr
                if falls && step.inlined.is_some() =>
            {
                self.inline(step, step.inlined.as_ref()?)
            }
            Opcode::LoadAttr if falls => self.load_module_attr(step),
            Opcode::StoreAttr if falls => self.store_attr(step),
            // What a `break` leaves behind.
            Opcode::PopTop if falls && iterator(step).is_some() => self.pop_iterator(step),
            Opcode::PopTop if falls => {
                self.virtual_top(1)?;
                if let Av::Owned(..) = self.top(0) {
                    return self.let_go();
                }
                self.state.stack.pop();
                Some(())
            }
            Opcode::Copy if falls => {
                let depth = step.arg as usize;
                let index = self.state.stack.len().checked_sub(depth)?;
                let av = self.state.stack[index];
                if matches!(av, Av::Unread | Av::Owned(..))
                    || av.lender() == Some(From::Stack(index as u32))
                {
                    return None;
                }
                self.push(av)
            }
            Opcode::Swap if falls => {
                let depth = step.arg as usize;
                self.virtual_top(depth)?;
                let len = self.state.stack.len();
                self.state.stack.swap(len - 1, len - depth);
                Some(())
            }
            Opcode::BuildList | Opcode::BuildMap | Opcode::BuildSet if falls => {
                self.build_container(step)
            }
            Opcode::PushNull if falls => self.push(Av::Null),
            Opcode::BuildTuple if falls => {
                if self.handle(step).is_some() {
                    return Some(());
                }
                // Only when taken apart at once, or never made.
                let next = rec.steps.get(at + 1)?;
                if next.op != Opcode::UnpackSequence {
                    return match self.replays() || self.region.is_some() {
                        true => self.virtual_tuple(step),
                        false => self.build_container(step),
                    };
                }
                let count = step.arg as usize;
                (next.op == Opcode::UnpackSequence
                    && next.arg == step.arg
                    && next.next == next.fall
                    && count > 0)
                    .then_some(())?;
                self.virtual_top(count)?;
                let len = self.state.stack.len();
                let any_owned = self.state.stack[len - count..]
                    .iter()
                    .any(|av| matches!(av, Av::Owned(..)));
                (!any_owned).then_some(())?;
                self.packed = self.state.stack.split_off(len - count);
                self.state.stack.push(Av::Null);
                Some(())
            }
            Opcode::UnpackSequence if falls && !self.packed.is_empty() => {
                self.state.stack.pop();
                let packed = std::mem::take(&mut self.packed);
                self.state.stack.extend(packed.into_iter().rev());
                Some(())
            }
            Opcode::UnpackSequence if falls && self.elements(0).is_some() => {
                self.unpack_virtual(step)
            }
            Opcode::UnpackSequence if falls && step.before[0].kind == Kind::Tuple => {
                self.unpack_tuple(step)
            }
            Opcode::UnaryNegative if falls => {
                let value = match self.number(0, step.before[0].kind)? {
                    Prim::Int(v) => Prim::Int(self.guard(Uop::int_neg, &[v], 0)),
                    Prim::Float(v) => Prim::Float(self.emit(Uop::float_neg, &[v], 0)),
                };
                self.replace(1, Av::Num(value))
            }
            Opcode::UnaryInvert if falls => {
                // `~True` warns.
                if matches!(step.before[0].kind, Kind::Bool) || matches!(self.top(0), Av::Bool(_)) {
                    return None;
                }
                let Prim::Int(v) = self.number(0, step.before[0].kind)? else {
                    return None;
                };
                let value = self.emit(Uop::int_not, &[v], 0);
                self.replace(1, Av::Num(Prim::Int(value)))
            }
            Opcode::UnaryNot if falls => {
                let truth = self.truth_of(step)?;
                let value = self.emit(Uop::bool_not, &[truth], 0);
                self.replace(1, Av::Bool(value))
            }
            Opcode::ToBool => {
                let truth = self.truth_of(step)?;
                self.replace(1, Av::Bool(truth))?;
                self.fused_jump(step)
            }
            Opcode::CompareOp => {
                let truth = self.compare(step)?;
                self.replace(2, Av::Bool(truth))?;
                self.fused_jump(step)
            }
            Opcode::ContainsOp => {
                let truth = self.contains(step)?;
                self.replace(2, Av::Bool(truth))?;
                self.fused_jump(step)
            }
            Opcode::IsOp => {
                let truth = self.is_op(step)?;
                self.replace(2, Av::Bool(truth))?;
                self.fused_jump(step)
            }
            Opcode::PopJumpIfFalse | Opcode::PopJumpIfTrue => {
                let taken_target = step.fall + step.arg;
                let taken = jump_direction(step.next, step.fall, taken_target)?;
                let truth = self.truth_of(step)?;
                let want = (step.op == Opcode::PopJumpIfTrue) == taken;
                self.branch(truth, want);
                self.pop(1);
                Some(())
            }
            Opcode::PopJumpIfNone | Opcode::PopJumpIfNotNone => {
                let taken = jump_direction(step.next, step.fall, step.fall + step.arg)?;
                let want_none = (step.op == Opcode::PopJumpIfNone) == taken;
                self.none_branch(want_none)?;
                self.pop(1);
                Some(())
            }
            Opcode::BinaryOp if falls => self.binary(at),
            Opcode::StoreSubscr if falls => self.store_subscr(step),
            Opcode::ListAppend if falls => self.list_append(step),
            Opcode::LoadDeref if falls => self.load_cell(step.arg),
            Opcode::Send => {
                let call = step.inlined.as_ref()?;
                self.resume(step, call, call.resumed.as_ref()?)
            }
            Opcode::ForIter => match &step.inlined {
                Some(call) => self.resume(step, call, call.resumed.as_ref()?),
                None => self.for_iter(step),
            },
            Opcode::Call if falls => self.any_call(step),
            // Specialized, it pops its result itself.
            Opcode::Call
                if step.builtin == Some(Builtin::ListAppend) && step.next == step.fall + 1 =>
            {
                self.call(step)?;
                self.pop(1);
                Some(())
            }
            // Its cells are where they belong.
            Opcode::CopyFreeVars if self.inlining() > 0 => Some(()),
            Opcode::YieldValue if falls => self.take_yielded(step),
            _ => None,
        }
    }

    /// A call: inlined if that works, else of a function trace.
    fn any_call(&mut self, step: &'r Step) -> Arm {
        if let Some(constructed) = &step.constructed {
            return self.construct(step, constructed);
        }
        if let Some(inlined) = &step.inlined {
            let marks = self.marks();
            if self.inline(step, inlined).is_some() {
                return Some(());
            }
            step.called.as_ref()?;
            // What was before is that of the whole region or call.
            if self.region.is_some() || self.inlining() > 0 {
                return None;
            }
            self.undo(&marks);
        }
        match &step.called {
            Some(called) => self.call_trace(step, called),
            None => self.call(step),
        }
    }

    pub(super) fn push(&mut self, av: Av) -> Arm {
        self.state.stack.push(av);
        Some(())
    }

    /// The entry at a distance from the top.
    pub(super) fn top(&self, from_top: usize) -> Av {
        self.state.stack[self.state.stack.len() - 1 - from_top]
    }

    /// Requires that so many entries are not in memory.
    pub(super) fn virtual_top(&self, count: usize) -> Arm {
        (self.state.stack.len() >= self.state.mem + count).then_some(())
    }

    /// Pops operands that were used as numbers or looked at only; counts held by memory are
    /// released.
    pub(super) fn pop(&mut self, count: usize) {
        for _ in 0..count {
            let av = self.state.stack.pop();
            if self.state.stack.len() < self.state.mem {
                self.state.mem -= 1;
                if let Some(Av::Boxed(_, inst, _) | Av::Ref(inst, ..)) = av {
                    self.drops.push(inst);
                }
            } else if let Some(Av::Owned(inst, _)) = av {
                self.drops.push(inst);
            }
        }
    }

    /// Pops so many and pushes the result.
    pub(super) fn replace(&mut self, count: usize, result: Av) -> Arm {
        self.pop(count);
        self.push(result)
    }

    fn place(&mut self, local: u32) -> &mut Place {
        &mut self.state.locals[local as usize]
    }

    /// The value of a local, loaded if need be; unbound ones raise, so they are residual.
    fn local(&mut self, local: u32) -> Option<Av> {
        let place = self.state.locals.get(local as usize)?;
        match place.av {
            Av::Unread => {
                let inst = self.emit(Uop::load_local, &[], local.into());
                self.guard(Uop::guard_nonnull, &[inst], 0);
                let av = Av::Ref(inst, From::Local(local), None);
                self.place(local).av = av;
                Some(av)
            }
            Av::Null => None,
            av => Some(av),
        }
    }

    fn load_fast(&mut self, local: u32) -> Arm {
        let av = self.local(local)?;
        self.push(av)
    }

    /// Learns everywhere that `old` is `new`.
    pub(super) fn learn(&mut self, old: Av, new: Av) {
        let waiting = self.callers.iter_mut().map(|caller| &mut caller.state);
        for state in waiting.chain([&mut self.state]) {
            for place in state.locals.iter_mut().chain(&mut state.names) {
                if place.av == old {
                    place.av = new;
                }
            }
            for av in &mut state.stack {
                if *av == old {
                    *av = new;
                }
            }
        }
    }

    /// Loads the entry at a distance from the top if it is in memory only.
    pub(super) fn read_top(&mut self, from_top: usize) -> Option<Av> {
        let index = self.state.stack.len().checked_sub(1 + from_top)?;
        if self.state.stack[index] == Av::Unread {
            let inst = self.emit(Uop::load_stack, &[], index as u64);
            self.state.stack[index] = Av::Ref(inst, From::Stack(index as u32), None);
        }
        Some(self.state.stack[index])
    }

    /// The class of a kind that has one of its own.
    pub(super) fn class_of(&self, kind: Kind) -> Option<u64> {
        let facts = self.facts;
        Some(match kind {
            Kind::Int | Kind::BigInt => facts.int_type,
            Kind::Float => facts.float_type,
            Kind::Bool => facts.bool_type,
            Kind::Str => facts.str_type,
            Kind::List => facts.list_type,
            Kind::Tuple => facts.tuple_type,
            Kind::Dict => facts.dict_type,
            Kind::RangeIter => facts.range_iter_type,
            Kind::ListIter => facts.list_iter_type,
            Kind::Function => facts.function_type,
            Kind::Generator => facts.generator_type,
            Kind::Null | Kind::None | Kind::Module | Kind::Other => return None,
        })
    }

    /// Makes sure that a loaded object is of a kind; `inst` is not null.
    pub(super) fn guard_kind(&mut self, inst: InstIdx, kind: Kind) -> Arm {
        if kind == Kind::None {
            self.guard(Uop::guard_is, &[inst], self.facts.none);
            return Some(());
        }
        let class = self.class_of(kind)?;
        self.guard(Uop::guard_type, &[inst], class);
        Some(())
    }

    /// The value of an object that is known to be an int.
    pub(super) fn unbox_int(&mut self, object: InstIdx) -> InstIdx {
        match self.facts.int_value {
            Some(offset) => self.guard(Uop::unbox_small, &[object], offset),
            None => self.guard(Uop::unbox_int, &[object], 0),
        }
    }

    /// The value of an object that is known to be a float.
    pub(super) fn unbox_float(&mut self, object: InstIdx) -> InstIdx {
        self.emit(Uop::load_f64_fixed, &[object], self.facts.float_value)
    }

    /// The object at a distance from the top, guarded to be of this kind.
    pub(super) fn object(&mut self, from_top: usize, kind: Kind) -> Option<InstIdx> {
        let av = self.read_top(from_top)?;
        match av {
            Av::Ref(inst, _, Some(known)) | Av::Owned(inst, Some(known)) => {
                (known == kind).then_some(inst)
            }
            Av::Ref(inst, from, None) => {
                if let From::Stack(_) = from {
                    self.guard(Uop::guard_nonnull, &[inst], 0);
                }
                self.guard_kind(inst, kind)?;
                self.learn(av, Av::Ref(inst, from, Some(kind)));
                Some(inst)
            }
            Av::Owned(inst, None) => {
                self.guard_kind(inst, kind)?;
                self.learn(av, Av::Owned(inst, Some(kind)));
                Some(inst)
            }
            _ => None,
        }
    }

    /// The number at a distance from the top, unboxed; truth values count as integers.
    pub(super) fn number(&mut self, from_top: usize, seen: Kind) -> Option<Prim> {
        let av = self.read_top(from_top)?;
        match av {
            Av::Num(prim) | Av::Boxed(prim, ..) | Av::Arg(prim, _) => Some(prim),
            Av::Bool(v) => Some(Prim::Int(self.emit(Uop::bool_to_int, &[v], 0))),
            Av::Const(_, ConstValue::Int(value)) => {
                Some(Prim::Int(self.emit(Uop::const_int, &[], value as u64)))
            }
            Av::Const(_, ConstValue::Float(value)) => Some(Prim::Float(self.emit(
                Uop::const_float,
                &[],
                value.to_bits(),
            ))),
            Av::Const(_, ConstValue::Bool(value)) => {
                Some(Prim::Int(self.emit(Uop::const_int, &[], value.into())))
            }
            Av::Ref(inst, from, known) => {
                let kind = known.unwrap_or(seen);
                let prim = match kind {
                    Kind::Int => {
                        self.object(from_top, Kind::Int)?;
                        Prim::Int(self.unbox_int(inst))
                    }
                    Kind::Float => {
                        self.object(from_top, Kind::Float)?;
                        Prim::Float(self.unbox_float(inst))
                    }
                    Kind::Bool => {
                        let truth = self.truth_of_bool(from_top)?;
                        return Some(Prim::Int(self.emit(Uop::bool_to_int, &[truth], 0)));
                    }
                    _ => return None,
                };
                self.learn(Av::Ref(inst, from, Some(kind)), Av::Boxed(prim, inst, from));
                Some(prim)
            }
            Av::Owned(inst, known) => match known.unwrap_or(seen) {
                Kind::Int => {
                    self.object(from_top, Kind::Int)?;
                    Some(Prim::Int(self.unbox_int(inst)))
                }
                Kind::Float => {
                    self.object(from_top, Kind::Float)?;
                    Some(Prim::Float(self.unbox_float(inst)))
                }
                Kind::Bool => {
                    let truth = self.truth_of_bool(from_top)?;
                    Some(Prim::Int(self.emit(Uop::bool_to_int, &[truth], 0)))
                }
                _ => None,
            },
            Av::Unread | Av::Null | Av::Const(_, ConstValue::Object) | Av::Virtual(_) => None,
            Av::New(_) => None,
        }
    }

    fn truth_of_bool(&mut self, from_top: usize) -> Option<InstIdx> {
        let inst = self.object(from_top, Kind::Bool)?;
        let truth = self.emit(Uop::ref_is, &[inst], self.facts.true_);
        let av = self.top(from_top);
        // An entry that memory holds stays as it is: its count must be released.
        if !matches!(av, Av::Owned(..))
            && av
                .lender()
                .is_none_or(|from| !matches!(from, From::Stack(_)))
        {
            self.learn(av, Av::Bool(truth));
        }
        Some(truth)
    }

    /// The truth of the top.
    fn truth_of(&mut self, step: &Step) -> Option<InstIdx> {
        let seen = step.before[0].kind;
        match (self.read_top(0)?, step.true_version) {
            (Av::Ref(_, from, None | Some(Kind::Other)), Some(version))
                if seen == Kind::Other && !matches!(from, From::Stack(_)) && !self.rec.threads =>
            {
                self.instance(0, version, seen)?;
                Some(self.emit(Uop::const_bool, &[], 1))
            }
            _ => self.truth(0, seen),
        }
    }

    /// The truth of the entry at a distance from the top.
    pub(super) fn truth(&mut self, from_top: usize, seen: Kind) -> Option<InstIdx> {
        let av = self.read_top(from_top)?;
        match av {
            Av::Bool(v) => return Some(v),
            Av::Const(addr, ConstValue::Object) => {
                if addr as u64 == self.facts.none {
                    return Some(self.emit(Uop::const_bool, &[], 0));
                }
                return None;
            }
            Av::Const(_, ConstValue::Bool(value)) => {
                return Some(self.emit(Uop::const_bool, &[], value.into()));
            }
            Av::Ref(_, _, known) | Av::Owned(_, known) => match known.unwrap_or(seen) {
                Kind::Bool => return self.truth_of_bool(from_top),
                Kind::None => {
                    self.object(from_top, Kind::None)?;
                    return Some(self.emit(Uop::const_bool, &[], 0));
                }
                kind @ (Kind::List | Kind::Tuple | Kind::Str | Kind::Dict) => {
                    let inst = self.object(from_top, kind)?;
                    // It may die when popped.
                    self.ends_quietly(from_top, kind)?;
                    let len = self.guard(Uop::read_r_i_x, &[inst], len_helper(kind)? as u64);
                    return Some(self.emit(Uop::int_ne_imm, &[len], 0));
                }
                _ => {}
            },
            _ => {}
        }
        Some(match self.number(from_top, seen)? {
            Prim::Int(v) => self.emit(Uop::int_ne_imm, &[v], 0),
            Prim::Float(v) => {
                let zero = self.emit(Uop::const_float, &[], 0);
                self.emit(Uop::float_ne, &[v, zero], 0)
            }
        })
    }

    /// The contents of a cell of the frame.
    fn load_cell(&mut self, index: u32) -> Arm {
        let contents = self.facts.cell_contents?;
        if self.rec.threads {
            return None;
        }
        let (cell, holder) = match self.state.locals.get(index as usize)?.av {
            // It goes with the function.
            Av::Ref(cell, ..) if self.inlining() > 0 => (cell, Holder::Any),
            _ if self.is_virtual() => return None,
            // The compiler has put a cell there, which stays.
            _ => {
                let cell = self.emit(Uop::load_local, &[], index.into());
                self.guard(Uop::guard_nonnull, &[cell], 0);
                (cell, Holder::Class)
            }
        };
        let value = self.emit(Uop::load_link, &[cell], contents);
        self.guard(Uop::guard_nonnull, &[value], 0);
        self.push(Av::Ref(value, From::Heap(holder), None))
    }

    pub(super) fn branch(&mut self, truth: InstIdx, want: bool) {
        self.guard(
            if want {
                Uop::guard_true
            } else {
                Uop::guard_false
            },
            &[truth],
            0,
        );
    }

    /// The interpreter executes a comparison and the jump behind it in one go.
    pub(super) fn fused_jump(&mut self, step: &Step) -> Arm {
        if step.next == step.fall {
            return Some(());
        }
        let Av::Bool(truth) = self.top(0) else {
            return None;
        };
        let (op, arg, fall) = step.jump?;
        let taken = jump_direction(step.next, fall, fall + arg)?;
        self.branch(truth, (op == Opcode::PopJumpIfTrue) == taken);
        self.state.stack.pop();
        Some(())
    }

    fn none_branch(&mut self, want_none: bool) -> Arm {
        match self.read_top(0)? {
            Av::Num(_) | Av::Bool(_) | Av::Boxed(..) | Av::Arg(..) | Av::New(_) => {
                (!want_none).then_some(())
            }
            Av::Const(addr, _) => ((addr as u64 == self.facts.none) == want_none).then_some(()),
            Av::Null | Av::Unread | Av::Virtual(_) => None,
            Av::Ref(inst, ..) | Av::Owned(inst, _) => {
                let guard = if want_none {
                    Uop::guard_is
                } else {
                    Uop::guard_is_not
                };
                self.guard(guard, &[inst], self.facts.none);
                let seen = if want_none { Kind::None } else { Kind::Other };
                self.ends_quietly(0, seen)
            }
        }
    }

    fn is_op(&mut self, step: &Step) -> Option<InstIdx> {
        let invert = step.arg & 1 == 1;
        let (left, right) = (self.read_top(1)?, self.read_top(0)?);
        let none = self.facts.none;
        let singleton = |av| match av {
            Av::Const(addr, ConstValue::Bool(_)) => Some(addr as u64),
            Av::Const(addr, ConstValue::Object) if addr as u64 == none => Some(none),
            _ => None,
        };
        if singleton(left).or(singleton(right)).is_none() {
            // Two objects.
            let object = |av: Av| match av {
                Av::Ref(inst, ..) | Av::Boxed(_, inst, _) | Av::Owned(inst, _) => Some(inst),
                _ => None,
            };
            let (left, right) = (object(left)?, object(right)?);
            // (Of two that are held alone, each may be the same one, or hold the other.)
            let held = |from_top: usize| {
                !step.before[from_top].kind.drops_trivially() && self.is_held(from_top)
            };
            (!(held(0) && held(1))).then_some(())?;
            self.ends_quietly(1, step.before[1].kind)?;
            self.ends_quietly(0, step.before[0].kind)?;
            let same = self.emit(Uop::ref_eq, &[left, right], 0);
            return Some(self.inverted(same, invert));
        }
        let (other, addr) = match (singleton(left), singleton(right)) {
            (_, Some(addr)) => (left, addr),
            (Some(addr), _) => (right, addr),
            _ => return None,
        };
        let truth = match other {
            Av::Num(_) | Av::Boxed(..) | Av::Arg(..) | Av::New(_) => {
                self.emit(Uop::const_bool, &[], 0)
            }
            Av::Bool(_) if addr == none => self.emit(Uop::const_bool, &[], 0),
            Av::Bool(v) if addr == self.facts.true_ => v,
            Av::Bool(v) => self.emit(Uop::bool_not, &[v], 0),
            Av::Const(other, _) => self.emit(Uop::const_bool, &[], (other as u64 == addr).into()),
            Av::Null | Av::Unread | Av::Virtual(_) => return None,
            Av::Ref(inst, ..) | Av::Owned(inst, _) => {
                let from_top = usize::from(other == left);
                self.ends_quietly(from_top, step.before[from_top].kind)?;
                self.emit(Uop::ref_is, &[inst], addr)
            }
        };
        Some(self.inverted(truth, invert))
    }

    /// Whether a list or a tuple has an int.
    fn contains(&mut self, step: &Step) -> Option<InstIdx> {
        let kind = step.before[0].kind;
        let helper = match kind {
            Kind::List => Helper::list_has_int,
            Kind::Tuple => Helper::tuple_has_int,
            _ => return None,
        };
        let Prim::Int(value) = self.number(1, step.before[1].kind)? else {
            return None;
        };
        let container = self.object(0, kind)?;
        self.ends_quietly(0, kind)?;
        let found = self.guard(helper.uop(), &[container, value], helper as u64);
        let truth = self.emit(Uop::int_ne_imm, &[found], 0);
        Some(self.inverted(truth, step.arg & 1 == 1))
    }

    pub(super) fn inverted(&mut self, truth: InstIdx, invert: bool) -> InstIdx {
        if invert {
            self.emit(Uop::bool_not, &[truth], 0)
        } else {
            truth
        }
    }

    fn compare(&mut self, step: &Step) -> Option<InstIdx> {
        let op = ComparisonOperator::try_from(step.arg).ok()?;
        if let Some(versions) = step.identity_versions {
            return self.compare_identity(op, step, versions);
        }
        let a = self.number(1, step.before[1].kind)?;
        let b = self.number(0, step.before[0].kind)?;
        use ComparisonOperator as C;
        let (a, b, op) = match op {
            C::Greater => (b, a, C::Less),
            C::GreaterOrEqual => (b, a, C::LessOrEqual),
            op => (a, b, op),
        };
        Some(match (a, b) {
            (Prim::Int(a), Prim::Int(b)) => {
                let uop = match op {
                    C::Less => Uop::int_lt,
                    C::LessOrEqual => Uop::int_le,
                    C::Equal => Uop::int_eq,
                    _ => Uop::int_ne,
                };
                self.emit(uop, &[a, b], 0)
            }
            _ => {
                let (a, b) = (self.as_float(a), self.as_float(b));
                let uop = match op {
                    C::Less => Uop::float_lt,
                    C::LessOrEqual => Uop::float_le,
                    C::Equal => Uop::float_eq,
                    _ => Uop::float_ne,
                };
                self.emit(uop, &[a, b], 0)
            }
        })
    }

    /// `==` and `!=` of objects that are equal to themselves alone.
    fn compare_identity(
        &mut self,
        op: ComparisonOperator,
        step: &Step,
        versions: [u32; 2],
    ) -> Option<InstIdx> {
        let invert = match op {
            ComparisonOperator::Equal => false,
            ComparisonOperator::NotEqual => true,
            _ => return None,
        };
        let mut objects = Vec::new();
        for (from_top, version) in [1, 0].into_iter().zip(versions) {
            objects.push(
                match (step.before[from_top].kind, self.read_top(from_top)?) {
                    (Kind::None, Av::Const(addr, _)) if addr as u64 == self.facts.none => {
                        self.emit(Uop::const_ref, &[], self.facts.none)
                    }
                    (Kind::None, _) => self.object(from_top, Kind::None)?,
                    (seen, _) => self.instance(from_top, version, seen)?,
                },
            );
        }
        let same = self.emit(Uop::ref_eq, &objects, 0);
        Some(self.inverted(same, invert))
    }

    /// The same number as a double; integers that have no exact double leave.
    pub(super) fn as_float(&mut self, prim: Prim) -> InstIdx {
        match prim {
            Prim::Float(v) => v,
            Prim::Int(v) => {
                self.guard(Uop::guard_int_f53, &[v], 0);
                self.emit(Uop::int_to_float, &[v], 0)
            }
        }
    }

    fn binary(&mut self, at: usize) -> Arm {
        let rec = self.rec;
        let step = &rec.steps[at];
        let op = BinaryOperator::try_from(step.arg).ok()?;
        use BinaryOperator as B;
        if op == B::Subscr {
            return self.load_subscr(at);
        }
        // `&`, `|` and `^` of two truth values are a truth value.
        if matches!(
            op,
            B::And | B::Or | B::Xor | B::InplaceAnd | B::InplaceOr | B::InplaceXor
        ) && self.is_bool(0, step.before[0].kind)
            && self.is_bool(1, step.before[1].kind)
        {
            return None;
        }
        let a = self.number(1, step.before[1].kind)?;
        let b = self.number(0, step.before[0].kind)?;
        let result = match (a, b) {
            (Prim::Int(a), Prim::Int(b)) => match op {
                B::Add | B::InplaceAdd => Prim::Int(self.guard(Uop::int_add, &[a, b], 0)),
                B::Subtract | B::InplaceSubtract => Prim::Int(self.guard(Uop::int_sub, &[a, b], 0)),
                B::Multiply | B::InplaceMultiply => Prim::Int(self.guard(Uop::int_mul, &[a, b], 0)),
                B::FloorDivide | B::InplaceFloorDivide => {
                    Prim::Int(self.guard(Uop::int_floordiv, &[a, b], 0))
                }
                B::Remainder | B::InplaceRemainder => {
                    Prim::Int(self.guard(Uop::int_mod, &[a, b], 0))
                }
                B::And | B::InplaceAnd => Prim::Int(self.emit(Uop::int_and, &[a, b], 0)),
                B::Or | B::InplaceOr => Prim::Int(self.emit(Uop::int_or, &[a, b], 0)),
                B::Xor | B::InplaceXor => Prim::Int(self.emit(Uop::int_xor, &[a, b], 0)),
                B::Lshift | B::InplaceLshift => Prim::Int(self.guard(Uop::int_shl, &[a, b], 0)),
                B::Rshift | B::InplaceRshift => Prim::Int(self.guard(Uop::int_shr, &[a, b], 0)),
                B::TrueDivide | B::InplaceTrueDivide => {
                    let (a, b) = (self.as_float(Prim::Int(a)), self.as_float(Prim::Int(b)));
                    let quotient = self.guard(Uop::float_div, &[a, b], 0);
                    // The host gives 0.0 for 0 / -1; of all doubles the sum changes only -0.0.
                    let zero = self.emit(Uop::const_float, &[], 0);
                    Prim::Float(self.emit(Uop::float_add, &[quotient, zero], 0))
                }
                B::Power | B::InplacePower => {
                    if step.after[0].kind != Kind::Int {
                        return None;
                    }
                    Prim::Int(self.guard(Uop::pure_ii_i_x, &[a, b], Helper::pow_int as u64))
                }
                _ => return None,
            },
            (a, b) => {
                let (a, b) = (self.as_float(a), self.as_float(b));
                Prim::Float(match op {
                    B::Add | B::InplaceAdd => self.emit(Uop::float_add, &[a, b], 0),
                    B::Subtract | B::InplaceSubtract => self.emit(Uop::float_sub, &[a, b], 0),
                    B::Multiply | B::InplaceMultiply => self.emit(Uop::float_mul, &[a, b], 0),
                    B::TrueDivide | B::InplaceTrueDivide => self.guard(Uop::float_div, &[a, b], 0),
                    B::FloorDivide | B::InplaceFloorDivide => {
                        self.guard(Uop::pure_ff_f_x, &[a, b], Helper::floordiv_float as u64)
                    }
                    B::Remainder | B::InplaceRemainder => {
                        self.guard(Uop::pure_ff_f_x, &[a, b], Helper::mod_float as u64)
                    }
                    B::Power | B::InplacePower => {
                        self.guard(Uop::pure_ff_f_x, &[a, b], Helper::pow_float as u64)
                    }
                    _ => return None,
                })
            }
        };
        self.replace(2, Av::Num(result))
    }

    /// Whether the entry is a truth value (as far as it is known or was seen).
    pub(super) fn is_bool(&self, from_top: usize, seen: Kind) -> bool {
        match self.top(from_top) {
            Av::Bool(_) | Av::Const(_, ConstValue::Bool(_)) => true,
            Av::Ref(_, _, known) | Av::Owned(_, known) => known.unwrap_or(seen) == Kind::Bool,
            Av::Unread => seen == Kind::Bool,
            _ => false,
        }
    }

    fn for_iter(&mut self, step: &Step) -> Arm {
        if step.before[0].kind == Kind::ListIter {
            return self.for_list(step);
        }
        (step.before[0].kind == Kind::RangeIter).then_some(())?;
        let it = self.object(0, Kind::RangeIter)?;
        if self.rec.threads {
            // Another thread may advance it at the same time, unless this frame alone has it.
            let (offset, unshared) = self.facts.unshared_iter?;
            let count = self.emit(Uop::load_i64, &[it], offset);
            let one = self.emit(Uop::const_int, &[], unshared);
            self.guard(Uop::guard_int_eq, &[count, one], 0);
        }
        let [index, length, start, stride] = self.facts.range_iter;
        let i = self.position(it, index);
        let len = self.emit(Uop::load_i64_fixed, &[it], length);
        let one = self.emit(Uop::const_int, &[], 1);
        if step.next != step.fall {
            // Exhausted: neither number is negative, and the index counts on all the same.
            self.guard(Uop::guard_int_le, &[len, i], 0);
            let next = self.emit(Uop::int_wrap_add, &[i, one], 0);
            self.advance(it, index, next);
            return Some(());
        }
        self.guard(Uop::guard_int_ult, &[i, len], 0);
        let first = self.emit(Uop::load_i64_fixed, &[it], start);
        let by = self.emit(Uop::load_i64_fixed, &[it], stride);
        let scaled = self.emit(Uop::int_wrap_mul, &[i, by], 0);
        let value = self.emit(Uop::int_wrap_add, &[first, scaled], 0);
        let next = self.emit(Uop::int_wrap_add, &[i, one], 0);
        self.advance(it, index, next);
        self.push(Av::Num(Prim::Int(value)))
    }

    /// Takes an iterator off the value stack, with which its list may end, and what that lends.
    fn pop_iterator(&mut self, step: &Step) -> Arm {
        let kind = iterator(step)?;
        self.object(0, kind)?;
        if kind == Kind::ListIter {
            self.can_own(Loss::Any)?;
            self.own_lent(Loss::Any, 1);
        }
        self.pop(1);
        Some(())
    }

    /// `for` over a list: the iterator itself says where it is.
    fn for_list(&mut self, step: &Step) -> Arm {
        // Another thread could use the iterator at the same time.
        if self.rec.threads {
            return None;
        }
        let it = self.object(0, Kind::ListIter)?;
        if step.next != step.fall {
            self.guard(Uop::read_r_i_x, &[it], Helper::list_iter_end as u64);
            return Some(());
        }
        let [list, index] = self.facts.list_iter?;
        let list = self.emit(Uop::load_link, &[it], list);
        self.guard(Uop::guard_nonnull, &[list], 0);
        let at = self.position(it, index);
        let items = self.element_address(list, at)?;
        let element = self.emit(Uop::load_elem, &[items, at], 0);
        let one = self.emit(Uop::const_int, &[], 1);
        let next = self.emit(Uop::int_wrap_add, &[at, one], 0);
        self.advance(it, index, next);
        self.push(Av::Ref(element, From::Heap(Holder::Element), None))
    }

    /// The call of `range` for a loop and the `GET_ITER` behind it: an iterator at once, in memory.
    /// Where all that is below it is there, too.
    pub(super) fn range_loop(&mut self, at: usize) -> Arm {
        let rec = self.rec;
        let (step, next) = (&rec.steps[at], rec.steps.get(at + 1)?);
        let argc = step.arg as usize;
        let is_loop = step.op == Opcode::Call
            && step.builtin == Some(Builtin::Range)
            && (1..=3).contains(&argc)
            && next.op == Opcode::GetIter
            && step.next == step.fall
            && next.next == next.fall
            && next.after[0].kind == Kind::RangeIter;
        let len = self.state.stack.len();
        // In memory, where the loop looks for it; or the trace has it.
        let in_memory = !self.is_virtual() && len == self.state.mem + argc + 2;
        if !is_loop || self.replays() || self.region.is_some() || !(in_memory || argc < 3) {
            return None;
        }
        self.virtual_top(argc + 2)?;
        if !matches!(self.top(argc + 1), Av::Const(..)) || self.top(argc) != Av::Null {
            return None;
        }
        let mut bounds = [None; 3];
        for (n, bound) in bounds.iter_mut().enumerate().take(argc) {
            let from_top = argc - 1 - n;
            let kind = step.before[from_top].kind;
            if self.is_bool(from_top, kind) || matches!(self.top(from_top), Av::Owned(..)) {
                return None;
            }
            let Prim::Int(value) = self.number(from_top, kind)? else {
                return None;
            };
            *bound = Some(value);
        }
        let (start, stop) = match bounds {
            [stop, None, _] => (None, stop?),
            [start, stop, _] => (start, stop?),
        };
        let start = start.unwrap_or_else(|| self.emit(Uop::const_int, &[], 0));
        let by = bounds[2].unwrap_or_else(|| self.emit(Uop::const_int, &[], 1));
        if !in_memory {
            let helper = Helper::range_iter;
            let none = self.emit(Uop::const_ref, &[], self.facts.none);
            let iterator = self.guard(helper.uop(), &[none, start, stop], helper as u64);
            return self.replace(argc + 2, Av::Owned(iterator, Some(Kind::RangeIter)));
        }
        let depth = self.state.mem as u64;
        self.pop(argc + 2);
        self.guard(Uop::push_range, &[start, stop, by], depth);
        let iter = self.emit(Uop::load_stack, &[], depth);
        self.state.mem += 1;
        self.push(Av::Ref(
            iter,
            From::Stack(depth as u32),
            Some(Kind::RangeIter),
        ))
    }

    /// Requires that the two topmost entries can be stored at once, with all that can leave before
    /// the first store.
    fn both_storable(&mut self, first: u32, second: u32, step: &Step) -> Option<Store> {
        let len = self.state.stack.len();
        if self.is_virtual() || first == second || len < self.state.mem + 2 {
            return None;
        }
        let has_object = |av: Av| {
            matches!(
                av,
                Av::Ref(..) | Av::Boxed(..) | Av::Owned(..) | Av::Const(..)
            )
        };
        if !has_object(self.top(0)) || !has_object(self.top(1)) {
            return None;
        }
        let mut others = Vec::new();
        for (local, old) in [(first, step.old[0]), (second, step.old[1])] {
            if self.lends(From::Local(local), 2) {
                return None;
            }
            if self.old_trivial(local, old).is_none() {
                if self.place(local).dirty {
                    return None;
                }
                others.push(self.old_is_quiet(local));
            }
        }
        if let [a, b] = others[..] {
            // Two references to one object would have to be looked at together.
            let same = self.emit(Uop::ref_eq, &[a, b], 0);
            self.guard(Uop::guard_false, &[same], 0);
        }
        self.can_own(Loss::Any)?;
        Some(Store::Quiet)
    }

    /// Whether anything but local `index` itself borrows from its memory.
    pub(super) fn lends(&self, from: From, except: usize) -> bool {
        let State {
            locals,
            names,
            stack,
            ..
        } = &self.state;
        let places = locals
            .iter()
            .chain(names)
            .filter(|p| p.dirty)
            .any(|p| p.av.lender() == Some(from));
        let len = stack.len();
        places
            || stack[..len - except]
                .iter()
                .any(|av| av.lender() == Some(from))
            || self.waiting().any(|av| av.lender() == Some(from))
            || self.tuples_borrow(from)
    }

    /// Requires that a late store into the local is invisible: what memory holds there
    /// drops trivially.
    fn old_trivial(&mut self, local: u32, seen: Kind) -> Arm {
        let place = *self.state.locals.get(local as usize)?;
        if place.old_trivial || (!place.dirty && place.av.drops_trivially()) {
            return Some(());
        }
        if place.dirty || !seen.drops_trivially() {
            return None;
        }
        let av = place.av;
        match (av, seen) {
            (Av::Unread, Kind::Null) => {
                let inst = self.emit(Uop::load_local, &[], local.into());
                self.guard(Uop::guard_null, &[inst], 0);
                if let Some(nulls) = &mut self.region {
                    nulls.push(local);
                }
            }
            (Av::Null, Kind::Null) => {}
            (_, Kind::Null) => return None,
            _ => {
                let Av::Ref(inst, from, None) = self.local(local)? else {
                    return None;
                };
                self.guard_kind(inst, seen)?;
                self.learn(Av::Ref(inst, from, None), Av::Ref(inst, from, Some(seen)));
            }
        }
        self.place(local).old_trivial = true;
        Some(())
    }

    /// Requires that the top can be stored into the local by the trace, late or at once.
    fn storable(&mut self, local: u32, step: &Step) -> Option<Store> {
        let (old, seen) = (step.old[0], step.before[0].kind);
        if self.late_storable(local, old, seen, 0).is_some() {
            return Some(Store::Now);
        }
        if self.is_virtual() {
            let is_object = matches!(self.top(0), Av::Ref(..) | Av::Boxed(..));
            return (is_object && self.goes_quietly(local).is_some()).then_some(Store::Now);
        }
        // At once: the old value goes now, so nothing may borrow from it.
        let index = self.state.stack.len() - 1;
        if index < self.state.mem || matches!(self.state.stack[index], Av::Unread | Av::Null) {
            return None;
        }
        if self.lends(From::Local(local), 1) {
            return None;
        }
        let value = self.state.stack[index];
        let has_object = matches!(value, Av::Ref(..) | Av::Boxed(..) | Av::Owned(..));
        if has_object && self.old_trivial(local, old).is_some() {
            return Some(Store::Now);
        }
        if self.place(local).dirty {
            return None;
        }
        // What ends with the old value may lend something.
        let lent = self.endangers(Loss::Any, 1);
        // With a residual run in each iteration it would be stored each time, too.
        let runs = if self.path == 0 {
            self.meta.residuals.len()
        } else {
            self.runs
        };
        if !lent
            && !self.is_eager(local)
            && runs == 0
            && step.old_shared
            && let Av::Ref(_, From::Heap(_), _) = value
        {
            return Some(Store::Clear);
        }
        if has_object && !lent {
            return Some(Store::Swap);
        }
        if lent {
            self.can_own(Loss::Any)?;
        }
        if matches!(value, Av::Arg(..) | Av::Virtual(_) | Av::New(_)) || self.copies(value) > 1 {
            return None;
        }
        self.old_is_quiet(local);
        Some(Store::Quiet)
    }

    /// Makes sure that what memory holds in a local goes without running code; that object.
    fn old_is_quiet(&mut self, local: u32) -> InstIdx {
        let object = self.emit(Uop::load_local, &[], local.into());
        self.guard(Uop::read_r_i_x, &[object], Helper::ends_quietly as u64);
        object
    }

    /// Requires that the entry is a number or a constant that can be stored late.
    fn late_storable(&mut self, local: u32, old: Kind, seen: Kind, from_top: usize) -> Arm {
        let index = self.state.stack.len().checked_sub(1 + from_top)?;
        if index < self.state.mem {
            return None;
        }
        if matches!(self.state.stack[index], Av::Ref(..))
            && matches!(seen, Kind::Int | Kind::Float | Kind::Bool)
        {
            self.number(from_top, seen)?;
        }
        match self.state.stack[index] {
            Av::Num(_) | Av::Bool(_) | Av::Const(..) | Av::Arg(..) | Av::Virtual(_) => {}
            Av::Boxed(..) | Av::Ref(_, From::Heap(_), _) if !self.is_eager(local) => {}
            // The frame of an inlined call or of a function trace is in no memory.
            Av::Ref(..) | Av::New(_) if self.is_virtual() => {}
            _ => return None,
        }
        self.old_trivial(local, old)
    }

    /// Whether boxes are stored into a local at once.
    fn is_eager(&self, local: u32) -> bool {
        !self.is_virtual() && self.eager[local as usize]
    }

    /// Stores the top into a local, which `storable` has allowed.
    fn store_fast(&mut self, local: u32, how: Store) {
        if how == Store::Quiet {
            self.own_lent(Loss::Any, 1);
        }
        if how == Store::Clear {
            self.guard(Uop::clear_local, &[], local.into());
        }
        let mut av = self.state.stack.pop().expect("the value to store is there");
        let made = match av {
            _ if how != Store::Quiet => None,
            Av::Num(Prim::Int(v)) => Some(self.emit(Uop::box_int, &[v], 0)),
            Av::Num(Prim::Float(v)) => Some(self.emit(Uop::box_float, &[v], 0)),
            Av::Bool(v) => Some(self.emit(Uop::box_bool, &[v], 0)),
            Av::Const(addr, _) => {
                let object = self.emit(Uop::const_ref, &[], addr as u64);
                self.emit(Uop::set_local, &[object], local.into());
                *self.place(local) = Place::stored(av);
                return;
            }
            _ => None,
        };
        if let Some(object) = made {
            av = Av::Owned(object, None);
        }
        let late = match av {
            _ if how == Store::Clear => true,
            _ if how != Store::Now => false,
            Av::Num(_) | Av::Bool(_) | Av::Const(..) | Av::Arg(..) | Av::Virtual(_) => true,
            Av::Boxed(..) => !self.is_eager(local),
            Av::Ref(_, From::Heap(_), _) => !self.is_eager(local),
            Av::Ref(..) => self.is_virtual(),
            Av::New(_) => true,
            _ => false,
        };
        if late {
            *self.place(local) = Place::late(av);
            return;
        }
        let owned = matches!(av, Av::Owned(..));
        let (inst, av) = match av {
            Av::Boxed(prim, inst, _) => (inst, Av::Boxed(prim, inst, From::Local(local))),
            Av::Ref(inst, _, kind) => (inst, Av::Ref(inst, From::Local(local), kind)),
            Av::Owned(inst, kind) => {
                // The local has a count of its own now.
                if how != Store::Swap {
                    self.drops.push(inst);
                }
                (inst, Av::Ref(inst, From::Local(local), kind))
            }
            _ => unreachable!("`storable` refuses what has no object"),
        };
        match (how, owned) {
            (Store::Swap, true) => self.guard(Uop::give_local, &[inst], local.into()),
            (Store::Swap, false) => self.guard(Uop::swap_local, &[inst], local.into()),
            _ => self.emit(Uop::set_local, &[inst], local.into()),
        };
        *self.place(local) = Place::stored(av);
    }

    /// Takes what a local has away again.
    fn unset(&mut self, step: &Step) -> Arm {
        let local = step.arg;
        self.virtual_top(1)?;
        if self.is_virtual() {
            let place = *self.state.locals.get(local as usize)?;
            place.av.drops_trivially().then_some(())?;
            self.state.stack.pop();
            *self.place(local) = Place::late(Av::Null);
            return Some(());
        }
        let place = *self.state.locals.get(local as usize)?;
        if place.av == Av::Null && !place.dirty {
            self.state.stack.pop();
            return Some(());
        }
        if self.replays() || self.region.is_some() || self.lends(From::Local(local), 1) {
            return None;
        }
        if place.dirty {
            (place.old_trivial && !matches!(place.av, Av::Virtual(_) | Av::New(_))).then_some(())?;
        } else if self.endangers(Loss::Any, 1) {
            self.can_own(Loss::Any)?;
            self.own_lent(Loss::Any, 1);
            self.renew(step);
        }
        let null = self.emit(Uop::const_ref, &[], 0);
        self.guard(Uop::give_local, &[null], local.into());
        self.state.stack.pop();
        *self.place(local) = Place::stored(Av::Null);
        Some(())
    }

    /// Whether an object is known to outlive the trace.
    fn is_lasting(&self, addr: usize) -> bool {
        self.tree
            .recordings()
            .any(|rec| rec.keep.iter().any(|o| crate::record::address(o) == addr))
    }

    fn load_name(&mut self, row: u32, addr: usize) -> Option<Av> {
        let place = *self.state.names.get(row as usize)?;
        match place.av {
            Av::Unread => {
                // What is known to outlive the trace becomes a constant; a pointer into a
                // dictionary is only good while no other thread can change it (B4).
                let lasting = self.is_lasting(addr);
                if self.rec.threads && !lasting {
                    return None;
                }
                let inst = self.guard(Uop::load_name, &[], row.into());
                let av = if lasting {
                    self.guard(Uop::guard_is, &[inst], addr as u64);
                    Av::Const(addr, ConstValue::Object)
                } else {
                    Av::Ref(inst, From::Name(row), None)
                };
                self.state.names[row as usize].av = av;
                Some(av)
            }
            av => Some(av),
        }
    }

    fn store_name(&mut self, step: &Step) -> Arm {
        let row = step.name?;
        if self.rec.threads || self.is_function() {
            return None;
        }
        let index = self.state.stack.len().checked_sub(1)?;
        if index < self.state.mem {
            return None;
        }
        let seen = step.before[0].kind;
        if matches!(self.top(0), Av::Ref(..))
            && matches!(seen, Kind::Int | Kind::Float | Kind::Bool)
        {
            self.number(0, seen)?;
        }
        match self.top(0) {
            Av::Num(_) | Av::Bool(_) | Av::Const(..) => {}
            Av::Boxed(..) if !self.eager[self.tree.trunk.locals as usize + row as usize] => {}
            _ => return None,
        }
        let place = self.state.names[row as usize];
        if !(place.old_trivial || place.dirty || place.av.drops_trivially()) {
            let old = step.old[0];
            if old == Kind::Null || !old.drops_trivially() {
                return None;
            }
            let Av::Ref(inst, from, None) = self.load_name(row, 0)? else {
                return None;
            };
            self.guard_kind(inst, old)?;
            self.learn(Av::Ref(inst, from, None), Av::Ref(inst, from, Some(old)));
        }
        let av = self.state.stack.pop()?;
        self.state.names[row as usize] = Place::late(av);
        Some(())
    }

    /// Looks up the lasting names that only side paths use before the loop, so that those find
    /// them known: a look-up in two dictionaries takes longer than most paths.
    pub(super) fn load_lasting(&mut self) {
        if self.rec.threads {
            return;
        }
        self.snap = self.snapshot_at(self.rec.header);
        let tree = self.tree;
        let sides = tree.sides.iter().flat_map(|(_, rec)| &rec.steps);
        for step in sides {
            let seen = match step.op {
                Opcode::LoadGlobal => step.after[(step.arg & 1) as usize],
                Opcode::LoadName => step.after[0],
                _ => continue,
            };
            let Some(row) = step.name else { continue };
            let on_trunk = self.rec.steps.iter().any(|step| step.name == Some(row));
            if !on_trunk && self.is_lasting(seen.addr) {
                self.load_name(row, seen.addr);
            }
        }
    }

    /// `module.name`, where the module is a constant.
    fn load_module_attr(&mut self, step: &Step) -> Arm {
        let Av::Const(addr, _) = self.top(0) else {
            return None;
        };
        if addr != step.before[0].addr {
            return None;
        }
        let is_method = LoadAttr::from_u32(step.arg).is_method();
        let seen = step.after[usize::from(is_method)];
        if is_method && step.after[0].kind != Kind::Null {
            return None;
        }
        // Unlike those of other objects that traces look at, a module's class can be replaced:
        // read again after everything that may run code.
        let module = self.emit(Uop::const_ref, &[], addr as u64);
        let class = self.emit(Uop::load_i64, &[module], self.facts.type_offset);
        let plain = self.emit(Uop::const_int, &[], self.facts.module_type);
        self.guard(Uop::guard_int_eq, &[class, plain], 0);
        let av = self.load_name(step.name?, seen.addr)?;
        self.loaded(step, av)
    }
}

/// The locals that a step names.
pub(super) fn locals_of(step: &Step) -> Vec<u32> {
    match step.op {
        Opcode::LoadFast
        | Opcode::LoadFastBorrow
        | Opcode::LoadFastCheck
        | Opcode::LoadDeref
        | Opcode::StoreFast => vec![step.arg],
        Opcode::LoadFastLoadFast
        | Opcode::LoadFastBorrowLoadFastBorrow
        | Opcode::StoreFastLoadFast
        | Opcode::StoreFastStoreFast => vec![step.arg >> 4, step.arg & 15],
        _ => Vec::new(),
    }
}

/// How a local is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Store {
    /// Late, or at once where the old value has a trivial drop.
    Now,
    /// At once, and the old value goes if that runs no code.
    Swap,
    /// Late; the old value goes at once. It has other references, so nothing ends with it, what is
    /// stored included.
    Clear,
    /// At once: the old value is known to go without running code.
    Quiet,
}

/// The kind of the iterator on top, if it is one that traces know.
fn iterator(step: &Step) -> Option<Kind> {
    let kind = step.before[0].kind;
    matches!(kind, Kind::RangeIter | Kind::ListIter).then_some(kind)
}

/// The helper for `len` of a kind.
pub(super) fn len_helper(kind: Kind) -> Option<Helper> {
    Some(match kind {
        Kind::List => Helper::list_len,
        Kind::Tuple => Helper::tuple_len,
        Kind::Str => Helper::str_len,
        Kind::Dict => Helper::dict_len,
        _ => return None,
    })
}

/// Whether a conditional jump was taken; the interpreter steps over the `NOT_TAKEN`
/// that may follow it.
fn jump_direction(next: u32, fall: u32, target: u32) -> Option<bool> {
    if next == target && target > fall + 1 {
        Some(true)
    } else if next == fall || next == fall + 1 {
        // A jump of distance 0 or 1 goes to the same place either way.
        (target > fall + 1).then_some(false)
    } else {
        None
    }
}
