//! The builtin functions, classes and methods that traces know, by address.
//!
//! Invariant: one that a program has put in the place of another is not mistaken for it: what is
//! known is the object, and the functions of a module only if they say that they are of that module
//! and have that name.
//!
//! Worked example: `len` is learned from the module `builtins` at the first recording; a `CALL` of
//! that very object then has uops, a `CALL` of another function that is called `len` has not.

use crate::compiled::CodeId;
use crate::helper::Helper;
use crate::recognize;
use crate::record::address;
use crate::recording::Builtin;
use rustpython_vm::builtins::{PyDict, PyModule};
use rustpython_vm::frame::jit::native_method;
use rustpython_vm::{AsObject, Py, PyObject, PyObjectRef, VirtualMachine};
use std::collections::{HashMap, HashSet};

/// The functions with uops of their own, by address.
#[derive(Debug, Default)]
pub struct Builtins {
    known: HashMap<usize, (Builtin, PyObjectRef)>,
    /// The `math` module, once it has been seen.
    pub(crate) math: Option<usize>,
    /// Whether the functions of `builtins` are known.
    functions: bool,
    /// The methods of builtin classes among them, by what tells them from others.
    methods: HashMap<usize, usize>,
    /// Python functions that are not to be followed, by code: their loops go round too often.
    pub(crate) long: HashSet<CodeId>,
}

/// The functions of `builtins` that have uops.
const FUNCTIONS: &[(&str, Builtin)] = &[
    ("isinstance", Builtin::IsInstance),
    ("len", Builtin::Len),
    ("abs", Builtin::Abs),
    ("min", Builtin::Min),
    ("max", Builtin::Max),
];

/// The names in `math` that have uops, beside those with a helper of their own.
const MATH: &[(&str, Builtin)] = &[
    ("sqrt", Builtin::Sqrt),
    ("fabs", Builtin::Fabs),
    ("sin", Builtin::Math(Helper::math_sin)),
    ("cos", Builtin::Math(Helper::math_cos)),
    ("tan", Builtin::Math(Helper::math_tan)),
    ("asin", Builtin::Math(Helper::math_asin)),
    ("acos", Builtin::Math(Helper::math_acos)),
    ("atan", Builtin::Math(Helper::math_atan)),
    ("sinh", Builtin::Math(Helper::math_sinh)),
    ("cosh", Builtin::Math(Helper::math_cosh)),
    ("tanh", Builtin::Math(Helper::math_tanh)),
    ("exp", Builtin::Math(Helper::math_exp)),
    ("log", Builtin::Math(Helper::math_log)),
    ("log2", Builtin::Math(Helper::math_log2)),
    ("log10", Builtin::Math(Helper::math_log10)),
    ("atan2", Builtin::Math(Helper::math_atan2)),
    ("pow", Builtin::Math(Helper::math_pow)),
    ("fmod", Builtin::Math(Helper::math_fmod)),
    ("hypot", Builtin::Math(Helper::math_hypot)),
    ("floor", Builtin::Math(Helper::math_floor)),
    ("ceil", Builtin::Math(Helper::math_ceil)),
];

impl Builtins {
    /// Notes the classes of a virtual machine, and methods of theirs. (Its functions are not
    /// there yet when it starts.)
    #[must_use]
    pub fn new(vm: &VirtualMachine) -> Self {
        let mut this = Self::default();
        let list = vm.ctx.types.list_type;
        for (name, builtin) in [("append", Builtin::ListAppend), ("pop", Builtin::ListPop)] {
            if let Some(object) = list.get_attr(vm.ctx.intern_str(name)) {
                this.add(object, builtin);
            }
        }
        this.learn_methods(vm);
        this.add(vm.ctx.types.range_type.to_owned().into(), Builtin::Range);
        let exceptions = &vm.ctx.exceptions;
        for class in [
            exceptions.exception_type,
            exceptions.arithmetic_error,
            exceptions.zero_division_error,
            exceptions.overflow_error,
            exceptions.lookup_error,
            exceptions.index_error,
            exceptions.key_error,
            exceptions.value_error,
            exceptions.type_error,
            exceptions.assertion_error,
            exceptions.runtime_error,
            exceptions.not_implemented_error,
            exceptions.recursion_error,
        ] {
            this.add(class.to_owned().into(), Builtin::Exception);
        }
        this.add(vm.ctx.types.int_type.to_owned().into(), Builtin::Int);
        this.add(vm.ctx.types.float_type.to_owned().into(), Builtin::Float);
        this
    }

    /// Notes the methods of builtin classes that are natives.
    fn learn_methods(&mut self, vm: &VirtualMachine) {
        let method =
            |class: recognize::Class, name: &str| class.of(vm).get_attr(vm.ctx.intern_str(name));
        for (class, name, argc, helper) in recognize::METHODS {
            let Some(object) = method(*class, name) else {
                continue;
            };
            let rows = match self.get(address(&object)) {
                Some(Builtin::Native([first, _])) => [first, Some((*argc, *helper))],
                _ => [Some((*argc, *helper)), None],
            };
            self.add(object, Builtin::Native(rows));
        }
        for (class, names) in recognize::INERT_METHODS {
            for name in *names {
                if let Some(object) = method(*class, name) {
                    self.add(object, Builtin::InertMethod);
                }
            }
        }
        for class in recognize::inert_classes(vm) {
            self.add(class.to_owned().into(), Builtin::Inert);
        }
    }

    /// A builtin method that is bound to something: which method that is, and to what.
    pub(crate) fn bound<'o>(&self, object: &'o PyObject) -> Option<(usize, usize, &'o PyObject)> {
        let (which, to) = native_method(object)?;
        Some((which, *self.methods.get(&which)?, to?))
    }

    fn add(&mut self, object: PyObjectRef, builtin: Builtin) {
        if let Some((which, None)) = native_method(&object) {
            self.methods.insert(which, address(&object));
        }
        self.known.insert(address(&object), (builtin, object));
    }

    /// Takes what another thread's recording has learned.
    pub fn merge(&mut self, other: Self) {
        self.known.extend(other.known);
        self.methods.extend(other.methods);
        self.math = self.math.or(other.math);
        self.functions |= other.functions;
        self.long.extend(other.long);
    }

    /// The builtin at an address.
    pub(crate) fn get(&self, addr: usize) -> Option<Builtin> {
        self.known.get(&addr).map(|(builtin, _)| *builtin)
    }

    /// Learns the functions of `math` when a program first uses the module. They are
    /// recognized by being builtin functions of that module with their own name, so one
    /// that the program put there is not mistaken for them.
    pub(crate) fn learn_math(&mut self, module: &Py<PyModule>, vm: &VirtualMachine) {
        if self.math.is_some() {
            return;
        }
        let dict = module.dict();
        let is_math = dict
            .get_item_opt("__name__", vm)
            .ok()
            .flatten()
            .is_some_and(|name| {
                name.downcast_ref::<rustpython_vm::builtins::PyStr>()
                    .is_some_and(|s| s.as_wtf8() == "math")
            });
        if !is_math {
            return;
        }
        self.math = Some(address(module.as_object()));
        self.learn("math", &dict, MATH, vm);
    }

    /// Learns the functions of `builtins`, likewise.
    pub(crate) fn learn_functions(&mut self, vm: &VirtualMachine) {
        if !self.functions {
            self.functions = true;
            let dict = vm.builtins.dict();
            self.learn("builtins", &dict, FUNCTIONS, vm);
            let inert = recognize::INERT_FUNCTIONS
                .iter()
                .map(|name| (*name, Builtin::Inert));
            self.learn("builtins", &dict, &inert.collect::<Vec<_>>(), vm);
        }
    }

    fn learn(
        &mut self,
        module: &str,
        dict: &Py<PyDict>,
        functions: &[(&str, Builtin)],
        vm: &VirtualMachine,
    ) {
        for (name, builtin) in functions {
            let Ok(Some(object)) = dict.get_item_opt(*name, vm) else {
                continue;
            };
            let is_native = object
                .class()
                .is(vm.ctx.types.builtin_function_or_method_type);
            let named = |attr: &str, value: &str| {
                object
                    .get_attr(vm.ctx.intern_str(attr), vm)
                    .ok()
                    .and_then(|v| v.downcast::<rustpython_vm::builtins::PyStr>().ok())
                    .is_some_and(|s| s.as_wtf8() == value)
            };
            if is_native && named("__name__", name) && named("__module__", module) {
                self.add(object, *builtin);
            }
        }
    }
}
