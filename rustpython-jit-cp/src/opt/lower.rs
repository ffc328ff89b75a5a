//! The last pass, which always runs: leaves only what code can be emitted for.
//!
//! Invariants afterwards:
//! - W1: every immediate lies in the domain that its row states (the stencils for constant
//!   shifts encode a count of 0 to 63 and no more).
//! - W2: every snapshot is the exit of some instruction, so that the exit tables behind it
//!   have no dead rows.
//!
//! Worked example: `int_shr_imm v1 70` becomes `int_shr_imm v1 63`, which is the same for
//! 64 bits; `int_shl_imm v1 70` becomes `int_shl` by a constant, whose stencil checks its
//! count and leaves.

use super::dce::drop_unused_snapshots;
use super::{Renumbering, Rewrites};
use crate::ir::{Inst, InstIdx, Trace, Uop};

/// The largest count that a constant shift encodes.
const MAX_SHIFT: u64 = 63;

pub(super) fn run(mut trace: Trace, _: &mut Rewrites<'_>) -> Trace {
    for inst in &mut trace.insts {
        // lower_shr: x >> c = x >> 63 for c > 63
        if inst.op == Uop::int_shr_imm {
            inst.imm = inst.imm.min(MAX_SHIFT);
        }
    }
    let wide = |inst: &Inst| inst.op == Uop::int_shl_imm && inst.imm > MAX_SHIFT;
    if trace.insts.iter().any(wide) {
        trace = expand(trace, wide);
    }
    drop_unused_snapshots(&mut trace);
    trace
}

/// lower_shl: x << c = (k = c; x << k) for c > 63
fn expand(trace: Trace, wide: impl Fn(&Inst) -> bool) -> Trace {
    let mut new = Renumbering::new(trace.insts.len());
    let mut insts = Vec::with_capacity(trace.insts.len() + 2);
    for (index, mut inst) in trace.insts.into_iter().enumerate() {
        if wide(&inst) {
            let count = InstIdx::new(insts.len());
            insts.push((Inst::new(Uop::const_int, &[], inst.imm, None), true));
            inst.op = Uop::int_shl;
            inst.imm = 0;
            // The operand is renumbered here: `count` is a new index already.
            inst.args = [inst.args[0].map(|arg| new.get(arg)), Some(count), None];
            new.set(InstIdx::new(index), InstIdx::new(insts.len()));
            insts.push((inst, true));
        } else {
            new.set(InstIdx::new(index), InstIdx::new(insts.len()));
            insts.push((inst, false));
        }
    }
    let insts = insts
        .into_iter()
        .map(|(mut inst, renumbered)| {
            if !renumbered {
                for arg in inst.args.iter_mut().flatten() {
                    *arg = new.get(*arg);
                }
            }
            inst
        })
        .collect();
    let mut snaps = trace.snaps;
    for (_, value) in snaps.iter_mut().flat_map(|snap| &mut snap.entries) {
        if let Some(inst) = value.inst() {
            *value = value.with_inst(new.get(inst));
        }
    }
    Trace { insts, snaps }
}

#[cfg(test)]
mod tests {
    use crate::ir::parse;
    use crate::opt::{OptOptions, optimize};

    #[test]
    fn shift_counts_are_brought_into_their_domain() {
        let trace = parse(
            "trace {
                v0 = load_local 0
                v1 = unbox_int v0 ; s1
                v2 = int_shr_imm v1 70
                v3 = int_shl_imm v2 70 ; s1
                v4 = int_not v3
                leave ; s2
                s0: pc=9 mem=0
                s1: pc=1 mem=0
                s2: pc=2 mem=0 L0=int(v3) L1=int(v4)
            }",
        )
        .expect("it is well-formed");
        let options = OptOptions {
            enabled: false,
            ..OptOptions::default()
        };
        let expected = "trace {
  v0 = load_local 0
  v1 = unbox_int v0 ; s0
  v2 = int_shr_imm v1 63
  v3 = const_int 70
  v4 = int_shl v2 v3 ; s0
  v5 = int_not v4
  leave ; s1
  s0: pc=1 mem=0
  s1: pc=2 mem=0 L0=int(v4) L1=int(v5)
}
";
        assert_eq!(optimize(trace, &options).to_string(), expected);
    }
}
