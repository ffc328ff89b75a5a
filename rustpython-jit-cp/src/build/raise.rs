//! Regions: instructions that are executed as one. Exceptions that are raised and caught in one path.
//!
//! From the instruction that makes the exception to the one behind which nothing of it is left,
//! the path has no effect: neither the exception nor its traceback is made, and the raise is a
//! jump. Every exit inside goes back to the start of this region, where the interpreter makes and
//! raises the exception itself.
//!
//! Invariants:
//! - E1: nothing that a region emits leaves once something has been written, and it ends with no
//!   [`Virtual`] in any place.
//! - E2: the classes are builtin ones whose making, and whose comparison with others of
//!   their kind, runs no code of the program.
//! - E3: the instruction raises whenever the region's guards hold.
//!
//! Worked example: `raise ValueError(i)` in `try ... except ValueError: c += 1` is nothing but
//! `int_add` for the handler; when that overflows, the interpreter goes back to the call of
//! `ValueError`.

use super::tuples::taken_at;
use super::value::{Av, Prim, Virtual};
use super::{Arm, Builder, Place};
use crate::events::Abort;
use crate::ir::Uop;
use crate::recording::{Builtin, ConstValue, Kind, Raised, Recording, Step};
use rustpython_vm::bytecode::{BinaryOperator, Opcode};

/// How many instructions a region may have.
const MAX_REGION: usize = 200;

/// How many instructions may lie between the making of an exception and its raise.
const MAX_MAKING: usize = 4;

/// The step of a recording that catches what is raised at or soon after a step, if that makes an
/// exception or raises one.
fn caught_at(rec: &Recording, at: usize) -> Option<usize> {
    let step = &rec.steps[at];
    let makes = step.builtin == Some(Builtin::Exception);
    if !makes && step.raised.is_none() {
        return None;
    }
    let steps = rec.steps.iter().enumerate().skip(at);
    let raise = steps.take(MAX_MAKING).find(|(_, s)| s.raised.is_some())?.0;
    let mut depth = 0;
    for (index, step) in rec.steps.iter().enumerate().skip(raise).take(MAX_REGION) {
        match step.op {
            Opcode::PushExcInfo => depth += 1,
            Opcode::PopExcept if depth == 1 => return Some(index),
            Opcode::PopExcept => depth -= 1,
            _ => {}
        }
    }
    None
}

impl<'r> Builder<'r> {
    /// Executes the region that starts with the step at hand, if one does; the step behind it.
    pub(super) fn region(&mut self, at: usize) -> Result<Option<usize>, Abort> {
        let rec = self.rec;
        let Some(caught) = caught_at(rec, at).or_else(|| taken_at(rec, at)) else {
            return match rec.steps[at].raised {
                Some(_) => Err(Abort::Raised),
                None => Ok(None),
            };
        };
        if self.inlining() > 0 {
            return Ok(None);
        }
        let (marks, insts) = (self.marks(), self.trace.insts.len());
        self.region = Some(Vec::new());
        let end = self.region_body(at, caught, insts);
        self.region = None;
        if end.is_none() {
            self.undo(&marks);
            if rec.steps[at].raised.is_some() {
                return Err(Abort::Raised);
            }
        }
        Ok(end)
    }

    /// All steps of a region; none when one of them cannot be in it.
    fn region_body(&mut self, at: usize, caught: usize, insts: usize) -> Option<usize> {
        let rec = self.rec;
        let last = rec.steps.len().min(at + MAX_REGION);
        for (index, step) in rec.steps.iter().enumerate().take(last).skip(at) {
            if self.state.stack.len() != step.depth_before as usize {
                return None;
            }
            match &step.raised {
                Some(raised) => self.raise(step, raised)?,
                None => self.own(index)?,
            }
            self.own_steps += 1;
            if self.state.stack.len() != step.depth as usize {
                return None;
            }
            if index >= caught && self.is_clean() {
                let first = self.leaves_first(insts);
                return (first && self.drops.is_empty()).then_some(index + 1);
            }
        }
        None
    }

    /// Whether no place holds anything that is never made.
    fn is_clean(&self) -> bool {
        let places = self.state.locals.iter().chain(&self.state.names);
        let mut all = places.map(|p| p.av).chain(self.state.stack.iter().copied());
        !all.any(|av| matches!(av, Av::Virtual(_)))
    }

    /// A step that raised, and went to its handler.
    fn raise(&mut self, step: &'r Step, raised: &Raised) -> Arm {
        match step.op {
            Opcode::RaiseVarargs if step.arg == 1 => match self.top(0) {
                Av::Virtual(Virtual::Exception(_)) => {}
                Av::Const(addr, _) if addr == raised.class && raised.is_builtin => {}
                _ => return None,
            },
            Opcode::BinaryOp if raised.is_builtin => self.divide_by_zero(step)?,
            _ => return None,
        }
        let depth = (step.depth as usize).checked_sub(1)?;
        let gone = self.state.stack.len().checked_sub(depth)?;
        if depth < self.state.mem {
            return None;
        }
        self.pop(gone);
        self.push(Av::Virtual(Virtual::Exception(raised.class)))
    }

    /// Makes sure that a division divides by zero (E3).
    fn divide_by_zero(&mut self, step: &Step) -> Arm {
        use BinaryOperator as B;
        let divides = matches!(
            BinaryOperator::try_from(step.arg).ok()?,
            B::FloorDivide
                | B::InplaceFloorDivide
                | B::Remainder
                | B::InplaceRemainder
                | B::TrueDivide
                | B::InplaceTrueDivide
        );
        let number = |kind| matches!(kind, Kind::Int | Kind::Bool | Kind::Float);
        if !divides || !number(step.before[0].kind) || !number(step.before[1].kind) {
            return None;
        }
        self.number(1, step.before[1].kind)?;
        let is_zero = match self.number(0, step.before[0].kind)? {
            Prim::Int(v) => {
                let truth = self.emit(Uop::int_ne_imm, &[v], 0);
                self.emit(Uop::bool_not, &[truth], 0)
            }
            Prim::Float(v) => {
                let zero = self.emit(Uop::const_float, &[], 0);
                self.emit(Uop::float_eq, &[v, zero], 0)
            }
        };
        self.guard(Uop::guard_true, &[is_zero], 0);
        Some(())
    }

    /// The call of an exception's class.
    pub(super) fn make_exception(&mut self, step: &Step) -> Arm {
        let argc = step.arg as usize;
        let Av::Const(class, _) = self.top(argc + 1) else {
            return None;
        };
        // What it is made of is only remembered, and goes unseen.
        for n in 0..argc {
            self.argument(n)?;
        }
        if self.region.is_none() || self.state.stack.len() < self.state.mem + argc + 2 {
            return None;
        }
        self.replace(argc + 2, Av::Virtual(Virtual::Exception(class)))
    }

    /// The instructions that handlers begin and end with.
    pub(super) fn handle(&mut self, step: &Step) -> Arm {
        let nulls = self.region.as_ref()?;
        match step.op {
            Opcode::PushExcInfo => {
                let exception = self.top(0);
                if !matches!(exception, Av::Virtual(Virtual::Exception(_))) {
                    return None;
                }
                self.replace(1, Av::Virtual(Virtual::Handled))?;
                self.push(exception)
            }
            Opcode::CheckExcMatch => {
                let is_builtin = match self.top(0) {
                    Av::Const(addr, _) => self.is_exception(addr),
                    Av::Virtual(Virtual::Classes) => true,
                    _ => false,
                };
                let Av::Virtual(Virtual::Exception(class)) = self.top(1) else {
                    return None;
                };
                if !is_builtin || !self.is_exception(class) {
                    return None;
                }
                let matches = step.after[0].addr as u64 == self.facts.true_;
                let truth = self.emit(Uop::const_bool, &[], matches.into());
                self.replace(1, Av::Bool(truth))
            }
            Opcode::PopExcept => {
                matches!(self.top(0), Av::Virtual(Virtual::Handled)).then_some(())?;
                self.pop(1);
                Some(())
            }
            Opcode::DeleteFast => {
                let index = step.arg as usize;
                let (old, now) = (*self.before.locals.get(index)?, self.state.locals[index]);
                if !now.dirty || now.av == Av::Null {
                    return None;
                }
                // Memory has never held the exception.
                let is_null = old.av == Av::Null || nulls.contains(&step.arg);
                let dirty = old.dirty || !is_null;
                self.state.locals[index] = Place {
                    av: Av::Null,
                    dirty,
                    old_trivial: dirty,
                };
                Some(())
            }
            Opcode::BuildTuple => {
                let count = step.arg as usize;
                for n in 0..count {
                    let Av::Const(addr, ConstValue::Object) = self.top(n) else {
                        return None;
                    };
                    self.is_exception(addr).then_some(())?;
                }
                self.replace(count, Av::Virtual(Virtual::Classes))
            }
            _ => None,
        }
    }

    /// Whether an object is one of the builtin classes of exceptions (E2).
    fn is_exception(&self, addr: usize) -> bool {
        self.tree
            .recordings()
            .any(|rec| rec.exceptions.contains(&addr))
    }
}
