//! The text form of a trace: what developer dumps show and what the text tests read.
//!
//! One instruction a line, then one snapshot a line. An instruction's number is its
//! index in the trace; void instructions take a number too but do not print it.
//! Everything is driven by the uop table: operands print as `vN`, the immediate by the
//! row's [`ImmKind`], the snapshot behind a semicolon.
//!
//! Worked example: an `int_add_imm` of value 4, one, at index 5 with snapshot 1, prints as
//! `v5 = int_add_imm v4 1 ; s1`, and [`super::parse()`] reads it back as the same.
//!
//! Invariants:
//! - P1: `parse(print(trace)) == trace` for every trace whose immediates are in their rows'
//!   domains; doubles round-trip bit by bit.
//! - P2: printing never fails, even for a trace that the verifier refuses (that is when one
//!   wants to look at it); what has no text form prints with a `?`.

use std::fmt;

use super::{ImmKind, Inner, Inst, InstIdx, Slot, SnapIdx, SnapValue, Snapshot, Trace, Ty};
use crate::helper::Helper;

impl fmt::Display for InstIdx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

impl fmt::Display for SnapIdx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{}", self.0)
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(n) => write!(f, "L{n}"),
            Self::Stack(n) => write!(f, "S{n}"),
            Self::Name(n) => write!(f, "N{n}"),
            Self::Inner(frame, inner) => write!(f, "F{frame}.{inner}"),
        }
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function => f.write_str("f"),
            Self::Local(n) => write!(f, "L{n}"),
            Self::Stack(n) => write!(f, "S{n}"),
            Self::Held(n) => write!(f, "H{n}"),
        }
    }
}

impl fmt::Display for SnapValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(v) => write!(f, "int({v})"),
            Self::Float(v) => write!(f, "float({v})"),
            Self::Bool(v) => write!(f, "bool({v})"),
            Self::Borrowed(v) => write!(f, "ref({v})"),
            Self::Owned(v) => write!(f, "own({v})"),
            Self::Const(address) => write!(f, "const(@{address:#x})"),
            Self::Same(slot) => write!(f, "same({slot})"),
            Self::Arg(index) => write!(f, "arg({index})"),
            Self::Returned => f.write_str("returned"),
            Self::Null => f.write_str("null"),
        }
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pc={} mem={}", self.pc, self.mem)?;
        if self.tag != 0 {
            write!(f, " tag={}", self.tag)?;
        }
        for frame in &self.frames {
            write!(f, " frame={}:{}", frame.row, frame.pc)?;
        }
        for (slot, value) in &self.entries {
            write!(f, " {slot}={value}")?;
        }
        Ok(())
    }
}

/// A double in the text form: as a number where that round-trips, else by its bits.
struct FloatText(u64);

impl fmt::Display for FloatText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = f64::from_bits(self.0);
        if value.is_nan() {
            // A nan has a sign and a payload, which no decimal form carries.
            write!(f, "f#{:016x}", self.0)
        } else {
            // `{:?}` prints the shortest digits that read back as the same double.
            write!(f, "{value:?}")
        }
    }
}

impl fmt::Display for Inst {
    /// The instruction without its number, e.g. `int_add v1 v2 ; s0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = self.op.row();
        f.write_str(row.name)?;
        for arg in self.operands() {
            write!(f, " {arg}")?;
        }
        match row.imm {
            ImmKind::None => {}
            ImmKind::Int | ImmKind::Int32 | ImmKind::Slot | ImmKind::Offset | ImmKind::Pc => {
                write!(f, " {}", self.imm.cast_signed())?;
            }
            ImmKind::Float => write!(f, " {}", FloatText(self.imm))?,
            ImmKind::Ref => write!(f, " @{:#x}", self.imm)?,
            ImmKind::Helper => match Helper::from_index(self.imm) {
                Some(helper) => write!(f, " {}", helper.name())?,
                None => write!(f, " ?{}", self.imm)?,
            },
        }
        if let Some(snap) = self.snap {
            write!(f, " ; {snap}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("trace {\n")?;
        for (index, inst) in self.insts.iter().enumerate() {
            if inst.ty() == Ty::Void {
                writeln!(f, "  {inst}")?;
            } else {
                writeln!(f, "  v{index} = {inst}")?;
            }
        }
        for (index, snap) in self.snaps.iter().enumerate() {
            writeln!(f, "  s{index}: {snap}")?;
        }
        f.write_str("}\n")
    }
}

/// The text form of a trace.
#[must_use]
pub fn print(trace: &Trace) -> String {
    trace.to_string()
}
