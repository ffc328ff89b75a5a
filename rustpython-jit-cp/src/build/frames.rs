//! Frames of inlined calls, where exits need them.
//!
//! A call is inlined best if nothing inside needs its frame: every exit goes back to before the call
//! ([`super::inline`]: the call is *replayed*). Where the callee has effects and goes on behind
//! them, each of its instructions has a snapshot of its own instead, with the frames of all calls that
//! the instruction is inside of: the caller's as it waits, and the callee's as it is. Whoever leaves
//! there has these frames made, and the interpreter goes on in the innermost. Side paths start there
//! as anywhere else ([`crate::recording::CallPart`]).
//!
//! Invariants:
//! - F1: calls with frames are inside of nothing but calls with frames; calls that are replayed may be
//!   inside of either, and their exits go back to before the outermost of them.
//! - F2: what a callee borrows stays alive until it returns: what could end gets a count first
//!   ([`Framed::held`]), which every exit gives back.
//! - F3: no place of a frame that a snapshot has holds anything virtual.
//!
//! Worked example: in `def put(self, x): self.items[self.at] = x; if self.at > 9: self.at = 0` the
//! comparison leaves behind the store. Its snapshot is
//! `pc=30 mem=1 frame=0:22 F0.f=ref(v4) F0.L0=ref(v2) F0.L1=int(v9)`.

use super::value::{Av, From, Holder, Loss};
use super::{Arm, Builder, Place, State};
use crate::ir::{Inner, InstIdx, Slot, SnapFrame, SnapValue, Uop};
use crate::recording::{Argument, CallPart, Inlined, Recording, Step, Target};
use rustpython_vm::bytecode::Opcode;
use std::sync::Arc;

/// A frame that waits for an inlined call.
#[derive(Clone)]
pub(super) struct Caller<'r> {
    /// Its state, with the operands of the call.
    pub state: State,
    /// What is left of its recording goes on behind this step, which makes the call.
    pub rec: &'r Recording,
    pub step: &'r Step,
    pub call: &'r Arc<Inlined>,
    /// The callee, if that has a frame in snapshots; else the call is replayed.
    pub framed: Option<Framed>,
}

/// What snapshots say of a callee.
#[derive(Clone)]
pub(super) struct Framed {
    /// The function.
    pub function: InstIdx,
    /// The row of the call.
    pub row: u32,
    /// Objects whose counts the trace has until the callee returns.
    pub held: Vec<InstIdx>,
}

/// Where something was before an attempt.
pub(super) struct Marks<'r> {
    /// What is known of those who wait, too: an attempt may have learned of it, or given it counts.
    callers: Vec<Caller<'r>>,
    insts: usize,
    snaps: usize,
    callees: usize,
    own_steps: usize,
    inlined: u32,
    made: usize,
}

impl<'r> Builder<'r> {
    /// Whether the builder is inside of a call that is replayed.
    pub(super) fn replays(&self) -> bool {
        self.callers.last().is_some_and(|c| c.framed.is_none())
    }

    /// How many calls that are replayed the builder is inside of.
    pub(super) fn replayed(&self) -> usize {
        let framed = |caller: &&Caller<'_>| caller.framed.is_none();
        self.callers.iter().rev().take_while(framed).count()
    }

    /// Where everything is, for [`Self::undo`].
    pub(super) fn marks(&self) -> Marks<'r> {
        Marks {
            callers: self.callers.clone(),
            insts: self.trace.insts.len(),
            snaps: self.trace.snaps.len(),
            callees: self.meta.callees.len(),
            own_steps: self.own_steps,
            inlined: self.meta.inlined,
            made: self.made.as_ref().map_or(0, Vec::len),
        }
    }

    /// Goes back to before the step at hand, of the root or of a callee with a frame.
    pub(super) fn undo(&mut self, marks: &Marks<'r>) {
        self.state = self.before.clone();
        self.callers.clone_from(&marks.callers);
        self.trace.insts.truncate(marks.insts);
        self.trace.snaps.truncate(marks.snaps);
        self.attach.retain(|exit| exit.guard.index() < marks.insts);
        self.meta.callees.truncate(marks.callees);
        self.own_steps = marks.own_steps;
        self.meta.inlined = marks.inlined;
        if let Some(made) = &mut self.made {
            made.truncate(marks.made);
        }
        self.drops.clear();
        self.pending.clear();
        self.news.clear();
        if self.callers.is_empty() {
            self.forget_step();
        }
    }

    /// Executes a followed call whose callee has a frame in snapshots, outside of regions and of calls
    /// that are replayed (F1).
    pub(super) fn inline_framed(&mut self, step: &'r Step, call: &'r Arc<Inlined>) -> Arm {
        let by_frame = !matches!(call.target, Target::Class { .. } | Target::Generator);
        let rest = |argument: &Argument| matches!(argument, Argument::Rest(_));
        if !by_frame || call.arguments.iter().any(rest) {
            return None;
        }
        let (function, locals) = self.bind(step, call)?;
        let virtual_ = |place: &Place| matches!(place.av, Av::Virtual(_) | Av::New(_));
        if locals.iter().any(virtual_) {
            return None;
        }
        let row = self.calls.len() as u32;
        self.calls.push(CallPart {
            step: step.clone(),
            call: Arc::clone(call),
        });
        self.meta.frames.push(call.waiting);
        let callee = State {
            locals,
            names: std::mem::take(&mut self.state.names),
            stack: Vec::new(),
            mem: 0,
        };
        self.callers.push(Caller {
            state: std::mem::replace(&mut self.state, callee),
            rec: std::mem::replace(&mut self.rec, &call.rec),
            step,
            call,
            framed: Some(Framed {
                function,
                row,
                held: Vec::new(),
            }),
        });
        self.meta.inlined = self.meta.inlined.max(self.inlining());
        let depth = self.callers.len();
        let rec = self.callers[depth - 1].rec;
        let around = (self.before.clone(), self.snap, self.start);
        let returned = self.framed_steps(&call.rec);
        let ended = returned.and_then(|()| self.return_framed());
        (self.before, self.snap, self.start) = around;
        if ended.is_none() {
            // The state is restored by whoever undoes all this.
            self.callers.truncate(depth - 1);
            self.rec = rec;
        }
        ended
    }

    /// Executes what a callee with a frame does until it returns: then that is on top.
    fn framed_steps(&mut self, rec: &'r Recording) -> Arm {
        let mut at = 0;
        while let Some(step) = rec.steps.get(at) {
            at += self.framed_step(at, step)?;
            if step.op == Opcode::ReturnValue {
                return Some(());
            }
        }
        None
    }

    /// One of these steps, or as many as it results in; a return is left to [`Self::return_framed`].
    fn framed_step(&mut self, at: usize, step: &'r Step) -> Option<usize> {
        if self.state.stack.len() != step.depth_before as usize {
            return None;
        }
        self.drops.clear();
        self.snap = self.snapshot_at(step.pc);
        self.before = self.state.clone();
        self.start = self.trace.insts.len();
        if step.op == Opcode::ReturnValue {
            return Some(1);
        }
        if self.overwrites_held(step) {
            return None;
        }
        if self.range_loop(at).is_some() {
            self.own_steps += 2;
            return Some(2);
        }
        let lent = self.lend_owned(step);
        if self.own(at).is_none() {
            self.tell_not_inlined(step, "an instruction of an inlined call has no uops");
            return None;
        }
        self.own_steps += 1;
        if let Some(framed) = self.callers.last_mut().and_then(|c| c.framed.as_mut()) {
            framed.held.extend(lent);
        }
        for drop in std::mem::take(&mut self.drops) {
            self.emit(Uop::decref, &[drop], 0);
        }
        (self.state.stack.len() == step.depth as usize).then_some(1)
    }

    /// The innermost callee, which has a frame, returns the top of its stack: the caller goes on
    /// with it.
    fn return_framed(&mut self) -> Arm {
        let mut result = match self.state.stack.pop()? {
            Av::Unread | Av::Null | Av::Virtual(_) | Av::New(_) | Av::Arg(..) => return None,
            result => result,
        };
        if !self.state.stack.is_empty() {
            return None;
        }
        let caller = self.callers.pop()?;
        let (step, call) = (caller.step, caller.call);
        let framed = caller.framed.as_ref()?;
        let operands = call.operands as usize;
        let any_held = caller.state.holds(operands) || !framed.held.is_empty();
        let held = framed.held.clone();
        if let Target::Operator { .. } = call.target {
            result = self.is_implemented(result)?;
        }
        // What an argument lends, or is, may end with it; and what is held here does.
        let lent = match result.lender() {
            Some(From::Heap(Holder::Class)) | None => false,
            Some(From::Heap(Holder::Caller)) => true,
            Some(From::Heap(_)) => any_held,
            Some(_) => false,
        };
        if lent {
            result = self.own_one(result);
        }
        for object in held {
            self.emit(Uop::decref, &[object], 0);
        }
        let names = std::mem::take(&mut self.state.names);
        self.state = caller.state;
        self.state.names = names;
        self.rec = caller.rec;
        self.give_result(step, operands, result)
    }

    /// Executes what is left of the calls that a side path starts inside of; false when the path has
    /// ended there.
    pub(super) fn finish_calls(&mut self, rec: &'r Recording) -> Option<bool> {
        for (level, part) in rec.inside.iter().enumerate().rev() {
            // Who waits there is known from the exit; it goes on with what this path did.
            if self.callers.len() != level + 1 {
                return None;
            }
            let steps = &part.call.rec;
            self.rec = steps;
            let mut at = 0;
            while let Some(step) = steps.steps.get(at) {
                self.made = Some(Vec::new());
                self.at = (level as u32 + 1) << 24 | at as u32;
                let marks = self.marks();
                let Some(done) = self.framed_step(at, step) else {
                    self.undo(&marks);
                    self.rec = steps;
                    if at == 0 && level + 1 == rec.inside.len() {
                        return None;
                    }
                    self.leave_before(step.pc);
                    return Some(false);
                };
                at += done;
                if step.op == Opcode::ReturnValue {
                    break;
                }
            }
            self.return_framed()?;
            // What the caller's step had consumed.
            for drop in std::mem::take(&mut self.drops) {
                self.emit(Uop::decref, &[drop], 0);
            }
            if self.state.stack.len() != part.step.depth as usize {
                return None;
            }
        }
        Some(true)
    }

    /// Whether a step stores into a local of a callee over an object that is held until that returns,
    /// and whose end could be seen.
    fn overwrites_held(&self, step: &Step) -> bool {
        let locals = match step.op {
            Opcode::StoreFast => [step.arg; 2],
            Opcode::StoreFastLoadFast => [step.arg >> 4; 2],
            Opcode::StoreFastStoreFast => [step.arg >> 4, step.arg & 15],
            _ => return false,
        };
        let framed = self.callers.last().and_then(|c| c.framed.as_ref());
        framed.is_some_and(|framed| {
            let mut old = locals
                .iter()
                .filter_map(|local| self.state.locals.get(*local as usize));
            old.any(|place| {
                let held = matches!(place.av, Av::Ref(old, ..) if framed.held.contains(&old));
                held && !place.av.drops_trivially()
            })
        })
    }

    /// An object whose count the trace has and that goes into a local of a callee is held from then
    /// on until that returns: the object. (An exit of the step itself finds it on the stack.)
    fn lend_owned(&mut self, step: &Step) -> Option<InstIdx> {
        if !matches!(step.op, Opcode::StoreFast | Opcode::StoreFastLoadFast) {
            return None;
        }
        let Av::Owned(inst, kind) = self.state.stack.last().copied()? else {
            return None;
        };
        *self.state.stack.last_mut()? = Av::Ref(inst, From::Heap(Holder::Caller), kind);
        Some(inst)
    }

    /// All places and entries of the frames that wait.
    pub(super) fn waiting(&self) -> impl Iterator<Item = Av> + '_ {
        self.callers.iter().flat_map(|caller| {
            let places = caller.state.locals.iter().filter(|place| place.dirty);
            let stack = &caller.state.stack[caller.state.mem.min(caller.state.stack.len())..];
            places.map(|place| place.av).chain(stack.iter().copied())
        })
    }

    /// Whether the place of this number is one of a callee's frame, for which [`Self::hold_lent`]
    /// cares.
    pub(super) fn can_hold_at(&self, index: usize) -> bool {
        index < self.state.locals.len() && !self.callers.is_empty() && !self.replays()
    }

    /// Whether a loss may end what the frames of callees, or of those who wait for them, borrow, and
    /// nothing can be done about it.
    pub(super) fn can_hold(&self, loss: Loss) -> Arm {
        let Some(root) = self.callers.first() else {
            return Some(());
        };
        // (A number or an object that the root's local is to hold is not in memory yet.)
        let mut places = root.state.locals.iter().filter(|place| place.dirty);
        (!places.any(|place| place.av.is_endangered(loss))).then_some(())
    }

    /// Gives all that callees with frames, and those who wait for them, borrow and that a loss may
    /// end a count, which is held until that callee returns (F2).
    pub(super) fn hold_lent(&mut self, loss: Loss) {
        if self.callers.is_empty() || self.replays() {
            return;
        }
        for index in self.root().mem..self.root().stack.len() {
            let av = self.root().stack[index];
            if av.is_endangered(loss) {
                self.root_mut().stack[index] = self.own_one(av);
            }
        }
        for level in 1..=self.callers.len() {
            let (state, waits) = match self.callers.get(level) {
                Some(caller) => (&caller.state, true),
                None => (&self.state, false),
            };
            let locals = state.locals.iter().map(|place| place.av);
            let stack = state.stack.iter().copied().filter(|_| waits);
            let mut lent: Vec<Av> = Vec::new();
            for av in locals.chain(stack) {
                if av.is_endangered(loss) && !lent.contains(&av) {
                    lent.push(av);
                }
            }
            for av in lent {
                let Av::Owned(inst, _) = self.own_one(av) else {
                    continue;
                };
                let kept = match av {
                    Av::Ref(_, _, kind) => Av::Ref(inst, From::Heap(Holder::Caller), kind),
                    Av::Boxed(prim, ..) => Av::Boxed(prim, inst, From::Heap(Holder::Caller)),
                    _ => continue,
                };
                let state = match self.callers.get_mut(level) {
                    Some(caller) => &mut caller.state,
                    None => &mut self.state,
                };
                for other in state.locals.iter_mut().map(|place| &mut place.av) {
                    if *other == av {
                        *other = kept;
                    }
                }
                for other in &mut state.stack {
                    if *other == av {
                        *other = kept;
                    }
                }
                if let Some(framed) = self.callers[level - 1].framed.as_mut() {
                    framed.held.push(inst);
                }
            }
        }
    }

    /// The entries and frames of a snapshot of the state as it is now, to go on with the instruction
    /// at `pc` of the innermost frame: the frames' part.
    pub(super) fn frame_entries(
        &self,
        pc: u32,
        entries: &mut Vec<(Slot, SnapValue)>,
    ) -> Vec<SnapFrame> {
        let mut frames = Vec::new();
        for (number, caller) in self.callers.iter().enumerate() {
            let Some(framed) = &caller.framed else { break };
            let next = self.callers.get(number + 1);
            let next = next.filter(|next| next.framed.is_some());
            let slot = |inner| Slot::Inner(number as u32, inner);
            frames.push(SnapFrame {
                row: framed.row,
                pc: next.map_or(pc, |next| next.call.waits_at(next.step)),
            });
            entries.push((slot(Inner::Function), SnapValue::Borrowed(framed.function)));
            let (locals, stack) = match next {
                Some(next) => (&next.state.locals, next.waiting_stack()),
                None => (&self.state.locals, self.state.stack.clone()),
            };
            for (index, place) in locals.iter().enumerate() {
                if let Some(value) = place.av.snap().filter(|value| *value != SnapValue::Null) {
                    entries.push((slot(Inner::Local(index as u32)), value));
                }
            }
            for (index, av) in stack.iter().enumerate() {
                let value = av.snap().unwrap_or(SnapValue::Null);
                entries.push((slot(Inner::Stack(index as u32)), value));
            }
            let held = framed.held.iter().copied().chain(caller.owned_operands());
            for (index, inst) in held.enumerate() {
                entries.push((slot(Inner::Held(index as u32)), SnapValue::Owned(inst)));
            }
        }
        frames
    }
}

impl Caller<'_> {
    /// Where its stack ends while it waits for a callee with a frame.
    fn waiting_len(&self) -> usize {
        let operands = match self.call.waiting {
            // It has its operands until the end.
            Some(waiting) if waiting.late > 0 => 0,
            _ => self.call.operands as usize,
        };
        self.state.stack.len() - operands
    }

    /// Its stack while it waits.
    pub(super) fn waiting_stack(&self) -> Vec<Av> {
        let len = self.waiting_len();
        let mut stack = self.state.stack[..len].to_vec();
        if let Some(waiting) = self.call.waiting
            && waiting.drops_result
        {
            // What is stored was given to the callee.
            stack[len - waiting.late as usize] = Av::Null;
        }
        stack
    }

    /// The operands whose counts the trace has, and the waiting frame does not.
    fn owned_operands(&self) -> impl Iterator<Item = InstIdx> + '_ {
        let waiting = self.waiting_stack();
        let operands = self.state.stack.iter().enumerate();
        let gone = operands.filter(move |(index, av)| waiting.get(*index) != Some(*av));
        gone.filter_map(|(_, av)| match av {
            Av::Owned(inst, _) => Some(*inst),
            _ => None,
        })
    }
}
