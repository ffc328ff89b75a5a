//! Deoptimization: from registers back to the interpreter's frame.
//!
//! A snapshot says what differs from memory; the allocation says where each value
//! is. Restoring boxes what is unboxed, takes the references that the snapshot
//! borrows, writes locals, value stack and names, and only then releases what was
//! there before, so that a destructor sees a true frame.
//!
//! Invariant: which slots hold the same new box is what the snapshot says, not which values
//! are equal: the optimizer may find that two objects of the program have one value.
//!
//! Worked example: at `s1: pc=8 mem=1 L0=int(v5) S1=ref(v2)` local 0 gets a new int,
//! entry 1 of the value stack a counted reference to `v2`, and the stack has 2
//! entries.

use crate::activation::{Activation, Outgoing, ReturnTag};
use crate::compiled::Compiled;
use crate::ir::{Slot, SnapValue};
use crate::regalloc::{ExitIdx, Loc};
use crate::runtime::{lower, raise};
use crate::trace_meta::Kind;
use rustpython_vm::frame::jit::JitFrame;
use rustpython_vm::{PyObject, PyObjectRef, VirtualMachine};
use smallvec::SmallVec;
use std::ptr::NonNull;

fn bits(activation: &Activation, loc: Option<Loc>) -> u64 {
    match loc {
        Some(Loc::Reg(reg)) => match reg.class() {
            crate::ir::RegClass::Gpr => activation.regs[reg.num()],
            crate::ir::RegClass::Fpr => activation.fregs[reg.num()].to_bits(),
        },
        Some(Loc::Spill(slot)) => activation.spill[slot as usize],
        Some(Loc::Const(bits)) => bits,
        None => 0,
    }
}

/// Makes the frame true as of an exit of the trace, `lasti` included.
///
/// One pass: what is written into memory is read again by nothing but the entries that hold the
/// same object, and what was there is kept until all is written.
pub fn restore(
    activation: &Activation,
    trace: &Compiled,
    frame: &mut JitFrame<'_, '_>,
    vm: &VirtualMachine,
    exit: ExitIdx,
) {
    let info = &trace.exits[exit.0 as usize];
    let snap = trace.ir.snap(info.snap);
    // Small exits are the common case, and leaving a trace should not allocate for itself.
    let mut old: SmallVec<[PyObjectRef; 12]> = SmallVec::new();
    let mut names: SmallVec<[(u32, Option<PyObjectRef>); 4]> = SmallVec::new();
    let mut depth = snap.mem;
    let locals = frame.locals_ptr();
    let stack = frame.stack_ptr();
    // What an entry before this one was given.
    let given = |slot: Slot, names: &[(u32, Option<PyObjectRef>)]| match slot {
        // SAFETY: as below, where it was written.
        Slot::Local(index) => shared(unsafe { *locals.add(index as usize) } as u64),
        // SAFETY: as below.
        Slot::Stack(index) => shared(unsafe { *stack.add(index as usize) } as u64),
        Slot::Name(index) => names
            .iter()
            .find(|(name, _)| *name == index)
            .and_then(|(_, object)| object.clone()),
    };
    for (index, (slot, value)) in snap.entries.iter().enumerate() {
        let object = match value {
            SnapValue::Same(of) => given(*of, &names),
            // One argument is one object.
            SnapValue::Arg(number) => {
                let twin = snap.entries[..index]
                    .iter()
                    .find(|(_, other)| other == value);
                match twin {
                    Some((slot, _)) => given(*slot, &names),
                    None => argument(activation, trace, *number, vm),
                }
            }
            SnapValue::Returned => returned(&activation.out, vm),
            _ => {
                let loc = info.locs.get(index).copied().flatten();
                object_for(*value, bits(activation, loc), vm)
            }
        };
        let raw = |value: Option<PyObjectRef>| value.map_or(0, |v| v.into_raw().as_ptr() as usize);
        match *slot {
            Slot::Local(index) => {
                // SAFETY: snapshots name locals of the frame that the trace was recorded in,
                // and the entry has checked the code; a local owns what it holds.
                let before =
                    unsafe { std::mem::replace(&mut *locals.add(index as usize), raw(object)) };
                // SAFETY: as above; what has other references can go at once.
                if let Some(object) = NonNull::new(before as *mut PyObject)
                    && !unsafe { lower(before) }
                {
                    // SAFETY: as above.
                    old.push(unsafe { PyObjectRef::from_raw(object) });
                }
            }
            Slot::Stack(index) => {
                debug_assert_eq!(index, depth, "entries lie directly above memory's");
                // SAFETY: the code's stack size covers every depth that an execution of it
                // reached; what is above memory's entries owns nothing.
                unsafe { *stack.add(index as usize) = raw(object) };
                depth = index + 1;
            }
            Slot::Name(index) => names.push((index, object)),
        }
    }
    // SAFETY: all entries below were in memory already or have just been written.
    unsafe { frame.set_stack_len(depth) };
    frame.set_lasti(snap.pc);
    for (index, value) in names {
        if let Some(value) = value {
            trace.set_name(index as usize, value, frame, vm);
        }
    }
    drop(old);
}

/// An object that memory, or a caller, still holds.
fn shared(addr: u64) -> Option<PyObjectRef> {
    NonNull::new(addr as *mut PyObject).map(|object| {
        // SAFETY: the memory that the value was borrowed from still holds it; the count that is
        // taken here belongs to what is returned.
        unsafe {
            raise(addr as usize);
            PyObjectRef::from_raw(object)
        }
    })
}

/// An argument of a function trace: the very object that was passed, or a box of the number.
fn argument(
    activation: &Activation,
    trace: &Compiled,
    number: u32,
    vm: &VirtualMachine,
) -> Option<PyObjectRef> {
    let index = number as usize;
    // SAFETY: whoever runs a function trace passes arguments, which stay until it has left.
    let args = unsafe { activation.args.as_ref() }?;
    if args.boxes[index] != 0 {
        return shared(args.boxes[index] as u64);
    }
    match trace.meta.arguments.as_ref()?.get(index)? {
        Kind::Float => Some(vm.ctx.new_float(f64::from_bits(args.bits[index])).into()),
        _ => Some(vm.ctx.new_int(args.bits[index] as i64).into()),
    }
}

/// What a function trace has returned, as an object.
fn returned(out: &Outgoing, vm: &VirtualMachine) -> Option<PyObjectRef> {
    let is = |tag: ReturnTag| out.tag == tag as u64;
    if is(ReturnTag::Int) {
        Some(vm.ctx.new_int(out.returned as i64).into())
    } else if is(ReturnTag::Bool) {
        Some(vm.ctx.new_bool(out.returned & 1 == 1).into())
    } else if is(ReturnTag::Float) {
        Some(vm.ctx.new_float(f64::from_bits(out.returned)).into())
    } else if is(ReturnTag::Object) {
        NonNull::new(out.returned as *mut PyObject).map(|object| {
            // SAFETY: the callee has given this reference away.
            unsafe { PyObjectRef::from_raw(object) }
        })
    } else {
        Some(vm.ctx.none())
    }
}

fn object_for(value: SnapValue, bits: u64, vm: &VirtualMachine) -> Option<PyObjectRef> {
    let ctx = &vm.ctx;
    match value {
        SnapValue::Int(_) => Some(ctx.new_int(bits as i64).into()),
        SnapValue::Float(_) => Some(ctx.new_float(f64::from_bits(bits)).into()),
        SnapValue::Bool(_) => Some(ctx.new_bool(bits & 1 == 1).into()),
        SnapValue::Borrowed(_) => shared(bits),
        SnapValue::Const(addr) => shared(addr),
        SnapValue::Owned(_) => NonNull::new(bits as *mut PyObject).map(|object| {
            // SAFETY: the trace owns this reference and gives it away here.
            unsafe { PyObjectRef::from_raw(object) }
        }),
        SnapValue::Same(_) | SnapValue::Arg(_) | SnapValue::Returned | SnapValue::Null => None,
    }
}
