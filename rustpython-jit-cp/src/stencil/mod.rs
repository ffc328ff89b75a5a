//! The stencil library: machine code for every uop and every assignment of registers.
//!
//! The stencils are C functions in `stencils/src`, compiled ahead of time; `stencils/builder`
//! wrote the tables in [`x86_64`](mod@x86_64) and [`aarch64`](mod@aarch64). An instance is a
//! copy of a stencil in which the registers are filled in; immediates and branch targets are
//! left to the emitter as [`Hole`]s. See [`table`] for the format and its invariants.
//!
//! What an instance may rely on and must keep:
//! - L1: it is entered with the stack as after a call (on x86-64 `rsp + 8` is a multiple of 16, on
//!   aarch64 `sp` is) and leaves it so, at its end and at every exit.
//!   On aarch64 the link register keeps its value too.
//! - L2: `Plain` ops change no pool register but the result's, and leave (at an exit) with all of
//!   them as they came.
//! - L3: `Call` ops keep the registers that C functions save, `Clobber` ops none.
//! - L4: registers outside the pool and the context are scratch; the context, the stack pointer
//!   and the frame pointer are kept.
//!
//! Worked example:
//!
//! ```
//! use rustpython_jit_cp::{ir::Uop, stencil::Library, target::{PReg, X86_64}};
//! let library = Library::for_target(&X86_64).unwrap();
//! let mut code = Vec::new();
//! let instance = library
//!     .instantiate(Uop::move_gpr, &[PReg::gpr(0), PReg::gpr(1)], 0, &mut code)
//!     .unwrap();
//! assert_eq!(code, [0x4d, 0x89, 0xee]); // mov r14, r13
//! assert!(instance.falls_through && instance.holes.is_empty());
//! ```
#![deny(unsafe_code)]

#[rustfmt::skip]
mod aarch64;
pub mod table;
#[cfg(test)]
mod tests;
#[rustfmt::skip]
mod x86_64;

use crate::ir::{RegClass, Uop};
use crate::target::{PReg, Target};
pub use table::{Hole, HoleValue, Reloc};
use table::{MAP_BASE, Tables, pool_size};

/// All stencils of one target.
#[derive(Debug)]
pub struct Library {
    tables: &'static Tables,
}

/// A stencil copied for one assignment of registers.
#[derive(Clone, Copy, Debug)]
pub struct Instance {
    /// Where it starts in the output.
    pub start: usize,
    /// What is to be filled in; offsets count from `start`.
    pub holes: &'static [Hole],
    /// Whether control reaches its end: then the next instance is to follow directly.
    pub falls_through: bool,
}

static X86_64: Library = Library {
    tables: &x86_64::TABLES,
};
static AARCH64: Library = Library {
    tables: &aarch64::TABLES,
};

impl Library {
    /// The library for a target, if there is one.
    #[must_use]
    pub fn for_target(target: &Target) -> Option<&'static Self> {
        match target.arch {
            "x86_64" => Some(&X86_64),
            "aarch64" => Some(&AARCH64),
            _ => None,
        }
    }

    /// Appends an instance of a uop's stencil to `out`. `regs` are the registers of its operands
    /// in order, then that of its result; `imm` is the immediate that its holes will be filled
    /// with, for which there may be a shorter form. `None`, and nothing appended, when no stencil has this
    /// assignment.
    pub fn instantiate(
        &self,
        op: Uop,
        regs: &[PReg],
        imm: u64,
        out: &mut Vec<u8>,
    ) -> Option<Instance> {
        let op = (*self.tables.ops.get(op as usize)?)?;
        if regs.len() != op.classes.len() {
            return None;
        }
        let mut assignment = 0;
        for (reg, class) in regs.iter().zip(op.classes) {
            let size = pool_size(self.tables.pool, *class);
            if reg.class() != *class || reg.num() >= size {
                return None;
            }
            assignment = assignment * size + reg.num();
        }
        let form = op.forms.iter().find(|form| form.fits.holds(imm));
        let (map, variants) = form.map_or((op.map, op.variants), |f| (f.map, f.variants));
        let number = map.get(assignment)?.checked_sub(MAP_BASE)?;
        let variant = variants.get(usize::from(number))?;
        let start = out.len();
        out.extend_from_slice(variant.code);
        let code = &mut out[start..];
        for hole in variant.regs {
            let reg = regs[usize::from(hole.operand)];
            code[usize::from(hole.offset)] ^= self.tables.flips[usize::from(hole.table)][reg.num()];
        }
        Some(Instance {
            start,
            holes: variant.holes,
            falls_through: variant.falls_through,
        })
    }

    /// The classes of a uop's registers, operands first; `None` when it has no machine code.
    #[must_use]
    pub fn classes(&self, op: Uop) -> Option<&'static [RegClass]> {
        Some((*self.tables.ops.get(op as usize)?)?.classes)
    }
}
