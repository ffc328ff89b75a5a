//! Moves what a loop computes again and again in front of it.
//!
//! A pure instruction that cannot leave and whose operands are defined before the header
//! computes the same in every iteration, so it moves before the header. Exiting ones stay:
//! their snapshot describes a state inside the loop. (With a peeled first iteration `fold`
//! has already merged those with their twins in front of the loop.)
//!
//! Two care points:
//! - Reading a field of an object is pure only once the object's class is known; such a
//!   read moves only if a `guard_type` of the object passed before the loop. (Otherwise it
//!   might run ahead of the guard that makes it legal.)
//! - The order among the moved ones is kept, so that operands come before their users.
//!
//! Worked example: `loop_header; v5 = const_int 7; ...` becomes `const_int 7; loop_header;
//! ...`: the register allocator then sees a constant that lives across the loop.

use super::{Renumbering, Rewrites, Rule};
use crate::ir::{Effect, Exit, Inst, InstIdx, Trace, Uop};

/// Whether it may run earlier and more often than it stands.
fn speculable(trace: &Trace, header: InstIdx, inst: &Inst) -> bool {
    let row = inst.op.row();
    if row.effect != Effect::Pure || row.exit != Exit::Stays {
        return false;
    }
    match inst.op {
        Uop::load_i64_fixed | Uop::load_f64_fixed => trace.insts[..header.index()]
            .iter()
            .any(|guard| guard.op == Uop::guard_type && guard.args[0] == inst.args[0]),
        _ => true,
    }
}

pub(super) fn run(trace: Trace, rewrites: &mut Rewrites<'_>) -> Trace {
    let Some(header) = trace.header() else {
        return trace;
    };
    let body = header.index()..trace.insts.len();
    // Whether a value is there before the loop.
    let mut outside: Vec<bool> = (0..trace.insts.len())
        .map(|index| index < body.start)
        .collect();
    let mut moved = 0;
    for index in body.clone() {
        let inst = &trace.insts[index];
        // hoist: (loop { x = f(a) .. }) = (x = f(a); loop { .. }) for a defined before the loop
        if inst.operands().all(|arg| outside[arg.index()])
            && speculable(&trace, header, inst)
            && rewrites.take(Rule::hoist)
        {
            outside[index] = true;
            moved += 1;
        }
    }
    if moved == 0 {
        return trace;
    }
    let mut new = Renumbering::new(trace.insts.len());
    let order = (0..trace.insts.len())
        .filter(|index| outside[*index])
        .chain(body.filter(|index| !outside[*index]));
    let mut insts = Vec::with_capacity(trace.insts.len());
    for (position, index) in order.enumerate() {
        new.set(InstIdx::new(index), InstIdx::new(position));
        insts.push(trace.insts[index].clone());
    }
    for arg in insts
        .iter_mut()
        .flat_map(|inst| inst.args.iter_mut().flatten())
    {
        *arg = new.get(*arg);
    }
    let mut snaps = trace.snaps;
    for (_, value) in snaps.iter_mut().flat_map(|snap| &mut snap.entries) {
        if let Some(inst) = value.inst() {
            *value = value.with_inst(new.get(inst));
        }
    }
    Trace { insts, snaps }
}
