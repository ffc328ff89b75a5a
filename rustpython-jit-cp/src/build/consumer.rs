//! Builtin functions that take what the loop's own frame, a generator's, yields.
//!
//! A `yield` to `sum`, `any`, `all` or a list that is made does not suspend the frame: the trace
//! does with the value what the builtin would do, and goes on behind. It is entered only where the
//! same builtin asks for the next value.
//!
//! Invariants:
//! - Y1: the total is a number without an object: nobody else ever sees the object that it is in.
//! - Y2: the list stays the same, and so does who asks, while the trace runs.
//!
//! Worked example: `sum(x * x for x in range(n))` is a loop with an `int_mul` and an `int_add` to
//! the total, which is in a register and is stored by exits like a name.

use super::value::{Av, From, Prim};
use super::{Arm, Builder, Place};
use crate::events::Abort;
use crate::ir::Uop;
use crate::recording::{ConstValue, Kind, Step, Taken, Tree};
use crate::trace_meta::Consumer;

/// Who takes what is yielded, as it was first recorded.
pub(super) fn consumer(tree: &Tree) -> Option<Consumer> {
    let mut steps = tree.recordings().flat_map(|rec| &rec.steps);
    steps.find_map(|step| step.taken).map(Taken::consumer)
}

impl Builder<'_> {
    /// The total of a `sum` is loaded first of all.
    pub(super) fn load_total(&mut self) -> Result<(), Abort> {
        let mut steps = self.tree.recordings().flat_map(|rec| &rec.steps);
        let total = steps.find_map(|step| match step.taken {
            Some(Taken::Added(row, kind)) => Some((row, kind)),
            _ => None,
        });
        let Some((row, kind)) = total else {
            return Ok(());
        };
        self.snap = self.snapshot_at(self.rec.header);
        self.total(row, kind).ok_or(Abort::Unstable)?;
        Ok(())
    }

    /// The total in a row of names (Y1).
    fn total(&mut self, row: u32, kind: Kind) -> Option<Av> {
        let known = self.state.names[row as usize].av;
        if known != Av::Unread {
            return Some(known);
        }
        let object = self.guard(Uop::load_name, &[], row.into());
        // On the stack only for as long as it is looked at.
        self.state.stack.push(Av::Owned(object, None));
        let number = self.number(0, kind);
        self.state.stack.pop();
        let av = Av::Num(number?);
        self.state.names[row as usize] = Place::late(av);
        Some(av)
    }

    /// `yield` to a builtin that takes the value and asks for the next.
    pub(super) fn take_yielded(&mut self, step: &Step) -> Arm {
        let taken = step.taken?;
        if self.meta.consumer != Some(taken.consumer()) || self.inlining() > 0 {
            return None;
        }
        self.virtual_top(1)?;
        match taken {
            Taken::Added(row, kind) => self.add_yielded(step, row, kind)?,
            Taken::Appended(row) => self.append_yielded(row)?,
            Taken::Passed(truth) => {
                let value = self.truth(0, step.before[0].kind)?;
                self.branch(value, !truth);
                self.pop(1);
            }
        }
        // What `yield` gives.
        self.push(Av::Const(self.facts.none as usize, ConstValue::Object))
    }

    fn add_yielded(&mut self, step: &Step, row: u32, kind: Kind) -> Arm {
        let total = self.total(row, kind)?;
        let len = self.state.stack.len();
        self.state.stack.insert(len - 1, total);
        let a = self.number(1, kind)?;
        let b = self.number(0, step.before[0].kind)?;
        let sum = match (a, b) {
            (Prim::Int(a), Prim::Int(b)) => Prim::Int(self.guard(Uop::int_add, &[a, b], 0)),
            (a, b) => {
                let (a, b) = (self.as_float(a), self.as_float(b));
                Prim::Float(self.emit(Uop::float_add, &[a, b], 0))
            }
        };
        self.state.names[row as usize] = Place::late(Av::Num(sum));
        self.pop(2);
        Some(())
    }

    fn append_yielded(&mut self, row: u32) -> Arm {
        if self.rec.threads {
            return None;
        }
        let list = match self.state.names[row as usize].av {
            Av::Ref(list, ..) => list,
            Av::Unread => {
                let list = self.guard(Uop::load_name, &[], row.into());
                let av = Av::Ref(list, From::Name(row), Some(Kind::List));
                self.state.names[row as usize].av = av;
                list
            }
            _ => return None,
        };
        self.append(list, 0)?;
        self.pop(1);
        Some(())
    }
}
