//! The walk forward: operands into registers, a register for each result, evictions.
//!
//! For each instruction, in this order: fetch its operands (reload, or re-emit the constant);
//! for a call, bring what must survive into saved registers or slots; choose the result's
//! register; note where the snapshot's values are; emit; forget what died or was clobbered.
//! All code that this inserts stands before the instruction, so its exit sees the state
//! after those insertions.
//!
//! Worked example, three registers `r0 r1 r2` holding `v1 v2 v3`, all needed later, `v3` last:
//! `v4 = int_add v1 v2` first gives `spill_gpr r2`, and then `v4 = int_add r0, r1 -> r2`.
//!
//! Invariants:
//! - `occupied` has exactly the bits of registers whose `held` is meant, and `reg[held] == it`.
//! - `slot[v]` is set once and from then on holds `v` (inside the loop: from the header on, for
//!   values from before it).

use super::moves::{self, preg};
use super::ranges::{NEVER, NO_CLASS, Ranges};
use super::{Allocation, Error, ExitIdx, ExitInfo, Loc, MIN_REGISTERS, MInst, Options, is_const};
use crate::activation::SPILL_SLOTS;
use crate::ir::{Inst, InstIdx, RegClass, Shape, SnapIdx, Trace, Uop};
use crate::target::{PReg, Target};

/// No register, no slot.
pub const NONE: u8 = u8::MAX;
/// A slot's owner that never dies: a phi without a register.
pub const PINNED: u32 = u32::MAX;
const _: () = assert!(SPILL_SLOTS <= 64, "sets of slots are 64-bit masks");

/// A register at the header that the back edge writes.
#[derive(Clone, Copy)]
pub struct Wanted {
    /// The value that it must get.
    pub value: u32,
    /// Where that is defined.
    pub from: u32,
}

/// Registers and slots of all values at one point.
#[derive(Clone)]
pub struct State {
    /// By value: its register in its class, or [`NONE`].
    pub reg: Vec<u8>,
    /// By value: its home slot, or [`NONE`].
    pub slot: Vec<u8>,
    /// By value: the next instruction that takes it as an operand, in trace order.
    pub next: Vec<u32>,
    /// By class: the registers that hold values.
    pub occupied: [u16; 2],
    /// By class and register: the value.
    pub held: [[u32; 16]; 2],
    /// Slots in use.
    pub slots: u64,
    /// By slot in use: whose it is.
    pub owner: [u32; 64],
}

impl State {
    /// Becomes a copy, without new storage.
    pub fn copy_from(&mut self, other: &Self) {
        self.reg.copy_from_slice(&other.reg);
        self.slot.copy_from_slice(&other.slot);
        self.next.copy_from_slice(&other.next);
        (self.occupied, self.held) = (other.occupied, other.held);
        (self.slots, self.owner) = (other.slots, other.owner);
    }
}

/// The walk.
pub struct Scan<'a> {
    /// What is allocated.
    pub trace: &'a Trace,
    /// Its live ranges.
    pub ranges: &'a Ranges,
    /// By class: the registers to allocate from.
    pub pool: [u16; 2],
    /// By class: those of them that survive calls.
    pub saved: [u16; 2],
    /// Where everything is now.
    pub state: State,
    /// The loop's values are being allocated.
    pub in_loop: bool,
    /// Slots that the loop has used so far.
    pub touched: u64,
    /// Values from before the loop that need their slot stored before the header, with it.
    pub hoisted: Vec<(u32, u8)>,
    /// By class and register: what the back edge puts there.
    pub wanted: [[Option<Wanted>; 16]; 2],
    /// By value: a register that it should be in, or [`NONE`].
    pub hint: Vec<u8>,
    /// By value: a slot that it should be spilled to once the phi `PHI` is dead, or [`NONE`].
    pub slot_hint: Vec<(u8, u32)>,
    /// The code so far.
    pub code: Vec<MInst>,
    /// The exits so far.
    pub exits: Vec<ExitInfo>,
    /// All slots ever used.
    pub slots_ever: u64,
    /// By value: the last instruction whose snapshot (or side path) names it.
    named: Vec<u32>,
    /// By value: its last use on the path at hand.
    pub end: Vec<u32>,
    /// The position of the last instruction of the path at hand.
    pub last: usize,
    /// The side paths so far: the instruction whose exit leads there, and the `side`.
    pub sides: Vec<(InstIdx, InstIdx)>,
    /// The state at each exit where a side path starts, by the exit's instruction.
    pub left: Vec<(usize, State)>,
    /// Random choices, when wanted.
    pub random: Option<Random>,
}

/// A small generator (xorshift) for the stress mode.
#[derive(Clone, Copy, Debug)]
pub struct Random(u64);

impl Random {
    /// From any seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x2545_F491_4F6C_DD1D | 1)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 32) % u64::from(bound.max(1))) as u32
    }

    /// A bit of a mask that is not empty.
    fn bit(&mut self, mask: u16) -> u8 {
        let nth = self.below(mask.count_ones());
        let mut rest = mask;
        for _ in 0..nth {
            rest &= rest - 1;
        }
        rest.trailing_zeros() as u8
    }
}

impl<'a> Scan<'a> {
    /// Before the first instruction.
    pub fn new(trace: &'a Trace, target: &Target, ranges: &'a Ranges, options: &Options) -> Self {
        let n = trace.insts.len();
        let pool = |class| {
            let limit = options.registers.unwrap_or(usize::MAX).max(MIN_REGISTERS);
            (1u16 << target.pool(class).min(limit)) - 1
        };
        let pool = [pool(RegClass::Gpr), pool(RegClass::Fpr)];
        let state = State {
            reg: vec![NONE; n],
            slot: vec![NONE; n],
            next: ranges.values.iter().map(|value| value.first).collect(),
            occupied: [0; 2],
            held: [[0; 16]; 2],
            slots: 0,
            owner: [0; 64],
        };
        Self {
            trace,
            ranges,
            pool,
            saved: [target.gprs_saved & pool[0], target.fprs_saved & pool[1]],
            state,
            in_loop: false,
            touched: 0,
            hoisted: Vec::new(),
            wanted: [[None; 16]; 2],
            hint: vec![NONE; n],
            slot_hint: vec![(NONE, 0); n],
            code: Vec::with_capacity(n + 16),
            exits: Vec::with_capacity(n),
            slots_ever: 0,
            named: vec![NEVER; n],
            end: ranges.values.iter().map(|value| value.end).collect(),
            last: ranges.jump,
            left: Vec::new(),
            sides: Vec::new(),
            random: options.random.map(Random::new),
        }
    }

    /// The result.
    pub fn finish(self) -> Allocation {
        let spills = (u64::BITS - self.slots_ever.leading_zeros()) as usize;
        Allocation {
            code: self.code,
            exits: self.exits,
            sides: self.sides,
            spills,
        }
    }

    /// Walks over the instructions from `start` up to `end`.
    pub fn block(&mut self, start: usize, end: usize) -> Result<(), Error> {
        let trace = self.trace;
        for (i, inst) in trace.insts.iter().enumerate().take(end).skip(start) {
            if is_const(inst.op) {
                continue;
            }
            match inst.op.row().shape {
                Shape::Pseudo => {}
                Shape::Plain => self.plain(i, inst)?,
                Shape::Call => self.call(i, inst)?,
                Shape::Clobber => self.clobber(i, inst)?,
            }
        }
        Ok(())
    }

    fn plain(&mut self, i: usize, inst: &Inst) -> Result<(), Error> {
        let mut regs = self.operands(i, inst)?;
        let mut nregs = inst.operands().count();
        let value = self.ranges.values[i];
        let class = usize::from(value.class);
        let mut result = NONE;
        if value.class != NO_CLASS {
            let free = self.pool[class] & !self.state.occupied[class] | self.dying(class, i);
            result = if free == 0 {
                self.evict(i, class, self.pool[class])?
            } else {
                self.choose(i as u32, i + 1, free, inst)
            };
            regs[nregs] = preg(value.class, result);
            nregs += 1;
        }
        let exit = inst.snap.map(|snap| self.exit(i, snap));
        self.code.push(MInst {
            op: inst.op,
            inst: Some(InstIdx::new(i)),
            regs,
            nregs: nregs as u8,
            imm: inst.imm,
            exit,
        });
        self.leave_to_side(i);
        self.sweep(i);
        if result != NONE && self.end[i] > i as u32 {
            self.put(i as u32, result);
        }
        Ok(())
    }

    /// Keeps the state for the side path that starts here, if one does.
    fn leave_to_side(&mut self, i: usize) {
        if self.ranges.side_at(i).is_some() {
            self.left.push((i, self.state.clone()));
        }
    }

    fn call(&mut self, i: usize, inst: &Inst) -> Result<(), Error> {
        let mut regs = self.operands(i, inst)?;
        let mut nregs = inst.operands().count();
        if let Some(snap) = inst.snap {
            for (_, entry) in &self.trace.snap(snap).entries {
                if let Some(named) = entry.inst() {
                    self.named[named.index()] = i as u32;
                }
            }
        }
        if let Some(side) = self.ranges.side_at(i) {
            for (named, ..) in &side.needs {
                self.named[*named as usize] = i as u32;
            }
        }
        for class in 0..2 {
            let mut rest = self.state.occupied[class] & !self.saved[class];
            while rest != 0 {
                let reg = rest.trailing_zeros() as u8;
                rest &= rest - 1;
                let value = self.state.held[class][usize::from(reg)];
                if self.survives(value, i) {
                    self.rescue(i, class, reg, value)?;
                }
            }
        }
        let value = self.ranges.values[i];
        let class = usize::from(value.class);
        let mut result = NONE;
        if value.class != NO_CLASS {
            let mut kept = self.state.occupied[class] & self.saved[class];
            let mut rest = kept;
            while rest != 0 {
                let reg = rest.trailing_zeros();
                rest &= rest - 1;
                if !self.survives(self.state.held[class][reg as usize], i) {
                    kept &= !(1 << reg);
                }
            }
            let free = self.pool[class] & !kept;
            result = if free == 0 {
                self.evict(i, class, kept)?
            } else {
                self.choose(i as u32, i + 1, free, inst)
            };
            regs[nregs] = preg(value.class, result);
            nregs += 1;
        }
        // What is going to be clobbered does not count for the exit.
        for class in 0..2 {
            self.drop_all(class, self.state.occupied[class] & !self.saved[class]);
        }
        let exit = inst.snap.map(|snap| self.exit(i, snap));
        self.code.push(MInst {
            op: inst.op,
            inst: Some(InstIdx::new(i)),
            regs,
            nregs: nregs as u8,
            imm: inst.imm,
            exit,
        });
        self.leave_to_side(i);
        self.sweep(i);
        if result != NONE && self.end[i] > i as u32 {
            self.put(i as u32, result);
        }
        Ok(())
    }

    fn clobber(&mut self, i: usize, inst: &Inst) -> Result<(), Error> {
        for class in 0..2 {
            let mut rest = self.state.occupied[class];
            while rest != 0 {
                let reg = rest.trailing_zeros() as u8;
                rest &= rest - 1;
                let value = self.state.held[class][usize::from(reg)];
                if self.end[value as usize] > i as u32 {
                    self.store(i, value)?;
                }
            }
        }
        // Nobody looks at the registers when a callee has left.
        if inst.op == Uop::call_trace {
            let entries = inst.snap.map(|snap| &self.trace.snap(snap).entries);
            for (_, entry) in entries.into_iter().flatten() {
                if let Some(named) = entry.inst() {
                    self.store(i, named.0)?;
                }
            }
            for class in 0..2 {
                self.drop_all(class, self.state.occupied[class]);
            }
        }
        let exit = inst.snap.map(|snap| self.exit(i, snap));
        self.code.push(MInst {
            op: inst.op,
            inst: Some(InstIdx::new(i)),
            regs: [PReg::gpr(0); 4],
            nregs: 0,
            imm: inst.imm,
            exit,
        });
        for class in 0..2 {
            self.drop_all(class, self.state.occupied[class]);
        }
        Ok(())
    }

    /// Whether a value is needed after the call at `i`, or by its exit.
    fn survives(&self, value: u32, i: usize) -> bool {
        let range = &self.ranges.values[value as usize];
        let end = self.end[value as usize];
        end > i as u32 || (self.named[value as usize] == i as u32 && !range.is_const)
    }

    /// Makes a value in a register that the call at `i` clobbers survive it.
    fn rescue(&mut self, i: usize, class: usize, reg: u8, value: u32) -> Result<(), Error> {
        if self.is_clean(value) {
            return self.store(i, value);
        }
        // A saved register that holds nothing at all, as a dying operand is still to be read.
        let free = self.saved[class] & !self.state.occupied[class];
        if free != 0 && self.distance(value, i).is_some() {
            let to = self.choose(value, i, free, &self.trace.insts[value as usize]);
            self.code.push(moves::register_move(class as u8, reg, to));
            self.drop_all(class, 1 << reg);
            self.put(value, to);
            return Ok(());
        }
        self.store(i, value)
    }

    /// Brings the operands into registers and advances their next uses.
    fn operands(&mut self, i: usize, inst: &Inst) -> Result<[PReg; 4], Error> {
        let mut regs = [PReg::gpr(0); 4];
        let mut pinned = [0u16; 2];
        for arg in inst.operands() {
            let reg = self.state.reg[arg.index()];
            if reg != NONE {
                pinned[usize::from(self.ranges.values[arg.index()].class)] |= 1 << reg;
            }
        }
        for (k, arg) in inst.operands().enumerate() {
            let value = self.ranges.values[arg.index()];
            let class = usize::from(value.class);
            let mut reg = self.state.reg[arg.index()];
            if reg == NONE {
                reg = self.fetch(i, arg.0, pinned[class])?;
                pinned[class] |= 1 << reg;
            }
            regs[k] = preg(value.class, reg);
        }
        for (k, arg) in inst.operands().enumerate() {
            self.state.next[arg.index()] = self.ranges.next[i][k];
        }
        Ok(regs)
    }

    /// Brings a value that is in no register into one that is not pinned.
    fn fetch(&mut self, i: usize, value: u32, pinned: u16) -> Result<u8, Error> {
        let range = self.ranges.values[value as usize];
        let class = usize::from(range.class);
        let free = self.pool[class] & !self.state.occupied[class];
        let reg = if free == 0 {
            self.evict(i, class, self.pool[class] & !pinned)?
        } else {
            self.choose(value, i, free, &self.trace.insts[value as usize])
        };
        self.code.push(if range.is_const {
            moves::constant(self.trace, value, range.class, reg)
        } else {
            moves::reload(range.class, reg, self.state.slot[value as usize])
        });
        self.put(value, reg);
        Ok(reg)
    }

    /// Picks among free registers for a value that enters it before instruction `at` (`inst`
    /// defines the value).
    fn choose(&mut self, value: u32, at: usize, free: u16, inst: &Inst) -> u8 {
        if let Some(random) = &mut self.random {
            return random.bit(free);
        }
        let range = &self.ranges.values[value as usize];
        let end = self.end[value as usize];
        let class = usize::from(range.class);
        // Registers that the back edge needs for another value while this one is still live.
        let mut avoid = 0;
        if self.in_loop {
            for (reg, wanted) in self.wanted[class].iter().enumerate() {
                if wanted.is_some_and(|w| w.value != value && w.from < end) {
                    avoid |= 1 << reg;
                }
            }
        }
        let hint = match self.hint[value as usize] {
            NONE => 0,
            reg => 1 << reg,
        };
        let saved = self.saved[class];
        let crosses = self.ranges.crosses_call(at, end as usize);
        let tiers = if crosses {
            [free & saved & !avoid, free & saved, free & !avoid, free]
        } else {
            // Leave saved registers to others, unless this one need not.
            [free & hint, free & !avoid, free, free]
        };
        for tier in tiers {
            if tier & hint != 0 {
                return hint.trailing_zeros() as u8;
            }
            if tier == 0 {
                continue;
            }
            // A two-address instruction is shorter.
            if value as usize + 1 == at {
                for arg in inst.operands() {
                    let reg = self.state.reg[arg.index()];
                    let same = usize::from(self.ranges.values[arg.index()].class) == class;
                    if same && reg != NONE && tier >> reg & 1 == 1 {
                        return reg;
                    }
                }
            }
            let unsaved = tier & !saved;
            let calls_ahead = self.ranges.next_call[at] != NEVER;
            let pick = if !crosses && calls_ahead && unsaved != 0 {
                unsaved
            } else {
                tier
            };
            return pick.trailing_zeros() as u8;
        }
        free.trailing_zeros() as u8
    }

    /// Frees one of these occupied registers, that whose loss costs least.
    fn evict(&mut self, i: usize, class: usize, among: u16) -> Result<u8, Error> {
        let among = among & self.state.occupied[class];
        debug_assert_ne!(
            among, 0,
            "an instruction needs at most {MIN_REGISTERS} registers of a class"
        );
        let reg = match &mut self.random {
            Some(random) => random.bit(among),
            None => {
                let mut best = (0, among.trailing_zeros() as u8);
                let mut rest = among;
                while rest != 0 {
                    let reg = rest.trailing_zeros() as u8;
                    rest &= rest - 1;
                    let score = self.loss(self.state.held[class][usize::from(reg)], i);
                    if score > best.0 {
                        best = (score, reg);
                    }
                }
                best.1
            }
        };
        let value = self.state.held[class][usize::from(reg)];
        self.store(i, value)?;
        self.drop_all(class, 1 << reg);
        Ok(reg)
    }

    /// How little it matters to lose this value's register: what costs nothing first, then by
    /// the distance of its next use and the instructions that eviction and reload take.
    fn loss(&self, value: u32, i: usize) -> u32 {
        const FREE: u32 = u32::MAX;
        match (self.is_clean(value), self.distance(value, i)) {
            (true, None) => FREE,
            (true, Some(distance)) => 2 + 2 * distance,
            // One store and never again: as if used after the trace.
            (false, None) => 2 + 2 * (self.trace.insts.len() - i) as u32,
            (false, Some(distance)) => 1 + distance,
        }
    }

    /// Whether a value can be dropped without a store here.
    fn is_clean(&self, value: u32) -> bool {
        let v = value as usize;
        self.state.slot[v] != NONE || self.ranges.values[v].is_const || self.predates_loop(v)
    }

    /// Whether a value was there before the loop that is being allocated.
    fn predates_loop(&self, value: usize) -> bool {
        self.in_loop && Some(value) < self.ranges.header
    }

    /// How far it is to the next instruction that takes this value as an operand, this one
    /// excluded, around the back edge if need be.
    fn distance(&self, value: u32, i: usize) -> Option<u32> {
        let v = value as usize;
        match self.state.next[v] {
            NEVER => {
                let range = &self.ranges.values[v];
                let header = self.ranges.header? as u32;
                let again = self.in_loop && range.loop_live && range.loop_first != NEVER;
                again.then(|| (self.last - i) as u32 + range.loop_first - header)
            }
            next => Some(next.saturating_sub(i as u32)),
        }
    }

    /// Makes sure that a value is in its home slot (constants need none).
    fn store(&mut self, i: usize, value: u32) -> Result<(), Error> {
        let v = value as usize;
        let range = &self.ranges.values[v];
        if self.state.slot[v] != NONE || range.is_const {
            return Ok(());
        }
        if self.predates_loop(v) {
            return self.hoist(value);
        }
        let slot = match self.slot_hint[v] {
            (slot, phi) if slot != NONE && (self.end[phi as usize] as usize) < i => slot,
            _ => self.new_slot(value, i, 0)?,
        };
        self.state.slot[v] = slot;
        self.code
            .push(moves::spill(range.class, self.state.reg[v], slot));
        Ok(())
    }

    /// Has a value from before the loop stored before the header.
    pub fn hoist(&mut self, value: u32) -> Result<(), Error> {
        // The slot must not be one that the loop uses for anything before this point either.
        let header = self.ranges.header.unwrap_or(0);
        let slot = self.new_slot(value, header, self.touched)?;
        self.state.slot[value as usize] = slot;
        self.hoisted.push((value, slot));
        Ok(())
    }

    /// A slot for a value, none of the excluded.
    pub fn new_slot(&mut self, owner: u32, i: usize, excluded: u64) -> Result<u8, Error> {
        let mut rest = self.state.slots;
        while rest != 0 {
            let slot = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            let old = self.state.owner[slot];
            // What the current snapshot may still name is not dead yet.
            if old != PINNED && (self.end[old as usize] as usize) < i {
                self.state.slots &= !(1 << slot);
            }
        }
        let slot = (self.state.slots | excluded).trailing_ones() as usize;
        if slot >= SPILL_SLOTS {
            return Err(Error::TooManySpills);
        }
        let bit = 1 << slot;
        self.state.slots |= bit;
        self.state.owner[slot] = owner;
        self.touched |= bit;
        self.slots_ever |= bit;
        Ok(slot as u8)
    }

    /// Notes where the values of a snapshot are.
    fn exit(&mut self, i: usize, snap: SnapIdx) -> ExitIdx {
        let entries = &self.trace.snap(snap).entries;
        let locs = entries
            .iter()
            .map(|(_, entry)| entry.inst().map(|named| self.loc(named)))
            .collect();
        self.exits.push(ExitInfo {
            snap,
            at: InstIdx::new(i),
            locs,
        });
        ExitIdx((self.exits.len() - 1) as u32)
    }

    fn loc(&self, value: InstIdx) -> Loc {
        let v = value.index();
        let range = &self.ranges.values[v];
        if range.is_const {
            return Loc::Const(self.trace.insts[v].imm);
        }
        match self.state.reg[v] {
            NONE => Loc::Spill(u32::from(self.state.slot[v])),
            reg => Loc::Reg(preg(range.class, reg)),
        }
    }

    /// Notes that a register holds a value from now on.
    pub fn put(&mut self, value: u32, reg: u8) {
        let class = usize::from(self.ranges.values[value as usize].class);
        self.state.reg[value as usize] = reg;
        self.state.held[class][usize::from(reg)] = value;
        self.state.occupied[class] |= 1 << reg;
    }

    /// Forgets these registers.
    fn drop_all(&mut self, class: usize, mut regs: u16) {
        self.state.occupied[class] &= !regs;
        while regs != 0 {
            let reg = regs.trailing_zeros() as usize;
            regs &= regs - 1;
            self.state.reg[self.state.held[class][reg] as usize] = NONE;
        }
    }

    /// The registers whose values nobody needs after `i`.
    fn dying(&self, class: usize, i: usize) -> u16 {
        let mut dying = 0;
        let mut rest = self.state.occupied[class];
        while rest != 0 {
            let reg = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            if self.end[self.state.held[class][reg] as usize] <= i as u32 {
                dying |= 1 << reg;
            }
        }
        dying
    }

    /// Forgets what dies at `i`.
    fn sweep(&mut self, i: usize) {
        for class in 0..2 {
            let dying = self.dying(class, i);
            self.drop_all(class, dying);
        }
    }

    /// Where to copy a value from.
    pub fn source(&self, value: u32, state: &State) -> moves::Place {
        let v = value as usize;
        match (state.reg[v], state.slot[v]) {
            (NONE, _) if self.ranges.values[v].is_const => moves::Place::Const(value),
            (NONE, slot) => moves::Place::Slot(slot),
            (reg, _) => moves::Place::Reg(reg),
        }
    }

    /// Starts a side path: with the state at its exit, as far as the path needs it. Values from
    /// before the loop that were given a slot since then have it here, too.
    ///
    /// # Errors
    /// When its exit has not been allocated.
    pub fn start_side(&mut self, side: &super::ranges::Side) -> Result<(), Error> {
        let left = self.left.iter().find(|(from, _)| *from == side.from);
        let (_, left) = left.ok_or(Error::TooLong)?;
        let left = left.clone();
        self.state.copy_from(&left);
        for &(value, slot) in &self.hoisted {
            self.state.slot[value as usize] = slot;
            self.state.slots |= 1 << slot;
            self.state.owner[usize::from(slot)] = PINNED;
        }
        for class in 0..2 {
            let mut rest = self.state.occupied[class];
            while rest != 0 {
                let reg = rest.trailing_zeros();
                rest &= rest - 1;
                let held = self.state.held[class][reg as usize];
                if !side.needs.iter().any(|need| need.0 == held) {
                    self.drop_all(class, 1 << reg);
                }
            }
        }
        for &(value, end, first) in &side.needs {
            self.end[value as usize] = end;
            self.state.next[value as usize] = first;
        }
        self.last = side.last;
        let start = InstIdx::new(side.start);
        self.code
            .push(MInst::inserted(Uop::side, Some(start), &[], 0));
        self.sides.push((InstIdx::new(side.from), start));
        Ok(())
    }

    /// The end of the loop on a path that ends at this instruction.
    pub fn jump(&mut self, last: usize) {
        self.code.push(MInst::inserted(
            Uop::jump_loop,
            Some(InstIdx::new(last)),
            &[],
            0,
        ));
    }
}
