//! The helpers of the native table ([`crate::native`]): what builtin types do.
//!
//! Invariants:
//! - N4: no frame is entered in one ([`quietly`]): what would need one refuses. ([`next_item`] asks
//!   iterators that need none.)
//! - N5: nothing is let go in one whose end a program could see: what is replaced is handed to the
//!   trace.
//! - N6: a dictionary that a name of the trace is looked up in is not changed: it may have lent the
//!   trace what is replaced.
//!
//! Worked example: `get_item(ctx, {1: 'a'}, 1.0)` finds `'a'`, with a count for the trace; where the
//! dictionary has a key that is an instance with an `__eq__` of its own, and is asked, it refuses.

use super::{answer, given, host, object, trace};
use crate::activation::Activation;
use crate::build::natives::SLICE_BOUND;
use crate::recognize::quietly;
use crate::record::{address, kind_of};
use crate::trace_meta::{Kind, Source};
use rustpython_vm::builtins::{PyDict, PyList, PySet, PySlice, PyStr, PyTuple};
use rustpython_vm::frame::jit::{advances_at_once, ends_quietly, native_method, range_iterator};
use rustpython_vm::object::Traverse;
use rustpython_vm::protocol::PyIterReturn;
use rustpython_vm::types::PyComparisonOp;
use rustpython_vm::{AsObject, Py, PyObject, PyObjectRef, PyPayload, PyResult, VirtualMachine};

/// Does something that no Python code is needed for, or refuses.
fn natively<T: Default>(
    ctx: *mut Activation,
    work: impl FnOnce(&VirtualMachine) -> PyResult<Option<T>>,
) -> T {
    // SAFETY: compiled code passes its own activation; the host part is not borrowed now.
    let vm = unsafe { host(ctx) }.vm;
    let done = quietly(vm, work);
    answer(ctx, done.ok().flatten())
}

/// The same for something that makes an object.
fn making(
    ctx: *mut Activation,
    work: impl FnOnce(&VirtualMachine) -> PyResult<Option<PyObjectRef>>,
) -> usize {
    natively(ctx, |vm| Ok(work(vm)?.map(given)))
}

/// A dictionary that compiled code passes, and knows to be one.
///
/// # Safety
/// The trace keeps the object alive.
unsafe fn dictionary<'x>(addr: usize) -> Option<&'x Py<PyDict>> {
    // SAFETY: by the caller.
    unsafe { object(addr) }.downcast_ref()
}

fn has(container: &PyObject, item: &PyObject, vm: &VirtualMachine) -> PyResult<Option<i64>> {
    let found = match (
        container.downcast_ref::<PyDict>(),
        container.downcast_ref::<PySet>(),
    ) {
        (Some(dict), _) => dict.inner_getitem_opt(item, vm)?.is_some(),
        (_, Some(set)) => set.contains(item, vm)?,
        _ => vm._contains(container, item)?,
    };
    Ok(Some(found.into()))
}

pub(super) extern "C" fn has_item(ctx: *mut Activation, container: usize, item: usize) -> i64 {
    // SAFETY: the trace keeps both alive.
    let (container, item) = unsafe { (object(container), object(item)) };
    natively(ctx, |vm| has(container, item, vm))
}

pub(super) extern "C" fn has_int_item(ctx: *mut Activation, container: usize, item: i64) -> i64 {
    // SAFETY: the trace keeps it alive.
    let container = unsafe { object(container) };
    natively(ctx, |vm| {
        has(container, vm.ctx.new_int(item).as_object(), vm)
    })
}

fn get(container: &PyObject, key: &PyObject, vm: &VirtualMachine) -> PyResult<Option<PyObjectRef>> {
    match container.downcast_ref::<PyDict>() {
        Some(dict) => dict.inner_getitem_opt(key, vm),
        None => container.get_item(key, vm).map(Some),
    }
}

pub(super) extern "C" fn get_item(ctx: *mut Activation, container: usize, key: usize) -> usize {
    // SAFETY: the trace keeps both alive.
    let (container, key) = unsafe { (object(container), object(key)) };
    making(ctx, |vm| get(container, key, vm))
}

pub(super) extern "C" fn get_int_item(ctx: *mut Activation, container: usize, key: i64) -> usize {
    // SAFETY: the trace keeps it alive.
    let container = unsafe { object(container) };
    making(ctx, |vm| {
        get(container, vm.ctx.new_int(key).as_object(), vm)
    })
}

/// Whether a dictionary may be changed (N6).
fn may_change(ctx: *mut Activation, dict: usize) -> bool {
    // SAFETY: compiled code passes its own activation.
    let trace = unsafe { trace(ctx) };
    !trace.meta.names.iter().any(|row| match &row.source {
        Source::Dictionaries(dicts) => dicts.contains(&dict),
        _ => false,
    })
}

/// Puts something into a dictionary; what was there before comes back, or `None`.
fn set(ctx: *mut Activation, dict: usize, key: &PyObject, value: &PyObject) -> usize {
    let allowed = may_change(ctx, dict);
    // SAFETY: the trace keeps the dictionary alive; the host part is not borrowed now.
    let (dict, host) = unsafe { (dictionary(dict), host(ctx)) };
    // What function traces rely on may have been in there.
    host.checked = 0;
    making(ctx, |vm| {
        let Some(dict) = dict.filter(|_| allowed) else {
            return Ok(None);
        };
        let old = dict.inner_getitem_opt(key, vm)?.map(|old| address(&old));
        // SAFETY: the dictionary has it.
        let old = old.map(|old| unsafe { object(old) });
        if old.is_some_and(|old| !ends_quietly(old, vm)) {
            return Ok(None);
        }
        let old = old.map(ToOwned::to_owned);
        dict.inner_setitem(key, value.to_owned(), vm)?;
        Ok(Some(old.unwrap_or_else(|| vm.ctx.none())))
    })
}

pub(super) extern "C" fn set_item(
    ctx: *mut Activation,
    dict: usize,
    key: usize,
    value: usize,
) -> usize {
    // SAFETY: the trace keeps both alive.
    let (key, value) = unsafe { (object(key), object(value)) };
    set(ctx, dict, key, value)
}

pub(super) extern "C" fn set_int_item(
    ctx: *mut Activation,
    dict: usize,
    key: i64,
    value: usize,
) -> usize {
    // SAFETY: the trace keeps both alive; the host part is not borrowed now.
    let (value, owner, vm) = unsafe { (object(value), dictionary(dict), host(ctx).vm) };
    let key = vm.ctx.new_int(key);
    // A new key would have to be the object that the program has.
    let known = quietly(vm, |vm| {
        owner.is_some_and(|dict| matches!(dict.inner_getitem_opt(key.as_object(), vm), Ok(Some(_))))
    });
    match known {
        true => set(ctx, dict, key.as_object(), value),
        false => answer(ctx, None),
    }
}

/// From where to where a slice without a step goes.
fn bounds(start: i64, stop: i64, len: usize) -> (usize, usize) {
    let clamp = |bound: i64| {
        let bound = if bound < 0 {
            bound.saturating_add(len as i64).max(0)
        } else {
            bound
        };
        usize::try_from(bound).unwrap_or(usize::MAX).min(len)
    };
    let (start, stop) = (clamp(start), clamp(stop));
    (start, stop.max(start))
}

pub(super) extern "C" fn get_slice(
    ctx: *mut Activation,
    container: usize,
    start: i64,
    stop: i64,
) -> usize {
    // SAFETY: the trace keeps it alive.
    let container = unsafe { object(container) };
    making(ctx, |vm| {
        if let Some(list) = container.downcast_ref::<PyList>() {
            let elements = list.borrow_vec();
            let (start, stop) = bounds(start, stop, elements.len());
            let part = elements[start..stop].to_vec();
            return Ok(Some(vm.ctx.new_list(part).into()));
        }
        let slice = PySlice {
            start: Some(vm.ctx.new_int(start).into()),
            stop: vm.ctx.new_int(stop).into(),
            step: None,
        };
        let slice: PyObjectRef = slice.into_ref(&vm.ctx).into();
        container.get_item(&*slice, vm).map(Some)
    })
}

pub(super) extern "C" fn get_iter(ctx: *mut Activation, container: usize) -> usize {
    // SAFETY: the trace keeps it alive.
    let container = unsafe { object(container) };
    making(ctx, |vm| Ok(Some(container.get_iter(vm)?.into())))
}

pub(super) extern "C" fn range_iter(
    ctx: *mut Activation,
    _: usize,
    start: i64,
    stop: i64,
) -> usize {
    making(ctx, |vm| {
        Ok(range_iterator(start as isize, stop as isize, 1, vm))
    })
}

pub(super) extern "C" fn next_item(ctx: *mut Activation, iterator: usize) -> usize {
    // SAFETY: the trace keeps it alive.
    let iterator = unsafe { object(iterator) };
    // SAFETY: the host part is not borrowed now.
    let vm = unsafe { host(ctx) }.vm;
    let next = iterator.class().slots().iternext.load();
    let Some(next) = next.filter(|_| advances_at_once(iterator, vm)) else {
        return answer(ctx, None);
    };
    // At its end it lets go what it goes through: that ends when the trace has left. (Sets and
    // dictionaries do not show that they have it. They let it go themselves; nothing is lost, as
    // frames can be entered, and the trace is left at once.)
    let mut held = Vec::new();
    alone(iterator, &mut held);
    let item = match next(iterator, vm) {
        Ok(PyIterReturn::Return(item)) => Some(given(item)),
        Ok(PyIterReturn::StopIteration(_)) | Err(_) => None,
    };
    for object in held {
        // SAFETY: the host part is not borrowed now.
        unsafe { host(ctx) }.release(object);
    }
    answer(ctx, item)
}

/// What an iterator alone refers to, and what an iterator that it goes through does.
fn alone(iterator: &PyObject, held: &mut Vec<PyObjectRef>) {
    iterator.traverse(&mut |child: &PyObject| {
        let is_iterator = child.class().slots().iternext.load().is_some();
        match child.strong_count() == 1 {
            true if is_iterator => alone(child, held),
            true => held.push(child.to_owned()),
            false => {}
        }
    });
}

macro_rules! comparisons {
    ($($name:ident, $op:ident;)*) => {$(
        pub(super) extern "C" fn $name(ctx: *mut Activation, a: usize, b: usize) -> i64 {
            // SAFETY: the trace keeps both alive.
            let (a, b) = unsafe { (object(a), object(b)) };
            natively(ctx, |vm| {
                let result = a.to_owned().rich_compare(b.to_owned(), PyComparisonOp::$op, vm)?;
                Ok(Some(result.try_to_bool(vm)?.into()))
            })
        }
    )*};
}

comparisons! {
    object_lt, Lt;
    object_le, Le;
    object_eq, Eq;
    object_ne, Ne;
    object_gt, Gt;
    object_ge, Ge;
}

macro_rules! operators {
    ($($name:ident, $method:ident;)*) => {$(
        pub(super) extern "C" fn $name(ctx: *mut Activation, a: usize, b: usize) -> usize {
            // SAFETY: the trace keeps both alive.
            let (a, b) = unsafe { (object(a), object(b)) };
            making(ctx, |vm| vm.$method(a, b).map(Some))
        }
    )*};
}

operators! {
    object_add, _add;
    object_sub, _sub;
    object_mul, _mul;
    object_floordiv, _floordiv;
    object_truediv, _truediv;
    object_mod, _mod;
    object_lshift, _lshift;
    object_rshift, _rshift;
    object_and, _and;
    object_or, _or;
    object_xor, _xor;
}

pub(super) extern "C" fn object_pow(ctx: *mut Activation, a: usize, b: usize) -> usize {
    // SAFETY: the trace keeps both alive.
    let (a, b) = unsafe { (object(a), object(b)) };
    making(ctx, |vm| vm._pow(a, b, &vm.ctx.none()).map(Some))
}

pub(super) extern "C" fn format_simple(ctx: *mut Activation, value: usize) -> usize {
    // SAFETY: the trace keeps it alive.
    let value = unsafe { object(value) };
    making(ctx, |vm| {
        let formatted = vm.format(value, vm.ctx.new_str(""))?;
        Ok(Some(formatted.into()))
    })
}

pub(super) extern "C" fn format_with(ctx: *mut Activation, value: usize, spec: usize) -> usize {
    // SAFETY: the trace keeps both alive.
    let (value, spec) = unsafe { (object(value), object(spec)) };
    making(ctx, |vm| {
        let Ok(spec) = spec.to_owned().downcast::<PyStr>() else {
            return Ok(None);
        };
        Ok(Some(vm.format(value, spec)?.into()))
    })
}

pub(super) extern "C" fn set_add(ctx: *mut Activation, set: usize, item: usize) -> usize {
    // SAFETY: the trace keeps both alive.
    let (set, item) = unsafe { (object(set), object(item)) };
    making(ctx, |vm| {
        let Some(set) = set.downcast_ref::<PySet>() else {
            return Ok(None);
        };
        set.add(item.to_owned(), vm)?;
        Ok(Some(vm.ctx.none()))
    })
}

/// What a dictionary has for a key, else a default, `None` if there is none.
fn find(ctx: *mut Activation, dict: usize, key: &PyObject, default: Option<usize>) -> usize {
    // SAFETY: the trace keeps both alive.
    let (dict, default) = unsafe { (dictionary(dict), default.map(|default| object(default))) };
    making(ctx, |vm| {
        let Some(dict) = dict else { return Ok(None) };
        let found = dict.inner_getitem_opt(key, vm)?;
        let absent = || default.map_or_else(|| vm.ctx.none(), ToOwned::to_owned);
        Ok(Some(found.unwrap_or_else(absent)))
    })
}

/// An int for a key.
fn int_key(ctx: *mut Activation, key: i64) -> PyObjectRef {
    // SAFETY: compiled code passes its own activation; the host part is not borrowed now.
    unsafe { host(ctx) }.vm.ctx.new_int(key).into()
}

pub(super) extern "C" fn dict_get(ctx: *mut Activation, dict: usize, key: usize) -> usize {
    // SAFETY: the trace keeps it alive.
    find(ctx, dict, unsafe { object(key) }, None)
}

pub(super) extern "C" fn dict_get_int(ctx: *mut Activation, dict: usize, key: i64) -> usize {
    find(ctx, dict, &int_key(ctx, key), None)
}

pub(super) extern "C" fn dict_get_or(
    ctx: *mut Activation,
    dict: usize,
    key: usize,
    default: usize,
) -> usize {
    // SAFETY: the trace keeps it alive.
    find(ctx, dict, unsafe { object(key) }, Some(default))
}

pub(super) extern "C" fn dict_get_int_or(
    ctx: *mut Activation,
    dict: usize,
    key: i64,
    default: usize,
) -> usize {
    find(ctx, dict, &int_key(ctx, key), Some(default))
}

pub(super) extern "C" fn dict_setdefault(
    ctx: *mut Activation,
    dict: usize,
    key: usize,
    default: usize,
) -> usize {
    let allowed = may_change(ctx, dict);
    // SAFETY: the trace keeps all alive; the host part is not borrowed now.
    let (dict, key, default) = unsafe { (dictionary(dict), object(key), object(default)) };
    // SAFETY: as above.
    unsafe { host(ctx) }.checked = 0;
    making(ctx, |vm| {
        let Some(dict) = dict.filter(|_| allowed) else {
            return Ok(None);
        };
        let found = dict.inner_getitem_opt(key, vm)?;
        if found.is_none() {
            dict.inner_setitem(key, default.to_owned(), vm)?;
        }
        Ok(Some(found.unwrap_or_else(|| default.to_owned())))
    })
}

pub(super) extern "C" fn list_extend(ctx: *mut Activation, list: usize, other: usize) -> usize {
    // SAFETY: the trace keeps both alive.
    let (list, other) = unsafe { (object(list), object(other)) };
    making(ctx, |vm| {
        let added = match other.downcast_ref::<PyList>() {
            Some(other) => other.borrow_vec().to_vec(),
            None => match other.downcast_ref::<PyTuple>() {
                Some(other) => other.as_slice().to_vec(),
                None => return Ok(None),
            },
        };
        let Some(list) = list.downcast_ref::<PyList>() else {
            return Ok(None);
        };
        list.borrow_vec_mut().extend(added);
        Ok(Some(vm.ctx.none()))
    })
}

pub(super) extern "C" fn list_insert(
    ctx: *mut Activation,
    list: usize,
    index: i64,
    item: usize,
) -> usize {
    // SAFETY: the trace keeps both alive.
    let (list, item) = unsafe { (object(list), object(item)) };
    making(ctx, |vm| {
        let Some(list) = list.downcast_ref::<PyList>() else {
            return Ok(None);
        };
        let mut elements = list.borrow_vec_mut();
        let (at, _) = bounds(index, i64::MAX, elements.len());
        elements.insert(at, item.to_owned());
        Ok(Some(vm.ctx.none()))
    })
}

pub(super) extern "C" fn list_pop_at(ctx: *mut Activation, list: usize, index: i64) -> usize {
    // SAFETY: the trace keeps it alive.
    let list = unsafe { object(list) };
    making(ctx, |_| {
        let Some(list) = list.downcast_ref::<PyList>() else {
            return Ok(None);
        };
        let mut elements = list.borrow_vec_mut();
        let index = if index < 0 {
            index.saturating_add(elements.len() as i64)
        } else {
            index
        };
        let index = usize::try_from(index)
            .ok()
            .filter(|at| *at < elements.len());
        Ok(index.map(|index| elements.remove(index)))
    })
}

/// Whether an object stays, or ends without running code, when so many of its references go at once.
fn quiet(object: &PyObject, gone: usize, vm: &VirtualMachine) -> bool {
    object.strong_count() > gone || kind_of(object, vm).drops_trivially()
}

pub(super) extern "C" fn list_remove(ctx: *mut Activation, list: usize, item: usize) -> usize {
    // SAFETY: the trace keeps both alive.
    let (list, item) = unsafe { (object(list), object(item)) };
    making(ctx, |vm| {
        let Some(list) = list.downcast_ref::<PyList>() else {
            return Ok(None);
        };
        let mut at = 0;
        loop {
            // (The list's lock is not held while two objects are compared.)
            let Some(element) = list.borrow_vec().get(at).cloned() else {
                return Ok(None);
            };
            if vm.identical_or_equal(&element, item)? {
                break;
            }
            at += 1;
        }
        let mut elements = list.borrow_vec_mut();
        // (The operand, which may be the same object, goes as well.)
        let goes = elements
            .get(at)
            .is_some_and(|element| quiet(element, 2, vm));
        Ok(goes.then(|| elements.remove(at)))
    })
}

pub(super) extern "C" fn list_reverse(ctx: *mut Activation, list: usize) -> usize {
    // SAFETY: the trace keeps it alive.
    let list = unsafe { object(list) };
    making(ctx, |vm| {
        let Some(list) = list.downcast_ref::<PyList>() else {
            return Ok(None);
        };
        list.borrow_vec_mut().reverse();
        Ok(Some(vm.ctx.none()))
    })
}

pub(super) extern "C" fn list_sort(ctx: *mut Activation, list: usize) -> usize {
    // SAFETY: the trace keeps it alive.
    let list = unsafe { object(list) };
    making(ctx, |vm| {
        // (A class of a program's own may have another `sort`.)
        let exact = list.downcast_ref::<PyList>().filter(|_| is_exact(list, vm));
        let sorts = exact.is_some_and(|list| {
            let elements = list.borrow_vec();
            let all = |fits: fn(Kind) -> bool| elements.iter().all(|e| fits(kind_of(e, vm)));
            let is_number =
                |kind| matches!(kind, Kind::Int | Kind::Float | Kind::Bool | Kind::BigInt);
            all(is_number) || all(|kind| kind == Kind::Str)
        });
        if !sorts {
            return Ok(None);
        }
        vm.call_method(list, "sort", ()).map(Some)
    })
}

pub(super) extern "C" fn list_clear(ctx: *mut Activation, list: usize) -> usize {
    // SAFETY: the trace keeps it alive.
    let list = unsafe { object(list) };
    making(ctx, |vm| {
        let Some(list) = list.downcast_ref::<PyList>() else {
            return Ok(None);
        };
        let mut elements = list.borrow_vec_mut();
        let count = elements.len();
        if !elements.iter().all(|element| quiet(element, count, vm)) {
            return Ok(None);
        }
        let gone = std::mem::take(&mut *elements);
        Ok(Some(vm.ctx.new_list(gone).into()))
    })
}

fn slice_of(start: usize, stop: usize, step: Option<usize>, vm: &VirtualMachine) -> PyObjectRef {
    // SAFETY: the trace keeps all alive.
    let (start, stop) = unsafe { (object(start), object(stop)) };
    // SAFETY: likewise.
    let step = step.map(|step| unsafe { object(step) }.to_owned());
    let slice = PySlice {
        start: Some(start.to_owned()),
        stop: stop.to_owned(),
        step,
    };
    slice.into_ref(&vm.ctx).into()
}

pub(super) extern "C" fn new_slice(ctx: *mut Activation, start: usize, stop: usize) -> usize {
    making(ctx, |vm| Ok(Some(slice_of(start, stop, None, vm))))
}

pub(super) extern "C" fn new_slice_by(
    ctx: *mut Activation,
    start: usize,
    stop: usize,
    step: usize,
) -> usize {
    making(ctx, |vm| Ok(Some(slice_of(start, stop, Some(step), vm))))
}

pub(super) extern "C" fn set_slice(
    ctx: *mut Activation,
    list: usize,
    both: i64,
    value: usize,
) -> usize {
    // SAFETY: the trace keeps both alive.
    let (list, value) = unsafe { (object(list), object(value)) };
    // As the builder has put them together: the sum of the last and of the first, scaled.
    let scale = 2 * SLICE_BOUND as i64;
    let stop = (both + scale / 2).rem_euclid(scale) - scale / 2;
    let start = (both - stop) / scale;
    making(ctx, |vm| {
        let new = match (
            value.downcast_ref::<PyList>(),
            value.downcast_ref::<PyTuple>(),
        ) {
            (Some(value), _) if is_exact(value.as_object(), vm) => value.borrow_vec().to_vec(),
            (_, Some(value)) if is_exact(value.as_object(), vm) => value.as_slice().to_vec(),
            _ => return Ok(None),
        };
        let Some(list) = list.downcast_ref::<PyList>() else {
            return Ok(None);
        };
        let mut elements = list.borrow_vec_mut();
        if elements.len() >= SLICE_BOUND as usize {
            return Ok(None);
        }
        let (start, stop) = bounds(start, stop, elements.len());
        let mut old = elements[start..stop].iter();
        if !old.all(|element| quiet(element, stop - start, vm)) {
            return Ok(None);
        }
        let old = elements.splice(start..stop, new).collect();
        Ok(Some(vm.ctx.new_list(old).into()))
    })
}

/// Whether an object is a list or a tuple, and of no class of a program's own.
fn is_exact(object: &PyObject, vm: &VirtualMachine) -> bool {
    matches!(kind_of(object, vm), Kind::List | Kind::Tuple)
}

pub(super) extern "C" fn is_method(ctx: *mut Activation, method: usize, which: i64) -> i64 {
    // SAFETY: the trace keeps it alive.
    let found = native_method(unsafe { object(method) });
    let is_it = matches!(found, Some((found, Some(_))) if found as i64 == which);
    answer(ctx, is_it.then_some(1))
}

pub(super) extern "C" fn bound_to(ctx: *mut Activation, method: usize) -> usize {
    // SAFETY: the trace keeps it alive.
    let found = native_method(unsafe { object(method) });
    answer(ctx, found.and_then(|(_, to)| to.map(address)))
}

pub(super) extern "C" fn call_1(ctx: *mut Activation, callee: usize, a: usize) -> usize {
    // SAFETY: the trace keeps all alive.
    let (callee, a) = unsafe { (object(callee), object(a)) };
    making(ctx, |vm| callee.call((a.to_owned(),), vm).map(Some))
}

pub(super) extern "C" fn call_2(ctx: *mut Activation, callee: usize, a: usize, b: usize) -> usize {
    // SAFETY: the trace keeps all alive.
    let (callee, a, b) = unsafe { (object(callee), object(a), object(b)) };
    making(ctx, |vm| {
        callee.call((a.to_owned(), b.to_owned()), vm).map(Some)
    })
}
