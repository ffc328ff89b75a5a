//! Rules for pointers.
//!
//! What is known of a pointer (that it is not null, that it is a certain object, that it is
//! not) comes from guards that have passed, and holds for the SSA value forever.
//!
//! Worked example: after `guard_type v1 @0x10 ; s0` the pointer v1 is not null, so
//! `guard_nonnull v1` passes and `ref_is v1 @0x0` is false (`ref_known`).

use super::super::Rule;
use super::{Action, Fold, Hit, bit, unary};
use crate::ir::{Inst, InstIdx, Uop};

impl Fold {
    pub(super) fn object_rules(&self, inst: &Inst) -> Hit {
        let a = inst.args[0]?;
        match inst.op {
            Uop::ref_eq => {
                let b = inst.args[1]?;
                // ref_eq_self: (x is x) = 1
                if a == b {
                    return Some((Rule::ref_eq_self, Action::Constant(1)));
                }
                // ref_eq_const: (x is y) = (x is c) for y = c
                let address = self.constant(b)?;
                Some((Rule::ref_eq_const, unary(Uop::ref_is, a, address)))
            }
            // ref_known: (x is c) = 1 for x known as c, 0 for x known as something else;
            // the guards that say so pass
            Uop::ref_is => {
                let is = self.is_object(a, inst.imm)?;
                Some((Rule::ref_known, Action::Constant(bit(is))))
            }
            Uop::guard_is => self.passes(a, inst.imm, true),
            Uop::guard_is_not => self.passes(a, inst.imm, false),
            Uop::guard_null => self.passes(a, 0, true),
            Uop::guard_nonnull => self.passes(a, 0, false),
            _ => None,
        }
    }

    /// Whether a pointer is a certain one, if that is known.
    fn is_object(&self, value: InstIdx, address: u64) -> Option<bool> {
        let fact = self.facts[value.index()];
        if let Some(pointer) = fact.pointer {
            return Some(pointer == address);
        }
        let other = (address == 0 && fact.nonnull)
            || self
                .find(Uop::guard_is_not, [Some(value), None, None], address, 0)
                .is_some();
        other.then_some(false)
    }

    /// A guard that passes if the pointer is (or is not) a certain one.
    fn passes(&self, value: InstIdx, address: u64, is: bool) -> Hit {
        let known = self.is_object(value, address)?;
        (known == is).then_some((Rule::ref_known, Action::Passes))
    }
}
