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
        Reloc::A64LdSt64 => {
            if value % 8 != 0 {
                return Err(ALIGN);
            }
            if !(0..4096).contains(&(value / 8)) {
                return Err(RANGE);
            }
            bits(code, offset, 10, 12, (value / 8) as u32)?;
        }
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
            (Reloc::A64LdSt64, 4),
        ];
        for (kind, size) in kinds {
            let mut code = vec![0; size];
            for offset in [1, usize::MAX] {
                let error = apply(&mut code, offset, kind, HERE, 0, HERE).unwrap_err();
                assert!([SHORT, RANGE].contains(&error.reason), "{error}");
            }
            let target = if matches!(
                kind,
                Reloc::X86Rel32 | Reloc::A64Branch26 | Reloc::A64CondBranch19
            ) {
                HERE
            } else {
                16
            };
            apply(&mut code, 0, kind, target, 0, HERE).unwrap();
        }
    }
}
