//! The glue for x86-64, System V convention.
//!
//! The stack while a block runs, from high to low: return address, rbp (rbp points
//! here), rbx, r12, r13, r14, r15, eight bytes of nothing, return address into `enter`.
//! So a block starts with rsp 8 below a multiple of 16, as after any call.

use dynasmrt::{DynasmApi, VecAssembler, dynasm, x64::X64Relocation};

use super::{EXIT, FREGS, Glue, PatchPoint, REGS, Stub, Veneer};
use crate::stencil::Reloc;

/// The numbers of the general pool registers, in the order of the target's names.
const GPRS: [u8; 9] = [13, 14, 15, 7, 6, 2, 1, 8, 9];
/// The numbers of the floating point pool registers.
const FPRS: [u8; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

#[allow(
    clippy::useless_conversion,
    reason = "the macro converts what already is a u8"
)]
pub(super) fn assemble() -> Glue {
    let mut ops = VecAssembler::<X64Relocation>::new(0);
    let enter = ops.offset().0;
    dynasm!(ops
        ; .arch x64
        ; push rbp
        ; mov rbp, rsp
        ; push rbx
        ; push r12
        ; push r13
        ; push r14
        ; push r15
        ; sub rsp, 8
        ; mov r12, rdi
        ; call rsi
        ; add rsp, 8
        ; pop r15
        ; pop r14
        ; pop r13
        ; pop r12
        ; pop rbx
        ; pop rbp
        ; ret
    );
    let exit = ops.offset().0;
    for (reg, offset) in GPRS.into_iter().zip((REGS as i32..).step_by(8)) {
        dynasm!(ops ; .arch x64 ; mov [r12 + offset], Rq(reg));
    }
    for (reg, offset) in FPRS.into_iter().zip((FREGS as i32..).step_by(8)) {
        dynasm!(ops ; .arch x64 ; movsd [r12 + offset], Rx(reg));
    }
    let leave = ops.offset().0;
    dynasm!(ops ; .arch x64 ; ret);
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
    const {
        assert!(
            EXIT < 128,
            "the exit's number is in reach of a short displacement"
        )
    };
    let mut ops = VecAssembler::<X64Relocation>::new(0);
    dynasm!(ops
        ; .arch x64
        ; .bytes [0xe9, 0, 0, 0, 0] // jmp next
        ; mov QWORD [BYTE r12 + EXIT as i8], 0
        ; .bytes [0xe9, 0, 0, 0, 0] // jmp exit
    );
    let code = ops
        .finalize()
        .expect("the stub has no labels that could be missing");
    // `code` is 5 + 9 + 5 bytes, and each instruction ends with its hole.
    Stub {
        code,
        number: &[(10, Reloc::X86Abs32S)],
        jump: (15, Reloc::X86Rel32, -4),
        patch: PatchPoint {
            word: 1,
            reloc: (Reloc::X86Rel32, -4),
            fixed: 0,
            next: 5,
        },
    }
}

fn veneer() -> Veneer {
    let mut ops = VecAssembler::<X64Relocation>::new(0);
    dynasm!(ops
        ; .arch x64
        ; .bytes [0xff, 0x25, 2, 0, 0, 0] // jmp [rip + 2]
        ; .bytes [0x0f, 0x0b] // ud2: nothing runs on
        ; .u64 0
    );
    let code = ops
        .finalize()
        .expect("the veneer has no labels that could be missing");
    Veneer { code }
}

/// The recommended instructions of 1 to 9 bytes that do nothing.
const NOPS: [&[u8]; 9] = [
    &[0x90],
    &[0x66, 0x90],
    &[0x0f, 0x1f, 0x00],
    &[0x0f, 0x1f, 0x40, 0x00],
    &[0x0f, 0x1f, 0x44, 0x00, 0x00],
    &[0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00],
    &[0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00],
    &[0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
    &[0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
];

pub(super) fn nops(mut missing: usize, out: &mut Vec<u8>) {
    while missing > 0 {
        let nop = NOPS[missing.min(NOPS.len()) - 1];
        out.extend_from_slice(nop);
        missing -= nop.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::X86_64;

    #[test]
    fn numbers_are_those_of_the_names() {
        let number = |name: &str| match name {
            "rcx" => 1,
            "rdx" => 2,
            "rsi" => 6,
            "rdi" => 7,
            _ => name
                .trim_start_matches(['r', 'x', 'm'])
                .parse::<u8>()
                .unwrap(),
        };
        assert!(X86_64.gprs.iter().map(|name| number(name)).eq(GPRS));
        assert!(X86_64.fprs.iter().map(|name| number(name)).eq(FPRS));
        assert_eq!(X86_64.context, "r12");
    }

    #[test]
    fn stub_is_what_its_holes_say() {
        let stub = stub();
        assert_eq!(
            stub.code,
            [
                0xe9, 0, 0, 0, 0, 0x49, 0xc7, 0x44, 0x24, EXIT as u8, 0, 0, 0, 0, 0xe9, 0, 0, 0, 0
            ]
        );
    }
}
