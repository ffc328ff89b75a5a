//! Copy and patch: an allocation becomes bytes, then code for one address.
//!
//! [`emit`] copies the stencils one after the other, and puts a stub for each exit that
//! they refer to behind them. Its size is known then, so that the caller can find room;
//! [`Emitted::link`] fills all holes for the address found. No instruction's code depends
//! on the address but through its holes. In blocks that are longer than a branch reaches, it goes by
//! way of an [island](super::islands).
//!
//! Worked example: of `loop_header; int_add r0 r1 -> r0 (exit 0); jump_loop` only the
//! addition and the jump have code. The header aligns what follows it to 16 bytes and
//! names that place. The addition's `jo` gets the address of the stub for exit 0; its end
//! falls through. The jump's hole gets the header's address.
#![forbid(unsafe_code)]

use super::glue::{self, Glue, Stub};
use super::islands::Islands;
use super::patch::{self, RelocError};
use super::{CodeError, Resolver};
use crate::helper::{HELPERS, Helper};
use crate::ir::{ImmKind, InstIdx, Shape, UOPS, Uop};
use crate::regalloc::{Allocation, MInst};
use crate::stencil::{Hole, HoleValue, Library};
use crate::target::Target;

/// What loop headers are aligned to.
const HEADER_ALIGNMENT: usize = 16;

/// What side paths are aligned to.
const SIDE_ALIGNMENT: usize = 16;

/// What holes for the host are filled with, looked up once for a cache.
#[derive(Debug)]
pub struct Host {
    /// Addresses by the helper's number.
    addresses: Vec<usize>,
    /// For each uop that always calls the same helper, that helper.
    named: Vec<Option<Helper>>,
    type_offset: i32,
}

impl Host {
    /// Asks for every address.
    #[must_use]
    pub fn new(resolver: Resolver) -> Self {
        Self {
            addresses: super::helper_addresses(resolver),
            named: UOPS
                .iter()
                .map(|op| {
                    HELPERS
                        .iter()
                        .copied()
                        .find(|h| h.uop() == *op && h.name() == op.row().name)
                })
                .collect(),
            type_offset: resolver.type_offset,
        }
    }

    /// The address of the helper that an instruction calls.
    fn helper(&self, inst: &MInst) -> Option<u64> {
        let helper = if inst.op.row().imm == ImmKind::Helper {
            Helper::from_index(inst.imm).filter(|helper| helper.uop() == inst.op)
        } else {
            self.named[inst.op as usize]
        }?;
        Some(self.addresses[helper as usize] as u64)
    }
}

/// What a stretch of code is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// Where it starts; it ends where the next one starts.
    pub start: u32,
    /// The instruction's place in the allocation, or [`Self::STUB`] and the exit's number.
    what: u32,
}

impl Mark {
    const STUB: u32 = 1 << 31;

    /// The place in the allocation of the instruction that it belongs to; none for a stub.
    #[must_use]
    pub const fn inst(self) -> Option<usize> {
        if self.what & Self::STUB == 0 {
            Some(self.what as usize)
        } else {
            None
        }
    }

    /// The number of the instruction or exit.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.what & !Self::STUB
    }
}

/// Code that does not know its address yet.
#[derive(Debug)]
pub struct Emitted {
    /// The code.
    pub code: Vec<u8>,
    /// What is where, in order: the instructions that have code, then the stubs.
    pub marks: Vec<Mark>,
    /// Where the loop starts.
    pub header: Option<u32>,
    /// The holes of each instruction in `marks`.
    holes: Vec<&'static [Hole]>,
    /// Where each exit's stub is; [`NO_STUB`] without one.
    pub stubs: Vec<u32>,
    /// Where side paths start, by the instruction whose exit leads there.
    sides: Vec<(InstIdx, u32)>,
    /// The jumps of branches that do not reach where they go.
    islands: Islands,
    /// What is added to the numbers of exits.
    pub first_exit: u32,
}

/// An exit that nothing leads to.
pub const NO_STUB: u32 = u32::MAX;

/// Copies the stencils and stubs.
///
/// # Errors
/// `MissingStencil`, and `Malformed` when a trace does not end, jumps without a header, or
/// has an instruction without the exit that it needs.
pub fn emit(
    target: &Target,
    library: &Library,
    stub: &Stub,
    alloc: &Allocation,
) -> Result<Emitted, CodeError> {
    let count = alloc.code.len();
    let mut code = Vec::with_capacity(count * 32);
    code.extend_from_slice(glue::landing_pad(target));
    let mut marks = Vec::with_capacity(count + alloc.exits.len());
    let mut holes = Vec::with_capacity(count);
    let mut wanted = vec![NO_STUB; alloc.exits.len()];
    let mut header = None;
    let mut sides = Vec::with_capacity(alloc.sides.len());
    let mut islands = Islands::new(glue::island(target));
    // Whether control can reach the end of the code so far, and from which uop.
    let mut open = Some(Uop::loop_header);
    for (at, inst) in alloc.code.iter().enumerate() {
        let malformed = |reason| CodeError::Malformed {
            op: inst.op,
            reason,
        };
        let regs = inst
            .regs
            .get(..usize::from(inst.nregs))
            .ok_or(malformed("it has too many registers"))?;
        islands.make_room(open.is_some(), &mut code);
        match inst.op {
            Uop::loop_header => {
                if header.is_some() {
                    return Err(malformed("it stands in the trace twice"));
                }
                // Padding belongs to whatever comes before it.
                glue::align(target, HEADER_ALIGNMENT, &mut code);
                header = Some(offset(code.len()));
                continue;
            }
            Uop::side => {
                let leads = alloc
                    .sides
                    .iter()
                    .find(|(_, side)| Some(*side) == inst.inst);
                let (from, _) = leads.ok_or(malformed("nothing leads there"))?;
                if open.is_some() {
                    return Err(malformed("the path before it does not end"));
                }
                glue::align(target, SIDE_ALIGNMENT, &mut code);
                sides.push((*from, offset(code.len())));
                open = Some(Uop::side);
                continue;
            }
            Uop::move_gpr | Uop::move_fpr if regs.len() == 2 && regs[0] == regs[1] => continue,
            op if op.row().shape == Shape::Pseudo => continue,
            _ => {}
        }
        let instance = library
            .instantiate(inst.op, regs, inst.imm, &mut code)
            .ok_or_else(|| CodeError::MissingStencil {
                op: inst.op,
                regs: regs.to_vec(),
            })?;
        marks.push(Mark {
            start: offset(instance.start),
            what: offset(at),
        });
        holes.push(instance.holes);
        let mut goes_on = instance.falls_through;
        for hole in instance.holes {
            if hole.value == HoleValue::Exit {
                islands.wait(hole.kind, offset(instance.start) + hole.offset);
            }
            match hole.value {
                HoleValue::Exit if is_side_exit(alloc, inst) => {}
                HoleValue::Exit => {
                    let exit = inst.exit.ok_or(malformed("it has no exit"))?;
                    let slot = wanted
                        .get_mut(exit.index())
                        .ok_or(malformed("there is no such exit"))?;
                    *slot = 0;
                }
                HoleValue::ExitIndex if inst.exit.is_none() => {
                    return Err(malformed("it has no exit"));
                }
                HoleValue::Continue => goes_on |= inst.op != Uop::jump_loop,
                _ => {}
            }
        }
        if inst.op == Uop::jump_loop && header.is_none() {
            return Err(malformed("there is no loop header before it"));
        }
        open = goes_on.then_some(inst.op);
    }
    if let Some(op) = open {
        return Err(CodeError::Malformed {
            op,
            reason: "the trace does not end after it",
        });
    }
    let stubs = wanted.iter().filter(|slot| **slot != NO_STUB).count();
    islands.finish(stubs * stub.code.len().next_multiple_of(4), &mut code);
    for (exit, slot) in wanted.iter_mut().enumerate() {
        if *slot != NO_STUB {
            glue::align_stub(target, stub, &mut code);
            *slot = offset(code.len());
            marks.push(Mark {
                start: *slot,
                what: Mark::STUB | offset(exit),
            });
            code.extend_from_slice(&stub.code);
        }
    }
    Ok(Emitted {
        code,
        marks,
        header,
        holes,
        stubs: wanted,
        sides,
        islands,
        first_exit: 0,
    })
}

/// Whether an instruction goes to a side path instead of leaving.
fn is_side_exit(alloc: &Allocation, inst: &MInst) -> bool {
    inst.inst
        .is_some_and(|inst| alloc.sides.iter().any(|(from, _)| *from == inst))
}

/// Offsets in a block are 32 bits; a trace is far smaller.
fn offset(value: usize) -> u32 {
    u32::try_from(value)
        .ok()
        .filter(|value| *value < Mark::STUB)
        .expect("a block has less than 2 GiB")
}

impl Emitted {
    /// Fills all holes: `code` (what [`emit`] gave) is to run at `address`, and the glue is
    /// at `glue_address`.
    ///
    /// # Errors
    /// `Relocation` when a value does not fit its hole, `Malformed` when an instruction
    /// names no helper that it could call.
    pub fn link(
        &self,
        code: &mut [u8],
        alloc: &Allocation,
        glue: &Glue,
        host: &Host,
        address: u64,
        glue_address: u64,
    ) -> Result<(), CodeError> {
        for (at, (mark, holes)) in self.marks.iter().zip(&self.holes).enumerate() {
            let inst = &alloc.code[mark.number() as usize];
            for hole in *holes {
                let failed = |error| CodeError::Relocation {
                    op: Some(inst.op),
                    error,
                };
                let place = mark.start as usize + hole.offset as usize;
                let value = match hole.value {
                    HoleValue::Continue if inst.op == Uop::jump_loop => {
                        address + u64::from(self.header.unwrap_or(0))
                    }
                    // E2: something follows whatever goes on. A header in between only pads.
                    HoleValue::Continue => address + u64::from(self.marks[at + 1].start),
                    HoleValue::Exit => {
                        let side = self.sides.iter().find(|(from, _)| Some(*from) == inst.inst);
                        let exit = inst.exit.expect("the emitter looked");
                        let offset = side.map_or(self.stubs[exit.index()], |(_, start)| *start);
                        let target = address + u64::from(offset);
                        match self.islands.jump(place as u32) {
                            None => target,
                            Some((jump, kind)) => {
                                let here = address + u64::from(jump);
                                patch::apply(code, jump as usize, kind, target, 0, here)
                                    .map_err(failed)?;
                                here
                            }
                        }
                    }
                    HoleValue::Leave => glue_address + glue.leave as u64,
                    HoleValue::Imm => inst.imm,
                    HoleValue::ExitIndex => {
                        let exit = inst.exit.expect("the emitter looked");
                        u64::from(exit.0) + u64::from(self.first_exit)
                    }
                    HoleValue::Helper => host.helper(inst).ok_or(CodeError::Malformed {
                        op: inst.op,
                        reason: "it names no helper that it could call",
                    })?,
                    HoleValue::TypeOffset => i64::from(host.type_offset) as u64,
                };
                let here = address + place as u64;
                patch::apply(code, place, hole.kind, value, hole.addend, here).map_err(failed)?;
            }
        }
        let exit = glue_address + glue.exit as u64;
        for mark in &self.marks[self.holes.len()..] {
            let number = u64::from(mark.number()) + u64::from(self.first_exit);
            link_stub(code, &glue.stub, mark.start, number, exit, address)
                .map_err(|error| CodeError::Relocation { op: None, error })?;
        }
        Ok(())
    }
}

fn link_stub(
    code: &mut [u8],
    stub: &Stub,
    start: u32,
    number: u64,
    exit: u64,
    address: u64,
) -> Result<(), RelocError> {
    let start = start as usize;
    for (offset, kind) in stub.number {
        patch::apply(code, start + offset, *kind, number, 0, 0)?;
    }
    let (offset, kind, addend) = stub.jump;
    let place = start + offset;
    patch::apply(code, place, kind, exit, addend, address + place as u64)
}
