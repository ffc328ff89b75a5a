//! The arms for subscripts and for calls of builtin functions.
//!
//! Invariant: an element that is only computed with comes unboxed; one that may go
//! anywhere else comes as the object that it is, so that identity survives.
//!
//! Worked example: `s += a[i]` reads the element with `read_ri_i_x list_get_int`, because
//! the value on the stack is consumed by the addition; `x = a[i]` uses
//! `read_ri_r_x list_get_ref` and `set_local`.

use super::steps::len_helper;
use super::value::{Av, From, Holder, Loss, Prim};
use super::{Arm, Builder};
use crate::helper::Helper;
use crate::ir::{InstIdx, Uop};
use crate::recording::{Builtin, ConstValue, Kind, Step, Taken};
use rustpython_vm::bytecode::{BinaryOperator, Opcode};

/// The helpers that store a value of each kind into one sort of place.
pub(super) struct Setters {
    pub(super) int: Helper,
    pub(super) bool: Helper,
    pub(super) float: Helper,
    pub(super) object: Helper,
}

/// Into a list at an index, or not at all.
const LIST: Setters = Setters {
    int: Helper::list_set_int,
    bool: Helper::list_set_bool,
    float: Helper::list_set_float,
    object: Helper::list_set_ref,
};

/// Into the storage of a list.
pub(super) const ELEMENT: Setters = Setters {
    int: Helper::elem_set_int,
    bool: Helper::elem_set_bool,
    float: Helper::elem_set_float,
    object: Helper::elem_set_ref,
};

/// Behind the elements of a list.
const APPEND: Setters = Setters {
    int: Helper::list_append_int,
    bool: Helper::list_append_bool,
    float: Helper::list_append_float,
    object: Helper::list_append_ref,
};

impl Builder<'_> {
    pub(super) fn load_subscr(&mut self, at: usize) -> Arm {
        let rec = self.rec;
        let step = &rec.steps[at];
        let container = step.before[1].kind;
        if self.elements(1).is_some() {
            return self.virtual_element();
        }
        if let Some(version) = step.array_version {
            return self.load_array(step, version);
        }
        let is_list = match container {
            Kind::List => true,
            Kind::Tuple => false,
            _ => return None,
        };
        let Prim::Int(index) = self.number(0, step.before[0].kind)? else {
            return None;
        };
        let object = self.object(1, container)?;
        // One that only the value stack holds may die when it is popped.
        self.ends_quietly(1, container)?;
        let fast = is_list && !step.negative;
        if !is_list
            && !step.negative
            && !self.rec.threads
            && !self.is_held(1)
            && let Some((items, len)) = self.facts.tuple_items
        {
            let len = self.emit(Uop::load_i64_fixed, &[object], len);
            self.guard(Uop::guard_int_ult, &[index, len], 0);
            let items = self.emit(Uop::load_i64_fixed, &[object], items);
            let element = self.emit(Uop::load_elem, &[items, index], 0);
            let element = self.element(at, element, Holder::Tuple)?;
            return self.replace(2, element);
        }
        if fast && let Some(element) = self.fast_element(at, object, index) {
            return self.replace(2, element);
        }
        let pick = |list, tuple| if is_list { list as u64 } else { tuple as u64 };
        let args = [object, index];
        let element = match step.after[0].kind {
            Kind::Bool => {
                let helper = pick(Helper::list_get_bool, Helper::tuple_get_bool);
                let value = self.guard(Uop::read_ri_i_x, &args, helper);
                Av::Bool(self.emit(Uop::int_ne_imm, &[value], 0))
            }
            Kind::Int if self.is_computed_with(at) => {
                let helper = pick(Helper::list_get_int, Helper::tuple_get_int);
                Av::Num(Prim::Int(self.guard(Uop::read_ri_i_x, &args, helper)))
            }
            Kind::Float if self.is_computed_with(at) => {
                let helper = pick(Helper::list_get_float, Helper::tuple_get_float);
                Av::Num(Prim::Float(self.guard(Uop::read_ri_f_x, &args, helper)))
            }
            _ => {
                let helper = pick(Helper::list_get_ref, Helper::tuple_get_ref);
                Av::Owned(self.guard(Uop::read_ri_r_x, &args, helper), None)
            }
        };
        self.replace(2, element)
    }

    /// Where a list's element is, when the trace may look into the list without its lock:
    /// while there is one thread only. Leaves when the index is not inside the list.
    pub(super) fn element_address(&mut self, list: InstIdx, index: InstIdx) -> Option<InstIdx> {
        let (items, len) = self.facts.list_items.filter(|_| !self.rec.threads)?;
        let len = self.emit(Uop::load_i64, &[list], len);
        self.guard(Uop::guard_int_ult, &[index, len], 0);
        Some(self.emit(Uop::load_i64, &[list], items))
    }

    /// Takes a tuple apart.
    pub(super) fn unpack_tuple(&mut self, step: &Step) -> Arm {
        if self.rec.threads {
            return None;
        }
        let tuple = self.object(0, Kind::Tuple)?;
        let held = self.is_held(0);
        let (items, len) = self.facts.tuple_items?;
        let len = self.emit(Uop::load_i64_fixed, &[tuple], len);
        self.guard(Uop::guard_int_eq_imm, &[len], step.arg.into());
        let items = self.emit(Uop::load_link, &[tuple], items);
        let mut elements = Vec::new();
        for index in 0..u64::from(step.arg) {
            let element = self.emit(Uop::load_link, &[items], index * 8);
            let element = Av::Ref(element, From::Heap(Holder::Tuple), None);
            elements.push(if held { self.own_one(element) } else { element });
        }
        self.pop(1);
        self.state.stack.extend(elements.into_iter().rev());
        Some(())
    }

    /// Reads an element: unboxed if it is a truth value or only computed with.
    fn fast_element(&mut self, at: usize, list: InstIdx, index: InstIdx) -> Option<Av> {
        let kind = self.rec.steps[at].after[0].kind;
        if self.is_held(1) && self.stays_object(at, kind) {
            return None;
        }
        let items = self.element_address(list, index)?;
        let element = self.emit(Uop::load_elem, &[items, index], 0);
        self.element(at, element, Holder::Element)
    }

    /// Whether what a step reads has to stay the object that it is.
    pub(super) fn stays_object(&self, at: usize, kind: Kind) -> bool {
        match kind {
            Kind::Bool => false,
            Kind::Int | Kind::Float => !self.is_computed_with(at),
            _ => true,
        }
    }

    /// An object that a step has read out of another, where it goes on top of the value stack.
    fn element(&mut self, at: usize, element: InstIdx, holder: Holder) -> Option<Av> {
        let kind = self.rec.steps[at].after[0].kind;
        if self.stays_object(at, kind) {
            return Some(Av::Ref(element, From::Heap(holder), None));
        }
        self.unboxed(element, kind)
    }

    /// The number or truth value that an object is.
    pub(super) fn unboxed(&mut self, object: InstIdx, kind: Kind) -> Option<Av> {
        self.guard_kind(object, kind)?;
        Some(match kind {
            Kind::Bool => Av::Bool(self.emit(Uop::ref_is, &[object], self.facts.true_)),
            Kind::Float => Av::Num(Prim::Float(self.unbox_float(object))),
            _ => Av::Num(Prim::Int(self.unbox_int(object))),
        })
    }

    /// Whether the value that a step pushes is next touched by arithmetic or a test.
    pub(super) fn is_computed_with(&self, at: usize) -> bool {
        let position = self.rec.steps[at].depth;
        for step in &self.rec.steps[at + 1..] {
            let pops = match step.op {
                Opcode::BinaryOp | Opcode::CompareOp => 2,
                Opcode::YieldValue
                    if matches!(step.taken, Some(Taken::Added(..) | Taken::Passed(_))) =>
                {
                    1
                }
                Opcode::UnaryNegative | Opcode::UnaryNot | Opcode::ToBool => 1,
                Opcode::LoadFast
                | Opcode::LoadFastBorrow
                | Opcode::LoadFastLoadFast
                | Opcode::LoadFastBorrowLoadFastBorrow
                | Opcode::LoadConst
                | Opcode::LoadSmallInt
                | Opcode::LoadGlobal
                | Opcode::LoadName => 0,
                _ => return false,
            };
            if step.depth_before - pops < position {
                // As a container of a subscript it would not be a number; as the index it is.
                return step.depth_before == position
                    || step.arg != BinaryOperator::Subscr as u32
                    || step.op != Opcode::BinaryOp;
            }
        }
        false
    }

    /// An element of an array, which is a new object each time.
    fn load_array(&mut self, step: &Step, version: u32) -> Arm {
        let (array, index) = self.array_and_index(step, version)?;
        let element = match step.after[0].kind {
            Kind::Int => {
                let helper = Helper::array_get_int as u64;
                Prim::Int(self.guard(Uop::read_ri_i_x, &[array, index], helper))
            }
            Kind::Float => {
                let helper = Helper::array_get_float as u64;
                Prim::Float(self.guard(Uop::read_ri_f_x, &[array, index], helper))
            }
            _ => return None,
        };
        self.replace(2, Av::Num(element))
    }

    fn array_and_index(&mut self, step: &Step, version: u32) -> Option<(InstIdx, InstIdx)> {
        if self.rec.threads || step.negative {
            return None;
        }
        let Prim::Int(index) = self.number(0, step.before[0].kind)? else {
            return None;
        };
        // What else could be there is an exit each time that it comes.
        let zero = self.emit(Uop::const_int, &[], 0);
        self.guard(Uop::guard_int_le, &[zero, index], 0);
        let array = self.instance(1, version, step.before[1].kind)?;
        Some((array, index))
    }

    fn store_array(&mut self, step: &Step, version: u32) -> Arm {
        let (array, index) = self.array_and_index(step, version)?;
        match self.number(2, step.before[2].kind)? {
            Prim::Int(v) => {
                let helper = Helper::array_set_int as u64;
                self.guard(Uop::write_rii_x, &[array, index, v], helper);
            }
            Prim::Float(v) => {
                let helper = Helper::array_set_float as u64;
                self.guard(Uop::write_rif_x, &[array, index, v], helper);
            }
        }
        self.pop(3);
        Some(())
    }

    pub(super) fn store_subscr(&mut self, step: &Step) -> Arm {
        if let Some(version) = step.array_version {
            return self.store_array(step, version);
        }
        // (The callers of a call that is replayed may have borrowed it.)
        if self.replays() || step.before[1].kind != Kind::List || step.old[0] == Kind::Null {
            return None;
        }
        let Prim::Int(index) = self.number(0, step.before[0].kind)? else {
            return None;
        };
        let list = self.object(1, Kind::List)?;
        if matches!(self.top(1).lender(), Some(From::Stack(_))) {
            return None;
        }
        let value = self.read_top(2)?;
        let is_leaf = step.old[0].drops_trivially();
        if !is_leaf || self.endangers(Loss::Element, 3) || self.copies_of_number(value) > 1 {
            return self.replace_element(step, list, index, value);
        }
        if matches!(value.lender(), Some(From::Stack(_))) {
            return None;
        }
        // A truth value over a truth value: neither is counted.
        if let Av::Const(addr, ConstValue::Bool(_)) = value
            && !step.negative
            && step.old[0] == Kind::Bool
            && let Some(items) = self.element_address(list, index)
        {
            let old = self.emit(Uop::load_elem, &[items, index], 0);
            self.guard_kind(old, Kind::Bool)?;
            let v = self.emit(Uop::const_ref, &[], addr as u64);
            self.emit(Uop::store_elem, &[items, index, v], 0);
            self.pop(3);
            return Some(());
        }
        let (helper, operand) = self.setter(&LIST, value)?;
        self.guard(helper.uop(), &[list, index, operand], helper as u64);
        self.pop(3);
        Some(())
    }

    /// A store into a list over an element with which others may end, or while something is borrowed
    /// that the old element may be, or of a number that other places have, too: once all these have
    /// counts and objects of their own, the store must not leave any more.
    fn replace_element(&mut self, step: &Step, list: InstIdx, index: InstIdx, value: Av) -> Arm {
        let (offset, _) = self.facts.list_items?;
        if step.negative {
            return None;
        }
        let items = self.element_address(list, index)?;
        let old = self.emit(Uop::load_elem, &[items, index], 0);
        let loss = match step.old[0].drops_trivially() {
            true => {
                self.guard_kind(old, step.old[0])?;
                Loss::Element
            }
            // It goes if that runs no code.
            false => {
                self.guard(Uop::read_r_i_x, &[old], Helper::ends_quietly as u64);
                Loss::Any
            }
        };
        self.can_own(loss)?;
        if matches!(value.lender(), Some(From::Stack(_))) {
            return None;
        }
        let is_copied = self.copies_of_number(value) > 1;
        if is_copied {
            self.can_box(value)?;
        }
        let (mut helper, mut operand) = self.setter(&ELEMENT, value)?;
        // (Not a link: an append may move them.)
        let items = self.emit(Uop::load_attr, &[list], offset);
        let size = self.emit(Uop::const_int, &[], size_of::<usize>() as u64);
        let offset = self.emit(Uop::int_wrap_mul, &[index, size], 0);
        self.own_lent(loss, 3);
        let made = is_copied
            .then(|| self.box_copies(value, Holder::Element))
            .flatten();
        if let Some(object) = made {
            (helper, operand) = (ELEMENT.object, object);
        }
        self.emit(helper.uop(), &[items, offset, operand], helper as u64);
        self.pop(3);
        if let Some(object) = made {
            self.keep_box(object);
        }
        Some(())
    }

    /// How many places hold this very number; another copy would have to be the same object.
    pub(super) fn copies_of_number(&self, av: Av) -> usize {
        if matches!(av, Av::Num(_)) {
            self.copies(av)
        } else {
            0
        }
    }

    /// The helper that stores a value, and what it is given.
    pub(super) fn setter(&mut self, setters: &Setters, value: Av) -> Option<(Helper, InstIdx)> {
        Some(match value {
            Av::Num(Prim::Int(v)) => (setters.int, v),
            Av::Num(Prim::Float(v)) => (setters.float, v),
            Av::Bool(v) => (setters.bool, self.emit(Uop::bool_to_int, &[v], 0)),
            Av::Const(addr, _) => (setters.object, self.emit(Uop::const_ref, &[], addr as u64)),
            Av::Boxed(_, v, _) | Av::Ref(v, ..) | Av::Owned(v, _) => (setters.object, v),
            Av::Arg(..) | Av::Null | Av::Unread | Av::Virtual(_) | Av::New(_) => return None,
        })
    }

    /// How many places hold this very number.
    pub(super) fn copies(&self, av: Av) -> usize {
        let places = self.state.locals.iter().chain(&self.state.names);
        places.filter(|p| p.av == av).count()
            + self.waiting().filter(|other| *other == av).count()
            + self.state.stack.iter().filter(|s| **s == av).count()
    }

    pub(super) fn call(&mut self, step: &Step) -> Arm {
        let builtin = step.builtin?;
        let argc = step.arg as usize;
        if self.state.stack.len() < argc + 2 {
            return None;
        }
        if matches!(builtin, Builtin::ListAppend | Builtin::ListPop) {
            return self.list_method(builtin, step);
        }
        self.is_called(step)?;
        if builtin == Builtin::Exception {
            return self.make_exception(step);
        }
        let seen = |from_top: usize| step.before[from_top].kind;
        let result = match (builtin, argc) {
            (Builtin::Len, 1) if self.elements(0).is_some() => {
                let len = self.elements(0)?.len() as u64;
                Av::Num(Prim::Int(self.emit(Uop::const_int, &[], len)))
            }
            (Builtin::Len, 1) => {
                let helper = len_helper(seen(0))?;
                let object = self.object(0, seen(0))?;
                self.ends_quietly(0, seen(0))?;
                let list_len = self.facts.list_items.filter(|_| !self.rec.threads);
                Av::Num(Prim::Int(match list_len {
                    Some((_, len)) if seen(0) == Kind::List => {
                        self.emit(Uop::load_i64, &[object], len)
                    }
                    _ => self.guard(Uop::read_r_i_x, &[object], helper as u64),
                }))
            }
            (Builtin::IsInstance, 2) => self.is_instance(step)?,
            (Builtin::Abs, 1) => Av::Num(match self.number(0, seen(0))? {
                Prim::Int(v) => Prim::Int(self.guard(Uop::int_abs, &[v], 0)),
                Prim::Float(v) => Prim::Float(self.emit(Uop::float_abs, &[v], 0)),
            }),
            (Builtin::Min | Builtin::Max, 2) => self.min_max(builtin == Builtin::Max, step)?,
            (Builtin::Int, 1) => {
                if self.is_bool(0, seen(0)) {
                    let value = self.number(0, seen(0))?;
                    Av::Num(value)
                } else {
                    match self.number(0, seen(0))? {
                        Prim::Int(_) => self.stays(0)?,
                        Prim::Float(v) => {
                            Av::Num(Prim::Int(self.guard(Uop::float_to_int, &[v], 0)))
                        }
                    }
                }
            }
            (Builtin::Float, 1) => match self.number(0, seen(0))? {
                Prim::Float(_) => self.stays(0)?,
                prim @ Prim::Int(_) => Av::Num(Prim::Float(self.as_float(prim))),
            },
            (Builtin::Sqrt, 1) => {
                let value = self.number(0, seen(0))?;
                let value = self.as_float(value);
                Av::Num(Prim::Float(self.guard(Uop::float_sqrt, &[value], 0)))
            }
            (Builtin::Fabs, 1) => {
                let value = self.number(0, seen(0))?;
                let value = self.as_float(value);
                Av::Num(Prim::Float(self.emit(Uop::float_abs, &[value], 0)))
            }
            (Builtin::Math(helper), 1) => match helper.uop() {
                Uop::pure_f_f_x => {
                    let value = self.number(0, seen(0))?;
                    let value = self.as_float(value);
                    Av::Num(Prim::Float(self.guard(
                        Uop::pure_f_f_x,
                        &[value],
                        helper as u64,
                    )))
                }
                Uop::pure_f_i_x => {
                    let Prim::Float(value) = self.number(0, seen(0))? else {
                        return None;
                    };
                    Av::Num(Prim::Int(self.guard(
                        Uop::pure_f_i_x,
                        &[value],
                        helper as u64,
                    )))
                }
                _ => return None,
            },
            (Builtin::Math(helper), 2) if helper.uop() == Uop::pure_ff_f_x => {
                let a = self.number(1, seen(1))?;
                let b = self.number(0, seen(0))?;
                let (a, b) = (self.as_float(a), self.as_float(b));
                Av::Num(Prim::Float(self.guard(
                    Uop::pure_ff_f_x,
                    &[a, b],
                    helper as u64,
                )))
            }
            _ => return None,
        };
        self.replace(argc + 2, result)
    }

    /// Makes sure that a call is of the builtin function that it was recorded with, and not of a
    /// method; that function.
    pub(super) fn is_called(&mut self, step: &Step) -> Option<InstIdx> {
        let argc = step.arg as usize;
        let callee = match self.read_top(argc + 1)? {
            Av::Const(addr, _) => self.emit(Uop::const_ref, &[], addr as u64),
            // It was put there before the loop or the last residual run.
            Av::Ref(callee, From::Stack(_), _) => {
                self.guard(Uop::guard_is, &[callee], step.callee as u64);
                callee
            }
            _ => return None,
        };
        match self.top(argc) {
            Av::Null => {}
            Av::Unread => {
                let depth = self.state.stack.len() - 1 - argc;
                let receiver = self.emit(Uop::load_stack, &[], depth as u64);
                self.guard(Uop::guard_null, &[receiver], 0);
            }
            _ => return None,
        }
        Some(callee)
    }

    /// Appends the entry at a distance from the top to a list.
    pub(super) fn append(&mut self, list: InstIdx, from_top: usize) -> Arm {
        let value = self.read_top(from_top)?;
        let value = match self.copies_of_number(value) {
            0 | 1 => value,
            // (Not in a call that is replayed, of which the callers' places are nobody's business
            // before it ends.)
            _ if !self.callers.is_empty() => {
                if self.replays() || !matches!(value, Av::Num(_)) {
                    return None;
                }
                self.can_box(value)?;
                let object = self.box_copies(value, Holder::Element)?;
                let zero = self.emit(Uop::const_int, &[], 0);
                let helper = APPEND.object;
                self.emit(helper.uop(), &[list, zero, object], helper as u64);
                self.keep_box(object);
                return Some(());
            }
            // The other one has to be the same object, so it gets one first.
            2 => {
                let places = super::close::places(&self.state);
                let index = places.iter().position(|place| place.av == value)?;
                let place = places[index];
                if self.is_virtual() || !place.dirty || !self.can_store(index, place) {
                    return None;
                }
                self.store_now(index);
                let av = super::close::places(&self.state)[index].av;
                let top = self.state.stack.len() - 1 - from_top;
                self.state.stack[top] = av;
                av
            }
            _ => return None,
        };
        let (helper, operand) = self.setter(&APPEND, value)?;
        let zero = self.emit(Uop::const_int, &[], 0);
        self.emit(helper.uop(), &[list, zero, operand], helper as u64);
        Some(())
    }

    /// What a comprehension does with each value.
    pub(super) fn list_append(&mut self, step: &Step) -> Arm {
        if self.rec.threads || self.replays() {
            return None;
        }
        // A null pointer on the value stack would be no list.
        let list = self.object(step.arg as usize, Kind::List)?;
        self.append(list, 0)?;
        self.pop(1);
        Some(())
    }

    /// A call of a method of a list.
    fn list_method(&mut self, builtin: Builtin, step: &Step) -> Arm {
        let argc = step.arg as usize;
        if self.rec.threads || (self.replays() && builtin != Builtin::ListAppend) {
            return None;
        }
        // The class of the list says which function it is.
        let Av::Ref(_, From::Heap(Holder::Class), _) = self.top(argc + 1) else {
            return None;
        };
        let list = match self.top(argc) {
            Av::Ref(..) | Av::Owned(..) => self.object(argc, Kind::List)?,
            _ => return None,
        };
        self.ends_quietly(argc, Kind::List)?;
        match (builtin, argc) {
            (Builtin::ListAppend, 1) => {
                self.append(list, 0)?;
                let none = Av::Const(self.facts.none as usize, ConstValue::Object);
                self.replace(3, none)
            }
            (Builtin::ListPop, 0) => {
                self.can_own(Loss::Any)?;
                let last = self.guard(Uop::take_r_r_x, &[list], Helper::list_pop as u64);
                // What the list has lent may be this, and end with it.
                self.own_lent(Loss::Any, 2);
                self.replace(2, Av::Owned(last, None))
            }
            _ => None,
        }
    }

    /// The operand itself as a result.
    fn stays(&self, from_top: usize) -> Option<Av> {
        let av = self.top(from_top);
        let dies = matches!(av, Av::Owned(..)) || matches!(av.lender(), Some(From::Stack(_)));
        (!dies).then_some(av)
    }

    /// `min(a, b)` is `b` if `b < a`, else `a`; `max(a, b)` is `b` if `b > a`, else `a`. The
    /// result is the operand itself, so which one it was is guarded.
    fn min_max(&mut self, is_max: bool, step: &Step) -> Option<Av> {
        let a = self.number(1, step.before[1].kind)?;
        let b = self.number(0, step.before[0].kind)?;
        let second = step.after[0].addr == step.before[0].addr;
        if !second && step.after[0].addr != step.before[1].addr {
            return None;
        }
        let result = self.stays(usize::from(!second))?;
        let (low, high) = if is_max { (a, b) } else { (b, a) };
        match (low, high) {
            (Prim::Int(low), Prim::Int(high)) => {
                let less = self.emit(Uop::int_lt, &[low, high], 0);
                self.guard(
                    if second {
                        Uop::guard_true
                    } else {
                        Uop::guard_false
                    },
                    &[less],
                    0,
                );
            }
            (low, high) => {
                let (low, high) = (self.as_float(low), self.as_float(high));
                let less = self.emit(Uop::float_lt, &[low, high], 0);
                self.guard(
                    if second {
                        Uop::guard_true
                    } else {
                        Uop::guard_false
                    },
                    &[less],
                    0,
                );
            }
        }
        Some(result)
    }
}
