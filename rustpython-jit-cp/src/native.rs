//! The native table: what builtin types do, called directly.
//!
//! A row is a helper that takes the operands as they are, without a vector of arguments and
//! without a frame in memory. That works because no Python code runs in one: the host is told that
//! there is no room for another frame, so that whatever would need one (an `__eq__` that a key
//! of a dictionary has, an `__index__`, a default factory) fails, and the helper refuses. The same
//! becomes of an operation that raises. As all of them fail before they have changed anything, the
//! interpreter then executes the instruction anew, and raises what there is to raise.
//!
//! | column  | says                                                                          |
//! |---------|-------------------------------------------------------------------------------|
//! | twin    | the row that takes an unboxed int in the place of the key                     |
//! | changes | what known of memory ends                                                     |
//! | result  | what the result is: a truth value, an object (of any kind), or nothing        |
//! | raises  | whether it may refuse because of an exception                                 |
//!
//! Invariants:
//! - N1: a row fails before its first effect.
//! - N2: a row with effects is called with operands of exactly the classes that it was recorded with;
//!   a row without may be given anything where [`Native::classes`] says nothing.
//! - N3: only while there is one thread.
//!
//! Worked example: `d[k]` of a dictionary is `get_item`, or `get_int_item` when `k` is an unboxed
//! int; the class of `d` is guarded, that of `k` is not: whether looking it up would run code is seen
//! when it happens.

use crate::helper::Helper;

/// What a native changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Changes {
    /// Nothing that was there before.
    Nothing,
    /// Where an iterator is.
    Iterator,
    /// A list.
    List,
    /// Something that anything may be known of.
    Anything,
}

/// What a native results in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Results {
    /// A truth value, as 0 or 1.
    Truth,
    /// An object that the trace owns.
    Object,
    /// An object that the trace owns and has to let go: what was replaced, or `None`.
    Old,
}

/// A row of the table.
#[derive(Debug)]
pub struct Row {
    /// What does it.
    pub helper: Helper,
    /// The row with an unboxed key.
    pub twin: Option<Helper>,
    /// What it changes.
    pub changes: Changes,
    /// What comes of it.
    pub results: Results,
    /// Whether it may raise.
    pub raises: bool,
}

macro_rules! natives {
    ($( $helper:ident, $twin:ident, $changes:ident, $results:ident, $raises:ident; )*) => {
        /// The table.
        pub const NATIVES: &[Row] = &[ $( Row {
            helper: Helper::$helper,
            twin: natives!(@twin $twin),
            changes: Changes::$changes,
            results: Results::$results,
            raises: natives!(@raises $raises),
        }, )* ];
    };
    (@twin none) => { None };
    (@twin $twin:ident) => { Some(Helper::$twin) };
    (@raises raises) => { true };
    (@raises never) => { false };
}

natives! {
    // row, twin, changes, results, raises
    has_item, has_int_item, Nothing, Truth, raises;
    get_item, get_int_item, Nothing, Object, raises;
    set_item, set_int_item, Anything, Old, raises;
    get_slice, none, Nothing, Object, never;
    get_iter, none, Nothing, Object, never;
    range_iter, none, Nothing, Object, never;
    next_item, none, Iterator, Object, raises;
    object_lt, none, Nothing, Truth, raises;
    object_le, none, Nothing, Truth, raises;
    object_eq, none, Nothing, Truth, raises;
    object_ne, none, Nothing, Truth, raises;
    object_gt, none, Nothing, Truth, raises;
    object_ge, none, Nothing, Truth, raises;
    object_add, none, Nothing, Object, raises;
    object_sub, none, Nothing, Object, raises;
    object_mul, none, Nothing, Object, raises;
    object_floordiv, none, Nothing, Object, raises;
    object_truediv, none, Nothing, Object, raises;
    object_mod, none, Nothing, Object, raises;
    object_pow, none, Nothing, Object, raises;
    object_lshift, none, Nothing, Object, raises;
    object_rshift, none, Nothing, Object, raises;
    object_and, none, Nothing, Object, raises;
    object_or, none, Nothing, Object, raises;
    object_xor, none, Nothing, Object, raises;
    format_simple, none, Nothing, Object, raises;
    format_with, none, Nothing, Object, raises;
    set_add, none, Anything, Old, raises;
    dict_get, dict_get_int, Nothing, Object, raises;
    dict_get_or, dict_get_int_or, Nothing, Object, raises;
    dict_setdefault, none, Anything, Object, raises;
    list_extend, none, List, Old, raises;
    list_insert, none, List, Old, never;
    list_pop_at, none, List, Object, raises;
    list_remove, none, List, Old, raises;
    list_reverse, none, List, Old, never;
    list_sort, none, List, Old, never;
    list_clear, none, List, Old, never;
    new_slice, none, Nothing, Object, never;
    new_slice_by, none, Nothing, Object, never;
    set_slice, none, List, Old, never;
    is_method, none, Nothing, Truth, never;
    bound_to, none, Nothing, Object, never;
    call_1, none, Nothing, Object, raises;
    call_2, none, Nothing, Object, raises;
}

/// The row of a helper, if it is one of these.
#[must_use]
pub fn row(helper: Helper) -> Option<&'static Row> {
    NATIVES
        .iter()
        .find(|row| row.helper == helper || row.twin == Some(helper))
}

/// A native that does what an instruction does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Native {
    /// What does it.
    pub helper: Helper,
    /// The classes, by address, that the operands at these distances from the top have to have; 0
    /// for any.
    pub classes: [usize; 3],
    /// Whether the key may be an unboxed int: it is only looked at.
    pub unboxed: bool,
}
