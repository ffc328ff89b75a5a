//! Register allocation: a linear scan over the whole trace, back edge included.
//!
//! A path is straight-line code, so a single forward walk suffices (a side path starts with the
//! state that its exit had, and must bring about the state of the loop's header again): it knows at each instruction which value sits where, fetches operands,
//! picks a register for the result, and when none is free evicts the value whose loss
//! costs least and whose next use is furthest (Belady's rule, with distances that wrap
//! around the back edge). The parts:
//!
//! - [`ranges`]: last uses, next uses, calls ahead, pressure inside the loop (one walk backward).
//! - [`scan`]: the walk forward.
//! - [`header`]: which values are in which register at the loop header, and the search for the
//!   cheapest choice.
//! - [`moves`]: parallel moves, at the header (once) and at the back edge (each iteration).
//! - [`checker`]: a symbolic proof of each result, in builds with debug assertions.
//!
//! Invariants:
//! - A value that is live is in a register, in its home slot, in both, or it is a constant.
//! - A home slot is written once: an SSA value never changes. A value from before the loop that
//!   needs its slot inside the loop is stored before the header. (A phi without a register is a
//!   slot that the back edge writes.)
//! - Code that this module inserts never touches a register that the surrounding code still needs.
//!
//! Worked example, on x86-64. The counter stays in one register across the back edge, as
//! its next value may overwrite it even though the exit names it (exits leave with registers as
//! they came in):
//!
//! ```text
//! loop_header                    loop_header
//! v4 = phi_int v2 v5
//! v5 = int_add_imm v4 1 ; s1     v5 = int_add_imm r13 -> r13, 1 ; x0 s1 {r13}
//! poll ; s2                      poll ; x1 s2 {r13}
//! jump_loop                      jump_loop
//! ```
#![forbid(unsafe_code)]

pub mod checker;
mod header;
mod moves;
mod ranges;
mod scan;
#[cfg(test)]
mod tests;

use crate::activation::{Activation, SPILL_SLOTS};
use crate::ir::{ImmKind, InstIdx, SnapIdx, Trace, Uop};
use crate::target::{PReg, Target};
use std::fmt;

/// The fewest registers of a class that an allocation needs: an instruction has at most three
/// operands, or two and a result.
pub const MIN_REGISTERS: usize = 3;

/// How to allocate; the default is what production wants.
#[derive(Clone, Copy, Default, Debug)]
pub struct Options {
    /// Use at most so many registers of each class (no fewer than [`MIN_REGISTERS`]).
    pub registers: Option<usize>,
    /// Choose among legal registers at random, with this seed.
    pub random: Option<u64>,
}

/// Why a trace got no allocation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Error {
    /// It needs more spill slots than an activation record has.
    TooManySpills,
    /// It is longer than the tables can index.
    TooLong,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManySpills => write!(f, "the trace needs more than {SPILL_SLOTS} spill slots"),
            Self::TooLong => f.write_str("the trace has too many instructions"),
        }
    }
}

impl std::error::Error for Error {}

/// Names an exit of an allocation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ExitIdx(pub u32);

impl ExitIdx {
    /// As an index into [`Allocation::exits`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Where a value is when the trace is left.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Loc {
    /// In a register.
    Reg(PReg),
    /// In a spill slot of the activation record.
    Spill(u32),
    /// Nowhere: it is a constant with these bits.
    Const(u64),
}

/// A way to leave the trace: a snapshot and where its values are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExitInfo {
    /// The snapshot.
    pub snap: SnapIdx,
    /// The instruction that leaves.
    pub at: InstIdx,
    /// One for each entry of the snapshot; `None` where the entry names no SSA value.
    pub locs: Vec<Option<Loc>>,
}

/// An instruction with registers: one stencil instance (`loop_header` is a label).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MInst {
    /// What it does.
    pub op: Uop,
    /// Where it comes from: the trace's instruction, or `None` for an inserted move.
    pub inst: Option<InstIdx>,
    /// The operands in order, then the result if there is one.
    pub regs: [PReg; 4],
    /// How many of `regs` are meant.
    pub nregs: u8,
    /// The immediate.
    pub imm: u64,
    /// How it leaves, if it can.
    pub exit: Option<ExitIdx>,
}

impl MInst {
    /// The registers that are meant.
    #[must_use]
    pub fn registers(&self) -> &[PReg] {
        &self.regs[..usize::from(self.nregs)]
    }

    /// An instruction that this module inserted.
    fn inserted(op: Uop, inst: Option<InstIdx>, used: &[PReg], imm: u64) -> Self {
        let mut regs = [PReg::gpr(0); 4];
        regs[..used.len()].copy_from_slice(used);
        Self {
            op,
            inst,
            regs,
            nregs: used.len() as u8,
            imm,
            exit: None,
        }
    }
}

/// A trace with registers.
#[derive(Clone, PartialEq, Debug)]
pub struct Allocation {
    /// The instructions in order.
    pub code: Vec<MInst>,
    /// The exits that they name.
    pub exits: Vec<ExitInfo>,
    /// Exits that lead to a side path instead: the instruction that would leave, and the `side`
    /// that stands in the code as a label.
    pub sides: Vec<(InstIdx, InstIdx)>,
    /// How many spill slots are used: the numbers below this one.
    pub spills: usize,
}

/// The byte offset of a spill slot in the activation record: the immediate of a spill or reload.
#[must_use]
pub const fn slot_offset(slot: u32) -> u64 {
    (std::mem::offset_of!(Activation, spill) + 8 * slot as usize) as u64
}

/// The slot at such an offset, if there is one.
#[must_use]
pub fn slot_at(offset: u64) -> Option<u32> {
    (0..SPILL_SLOTS as u32).find(|&slot| slot_offset(slot) == offset)
}

/// Assigns registers and spill slots to the values of a trace.
///
/// # Errors
/// When the trace needs too many spill slots.
///
/// # Panics
/// In builds with debug assertions, when the checker finds the result wrong.
pub fn allocate(trace: &Trace, target: &Target, options: &Options) -> Result<Allocation, Error> {
    // Positions are 32-bit numbers, and distances are sums of two of them.
    if trace.insts.len() > 1 << 28 {
        return Err(Error::TooLong);
    }
    let ranges = ranges::Ranges::new(trace);
    let mut scan = scan::Scan::new(trace, target, &ranges, options);
    match ranges.header {
        Some(header) => {
            scan.block(0, header)?;
            header::allocate_loop(&mut scan)?;
        }
        None => straight(&mut scan)?,
    }
    let allocation = scan.finish();
    #[cfg(debug_assertions)]
    if let Err(wrong) = checker::check(trace, target, &allocation) {
        panic!(
            "register allocation is wrong: {wrong}\n{}",
            allocation.display(target)
        );
    }
    Ok(allocation)
}

/// Allocates a trace without a loop.
fn straight(scan: &mut scan::Scan<'_>) -> Result<(), Error> {
    let ranges = scan.ranges;
    scan.block(0, ranges.jump + 1)?;
    for path in &ranges.sides {
        scan.start_side(path)?;
        scan.block(path.start, path.last + 1)?;
    }
    Ok(())
}

impl Allocation {
    /// The developer's dump, with the target's register names: a line for each instruction, as
    /// `v5 = int_add_imm r13 -> r13, 1 ; x0 s1 {r13}`. What stands in braces is where the exit
    /// finds each entry of its snapshot.
    #[must_use]
    pub fn display<'a>(&'a self, target: &'a Target) -> Dump<'a> {
        Dump {
            allocation: self,
            target: Some(target),
        }
    }
}

impl fmt::Display for Allocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Dump {
            allocation: self,
            target: None,
        }
        .fmt(f)
    }
}

/// Prints an allocation; see [`Allocation::display`].
pub struct Dump<'a> {
    allocation: &'a Allocation,
    /// Pool names (`r0`, `f0`) without one.
    target: Option<&'a Target>,
}

impl Dump<'_> {
    fn reg(&self, f: &mut fmt::Formatter<'_>, reg: PReg) -> fmt::Result {
        match (self.target, reg.class()) {
            (Some(target), _) => f.write_str(target.name(reg)),
            (None, crate::ir::RegClass::Gpr) => write!(f, "r{}", reg.num()),
            (None, crate::ir::RegClass::Fpr) => write!(f, "f{}", reg.num()),
        }
    }

    fn imm(f: &mut fmt::Formatter<'_>, minst: &MInst) -> fmt::Result {
        match minst.op.row().imm {
            ImmKind::None => Ok(()),
            ImmKind::Int | ImmKind::Int32 => write!(f, ", {}", minst.imm.cast_signed()),
            ImmKind::Float => write!(f, ", {:?}", f64::from_bits(minst.imm)),
            ImmKind::Ref => write!(f, ", @{:#x}", minst.imm),
            ImmKind::Helper => match crate::helper::Helper::from_index(minst.imm) {
                Some(helper) => write!(f, ", {}", helper.name()),
                None => write!(f, ", helper {}", minst.imm),
            },
            ImmKind::Offset => match slot_at(minst.imm) {
                Some(slot) if is_spill_code(minst.op) => write!(f, ", slot {slot}"),
                _ => write!(f, ", +{}", minst.imm.cast_signed()),
            },
            ImmKind::Slot | ImmKind::Pc => write!(f, ", {}", minst.imm),
        }
    }

    fn exit(&self, f: &mut fmt::Formatter<'_>, idx: ExitIdx) -> fmt::Result {
        let Some(exit) = self.allocation.exits.get(idx.index()) else {
            return write!(f, " ; x{} (missing)", idx.0);
        };
        write!(f, " ; x{} s{} {{", idx.0, exit.snap.0)?;
        for (n, loc) in exit.locs.iter().enumerate() {
            if n > 0 {
                f.write_str(" ")?;
            }
            match loc {
                None => f.write_str("-")?,
                Some(Loc::Reg(reg)) => self.reg(f, *reg)?,
                Some(Loc::Spill(slot)) => write!(f, "[{slot}]")?,
                Some(Loc::Const(bits)) => write!(f, "#{bits:#x}")?,
            }
        }
        f.write_str("}")
    }
}

impl fmt::Display for Dump<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for minst in &self.allocation.code {
            let result = minst.op.row().ty.class().is_some() && minst.nregs > 0;
            match minst.inst {
                Some(inst) if result => write!(f, "v{} = ", inst.0)?,
                _ => {}
            }
            f.write_str(minst.op.row().name)?;
            let regs = minst.registers();
            let (operands, defs) = regs.split_at(regs.len() - usize::from(result));
            for (n, reg) in operands.iter().enumerate() {
                f.write_str(if n == 0 { " " } else { ", " })?;
                self.reg(f, *reg)?;
            }
            for reg in defs {
                f.write_str(" -> ")?;
                self.reg(f, *reg)?;
            }
            Self::imm(f, minst)?;
            if let Some(exit) = minst.exit {
                self.exit(f, exit)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// Whether an instruction moves a value to or from a spill slot.
const fn is_spill_code(op: Uop) -> bool {
    matches!(
        op,
        Uop::spill_gpr | Uop::spill_fpr | Uop::reload_gpr | Uop::reload_fpr
    )
}

/// Whether an instruction is a constant, which this module rematerialises.
const fn is_const(op: Uop) -> bool {
    matches!(
        op,
        Uop::const_int | Uop::const_float | Uop::const_bool | Uop::const_ref
    )
}
