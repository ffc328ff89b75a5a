//! What is known of memory, and until when.
//!
//! Memory falls into kinds that no write shares (M1). For each kind there is an index into
//! the new trace: reads that stand there or later are still true.
//!
//! | kind     | read by                          | ended by                                   |
//! |----------|----------------------------------|--------------------------------------------|
//! | frame    | `load_local`                     | `set_local` and the like of the slot       |
//! | stack    | `load_stack`                     | `push_range`, `give_stack`                 |
//! | classes  | `guard_type`                     |                                            |
//! | fields   | `load_i64`                       | `store_i64` of an overlapping offset,      |
//! |          |                                  | `list_append_*`, `list_pop`, `next_item`   |
//! | elements | `list_get_*`, `load_elem`        | `list_set_*`, `elem_set_*`, `store_elem`   |
//! | links    | `load_link`, `load_u32`, stamps  |                                            |
//! | values   | `load_attr`                      | `attr_set_*`, `slot_set_*`, `set_name`,    |
//! |          |                                  | `list_append_*`, `list_pop`                |
//! | shared   | `load_name`, lengths             | `set_name`, `list_append_*`, `list_pop`    |
//! | none     | tuples, strings, `load_*_fixed`  | never: they cannot change                  |
//!
//! and all but the last by everything that may run any code (`Effect::Anything`), and by natives that
//! change a dictionary or a set; those that change a list end what `list_pop` ends.
//! - M1: the kinds do not overlap. A list's element is no field that `load_i64` reads, and a
//!   store into a list does not change its length.
//! - M2: at the loop header ends whatever the loop body may end: what holds on entry need not
//!   hold when the back edge comes around.
//! - M3: fields, elements and shared can be written by *other threads*. One iteration may take
//!   two reads for one, as if they had happened together; but at the header and at `poll`
//!   they end, so that every iteration looks anew.
//! - M4: `decref` ends nothing: what would run code when it ends is kept until the trace has
//!   left (H3 of the runtime).
//! - M5: a read whose result is owned (`read_ri_r_x`) is never merged: each hands out a count.
//!
//! Worked example: `list_set_int v1 v2 v3` is followed by `list_get_int v1 v2`: the last end
//! of `elements` is that very store, with the same list and index, so the value is v3.

use super::super::Rule;
use super::Fold;
use crate::helper::Helper;
use crate::ir::{Effect, Inst, InstIdx, Trace, Uop};
use crate::native::{self, Changes};

/// From where on reads of each kind are still true.
#[derive(Clone)]
pub(super) struct Memory {
    single_threaded: bool,
    body: Body,
    header: u32,
    frame: u32,
    stack: u32,
    classes: u32,
    fields: u32,
    elements: u32,
    links: u32,
    values: u32,
    shared: u32,
}

/// What the loop body may write.
#[derive(Clone, Default)]
struct Body {
    anything: bool,
    stack: bool,
    fields: bool,
    elements: bool,
    values: bool,
    names: bool,
    slots: Vec<u64>,
}

/// The kinds that a helper's read belongs to.
enum HelperRead {
    Element,
    Shared,
    Link,
    Immutable,
}

/// The kind of a helper's read; `None` when it must not be merged (M5, or not known).
fn helper_read(imm: u64) -> Option<HelperRead> {
    match Helper::from_index(imm)? {
        Helper::list_get_int | Helper::list_get_bool | Helper::list_get_float => {
            Some(HelperRead::Element)
        }
        Helper::list_len | Helper::dict_len => Some(HelperRead::Shared),
        Helper::keys_stamp => Some(HelperRead::Link),
        Helper::tuple_len
        | Helper::str_len
        | Helper::tuple_get_int
        | Helper::tuple_get_bool
        | Helper::tuple_get_float => Some(HelperRead::Immutable),
        _ => None,
    }
}

/// What a helper changes that nothing else shares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::opt) enum Set {
    /// An element of a list.
    Element,
    /// An attribute.
    Value,
    /// How many elements a list has, and where.
    Length,
    /// Where an iterator is.
    Iterator,
    /// The value stack.
    Stack,
    /// Nothing that was there before.
    Nothing,
    /// Anything.
    All,
}

/// What a helper that always succeeds changes, or one that takes or makes something.
pub(in crate::opt) fn set_by(imm: u64) -> Set {
    let native = Helper::from_index(imm).and_then(native::row);
    if let Some(row) = native {
        return match row.changes {
            Changes::Nothing => Set::Nothing,
            Changes::Iterator => Set::Iterator,
            Changes::List => Set::Length,
            Changes::Anything => Set::All,
        };
    }
    match Helper::from_index(imm) {
        Some(
            Helper::elem_set_int
            | Helper::elem_set_bool
            | Helper::elem_set_float
            | Helper::elem_set_ref,
        ) => Set::Element,
        Some(
            Helper::list_append_int
            | Helper::list_append_bool
            | Helper::list_append_float
            | Helper::list_append_ref
            | Helper::list_pop,
        ) => Set::Length,
        Some(Helper::give_stack) => Set::Stack,
        // (A count is handed out.)
        Some(Helper::list_get_ref | Helper::tuple_get_ref) => Set::Nothing,
        _ => Set::Value,
    }
}

/// The helper that writes what a helper reads back.
fn writer_of(imm: u64) -> Option<Helper> {
    match Helper::from_index(imm)? {
        Helper::list_get_int => Some(Helper::list_set_int),
        Helper::list_get_bool => Some(Helper::list_set_bool),
        Helper::list_get_float => Some(Helper::list_set_float),
        _ => None,
    }
}

/// Whether a write is to what no row reads: counts, new objects, the test switch's own word, and
/// what is passed to a callee.
const fn is_unread(op: Uop) -> bool {
    matches!(
        op,
        Uop::incref
            | Uop::decref
            | Uop::new_object
            | Uop::box_int
            | Uop::box_float
            | Uop::box_bool
            | Uop::fail_once
            | Uop::put_int
            | Uop::put_float
            | Uop::put_ref
    )
}

/// Whether its helper says what a uop changes ([`set_by`]).
const fn sets(op: Uop) -> bool {
    matches!(
        op,
        Uop::set_rii
            | Uop::set_rif
            | Uop::set_rir
            | Uop::take_r_r_x
            | Uop::read_ri_r_x
            | Uop::make_rr_r_x
            | Uop::make_rrr_r_x
            | Uop::make_rii_r_x
            | Uop::make_rir_r_x
    )
}

impl Memory {
    /// At the start of a trace.
    pub fn of_loop(trace: &Trace, single_threaded: bool) -> Self {
        let mut body = Body::default();
        let start = trace.header().map_or(trace.insts.len(), InstIdx::index);
        for inst in &trace.insts[start..] {
            match (inst.op, inst.op.row().effect) {
                (op, _) if op.stores_local() => body.slots.push(inst.imm),
                (op, _) if sets(op) => {
                    match set_by(inst.imm) {
                        Set::Nothing => {}
                        Set::All => body.anything = true,
                        Set::Iterator => body.fields = true,
                        Set::Stack => body.stack = true,
                        Set::Element => body.elements = true,
                        Set::Value => body.values = true,
                        Set::Length => {
                            body.elements = true;
                            body.fields = true;
                            body.names = true;
                            // Where the elements are may have been read as an attribute.
                            body.values = true;
                        }
                    }
                }
                (Uop::push_range, _) => body.stack = true,
                (Uop::store_i64, _) => body.fields = true,
                (Uop::write_rii_x | Uop::write_rif_x | Uop::write_rir_x | Uop::store_elem, _) => {
                    body.elements = true
                }
                (Uop::set_name, _) => {
                    body.names = true;
                    body.values = true;
                }
                (op, _) if is_unread(op) => {}
                (_, Effect::Write | Effect::Anything) => body.anything = true,
                _ => {}
            }
        }
        Self {
            single_threaded,
            body,
            header: 0,
            frame: 0,
            stack: 0,
            classes: 0,
            fields: 0,
            elements: 0,
            links: 0,
            values: 0,
            shared: 0,
        }
    }

    /// Notes what an instruction ends.
    pub fn learn(&mut self, inst: &Inst, value: InstIdx) {
        let now = value.0;
        match (inst.op, inst.op.row().effect) {
            // Found by searching backwards for them.
            (Uop::store_i64, _) => {}
            (op, _) if op.stores_local() => {}
            (op, _) if sets(op) => match set_by(inst.imm) {
                Set::Nothing => {}
                Set::All => self.end_all(now),
                Set::Iterator => self.fields = now,
                Set::Stack => self.stack = now,
                Set::Element => self.elements = now,
                Set::Value => self.values = now,
                Set::Length => {
                    self.elements = now;
                    self.fields = now;
                    self.shared = now;
                    self.values = now;
                }
            },
            (Uop::push_range, _) => self.stack = now,
            // A name may be a slot of a generator.
            (Uop::set_name, _) => {
                self.shared = now;
                self.values = now;
            }
            (op, _) if is_unread(op) => {}
            (Uop::write_rii_x | Uop::write_rif_x | Uop::write_rir_x | Uop::store_elem, _) => {
                self.elements = now
            }
            (_, Effect::Write | Effect::Anything) => self.end_all(now),
            (Uop::poll, _) if !self.single_threaded => self.end_objects(now),
            (Uop::loop_header, _) => self.enter_loop(now),
            _ => {}
        }
    }

    /// Ends what other threads and finalizers may write.
    const fn end_objects(&mut self, now: u32) {
        self.fields = now;
        self.elements = now;
        self.links = now;
        self.values = now;
        self.shared = now;
    }

    const fn end_all(&mut self, now: u32) {
        self.end_objects(now);
        self.frame = now;
        self.stack = now;
        self.classes = now;
    }

    /// M2 and M3.
    const fn enter_loop(&mut self, now: u32) {
        self.header = now;
        if self.body.anything {
            self.end_all(now);
        }
        if !self.single_threaded {
            self.end_objects(now);
        }
        if self.body.stack {
            self.stack = now;
        }
        if self.body.fields {
            self.fields = now;
        }
        if self.body.elements {
            self.elements = now;
        }
        if self.body.values {
            self.values = now;
        }
        if self.body.names {
            self.shared = now;
        }
    }

    /// From where on what is known of a slot of the frame is true.
    fn slot_since(&self, slot: u64) -> u32 {
        if self.body.slots.contains(&slot) {
            self.frame.max(self.header)
        } else {
            self.frame
        }
    }
}

impl Fold {
    /// An earlier read or write that says what a read finds.
    pub(super) fn read_again(&self, inst: &Inst) -> Option<(Rule, InstIdx)> {
        let again = |since| self.find(inst.op, inst.args, inst.imm, since);
        match inst.op {
            Uop::load_local => self.local_again(inst),
            // local_again: x = slot; ..; y = slot = x = slot; ..; y = x
            Uop::load_stack => Some((Rule::local_again, again(self.memory.stack)?)),
            // guard_again: guard f(a); ..; guard f(a) = guard f(a); ..
            Uop::guard_type => Some((Rule::guard_again, again(self.memory.classes)?)),
            Uop::load_i64 => self.field_again(inst),
            // link_again: x = a.f; ..; y = a.f = x = a.f; ..; y = x for an f that nothing in between
            // adds, removes or replaces as a whole
            Uop::load_link | Uop::load_u32 => Some((Rule::link_again, again(self.memory.links)?)),
            // attr_again: x = a.f; ..; y = a.f = x = a.f; ..; y = x
            Uop::load_attr => Some((Rule::attr_again, again(self.memory.values)?)),
            // name_again: x = name; ..; y = name = x = name; ..; y = x
            Uop::load_name => Some((Rule::name_again, again(self.memory.shared)?)),
            Uop::read_r_i_x | Uop::read_ri_i_x | Uop::read_ri_f_x => match helper_read(inst.imm)? {
                HelperRead::Element => self.element_again(inst),
                HelperRead::Shared => Some((Rule::element_again, again(self.memory.shared)?)),
                HelperRead::Link => Some((Rule::link_again, again(self.memory.links)?)),
                // immutable_again: the same for a tuple or a string, whatever is in between
                HelperRead::Immutable => Some((Rule::immutable_again, again(0)?)),
            },
            _ => None,
        }
    }

    fn local_again(&self, inst: &Inst) -> Option<(Rule, InstIdx)> {
        let since = self.memory.slot_since(inst.imm);
        let load = self.find(inst.op, inst.args, inst.imm, since);
        let store = Uop::LOCAL_STORES
            .into_iter()
            .filter_map(|op| {
                self.chain(op)
                    .take_while(|index| index.0 >= since)
                    .find(|index| self.out.inst(*index).imm == inst.imm)
            })
            .max();
        // local_after_store: slot = x; ..; y = slot = slot = x; ..; y = x
        match store {
            Some(store) if load.is_none_or(|load| load < store) => {
                // (What `clear_local` leaves there is not known as a value.)
                Some((Rule::local_after_store, self.out.inst(store).args[0]?))
            }
            _ => Some((Rule::local_again, load?)),
        }
    }

    fn field_again(&self, inst: &Inst) -> Option<(Rule, InstIdx)> {
        let since = self.memory.fields;
        let load = self.find(inst.op, inst.args, inst.imm, since);
        let offset = inst.imm.cast_signed();
        let store = self
            .chain(Uop::store_i64)
            .take_while(|index| index.0 >= since)
            .find(|index| self.out.inst(*index).imm.cast_signed().abs_diff(offset) < 8);
        match store {
            Some(store) if load.is_none_or(|load| load < store) => {
                let def = self.out.inst(store);
                // field_after_store: a.f = x; ..; y = a.f = a.f = x; ..; y = x
                // (another object with an overlapping field may be the same one: no rule)
                let same = def.args[0] == inst.args[0] && def.imm == inst.imm;
                Some((Rule::field_after_store, def.args[1].filter(|_| same)?))
            }
            // field_again: x = a.f; ..; y = a.f = x = a.f; ..; y = x
            _ => Some((Rule::field_again, load?)),
        }
    }

    fn element_again(&self, inst: &Inst) -> Option<(Rule, InstIdx)> {
        let since = self.memory.elements;
        // element_again: x = a[i]; ..; y = a[i] = x = a[i]; ..; y = x
        if let Some(load) = self.find(inst.op, inst.args, inst.imm, since) {
            return Some((Rule::element_again, load));
        }
        // element_after_store: a[i] = x; ..; y = a[i] = a[i] = x; ..; y = x
        let store = self.out.insts.get(since as usize)?;
        let same = Helper::from_index(store.imm) == writer_of(inst.imm)
            && matches!(store.op, Uop::write_rii_x | Uop::write_rif_x)
            && store.args[..2] == inst.args[..2];
        let value = store.args[2].filter(|_| same)?;
        // What is stored as a truth value is read back as 0 or 1.
        let range = self.range(value);
        let truth = store.imm != Helper::list_set_bool as u64 || (range.0 >= 0 && range.1 <= 1);
        truth.then_some((Rule::element_after_store, value))
    }
}
