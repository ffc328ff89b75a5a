//! The uop table: one row for each micro-operation.
//!
//! Everything that enumerates uops (printer, parser, verifier, optimizer,
//! register allocator, stencil builder) reads it from here. A new uop is one row
//! in this table, one stencil of the same name in `stencils/src`, and one arm in
//! the trace builder.
//!
//! A row reads `name (operand types) -> result, imm kind, effect, exit, shape; "doc"`.
//! Worked example: `int_add (Int, Int) -> Int, None, Pure, Exits, Plain` is an addition
//! of two unboxed integers that leaves the trace through its snapshot when the
//! result does not fit 64 bits.
//!
//! Invariants:
//! - U1: a row with `Exits` always carries a snapshot, a row with `Stays` never does
//!   (`residual` carries one too: it is the frame state to make true).
//! - U2: `Pure` rows have no effect but their result (and their exit) and read nothing that
//!   another row writes, so equal ones with equal operands may be merged.
//! - U3: `Call` shapes clobber every register that the target does not save across C calls;
//!   `Clobber` shapes clobber all pool registers.

use std::fmt;

/// The type of an SSA value, which also says in which register class it lives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ty {
    /// No result.
    Void,
    /// An unboxed integer of 64 bits, two's complement.
    Int,
    /// An unboxed IEEE double.
    Float,
    /// A truth value, 0 or 1 in a general register.
    Bool,
    /// A pointer to an object, or null.
    Ref,
}

impl Ty {
    /// The register class, or `None` for `Void`.
    #[must_use]
    pub const fn class(self) -> Option<RegClass> {
        match self {
            Self::Void => None,
            Self::Float => Some(RegClass::Fpr),
            Self::Int | Self::Bool | Self::Ref => Some(RegClass::Gpr),
        }
    }

    /// The name in the text form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Void => "void",
            Self::Int => "int",
            Self::Float => "float",
            Self::Bool => "bool",
            Self::Ref => "ref",
        }
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A register class.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RegClass {
    /// General purpose registers.
    Gpr,
    /// Floating point registers.
    Fpr,
}

/// What a row's immediate means (and how it prints).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImmKind {
    /// No immediate.
    None,
    /// A signed 64-bit integer.
    Int,
    /// A signed integer that fits 32 bits.
    Int32,
    /// The bits of a double.
    Float,
    /// The address of an object that outlives the trace, or 0.
    Ref,
    /// A slot number in the frame's locals, or on its value stack.
    Slot,
    /// A byte offset into an object (signed, fits 32 bits).
    Offset,
    /// A row of the helper table.
    Helper,
    /// An index into the bytecode.
    Pc,
}

/// What a uop does besides its result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Nothing; depends on operands and immediate only (U2).
    Pure,
    /// Reads memory that other uops may write.
    Read,
    /// Writes memory of the frame or of an object.
    Write,
    /// Anything, Python code included: nothing read before is known after it.
    Anything,
    /// Control flow and bookkeeping of the trace itself.
    Control,
}

/// Whether a uop can leave the trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// Never.
    Stays,
    /// When its condition fails, through its snapshot.
    Exits,
}

/// How the code of a uop treats registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// No machine code of its own (phi, marker).
    Pseudo,
    /// Operands and result in any pool register; all others pass through.
    Plain,
    /// Calls a C function: operands and result in any pool register, but only call-saved
    /// registers keep their values.
    Call,
    /// Hands all state to the runtime: no pool register keeps its value; operands are
    /// named by the snapshot only.
    Clobber,
}

macro_rules! uops {
    ($( $name:ident ( $($arg:ident),* ) -> $ty:ident, $imm:ident, $effect:ident, $exit:ident, $shape:ident; $doc:literal )*) => {
        /// A micro-operation. See the table in this module's source.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        #[allow(non_camel_case_types, reason = "the names are those of the text form and of the stencils")]
        #[repr(u16)]
        pub enum Uop { $( #[doc = $doc] $name, )* }

        /// All uops, in table order.
        pub const UOPS: &[Uop] = &[ $( Uop::$name, )* ];

        static ROWS: &[UopRow] = &[ $( UopRow {
            name: stringify!($name),
            args: &[ $( Ty::$arg, )* ],
            ty: Ty::$ty,
            imm: ImmKind::$imm,
            effect: Effect::$effect,
            exit: Exit::$exit,
            shape: Shape::$shape,
            doc: $doc,
        }, )* ];
    };
}

/// One row of the table.
#[derive(Debug)]
pub struct UopRow {
    /// The name in the text form, and of the stencil.
    pub name: &'static str,
    /// The operand types.
    pub args: &'static [Ty],
    /// The result type (`phi` takes that of its operands instead).
    pub ty: Ty,
    /// What the immediate is.
    pub imm: ImmKind,
    /// What it does besides its result.
    pub effect: Effect,
    /// Whether it can leave.
    pub exit: Exit,
    /// How it treats registers.
    pub shape: Shape,
    /// What it does, for readers.
    pub doc: &'static str,
}

impl Uop {
    /// The uop's row.
    #[must_use]
    pub fn row(self) -> &'static UopRow {
        &ROWS[self as usize]
    }

    /// Looks a uop up by its text name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        ROWS.iter()
            .position(|row| row.name == name)
            .map(|i| UOPS[i])
    }

    /// Those that store into a local of the frame.
    pub const LOCAL_STORES: [Self; 4] = [
        Self::set_local,
        Self::swap_local,
        Self::give_local,
        Self::clear_local,
    ];

    /// Whether it stores into a local of the frame.
    #[must_use]
    pub fn stores_local(self) -> bool {
        Self::LOCAL_STORES.contains(&self)
    }

    /// Whether it is a phi.
    #[must_use]
    pub const fn is_phi(self) -> bool {
        matches!(
            self,
            Self::phi_int | Self::phi_float | Self::phi_bool | Self::phi_ref
        )
    }

    /// Whether it gives a phi its value at the end of a side path.
    #[must_use]
    pub const fn is_carry(self) -> bool {
        matches!(
            self,
            Self::carry_int | Self::carry_float | Self::carry_bool | Self::carry_ref
        )
    }

    /// Whether it ends a path.
    #[must_use]
    pub const fn is_end(self) -> bool {
        self.is_return() || matches!(self, Self::jump_loop | Self::leave)
    }

    /// Whether it is part of calls from trace to trace.
    #[must_use]
    pub const fn is_trace_call(self) -> bool {
        self.is_return()
            || matches!(
                self,
                Self::arg_int
                    | Self::arg_float
                    | Self::arg_ref
                    | Self::put_int
                    | Self::put_float
                    | Self::put_ref
                    | Self::poll_call
                    | Self::guard_callee
                    | Self::check_callee
                    | Self::call_trace
                    | Self::guard_returned
                    | Self::returned_int
                    | Self::returned_float
                    | Self::returned_ref
            )
    }

    /// Whether it ends a path by returning to a caller.
    #[must_use]
    pub const fn is_return(self) -> bool {
        matches!(
            self,
            Self::return_int | Self::return_float | Self::return_ref
        )
    }

    /// Whether the uop carries a snapshot (U1).
    #[must_use]
    pub fn has_snapshot(self) -> bool {
        self.row().exit == Exit::Exits
    }
}

uops! {
    // Structure.
    phi_int (Int, Int) -> Int, None, Control, Stays, Pseudo; "loop-carried integer: value on entry, value at the back edge"
    phi_float (Float, Float) -> Float, None, Control, Stays, Pseudo; "loop-carried double"
    phi_bool (Bool, Bool) -> Bool, None, Control, Stays, Pseudo; "loop-carried truth value"
    phi_ref (Ref, Ref) -> Ref, None, Control, Stays, Pseudo; "loop-carried object pointer"
    loop_header () -> Void, None, Control, Stays, Pseudo; "the target of jump_loop; phis follow it directly"
    jump_loop () -> Void, None, Control, Stays, Plain; "ends a path: back to loop_header"
    leave () -> Void, None, Control, Exits, Plain; "ends a path: leaves through its snapshot"
    side (Void) -> Void, None, Control, Stays, Pseudo; "starts a side path: where its operand, an instruction of the loop that can leave, goes instead of leaving"
    carry_int (Int, Int) -> Void, None, Control, Stays, Pseudo; "directly before the jump_loop of a side path: the phi (first operand) takes the second one's value; phis without a carry keep theirs"
    carry_float (Float, Float) -> Void, None, Control, Stays, Pseudo; "the same for a double"
    carry_bool (Bool, Bool) -> Void, None, Control, Stays, Pseudo; "the same for a truth value"
    carry_ref (Ref, Ref) -> Void, None, Control, Stays, Pseudo; "the same for an object pointer"
    poll () -> Void, None, Control, Exits, Plain; "leaves when the interpreter wants attention (signals, collection, stopped world, tracing)"

    // Constants.
    const_int () -> Int, Int, Pure, Stays, Plain; "an integer"
    const_float () -> Float, Float, Pure, Stays, Plain; "a double, by its bits"
    const_bool () -> Bool, Int, Pure, Stays, Plain; "0 or 1"
    const_ref () -> Ref, Ref, Pure, Stays, Plain; "the address of an object that outlives the trace"

    // The frame in memory.
    load_local () -> Ref, Slot, Read, Stays, Plain; "the object in a local of the frame (null when unbound); borrowed from the frame"
    load_stack () -> Ref, Slot, Read, Stays, Plain; "the object at a depth of the frame's value stack; borrowed from the frame"
    set_local (Ref) -> Void, Slot, Write, Stays, Call; "stores a reference (its count is raised) into a local whose old value has a trivial drop, and drops that"
    swap_local (Ref) -> Void, Slot, Write, Exits, Call; "stores a reference (its count is raised) into a local and drops the old value; leaves when the end of that may run code"
    give_local (Ref) -> Void, Slot, Write, Exits, Call; "the same with an owned reference, whose count is given away"
    clear_local () -> Void, Slot, Write, Exits, Call; "puts None into a local and drops the old value; leaves unless that has other references"
    push_range (Int, Int, Int) -> Void, Slot, Write, Exits, Call; "stores an iterator over range(start, stop, step) at a depth of the frame's value stack, which it makes one entry deeper than that; leaves when there is no plain iterator for these"

    // Objects.
    guard_type (Ref) -> Void, Ref, Read, Exits, Plain; "leaves unless the object's class is exactly this one; the operand is not null"
    guard_nonnull (Ref) -> Void, None, Pure, Exits, Plain; "leaves when the pointer is null"
    guard_null (Ref) -> Void, None, Pure, Exits, Plain; "leaves unless the pointer is null"
    guard_is (Ref) -> Void, Ref, Pure, Exits, Plain; "leaves unless the pointer is this one"
    guard_is_not (Ref) -> Void, Ref, Pure, Exits, Plain; "leaves when the pointer is this one"
    ref_is (Ref) -> Bool, Ref, Pure, Stays, Plain; "whether the pointer is this one"
    ref_eq (Ref, Ref) -> Bool, None, Pure, Stays, Plain; "whether two pointers are the same"
    load_i64 (Ref) -> Int, Offset, Read, Stays, Plain; "eight bytes of an object that may change"
    load_i64_fixed (Ref) -> Int, Offset, Pure, Stays, Plain; "eight bytes of an object that never change"
    load_f64_fixed (Ref) -> Float, Offset, Pure, Stays, Plain; "a double of an object that never changes"
    unbox_small (Ref) -> Int, Offset, Pure, Exits, Plain; "the value of an exact int, without a call; leaves when its magnitude does not fit 63 bits"
    load_link (Ref) -> Ref, Offset, Read, Stays, Plain; "an address that changes only when something is added, removed or replaced as a whole: an object's class or dictionary, a dictionary's entries, an entry's key"
    load_u32 (Ref) -> Int, Offset, Read, Stays, Plain; "four bytes, taken as unsigned, that change only at such an occasion: a version"
    load_attr (Ref) -> Ref, Offset, Read, Stays, Plain; "the value of an attribute, in a dictionary's entries or a slot of the object; borrowed from there, null when it is not set"
    store_i64 (Ref, Int) -> Void, Offset, Write, Stays, Plain; "writes eight bytes of an object"
    load_elem (Int, Int) -> Ref, None, Read, Stays, Plain; "the object at an index of a list's storage, whose address is the first operand; borrowed from the list"
    store_elem (Int, Int, Ref) -> Void, None, Write, Stays, Plain; "writes an object there; neither it nor the old one is counted (they are immortal)"
    unbox_int (Ref) -> Int, None, Pure, Exits, Call; "the value of an exact int; leaves when it does not fit 64 bits"

    // Integers.
    int_add (Int, Int) -> Int, None, Pure, Exits, Plain; "a + b; leaves on overflow"
    int_sub (Int, Int) -> Int, None, Pure, Exits, Plain; "a - b; leaves on overflow"
    int_mul (Int, Int) -> Int, None, Pure, Exits, Plain; "a * b; leaves on overflow"
    int_floordiv (Int, Int) -> Int, None, Pure, Exits, Plain; "a // b, rounded to minus infinity; leaves when b is 0 or the result overflows"
    int_mod (Int, Int) -> Int, None, Pure, Exits, Plain; "a % b with the sign of b; leaves when b is 0 (b = -1 gives 0)"
    int_and (Int, Int) -> Int, None, Pure, Stays, Plain; "a & b"
    int_or (Int, Int) -> Int, None, Pure, Stays, Plain; "a | b"
    int_xor (Int, Int) -> Int, None, Pure, Stays, Plain; "a ^ b"
    int_shl (Int, Int) -> Int, None, Pure, Exits, Plain; "a << b; leaves when b is negative or over 63, or bits are lost"
    int_shr (Int, Int) -> Int, None, Pure, Exits, Plain; "a >> b, arithmetic, any b >= 0; leaves when b is negative"
    int_neg (Int) -> Int, None, Pure, Exits, Plain; "-a; leaves on overflow"
    int_abs (Int) -> Int, None, Pure, Exits, Plain; "|a|; leaves on overflow"
    int_not (Int) -> Int, None, Pure, Stays, Plain; "~a"
    int_min (Int, Int) -> Int, None, Pure, Stays, Plain; "the smaller"
    int_max (Int, Int) -> Int, None, Pure, Stays, Plain; "the larger"
    int_add_imm (Int) -> Int, Int32, Pure, Exits, Plain; "a + imm; leaves on overflow"
    int_mul_imm (Int) -> Int, Int32, Pure, Exits, Plain; "a * imm; leaves on overflow"
    int_and_imm (Int) -> Int, Int32, Pure, Stays, Plain; "a & imm"
    int_or_imm (Int) -> Int, Int32, Pure, Stays, Plain; "a | imm"
    int_xor_imm (Int) -> Int, Int32, Pure, Stays, Plain; "a ^ imm"
    int_shl_imm (Int) -> Int, Int32, Pure, Exits, Plain; "a << imm, imm in 0..=63; leaves when bits are lost"
    int_shr_imm (Int) -> Int, Int32, Pure, Stays, Plain; "a >> imm, arithmetic, imm in 0..=63"
    int_floordiv_imm (Int) -> Int, Int32, Pure, Stays, Plain; "a // imm, imm > 0"
    int_mod_imm (Int) -> Int, Int32, Pure, Stays, Plain; "a % imm, imm > 0"
    int_wrap_add (Int, Int) -> Int, None, Pure, Stays, Plain; "a + b modulo 2**64, where overflow is known not to matter"
    int_wrap_mul (Int, Int) -> Int, None, Pure, Stays, Plain; "a * b modulo 2**64"
    int_lt (Int, Int) -> Bool, None, Pure, Stays, Plain; "a < b"
    int_le (Int, Int) -> Bool, None, Pure, Stays, Plain; "a <= b"
    int_eq (Int, Int) -> Bool, None, Pure, Stays, Plain; "a == b"
    int_ne (Int, Int) -> Bool, None, Pure, Stays, Plain; "a != b"
    int_lt_imm (Int) -> Bool, Int32, Pure, Stays, Plain; "a < imm"
    int_le_imm (Int) -> Bool, Int32, Pure, Stays, Plain; "a <= imm"
    int_gt_imm (Int) -> Bool, Int32, Pure, Stays, Plain; "a > imm"
    int_ge_imm (Int) -> Bool, Int32, Pure, Stays, Plain; "a >= imm"
    int_eq_imm (Int) -> Bool, Int32, Pure, Stays, Plain; "a == imm"
    int_ne_imm (Int) -> Bool, Int32, Pure, Stays, Plain; "a != imm"
    guard_int_lt (Int, Int) -> Void, None, Pure, Exits, Plain; "leaves unless a < b"
    guard_int_le (Int, Int) -> Void, None, Pure, Exits, Plain; "leaves unless a <= b"
    guard_int_eq (Int, Int) -> Void, None, Pure, Exits, Plain; "leaves unless a == b"
    guard_int_ne (Int, Int) -> Void, None, Pure, Exits, Plain; "leaves unless a != b"
    guard_int_ult (Int, Int) -> Void, None, Pure, Exits, Plain; "leaves unless a < b, both read as unsigned"
    guard_int_lt_imm (Int) -> Void, Int32, Pure, Exits, Plain; "leaves unless a < imm"
    guard_int_le_imm (Int) -> Void, Int32, Pure, Exits, Plain; "leaves unless a <= imm"
    guard_int_gt_imm (Int) -> Void, Int32, Pure, Exits, Plain; "leaves unless a > imm"
    guard_int_ge_imm (Int) -> Void, Int32, Pure, Exits, Plain; "leaves unless a >= imm"
    guard_int_eq_imm (Int) -> Void, Int32, Pure, Exits, Plain; "leaves unless a == imm"
    guard_int_ne_imm (Int) -> Void, Int32, Pure, Exits, Plain; "leaves unless a != imm"

    // Truth values.
    bool_not (Bool) -> Bool, None, Pure, Stays, Plain; "1 - a"
    bool_to_int (Bool) -> Int, None, Pure, Stays, Plain; "0 or 1 as an integer"
    guard_true (Bool) -> Void, None, Pure, Exits, Plain; "leaves unless a is 1"
    guard_false (Bool) -> Void, None, Pure, Exits, Plain; "leaves unless a is 0"

    // Doubles. Comparisons are false with a nan, except float_ne.
    float_add (Float, Float) -> Float, None, Pure, Stays, Plain; "a + b"
    float_sub (Float, Float) -> Float, None, Pure, Stays, Plain; "a - b"
    float_mul (Float, Float) -> Float, None, Pure, Stays, Plain; "a * b"
    float_div (Float, Float) -> Float, None, Pure, Exits, Plain; "a / b; leaves when b is zero"
    float_neg (Float) -> Float, None, Pure, Stays, Plain; "-a, sign of zero and nan included"
    float_abs (Float) -> Float, None, Pure, Stays, Plain; "|a|"
    float_sqrt (Float) -> Float, None, Pure, Exits, Plain; "the square root; leaves when a < 0"
    int_to_float (Int) -> Float, None, Pure, Stays, Plain; "the nearest double (ties to even)"
    guard_int_f53 (Int) -> Void, None, Pure, Exits, Plain; "leaves unless -2**53 <= a <= 2**53, where the double is exact"
    float_to_int (Float) -> Int, None, Pure, Exits, Plain; "truncates towards zero; leaves when the result does not fit 63 bits (and for nan)"
    float_lt (Float, Float) -> Bool, None, Pure, Stays, Plain; "a < b"
    float_le (Float, Float) -> Bool, None, Pure, Stays, Plain; "a <= b"
    float_eq (Float, Float) -> Bool, None, Pure, Stays, Plain; "a == b"
    float_ne (Float, Float) -> Bool, None, Pure, Stays, Plain; "a != b, true with a nan"
    guard_float_lt (Float, Float) -> Void, None, Pure, Exits, Plain; "leaves unless a < b"
    guard_float_le (Float, Float) -> Void, None, Pure, Exits, Plain; "leaves unless a <= b"
    guard_float_eq (Float, Float) -> Void, None, Pure, Exits, Plain; "leaves unless a == b"
    guard_float_nlt (Float, Float) -> Void, None, Pure, Exits, Plain; "leaves when a < b"
    guard_float_nle (Float, Float) -> Void, None, Pure, Exits, Plain; "leaves when a <= b"
    guard_float_ne (Float, Float) -> Void, None, Pure, Exits, Plain; "leaves when a == b"

    // Helpers in Rust, called with C's convention. The letters say operands and result
    // (i: Int, f: Float, r: Ref, v: Void); `_x` ones leave when the helper says so, and have
    // then done nothing. `pure_` ones depend on their operands only.
    pure_f_f (Float) -> Float, Helper, Pure, Stays, Call; "calls a helper"
    pure_ff_f (Float, Float) -> Float, Helper, Pure, Stays, Call; "calls a helper"
    pure_f_f_x (Float) -> Float, Helper, Pure, Exits, Call; "calls a helper that may refuse"
    pure_ff_f_x (Float, Float) -> Float, Helper, Pure, Exits, Call; "calls a helper that may refuse"
    pure_f_i_x (Float) -> Int, Helper, Pure, Exits, Call; "calls a helper that may refuse"
    pure_ii_i_x (Int, Int) -> Int, Helper, Pure, Exits, Call; "calls a helper that may refuse"
    pure_ii_f_x (Int, Int) -> Float, Helper, Pure, Exits, Call; "calls a helper that may refuse"
    read_r_i_x (Ref) -> Int, Helper, Read, Exits, Call; "reads an object through a helper that may refuse"
    read_r_r_x (Ref) -> Ref, Helper, Read, Exits, Call; "reads an object through a helper that may refuse; the result is borrowed"
    read_ri_i_x (Ref, Int) -> Int, Helper, Read, Exits, Call; "reads an element through a helper that may refuse"
    read_ri_f_x (Ref, Int) -> Float, Helper, Read, Exits, Call; "reads an element through a helper that may refuse"
    read_ri_r_x (Ref, Int) -> Ref, Helper, Write, Exits, Call; "reads an element through a helper that may refuse; the result is owned by the trace"
    read_rr_i_x (Ref, Ref) -> Int, Helper, Read, Exits, Call; "looks at two objects through a helper that may refuse"
    take_r_r_x (Ref) -> Ref, Helper, Write, Exits, Call; "takes the next object out of an iterator, or makes one of another, through a helper that may refuse; the result is owned by the trace"
    make_rr_r_x (Ref, Ref) -> Ref, Helper, Write, Exits, Call; "makes an object of two through a helper that may refuse; the result is owned by the trace"
    make_rrr_r_x (Ref, Ref, Ref) -> Ref, Helper, Write, Exits, Call; "likewise, of three"
    make_rii_r_x (Ref, Int, Int) -> Ref, Helper, Write, Exits, Call; "likewise, of one and two numbers"
    make_rir_r_x (Ref, Int, Ref) -> Ref, Helper, Write, Exits, Call; "likewise, of two and a number"
    write_rii_x (Ref, Int, Int) -> Void, Helper, Write, Exits, Call; "writes an element through a helper that may refuse"
    write_rif_x (Ref, Int, Float) -> Void, Helper, Write, Exits, Call; "writes an element through a helper that may refuse"
    write_rir_x (Ref, Int, Ref) -> Void, Helper, Write, Exits, Call; "writes an element through a helper that may refuse"
    set_rii (Ref, Int, Int) -> Void, Helper, Write, Stays, Call; "writes through a helper"
    set_rif (Ref, Int, Float) -> Void, Helper, Write, Stays, Call; "writes through a helper"
    set_rir (Ref, Int, Ref) -> Void, Helper, Write, Stays, Call; "writes through a helper"
    load_name () -> Ref, Slot, Read, Exits, Call; "the object bound to a row of the trace's name table, borrowed from its dictionary; leaves when there is none"
    set_name (Ref) -> Void, Slot, Write, Stays, Call; "binds a row of the trace's name table to an object (its count is raised); the old value has a trivial drop"
    new_object () -> Ref, Slot, Write, Stays, Call; "a new instance by a row of the trace's templates, whose attributes are all None; owned by the trace"
    box_int (Int) -> Ref, None, Write, Stays, Call; "an int object of this value; owned by the trace"
    box_float (Float) -> Ref, None, Write, Stays, Call; "a new float object; owned by the trace"
    box_bool (Bool) -> Ref, None, Write, Stays, Call; "True or False; owned by the trace"
    incref (Ref) -> Void, None, Write, Stays, Call; "raises the count of an object"
    decref (Ref) -> Void, None, Write, Stays, Call; "lowers the count of an object"

    fail_once () -> Void, Int, Write, Exits, Plain; "leaves the first time, and sets the word at this address to 0"

    // Calls from trace to trace. `arg_` immediates are offsets in `Outgoing`, `put_` ones in
    // `Activation`; `guard_returned` and `return_` have a `ReturnTag`.
    arg_int () -> Int, Offset, Pure, Stays, Plain; "a number that the caller has passed"
    arg_float () -> Float, Offset, Pure, Stays, Plain; "a double that the caller has passed"
    arg_ref () -> Ref, Offset, Pure, Stays, Plain; "an object that the caller has passed and keeps alive, or null"
    put_int (Int) -> Void, Offset, Write, Stays, Plain; "passes a number"
    put_float (Float) -> Void, Offset, Write, Stays, Plain; "passes a double"
    put_ref (Ref) -> Void, Offset, Write, Stays, Plain; "passes an object or null, borrowed"
    poll_call () -> Void, None, Control, Exits, Plain; "leaves when the interpreter wants attention, at the start of a function trace"
    guard_callee () -> Void, Ref, Control, Exits, Plain; "leaves unless the callee has code and there is room for another call"
    check_callee () -> Void, Ref, Control, Exits, Call; "the same, and unless all that the callee and its own callees rely on holds"
    call_trace () -> Void, Ref, Anything, Exits, Clobber; "runs the callee's code; its snapshot is the state in which the frame waits"
    guard_returned () -> Void, Int32, Control, Exits, Plain; "leaves unless the callee has returned a value of this kind"
    returned_int () -> Int, None, Control, Stays, Plain; "the number that the callee has returned"
    returned_float () -> Float, None, Control, Stays, Plain; "the double that the callee has returned"
    returned_ref () -> Ref, None, Control, Stays, Plain; "the object that the callee has returned; owned by the trace"
    return_int (Int) -> Void, Int32, Control, Exits, Plain; "ends a path: returns a number, or leaves where there is no caller"
    return_float (Float) -> Void, Int32, Control, Exits, Plain; "the same with a double"
    return_ref (Ref) -> Void, Int32, Control, Exits, Plain; "the same with an object, whose count is given away"

    // Everything else.
    residual () -> Void, Pc, Anything, Exits, Clobber; "makes the frame true by its snapshot and lets the interpreter execute the instruction there; leaves after it when it raised, left the frame, or did not go where it went when recorded"

    // Inserted by the register allocator: not part of a trace that is optimized.
    move_gpr (Int) -> Int, None, Control, Stays, Plain; "copies a general register"
    move_fpr (Float) -> Float, None, Control, Stays, Plain; "copies a floating point register"
    spill_gpr (Int) -> Void, Offset, Control, Stays, Plain; "stores a general register at a byte offset of the activation record"
    spill_fpr (Float) -> Void, Offset, Control, Stays, Plain; "stores a floating point register there"
    reload_gpr () -> Int, Offset, Control, Stays, Plain; "loads a general register from there"
    reload_fpr () -> Float, Offset, Control, Stays, Plain; "loads a floating point register from there"
}
