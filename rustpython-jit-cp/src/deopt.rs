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
use crate::ir::{Inner, Slot, SnapValue};
use crate::record::address;
use crate::regalloc::{ExitIdx, Loc};
use crate::runtime::{lower, raise};
use crate::trace_meta::{Kind, Waiting};
use rustpython_vm::builtins::{PyCode, PyFunction};
use rustpython_vm::bytecode::BinaryOperator;
use rustpython_vm::frame::jit::{JitFrame, JitNested, JitStack, layout};
use rustpython_vm::{AsObject, Py, PyObject, PyObjectRef, VirtualMachine};
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

/// What memory held before.
pub type Released = SmallVec<[PyObjectRef; 12]>;

/// Makes the frame true as of an exit of the trace, `lasti` included.
///
/// One pass: what is written into memory is read again by nothing but the entries that hold the
/// same object, and what was there is kept until all is written: it goes when the result is dropped,
/// which is to come behind [`restore_inner`], if that is called.
#[must_use = "what goes must not go before all frames are true"]
pub fn restore(
    activation: &Activation,
    trace: &Compiled,
    frame: &mut JitFrame<'_, '_>,
    vm: &VirtualMachine,
    exit: ExitIdx,
) -> Released {
    let info = &trace.exits[exit.0 as usize];
    let snap = trace.ir.snap(info.snap);
    // Small exits are the common case, and leaving a trace should not allocate for itself.
    let mut old = Released::new();
    let mut names: SmallVec<[(u32, Option<PyObjectRef>); 4]> = SmallVec::new();
    let mut depth = snap.mem;
    let locals = frame.locals_ptr();
    let stack = frame.stack_ptr();
    let given = |slot: Slot, names: &[(u32, Option<PyObjectRef>)]| match slot {
        // SAFETY: as below, where it was written.
        Slot::Local(index) => shared(unsafe { *locals.add(index as usize) } as u64),
        // SAFETY: as below.
        Slot::Stack(index) => shared(unsafe { *stack.add(index as usize) } as u64),
        Slot::Name(index) => names
            .iter()
            .find(|(name, _)| *name == index)
            .and_then(|(_, object)| object.clone()),
        Slot::Inner(..) => unreachable!("those come last"),
    };
    let own = snap.entries.iter().enumerate();
    for (index, (slot, value)) in own.take_while(|(_, (slot, _))| !is_inner(*slot)) {
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
            Slot::Inner(..) => unreachable!("those come last"),
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
    old
}

/// Whether a slot is one of a frame that is still to be made.
const fn is_inner(slot: Slot) -> bool {
    matches!(slot, Slot::Inner(..))
}

/// How a caller waits, as the host has it.
fn nested(waiting: Waiting) -> JitNested {
    JitNested {
        at: waiting.at,
        next: waiting.next,
        late: waiting.late,
        operator: waiting
            .operator
            .and_then(|op| BinaryOperator::try_from(op).ok()),
        exhausted: 0,
        drops_result: waiting.drops_result,
    }
}

/// Makes the frames of the inlined calls that an exit is inside of, behind [`restore`]: on a stack
/// whose innermost frame is the one that waits for the outermost of them.
pub fn restore_inner(
    activation: &Activation,
    trace: &Compiled,
    stack: &mut JitStack<'_, '_>,
    vm: &VirtualMachine,
    exit: ExitIdx,
) {
    let info = &trace.exits[exit.0 as usize];
    let snap = trace.ir.snap(info.snap);
    let root = stack.depth();
    let mut released = Released::new();
    for (number, row) in snap.frames.iter().enumerate() {
        let entries = snap.entries.iter().enumerate();
        let entries = entries.filter_map(|(index, (slot, value))| match slot {
            Slot::Inner(frame, inner) if *frame as usize == number => Some((index, *inner, *value)),
            _ => None,
        });
        let mut depth = 0;
        for (index, inner, value) in entries {
            let loc = info.locs.get(index).copied().flatten();
            let object = match value {
                SnapValue::Same(of) => given(of, trace, stack, root, vm),
                _ => object_for(value, bits(activation, loc), vm),
            };
            match inner {
                Inner::Function => {
                    let function = object.and_then(|object| object.downcast::<PyFunction>().ok());
                    let Some(function) = function else {
                        unreachable!("what was called is a function")
                    };
                    let waiting = trace.meta.frames[row.row as usize].map(nested);
                    let place = address(function.as_object()) + layout::FUNCTION_CODE;
                    // SAFETY: that is where a function has its code, which it keeps. The frame below
                    // waits in the call, as the snapshot says; the new one is made true before
                    // anything runs.
                    unsafe {
                        let code = &**(place as *const *const Py<PyCode>);
                        stack.rebuild(function, code, waiting, vm);
                    }
                    stack.frame().set_lasti(row.pc);
                }
                // SAFETY: the slots are those of the code, all null in the new frame, which owns
                // what is put there.
                Inner::Local(slot) => unsafe {
                    *stack.frame().locals_ptr().add(slot as usize) = raw(object);
                },
                // SAFETY: as above; the code's stack size covers this depth.
                Inner::Stack(slot) => unsafe {
                    *stack.frame().stack_ptr().add(slot as usize) = raw(object);
                    depth = slot + 1;
                },
                Inner::Held(_) => released.extend(object),
            }
        }
        // SAFETY: all entries below have just been written.
        unsafe { stack.frame().set_stack_len(depth) };
    }
    drop(released);
}

/// What a slot was given.
fn given(
    slot: Slot,
    trace: &Compiled,
    stack: &mut JitStack<'_, '_>,
    root: usize,
    vm: &VirtualMachine,
) -> Option<PyObjectRef> {
    let (depth, is_local, index) = match slot {
        Slot::Name(row) => return trace.look_up(row as usize, Some(&stack.frame_at(root)), vm),
        Slot::Local(index) => (root, true, index),
        Slot::Stack(index) => (root, false, index),
        Slot::Inner(frame, Inner::Local(index)) => (root + 1 + frame as usize, true, index),
        Slot::Inner(frame, Inner::Stack(index)) => (root + 1 + frame as usize, false, index),
        Slot::Inner(_, Inner::Function | Inner::Held(_)) => {
            unreachable!("only numbers are the same")
        }
    };
    let mut frame = stack.frame_at(depth);
    // SAFETY: the slot was written, and holds an object.
    unsafe {
        let slots = match is_local {
            true => frame.locals_ptr(),
            false => frame.stack_ptr(),
        };
        shared(*slots.add(index as usize) as u64)
    }
}

/// What goes into a slot that owns it.
fn raw(value: Option<PyObjectRef>) -> usize {
    value.map_or(0, |v| v.into_raw().as_ptr() as usize)
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
