//! The loop: which values sit in which registers at its header, and in every iteration anew.
//!
//! A [`Plan`] is such a choice. The back edge must bring about again what the header
//! found, so a plan decides how many instructions are inserted into the loop. The first plan keeps
//! as many values in registers as the loop's own pressure leaves room for; if its loop comes out
//! without inserted instructions it is taken. Otherwise it is tried again with the registers
//! that the loop ended with, for as long as that helps, at most [`MAX_PLANS`] times in all. (Over
//! random traces the second try saves 4% of the inserted instructions, the third 0.3%.)
//!
//! Worked example, three registers: `v4` and `v5` are phis, `v1` and `v2` come from before the loop,
//! and the body needs one register more for a moment. The plan keeps the phis, `v1` and `v2`
//! are stored before the header and reloaded where needed: two reloads an iteration, whereas a phi
//! without a register would take a reload and a store.
//!
//! Side paths come after the trunk and end like it: with the moves that bring about the header's
//! state. They do not count in the search.
//!
//! Invariants:
//! - What stands before the header is final when the search begins; only loop code is redone.
//! - The moves at the header start from the state at the end of the first part, and make the
//!   state that [`begin`] declares.

use super::moves::{self, Move, Place, Room};
use super::ranges::NEVER;
use super::scan::{NONE, PINNED, Scan, State, Wanted};
use super::{Error, ExitInfo, MInst, is_const};
use crate::ir::{InstIdx, Uop};

/// How many plans are tried for one loop, at most.
const MAX_PLANS: usize = 3;

/// A value in a register at the header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Resident {
    value: u32,
    class: u8,
    reg: u8,
}

/// What is in registers at the header.
type Plan = Vec<Resident>;

/// A value that could be in a register at the header.
#[derive(Clone, Copy)]
struct Candidate {
    value: u32,
    class: u8,
    is_phi: bool,
    crosses_call: bool,
    /// Higher is more deserving.
    score: u32,
    /// The register that it comes in, or [`NONE`].
    comes_in: u8,
}

/// A loop with registers.
struct Outcome {
    /// The moves before the header.
    entry: Vec<MInst>,
    body: Vec<MInst>,
    exits: Vec<ExitInfo>,
    /// The side paths: the instruction whose exit leads there, and the `side`.
    sides: Vec<(InstIdx, InstIdx)>,
    slots_ever: u64,
    /// How many instructions were inserted into the loop.
    cost: usize,
}

/// Allocates the loop and appends it, moves before the header included.
pub fn allocate_loop(scan: &mut Scan) -> Result<(), Error> {
    let before = scan.state.clone();
    let first_code = std::mem::take(&mut scan.code);
    let first_exit = scan.exits.len();
    let slots_before = scan.slots_ever;
    let candidates = candidates(scan, &before);
    let mut plan = if scan.random.is_some() {
        random_plan(scan, &candidates)
    } else {
        first_plan(scan, &candidates, true)
    };
    let mut best: Option<Outcome> = None;
    for attempt in 0..MAX_PLANS {
        scan.exits.truncate(first_exit);
        scan.slots_ever = slots_before;
        let next_plan = match run(scan, &before, &plan, first_exit) {
            Ok(outcome) => {
                let better = best.as_ref().is_none_or(|best| outcome.cost < best.cost);
                let done = outcome.cost == 0 || !better || scan.random.is_some();
                if better {
                    best = Some(outcome);
                }
                if done {
                    break;
                }
                learn(scan, &plan, &candidates)
            }
            // Out of slots: with more in registers it may fit.
            Err(_) if attempt == 0 => first_plan(scan, &candidates, false),
            Err(_) => break,
        };
        if next_plan == plan {
            break;
        }
        plan = next_plan;
    }
    let Some(outcome) = best else {
        return Err(Error::TooManySpills);
    };
    scan.code = first_code;
    scan.code.extend(outcome.entry);
    scan.code.extend(outcome.body);
    scan.exits.truncate(first_exit);
    scan.exits.extend(outcome.exits);
    scan.slots_ever = outcome.slots_ever;
    scan.sides = outcome.sides;
    Ok(())
}

/// Lists what could be in a register at the header, the most deserving first.
fn candidates(scan: &Scan, before: &State) -> Vec<Candidate> {
    let ranges = scan.ranges;
    let trace = scan.trace;
    let Some(header) = ranges.header else {
        return Vec::new();
    };
    let mut found = Vec::with_capacity(24);
    for (v, value) in ranges
        .values
        .iter()
        .enumerate()
        .filter(|(_, value)| value.loop_live)
    {
        // Without a register: a reload an iteration; a constant is re-emitted, from nothing.
        let base = match (value.loop_uses, value.is_const) {
            (0, _) => 0,
            (_, true) => 1 << 16,
            (_, false) => 2 << 16,
        };
        found.push(Candidate {
            value: v as u32,
            class: value.class,
            is_phi: false,
            crosses_call: ranges.crosses_call(header, ranges.jump),
            score: base + value.loop_uses,
            comes_in: before.reg[v],
        });
    }
    for v in header + 1..ranges.body {
        let value = &ranges.values[v];
        if value.end <= v as u32 {
            continue;
        }
        // Without a register: a store an iteration, and a reload if it is used.
        let base = if value.loop_uses > 0 {
            4 << 16
        } else {
            3 << 16
        };
        let back = trace.insts[v].args[1].map_or(v, |back| back.index());
        let crosses = ranges.crosses_call(header, value.end as usize)
            || (back > v && ranges.crosses_call(back + 1, ranges.jump));
        found.push(Candidate {
            value: v as u32,
            class: value.class,
            is_phi: true,
            crosses_call: crosses,
            score: base + value.loop_uses,
            comes_in: trace.insts[v].args[0].map_or(NONE, |entry| before.reg[entry.index()]),
        });
    }
    found.sort_by_key(|candidate| std::cmp::Reverse(candidate.score));
    found
}

/// Keeps the most deserving candidates, leaving room for the loop's own values if `room`.
fn first_plan(scan: &Scan, candidates: &[Candidate], room: bool) -> Plan {
    let ranges = scan.ranges;
    let mut phis = [0usize; 2];
    let mut others = [0usize; 2];
    let mut admitted: Vec<Candidate> = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let class = usize::from(candidate.class);
        let size = scan.pool[class].count_ones() as usize;
        // The pressure counts phis as the loop's own.
        let own = if room {
            ranges.pressure[class].max(phis[class])
        } else {
            phis[class]
        };
        if candidate.is_phi {
            if phis[class] + others[class] < size {
                phis[class] += 1;
                admitted.push(*candidate);
            }
        } else if own + others[class] < size {
            others[class] += 1;
            admitted.push(*candidate);
        }
    }
    let mut free = scan.pool;
    let mut plan: Plan = Vec::with_capacity(admitted.len());
    // First those that a call would hurt, as far as the loop's own values leave saved registers.
    let mut saved_left = [0, 1].map(|class| {
        let saved = scan.saved[class].count_ones() as usize;
        if room {
            saved.saturating_sub(ranges.call_pressure[class])
        } else {
            saved
        }
    });
    let mut rest: Vec<Candidate> = Vec::with_capacity(admitted.len());
    for candidate in admitted {
        let class = usize::from(candidate.class);
        let saved = free[class] & scan.saved[class];
        let allowed = candidate.is_phi || saved_left[class] > 0;
        if candidate.crosses_call && saved != 0 && allowed {
            if !candidate.is_phi {
                saved_left[class] -= 1;
            }
            plan.push(take(&candidate, saved, &mut free));
        } else {
            rest.push(candidate);
        }
    }
    for candidate in rest {
        let class = usize::from(candidate.class);
        let unsaved = free[class] & !scan.saved[class];
        let among = if unsaved != 0 && ranges.next_call[ranges.body] != NEVER {
            unsaved
        } else {
            free[class]
        };
        plan.push(take(&candidate, among, &mut free));
    }
    plan
}

/// Gives a candidate one of these registers, the one that it comes in if possible.
fn take(candidate: &Candidate, among: u16, free: &mut [u16; 2]) -> Resident {
    let comes_in = candidate.comes_in;
    let reg = if comes_in != NONE && among >> comes_in & 1 == 1 {
        comes_in
    } else {
        among.trailing_zeros() as u8
    };
    free[usize::from(candidate.class)] &= !(1 << reg);
    Resident {
        value: candidate.value,
        class: candidate.class,
        reg,
    }
}

/// Keeps some candidates in any registers.
fn random_plan(scan: &mut Scan, candidates: &[Candidate]) -> Plan {
    let mut plan = Plan::new();
    let mut free = scan.pool;
    let Some(mut random) = scan.random else {
        return plan;
    };
    for candidate in candidates {
        let class = usize::from(candidate.class);
        let choices: Vec<u8> = (0..16).filter(|reg| free[class] >> reg & 1 == 1).collect();
        if choices.is_empty() || random.below(4) == 0 {
            continue;
        }
        let reg = choices[random.below(choices.len() as u32) as usize];
        free[class] &= !(1 << reg);
        plan.push(Resident {
            value: candidate.value,
            class: candidate.class,
            reg,
        });
    }
    scan.random = Some(random);
    plan
}

/// The plan that fits how the loop ended: what is in a register there stays in that one.
fn learn(scan: &Scan, plan: &Plan, candidates: &[Candidate]) -> Plan {
    let mut taken = [0u16; 2];
    let mut learnt = Plan::with_capacity(plan.len());
    let old = |value| {
        plan.iter()
            .find(|resident| resident.value == value)
            .map(|resident| resident.reg)
    };
    for candidate in candidates {
        let class = usize::from(candidate.class);
        let free = scan.pool[class] & !taken[class];
        if free == 0 {
            continue;
        }
        let source = if candidate.is_phi {
            scan.trace.insts[candidate.value as usize].args[1]
                .map_or(candidate.value as usize, |back| back.index())
        } else {
            candidate.value as usize
        };
        let ended = scan.state.reg[source];
        let was = old(candidate.value);
        let choice = match (candidate.is_phi, was, ended) {
            (true, Some(was), _) => Some(was),
            (true, None, NONE) | (false, _, NONE) => None,
            (_, _, ended) => Some(ended),
        };
        // A register that a more deserving one has: any other will do.
        if let Some(reg) = choice {
            let reg = if free >> reg & 1 == 1 {
                reg
            } else {
                free.trailing_zeros() as u8
            };
            taken[class] |= 1 << reg;
            learnt.push(Resident {
                value: candidate.value,
                class: candidate.class,
                reg,
            });
        }
    }
    learnt
}

/// Allocates the loop under a plan. The state is left as it is at the end of the loop.
fn run(scan: &mut Scan, before: &State, plan: &Plan, first_exit: usize) -> Result<Outcome, Error> {
    let ranges = scan.ranges;
    let trace = scan.trace;
    let (Some(header), jump) = (ranges.header, ranges.jump) else {
        return Err(Error::TooLong);
    };
    scan.code = Vec::with_capacity(jump - header + 8);
    let homes = begin(scan, before, plan)?;
    let at_header = scan.state.slots;
    scan.code.push(MInst::inserted(
        trace.insts[header].op,
        Some(InstIdx::new(header)),
        &[],
        0,
    ));
    scan.block(ranges.body, jump)?;
    let back = |phi: u32| trace.insts[phi as usize].args[1].map(|back| back.0);
    end(scan, plan, &homes, &back)?;
    let own = trace.insts[ranges.body..jump]
        .iter()
        .filter(|inst| !is_const(inst.op))
        .count();
    let cost = scan.code.len() - 1 - own;
    scan.jump(jump);
    let trunk_end = scan.state.clone();
    for path in &ranges.sides {
        side(scan, plan, &homes, path)?;
    }
    scan.state.copy_from(&trunk_end);
    let body = std::mem::take(&mut scan.code);
    let mut entry = Vec::with_capacity(plan.len() + 4);
    enter(scan, before, plan, &homes, at_header, &mut entry)?;
    let exits = scan.exits.split_off(first_exit);
    Ok(Outcome {
        entry,
        body,
        exits,
        sides: std::mem::take(&mut scan.sides),
        slots_ever: scan.slots_ever,
        cost,
    })
}

/// Allocates a side path, whose exit has been allocated.
fn side(
    scan: &mut Scan,
    plan: &Plan,
    homes: &[(u32, u8)],
    path: &super::ranges::Side,
) -> Result<(), Error> {
    let trace = scan.trace;
    scan.start_side(path)?;
    scan.hint.fill(NONE);
    scan.slot_hint.fill((NONE, 0));
    scan.wanted = [[None; 16]; 2];
    for resident in plan {
        let carried = path.carries.iter().find(|(phi, _)| *phi == resident.value);
        let value = carried.map_or(resident.value, |(_, value)| *value);
        if is_const(trace.insts[value as usize].op) {
            continue;
        }
        scan.hint[value as usize] = resident.reg;
        if carried.is_some() {
            scan.wanted[usize::from(resident.class)][usize::from(resident.reg)] = Some(Wanted {
                value,
                from: value.max(path.start as u32),
            });
        }
    }
    if trace.insts[path.last].op != Uop::jump_loop {
        return scan.block(path.start, path.last + 1);
    }
    scan.block(path.start, path.last)?;
    let back = |phi: u32| {
        let carried = path.carries.iter().find(|(carried, _)| *carried == phi);
        Some(carried.map_or(phi, |(_, value)| *value))
    };
    end(scan, plan, homes, &back)?;
    scan.jump(path.last);
    Ok(())
}

/// Declares the state at the header. Returns the phis that live in slots, with these.
fn begin(scan: &mut Scan, before: &State, plan: &Plan) -> Result<Vec<(u32, u8)>, Error> {
    let ranges = scan.ranges;
    let trace = scan.trace;
    let header = ranges.header.unwrap_or(0);
    let n = trace.insts.len();
    scan.in_loop = true;
    scan.state.copy_from(before);
    scan.state.occupied = [0; 2];
    scan.state.reg.fill(NONE);
    scan.hint.fill(NONE);
    scan.slot_hint.fill((NONE, 0));
    scan.wanted = [[None; 16]; 2];
    scan.hoisted.clear();
    scan.left.clear();
    scan.sides.clear();
    scan.last = ranges.jump;
    for (end, value) in scan.end.iter_mut().zip(&ranges.values) {
        *end = value.end;
    }
    // Slots of values that are needed in the loop stay; all others are free.
    let mut slots = 0;
    for v in 0..n {
        let value = &ranges.values[v];
        if v < header || value.is_const {
            scan.state.next[v] = value.loop_first;
        }
        let slot = scan.state.slot[v];
        if slot != NONE {
            if value.loop_live {
                slots |= 1u64 << slot;
            } else {
                scan.state.slot[v] = NONE;
            }
        }
    }
    scan.state.slots = slots;
    scan.touched = slots;
    for resident in plan {
        scan.put(resident.value, resident.reg);
        scan.hint[resident.value as usize] = resident.reg;
    }
    let mut homes = Vec::new();
    for v in header + 1..ranges.body {
        if ranges.values[v].end <= v as u32 {
            continue;
        }
        let back = trace.insts[v].args[1]
            .map(|back| back.index())
            .filter(|back| !is_const(trace.insts[*back].op));
        let reg = scan.state.reg[v];
        if reg == NONE {
            let slot = phi_slot(scan, before, v)?;
            scan.state.slot[v] = slot;
            homes.push((v as u32, slot));
            if let Some(back) = back.filter(|back| *back >= ranges.body) {
                scan.slot_hint[back] = (slot, v as u32);
            }
        } else if let Some(back) = back {
            // What is there at the header already could come at any time.
            let from = if back < ranges.body { header } else { back };
            let class = usize::from(ranges.values[v].class);
            scan.wanted[class][usize::from(reg)] = Some(Wanted {
                value: back as u32,
                from: from as u32,
            });
            if back >= ranges.body && scan.hint[back] == NONE {
                scan.hint[back] = reg;
            }
        }
    }
    // What is from before, and neither in a register nor in a slot, needs a slot.
    for v in 0..header {
        let value = &ranges.values[v];
        let homeless = scan.state.reg[v] == NONE && scan.state.slot[v] == NONE;
        if value.loop_live && !value.is_const && homeless {
            scan.hoist(v as u32)?;
        }
    }
    Ok(homes)
}

/// A slot for a phi without a register: the one that its first value comes in, if that is free.
fn phi_slot(scan: &mut Scan, before: &State, phi: usize) -> Result<u8, Error> {
    let comes_in = scan.trace.insts[phi].args[0].map_or(NONE, |entry| before.slot[entry.index()]);
    if comes_in != NONE && scan.state.slots >> comes_in & 1 == 0 {
        let bit = 1 << comes_in;
        scan.state.slots |= bit;
        scan.touched |= bit;
        scan.slots_ever |= bit;
        scan.state.owner[usize::from(comes_in)] = PINNED;
        return Ok(comes_in);
    }
    let slot = scan.new_slot(PINNED, scan.ranges.header.unwrap_or(0), 0)?;
    Ok(slot)
}

/// The moves before the header.
fn enter(
    scan: &mut Scan,
    before: &State,
    plan: &Plan,
    homes: &[(u32, u8)],
    slots: u64,
    code: &mut Vec<MInst>,
) -> Result<(), Error> {
    let trace = scan.trace;
    let entry = |value: u32| {
        let inst = &trace.insts[value as usize];
        if inst.op.is_phi() {
            inst.args[0].map_or(value, |entry| entry.0)
        } else {
            value
        }
    };
    let class = |value: u32| scan.ranges.values[value as usize].class;
    let mut moves: Vec<Move> = Vec::with_capacity(plan.len() + homes.len() + scan.hoisted.len());
    for resident in plan {
        let from = scan.source(entry(resident.value), before);
        moves.push(Move {
            class: resident.class,
            from,
            to: Place::Reg(resident.reg),
        });
    }
    for &(phi, slot) in homes {
        moves.push(Move {
            class: class(phi),
            from: scan.source(entry(phi), before),
            to: Place::Slot(slot),
        });
    }
    for &(value, slot) in &scan.hoisted {
        moves.push(Move {
            class: class(value),
            from: scan.source(value, before),
            to: Place::Slot(slot),
        });
    }
    let mut keep = [0u16; 2];
    for m in &moves {
        if let (Place::Reg(from), true) = (m.from, m.from == m.to) {
            keep[usize::from(m.class)] |= 1 << from;
        }
    }
    let room = Room {
        pool: scan.pool,
        keep,
        slots,
    };
    scan.slots_ever |= moves::resolve(trace, &mut moves, room, code)?;
    Ok(())
}

/// The moves at a jump to the header, where phis take the value that `next` says.
fn end(
    scan: &mut Scan,
    plan: &Plan,
    homes: &[(u32, u8)],
    next: &dyn Fn(u32) -> Option<u32>,
) -> Result<(), Error> {
    let trace = scan.trace;
    let back = |value: u32| {
        let inst = &trace.insts[value as usize];
        if inst.op.is_phi() {
            next(value).unwrap_or(value)
        } else {
            value
        }
    };
    let mut moves: Vec<Move> = Vec::with_capacity(plan.len() + homes.len());
    let mut keep = [0u16; 2];
    for resident in plan {
        let from = scan.source(back(resident.value), &scan.state);
        if from == Place::Reg(resident.reg) {
            keep[usize::from(resident.class)] |= 1 << resident.reg;
        }
        moves.push(Move {
            class: resident.class,
            from,
            to: Place::Reg(resident.reg),
        });
    }
    for &(phi, slot) in homes {
        let value = back(phi);
        // It may be there already, whatever else holds it.
        if scan.state.slot[value as usize] != slot {
            let from = scan.source(value, &scan.state);
            moves.push(Move {
                class: scan.ranges.values[phi as usize].class,
                from,
                to: Place::Slot(slot),
            });
        }
    }
    let room = Room {
        pool: scan.pool,
        keep,
        slots: scan.state.slots,
    };
    let mut code = std::mem::take(&mut scan.code);
    let temporaries = moves::resolve(trace, &mut moves, room, &mut code)?;
    scan.code = code;
    scan.slots_ever |= temporaries;
    // A later path may hoist a value into a slot only if nothing in the loop writes it.
    scan.touched |= temporaries;
    Ok(())
}
