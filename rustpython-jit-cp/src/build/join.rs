//! Side paths: from a hot exit back to the loop's header.
//!
//! A side path starts with the state before its exit's instruction and executes its own recording.
//! Where that came back to the header, the state must be made to fit what the header knows:
//!
//! - a number that the header has in a phi is given to it;
//! - what the header expects in memory is stored there (with a new box);
//! - what the header knows of memory is loaded and checked, and carried to the header's phis.
//!
//! Where it does not fit but another header would, that header is asked for. A number that is still
//! an object of the program (a box that somebody may have seen) cannot go into a phi: the path then
//! goes on with another iteration of the trunk, after which it usually is a new number. What
//! fits no header, and recordings that went elsewhere, end with an exit.
//!
//! Invariant: everything that can leave comes before the first store, so that the exits' state is
//! that of the path's end.
//!
//! Worked example: the inner of two nested loops has the trunk; its exhausted `FOR_ITER` is the
//! hot exit. The side path runs the rest of the outer iteration, in which the outer counter gets
//! a new box in memory, and gives `s` and the new inner iterator to the header's phis.

use super::close::{
    Carry, Header, Split, crosses, is_number, kind_at_header, lender, places, renumber, same_place,
    shadowed,
};
use super::value::{Av, From, Prim};
use super::{Attach, Builder, Place};
use crate::events::Abort;
use crate::helper::Helper;
use crate::ir::{Inst, InstIdx, Ty, Uop};
use crate::recording::{ConstValue, End, Kind, Recording};

/// How many iterations of the trunk may follow a side path's own recording.
const MAX_PASSES: u8 = 2;

/// How the end of a path fits the header.
enum Fit {
    /// With these steps.
    Yes(Vec<Mend>),
    /// After another iteration of the trunk, perhaps.
    Later,
    /// With another header.
    Better(Vec<Option<Carry>>),
    /// Not at all.
    No,
}

/// What makes one place fit.
#[derive(Clone, Copy)]
enum Mend {
    /// A phi takes this number.
    Give(usize, Av),
    /// Memory must hold it.
    Store(usize),
    /// Memory must hold this very object, and does if this check passes.
    Check(usize, u64),
    /// A place whose object, of this kind, goes to the header's phis.
    Load(usize, Kind),
}

impl<'r> Builder<'r> {
    /// Builds all side paths whose exits were met. Returns a better header if one asks for it (and
    /// may).
    pub(super) fn side_paths(
        &mut self,
        header: &Header,
        may_ask: bool,
    ) -> Option<Vec<Option<Carry>>> {
        let better = self.each_side(|this, rec| {
            match this.finish_calls(rec) {
                Some(true) => {}
                Some(false) => return Ok(true),
                None => return Ok(false),
            }
            match this.follow(rec) {
                Ok(()) => {}
                // The interpreter raises, if the path has got somewhere.
                Err(Abort::Raised) if this.at > 0 => {
                    this.leave_before(rec.steps[this.at as usize].pc);
                    return Ok(true);
                }
                Err(_) => return Ok(false),
            }
            match rec.end {
                End::Before(pc) | End::Return(pc) => this.leave_before(pc),
                End::Header => {
                    if let Some(better) = this.join(header, may_ask) {
                        return Err(better);
                    }
                }
            }
            Ok(this.trace.insts.last().is_some_and(|i| i.op.is_end()))
        });
        self.rec = &self.tree.trunk;
        better.err()
    }

    /// Builds the paths of all exits that are met, those on such paths included. One that does not
    /// come to its end is left out; an error ends it all.
    pub(super) fn each_side<E>(
        &mut self,
        build: impl Fn(&mut Self, &'r Recording) -> Result<bool, E>,
    ) -> Result<(), E> {
        let tree = self.tree;
        let mut next = 0;
        while let Some(at) = self.attach.get(next).cloned() {
            let Attach {
                side,
                guard,
                state,
                callers,
                pc,
                uncounted,
            } = at;
            next += 1;
            // Another guard may have got the key of the one that the path was recorded for.
            let rec = &tree.sides[side].1;
            let mut calls = callers.iter().zip(&rec.inside);
            let same = calls.all(|(caller, part)| caller.step.pc == part.step.pc);
            if callers.len() != rec.inside.len() || !same || rec.first_pc() != Some(pc) {
                continue;
            }
            let marks = (
                self.trace.insts.len(),
                self.meta.residuals.len(),
                self.attach.len(),
                self.meta.callees.len(),
            );
            let snaps = self.trace.snaps.len();
            self.trace.push(Inst::new(Uop::side, &[guard], 0, None));
            self.path = side as u16 + 1;
            self.pass = 0;
            self.state = state;
            self.callers = callers;
            self.counted = self.own_steps.saturating_sub(uncounted);
            let ended = build(self, rec)?;
            self.callers.clear();
            self.sides[side] = ended;
            if !ended {
                self.trace.insts.truncate(marks.0);
                self.trace.snaps.truncate(snaps);
                self.meta.residuals.truncate(marks.1);
                self.attach.truncate(marks.2);
                self.meta.callees.truncate(marks.3);
            }
        }
        Ok(())
    }

    /// Executes a recording from the state at hand, with keys for its guards.
    pub(super) fn follow(&mut self, rec: &'r Recording) -> Result<(), Abort> {
        self.rec = rec;
        self.made = Some(Vec::new());
        let result = self.iteration();
        self.made = None;
        result
    }

    /// Ends a path with an exit.
    pub(super) fn leave_before(&mut self, pc: u32) {
        self.count();
        let snap = self.snapshot_at(pc);
        self.trace.push(Inst::new(Uop::leave, &[], 0, Some(snap)));
    }

    /// Ends a path that came to the header. Returns the header that it would need, if there is one.
    fn join(&mut self, header: &Header, may_ask: bool) -> Option<Vec<Option<Carry>>> {
        let tree = self.tree;
        let pc = tree.trunk.header;
        for pass in 1..=MAX_PASSES + 1 {
            self.store_stack();
            if !self.fits_header() {
                break;
            }
            match self.fit(header) {
                Fit::Yes(mends) => {
                    if !self.mend(header, &mends) {
                        // It does not end with a jump, and is cut off.
                        break;
                    }
                    return None;
                }
                Fit::Better(better) if may_ask => return Some(better),
                Fit::Better(_) | Fit::No => break,
                Fit::Later if pass > MAX_PASSES => break,
                Fit::Later => {
                    self.pass = pass;
                    if self.follow(&tree.trunk).is_err() {
                        return None;
                    }
                }
            }
        }
        self.leave_before(pc);
        None
    }

    /// Puts what is on the value stack into memory, where a header looks for it.
    pub(super) fn store_stack(&mut self) {
        let above = self.state.mem..self.state.stack.len();
        let has_object = |av: &Av| match av {
            Av::Num(_) => self.copies(*av) == 1,
            Av::Unread | Av::Arg(..) | Av::Virtual(_) | Av::New(_) => false,
            _ => true,
        };
        if !self.state.stack[above.clone()].iter().all(has_object) {
            return;
        }
        for index in above {
            let from = From::Stack(index as u32);
            let (object, known) = match self.state.stack[index] {
                Av::Num(prim @ Prim::Int(v)) => {
                    let object = self.emit(Uop::box_int, &[v], 0);
                    (object, Av::Boxed(prim, object, from))
                }
                Av::Num(prim @ Prim::Float(v)) => {
                    let object = self.emit(Uop::box_float, &[v], 0);
                    (object, Av::Boxed(prim, object, from))
                }
                Av::Bool(v) => (self.emit(Uop::box_bool, &[v], 0), Av::Unread),
                Av::Owned(object, kind) => (object, Av::Ref(object, from, kind)),
                Av::Const(addr, _) => {
                    let object = self.emit(Uop::const_ref, &[], addr as u64);
                    self.emit(Uop::incref, &[object], 0);
                    (object, Av::Unread)
                }
                Av::Boxed(prim, object, _) => {
                    self.emit(Uop::incref, &[object], 0);
                    (object, Av::Boxed(prim, object, from))
                }
                Av::Ref(object, _, kind) => {
                    self.emit(Uop::incref, &[object], 0);
                    (object, Av::Ref(object, from, kind))
                }
                _ => (self.emit(Uop::const_ref, &[], 0), Av::Unread),
            };
            let helper = Helper::give_stack;
            let depth = self.emit(Uop::const_int, &[], index as u64);
            self.emit(helper.uop(), &[object, depth, object], helper as u64);
            self.state.stack[index] = known;
            self.state.mem += 1;
        }
    }

    fn fit(&self, header: &Header) -> Fit {
        let end = places(&self.state);
        let start = places(&header.state);
        let entry = places(&header.entry);
        let mut mends = Vec::new();
        let mut better = header.carries.clone();
        let mut backs: Vec<Option<Av>> = vec![None; header.phis.len()];
        let mut split = Split::new(header.phis.len());
        let (mut later, mut ask) = (false, false);
        for (index, place) in end.iter().enumerate() {
            let known = start[index].av;
            match header.carries[index] {
                None | Some(Carry::Forget | Carry::Shadow) => {
                    if place.dirty {
                        if !self.can_store(index, *place) {
                            return Fit::No;
                        }
                        mends.push(Mend::Store(index));
                    }
                    if known == Av::Unread || (!place.dirty && same_place(known, place.av)) {
                        continue;
                    }
                    match (kind_at_header(known), known, header.carries[index]) {
                        (_, Av::Const(addr, _), _) if !place.dirty => {
                            match place.av {
                                Av::Unread => mends.push(Mend::Check(index, addr as u64)),
                                _ => return Fit::No,
                            };
                        }
                        (Some(kind), _, Some(Carry::Shadow)) => {
                            if kind_of(*place).is_some_and(|other| other != kind) {
                                return Fit::No;
                            }
                            mends.push(Mend::Load(index, kind));
                        }
                        (Some(_), _, None) if shadowed(entry[index].av).is_some() => {
                            better[index] = Some(Carry::Shadow);
                            ask = true;
                        }
                        _ => {
                            better[index] = Some(Carry::Forget);
                            ask = true;
                        }
                    }
                }
                Some(Carry::Keep) => {
                    let Av::Const(addr, _) = known else {
                        return Fit::No;
                    };
                    if place.dirty && place.av == known {
                        continue;
                    }
                    if place.dirty || place.av != Av::Unread {
                        return Fit::No;
                    }
                    mends.push(Mend::Check(index, addr as u64));
                }
                Some(Carry::Phi(group)) => {
                    let ty = self.trace.inst(header.phis[group]).ty();
                    if value_type(place.av).is_some_and(|other| other != ty) {
                        return Fit::No;
                    }
                    let lent = matches!(place.av, Av::Ref(_, From::Heap(_), _));
                    if !place.dirty || !crosses(place.av) || (lent && ty != Ty::Ref) {
                        later = true;
                        continue;
                    }
                    match backs[group] {
                        None => {
                            let elsewhere = backs.contains(&Some(place.av));
                            later |= is_number(place.av) && elsewhere;
                            backs[group] = Some(place.av);
                            mends.push(Mend::Give(group, place.av));
                        }
                        Some(av) if av == place.av => {}
                        Some(_) => {
                            let old = header.carries[index];
                            better[index] = split.group(old, entry[index].av, place.av);
                            ask = true;
                        }
                    }
                }
            }
        }
        // A number that is stored becomes an object, which a phi would lose.
        later |= mends.iter().any(|mend| match *mend {
            Mend::Store(index) => {
                let av = end[index].av;
                is_number(av) && backs.contains(&Some(av))
            }
            _ => false,
        });
        if later {
            Fit::Later
        } else if ask {
            Fit::Better(renumber(better))
        } else {
            Fit::Yes(mends)
        }
    }

    /// Whether a place whose value memory does not hold can be stored now.
    pub(super) fn can_store(&self, index: usize, place: Place) -> bool {
        let from = lender(index, &self.state);
        let is_stack = matches!(from, From::Stack(_))
            // The frame of an inlined call has no memory.
            || (matches!(from, From::Local(_)) && !self.callers.is_empty());
        let has_object = !matches!(
            place.av,
            Av::Null | Av::Unread | Av::Owned(..) | Av::Arg(..) | Av::Virtual(_) | Av::New(_)
        );
        // A store ends what memory held before.
        !is_stack && has_object && place.old_trivial && !self.lends(from, 0)
    }

    /// Makes the end of a path fit the header and jumps there; false when it cannot.
    fn mend(&mut self, header: &Header, mends: &[Mend]) -> bool {
        let pc = self.tree.trunk.header;
        self.snap = self.snapshot_at(pc);
        // What can leave.
        for mend in mends {
            let ready = match *mend {
                Mend::Check(index, addr) => self
                    .reload(index)
                    .map(|object| self.guard(Uop::guard_is, &[object], addr)),
                Mend::Load(index, kind) => {
                    let place = places(&self.state)[index];
                    if place.dirty {
                        continue;
                    }
                    self.known(index, kind)
                }
                Mend::Give(..) | Mend::Store(_) => continue,
            };
            if ready.is_none() {
                return false;
            }
        }
        for mend in mends {
            if let Mend::Store(index) = *mend {
                self.store_now(index);
            }
        }
        let mut carries = Vec::new();
        for mend in mends {
            match *mend {
                Mend::Give(group, av) => {
                    let Some((ty, value)) = self.as_phi(av) else {
                        return false;
                    };
                    let phi = header.phis[group];
                    if self.trace.inst(phi).ty() != ty {
                        return false;
                    }
                    carries.push((carry_of(ty), phi, value));
                }
                Mend::Load(index, _) => {
                    let av = places(&self.state)[index].av;
                    let shadow = header.shadows.iter().find(|s| s.place == index);
                    let (Some(shadow), Some((object, value))) = (shadow, shadowed(av)) else {
                        return false;
                    };
                    carries.push((Uop::carry_ref, shadow.object, object));
                    match (shadow.value, value) {
                        (None, _) => {}
                        (Some(phi), Some(Prim::Int(v))) => carries.push((Uop::carry_int, phi, v)),
                        (Some(phi), Some(Prim::Float(v))) => {
                            carries.push((Uop::carry_float, phi, v));
                        }
                        (Some(_), None) => return false,
                    }
                }
                Mend::Store(_) | Mend::Check(..) => {}
            }
        }
        self.count();
        self.snap = self.snapshot_at(pc);
        self.trace
            .push(Inst::new(Uop::poll, &[], 0, Some(self.snap)));
        for (op, phi, value) in carries {
            if phi != value {
                self.emit(op, &[phi, value], 0);
            }
        }
        self.emit(Uop::jump_loop, &[], 0);
        true
    }

    /// Loads what memory holds at a place that is clean.
    fn reload(&mut self, index: usize) -> Option<InstIdx> {
        Some(match lender(index, &self.state) {
            From::Local(local) => {
                let object = self.emit(Uop::load_local, &[], local.into());
                self.guard(Uop::guard_nonnull, &[object], 0);
                object
            }
            From::Stack(depth) => {
                let object = self.emit(Uop::load_stack, &[], depth.into());
                self.guard(Uop::guard_nonnull, &[object], 0);
                object
            }
            From::Name(row) => self.guard(Uop::load_name, &[], row.into()),
            // A loop has none, and no place is one.
            From::Arg(_) | From::Heap(_) => return None,
        })
    }

    /// Makes sure that a clean place holds an object of a kind, and that it is known unboxed if it
    /// is a number.
    fn known(&mut self, index: usize, kind: Kind) -> Option<InstIdx> {
        let from = lender(index, &self.state);
        let (object, known) = match places(&self.state)[index].av {
            Av::Boxed(_, object, _) => return Some(object),
            Av::Ref(object, _, known) => (object, known),
            Av::Unread => (self.reload(index)?, None),
            _ => return None,
        };
        if known.is_none() {
            if let From::Stack(_) = from {
                self.guard(Uop::guard_nonnull, &[object], 0);
            }
            self.guard_kind(object, kind)?;
        } else if known != Some(kind) {
            return None;
        }
        let av = match kind {
            Kind::Int => {
                let value = self.unbox_int(object);
                Av::Boxed(Prim::Int(value), object, from)
            }
            Kind::Float => {
                let value = self.unbox_float(object);
                Av::Boxed(Prim::Float(value), object, from)
            }
            _ => Av::Ref(object, from, Some(kind)),
        };
        self.set_known(index, av);
        Some(object)
    }

    fn set_known(&mut self, index: usize, av: Av) {
        let (locals, names) = (self.state.locals.len(), self.state.names.len());
        if index < locals {
            self.state.locals[index].av = av;
        } else if index < locals + names {
            self.state.names[index - locals].av = av;
        } else {
            self.state.stack[index - locals - names] = av;
        }
    }

    /// Stores a place's value into memory, which `can_store` has allowed.
    pub(super) fn store_now(&mut self, index: usize) {
        let from = lender(index, &self.state);
        let old = places(&self.state)[index].av;
        let (object, owned, av) = match old {
            Av::Num(Prim::Int(v)) => {
                let object = self.emit(Uop::box_int, &[v], 0);
                (object, true, Av::Boxed(Prim::Int(v), object, from))
            }
            Av::Num(Prim::Float(v)) => {
                let object = self.emit(Uop::box_float, &[v], 0);
                (object, true, Av::Boxed(Prim::Float(v), object, from))
            }
            Av::Bool(v) => {
                let object = self.emit(Uop::box_bool, &[v], 0);
                (object, true, Av::Ref(object, from, Some(Kind::Bool)))
            }
            Av::Boxed(prim, object, _) => (object, false, Av::Boxed(prim, object, from)),
            Av::Ref(object, _, kind) => (object, false, Av::Ref(object, from, kind)),
            Av::Const(addr, value) => {
                let object = self.emit(Uop::const_ref, &[], addr as u64);
                let kind = match value {
                    ConstValue::Int(_) => Some(Kind::Int),
                    ConstValue::Float(_) => Some(Kind::Float),
                    ConstValue::Bool(_) => Some(Kind::Bool),
                    ConstValue::Object => None,
                };
                let av = match value {
                    ConstValue::Int(value) => {
                        let v = self.emit(Uop::const_int, &[], value as u64);
                        Av::Boxed(Prim::Int(v), object, from)
                    }
                    ConstValue::Float(value) => {
                        let v = self.emit(Uop::const_float, &[], value.to_bits());
                        Av::Boxed(Prim::Float(v), object, from)
                    }
                    _ => Av::Ref(object, from, kind),
                };
                (object, false, av)
            }
            Av::Null | Av::Unread | Av::Owned(..) | Av::Arg(..) | Av::Virtual(_) | Av::New(_) => {
                unreachable!("`can_store` refuses what has no object")
            }
        };
        let place = match from {
            From::Local(local) => {
                self.emit(Uop::set_local, &[object], local.into());
                &mut self.state.locals[local as usize]
            }
            From::Name(row) => {
                self.emit(Uop::set_name, &[object], row.into());
                &mut self.state.names[row as usize]
            }
            From::Stack(_) | From::Arg(_) | From::Heap(_) => {
                unreachable!("`can_store` refuses the stack, and the others are no places")
            }
        };
        *place = Place::stored(av);
        // Other places that hold the same number hold the same object.
        if is_number(old) {
            for other in self.state.locals.iter_mut().chain(&mut self.state.names) {
                if other.dirty && other.av == old {
                    other.av = av;
                }
            }
        }
        if owned {
            self.emit(Uop::decref, &[object], 0);
        }
    }
}

/// The kind of a place's value, where that is known.
fn kind_of(place: Place) -> Option<Kind> {
    match place.av {
        Av::Num(Prim::Int(_)) | Av::Const(_, ConstValue::Int(_)) => Some(Kind::Int),
        Av::Num(Prim::Float(_)) | Av::Const(_, ConstValue::Float(_)) => Some(Kind::Float),
        Av::Bool(_) | Av::Const(_, ConstValue::Bool(_)) => Some(Kind::Bool),
        Av::Null | Av::Const(_, ConstValue::Object) => Some(Kind::Null),
        av => kind_at_header(av),
    }
}

/// The type that a value has unboxed, where that is known.
fn value_type(av: Av) -> Option<Ty> {
    match av {
        Av::Num(Prim::Int(_))
        | Av::Boxed(Prim::Int(_), ..)
        | Av::Arg(Prim::Int(_), _)
        | Av::Const(_, ConstValue::Int(_)) => Some(Ty::Int),
        Av::Num(Prim::Float(_))
        | Av::Arg(Prim::Float(_), _)
        | Av::Boxed(Prim::Float(_), ..)
        | Av::Const(_, ConstValue::Float(_)) => Some(Ty::Float),
        Av::Bool(_) | Av::Const(_, ConstValue::Bool(_)) => Some(Ty::Bool),
        Av::Null | Av::Const(_, ConstValue::Object) => Some(Ty::Ref),
        Av::Ref(..) | Av::Owned(..) | Av::Unread | Av::Virtual(_) | Av::New(_) => None,
    }
}

/// The carry of a type.
const fn carry_of(ty: Ty) -> Uop {
    match ty {
        Ty::Float => Uop::carry_float,
        Ty::Bool => Uop::carry_bool,
        Ty::Ref => Uop::carry_ref,
        Ty::Int | Ty::Void => Uop::carry_int,
    }
}
