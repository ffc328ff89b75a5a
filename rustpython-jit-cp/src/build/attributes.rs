//! The arms for attributes of instances.
//!
//! An attribute is where it was recorded to be while the instance's class has the version that it
//! had then and the dictionary's entry has the name for its key. What is read is borrowed from
//! there ([`From::Heap`]): until something may end it.
//!
//! Invariants:
//! - A1: before an object may let go what it holds, everything borrowed that could end gets a count
//!   of its own ([`Builder::own_lent`]).
//! - A2: what is found in something whose count the trace holds gets one at once.
//! - A3: attributes are replaced in dictionaries only that nobody but their instance has: names
//!   are never in such a one, and a program cannot see when it happens.
//! - A4: only while there is one thread.
//!
//! Worked example: `self.x += 1.0` is `load_link` of the class and `load_u32` of its version, with
//! a guard; `load_link` of dictionary, entries and key, with guards; `load_attr`, `guard_type`,
//! `load_f64_fixed`, `float_add`; a guard that the dictionary has one reference, and
//! `set_rif attr_set_float`. In a loop that changes nothing else only the last four or so
//! are left.

use super::calls::Setters;
use super::value::{Av, From, Holder, Loss, Prim, Virtual};
use super::{Arm, Builder, Place as Slot, State};
use crate::helper::Helper;
use crate::ir::{InstIdx, Uop};
use crate::recording::{Attribute, ConstValue, Kind, Place, Step};
use crate::trace_meta::Source;
use rustpython_vm::bytecode::{LoadAttr, Opcode};
use rustpython_vm::frame::jit::JitShadow;

/// Into an entry of a dictionary.
const ENTRY: Setters = Setters {
    int: Helper::attr_set_int,
    bool: Helper::attr_set_bool,
    float: Helper::attr_set_float,
    object: Helper::attr_set_ref,
};

/// Into a slot of an instance.
const SLOT: Setters = Setters {
    int: Helper::slot_set_int,
    bool: Helper::slot_set_bool,
    float: Helper::slot_set_float,
    object: Helper::slot_set_ref,
};

/// An attribute that is to be replaced.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    /// The instance.
    object: InstIdx,
    /// Its address when it was recorded.
    seen: usize,
    target: Target,
    value: Av,
    /// What goes, if there is something.
    loss: Option<Loss>,
}

/// Where an attribute is replaced.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Target {
    attribute: Attribute,
    /// The dictionary's entries, or the instance itself.
    base: InstIdx,
    offset: u64,
}

impl Pending {
    /// The attribute of a new instance.
    pub(super) fn of_new(
        object: InstIdx,
        attribute: Attribute,
        base: InstIdx,
        offset: u64,
        value: Av,
    ) -> Self {
        let target = Target {
            attribute,
            base,
            offset,
        };
        Self {
            object,
            seen: 0,
            target,
            value,
            loss: None,
        }
    }

    /// What the attribute is to hold.
    pub(super) const fn value(&self) -> Av {
        self.value
    }

    pub(super) fn set_value(&mut self, value: Av) {
        self.value = value;
    }
}

impl Builder<'_> {
    /// `object.name`.
    pub(super) fn load_attr(&mut self, at: usize) -> Arm {
        let rec = self.rec;
        let step = &rec.steps[at];
        let attribute = step.attribute?;
        if self.rec.threads || self.is_stored_name(attribute.name) {
            return None;
        }
        if let Av::New(number) = self.top(0) {
            return self.load_new(step, number, attribute);
        }
        if let Place::OfClass { addr, kind, value } = attribute.place {
            return self.load_of_class(step, attribute.version, addr, kind, value);
        }
        let object = self.instance(0, attribute.version, step.before[0].kind)?;
        let held = self.is_held(0);
        let for_call = LoadAttr::from_u32(step.arg).is_method();
        let seen = step.after[usize::from(for_call)];
        if let Place::Class {
            addr,
            kind,
            value,
            shadow,
            is_method,
        } = attribute.place
        {
            self.is_not_shadowed(object, shadow)?;
            let found = self.found_in_class(addr, kind, value);
            if !is_method {
                return self.loaded(step, found);
            }
            // The instance stays, as the first argument.
            let len = self.state.stack.len();
            if self.state.mem == len {
                return None;
            }
            self.state.stack.insert(len - 1, found);
            return Some(());
        }
        let found = if let Some(value) = self.replaced(object, step.before[0].addr, attribute) {
            value
        } else {
            let target = self.target(object, attribute)?;
            let value = self.emit(Uop::load_attr, &[target.base], target.offset);
            if let Place::Slot(_) = attribute.place {
                self.guard(Uop::guard_nonnull, &[value], 0);
            }
            match seen.kind {
                Kind::None => {
                    self.guard_kind(value, Kind::None)?;
                    Av::Const(self.facts.none as usize, ConstValue::Object)
                }
                kind if for_call || self.stays_object(at, kind) => {
                    let holder = Holder::Attribute(attribute.name);
                    let lent = Av::Ref(value, From::Heap(holder), None);
                    // A2.
                    if held { self.own_one(lent) } else { lent }
                }
                kind => self.unboxed(value, kind)?,
            }
        };
        self.loaded(step, found)
    }

    /// Puts what a `LOAD_ATTR` has found in its object's place.
    pub(super) fn loaded(&mut self, step: &Step, found: Av) -> Arm {
        self.replace(1, found)?;
        if LoadAttr::from_u32(step.arg).is_method() {
            self.state.stack.push(Av::Null);
        }
        Some(())
    }

    /// `object.name` of an instance that is not made yet.
    fn load_new(&mut self, step: &Step, number: u32, attribute: Attribute) -> Arm {
        let new = &self.news[number as usize];
        if new.version != attribute.version {
            return None;
        }
        let field = new.fields.iter().find(|(name, _)| *name == attribute.name);
        match (field.map(|(_, value)| *value), attribute.place) {
            (Some(value), Place::Entry(_) | Place::Slot(_)) => self.loaded(step, value),
            (
                None,
                Place::Class {
                    addr,
                    kind,
                    value,
                    is_method,
                    ..
                },
            ) => {
                let found = self.found_in_class(addr, kind, value);
                if !is_method {
                    return self.loaded(step, found);
                }
                let len = self.state.stack.len();
                self.state.stack.insert(len - 1, found);
                Some(())
            }
            _ => None,
        }
    }

    /// `Class.name`.
    fn load_of_class(
        &mut self,
        step: &Step,
        version: u32,
        addr: usize,
        kind: Kind,
        value: ConstValue,
    ) -> Arm {
        if self.is_held(0) {
            return None;
        }
        self.class_of_version(0, version)?;
        let found = self.found_in_class(addr, kind, value);
        self.loaded(step, found)
    }

    /// The entry at a distance from the top, which is a plain class of this version.
    fn class_of_version(&mut self, from_top: usize, version: u32) -> Option<InstIdx> {
        let class = self.operand(from_top)?;
        self.guard(Uop::guard_type, &[class], self.facts.class_type);
        self.has_version(class, version)?;
        Some(class)
    }

    /// Leaves unless a class has this version.
    pub(super) fn has_version(&mut self, class: InstIdx, version: u32) -> Arm {
        let version = i32::try_from(version).ok()?;
        let found = self.emit(Uop::load_u32, &[class], self.facts.class_version);
        self.guard(Uop::guard_int_eq_imm, &[found], version as u64);
        Some(())
    }

    /// The object at a distance from the top, which is not null.
    pub(super) fn operand(&mut self, from_top: usize) -> Option<InstIdx> {
        Some(match self.read_top(from_top)? {
            Av::Ref(inst, from, _) => {
                if let From::Stack(_) = from {
                    self.guard(Uop::guard_nonnull, &[inst], 0);
                }
                inst
            }
            Av::Owned(inst, _) => inst,
            Av::Const(addr, ConstValue::Object) => self.emit(Uop::const_ref, &[], addr as u64),
            _ => return None,
        })
    }

    /// `isinstance(object, Class)`: the versions of both classes say what it is.
    pub(super) fn is_instance(&mut self, step: &Step) -> Option<Av> {
        let [own, class] = step.instance_versions?;
        if self.rec.threads || self.is_held(0) || self.is_held(1) {
            return None;
        }
        self.class_of_version(0, class)?;
        match self.top(1) {
            Av::New(number) if self.news[number as usize].version == own => {}
            Av::Ref(..) => {
                self.instance(1, own, step.before[1].kind)?;
            }
            // The class is known.
            Av::Virtual(Virtual::Tuple(_)) if step.before[1].kind == Kind::Tuple => {}
            Av::Num(prim) | Av::Boxed(prim, ..) if step.before[1].kind == prim.kind() => {}
            Av::Bool(_) if step.before[1].kind == Kind::Bool => {}
            _ => return None,
        }
        let truth = step.after[0].addr as u64 == self.facts.true_;
        Some(Av::Bool(self.emit(Uop::const_bool, &[], truth.into())))
    }

    /// An object that a class has.
    fn found_in_class(&mut self, addr: usize, kind: Kind, value: ConstValue) -> Av {
        match value {
            ConstValue::Object => self.lent(addr, kind, Holder::Class),
            value => Av::Const(addr, value),
        }
    }

    /// An object at a known address, of a known kind, that another one holds.
    pub(super) fn lent(&mut self, addr: usize, kind: Kind, holder: Holder) -> Av {
        let known = (kind != Kind::Other && kind != Kind::Null).then_some(kind);
        let object = self.emit(Uop::const_ref, &[], addr as u64);
        Av::Ref(object, From::Heap(holder), known)
    }

    /// `object.name = value`, where there is such an attribute.
    pub(super) fn store_attr(&mut self, step: &Step) -> Arm {
        if self.rec.threads {
            return None;
        }
        if let (Some(name), Av::New(number)) = (step.added, self.top(0)) {
            return self.add_to_new(number, name);
        }
        let attribute = step.attribute?;
        let value = self.read_top(1)?;
        let allowed = match value {
            Av::Num(_) | Av::Bool(_) | Av::Const(..) => true,
            Av::Boxed(_, _, from) | Av::Ref(_, from, _) => {
                !self.replays() || !matches!(from, From::Stack(_))
            }
            Av::Owned(..) => !self.replays(),
            Av::New(_) => true,
            Av::Arg(..) | Av::Null | Av::Unread | Av::Virtual(_) => false,
        };
        if !allowed {
            return None;
        }
        if let Av::New(number) = self.top(0) {
            let new = &mut self.news[number as usize];
            if new.version != attribute.version {
                return None;
            }
            let mut fields = new.fields.iter_mut();
            let field = fields.find(|(name, _)| *name == attribute.name);
            match (field, attribute.place) {
                (Some(field), _) => field.1 = value,
                (None, Place::Slot(offset)) => {
                    new.fields.push((attribute.name, value));
                    new.slots.push(offset);
                }
                (None, _) => return None,
            }
            self.pop(2);
            return Some(());
        }
        let object = self.instance(0, attribute.version, step.before[0].kind)?;
        let target = self.target(object, attribute)?;
        if let Place::Entry(_) = attribute.place {
            // A3.
            let dict = self.instance_dict(object)?;
            let (offset, unshared) = self.facts.unshared_iter?;
            if unshared != 1 {
                return None;
            }
            let count = self.emit(Uop::load_i64, &[dict], offset);
            // Without the flags above the count.
            let shift = self.emit(Uop::const_int, &[], 16);
            let shifted = self.emit(Uop::int_wrap_mul, &[count, shift], 0);
            self.guard(Uop::guard_int_eq_imm, &[shifted], 16);
        }
        let replaced = self.replaced(object, step.before[0].addr, attribute);
        if replaced.is_some_and(|replaced| !replaced.drops_trivially()) {
            // It would end later than it should.
            return None;
        }
        if replaced.is_none() {
            let old = self.emit(Uop::load_attr, &[target.base], target.offset);
            match step.old[0] {
                Kind::Null if matches!(attribute.place, Place::Slot(_)) => {
                    self.guard(Uop::guard_null, &[old], 0);
                }
                Kind::Null => return None,
                kind => {
                    if let Place::Slot(_) = attribute.place {
                        self.guard(Uop::guard_nonnull, &[old], 0);
                    }
                    if kind.drops_trivially() {
                        self.guard_kind(old, kind)?;
                    } else {
                        self.guard(Uop::read_r_i_x, &[old], Helper::ends_quietly as u64);
                    }
                }
            }
        }
        let loss = match step.old[0] {
            kind if kind.drops_trivially() => Loss::Leaf(kind, Holder::Attribute(attribute.name)),
            _ => Loss::Any,
        };
        if !self.replays() && !self.callers.is_empty() && self.copies_of_number(value) > 1 {
            self.can_box(value)?;
        }
        let pending = Pending {
            object,
            seen: step.before[0].addr,
            target,
            value,
            loss: Some(loss),
        };
        if self.replays() {
            self.pending.push(pending);
            self.pop(2);
            return Some(());
        }
        self.can_own(loss)?;
        self.own_lent(loss, 2);
        self.pop(2);
        self.write(pending, true);
        Some(())
    }

    /// `object.name = value`, where a new instance has no such attribute yet.
    fn add_to_new(&mut self, number: u32, name: usize) -> Arm {
        let value = self.argument(1)?;
        let new = &mut self.news[number as usize];
        let is_there = new.fields.iter().any(|(other, _)| *other == name);
        if is_there || matches!(value, Av::Arg(..) | Av::Virtual(_)) {
            return None;
        }
        new.fields.push((name, value));
        self.pop(2);
        Some(())
    }

    /// Writes what inlined calls have replaced.
    pub(super) fn commit(&mut self) -> Arm {
        let is_new = matches!(self.state.stack.last(), Some(Av::New(_)));
        if self.pending.is_empty() && !is_new {
            self.news.clear();
            return Some(());
        }
        let losses: Vec<Loss> = self
            .pending
            .iter()
            .filter_map(|pending| pending.loss)
            .collect();
        // (Of several, one may replace what another has made.)
        let several = self.pending.len() > 1 || is_new || !self.news.is_empty();
        let boxable = |pending: &Pending| {
            let value = pending.value;
            !matches!(value, Av::Num(_)) || self.copies(value) == 0 || self.can_box(value).is_some()
        };
        let boxes = !several || self.pending.iter().all(boxable);
        if !boxes || losses.iter().any(|loss| self.can_own(*loss).is_none()) {
            self.pending.clear();
            self.news.clear();
            return None;
        }
        let made = self.realize_all()?;
        for loss in &losses {
            self.own_lent(*loss, 0);
        }
        // What one of them lets go another may store.
        let mut held = Vec::new();
        for index in 0..self.pending.len() {
            let value = self.pending[index].value;
            if losses.iter().any(|loss| value.is_endangered(*loss))
                && let Av::Owned(inst, _) = self.own_one(value)
            {
                held.push(inst);
            }
        }
        while !self.pending.is_empty() {
            let pending = self.pending.remove(0);
            // A later one may replace what this one is about to hold.
            let is_last = self.pending.is_empty();
            held.extend(self.write(pending, is_last));
        }
        for inst in held.into_iter().chain(made) {
            self.emit(Uop::decref, &[inst], 0);
        }
        self.news.clear();
        Some(())
    }

    /// Whether [`Self::own_lent`] can do its work.
    pub(super) fn can_own(&self, loss: Loss) -> Arm {
        if self.tuples_are_endangered(loss) {
            return None;
        }
        let places = self.state.locals.iter().chain(&self.state.names);
        for (index, place) in places.enumerate() {
            if place.dirty
                && place.av.is_endangered(loss)
                && !self.can_hold_at(index)
                && (self.is_function() || !self.can_store(index, *place))
            {
                return None;
            }
        }
        self.can_hold(loss)
    }

    /// Gives everything that is borrowed and that a loss may end a count of its own, but the
    /// topmost entries, which are about to be consumed.
    pub(super) fn own_lent(&mut self, loss: Loss, except: usize) {
        self.hold_lent(loss);
        let len = self.state.stack.len().saturating_sub(except);
        for index in self.state.mem..len {
            let av = self.state.stack[index];
            if av.is_endangered(loss) {
                self.state.stack[index] = self.own_one(av);
            }
        }
        for index in 0..self.state.locals.len() + self.state.names.len() {
            let place = super::close::places(&self.state)[index];
            if place.dirty && place.av.is_endangered(loss) {
                self.store_now(index);
            }
        }
    }

    /// Gives something that is borrowed a count of its own; the trace has that of anything else, or
    /// needs none.
    pub(super) fn own_one(&mut self, av: Av) -> Av {
        let (inst, kind) = match av {
            Av::Ref(inst, _, kind) => (inst, kind),
            Av::Boxed(prim, inst, _) => (inst, Some(prim.kind())),
            _ => return av,
        };
        self.emit(Uop::incref, &[inst], 0);
        Av::Owned(inst, kind)
    }

    /// Whether anything that is borrowed could end by a loss, but the topmost entries.
    pub(super) fn endangers(&self, loss: Loss, except: usize) -> bool {
        let State {
            locals,
            names,
            stack,
            mem,
        } = &self.state;
        let len = stack.len().saturating_sub(except);
        let mut places = locals.iter().chain(names).filter(|place| place.dirty);
        places.any(|place| place.av.is_endangered(loss))
            || self.waiting().any(|av| av.is_endangered(loss))
            || stack[(*mem).min(len)..len]
                .iter()
                .any(|av| av.is_endangered(loss))
    }

    /// Stores an object that is borrowed into all places that will hold it.
    fn store_lent(&mut self, object: InstIdx) {
        if self.is_function() {
            return;
        }
        for index in 0..self.state.locals.len() + self.state.names.len() {
            let place = super::close::places(&self.state)[index];
            let is_lent = matches!(place.av, Av::Boxed(_, inst, From::Heap(_)) if inst == object);
            if place.dirty && is_lent && self.can_store(index, place) {
                self.store_now(index);
            }
        }
    }

    /// Replaces an attribute in memory. If it is not the last, the object that it has made of a number
    /// which is elsewhere, too, has another count, to be given back behind the last.
    fn write(&mut self, pending: Pending, is_last: bool) -> Option<InstIdx> {
        let Pending { target, value, .. } = pending;
        let base = target.base;
        let offset = self.emit(Uop::const_int, &[], target.offset);
        let setters = match target.attribute.place {
            Place::Slot(_) => &SLOT,
            _ => &ENTRY,
        };
        let waiting = self.pending.iter().filter(|p| p.value == value).count();
        let is_copied = matches!(value, Av::Num(_)) && self.copies(value) + waiting > 0;
        let made = is_copied
            .then(|| self.box_copies(value, Holder::Attribute(target.attribute.name)))
            .flatten();
        let found = match made {
            Some(object) => Some((setters.object, object)),
            None => self.setter(setters, value),
        };
        let Some((helper, operand)) = found else {
            unreachable!("`store_attr` refuses what has no object")
        };
        self.emit(helper.uop(), &[base, offset, operand], helper as u64);
        let object = made?;
        if is_last {
            self.keep_box(object);
            return None;
        }
        self.emit(Uop::incref, &[object], 0);
        self.keep_own_box(object);
        Some(object)
    }

    /// Whether [`Self::box_copies`] may be used for a number: all places that it is in can have the
    /// object when the outermost call has ended.
    pub(super) fn can_box(&self, value: Av) -> Arm {
        let root = self.root();
        let places = |places: &[Slot], from: fn(u32) -> From| {
            places.iter().enumerate().all(|(index, place)| {
                place.av != value || (place.old_trivial && !self.lends(from(index as u32), 0))
            })
        };
        let fits = places(&root.locals, From::Local) && places(&self.state.names, From::Name);
        fits.then_some(())
    }

    /// Makes the object that all copies of a number are from now on, which is about to be given to
    /// such a holder.
    pub(super) fn box_copies(&mut self, value: Av, holder: Holder) -> Option<InstIdx> {
        let Av::Num(prim) = value else { return None };
        let object = match prim {
            Prim::Int(v) => self.emit(Uop::box_int, &[v], 0),
            Prim::Float(v) => self.emit(Uop::box_float, &[v], 0),
        };
        let boxed = Av::Boxed(prim, object, From::Heap(holder));
        self.learn(value, boxed);
        for other in &mut self.pending {
            if other.value == value {
                other.value = boxed;
            }
        }
        Some(object)
    }

    /// The holder has the object now. So do the root's places: in a local, too, it would go around the
    /// loop as an object.
    pub(super) fn keep_box(&mut self, object: InstIdx) {
        let has = |av: Av| matches!(av, Av::Boxed(_, inst, From::Heap(_)) if inst == object);
        let root = self
            .callers
            .first()
            .map_or(0, |root| root.state.locals.len());
        for index in 0..root {
            let place = self.callers[0].state.locals[index];
            let from = From::Local(index as u32);
            // (Where it stays borrowed, the loop may find no stable shape.)
            if let Av::Boxed(prim, ..) = place.av
                && place.dirty
                && place.old_trivial
                && has(place.av)
                && !self.lends(from, 0)
            {
                self.emit(Uop::set_local, &[object], index as u64);
                let stored = Slot::stored(Av::Boxed(prim, object, from));
                self.callers[0].state.locals[index] = stored;
            }
        }
        self.store_lent(object);
        self.emit(Uop::decref, &[object], 0);
    }

    /// The same where the holder is a new object, which may end at any time: all copies of the number
    /// have a count of their own.
    pub(super) fn keep_own_box(&mut self, object: InstIdx) {
        // The root's places first; then the root's stack, and all places of callees.
        self.emit(Uop::incref, &[object], 0);
        self.keep_box(object);
        let has = |av: Av| matches!(av, Av::Boxed(_, inst, From::Heap(_)) if inst == object);
        for index in 0..self.root().stack.len() {
            let av = self.root().stack[index];
            if has(av) {
                self.root_mut().stack[index] = self.own_one(av);
            }
        }
        let Some(outermost) = self.callers.first_mut() else {
            self.emit(Uop::decref, &[object], 0);
            return;
        };
        if let Some(framed) = outermost.framed.as_mut() {
            framed.held.push(object);
        }
        let kept = |av: &mut Av| {
            if let Av::Boxed(prim, ..) = *av
                && has(*av)
            {
                *av = Av::Boxed(prim, object, From::Heap(Holder::Caller));
            }
        };
        let inner = self.callers.iter_mut().skip(1).map(|c| &mut c.state);
        for state in inner.chain([&mut self.state]) {
            state
                .locals
                .iter_mut()
                .for_each(|place| kept(&mut place.av));
            state.stack.iter_mut().for_each(kept);
        }
    }

    /// The value that an inlined call has given to an attribute, if it has.
    fn replaced(&mut self, object: InstIdx, seen: usize, attribute: Attribute) -> Option<Av> {
        let mut found = None;
        for index in (0..self.pending.len()).rev() {
            let other = self.pending[index];
            if other.target.attribute.name != attribute.name {
                continue;
            }
            if other.object == object {
                found = found.or(Some(other.value));
                break;
            }
            // Two names for one instance, or two instances?
            let same = self.emit(Uop::ref_eq, &[other.object, object], 0);
            if other.seen == seen {
                self.guard(Uop::guard_true, &[same], 0);
                found = found.or(Some(other.value));
                break;
            }
            self.guard(Uop::guard_false, &[same], 0);
        }
        found
    }

    /// The object at a distance from the top, whose class has this version.
    pub(super) fn instance(
        &mut self,
        from_top: usize,
        version: u32,
        seen: Kind,
    ) -> Option<InstIdx> {
        let object = self.operand(from_top)?;
        let class = self.emit(Uop::load_link, &[object], self.facts.type_offset);
        self.has_version(class, version)?;
        // Nothing that a leaf could be.
        if seen == Kind::Other {
            let av = self.top(from_top);
            if let Av::Ref(inst, from, None) = av {
                self.learn(av, Av::Ref(inst, from, Some(Kind::Other)));
            }
        }
        Some(object)
    }

    /// Whether the entry at a distance from the top keeps its object alive, and nothing else might.
    pub(super) fn is_held(&self, from_top: usize) -> bool {
        let av = self.top(from_top);
        matches!(av, Av::Owned(..)) || matches!(av.lender(), Some(From::Stack(_)))
    }

    /// An instance's dictionary.
    fn instance_dict(&mut self, object: InstIdx) -> Option<InstIdx> {
        let dict = self.emit(Uop::load_link, &[object], self.facts.instance_dict);
        self.guard(Uop::guard_nonnull, &[dict], 0);
        Some(dict)
    }

    /// Where an attribute is in memory.
    fn target(&mut self, object: InstIdx, attribute: Attribute) -> Option<Target> {
        let (base, offset) = match attribute.place {
            Place::Slot(offset) => (object, i64::from(offset) as u64),
            Place::Entry(index) => {
                let layout = self.facts.dict_layout?;
                let dict = self.instance_dict(object)?;
                let len = self.emit(Uop::load_i64, &[dict], layout.len as u64);
                self.guard(Uop::guard_int_gt_imm, &[len], index.into());
                let entries = self.emit(Uop::load_link, &[dict], layout.entries as u64);
                let entry = u64::from(index) * layout.entry_size as u64;
                let key = self.emit(Uop::load_link, &[entries], entry + layout.key as u64);
                self.guard(Uop::guard_is, &[key], attribute.name as u64);
                (entries, entry + layout.value as u64)
            }
            Place::Class { .. } | Place::OfClass { .. } => return None,
        };
        Some(Target {
            attribute,
            base,
            offset,
        })
    }

    /// Makes sure that an instance does not have itself what was found in its class.
    fn is_not_shadowed(&mut self, object: InstIdx, shadow: JitShadow) -> Arm {
        match shadow {
            JitShadow::NoDictionary => {}
            JitShadow::Empty => {
                let dict = self.emit(Uop::load_link, &[object], self.facts.instance_dict);
                self.guard(Uop::guard_null, &[dict], 0);
            }
            JitShadow::Keys(stamp) => {
                let stamp = i32::try_from(stamp).ok()?;
                let dict = self.instance_dict(object)?;
                let found = self.guard(Uop::read_r_i_x, &[dict], Helper::keys_stamp as u64);
                self.guard(Uop::guard_int_eq_imm, &[found], stamp as u64);
            }
        }
        Some(())
    }

    /// Whether a recording stores this name: then an attribute in a dictionary that also has names
    /// may not be in memory yet.
    fn is_stored_name(&self, name: usize) -> bool {
        let names = self.tree.names();
        let stores = |step: &Step| {
            matches!(step.op, Opcode::StoreName | Opcode::StoreGlobal)
                && step.name.is_some_and(|row| {
                    let row = &names[row as usize];
                    row.name == name && matches!(row.source, Source::Dictionaries(_))
                })
        };
        self.tree.recordings().any(|rec| rec.any_step(&stores))
    }
}
