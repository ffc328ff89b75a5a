//! Tests of the library: complete for both targets, and (on x86-64) right when executed.

#[cfg(target_arch = "x86_64")]
mod execute;
#[cfg(target_arch = "x86_64")]
mod reference;

use super::table::{MAP_BASE, Op, RegHole, pool_size};
use super::{AARCH64, Hole, HoleValue, Library, Reloc, X86_64};
use crate::ir::{Exit, RegClass, Shape, Ty, UOPS, Uop};
use crate::target::{self, PReg};

/// The registers of the assignment with this number.
fn assignment(library: &Library, op: &Op, mut number: usize) -> Vec<PReg> {
    let mut regs = Vec::new();
    for class in op.classes.iter().rev() {
        let size = pool_size(library.tables.pool, *class);
        let num = u8::try_from(number % size).unwrap();
        number /= size;
        regs.insert(
            0,
            match class {
                RegClass::Gpr => PReg::gpr(num),
                RegClass::Fpr => PReg::fpr(num),
            },
        );
    }
    regs
}

/// Whether no two operands share a register: else a comparison may be known at compile time.
fn distinct(regs: &[PReg]) -> bool {
    (1..regs.len()).all(|i| !regs[..i].contains(&regs[i]))
}

fn libraries() -> [(&'static target::Target, &'static Library); 2] {
    [(&target::X86_64, &X86_64), (&target::AARCH64, &AARCH64)]
}

#[test]
fn every_assignment_has_a_stencil() {
    for (target, library) in libraries() {
        let mut out = Vec::new();
        for uop in UOPS {
            let row = uop.row();
            let Some(op) = library.tables.ops[*uop as usize] else {
                assert_eq!(
                    row.shape,
                    Shape::Pseudo,
                    "{} has no stencil for {}",
                    row.name,
                    target.arch
                );
                continue;
            };
            let classes: Vec<_> = row
                .args
                .iter()
                .copied()
                .chain([row.ty])
                .filter_map(Ty::class)
                .collect();
            assert_eq!(op.classes, classes, "{}", row.name);
            let count: usize = classes.iter().map(|class| target.pool(*class)).product();
            assert_eq!(op.map.len(), count, "{}", row.name);
            for number in 0..count {
                out.clear();
                let regs = assignment(library, op, number);
                let instance = library.instantiate(*uop, &regs, &mut out).expect(row.name);
                if distinct(&regs) {
                    let ends = matches!(uop, Uop::jump_loop | Uop::leave);
                    assert_eq!(instance.falls_through, !ends, "{}", row.name);
                }
                for hole in instance.holes {
                    assert!(
                        hole.offset as usize + hole_size(hole) <= out.len(),
                        "{}",
                        row.name
                    );
                }
            }
        }
    }
}

fn hole_size(hole: &Hole) -> usize {
    match hole.kind {
        Reloc::X86Abs64 => 8,
        Reloc::X86Abs8 => 1,
        _ => 4,
    }
}

#[test]
fn exits_are_there_exactly_where_the_rows_say() {
    for (_, library) in libraries() {
        for uop in UOPS {
            let Some(op) = library.tables.ops[*uop as usize] else {
                continue;
            };
            let mut out = Vec::new();
            for number in 0..op.map.len() {
                let regs = assignment(library, op, number);
                let instance = library.instantiate(*uop, &regs, &mut out).unwrap();
                let leaves = instance
                    .holes
                    .iter()
                    .any(|hole| matches!(hole.value, HoleValue::Exit | HoleValue::Leave));
                let may = uop.row().exit == Exit::Exits;
                assert!(
                    leaves == may || !leaves && !distinct(&regs),
                    "{}",
                    uop.row().name
                );
            }
        }
    }
}

#[test]
fn register_holes_and_other_holes_do_not_overlap_on_x86_64() {
    // On aarch64 they share instructions, never bits; there the emitter keeps the other bits.
    for op in X86_64.tables.ops.iter().flatten() {
        for variant in op.variants {
            for RegHole { offset, .. } in variant.regs {
                let at = u32::from(*offset);
                assert!(
                    !variant
                        .holes
                        .iter()
                        .any(|h| (h.offset..h.offset + hole_size(h) as u32).contains(&at))
                );
            }
            for hole in variant.holes {
                let start = hole.offset as usize;
                assert!(
                    variant.code[start..start + hole_size(hole)]
                        .iter()
                        .all(|byte| *byte == 0),
                    "S3"
                );
            }
        }
    }
}

#[test]
fn variants_are_all_used() {
    for (_, library) in libraries() {
        for op in library.tables.ops.iter().flatten() {
            for number in 0..op.variants.len() {
                assert!(op.map.contains(&(MAP_BASE + u8::try_from(number).unwrap())));
            }
        }
    }
}

#[test]
fn wrong_assignments_are_refused() {
    let library = Library::for_target(&target::X86_64).unwrap();
    let mut out = Vec::new();
    assert!(
        library
            .instantiate(Uop::move_gpr, &[PReg::gpr(0)], &mut out)
            .is_none()
    );
    assert!(
        library
            .instantiate(Uop::move_gpr, &[PReg::gpr(0), PReg::fpr(1)], &mut out)
            .is_none()
    );
    assert!(
        library
            .instantiate(Uop::move_fpr, &[PReg::fpr(0), PReg::fpr(8)], &mut out)
            .is_none()
    );
    assert!(
        library
            .instantiate(Uop::loop_header, &[], &mut out)
            .is_none()
    );
    assert!(out.is_empty());
}

#[test]
fn a_few_encodings() {
    let mut out = Vec::new();
    let (a, b, d) = (PReg::gpr(3), PReg::gpr(4), PReg::gpr(7));
    X86_64
        .instantiate(Uop::int_add, &[a, b, d], &mut out)
        .unwrap();
    // mov rax, rdi; add rax, rsi; jo exit; mov r8, rax
    assert_eq!(
        out,
        [
            0x48, 0x89, 0xf8, 0x48, 0x01, 0xf0, 0x0f, 0x80, 0, 0, 0, 0, 0x49, 0x89, 0xc0
        ]
    );
    out.clear();
    AARCH64
        .instantiate(Uop::int_add, &[a, b, d], &mut out)
        .unwrap();
    let words: Vec<u32> = out
        .chunks(4)
        .map(|word| u32::from_le_bytes(word.try_into().unwrap()))
        .collect();
    // adds x8, x24, x25; b.vs exit; mov x28, x8
    assert_eq!(words, [0xab19_0308, 0x5400_0006, 0xaa08_03fc]);
}
