//! How long the loops of kernels are on each target: whatever machine the tests run on.
//!
//! The traces are those of benches/kernels as they are behind the optimizer, without what the loop
//! does not need. A loop that becomes longer fails here.
//!
//! Instructions of the whole loop, its poll (11 of them) and its jump included; beside it
//! what clang 19 -O1 makes of the same loop in C for ARM, with overflow checks and poll:
//!
//! | kernel | x86-64 | ARM | C on ARM |
//! |---|---|---|---|
//! | while_sum | 24 (103 bytes) | 21 (84 bytes) | 23 |
//! | range_mod | 51 (191 bytes) | 44 (176 bytes) | 35 |
//! | logistic | 23 (103 bytes) | 20 (80 bytes) | 23 |
//!
//! range_mod is longer than C's as its division is one: the compiler multiplies by the inverse of
//! a constant that it knows.

use super::*;
use crate::regalloc::{Options, allocate};
use crate::target::{AARCH64, X86_64};

/// `while i < n: s += i & 7; i += 1`
const WHILE_SUM: &str = "trace {
  v0 = load_local 1
  guard_type v0 @0x7f0000000010 ; s0
  v2 = unbox_int v0 ; s0
  v3 = load_local 0
  guard_type v3 @0x7f0000000010 ; s0
  v5 = unbox_int v3 ; s0
  v6 = load_local 2
  v7 = unbox_int v6 ; s0
  loop_header
  v9 = phi_int v2 v14
  v10 = phi_int v7 v13
  guard_int_lt v9 v5 ; s1
  v12 = int_and_imm v9 7
  v13 = int_add v10 v12 ; s2
  v14 = int_add_imm v9 1 ; s3
  poll ; s4
  jump_loop
  s0: pc=5 mem=0
  s1: pc=6 mem=0 L1=int(v9) L2=int(v10) S0=ref(v3)
  s2: pc=19 mem=0 L1=int(v9) L2=int(v10) S0=int(v12)
  s3: pc=28 mem=0 L1=int(v9) L2=int(v13)
  s4: pc=5 mem=0 L1=int(v14) L2=int(v13)
}";

/// `for i in range(n): s = (s * 3 + i) % 1000003`
const RANGE_MOD: &str = "trace {
  v0 = load_stack 0
  guard_type v0 @0x7f0000000020 ; s0
  v2 = load_i64_fixed v0 72
  v3 = load_i64_fixed v0 56
  v4 = load_i64_fixed v0 64
  v5 = const_int 1
  v6 = load_local 1
  v7 = unbox_int v6 ; s0
  loop_header
  v9 = phi_int v7 v18
  v10 = load_i64 v0 48
  guard_int_ult v10 v2 ; s1
  v12 = int_wrap_mul v4 v10
  v13 = int_wrap_add v3 v12
  v14 = int_wrap_add v10 v5
  store_i64 v0 v14 48
  v16 = int_mul_imm v9 3 ; s2
  v17 = int_add v13 v16 ; s2
  v18 = int_mod_imm v17 1000003
  poll ; s3
  jump_loop
  s0: pc=14 mem=1
  s1: pc=14 mem=1 L1=int(v9)
  s2: pc=19 mem=1 L1=int(v9) L2=int(v13)
  s3: pc=14 mem=1 L1=int(v18) L2=int(v13)
}";

/// `for i in range(n): x = r * x * (1.0 - x)`
const LOGISTIC: &str = "trace {
  v0 = load_stack 0
  guard_type v0 @0x7f0000000020 ; s0
  v2 = load_i64_fixed v0 72
  v3 = const_int 1
  v4 = load_local 1
  v5 = load_f64_fixed v4 48
  v6 = load_local 2
  v7 = load_f64_fixed v6 48
  v8 = const_float 1.0
  loop_header
  v10 = phi_float v7 v17
  v11 = load_i64 v0 48
  guard_int_ult v11 v2 ; s1
  v13 = int_wrap_add v11 v3
  store_i64 v0 v13 48
  v15 = float_mul v5 v10
  v16 = float_sub v8 v10
  v17 = float_mul v15 v16
  poll ; s2
  jump_loop
  s0: pc=16 mem=1
  s1: pc=16 mem=1 L2=float(v10)
  s2: pc=16 mem=1 L2=float(v17)
}";

/// The bytes of a loop.
fn loop_bytes(target: &'static Target, text: &str) -> Vec<u8> {
    let trace = crate::ir::parse::parse(text).unwrap();
    let alloc = allocate(&trace, target, &Options::default()).unwrap();
    let glue = glue::assemble(target).unwrap();
    let library = Library::for_target(target).unwrap();
    let emitted = emit::emit(target, library, &glue.stub, &alloc).unwrap();
    let end = emitted.marks.iter().find(|mark| mark.inst().is_none());
    let end = end.unwrap().start as usize;
    emitted.code[emitted.header.unwrap() as usize..end].to_vec()
}

/// No more bytes on x86-64, no more instructions (of four bytes) on ARM.
#[test]
fn loops_of_kernels_are_as_short_as_they_were() {
    for (text, x86, arm) in [
        (WHILE_SUM, 103, 21),
        (RANGE_MOD, 191, 44),
        (LOGISTIC, 103, 20),
    ] {
        let (on_x86, on_arm) = (loop_bytes(&X86_64, text), loop_bytes(&AARCH64, text));
        assert!(
            on_x86.len() <= x86 && on_arm.len() <= arm * 4,
            "{text}\n{} bytes for {x86}, {} instructions for {arm}\n{on_x86:02x?}\n{on_arm:02x?}",
            on_x86.len(),
            on_arm.len() / 4
        );
    }
}
