//! The only hand-assembled code: how a trace is entered and left.
//!
//! Three entries, in one position-independent piece that is copied to the start of every
//! chunk of code memory:
//! - `enter(activation, block)`, a C function: saves what C functions must save, puts the
//!   activation's address into the context register, and calls the block;
//! - `exit`, where the exit stubs jump to: stores all pool registers into the activation,
//!   and returns to `enter`;
//! - `leave`, for `residual`: only returns to `enter`.
//!
//! Each exit of a trace has a stub behind the trace's code, a copy of [`Glue::stub`] with
//! the exit's number filled in: it stores the number into the activation and jumps to `exit`.
//! A stub starts with a jump to its own next instruction, the *patch point*: one aligned store
//! sends the exit somewhere else ([`super::CodeBlock::patch_exit`]), in reach directly, out of
//! reach by way of a veneer, which jumps to the address that stands behind it.
//!
//! Invariants:
//! - G1: a block is entered with the stack as after a C call, and reaches `exit` and
//!   `leave` with the stack as it was entered. `enter` saves all that a C function must keep (on
//!   ARM x19 to x28 and d8 to d15): stencils keep none of it.
//! - G2: `enter` keeps the chain of frame pointers, and so do stencils that call something, so that
//!   profilers and debuggers that follow it see what was called from compiled code, each compiled
//!   call, and the callers of `enter`. All others leave the frame pointer alone.
//! - G3: there are no unwind tables for any of this. A Rust panic must never reach
//!   compiled code: helpers are `extern "C"` functions, which abort instead.
//! - G4: no state but that of the registers named in `enter` changes: compiled code does
//!   not touch the floating point control register.
//! - G5: the bytes that patching changes lie in one aligned word, and before and after are the
//!   displacement of the same jump. So whoever runs it meanwhile goes to the old place or to the new
//!   one. (ARM allows just this, a `b` for a `b`, without stopping others; on x86-64 no
//!   instruction changes its length.)
//! - G6: `enter` and every block start with the target's [landing pad](landing_pad), and nothing
//!   else is reached by a computed jump: `enter` is called by its address, a block by `enter`, by
//!   `call_trace` and from veneers.
//!
//! Worked example: exit 3 on x86-64, `jmp next; mov qword [r12 + 56], 3; jmp exit`, is 19 bytes.

mod aarch64;
mod x86_64;

use std::mem::offset_of;

use crate::activation::Activation;
use crate::stencil::Reloc;
use crate::target::Target;

/// Where the activation keeps things, as the glue's addressing modes want it.
const EXIT: usize = offset_of!(Activation, exit);
const REGS: usize = offset_of!(Activation, regs);
const FREGS: usize = offset_of!(Activation, fregs);

/// The glue of a target. Offsets count from its start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Glue {
    /// The code.
    pub code: Vec<u8>,
    /// Where `enter` is.
    pub enter: usize,
    /// Where exit stubs jump to.
    pub exit: usize,
    /// Where `residual` jumps to when it ends the trace.
    pub leave: usize,
    /// An exit stub.
    pub stub: Stub,
    /// A jump to any address.
    pub veneer: Veneer,
}

/// The template of an exit stub.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stub {
    /// The code.
    pub code: Vec<u8>,
    /// Where the exit's number goes, and how.
    pub number: &'static [(usize, Reloc)],
    /// Where the address of `exit` goes, how, and with which addend.
    pub jump: (usize, Reloc, i64),
    /// The jump at its start, which can be sent elsewhere (G5).
    pub patch: PatchPoint,
}

/// A jump that is changed while it may run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PatchPoint {
    /// Where the word that changes is; it is aligned in memory.
    pub word: usize,
    /// How a target is written into the word, and with which addend.
    pub reloc: (Reloc, i64),
    /// The word's other bits.
    pub fixed: u32,
    /// Where it goes when it is not patched.
    pub next: usize,
}

/// The template of a veneer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Veneer {
    /// The code. The word of 64 bits with the address comes last, aligned.
    pub code: Vec<u8>,
}

impl Veneer {
    /// Where the address is.
    #[must_use]
    pub fn literal(&self) -> usize {
        self.code.len() - 8
    }
}

/// For branches that reach less far than a block may be long: a jump that reaches all of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Island {
    /// How the targets of such branches are written.
    pub branch: Reloc,
    /// How far forward they reach: less than this.
    pub reach: usize,
    /// The jump, which goes to itself until its target is written.
    pub jump: [u8; 4],
    /// How its target is written.
    pub reloc: Reloc,
}

impl Island {
    /// How long a jump is.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.jump.len()
    }

    /// Whether a branch reaches a place behind it.
    #[must_use]
    pub const fn reaches(&self, branch: u32, place: usize) -> bool {
        place - (branch as usize) < self.reach
    }

    /// A jump over itself and so many others.
    #[must_use]
    pub fn over(&self, count: usize) -> [u8; 4] {
        let mut jump = self.jump;
        let distance = (count + 1) * self.size();
        crate::codegen::patch::apply(&mut jump, 0, self.reloc, distance as u64, 0, 0)
            .expect("an island is not as long as its branches reach");
        jump
    }
}

/// What a target needs for long blocks; none where every branch reaches far enough.
#[must_use]
pub fn island(target: &Target) -> Option<Island> {
    match target.arch {
        "aarch64" => Some(aarch64::ISLAND),
        _ => None,
    }
}

/// What a place begins with that computed jumps may go to. On ARM, where memory can be marked so
/// that they may go nowhere else (the extension BTI), it is an instruction that other processors
/// take for one that does nothing.
#[must_use]
pub fn landing_pad(target: &Target) -> &'static [u8] {
    match target.arch {
        "aarch64" => &aarch64::LANDING_PAD,
        _ => &[],
    }
}

/// The glue for a target, if there is one.
#[must_use]
pub fn assemble(target: &Target) -> Option<Glue> {
    match target.arch {
        "x86_64" => Some(x86_64::assemble()),
        "aarch64" => Some(aarch64::assemble()),
        _ => None,
    }
}

/// Brings an exit stub that comes next to a place where its patch point's word is aligned.
pub fn align_stub(target: &Target, stub: &Stub, out: &mut Vec<u8>) {
    let missing = (out.len() + stub.patch.word).next_multiple_of(4) - out.len() - stub.patch.word;
    nops(target, missing, out);
}

/// Fills up to an alignment (a power of two) with instructions that do nothing.
pub fn align(target: &Target, alignment: usize, out: &mut Vec<u8>) {
    let missing = out.len().next_multiple_of(alignment) - out.len();
    nops(target, missing, out);
}

fn nops(target: &Target, missing: usize, out: &mut Vec<u8>) {
    match target.arch {
        "x86_64" => x86_64::nops(missing, out),
        "aarch64" => aarch64::nops(missing, out),
        arch => unreachable!("there is no glue for {arch}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::{AARCH64, X86_64};

    /// Unpatched, the word is what the template has.
    #[test]
    fn patch_points_go_to_the_next_instruction() {
        for target in [&X86_64, &AARCH64] {
            let Glue { stub, veneer, .. } = assemble(target).unwrap();
            let (kind, addend) = stub.patch.reloc;
            let mut word = stub.patch.fixed.to_le_bytes();
            let (here, next) = (stub.patch.word as u64, stub.patch.next as u64);
            crate::codegen::patch::apply(&mut word, 0, kind, next, addend, here).unwrap();
            assert_eq!(word, stub.code[stub.patch.word..][..4], "{}", target.arch);
            assert_eq!(veneer.literal() % 8, 0);
            for length in (0..32).step_by(if target.arch == "x86_64" { 1 } else { 4 }) {
                let mut out = vec![0; length];
                align_stub(target, &stub, &mut out);
                assert!(out.len() < length + 4 && (out.len() + stub.patch.word) % 4 == 0);
            }
        }
    }

    #[test]
    fn padding_reaches_the_alignment() {
        for length in 0..40 {
            let mut out = vec![0xcc; length];
            align(&X86_64, 16, &mut out);
            assert!(out.len() % 16 == 0 && out.len() < length + 16);
            if length % 4 == 0 {
                let mut out = vec![0; length];
                align(&AARCH64, 16, &mut out);
                assert!(out.len() % 16 == 0 && out.len() < length + 16);
            }
        }
    }
}
