//! The names of all rewrite rules.
//!
//! A rule's equation stands above its code; each rule has a text test of its name in
//! `tests/ir`, and the test runner fails when one is missing or does not fire.
//! Names appear in developer dumps and in what [`super::OptOptions::fuel`] bisects to.

macro_rules! rules {
    ($( $name:ident )*) => {
        /// A rewrite rule of the optimizer.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[allow(non_camel_case_types, missing_docs, reason = "the names are those of the text tests")]
        pub enum Rule { $( $name, )* }

        /// All rules.
        pub const RULES: &[Rule] = &[ $( Rule::$name, )* ];

        impl Rule {
            /// Its name, which is that of its text test.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$name => stringify!($name), )* }
            }
        }
    };
}

rules! {
    // fold: any type
    const_fold const_right operand_order known_value
    // fold: integers
    int_imm int_sub_imm int_swap_imm int_shr_all
    int_add_zero int_add_neg int_sub_self int_sub_neg int_zero_sub int_neg_neg int_not_not
    int_mul_zero int_mul_one int_mul_minus_one
    int_and_zero int_and_ones int_and_chain int_and_range
    int_or_zero int_or_ones int_or_chain int_xor_zero int_xor_ones int_xor_chain int_xor_self
    int_same_operands int_shift_zero int_shr_chain
    int_floordiv_one int_floordiv_minus_one int_floordiv_power int_mod_one int_mod_minus_one
    int_mod_power int_mod_range
    int_abs_abs int_abs_neg int_abs_range int_min_max_range
    // fold: truth values
    bool_not_not bool_not_compare bool_as_int
    // fold: doubles
    float_add_zero float_sub_zero float_mul_one float_div_one float_div_power
    float_neg_neg float_abs_abs float_abs_neg float_int_roundtrip
    // fold: objects
    ref_eq_const ref_eq_self ref_known
    // fold: comparisons and guards
    compare_known guard_fuse guard_not guard_bool_as_int guard_ult_known guard_ult_signed
    guard_f53_known guard_again
    // fold: common subexpressions
    cse phi_same phi_equal
    local_again local_after_store field_again field_after_store
    link_again attr_again name_again element_again element_after_store immutable_again
    // loop-invariant
    hoist
    // dce
    unused unused_exit
}
