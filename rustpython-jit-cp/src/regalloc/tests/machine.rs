//! Executes traces and allocations with made-up semantics: every instruction's result is a hash
//! of the instruction, its operands and how often it ran. What an instruction or an exit
//! sees must be the same in both. Independent of the checker, it tells whether that one is right.

use super::super::{Loc, is_const, is_spill_code, slot_at};
use super::*;
use crate::activation::SPILL_SLOTS;
use crate::ir::{RegClass, Shape};
use crate::target::PReg;

/// What was seen, in order: by each instruction its operands, by each exit its values.
pub type Seen = Vec<(InstIdx, Vec<u64>)>;

/// How often a loop is run.
const ITERATIONS: u64 = 4;

fn result(op: Uop, imm: u64, args: &[u64], time: u64) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64 ^ op as u64;
    for part in [imm, time].iter().chain(args) {
        hash = (hash ^ part).wrapping_mul(0x0100_0000_01b3).rotate_left(23);
    }
    hash
}

/// Whether an exit with a side path is taken this time.
fn taken(inst: InstIdx, time: u64) -> bool {
    result(Uop::side, u64::from(inst.0), &[], time).is_multiple_of(3)
}

/// Runs the trace itself.
pub fn run_trace(trace: &Trace) -> Seen {
    let mut values: Vec<u64> = trace
        .insts
        .iter()
        .map(|inst| if is_const(inst.op) { inst.imm } else { 0 })
        .collect();
    let mut seen = Seen::new();
    let header = trace.header().map(InstIdx::index);
    let mut time = 0;
    let mut at = 0;
    while at < trace.insts.len() {
        let inst = &trace.insts[at];
        let side = trace
            .insts
            .iter()
            .position(|side| side.op == Uop::side && side.args[0] == Some(InstIdx::new(at)));
        if inst.op == Uop::side || inst.op.is_carry() {
        } else if is_const(inst.op) || inst.op.is_phi() || inst.op == Uop::loop_header {
            // Phis are written at the edges.
            if Some(at) == header && time == 0 {
                enter(trace, at, &|_, phi| phi.args[0], &mut values);
            }
        } else if let (Uop::jump_loop, Some(header)) = (inst.op, header) {
            time += 1;
            if time == ITERATIONS {
                break;
            }
            let start = trace.insts[..at]
                .iter()
                .rposition(|inst| inst.op == Uop::side);
            let next = |value: InstIdx, phi: &Inst| match start {
                None => phi.args[1],
                Some(start) => Some(
                    trace.insts[start..at]
                        .iter()
                        .find(|inst| inst.op.is_carry() && inst.args[0] == Some(value))
                        .and_then(|inst| inst.args[1])
                        .unwrap_or(value),
                ),
            };
            enter(trace, header, &next, &mut values);
            at = header;
        } else {
            let args: Vec<u64> = inst.operands().map(|arg| values[arg.index()]).collect();
            seen.push((InstIdx::new(at), args.clone()));
            if let Some(snap) = inst.snap {
                let named = trace
                    .snap(snap)
                    .entries
                    .iter()
                    .filter_map(|(_, entry)| entry.inst());
                seen.push((
                    InstIdx::new(at),
                    named.map(|value| values[value.index()]).collect(),
                ));
            }
            if let Some(side) = side.filter(|_| taken(InstIdx::new(at), time)) {
                at = side;
                continue;
            }
            values[at] = result(inst.op, inst.imm, &args, time);
            if inst.op == Uop::leave {
                break;
            }
        }
        at += 1;
    }
    seen
}

fn enter(
    trace: &Trace,
    header: usize,
    next: &dyn Fn(InstIdx, &Inst) -> Option<InstIdx>,
    values: &mut [u64],
) {
    let phis = trace
        .insts
        .iter()
        .enumerate()
        .skip(header + 1)
        .take_while(|(_, inst)| inst.op.is_phi());
    let new: Vec<(usize, u64)> = phis
        .filter_map(|(i, inst)| next(InstIdx::new(i), inst).map(|arg| (i, values[arg.index()])))
        .collect();
    for (phi, value) in new {
        values[phi] = value;
    }
}

/// Registers and slots.
struct Machine {
    regs: [[u64; 16]; 2],
    slots: [u64; SPILL_SLOTS],
    /// For values that mean nothing.
    junk: u64,
}

impl Machine {
    fn get(&self, reg: PReg) -> u64 {
        self.regs[usize::from(reg.class() == RegClass::Fpr)][reg.num()]
    }

    fn set(&mut self, reg: PReg, value: u64) {
        self.regs[usize::from(reg.class() == RegClass::Fpr)][reg.num()] = value;
    }

    /// Overwrites what a call may.
    fn clobber(&mut self, target: &Target, all: bool) {
        for num in 0..16 {
            for reg in [PReg::gpr(num), PReg::fpr(num)] {
                if all || !target.saved(reg) {
                    self.junk = self.junk.wrapping_add(0x9E37_79B9_7F4A_7C15);
                    self.set(reg, self.junk);
                }
            }
        }
    }

    fn read(&self, loc: Loc) -> u64 {
        match loc {
            Loc::Reg(reg) => self.get(reg),
            Loc::Spill(slot) => self.slots[slot as usize],
            Loc::Const(bits) => bits,
        }
    }
}

/// Runs an allocation. Calls overwrite what they may before their exit is looked at.
pub fn run_allocation(allocation: &Allocation, target: &Target) -> Seen {
    let mut machine = Machine {
        regs: [[1; 16]; 2],
        slots: [2; SPILL_SLOTS],
        junk: 3,
    };
    machine.clobber(target, true);
    let mut seen = Seen::new();
    let label = allocation
        .code
        .iter()
        .position(|minst| minst.op == Uop::loop_header);
    let mut time = 0;
    let mut at = 0;
    while at < allocation.code.len() {
        let minst = &allocation.code[at];
        at += 1;
        let regs = minst.registers();
        if is_const(minst.op) {
            machine.set(regs[0], minst.imm);
            continue;
        }
        if is_spill_code(minst.op) {
            let Some(slot) = slot_at(minst.imm) else {
                continue;
            };
            if minst.op.row().ty.class().is_some() {
                machine.set(regs[0], machine.slots[slot as usize]);
            } else {
                machine.slots[slot as usize] = machine.get(regs[0]);
            }
            continue;
        }
        let Some(inst) = minst.inst else {
            machine.set(regs[1], machine.get(regs[0]));
            continue;
        };
        if matches!(minst.op, Uop::loop_header | Uop::side) {
            continue;
        }
        if let (Uop::jump_loop, Some(label)) = (minst.op, label) {
            time += 1;
            if time == ITERATIONS {
                break;
            }
            at = label;
            continue;
        }
        let row = minst.op.row();
        let args: Vec<u64> = regs[..row.args.len()]
            .iter()
            .map(|reg| machine.get(*reg))
            .collect();
        seen.push((inst, args.clone()));
        let value = result(minst.op, minst.imm, &args, time);
        // A residual call looks at its exit first: the runtime does so before anything runs.
        let clobbers_first = row.shape == Shape::Call;
        if clobbers_first {
            machine.clobber(target, false);
            if let Some(reg) = regs.get(row.args.len()) {
                machine.set(*reg, value);
            }
        }
        if let Some(exit) = minst.exit {
            let locs = &allocation.exits[exit.index()].locs;
            seen.push((
                inst,
                locs.iter()
                    .flatten()
                    .map(|loc| machine.read(*loc))
                    .collect(),
            ));
        }
        if row.shape == Shape::Clobber {
            machine.clobber(target, true);
        }
        if let Some((_, side)) = allocation.sides.iter().find(|(from, _)| *from == inst)
            && taken(inst, time)
        {
            at = allocation
                .code
                .iter()
                .position(|minst| minst.inst == Some(*side))
                .expect("a side path stands in the code");
            continue;
        }
        if minst.op == Uop::leave {
            break;
        }
        if let Some(reg) = regs.get(row.args.len()) {
            machine.set(*reg, value);
        }
    }
    seen
}
