//! What each uop means, in plain Rust; integers are bits.

use crate::ir::Uop;

/// How an instruction ends.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Outcome {
    /// It leaves.
    Exit,
    /// It goes on without a result.
    Done,
    /// It goes on with this result (a double as bits).
    Value(u64),
}

fn exit_unless(holds: bool) -> Outcome {
    if holds { Outcome::Done } else { Outcome::Exit }
}

fn value(result: Option<i64>) -> Outcome {
    result.map_or(Outcome::Exit, |v| Outcome::Value(v as u64))
}

fn truth(holds: bool) -> Outcome {
    Outcome::Value(u64::from(holds))
}

/// Floor division in 128 bits, where nothing overflows.
fn floor_div(a: i64, b: i64) -> Option<i64> {
    if b == 0 {
        return None;
    }
    let (a, b) = (i128::from(a), i128::from(b));
    let quotient = a.div_euclid(b);
    // Euclid's remainder is never negative: for a negative divisor that is one too far.
    let floor = if b < 0 && a.rem_euclid(b) != 0 {
        quotient - 1
    } else {
        quotient
    };
    i64::try_from(floor).ok()
}

fn floor_mod(a: i64, b: i64) -> Option<i64> {
    if b == 0 {
        return None;
    }
    let (a, b) = (i128::from(a), i128::from(b));
    let rest = a.rem_euclid(b);
    i64::try_from(if b < 0 && rest != 0 { rest + b } else { rest }).ok()
}

fn shift_left(a: i64, b: i64) -> Option<i64> {
    if !(0..64).contains(&b) {
        return None;
    }
    i64::try_from(i128::from(a) << b).ok()
}

fn shift_right(a: i64, b: i64) -> Option<i64> {
    (b >= 0).then(|| a >> b.min(63))
}

/// The meaning of a `Plain` uop of integers or doubles. `None` for uops that this does not cover.
pub fn outcome(uop: Uop, args: &[u64], imm: i64) -> Option<Outcome> {
    use Outcome::*;
    use std::cmp::Ordering::{Equal, Less};
    let a = args.first().copied().unwrap_or(0) as i64;
    let b = args.get(1).copied().unwrap_or(0) as i64;
    let (x, y) = (f64::from_bits(a as u64), f64::from_bits(b as u64));
    Some(match uop {
        Uop::const_int | Uop::const_ref | Uop::const_bool | Uop::const_float => Value(imm as u64),
        Uop::move_gpr | Uop::move_fpr | Uop::bool_to_int => Value(a as u64),
        Uop::guard_nonnull | Uop::guard_true => exit_unless(a != 0),
        Uop::guard_null | Uop::guard_false => exit_unless(a == 0),
        Uop::guard_is | Uop::guard_int_eq_imm => exit_unless(a == imm),
        Uop::guard_is_not | Uop::guard_int_ne_imm => exit_unless(a != imm),
        Uop::ref_is | Uop::int_eq_imm => truth(a == imm),
        Uop::ref_eq | Uop::int_eq => truth(a == b),
        Uop::int_add => value(a.checked_add(b)),
        Uop::int_sub => value(a.checked_sub(b)),
        Uop::int_mul => value(a.checked_mul(b)),
        Uop::int_floordiv => value(floor_div(a, b)),
        Uop::int_mod => value(floor_mod(a, b)),
        Uop::int_and => Value((a & b) as u64),
        Uop::int_or => Value((a | b) as u64),
        Uop::int_xor => Value((a ^ b) as u64),
        Uop::int_shl => value(shift_left(a, b)),
        Uop::int_shr => value(shift_right(a, b)),
        Uop::int_neg => value(a.checked_neg()),
        Uop::int_abs => value(a.checked_abs()),
        Uop::int_not => Value(!a as u64),
        Uop::int_min => Value(a.min(b) as u64),
        Uop::int_max => Value(a.max(b) as u64),
        Uop::int_add_imm => value(a.checked_add(imm)),
        Uop::int_mul_imm => value(a.checked_mul(imm)),
        Uop::int_and_imm => Value((a & imm) as u64),
        Uop::int_or_imm => Value((a | imm) as u64),
        Uop::int_xor_imm => Value((a ^ imm) as u64),
        Uop::int_shl_imm => value(shift_left(a, imm)),
        Uop::int_shr_imm => value(shift_right(a, imm)),
        Uop::int_floordiv_imm => value(floor_div(a, imm)),
        Uop::int_mod_imm => value(floor_mod(a, imm)),
        Uop::int_wrap_add => Value(a.wrapping_add(b) as u64),
        Uop::int_wrap_mul => Value(a.wrapping_mul(b) as u64),
        Uop::int_lt => truth(a < b),
        Uop::int_le => truth(a <= b),
        Uop::int_ne => truth(a != b),
        Uop::int_lt_imm => truth(a < imm),
        Uop::int_le_imm => truth(a <= imm),
        Uop::int_gt_imm => truth(a > imm),
        Uop::int_ge_imm => truth(a >= imm),
        Uop::int_ne_imm => truth(a != imm),
        Uop::guard_int_lt => exit_unless(a < b),
        Uop::guard_int_le => exit_unless(a <= b),
        Uop::guard_int_eq => exit_unless(a == b),
        Uop::guard_int_ne => exit_unless(a != b),
        Uop::guard_int_ult => exit_unless((a as u64) < b as u64),
        Uop::guard_int_lt_imm => exit_unless(a < imm),
        Uop::guard_int_le_imm => exit_unless(a <= imm),
        Uop::guard_int_gt_imm => exit_unless(a > imm),
        Uop::guard_int_ge_imm => exit_unless(a >= imm),
        Uop::bool_not => Value(1 - a as u64),
        Uop::float_add => Value((x + y).to_bits()),
        Uop::float_sub => Value((x - y).to_bits()),
        Uop::float_mul => Value((x * y).to_bits()),
        Uop::float_div if y == 0.0 => Exit,
        Uop::float_div => Value((x / y).to_bits()),
        Uop::float_neg => Value(a as u64 ^ 1 << 63),
        Uop::float_abs => Value(a as u64 & !(1 << 63)),
        Uop::float_sqrt if x < 0.0 => Exit,
        Uop::float_sqrt => Value(x.sqrt().to_bits()),
        Uop::int_to_float => Value((a as f64).to_bits()),
        Uop::guard_int_f53 => exit_unless((-(1 << 53)..=1 << 53).contains(&a)),
        Uop::float_to_int => {
            let limit = (1i64 << 62) as f64;
            if x.trunc() >= -limit && x.trunc() < limit {
                Value(x.trunc() as i64 as u64)
            } else {
                Exit
            }
        }
        Uop::float_lt => truth(x < y),
        Uop::float_le => truth(x <= y),
        Uop::float_eq => truth(x == y),
        Uop::float_ne => truth(x != y),
        Uop::guard_float_lt => exit_unless(x < y),
        Uop::guard_float_le => exit_unless(x <= y),
        Uop::guard_float_eq => exit_unless(x == y),
        Uop::guard_float_nlt => exit_unless(x.partial_cmp(&y) != Some(Less)),
        Uop::guard_float_nle => exit_unless(!matches!(x.partial_cmp(&y), Some(Less | Equal))),
        Uop::guard_float_ne => exit_unless(x != y),
        _ => return None,
    })
}
