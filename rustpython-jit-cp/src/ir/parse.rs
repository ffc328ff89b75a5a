//! Reads the text form of a trace (see [`mod@super::print`] for what it looks like).
//!
//! Strict on purpose, because it reads tests: numbers must be those that the printer
//! would give, and everything on a line must be understood. Blank lines and `//`
//! comments are skipped. The result is well-formed text, not yet a well-formed trace:
//! [`super::verify()`] judges that.
//!
//! Worked example: in `v5 = int_add_imm v4 1 ; s1` the row of `int_add_imm` says one
//! operand and a 32-bit integer, so `v4` is the operand, `1` the immediate, and `s1` the
//! snapshot; `v5` must be the sixth instruction.
//!
//! Invariant: P1 of the printer.

use std::fmt;

use super::{
    ImmKind, Inner, Inst, InstIdx, Slot, SnapFrame, SnapIdx, SnapValue, Snapshot, Trace, Ty, Uop,
};
use crate::helper::Helper;

/// Why a text is not a trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ParseError {}

/// Reads a trace.
///
/// # Errors
/// When the text is not what the printer writes; says where.
pub fn parse(text: &str) -> Result<Trace, ParseError> {
    let mut trace = Trace::default();
    let mut state = State::Before;
    let mut last = 0;
    for (index, line) in text.lines().enumerate() {
        last = index + 1;
        let line = line.split("//").next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        parse_line(&mut trace, &mut state, line).map_err(|message| ParseError {
            line: index + 1,
            message,
        })?;
    }
    match state {
        State::After => Ok(trace),
        State::Before => Err(ParseError {
            line: last,
            message: "no `trace {` found".into(),
        }),
        State::Insts | State::Snaps => Err(ParseError {
            line: last,
            message: "the closing `}` is missing".into(),
        }),
    }
}

/// Where in the text the reader is.
#[derive(PartialEq)]
enum State {
    Before,
    Insts,
    Snaps,
    After,
}

fn parse_line(trace: &mut Trace, state: &mut State, line: &str) -> Result<(), String> {
    match state {
        State::Before => {
            if line != "trace {" {
                return Err(format!("expected `trace {{`, found `{line}`"));
            }
            *state = State::Insts;
        }
        State::After => return Err(format!("text after the closing `}}`: `{line}`")),
        State::Insts | State::Snaps if line == "}" => *state = State::After,
        State::Insts | State::Snaps => {
            if let Some((head, rest)) = line.split_once(':') {
                *state = State::Snaps;
                let number = numbered(head, 's')?;
                expect_number('s', number, trace.snaps.len())?;
                trace.snaps.push(parse_snapshot(rest)?);
            } else if *state == State::Snaps {
                return Err("instructions stand before the snapshots".into());
            } else {
                let inst = parse_inst(line, trace.insts.len())?;
                trace.insts.push(inst);
            }
        }
    }
    Ok(())
}

/// Reads an instruction line; `index` is the number it must have.
fn parse_inst(line: &str, index: usize) -> Result<Inst, String> {
    let (result, body) = match line.split_once('=') {
        Some((head, body)) => (Some(numbered(head.trim(), 'v')?), body),
        None => (None, line),
    };
    let (body, snap) = match body.split_once(';') {
        Some((body, snap)) => (body, Some(SnapIdx(numbered(snap.trim(), 's')?))),
        None => (body, None),
    };
    let mut words = body.split_whitespace();
    let name = words.next().ok_or("an instruction has a name")?;
    let op = Uop::from_name(name).ok_or_else(|| format!("no uop is called `{name}`"))?;
    let row = op.row();
    match result {
        Some(_) if row.ty == Ty::Void => return Err(format!("`{name}` has no result")),
        Some(number) => expect_number('v', number, index)?,
        None if row.ty != Ty::Void => {
            return Err(format!("`{name}` has a result: `v{index} = {name} ...`"));
        }
        None => {}
    }
    let mut args = Vec::with_capacity(row.args.len());
    for _ in row.args {
        let word = words.next().ok_or_else(|| {
            format!(
                "`{name}` takes {} operands, found {}",
                row.args.len(),
                args.len()
            )
        })?;
        args.push(InstIdx(numbered(word, 'v')?));
    }
    let imm = if row.imm == ImmKind::None {
        0
    } else {
        let word = words
            .next()
            .ok_or_else(|| format!("`{name}` takes an immediate ({:?})", row.imm))?;
        parse_imm(row.imm, word)?
    };
    if let Some(word) = words.next() {
        return Err(format!("`{name}` takes nothing more: `{word}`"));
    }
    Ok(Inst::new(op, &args, imm, snap))
}

fn parse_imm(kind: ImmKind, word: &str) -> Result<u64, String> {
    match kind {
        ImmKind::None => Ok(0),
        ImmKind::Int | ImmKind::Int32 | ImmKind::Slot | ImmKind::Offset | ImmKind::Pc => word
            .parse::<i64>()
            .map(i64::cast_unsigned)
            .map_err(|_| format!("expected a 64-bit integer, found `{word}`")),
        ImmKind::Float => parse_float(word),
        ImmKind::Ref => parse_address(word),
        ImmKind::Helper => Helper::from_name(word)
            .map(|helper| helper as u64)
            .ok_or_else(|| format!("no helper is called `{word}`")),
    }
}

fn parse_float(word: &str) -> Result<u64, String> {
    let error =
        || format!("expected a double such as `1.5` or `f#7ff8000000000000`, found `{word}`");
    if let Some(bits) = word.strip_prefix("f#") {
        return u64::from_str_radix(bits, 16).map_err(|_| error());
    }
    let value: f64 = word.parse().map_err(|_| error())?;
    // Which nan is not for us to choose.
    if value.is_nan() {
        Err(error())
    } else {
        Ok(value.to_bits())
    }
}

fn parse_address(word: &str) -> Result<u64, String> {
    word.strip_prefix("@0x")
        .and_then(|digits| u64::from_str_radix(digits, 16).ok())
        .ok_or_else(|| format!("expected an address such as `@0x10`, found `{word}`"))
}

/// Reads `v12`, `s3` and so on.
fn numbered(word: &str, letter: char) -> Result<u32, String> {
    word.strip_prefix(letter)
        .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| format!("expected `{letter}` and a number, found `{word}`"))
}

fn expect_number(letter: char, found: u32, expected: usize) -> Result<(), String> {
    if found as usize == expected {
        Ok(())
    } else {
        Err(format!(
            "this is `{letter}{expected}`, not `{letter}{found}`"
        ))
    }
}

fn parse_snapshot(text: &str) -> Result<Snapshot, String> {
    let mut words = text.split_whitespace();
    let mut field = |key: &str| -> Result<u32, String> {
        words
            .next()
            .and_then(|word| word.strip_prefix(key)?.strip_prefix('=')?.parse().ok())
            .ok_or_else(|| format!("expected `{key}=` and a number"))
    };
    let pc = field("pc")?;
    let mem = field("mem")?;
    let mut words = words.peekable();
    let tag = words
        .next_if(|word| word.starts_with("tag="))
        .map_or(Ok(0), |word| {
            let number = word.trim_start_matches("tag=").parse();
            number.map_err(|_| "expected `tag=` and a number".to_owned())
        })?;
    let mut frames = Vec::new();
    while let Some(word) = words.next_if(|word| word.starts_with("frame=")) {
        let numbers = word.trim_start_matches("frame=").split_once(':');
        let frame = numbers.and_then(|(row, pc)| {
            Some(SnapFrame {
                row: row.parse().ok()?,
                pc: pc.parse().ok()?,
            })
        });
        frames.push(frame.ok_or("expected `frame=` and two numbers, such as `frame=0:14`")?);
    }
    let entries = words.map(parse_entry).collect::<Result<_, _>>()?;
    Ok(Snapshot {
        pc,
        mem,
        tag,
        frames,
        entries,
    })
}

/// Reads `L3` behind `F0.` and so on.
fn parse_inner(slot: &str) -> Result<Inner, String> {
    match slot.chars().next() {
        Some('f') if slot == "f" => Ok(Inner::Function),
        Some('L') => Ok(Inner::Local(numbered(slot, 'L')?)),
        Some('S') => Ok(Inner::Stack(numbered(slot, 'S')?)),
        Some('H') => Ok(Inner::Held(numbered(slot, 'H')?)),
        _ => Err(format!("expected a slot such as `F0.L1`, found `{slot}`")),
    }
}

fn parse_entry(word: &str) -> Result<(Slot, SnapValue), String> {
    let error = || format!("expected a slot and its value such as `L0=int(v4)`, found `{word}`");
    let (slot, value) = word.split_once('=').ok_or_else(error)?;
    let parse_slot = |slot: &str| match slot.chars().next() {
        Some('L') => Ok(Slot::Local(numbered(slot, 'L')?)),
        Some('S') => Ok(Slot::Stack(numbered(slot, 'S')?)),
        Some('N') => Ok(Slot::Name(numbered(slot, 'N')?)),
        Some('F') => {
            let (frame, inner) = slot.split_once('.').ok_or_else(error)?;
            Ok(Slot::Inner(numbered(frame, 'F')?, parse_inner(inner)?))
        }
        _ => Err(error()),
    };
    let slot = parse_slot(slot)?;
    if value == "null" {
        return Ok((slot, SnapValue::Null));
    }
    if value == "returned" {
        return Ok((slot, SnapValue::Returned));
    }
    let (kind, inner) = value
        .strip_suffix(')')
        .and_then(|value| value.split_once('('))
        .ok_or_else(error)?;
    let value = |make: fn(InstIdx) -> SnapValue| Ok(make(InstIdx(numbered(inner, 'v')?)));
    let value = match kind {
        "int" => value(SnapValue::Int),
        "float" => value(SnapValue::Float),
        "bool" => value(SnapValue::Bool),
        "ref" => value(SnapValue::Borrowed),
        "own" => value(SnapValue::Owned),
        "const" => Ok(SnapValue::Const(parse_address(inner)?)),
        "same" => Ok(SnapValue::Same(parse_slot(inner)?)),
        "arg" => inner.parse().map(SnapValue::Arg).map_err(|_| error()),
        _ => Err(error()),
    }?;
    Ok((slot, value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::UOPS;
    use super::super::print::print;
    use super::*;
    use crate::helper::HELPERS;

    #[test]
    fn the_example_of_the_module_doc_round_trips() {
        let text = "trace {\n  v0 = load_local 0\n  guard_type v0 @0x10 ; s0\n  v2 = unbox_int v0 ; s0\n  \
            loop_header\n  v4 = phi_int v2 v5\n  v5 = int_add_imm v4 1 ; s1\n  poll ; s2\n  jump_loop\n  \
            s0: pc=4 mem=0\n  s1: pc=8 mem=0 L0=int(v4)\n  s2: pc=4 mem=0 L0=int(v5)\n}\n";
        let trace = parse(text).expect("it is well-formed");
        assert_eq!(print(&trace), text);
        assert_eq!(super::super::verify(&trace), Ok(()));
    }

    #[test]
    fn comments_and_blank_lines_are_skipped() {
        let trace =
            parse("// a trace\n\ntrace { // here\n\n  leave ; s0 // end\n s0: pc=1 mem=0\n}\n");
        assert_eq!(trace.map(|t| t.insts.len()), Ok(1));
    }

    #[test]
    fn errors_name_the_line_and_the_reason() {
        let cases = [
            ("", 0, "no `trace {`"),
            ("trace {\n", 1, "`}` is missing"),
            ("trace\n}\n", 1, "expected `trace {`"),
            ("trace {\n}\nx", 3, "after the closing"),
            (
                "trace {\n  frobnicate v0\n}",
                2,
                "no uop is called `frobnicate`",
            ),
            (
                "trace {\n  v1 = const_int 1\n}",
                2,
                "this is `v0`, not `v1`",
            ),
            ("trace {\n  const_int 1\n}", 2, "has a result"),
            ("trace {\n  v0 = loop_header\n}", 2, "has no result"),
            ("trace {\n  v0 = int_not\n}", 2, "takes 1 operands, found 0"),
            ("trace {\n  v0 = int_not v1 v2\n}", 2, "takes nothing more"),
            (
                "trace {\n  v0 = int_not x\n}",
                2,
                "expected `v` and a number",
            ),
            (
                "trace {\n  v0 = int_not v-1\n}",
                2,
                "expected `v` and a number",
            ),
            ("trace {\n  v0 = const_int\n}", 2, "takes an immediate"),
            (
                "trace {\n  v0 = const_int 1.5\n}",
                2,
                "expected a 64-bit integer",
            ),
            ("trace {\n  v0 = const_float nan\n}", 2, "expected a double"),
            ("trace {\n  v0 = const_ref 16\n}", 2, "expected an address"),
            (
                "trace {\n  v0 = pure_f_f_x v0 math_foo ; s0\n}",
                2,
                "no helper is called",
            ),
            ("trace {\n  poll ; x\n}", 2, "expected `s` and a number"),
            ("trace {\n  s1: pc=0 mem=0\n}", 2, "this is `s0`, not `s1`"),
            ("trace {\n  s0: mem=0\n}", 2, "expected `pc=`"),
            ("trace {\n  s0: pc=0 mem=x\n}", 2, "expected `mem=`"),
            ("trace {\n  s0: pc=0 mem=0 Q0=null\n}", 2, "expected a slot"),
            (
                "trace {\n  s0: pc=0 mem=0 L0=big(v1)\n}",
                2,
                "expected a slot",
            ),
            (
                "trace {\n  s0: pc=0 mem=0\n  poll ; s0\n}",
                3,
                "before the snapshots",
            ),
        ];
        for (text, line, part) in cases {
            let error = parse(text).expect_err(text);
            assert_eq!(error.line, line, "{text:?}: {error}");
            assert!(error.message.contains(part), "{text:?}: {error}");
        }
    }

    fn any_inst() -> impl Strategy<Value = Inst> {
        let ops = proptest::sample::select(UOPS);
        (
            ops,
            prop::array::uniform3(0u32..100),
            any::<u64>(),
            prop::option::of(0u32..50),
        )
            .prop_map(|(op, numbers, imm, snap)| {
                let row = op.row();
                let args: Vec<_> = numbers[..row.args.len()]
                    .iter()
                    .map(|n| InstIdx(*n))
                    .collect();
                let imm = match row.imm {
                    ImmKind::None => 0,
                    ImmKind::Helper => imm % HELPERS.len() as u64,
                    _ => imm,
                };
                Inst::new(op, &args, imm, snap.map(SnapIdx))
            })
    }

    fn any_snapshot() -> impl Strategy<Value = Snapshot> {
        let slot = (0..7, any::<u32>()).prop_map(|(kind, n)| match kind {
            0 => Slot::Local(n),
            1 => Slot::Stack(n),
            2 => Slot::Name(n),
            3 => Slot::Inner(n, Inner::Function),
            4 => Slot::Inner(n % 3, Inner::Local(n)),
            5 => Slot::Inner(n % 3, Inner::Stack(n)),
            _ => Slot::Inner(n % 3, Inner::Held(n)),
        });
        let frame = (any::<u32>(), any::<u32>()).prop_map(|(row, pc)| SnapFrame { row, pc });
        let value = (0..8, any::<u32>(), any::<u64>()).prop_map(|(kind, v, address)| match kind {
            0 => SnapValue::Int(InstIdx(v)),
            1 => SnapValue::Float(InstIdx(v)),
            2 => SnapValue::Bool(InstIdx(v)),
            3 => SnapValue::Borrowed(InstIdx(v)),
            4 => SnapValue::Owned(InstIdx(v)),
            5 => SnapValue::Const(address),
            6 => SnapValue::Same(Slot::Local(v)),
            7 => SnapValue::Arg(v),
            8 => SnapValue::Returned,
            _ => SnapValue::Null,
        });
        (
            any::<u32>(),
            any::<u32>(),
            any::<u32>(),
            prop::collection::vec(frame, 0..3),
            prop::collection::vec((slot, value), 0..6),
        )
            .prop_map(|(pc, mem, tag, frames, entries)| Snapshot {
                pc,
                mem,
                tag,
                frames,
                entries,
            })
    }

    proptest! {
        /// P1, for any table contents, well-formed or not.
        #[test]
        fn parse_of_print_is_the_same_trace(
            insts in prop::collection::vec(any_inst(), 0..40),
            snaps in prop::collection::vec(any_snapshot(), 0..10),
        ) {
            let trace = Trace { insts, snaps };
            let text = print(&trace);
            prop_assert_eq!(parse(&text), Ok(trace), "{}", text);
        }
    }
}
