//! Shorter forms of stencils, for immediates that an instruction has a field for.
//!
//! The compiler knows best which instruction takes which constant, so a form is compiled with a
//! number in the immediate's place (`IN_PLACE` in `src/aarch64.h`) that is unlikely to stand for
//! anything else. [`mark`] finds it in the assembly and notes the hole as a comment, from which
//! [`crate::asm`] makes a relocation. Where the compiler took the number beside (`a <= 5` is
//! `a < 6`), the hole's addend says so. Forms of moves need no such number: their
//! relocations exist.
//!
//! Worked example: `cmp x21, #2749` of `guard_int_le_imm` in the form `U12` becomes
//! `cmp x21, #2749 // HOLE_IMM12+1`.

use crate::asm::Arch;
use crate::core::table::{Fits, HoleValue, Reloc};

/// The forms of a uop's stencil besides the general one, the best first.
#[must_use]
pub fn forms(arch: Arch, name: &str) -> &'static [Fits] {
    if arch != Arch::Aarch64 {
        return &[];
    }
    match name {
        "const_int" => &[Fits::U16, Fits::N16, Fits::U32],
        "const_float" => &[Fits::Top16],
        "load_local" | "load_stack" => &[Fits::Index],
        "load_i64" | "load_i64_fixed" | "load_f64_fixed" | "store_i64" => &[Fits::Scaled],
        "int_ge_imm" | "guard_int_ge_imm" => &[Fits::P12, Fits::N12],
        "int_add_imm" | "int_lt_imm" | "int_le_imm" | "int_gt_imm" | "int_eq_imm"
        | "int_ne_imm" | "guard_int_lt_imm" | "guard_int_le_imm" | "guard_int_gt_imm"
        | "guard_int_eq_imm" | "guard_int_ne_imm" => &[Fits::U12, Fits::N12],
        "int_and_imm" | "int_or_imm" | "int_xor_imm" => &[Fits::Logical],
        "int_shl_imm" | "int_shr_imm" => &[Fits::Shift],
        "int_mul_imm" | "int_floordiv_imm" | "int_mod_imm" | "set_local" | "push_range"
        | "load_name" => &[Fits::U16],
        _ => &[],
    }
}

/// An instruction with a note on its hole, if the number that stands for the immediate is in it.
#[must_use]
pub fn mark(fits: Fits, text: &str) -> Option<String> {
    let (mnemonic, operands) = text.split_once(char::is_whitespace)?;
    let last = operands.rsplit(',').next()?.trim();
    let hole = match fits {
        Fits::U12 | Fits::P12 | Fits::N12 => {
            let number: i64 = last.strip_prefix('#')?.parse().ok()?;
            let beside = number - 2748;
            if !(-1..=1).contains(&beside) {
                return None;
            }
            match (fits, mnemonic) {
                (Fits::N12, "cmn" | "subs" | "sub") => format!("HOLE_IMM12_NEG{:+}", -beside),
                (Fits::U12 | Fits::P12, "cmp" | "adds" | "add") => {
                    format!("HOLE_IMM12{beside:+}")
                }
                _ => return None,
            }
        }
        Fits::Index if last == "#21984]" => "HOLE_INDEX".to_owned(),
        Fits::Scaled if last == "#21984]" => "HOLE_SCALED".to_owned(),
        Fits::Logical if last == "#0x3ffffffc00000" => "HOLE_LOGICAL".to_owned(),
        Fits::Shift if last == "#41" && mnemonic == "lsl" => "HOLE_LSL".to_owned(),
        Fits::Shift if last == "#41" && mnemonic == "asr" => "HOLE_ASR".to_owned(),
        Fits::Shift if last == "asr #41" => "HOLE_SHIFT".to_owned(),
        _ => return None,
    };
    Some(format!("{text} // {hole}"))
}

/// The hole that a note of [`mark`] names.
#[must_use]
pub fn noted(symbol: &str) -> Option<(Reloc, HoleValue)> {
    let kind = match symbol {
        "HOLE_IMM12" => Reloc::A64Imm12,
        "HOLE_IMM12_NEG" => Reloc::A64Imm12Neg,
        "HOLE_INDEX" => Reloc::A64Index64,
        "HOLE_SCALED" => Reloc::A64LdSt64,
        "HOLE_LOGICAL" => Reloc::A64Logical,
        "HOLE_LSL" => Reloc::A64Lsl,
        "HOLE_ASR" => Reloc::A64Asr,
        "HOLE_SHIFT" => Reloc::A64Shift,
        _ => return None,
    };
    Some((kind, HoleValue::Imm))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_beside_have_an_addend() {
        let u12 = |text| mark(Fits::U12, text);
        assert_eq!(
            u12("cmp\tx21, #2749").as_deref(),
            Some("cmp\tx21, #2749 // HOLE_IMM12+1")
        );
        assert_eq!(u12("cmp\tx21, #2750"), None);
        assert_eq!(u12("cmn\tx21, #2748"), None);
        assert_eq!(
            mark(Fits::N12, "cmn\tx21, #2747").as_deref(),
            Some("cmn\tx21, #2747 // HOLE_IMM12_NEG+1")
        );
    }

    #[test]
    fn shifts_are_told_apart() {
        let shift = |text| mark(Fits::Shift, text);
        assert_eq!(
            shift("cmp\tx21, x8, asr #41").as_deref(),
            Some("cmp\tx21, x8, asr #41 // HOLE_SHIFT")
        );
        assert_eq!(
            shift("asr\tx28, x21, #41").as_deref(),
            Some("asr\tx28, x21, #41 // HOLE_ASR")
        );
        assert_eq!(shift("sbfx\tx9, x21, #0, #23"), None);
    }
}
