//! A seeded generator of valid traces, from short lines to loops that need far more values than
//! there are registers.

use super::super::scan::Random;
use super::*;
use crate::ir::{Shape, Slot, Ty, UOPS};

/// What kind of trace.
#[derive(Clone, Copy, Debug)]
pub struct Shapes {
    /// With a loop.
    pub looping: bool,
    /// About one instruction in so many is a call (0: none).
    pub calls: u32,
    /// The same for residual instructions.
    pub residuals: u32,
    /// The most values that a snapshot names.
    pub named: u32,
    /// How many side paths at most.
    pub sides: u32,
    /// About how many instructions a part (before the loop, in it) has.
    pub length: u32,
}

/// Any shape.
pub fn shapes(rng: &mut Random) -> Shapes {
    Shapes {
        looping: rng.below(4) != 0,
        calls: [0, 0, 3, 10][rng.below(4) as usize],
        residuals: [0, 0, 8, 20][rng.below(4) as usize],
        named: [0, 3, 8, 20][rng.below(4) as usize],
        sides: [0, 1, 2, 4][rng.below(4) as usize],
        length: [3, 10, 30, 60][rng.below(4) as usize],
    }
}

struct Builder<'a> {
    trace: Trace,
    rng: &'a mut Random,
    shapes: Shapes,
    /// Which values operands and snapshots may name.
    visible: Vec<InstIdx>,
    /// By shape: the uops to choose from.
    plain: Vec<Uop>,
    calls: Vec<Uop>,
    /// Exits of the loop where no side path starts yet, and what was visible there.
    exits: Vec<(InstIdx, Vec<InstIdx>)>,
}

/// A valid trace.
pub fn trace(rng: &mut Random, shapes: Shapes) -> Trace {
    let control = [Uop::jump_loop, Uop::leave, Uop::load_name];
    let inserted = |op: Uop| op >= Uop::move_gpr;
    let of_shape = |shape| {
        let fits = |op: &&Uop| {
            let apart = control.contains(op) || inserted(**op) || op.is_trace_call();
            op.row().shape == shape && !apart
        };
        UOPS.iter().filter(fits).copied().collect::<Vec<Uop>>()
    };
    let (plain, calls) = (of_shape(Shape::Plain), of_shape(Shape::Call));
    let mut builder = Builder {
        trace: Trace::default(),
        rng,
        shapes,
        visible: Vec::new(),
        plain,
        calls,
        exits: Vec::new(),
    };
    // One value of each type to begin with.
    for (op, imm) in [
        (Uop::load_local, 0),
        (Uop::const_int, 7),
        (Uop::const_bool, 1),
    ] {
        builder.push(op, &[], imm);
    }
    builder.push(Uop::const_float, &[], 2.5f64.to_bits());
    builder.part();
    if shapes.looping {
        builder.close_loop()
    } else {
        builder.leave()
    }
}

impl Builder<'_> {
    fn push(&mut self, op: Uop, args: &[InstIdx], imm: u64) -> InstIdx {
        let snap = op.has_snapshot().then(|| self.snapshot());
        if snap.is_some() && !matches!(op, Uop::residual | Uop::poll | Uop::leave) {
            let at = InstIdx::new(self.trace.insts.len());
            self.exits.push((at, self.visible.clone()));
        }
        let idx = self.trace.push(Inst::new(op, args, imm, snap));
        if op.row().ty != Ty::Void {
            self.visible.push(idx);
        }
        idx
    }

    fn part(&mut self) {
        for _ in 0..1 + self.rng.below(self.shapes.length * 2) {
            self.step();
        }
    }

    fn step(&mut self) {
        let one_in = |rng: &mut Random, n: u32| n != 0 && rng.below(n) == 0;
        let op = if one_in(self.rng, self.shapes.residuals) {
            Uop::residual
        } else if one_in(self.rng, self.shapes.calls) {
            self.calls[self.rng.below(self.calls.len() as u32) as usize]
        } else {
            self.plain[self.rng.below(self.plain.len() as u32) as usize]
        };
        let args: Vec<InstIdx> = op.row().args.iter().map(|ty| self.pick(*ty)).collect();
        let imm = u64::from(self.rng.below(50));
        self.push(op, &args, imm);
    }

    /// A visible value of a type, a recent one more often.
    fn pick(&mut self, ty: Ty) -> InstIdx {
        let fitting: Vec<InstIdx> = self
            .visible
            .iter()
            .copied()
            .filter(|v| self.trace.inst(*v).ty() == ty)
            .collect();
        let len = fitting.len() as u32;
        let nth = if self.rng.below(2) == 0 {
            self.rng.below(len)
        } else {
            len - 1 - self.rng.below(len.min(4))
        };
        fitting[nth as usize]
    }

    fn snapshot(&mut self) -> SnapIdx {
        let mut entries = Vec::new();
        for slot in 0..self.rng.below(self.shapes.named + 1) {
            let nth = self.rng.below(self.visible.len() as u32 + 1) as usize;
            let value = self.visible.get(nth).map_or(SnapValue::Null, |v| {
                snap_value(self.trace.inst(*v).ty(), *v)
            });
            entries.push((Slot::Local(slot), value));
        }
        let snap = Snapshot {
            pc: self.trace.insts.len() as u32,
            mem: 0,
            tag: 0,
            frames: Vec::new(),
            entries,
        };
        self.trace.snaps.push(snap);
        SnapIdx::new(self.trace.snaps.len() - 1)
    }

    fn leave(mut self) -> Trace {
        self.push(Uop::leave, &[], 0);
        self.trace
    }

    fn close_loop(mut self) -> Trace {
        let mut phis = Vec::new();
        let entries: Vec<(Uop, InstIdx)> = (0..self.rng.below(12))
            .map(|_| {
                let (op, ty) = [
                    (Uop::phi_int, Ty::Int),
                    (Uop::phi_float, Ty::Float),
                    (Uop::phi_bool, Ty::Bool),
                    (Uop::phi_ref, Ty::Ref),
                ][self.rng.below(4) as usize];
                (op, self.pick(ty))
            })
            .collect();
        self.trace.push(Inst::new(Uop::loop_header, &[], 0, None));
        for (op, entry) in entries {
            phis.push(self.push(op, &[entry, entry], 0));
        }
        self.exits.clear();
        self.part();
        for phi in &phis {
            let ty = self.trace.inst(*phi).ty();
            let back = self.pick(ty);
            self.trace.insts[phi.index()].args[1] = Some(back);
        }
        self.trace.push(Inst::new(Uop::jump_loop, &[], 0, None));
        for _ in 0..self.rng.below(self.shapes.sides + 1) {
            self.side(&phis);
        }
        self.trace
    }

    fn side(&mut self, phis: &[InstIdx]) {
        if self.exits.is_empty() {
            return;
        }
        let nth = self.rng.below(self.exits.len() as u32) as usize;
        let (from, visible) = self.exits.swap_remove(nth);
        self.visible = visible;
        self.trace.push(Inst::new(Uop::side, &[from], 0, None));
        self.part();
        if self.rng.below(4) == 0 {
            self.push(Uop::leave, &[], 0);
            return;
        }
        for phi in phis {
            if self.rng.below(3) == 0 {
                continue;
            }
            let (op, ty) = match self.trace.inst(*phi).ty() {
                Ty::Float => (Uop::carry_float, Ty::Float),
                Ty::Bool => (Uop::carry_bool, Ty::Bool),
                Ty::Ref => (Uop::carry_ref, Ty::Ref),
                Ty::Int | Ty::Void => (Uop::carry_int, Ty::Int),
            };
            let value = self.pick(ty);
            self.trace.push(Inst::new(op, &[*phi, value], 0, None));
        }
        self.trace.push(Inst::new(Uop::jump_loop, &[], 0, None));
    }
}

/// How a snapshot names a value of a type.
pub fn snap_value(ty: Ty, value: InstIdx) -> SnapValue {
    match ty {
        Ty::Float => SnapValue::Float(value),
        Ty::Bool => SnapValue::Bool(value),
        Ty::Ref => SnapValue::Borrowed(value),
        Ty::Int | Ty::Void => SnapValue::Int(value),
    }
}
