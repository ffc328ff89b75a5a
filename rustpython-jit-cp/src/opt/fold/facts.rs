//! What is known of values: ranges of integers, identity of pointers, order of pairs.
//!
//! All of it is about SSA values, which never change, so facts only accumulate. They come
//! from three sources: how a value is computed ([`Fold::result_fact`]), what a phi brings
//! around the back edge ([`Fold::phi_fact`]), and which guards have passed
//! ([`Fold::learn_values`]). Guards are never removed by dead-code elimination, and nothing
//! is learned about the *operands* of an exiting computation, which may be removed.
//!
//! Worked example: after `v2 = int_and_imm v1 7` the range of v2 is 0..=7; after
//! `guard_int_lt v2 v5` the pair (v2, v5) is `<`, and the range of v5 starts at 1.
//!
//! Invariant: a range is never empty. Where facts contradict each other the code behind is
//! never reached, and the older fact stays.

use super::super::eval::EXACT_DOUBLE;
use super::Fold;
use super::compare::{Orders, compared};
use crate::helper::Helper;
use crate::ir::{Inst, InstIdx, Trace, Ty, Uop};

/// What is known of one value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Fact {
    /// For integers and truth values: at least this.
    pub lo: i64,
    /// And at most this.
    pub hi: i64,
    /// For pointers: exactly this.
    pub pointer: Option<u64>,
    /// For pointers: not null.
    pub nonnull: bool,
}

/// What is known of the order of two values, the first defined before the second.
#[derive(Clone)]
pub(super) struct Relation {
    first: InstIdx,
    second: InstIdx,
    orders: Orders,
}

impl Fact {
    /// Nothing is known.
    pub const ANY: Self = Self {
        lo: i64::MIN,
        hi: i64::MAX,
        pointer: None,
        nonnull: false,
    };

    /// An integer between two bounds, the wider ones of which are cut to 64 bits (whoever
    /// computes beyond them leaves the trace). Where all is beyond, nothing is known: a
    /// number made up for it would take the place of the instruction that leaves.
    fn between(lo: i128, hi: i128) -> Self {
        if lo > i128::from(i64::MAX) || hi < i128::from(i64::MIN) {
            return Self::ANY;
        }
        let cut = |bound: i128| {
            i64::try_from(bound).unwrap_or(if bound < 0 { i64::MIN } else { i64::MAX })
        };
        Self {
            lo: cut(lo),
            hi: cut(hi),
            ..Self::ANY
        }
    }

    /// One of these values, at the ends of a range.
    fn hull(values: &[i128]) -> Self {
        let lo = values.iter().copied().min().unwrap_or(i128::MIN);
        let hi = values.iter().copied().max().unwrap_or(i128::MAX);
        Self::between(lo, hi)
    }

    /// The one value that is left, by its bits.
    pub fn constant(self, ty: Ty) -> Option<u64> {
        match ty {
            Ty::Int | Ty::Bool => (self.lo == self.hi).then_some(self.lo.cast_unsigned()),
            Ty::Ref => self.pointer,
            Ty::Float | Ty::Void => None,
        }
    }

    /// What holds for a value that is one of two.
    pub fn either(self, other: Self) -> Self {
        Self {
            lo: self.lo.min(other.lo),
            hi: self.hi.max(other.hi),
            pointer: self.pointer.filter(|_| self.pointer == other.pointer),
            nonnull: self.nonnull && other.nonnull,
        }
    }

    /// Narrows the range.
    fn narrow(&mut self, lo: i64, hi: i64) {
        let (lo, hi) = (self.lo.max(lo), self.hi.min(hi));
        if lo <= hi {
            (self.lo, self.hi) = (lo, hi);
        }
    }

    /// Takes one value away from the range's ends.
    fn exclude(&mut self, value: i64) {
        if self.lo < self.hi {
            self.lo += i64::from(self.lo == value);
            self.hi -= i64::from(self.hi == value);
        }
    }
}

impl Fold {
    /// The range of a value.
    pub(super) fn range(&self, value: InstIdx) -> (i64, i64) {
        let fact = self.facts[value.index()];
        (fact.lo, fact.hi)
    }

    /// What is known of an instruction's result from its operands.
    pub(super) fn result_fact(&self, inst: &Inst) -> Fact {
        let wide = |position: usize| {
            let fact = inst.args[position].map_or(Fact::ANY, |arg| self.facts[arg.index()]);
            (i128::from(fact.lo), i128::from(fact.hi))
        };
        let ((a, b), (c, d)) = (wide(0), wide(1));
        let imm = i128::from(inst.imm.cast_signed());
        match inst.op {
            Uop::const_ref => Fact {
                pointer: Some(inst.imm),
                nonnull: inst.imm != 0,
                ..Fact::ANY
            },
            Uop::const_int | Uop::const_bool => Fact::between(imm, imm),
            Uop::int_add => Fact::between(a + c, b + d),
            Uop::int_add_imm => Fact::between(a + imm, b + imm),
            Uop::int_sub => Fact::between(a - d, b - c),
            Uop::int_mul => Fact::hull(&[a * c, a * d, b * c, b * d]),
            Uop::int_mul_imm => Fact::hull(&[a * imm, b * imm]),
            Uop::int_neg => Fact::between(-b, -a),
            Uop::int_not => Fact::between(-b - 1, -a - 1),
            Uop::int_abs if a >= 0 => Fact::between(a, b),
            Uop::int_abs => Fact::between(0.max(-b), b.max(-a)),
            Uop::int_min => Fact::between(a.min(c), b.min(d)),
            Uop::int_max => Fact::between(a.max(c), b.max(d)),
            // A bit that one operand does not have the result does not have.
            Uop::int_and if a >= 0 && c >= 0 => Fact::between(0, b.min(d)),
            Uop::int_and if a >= 0 => Fact::between(0, b),
            Uop::int_and if c >= 0 => Fact::between(0, d),
            Uop::int_and_imm if imm >= 0 && a >= 0 => Fact::between(0, b.min(imm)),
            Uop::int_and_imm if imm >= 0 => Fact::between(0, imm),
            Uop::int_and_imm if a >= 0 => Fact::between(0, b),
            // No bit above the highest of either operand.
            Uop::int_or | Uop::int_xor if a >= 0 && c >= 0 => Fact::between(0, ones(b.max(d))),
            Uop::int_or_imm | Uop::int_xor_imm if a >= 0 && imm >= 0 => {
                Fact::between(0, ones(b.max(imm)))
            }
            Uop::int_shl_imm if (0..64).contains(&imm) => Fact::between(a << imm, b << imm),
            Uop::int_shr_imm if imm >= 0 => Fact::between(a >> imm.min(63), b >> imm.min(63)),
            Uop::int_shr => Fact::between(a.min(0), b.max(0)),
            Uop::int_floordiv_imm if imm > 0 => Fact::between(a.div_euclid(imm), b.div_euclid(imm)),
            Uop::int_floordiv if c > 0 => Fact::between(a.min(0), b.max(0)),
            Uop::int_mod_imm if imm > 0 => Fact::between(0, imm - 1),
            Uop::int_mod if c > 0 => Fact::between(0, d - 1),
            Uop::int_mod if d < 0 => Fact::between(c + 1, 0),
            Uop::bool_to_int => Fact::between(a.max(0), b.min(1)),
            Uop::bool_not => Fact::between(1 - b.min(1), 1 - a.max(0)),
            Uop::read_r_i_x => match Helper::from_index(inst.imm) {
                Some(Helper::list_len | Helper::tuple_len | Helper::str_len | Helper::dict_len) => {
                    Fact::between(0, i128::MAX)
                }
                _ => Fact::ANY,
            },
            Uop::read_ri_i_x => match Helper::from_index(inst.imm) {
                Some(Helper::list_get_bool | Helper::tuple_get_bool) => Fact::between(0, 1),
                _ => Fact::ANY,
            },
            op if op.row().ty == Ty::Bool => Fact::between(0, 1),
            _ => Fact::ANY,
        }
    }

    /// What is known of a phi: what holds on entry and around the back edge. The value that
    /// comes around is not known yet, only (by its old number) how it is computed.
    pub(super) fn phi_fact(
        &self,
        trace: &Trace,
        phi: InstIdx,
        entry: InstIdx,
        back: InstIdx,
    ) -> Fact {
        let entry = self.facts[entry.index()];
        let (lo, hi) = (entry.lo, entry.hi);
        if back < phi {
            let (back_lo, back_hi) = self.range(self.new.get(back));
            return Fact {
                lo: lo.min(back_lo),
                hi: hi.max(back_hi),
                ..Fact::ANY
            };
        }
        if back == phi {
            return Fact {
                lo,
                hi,
                ..Fact::ANY
            };
        }
        let inst = trace.inst(back);
        let imm = inst.imm.cast_signed();
        match inst.op {
            // Counts upwards from its first value, and leaves rather than wrap around.
            Uop::int_add_imm if inst.args[0] == Some(phi) && imm >= 0 => Fact { lo, ..Fact::ANY },
            Uop::int_add_imm if inst.args[0] == Some(phi) => Fact { hi, ..Fact::ANY },
            // Bounded whatever its operands are.
            Uop::int_and_imm if imm >= 0 => Fact {
                lo: lo.min(0),
                hi: hi.max(imm),
                ..Fact::ANY
            },
            Uop::int_mod_imm if imm > 0 => Fact {
                lo: lo.min(0),
                hi: hi.max(imm - 1),
                ..Fact::ANY
            },
            Uop::const_int | Uop::const_bool => Fact {
                lo: lo.min(imm),
                hi: hi.max(imm),
                ..Fact::ANY
            },
            op if op.row().ty == Ty::Bool => Fact {
                lo: 0,
                hi: 1,
                ..Fact::ANY
            },
            _ => Fact::ANY,
        }
    }

    /// The orders that two values may have by what is known.
    pub(super) fn possible_orders(&self, a: InstIdx, b: InstIdx, ty: Ty) -> Orders {
        let every = if ty == Ty::Int {
            Orders::INT
        } else {
            Orders::FLOAT
        };
        if a == b {
            // A double may be a nan, which is not equal to itself.
            return every & (Orders::EQUAL | Orders::UNORDERED);
        }
        let by_range = if ty == Ty::Int {
            range_orders(self.range(a), self.range(b))
        } else {
            every
        };
        let known = self
            .relations
            .iter()
            .find(|known| (known.first, known.second) == (a.min(b), a.max(b)));
        let by_guard = known.map_or(every, |known| known.orders);
        by_range & if a < b { by_guard } else { by_guard.swapped() }
    }

    /// Notes what a guard that has passed says about values.
    pub(super) fn learn_values(&mut self, inst: &Inst) {
        let Some(a) = inst.args[0] else { return };
        if inst.ty() != Ty::Void || inst.op.is_phi() {
            return;
        }
        if let Some((ty, orders)) = compared(inst.op) {
            match inst.args[1] {
                Some(b) => self.learn_order(a, b, ty, orders),
                None => self.learn_range(a, orders, inst.imm.cast_signed()),
            }
            return;
        }
        let ult = inst.args[1].filter(|b| inst.op == Uop::guard_int_ult && self.range(*b).0 >= 0);
        let fact = &mut self.facts[a.index()];
        match inst.op {
            Uop::guard_true => fact.narrow(1, 1),
            Uop::guard_false => fact.narrow(0, 0),
            Uop::guard_int_f53 => fact.narrow(-EXACT_DOUBLE, EXACT_DOUBLE),
            Uop::guard_int_ult => {
                // Below a number that is not negative, read as unsigned, nothing negative lies.
                if let Some(b) = ult {
                    fact.narrow(0, i64::MAX);
                    self.learn_order(a, b, Ty::Int, Orders::LESS);
                }
            }
            // The row demands an operand that is not null.
            Uop::guard_type | Uop::guard_nonnull => fact.nonnull = true,
            Uop::guard_null => fact.pointer = Some(0),
            Uop::guard_is => {
                fact.pointer = Some(inst.imm);
                fact.nonnull = inst.imm != 0;
            }
            Uop::guard_is_not if inst.imm == 0 => fact.nonnull = true,
            _ => {}
        }
    }

    /// Two values are in one of these orders.
    fn learn_order(&mut self, a: InstIdx, b: InstIdx, ty: Ty, orders: Orders) {
        if a == b {
            return;
        }
        let orders = self.possible_orders(a, b, ty) & orders;
        if orders.is_empty() {
            return;
        }
        let (first, second) = (a.min(b), a.max(b));
        let stored = if a < b { orders } else { orders.swapped() };
        match self
            .relations
            .iter_mut()
            .find(|known| (known.first, known.second) == (first, second))
        {
            Some(known) => known.orders = stored,
            None => self.relations.push(Relation {
                first,
                second,
                orders: stored,
            }),
        }
        if ty == Ty::Int {
            let (range_a, range_b) = (self.range(a), self.range(b));
            narrow_by(&mut self.facts[a.index()], orders, range_b);
            narrow_by(&mut self.facts[b.index()], orders.swapped(), range_a);
        }
    }

    /// A value and a constant are in one of these orders.
    fn learn_range(&mut self, a: InstIdx, orders: Orders, imm: i64) {
        narrow_by(&mut self.facts[a.index()], orders, (imm, imm));
    }
}

/// All bits up to the highest of a number that is not negative.
fn ones(value: i128) -> i128 {
    (1 << (i128::BITS - value.leading_zeros())) - 1
}

/// The orders that numbers of two ranges may have.
pub(super) fn range_orders(a: (i64, i64), b: (i64, i64)) -> Orders {
    let mut orders = Orders::NONE;
    if a.0 < b.1 {
        orders = orders | Orders::LESS;
    }
    if a.0.max(b.0) <= a.1.min(b.1) {
        orders = orders | Orders::EQUAL;
    }
    if a.1 > b.0 {
        orders = orders | Orders::GREATER;
    }
    orders
}

/// Narrows a value that is in one of these orders to a number of a range.
fn narrow_by(fact: &mut Fact, orders: Orders, (lo, hi): (i64, i64)) {
    let strict = i64::from(!orders.meets(Orders::EQUAL));
    if !orders.meets(Orders::GREATER) {
        fact.narrow(i64::MIN, hi.saturating_sub(strict));
    }
    if !orders.meets(Orders::LESS) {
        fact.narrow(lo.saturating_add(strict), i64::MAX);
    }
    if strict == 1 && lo == hi {
        fact.exclude(lo);
    }
}
