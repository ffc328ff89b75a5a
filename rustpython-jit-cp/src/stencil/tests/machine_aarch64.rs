//! What the tests of stencils need of 64-bit ARM: the frame around an instance, in machine code.

use super::execute::{EXITED, LEFT, WENT_ON};
use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};

/// `fn(frame, code)`, which loads all registers from the frame, calls the code, and stores them
/// again; behind it the places where an instance can end, in the order of their numbers.
pub fn trampoline() -> (Vec<u8>, [usize; 3]) {
    let mut ops = dynasmrt::VecAssembler::<dynasmrt::aarch64::Aarch64Relocation>::new(0);
    dynasm!(ops
        ; .arch aarch64
        ; stp x29, x30, [sp, #-176]!
        ; stp x19, x20, [sp, #16]
        ; stp x21, x22, [sp, #32]
        ; stp x23, x24, [sp, #48]
        ; stp x25, x26, [sp, #64]
        ; stp x27, x28, [sp, #80]
        ; stp d8, d9, [sp, #96]
        ; stp d10, d11, [sp, #112]
        ; stp d12, d13, [sp, #128]
        ; stp d14, d15, [sp, #144]
        ; str x0, [sp, #160]
        ; mov x16, x0
        ; mov x17, x1
        ; ldp x21, x22, [x16]
        ; ldp x23, x24, [x16, #16]
        ; ldp x25, x26, [x16, #32]
        ; ldp x27, x28, [x16, #48]
        ; ldr x0, [x16, #64]
        ; ldp d0, d1, [x16, #72]
        ; ldp d2, d3, [x16, #88]
        ; ldp d4, d5, [x16, #104]
        ; ldp d6, d7, [x16, #120]
        ; ldr x20, [x16, #136]
        ; movz x29, #0x1234
        ; blr x17
        ; movz x16, #0x1234
        ; cmp x29, x16
        ; b.eq >kept
        ; .u32 0 // no instruction
        ; kept:
        ; ldr x16, [sp, #160]
        ; stp x21, x22, [x16]
        ; stp x23, x24, [x16, #16]
        ; stp x25, x26, [x16, #32]
        ; stp x27, x28, [x16, #48]
        ; str x0, [x16, #64]
        ; stp d0, d1, [x16, #72]
        ; stp d2, d3, [x16, #88]
        ; stp d4, d5, [x16, #104]
        ; stp d6, d7, [x16, #120]
        ; str x20, [x16, #136]
        ; str x9, [x16, #144]
        ; ldp x19, x20, [sp, #16]
        ; ldp x21, x22, [sp, #32]
        ; ldp x23, x24, [sp, #48]
        ; ldp x25, x26, [sp, #64]
        ; ldp x27, x28, [sp, #80]
        ; ldp d8, d9, [sp, #96]
        ; ldp d10, d11, [sp, #112]
        ; ldp d12, d13, [sp, #128]
        ; ldp d14, d15, [sp, #144]
        ; ldp x29, x30, [sp], #176
        ; ret
    );
    let mut landings = [0; 3];
    for (landing, end) in landings.iter_mut().zip([WENT_ON, EXITED, LEFT]) {
        *landing = ops.offset().0;
        dynasm!(ops ; .arch aarch64 ; movz x9, end as u32 ; ret);
    }
    (ops.finalize().expect("no label is missing"), landings)
}

/// See `Code::helper_stub`.
#[allow(
    clippy::useless_conversion,
    reason = "the macro converts what already is a u8"
)]
pub fn helper_stub(helper: u64, float: bool) -> Vec<u8> {
    let mut ops = dynasmrt::VecAssembler::<dynasmrt::aarch64::Aarch64Relocation>::new(0);
    let part = |shift: u32| (helper >> shift & 0xffff) as u32;
    dynasm!(ops
        ; .arch aarch64
        ; mov x9, sp
        ; tst x9, #15
        ; b.eq >aligned
        ; .u32 0 // no instruction
        ; aligned:
        ; stp x29, x30, [sp, #-16]!
        ; movz x9, part(0)
        ; movk x9, part(16), lsl #16
        ; movk x9, part(32), lsl #32
        ; movk x9, part(48), lsl #48
        ; blr x9
        ; ldp x29, x30, [sp], #16
        ; movz x9, #0x55
    );
    // What the convention does not make a function keep, but for the result.
    for reg in (u8::from(!float)..=8).chain(10..=17) {
        dynasm!(ops ; .arch aarch64 ; mov X(reg), x9);
    }
    for reg in (u8::from(float)..=7).chain(16..=31) {
        dynasm!(ops ; .arch aarch64 ; fmov D(reg), x9);
    }
    dynasm!(ops ; .arch aarch64 ; ret);
    ops.finalize().expect("no label is missing")
}

/// A jump.
pub fn jump(from: usize, to: usize) -> Vec<u8> {
    let distance = (to as i32 - from as i32) / 4;
    (0x1400_0000 | distance as u32 & 0x03ff_ffff)
        .to_le_bytes()
        .into()
}
