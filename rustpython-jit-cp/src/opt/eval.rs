//! The exact meaning of every uop that depends on its operands only.
//!
//! One function, used three ways: constant folding asks it for results, the abstract
//! machine of the property tests executes with it, and the rule proofs compare rewrites
//! by it. Values are bit patterns, as in an instruction's immediate: a two's complement
//! integer, the bits of a double, 0 or 1, an address.
//!
//! Worked example: `int_floordiv` of -7 and 2 is `Value(-4)`; of 1 and 0 it is `Exits`,
//! because the compiled code would leave there and let the interpreter raise.

use crate::ir::Uop;

/// What a uop does with given operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It computes this.
    Value(u64),
    /// It has no result, and the trace goes on.
    Passes,
    /// It leaves the trace.
    Exits,
    /// That depends on more than the operands' bits, or is the host function's business.
    Unknown,
}

use Outcome::{Exits, Passes, Unknown, Value};

const fn int(value: i64) -> Outcome {
    Value(value.cast_unsigned())
}

fn int_or_exit(value: Option<i64>) -> Outcome {
    value.map_or(Exits, int)
}

const fn float(value: f64) -> Outcome {
    Value(value.to_bits())
}

const fn boolean(value: bool) -> Outcome {
    Value(value as u64)
}

const fn guard(value: bool) -> Outcome {
    if value { Passes } else { Exits }
}

/// Floor division, `None` for division by zero and overflow.
#[must_use]
pub fn floor_div(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    let inexact = a.wrapping_rem(b) != 0;
    Some(if inexact && (a < 0) != (b < 0) {
        quotient - 1
    } else {
        quotient
    })
}

/// Modulo with the sign of the divisor, `None` for division by zero.
#[must_use]
pub fn floor_mod(a: i64, b: i64) -> Option<i64> {
    if b == 0 {
        return None;
    }
    let rest = a.wrapping_rem(b);
    Some(if rest != 0 && (rest < 0) != (b < 0) {
        rest + b
    } else {
        rest
    })
}

/// A left shift, `None` for a bad count and when bits are lost.
#[must_use]
pub fn shift_left(a: i64, count: i64) -> Option<i64> {
    let count = u32::try_from(count).ok().filter(|count| *count < 64)?;
    let shifted = a << count;
    (shifted >> count == a).then_some(shifted)
}

/// An arithmetic right shift, `None` for a negative count.
#[must_use]
pub fn shift_right(a: i64, count: i64) -> Option<i64> {
    (count >= 0).then(|| a >> count.min(63))
}

/// Where the double of an integer is exact whatever the integer.
pub const EXACT_DOUBLE: i64 = 1 << 53;

/// Truncation towards zero; `None` when the result does not fit 63 bits. The bound itself
/// is left out on both sides, so that no reading of "fits" disagrees.
#[must_use]
pub fn truncate(a: f64) -> Option<i64> {
    const BOUND: f64 = (1_u64 << 62) as f64;
    #[allow(clippy::cast_possible_truncation, reason = "the bound makes it fit")]
    (a.abs() < BOUND).then_some(a as i64)
}

/// The nearest double, ties to even.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "rounding is what the uop does")]
pub const fn to_double(a: i64) -> f64 {
    a as f64
}

/// Evaluates a uop; operands that the row does not have are ignored.
#[must_use]
pub fn eval(op: Uop, operands: [u64; 3], imm: u64) -> Outcome {
    let [x, y, _] = operands;
    let (a, b, c) = (x.cast_signed(), y.cast_signed(), imm.cast_signed());
    let (p, q) = (f64::from_bits(x), f64::from_bits(y));
    match op {
        Uop::const_int | Uop::const_float | Uop::const_bool | Uop::const_ref => Value(imm),

        Uop::guard_nonnull => guard(x != 0),
        Uop::guard_null => guard(x == 0),
        Uop::guard_is => guard(x == imm),
        Uop::guard_is_not => guard(x != imm),
        Uop::ref_is => boolean(x == imm),
        Uop::ref_eq => boolean(x == y),

        Uop::int_add => int_or_exit(a.checked_add(b)),
        Uop::int_sub => int_or_exit(a.checked_sub(b)),
        Uop::int_mul => int_or_exit(a.checked_mul(b)),
        Uop::int_floordiv => int_or_exit(floor_div(a, b)),
        Uop::int_mod => int_or_exit(floor_mod(a, b)),
        Uop::int_and => int(a & b),
        Uop::int_or => int(a | b),
        Uop::int_xor => int(a ^ b),
        Uop::int_shl => int_or_exit(shift_left(a, b)),
        Uop::int_shr => int_or_exit(shift_right(a, b)),
        Uop::int_neg => int_or_exit(a.checked_neg()),
        Uop::int_abs => int_or_exit(a.checked_abs()),
        Uop::int_not => int(!a),
        Uop::int_min => int(a.min(b)),
        Uop::int_max => int(a.max(b)),
        Uop::int_add_imm => int_or_exit(a.checked_add(c)),
        Uop::int_mul_imm => int_or_exit(a.checked_mul(c)),
        Uop::int_and_imm => int(a & c),
        Uop::int_or_imm => int(a | c),
        Uop::int_xor_imm => int(a ^ c),
        Uop::int_shl_imm => int_or_exit(shift_left(a, c)),
        // Outside of the immediate's domain these three mean nothing.
        Uop::int_shr_imm => shift_right(a, c).map_or(Unknown, int),
        Uop::int_floordiv_imm if c > 0 => floor_div(a, c).map_or(Unknown, int),
        Uop::int_mod_imm if c > 0 => floor_mod(a, c).map_or(Unknown, int),
        Uop::int_wrap_add => int(a.wrapping_add(b)),
        Uop::int_wrap_mul => int(a.wrapping_mul(b)),
        Uop::int_lt => boolean(a < b),
        Uop::int_le => boolean(a <= b),
        Uop::int_eq => boolean(a == b),
        Uop::int_ne => boolean(a != b),
        Uop::int_lt_imm => boolean(a < c),
        Uop::int_le_imm => boolean(a <= c),
        Uop::int_gt_imm => boolean(a > c),
        Uop::int_ge_imm => boolean(a >= c),
        Uop::int_eq_imm => boolean(a == c),
        Uop::int_ne_imm => boolean(a != c),
        Uop::guard_int_lt => guard(a < b),
        Uop::guard_int_le => guard(a <= b),
        Uop::guard_int_eq => guard(a == b),
        Uop::guard_int_ne => guard(a != b),
        Uop::guard_int_ult => guard(x < y),
        Uop::guard_int_lt_imm => guard(a < c),
        Uop::guard_int_le_imm => guard(a <= c),
        Uop::guard_int_gt_imm => guard(a > c),
        Uop::guard_int_ge_imm => guard(a >= c),
        Uop::guard_int_eq_imm => guard(a == c),
        Uop::guard_int_ne_imm => guard(a != c),

        Uop::bool_not => boolean(x == 0),
        Uop::bool_to_int => Value(x),
        Uop::guard_true => guard(x != 0),
        Uop::guard_false => guard(x == 0),

        Uop::float_add => float(p + q),
        Uop::float_sub => float(p - q),
        Uop::float_mul => float(p * q),
        Uop::float_div if q == 0.0 => Exits,
        Uop::float_div => float(p / q),
        Uop::float_neg => float(-p),
        Uop::float_abs => float(p.abs()),
        Uop::float_sqrt if p < 0.0 => Exits,
        Uop::float_sqrt => float(p.sqrt()),
        Uop::int_to_float => float(to_double(a)),
        Uop::guard_int_f53 => guard((-EXACT_DOUBLE..=EXACT_DOUBLE).contains(&a)),
        Uop::float_to_int => int_or_exit(truncate(p)),
        Uop::float_lt => boolean(p < q),
        Uop::float_le => boolean(p <= q),
        Uop::float_eq => boolean(p == q),
        Uop::float_ne => boolean(p != q),
        Uop::guard_float_lt => guard(p < q),
        Uop::guard_float_le => guard(p <= q),
        Uop::guard_float_eq => guard(p == q),
        // Not the same as `p >= q`: with a nan these pass.
        #[allow(clippy::neg_cmp_op_on_partial_ord, reason = "a nan must pass")]
        Uop::guard_float_nlt => guard(!(p < q)),
        #[allow(clippy::neg_cmp_op_on_partial_ord, reason = "a nan must pass")]
        Uop::guard_float_nle => guard(!(p <= q)),
        Uop::guard_float_ne => guard(p != q),

        _ => Unknown,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn python_division() {
        for (a, b, quotient, rest) in [
            (7, 2, 3, 1),
            (-7, 2, -4, 1),
            (7, -2, -4, -1),
            (-7, -2, 3, -1),
            (6, -3, -2, 0),
            (-6, 3, -2, 0),
        ] {
            assert_eq!(
                (floor_div(a, b), floor_mod(a, b)),
                (Some(quotient), Some(rest)),
                "{a} {b}"
            );
        }
        assert_eq!(floor_div(i64::MIN, -1), None);
        assert_eq!(floor_mod(i64::MIN, -1), Some(0));
        assert_eq!((floor_div(1, 0), floor_mod(1, 0)), (None, None));
    }

    #[test]
    fn python_shifts() {
        assert_eq!(shift_left(1, 62), Some(1 << 62));
        assert_eq!(shift_left(1, 63), None);
        assert_eq!(shift_left(-1, 63), Some(i64::MIN));
        assert_eq!(shift_left(0, 64), None);
        assert_eq!(shift_left(1, -1), None);
        assert_eq!(shift_right(-8, 1), Some(-4));
        assert_eq!(shift_right(-8, i64::MAX), Some(-1));
        assert_eq!(shift_right(8, -1), None);
    }

    #[test]
    fn doubles() {
        let eval = |op, p: f64, q: f64| eval(op, [p.to_bits(), q.to_bits(), 0], 0);
        assert_eq!(eval(Uop::float_div, 1.0, -0.0), Exits);
        assert_eq!(
            eval(Uop::float_sqrt, -0.0, 0.0),
            Value((-0.0_f64).to_bits())
        );
        assert_eq!(eval(Uop::float_sqrt, -1.0, 0.0), Exits);
        assert_eq!(eval(Uop::guard_float_nlt, f64::NAN, 0.0), Passes);
        assert_eq!(eval(Uop::guard_float_lt, f64::NAN, 0.0), Exits);
        assert_eq!(eval(Uop::float_ne, f64::NAN, f64::NAN), Value(1));
        assert_eq!(eval(Uop::float_to_int, f64::NAN, 0.0), Exits);
        assert_eq!(
            eval(Uop::float_to_int, -1.9, 0.0),
            Value((-1_i64).cast_unsigned())
        );
        assert_eq!(eval(Uop::float_to_int, 4.7e18, 0.0), Exits);
    }

    proptest! {
        /// `a == (a // b) * b + a % b`, and the rest lies between 0 and the divisor.
        #[test]
        fn division_is_the_one_of_python(a: i64, b in prop_oneof![any::<i64>(), -9_i64..9]) {
            let (Some(quotient), Some(rest)) = (floor_div(a, b), floor_mod(a, b)) else {
                prop_assert!(b == 0 || (a, b) == (i64::MIN, -1));
                return Ok(());
            };
            prop_assert_eq!(i128::from(quotient) * i128::from(b) + i128::from(rest), i128::from(a));
            let in_range = if b > 0 { (0..b).contains(&rest) } else { (b + 1..=0).contains(&rest) };
            prop_assert!(in_range, "{} % {} = {}", a, b, rest);
        }
    }
}
