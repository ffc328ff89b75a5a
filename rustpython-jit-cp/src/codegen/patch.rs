//! Relocations: writing a hole's value into machine code, or refusing.
//!
//! Every kind checks that its value can be expressed; what cannot is an error and
//! changes nothing. The kinds of all targets are compiled on every host.
//!
//! Worked example: the five bytes `e9 00 00 00 00` (`jmp`) at address 0x1000 have a
//! `X86Rel32` hole at offset 1 with addend -4. Filled with the value 0x1010 it becomes
//! 0x1010 - 4 - 0x1001 = 0x0b: the jump goes 11 bytes beyond its end at 0x1005.
#![forbid(unsafe_code)]

use std::fmt;

use crate::stencil::Reloc;
use crate::stencil::table::logical_immediate;

/// A relocation that cannot be expressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RelocError {
    /// How it was to be written.
    pub kind: Reloc,
    /// What was to be written: relative to the hole's own address for branches.
    pub value: i64,
    /// Why it cannot be.
    pub reason: &'static str,
}

impl fmt::Display for RelocError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} cannot hold {:#x}: {}",
            self.kind, self.value, self.reason
        )
    }
}

impl std::error::Error for RelocError {}

const SHORT: &str = "the code ends before the hole does";
const RANGE: &str = "out of range";
const ALIGN: &str = "not a multiple of the unit";

/// The hole's bytes.
fn bytes<const N: usize>(code: &mut [u8], offset: usize) -> Result<&mut [u8; N], &'static str> {
    let end = offset.checked_add(N).ok_or(SHORT)?;
    code.get_mut(offset..end)
        .and_then(|hole| hole.try_into().ok())
        .ok_or(SHORT)
}

/// Replaces bits of the little-endian 32-bit instruction at an offset.
fn bits(
    code: &mut [u8],
    offset: usize,
    low: u32,
    width: u32,
    value: u32,
) -> Result<(), &'static str> {
    let hole = bytes::<4>(code, offset)?;
    let mask = ((1 << width) - 1) << low;
    let inst = u32::from_le_bytes(*hole) & !mask | value << low & mask;
    *hole = inst.to_le_bytes();
    Ok(())
}

/// A signed value as a field of so many bits, counted in units.
fn signed(value: i64, width: u32, unit: i64) -> Result<u32, &'static str> {
    if value % unit != 0 {
        return Err(ALIGN);
    }
    let limit = 1_i64 << (width - 1);
    let scaled = value / unit;
    if !(-limit..limit).contains(&scaled) {
        return Err(RANGE);
    }
    // The field's width cuts the sign's copies off.
    Ok(scaled as u32)
}

/// A value from 0 up to a bound.
fn below(value: i64, bound: i64) -> Result<u32, &'static str> {
    if (0..bound).contains(&value) {
        Ok(value as u32)
    } else {
        Err(RANGE)
    }
}

/// Fills a hole. `target` is the value that it asks for, `address` the address at which
/// the byte at `offset` will be.
///
/// # Errors
/// When the value cannot be expressed or the hole is not inside the code; then the code
/// is as it was.
pub fn apply(
    code: &mut [u8],
    offset: usize,
    kind: Reloc,
    target: u64,
    addend: i64,
    address: u64,
) -> Result<(), RelocError> {
    let absolute = target.wrapping_add_signed(addend) as i64;
    let relative = absolute.wrapping_sub(address as i64);
    let value = match kind {
        Reloc::X86Rel32 | Reloc::A64Branch26 | Reloc::A64CondBranch19 => relative,
        _ => absolute,
    };
    write(code, offset, kind, value).map_err(|reason| RelocError {
        kind,
        value,
        reason,
    })
}

fn write(code: &mut [u8], offset: usize, kind: Reloc, value: i64) -> Result<(), &'static str> {
    match kind {
        Reloc::X86Rel32 | Reloc::X86Abs32S => {
            let value = i32::try_from(value).map_err(|_| RANGE)?;
            *bytes::<4>(code, offset)? = value.to_le_bytes();
        }
        Reloc::X86Abs64 => *bytes::<8>(code, offset)? = value.to_le_bytes(),
        Reloc::X86Abs8 => {
            let value = i8::try_from(value)
                .ok()
                .filter(|value| *value >= 0)
                .ok_or(RANGE)?;
            *bytes::<1>(code, offset)? = value.to_le_bytes();
        }
        Reloc::A64Branch26 => bits(code, offset, 0, 26, signed(value, 26, 4)?)?,
        Reloc::A64CondBranch19 => bits(code, offset, 5, 19, signed(value, 19, 4)?)?,
        Reloc::A64MovW { shift } => {
            if !matches!(shift, 0 | 16 | 32 | 48) {
                return Err("there is no such shift");
            }
            bits(code, offset, 5, 16, (value as u64 >> shift) as u32 & 0xffff)?;
        }
        Reloc::A64MovWLast { shift } => {
            if !matches!(shift, 0 | 16 | 32) {
                return Err("there is no such shift");
            }
            if value as u64 >> shift > 0xffff {
                return Err(RANGE);
            }
            bits(code, offset, 5, 16, (value as u64 >> shift) as u32)?;
        }
        Reloc::A64MovW32S => {
            let value = i32::try_from(value).map_err(|_| RANGE)?;
            bits(code, offset, 5, 16, value.cast_unsigned() >> 16)?;
        }
        Reloc::A64MovN => bits(code, offset, 5, 16, below(!value, 0x1_0000)?)?,
        Reloc::A64LdSt64 => {
            if value % 8 != 0 {
                return Err(ALIGN);
            }
            bits(code, offset, 10, 12, below(value / 8, 4096)?)?;
        }
        Reloc::A64Index64 | Reloc::A64Imm12 => bits(code, offset, 10, 12, below(value, 4096)?)?,
        Reloc::A64Imm12Neg => {
            let value = value.checked_neg().ok_or(RANGE)?;
            bits(code, offset, 10, 12, below(value, 4096)?)?;
        }
        Reloc::A64Logical => {
            let field = logical_immediate(value as u64).ok_or("not a rotated run of ones")?;
            bits(code, offset, 10, 13, field)?;
        }
        Reloc::A64Asr => bits(code, offset, 16, 6, below(value, 64)?)?,
        Reloc::A64Lsl => {
            // A rotation to the right (`immr`), and the highest bit that is kept (`imms`).
            let shift = below(value, 64)?;
            bits(
                code,
                offset,
                10,
                12,
                ((64 - shift) % 64) << 6 | (63 - shift),
            )?;
        }
        Reloc::A64Shift => bits(code, offset, 10, 6, below(value, 64)?)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: u64 = 0x7fff_0000_1000;

    /// The four bytes after a relocation at their start, of an instruction with all other bits set.
    fn patched(kind: Reloc, fixed: u32, target: u64, addend: i64) -> Result<u32, &'static str> {
        let mut code = [[0xee; 4], fixed.to_le_bytes(), [0xee; 4]].concat();
        let old = code.clone();
        let result = apply(&mut code, 4, kind, target, addend, HERE);
        assert!(
            code[..4] == [0xee; 4] && code[8..] == [0xee; 4],
            "only the hole changes"
        );
        if result.is_err() {
            assert_eq!(code, old, "an error changes nothing");
        }
        result
            .map(|()| u32::from_le_bytes(code[4..8].try_into().unwrap()))
            .map_err(|error| error.reason)
    }

    fn at(distance: i64) -> u64 {
        HERE.wrapping_add_signed(distance)
    }

    #[test]
    fn rel32() {
        let go = |distance| patched(Reloc::X86Rel32, 0, at(distance), -4);
        assert_eq!(go(0), Ok(-4_i32 as u32));
        assert_eq!(go(0x14), Ok(0x10));
        assert_eq!(go((1 << 31) + 3), Ok(0x7fff_ffff));
        assert_eq!(go((1 << 31) + 4), Err(RANGE));
        assert_eq!(go(4 - (1 << 31)), Ok(0x8000_0000));
        assert_eq!(go(3 - (1 << 31)), Err(RANGE));
    }

    #[test]
    fn abs32_is_sign_extended() {
        let go = |value: i64, addend| patched(Reloc::X86Abs32S, 0, value as u64, addend);
        assert_eq!(go(-1, 0), Ok(u32::MAX));
        assert_eq!(go(0x7fff_ffff, 0), Ok(0x7fff_ffff));
        assert_eq!(go(0x7fff_ffff, 1), Err(RANGE));
        assert_eq!(go(0xffff_ffff, 0), Err(RANGE));
        assert_eq!(go(-0x8000_0000, 0), Ok(0x8000_0000));
        assert_eq!(go(-0x8000_0001, 0), Err(RANGE));
    }

    #[test]
    fn abs8_and_abs64() {
        let mut code = [0xee; 10];
        for (value, good) in [(0, true), (127, true), (128, false), (-1, false)] {
            let old = code;
            let result = apply(&mut code, 3, Reloc::X86Abs8, value as u64, 0, HERE);
            assert_eq!(result.is_ok(), good);
            assert_eq!(code[3], if good { value as u8 } else { old[3] });
        }
        assert_eq!(code[4], 0xee);
        apply(&mut code, 1, Reloc::X86Abs64, u64::MAX - 1, 1, HERE).unwrap();
        assert_eq!(code, [0xee, 255, 255, 255, 255, 255, 255, 255, 255, 0xee]);
    }

    #[test]
    fn branch26() {
        let go = |distance| patched(Reloc::A64Branch26, 0x1400_0000, at(distance), 0);
        assert_eq!(go(0), Ok(0x1400_0000));
        assert_eq!(go(-4), Ok(0x17ff_ffff));
        assert_eq!(go((1 << 27) - 4), Ok(0x15ff_ffff));
        assert_eq!(go(1 << 27), Err(RANGE));
        assert_eq!(go(-(1 << 27)), Ok(0x1600_0000));
        assert_eq!(go(-(1 << 27) - 4), Err(RANGE));
        assert_eq!(go(2), Err(ALIGN));
    }

    #[test]
    fn branch19() {
        // b.vs
        let go = |distance| patched(Reloc::A64CondBranch19, 0x5400_0006, at(distance), 0);
        assert_eq!(go(8), Ok(0x5400_0046));
        assert_eq!(go(-4), Ok(0x54ff_ffe6));
        assert_eq!(go((1 << 20) - 4), Ok(0x547f_ffe6));
        assert_eq!(go(1 << 20), Err(RANGE));
        assert_eq!(go(-(1 << 20)), Ok(0x5480_0006));
        assert_eq!(go(-(1 << 20) - 4), Err(RANGE));
        assert_eq!(go(6), Err(ALIGN));
    }

    #[test]
    fn move_wide() {
        let go = |shift| {
            patched(
                Reloc::A64MovW { shift },
                0xd280_0003,
                0xffff_8001_1234_5678,
                0,
            )
        };
        let field = |value: u32| Ok(0xd280_0003 | value << 5);
        assert_eq!(go(0), field(0x5678));
        assert_eq!(go(16), field(0x1234));
        assert_eq!(go(32), field(0x8001));
        assert_eq!(go(48), field(0xffff));
        assert!(go(8).is_err());
    }

    #[test]
    fn move_wide_that_must_be_enough() {
        let last = |shift, value: u64| patched(Reloc::A64MovWLast { shift }, 0xd280_0003, value, 0);
        let field = |value: u32| Ok(0xd280_0003 | value << 5);
        assert_eq!(last(0, 0xffff), field(0xffff));
        assert_eq!(last(0, 0x1_0000), Err(RANGE));
        assert_eq!(last(16, 0xffff_1234), field(0xffff));
        assert_eq!(last(16, 0x1_0000_0000), Err(RANGE));
        assert_eq!(last(32, 0x7fff_0000_1234), field(0x7fff));
        assert_eq!(last(32, 1 << 48), Err(RANGE));
        assert_eq!(last(32, u64::MAX), Err(RANGE));
        assert!(last(48, 0).is_err());
        let signed = |value: i64| patched(Reloc::A64MovW32S, 0xd280_0003, value as u64, 0);
        assert_eq!(signed(-1), field(0xffff));
        assert_eq!(signed(i64::from(i32::MAX)), field(0x7fff));
        assert_eq!(signed(i64::from(i32::MAX) + 1), Err(RANGE));
        assert_eq!(signed(i64::from(i32::MIN)), field(0x8000));
        assert_eq!(signed(i64::from(i32::MIN) - 1), Err(RANGE));
        // movn: the complement.
        let not = |value: i64| patched(Reloc::A64MovN, 0x9280_0003, value as u64, 0);
        assert_eq!(not(-1), Ok(0x9280_0003));
        assert_eq!(not(-0x1_0000), Ok(0x9280_0003 | 0xffff << 5));
        assert_eq!(not(-0x1_0001), Err(RANGE));
        assert_eq!(not(0), Err(RANGE));
    }

    #[test]
    fn twelve_bits() {
        // cmp x1, #0 and cmn x1, #0
        let up = |value: i64, addend| patched(Reloc::A64Imm12, 0xf100_003f, value as u64, addend);
        assert_eq!(up(0, 0), Ok(0xf100_003f));
        assert_eq!(up(4094, 1), Ok(0xf13f_fc3f));
        assert_eq!(up(4095, 1), Err(RANGE));
        assert_eq!(up(-1, 0), Err(RANGE));
        let down = |value: i64| patched(Reloc::A64Imm12Neg, 0xb100_003f, value as u64, 0);
        assert_eq!(down(-1), Ok(0xb100_043f));
        assert_eq!(down(-4095), Ok(0xb13f_fc3f));
        assert_eq!(down(-4096), Err(RANGE));
        assert_eq!(down(1), Err(RANGE));
        assert_eq!(down(i64::MIN), Err(RANGE));
        let index = |value: i64| patched(Reloc::A64Index64, 0xf940_0041, value as u64, 0);
        assert_eq!(index(4095), Ok(0xf97f_fc41));
        assert_eq!(index(4096), Err(RANGE));
        assert_eq!(index(-1), Err(RANGE));
    }

    #[test]
    fn shifts() {
        // asr x8, x9, #0; lsl x8, x9, #0; cmp x8, x9, asr #0
        let asr = |value: i64| patched(Reloc::A64Asr, 0x9340_fd28, value as u64, 0);
        assert_eq!(asr(0), Ok(0x9340_fd28));
        assert_eq!(asr(63), Ok(0x937f_fd28));
        assert_eq!(asr(64), Err(RANGE));
        assert_eq!(asr(-1), Err(RANGE));
        let lsl = |value: i64| patched(Reloc::A64Lsl, 0xd340_fd28, value as u64, 0);
        assert_eq!(lsl(0), Ok(0xd340_fd28));
        assert_eq!(lsl(1), Ok(0xd37f_f928));
        assert_eq!(lsl(63), Ok(0xd341_0128));
        assert_eq!(lsl(64), Err(RANGE));
        let shifted = |value: i64| patched(Reloc::A64Shift, 0xeb89_011f, value as u64, 0);
        assert_eq!(shifted(41), Ok(0xeb89_a51f));
        assert_eq!(shifted(64), Err(RANGE));
    }

    /// Every immediate that exists, made from its fields as the manual describes it, is found;
    /// no field is given to a value that it does not mean.
    #[test]
    fn logical_immediates() {
        let meaning = |field: u32| -> Option<u64> {
            let (n, immr, imms) = (field >> 12, field >> 6 & 63, field & 63);
            let length = 31 - (n << 6 | !imms & 63).leading_zeros().min(31);
            let size = 1_u32 << length;
            let ones = (imms & (size - 1)) + 1;
            if size < 2 || ones == size {
                return None;
            }
            let run = (1_u64 << ones) - 1;
            let (turn, mask) = (immr & (size - 1), u64::MAX >> (64 - size));
            let element = (run >> turn | run.checked_shl(size - turn).unwrap_or(0)) & mask;
            Some(
                (0..64)
                    .step_by(size as usize)
                    .fold(0, |all, at| all | element << at),
            )
        };
        let mut all: Vec<u64> = (0..1 << 13).filter_map(meaning).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 5334, "the number that the manual gives");
        for value in &all {
            let field = logical_immediate(*value).unwrap_or_else(|| panic!("{value:#x}"));
            assert_eq!(meaning(field), Some(*value));
            // Neighbours are mostly none: those that are must be in the list.
            for other in [value ^ 1, value + 1, value ^ 1 << 40] {
                assert_eq!(
                    logical_immediate(other).is_some(),
                    all.binary_search(&other).is_ok(),
                    "{other:#x}"
                );
            }
        }
        // and x0, x1, #0xff00
        let and = |value| patched(Reloc::A64Logical, 0x9200_0020, value, 0);
        assert_eq!(and(0xff00), Ok(0x9278_1c20));
        assert!(and(0).is_err() && and(u64::MAX).is_err() && and(5).is_err());
    }

    #[test]
    fn load_store() {
        // ldr x1, [x2]
        let go = |value: i64| patched(Reloc::A64LdSt64, 0xf940_0041, value as u64, 0);
        assert_eq!(go(0), Ok(0xf940_0041));
        assert_eq!(go(8), Ok(0xf940_0441));
        assert_eq!(go(4095 * 8), Ok(0xf97f_fc41));
        assert_eq!(go(4096 * 8), Err(RANGE));
        assert_eq!(go(-8), Err(RANGE));
        assert_eq!(go(4), Err(ALIGN));
    }

    #[test]
    fn holes_outside_the_code_are_errors() {
        let kinds = [
            (Reloc::X86Rel32, 4),
            (Reloc::X86Abs32S, 4),
            (Reloc::X86Abs64, 8),
            (Reloc::X86Abs8, 1),
            (Reloc::A64Branch26, 4),
            (Reloc::A64CondBranch19, 4),
            (Reloc::A64MovW { shift: 0 }, 4),
            (Reloc::A64MovWLast { shift: 0 }, 4),
            (Reloc::A64MovW32S, 4),
            (Reloc::A64LdSt64, 4),
            (Reloc::A64Index64, 4),
            (Reloc::A64Imm12, 4),
            (Reloc::A64Logical, 4),
            (Reloc::A64Asr, 4),
            (Reloc::A64Lsl, 4),
            (Reloc::A64Shift, 4),
        ];
        for (kind, size) in kinds {
            let mut code = vec![0; size];
            let target = if matches!(
                kind,
                Reloc::X86Rel32 | Reloc::A64Branch26 | Reloc::A64CondBranch19
            ) {
                HERE
            } else {
                16
            };
            for offset in [1, usize::MAX] {
                let error = apply(&mut code, offset, kind, target, 0, HERE).unwrap_err();
                assert_eq!(error.reason, SHORT, "{error}");
            }
            apply(&mut code, 0, kind, target, 0, HERE).unwrap();
        }
    }
}
