//! Checks the numbered rules of the intermediate representation (see [`super`]).
//!
//! Runs after every optimizer pass and before register allocation in debug builds. It
//! names the first rule that a trace breaks and where, so that a failing pass is found
//! at once. It never panics: any table contents may be given to it.
//!
//! Worked example: `v1 = int_not v2` as second instruction breaks R1
//! (`R1 operands are defined before their use: v1: v2 is defined later`).

use std::fmt;

use super::{
    ImmKind, Inner, Inst, InstIdx, Path, Slot, SnapIdx, SnapValue, Snapshot, Trace, Ty, Uop,
};
use crate::helper::Helper;

macro_rules! rules {
    ($( $name:ident $text:literal )*) => {
        /// A rule of the representation.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Rule { $( #[doc = $text] $name, )* }

        /// All rules, in order.
        pub const RULES: &[Rule] = &[ $( Rule::$name, )* ];

        impl Rule {
            /// Its number, e.g. `R1`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$name => stringify!($name), )* }
            }
            /// What it demands.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $( Self::$name => $text, )* }
            }
        }
    };
}

rules! {
    R1 "operands are defined before their use"
    R2 "operands are those of the row"
    R3 "snapshots stand where the row says, and name values defined before"
    R4 "phis stand directly after the loop header"
    R5 "a path ends with jump_loop to the one header, or with leave"
    R6 "a snapshot names a slot once, in order, and its stack without gaps"
    R7 "a snapshot boxes a value by its type"
    R8 "a 32-bit immediate fits 32 bits"
    R9 "an immediate is in the row's domain, and the row may stand in a trace"
    R10 "side paths start at exits of the loop, and carries end them"
}

/// A broken rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// Where: an instruction (`v4`), a snapshot (`s1`), or `end`.
    pub at: String,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}: {}: {}",
            self.rule.name(),
            self.rule.text(),
            self.at,
            self.message
        )
    }
}

impl std::error::Error for Violation {}

/// Checks a trace.
///
/// # Errors
/// The first broken rule.
pub fn verify(trace: &Trace) -> Result<(), Violation> {
    let header = trace.header();
    let paths = Paths::new(trace);
    for (index, inst) in trace.insts.iter().enumerate() {
        let at = InstIdx::new(index);
        let broken = |rule, message| Violation {
            rule,
            at: at.to_string(),
            message,
        };
        check_shape(inst).map_err(|(rule, message)| broken(rule, message))?;
        check_operands(trace, at, inst, header, &paths)
            .map_err(|(rule, message)| broken(rule, message))?;
        check_snap(trace, at, inst, &paths).map_err(|message| broken(Rule::R3, message))?;
        check_place(trace, at, inst, header, &paths)
            .map_err(|(rule, message)| broken(rule, message))?;
        check_side(trace, at, inst, header, &paths)
            .map_err(|message| broken(Rule::R10, message))?;
    }
    for path in &paths.list {
        check_end(trace, *path, header).map_err(|message| Violation {
            rule: Rule::R5,
            at: "end".into(),
            message,
        })?;
    }
    for (index, snap) in trace.snaps.iter().enumerate() {
        check_snapshot(trace, snap).map_err(|(rule, message)| Violation {
            rule,
            at: SnapIdx::new(index).to_string(),
            message,
        })?;
    }
    Ok(())
}

type Broken = (Rule, String);

/// Which instruction belongs to which path.
struct Paths {
    list: Vec<Path>,
    /// By instruction.
    of: Vec<usize>,
}

impl Paths {
    fn new(trace: &Trace) -> Self {
        let list = trace.paths();
        let mut of = vec![0; trace.insts.len()];
        for (number, path) in list.iter().enumerate() {
            of[path.start..path.end].fill(number);
        }
        Self { list, of }
    }

    /// Whether a value is there whenever control reaches an instruction.
    fn sees(&self, mut at: InstIdx, value: InstIdx) -> bool {
        while value < at {
            let path = self.of[at.index()];
            if self.of[value.index()] == path {
                return true;
            }
            match self.list[path].from {
                // (Only a malformed trace has a side path that starts at a later one.)
                Some(from) if from < at && from.index() < self.of.len() => at = from,
                _ => return false,
            }
        }
        false
    }
}

/// R8 and R9, and the number of operands (R2).
fn check_shape(inst: &Inst) -> Result<(), Broken> {
    let row = inst.op.row();
    let given = inst.args.iter().take_while(|arg| arg.is_some()).count();
    if given != row.args.len() || inst.operands().count() != given {
        return Err((
            Rule::R2,
            format!("{} takes {} operands", row.name, row.args.len()),
        ));
    }
    let value = inst.imm.cast_signed();
    match row.imm {
        ImmKind::Int32 | ImmKind::Offset if i32::try_from(value).is_err() => {
            return Err((Rule::R8, format!("{value} does not fit")));
        }
        ImmKind::Helper if Helper::from_index(inst.imm).is_none_or(|h| h.uop() != inst.op) => {
            return Err((
                Rule::R9,
                format!("helper {value} is not one of {}", row.name),
            ));
        }
        ImmKind::Slot | ImmKind::Pc if u32::try_from(value).is_err() => {
            return Err((Rule::R9, format!("{value} is no slot or place")));
        }
        ImmKind::None if inst.imm != 0 => {
            return Err((
                Rule::R9,
                format!("{} has no immediate, this one has {value}", row.name),
            ));
        }
        _ => {}
    }
    match inst.op {
        Uop::int_floordiv_imm | Uop::int_mod_imm if value <= 0 => {
            Err((Rule::R9, format!("{value} is no divisor")))
        }
        Uop::int_shl_imm | Uop::int_shr_imm if value < 0 => {
            Err((Rule::R9, format!("{value} is no shift count")))
        }
        Uop::const_bool if inst.imm > 1 => Err((Rule::R9, format!("{value} is no truth value"))),
        Uop::move_gpr
        | Uop::move_fpr
        | Uop::spill_gpr
        | Uop::spill_fpr
        | Uop::reload_gpr
        | Uop::reload_fpr => Err((
            Rule::R9,
            format!("{} belongs to the register allocator", row.name),
        )),
        _ => Ok(()),
    }
}

/// R1 and the operand types of R2.
fn check_operands(
    trace: &Trace,
    at: InstIdx,
    inst: &Inst,
    header: Option<InstIdx>,
    paths: &Paths,
) -> Result<(), Broken> {
    // R10 says what it may name.
    if inst.op == Uop::side {
        return Ok(());
    }
    for (position, (arg, want)) in inst.operands().zip(inst.op.row().args).enumerate() {
        let Some(def) = trace.insts.get(arg.index()) else {
            return Err((Rule::R1, format!("there is no {arg}")));
        };
        if inst.op.is_phi() {
            // The first operand flows in from the preamble: another phi of the same header
            // would be read after it was set.
            if position == 0 && header.is_some_and(|header| arg >= header) {
                return Err((Rule::R1, format!("{arg} is not defined before the header")));
            }
            if position == 1 && paths.of[arg.index()] != 0 {
                return Err((Rule::R1, format!("{arg} is not defined on the trunk")));
            }
        } else if arg >= at {
            return Err((Rule::R1, format!("{arg} is defined later")));
        } else if !paths.sees(at, arg) {
            return Err((Rule::R1, format!("{arg} is defined on another path")));
        }
        if def.ty() != *want {
            let message = format!(
                "operand {} ({arg}) is {}, not {want}",
                position + 1,
                def.ty()
            );
            return Err((Rule::R2, message));
        }
    }
    Ok(())
}

/// R3.
fn check_snap(trace: &Trace, at: InstIdx, inst: &Inst, paths: &Paths) -> Result<(), String> {
    let name = inst.op.row().name;
    let snap = match (inst.op.has_snapshot(), inst.snap) {
        (true, Some(snap)) => snap,
        (false, None) => return Ok(()),
        (true, None) => return Err(format!("{name} has no snapshot")),
        (false, Some(_)) => return Err(format!("{name} never leaves")),
    };
    let Some(state) = trace.snaps.get(snap.index()) else {
        return Err(format!("there is no {snap}"));
    };
    match state
        .entries
        .iter()
        .filter_map(|(_, value)| value.inst())
        .find(|v| !paths.sees(at, *v))
    {
        Some(value) => Err(format!("{value}, named by {snap}, is not defined before")),
        None => Ok(()),
    }
}

/// R4 and where the structure uops of R5 stand.
fn check_place(
    trace: &Trace,
    at: InstIdx,
    inst: &Inst,
    header: Option<InstIdx>,
    paths: &Paths,
) -> Result<(), Broken> {
    if inst.op.is_phi() {
        let before = at.index().checked_sub(1).map(|index| trace.insts[index].op);
        if !before.is_some_and(|op| op == Uop::loop_header || op.is_phi()) {
            return Err((Rule::R4, "no header or phi stands before this phi".into()));
        }
    }
    if inst.op == Uop::loop_header && header != Some(at) {
        return Err((Rule::R5, "there is a header already".into()));
    }
    if inst.op == Uop::loop_header && paths.of[at.index()] != 0 {
        return Err((Rule::R5, "a header stands on a side path".into()));
    }
    let last = at.index() + 1 == paths.list[paths.of[at.index()]].end;
    if inst.op.is_end() && !last {
        return Err((Rule::R5, format!("{} is not the end", inst.op.row().name)));
    }
    Ok(())
}

/// How a path ends (R5).
fn check_end(trace: &Trace, path: Path, header: Option<InstIdx>) -> Result<(), String> {
    let last = trace.insts[path.start..path.end].last().map(|inst| inst.op);
    match (last, header) {
        (Some(Uop::jump_loop), Some(_)) | (Some(Uop::leave), None) => Ok(()),
        (Some(op), None) if op.is_return() => Ok(()),
        (Some(Uop::leave), Some(_)) if path.from.is_some() => Ok(()),
        (Some(Uop::jump_loop), None) => Err("jump_loop without a header".into()),
        (Some(Uop::leave), Some(_)) => Err("a header that nothing jumps to".into()),
        _ => Err("neither jump_loop nor leave".into()),
    }
}

/// R10.
fn check_side(
    trace: &Trace,
    at: InstIdx,
    inst: &Inst,
    header: Option<InstIdx>,
    paths: &Paths,
) -> Result<(), String> {
    let before = &trace.insts[..at.index()];
    if inst.op == Uop::side {
        let from = inst.args[0].filter(|from| *from < at);
        let from = from.ok_or("it names nothing before it")?;
        let op = trace.inst(from).op;
        if !op.has_snapshot()
            || op.is_end()
            || matches!(
                op,
                Uop::poll | Uop::poll_call | Uop::residual | Uop::call_trace | Uop::guard_returned
            )
        {
            return Err(format!("{} goes nowhere else", op.row().name));
        }
        if header.is_some_and(|header| from < header) {
            return Err(format!("{from} is not in the loop"));
        }
        if before
            .iter()
            .any(|other| other.op == Uop::side && other.args[0] == Some(from))
        {
            return Err(format!("{from} has a side path already"));
        }
    }
    if inst.op.is_carry() {
        let phi = inst.args[0].ok_or("it names no phi")?;
        if !trace.inst(phi).op.is_phi() {
            return Err(format!("{phi} is no phi"));
        }
        let path = paths.list[paths.of[at.index()]];
        let behind = &trace.insts[at.index() + 1..path.end];
        let ends = behind
            .iter()
            .find(|inst| !inst.op.is_carry())
            .is_some_and(|inst| inst.op == Uop::jump_loop);
        if path.from.is_none() || !ends {
            return Err("a carry stands before the jump_loop of a side path".into());
        }
        if behind
            .iter()
            .any(|other| other.op.is_carry() && other.args[0] == Some(phi))
        {
            return Err(format!("{phi} is carried twice"));
        }
    }
    Ok(())
}

/// What R6 says of inner frames.
fn check_frames(snap: &Snapshot) -> Result<(), String> {
    let count = snap.frames.len() as u32;
    let mut functions = 0;
    let mut depth = 0;
    for (slot, value) in &snap.entries {
        let Slot::Inner(frame, inner) = slot else {
            continue;
        };
        match inner {
            _ if *frame >= count => return Err(format!("{slot} is of no frame")),
            Inner::Function => {
                if *frame != functions {
                    return Err(format!("F{functions} has no function"));
                }
                let object = matches!(value, SnapValue::Borrowed(_) | SnapValue::Const(_));
                if !object {
                    return Err(format!("{slot}={value} is no object that somebody holds"));
                }
                functions += 1;
                depth = 0;
            }
            Inner::Stack(at) => {
                if *at != depth {
                    return Err(format!("{slot} stands where S{depth} should"));
                }
                depth += 1;
            }
            Inner::Held(_) if !matches!(value, SnapValue::Owned(_)) => {
                return Err(format!("{slot}={value} is not held by the trace"));
            }
            Inner::Local(_) | Inner::Held(_) => {}
        }
    }
    if functions != count {
        return Err(format!("F{functions} has no function"));
    }
    Ok(())
}

/// R6 and R7.
fn check_snapshot(trace: &Trace, snap: &Snapshot) -> Result<(), Broken> {
    if let Some(pair) = snap.entries.windows(2).find(|pair| pair[0].0 >= pair[1].0) {
        return Err((
            Rule::R6,
            format!("{} does not come after {}", pair[1].0, pair[0].0),
        ));
    }
    let depths = snap.entries.iter().filter_map(|(slot, _)| match slot {
        Slot::Stack(depth) => Some(*depth),
        Slot::Local(_) | Slot::Name(_) | Slot::Inner(..) => None,
    });
    for (expected, depth) in (snap.mem..).zip(depths) {
        if depth != expected {
            return Err((
                Rule::R6,
                format!("S{depth} stands where S{expected} should"),
            ));
        }
    }
    check_frames(snap).map_err(|message| (Rule::R6, message))?;
    for (at, (slot, value)) in snap.entries.iter().enumerate() {
        if let SnapValue::Same(of) = value {
            let boxed = |v: &SnapValue| matches!(v, SnapValue::Int(_) | SnapValue::Float(_));
            if !snap.entries[..at].iter().any(|(s, v)| s == of && boxed(v)) {
                return Err((
                    Rule::R7,
                    format!("{slot}={value}, but {of} has no box before it"),
                ));
            }
        }
        let Some(inst) = value.inst() else { continue };
        let Some(def) = trace.insts.get(inst.index()) else {
            return Err((Rule::R3, format!("{slot} names {inst}, which is not there")));
        };
        let want = match value {
            SnapValue::Int(_) => Ty::Int,
            SnapValue::Float(_) => Ty::Float,
            SnapValue::Bool(_) => Ty::Bool,
            SnapValue::Borrowed(_) | SnapValue::Owned(_) => Ty::Ref,
            SnapValue::Const(_)
            | SnapValue::Same(_)
            | SnapValue::Arg(_)
            | SnapValue::Returned
            | SnapValue::Null => continue,
        };
        if def.ty() != want {
            return Err((
                Rule::R7,
                format!("{slot}={value}, but {inst} is {}", def.ty()),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    /// The rule that a body of instructions and snapshots breaks.
    fn broken(body: &str) -> Option<Rule> {
        let trace = parse(&format!("trace {{\n{body}\n}}\n")).expect(body);
        verify(&trace).err().map(|violation| violation.rule)
    }

    /// For each rule, traces that break it and nothing else.
    const BROKEN: &[(Rule, &str)] = &[
        (
            Rule::R1,
            "v0 = int_not v1\nv1 = const_int 1\nleave ; s0\ns0: pc=0 mem=0",
        ),
        (Rule::R1, "v0 = int_not v0\nleave ; s0\ns0: pc=0 mem=0"),
        (Rule::R1, "v0 = int_not v9\nleave ; s0\ns0: pc=0 mem=0"),
        (
            Rule::R1,
            "v0 = const_int 1\nloop_header\nv2 = phi_int v0 v3\nv3 = phi_int v2 v2\njump_loop",
        ),
        (
            Rule::R2,
            "v0 = const_float 1.0\nv1 = int_not v0\nleave ; s0\ns0: pc=0 mem=0",
        ),
        (
            Rule::R2,
            "loop_header\nv1 = const_int 1\nv2 = int_add v1 v0 ; s0\njump_loop\ns0: pc=0 mem=0",
        ),
        (
            Rule::R2,
            "v0 = const_int 1\nloop_header\nv2 = phi_int v0 v3\nv3 = const_bool 1\njump_loop",
        ),
        (Rule::R3, "loop_header\npoll\njump_loop"),
        (
            Rule::R3,
            "loop_header\npoll ; s1\njump_loop\ns0: pc=0 mem=0",
        ),
        (Rule::R3, "loop_header ; s0\njump_loop\ns0: pc=0 mem=0"),
        (
            Rule::R3,
            "poll ; s0\nv1 = const_int 1\nleave ; s0\ns0: pc=0 mem=0 L0=int(v1)",
        ),
        (
            Rule::R3,
            "v0 = load_local 1\nv1 = unbox_int v0 ; s0\nleave ; s1\ns0: pc=0 mem=0 L0=int(v1)\ns1: pc=0 mem=0",
        ),
        (
            Rule::R3,
            "leave ; s0\ns0: pc=0 mem=0\ns1: pc=0 mem=0 L0=int(v7)",
        ),
        (
            Rule::R4,
            "v0 = const_int 1\nv1 = phi_int v0 v0\nleave ; s0\ns0: pc=0 mem=0",
        ),
        (
            Rule::R4,
            "v0 = const_int 1\nloop_header\nv2 = const_int 2\nv3 = phi_int v0 v2\njump_loop",
        ),
        (Rule::R5, ""),
        (Rule::R5, "v0 = const_int 1"),
        (Rule::R5, "jump_loop"),
        (Rule::R5, "loop_header\nloop_header\njump_loop"),
        (Rule::R5, "loop_header\nleave ; s0\ns0: pc=0 mem=0"),
        (Rule::R5, "leave ; s0\nleave ; s0\ns0: pc=0 mem=0"),
        (Rule::R5, "loop_header\njump_loop\njump_loop"),
        (Rule::R6, "leave ; s0\ns0: pc=0 mem=0 L0=null L0=null"),
        (Rule::R6, "leave ; s0\ns0: pc=0 mem=0 L1=null L0=null"),
        (Rule::R6, "leave ; s0\ns0: pc=0 mem=1 S0=null"),
        (Rule::R6, "leave ; s0\ns0: pc=0 mem=0 S0=null S2=null"),
        (Rule::R6, "leave ; s0\ns0: pc=0 mem=0 frame=0:1"),
        (Rule::R6, "leave ; s0\ns0: pc=0 mem=0 F0.f=const(@0x10)"),
        (Rule::R6, "leave ; s0\ns0: pc=0 mem=0 frame=0:1 F0.f=null"),
        (
            Rule::R6,
            "leave ; s0\ns0: pc=0 mem=0 frame=0:1 F0.f=const(@0x10) F0.S1=null",
        ),
        (
            Rule::R6,
            "leave ; s0\ns0: pc=0 mem=0 frame=0:1 F0.f=const(@0x10) F0.H0=const(@0x10)",
        ),
        (
            Rule::R7,
            "v0 = const_int 1\nleave ; s0\ns0: pc=0 mem=0 L0=float(v0)",
        ),
        (
            Rule::R7,
            "v0 = const_bool 1\nleave ; s0\ns0: pc=0 mem=0 L0=int(v0)",
        ),
        (
            Rule::R7,
            "v0 = const_int 1\nleave ; s0\ns0: pc=0 mem=0 S0=own(v0)",
        ),
        (
            Rule::R7,
            "poll ; s1\nleave ; s0\ns0: pc=0 mem=0 N0=bool(v0)\ns1: pc=0 mem=0",
        ),
        (
            Rule::R7,
            "v0 = const_int 1\nleave ; s0\ns0: pc=0 mem=0 L0=same(L1) L1=int(v0)",
        ),
        (
            Rule::R8,
            "v0 = const_int 1\nv1 = int_and_imm v0 2147483648\nleave ; s0\ns0: pc=0 mem=0",
        ),
        (
            Rule::R8,
            "v0 = const_ref @0x10\nv1 = load_i64 v0 -2147483649\nleave ; s0\ns0: pc=0 mem=0",
        ),
        (
            Rule::R9,
            "v0 = const_float 1.0\nv1 = pure_f_f_x v0 list_len ; s0\nleave ; s0\ns0: pc=0 mem=0",
        ),
        (Rule::R9, "v0 = const_bool 2\nleave ; s0\ns0: pc=0 mem=0"),
        (
            Rule::R9,
            "v0 = const_int 1\nv1 = int_mod_imm v0 0\nleave ; s0\ns0: pc=0 mem=0",
        ),
        (
            Rule::R9,
            "v0 = const_int 1\nv1 = int_shr_imm v0 -1\nleave ; s0\ns0: pc=0 mem=0",
        ),
        (Rule::R9, "v0 = load_local -1\nleave ; s0\ns0: pc=0 mem=0"),
        (Rule::R9, "v0 = reload_gpr 8\nleave ; s0\ns0: pc=0 mem=0"),
        (
            Rule::R1,
            "v0 = load_local 0\nloop_header\nguard_nonnull v0 ; s0\nv3 = const_int 1\npoll ; s0\njump_loop\nside v2\nv7 = int_not v3\nleave ; s0\ns0: pc=0 mem=0",
        ),
        (
            Rule::R3,
            "v0 = load_local 0\nloop_header\nv2 = unbox_int v0 ; s0\njump_loop\nside v2\nleave ; s1\ns0: pc=0 mem=0\ns1: pc=0 mem=0 L0=int(v2)",
        ),
        (
            Rule::R5,
            "v0 = load_local 0\nloop_header\nguard_nonnull v0 ; s0\njump_loop\nside v2\ns0: pc=0 mem=0",
        ),
        (
            Rule::R10,
            "v0 = load_local 0\nguard_nonnull v0 ; s0\nloop_header\njump_loop\nside v1\nleave ; s0\ns0: pc=0 mem=0",
        ),
        (
            Rule::R10,
            "loop_header\npoll ; s0\njump_loop\nside v1\nleave ; s0\ns0: pc=0 mem=0",
        ),
        (
            Rule::R10,
            "v0 = load_local 0\nloop_header\nguard_nonnull v0 ; s0\njump_loop\nside v2\nleave ; s0\nside v2\nleave ; s0\ns0: pc=0 mem=0",
        ),
        (
            Rule::R10,
            "v0 = const_int 1\nloop_header\nv2 = phi_int v0 v0\ncarry_int v2 v0\njump_loop",
        ),
        (
            Rule::R10,
            "v0 = const_int 1\nloop_header\nv2 = phi_int v0 v0\nguard_int_lt v2 v0 ; s0\njump_loop\nside v3\ncarry_int v0 v2\njump_loop\ns0: pc=0 mem=0",
        ),
    ];

    #[test]
    fn side_paths_are_well_formed() {
        let trace = parse(
            "trace {\nv0 = const_int 1\nloop_header\nv2 = phi_int v0 v4\nguard_int_lt v2 v0 ; s0\nv4 = int_not v2\njump_loop\nside v3\nv7 = int_not v2\nguard_int_lt v7 v0 ; s1\ncarry_int v2 v7\njump_loop\nside v8\nleave ; s1\ns0: pc=0 mem=0\ns1: pc=0 mem=0 L0=int(v7)\n}",
        )
        .expect("text");
        assert_eq!(verify(&trace), Ok(()));
        let paths: Vec<_> = trace.paths().iter().map(|path| path.from).collect();
        assert_eq!(paths, [None, Some(InstIdx(3)), Some(InstIdx(8))]);
    }

    #[test]
    fn every_rule_is_enforced() {
        for (rule, body) in BROKEN {
            assert_eq!(broken(body), Some(*rule), "{body}");
        }
        for rule in RULES {
            assert!(
                BROKEN.iter().any(|(covered, _)| covered == rule),
                "{}",
                rule.name()
            );
        }
    }

    #[test]
    fn what_the_text_cannot_say_is_refused_too() {
        let mut trace =
            parse("trace {\nv0 = const_int 1\nleave ; s0\ns0: pc=0 mem=0\n}").expect("text");
        trace.insts[0].args[1] = Some(InstIdx(0));
        assert_eq!(
            verify(&trace).map_err(|violation| violation.rule),
            Err(Rule::R2)
        );
        trace.insts[0].args[1] = None;
        trace.insts[1].imm = 1;
        assert_eq!(
            verify(&trace).map_err(|violation| violation.rule),
            Err(Rule::R9)
        );
        trace.insts[1].imm = 0;
        assert_eq!(verify(&trace), Ok(()));
    }

    #[test]
    fn a_violation_reads_well() {
        let trace =
            parse("trace {\nv0 = int_not v1\nv1 = const_int 1\nleave ; s0\ns0: pc=0 mem=0\n}");
        let violation = verify(&trace.expect("text")).expect_err("v1 is defined later");
        assert_eq!(
            violation.to_string(),
            "R1 operands are defined before their use: v0: v1 is defined later"
        );
    }
}
