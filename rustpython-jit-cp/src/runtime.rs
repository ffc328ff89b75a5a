//! The helpers that compiled code calls, and the state that they share with the entry.
//!
//! Invariants:
//! - H1: every helper is `extern "C"` and never unwinds into compiled code.
//! - H2: a helper that refuses has changed nothing but `status`. One that may refuse says each
//!   time whether it did ([`answer`]): a refusal may lead to a side path, which calls others.
//! - H3: between a helper's return and the next uop the frame may be untrue; helpers therefore run
//!   no Python code, except [`residual`], which makes the frame true first. An object
//!   whose last reference goes in [`decref`] and whose destructor may run code is kept
//!   until the trace leaves, which it then does at the next poll.
//!
//! Worked example: `list_get_int(ctx, list, -1)` takes the list's lock for reading, finds
//! the last element, and returns its value, or refuses when it is no int that fits.

mod natives;

use crate::activation::Activation;
use crate::build::value::has_one_object;
use crate::callee::{Callee, holds};
use crate::compiled::{Compiled, Growth, Left};
use crate::deopt;
use crate::helper::Helper;
use crate::ir::Uop;
use crate::record::{address, kind_of};
use crate::regalloc::ExitIdx;
use crate::trace_meta::{Kind, Template};
use num_traits::ToPrimitive;
use rustpython_vm::builtins::{
    PyCode, PyDict, PyFloat, PyFunction, PyInt, PyList, PySet, PyStr, PyTuple,
};
use rustpython_vm::common::float_ops;
use rustpython_vm::frame::jit::{
    JitFrame, JitOutcome, JitStack, JitStep, JitSuspended, PollAddresses, ends_quietly, keys_stamp,
    layout, list_iterator_is_done, new_instance, range_iterator, replace_slot, set_int,
    threads_started,
};
use rustpython_vm::{AsObject, Py, PyObject, PyObjectRef, PyPayload, VirtualMachine};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};

/// What an entry into compiled code keeps beside the activation.
pub struct Host<'e, 'a, 'b> {
    /// The frame.
    pub frame: &'e mut JitFrame<'a, 'b>,
    /// The thread's virtual machine.
    pub vm: &'e VirtualMachine,
    /// Who is told of exits inside calls.
    pub growth: &'e dyn Growth,
    /// The trace.
    pub trace: &'e Compiled,
    /// What a residual run that left came to.
    pub outcome: Option<JitOutcome>,
    /// Objects to release when the trace has left (H3).
    pub late: Vec<PyObjectRef>,
    /// The root's activation.
    pub activation: *mut Activation,
    /// The callee that everything holds for, by address, since anything but traces ran.
    pub checked: usize,
}

/// What `poll_stop` points at when the trace has to leave at the next poll.
static LEAVE: [u8; 1] = [1];

/// The host part of an activation.
///
/// # Safety
/// `ctx` is the activation of a running trace, and no other reference to its host part
/// is alive.
unsafe fn host<'x>(ctx: *mut Activation) -> &'x mut Host<'x, 'x, 'x> {
    // SAFETY: the entry stores a pointer to the `Host` that lives as long as the activation;
    // the lifetimes are those of the entry's frame, which encloses this call.
    unsafe { &mut *(*(*ctx).root).host.cast::<Host<'x, 'x, 'x>>() }
}

/// The trace that an activation runs.
///
/// # Safety
/// As for [`host`].
unsafe fn trace<'x>(ctx: *mut Activation) -> &'x Compiled {
    // SAFETY: a callee's activation names its callee, which names the trace while that runs.
    unsafe {
        match (*ctx).callee.cast::<Callee>().as_ref() {
            Some(callee) => callee.running(),
            None => host(ctx).trace,
        }
    }
}

/// What a helper that may refuse returns; it refuses where there is no value (H2).
fn answer<T: Default>(ctx: *mut Activation, value: Option<T>) -> T {
    // SAFETY: compiled code passes its own activation.
    unsafe { (*ctx).status = u64::from(value.is_none()) };
    value.unwrap_or_default()
}

/// An object that compiled code passes.
///
/// # Safety
/// `addr` is an object that the caller keeps alive.
unsafe fn object<'x>(addr: usize) -> &'x PyObject {
    // SAFETY: by the caller.
    unsafe { &*(addr as *const PyObject) }
}

/// The address of the function behind a row of the helper table.
#[must_use]
pub fn resolve(helper: Helper) -> usize {
    use Helper as H;
    macro_rules! address {
        ($f:expr) => {
            $f as *const () as usize
        };
    }
    match helper {
        H::unbox_int => address!(unbox_int),
        H::set_local => address!(set_local),
        H::swap_local => address!(swap_local),
        H::give_local => address!(give_local),
        H::clear_local => address!(clear_local),
        H::push_range => address!(push_range),
        H::load_name => address!(load_name),
        H::set_name => address!(set_name),
        H::new_object => address!(new_object),
        H::box_int => address!(box_int),
        H::box_float => address!(box_float),
        H::box_bool => address!(box_bool),
        H::incref => address!(incref),
        H::decref => address!(decref),
        H::residual => address!(residual),
        H::check_callee => address!(check_callee),
        H::call_trace => address!(call_trace),
        H::pow_int => address!(pow_int),
        H::pow_float => address!(pow_float),
        H::mod_float => address!(mod_float),
        H::floordiv_float => address!(floordiv_float),
        H::truediv_int => address!(truediv_int),
        H::math_sin => address!(math_sin),
        H::math_cos => address!(math_cos),
        H::math_tan => address!(math_tan),
        H::math_asin => address!(math_asin),
        H::math_acos => address!(math_acos),
        H::math_atan => address!(math_atan),
        H::math_sinh => address!(math_sinh),
        H::math_cosh => address!(math_cosh),
        H::math_tanh => address!(math_tanh),
        H::math_exp => address!(math_exp),
        H::math_log => address!(math_log),
        H::math_log2 => address!(math_log2),
        H::math_log10 => address!(math_log10),
        H::math_atan2 => address!(math_atan2),
        H::math_pow => address!(math_pow),
        H::math_fmod => address!(math_fmod),
        H::math_hypot => address!(math_hypot),
        H::math_floor => address!(math_floor),
        H::math_ceil => address!(math_ceil),
        H::list_len => address!(list_len),
        H::tuple_len => address!(tuple_len),
        H::str_len => address!(str_len),
        H::dict_len => address!(dict_len),
        H::list_get_int => address!(list_get_int),
        H::list_has_int => address!(list_has_int),
        H::tuple_has_int => address!(tuple_has_int),
        H::list_get_bool => address!(list_get_bool),
        H::list_get_float => address!(list_get_float),
        H::list_get_ref => address!(list_get_ref),
        H::tuple_get_int => address!(tuple_get_int),
        H::tuple_get_bool => address!(tuple_get_bool),
        H::tuple_get_float => address!(tuple_get_float),
        H::tuple_get_ref => address!(tuple_get_ref),
        H::array_get_int => address!(array_get_int),
        H::array_get_float => address!(array_get_float),
        H::array_set_int => address!(array_set_int),
        H::array_set_float => address!(array_set_float),
        H::list_set_int => address!(list_set_int),
        H::list_set_bool => address!(list_set_bool),
        H::list_set_float => address!(list_set_float),
        H::list_set_ref => address!(list_set_ref),
        H::list_pop => address!(list_pop),
        H::list_iter_end => address!(list_iter_end),
        H::ends_quietly => address!(quiet_end),
        H::generator_slots => address!(generator_slots),
        H::keys_stamp => address!(stamp_of_keys),
        H::attr_set_int => address!(attr_set_int),
        H::attr_set_bool => address!(attr_set_bool),
        H::attr_set_float => address!(attr_set_float),
        H::attr_set_ref => address!(attr_set_ref),
        H::elem_set_int => address!(attr_set_int),
        H::elem_set_bool => address!(attr_set_bool),
        H::elem_set_float => address!(attr_set_float),
        H::elem_set_ref => address!(attr_set_ref),
        H::list_append_int => address!(list_append_int),
        H::list_append_bool => address!(list_append_bool),
        H::list_append_float => address!(list_append_float),
        H::list_append_ref => address!(list_append_ref),
        H::slot_set_int => address!(slot_set_int),
        H::slot_set_bool => address!(slot_set_bool),
        H::slot_set_float => address!(slot_set_float),
        H::give_stack => address!(give_stack),
        H::slot_set_ref => address!(slot_set_ref),
        H::has_item => address!(natives::has_item),
        H::has_int_item => address!(natives::has_int_item),
        H::get_item => address!(natives::get_item),
        H::get_int_item => address!(natives::get_int_item),
        H::set_item => address!(natives::set_item),
        H::set_int_item => address!(natives::set_int_item),
        H::get_slice => address!(natives::get_slice),
        H::get_iter => address!(natives::get_iter),
        H::range_iter => address!(natives::range_iter),
        H::next_item => address!(natives::next_item),
        H::object_lt => address!(natives::object_lt),
        H::object_le => address!(natives::object_le),
        H::object_eq => address!(natives::object_eq),
        H::object_ne => address!(natives::object_ne),
        H::object_gt => address!(natives::object_gt),
        H::object_ge => address!(natives::object_ge),
        H::object_add => address!(natives::object_add),
        H::object_sub => address!(natives::object_sub),
        H::object_mul => address!(natives::object_mul),
        H::object_floordiv => address!(natives::object_floordiv),
        H::object_truediv => address!(natives::object_truediv),
        H::object_mod => address!(natives::object_mod),
        H::object_pow => address!(natives::object_pow),
        H::object_lshift => address!(natives::object_lshift),
        H::object_rshift => address!(natives::object_rshift),
        H::object_and => address!(natives::object_and),
        H::object_or => address!(natives::object_or),
        H::object_xor => address!(natives::object_xor),
        H::format_simple => address!(natives::format_simple),
        H::format_with => address!(natives::format_with),
        H::set_add => address!(natives::set_add),
        H::dict_get => address!(natives::dict_get),
        H::dict_get_int => address!(natives::dict_get_int),
        H::dict_get_int_or => address!(natives::dict_get_int_or),
        H::dict_get_or => address!(natives::dict_get_or),
        H::dict_setdefault => address!(natives::dict_setdefault),
        H::list_extend => address!(natives::list_extend),
        H::list_insert => address!(natives::list_insert),
        H::list_pop_at => address!(natives::list_pop_at),
        H::list_remove => address!(natives::list_remove),
        H::list_reverse => address!(natives::list_reverse),
        H::list_sort => address!(natives::list_sort),
        H::list_clear => address!(natives::list_clear),
        H::new_slice => address!(natives::new_slice),
        H::new_slice_by => address!(natives::new_slice_by),
        H::set_slice => address!(natives::set_slice),
        H::is_method => address!(natives::is_method),
        H::bound_to => address!(natives::bound_to),
        H::call_1 => address!(natives::call_1),
        H::call_2 => address!(natives::call_2),
    }
}

extern "C" fn unbox_int(ctx: *mut Activation, addr: usize) -> i64 {
    // SAFETY: the trace has guarded the object's class and keeps it alive.
    answer(ctx, int_value(unsafe { object(addr) }))
}

/// The value of an int or an instance of a subclass, if it fits.
pub fn int_value(object: &PyObject) -> Option<i64> {
    object.downcast_ref::<PyInt>()?.as_bigint().to_i64()
}

extern "C" fn set_local(ctx: *mut Activation, slot: usize, addr: usize) {
    // SAFETY: the object is alive (a local, a name or the trace holds it); the slot is one of
    // the frame's; its old value is owned by the slot and drops trivially, as the trace
    // has guarded.
    unsafe {
        raise(addr);
        let old = std::mem::replace(&mut *(*ctx).locals.add(slot), addr);
        if let Some(old) = NonNull::new(old as *mut PyObject)
            && !lower(old.as_ptr() as usize)
        {
            host(ctx).release(PyObjectRef::from_raw(old));
        }
    }
}

/// Stores an object, whose reference is given away, into a local, if the old one may go.
fn exchange(ctx: *mut Activation, slot: usize, new: usize) -> bool {
    // SAFETY: the slot is one of the frame's, which owns what it has there; the host part is not
    // borrowed while compiled code runs.
    let (place, host) = unsafe { (&mut *(*ctx).locals.add(slot), host(ctx)) };
    let old = NonNull::new(*place as *mut PyObject);
    // SAFETY: as above.
    let stored = unsafe {
        if old.is_some_and(|old| lower(old.as_ptr() as usize)) {
            *place = new;
            true
        } else if old.is_none_or(|old| ends_quietly(old.as_ref(), host.vm)) {
            *place = new;
            drop(old.map(|old| PyObjectRef::from_raw(old)));
            true
        } else {
            false
        }
    };
    answer(ctx, stored.then_some(()));
    stored
}

extern "C" fn swap_local(ctx: *mut Activation, slot: usize, addr: usize) {
    // SAFETY: the object is alive: a local, a name or the trace holds it. The old one may, too, so
    // it gets a count first.
    unsafe {
        raise(addr);
        if !exchange(ctx, slot, addr) && !lower(addr) {
            host(ctx).release(PyObjectRef::from_raw(NonNull::new_unchecked(
                addr as *mut PyObject,
            )));
        }
    }
}

extern "C" fn give_local(ctx: *mut Activation, slot: usize, addr: usize) {
    exchange(ctx, slot, addr);
}

extern "C" fn clear_local(ctx: *mut Activation, slot: usize) {
    // SAFETY: the slot is one of the frame's, which owns what it has there; the host part is not
    // borrowed while compiled code runs.
    let (place, host) = unsafe { (&mut *(*ctx).locals.add(slot), host(ctx)) };
    let old = NonNull::new(*place as *mut PyObject);
    // SAFETY: as above.
    let cleared = old.is_none_or(|old| unsafe { lower(old.as_ptr() as usize) });
    if cleared {
        *place = given(host.vm.ctx.none());
    }
    answer(ctx, cleared.then_some(()));
}

extern "C" fn push_range(ctx: *mut Activation, depth: usize, start: i64, stop: i64, step: i64) {
    // SAFETY: the host part is not borrowed while compiled code runs.
    let host = unsafe { host(ctx) };
    let iter = range_iterator(start as isize, stop as isize, step as isize, host.vm);
    let pushed = iter.map(|iter| push(ctx, depth, given(iter)));
    answer(ctx, pushed);
}

/// Puts an owned object at a depth of the frame's value stack.
fn push(ctx: *mut Activation, depth: usize, object: usize) {
    // SAFETY: the code has room for the entry, as it was recorded at that depth, and the trace has
    // released what was there; the entries below are in memory. The host part is not borrowed now.
    unsafe {
        let host = host(ctx);
        *(*ctx).stack.add(depth) = object;
        if host.frame.stack_len() as usize <= depth {
            host.frame.set_stack_len(depth as u32 + 1);
        }
    }
}

extern "C" fn give_stack(ctx: *mut Activation, _: usize, depth: i64, object: usize) {
    push(ctx, depth as usize, object);
    answer(ctx, Some(()));
}

extern "C" fn load_name(ctx: *mut Activation, row: usize) -> usize {
    // SAFETY: the host part is not borrowed while compiled code runs.
    let (host, trace) = unsafe { (host(ctx), trace(ctx)) };
    let found = trace.look_up(row, Some(host.frame), host.vm);
    // The dictionary holds the object until something outside the trace runs.
    answer(ctx, found.map(|object| address(&object)))
}

extern "C" fn set_name(ctx: *mut Activation, row: usize, addr: usize) {
    // SAFETY: the host part is not borrowed while compiled code runs; the object is alive.
    let (host, value) = unsafe { (host(ctx), object(addr).to_owned()) };
    host.checked = 0;
    host.trace.set_name(row, value, host.frame, host.vm);
}

extern "C" fn new_object(ctx: *mut Activation, row: usize) -> usize {
    // SAFETY: the host part is not borrowed while compiled code runs.
    let (host, trace) = unsafe { (host(ctx), trace(ctx)) };
    let nothing = |count: usize| vec![host.vm.ctx.none(); count];
    let made = match trace.meta.templates[row] {
        Template::Instance { class, .. } => trace.keys_of(row, host.vm).and_then(|keys| {
            // SAFETY: the trace has just looked at the class's version: it is alive.
            new_instance(unsafe { object(class) }, Some(&keys), host.vm)
        }),
        // SAFETY: as above.
        Template::Slots(class) => new_instance(unsafe { object(class) }, None, host.vm),
        Template::Tuple(count) => Ok(host.vm.ctx.new_tuple(nothing(count)).into()),
        Template::List(count) => Ok(host.vm.ctx.new_list(nothing(count)).into()),
        Template::Dict => Ok(host.vm.ctx.new_dict().into()),
        Template::Set => Ok(PySet::default().into_ref(&host.vm.ctx).into()),
    };
    match made {
        Ok(object) => given(object),
        // There is no memory for a few words: nothing can be done any more.
        Err(_) => std::process::abort(),
    }
}

extern "C" fn box_int(ctx: *mut Activation, value: i64) -> usize {
    // SAFETY: the host part is not borrowed while compiled code runs.
    let vm = unsafe { host(ctx) }.vm;
    given(vm.ctx.new_int(value).into())
}

extern "C" fn box_float(ctx: *mut Activation, value: f64) -> usize {
    // SAFETY: as in `box_int`.
    let vm = unsafe { host(ctx) }.vm;
    given(vm.ctx.new_float(value).into())
}

extern "C" fn box_bool(ctx: *mut Activation, value: u64) -> usize {
    // SAFETY: as in `box_int`.
    let vm = unsafe { host(ctx) }.vm;
    given(vm.ctx.new_bool(value & 1 == 1).into())
}

/// A reference that compiled code owns from now on.
fn given(object: PyObjectRef) -> usize {
    object.into_raw().as_ptr() as usize
}

extern "C" fn incref(_ctx: *mut Activation, addr: usize) {
    // SAFETY: the object is alive.
    unsafe { raise(addr) };
}

/// Set in the word of a count that never changes.
const IMMORTAL: usize = 1 << 60;

/// Takes a reference.
///
/// # Safety
/// `addr` is an object that is alive.
pub unsafe fn raise(addr: usize) {
    // SAFETY: by the caller; while there is only one thread the word may change in two steps.
    unsafe {
        let word = (addr + layout::OBJECT_REF_COUNT) as *mut usize;
        if threads_started() || !counts_are_plain() {
            std::mem::forget(object(addr).to_owned());
        } else if *word & IMMORTAL == 0 {
            *word += 1;
        }
    }
}

/// Gives a reference back if that is not the last; whether it was done.
///
/// # Safety
/// `addr` is an object, of which the caller owns a reference.
pub unsafe fn lower(addr: usize) -> bool {
    if threads_started() || !counts_are_plain() {
        return false;
    }
    // SAFETY: by the caller; as in `raise`.
    unsafe {
        let word = (addr + layout::OBJECT_REF_COUNT) as *mut usize;
        if *word & IMMORTAL != 0 {
            return true;
        }
        // Without the flags above.
        let others = *word & (IMMORTAL - 1) > 1;
        *word -= usize::from(others);
        others
    }
}

/// Whether a count's word is what [`raise`] takes it for: found out once.
static PLAIN_COUNTS: AtomicBool = AtomicBool::new(false);

fn counts_are_plain() -> bool {
    PLAIN_COUNTS.load(Ordering::Relaxed)
}

/// Finds out how the words of counts look.
pub fn look_at_counts(vm: &VirtualMachine) {
    let word = |object: &PyObject| {
        let word = (address(object) + layout::OBJECT_REF_COUNT) as *const usize;
        // SAFETY: it is there, and changes by whole words.
        unsafe { word.read() }
    };
    let object: PyObjectRef = vm.ctx.new_list(Vec::new()).into();
    let one = word(&object);
    let other = object.clone();
    let two = word(&object);
    drop(other);
    let plain = (one, two, word(&object)) == (1, 2, 1) && word(&vm.ctx.none()) & IMMORTAL != 0;
    PLAIN_COUNTS.store(plain, Ordering::Relaxed);
}

extern "C" fn decref(ctx: *mut Activation, addr: usize) {
    let Some(raw) = NonNull::new(addr as *mut PyObject) else {
        return;
    };
    // SAFETY: the trace owns the reference that it gives away here.
    unsafe {
        if !lower(addr) {
            host(ctx).release(PyObjectRef::from_raw(raw));
        }
    }
}

impl Host<'_, '_, '_> {
    /// Releases a reference without running code (H3).
    fn release(&mut self, object: PyObjectRef) {
        // With other threads about, a count above one may be one by the time it is lowered.
        let shared = object.strong_count() > 1 && !threads_started();
        let quiet = || !threads_started() && ends_quietly(&object, self.vm);
        if shared || kind_of(&object, self.vm).drops_trivially() || quiet() {
            drop(object);
        } else {
            self.late.push(object);
            // SAFETY: the activation outlives this entry's host part, and compiled code, which
            // alone uses it otherwise, is waiting for this helper.
            unsafe { (*self.activation).poll_stop = LEAVE.as_ptr() };
        }
    }
}

/// Executes a residual run. Returns 0 to go on in the trace.
extern "C" fn residual(ctx: *mut Activation, exit: usize) -> u64 {
    // SAFETY: compiled code passes its own activation, and nothing else refers to its host
    // part now.
    let (activation, host) = unsafe { (&mut *ctx, host(ctx)) };
    let exit = ExitIdx(exit as u32);
    let trace = host.trace;
    host.checked = 0;
    drop(deopt::restore(activation, trace, host.frame, host.vm, exit));
    let info = &trace.exits[exit.0 as usize];
    let inst = trace.ir.inst(info.at);
    debug_assert_eq!(inst.op, Uop::residual);
    let row = &trace.meta.residuals[inst.imm as usize];
    for next in &row.next {
        // What waits to be released must go before anything else runs.
        if host.frame.is_interrupted(host.vm) || !host.late.is_empty() {
            return leave(host, JitOutcome::Continue);
        }
        match host.frame.step(host.vm) {
            JitOutcome::Continue => {}
            other => return leave(host, other),
        }
        if host.frame.lasti() != *next {
            return leave(host, JitOutcome::Continue);
        }
        if host.frame.is_watched(host.vm)
            || (trace.meta.single_thread && threads_started())
            || !trace.is_valid()
        {
            return leave(host, JitOutcome::Continue);
        }
    }
    if host.frame.stack_len() != row.depth || !host.late.is_empty() {
        return leave(host, JitOutcome::Continue);
    }
    host.frame.promote_stack();
    activation.locals = host.frame.locals_ptr();
    activation.stack = host.frame.stack_ptr();
    // A fork gives the thread a new slot for its stop request.
    activation.poll_stop = PollAddresses::new(host.vm).stop;
    0
}

/// Whether a function trace can be called: refuses if not.
extern "C" fn check_callee(ctx: *mut Activation, callee: usize) {
    // SAFETY: compiled code passes its own activation, and the address of a callee; the host part
    // is not borrowed while it runs.
    let (depth, host, callee) = unsafe { ((*ctx).depth, host(ctx), Callee::at(callee)) };
    let known = host.checked == callee.address();
    let ready = depth > 0 && callee.has_code() && (known || holds(callee, host.vm));
    host.checked = if ready { callee.address() } else { 0 };
    answer(ctx, ready.then_some(()));
}

/// A callee has left: makes the frames of all who wait for it, and its own, and gives
/// them to the interpreter. Called again for each caller in turn.
extern "C" fn call_trace(ctx: *mut Activation) {
    // SAFETY: compiled code passes the callee's activation, and nothing refers to the host part.
    let host = unsafe { host(ctx) };
    if host.outcome.is_some() {
        return;
    }
    let mut chain = vec![ctx];
    let mut inner = ctx;
    // SAFETY: all activations from the root to this one are on the native stack; what a callee was
    // passed lies in its caller's record.
    unsafe {
        while inner != (*inner).root {
            inner = (*inner)
                .args
                .cast::<u8>()
                .sub(std::mem::offset_of!(Activation, out))
                .cast::<Activation>();
            chain.push(inner);
        }
    }
    chain.reverse();
    let vm = host.vm;
    // SAFETY: as above. The exit of each caller is that of its call.
    let parts = |at: *mut Activation| unsafe { (&*at, trace(at), ExitIdx((*at).exit as u32)) };
    let (root, running, exit) = parts(chain[0]);
    let mut gone = vec![deopt::restore(root, running, host.frame, vm, exit)];
    let mut stack = JitStack::new(host.frame);
    for pair in chain.windows(2) {
        let (caller, ..) = parts(pair[0]);
        let (activation, running, exit) = parts(pair[1]);
        // SAFETY: the caller keeps the function that it calls alive; its code is the trace's, as
        // its version was looked at.
        let (function, code) = unsafe {
            (
                object(caller.out.function).to_owned(),
                &*running.code.address().cast::<Py<PyCode>>(),
            )
        };
        let function = function.downcast::<PyFunction>();
        let Ok(function) = function else {
            unreachable!("what was called is a function")
        };
        // SAFETY: the caller's frame waits (P2 of the builder of functions), and the new one is
        // made true at once.
        let mut frame = unsafe { stack.rebuild(function, code, None, vm) };
        gone.push(deopt::restore(activation, running, &mut frame, vm, exit));
    }
    drop(gone);
    let (innermost, running, exit) = parts(ctx);
    let left = Left {
        exit,
        times: running.count_inside(exit),
        frames: (chain.len() - 1) as u32,
    };
    // SAFETY: an inner activation names its callee (F1).
    let callee = unsafe { Callee::at(innermost.callee as usize) };
    // The trace may be replaced now: nobody looks at the activations any more.
    let went = host
        .growth
        .left_inside(&mut stack.frame(), callee, left, vm);
    host.outcome = Some(match stack.settle(went, vm) {
        JitStep::Left(outcome) => outcome,
        _ => stack.leave(vm),
    });
}

fn leave(host: &mut Host<'_, '_, '_>, outcome: JitOutcome) -> u64 {
    host.outcome = Some(outcome);
    1
}

extern "C" fn pow_int(ctx: *mut Activation, base: i64, exponent: i64) -> i64 {
    let result = u32::try_from(exponent)
        .ok()
        .and_then(|e| base.checked_pow(e));
    answer(ctx, result)
}

extern "C" fn pow_float(ctx: *mut Activation, base: f64, exponent: f64) -> f64 {
    // What the interpreter computes without an exception or a complex result.
    let to_complex = base.is_sign_negative() && (exponent.floor() - exponent).abs() > f64::EPSILON;
    let divides = base == 0.0 && exponent.is_sign_negative();
    let result = base.powf(exponent);
    let overflows = result.is_infinite() && !(base.is_infinite() || exponent.is_infinite());
    let is_float = !(to_complex || divides || overflows);
    answer(ctx, is_float.then_some(result))
}

extern "C" fn mod_float(ctx: *mut Activation, a: f64, b: f64) -> f64 {
    answer(ctx, float_ops::mod_(a, b))
}

extern "C" fn floordiv_float(ctx: *mut Activation, a: f64, b: f64) -> f64 {
    answer(ctx, float_ops::floordiv(a, b))
}

extern "C" fn truediv_int(ctx: *mut Activation, a: i64, b: i64) -> f64 {
    const EXACT: u64 = 1 << 53;
    let exact = b != 0 && a.unsigned_abs() <= EXACT && b.unsigned_abs() <= EXACT;
    answer(ctx, exact.then(|| a as f64 / b as f64))
}

macro_rules! math_unary {
    ($($name:ident = $f:path;)*) => {$(
        extern "C" fn $name(ctx: *mut Activation, x: f64) -> f64 {
            answer(ctx, $f(x).ok())
        }
    )*};
}

math_unary! {
    math_sin = pymath::math::sin;
    math_cos = pymath::math::cos;
    math_tan = pymath::math::tan;
    math_asin = pymath::math::asin;
    math_acos = pymath::math::acos;
    math_atan = pymath::math::atan;
    math_sinh = pymath::math::sinh;
    math_cosh = pymath::math::cosh;
    math_tanh = pymath::math::tanh;
    math_exp = pymath::math::exp;
    math_log2 = pymath::math::log2;
    math_log10 = pymath::math::log10;
}

extern "C" fn math_log(ctx: *mut Activation, x: f64) -> f64 {
    answer(ctx, pymath::math::log(x, None).ok())
}

macro_rules! math_binary {
    ($($name:ident = $f:path;)*) => {$(
        extern "C" fn $name(ctx: *mut Activation, x: f64, y: f64) -> f64 {
            answer(ctx, $f(x, y).ok())
        }
    )*};
}

math_binary! {
    math_atan2 = pymath::math::atan2;
    math_pow = pymath::math::pow;
    math_fmod = pymath::math::fmod;
}

extern "C" fn math_hypot(ctx: *mut Activation, x: f64, y: f64) -> f64 {
    answer(ctx, Some(pymath::math::hypot(&[x, y])))
}

fn whole(ctx: *mut Activation, value: f64) -> i64 {
    // Well inside what fits, where the cast is exact; nan fails the comparison.
    answer(ctx, (value.abs() < 9.0e18).then_some(value as i64))
}

extern "C" fn math_floor(ctx: *mut Activation, x: f64) -> i64 {
    whole(ctx, x.floor())
}

extern "C" fn math_ceil(ctx: *mut Activation, x: f64) -> i64 {
    whole(ctx, x.ceil())
}

macro_rules! lengths {
    ($($name:ident, $ty:ty, $len:expr;)*) => {$(
        extern "C" fn $name(ctx: *mut Activation, addr: usize) -> i64 {
            // SAFETY: the trace keeps the object alive and has guarded its class.
            let object = unsafe { object(addr) };
            let len: Option<usize> = object.downcast_ref::<$ty>().map($len);
            answer(ctx, len.and_then(|n| i64::try_from(n).ok()))
        }
    )*};
}

lengths! {
    list_len, PyList, |list| list.borrow_vec().len();
    tuple_len, PyTuple, |tuple| tuple.as_slice().len();
    str_len, PyStr, |text| text.char_len();
    dict_len, PyDict, |dict| dict.__len__();
}

/// The element at a Python index.
fn at(elements: &[PyObjectRef], index: i64) -> Option<&PyObjectRef> {
    let index = if index < 0 {
        index + elements.len() as i64
    } else {
        index
    };
    elements.get(usize::try_from(index).ok()?)
}

fn with_element<R>(
    is_list: bool,
    addr: usize,
    index: i64,
    read: impl FnOnce(&PyObjectRef) -> Option<R>,
) -> Option<R> {
    // SAFETY: the trace keeps the container alive.
    let container = unsafe { object(addr) };
    if is_list {
        // The element is read under the list's lock: another thread may be at work on it.
        let list = container.downcast_ref::<PyList>()?;
        at(&list.borrow_vec(), index).and_then(read)
    } else {
        at(container.downcast_ref::<PyTuple>()?.as_slice(), index).and_then(read)
    }
}

macro_rules! elements {
    ($($list:ident, $tuple:ident, $ty:ty, $read:expr;)*) => {$(
        extern "C" fn $list(ctx: *mut Activation, addr: usize, index: i64) -> $ty {
            // SAFETY: the host part is not borrowed while compiled code runs.
            let vm = unsafe { host(ctx) }.vm;
            answer(ctx, with_element(true, addr, index, |e| $read(e, vm)))
        }
        extern "C" fn $tuple(ctx: *mut Activation, addr: usize, index: i64) -> $ty {
            // SAFETY: the host part is not borrowed while compiled code runs.
            let vm = unsafe { host(ctx) }.vm;
            answer(ctx, with_element(false, addr, index, |e| $read(e, vm)))
        }
    )*};
}

elements! {
    list_get_int, tuple_get_int, i64, exact_int;
    list_get_bool, tuple_get_bool, i64, exact_bool;
    list_get_float, tuple_get_float, f64, exact_float;
    list_get_ref, tuple_get_ref, usize, new_reference;
}

fn exact_int(element: &PyObjectRef, vm: &VirtualMachine) -> Option<i64> {
    element
        .class()
        .is(vm.ctx.types.int_type)
        .then(|| int_value(element))?
}

fn exact_bool(element: &PyObjectRef, vm: &VirtualMachine) -> Option<i64> {
    if element.is(&vm.ctx.true_value) {
        Some(1)
    } else {
        element.is(&vm.ctx.false_value).then_some(0)
    }
}

fn exact_float(element: &PyObjectRef, vm: &VirtualMachine) -> Option<f64> {
    element
        .class()
        .is(vm.ctx.types.float_type)
        .then(|| element.downcast_ref::<PyFloat>().map(|f| f.to_f64()))?
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "one shape for all readers of elements"
)]
fn new_reference(element: &PyObjectRef, _vm: &VirtualMachine) -> Option<usize> {
    Some(element.clone().into_raw().as_ptr() as usize)
}

/// Stores into a list, if the old element may go without running code.
fn store(
    ctx: *mut Activation,
    addr: usize,
    index: i64,
    make: impl FnOnce(&VirtualMachine) -> PyObjectRef,
) {
    // SAFETY: the trace keeps the list alive; the host part is not borrowed now.
    let (container, host) = unsafe { (object(addr), host(ctx)) };
    let old = (|| {
        let list = container.downcast_ref::<PyList>()?;
        let mut elements = list.borrow_vec_mut();
        let index = if index < 0 {
            index + elements.len() as i64
        } else {
            index
        };
        let slot = elements.get_mut(usize::try_from(index).ok()?)?;
        if slot.strong_count() == 1 && !kind_of(slot, host.vm).drops_trivially() {
            return None;
        }
        Some(std::mem::replace(slot, make(host.vm)))
    })();
    // Released without the lock.
    let stored = old.map(|old| host.release(old));
    answer(ctx, stored);
}

extern "C" fn list_set_int(ctx: *mut Activation, addr: usize, index: i64, value: i64) {
    store(ctx, addr, index, |vm| vm.ctx.new_int(value).into());
}

extern "C" fn list_set_bool(ctx: *mut Activation, addr: usize, index: i64, value: i64) {
    store(ctx, addr, index, |vm| vm.ctx.new_bool(value != 0).into());
}

extern "C" fn list_set_float(ctx: *mut Activation, addr: usize, index: i64, value: f64) {
    if !threads_started() {
        // SAFETY: the trace keeps the list alive; the host part is not borrowed now.
        let (container, vm) = unsafe { (object(addr), host(ctx).vm) };
        let list = container.downcast_ref::<PyList>();
        let old = list.and_then(|list| at(&list.borrow_vec(), index).map(|old| address(old)));
        // SAFETY: the list keeps it alive.
        let old = old.map(|old| unsafe { object(old) });
        if let Some(old) = old.filter(|old| is_only_float(old, vm)) {
            // SAFETY: only the list has it.
            unsafe { set_float(old, value) };
            return answer(ctx, Some(()));
        }
    }
    store(ctx, addr, index, |vm| vm.ctx.new_float(value).into());
}

extern "C" fn list_set_ref(ctx: *mut Activation, addr: usize, index: i64, value: usize) {
    // SAFETY: the trace keeps the value alive.
    store(ctx, addr, index, |_| unsafe { object(value) }.to_owned());
}

/// Whether an int is among these, in their order; nothing where the answer depends on an object that
/// may be anything.
fn has_int(elements: &[PyObjectRef], value: i64, vm: &VirtualMachine) -> Option<i64> {
    for element in elements {
        let same = match kind_of(element, vm) {
            Kind::Int | Kind::Bool => int_value(element)? == value,
            Kind::BigInt | Kind::Str | Kind::None | Kind::Tuple | Kind::List | Kind::Dict => false,
            // Where the double is exact.
            Kind::Float if value.unsigned_abs() < 1 << 53 => {
                exact_float(element, vm)? == value as f64
            }
            _ => return None,
        };
        if same {
            return Some(1);
        }
    }
    Some(0)
}

extern "C" fn list_has_int(ctx: *mut Activation, addr: usize, value: i64) -> i64 {
    // SAFETY: the trace keeps the list alive; the host part is not borrowed now.
    let (container, vm) = unsafe { (object(addr), host(ctx).vm) };
    let list = container.downcast_ref::<PyList>();
    answer(
        ctx,
        list.and_then(|list| has_int(&list.borrow_vec(), value, vm)),
    )
}

extern "C" fn tuple_has_int(ctx: *mut Activation, addr: usize, value: i64) -> i64 {
    // SAFETY: as for a list.
    let (container, vm) = unsafe { (object(addr), host(ctx).vm) };
    let tuple = container.downcast_ref::<PyTuple>();
    answer(
        ctx,
        tuple.and_then(|tuple| has_int(tuple.as_slice(), value, vm)),
    )
}

extern "C" fn list_pop(ctx: *mut Activation, list: usize) -> usize {
    // SAFETY: the trace keeps the list alive.
    let list = unsafe { object(list) }.downcast_ref::<PyList>();
    answer(
        ctx,
        list.and_then(|list| list.borrow_vec_mut().pop()).map(given),
    )
}

extern "C" fn list_iter_end(ctx: *mut Activation, iterator: usize) -> i64 {
    // SAFETY: the value stack keeps the iterator alive.
    let iterator = unsafe { object(iterator) };
    // One that others have must be told that it is at its end.
    let done = iterator.strong_count() == 1 && list_iterator_is_done(iterator);
    answer(ctx, done.then_some(1))
}

extern "C" fn quiet_end(ctx: *mut Activation, addr: usize) -> i64 {
    // SAFETY: the trace keeps the object alive, if there is one; the host part is not borrowed now.
    let (object, host) = unsafe { ((addr as *const PyObject).as_ref(), host(ctx)) };
    let quiet = object.is_none_or(|object| ends_quietly(object, host.vm));
    answer(ctx, quiet.then_some(1))
}

extern "C" fn generator_slots(ctx: *mut Activation, generator: usize) -> usize {
    // SAFETY: the value stack keeps the generator alive; the host part is not borrowed now.
    let (generator, host) = unsafe { (object(generator), host(ctx)) };
    let suspended = JitSuspended::of(generator, host.vm);
    answer(ctx, suspended.map(|generator| generator.slots() as usize))
}

extern "C" fn stamp_of_keys(ctx: *mut Activation, dict: usize) -> i64 {
    // SAFETY: the instance keeps its dictionary alive; the host part is not borrowed now.
    let (dict, host) = unsafe { (object(dict), host(ctx)) };
    answer(ctx, Some(keys_stamp(dict, host.vm).into()))
}

/// Whether an object is a float to which there is one reference.
fn is_only_float(object: &PyObject, vm: &VirtualMachine) -> bool {
    object.class().is(vm.ctx.types.float_type) && object.strong_count() == 1
}

/// Gives a float another value.
///
/// # Safety
/// It is a float, and nobody else has it.
unsafe fn set_float(object: &PyObject, value: f64) {
    let place = (address(object) + layout::FLOAT_VALUE) as *mut f64;
    // SAFETY: by the caller, and that is where it has its value.
    unsafe { place.write(value) };
}

/// Replaces the object in an entry of a dictionary. The trace has looked at the old one: it
/// may go.
fn set_entry(ctx: *mut Activation, entries: usize, offset: i64, new: PyObjectRef) {
    // SAFETY: the trace has made sure that the entry is there, and there is only one thread; the
    // host part is not borrowed now.
    unsafe {
        let place = (entries as i64 + offset) as *mut PyObjectRef;
        let old = std::mem::replace(&mut *place, new);
        host(ctx).release(old);
    }
    answer(ctx, Some(()));
}

extern "C" fn attr_set_int(ctx: *mut Activation, entries: usize, offset: i64, value: i64) {
    // SAFETY: as in `set_entry`.
    let (vm, old) = unsafe {
        let place = (entries as i64 + offset) as *const PyObjectRef;
        (host(ctx).vm, &*place)
    };
    // One that only the entry has is as good as a new one (A1 of the builder's arms), if there is
    // no other one that it has to be.
    if old.strong_count() == 1 && old.class().is(vm.ctx.types.int_type) && !has_one_object(value) {
        // SAFETY: nobody else has it.
        unsafe { set_int(old, value) };
        return answer(ctx, Some(()));
    }
    set_entry(ctx, entries, offset, vm.ctx.new_int(value).into());
}

extern "C" fn attr_set_bool(ctx: *mut Activation, entries: usize, offset: i64, value: i64) {
    // SAFETY: the host part is not borrowed now.
    let vm = unsafe { host(ctx) }.vm;
    set_entry(ctx, entries, offset, vm.ctx.new_bool(value != 0).into());
}

extern "C" fn attr_set_float(ctx: *mut Activation, entries: usize, offset: i64, value: f64) {
    // SAFETY: as in `set_entry`.
    let (vm, old) = unsafe {
        let place = (entries as i64 + offset) as *const PyObjectRef;
        (host(ctx).vm, &*place)
    };
    // One that only the entry has is as good as a new one (A1 of the builder's arms).
    if is_only_float(old, vm) {
        // SAFETY: nobody else has it.
        unsafe { set_float(old, value) };
        return answer(ctx, Some(()));
    }
    set_entry(ctx, entries, offset, vm.ctx.new_float(value).into());
}

extern "C" fn attr_set_ref(ctx: *mut Activation, entries: usize, offset: i64, value: usize) {
    // SAFETY: the trace keeps the value alive.
    set_entry(ctx, entries, offset, unsafe { object(value) }.to_owned());
}

/// Replaces the object in a slot of an instance, likewise.
fn set_slot(ctx: *mut Activation, instance: usize, offset: i64, new: PyObjectRef) {
    // SAFETY: the trace keeps the instance alive and has looked at its class, which has a slot
    // there; the host part is not borrowed now.
    let (instance, host) = unsafe { (object(instance), host(ctx)) };
    // SAFETY: as above.
    let old = unsafe { replace_slot(instance, offset as isize, new) };
    if let Some(old) = old {
        host.release(old);
    }
    answer(ctx, Some(()));
}

extern "C" fn slot_set_int(ctx: *mut Activation, instance: usize, offset: i64, value: i64) {
    // SAFETY: the host part is not borrowed now.
    let vm = unsafe { host(ctx) }.vm;
    set_slot(ctx, instance, offset, vm.ctx.new_int(value).into());
}

extern "C" fn slot_set_bool(ctx: *mut Activation, instance: usize, offset: i64, value: i64) {
    // SAFETY: the host part is not borrowed now.
    let vm = unsafe { host(ctx) }.vm;
    set_slot(ctx, instance, offset, vm.ctx.new_bool(value != 0).into());
}

extern "C" fn slot_set_float(ctx: *mut Activation, instance: usize, offset: i64, value: f64) {
    // SAFETY: the host part is not borrowed now.
    let vm = unsafe { host(ctx) }.vm;
    set_slot(ctx, instance, offset, vm.ctx.new_float(value).into());
}

extern "C" fn slot_set_ref(ctx: *mut Activation, instance: usize, offset: i64, value: usize) {
    // SAFETY: the trace keeps the value alive.
    set_slot(ctx, instance, offset, unsafe { object(value) }.to_owned());
}

fn append(ctx: *mut Activation, list: usize, object_: PyObjectRef) {
    // SAFETY: the trace keeps the list alive and has looked at its class.
    if let Some(list) = unsafe { object(list) }.downcast_ref::<PyList>() {
        list.borrow_vec_mut().push(object_);
    }
    answer(ctx, Some(()));
}

extern "C" fn list_append_int(ctx: *mut Activation, list: usize, _: i64, value: i64) {
    // SAFETY: the host part is not borrowed now.
    let vm = unsafe { host(ctx) }.vm;
    append(ctx, list, vm.ctx.new_int(value).into());
}

extern "C" fn list_append_bool(ctx: *mut Activation, list: usize, _: i64, value: i64) {
    // SAFETY: the host part is not borrowed now.
    let vm = unsafe { host(ctx) }.vm;
    append(ctx, list, vm.ctx.new_bool(value != 0).into());
}

extern "C" fn list_append_float(ctx: *mut Activation, list: usize, _: i64, value: f64) {
    // SAFETY: the host part is not borrowed now.
    let vm = unsafe { host(ctx) }.vm;
    append(ctx, list, vm.ctx.new_float(value).into());
}

extern "C" fn list_append_ref(ctx: *mut Activation, list: usize, _: i64, value: usize) {
    // SAFETY: the trace keeps the value alive.
    append(ctx, list, unsafe { object(value) }.to_owned());
}

/// An element of an array of the module `array`, whose class the trace has looked at: that it
/// gives and takes numbers runs no Python code.
fn array_element(ctx: *mut Activation, array: usize, index: i64) -> Option<PyObjectRef> {
    // SAFETY: the trace keeps the array alive; the host part is not borrowed now.
    let (array, vm) = unsafe { (object(array), host(ctx).vm) };
    let item = array.class().slots().as_sequence.item.load()?;
    item(array.sequence_unchecked(), isize::try_from(index).ok()?, vm).ok()
}

extern "C" fn array_get_int(ctx: *mut Activation, array: usize, index: i64) -> i64 {
    // SAFETY: the host part is not borrowed now.
    let vm = unsafe { host(ctx) }.vm;
    let element = array_element(ctx, array, index);
    answer(ctx, element.and_then(|element| exact_int(&element, vm)))
}

extern "C" fn array_get_float(ctx: *mut Activation, array: usize, index: i64) -> f64 {
    // SAFETY: the host part is not borrowed now.
    let vm = unsafe { host(ctx) }.vm;
    let element = array_element(ctx, array, index);
    answer(ctx, element.and_then(|element| exact_float(&element, vm)))
}

fn set_array_element(ctx: *mut Activation, array: usize, index: i64, value: PyObjectRef) {
    // SAFETY: the trace keeps the array alive; the host part is not borrowed now.
    let (array, vm) = unsafe { (object(array), host(ctx).vm) };
    let stored = array
        .class()
        .slots()
        .as_sequence
        .ass_item
        .load()
        .and_then(|set| {
            let index = isize::try_from(index).ok()?;
            set(array.sequence_unchecked(), index, Some(value), vm).ok()
        });
    answer(ctx, stored);
}

extern "C" fn array_set_int(ctx: *mut Activation, array: usize, index: i64, value: i64) {
    // SAFETY: the host part is not borrowed now.
    let vm = unsafe { host(ctx) }.vm;
    set_array_element(ctx, array, index, vm.ctx.new_int(value).into());
}

extern "C" fn array_set_float(ctx: *mut Activation, array: usize, index: i64, value: f64) {
    // SAFETY: the host part is not borrowed now.
    let vm = unsafe { host(ctx) }.vm;
    set_array_element(ctx, array, index, vm.ctx.new_float(value).into());
}
