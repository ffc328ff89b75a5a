//! Rules for doubles: only what is exact for every operand, zeros with their signs,
//! infinities and nans included.
//!
//! Not here, because they are wrong for some operand: x * 0.0, x + 0.0 (for -0.0), x - x,
//! x / x, 0.0 - x, reassociation of any kind. Sums and products with two nan operands keep
//! their order, since the first nan's payload wins.
//!
//! A *signalling* nan passes through `x * 1.0` unquieted here. Arithmetic never makes one,
//! and no Python operation but looking at the bits can tell.
//!
//! Worked example: `float_div v1 v2` with v2 = 4.0 becomes `float_mul v1 v3` with v3 = 0.25
//! (`float_div_power`): both round the same real number, and a product takes a third of the
//! time and cannot leave.

use super::super::Rule;
use super::super::eval::EXACT_DOUBLE;
use super::{Action, Fold, Hit, unary};
use crate::ir::{Inst, InstIdx, Uop};

const ONE: u64 = 1.0_f64.to_bits();
const PLUS_ZERO: u64 = 0.0_f64.to_bits();
const MINUS_ZERO: u64 = (-0.0_f64).to_bits();

impl Fold {
    pub(super) fn float_rules(&self, inst: &Inst) -> Hit {
        let a = inst.args[0]?;
        match (inst.op, inst.args[1]) {
            (op, Some(b)) => self.float_binary(op, a, b),
            (op, None) => self.float_unary(op, a),
        }
    }

    fn float_binary(&self, op: Uop, a: InstIdx, b: InstIdx) -> Hit {
        let (left, right) = (self.constant(a), self.constant(b));
        match op {
            // float_add_zero: x + -0.0 = -0.0 + x = x
            Uop::float_add if right == Some(MINUS_ZERO) => {
                Some((Rule::float_add_zero, Action::Equal(a)))
            }
            Uop::float_add if left == Some(MINUS_ZERO) => {
                Some((Rule::float_add_zero, Action::Equal(b)))
            }
            // float_sub_zero: x - 0.0 = x
            Uop::float_sub if right == Some(PLUS_ZERO) => {
                Some((Rule::float_sub_zero, Action::Equal(a)))
            }
            // float_mul_one: x * 1.0 = 1.0 * x = x
            Uop::float_mul if right == Some(ONE) => Some((Rule::float_mul_one, Action::Equal(a))),
            Uop::float_mul if left == Some(ONE) => Some((Rule::float_mul_one, Action::Equal(b))),
            // float_div_one: x / 1.0 = x
            Uop::float_div if right == Some(ONE) => Some((Rule::float_div_one, Action::Equal(a))),
            // float_div_power: x / 2.0**k = x * 2.0**-k
            Uop::float_div => {
                let inverse = exact_inverse(f64::from_bits(right?))?;
                Some((
                    Rule::float_div_power,
                    Action::WithFloat(Uop::float_mul, a, inverse),
                ))
            }
            _ => None,
        }
    }

    fn float_unary(&self, op: Uop, a: InstIdx) -> Hit {
        match op {
            // float_neg_neg: --x = x
            Uop::float_neg => {
                let inner = self.operand_of(a, Uop::float_neg)?;
                Some((Rule::float_neg_neg, Action::Equal(inner)))
            }
            Uop::float_abs => {
                // float_abs_abs: ||x|| = |x|
                if self.defined_by(a, Uop::float_abs).is_some() {
                    return Some((Rule::float_abs_abs, Action::Equal(a)));
                }
                // float_abs_neg: |-x| = |x|
                let inner = self.operand_of(a, Uop::float_neg)?;
                Some((Rule::float_abs_neg, unary(Uop::float_abs, inner, 0)))
            }
            // float_int_roundtrip: int(float(x)) = x for -2**53 <= x <= 2**53
            Uop::float_to_int => {
                let inner = self.operand_of(a, Uop::int_to_float)?;
                let (lo, hi) = self.range(inner);
                let exact = -EXACT_DOUBLE <= lo && hi <= EXACT_DOUBLE;
                exact.then_some((Rule::float_int_roundtrip, Action::Equal(inner)))
            }
            _ => None,
        }
    }
}

/// The inverse of a power of two, where both are normal numbers: then `x / c` and
/// `x * (1 / c)` round the same real number.
fn exact_inverse(c: f64) -> Option<f64> {
    const FRACTION: u64 = (1 << 52) - 1;
    let inverse = 1.0 / c;
    (c.is_normal() && inverse.is_normal() && c.to_bits() & FRACTION == 0).then_some(inverse)
}
