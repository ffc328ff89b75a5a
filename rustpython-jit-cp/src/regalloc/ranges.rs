//! Live ranges: for every value its last use and its next use after each point.
//!
//! One walk backward over the trace. Position `i` is instruction `i`; a result is defined
//! after its instruction. Uses of a phi count at its edges: the first operand at the
//! header, the second at the `jump_loop`.
//!
//! Worked example: in `0: a; 1: b = f(a); 2: loop_header; 3: g(b); 4: jump_loop` value `a` ends at
//! 1; `b` is live around the loop, so it ends at 4, its first use in the loop is 3, and
//! after that use its next one is again 3, an iteration later.
//!
//! A side path is walked on its own, before the path that it leaves: what it needs on entry counts as
//! named by the exit where it starts. What is needed at its jump back is all that the loop
//! header has: values from before the loop, and for each phi its next value.
//!
//! Constants have ranges only where an instruction needs them in a register: snapshots and phis
//! take them from anywhere.

use super::is_const;
use crate::ir::{InstIdx, Shape, Trace, Uop};
use std::collections::HashMap;

/// No such position.
pub const NEVER: u32 = u32::MAX;

/// Not a class: the instruction has no result.
pub const NO_CLASS: u8 = 2;

/// What is known of one value.
#[derive(Clone, Copy)]
pub struct Value {
    /// The first instruction that takes it as an operand after its definition.
    pub first: u32,
    /// The last use of any kind; its own position when there is none.
    pub end: u32,
    /// The first instruction inside the loop that takes it as an operand.
    pub loop_first: u32,
    /// How many instructions inside the loop take it as an operand.
    pub loop_uses: u32,
    /// Its register class: 0 general, 1 floating point, or [`NO_CLASS`].
    pub class: u8,
    /// It is a constant.
    pub is_const: bool,
    /// It has the same value in every iteration and is needed in every iteration.
    pub loop_live: bool,
}

/// What a side path needs of what was computed before it.
pub struct Side {
    /// The instruction whose exit leads here.
    pub from: usize,
    /// Its first instruction, the `side`.
    pub start: usize,
    /// Its last instruction.
    pub last: usize,
    /// The values from outside that it needs: the value, its last use there, and the first
    /// instruction there that takes it as an operand.
    pub needs: Vec<(u32, u32, u32)>,
    /// By phi: the value that it takes at the jump back.
    pub carries: Vec<(u32, u32)>,
}

/// Live ranges of a trace.
pub struct Ranges {
    /// By instruction.
    pub values: Vec<Value>,
    /// By instruction and operand: the next instruction after this one that takes the same
    /// value as an operand, in trace order.
    pub next: Vec<[u32; 3]>,
    /// By position, and one more: the first `Call` instruction there or later.
    pub next_call: Vec<u32>,
    /// The loop header.
    pub header: Option<usize>,
    /// The first instruction after the header's phis.
    pub body: usize,
    /// The position of the trunk's last instruction, the `jump_loop`.
    pub jump: usize,
    /// The side paths, in order.
    pub sides: Vec<Side>,
    /// By class: how many values defined in the loop (phis included) are live at once.
    pub pressure: [usize; 2],
    /// By class: how many of them are live across a call.
    pub call_pressure: [usize; 2],
}

impl Ranges {
    /// Computes them.
    pub fn new(trace: &Trace) -> Self {
        let insts = &trace.insts;
        let n = insts.len();
        let header = trace.header().map(|h| h.index());
        let body = header.map_or(n, |h| {
            h + 1 + insts[h + 1..].iter().take_while(|i| i.op.is_phi()).count()
        });
        let paths = trace.paths();
        let jump = paths[0].end.saturating_sub(1);
        let mut values: Vec<Value> = Vec::with_capacity(n);
        values.extend(insts.iter().enumerate().map(|(i, inst)| Value {
            first: NEVER,
            end: i as u32,
            loop_first: NEVER,
            loop_uses: 0,
            class: inst.ty().class().map_or(NO_CLASS, |class| class as u8),
            is_const: is_const(inst.op),
            loop_live: false,
        }));
        let mut ranges = Self {
            values,
            next: vec![[NEVER; 3]; n],
            next_call: vec![NEVER; n + 1],
            header,
            body,
            jump,
            sides: Vec::new(),
            pressure: [0; 2],
            call_pressure: [0; 2],
        };
        let live_phis = ranges.live_phis(trace, header.unwrap_or(n));
        if let [_, sides @ ..] = &paths[..] {
            let at_header = header
                .map(|header| ranges.at_header(trace, header, &live_phis))
                .unwrap_or_default();
            for path in sides.iter().rev() {
                ranges.walk_side(trace, *path, &at_header);
            }
            ranges.sides.reverse();
        }
        ranges.walk(trace, &live_phis);
        ranges
    }

    /// What every jump to the header needs: values from before the loop that any path in it uses,
    /// and the phis.
    fn at_header(&self, trace: &Trace, header: usize, live_phis: &[bool]) -> Vec<u32> {
        let mut needed = vec![false; trace.insts.len()];
        let mut note = |value: InstIdx| {
            let v = value.index();
            needed[v] |= v < header && !self.values[v].is_const;
        };
        for inst in &trace.insts[self.body..] {
            let operands = inst.operands().skip(usize::from(inst.op.is_carry()));
            if inst.op != Uop::side {
                operands.for_each(&mut note);
            }
            if let Some(snap) = inst.snap {
                let entries = &trace.snap(snap).entries;
                entries
                    .iter()
                    .filter_map(|(_, entry)| entry.inst())
                    .for_each(&mut note);
            }
        }
        for (phi, live) in trace.insts[header + 1..self.body].iter().zip(live_phis) {
            if let (true, Some(back)) = (*live, phi.args[1]) {
                note(back);
            }
        }
        let phis = (header + 1..self.body).zip(live_phis);
        (0..header)
            .filter(|v| needed[*v])
            .chain(phis.filter(|(_, live)| **live).map(|(v, _)| v))
            .map(|v| v as u32)
            .collect()
    }

    /// One walk backward over a side path; those that start on it have been walked.
    fn walk_side(&mut self, trace: &Trace, path: crate::ir::Path, at_header: &[u32]) {
        let last = path.end - 1;
        let mut carries = Vec::new();
        // By value: the last use, and the first operand use so far.
        let mut seen: HashMap<usize, (u32, u32)> = HashMap::new();
        fn note(ranges: &mut Ranges, seen: &mut HashMap<usize, (u32, u32)>, v: usize, at: usize) {
            if !ranges.values[v].is_const {
                seen.entry(v).or_insert((at as u32, NEVER));
            }
        }
        if trace.insts[last].op == Uop::jump_loop {
            let carried = trace.insts[path.start..last]
                .iter()
                .rev()
                .take_while(|inst| inst.op.is_carry());
            for carry in carried {
                if let [Some(phi), Some(value), _] = carry.args {
                    carries.push((phi.0, value.0));
                }
            }
            for &value in at_header {
                let carried = carries.iter().find(|(phi, _)| *phi == value);
                let needed = carried.map_or(value, |(_, value)| *value);
                note(self, &mut seen, needed as usize, last);
            }
        }
        for i in (path.start..path.end).rev() {
            let inst = &trace.insts[i];
            self.next_call[i] = if inst.op.row().shape == Shape::Call {
                i as u32
            } else {
                self.next_call[i + 1]
            };
            if let Some((end, first)) = seen.remove(&i) {
                self.values[i].end = end;
                self.values[i].first = first;
            }
            if inst.op == Uop::side || inst.op.is_carry() || inst.op == Uop::jump_loop {
                continue;
            }
            for (k, arg) in inst.operands().enumerate() {
                let v = arg.index();
                self.next[i][k] = match seen.get(&v) {
                    Some((_, first)) => *first,
                    None if self.values[v].is_const && v >= path.start => self.values[v].first,
                    None => NEVER,
                };
            }
            for arg in inst.operands() {
                let v = arg.index();
                if self.values[v].is_const {
                    // Constants of the path have ranges of their own.
                    let value = &mut self.values[v];
                    if v >= path.start {
                        if value.end == v as u32 {
                            value.end = i as u32;
                        }
                        value.first = i as u32;
                    }
                    continue;
                }
                note(self, &mut seen, v, i);
                if let Some((_, first)) = seen.get_mut(&v) {
                    *first = i as u32;
                }
                if v < self.body {
                    self.values[v].loop_uses += 1;
                }
            }
            if let Some(snap) = inst.snap {
                for (_, entry) in &trace.snap(snap).entries {
                    if let Some(named) = entry.inst() {
                        note(self, &mut seen, named.index(), i);
                    }
                }
            }
            if let Some(side) = self.sides.iter().position(|side| side.from == i) {
                for need in 0..self.sides[side].needs.len() {
                    let v = self.sides[side].needs[need].0 as usize;
                    note(self, &mut seen, v, i);
                }
            }
        }
        let mut needs: Vec<(u32, u32, u32)> = seen
            .into_iter()
            .map(|(v, (end, first))| (v as u32, end, first))
            .collect();
        needs.sort_unstable();
        self.sides.push(Side {
            from: path.from.map_or(0, InstIdx::index),
            start: path.start,
            last,
            needs,
            carries,
        });
    }

    /// The side path that starts at an exit.
    pub fn side_at(&self, from: usize) -> Option<&Side> {
        self.sides.iter().find(|side| side.from == from)
    }

    fn walk(&mut self, trace: &Trace, live_phis: &[bool]) {
        let insts = &trace.insts;
        // Positions before this one are outside the loop.
        let loop_start = self.header.unwrap_or(insts.len());
        let mut live = [0usize; 2];
        self.next_call[self.jump + 1] = NEVER;
        for i in (0..=self.jump.min(insts.len() - 1)).rev() {
            let inst = &insts[i];
            let in_loop = i > loop_start;
            let shape = inst.op.row().shape;
            self.next_call[i] = if shape == Shape::Call {
                i as u32
            } else {
                self.next_call[i + 1]
            };
            // The definition of `i`.
            let value = self.values[i];
            if in_loop && value.class != NO_CLASS && !value.is_const {
                let class = usize::from(value.class);
                if value.end > i as u32 {
                    self.pressure[class] = self.pressure[class].max(live[class]);
                    live[class] -= 1;
                } else {
                    self.pressure[class] = self.pressure[class].max(live[class] + 1);
                }
            }
            if in_loop && shape == Shape::Call {
                for (most, now) in self.call_pressure.iter_mut().zip(live) {
                    *most = (*most).max(now);
                }
            }
            if inst.op.is_phi() {
                continue;
            }
            if i == loop_start {
                self.close_loop(loop_start);
                for (phi, _) in insts[loop_start + 1..self.body]
                    .iter()
                    .zip(live_phis)
                    .filter(|(_, live)| **live)
                {
                    if let Some(entry) = phi.args[0] {
                        self.use_at(entry.index(), i, &mut live);
                        self.values[entry.index()].first = i as u32;
                    }
                }
                continue;
            }
            if inst.op == Uop::jump_loop {
                for (phi, _) in insts[loop_start + 1..self.body]
                    .iter()
                    .zip(live_phis)
                    .filter(|(_, live)| **live)
                {
                    if let Some(back) =
                        phi.args[1].filter(|back| !self.values[back.index()].is_const)
                    {
                        self.use_at(back.index(), i, &mut live);
                        self.values[back.index()].first = i as u32;
                    }
                }
                continue;
            }
            for (k, arg) in inst.operands().enumerate() {
                self.next[i][k] = self.values[arg.index()].first;
            }
            for arg in inst.operands() {
                self.use_at(arg.index(), i, &mut live);
                let value = &mut self.values[arg.index()];
                value.first = i as u32;
                value.loop_uses += u32::from(in_loop);
            }
            if let Some(snap) = inst.snap {
                for (_, entry) in &trace.snap(snap).entries {
                    if let Some(named) = entry
                        .inst()
                        .filter(|named| !self.values[named.index()].is_const)
                    {
                        self.use_at(named.index(), i, &mut live);
                    }
                }
            }
            if let Some(side) = self.sides.iter().position(|side| side.from == i) {
                for need in 0..self.sides[side].needs.len() {
                    let v = self.sides[side].needs[need].0 as usize;
                    self.use_at(v, i, &mut live);
                }
            }
            if in_loop {
                for (most, now) in self.pressure.iter_mut().zip(live) {
                    *most = (*most).max(now);
                }
            }
        }
    }

    /// Which phis anything but themselves uses. (One that none uses gets no place.)
    fn live_phis(&self, trace: &Trace, loop_start: usize) -> Vec<bool> {
        let mut used = vec![false; self.body.saturating_sub(loop_start + 1)];
        if used.is_empty() {
            return used;
        }
        let mut mark = |from: usize, named: usize| {
            if (loop_start + 1..self.body).contains(&named) && named != from {
                used[named - loop_start - 1] = true;
            }
        };
        for (i, inst) in trace.insts.iter().enumerate().skip(loop_start + 1) {
            if inst.op == Uop::side {
                continue;
            }
            let phi = inst.args[0].filter(|_| inst.op.is_carry());
            for arg in inst.operands().skip(usize::from(phi.is_some())) {
                mark(phi.map_or(i, InstIdx::index), arg.index());
            }
            if let Some(snap) = inst.snap {
                for (_, entry) in &trace.snap(snap).entries {
                    if let Some(named) = entry.inst() {
                        mark(i, named.index());
                    }
                }
            }
        }
        used
    }

    /// Notes a use of a value.
    fn use_at(&mut self, value: usize, at: usize, live: &mut [usize; 2]) {
        let loop_start = self.header.unwrap_or(usize::MAX);
        let used = &mut self.values[value];
        if used.end == value as u32 {
            used.end = at as u32;
            if value > loop_start && !used.is_const {
                live[usize::from(used.class)] += 1;
            }
        }
    }

    /// At the header: what is used inside the loop and stays the same there, lives to its end.
    fn close_loop(&mut self, header: usize) {
        let jump = self.jump as u32;
        for (i, value) in self.values.iter_mut().enumerate() {
            if (i >= header && !value.is_const) || i > self.jump {
                continue;
            }
            value.loop_first = value.first;
            let used = if value.is_const {
                value.first != NEVER
            } else {
                value.end > header as u32
            };
            if used {
                value.loop_live = true;
                value.end = jump;
            }
        }
    }

    /// Whether a value that is there before instruction `from` and needed at `to` lives across
    /// a call.
    pub fn crosses_call(&self, from: usize, to: usize) -> bool {
        (self.next_call[from] as usize) < to
    }
}
