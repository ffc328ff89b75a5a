//! Generators that a loop drives.
//!
//! What a generator does from one `yield` to the next is executed like an inlined call, by the
//! `FOR_ITER` or (for `yield from`) `SEND` that resumes it, in generators that it drives itself,
//! too: every exit inside goes back to before that instruction, and the
//! interpreter resumes the generator itself. The generator and its frame are real all the time, and
//! wait at the `yield`. The slots of the frame (its locals and value stack) are rows of the name
//! table: they are read when they are not known, cross the loop's header in registers, and are
//! written by exits and before residual runs, like all other names. So when anybody can look at
//! the generator it is as far as it should be.
//!
//! Invariants:
//! - G1: a slot is known only while the row of the whole generator was: it waits at the `yield`
//!   that the recording has seen, and nothing but the trace has run since.
//! - G2: what the generator stores late is what a loop's own frame may store late; other objects
//!   are stored behind the last exit, as are those that replace an object whose end could be seen.
//! - G3: it waits at the same `yield` afterwards, with the same entries on its value stack. How
//!   far its iterators are is written behind the last exit.
//! - G4: one generator has one row for each slot: no other row is about the same code.
//!
//! Worked example: with `def squares(n): for i in range(n): yield i * i`, the loop
//! `for x in squares(n): s += x` is a load and a store of the range's index and its check, an
//! `int_mul` and an `int_add`; `i` and `x` are in registers.

use super::steps::locals_of;
use super::value::{Av, From, Loss};
use super::{Arm, Builder, Place, State};
use crate::helper::Helper;
use crate::ir::{InstIdx, Uop};
use crate::recording::{ConstValue, Inlined, Kind, Resumed, Step};
use crate::trace_meta::{Part, Source};
use rustpython_vm::bytecode::Opcode;
use std::sync::Arc;

impl<'r> Builder<'r> {
    /// Executes what a generator does until it yields.
    pub(super) fn resume(
        &mut self,
        step: &'r Step,
        inlined: &'r Arc<Inlined>,
        resumed: &'r Resumed,
    ) -> Arm {
        // `SEND` has what is sent on top.
        let above = usize::from(step.op == Opcode::Send);
        let yields = step.next == step.fall;
        if inlined.foreign || self.rec.threads || self.is_function() || !yields {
            return None;
        }
        self.is_there(above, resumed)?;
        let generator = self.generator(resumed)?;
        let used = self.used_slots(inlined, resumed);
        self.load_slots(generator, resumed, &used);
        let count = inlined.rec.locals as usize;
        let (mut locals, mut stack) = (Vec::new(), Vec::new());
        for (slot, (row, _)) in resumed.slots.iter().enumerate() {
            let place = self.state.names[*row as usize];
            if slot >= count {
                stack.push(place.av);
            } else if used[slot] {
                locals.push(place);
            } else {
                // Nobody asks for it.
                locals.push(UNUSED);
            }
        }
        let entries = stack.clone();
        // What the `yield` at which it waits gives.
        stack.push(Av::Const(self.facts.none as usize, ConstValue::Object));
        let callee = State {
            locals,
            names: std::mem::take(&mut self.state.names),
            stack,
            mem: 0,
        };
        let outer = self.at_once.replace(AtOnce {
            level: self.inlining() + 1,
            resumed,
            locals: Vec::new(),
        });
        let body = self.inside(callee, step, inlined);
        let at_once = std::mem::replace(&mut self.at_once, outer);
        let (result, callee) = body?;
        self.is_as_before(&entries, &callee.stack)?;
        self.replace(above, result)?;
        let at_once = at_once.map_or_else(Vec::new, |at_once| at_once.locals);
        self.keep_slots(generator, resumed, &used, &callee.locals, &at_once)?;
        if self.inlining() == 0 {
            self.write_slots()?;
            self.leaves_first(self.start).then_some(())?;
        }
        Some(())
    }

    /// Forgets what the last step has left, or an arm that has given up.
    pub(super) fn forget_step(&mut self) {
        self.advances.clear();
        self.slot_stores.clear();
        self.tuples.clear();
        self.at_once = None;
    }

    /// Requires that the generator is where the recording has found it: in memory.
    fn is_there(&self, above: usize, resumed: &Resumed) -> Arm {
        let index = self.state.stack.len().checked_sub(1 + above)?;
        let path = |row: u32| match &self.meta.names[row as usize].source {
            Source::Generator(suspended) => Some(suspended),
            _ => None,
        };
        let (last, outer) = path(resumed.whole)?.path.split_last()?;
        if self.inlining() == 0 {
            return (index < self.state.mem && outer.is_empty()).then_some(());
        }
        let Some(From::Name(row)) = self.state.stack[index].lender() else {
            return None;
        };
        let slot = path(row)?;
        (slot.part == Part::Slot(*last) && slot.path == outer).then_some(())
    }

    /// The generator, if it waits where it did when it was recorded (G1).
    fn generator(&mut self, resumed: &Resumed) -> Option<InstIdx> {
        match self.state.names[resumed.whole as usize].av {
            Av::Ref(generator, ..) => Some(generator),
            Av::Unread => {
                let row = resumed.whole;
                let generator = self.guard(Uop::load_name, &[], row.into());
                self.guard_kind(generator, Kind::Generator)?;
                let av = Av::Ref(generator, From::Name(row), Some(Kind::Generator));
                self.state.names[row as usize].av = av;
                Some(generator)
            }
            _ => None,
        }
    }

    /// Which slots the recording uses: the locals that it names, and the value stack.
    fn used_slots(&self, inlined: &Inlined, resumed: &Resumed) -> Vec<bool> {
        let locals = inlined.rec.locals as usize;
        let mut used: Vec<bool> = (0..resumed.slots.len())
            .map(|slot| slot >= locals)
            .collect();
        for local in inlined.rec.steps.iter().flat_map(locals_of) {
            if let Some(used) = used.get_mut(local as usize) {
                *used = true;
            }
        }
        used
    }

    /// Where the generator's slots are.
    fn slots(&mut self, generator: InstIdx, resumed: &Resumed) -> InstIdx {
        let row = resumed.place;
        if let Av::Ref(slots, ..) = self.state.names[row as usize].av {
            return slots;
        }
        let helper = Helper::generator_slots as u64;
        let slots = self.guard(Uop::read_r_r_x, &[generator], helper);
        self.state.names[row as usize].av = Av::Ref(slots, From::Name(row), None);
        slots
    }

    /// Requires that the object in a local of a generator goes without running code, when the
    /// generator stores the top there.
    pub(super) fn goes_quietly(&mut self, local: u32) -> Arm {
        let place = *self.state.locals.get(local as usize)?;
        // Only the body itself, not what it calls, has such locals.
        let at_once = self.at_once.as_ref()?;
        if at_once.level != self.inlining() {
            return None;
        }
        let (row, _) = *at_once.resumed.slots.get(local as usize)?;
        match place.av {
            // It went in an earlier round, and what came after was only lent.
            _ if self
                .slot_stores
                .iter()
                .any(|store| store.row == row && store.goes) => {}
            Av::Ref(old, ..) if !place.dirty => {
                self.guard(Uop::read_r_i_x, &[old], Helper::ends_quietly as u64);
            }
            _ => return None,
        }
        self.at_once.as_mut()?.locals.push(local);
        Some(())
    }

    /// Takes over what the generator has stored into its locals (G2).
    fn keep_slots(
        &mut self,
        generator: InstIdx,
        resumed: &Resumed,
        used: &[bool],
        locals: &[Place],
        at_once: &[u32],
    ) -> Arm {
        let first = self.tree.trunk.locals as usize;
        for (slot, place) in locals.iter().enumerate() {
            if !used[slot] || !place.dirty {
                continue;
            }
            let row = resumed.slots[slot].0;
            let goes = at_once.contains(&(slot as u32));
            let late = !goes && !self.eager[first + row as usize];
            match place.av {
                Av::Num(_) | Av::Bool(_) | Av::Const(..) if !goes => {}
                Av::Boxed(..) | Av::Ref(_, From::Heap(_), _) if late => {}
                Av::Boxed(..) | Av::Ref(..) => {
                    let base = self.slots(generator, resumed);
                    match self.slot_stores.iter_mut().find(|store| store.row == row) {
                        Some(store) => store.goes |= goes,
                        None => self.slot_stores.push(SlotStore {
                            base,
                            slot,
                            row,
                            goes,
                        }),
                    }
                }
                _ => return None,
            }
            self.state.names[row as usize] = *place;
        }
        Some(())
    }

    /// Writes what cannot wait, behind the last exit (G2, G3).
    fn write_slots(&mut self) -> Arm {
        let stores = std::mem::take(&mut self.slot_stores);
        let value = |this: &Self, store: &SlotStore| this.state.names[store.row as usize].av;
        for store in &stores {
            // What is stored may not end by an earlier one of the stores.
            let from = From::Name(store.row);
            let is_lent = |other| value(self, other).lender() == Some(from);
            let is_object = matches!(value(self, store), Av::Boxed(..) | Av::Ref(..));
            if self.lends(from, 0) || stores.iter().any(is_lent) || (store.goes && !is_object) {
                return None;
            }
        }
        let ends = stores.iter().any(|store| store.goes);
        if ends {
            self.can_own(Loss::Any)?;
        }
        self.commit()?;
        if ends {
            self.own_lent(Loss::Any, 0);
        }
        for store in stores {
            self.store_slot(&store);
        }
        for Advance { place, position } in std::mem::take(&mut self.advances) {
            self.emit(Uop::store_i64, &[place.0, position], place.1);
        }
        Some(())
    }

    /// Stores the object of a row into its slot, if it is not there.
    fn store_slot(&mut self, store: &SlotStore) {
        let from = From::Name(store.row);
        let place = self.state.names[store.row as usize];
        let (object, av) = match place.av {
            _ if !place.dirty => return,
            Av::Boxed(prim, object, _) => (object, Av::Boxed(prim, object, from)),
            Av::Ref(object, _, kind) => (object, Av::Ref(object, from, kind)),
            _ => return,
        };
        let offset = (store.slot * size_of::<usize>()) as u64;
        let offset = self.emit(Uop::const_int, &[], offset);
        let helper = Helper::attr_set_ref;
        self.emit(helper.uop(), &[store.base, offset, object], helper as u64);
        self.state.names[store.row as usize] = Place::stored(av);
    }

    /// Loads what is not known of these slots.
    fn load_slots(&mut self, generator: InstIdx, resumed: &Resumed, used: &[bool]) {
        for (index, (row, kind)) in resumed.slots.iter().enumerate() {
            let row = *row as usize;
            if !used[index] || self.state.names[row].av != Av::Unread {
                continue;
            }
            let base = self.slots(generator, resumed);
            let offset = (index * size_of::<usize>()) as u64;
            let object = self.emit(Uop::load_attr, &[base], offset);
            let is_null = *kind == Kind::Null;
            let (guard, av) = if is_null {
                (Uop::guard_null, Av::Null)
            } else {
                let av = Av::Ref(object, From::Name(row as u32), None);
                (Uop::guard_nonnull, av)
            };
            self.guard(guard, &[object], 0);
            self.state.names[row] = Place {
                av,
                dirty: false,
                old_trivial: is_null,
            };
        }
    }

    /// Requires that the generator's value stack holds what it did (G3).
    fn is_as_before(&self, before: &[Av], after: &[Av]) -> Arm {
        let object = |av: &Av| match av {
            Av::Ref(object, from, _) => Some((*object, *from)),
            _ => None,
        };
        let same = |(a, b)| object(a).is_some() && object(a) == object(b);
        (before.len() == after.len() && before.iter().zip(after).all(same)).then_some(())
    }

    /// How far an iterator is: in memory, or as an inlined body has left it.
    pub(super) fn position(&mut self, iterator: InstIdx, offset: u64) -> InstIdx {
        let place = (iterator, offset);
        match self.advances.iter().find(|a| a.place == place) {
            Some(advance) => advance.position,
            None => self.emit(Uop::load_i64, &[iterator], offset),
        }
    }

    /// Moves an iterator on: at once, or behind the last exit of the body that is inlined.
    pub(super) fn advance(&mut self, iterator: InstIdx, offset: u64, position: InstIdx) {
        if !self.replays() {
            self.emit(Uop::store_i64, &[iterator, position], offset);
            return;
        }
        let place = (iterator, offset);
        match self.advances.iter_mut().find(|a| a.place == place) {
            Some(advance) => advance.position = position,
            None => self.advances.push(Advance { place, position }),
        }
    }
}

/// How far an iterator is, which memory is told later.
pub(super) struct Advance {
    /// The iterator, and the offset in it.
    place: (InstIdx, u64),
    position: InstIdx,
}

/// While a generator is executed: the locals whose old objects go at once.
pub(super) struct AtOnce<'r> {
    /// How deep in inlined calls the generator is.
    level: u32,
    /// What it is.
    resumed: &'r Resumed,
    locals: Vec<u32>,
}

/// An object that is stored into a generator's slot behind the last exit.
pub(super) struct SlotStore {
    /// Where the slots are, and which one it is.
    base: InstIdx,
    slot: usize,
    row: u32,
    /// Whether the end of what was there before could be seen.
    goes: bool,
}

/// A local that is not asked for.
const UNUSED: Place = Place::stored(Av::Null);
