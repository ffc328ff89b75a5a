//! Closing the loop: the header, its phis, and the trunk's back edge.
//!
//! Every place (local, name, entry of the value stack) crosses the header in one of a few ways
//! ([`Carry`]). The first choice follows from the peeled iteration; a path that comes back with
//! something else names a better one, and the loop is built again with it.
//!
//! Invariants:
//! - L1: two places share a phi only if they hold the same number on every edge into the header:
//!   they are the same object.
//! - L2: what the header knows of memory holds on every edge.
//!
//! Worked example: in `for i in range(n): s += x` the local `s` is stored by the iteration, so it
//! crosses in a phi; `x` was only read, so its box and unboxed value are known at the header
//! from the peeled iteration. When a side path stores another `x`, that path asks for a
//! [`Carry::Shadow`]: phis for box and value.

use super::value::{Av, From, Holder, Prim, has_one_object};
use super::{Builder, FIRST_PASS, Place, Retry, State, UNREAD};
use crate::events::Abort;
use crate::ir::{Inst, InstIdx, Ty, Uop};
use crate::recording::{ConstValue, Kind};

/// How often a loop is built with a better choice, before side paths that ask for one are cut
/// off.
const ROUNDS: usize = 12;

/// How a place crosses the loop header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Carry {
    /// Memory does not hold it; in the phi of this group.
    Phi(usize),
    /// Memory does not hold it; it is the same value in every iteration.
    Keep,
    /// Memory holds it, and what is known of it differs between edges: in phis.
    Shadow,
    /// Memory holds it, and nothing is known of it.
    Forget,
}

/// The phis of a place that crosses as a [`Carry::Shadow`].
#[derive(Clone, Copy)]
pub(super) struct Shadow {
    /// The place's number.
    pub place: usize,
    /// The phi of the object.
    pub object: InstIdx,
    /// That of the unboxed value, if the header has it.
    pub value: Option<InstIdx>,
}

/// The header as it was made.
pub(super) struct Header {
    /// How each place crosses; none: memory holds it, and what is known is the same on all edges.
    pub carries: Vec<Option<Carry>>,
    /// By group.
    pub phis: Vec<InstIdx>,
    pub shadows: Vec<Shadow>,
    /// The state behind it.
    pub state: State,
    /// And on entry.
    pub entry: State,
}

/// All places of a state, in one order.
pub(super) fn places(state: &State) -> Vec<Place> {
    let stack = state.stack.iter().map(|av| Place::stored(*av));
    let places = state.locals.iter().chain(&state.names).copied();
    places.chain(stack).collect()
}

impl Builder<'_> {
    /// Makes the loop: header, second pass, back edge, side paths; again with another header when
    /// the first choice turns out not to hold.
    pub(super) fn close_loop(&mut self) -> Result<(), Retry> {
        self.check_stack()?;
        self.count();
        let peeled = self.state.clone();
        let (insts, snaps, rows) = (
            self.trace.insts.len(),
            self.trace.snaps.len(),
            self.meta.residuals.len(),
        );
        let guards = self.meta.guards.len();
        let counts = (self.residual_steps, self.own_steps);
        let mut carries = self.first_carries(&peeled);
        for round in 0..=ROUNDS {
            self.trace.insts.truncate(insts);
            self.trace.snaps.truncate(snaps);
            self.meta.residuals.truncate(rows);
            self.meta.guards.truncate(guards);
            self.attach.clear();
            (self.residual_steps, self.own_steps) = counts;
            self.counted = counts.1;
            let header = self.header(&peeled, carries)?;
            self.state = header.state.clone();
            (self.path, self.pass) = (0, FIRST_PASS);
            self.follow(&self.tree.trunk)?;
            if self.tree.is_flat {
                self.store_all()?;
            }
            self.check_stack()?;
            if let Some(better) = self.back_edge(&header)? {
                carries = better;
                continue;
            }
            let counts = (self.residual_steps, self.own_steps);
            self.runs = self.meta.residuals.len();
            let better = self.side_paths(&header, round < ROUNDS);
            (self.residual_steps, self.own_steps) = counts;
            match better {
                None => return Ok(()),
                Some(better) => carries = better,
            }
        }
        Err(Retry::Abort(Abort::Unstable))
    }

    /// Stores everything, for a header that knows of nothing.
    fn store_all(&mut self) -> Result<(), Retry> {
        self.store_stack();
        for index in 0..self.state.locals.len() + self.state.names.len() {
            let place = places(&self.state)[index];
            if !place.dirty {
                continue;
            }
            if !self.can_store(index, place) {
                return Err(Retry::Abort(Abort::Unstable));
            }
            self.store_now(index);
        }
        Ok(())
    }

    /// The value stack must be as at the header.
    fn check_stack(&self) -> Result<(), Retry> {
        if self.fits_header() {
            Ok(())
        } else {
            Err(Retry::Abort(Abort::StackShape))
        }
    }

    /// Whether the value stack is as deep as at the header, all in memory.
    pub(super) fn fits_header(&self) -> bool {
        self.state.stack.len() == self.tree.trunk.depth as usize
            && self.state.mem == self.state.stack.len()
    }

    /// Equal values share a phi, so that copies stay the same object.
    fn first_carries(&self, peeled: &State) -> Vec<Option<Carry>> {
        let mut groups: Vec<Av> = Vec::new();
        let all = places(peeled).into_iter();
        all.map(|place| {
            if !place.dirty {
                return None;
            }
            Some(match place.av {
                Av::Num(_) | Av::Bool(_) | Av::Ref(_, From::Heap(_), _) => {
                    let group = groups
                        .iter()
                        .position(|av| *av == place.av)
                        .unwrap_or_else(|| {
                            groups.push(place.av);
                            groups.len() - 1
                        });
                    Carry::Phi(group)
                }
                _ => Carry::Keep,
            })
        })
        .collect()
    }

    /// The unboxed form in which a value crosses the header.
    pub(super) fn as_phi(&mut self, av: Av) -> Option<(Ty, InstIdx)> {
        Some(match av {
            Av::Num(Prim::Int(v)) | Av::Boxed(Prim::Int(v), ..) => (Ty::Int, v),
            Av::Num(Prim::Float(v)) | Av::Boxed(Prim::Float(v), ..) => (Ty::Float, v),
            Av::Bool(v) => (Ty::Bool, v),
            Av::Ref(v, From::Heap(_), _) => (Ty::Ref, v),
            Av::Const(addr, ConstValue::Object) => {
                (Ty::Ref, self.emit(Uop::const_ref, &[], addr as u64))
            }
            Av::Const(_, ConstValue::Int(value)) => {
                (Ty::Int, self.emit(Uop::const_int, &[], value as u64))
            }
            Av::Const(_, ConstValue::Float(value)) => {
                (Ty::Float, self.emit(Uop::const_float, &[], value.to_bits()))
            }
            Av::Const(_, ConstValue::Bool(value)) => {
                (Ty::Bool, self.emit(Uop::const_bool, &[], value.into()))
            }
            _ => return None,
        })
    }

    /// Emits header and phis.
    fn header(&mut self, peeled: &State, carries: Vec<Option<Carry>>) -> Result<Header, Retry> {
        let entry = places(peeled);
        let groups = carries.iter().flatten().filter_map(|c| match c {
            Carry::Phi(group) => Some(group + 1),
            _ => None,
        });
        let count = groups.max().unwrap_or(0);
        let mut values = vec![None; count];
        for (place, carry) in entry.iter().zip(&carries) {
            if let Some(Carry::Phi(group)) = carry
                && values[*group].is_none()
            {
                if !crosses(place.av) {
                    return Err(Retry::Peel);
                }
                values[*group] = Some(self.as_phi(place.av).ok_or(Abort::Unstable)?);
            }
        }
        self.emit(Uop::loop_header, &[], 0);
        let mut phis = Vec::with_capacity(count);
        let mut avs = Vec::with_capacity(count);
        for value in values {
            let (ty, value) = value.ok_or(Retry::Abort(Abort::Unstable))?;
            let phi = self.emit(phi_of(ty), &[value, value], 0);
            phis.push(phi);
            avs.push(match ty {
                Ty::Float => Av::Num(Prim::Float(phi)),
                Ty::Bool => Av::Bool(phi),
                Ty::Ref => Av::Ref(phi, From::Heap(Holder::Any), None),
                _ => Av::Num(Prim::Int(phi)),
            });
        }
        let mut shadows = Vec::new();
        for (number, (place, carry)) in entry.iter().zip(&carries).enumerate() {
            if *carry == Some(Carry::Shadow)
                && let Some((object, value)) = shadowed(place.av)
            {
                shadows.push(Shadow {
                    place: number,
                    object: self.emit(Uop::phi_ref, &[object, object], 0),
                    value: value.map(|value| match value {
                        Prim::Int(v) => self.emit(Uop::phi_int, &[v, v], 0),
                        Prim::Float(v) => self.emit(Uop::phi_float, &[v, v], 0),
                    }),
                });
            }
        }
        let state = self.header_state(peeled, &carries, &avs, &shadows)?;
        Ok(Header {
            carries,
            phis,
            shadows,
            state,
            entry: peeled.clone(),
        })
    }

    /// What is known at the header.
    fn header_state(
        &self,
        peeled: &State,
        carries: &[Option<Carry>],
        phis: &[Av],
        shadows: &[Shadow],
    ) -> Result<State, Retry> {
        // Clean values that were loaded stay known only if nothing on the trunk can change
        // what memory holds (B3, B4); a reference that an iteration stored is loaded again.
        let has_residual = !self.meta.residuals.is_empty();
        let stored: Vec<u64> = self
            .trace
            .insts
            .iter()
            .filter(|i| i.op.stores_local())
            .map(|i| i.imm)
            .collect();
        let mut state = peeled.clone();
        let locals = state.locals.len();
        for (index, place) in state.locals.iter_mut().chain(&mut state.names).enumerate() {
            match carries[index] {
                // Memory may hold the peeled iteration's value only, so it is dirty, clean
                // as it may have been there; and what is overwritten late must not matter.
                Some(Carry::Phi(group)) => {
                    if !(place.old_trivial || (!place.dirty && place.av.drops_trivially())) {
                        return Err(Retry::Abort(Abort::Unstable));
                    }
                    *place = Place::late(phis[group]);
                }
                Some(Carry::Keep) => {}
                Some(Carry::Shadow) => place.av = shadow_of(index, place.av, shadows),
                Some(Carry::Forget) => *place = UNREAD,
                None => {
                    let is_name = index >= locals;
                    let forget = has_residual
                        || (is_name && self.rec.threads)
                        || (!is_name && stored.contains(&(index as u64)));
                    if forget {
                        *place = UNREAD;
                    }
                }
            }
            if has_residual {
                place.old_trivial &= place.dirty;
            }
        }
        let below = locals + state.names.len();
        for (depth, av) in state.stack.iter_mut().enumerate() {
            *av = match carries[below + depth] {
                Some(Carry::Shadow) => shadow_of(below + depth, *av, shadows),
                None if !has_residual => *av,
                _ => Av::Unread,
            };
        }
        Ok(state)
    }

    /// Fills the phis in and emits the jump back; or says how the header must be made
    /// instead.
    fn back_edge(&mut self, header: &Header) -> Result<Option<Vec<Option<Carry>>>, Retry> {
        let carries = &header.carries;
        let end = places(&self.state);
        let start = places(&header.state);
        let entry = places(&header.entry);
        let mut better = carries.clone();
        let mut changed = false;
        let mut backs: Vec<Option<Av>> = vec![None; header.phis.len()];
        let mut split = Split::new(header.phis.len());
        for (index, place) in end.iter().enumerate() {
            match carries[index] {
                // Clean at the header: what the header knows of it must still hold.
                None | Some(Carry::Forget | Carry::Shadow) => {
                    if place.dirty {
                        better[index] = split.group(carries[index], entry[index].av, place.av);
                        changed = true;
                    } else if start[index].av != Av::Unread
                        && !same_place(start[index].av, place.av)
                    {
                        better[index] = Some(Carry::Forget);
                        changed = true;
                    }
                }
                Some(Carry::Keep) => {
                    if !place.dirty {
                        return Err(Retry::Abort(Abort::Unstable));
                    }
                    if place.av != start[index].av {
                        if matches!(place.av, Av::Boxed(..)) {
                            return Err(Retry::Eager(index));
                        }
                        better[index] = split.group(carries[index], entry[index].av, place.av);
                        changed = true;
                    }
                }
                Some(Carry::Phi(group)) => {
                    if !place.dirty && self.trace.inst(header.phis[group]).ty() == Ty::Ref {
                        // It had to be stored.
                        return Err(Retry::Eager(index));
                    }
                    if !place.dirty {
                        // A residual run at the end of the iteration wrote it: memory is
                        // true at the header, except on entry. Not worth a shape of its own.
                        return Err(Retry::Abort(Abort::Unstable));
                    }
                    if matches!(place.av, Av::Boxed(..)) {
                        return Err(Retry::Eager(index));
                    }
                    match backs[group] {
                        None => backs[group] = Some(place.av),
                        Some(av) if av == place.av => {}
                        Some(_) => {
                            better[index] = split.group(carries[index], entry[index].av, place.av);
                            changed = true;
                        }
                    }
                }
            }
        }
        if changed {
            return Ok(Some(renumber(better)));
        }
        for (group, phi) in header.phis.iter().enumerate() {
            let av = backs[group].ok_or(Retry::Abort(Abort::Unstable))?;
            if !crosses(av) || (is_number(av) && backs[..group].contains(&Some(av))) {
                return Err(Retry::Peel);
            }
            let (ty, value) = self.as_phi(av).ok_or(Retry::Abort(Abort::Unstable))?;
            if self.trace.inst(*phi).ty() != ty {
                return Err(Retry::Abort(Abort::Unstable));
            }
            self.trace.insts[phi.index()].args[1] = Some(value);
        }
        // The trunk leaves shadowed places alone.
        for shadow in &header.shadows {
            for phi in std::iter::once(shadow.object).chain(shadow.value) {
                self.trace.insts[phi.index()].args[1] = Some(phi);
            }
        }
        self.count();
        self.snap = self.snapshot_at(self.rec.header);
        self.trace
            .push(Inst::new(Uop::poll, &[], 0, Some(self.snap)));
        self.emit(Uop::jump_loop, &[], 0);
        Ok(None)
    }
}

/// New groups of places: by what their places hold on entry and at the end of a path, and the
/// group that they were in.
pub(super) struct Split {
    next: usize,
    groups: Vec<(Option<Carry>, Av, Av)>,
}

impl Split {
    pub(super) const fn new(next: usize) -> Self {
        Self {
            next,
            groups: Vec::new(),
        }
    }

    pub(super) fn group(&mut self, old: Option<Carry>, entry: Av, end: Av) -> Option<Carry> {
        let key = (old, entry, end);
        let found = self.groups.iter().position(|old| *old == key);
        let group = found.unwrap_or_else(|| {
            self.groups.push(key);
            self.groups.len() - 1
        });
        Some(Carry::Phi(self.next + group))
    }
}

/// The phi of a type.
const fn phi_of(ty: Ty) -> Uop {
    match ty {
        Ty::Float => Uop::phi_float,
        Ty::Bool => Uop::phi_bool,
        Ty::Ref => Uop::phi_ref,
        Ty::Int | Ty::Void => Uop::phi_int,
    }
}

/// What a shadow of a value has to carry, if it can have one.
pub(super) fn shadowed(av: Av) -> Option<(InstIdx, Option<Prim>)> {
    match av {
        Av::Boxed(prim, object, _) => Some((object, Some(prim))),
        Av::Ref(object, _, Some(kind)) if kind != Kind::Other => Some((object, None)),
        _ => None,
    }
}

/// What is known at the header of a shadowed place.
fn shadow_of(place: usize, entry: Av, shadows: &[Shadow]) -> Av {
    let shadow = shadows.iter().find(|shadow| shadow.place == place);
    match (shadow, entry) {
        (Some(shadow), Av::Boxed(prim, _, from)) => match (prim, shadow.value) {
            (Prim::Int(_), Some(v)) => Av::Boxed(Prim::Int(v), shadow.object, from),
            (Prim::Float(_), Some(v)) => Av::Boxed(Prim::Float(v), shadow.object, from),
            (_, None) => Av::Unread,
        },
        (Some(shadow), Av::Ref(_, from, kind)) => Av::Ref(shadow.object, from, kind),
        _ => Av::Unread,
    }
}

/// Whether two values are the same, if only read with more or less knowledge.
pub(super) fn same_place(a: Av, b: Av) -> bool {
    let inst = |av| match av {
        Av::Boxed(_, v, from) | Av::Ref(v, from, _) => Some((v, from)),
        _ => None,
    };
    a == b || (inst(a).is_some() && inst(a) == inst(b))
}

pub(super) fn is_number(av: Av) -> bool {
    matches!(av, Av::Num(_))
}

/// Whether no object is lost when only the value is kept: a new box would be as good.
pub(super) fn has_no_object(av: Av) -> bool {
    match av {
        Av::Num(_) | Av::Bool(_) | Av::Const(_, ConstValue::Bool(_)) => true,
        Av::Const(_, ConstValue::Int(value)) => has_one_object(value),
        _ => false,
    }
}

/// Whether a value can go into a phi: no object is lost, or it is the object itself.
pub(super) fn crosses(av: Av) -> bool {
    let object = matches!(
        av,
        Av::Ref(_, From::Heap(_), _) | Av::Const(_, ConstValue::Object)
    );
    object || has_no_object(av)
}

/// What a place's value borrows from when memory holds it.
pub(super) fn lender(index: usize, state: &State) -> From {
    let (locals, names) = (state.locals.len(), state.names.len());
    if index < locals {
        From::Local(index as u32)
    } else if index < locals + names {
        From::Name((index - locals) as u32)
    } else {
        From::Stack((index - locals - names) as u32)
    }
}

/// The kind that a shadow demands.
pub(super) fn kind_at_header(av: Av) -> Option<Kind> {
    match av {
        Av::Boxed(Prim::Int(_), ..) => Some(Kind::Int),
        Av::Boxed(Prim::Float(_), ..) => Some(Kind::Float),
        Av::Ref(_, _, kind) => kind.filter(|kind| *kind != Kind::Other),
        _ => None,
    }
}

/// Group numbers without gaps.
pub(super) fn renumber(mut carries: Vec<Option<Carry>>) -> Vec<Option<Carry>> {
    let mut seen = Vec::new();
    for carry in carries.iter_mut().flatten() {
        if let Carry::Phi(group) = carry {
            let new = seen.iter().position(|g| g == group).unwrap_or_else(|| {
                seen.push(*group);
                seen.len() - 1
            });
            *group = new;
        }
    }
    carries
}
