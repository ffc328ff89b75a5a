//! One description per target: what the register allocator and the emitter know of it.
//!
//! The pool is what compiled code allocates from. Pool register number `n` is the
//! `n`th parameter of its class in the stencils' signature, after the context.
//! Everything up to the emitter works from this description, whatever machine it runs on.
//! Another target (RISC-V, say) touches these places only:
//!
//! | place | what it gets |
//! |---|---|
//! | here | its [`Target`], in [`Target::native`] too |
//! | `stencils/src/stencil.h` and a header beside it | the primitives of the stencils: immediates, offsets, overflow |
//! | `stencils/builder/src/asm.rs`, `compile.rs`, `forms.rs` | its branches and their opposites; compiler flags and relocations; short immediates |
//! | [`crate::stencil`] | the library that the builder writes, in `Library::for_target` |
//! | `stencil/table.rs`, [`crate::codegen::patch`] | the fields that its holes are, and the immediates that have shorter forms |
//! | [`crate::codegen::glue`] | entry, exit, exit stub, veneer, padding, a landing pad if there are such; an island if a conditional branch reaches less far than `MAX_CHUNK` |
//! | [`crate::codegen::code_memory`] | how instruction fetch is told of new code (`synchronize`), and a lower `MAX_CHUNK` if its jumps reach less far |
//! | `stencil/tests/machine_*.rs` | the frame in which the tests run a stencil |
//! | `codegen/tests.rs`, `codegen/tests/exits.rs`, `regalloc/tests/mod.rs` | the few instructions that tests are written in; its description, for the allocator's tests |
//! | `ci/x/src/arm64.rs` | how its tests run on other machines |
//!
//! A test (`codegen/tests/targets.rs`) looks for the names of targets everywhere else.
//!
//! Worked example: on x86-64 the context is r12 (the first parameter of
//! `preserve_none`), and pool register `r0` is r13.
#![forbid(unsafe_code)]

use crate::ir::RegClass;

/// The most general registers any target's pool has.
pub const MAX_GPRS: usize = 9;
/// The most floating point registers any target's pool has.
pub const MAX_FPRS: usize = 8;

/// A pool register: a class and a number in the pool.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PReg {
    fpr: bool,
    num: u8,
}

impl PReg {
    /// The general register with this pool number.
    #[must_use]
    pub const fn gpr(num: u8) -> Self {
        Self { fpr: false, num }
    }
    /// The floating point register with this pool number.
    #[must_use]
    pub const fn fpr(num: u8) -> Self {
        Self { fpr: true, num }
    }
    /// Its class.
    #[must_use]
    pub const fn class(self) -> RegClass {
        if self.fpr {
            RegClass::Fpr
        } else {
            RegClass::Gpr
        }
    }
    /// Its number in the pool of its class.
    #[must_use]
    pub const fn num(self) -> usize {
        self.num as usize
    }
}

/// A target's register file and calling convention.
#[derive(Debug)]
pub struct Target {
    /// The name of its architecture as in `std::env::consts::ARCH`.
    pub arch: &'static str,
    /// The context register's name.
    pub context: &'static str,
    /// The names of the general pool registers.
    pub gprs: &'static [&'static str],
    /// The names of the floating point pool registers.
    pub fprs: &'static [&'static str],
    /// Bit `n` is set when general pool register `n` keeps its value across a C call.
    pub gprs_saved: u16,
    /// The same for floating point registers.
    pub fprs_saved: u16,
}

/// x86-64, System V; `preserve_none` passes integers in r12, r13, r14, r15, rdi, rsi, rdx,
/// rcx, r8, r9, r11, rax, of which the last two stay free for the stencils.
pub static X86_64: Target = Target {
    arch: "x86_64",
    context: "r12",
    gprs: &["r13", "r14", "r15", "rdi", "rsi", "rdx", "rcx", "r8", "r9"],
    fprs: &[
        "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
    ],
    gprs_saved: 0b0_0000_0111,
    fprs_saved: 0,
};

/// 64-bit ARM; `preserve_none` passes integers in x20 to x28, x0 to x7, and so on.
pub static AARCH64: Target = Target {
    arch: "aarch64",
    context: "x20",
    gprs: &["x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x0"],
    fprs: &["d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7"],
    gprs_saved: 0b0_1111_1111,
    fprs_saved: 0,
};

impl Target {
    /// The target that this program runs on, if the JIT knows it.
    #[must_use]
    pub fn native() -> Option<&'static Self> {
        [&X86_64, &AARCH64]
            .into_iter()
            .find(|t| t.arch == std::env::consts::ARCH)
    }

    /// How many pool registers a class has.
    #[must_use]
    pub fn pool(&self, class: RegClass) -> usize {
        match class {
            RegClass::Gpr => self.gprs.len(),
            RegClass::Fpr => self.fprs.len(),
        }
    }

    /// Whether a register keeps its value across a C call.
    #[must_use]
    pub fn saved(&self, reg: PReg) -> bool {
        let mask = match reg.class() {
            RegClass::Gpr => self.gprs_saved,
            RegClass::Fpr => self.fprs_saved,
        };
        mask >> reg.num() & 1 == 1
    }

    /// The register's name.
    #[must_use]
    pub fn name(&self, reg: PReg) -> &'static str {
        match reg.class() {
            RegClass::Gpr => self.gprs[reg.num()],
            RegClass::Fpr => self.fprs[reg.num()],
        }
    }
}
