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
//! - S3: the bytes under a [`Hole`] are zero, but for the fixed bits of an instruction that contains it.
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
    /// Bits 10 to 21 of an instruction: (value + addend) / 8, which must be whole and less than
    /// 4,096 (`ldr` and `str` of eight bytes).
    A64LdSt64,
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

/// All stencils of one op.
#[derive(Debug)]
pub struct Op {
    /// The classes of the operands, then of the result if there is one.
    pub classes: &'static [RegClass],
    /// For each assignment the number of its variant (S1).
    pub map: &'static [u8],
    /// The variants.
    pub variants: &'static [Variant],
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
