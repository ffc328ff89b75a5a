//! The checker must reject what is broken. Whether a change breaks an allocation is decided by
//! executing it: if anything sees another value, the checker must say no.

use super::super::scan::Random;
use super::super::{Loc, is_const, is_spill_code};
use super::*;
use crate::target::PReg;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Mutation {
    /// Swaps two registers in one instruction, or takes a neighbour.
    Register,
    DropMove,
    DropReload,
    DropSpill,
    DropConstant,
    /// A spill or reload of another slot.
    Slot,
    /// An exit finds a value elsewhere.
    Exit,
    /// Two instructions change places.
    Order,
}

const MUTATIONS: [Mutation; 8] = [
    Mutation::Register,
    Mutation::DropMove,
    Mutation::DropReload,
    Mutation::DropSpill,
    Mutation::DropConstant,
    Mutation::Slot,
    Mutation::Exit,
    Mutation::Order,
];

fn neighbour(reg: PReg, target: &Target) -> PReg {
    let num = ((reg.num() + 1) % target.pool(reg.class())) as u8;
    match reg.class() {
        crate::ir::RegClass::Gpr => PReg::gpr(num),
        crate::ir::RegClass::Fpr => PReg::fpr(num),
    }
}

/// Applies a mutation somewhere; `None` when there is no place for it.
fn mutate(
    allocation: &Allocation,
    target: &Target,
    kind: Mutation,
    rng: &mut Random,
) -> Option<Allocation> {
    let mut mutant = allocation.clone();
    let reload = |op: Uop| is_spill_code(op) && op.row().ty.class().is_some();
    let fits = |op: Uop, nregs: u8| match kind {
        Mutation::Register => nregs > 0,
        Mutation::DropMove => matches!(op, Uop::move_gpr | Uop::move_fpr),
        Mutation::DropReload => reload(op),
        Mutation::DropSpill => is_spill_code(op) && !reload(op),
        Mutation::DropConstant => is_const(op),
        Mutation::Slot => is_spill_code(op),
        Mutation::Exit => op.has_snapshot(),
        Mutation::Order => true,
    };
    let places: Vec<usize> = (0..mutant.code.len() - 1)
        .filter(|at| fits(mutant.code[*at].op, mutant.code[*at].nregs))
        .collect();
    if places.is_empty() {
        return None;
    }
    let at = places[rng.below(places.len() as u32) as usize];
    match kind {
        Mutation::Register => {
            let nregs = u32::from(mutant.code[at].nregs);
            let regs = &mut mutant.code[at].regs;
            let (a, b) = (rng.below(nregs) as usize, rng.below(nregs) as usize);
            if regs[a] != regs[b] && regs[a].class() == regs[b].class() {
                regs.swap(a, b);
            } else {
                regs[a] = neighbour(regs[a], target);
            }
        }
        Mutation::DropMove
        | Mutation::DropReload
        | Mutation::DropSpill
        | Mutation::DropConstant => {
            mutant.code.remove(at);
        }
        Mutation::Slot => {
            mutant.code[at].imm = super::super::slot_offset(rng.below(allocation.spills as u32))
        }
        Mutation::Exit => {
            let exit = mutant.code[at].exit?;
            let locs = &mut mutant.exits[exit.index()].locs;
            let loc = locs.iter_mut().flatten().next()?;
            *loc = match *loc {
                Loc::Reg(reg) => Loc::Reg(neighbour(reg, target)),
                Loc::Spill(slot) => Loc::Spill(slot ^ 1),
                Loc::Const(bits) => Loc::Const(bits ^ 1),
            };
        }
        Mutation::Order => mutant.code.swap(at, at + 1),
    }
    Some(mutant)
}

#[test]
fn broken_allocations_are_rejected() {
    let mut rng = Random::new(3);
    let mut broken = [0; MUTATIONS.len()];
    for _ in 0..100 {
        let mut shapes = generate::shapes(&mut rng);
        shapes.named = shapes.named.max(3);
        let trace = generate::trace(&mut rng, shapes);
        let expected = machine::run_trace(&trace);
        for target in TARGETS {
            let options = Options {
                registers: Some(3 + rng.below(4) as usize),
                random: None,
            };
            let Ok(allocation) = allocate(&trace, target, &options) else {
                continue;
            };
            for (kind, count) in MUTATIONS.into_iter().zip(&mut broken) {
                for _ in 0..4 {
                    let Some(mutant) = mutate(&allocation, target, kind, &mut rng) else {
                        continue;
                    };
                    let verdict = checker::check(&trace, target, &mutant);
                    if machine::run_allocation(&mutant, target) != expected {
                        *count += 1;
                        assert!(
                            verdict.is_err(),
                            "{kind:?} was accepted:\n{}",
                            mutant.display(target)
                        );
                    }
                }
            }
        }
    }
    for (kind, count) in MUTATIONS.iter().zip(broken) {
        assert!(count >= 50, "only {count} broken by {kind:?}");
    }
}
