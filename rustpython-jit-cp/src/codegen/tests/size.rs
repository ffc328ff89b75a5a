//! How long the loops of the kernels are on each target: whatever machine the tests run on.
//!
//! The traces in `kernels/` are those of benches/kernels as `PYTHON_JIT_DUMP=uops` shows them behind
//! the optimizer, without the side paths that come later. What counts is the loop, its poll (11
//! instructions) and its jump included; each instruction of it runs once an iteration. A loop that
//! becomes longer fails here. `cargo x size` prints the table.
//!
//! Beside it is what a compiler makes of the same loop in C (`size.c`). On ARM no loop may be longer
//! than half as much again, nor, without a reason, 15% longer than on x86-64. (range_mod comes close
//! to the first as its division is one: the compiler multiplies by the inverse of a constant.)
//!
//! Example: `while i < n: s += i & 7; i += 1` is `int_and_imm`, two checked additions, a comparison,
//! poll and jump; on ARM that is 1 + 2 * 2 + 2 + 11 + 1 instructions, and two moves that bring an
//! addition's result where the loop wants it only once it cannot leave any more.

use iced_x86::{Decoder, DecoderOptions, Mnemonic};

use super::*;
use crate::regalloc::{Options, allocate};
use crate::target::{AARCH64, X86_64};

/// A loop, and how long it is known to be.
struct Kernel {
    name: &'static str,
    trace: &'static str,
    /// Instructions and bytes.
    x86: (usize, usize),
    /// Instructions.
    arm: usize,
    /// Instructions of the loop in C on ARM.
    c: usize,
    /// Why it is more than 15% longer on ARM.
    why: &'static str,
}

macro_rules! kernels {
    ($($name:ident: x86 $x86:expr, arm $arm:expr, c $c:expr, $why:expr;)*) => {
        const KERNELS: &[Kernel] = &[$(Kernel {
            name: stringify!($name),
            trace: include_str!(concat!("kernels/", stringify!($name), ".ir")),
            x86: $x86,
            arm: $arm,
            c: $c,
            why: $why,
        }),*];
    };
}

kernels! {
    while_sum: x86 (24, 101), arm 21, c 20, "";
    while_module: x86 (24, 101), arm 21, c 20, "";
    range_mod: x86 (51, 190), arm 44, c 31, "";
    nested: x86 (26, 105), arm 23, c 21, "";
    logistic: x86 (28, 119), arm 22, c 19, "";
    horner: x86 (37, 173), arm 35, c 28, "";
    sieve_mark: x86 (25, 114), arm 27, c 23, "";
    sieve_count: x86 (31, 151), arm 36, c 26,
        "two classes or objects to compare with: an address takes three instructions instead of one";
}

/// The bytes from the loop's header to the first stub.
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

/// Instructions and bytes of the loop on x86-64, without what only aligns the stub behind it.
fn on_x86(text: &str) -> (usize, usize) {
    let bytes = loop_bytes(&X86_64, text);
    let (mut found, mut end) = ((0, 0), 0);
    for (number, inst) in Decoder::new(64, &bytes, DecoderOptions::NONE)
        .iter()
        .enumerate()
    {
        assert!(!inst.is_invalid(), "{bytes:02x?}");
        end += inst.len();
        if inst.mnemonic() != Mnemonic::Nop {
            found = (number + 1, end);
        }
    }
    assert_eq!(end, bytes.len(), "all of it is code");
    found
}

/// Instructions of the loop on ARM, where each has four bytes and stubs need no alignment.
fn on_arm(text: &str) -> usize {
    loop_bytes(&AARCH64, text).len() / 4
}

#[test]
fn loops_of_kernels_are_as_short_as_they_were() {
    println!("instructions of an iteration (bytes)");
    println!("loop            x86-64         ARM    ARM/x86-64   C on ARM   ARM/C");
    let mut wrong = Vec::new();
    for kernel in KERNELS {
        let (x86, arm) = (on_x86(kernel.trace), on_arm(kernel.trace));
        println!(
            "{:<14} {:>3} ({:>3})   {:>3} ({:>3})   {:>10.2}   {:>8}   {:>5.2}  {}",
            kernel.name,
            x86.0,
            x86.1,
            arm,
            arm * 4,
            arm as f64 / x86.0 as f64,
            kernel.c,
            arm as f64 / kernel.c as f64,
            kernel.why
        );
        let rules = [
            (
                x86.0 <= kernel.x86.0 && x86.1 <= kernel.x86.1,
                "longer than it was on x86-64",
            ),
            (arm <= kernel.arm, "longer than it was on ARM"),
            (
                arm * 2 <= kernel.c * 3,
                "longer than half as much again as C",
            ),
            (
                (arm * 100 > x86.0 * 115) != kernel.why.is_empty(),
                "a reason is missing or superfluous",
            ),
        ];
        wrong.extend(
            rules
                .iter()
                .filter(|(good, _)| !good)
                .map(|(_, rule)| (kernel.name, *rule)),
        );
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}
