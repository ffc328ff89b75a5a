//! Rules for 64-bit integers.
//!
//! An exiting row computes the exact mathematical result or leaves; hence an equation of
//! unbounded integers is an equation of these rows wherever its right side computes no
//! larger intermediate. Where the left side would have left earlier (an inner negation of
//! the smallest number), going on with the exact result is as right (see the two freedoms
//! in [`crate::opt`]).
//!
//! Worked example: `int_sub v1 v2` with v2 = 3 becomes `int_add_imm v1 -3`
//! (`int_sub_imm`); `int_floordiv_imm v1 8` becomes `int_shr_imm v1 3`
//! (`int_floordiv_power`), which rounds to minus infinity as well.

use super::super::Rule;
use super::{Action, Fold, Hit, binary, unary};
use crate::ir::{Inst, InstIdx, Uop};

/// The uop with an immediate in place of a constant second operand.
const fn imm_form(op: Uop) -> Option<Uop> {
    Some(match op {
        Uop::int_add => Uop::int_add_imm,
        Uop::int_mul => Uop::int_mul_imm,
        Uop::int_and => Uop::int_and_imm,
        Uop::int_or => Uop::int_or_imm,
        Uop::int_xor => Uop::int_xor_imm,
        Uop::int_shl => Uop::int_shl_imm,
        Uop::int_shr => Uop::int_shr_imm,
        Uop::int_floordiv => Uop::int_floordiv_imm,
        Uop::int_mod => Uop::int_mod_imm,
        Uop::int_lt => Uop::int_lt_imm,
        Uop::int_le => Uop::int_le_imm,
        Uop::int_eq => Uop::int_eq_imm,
        Uop::int_ne => Uop::int_ne_imm,
        Uop::guard_int_lt => Uop::guard_int_lt_imm,
        Uop::guard_int_le => Uop::guard_int_le_imm,
        Uop::guard_int_eq => Uop::guard_int_eq_imm,
        Uop::guard_int_ne => Uop::guard_int_ne_imm,
        _ => return None,
    })
}

/// The same for a constant *first* operand of an order, which turns it around.
const fn swapped_imm_form(op: Uop) -> Option<Uop> {
    Some(match op {
        Uop::int_lt => Uop::int_gt_imm,
        Uop::int_le => Uop::int_ge_imm,
        Uop::guard_int_lt => Uop::guard_int_gt_imm,
        Uop::guard_int_le => Uop::guard_int_ge_imm,
        _ => return None,
    })
}

/// Whether a constant is in the domain of an immediate row.
fn fits(op: Uop, value: i64) -> bool {
    match op {
        Uop::int_shl_imm | Uop::int_shr_imm => (0..64).contains(&value),
        Uop::int_floordiv_imm | Uop::int_mod_imm => value > 0 && i32::try_from(value).is_ok(),
        _ => i32::try_from(value).is_ok(),
    }
}

/// The exponent of a power of two.
fn exponent(value: i64) -> Option<u64> {
    (value > 0 && value.count_ones() == 1).then(|| u64::from(value.trailing_zeros()))
}

impl Fold {
    pub(super) fn int_rules(&self, inst: &Inst) -> Hit {
        let a = inst.args[0]?;
        match inst.args[1] {
            Some(b) => self.int_binary(inst.op, a, b),
            None => self
                .int_unary(inst.op, a)
                .or_else(|| self.int_with_imm(inst, a)),
        }
    }

    fn int_binary(&self, op: Uop, a: InstIdx, b: InstIdx) -> Hit {
        if let Some(value) = self.int_constant(b)
            && let Some(hit) = Self::int_const_right(op, a, value)
        {
            return Some(hit);
        }
        // int_swap_imm: (c < x) = (x > c); (c <= x) = (x >= c)
        if let (Some(form), Some(value)) = (swapped_imm_form(op), self.int_constant(a))
            && fits(form, value)
        {
            return Some((Rule::int_swap_imm, unary(form, b, value.cast_unsigned())));
        }
        match op {
            // int_sub_self: x - x = 0
            Uop::int_sub if a == b => Some((Rule::int_sub_self, Action::Constant(0))),
            // int_xor_self: x ^ x = 0
            Uop::int_xor if a == b => Some((Rule::int_xor_self, Action::Constant(0))),
            // int_same_operands: x & x = x | x = min(x, x) = max(x, x) = x
            Uop::int_and | Uop::int_or | Uop::int_min | Uop::int_max if a == b => {
                Some((Rule::int_same_operands, Action::Equal(a)))
            }
            // int_zero_sub: 0 - x = -x
            Uop::int_sub if self.int_constant(a) == Some(0) => {
                Some((Rule::int_zero_sub, unary(Uop::int_neg, b, 0)))
            }
            // int_sub_neg: x - -y = x + y
            Uop::int_sub => {
                let inner = self.operand_of(b, Uop::int_neg)?;
                Some((Rule::int_sub_neg, binary(Uop::int_add, a, inner)))
            }
            // int_add_neg: x + -y = x - y; -y + x = x - y
            Uop::int_add => {
                let (left, negated) = match self.operand_of(b, Uop::int_neg) {
                    Some(inner) => (a, inner),
                    None => (b, self.operand_of(a, Uop::int_neg)?),
                };
                Some((Rule::int_add_neg, binary(Uop::int_sub, left, negated)))
            }
            Uop::int_min | Uop::int_max => {
                let ((lo_a, hi_a), (lo_b, hi_b)) = (self.range(a), self.range(b));
                // int_min_max_range: min(x, y) = x, max(x, y) = y for x that is never over y
                let (below, above) = if hi_a <= lo_b {
                    (a, b)
                } else if hi_b <= lo_a {
                    (b, a)
                } else {
                    return None;
                };
                let value = if op == Uop::int_min { below } else { above };
                Some((Rule::int_min_max_range, Action::Equal(value)))
            }
            _ => None,
        }
    }

    /// Rules for a constant on the right.
    fn int_const_right(op: Uop, a: InstIdx, value: i64) -> Hit {
        let imm = |form, value: i64| unary(form, a, value.cast_unsigned());
        match op {
            // int_sub_imm: x - c = x + -c
            Uop::int_sub => {
                let negated = value.checked_neg().filter(|c| fits(Uop::int_add_imm, *c))?;
                Some((Rule::int_sub_imm, imm(Uop::int_add_imm, negated)))
            }
            // int_shr_all: x >> c = x >> 63 for c > 63
            Uop::int_shr if value > 63 => Some((Rule::int_shr_all, imm(Uop::int_shr_imm, 63))),
            // int_floordiv_minus_one: x // -1 = -x
            Uop::int_floordiv if value == -1 => {
                Some((Rule::int_floordiv_minus_one, imm(Uop::int_neg, 0)))
            }
            // int_mod_minus_one: x % -1 = 0
            Uop::int_mod if value == -1 => Some((Rule::int_mod_minus_one, Action::Constant(0))),
            // int_imm: f(x, c) = f_imm(x, c) for c in the domain of f_imm
            _ => {
                let form = imm_form(op).filter(|form| fits(*form, value))?;
                Some((Rule::int_imm, imm(form, value)))
            }
        }
    }

    fn int_unary(&self, op: Uop, a: InstIdx) -> Hit {
        match op {
            // int_neg_neg: --x = x
            Uop::int_neg => {
                let inner = self.operand_of(a, Uop::int_neg)?;
                Some((Rule::int_neg_neg, Action::Equal(inner)))
            }
            // int_not_not: ~~x = x
            Uop::int_not => {
                let inner = self.operand_of(a, Uop::int_not)?;
                Some((Rule::int_not_not, Action::Equal(inner)))
            }
            Uop::int_abs => {
                // int_abs_abs: ||x|| = |x|
                if self.defined_by(a, Uop::int_abs).is_some() {
                    return Some((Rule::int_abs_abs, Action::Equal(a)));
                }
                // int_abs_neg: |-x| = |x|
                if let Some(inner) = self.operand_of(a, Uop::int_neg) {
                    return Some((Rule::int_abs_neg, unary(Uop::int_abs, inner, 0)));
                }
                // int_abs_range: |x| = x for x >= 0
                (self.range(a).0 >= 0).then_some((Rule::int_abs_range, Action::Equal(a)))
            }
            _ => None,
        }
    }

    /// Rules for rows with an immediate.
    fn int_with_imm(&self, inst: &Inst, a: InstIdx) -> Hit {
        let imm = inst.imm.cast_signed();
        let (lo, hi) = self.range(a);
        // The row below this one, if it is of the same uop: its operand and immediate.
        let inner = || {
            let def = self.defined_by(a, inst.op)?;
            Some((def.args[0]?, def.imm))
        };
        match (inst.op, imm) {
            // int_add_zero: x + 0 = x
            (Uop::int_add_imm, 0) => Some((Rule::int_add_zero, Action::Equal(a))),
            // int_mul_zero: x * 0 = 0
            (Uop::int_mul_imm, 0) => Some((Rule::int_mul_zero, Action::Constant(0))),
            // int_mul_one: x * 1 = x
            (Uop::int_mul_imm, 1) => Some((Rule::int_mul_one, Action::Equal(a))),
            // int_mul_minus_one: x * -1 = -x
            (Uop::int_mul_imm, -1) => Some((Rule::int_mul_minus_one, unary(Uop::int_neg, a, 0))),
            // int_and_zero: x & 0 = 0
            (Uop::int_and_imm, 0) => Some((Rule::int_and_zero, Action::Constant(0))),
            // int_and_ones: x & -1 = x
            (Uop::int_and_imm, -1) => Some((Rule::int_and_ones, Action::Equal(a))),
            (Uop::int_and_imm, mask) => {
                // int_and_range: x & (2**k - 1) = x for 0 <= x < 2**k
                if lo >= 0 && hi <= mask && mask.trailing_ones() + mask.leading_zeros() == 64 {
                    return Some((Rule::int_and_range, Action::Equal(a)));
                }
                // int_and_chain: (x & c) & d = x & (c & d)
                let (x, c) = inner()?;
                Some((Rule::int_and_chain, unary(inst.op, x, c & inst.imm)))
            }
            // int_or_zero: x | 0 = x
            (Uop::int_or_imm, 0) => Some((Rule::int_or_zero, Action::Equal(a))),
            // int_or_ones: x | -1 = -1
            (Uop::int_or_imm, -1) => Some((Rule::int_or_ones, Action::Constant(u64::MAX))),
            // int_or_chain: (x | c) | d = x | (c | d)
            (Uop::int_or_imm, _) => {
                let (x, c) = inner()?;
                Some((Rule::int_or_chain, unary(inst.op, x, c | inst.imm)))
            }
            // int_xor_zero: x ^ 0 = x
            (Uop::int_xor_imm, 0) => Some((Rule::int_xor_zero, Action::Equal(a))),
            // int_xor_ones: x ^ -1 = ~x
            (Uop::int_xor_imm, -1) => Some((Rule::int_xor_ones, unary(Uop::int_not, a, 0))),
            // int_xor_chain: (x ^ c) ^ d = x ^ (c ^ d)
            (Uop::int_xor_imm, _) => {
                let (x, c) = inner()?;
                Some((Rule::int_xor_chain, unary(inst.op, x, c ^ inst.imm)))
            }
            // int_shift_zero: x << 0 = x >> 0 = x
            (Uop::int_shl_imm | Uop::int_shr_imm, 0) => {
                Some((Rule::int_shift_zero, Action::Equal(a)))
            }
            // int_shr_chain: (x >> c) >> d = x >> min(c + d, 63)
            (Uop::int_shr_imm, 1..=63) => {
                let (x, c) = inner()?;
                let count = c.checked_add(inst.imm)?.min(63);
                Some((Rule::int_shr_chain, unary(inst.op, x, count)))
            }
            // int_floordiv_one: x // 1 = x
            (Uop::int_floordiv_imm, 1) => Some((Rule::int_floordiv_one, Action::Equal(a))),
            // int_floordiv_power: x // 2**k = x >> k
            (Uop::int_floordiv_imm, divisor) => {
                let count = exponent(divisor)?;
                Some((Rule::int_floordiv_power, unary(Uop::int_shr_imm, a, count)))
            }
            // int_mod_one: x % 1 = 0
            (Uop::int_mod_imm, 1) => Some((Rule::int_mod_one, Action::Constant(0))),
            // int_mod_range: x % c = x for 0 <= x < c
            (Uop::int_mod_imm, divisor) if lo >= 0 && hi < divisor => {
                Some((Rule::int_mod_range, Action::Equal(a)))
            }
            // int_mod_power: x % 2**k = x & (2**k - 1)
            (Uop::int_mod_imm, divisor) => {
                exponent(divisor)?;
                Some((
                    Rule::int_mod_power,
                    unary(Uop::int_and_imm, a, inst.imm - 1),
                ))
            }
            _ => None,
        }
    }
}
