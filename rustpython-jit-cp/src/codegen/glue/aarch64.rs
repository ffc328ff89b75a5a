//! The glue for 64-bit ARM, AAPCS64 convention.
//!
//! `enter`'s frame has 160 bytes, the frame record lowest (x29 points there, and sp is
//! equal to it while a block runs): x29, x30, x19 to x28, d8 to d15.
//! A block returns through x30, which every stencil that makes a call restores.
//!
//! `enter` has an `isb`: another core may have written the block, and this one may hold
//! what it fetched from there before.

use dynasmrt::{DynasmApi, VecAssembler, aarch64::Aarch64Relocation, dynasm};

use super::{EXIT, FREGS, Glue, Island, PatchPoint, REGS, Stub, Veneer};
use crate::stencil::Reloc;

/// `b.cond` and `cbz` have 19 bits of words, with a sign; `b` has 26.
pub(super) const ISLAND: Island = Island {
    branch: Reloc::A64CondBranch19,
    reach: 1 << 20,
    jump: 0x1400_0000_u32.to_le_bytes(),
    reloc: Reloc::A64Branch26,
};

/// `bti c`: calls may go here, and jumps by way of x16 (veneers).
pub(super) const LANDING_PAD: [u8; 4] = 0xd503_245f_u32.to_le_bytes();

/// The numbers of the general pool registers, in the order of the target's names.
const GPRS: [u8; 9] = [21, 22, 23, 24, 25, 26, 27, 28, 0];
/// The numbers of the floating point pool registers.
const FPRS: [u8; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

#[allow(
    clippy::useless_conversion,
    reason = "the macro converts what already is a u8"
)]
pub(super) fn assemble() -> Glue {
    let mut ops = VecAssembler::<Aarch64Relocation>::new(0);
    let enter = ops.offset().0;
    dynasm!(ops
        ; .arch aarch64
        ; .u32 u32::from_le_bytes(LANDING_PAD)
        ; stp x29, x30, [sp, #-160]!
        ; mov x29, sp
        ; stp x19, x20, [sp, #16]
        ; stp x21, x22, [sp, #32]
        ; stp x23, x24, [sp, #48]
        ; stp x25, x26, [sp, #64]
        ; stp x27, x28, [sp, #80]
        ; stp d8, d9, [sp, #96]
        ; stp d10, d11, [sp, #112]
        ; stp d12, d13, [sp, #128]
        ; stp d14, d15, [sp, #144]
        ; mov x20, x0
        ; isb
        ; blr x1
        ; ldp x19, x20, [sp, #16]
        ; ldp x21, x22, [sp, #32]
        ; ldp x23, x24, [sp, #48]
        ; ldp x25, x26, [sp, #64]
        ; ldp x27, x28, [sp, #80]
        ; ldp d8, d9, [sp, #96]
        ; ldp d10, d11, [sp, #112]
        ; ldp d12, d13, [sp, #128]
        ; ldp d14, d15, [sp, #144]
        ; ldp x29, x30, [sp], #160
        ; ret
    );
    let exit = ops.offset().0;
    for (reg, offset) in GPRS.into_iter().zip((REGS as u32..).step_by(8)) {
        dynasm!(ops ; .arch aarch64 ; str X(reg), [x20, offset]);
    }
    for (reg, offset) in FPRS.into_iter().zip((FREGS as u32..).step_by(8)) {
        dynasm!(ops ; .arch aarch64 ; str D(reg), [x20, offset]);
    }
    let leave = ops.offset().0;
    dynasm!(ops ; .arch aarch64 ; ret);
    let code = ops
        .finalize()
        .expect("the glue has no labels that could be missing");
    Glue {
        code,
        enter,
        exit,
        leave,
        stub: stub(),
        veneer: veneer(),
    }
}

fn stub() -> Stub {
    let mut ops = VecAssembler::<Aarch64Relocation>::new(0);
    dynasm!(ops
        ; .arch aarch64
        ; .u32 0x1400_0001 // b next
        ; movz x16, #0
        ; movk x16, #0, lsl #16
        ; str x16, [x20, EXIT as u32]
        ; .u32 0x1400_0000 // b exit
    );
    let code = ops
        .finalize()
        .expect("the stub has no labels that could be missing");
    Stub {
        code,
        number: &[
            (4, Reloc::A64MovW { shift: 0 }),
            (8, Reloc::A64MovW { shift: 16 }),
        ],
        jump: (16, Reloc::A64Branch26, 0),
        patch: PatchPoint {
            word: 0,
            reloc: (Reloc::A64Branch26, 0),
            fixed: 0x1400_0000,
            next: 4,
        },
    }
}

/// By way of x16, which the convention leaves to veneers (and from which `br` may land on any
/// kind of landing pad).
fn veneer() -> Veneer {
    let mut ops = VecAssembler::<Aarch64Relocation>::new(0);
    dynasm!(ops
        ; .arch aarch64
        ; .u32 0x5800_0050 // ldr x16, the word behind the next instruction
        ; br x16
        ; .u64 0
    );
    let code = ops
        .finalize()
        .expect("the veneer has no labels that could be missing");
    Veneer { code }
}

pub(super) fn nops(missing: usize, out: &mut Vec<u8>) {
    debug_assert_eq!(missing % 4, 0, "code is whole instructions");
    for _ in 0..missing / 4 {
        out.extend_from_slice(&0xd503_201f_u32.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::AARCH64;

    #[test]
    fn numbers_are_those_of_the_names() {
        let number = |name: &&str| name[1..].parse::<u8>().unwrap();
        assert!(AARCH64.gprs.iter().map(number).eq(GPRS));
        assert!(AARCH64.fprs.iter().map(number).eq(FPRS));
        assert_eq!(AARCH64.context, "x20");
    }

    /// The encodings, as an assembler of another make gives them.
    #[test]
    fn code_is_what_other_assemblers_give() {
        let glue = assemble();
        let words: Vec<u32> = glue
            .code
            .chunks(4)
            .map(|word| u32::from_le_bytes(word.try_into().unwrap()))
            .collect();
        assert_eq!(words[0], 0xd503_245f, "bti c");
        assert_eq!(words[1], 0xa9b6_7bfd, "stp x29, x30, [sp, #-160]!");
        assert_eq!(words[12], 0xaa00_03f4, "mov x20, x0");
        assert_eq!(words[13], 0xd503_3fdf, "isb");
        assert_eq!(words[14], 0xd63f_0020, "blr x1");
        assert_eq!(words[glue.exit / 4], 0xf900_7295, "str x21, [x20, #224]");
        assert_eq!(words[glue.leave / 4], 0xd65f_03c0, "ret");
        assert_eq!(words.len(), glue.leave / 4 + 1);
        let stub: Vec<u32> = glue
            .stub
            .code
            .chunks(4)
            .map(|word| u32::from_le_bytes(word.try_into().unwrap()))
            .collect();
        assert_eq!(
            stub,
            [
                0x1400_0001,
                0xd280_0010,
                0xf2a0_0010,
                0xf900_1e90,
                0x1400_0000
            ]
        );
        assert_eq!(
            glue.veneer.code[..8],
            [0x50, 0, 0, 0x58, 0x00, 0x02, 0x1f, 0xd6],
            "ldr x16, #8; br x16"
        );
    }
}
