//! Parallel moves: brings values from where they are to where they should be, all at once.
//!
//! Used at the loop header (once) and at the back edge (each iteration). A move may be
//! done when no other move still reads its destination; when none may be, all that are left form
//! cycles, and one source is copied aside (into a free register, else a free slot).
//!
//! Worked example: `r0 -> r1, r1 -> r0, const 7 -> r2` gives, with `r3` free,
//! `r3 = r0; r0 = r1; r1 = r3; r2 = 7`.
//!
//! Invariants:
//! - Destinations are distinct.
//! - Registers that are neither a pending source, nor a finished destination, nor in `keep`, hold
//!   nothing that anyone needs: they serve as scratch.

use super::{Error, MInst, slot_offset};
use crate::activation::SPILL_SLOTS;
use crate::ir::{InstIdx, Trace, Uop};
use crate::target::PReg;

/// A pool register by class index and number.
#[must_use]
pub const fn preg(class: u8, num: u8) -> PReg {
    if class == 0 {
        PReg::gpr(num)
    } else {
        PReg::fpr(num)
    }
}

/// Where a value is, or should be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// In this register of the move's class.
    Reg(u8),
    /// In this spill slot.
    Slot(u8),
    /// Nowhere: it is this constant instruction (a source only).
    Const(u32),
}

/// One move.
#[derive(Clone, Copy, Debug)]
pub struct Move {
    /// The class of the value.
    pub class: u8,
    /// Where it is.
    pub from: Place,
    /// Where it should be.
    pub to: Place,
}

/// What the moves may use.
pub struct Room {
    /// By class: the registers of the pool.
    pub pool: [u16; 2],
    /// By class: registers that hold a value that stays.
    pub keep: [u16; 2],
    /// Slots that hold something needed (sources and destinations may be left out).
    pub slots: u64,
}

/// Appends code that does the moves. Returns the slots that it used as temporaries.
pub fn resolve(
    trace: &Trace,
    moves: &mut Vec<Move>,
    mut room: Room,
    code: &mut Vec<MInst>,
) -> Result<u64, Error> {
    moves.retain(|m| m.from != m.to);
    for m in moves.iter() {
        for place in [m.from, m.to] {
            if let Place::Slot(slot) = place {
                room.slots |= 1 << slot;
            }
        }
    }
    let mut resolver = Resolver {
        trace,
        pending: moves,
        room,
        code,
        temporaries: 0,
    };
    resolver.run()?;
    Ok(resolver.temporaries)
}

struct Resolver<'a> {
    trace: &'a Trace,
    pending: &'a mut Vec<Move>,
    room: Room,
    code: &'a mut Vec<MInst>,
    temporaries: u64,
}

impl Resolver<'_> {
    fn run(&mut self) -> Result<(), Error> {
        while !self.pending.is_empty() {
            let mut at = 0;
            let mut progress = false;
            // Constants go last: they free nothing, and their registers are scratch until then.
            let constants_only = self
                .pending
                .iter()
                .all(|m| matches!(m.from, Place::Const(_)));
            while at < self.pending.len() {
                let m = self.pending[at];
                let early = matches!(m.from, Place::Const(_)) && !constants_only;
                if early || self.is_read(m.class, m.to, at) {
                    at += 1;
                    continue;
                }
                self.pending.swap_remove(at);
                self.copy(m)?;
                if let Place::Reg(reg) = m.to {
                    self.room.keep[usize::from(m.class)] |= 1 << reg;
                }
                progress = true;
            }
            if !progress {
                self.break_cycle()?;
            }
        }
        Ok(())
    }

    /// Whether a pending move other than number `except` reads this place.
    fn is_read(&self, class: u8, place: Place, except: usize) -> bool {
        self.pending.iter().enumerate().any(|(n, m)| {
            n != except && m.from == place && (m.class == class || matches!(place, Place::Slot(_)))
        })
    }

    /// Copies the source of one move that is in a cycle aside, so that it may be overwritten.
    fn break_cycle(&mut self) -> Result<(), Error> {
        let first = self
            .pending
            .iter()
            .find(|m| !matches!(m.from, Place::Const(_)));
        let Some(&Move { class, from, .. }) = first else {
            return Ok(());
        };
        let aside = match self.scratch(class) {
            Some(reg) => Place::Reg(reg),
            None => Place::Slot(self.temporary()?),
        };
        self.copy(Move {
            class,
            from,
            to: aside,
        })?;
        for m in self
            .pending
            .iter_mut()
            .filter(|m| m.from == from && m.class == class)
        {
            m.from = aside;
        }
        Ok(())
    }

    /// A register that nobody needs now.
    fn scratch(&self, class: u8) -> Option<u8> {
        let mut free = self.room.pool[usize::from(class)] & !self.room.keep[usize::from(class)];
        for m in self.pending.iter().filter(|m| m.class == class) {
            if let Place::Reg(reg) = m.from {
                free &= !(1 << reg);
            }
        }
        (free != 0).then(|| free.trailing_zeros() as u8)
    }

    /// A slot that nobody needs.
    fn temporary(&mut self) -> Result<u8, Error> {
        let slot = self.room.slots.trailing_ones();
        if slot as usize >= SPILL_SLOTS {
            return Err(Error::TooManySpills);
        }
        self.room.slots |= 1 << slot;
        self.temporaries |= 1 << slot;
        Ok(slot as u8)
    }

    /// Emits one move; through a scratch register where memory is on both sides.
    fn copy(&mut self, m: Move) -> Result<(), Error> {
        let Place::Slot(to) = m.to else {
            let Place::Reg(to) = m.to else { return Ok(()) };
            match m.from {
                Place::Reg(from) => self.code.push(register_move(m.class, from, to)),
                Place::Slot(from) => self.code.push(reload(m.class, to, from)),
                Place::Const(value) => self.code.push(constant(self.trace, value, m.class, to)),
            }
            return Ok(());
        };
        if let Place::Reg(from) = m.from {
            self.code.push(spill(m.class, from, to));
            return Ok(());
        }
        // The move itself is not pending any more, so nothing protects its source; that is a slot
        // or a constant, though, which no scratch register can be.
        if let Some(via) = self.scratch(m.class) {
            self.copy(Move {
                to: Place::Reg(via),
                ..m
            })?;
            self.code.push(spill(m.class, via, to));
            return Ok(());
        }
        // All registers are needed: lend one.
        let lent = self.room.pool[usize::from(m.class)].trailing_zeros() as u8;
        let aside = self.temporary()?;
        self.code.push(spill(m.class, lent, aside));
        self.copy(Move {
            to: Place::Reg(lent),
            ..m
        })?;
        self.code.push(spill(m.class, lent, to));
        self.code.push(reload(m.class, lent, aside));
        Ok(())
    }
}

/// `to = from`.
pub fn register_move(class: u8, from: u8, to: u8) -> MInst {
    let op = if class == 0 {
        Uop::move_gpr
    } else {
        Uop::move_fpr
    };
    MInst::inserted(op, None, &[preg(class, from), preg(class, to)], 0)
}

/// `slot = reg`.
pub fn spill(class: u8, reg: u8, slot: u8) -> MInst {
    let op = if class == 0 {
        Uop::spill_gpr
    } else {
        Uop::spill_fpr
    };
    MInst::inserted(op, None, &[preg(class, reg)], slot_offset(u32::from(slot)))
}

/// `reg = slot`.
pub fn reload(class: u8, reg: u8, slot: u8) -> MInst {
    let op = if class == 0 {
        Uop::reload_gpr
    } else {
        Uop::reload_fpr
    };
    MInst::inserted(op, None, &[preg(class, reg)], slot_offset(u32::from(slot)))
}

/// `reg = constant`.
pub fn constant(trace: &Trace, value: u32, class: u8, reg: u8) -> MInst {
    let inst = trace.inst(InstIdx(value));
    MInst::inserted(inst.op, Some(InstIdx(value)), &[preg(class, reg)], inst.imm)
}
