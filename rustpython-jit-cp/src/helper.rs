//! The helper table: Rust functions that stencils call.
//!
//! One row a helper: its name in the text form, and the uop that calls it (which
//! fixes its signature). The functions themselves are in [`crate::runtime`]; tests
//! without a host resolve them to addresses of their own.
//!
//! Worked example: `pow_float` is called by `pure_ff_f_x`: two doubles in, a
//! double out, and `Activation::status` set to 1 when it refuses.

use crate::ir::Uop;

macro_rules! helpers {
    ($( $name:ident, $uop:ident; $doc:literal )*) => {
        /// A row of the helper table.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[allow(non_camel_case_types, reason = "the names are those of the text form")]
        #[repr(u16)]
        pub enum Helper { $( #[doc = $doc] $name, )* }

        /// All helpers, in table order.
        pub const HELPERS: &[Helper] = &[ $( Helper::$name, )* ];

        impl Helper {
            /// The name in the text form.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$name => stringify!($name), )* }
            }
            /// The uop that calls it.
            #[must_use]
            pub const fn uop(self) -> Uop {
                match self { $( Self::$name => Uop::$uop, )* }
            }
        }
    };
}

helpers! {
    unbox_int, unbox_int; "the value of an exact int"
    set_local, set_local; "a store into a fast local"
    swap_local, swap_local; "a store into a fast local whose old value may be anything"
    give_local, give_local; "likewise, of an owned reference"
    clear_local, clear_local; "takes the object out of a fast local"
    push_range, push_range; "an iterator over a range, on the frame's value stack"
    load_name, load_name; "a look-up in the trace's name table"
    set_name, set_name; "a store into the trace's name table"
    new_object, new_object; "a new instance of a class"
    box_int, box_int; "an int object"
    box_float, box_float; "a float object"
    box_bool, box_bool; "True or False"
    incref, incref; "raises a count"
    decref, decref; "lowers a count"
    check_callee, check_callee; "whether a function trace can be called"
    call_trace, call_trace; "makes all frames true after a callee has left"
    residual, residual; "executes one instruction in the interpreter"
    pow_int, pure_ii_i_x; "a ** b for b >= 0 with a result that fits"
    pow_float, pure_ff_f_x; "a ** b where the result is a float"
    mod_float, pure_ff_f_x; "a % b"
    floordiv_float, pure_ff_f_x; "a // b"
    truediv_int, pure_ii_f_x; "a / b of integers, correctly rounded"
    math_sin, pure_f_f_x; "math.sin"
    math_cos, pure_f_f_x; "math.cos"
    math_tan, pure_f_f_x; "math.tan"
    math_asin, pure_f_f_x; "math.asin"
    math_acos, pure_f_f_x; "math.acos"
    math_atan, pure_f_f_x; "math.atan"
    math_sinh, pure_f_f_x; "math.sinh"
    math_cosh, pure_f_f_x; "math.cosh"
    math_tanh, pure_f_f_x; "math.tanh"
    math_exp, pure_f_f_x; "math.exp"
    math_log, pure_f_f_x; "math.log of one argument"
    math_log2, pure_f_f_x; "math.log2"
    math_log10, pure_f_f_x; "math.log10"
    math_atan2, pure_ff_f_x; "math.atan2"
    math_pow, pure_ff_f_x; "math.pow"
    math_fmod, pure_ff_f_x; "math.fmod"
    math_hypot, pure_ff_f_x; "math.hypot of two arguments"
    math_floor, pure_f_i_x; "math.floor"
    math_ceil, pure_f_i_x; "math.ceil"
    list_len, read_r_i_x; "len(list)"
    tuple_len, read_r_i_x; "len(tuple)"
    str_len, read_r_i_x; "len(str)"
    dict_len, read_r_i_x; "len(dict)"
    list_get_int, read_ri_i_x; "list[i] where the element is an int that fits"
    list_has_int, read_ri_i_x; "whether a list has an int, as 0 or 1, where all in front of it can be compared without running code"
    tuple_has_int, read_ri_i_x; "likewise, a tuple"
    list_get_bool, read_ri_i_x; "list[i] where the element is True or False, as 0 or 1"
    list_get_float, read_ri_f_x; "list[i] where the element is a float"
    list_get_ref, read_ri_r_x; "list[i], any element"
    tuple_get_int, read_ri_i_x; "tuple[i] where the element is an int that fits"
    tuple_get_bool, read_ri_i_x; "tuple[i] where the element is True or False, as 0 or 1"
    tuple_get_float, read_ri_f_x; "tuple[i] where the element is a float"
    tuple_get_ref, read_ri_r_x; "tuple[i], any element"
    array_get_int, read_ri_i_x; "array[i] of an array of ints"
    array_get_float, read_ri_f_x; "array[i] of an array of floats"
    array_set_int, write_rii_x; "array[i] = int"
    array_set_float, write_rif_x; "array[i] = float"
    list_set_int, write_rii_x; "list[i] = int, where the old element has a trivial drop"
    list_set_bool, write_rii_x; "list[i] = bool, likewise"
    list_set_float, write_rif_x; "list[i] = float, likewise"
    list_set_ref, write_rir_x; "list[i] = object, likewise"
    list_pop, take_r_r_x; "list.pop() of a list that is not empty"
    list_iter_end, read_r_i_x; "refuses unless a list's iterator has no next object"
    ends_quietly, read_r_i_x; "refuses when releasing a reference to an object may run code"
    generator_slots, read_r_r_x; "where a suspended generator has its locals and its value stack"
    keys_stamp, read_r_i_x; "the stamp of a dictionary's keys"
    attr_set_int, set_rii; "replaces the object at an address and an offset by an int"
    attr_set_bool, set_rii; "replaces it by a bool"
    attr_set_float, set_rif; "replaces it by a float, perhaps by changing a float that nobody else has"
    attr_set_ref, set_rir; "replaces it by an object"
    elem_set_int, set_rii; "likewise, in the storage of a list"
    elem_set_bool, set_rii; "likewise, in the storage of a list"
    elem_set_float, set_rif; "likewise, in the storage of a list"
    elem_set_ref, set_rir; "likewise, in the storage of a list"
    list_append_int, set_rii; "list.append of an int"
    list_append_bool, set_rii; "list.append of a bool"
    list_append_float, set_rif; "list.append of a float"
    list_append_ref, set_rir; "list.append of any object"
    slot_set_int, set_rii; "likewise in a slot of an instance"
    slot_set_bool, set_rii; "likewise in a slot of an instance"
    slot_set_float, set_rif; "likewise in a slot of an instance"
    give_stack, set_rir; "puts an owned object on the frame's value stack, which it makes one entry deeper than that"
    slot_set_ref, set_rir; "likewise in a slot of an instance"
    has_item, read_rr_i_x; "whether a container has an object, as 0 or 1"
    has_int_item, read_ri_i_x; "likewise, an int"
    get_item, make_rr_r_x; "container[object]"
    get_int_item, read_ri_r_x; "container[int]"
    set_item, make_rrr_r_x; "dict[object] = object; what was there before, or None"
    set_int_item, make_rir_r_x; "dict[int] = object where the dictionary has that key, likewise"
    get_slice, make_rii_r_x; "container[int:int]"
    get_iter, take_r_r_x; "iter(container)"
    range_iter, make_rii_r_x; "iter(range(start, stop)), where there is a plain iterator for these"
    next_item, take_r_r_x; "the next object of an iterator that has one"
    object_lt, read_rr_i_x; "a < b, as 0 or 1"
    object_le, read_rr_i_x; "a <= b"
    object_eq, read_rr_i_x; "a == b"
    object_ne, read_rr_i_x; "a != b"
    object_gt, read_rr_i_x; "a > b"
    object_ge, read_rr_i_x; "a >= b"
    object_add, make_rr_r_x; "a + b"
    object_sub, make_rr_r_x; "a - b"
    object_mul, make_rr_r_x; "a * b"
    object_floordiv, make_rr_r_x; "a // b"
    object_truediv, make_rr_r_x; "a / b"
    object_mod, make_rr_r_x; "a % b"
    object_pow, make_rr_r_x; "a ** b"
    object_lshift, make_rr_r_x; "a << b"
    object_rshift, make_rr_r_x; "a >> b"
    object_and, make_rr_r_x; "a & b"
    object_or, make_rr_r_x; "a | b"
    object_xor, make_rr_r_x; "a ^ b"
    format_simple, take_r_r_x; "format(object)"
    format_with, make_rr_r_x; "format(object, specification)"
    set_add, make_rr_r_x; "set.add(object): None"
    dict_get, make_rr_r_x; "dict.get(key)"
    dict_get_int, read_ri_r_x; "dict.get(int)"
    dict_get_or, make_rrr_r_x; "dict.get(key, default)"
    dict_get_int_or, make_rir_r_x; "dict.get(int, default)"
    dict_setdefault, make_rrr_r_x; "dict.setdefault(key, default)"
    list_extend, make_rr_r_x; "list.extend(list or tuple): None"
    list_insert, make_rir_r_x; "list.insert(index, object): None"
    list_pop_at, read_ri_r_x; "list.pop(index)"
    list_remove, make_rr_r_x; "list.remove(object): what was removed"
    list_reverse, take_r_r_x; "list.reverse(): None"
    list_sort, take_r_r_x; "list.sort() of numbers or of strings: None"
    list_clear, take_r_r_x; "list.clear(): what was in it"
    new_slice, make_rr_r_x; "slice(start, stop)"
    new_slice_by, make_rrr_r_x; "slice(start, stop, step)"
    set_slice, make_rir_r_x; "list[start:stop] = list or tuple, of both bounds in one number: what was there before"
    is_method, read_ri_i_x; "refuses unless an object is this method, bound to something"
    bound_to, read_r_r_x; "what a builtin method is bound to, which keeps it alive"
    call_1, make_rr_r_x; "a call of a builtin with one argument"
    call_2, make_rrr_r_x; "a call of a builtin with two arguments"
}

impl Helper {
    /// The row with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        HELPERS.iter().copied().find(|h| h.name() == name)
    }

    /// The row with this number.
    #[must_use]
    pub fn from_index(index: u64) -> Option<Self> {
        HELPERS.get(usize::try_from(index).ok()?).copied()
    }
}
