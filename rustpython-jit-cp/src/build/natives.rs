//! The arms for what builtin types do ([`crate::native`]).
//!
//! Invariants:
//! - A native takes objects. A number without one gets it first, in its place on the value stack,
//!   and the exit's snapshot is made anew behind that: whoever leaves there has the object.
//!   Nothing refuses any more from then on.
//! - Names that are stored late are in their dictionaries before a native may look there.
//! - What is kept or shown somewhere is one object wherever the number was; what is only computed with
//!   may be another one.
//!
//! Worked example: `if w in seen` is `guard_type` of `seen`, `read_rr_i_x has_item` and `guard_true`;
//! `d[i] = x` with an `x` that was just computed is `box_float`, `make_rir_r_x set_int_item` and a
//! `decref` of what was there before.

use super::value::{Av, From, Holder, Loss, Prim};
use super::{Arm, Builder};
use crate::helper::Helper;
use crate::ir::{InstIdx, Uop};
use crate::native::{Native, Results, row};
use crate::recording::{Bound, ConstValue, Kind, Step};
use rustpython_vm::bytecode::Opcode;

/// The bounds of a slice that is stored into are smaller.
pub const SLICE_BOUND: u64 = 1 << 30;

/// An operand of a native.
#[derive(Clone, Copy)]
enum Operand {
    /// The object at a distance from the top, to be looked at.
    Seen(usize),
    /// The object at a distance from the top, which may be kept or be the result.
    Kept(usize),
    /// The key at a distance from the top, which may be an unboxed int if there is a row for that.
    Key(usize),
    /// The int at a distance from the top.
    Index(usize),
    /// A bound of a slice, `None` for this number.
    Bound(usize, i64),
    /// An object that is known already.
    Known(InstIdx),
}

/// Whether a helper computes with numbers and the like, and shows its operands to nobody.
fn is_arithmetic(helper: Helper) -> bool {
    matches!(
        helper,
        Helper::object_add
            | Helper::object_sub
            | Helper::object_mul
            | Helper::object_floordiv
            | Helper::object_truediv
            | Helper::object_mod
            | Helper::object_pow
            | Helper::object_lshift
            | Helper::object_rshift
            | Helper::object_and
            | Helper::object_or
            | Helper::object_xor
    )
}

impl Builder<'_> {
    /// Executes a step by a native.
    pub(super) fn native(&mut self, step: &Step, native: Native) -> Arm {
        use Operand::{Bound, Index, Kept, Key, Known, Seen};
        if self.rec.threads || self.replays() || self.region.is_some() || self.refused(native) {
            return None;
        }
        let falls = step.next == step.fall;
        let argc = step.arg as usize;
        match step.op {
            Opcode::ContainsOp => {
                let found = self.run_native(step, native, &[Seen(0), Key(1)])?;
                self.truth_result(step, found, step.arg & 1 == 1)
            }
            Opcode::CompareOp => {
                let found = self.run_native(step, native, &[Seen(1), Seen(0)])?;
                self.truth_result(step, found, false)
            }
            _ if !falls => None,
            Opcode::BinaryOp if native.helper == Helper::get_item => {
                let made = self.run_native(step, native, &[Seen(1), Key(0)])?;
                self.made(step, made, 2)
            }
            Opcode::BinaryOp => {
                let made = self.run_native(step, native, &[Seen(1), Seen(0)])?;
                self.made(step, made, 2)
            }
            Opcode::StoreSubscr => {
                self.can_own(Loss::Any)?;
                let old = self.run_native(step, native, &[Seen(1), Key(0), Kept(2)])?;
                self.own_lent(Loss::Any, 3);
                self.pop(3);
                self.drops.push(old);
                Some(())
            }
            Opcode::MapAdd => {
                let dict = self.object(argc + 1, Kind::Dict)?;
                self.can_own(Loss::Any)?;
                let old = self.run_native(step, native, &[Known(dict), Kept(1), Kept(0)])?;
                self.own_lent(Loss::Any, 2);
                self.pop(2);
                self.drops.push(old);
                Some(())
            }
            Opcode::SetAdd => {
                let set = self.seen_object(argc, 0, 0)?;
                self.run_native(step, native, &[Known(set), Kept(0)])?;
                self.pop(1);
                Some(())
            }
            Opcode::ListExtend => {
                let list = self.object(argc, Kind::List)?;
                self.run_native(step, native, &[Known(list), Seen(0)])?;
                self.pop(1);
                Some(())
            }
            Opcode::FormatWithSpec => {
                let made = self.run_native(step, native, &[Seen(1), Seen(0)])?;
                self.made(step, made, 2)
            }
            Opcode::BuildString => self.build_string(argc),
            Opcode::BuildSlice => {
                let operands = [Kept(2), Kept(1), Kept(0)];
                let made = self.run_native(step, native, &operands[3 - argc..])?;
                self.made(step, made, argc)
            }
            Opcode::StoreSlice => self.store_slice(step, native),
            Opcode::PopIter | Opcode::PopTop => {
                self.seen_object(0, native.classes[0], step.before[0].addr)?;
                self.let_go()
            }
            Opcode::BinarySlice => {
                let operands = [Seen(2), Bound(1, 0), Bound(0, i64::MAX)];
                let made = self.run_native(step, native, &operands)?;
                self.made(step, made, 3)
            }
            Opcode::GetIter => {
                let made = self.run_native(step, native, &[Kept(0)])?;
                self.made(step, made, 1)
            }
            Opcode::FormatSimple => {
                let made = self.run_native(step, native, &[Seen(0)])?;
                self.made(step, made, 1)
            }
            Opcode::ForIter => {
                // At its end it lets go what it goes through.
                let class = native.classes[0];
                let iterator = self.seen_object(0, class, step.before[0].addr)?;
                let names = self.names_to_store(native)?;
                let endangers = self.endangers(Loss::Any, 0);
                if endangers {
                    self.can_own(Loss::Any)?;
                }
                if endangers || !names.is_empty() {
                    names.into_iter().for_each(|index| self.store_now(index));
                    self.own_lent(Loss::Any, 0);
                    self.renew(step);
                }
                let helper = native.helper;
                let made = self.guard(helper.uop(), &[iterator], helper as u64);
                self.push(Av::Owned(made, None))
            }
            Opcode::Call => {
                let receiver = argc;
                let operands = match (native.helper, argc) {
                    (Helper::call_1, 0) => vec![Known(self.builtin_called(step)?), Kept(receiver)],
                    (Helper::call_1, 1) => vec![Known(self.builtin_called(step)?), Kept(0)],
                    (Helper::call_2, 1) => {
                        vec![Known(self.builtin_called(step)?), Kept(receiver), Kept(0)]
                    }
                    (Helper::call_2, _) => {
                        vec![Known(self.builtin_called(step)?), Kept(1), Kept(0)]
                    }
                    (Helper::list_reverse | Helper::list_sort | Helper::list_clear, _) => {
                        vec![Seen(receiver)]
                    }
                    (Helper::dict_get, _) => vec![Seen(receiver), Key(0)],
                    (Helper::list_remove, _) => vec![Seen(receiver), Seen(0)],
                    (Helper::dict_get_or, _) => vec![Seen(receiver), Key(1), Kept(0)],
                    (Helper::list_insert, _) => vec![Seen(receiver), Index(1), Kept(0)],
                    (Helper::list_pop_at, _) => vec![Seen(receiver), Index(0)],
                    (_, 2) => vec![Seen(receiver), Kept(1), Kept(0)],
                    _ => vec![Seen(receiver), Kept(0)],
                };
                let takes = matches!(
                    native.helper,
                    Helper::list_pop_at | Helper::list_remove | Helper::list_clear
                );
                if takes {
                    self.can_own(Loss::Any)?;
                }
                let made = self.run_native(step, native, &operands)?;
                if takes {
                    // What the list has lent may be this, and end with it.
                    self.own_lent(Loss::Any, argc + 2);
                }
                if row(native.helper).is_some_and(|row| row.results == Results::Old) {
                    self.drops.push(made);
                    let none = Av::Const(self.facts.none as usize, ConstValue::Object);
                    return self.replace(argc + 2, none);
                }
                self.made(step, made, argc + 2)
            }
            _ => None,
        }
    }

    /// Takes a bound method apart: from here on the stack is as for a call of the method of an object.
    pub(super) fn unbind(&mut self, step: &Step, bound: Bound) -> Arm {
        let argc = step.arg as usize;
        let callee = match self.read_top(argc + 1)? {
            // (One that the stack or the trace holds would have to be let go.)
            Av::Ref(callee, from, _) if !matches!(from, From::Stack(_)) => callee,
            _ => return None,
        };
        if self.top(argc) != Av::Null || self.rec.threads {
            return None;
        }
        let which = self.emit(Uop::const_int, &[], bound.which as u64);
        let helper = Helper::is_method;
        self.guard(helper.uop(), &[callee, which], helper as u64);
        let helper = Helper::bound_to;
        let object = self.guard(helper.uop(), &[callee], helper as u64);
        let method = self.emit(Uop::const_ref, &[], bound.method as u64);
        let len = self.state.stack.len();
        // The method keeps the object, and lives longer than this instruction.
        self.state.stack[len - 1 - argc] = Av::Ref(object, From::Heap(Holder::Caller), None);
        self.state.stack[len - 2 - argc] = Av::Ref(method, From::Heap(Holder::Class), None);
        Some(())
    }

    /// A store into a slice of a list, whose bounds are passed in one number.
    fn store_slice(&mut self, step: &Step, native: Native) -> Arm {
        let list = self.seen_object(2, native.classes[2], step.before[2].addr)?;
        // (What is stored is the fourth operand, whose class nobody has looked at.)
        let value = match self.read_top(3)? {
            Av::Ref(inst, from, known) => {
                if matches!(from, From::Stack(_)) && known.is_none() {
                    self.guard(Uop::guard_nonnull, &[inst], 0);
                }
                inst
            }
            Av::Owned(inst, _) => inst,
            _ => return None,
        };
        if self.is_held(2) && self.is_held(3) {
            return None;
        }
        for from_top in [2, 3] {
            self.ends_quietly(from_top, Kind::Other)?;
        }
        self.can_own(Loss::Any)?;
        let mut bounds = [0, SLICE_BOUND - 1].map(|absent| self.emit(Uop::const_int, &[], absent));
        for (bound, from_top) in bounds.iter_mut().zip([1, 0]) {
            match step.before[from_top].kind {
                Kind::None => self.is_none(from_top)?,
                seen => {
                    let Prim::Int(value) = self.number(from_top, seen)? else {
                        return None;
                    };
                    let lowest = SLICE_BOUND.cast_signed().wrapping_neg().cast_unsigned();
                    self.guard(Uop::guard_int_ge_imm, &[value], lowest);
                    self.guard(Uop::guard_int_lt_imm, &[value], SLICE_BOUND);
                    *bound = value;
                }
            }
        }
        let scale = self.emit(Uop::const_int, &[], SLICE_BOUND * 2);
        let start = self.emit(Uop::int_wrap_mul, &[bounds[0], scale], 0);
        let both = self.emit(Uop::int_wrap_add, &[start, bounds[1]], 0);
        let helper = native.helper;
        let old = self.guard(helper.uop(), &[list, both, value], helper as u64);
        self.own_lent(Loss::Any, 4);
        self.pop(4);
        self.drops.push(old);
        Some(())
    }

    /// Puts strings together: the compiler has made sure that they are.
    fn build_string(&mut self, count: usize) -> Arm {
        let helper = Helper::object_add;
        let mut whole: Option<(InstIdx, bool)> = None;
        for from_top in (0..count).rev() {
            let part = match self.read_top(from_top)? {
                // (What has come of a `__format__` may be of a class of its own.)
                Av::Ref(..) | Av::Owned(..) => self.object(from_top, Kind::Str)?,
                Av::Const(addr, ConstValue::Object) => self.emit(Uop::const_ref, &[], addr as u64),
                _ => return None,
            };
            whole = Some(match whole {
                None => (part, false),
                Some((left, made)) => {
                    let both = self.guard(helper.uop(), &[left, part], helper as u64);
                    if made {
                        self.emit(Uop::decref, &[left], 0);
                    }
                    (both, true)
                }
            });
        }
        let (whole, _) = whole.filter(|(_, made)| *made)?;
        self.replace(count, Av::Owned(whole, Some(Kind::Str)))
    }

    /// Pops an object that may end, and what it has lent with it, if that runs no code.
    pub(super) fn let_go(&mut self) -> Arm {
        if self.rec.threads || self.replays() || self.region.is_some() {
            return None;
        }
        self.can_own(Loss::Any)?;
        self.ends_quietly(0, Kind::Other)?;
        self.own_lent(Loss::Any, 1);
        self.pop(1);
        Some(())
    }

    /// Makes sure that it runs no code when an entry of this kind is popped, which may be the only one
    /// to hold its object.
    pub(super) fn ends_quietly(&mut self, from_top: usize, seen: Kind) -> Arm {
        let holds_nothing = seen.drops_trivially() && seen != Kind::Null;
        if !self.is_held(from_top) || holds_nothing {
            return Some(());
        }
        if self.replays() || self.region.is_some() {
            return None;
        }
        let (Av::Ref(object, ..) | Av::Owned(object, _) | Av::Boxed(_, object, _)) =
            self.top(from_top)
        else {
            return None;
        };
        self.guard(Uop::read_r_i_x, &[object], Helper::ends_quietly as u64);
        Some(())
    }

    /// A truth value that a native has found, and the jump behind it.
    fn truth_result(&mut self, step: &Step, found: InstIdx, invert: bool) -> Arm {
        let truth = self.emit(Uop::int_ne_imm, &[found], 0);
        let truth = self.inverted(truth, invert);
        self.replace(2, Av::Bool(truth))?;
        self.fused_jump(step)
    }

    /// An object that a native has made takes the place of so many entries.
    fn made(&mut self, step: &Step, made: InstIdx, count: usize) -> Arm {
        let seen = |from_top: usize| step.before[from_top].kind;
        let kind = match step.op {
            Opcode::GetIter if seen(0) == Kind::List => Some(Kind::ListIter),
            Opcode::BinarySlice if seen(2) != Kind::Other => Some(seen(2)),
            Opcode::FormatSimple => Some(Kind::Str),
            Opcode::BinaryOp if seen(0) == Kind::Str && seen(1) == Kind::Str => Some(Kind::Str),
            _ => None,
        };
        self.replace(count, Av::Owned(made, kind))
    }

    /// The builtin function or method that a call is about.
    fn builtin_called(&mut self, step: &Step) -> Option<InstIdx> {
        match self.top(step.arg as usize + 1) {
            // The class says which one it is.
            Av::Ref(callee, From::Heap(Holder::Class), _) => Some(callee),
            _ => self.is_called(step),
        }
    }

    /// Looks at the operands, gives those that are numbers objects, and calls the native.
    fn run_native(&mut self, step: &Step, native: Native, operands: &[Operand]) -> Option<InstIdx> {
        let entry = row(native.helper)?;
        let mut helper = native.helper;
        // Python code may see an operand, if only when the interpreter does it again: in the arguments
        // of an exception, or as it is compared.
        let is_shown = !is_arithmetic(helper);
        self.ends_alone(operands, step)?;
        let mut args: Vec<Option<InstIdx>> = Vec::new();
        for operand in operands {
            args.push(match *operand {
                Operand::Known(inst) => Some(inst),
                Operand::Index(from_top) => {
                    let Prim::Int(index) = self.number(from_top, step.before[from_top].kind)?
                    else {
                        return None;
                    };
                    Some(index)
                }
                Operand::Bound(from_top, absent) => match step.before[from_top].kind {
                    Kind::None => {
                        self.is_none(from_top)?;
                        Some(self.emit(Uop::const_int, &[], absent.cast_unsigned()))
                    }
                    seen => {
                        let Prim::Int(bound) = self.number(from_top, seen)? else {
                            return None;
                        };
                        Some(bound)
                    }
                },
                Operand::Key(from_top) => match (self.read_top(from_top)?, entry.twin) {
                    (Av::Num(Prim::Int(key)) | Av::Arg(Prim::Int(key), _), Some(twin))
                        if native.unboxed =>
                    {
                        helper = twin;
                        Some(key)
                    }
                    _ => self.native_operand(step, native, from_top, is_shown)?,
                },
                Operand::Seen(from_top) => self.native_operand(step, native, from_top, is_shown)?,
                Operand::Kept(from_top) => self.native_operand(step, native, from_top, true)?,
            });
        }
        let names = self.names_to_store(native)?;
        // From here on everything succeeds.
        if args.contains(&None) || !names.is_empty() {
            names.into_iter().for_each(|index| self.store_now(index));
            for (operand, arg) in operands.iter().zip(&mut args) {
                let (from_top, is_kept) = match *operand {
                    Operand::Seen(from_top) | Operand::Key(from_top) => (from_top, is_shown),
                    Operand::Kept(from_top) => (from_top, true),
                    _ => continue,
                };
                if arg.is_none() {
                    *arg = Some(self.box_operand(from_top, is_kept)?);
                }
            }
            self.renew(step);
        }
        let args: Vec<InstIdx> = args.into_iter().flatten().collect();
        debug_assert_eq!(args.len(), operands.len());
        Some(self.guard(helper.uop(), &args, helper as u64))
    }

    /// The names, as places, that memory has to hold before a native: it may look into the dictionaries
    /// where they are, or at something that holds one.
    fn names_to_store(&self, native: Native) -> Option<Vec<usize>> {
        let facts = self.facts;
        let scalars = [
            facts.int_type,
            facts.float_type,
            facts.bool_type,
            facts.str_type,
        ];
        let is_scalar = |class: &usize| scalars.contains(&(*class as u64));
        let looks_at_scalars = native.classes[..2].iter().all(is_scalar);
        let looks_at_nothing = matches!(
            native.helper,
            Helper::get_slice
                | Helper::get_iter
                | Helper::list_insert
                | Helper::list_pop_at
                | Helper::list_extend
        );
        if looks_at_scalars || looks_at_nothing {
            return Some(Vec::new());
        }
        let first = self.state.locals.len();
        let names = self.state.names.iter().enumerate();
        let dirty = names.filter(|(_, place)| place.dirty);
        let mut late = Vec::new();
        for (index, place) in dirty {
            // (Copies of a number would have to be the object that the name gets.)
            let fits =
                self.can_store(first + index, *place) && self.copies_of_number(place.av) <= 1;
            fits.then_some(())?;
            late.push(first + index);
        }
        Some(late)
    }

    /// Whether it was the refusal of this very native that has led to the path at hand, which starts
    /// with it: there the interpreter does what is to be done.
    fn refused(&self, native: Native) -> bool {
        let side = (self.path as usize).checked_sub(1);
        let Some((exit, side)) = side.and_then(|side| self.tree.sides.get(side)) else {
            return false;
        };
        let is_first = self.at == (side.inside.len() as u32) << 24;
        let twin = row(native.helper).and_then(|row| row.twin);
        let is_it =
            exit.op == native.helper.uop() || twin.is_some_and(|twin| exit.op == twin.uop());
        is_first && is_it
    }

    /// The state has changed, though nothing that a program sees: who leaves finds the new one.
    pub(super) fn renew(&mut self, step: &Step) {
        self.snap = self.snapshot_at(step.pc);
        self.before = self.state.clone();
    }

    /// Requires that at most one operand may be the last to hold its object: of two, each may hold the
    /// other, or the same one.
    fn ends_alone(&mut self, operands: &[Operand], step: &Step) -> Arm {
        let mut held = 0;
        for operand in operands {
            if let Operand::Seen(from_top) | Operand::Key(from_top) | Operand::Kept(from_top) =
                operand
            {
                self.read_top(*from_top)?;
                let seen = step.before[*from_top].kind;
                let holds_nothing = seen.drops_trivially() && seen != Kind::Null;
                held += usize::from(!holds_nothing && self.is_held(*from_top));
            }
        }
        (held < 2).then_some(())
    }

    /// The object at a distance from the top, guarded to be of the class that the native needs; none
    /// where it is a number that has to get one.
    fn native_operand(
        &mut self,
        step: &Step,
        native: Native,
        from_top: usize,
        is_kept: bool,
    ) -> Option<Option<InstIdx>> {
        let av = self.read_top(from_top)?;
        match av {
            Av::Num(_) if !is_kept || self.copies(av) <= 1 => return Some(None),
            Av::Num(_) => {
                self.can_box(av)?;
                return (!self.is_function()).then_some(None);
            }
            Av::Bool(_) => return Some(None),
            Av::Arg(..) => return (!is_kept).then_some(None),
            _ => {}
        }
        let seen = step.before[from_top];
        let object = self.seen_object(from_top, native.classes[from_top], seen.addr)?;
        // (An iterator keeps what it goes through.)
        if step.op != Opcode::GetIter {
            self.ends_quietly(from_top, seen.kind)?;
        }
        Some(Some(object))
    }

    /// The object at a distance from the top, guarded to be of a class.
    fn seen_object(&mut self, from_top: usize, class: usize, seen: usize) -> Option<InstIdx> {
        let (object, known) = match self.read_top(from_top)? {
            Av::Ref(inst, from, known) => {
                if matches!(from, From::Stack(_)) && known.is_none() {
                    self.guard(Uop::guard_nonnull, &[inst], 0);
                }
                (inst, known)
            }
            Av::Owned(inst, known) => (inst, known),
            Av::Boxed(prim, inst, _) => (inst, Some(prim.kind())),
            // It is what it was.
            Av::Const(addr, _) if class == 0 || addr == seen => {
                return Some(self.emit(Uop::const_ref, &[], addr as u64));
            }
            _ => return None,
        };
        if class == 0 {
            return Some(object);
        }
        let class = class as u64;
        match known.and_then(|kind| self.class_of(kind)) {
            Some(known) if known == class => {}
            Some(_) => return None,
            None => {
                self.guard(Uop::guard_type, &[object], class);
            }
        }
        Some(object)
    }

    /// Makes sure that an entry is `None`.
    fn is_none(&mut self, from_top: usize) -> Arm {
        match self.read_top(from_top)? {
            Av::Const(addr, _) if addr as u64 == self.facts.none => Some(()),
            Av::Ref(..) => self.object(from_top, Kind::None).map(drop),
            _ => None,
        }
    }

    /// The object that a number on the value stack gets: the same one as all its copies, if it is
    /// kept.
    fn box_operand(&mut self, from_top: usize, is_kept: bool) -> Option<InstIdx> {
        let av = self.top(from_top);
        let index = self.state.stack.len() - 1 - from_top;
        let (object, kind) = match av {
            Av::Num(_) if is_kept && self.copies(av) > 1 => {
                let object = self.box_copies(av, Holder::Element)?;
                self.keep_own_box(object);
                return Some(object);
            }
            Av::Num(Prim::Int(v)) | Av::Arg(Prim::Int(v), _) => {
                (self.emit(Uop::box_int, &[v], 0), Kind::Int)
            }
            Av::Num(Prim::Float(v)) | Av::Arg(Prim::Float(v), _) => {
                (self.emit(Uop::box_float, &[v], 0), Kind::Float)
            }
            Av::Bool(v) => (self.emit(Uop::box_bool, &[v], 0), Kind::Bool),
            // A copy that has got its object with another operand.
            Av::Owned(object, _) | Av::Boxed(_, object, _) => return Some(object),
            _ => return None,
        };
        self.state.stack[index] = Av::Owned(object, Some(kind));
        Some(object)
    }
}
