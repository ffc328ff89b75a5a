//! Tests of the library: complete for both targets, and right when executed on this one.

mod execute;
#[cfg(target_arch = "aarch64")]
#[path = "machine_aarch64.rs"]
mod machine;
#[cfg(target_arch = "x86_64")]
#[path = "machine_x86_64.rs"]
mod machine;
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
                let instance = library
                    .instantiate(*uop, &regs, 0, &mut out)
                    .expect(row.name);
                if distinct(&regs) {
                    assert_eq!(instance.falls_through, !uop.is_end(), "{}", row.name);
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
                let instance = library.instantiate(*uop, &regs, 0, &mut out).unwrap();
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
    let used = |map: &[u8], variants: usize| {
        for number in 0..variants {
            assert!(map.contains(&(MAP_BASE + u8::try_from(number).unwrap())));
        }
    };
    for (_, library) in libraries() {
        for op in library.tables.ops.iter().flatten() {
            used(op.map, op.variants.len());
            for form in op.forms {
                used(form.map, form.variants.len());
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
            .instantiate(Uop::move_gpr, &[PReg::gpr(0)], 0, &mut out)
            .is_none()
    );
    assert!(
        library
            .instantiate(Uop::move_gpr, &[PReg::gpr(0), PReg::fpr(1)], 0, &mut out)
            .is_none()
    );
    assert!(
        library
            .instantiate(Uop::move_fpr, &[PReg::fpr(0), PReg::fpr(8)], 0, &mut out)
            .is_none()
    );
    assert!(
        library
            .instantiate(Uop::loop_header, &[], 0, &mut out)
            .is_none()
    );
    assert!(out.is_empty());
}

#[test]
fn a_few_encodings() {
    let mut out = Vec::new();
    let (a, b, d) = (PReg::gpr(3), PReg::gpr(4), PReg::gpr(7));
    X86_64
        .instantiate(Uop::int_add, &[a, b, d], 0, &mut out)
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
        .instantiate(Uop::int_add, &[a, b, d], 0, &mut out)
        .unwrap();
    let words: Vec<u32> = out
        .chunks(4)
        .map(|word| u32::from_le_bytes(word.try_into().unwrap()))
        .collect();
    // adds x8, x24, x25; b.vs exit; mov x28, x8
    assert_eq!(words, [0xab19_0308, 0x5400_0006, 0xaa08_03fc]);
}

#[test]
fn the_shortest_form_that_fits_is_taken() {
    let length = |op, regs: &[PReg], imm: i64| {
        let mut out = Vec::new();
        AARCH64.instantiate(op, regs, imm as u64, &mut out).unwrap();
        out.len() / 4
    };
    let (a, b) = (PReg::gpr(3), PReg::gpr(4));
    let constant = |imm| length(Uop::const_int, &[a], imm);
    assert_eq!([0, 0xffff, -1, -0x1_0000].map(constant), [1; 4]);
    assert_eq!([0x1_0000, u32::MAX.into()].map(constant), [2; 2]);
    assert_eq!([1 << 32, -0x1_0001].map(constant), [4; 2]);
    // adds (or subs), b.vs, mov; else two more for the immediate.
    let add = |imm| length(Uop::int_add_imm, &[a, b], imm);
    assert_eq!([0, 1, 4094, -1, -4094].map(add), [3; 5]);
    assert_eq!([4095, -4095, i32::MIN.into()].map(add), [5; 3]);
    let and = |imm| length(Uop::int_and_imm, &[a, b], imm);
    assert_eq!([1, 0xff00, -8].map(and), [1; 3]);
    assert_eq!([5, 0].map(and), [4; 2]);
    assert_eq!(length(Uop::guard_int_ge_imm, &[a], 4095), 2);
    assert_eq!(length(Uop::load_local, &[a], 4095), 2);
    assert_eq!(length(Uop::load_i64, &[a, b], 4095 * 8), 1);
    assert_eq!(
        length(Uop::const_float, &[PReg::fpr(0)], 1_f64.to_bits() as i64),
        2
    );
}
