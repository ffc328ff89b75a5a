//! Tuples that are made only to be taken apart.
//!
//! In `grid[x, y]`, where the class's `__getitem__` takes its argument apart, and in `a, b = f()`,
//! where `f` ends with `return x, y`, the tuple is never made: its elements stay what they are.
//! That takes a region ([`super::raise`]): two instructions with all that is inlined in them, whose
//! exits go back to before the first one, so that the interpreter makes the tuple itself. Inside an
//! inlined call, whose exits go back to before it anyway, any tuple can be such a one.
//!
//! Invariants:
//! - T1: a [`Virtual::Tuple`] is in no memory and no snapshot; it ends with the step or region.
//! - T2: nothing that may end what an element borrows comes while there is such a tuple.
//!
//! Worked example: `BUILD_TUPLE 2`, `BINARY_OP []` with `def __getitem__(self, at): x, y = at; ...`
//! gives the two operands to `x` and `y`.

use super::value::{Av, From, Loss, Virtual};
use super::{Arm, Builder};
use crate::ir::{InstIdx, Uop};
use crate::recording::{ConstValue, Inlined, Recording, Step};
use rustpython_vm::bytecode::Opcode;

/// Whether what was inlined ends by making a tuple.
fn gives_tuple(inlined: &Inlined) -> bool {
    let mut steps = inlined.rec.steps.iter().rev();
    let ends = steps
        .next()
        .is_some_and(|step| matches!(step.op, Opcode::ReturnValue | Opcode::YieldValue));
    ends && steps
        .next()
        .is_some_and(|step| step.op == Opcode::BuildTuple)
}

/// The last step of a region that starts with a step, if that makes a tuple which the next one takes.
pub(super) fn taken_at(rec: &Recording, at: usize) -> Option<usize> {
    let (step, next) = (rec.steps.get(at)?, rec.steps.get(at + 1)?);
    let falls = |step: &Step| step.next == step.fall;
    let into_call = step.op == Opcode::BuildTuple && next.inlined.is_some();
    let out_of_call = next.op == Opcode::UnpackSequence
        && step.inlined.as_ref().is_some_and(|call| gives_tuple(call));
    ((into_call || out_of_call) && falls(step) && falls(next)).then_some(at + 1)
}

impl Builder<'_> {
    /// Makes a tuple that is never made.
    pub(super) fn virtual_tuple(&mut self, step: &Step) -> Arm {
        if self.region.is_none() && !self.replays() {
            return None;
        }
        let count = step.arg as usize;
        let mut elements = Vec::with_capacity(count);
        for from_top in (0..count).rev() {
            elements.push(self.argument(from_top)?);
        }
        self.virtual_top(count)?;
        let tuple = self.new_virtual_tuple(elements)?;
        self.replace(count, tuple)
    }

    /// A tuple of these elements that is never made.
    pub(super) fn new_virtual_tuple(&mut self, elements: Vec<Av>) -> Option<Av> {
        let nested = elements
            .iter()
            .any(|av| matches!(av, Av::Virtual(_) | Av::New(_)));
        if nested {
            return None;
        }
        let number = self.tuples.len() as u32;
        self.tuples.push(elements);
        Some(Av::Virtual(Virtual::Tuple(number)))
    }

    /// The elements of the entry at a distance from the top, if that is such a tuple.
    pub(super) fn elements(&self, from_top: usize) -> Option<&[Av]> {
        match self.top(from_top) {
            Av::Virtual(Virtual::Tuple(number)) => Some(&self.tuples[number as usize]),
            _ => None,
        }
    }

    /// Takes such a tuple apart.
    pub(super) fn unpack_virtual(&mut self, step: &Step) -> Arm {
        let elements = self.elements(0)?.to_vec();
        (elements.len() == step.arg as usize).then_some(())?;
        self.pop(1);
        self.state.stack.extend(elements.into_iter().rev());
        Some(())
    }

    /// An element of such a tuple at a constant index.
    pub(super) fn virtual_element(&mut self) -> Arm {
        let index = match self.top(0) {
            Av::Const(_, ConstValue::Int(index)) => index,
            Av::Num(prim) => self.constant(prim)?,
            _ => return None,
        };
        let element = *self.elements(1)?.get(usize::try_from(index).ok()?)?;
        self.replace(2, element)
    }

    /// Whether an element of such a tuple may end by a loss (T2).
    pub(super) fn tuples_are_endangered(&self, loss: Loss) -> bool {
        self.tuples
            .iter()
            .flatten()
            .any(|av| av.is_endangered(loss))
    }

    /// Whether an element of such a tuple borrows from here.
    pub(super) fn tuples_borrow(&self, from: From) -> bool {
        self.tuples
            .iter()
            .flatten()
            .any(|av| av.lender() == Some(from))
    }

    /// Whether no instruction from this one on leaves after one has had an effect: then all exits
    /// may go back to before the first of them.
    pub(super) fn leaves_first(&self, start: usize) -> bool {
        use crate::ir::Effect;
        let mut insts = self.trace.insts[start..].iter();
        let writes = |op: Uop| matches!(op.row().effect, Effect::Write | Effect::Anything);
        // (What has an effect itself leaves before.)
        insts.by_ref().any(|inst| writes(inst.op));
        !insts.any(|inst| inst.op.has_snapshot())
    }

    /// The value of a number that is a constant of the trace.
    fn constant(&self, prim: super::value::Prim) -> Option<i64> {
        let super::value::Prim::Int(value) = prim else {
            return None;
        };
        let inst: InstIdx = value;
        let inst = self.trace.inst(inst);
        (inst.op == Uop::const_int).then_some(inst.imm as i64)
    }
}
