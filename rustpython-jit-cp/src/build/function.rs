//! Function traces, and the calls of them.
//!
//! A function trace starts behind the function's `RESUME` with its arguments and ends at its
//! returns. It has no loop and no frame in memory: whoever leaves it inside a call has the frames of
//! all callers built from the snapshots of their calls. So it keeps everything in values, like an
//! inlined call, and it has no residual runs; a path that would need one is not compiled.
//!
//! Invariants:
//! - P1: nothing in a function trace reads or writes the frame's memory or a dictionary that names
//!   are looked up in, or does anything that may run code.
//! - P2: a call's snapshot is the state in which the interpreter's frame would wait: operands
//!   popped, the instruction behind the call next.
//! - P3: an object that is passed is kept alive by the caller for as long as the call takes.
//! - P4: a number that is passed goes with the object that it is in, if there is one; a number that
//!   is returned has none.
//!
//! Worked example: `def f(n): return 0 if n < 1 else f(n - 1)` called with an int is
//!
//! ```text
//! poll_call ; s0                          s0: pc=1 mem=0 L0=arg(0)
//! v1 = arg_int +0
//! guard_int_ge_imm v1 1 ; s1
//! v3 = int_add_imm v1 -1 ; s2
//! guard_callee @0x7f00 ; s3               s3: ... S0=const(@0x7e00) S1=null S2=int(v3)
//! put_int v3 +104
//! ...
//! call_trace @0x7f00 ; s4                 s4: pc=19 mem=0 L0=arg(0)
//! guard_returned 1 ; s5                   s5: pc=19 mem=0 L0=arg(0) S0=returned
//! v9 = returned_int
//! return_int v9 1 ; s6
//! ```

use super::close::has_no_object;
use super::value::{Av, From, Holder, Loss, Prim};
use super::{Arm, Builder, Built, Place, UNREAD};
use crate::activation::{Activation, Outgoing, ReturnTag};
use crate::events::Abort;
use crate::ir::{Inst, InstIdx, Slot, SnapIdx, SnapValue, Uop};
use crate::recording::{Called, ConstValue, End, Kind, Recording, Step};
use crate::trace_meta::{FixedName, Source};
use std::convert::Infallible;
use std::mem::offset_of;

/// Where a caller puts the bits of an argument, in the activation.
fn out_bits(index: usize) -> u64 {
    offset_of!(Activation, out) as u64 + arg_bits(index as u32)
}

/// And the object that a number is in.
fn out_box(index: usize) -> u64 {
    offset_of!(Activation, out) as u64 + arg_box(index as u32)
}

/// And the function.
fn out_function() -> u64 {
    (offset_of!(Activation, out) + offset_of!(Outgoing, function)) as u64
}

/// Where a callee finds the bits of an argument, in what it was passed.
fn arg_bits(index: u32) -> u64 {
    (offset_of!(Outgoing, bits) + 8 * index as usize) as u64
}

/// And the object that a number is in.
fn arg_box(index: u32) -> u64 {
    (offset_of!(Outgoing, boxes) + 8 * index as usize) as u64
}

/// An argument that can be passed.
enum Passed {
    /// A number, and the object that it is in.
    Number(Prim, Option<InstIdx>),
    /// An object.
    Object(InstIdx),
    /// A singleton that the callee knows by its kind.
    Nothing,
}

impl<'r> Builder<'r> {
    /// Whether the frame at hand is in no memory.
    pub(super) fn is_virtual(&self) -> bool {
        self.inlining() > 0 || self.is_function()
    }

    /// Whether this is the tree of a function.
    pub(super) fn is_function(&self) -> bool {
        self.tree.trunk.arguments.is_some()
    }

    /// Builds a function's tree.
    pub(super) fn run_function(mut self) -> Result<Built, Abort> {
        self.meta.arguments.clone_from(&self.tree.trunk.arguments);
        self.arguments();
        self.snap = self.snapshot_at(self.rec.header);
        self.trace
            .push(Inst::new(Uop::poll_call, &[], 0, Some(self.snap)));
        self.straight(&self.tree.trunk)?;
        let own_steps = self.own_steps;
        let Ok(()) = self.each_side(|this, rec| Ok::<_, Infallible>(this.straight(rec).is_ok()));
        Ok(Built {
            trace: self.trace,
            meta: self.meta,
            residual_steps: 0,
            own_steps,
            runs: 0,
            sides: self.sides,
            calls: self.calls,
        })
    }

    /// The state behind `RESUME`.
    fn arguments(&mut self) {
        let absent = Place::late(Av::Null);
        self.state.locals.fill(absent);
        self.state.names.fill(UNREAD);
        let kinds = self.tree.trunk.arguments.as_deref().unwrap_or_default();
        for (index, kind) in kinds.iter().enumerate() {
            let number = index as u32;
            let av = match kind {
                Kind::Int => {
                    let value = self.emit(Uop::arg_int, &[], arg_bits(number));
                    Av::Arg(Prim::Int(value), number)
                }
                Kind::Float => {
                    let value = self.emit(Uop::arg_float, &[], arg_bits(number));
                    Av::Arg(Prim::Float(value), number)
                }
                Kind::Bool => {
                    let value = self.emit(Uop::arg_int, &[], arg_bits(number));
                    Av::Bool(self.emit(Uop::int_ne_imm, &[value], 0))
                }
                Kind::None => Av::Const(self.facts.none as usize, ConstValue::Object),
                kind => {
                    let object = self.emit(Uop::arg_ref, &[], arg_bits(number));
                    let known = (*kind != Kind::Other).then_some(*kind);
                    Av::Ref(object, From::Arg(number), known)
                }
            };
            if let Some(local) = self.state.locals.get_mut(index) {
                *local = Place {
                    av,
                    dirty: true,
                    // The interpreter would release the object when it is overwritten.
                    old_trivial: kind.drops_trivially(),
                };
            }
        }
    }

    /// One path, from the state at hand to its end.
    fn straight(&mut self, rec: &'r Recording) -> Result<(), Abort> {
        self.follow(rec)?;
        match rec.end {
            End::Return(pc) => self.return_top(pc).ok_or(Abort::NoGain),
            End::Before(pc) => {
                self.leave_before(pc);
                Ok(())
            }
            End::Header => Err(Abort::StackShape),
        }
    }

    /// The end of a path: returns the entry on top.
    fn return_top(&mut self, pc: u32) -> Arm {
        if self.state.stack.len() != 1 {
            return None;
        }
        self.count();
        let (op, value, tag) = match self.state.stack[0] {
            Av::Num(Prim::Int(v)) => (Uop::return_int, v, ReturnTag::Int),
            Av::Num(Prim::Float(v)) => (Uop::return_float, v, ReturnTag::Float),
            Av::Bool(v) => {
                let number = self.emit(Uop::bool_to_int, &[v], 0);
                (Uop::return_int, number, ReturnTag::Bool)
            }
            Av::Const(_, ConstValue::Bool(value)) => {
                let number = self.emit(Uop::const_int, &[], value.into());
                (Uop::return_int, number, ReturnTag::Bool)
            }
            Av::Const(addr, _) if addr as u64 == self.facts.none => {
                let number = self.emit(Uop::const_int, &[], 0);
                (Uop::return_int, number, ReturnTag::None)
            }
            av @ Av::Const(_, ConstValue::Int(value)) if has_no_object(av) => {
                let number = self.emit(Uop::const_int, &[], value as u64);
                (Uop::return_int, number, ReturnTag::Int)
            }
            // P4: with an object, the interpreter returns it.
            Av::Arg(prim, index) => {
                let object = self.emit(Uop::arg_ref, &[], arg_box(index));
                self.snap = self.snapshot_at(pc);
                self.guard(Uop::guard_null, &[object], 0);
                match prim {
                    Prim::Int(v) => (Uop::return_int, v, ReturnTag::Int),
                    Prim::Float(v) => (Uop::return_float, v, ReturnTag::Float),
                }
            }
            Av::Const(addr, _) => {
                let object = self.emit(Uop::const_ref, &[], addr as u64);
                self.give(object)
            }
            Av::Ref(object, ..) => self.give(object),
            Av::Owned(object, _) => (Uop::return_ref, object, ReturnTag::Object),
            Av::Boxed(..) | Av::Null | Av::Unread | Av::Virtual(_) | Av::New(_) => return None,
        };
        let snap = self.snapshot_at(pc);
        self.trace
            .push(Inst::new(op, &[value], tag as u64, Some(snap)));
        Some(())
    }

    /// The entry on top is an object that is returned.
    fn give(&mut self, object: InstIdx) -> (Uop, InstIdx, ReturnTag) {
        self.emit(Uop::incref, &[object], 0);
        self.state.stack[0] = Av::Owned(object, None);
        (Uop::return_ref, object, ReturnTag::Object)
    }

    /// A name that a function trace takes for a constant: a function by its version, or what
    /// outlives the trace anyway.
    pub(super) fn fixed_name(&mut self, step: &Step, lasting: bool) -> Option<Av> {
        let seen = step.after[(step.arg & 1) as usize];
        if !lasting && step.version == 0 {
            return None;
        }
        let fixed = FixedName {
            row: step.name?,
            addr: seen.addr,
            version: step.version,
        };
        let same_row = self.meta.fixed.iter().find(|old| old.row == fixed.row);
        match same_row {
            Some(old) if *old != fixed => return None,
            Some(_) => {}
            None => self.meta.fixed.push(fixed),
        }
        Some(Av::Const(seen.addr, ConstValue::Object))
    }

    /// Whether an address is that of a function whose version was looked at on entry.
    pub(super) fn is_fixed(&self, addr: usize, version: u32) -> bool {
        let same = |fixed: &FixedName| fixed.addr == addr && fixed.version == version;
        version != 0 && self.meta.fixed.iter().any(same)
    }

    /// Has a function trace make a call.
    pub(super) fn call_trace(&mut self, step: &Step, called: &Called) -> Arm {
        let argc = step.arg as usize;
        if self.rec.threads || self.inlining() > 0 {
            return None;
        }
        if self.state.stack.len() < self.state.mem + argc + 2 {
            return None;
        }
        let given = argc + usize::from(self.top(argc) != Av::Null);
        if given != called.kinds.len() {
            return None;
        }
        let function = match self.top(argc + 1) {
            Av::Const(addr, _) if self.is_fixed(addr, called.version) => {
                self.emit(Uop::const_ref, &[], addr as u64)
            }
            // (In a function trace only what was looked at on entry is sure to be alive then, and
            // what a class has that was just looked at.)
            Av::Ref(_, from, _)
                if from == From::Heap(Holder::Class)
                    || !self.is_function() && matches!(from, From::Local(_) | From::Name(_)) =>
            {
                let function = self.object(argc + 1, Kind::Function)?;
                self.check_version(function, called.version);
                function
            }
            _ => return None,
        };
        let mut passed = Vec::with_capacity(argc);
        for (n, kind) in called.kinds.iter().enumerate() {
            passed.push(self.passed(given - 1 - n, *kind)?);
        }
        self.flush_names()?;
        // The callee may replace attributes.
        self.can_own(Loss::Any)?;
        self.snap = self.snapshot_at(step.pc);
        let callee = called.callee as u64;
        let check = if self.is_function() {
            Uop::guard_callee
        } else {
            Uop::check_callee
        };
        // No side path starts here: a callee without code gets some, or never will.
        self.trace
            .push(Inst::new(check, &[], callee, Some(self.snap)));
        self.own_lent(Loss::Any, argc + 2);
        let null = self.emit(Uop::const_ref, &[], 0);
        for (n, argument) in passed.into_iter().enumerate() {
            match argument {
                Passed::Number(prim, object) => {
                    match prim {
                        Prim::Int(v) => self.emit(Uop::put_int, &[v], out_bits(n)),
                        Prim::Float(v) => self.emit(Uop::put_float, &[v], out_bits(n)),
                    };
                    self.emit(Uop::put_ref, &[object.unwrap_or(null)], out_box(n));
                }
                Passed::Object(object) => {
                    self.emit(Uop::put_ref, &[object], out_bits(n));
                }
                Passed::Nothing => {}
            }
        }
        self.emit(Uop::put_ref, &[function], out_function());
        self.pop(argc + 2);
        let waiting = self.snapshot_at(step.next);
        self.trace
            .push(Inst::new(Uop::call_trace, &[], callee, Some(waiting)));
        if !self.meta.callees.contains(&called.callee) {
            self.meta.callees.push(called.callee);
        }
        self.result(step, waiting)
    }

    /// Pushes what a call has returned.
    fn result(&mut self, step: &Step, waiting: SnapIdx) -> Arm {
        let mut returned = self.trace.snap(waiting).clone();
        let depth = self.state.stack.len() as u32;
        let slot = Slot::Stack(depth);
        let at = returned.entries.partition_point(|(other, _)| *other < slot);
        returned.entries.insert(at, (slot, SnapValue::Returned));
        let returned = self.trace.add_snap(returned);
        let tag = match step.after[0].kind {
            Kind::Int => ReturnTag::Int,
            Kind::Bool => ReturnTag::Bool,
            Kind::Float => ReturnTag::Float,
            Kind::None => ReturnTag::None,
            _ => ReturnTag::Object,
        };
        let guard = Inst::new(Uop::guard_returned, &[], tag as u64, Some(returned));
        self.trace.push(guard);
        let av = match tag {
            ReturnTag::Int => Av::Num(Prim::Int(self.emit(Uop::returned_int, &[], 0))),
            ReturnTag::Float => Av::Num(Prim::Float(self.emit(Uop::returned_float, &[], 0))),
            ReturnTag::Bool => {
                let value = self.emit(Uop::returned_int, &[], 0);
                Av::Bool(self.emit(Uop::int_ne_imm, &[value], 0))
            }
            ReturnTag::None => Av::Const(self.facts.none as usize, ConstValue::Object),
            ReturnTag::Object => Av::Owned(self.emit(Uop::returned_ref, &[], 0), None),
        };
        self.push(av)
    }

    /// An argument of this kind that can be passed (P3, P4).
    fn passed(&mut self, from_top: usize, kind: Kind) -> Option<Passed> {
        let av = self.top(from_top);
        // (What an attribute lends the callee could replace.)
        if matches!(av, Av::Unread | Av::Null | Av::Owned(..))
            || matches!(av.lender(), Some(From::Stack(_) | From::Heap(_)))
        {
            return None;
        }
        match kind {
            Kind::Int | Kind::Float => {
                let prim = self.number(from_top, kind)?;
                if matches!(prim, Prim::Int(_)) != (kind == Kind::Int)
                    || matches!(av, Av::Bool(_) | Av::Const(_, ConstValue::Bool(_)))
                {
                    return None;
                }
                let object = match self.top(from_top) {
                    Av::Boxed(_, object, _) => Some(object),
                    Av::Arg(_, index) => Some(self.emit(Uop::arg_ref, &[], arg_box(index))),
                    av @ Av::Const(addr, _) if !has_no_object(av) => {
                        Some(self.emit(Uop::const_ref, &[], addr as u64))
                    }
                    _ => None,
                };
                Some(Passed::Number(prim, object))
            }
            Kind::Bool => {
                if !self.is_bool(from_top, kind) {
                    return None;
                }
                let truth = self.truth(from_top, kind)?;
                let number = self.emit(Uop::bool_to_int, &[truth], 0);
                Some(Passed::Number(Prim::Int(number), None))
            }
            Kind::None => {
                match av {
                    Av::Const(addr, _) if addr as u64 == self.facts.none => {}
                    Av::Ref(..) => {
                        self.object(from_top, Kind::None)?;
                    }
                    _ => return None,
                }
                Some(Passed::Nothing)
            }
            Kind::Other => match av {
                Av::Ref(object, from, _) => {
                    if let From::Local(_) | From::Name(_) | From::Arg(_) = from {
                        return Some(Passed::Object(object));
                    }
                    None
                }
                _ => None,
            },
            kind => match av {
                Av::Const(addr, ConstValue::Object) => {
                    let object = self.emit(Uop::const_ref, &[], addr as u64);
                    self.guard_kind(object, kind)?;
                    Some(Passed::Object(object))
                }
                Av::Ref(..) => Some(Passed::Object(self.object(from_top, kind)?)),
                _ => None,
            },
        }
    }

    /// Stores all names that a callee may look up.
    fn flush_names(&mut self) -> Arm {
        let first = self.state.locals.len();
        for row in 0..self.state.names.len() {
            let place = self.state.names[row];
            let looked_up = !matches!(self.meta.names[row].source, Source::Generator(_));
            if place.dirty && looked_up {
                if !self.can_store(first + row, place) {
                    return None;
                }
                self.store_now(first + row);
            }
        }
        Some(())
    }
}
