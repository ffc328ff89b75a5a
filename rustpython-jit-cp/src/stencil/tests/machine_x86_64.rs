//! What the tests of stencils need of x86-64: the frame around an instance, in machine code.

use super::execute::{EXITED, LEFT, WENT_ON};
use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};

/// `fn(frame, code)`, which loads all registers from the frame, calls the code, and stores them
/// again; behind it the places where an instance can end, in the order of their numbers.
pub fn trampoline() -> (Vec<u8>, [usize; 3]) {
    let mut ops = dynasmrt::VecAssembler::<dynasmrt::x64::X64Relocation>::new(0);
    // fn(frame: rdi, code: rsi)
    dynasm!(ops
        ; .arch x64
        ; push rbp
        ; push rbx
        ; push r12
        ; push r13
        ; push r14
        ; push r15
        ; push rdi
        ; mov rax, rdi
        ; mov r11, rsi
        ; mov r13, [rax]
        ; mov r14, [rax + 8]
        ; mov r15, [rax + 16]
        ; mov rdi, [rax + 24]
        ; mov rsi, [rax + 32]
        ; mov rdx, [rax + 40]
        ; mov rcx, [rax + 48]
        ; mov r8, [rax + 56]
        ; mov r9, [rax + 64]
        ; movsd xmm0, [rax + 72]
        ; movsd xmm1, [rax + 80]
        ; movsd xmm2, [rax + 88]
        ; movsd xmm3, [rax + 96]
        ; movsd xmm4, [rax + 104]
        ; movsd xmm5, [rax + 112]
        ; movsd xmm6, [rax + 120]
        ; movsd xmm7, [rax + 128]
        ; mov r12, [rax + 136]
        ; mov rbp, 0x1234
        ; call r11
        ; cmp rbp, 0x1234
        ; je >kept
        ; ud2
        ; kept:
        ; mov rax, [rsp]
        ; mov [rax], r13
        ; mov [rax + 8], r14
        ; mov [rax + 16], r15
        ; mov [rax + 24], rdi
        ; mov [rax + 32], rsi
        ; mov [rax + 40], rdx
        ; mov [rax + 48], rcx
        ; mov [rax + 56], r8
        ; mov [rax + 64], r9
        ; movsd [rax + 72], xmm0
        ; movsd [rax + 80], xmm1
        ; movsd [rax + 88], xmm2
        ; movsd [rax + 96], xmm3
        ; movsd [rax + 104], xmm4
        ; movsd [rax + 112], xmm5
        ; movsd [rax + 120], xmm6
        ; movsd [rax + 128], xmm7
        ; mov [rax + 136], r12
        ; mov [rax + 144], r11
        ; pop rdi
        ; pop r15
        ; pop r14
        ; pop r13
        ; pop r12
        ; pop rbx
        ; pop rbp
        ; ret
    );
    let mut landings = [0; 3];
    for (landing, end) in landings.iter_mut().zip([WENT_ON, EXITED, LEFT]) {
        *landing = ops.offset().0;
        dynasm!(ops ; .arch x64 ; mov r11d, end as i32 ; ret);
    }
    (ops.finalize().expect("no label is missing"), landings)
}

/// See `Code::helper_stub`.
pub fn helper_stub(helper: u64, float: bool) -> Vec<u8> {
    let mut ops = dynasmrt::VecAssembler::<dynasmrt::x64::X64Relocation>::new(0);
    dynasm!(ops
        ; .arch x64
        ; lea rax, [rsp + 8]
        ; test al, 15
        ; je >aligned
        ; ud2
        ; aligned:
        ; sub rsp, 8
        ; mov rax, QWORD helper as i64
        ; call rax
        ; add rsp, 8
        ; mov r11, 0x55
        ; mov rdi, r11
        ; mov rsi, r11
        ; mov rdx, r11
        ; mov rcx, r11
        ; mov r8, r11
        ; mov r9, r11
        ; mov r10, r11
        ; movq xmm1, r11
        ; movq xmm2, r11
        ; movq xmm3, r11
        ; movq xmm4, r11
        ; movq xmm5, r11
        ; movq xmm6, r11
        ; movq xmm7, r11
    );
    if float {
        dynasm!(ops ; .arch x64 ; mov rax, r11);
    } else {
        dynasm!(ops ; .arch x64 ; movq xmm0, r11);
    }
    dynasm!(ops ; .arch x64 ; ret);
    ops.finalize().expect("no label is missing")
}

/// A jump.
pub fn jump(from: usize, to: usize) -> Vec<u8> {
    let distance = to as i32 - (from as i32 + 5);
    [&[0xe9][..], &distance.to_le_bytes()].concat()
}
