//! The recognizer: which native does what an instruction is about to do.
//!
//! Invariant: it only looks at classes, and at what a dictionary has; no Python code runs meanwhile
//! ([`quietly`]).
//!
//! Worked example: a `CONTAINS_OP` with a `set` on top is `has_item` with that class for its container;
//! with a list on top and an int below it is none, as there is a uop for that.

use crate::helper::Helper;
use crate::native::Native;
use crate::recording::{Builtin, Kind, Step};
use rustpython_vm::builtins::{PyDict, PyType};
use rustpython_vm::bytecode::{BinaryOperator, ComparisonOperator, Opcode};
use rustpython_vm::{AsObject, Py, PyObject, VirtualMachine};

/// Methods of builtin classes with rows of their own: class, name, number of arguments.
pub(crate) const METHODS: &[(Class, &str, u32, Helper)] = &[
    (Class::Dict, "get", 1, Helper::dict_get),
    (Class::Dict, "get", 2, Helper::dict_get_or),
    (Class::Dict, "setdefault", 2, Helper::dict_setdefault),
    (Class::Set, "add", 1, Helper::set_add),
    (Class::List, "extend", 1, Helper::list_extend),
    (Class::List, "insert", 2, Helper::list_insert),
    (Class::List, "remove", 1, Helper::list_remove),
    (Class::List, "reverse", 0, Helper::list_reverse),
    (Class::List, "sort", 0, Helper::list_sort),
    (Class::List, "clear", 0, Helper::list_clear),
];

/// Methods that only make something of their operands, as long as these are [`is_inert`].
pub(crate) const INERT_METHODS: &[(Class, &[&str])] = &[
    (Class::Dict, &["items", "keys", "values", "copy"]),
    (Class::List, &["index", "count", "copy"]),
    (Class::Tuple, &["index", "count"]),
    (
        Class::Set,
        &[
            "union",
            "intersection",
            "difference",
            "symmetric_difference",
            "issubset",
            "issuperset",
            "isdisjoint",
            "copy",
        ],
    ),
    (
        Class::Str,
        &[
            "startswith",
            "endswith",
            "strip",
            "lstrip",
            "rstrip",
            "split",
            "rsplit",
            "splitlines",
            "partition",
            "rpartition",
            "join",
            "replace",
            "lower",
            "upper",
            "title",
            "capitalize",
            "find",
            "rfind",
            "index",
            "count",
            "isdigit",
            "isalpha",
            "isalnum",
            "isspace",
            "isupper",
            "islower",
            "isidentifier",
            "zfill",
            "ljust",
            "rjust",
            "center",
            "encode",
        ],
    ),
    (Class::Int, &["bit_length", "bit_count"]),
    (Class::Float, &["is_integer", "hex"]),
    (
        Class::Bytes,
        &[
            "decode",
            "startswith",
            "endswith",
            "find",
            "split",
            "join",
            "hex",
        ],
    ),
];

/// Functions of `builtins` of that kind.
pub(crate) const INERT_FUNCTIONS: &[&str] = &[
    "ord", "chr", "hex", "oct", "bin", "divmod", "pow", "round", "sum", "sorted", "any", "all",
    "hash", "repr", "ascii",
];

/// A builtin class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    /// `dict`.
    Dict,
    /// `list`.
    List,
    /// `tuple`.
    Tuple,
    /// `set`.
    Set,
    /// `str`.
    Str,
    /// `int`.
    Int,
    /// `float`.
    Float,
    /// `bytes`.
    Bytes,
}

impl Class {
    pub(crate) fn of(self, vm: &VirtualMachine) -> &'static Py<PyType> {
        let types = &vm.ctx.types;
        match self {
            Self::Dict => types.dict_type,
            Self::List => types.list_type,
            Self::Tuple => types.tuple_type,
            Self::Set => types.set_type,
            Self::Str => types.str_type,
            Self::Int => types.int_type,
            Self::Float => types.float_type,
            Self::Bytes => types.bytes_type,
        }
    }
}

/// Classes whose calls make an object of an inert one, and do nothing else. (`dict` goes through the
/// elements of its argument, too, which may be iterators.)
pub(crate) fn inert_classes(vm: &VirtualMachine) -> [&'static Py<PyType>; 9] {
    let types = &vm.ctx.types;
    [
        types.list_type,
        types.tuple_type,
        types.set_type,
        types.frozenset_type,
        types.str_type,
        types.bytes_type,
        types.bool_type,
        types.enumerate_type,
        types.zip_type,
    ]
}

/// Where the operands are looked up by class.
struct Operands<'s> {
    step: &'s Step,
    vm: &'s VirtualMachine,
}

impl Operands<'_> {
    /// The class of the operand at a distance from the top.
    fn class(&self, from_top: usize) -> Option<&Py<PyType>> {
        // SAFETY: the value stack holds the object, if there is one.
        let object = unsafe { (self.step.before[from_top].addr as *const PyObject).as_ref() };
        object.map(PyObject::class)
    }

    /// The address of that class, if it is one of these.
    fn one_of(&self, from_top: usize, classes: &[&'static Py<PyType>]) -> Option<usize> {
        let class = self.class(from_top)?;
        classes
            .iter()
            .find(|other| class.is(**other))
            .map(|class| address(class))
    }

    /// Numbers, strings and containers: what is done with them depends on them alone.
    fn inert(&self, from_top: usize) -> Option<usize> {
        let types = &self.vm.ctx.types;
        let scalar = [
            types.int_type,
            types.float_type,
            types.bool_type,
            types.none_type,
            types.str_type,
            types.bytes_type,
        ];
        self.one_of(from_top, &scalar)
            .or_else(|| self.container(from_top))
    }

    fn container(&self, from_top: usize) -> Option<usize> {
        let types = &self.vm.ctx.types;
        let classes = [
            types.list_type,
            types.tuple_type,
            types.dict_type,
            types.set_type,
            types.frozenset_type,
            types.str_type,
            types.bytes_type,
            types.range_type,
            types.dict_keys_type,
            types.dict_values_type,
            types.dict_items_type,
        ];
        self.one_of(from_top, &classes)
    }

    /// Whether the dictionary of a store into one has the key, which is an int, already.
    fn has_key(&self) -> bool {
        // SAFETY: the value stack holds both.
        let object = |at: usize| unsafe { (self.step.before[at].addr as *const PyObject).as_ref() };
        let found = self.kind(0) == Kind::Int && self.kind(1) == Kind::Dict;
        let found = found.then(|| {
            let dict = object(1)?.downcast_ref::<PyDict>()?;
            quietly(self.vm, |vm| dict.inner_getitem_opt(object(0)?, vm).ok()?)
        });
        found.flatten().is_some()
    }

    fn kind(&self, from_top: usize) -> Kind {
        self.step.before[from_top].kind
    }

    fn is_number(&self, from_top: usize) -> bool {
        matches!(self.kind(from_top), Kind::Int | Kind::Float | Kind::Bool)
    }
}

/// Does something while no frame can be entered.
pub(crate) fn quietly<T>(vm: &VirtualMachine, work: impl FnOnce(&VirtualMachine) -> T) -> T {
    let limit = vm.recursion_limit.replace(0);
    let done = work(vm);
    vm.recursion_limit.set(limit);
    done
}

fn address(class: &Py<PyType>) -> usize {
    std::ptr::from_ref(class.as_object()) as usize
}

/// The native that does what a step is about to do, where nothing simpler does.
#[must_use]
pub fn find(step: &Step, vm: &VirtualMachine) -> Option<Native> {
    let operands = Operands { step, vm };
    let types = &vm.ctx.types;
    let native = |helper, classes| {
        Some(Native {
            helper,
            classes,
            unboxed: true,
        })
    };
    match step.op {
        Opcode::ContainsOp => {
            let is_list = matches!(operands.kind(0), Kind::List | Kind::Tuple);
            if is_list && operands.kind(1) == Kind::Int {
                return None;
            }
            native(Helper::has_item, [operands.container(0)?, 0, 0])
        }
        Opcode::BinaryOp if step.arg == BinaryOperator::Subscr as u32 => {
            let classes = [
                types.dict_type,
                types.str_type,
                types.bytes_type,
                types.range_type,
                types.list_type,
                types.tuple_type,
            ];
            let is_list = matches!(operands.kind(1), Kind::List | Kind::Tuple);
            if is_list && operands.is_number(0) {
                return None;
            }
            native(Helper::get_item, [0, operands.one_of(1, &classes)?, 0])
        }
        Opcode::StoreSubscr => {
            let dict = operands.one_of(1, &[types.dict_type])?;
            Some(Native {
                helper: Helper::set_item,
                classes: [0, dict, 0],
                unboxed: operands.has_key(),
            })
        }
        Opcode::BinarySlice => {
            let is_bound = |from_top| matches!(operands.kind(from_top), Kind::Int | Kind::None);
            let classes = [
                types.list_type,
                types.tuple_type,
                types.str_type,
                types.bytes_type,
            ];
            let container = operands.one_of(2, &classes)?;
            (is_bound(0) && is_bound(1)).then_some(())?;
            native(Helper::get_slice, [0, 0, container])
        }
        Opcode::GetIter => native(Helper::get_iter, [operands.container(0)?, 0, 0]),
        Opcode::ForIter => native(
            Helper::next_item,
            [operands.one_of(0, &iterators(vm))?, 0, 0],
        ),
        Opcode::CompareOp => {
            if operands.is_number(0) && operands.is_number(1) {
                return None;
            }
            if step.identity_versions.is_some() {
                return None;
            }
            use ComparisonOperator as C;
            let helper = match C::try_from(step.arg).ok()? {
                C::Less => Helper::object_lt,
                C::LessOrEqual => Helper::object_le,
                C::Equal => Helper::object_eq,
                C::NotEqual => Helper::object_ne,
                C::Greater => Helper::object_gt,
                C::GreaterOrEqual => Helper::object_ge,
            };
            native(helper, [operands.inert(0)?, operands.inert(1)?, 0])
        }
        Opcode::BinaryOp => {
            if operands.is_number(0) && operands.is_number(1) {
                return None;
            }
            let classes = [operands.inert(0)?, operands.inert(1)?, 0];
            let op = BinaryOperator::try_from(step.arg).ok()?;
            // What can be changed in place would be.
            let fixed = [
                types.int_type,
                types.float_type,
                types.bool_type,
                types.str_type,
                types.bytes_type,
                types.tuple_type,
                types.frozenset_type,
            ];
            let in_place = op.as_inplace() == op;
            if in_place && operands.one_of(1, &fixed).is_none() {
                return None;
            }
            native(operator(op)?, classes)
        }
        Opcode::FormatSimple => native(Helper::format_simple, [operands.inert(0)?, 0, 0]),
        Opcode::FormatWithSpec => native(
            Helper::format_with,
            [
                operands.one_of(0, &[types.str_type])?,
                operands.inert(1)?,
                0,
            ],
        ),
        Opcode::BuildSlice => {
            let bound = [types.int_type, types.none_type];
            let mut classes = [0; 3];
            for (from_top, class) in classes.iter_mut().enumerate().take(step.arg as usize) {
                *class = operands.one_of(from_top, &bound)?;
            }
            match step.arg {
                2 => kept(Helper::new_slice, classes),
                _ => kept(Helper::new_slice_by, classes),
            }
        }
        Opcode::StoreSlice => {
            let is_bound = |from_top| matches!(operands.kind(from_top), Kind::Int | Kind::None);
            let list = operands.one_of(2, &[types.list_type])?;
            (is_bound(0) && is_bound(1)).then_some(())?;
            kept(Helper::set_slice, [0, 0, list])
        }
        Opcode::BuildString if (2..=8).contains(&step.arg) => kept(Helper::object_add, [0; 3]),
        Opcode::ListExtend => {
            let classes = [types.list_type, types.tuple_type];
            kept(Helper::list_extend, [operands.one_of(0, &classes)?, 0, 0])
        }
        Opcode::PopIter | Opcode::PopTop => native(
            Helper::ends_quietly,
            [operands.one_of(0, &iterators(vm))?, 0, 0],
        ),
        // The compiler has put the container there.
        Opcode::MapAdd => kept(Helper::set_item, [0; 3]),
        Opcode::SetAdd => kept(Helper::set_add, [0; 3]),
        Opcode::Call => called(step, &operands),
        _ => None,
    }
}

/// The iterators of builtin types that have no uops of their own.
fn iterators(vm: &VirtualMachine) -> [&'static Py<PyType>; 9] {
    let types = &vm.ctx.types;
    [
        types.tuple_iterator_type,
        types.str_iterator_type,
        types.set_iterator_type,
        types.dict_keyiterator_type,
        types.dict_valueiterator_type,
        types.dict_itemiterator_type,
        types.list_reverseiterator_type,
        types.enumerate_type,
        types.zip_type,
    ]
}

/// A native that keeps its operands.
fn kept(helper: Helper, classes: [usize; 3]) -> Option<Native> {
    Some(Native {
        helper,
        classes,
        unboxed: false,
    })
}

/// The native for a call of a builtin function or method.
fn called(step: &Step, operands: &Operands<'_>) -> Option<Native> {
    let argc = step.arg;
    match step.builtin? {
        Builtin::Native(rows) => {
            let mut rows = rows.into_iter().flatten();
            let (_, helper) = rows.find(|(count, _)| *count == argc)?;
            let mut classes = [0; 3];
            if helper == Helper::list_extend {
                let types = &operands.vm.ctx.types;
                classes[0] = operands.one_of(0, &[types.list_type, types.tuple_type])?;
            }
            let receiver = operands.class(argc as usize)?;
            classes[argc as usize] = address(receiver);
            Some(Native {
                helper,
                classes,
                unboxed: matches!(helper, Helper::dict_get | Helper::dict_get_or),
            })
        }
        Builtin::ListPop if argc == 1 && operands.kind(0) == Kind::Int => {
            let list = operands.one_of(1, &[operands.vm.ctx.types.list_type])?;
            kept(Helper::list_pop_at, [0, list, 0])
        }
        Builtin::InertMethod if argc <= 1 => inert_call(operands, argc as usize + 1),
        Builtin::Inert
        | Builtin::Min
        | Builtin::Max
        | Builtin::Len
        | Builtin::Int
        | Builtin::Float
        | Builtin::Abs
        | Builtin::Range
            if (1..=2).contains(&argc) =>
        {
            let all_numbers = (0..argc as usize).all(|from_top| operands.is_number(from_top));
            let is_inert = matches!(step.builtin, Some(Builtin::Inert | Builtin::Range));
            if all_numbers && !is_inert {
                return None;
            }
            let simple_len = step.builtin == Some(Builtin::Len)
                && matches!(
                    operands.kind(0),
                    Kind::List | Kind::Tuple | Kind::Str | Kind::Dict
                );
            (!simple_len).then(|| inert_call(operands, argc as usize))?
        }
        _ => None,
    }
}

/// The call of a builtin that gets so many inert objects, one or two, a method's own included.
fn inert_call(operands: &Operands<'_>, count: usize) -> Option<Native> {
    let mut classes = [0; 3];
    for (from_top, class) in classes.iter_mut().enumerate().take(count) {
        *class = operands.inert(from_top)?;
    }
    let helper = match count {
        1 => Helper::call_1,
        _ => Helper::call_2,
    };
    kept(helper, classes)
}

fn operator(op: BinaryOperator) -> Option<Helper> {
    use BinaryOperator as B;
    Some(match op {
        B::Add | B::InplaceAdd => Helper::object_add,
        B::Subtract | B::InplaceSubtract => Helper::object_sub,
        B::Multiply | B::InplaceMultiply => Helper::object_mul,
        B::FloorDivide | B::InplaceFloorDivide => Helper::object_floordiv,
        B::TrueDivide | B::InplaceTrueDivide => Helper::object_truediv,
        B::Remainder | B::InplaceRemainder => Helper::object_mod,
        B::Power | B::InplacePower => Helper::object_pow,
        B::Lshift | B::InplaceLshift => Helper::object_lshift,
        B::Rshift | B::InplaceRshift => Helper::object_rshift,
        B::And | B::InplaceAnd => Helper::object_and,
        B::Or | B::InplaceOr => Helper::object_or,
        B::Xor | B::InplaceXor => Helper::object_xor,
        _ => return None,
    })
}
