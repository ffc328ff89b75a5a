//! The format of a stencil library: what the builder writes and [`super::Library`] reads.
//!
//! `stencils/builder` compiles this file too, so that the text it generates and the code
//! that uses it cannot drift apart.
//!
//! Invariants:
//! - S1: [`Op::map`] has one byte for each assignment of pool registers to the operands and the
//!   result, the last one counting fastest; the byte is the variant's number plus [`MAP_BASE`].
//! - S2: a variant's code with the XOR tables of its register holes applied is, byte for byte,
//!   what the compiler made for that assignment. The builder compiled every one of them.
//! - S3: the bytes under a [`Hole`] are zero, but on aarch64, where filling one keeps the other
//!   bits of the instruction that contains it.
//!
//! Worked example: `int_and` on x86-64 has a variant `and r14, r13` for the assignments where
//! the result is the first operand. Its register holes name the REX prefix and the ModRM byte
//! once for each operand, with the table of bits that each register flips there.
#![forbid(unsafe_code)]

use super::RegClass;

/// The byte in [`Op::map`] that stands for variant 0 (so that the map is readable text).
pub const MAP_BASE: u8 = b'0';

/// The most registers an instruction names: three operands and a result.
pub const MAX_REGS: usize = 4;

/// The most registers a class has on any target.
pub const MAX_POOL: usize = 9;

/// How a hole's value is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Reloc {
    /// 32 bits: value + addend - address of the hole, signed.
    X86Rel32,
    /// 64 bits: value + addend.
    X86Abs64,
    /// 32 bits: value + addend, which must be what its low 32 bits sign-extend to.
    X86Abs32S,
    /// 8 bits: value + addend, 0 to 127.
    X86Abs8,
    /// Bits 0 to 25 of an instruction: (value + addend - address) / 4, signed (`b`).
    A64Branch26,
    /// Bits 5 to 23 of an instruction: (value + addend - address) / 4, signed (`b.cond`, `cbz`).
    A64CondBranch19,
    /// Bits 5 to 20 of an instruction: 16 bits of value + addend, from this bit on (`movz`, `movk`).
    A64MovW {
        /// 0, 16, 32 or 48.
        shift: u8,
    },
    /// The same where it is the last of its kind: the bits of value + addend above must be 0.
    A64MovWLast {
        /// 0, 16 or 32.
        shift: u8,
    },
    /// The same for bits 16 to 31 of a value that is sign-extended from 32 bits.
    A64MovW32S,
    /// Bits 5 to 20: the complement of value + addend, which must fit 16 bits (`movn`).
    A64MovN,
    /// Bits 10 to 21 of an instruction: (value + addend) / 8, which must be whole and less than
    /// 4,096 (`ldr` and `str` of eight bytes).
    A64LdSt64,
    /// The same bits, for value + addend in units of eight bytes.
    A64Index64,
    /// The same bits: value + addend, 0 to 4,095 (`add`, `sub`, `cmp`).
    A64Imm12,
    /// The same bits: -(value + addend), 0 to 4,095.
    A64Imm12Neg,
    /// Bits 10 to 22: value as a repeated, rotated run of ones (`and`, `orr`, `eor`).
    A64Logical,
    /// Bits 16 to 21: value, 0 to 63 (`asr`).
    A64Asr,
    /// Bits 10 to 21: the shift to the left by value, 0 to 63 (`lsl`).
    A64Lsl,
    /// Bits 10 to 15: value, 0 to 63 (how an operand is shifted).
    A64Shift,
}

/// For which immediates a form of a stencil is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Fits {
    /// What 12 bits and one more hold, up to 4,094.
    U12,
    /// The same without 0, up to 4,095.
    P12,
    /// What their negatives hold, from -4,094 to -1.
    N12,
    /// 0 to 65,535.
    U16,
    /// -65,536 to -1.
    N16,
    /// 0 to 2**32 - 1.
    U32,
    /// Only the 16 highest bits are not 0.
    Top16,
    /// A multiple of 8 from 0 to 32,760.
    Scaled,
    /// 0 to 4,095: a number of units of eight bytes.
    Index,
    /// What [`logical_immediate`] can say.
    Logical,
    /// 0 to 63.
    Shift,
}

impl Fits {
    /// Whether an immediate is one of them.
    #[must_use]
    pub fn holds(self, imm: u64) -> bool {
        let signed = imm.cast_signed();
        match self {
            Self::U12 => imm <= 4094,
            Self::P12 => (1..=4095).contains(&imm),
            Self::N12 => (-4094..=-1).contains(&signed),
            Self::U16 => imm <= 0xffff,
            Self::N16 => (-0x1_0000..=-1).contains(&signed),
            Self::U32 => imm <= 0xffff_ffff,
            Self::Top16 => imm << 16 == 0,
            Self::Scaled => imm.is_multiple_of(8) && imm / 8 < 4096,
            Self::Index => imm < 4096,
            Self::Logical => logical_immediate(imm).is_some(),
            Self::Shift => imm < 64,
        }
    }
}

/// A value of 64 bits as ARM's logical instructions encode it, `N:immr:imms` in 13 bits:
/// a run of ones, rotated within an element of 2 to 64 bits, which is repeated. 0 and all ones are none.
///
/// Worked example: 0xff00 is eight ones in one element of 64 bits, rotated to the right by 56:
/// N = 1, immr = 56, imms = 7.
#[must_use]
pub fn logical_immediate(value: u64) -> Option<u32> {
    if value == 0 || value == u64::MAX {
        return None;
    }
    // The shortest element that repeats.
    let mut size = 64;
    while size > 2 {
        let half = size / 2;
        let mask = (1_u64 << half) - 1;
        if value & mask != value >> half & mask {
            break;
        }
        size = half;
    }
    let mask = u64::MAX >> (64 - size);
    let element = value & mask;
    let rotate = |by: u32| {
        if by == 0 {
            element
        } else {
            (element >> by | element << (size - by)) & mask
        }
    };
    // Turned so that the run ends at bit 0.
    let turn = (0..size).find(|by| {
        let turned = rotate(*by);
        turned & 1 == 1 && turned >> (size - 1) & 1 == 0
    })?;
    let ones = rotate(turn).trailing_ones();
    if rotate(turn) >> ones != 0 {
        return None;
    }
    let immr = (size - turn) % size;
    // The element's size is told by the bits above the count of ones.
    let imms = (!(size * 2 - 1) & 0x3f) | (ones - 1);
    let n = u32::from(size == 64);
    Some(n << 12 | immr << 6 | imms & 0x3f)
}

/// What a hole is filled with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum HoleValue {
    /// The address where the trace goes on: the loop header in `jump_loop`, else the next instance.
    Continue,
    /// The address of this instruction's exit stub.
    Exit,
    /// The address of the shared leave stub that stores no exit number.
    Leave,
    /// The instruction's immediate.
    Imm,
    /// The number of this instruction's exit.
    ExitIndex,
    /// The address of the helper that this instruction calls.
    Helper,
    /// The offset of an object's class pointer.
    TypeOffset,
}

/// A place in an instance that the emitter fills.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Hole {
    /// From the instance's start.
    pub offset: u32,
    /// How it is written.
    pub kind: Reloc,
    /// What with.
    pub value: HoleValue,
    /// Added to the value.
    pub addend: i64,
}

/// A byte of the code that depends on the register of one operand.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct RegHole {
    /// From the instance's start.
    pub offset: u16,
    /// Which operand (the result comes after the operands).
    pub operand: u8,
    /// The row of [`Tables::flips`] that says which bits each register flips.
    pub table: u16,
}

/// One shape of an op's code.
#[derive(Debug)]
pub struct Variant {
    /// The machine code.
    pub code: &'static [u8],
    /// What registers change in it.
    pub regs: &'static [RegHole],
    /// What the emitter changes in it.
    pub holes: &'static [Hole],
    /// Whether control reaches its end.
    pub falls_through: bool,
}

/// A shorter code for some immediates.
#[derive(Debug)]
pub struct Form {
    /// Which ones.
    pub fits: Fits,
    /// As [`Op::map`].
    pub map: &'static [u8],
    /// The variants.
    pub variants: &'static [Variant],
}

/// All stencils of one op.
#[derive(Debug)]
pub struct Op {
    /// The classes of the operands, then of the result if there is one.
    pub classes: &'static [RegClass],
    /// For each assignment the number of its variant (S1).
    pub map: &'static [u8],
    /// The variants.
    pub variants: &'static [Variant],
    /// What is taken instead where the immediate fits, the best first.
    pub forms: &'static [Form],
}

/// A target's tables, as generated.
#[derive(Debug)]
pub struct Tables {
    /// The stencils by number of the uop; `None` for those without machine code.
    pub ops: &'static [Option<&'static Op>],
    /// Which bits of a byte each pool register flips.
    pub flips: &'static [[u8; MAX_POOL]],
    /// How many registers of each class the pool has: general, floating point.
    pub pool: [usize; 2],
}

/// The size of the pool of a class.
#[must_use]
pub const fn pool_size(pool: [usize; 2], class: RegClass) -> usize {
    match class {
        RegClass::Gpr => pool[0],
        RegClass::Fpr => pool[1],
    }
}
