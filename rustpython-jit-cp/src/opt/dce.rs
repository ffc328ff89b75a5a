//! Dead code: instructions whose result nobody uses, snapshots that nobody leaves by.
//!
//! Roots are the instructions that do something: writes, guards, control flow, and the
//! exits where the interpreter would raise, and the starts of side paths. Everything reachable from a root over operands
//! and over the snapshots of live instructions lives; a loop-carried value that only
//! computes its own next value is not reached.
//!
//! An *exiting* arithmetic instruction whose result is unused goes too when its exit is
//! only a limit of the compiled code ([`exit_is_a_limit`]): Python integers do not
//! overflow, so with the result unused the interpreter, resumed there, would do what the
//! rest of the trace does.
//!
//! Worked example: in a loop `v4 = phi_int v0 v5`, `v5 = int_add_imm v4 1 ; s1` with no
//! snapshot of a live instruction naming v4 or v5, both go, and s1 too.

use super::{Renumbering, Rewrites, Rule};
use crate::ir::{Effect, Exit, Inst, InstIdx, SnapIdx, Trace, Ty, Uop};

/// Whether leaving at this instruction only means "the result has no place in a register",
/// never "the interpreter raises". Such an exit matters only if the result does.
pub(super) fn exit_is_a_limit(trace: &Trace, inst: &Inst) -> bool {
    let constant = |position: usize, is: Uop| {
        let def = inst.args[position].map(|arg| trace.inst(arg));
        def.filter(|def| def.op == is).map(|def| def.imm)
    };
    match inst.op {
        Uop::int_add
        | Uop::int_sub
        | Uop::int_mul
        | Uop::int_neg
        | Uop::int_abs
        | Uop::int_add_imm
        | Uop::int_mul_imm
        | Uop::int_shl_imm
        | Uop::unbox_int
        | Uop::unbox_small => true,
        // A zero divisor raises.
        Uop::int_floordiv | Uop::int_mod => constant(1, Uop::const_int).is_some_and(|b| b != 0),
        Uop::float_div => constant(1, Uop::const_float).is_some_and(|b| f64::from_bits(b) != 0.0),
        // A negative count raises.
        Uop::int_shl | Uop::int_shr => {
            constant(1, Uop::const_int).is_some_and(|b| b.cast_signed() >= 0)
        }
        // The root of a negative number raises, the integer of a nan or an infinity does, and
        // what a helper refuses may be an error.
        _ => false,
    }
}

/// The rule by which an unused instruction may go, if any.
fn removable(trace: &Trace, inst: &Inst) -> Option<Rule> {
    let row = inst.op.row();
    let quiet = matches!(row.effect, Effect::Pure | Effect::Read) || inst.op.is_phi();
    if inst.op.is_carry() {
        return Some(Rule::unused);
    }
    if row.ty == Ty::Void || !quiet {
        None
    } else if row.exit == Exit::Stays {
        // unused: (x = f(..); ..) = (..) for an x that is not used
        Some(Rule::unused)
    } else if row.effect == Effect::Pure && exit_is_a_limit(trace, inst) {
        // unused_exit: the same where f may leave only because of x
        Some(Rule::unused_exit)
    } else {
        None
    }
}

/// Marks everything that is reachable from instructions that are marked already.
fn mark(trace: &Trace, live: &mut [bool]) {
    let mut work: Vec<InstIdx> = (0..live.len())
        .filter(|index| live[*index])
        .map(InstIdx::new)
        .collect();
    let mut snap_seen = vec![false; trace.snaps.len()];
    let carries: Vec<(InstIdx, InstIdx)> = (0..trace.insts.len())
        .map(InstIdx::new)
        .filter(|index| trace.inst(*index).op.is_carry())
        .filter_map(|index| Some((trace.inst(index).args[0]?, index)))
        .collect();
    while let Some(index) = work.pop() {
        let inst = trace.inst(index);
        let mut reach = |value: InstIdx| {
            if !std::mem::replace(&mut live[value.index()], true) {
                work.push(value);
            }
        };
        inst.operands().for_each(&mut reach);
        // A phi needs what side paths bring to it.
        if inst.op.is_phi() {
            carries
                .iter()
                .filter(|(phi, _)| *phi == index)
                .for_each(|(_, carry)| reach(*carry));
        }
        if let Some(snap) = inst.snap
            && !std::mem::replace(&mut snap_seen[snap.index()], true)
        {
            trace
                .snap(snap)
                .entries
                .iter()
                .filter_map(|(_, value)| value.inst())
                .for_each(reach);
        }
    }
}

pub(super) fn run(trace: Trace, rewrites: &mut Rewrites<'_>) -> Trace {
    let mut live: Vec<bool> = trace
        .insts
        .iter()
        .map(|inst| removable(&trace, inst).is_none())
        .collect();
    mark(&trace, &mut live);
    if live.iter().all(|live| *live) {
        return trace;
    }
    // Users before what they use, so that little fuel removes the last users.
    for index in (0..live.len()).rev() {
        if !live[index]
            && let Some(rule) = removable(&trace, &trace.insts[index])
            && !rewrites.take(rule)
        {
            live[index] = true;
        }
    }
    // What was kept for want of fuel keeps its operands, loop-carried ones too.
    mark(&trace, &mut live);
    compact(trace, &live)
}

/// Drops the instructions that are not live and the snapshots that only they had.
fn compact(trace: Trace, live: &[bool]) -> Trace {
    let mut new = Renumbering::new(trace.insts.len());
    let kept = (0..live.len()).filter(|index| live[*index]);
    for (position, index) in kept.enumerate() {
        new.set(InstIdx::new(index), InstIdx::new(position));
    }
    let mut insts: Vec<Inst> = trace
        .insts
        .into_iter()
        .zip(live)
        .filter_map(|(inst, live)| live.then_some(inst))
        .collect();
    for arg in insts
        .iter_mut()
        .flat_map(|inst| inst.args.iter_mut().flatten())
    {
        *arg = new.get(*arg);
    }
    let mut result = Trace {
        insts,
        snaps: trace.snaps,
    };
    drop_unused_snapshots(&mut result);
    for (_, value) in result.snaps.iter_mut().flat_map(|snap| &mut snap.entries) {
        if let Some(inst) = value.inst() {
            *value = value.with_inst(new.get(inst));
        }
    }
    result
}

/// Drops snapshots that no instruction has and renumbers the others.
pub(super) fn drop_unused_snapshots(trace: &mut Trace) {
    let mut used = vec![false; trace.snaps.len()];
    for snap in trace.insts.iter().filter_map(|inst| inst.snap) {
        used[snap.index()] = true;
    }
    if used.iter().all(|used| *used) {
        return;
    }
    let mut next = 0;
    let numbers: Vec<SnapIdx> = used
        .iter()
        .map(|used| {
            let number = SnapIdx(next);
            next += u32::from(*used);
            number
        })
        .collect();
    let mut keep = used.into_iter();
    trace.snaps.retain(|_| keep.next().unwrap_or(false));
    for snap in trace.insts.iter_mut().filter_map(|inst| inst.snap.as_mut()) {
        *snap = numbers[snap.index()];
    }
}
