//! Rules for comparisons, truth values, and the guards on them.
//!
//! A comparison is a set of orders ([`Orders`]) of two numbers: less, equal, greater, and
//! for doubles unordered. That turns all of implication into set algebra: a comparison is
//! true when every order that is still possible is in its set, and false when none is.
//!
//! Worked example: `guard_int_lt v1 v2` leaves {less} possible for (v1, v2). Then
//! `int_le v2 v1`, which for (v1, v2) is {equal, greater}, is false.

use super::super::Rule;
use super::super::eval::EXACT_DOUBLE;
use super::facts::range_orders;
use super::{Action, Fold, Hit, binary, bit, unary};
use crate::ir::{Inst, InstIdx, Ty, Uop};

/// A set of orders of two numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Orders(u8);

impl Orders {
    pub const NONE: Self = Self(0);
    pub const LESS: Self = Self(1);
    pub const EQUAL: Self = Self(2);
    pub const GREATER: Self = Self(4);
    pub const UNORDERED: Self = Self(8);
    /// All that two integers may have.
    pub const INT: Self = Self(7);
    /// All that two doubles may have.
    pub const FLOAT: Self = Self(15);

    /// Whether a set has a part of another.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether no order is left.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The orders of the pair the other way around.
    pub const fn swapped(self) -> Self {
        let kept = self.0 & (Self::EQUAL.0 | Self::UNORDERED.0);
        Self(kept | (self.0 & Self::LESS.0) << 2 | (self.0 & Self::GREATER.0) >> 2)
    }

    /// All but these.
    const fn but(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl std::ops::BitOr for Orders {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl std::ops::BitAnd for Orders {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

const LT: Orders = Orders::LESS;
const EQ: Orders = Orders::EQUAL;
const GT: Orders = Orders::GREATER;
const LE: Orders = Orders(3);
const NE: Orders = Orders(5);
const GE: Orders = Orders(6);

/// For a comparison or a guard on one: the type of its operands, and the orders for which
/// it is true. (Unsigned order is not among them.)
pub(super) fn compared(op: Uop) -> Option<(Ty, Orders)> {
    Some(match op {
        Uop::int_lt | Uop::int_lt_imm | Uop::guard_int_lt | Uop::guard_int_lt_imm => (Ty::Int, LT),
        Uop::int_le | Uop::int_le_imm | Uop::guard_int_le | Uop::guard_int_le_imm => (Ty::Int, LE),
        Uop::int_eq | Uop::int_eq_imm | Uop::guard_int_eq | Uop::guard_int_eq_imm => (Ty::Int, EQ),
        Uop::int_ne | Uop::int_ne_imm | Uop::guard_int_ne | Uop::guard_int_ne_imm => (Ty::Int, NE),
        Uop::int_gt_imm | Uop::guard_int_gt_imm => (Ty::Int, GT),
        Uop::int_ge_imm | Uop::guard_int_ge_imm => (Ty::Int, GE),
        Uop::float_lt | Uop::guard_float_lt => (Ty::Float, LT),
        Uop::float_le | Uop::guard_float_le => (Ty::Float, LE),
        Uop::float_eq | Uop::guard_float_eq => (Ty::Float, EQ),
        Uop::float_ne | Uop::guard_float_ne => (Ty::Float, Orders::FLOAT.but(EQ)),
        Uop::guard_float_nlt => (Ty::Float, Orders::FLOAT.but(LT)),
        Uop::guard_float_nle => (Ty::Float, Orders::FLOAT.but(LE)),
        _ => return None,
    })
}

/// One comparison in all its forms.
struct Comparison {
    op: Uop,
    /// Leaves unless it is true.
    guard: Uop,
    /// Leaves unless it is false; with its operands swapped?
    guard_not: (Uop, bool),
    /// Its negation as a value, if there is one; with its operands swapped?
    not: Option<(Uop, bool)>,
}

const fn comparison(
    op: Uop,
    guard: Uop,
    guard_not: (Uop, bool),
    not: Option<(Uop, bool)>,
) -> Comparison {
    Comparison {
        op,
        guard,
        guard_not,
        not,
    }
}

/// All comparisons of numbers.
const COMPARISONS: &[Comparison] = &[
    comparison(
        Uop::int_lt,
        Uop::guard_int_lt,
        (Uop::guard_int_le, true),
        Some((Uop::int_le, true)),
    ),
    comparison(
        Uop::int_le,
        Uop::guard_int_le,
        (Uop::guard_int_lt, true),
        Some((Uop::int_lt, true)),
    ),
    comparison(
        Uop::int_eq,
        Uop::guard_int_eq,
        (Uop::guard_int_ne, false),
        Some((Uop::int_ne, false)),
    ),
    comparison(
        Uop::int_ne,
        Uop::guard_int_ne,
        (Uop::guard_int_eq, false),
        Some((Uop::int_eq, false)),
    ),
    comparison(
        Uop::int_lt_imm,
        Uop::guard_int_lt_imm,
        (Uop::guard_int_ge_imm, false),
        Some((Uop::int_ge_imm, false)),
    ),
    comparison(
        Uop::int_le_imm,
        Uop::guard_int_le_imm,
        (Uop::guard_int_gt_imm, false),
        Some((Uop::int_gt_imm, false)),
    ),
    comparison(
        Uop::int_gt_imm,
        Uop::guard_int_gt_imm,
        (Uop::guard_int_le_imm, false),
        Some((Uop::int_le_imm, false)),
    ),
    comparison(
        Uop::int_ge_imm,
        Uop::guard_int_ge_imm,
        (Uop::guard_int_lt_imm, false),
        Some((Uop::int_lt_imm, false)),
    ),
    comparison(
        Uop::int_eq_imm,
        Uop::guard_int_eq_imm,
        (Uop::guard_int_ne_imm, false),
        Some((Uop::int_ne_imm, false)),
    ),
    comparison(
        Uop::int_ne_imm,
        Uop::guard_int_ne_imm,
        (Uop::guard_int_eq_imm, false),
        Some((Uop::int_eq_imm, false)),
    ),
    // The negation of an order of doubles is true with a nan, so it is no order.
    comparison(
        Uop::float_lt,
        Uop::guard_float_lt,
        (Uop::guard_float_nlt, false),
        None,
    ),
    comparison(
        Uop::float_le,
        Uop::guard_float_le,
        (Uop::guard_float_nle, false),
        None,
    ),
    comparison(
        Uop::float_eq,
        Uop::guard_float_eq,
        (Uop::guard_float_ne, false),
        Some((Uop::float_ne, false)),
    ),
    comparison(
        Uop::float_ne,
        Uop::guard_float_ne,
        (Uop::guard_float_eq, false),
        Some((Uop::float_eq, false)),
    ),
];

/// The form of a comparison with its operands.
fn with_operands((op, swap): (Uop, bool), inst: &Inst) -> Action {
    let [a, b, _] = inst.args;
    Action::Rewrite(op, if swap { [b, a, None] } else { [a, b, None] }, inst.imm)
}

impl Fold {
    pub(super) fn compare_rules(&self, inst: &Inst) -> Hit {
        let a = inst.args[0]?;
        if compared(inst.op).is_some() {
            return self
                .compare_known(inst, a)
                .or_else(|| self.compare_bool(inst, a));
        }
        match inst.op {
            Uop::bool_not => self.negation(a),
            Uop::guard_true | Uop::guard_false => self.guard_on_bool(inst.op, a),
            Uop::guard_int_ult => self.unsigned_guard(a, inst.args[1]?),
            // guard_f53_known: guard -2**53 <= x <= 2**53 passes for x in that range
            Uop::guard_int_f53 => {
                let (lo, hi) = self.range(a);
                let exact = -EXACT_DOUBLE <= lo && hi <= EXACT_DOUBLE;
                exact.then_some((Rule::guard_f53_known, Action::Passes))
            }
            _ => None,
        }
    }

    /// compare_known: (x R y) = 1 when all possible orders of x and y are in R, 0 when none is
    fn compare_known(&self, inst: &Inst, a: InstIdx) -> Hit {
        let (ty, orders) = compared(inst.op)?;
        let possible = match inst.args[1] {
            Some(b) => self.possible_orders(a, b, ty),
            None => {
                let imm = inst.imm.cast_signed();
                let possible = range_orders(self.range(a), (imm, imm));
                // A hole in a range is remembered as the guard that made it.
                let other = self.find(Uop::guard_int_ne_imm, inst.args, inst.imm, 0);
                if other.is_some() {
                    possible.but(EQ)
                } else {
                    possible
                }
            }
        };
        let holds = if !possible.meets(Orders::FLOAT.but(orders)) {
            true
        } else if !possible.meets(orders) {
            false
        } else {
            return None;
        };
        match (inst.ty(), holds) {
            (Ty::Void, true) => Some((Rule::compare_known, Action::Passes)),
            // It leaves always: that is for the machine to do.
            (Ty::Void, false) => None,
            _ => Some((Rule::compare_known, Action::Constant(bit(holds)))),
        }
    }

    /// Comparisons of a truth value that was made an integer.
    fn compare_bool(&self, inst: &Inst, a: InstIdx) -> Hit {
        let truth = self.operand_of(a, Uop::bool_to_int)?;
        let one = match inst.imm {
            0 => false,
            1 => true,
            _ => return None,
        };
        match inst.op {
            // bool_as_int: (int(p) == 1) = p; (int(p) == 0) = not p; (int(p) != 0) = p; ..
            Uop::int_eq_imm | Uop::int_ne_imm => {
                let same = one == (inst.op == Uop::int_eq_imm);
                let action = if same {
                    Action::Equal(truth)
                } else {
                    unary(Uop::bool_not, truth, 0)
                };
                Some((Rule::bool_as_int, action))
            }
            // guard_bool_as_int: guard int(p) == 1 = guard p; guard int(p) == 0 = guard not p; ..
            Uop::guard_int_eq_imm | Uop::guard_int_ne_imm => {
                let same = one == (inst.op == Uop::guard_int_eq_imm);
                let op = if same {
                    Uop::guard_true
                } else {
                    Uop::guard_false
                };
                Some((Rule::guard_bool_as_int, unary(op, truth, 0)))
            }
            _ => None,
        }
    }

    fn negation(&self, a: InstIdx) -> Hit {
        // bool_not_not: not not p = p
        if let Some(inner) = self.operand_of(a, Uop::bool_not) {
            return Some((Rule::bool_not_not, Action::Equal(inner)));
        }
        // bool_not_compare: not (x < y) = (y <= x); not (x == y) = (x != y); ..
        let def = self.out.inst(a);
        let comparison = COMPARISONS.iter().find(|row| row.op == def.op)?;
        Some((Rule::bool_not_compare, with_operands(comparison.not?, def)))
    }

    fn guard_on_bool(&self, op: Uop, a: InstIdx) -> Hit {
        // guard_not: guard not p is true = guard p is false; and the other way around
        if let Some(inner) = self.operand_of(a, Uop::bool_not) {
            let other = if op == Uop::guard_true {
                Uop::guard_false
            } else {
                Uop::guard_true
            };
            return Some((Rule::guard_not, unary(other, inner, 0)));
        }
        let truth = op == Uop::guard_true;
        let def = self.out.inst(a);
        // guard_fuse: p = f(x, y); guard p = guard f(x, y); guard not p = guard not f(x, y)
        let action = match (def.op, truth, def.imm) {
            (Uop::ref_is, true, 0) => unary(Uop::guard_null, def.args[0]?, 0),
            (Uop::ref_is, false, 0) => unary(Uop::guard_nonnull, def.args[0]?, 0),
            (Uop::ref_is, true, imm) => unary(Uop::guard_is, def.args[0]?, imm),
            (Uop::ref_is, false, imm) => unary(Uop::guard_is_not, def.args[0]?, imm),
            _ => {
                let row = COMPARISONS.iter().find(|row| row.op == def.op)?;
                with_operands(
                    if truth {
                        (row.guard, false)
                    } else {
                        row.guard_not
                    },
                    def,
                )
            }
        };
        Some((Rule::guard_fuse, action))
    }

    fn unsigned_guard(&self, a: InstIdx, b: InstIdx) -> Hit {
        if self.range(a).0 < 0 {
            return None;
        }
        // guard_ult_known: guard x <u y passes for x >= 0 and x < y
        if self.possible_orders(a, b, Ty::Int) == LT {
            return Some((Rule::guard_ult_known, Action::Passes));
        }
        // guard_ult_signed: guard x <u y = guard x < y for x >= 0 and y >= 0
        (self.range(b).0 >= 0).then(|| (Rule::guard_ult_signed, binary(Uop::guard_int_lt, a, b)))
    }
}
