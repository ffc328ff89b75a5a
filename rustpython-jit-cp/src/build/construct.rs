//! Instances of classes.
//!
//! The call of a class makes an instance that is in no memory: [`Av::New`], with the values of its
//! attributes. Where `__init__` only stores arguments and constants, the recorder has read its code;
//! any other is a replayed call, in which attributes are added to the instance as they come. What is
//! still needed of it when the outermost replayed call ends is made then ([`Builder::commit`]); an
//! instance that only such a call has used never is. Every exit inside goes back to the start
//! of the call, so no snapshot sees one.
//!
//! Tuples, lists and empty dictionaries are made here, too, where they are not virtual.
//!
//! Invariants:
//! - C1: the class has the version that it had when it was recorded: its instances have a
//!   dictionary that takes these attributes, and no finalizer that somebody could miss.
//! - C2: outside of replayed calls there is none: an instance is made at once.
//!
//! Worked example: in `t = (a - b).dot(c)` with `__sub__` and `dot` in Python, the first call
//! returns an instance and has it made; in `def f(a, b, c): return Vector(a.x - b.x).dot(c)` the
//! instance is two words in registers.

use super::attributes::Pending;
use super::calls::ELEMENT;
use super::value::{Av, From, Holder};
use super::{Arm, Builder};
use crate::ir::{InstIdx, Uop};
use crate::recording::{Attribute, Constructed, Field, Kind, Place, Step};
use crate::trace_meta::Template;
use rustpython_vm::bytecode::Opcode;

/// An instance that is made by the call at hand.
#[derive(Clone, Debug)]
pub(super) struct New {
    class: usize,
    pub(super) version: u32,
    /// Its attributes, in order.
    pub(super) fields: Vec<(usize, Av)>,
    /// Where they are, if in slots.
    pub(super) slots: Vec<i32>,
    /// The object, once it was made.
    inst: Option<InstIdx>,
}

/// How many elements a tuple or a list may be made of.
const MAX_ELEMENTS: usize = 12;

impl Builder<'_> {
    /// A call of a class.
    pub(super) fn construct(&mut self, step: &Step, constructed: &Constructed) -> Arm {
        let argc = step.arg as usize;
        if self.rec.threads || self.state.stack.len() < self.state.mem + argc + 2 {
            return None;
        }
        if self.top(argc) != Av::Null || self.facts.dict_layout.is_none() {
            return None;
        }
        // C1. The class need not be the one that was recorded to be alive; that of this version is.
        if self.is_held(argc + 1) {
            return None;
        }
        let class = self.operand(argc + 1)?;
        self.guard(Uop::guard_is, &[class], constructed.class as u64);
        self.has_version(class, constructed.version)?;
        let init = self.emit(Uop::const_ref, &[], constructed.init as u64);
        self.check_version(init, constructed.init_version);
        let mut fields = Vec::with_capacity(constructed.fields.len());
        for (name, field) in &constructed.fields {
            let value = match *field {
                Field::Constant(addr, value) => Av::Const(addr, value),
                Field::Argument(number) => {
                    let from_top = argc - 1 - number as usize;
                    match self.top(from_top) {
                        av @ Av::Owned(..) if !self.replays() => av,
                        Av::Arg(..) => return None,
                        _ => self.argument(from_top)?,
                    }
                }
            };
            fields.push((*name, value));
        }
        let new = self.new_instance(constructed.class, constructed.version, fields);
        self.own_steps += constructed.steps;
        // The interpreter makes a frame for `__init__`, for which there must be room.
        self.meta.inlined = self.meta.inlined.max(self.inlining() + 1);
        self.replace(argc + 2, new)?;
        if !self.replays() {
            self.commit()?;
        }
        Some(())
    }

    /// An instance with these attributes that is in no memory.
    pub(super) fn new_instance(
        &mut self,
        class: usize,
        version: u32,
        fields: Vec<(usize, Av)>,
    ) -> Av {
        let new = Av::New(self.news.len() as u32);
        self.news.push(New {
            class,
            version,
            fields,
            slots: Vec::new(),
            inst: None,
        });
        new
    }

    /// Makes an object.
    fn new_object(&mut self, template: Template) -> InstIdx {
        let known = self.meta.templates.iter().position(|old| *old == template);
        let row = known.unwrap_or_else(|| {
            self.meta.templates.push(template);
            self.meta.templates.len() - 1
        });
        self.emit(Uop::new_object, &[], row as u64)
    }

    /// Makes a tuple, a list or an empty dictionary of the topmost entries. None of this leaves.
    pub(super) fn build_container(&mut self, step: &Step) -> Arm {
        let count = step.arg as usize;
        if self.replays() || self.region.is_some() || self.is_function() || self.rec.threads {
            return None;
        }
        let (template, kind, items) = match step.op {
            Opcode::BuildTuple if count > 0 => {
                let (items, _) = self.facts.tuple_items?;
                (Template::Tuple(count), Kind::Tuple, items)
            }
            Opcode::BuildList => {
                let (items, _) = self.facts.list_items?;
                (Template::List(count), Kind::List, items)
            }
            Opcode::BuildMap if count == 0 => (Template::Dict, Kind::Dict, 0),
            Opcode::BuildSet if count == 0 => (Template::Set, Kind::Other, 0),
            _ => return None,
        };
        self.virtual_top(count)?;
        if count > MAX_ELEMENTS {
            return None;
        }
        for from_top in 0..count {
            let av = self.top(from_top);
            match av {
                Av::Num(_) if self.copies(av) > 1 => self.can_box(av)?,
                Av::Null | Av::Unread | Av::Arg(..) | Av::Virtual(_) | Av::New(_) => return None,
                _ => {}
            }
            if matches!(av.lender(), Some(From::Stack(_))) {
                return None;
            }
        }
        let object = self.new_object(template);
        let mut boxes = Vec::new();
        let base = match count {
            0 => object,
            // (A list's may move.)
            _ if kind == Kind::List => self.emit(Uop::load_attr, &[object], items),
            _ => self.emit(Uop::load_link, &[object], items),
        };
        for index in 0..count {
            let value = self.top(count - 1 - index);
            let made = match value {
                Av::Num(_) if self.copies(value) > 1 => self.box_copies(value, Holder::Element),
                _ => None,
            };
            let (helper, operand) = match made {
                Some(object) => (ELEMENT.object, object),
                None => self.setter(&ELEMENT, value)?,
            };
            let offset = (index * size_of::<usize>()) as u64;
            let offset = self.emit(Uop::const_int, &[], offset);
            self.emit(helper.uop(), &[base, offset, operand], helper as u64);
            boxes.extend(made);
        }
        self.pop(count);
        for object in boxes {
            self.keep_own_box(object);
        }
        self.push(Av::Owned(object, (kind != Kind::Other).then_some(kind)))
    }

    /// The object that a new instance is, made if need be: its attributes wait to be written.
    pub(super) fn realize(&mut self, number: u32) -> Option<InstIdx> {
        let layout = self.facts.dict_layout?;
        let New {
            class,
            version,
            fields,
            slots,
            inst,
        } = self.news[number as usize].clone();
        if let Some(inst) = inst {
            return Some(inst);
        }
        // (Without any, nobody has said where they would be.)
        if fields.is_empty() || !(slots.is_empty() || slots.len() == fields.len()) {
            return None;
        }
        if !slots.is_empty() {
            let object = self.new_object(Template::Slots(class));
            self.news[number as usize].inst = Some(object);
            for ((name, value), offset) in fields.into_iter().zip(slots) {
                let attribute = Attribute {
                    version,
                    name,
                    place: Place::Slot(offset),
                };
                let offset = i64::from(offset) as u64;
                self.pending
                    .push(Pending::of_new(object, attribute, object, offset, value));
            }
            return Some(object);
        }
        let keys = fields.iter().map(|(name, _)| *name).collect();
        let object = self.new_object(Template::Instance { class, keys });
        self.news[number as usize].inst = Some(object);
        let dict = self.emit(Uop::load_link, &[object], self.facts.instance_dict);
        let entries = self.emit(Uop::load_link, &[dict], layout.entries as u64);
        for (index, (name, value)) in fields.into_iter().enumerate() {
            let attribute = Attribute {
                version,
                name,
                place: Place::Entry(index as u32),
            };
            let offset = (index * layout.entry_size + layout.value) as u64;
            self.pending
                .push(Pending::of_new(object, attribute, entries, offset, value));
        }
        Some(object)
    }

    /// Makes the instances that are still needed when a call ends: the result, on top of the stack,
    /// and what attributes are to hold. Returns the objects to release at the very end.
    pub(super) fn realize_all(&mut self) -> Option<Vec<InstIdx>> {
        let mut made = Vec::new();
        let result = match self.state.stack.last() {
            Some(Av::New(number)) => Some(self.realize(*number)?),
            _ => None,
        };
        let mut next = 0;
        while next < self.pending.len() {
            if let Av::New(number) = self.pending[next].value() {
                let before = self.news[number as usize].inst.is_some();
                let object = self.realize(number)?;
                if !before {
                    made.push(object);
                }
                let lent = Av::Ref(object, From::Heap(Holder::Caller), Some(Kind::Other));
                self.pending[next].set_value(lent);
            }
            next += 1;
        }
        if let (Some(object), Some(top)) = (result, self.state.stack.last_mut()) {
            *top = Av::Owned(object, Some(Kind::Other));
        }
        Some(made)
    }
}
