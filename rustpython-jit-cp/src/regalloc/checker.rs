//! A symbolic checker: proves that an allocation computes what its trace says.
//!
//! It walks over the allocated code and keeps, for each register and spill slot, the set of
//! SSA values that the place is known to hold. Each instruction must find its operands in its
//! registers and each exit its values where it says. The loop is walked until the sets at the
//! header are those that hold both on entry and at the back edge; a set only ever
//! shrinks, so that ends, and an error seen on the way is an error in the end too.
//!
//! It shares nothing with the allocator but the types of the result.
//!
//! Worked example: for `loop_header; v4 = phi_int v2 v5; v5 = int_add_imm v4 1; jump_loop` and code
//! that adds `r0 -> r1` without a move at the back edge, entry says `r0: {v2, v4}`, the back edge
//! says `r0: {v2}` (this iteration's `v4` is nobody any more) and `r1: {v4}` as `v5` is now `v4`. The
//! second walk finds no `v4` in `r0`: rejected.
//!
//! A side path starts with what its exit had (but for registers that a call does not keep), and
//! its jump back is one more edge into the header.
//!
//! Invariants:
//! - At an edge into the header, values defined inside the loop are forgotten, and a place that
//!   holds a phi's operand for that edge holds the phi from then on.
//! - Equal constants of a class are one value.

use super::{Allocation, ExitInfo, Loc, MInst, is_const, is_spill_code, slot_at};
use crate::activation::SPILL_SLOTS;
use crate::ir::{Exit, Inst, InstIdx, RegClass, Shape, Trace, Uop};
use crate::target::{PReg, Target};
use std::fmt;

/// What is wrong with an allocation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong {
    /// The index of the instruction in [`Allocation::code`].
    pub at: usize,
    /// What is wrong there.
    pub what: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}: {}", self.at, self.what)
    }
}

impl std::error::Error for Wrong {}

/// Registers of both classes, then slots.
const PLACES: usize = 32 + SPILL_SLOTS;

/// By place: the values that it holds.
#[derive(Clone, PartialEq)]
struct Contents(Vec<Vec<InstIdx>>);

impl Contents {
    fn holds(&self, place: usize, value: InstIdx) -> bool {
        self.0[place].contains(&value)
    }

    fn set(&mut self, place: usize, value: InstIdx) {
        self.0[place].clear();
        self.0[place].push(value);
    }

    fn copy(&mut self, from: usize, to: usize) {
        self.0[to] = self.0[from].clone();
    }

    /// Keeps what both know.
    fn meet(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            mine.retain(|value| theirs.contains(value));
        }
    }
}

struct Checker<'a> {
    trace: &'a Trace,
    target: &'a Target,
    allocation: &'a Allocation,
    /// By instruction: itself, or for a constant the first equal one.
    same: Vec<InstIdx>,
    header: Option<usize>,
}

/// Checks an allocation against its trace.
///
/// # Errors
/// With the first thing found wrong.
pub fn check(trace: &Trace, target: &Target, allocation: &Allocation) -> Result<(), Wrong> {
    let same = (0..trace.insts.len())
        .map(|i| first_equal(trace, i))
        .collect();
    let header = trace.header().map(InstIdx::index);
    let checker = Checker {
        trace,
        target,
        allocation,
        same,
        header,
    };
    if allocation.spills > SPILL_SLOTS {
        return Err(Wrong {
            at: 0,
            what: format!("{} spill slots", allocation.spills),
        });
    }
    let code = &allocation.code;
    let label = code.iter().position(|minst| minst.op == Uop::loop_header);
    let mut contents = Contents(vec![Vec::new(); PLACES]);
    let mut done = 0;
    let mut left = Vec::new();
    let (Some(label), Some(header)) = (label, header) else {
        if header.is_some() != label.is_some() {
            return Err(Wrong {
                at: 0,
                what: "the loop header is missing, or should be".into(),
            });
        }
        return checker.straight();
    };
    checker.walk(0, label, &mut contents, &mut done, &mut left)?;
    checker.complete_until(label, done, header)?;
    let mut at_header = checker.edge(&contents, header, &|_, phi| phi.args[0]);
    let paths = checker.paths(Some(label))?;
    loop {
        let mut met = at_header.clone();
        left.clear();
        for path in &paths {
            contents = checker.path(path, &at_header, &mut left)?;
            if trace.insts[path.last].op == Uop::jump_loop {
                let carried = |value: InstIdx, phi: &Inst| match path.from {
                    None => phi.args[1],
                    Some(_) => Some(
                        trace.insts[path.first..path.last]
                            .iter()
                            .find(|inst| inst.op.is_carry() && inst.args[0] == Some(value))
                            .and_then(|inst| inst.args[1])
                            .unwrap_or(value),
                    ),
                };
                met.meet(&checker.edge(&contents, header, &carried));
            }
        }
        if met == at_header {
            return Ok(());
        }
        at_header = met;
    }
}

/// A path through the loop: where it stands in the code and in the trace.
struct CodePath {
    start: usize,
    end: usize,
    first: usize,
    last: usize,
    from: Option<InstIdx>,
}

/// The first constant with the same bits and class, or the instruction itself.
fn first_equal(trace: &Trace, i: usize) -> InstIdx {
    let inst = &trace.insts[i];
    let equal = |other: &Inst| {
        is_const(other.op) && other.ty().class() == inst.ty().class() && other.imm == inst.imm
    };
    let first = if is_const(inst.op) {
        trace.insts.iter().position(equal)
    } else {
        None
    };
    InstIdx::new(first.unwrap_or(i))
}

impl Checker<'_> {
    /// Checks a trace without a loop.
    fn straight(&self) -> Result<(), Wrong> {
        let nothing = Contents(vec![Vec::new(); PLACES]);
        let mut left = Vec::new();
        for path in &self.paths(None)? {
            self.path(path, &nothing, &mut left)?;
        }
        Ok(())
    }

    /// Checks a path, which finds `start` or what was left to it.
    fn path(
        &self,
        path: &CodePath,
        start: &Contents,
        left: &mut Vec<(InstIdx, Contents)>,
    ) -> Result<Contents, Wrong> {
        let mut contents = match path.from {
            None => start.clone(),
            Some(from) => {
                let found = left.iter().find(|(at, _)| *at == from);
                let (_, state) = found.ok_or(Wrong {
                    at: path.start,
                    what: format!("nothing leads to the side path of v{}", from.0),
                })?;
                state.clone()
            }
        };
        let mut done = path.first;
        self.walk(path.start, path.end, &mut contents, &mut done, left)?;
        self.complete_until(path.end, done, path.last + 1)?;
        Ok(contents)
    }

    /// The paths from the header on, or all of them where there is none; each side path must stand
    /// in the code once, in order.
    fn paths(&self, label: Option<usize>) -> Result<Vec<CodePath>, Wrong> {
        let code = &self.allocation.code;
        let mut starts = vec![label.map_or(0, |label| label + 1)];
        let sides = (0..code.len()).filter(|at| code[*at].op == Uop::side);
        starts.extend(sides.map(|at| at + 1));
        let paths = self.trace.paths();
        let expected: Vec<_> = paths.iter().skip(1).map(|path| path.start).collect();
        let found: Vec<_> = starts[1..]
            .iter()
            .map(|start| code[*start - 1].inst.map_or(usize::MAX, InstIdx::index))
            .collect();
        let named: Vec<_> = paths
            .iter()
            .skip(1)
            .map(|path| path.from.map(|from| (from, InstIdx::new(path.start))))
            .collect();
        let listed: Vec<_> = self.allocation.sides.iter().copied().map(Some).collect();
        if found != expected || named != listed {
            return Err(Wrong {
                at: starts[0],
                what: "a side path is missing, or should be".into(),
            });
        }
        let ends = starts.iter().skip(1).map(|start| start - 1);
        let ends = ends.chain([code.len()]);
        Ok(starts
            .iter()
            .zip(ends)
            .zip(&paths)
            .map(|((start, end), path)| CodePath {
                start: *start,
                end,
                first: if path.from.is_none() {
                    self.header.map_or(0, |header| header + 1)
                } else {
                    path.start + 1
                },
                last: path.end - 1,
                from: path.from,
            })
            .collect())
    }

    /// Checks `code[from..to]`. `done` is the position in the trace.
    fn walk(
        &self,
        from: usize,
        to: usize,
        contents: &mut Contents,
        done: &mut usize,
        left: &mut Vec<(InstIdx, Contents)>,
    ) -> Result<(), Wrong> {
        for at in from..to {
            let minst = &self.allocation.code[at];
            if at > from && self.allocation.code[at - 1].op.is_end() {
                return Err(Wrong {
                    at,
                    what: "code after the end".into(),
                });
            }
            let result = self.registers(minst).and_then(|()| {
                if is_const(minst.op) {
                    self.constant(minst, contents)
                } else if minst.inst.is_none() {
                    self.inserted(minst, contents)
                } else {
                    *done = self.complete_next(*done);
                    let starts =
                        |inst: &InstIdx| self.allocation.sides.iter().any(|(from, _)| from == inst);
                    if let Some(inst) = minst.inst.filter(starts) {
                        left.push((inst, self.kept(minst, contents)));
                    }
                    let result = self.instruction(minst, *done, contents);
                    *done += 1;
                    result
                }
            });
            result.map_err(|what| Wrong { at, what })?;
        }
        Ok(())
    }

    /// Skips instructions that need no code.
    fn complete_next(&self, mut done: usize) -> usize {
        while self
            .trace
            .insts
            .get(done)
            .is_some_and(|inst| is_const(inst.op) || inst.op.is_phi() || inst.op.is_carry())
        {
            done += 1;
        }
        done
    }

    fn complete_until(&self, at: usize, done: usize, end: usize) -> Result<(), Wrong> {
        let done = self.complete_next(done);
        if done == end {
            Ok(())
        } else {
            Err(Wrong {
                at,
                what: format!("v{done} is missing"),
            })
        }
    }

    /// What an instruction that leaves keeps.
    fn kept(&self, minst: &MInst, contents: &Contents) -> Contents {
        let mut kept = contents.clone();
        if minst.op.row().shape == Shape::Call {
            let result = minst.op.row().ty.class().and(minst.registers().last());
            for place in 0..32 {
                if !self.survives(place) || result.is_some_and(|reg| register(*reg) == place) {
                    kept.0[place].clear();
                }
            }
        }
        kept
    }

    /// What holds after an edge into the header on which each phi takes what `next` says.
    fn edge(
        &self,
        contents: &Contents,
        header: usize,
        next: &dyn Fn(InstIdx, &Inst) -> Option<InstIdx>,
    ) -> Contents {
        let phis = self
            .trace
            .insts
            .iter()
            .enumerate()
            .skip(header + 1)
            .take_while(|(_, inst)| inst.op.is_phi());
        let phis: Vec<(InstIdx, Option<InstIdx>)> = phis
            .map(|(i, inst)| (InstIdx::new(i), next(InstIdx::new(i), inst)))
            .collect();
        let place = |held: &Vec<InstIdx>| {
            let stays =
                |value: &&InstIdx| value.index() < header || is_const(self.trace.inst(**value).op);
            let mut after: Vec<InstIdx> = held.iter().filter(stays).copied().collect();
            for (phi, source) in &phis {
                if source.is_some_and(|source| held.contains(&self.same[source.index()])) {
                    after.push(*phi);
                }
            }
            after
        };
        Contents(contents.0.iter().map(place).collect())
    }

    /// The registers must exist.
    fn registers(&self, minst: &MInst) -> Result<(), String> {
        if usize::from(minst.nregs) > minst.regs.len() {
            return Err(format!("{} registers", minst.nregs));
        }
        match minst
            .registers()
            .iter()
            .find(|reg| reg.num() >= self.target.pool(reg.class()))
        {
            Some(reg) => Err(format!("{reg:?} is not in the pool")),
            None => Ok(()),
        }
    }

    /// The classes of the registers must be those of the row: operands, then the result.
    fn classes(minst: &MInst, result: Option<RegClass>) -> Result<(), String> {
        let row = minst.op.row();
        let expected = row.args.iter().map(|ty| ty.class()).chain(result.map(Some));
        let actual = minst.registers().iter().map(|reg| Some(reg.class()));
        if expected.eq(actual) {
            Ok(())
        } else {
            Err(format!("wrong registers for {}", row.name))
        }
    }

    fn constant(&self, minst: &MInst, contents: &mut Contents) -> Result<(), String> {
        let row = minst.op.row();
        Self::classes(minst, row.ty.class())?;
        let Some(inst) = minst
            .inst
            .filter(|inst| inst.index() < self.trace.insts.len())
        else {
            return Err("a constant that the trace does not have".into());
        };
        let original = self.trace.inst(inst);
        if (original.op, original.imm) != (minst.op, minst.imm) {
            return Err(format!("not the constant v{}", inst.0));
        }
        contents.set(register(minst.regs[0]), self.same[inst.index()]);
        Ok(())
    }

    fn inserted(&self, minst: &MInst, contents: &mut Contents) -> Result<(), String> {
        let row = minst.op.row();
        Self::classes(minst, row.ty.class())?;
        if is_spill_code(minst.op) {
            let slot = self.slot(slot_at(minst.imm).ok_or("not the offset of a spill slot")?)?;
            let reg = register(minst.regs[0]);
            if row.ty.class().is_some() {
                contents.copy(slot, reg);
            } else {
                contents.copy(reg, slot);
            }
            return Ok(());
        }
        if !matches!(minst.op, Uop::move_gpr | Uop::move_fpr) {
            return Err(format!("{} without an instruction of the trace", row.name));
        }
        contents.copy(register(minst.regs[0]), register(minst.regs[1]));
        Ok(())
    }

    fn instruction(&self, minst: &MInst, i: usize, contents: &mut Contents) -> Result<(), String> {
        let Some(inst) = self.trace.insts.get(i) else {
            return Err("code after the end of the trace".into());
        };
        if minst.inst != Some(InstIdx::new(i)) || minst.op != inst.op || minst.imm != inst.imm {
            return Err(format!("v{i} should come here"));
        }
        if self.header == Some(i) {
            return Err("a second loop header".into());
        }
        let row = inst.op.row();
        Self::classes(minst, inst.ty().class())?;
        for (arg, reg) in inst.operands().zip(minst.registers()) {
            if !contents.holds(register(*reg), self.same[arg.index()]) {
                return Err(format!("{reg:?} does not hold v{}", arg.0));
            }
        }
        let result = inst
            .ty()
            .class()
            .and_then(|_| minst.registers().last().copied());
        self.exit(minst, i, inst, result, contents)?;
        for place in 0..32 {
            let keeps = match row.shape {
                Shape::Pseudo | Shape::Plain => true,
                Shape::Call => self.survives(place),
                Shape::Clobber => false,
            };
            if !keeps {
                contents.0[place].clear();
            }
        }
        if let Some(result) = result {
            contents.set(register(result), InstIdx::new(i));
        }
        Ok(())
    }

    /// Whether a register place keeps its value across a call.
    fn survives(&self, place: usize) -> bool {
        let reg = if place < 16 {
            PReg::gpr(place as u8)
        } else {
            PReg::fpr((place - 16) as u8)
        };
        self.target.saved(reg)
    }

    fn exit(
        &self,
        minst: &MInst,
        i: usize,
        inst: &Inst,
        result: Option<PReg>,
        contents: &Contents,
    ) -> Result<(), String> {
        let row = inst.op.row();
        let (snap, idx) = match (row.exit, inst.snap, minst.exit) {
            (Exit::Stays, _, None) => return Ok(()),
            (Exit::Exits, Some(snap), Some(idx)) => (snap, idx),
            _ => return Err("an exit is missing, or should be".into()),
        };
        let Some(ExitInfo {
            snap: named,
            at,
            locs,
        }) = self.allocation.exits.get(idx.index())
        else {
            return Err(format!("there is no exit {}", idx.0));
        };
        let entries = &self.trace.snap(snap).entries;
        if *named != snap || at.index() != i || locs.len() != entries.len() {
            return Err(format!("exit {} is not the one of v{i}", idx.0));
        }
        for ((_, entry), loc) in entries.iter().zip(locs) {
            let (value, loc) = match (entry.inst(), loc) {
                (None, None) => continue,
                (Some(value), Some(loc)) => (value, *loc),
                _ => return Err(format!("exit {} has a location too many or too few", idx.0)),
            };
            let wanted = self.trace.inst(value);
            let same = self.same[value.index()];
            let right = match loc {
                Loc::Const(bits) => is_const(wanted.op) && wanted.imm == bits,
                Loc::Spill(slot) => contents.holds(self.slot(slot)?, same),
                Loc::Reg(reg) => {
                    // Nobody looks at registers when a callee has left.
                    let passes = minst.op != Uop::call_trace
                        && (row.shape != Shape::Call
                            || (self.target.saved(reg) && result != Some(reg)));
                    passes
                        && Some(reg.class()) == wanted.ty().class()
                        && contents.holds(register(reg), same)
                }
            };
            if !right {
                return Err(format!(
                    "exit {} does not find v{} in {loc:?}",
                    idx.0, value.0
                ));
            }
        }
        Ok(())
    }

    fn slot(&self, slot: u32) -> Result<usize, String> {
        if (slot as usize) < self.allocation.spills {
            Ok(32 + slot as usize)
        } else {
            Err(format!(
                "slot {slot} is not among the {} in use",
                self.allocation.spills
            ))
        }
    }
}

/// The place of a register.
const fn register(reg: PReg) -> usize {
    match reg.class() {
        RegClass::Gpr => reg.num(),
        RegClass::Fpr => 16 + reg.num(),
    }
}
