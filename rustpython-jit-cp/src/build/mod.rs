//! The trace builder: from a recording to IR.
//!
//! It executes the recorded instructions abstractly: locals and value stack hold
//! [`Av`]s instead of objects, loads and stores of locals and stack shuffles emit
//! nothing, arithmetic emits uops on unboxed values, with guards where a type is not known
//! yet. An instruction without an arm becomes part of a residual run: the frame is made true
//! and the interpreter executes it.
//!
//! The recording is executed twice. The first pass is the peeled iteration: it
//! starts from a frame of which nothing is known and so carries the guards. At its end the
//! frame's state gives the loop header its types: what the iteration stored is
//! carried in phis, unboxed. The second pass, from that state, is the loop. A phi has no
//! box, so where an object that the program had before would go into one
//! (`a, b = b, a + b` moves the `b` of the frame into `a`), more iterations are peeled
//! until it has left.
//!
//! Invariants:
//! - B1: every exit inside an instruction goes back to the start of that instruction, so guards
//!   come before effects, and an arm that gives up has emitted nothing but guards.
//! - B2: a reference to an object other than a number is stored and released when the program
//!   does it; only numbers are stored late.
//! - B3: after a residual run nothing is known that memory does not say.
//! - B4: names in dictionaries are cached between residual runs only while there is one thread.
//!
//! Worked example: for `while i < n: i += 1` the peeled iteration is `load_local`,
//! `guard_type`, `unbox_int` for `i` and `n`, `guard_int_lt` and `int_add`; the loop is a
//! phi for `i`, `guard_int_lt`, `int_add`, `poll`, `jump_loop`.

mod calls;
mod steps;
pub mod value;

use crate::events::Abort;
use crate::ir::{Inst, InstIdx, Slot, SnapIdx, SnapValue, Snapshot, Trace, Ty, Uop};
use crate::recording::{ConstValue, Recording, Step};
use crate::trace_meta::{ResidualRow, TraceMeta};
use rustpython_vm::Context;
use value::{Av, Prim};

/// Addresses and offsets of the host that traces mention.
#[derive(Clone, Copy, Debug, Default)]
pub struct HostFacts {
    /// The class `int`.
    pub int_type: u64,
    /// The class `float`.
    pub float_type: u64,
    /// The class `bool`.
    pub bool_type: u64,
    /// The class `list`.
    pub list_type: u64,
    /// The class `tuple`.
    pub tuple_type: u64,
    /// The class `str`.
    pub str_type: u64,
    /// The class `dict`.
    pub dict_type: u64,
    /// The class of range iterators.
    pub range_iter_type: u64,
    /// The class of modules.
    pub module_type: u64,
    /// The offset of an object's class.
    pub type_offset: u64,
    /// `None`.
    pub none: u64,
    /// `True`.
    pub true_: u64,
    /// The offsets of the address and the number of a list's elements, where the layout
    /// is known.
    pub list_items: Option<(u64, u64)>,
    /// The offset of a float's value.
    pub float_value: u64,
    /// The offset of an object's reference count, and its word in a range iterator that has
    /// one reference, where that could be found out.
    pub unshared_iter: Option<(u64, u64)>,
    /// The offsets of a range iterator's index, length, start and step.
    pub range_iter: [u64; 4],
}

/// A built trace.
#[derive(Debug)]
pub struct Built {
    /// The IR.
    pub trace: Trace,
    /// What goes with it.
    pub meta: TraceMeta,
    /// How many of the recorded instructions are executed by the interpreter.
    pub residual_steps: usize,
    /// How many have uops of their own.
    pub own_steps: usize,
}

/// A place that is loaded at most once between effects.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Place {
    av: Av,
    /// Memory does not hold the value yet.
    dirty: bool,
    /// What memory holds has a trivial drop.
    old_trivial: bool,
}

const UNREAD: Place = Place {
    av: Av::Unread,
    dirty: false,
    old_trivial: false,
};

/// How a dirty place crosses the loop header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Carry {
    /// In the phi of this group.
    Phi(usize),
    /// It is the same value in every iteration.
    Keep,
}

#[derive(Clone)]
struct State {
    locals: Vec<Place>,
    names: Vec<Place>,
    stack: Vec<Av>,
    /// How many entries of the value stack memory holds.
    mem: usize,
}

struct Builder<'r> {
    rec: &'r Recording,
    facts: &'r HostFacts,
    /// The places that store their boxes at once.
    eager: Vec<bool>,
    trace: Trace,
    meta: TraceMeta,
    state: State,
    /// The state before the instruction at hand.
    snap: SnapIdx,
    /// By value: the last snapshot that boxes it, and the first slot there.
    boxed: Vec<(u32, Slot)>,
    /// How many snapshots were made.
    snapshots: u32,
    /// Owned numbers that the instruction at hand consumed.
    drops: Vec<InstIdx>,
    /// The operands of a BUILD_TUPLE that is taken apart at once.
    packed: Vec<Av>,
    /// The residual run that the instruction at hand may join.
    open_run: bool,
    residual_steps: usize,
    own_steps: usize,
}

/// Why a build did not succeed.
enum Retry {
    /// It cannot.
    Abort(Abort),
    /// This place (local, or name behind the locals) must store its boxes at once: a new box
    /// at the header would not be the same object.
    Eager(usize),
    /// One more iteration must be peeled: a value that would have to go into a phi is still
    /// an object of its own, or two phis would hold one object from the second
    /// iteration on.
    Peel,
}

/// How many iterations are peeled at most.
const MAX_PEELS: usize = 4;

impl core::convert::From<Abort> for Retry {
    fn from(abort: Abort) -> Self {
        Self::Abort(abort)
    }
}

/// An arm's answer: `None` when the instruction has to be residual.
type Arm = Option<()>;

/// Builds the IR of a recording.
///
/// # Errors
/// When the loop has no stable shape.
pub fn build(rec: &Recording, facts: &HostFacts) -> Result<Built, Abort> {
    let mut eager = vec![false; rec.locals as usize + rec.names.len()];
    let mut peels = 1;
    loop {
        match Builder::new(rec, facts, eager.clone()).run(peels) {
            Ok(built) => return Ok(built),
            Err(Retry::Peel) if peels == MAX_PEELS => return Err(Abort::Unstable),
            Err(Retry::Peel) => peels += 1,
            Err(Retry::Abort(abort)) => return Err(abort),
            Err(Retry::Eager(index)) if eager[index] => return Err(Abort::Unstable),
            Err(Retry::Eager(index)) => eager[index] = true,
        }
    }
}

impl<'r> Builder<'r> {
    fn new(rec: &'r Recording, facts: &'r HostFacts, eager: Vec<bool>) -> Self {
        let stack = vec![Av::Unread; rec.depth as usize];
        Self {
            rec,
            facts,
            eager,
            trace: Trace::default(),
            meta: TraceMeta {
                names: rec.names.clone(),
                single_thread: !rec.threads,
                module_names: rec.module_names,
                entry_depth: rec.depth,
                ..TraceMeta::default()
            },
            state: State {
                mem: stack.len(),
                locals: vec![UNREAD; rec.locals as usize],
                names: vec![UNREAD; rec.names.len()],
                stack,
            },
            snap: SnapIdx(0),
            boxed: Vec::new(),
            snapshots: 0,
            drops: Vec::new(),
            packed: Vec::new(),
            open_run: false,
            residual_steps: 0,
            own_steps: 0,
        }
    }

    fn run(mut self, peels: usize) -> Result<Built, Retry> {
        for _ in 0..peels {
            self.iteration()?;
        }
        self.close_loop()?;
        Ok(Built {
            trace: self.trace,
            meta: self.meta,
            residual_steps: self.residual_steps / (peels + 1),
            own_steps: self.own_steps / (peels + 1),
        })
    }
}

impl Builder<'_> {
    /// One pass over the recording.
    fn iteration(&mut self) -> Result<(), Abort> {
        self.open_run = false;
        let rec = self.rec;
        let mut at = 0;
        while at < rec.steps.len() {
            let step = &rec.steps[at];
            self.drops.clear();
            if self.state.stack.len() != step.depth_before as usize {
                return Err(Abort::StackShape);
            }
            // Made now, because an arm changes the state before its last guard (B1); the
            // optimizer drops those that no exit uses.
            self.snap = self.snapshot_at(step.pc);
            // What a refusing arm has done would stand between the parts of a run, or
            // have popped operands that the interpreter needs.
            let undo = (self.state.clone(), self.trace.insts.len());
            if self.own(at).is_some() {
                self.open_run = false;
                self.own_steps += 1;
                for drop in std::mem::take(&mut self.drops) {
                    self.emit(Uop::decref, &[drop], 0);
                }
                if self.state.stack.len() != step.depth as usize {
                    return Err(Abort::StackShape);
                }
            } else {
                let (state, insts) = undo;
                self.state = state;
                self.trace.insts.truncate(insts);
                self.residual(step);
                self.residual_steps += 1;
            }
            at += 1;
        }
        Ok(())
    }

    /// Appends an instruction that stays in the trace.
    fn emit(&mut self, op: Uop, args: &[InstIdx], imm: u64) -> InstIdx {
        debug_assert!(!op.has_snapshot());
        self.trace.push(Inst::new(op, args, imm, None))
    }

    /// Appends an instruction that exits to the start of the bytecode at hand (B1).
    fn guard(&mut self, op: Uop, args: &[InstIdx], imm: u64) -> InstIdx {
        self.trace.push(Inst::new(op, args, imm, Some(self.snap)))
    }

    /// The state as it is now, to go on with the instruction at `pc`.
    fn snapshot_at(&mut self, pc: u32) -> SnapIdx {
        let mut entries = Vec::new();
        let places = |places: &[Place], slot: fn(u32) -> Slot, entries: &mut Vec<_>| {
            for (index, place) in places.iter().enumerate() {
                if place.dirty
                    && let Some(value) = place.av.snap()
                {
                    entries.push((slot(index as u32), value));
                }
            }
        };
        places(&self.state.locals, Slot::Local, &mut entries);
        for (index, av) in self.state.stack.iter().enumerate().skip(self.state.mem) {
            let value = av.snap().expect("an entry above memory has a value");
            entries.push((Slot::Stack(index as u32), value));
        }
        places(&self.state.names, Slot::Name, &mut entries);
        // Two places that hold one number hold one object; said here, because the optimizer
        // may later find more values to be equal.
        self.boxed
            .resize(self.trace.insts.len(), (0, Slot::Local(0)));
        self.snapshots += 1;
        for (slot, value) in &mut entries {
            if let SnapValue::Int(inst) | SnapValue::Float(inst) = *value {
                let (snapshot, first) = &mut self.boxed[inst.index()];
                if *snapshot == self.snapshots {
                    *value = SnapValue::Same(*first);
                } else {
                    (*snapshot, *first) = (self.snapshots, *slot);
                }
            }
        }
        self.trace.add_snap(Snapshot {
            pc,
            mem: self.state.mem as u32,
            entries,
        })
    }

    /// Lets the interpreter execute an instruction.
    fn residual(&mut self, step: &Step) {
        if self.open_run {
            let row = self
                .meta
                .residuals
                .last_mut()
                .expect("an open run has a row");
            row.next.push(step.next);
            row.depth = step.depth;
        } else {
            self.meta.residuals.push(ResidualRow {
                pc: step.pc,
                next: vec![step.next],
                depth: step.depth,
            });
            let row = self.meta.residuals.len() as u64 - 1;
            let snap = self.snapshot_at(step.pc);
            self.trace
                .push(Inst::new(Uop::residual, &[], row, Some(snap)));
            for place in self.state.locals.iter_mut().chain(&mut self.state.names) {
                // Whatever the run calls may store there, so nothing stays known.
                *place = UNREAD;
            }
        }
        self.open_run = true;
        self.state.stack.clear();
        self.state.stack.resize(step.depth as usize, Av::Unread);
        self.state.mem = step.depth as usize;
    }

    /// Makes the loop: header, second pass, back edge; again with other phis when the
    /// first choice turns out not to hold.
    fn close_loop(&mut self) -> Result<(), Retry> {
        if self.state.stack.len() != self.rec.depth as usize
            || self.state.mem != self.state.stack.len()
        {
            return Err(Retry::Abort(Abort::StackShape));
        }
        let peeled = self.state.clone();
        let (insts, snaps, rows) = (
            self.trace.insts.len(),
            self.trace.snaps.len(),
            self.meta.residuals.len(),
        );
        let counts = (self.residual_steps, self.own_steps);
        let mut carries = self.first_carries(&peeled);
        for _ in 0..6 {
            self.trace.insts.truncate(insts);
            self.trace.snaps.truncate(snaps);
            self.meta.residuals.truncate(rows);
            (self.residual_steps, self.own_steps) = counts;
            let (phis, header) = self.header(&peeled, &carries)?;
            self.state = header.clone();
            self.iteration()?;
            if self.state.stack.len() != self.rec.depth as usize
                || self.state.mem != self.state.stack.len()
            {
                return Err(Retry::Abort(Abort::StackShape));
            }
            match self.back_edge(&carries, &phis, &peeled, &header)? {
                None => return Ok(()),
                Some(better) => carries = better,
            }
        }
        Err(Retry::Abort(Abort::Unstable))
    }

    /// Equal values share a phi, so that copies stay the same object.
    fn first_carries(&self, peeled: &State) -> Vec<Option<Carry>> {
        let mut groups: Vec<Av> = Vec::new();
        let all = peeled.locals.iter().chain(&peeled.names);
        all.map(|place| {
            if !place.dirty {
                return None;
            }
            Some(match place.av {
                Av::Num(_) | Av::Bool(_) => {
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
    fn as_phi(&mut self, av: Av) -> Option<(Ty, InstIdx)> {
        Some(match av {
            Av::Num(Prim::Int(v)) | Av::Boxed(Prim::Int(v), ..) => (Ty::Int, v),
            Av::Num(Prim::Float(v)) | Av::Boxed(Prim::Float(v), ..) => (Ty::Float, v),
            Av::Bool(v) => (Ty::Bool, v),
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

    /// Emits header and phis, and returns the phis by group and the state there.
    fn header(
        &mut self,
        peeled: &State,
        carries: &[Option<Carry>],
    ) -> Result<(Vec<InstIdx>, State), Retry> {
        let places: Vec<Place> = peeled.locals.iter().chain(&peeled.names).copied().collect();
        let groups = carries.iter().flatten().filter_map(|c| match c {
            Carry::Phi(group) => Some(group + 1),
            Carry::Keep => None,
        });
        let count = groups.max().unwrap_or(0);
        let mut entries = vec![None; count];
        for (place, carry) in places.iter().zip(carries) {
            if let Some(Carry::Phi(group)) = carry
                && entries[*group].is_none()
            {
                if !has_no_object(place.av) {
                    return Err(Retry::Peel);
                }
                entries[*group] = Some(self.as_phi(place.av).ok_or(Abort::Unstable)?);
            }
        }
        self.emit(Uop::loop_header, &[], 0);
        let mut phis = Vec::with_capacity(count);
        let mut avs = Vec::with_capacity(count);
        for entry in entries {
            let (ty, value) = entry.ok_or(Retry::Abort(Abort::Unstable))?;
            let op = match ty {
                Ty::Float => Uop::phi_float,
                Ty::Bool => Uop::phi_bool,
                _ => Uop::phi_int,
            };
            let phi = self.emit(op, &[value, value], 0);
            phis.push(phi);
            avs.push(match ty {
                Ty::Float => Av::Num(Prim::Float(phi)),
                Ty::Bool => Av::Bool(phi),
                _ => Av::Num(Prim::Int(phi)),
            });
        }
        // Clean values that were loaded stay known only if nothing in the loop can change
        // what memory holds (B3, B4); a reference that an iteration stored is loaded again.
        let has_residual = !self.meta.residuals.is_empty();
        let stores_refs = self.trace.insts.iter().any(|i| i.op == Uop::set_local);
        let stored: Vec<u64> = self
            .trace
            .insts
            .iter()
            .filter(|i| i.op == Uop::set_local)
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
                    *place = Place {
                        av: avs[group],
                        dirty: true,
                        old_trivial: true,
                    };
                }
                Some(Carry::Keep) => {}
                None => {
                    let is_name = index >= locals;
                    let forget = has_residual
                        || (is_name && self.rec.threads)
                        || (!is_name && stores_refs && stored.contains(&(index as u64)));
                    if forget {
                        *place = UNREAD;
                    }
                }
            }
            if has_residual {
                place.old_trivial &= place.dirty;
            }
        }
        for av in &mut state.stack {
            if has_residual {
                *av = Av::Unread;
            }
        }
        Ok((phis, state))
    }

    /// Fills the phis in and emits the jump back; or says how the header must be made
    /// instead.
    fn back_edge(
        &mut self,
        carries: &[Option<Carry>],
        phis: &[InstIdx],
        peeled: &State,
        header: &State,
    ) -> Result<Option<Vec<Option<Carry>>>, Retry> {
        let end: Vec<Place> = self
            .state
            .locals
            .iter()
            .chain(&self.state.names)
            .copied()
            .collect();
        let start: Vec<Place> = header.locals.iter().chain(&header.names).copied().collect();
        let mut better = carries.to_vec();
        let mut changed = false;
        let mut backs: Vec<Option<Av>> = vec![None; phis.len()];
        let entry: Vec<Av> = peeled
            .locals
            .iter()
            .chain(&peeled.names)
            .map(|place| place.av)
            .collect();
        // New groups, by what their places hold on entry and at the end and the group that
        // they were in.
        let mut groups: Vec<(Option<Carry>, Av, Av)> = Vec::new();
        let mut next_group = |index: usize, av: Av| {
            let key = (carries[index], entry[index], av);
            let found = groups.iter().position(|old| *old == key);
            let group = found.unwrap_or_else(|| {
                groups.push(key);
                groups.len() - 1
            });
            Some(Carry::Phi(phis.len() + group))
        };
        for (index, place) in end.iter().enumerate() {
            match carries[index] {
                // Clean at the header: what the header knows of it must still hold.
                None => {
                    if place.dirty {
                        better[index] = next_group(index, place.av);
                        changed = true;
                    } else if start[index].av != Av::Unread
                        && start[index].av != place.av
                        && !same_place(start[index].av, place.av)
                    {
                        return Err(Retry::Abort(Abort::Unstable));
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
                        better[index] = next_group(index, place.av);
                        changed = true;
                    }
                }
                Some(Carry::Phi(group)) => {
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
                            better[index] = next_group(index, place.av);
                            changed = true;
                        }
                    }
                }
            }
        }
        if changed {
            return Ok(Some(renumber(better)));
        }
        for (group, phi) in phis.iter().enumerate() {
            let av = backs[group].ok_or(Retry::Abort(Abort::Unstable))?;
            if !has_no_object(av) || (is_number(av) && backs[..group].contains(&Some(av))) {
                return Err(Retry::Peel);
            }
            let (ty, value) = self.as_phi(av).ok_or(Retry::Abort(Abort::Unstable))?;
            if self.trace.inst(*phi).ty() != ty {
                return Err(Retry::Abort(Abort::Unstable));
            }
            self.trace.insts[phi.index()].args[1] = Some(value);
        }
        self.snap = self.snapshot_at(self.rec.header);
        self.guard(Uop::poll, &[], 0);
        self.emit(Uop::jump_loop, &[], 0);
        Ok(None)
    }
}

/// Whether two values are the same memory read with more or less knowledge.
fn same_place(a: Av, b: Av) -> bool {
    let inst = |av| match av {
        Av::Boxed(_, v, from) | Av::Ref(v, from, _) => Some((v, from)),
        _ => None,
    };
    inst(a).is_some() && inst(a) == inst(b)
}

fn is_number(av: Av) -> bool {
    matches!(av, Av::Num(_))
}

/// Whether no object is lost when only the value is kept: a new box would be as good.
fn has_no_object(av: Av) -> bool {
    match av {
        Av::Num(_) | Av::Bool(_) | Av::Const(_, ConstValue::Bool(_)) => true,
        // The interpreter has these once.
        Av::Const(_, ConstValue::Int(value)) => {
            i32::try_from(value).is_ok_and(|v| Context::INT_CACHE_POOL_RANGE.contains(&v))
        }
        _ => false,
    }
}

/// Group numbers without gaps.
fn renumber(mut carries: Vec<Option<Carry>>) -> Vec<Option<Carry>> {
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
