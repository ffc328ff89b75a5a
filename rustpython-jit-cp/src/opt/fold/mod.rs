//! Folding: one forward pass that rewrites each instruction by what is known so far.
//!
//! The trace is fed one instruction at a time into a new trace. For each, rules are asked
//! what to do ([`Action`]): rewrite it (then rules are asked again), replace it by an
//! earlier value, or drop a guard that is known to pass. What no rule touches and no
//! earlier equal instruction makes superfluous is appended, and what it teaches is noted
//! ([`facts`]).
//!
//! Why it is right: a path is straight-line, so whatever stands earlier on it in the new trace
//! has been executed when a later instruction is. Facts about SSA values (a range, an order,
//! a pointer's identity) hold forever, in later iterations too: a value of the preamble does
//! not change, and a value of the loop is defined anew before the guard that teaches about it.
//! Facts about *memory* (a class, a local, a list element) end where something may write it,
//! and the loop header is such a place for whatever the loop body writes ([`memory`]).
//!
//! A side path starts from what was known when its exit was reached, the guard itself left out;
//! where a rule finds that the exit is never taken, its side path goes.
//!
//! Phis are seen before their back-edge operand is: in the new trace a phi's second operand
//! keeps its *old* number until the end of the pass. No rule looks at it there.
//!
//! Worked example: `v3 = int_lt v1 v2; guard_true v3 ; s0` appends the comparison, then
//! rewrites the guard to `guard_int_lt v1 v2 ; s0` (rule `guard_fuse`); the comparison is
//! now unused and falls to dead-code elimination.

mod compare;
mod facts;
mod float;
mod int;
mod memory;
#[cfg(test)]
pub(super) use memory::{Set, set_by};
mod object;

use super::dce::drop_unused_snapshots;
use super::eval::{Outcome, eval};
use super::{Renumbering, Rewrites, Rule};
use crate::ir::{Effect, Exit, Inst, InstIdx, Trace, Ty, UOPS, Uop};
use facts::{Fact, Relation};
use memory::Memory;
use std::collections::HashMap;

/// What a rule makes of an instruction.
enum Action {
    /// This instead; its snapshot is set by the driver.
    Rewrite(Uop, [Option<InstIdx>; 3], u64),
    /// This of a value and a new constant double.
    WithFloat(Uop, InstIdx, f64),
    /// Its value is this one.
    Equal(InstIdx),
    /// Its value is this constant of its type, by its bits.
    Constant(u64),
    /// It passes always.
    Passes,
}

/// A rule that applies, and how.
type Hit = Option<(Rule, Action)>;

fn unary(op: Uop, a: InstIdx, imm: u64) -> Action {
    Action::Rewrite(op, [Some(a), None, None], imm)
}

fn binary(op: Uop, a: InstIdx, b: InstIdx) -> Action {
    Action::Rewrite(op, [Some(a), Some(b), None], 0)
}

/// A truth value's bits.
const fn bit(value: bool) -> u64 {
    value as u64
}

/// How often rules may rewrite one instruction in a row. Every rule makes it simpler by
/// some measure, so this is never reached; it bounds the damage of a pair that does not.
const CHAIN: usize = 16;

/// How far a search for an equal instruction goes back among those of its uop.
const SEARCH: usize = 128;

/// Marks the end of a chain.
const END: u32 = u32::MAX;

/// The state of the pass: the new trace and everything known at its end.
struct Fold {
    out: Trace,
    /// New numbers of old values.
    new: Renumbering,
    /// What is known of each new value.
    facts: Vec<Fact>,
    /// What is known of pairs of new values.
    relations: Vec<Relation>,
    /// The last new instruction of each uop, and for each new instruction the one before
    /// with the same uop: the search for equal ones only sees candidates.
    last: [u32; UOPS.len()],
    previous: Vec<u32>,
    memory: Memory,
    /// What was known at the exits where side paths start, by old number.
    exits: Vec<(InstIdx, Option<Known>)>,
    /// Whether a side path was.
    dropped: bool,
    /// For each phi (by old number), the side paths that give it a value, and which.
    carries: HashMap<InstIdx, Vec<(usize, InstIdx)>>,
}

/// What is known at a point.
#[derive(Clone)]
struct Known {
    facts: Vec<Fact>,
    relations: Vec<Relation>,
    last: [u32; UOPS.len()],
    memory: Memory,
}

pub(super) fn run(trace: Trace, rewrites: &mut Rewrites<'_>) -> Trace {
    let len = trace.insts.len();
    let mut fold = Fold {
        out: Trace {
            insts: Vec::with_capacity(len),
            snaps: Vec::new(),
        },
        new: Renumbering::new(len),
        facts: Vec::with_capacity(len),
        relations: Vec::new(),
        last: [END; UOPS.len()],
        previous: Vec::with_capacity(len),
        memory: Memory::of_loop(&trace, rewrites.options.single_threaded),
        exits: Vec::new(),
        dropped: false,
        carries: carries(&trace),
    };
    let paths = trace.paths();
    let starts = paths.iter().filter_map(|path| path.from);
    fold.exits = starts.map(|from| (from, None)).collect();
    for path in &paths {
        if path.from.is_none_or(|from| fold.start_side(from)) {
            for index in path.start..path.end {
                fold.feed(&trace, InstIdx::new(index), rewrites);
            }
        }
    }
    fold.finish(trace)
}

/// The values that side paths give to phis.
fn carries(trace: &Trace) -> HashMap<InstIdx, Vec<(usize, InstIdx)>> {
    let mut found: HashMap<InstIdx, Vec<(usize, InstIdx)>> = HashMap::new();
    let mut path = 0;
    for inst in &trace.insts {
        path += usize::from(inst.op == Uop::side);
        if let (true, [Some(phi), Some(value), _]) = (inst.op.is_carry(), inst.args) {
            found.entry(phi).or_default().push((path, value));
        }
    }
    found
}

impl Fold {
    /// Puts one old instruction through the rules.
    fn feed(&mut self, trace: &Trace, old: InstIdx, rewrites: &mut Rewrites<'_>) {
        let mut inst = trace.inst(old).clone();
        if inst.op.is_phi() {
            self.feed_phi(trace, old, inst, rewrites);
            return;
        }
        for arg in inst.args.iter_mut().flatten() {
            *arg = self.new.get(*arg);
        }
        if inst.op.is_carry() && !self.is_wanted(&inst) {
            return;
        }
        for _ in 0..CHAIN {
            let Some((rule, action)) = self.rules(&inst) else {
                break;
            };
            if !rewrites.take(rule) {
                break;
            }
            match action {
                Action::Rewrite(op, args, imm) => {
                    debug_assert_eq!(op.row().ty, inst.ty(), "{rule:?}");
                    debug_assert!(!op.has_snapshot() || inst.snap.is_some(), "{rule:?}");
                    let snap = inst.snap.filter(|_| op.has_snapshot());
                    inst = Inst {
                        op,
                        args,
                        imm,
                        snap,
                    };
                }
                Action::WithFloat(op, value, number) => {
                    debug_assert_eq!(op.row().exit, Exit::Stays, "{rule:?}");
                    let number = self.float_constant(number);
                    inst = Inst::new(op, &[value, number], 0, None);
                }
                Action::Constant(bits) => {
                    inst = Inst::new(constant_op(inst.ty()), &[], bits, None);
                }
                Action::Equal(value) => {
                    debug_assert_eq!(self.out.inst(value).ty(), inst.ty(), "{rule:?}");
                    self.new.set(old, value);
                    return;
                }
                Action::Passes => return,
            }
        }
        if let Some((rule, value)) = self.known_already(&inst)
            && rewrites.take(rule)
        {
            if inst.ty() != Ty::Void {
                self.new.set(old, value);
            }
            return;
        }
        let fact = self.result_fact(&inst);
        let leaves = inst.op.has_snapshot();
        let value = self.push(inst, fact);
        self.new.set(old, value);
        if leaves && let Some(exit) = self.exits.iter().position(|(from, _)| *from == old) {
            self.exits[exit].1 = Some(Known {
                facts: self.facts.clone(),
                relations: self.relations.clone(),
                last: self.last,
                memory: self.memory.clone(),
            });
        }
        self.learn(value);
    }

    /// Goes back to what was known at an exit; false when the exit is gone.
    fn start_side(&mut self, from: InstIdx) -> bool {
        let exit = self.exits.iter_mut().find(|(old, _)| *old == from);
        let Some(known) = exit.and_then(|(_, known)| known.take()) else {
            self.dropped = true;
            return false;
        };
        self.facts[..known.facts.len()].copy_from_slice(&known.facts);
        self.relations = known.relations;
        self.last = known.last;
        self.memory = known.memory;
        // The instruction's own result is not there on the side path.
        let exit = self.new.get(from);
        let last = &mut self.last[self.out.inst(exit).op as usize];
        if *last == exit.0 {
            *last = self.previous[exit.index()];
        }
        true
    }

    /// Whether a carry still does something: its phi may have turned out to be another
    /// value, or to keep its own.
    fn is_wanted(&self, carry: &Inst) -> bool {
        let [Some(phi), Some(value), _] = carry.args else {
            return false;
        };
        let done = |other: &&Inst| other.op.is_carry() && other.args[0] == Some(phi);
        let before = self.out.insts.iter().rev().take_while(|i| i.op.is_carry());
        self.out.inst(phi).op.is_phi() && phi != value && !before.into_iter().any(|i| done(&i))
    }

    /// Phis have rules of their own.
    fn feed_phi(
        &mut self,
        trace: &Trace,
        old: InstIdx,
        mut inst: Inst,
        rewrites: &mut Rewrites<'_>,
    ) {
        let [Some(entry), Some(back), _] = inst.args else {
            return;
        };
        let entry_new = self.new.get(entry);
        // phi_same: phi(a, a) = a; x = phi(a, x) = a
        let is_same =
            |back: InstIdx| back == old || back == entry || self.new.get(back) == entry_new;
        let carried = self.carries.get(&old).map_or(&[][..], Vec::as_slice);
        let same = is_same(back) && carried.iter().all(|(_, value)| is_same(*value));
        if same && rewrites.take(Rule::phi_same) {
            self.new.set(old, entry_new);
            return;
        }
        inst.args[0] = Some(entry_new);
        // phi_equal: y = phi(a, b) = x for x = phi(a, b)
        if let Some(equal) = self.find(inst.op, inst.args, inst.imm, 0)
            && self.carried_alike(trace, old, back, entry)
            && rewrites.take(Rule::phi_equal)
        {
            self.new.set(old, equal);
            return;
        }
        let backs = carried.iter().map(|(_, value)| *value).chain([back]);
        let fact = backs
            .map(|back| self.phi_fact(trace, old, entry_new, back))
            .reduce(Fact::either)
            .unwrap_or(Fact::ANY);
        let value = self.push(inst, fact);
        self.new.set(old, value);
    }

    /// Whether side paths bring the same values to this phi and to an earlier one with the
    /// same entry and back edge.
    fn carried_alike(&self, trace: &Trace, phi: InstIdx, back: InstIdx, entry: InstIdx) -> bool {
        let Some(header) = trace.header() else {
            return false;
        };
        let twin = trace.insts[header.index()..phi.index()]
            .iter()
            .position(|other| {
                other.op.is_phi()
                    && other.args[1] == Some(back)
                    && other.args[0].map(|arg| self.new.get(arg)) == Some(self.new.get(entry))
            })
            .map(|at| InstIdx::new(header.index() + at));
        twin.is_some_and(|twin| self.carries.get(&twin) == self.carries.get(&phi))
    }

    /// Renumbers what was left with old numbers.
    fn finish(mut self, trace: Trace) -> Trace {
        for inst in self.out.insts.iter_mut().filter(|inst| inst.op.is_phi()) {
            if let Some(back) = &mut inst.args[1] {
                *back = self.new.get(*back);
            }
        }
        self.out.snaps = trace.snaps;
        if self.dropped {
            // They name values that were never seen.
            drop_unused_snapshots(&mut self.out);
        }
        for (_, value) in self.out.snaps.iter_mut().flat_map(|snap| &mut snap.entries) {
            if let Some(inst) = value.inst() {
                *value = value.with_inst(self.new.get(inst));
            }
        }
        self.out
    }

    /// Appends an instruction and what is known of its result.
    fn push(&mut self, inst: Inst, fact: Fact) -> InstIdx {
        let last = &mut self.last[inst.op as usize];
        self.previous.push(*last);
        let value = self.out.push(inst);
        *last = value.0;
        self.facts.push(fact);
        value
    }

    /// The value of a constant double, which is appended if there is none yet.
    fn float_constant(&mut self, number: f64) -> InstIdx {
        let bits = number.to_bits();
        self.find(Uop::const_float, [None; 3], bits, 0)
            .unwrap_or_else(|| self.push(Inst::new(Uop::const_float, &[], bits, None), Fact::ANY))
    }

    /// The latest instruction like this one, if it stands at `since` or later.
    fn find(&self, op: Uop, args: [Option<InstIdx>; 3], imm: u64, since: u32) -> Option<InstIdx> {
        // Nothing equal stands before an operand. (A phi's second operand is an old number.)
        let operands = if op.is_phi() { &args[..1] } else { &args[..] };
        let oldest = operands
            .iter()
            .flatten()
            .map(|arg| arg.0 + 1)
            .max()
            .unwrap_or(0)
            .max(since);
        self.chain(op)
            .take_while(|index| index.0 >= oldest)
            .take(SEARCH)
            .find(|index| {
                let inst = self.out.inst(*index);
                inst.imm == imm && inst.args == args
            })
    }

    /// The instructions of a uop, last first.
    fn chain(&self, op: Uop) -> impl Iterator<Item = InstIdx> + '_ {
        let first = self.last[op as usize];
        let link = move |index: u32| (index != END).then_some(InstIdx(index));
        std::iter::successors(link(first), move |index| link(self.previous[index.index()]))
    }

    /// The constant that a value is, by its bits.
    fn constant(&self, value: InstIdx) -> Option<u64> {
        let inst = self.out.inst(value);
        if inst.op == constant_op(inst.ty()) {
            return Some(inst.imm);
        }
        self.facts[value.index()].constant(inst.ty())
    }

    /// The same as a signed integer.
    fn int_constant(&self, value: InstIdx) -> Option<i64> {
        self.constant(value).map(u64::cast_signed)
    }

    /// The instruction that defines a value, if it is of this uop.
    fn defined_by(&self, value: InstIdx, op: Uop) -> Option<&Inst> {
        Some(self.out.inst(value)).filter(|inst| inst.op == op)
    }

    /// The first operand of the unary instruction of this uop that defines a value.
    fn operand_of(&self, value: InstIdx, op: Uop) -> Option<InstIdx> {
        self.defined_by(value, op)?.args[0]
    }

    /// The rule that applies to an instruction, if any.
    fn rules(&self, inst: &Inst) -> Hit {
        if inst.op.row().effect == Effect::Control || inst.args[0].is_none() {
            return None;
        }
        self.fold_constants(inst)
            .or_else(|| self.order_operands(inst))
            .or_else(|| self.int_rules(inst))
            .or_else(|| self.compare_rules(inst))
            .or_else(|| self.float_rules(inst))
            .or_else(|| self.object_rules(inst))
            .or_else(|| self.known_value(inst))
    }

    /// const_fold: f(c1, c2, ..) = c for constant operands
    fn fold_constants(&self, inst: &Inst) -> Hit {
        if inst.op.row().effect != Effect::Pure {
            return None;
        }
        let mut operands = [0; 3];
        for (slot, arg) in operands.iter_mut().zip(inst.operands()) {
            *slot = self.constant(arg)?;
        }
        match eval(inst.op, operands, inst.imm) {
            // Which nan the machine makes is the machine's business.
            Outcome::Value(bits) if inst.ty() == Ty::Float && f64::from_bits(bits).is_nan() => None,
            Outcome::Value(bits) => Some((Rule::const_fold, Action::Constant(bits))),
            Outcome::Passes => Some((Rule::const_fold, Action::Passes)),
            Outcome::Exits | Outcome::Unknown => None,
        }
    }

    /// Brings operands of commutative uops into one order, so that equal ones look equal.
    /// Sums and products of doubles are left alone: with two nans the first one wins.
    fn order_operands(&self, inst: &Inst) -> Hit {
        let [Some(a), Some(b), None] = inst.args else {
            return None;
        };
        let commutative = matches!(
            inst.op,
            Uop::int_add
                | Uop::int_mul
                | Uop::int_and
                | Uop::int_or
                | Uop::int_xor
                | Uop::int_min
                | Uop::int_max
                | Uop::int_wrap_add
                | Uop::int_wrap_mul
                | Uop::int_eq
                | Uop::int_ne
                | Uop::guard_int_eq
                | Uop::guard_int_ne
                | Uop::float_eq
                | Uop::float_ne
                | Uop::guard_float_eq
                | Uop::guard_float_ne
                | Uop::ref_eq
        );
        if !commutative {
            return None;
        }
        match (self.constant(a).is_some(), self.constant(b).is_some()) {
            // const_right: f(c, x) = f(x, c)
            (true, false) => Some((Rule::const_right, binary(inst.op, b, a))),
            // operand_order: f(y, x) = f(x, y) for x defined before y
            (false, false) if b < a => Some((Rule::operand_order, binary(inst.op, b, a))),
            _ => None,
        }
    }

    /// known_value: x = c for an x whose facts leave one possibility
    fn known_value(&self, inst: &Inst) -> Hit {
        let row = inst.op.row();
        if row.effect != Effect::Pure || row.exit != Exit::Stays || row.args.is_empty() {
            return None;
        }
        let bits = self.result_fact(inst).constant(row.ty)?;
        Some((Rule::known_value, Action::Constant(bits)))
    }

    /// An earlier instruction that makes this one superfluous.
    fn known_already(&self, inst: &Inst) -> Option<(Rule, InstIdx)> {
        let row = inst.op.row();
        match row.effect {
            Effect::Pure => {
                let found = self.find(inst.op, inst.args, inst.imm, 0)?;
                // guard_again: guard f(a); ..; guard f(a) = guard f(a); ..
                // cse: x = f(a); ..; y = f(a) = x = f(a); ..; y = x
                Some((
                    if row.ty == Ty::Void {
                        Rule::guard_again
                    } else {
                        Rule::cse
                    },
                    found,
                ))
            }
            Effect::Read => self.read_again(inst),
            Effect::Write | Effect::Anything | Effect::Control => None,
        }
    }

    /// Notes what an instruction that was just appended tells about values and memory.
    fn learn(&mut self, value: InstIdx) {
        let inst = self.out.inst(value).clone();
        self.learn_values(&inst);
        self.memory.learn(&inst, value);
    }
}

/// The uop that makes a constant of a type.
fn constant_op(ty: Ty) -> Uop {
    match ty {
        Ty::Int => Uop::const_int,
        Ty::Float => Uop::const_float,
        Ty::Bool => Uop::const_bool,
        // No value of type void exists whose constant anyone could ask for.
        Ty::Ref | Ty::Void => Uop::const_ref,
    }
}
