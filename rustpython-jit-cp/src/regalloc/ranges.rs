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
//! Constants have ranges only where an instruction needs them in a register: snapshots and phis
//! take them from anywhere.

use super::{is_const, is_phi};
use crate::ir::{Shape, Trace, Uop};

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
    /// The position of the `jump_loop` (the last instruction).
    pub jump: usize,
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
            h + 1 + insts[h + 1..].iter().take_while(|i| is_phi(i.op)).count()
        });
        let jump = n.saturating_sub(1);
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
            pressure: [0; 2],
            call_pressure: [0; 2],
        };
        ranges.walk(trace);
        ranges
    }

    fn walk(&mut self, trace: &Trace) {
        let insts = &trace.insts;
        // Positions before this one are outside the loop.
        let loop_start = self.header.unwrap_or(insts.len());
        let live_phis = self.live_phis(trace, loop_start);
        let mut live = [0usize; 2];
        for i in (0..insts.len()).rev() {
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
            if is_phi(inst.op) {
                continue;
            }
            if i == loop_start {
                self.close_loop(loop_start);
                for (phi, _) in insts[loop_start + 1..self.body]
                    .iter()
                    .zip(&live_phis)
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
                    .zip(&live_phis)
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
            for arg in inst.operands() {
                mark(i, arg.index());
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
            if i >= header && !value.is_const {
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
