//! The activation record: what compiled code shares with the runtime.
//!
//! One lives on the native stack for each entry into compiled code, the root, and for each call
//! from trace to trace inside it; its address is in the context register throughout. `stencils/src/activation.h` is the same
//! structure in C; a test compares the offsets.
//!
//! Invariants:
//! - A1: `locals` and `stack` point at the frame's storage; the runtime sets them again after
//!   anything that may move it.
//! - A2: `regs` and `fregs` are only meaningful between a leave and its deopt, or inside a
//!   residual call.
//! - A3: `poll_*` are valid for as long as the thread runs.
//! - A4: a callee's activation is made by `call_trace`, which sets `status`, `args` (to the
//!   caller's `out`), `root`, `depth` and `callee` and nothing else.

use crate::target::{MAX_FPRS, MAX_GPRS};

/// How many spill slots an activation has; a trace that needs more is not compiled.
pub const SPILL_SLOTS: usize = 64;

/// How many arguments a call from trace to trace can pass.
pub const MAX_ARGS: usize = 6;

/// What a trace and the function trace that it calls tell each other.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Outgoing {
    /// The arguments: numbers, bits of doubles, or objects that the caller keeps alive.
    pub bits: [u64; MAX_ARGS],
    /// For numbers: the object that the number is in for the program, or 0.
    pub boxes: [usize; MAX_ARGS],
    /// The function that is called; the caller keeps it alive.
    pub function: usize,
    /// What was returned,
    pub returned: u64,
    /// and what it is: a [`ReturnTag`], or 0 while the callee runs.
    pub tag: u64,
}

/// What a function trace has returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum ReturnTag {
    /// A number without an object.
    Int = 1,
    /// A truth value.
    Bool = 2,
    /// A double without an object.
    Float = 3,
    /// An object, whose count was given away.
    Object = 4,
    /// `None`.
    None = 5,
}

/// The record. The order of fields is part of the stencil ABI.
#[repr(C)]
pub struct Activation {
    /// The frame's fast locals.
    pub locals: *mut usize,
    /// The frame's value stack, depth 0.
    pub stack: *mut usize,
    /// Leave at the next poll when any of these is not 0: the process-wide eval breaker,
    pub poll_breaker: *const u8,
    /// the collector's request (one byte),
    pub poll_gc: *const u8,
    /// this thread's stop request (one byte; points at a zero when it has none),
    pub poll_stop: *const u8,
    /// and the global word for tracing and monitoring.
    pub poll_trace: *const u32,
    /// Set to 1 by a helper that refuses.
    pub status: u64,
    /// The exit that was taken.
    pub exit: u64,
    /// What the caller has passed, and where it finds the result.
    pub args: *mut Outgoing,
    /// The outermost activation of this entry: itself, where the frame is the interpreter's.
    pub root: *mut Activation,
    /// How many more calls may be nested in this one.
    pub depth: i64,
    /// What runs ([`crate::callee::Callee`]), where it is not the root.
    pub callee: *const core::ffi::c_void,
    /// The runtime's own part (the executing frame and virtual machine); opaque to stencils, and
    /// only set in the root.
    pub host: *mut core::ffi::c_void,
    /// What it passes to the function trace that it calls.
    pub out: Outgoing,
    /// The general registers of the pool, saved when leaving.
    pub regs: [u64; MAX_GPRS],
    /// The floating point registers of the pool.
    pub fregs: [f64; MAX_FPRS],
    /// Spill slots.
    pub spill: [u64; SPILL_SLOTS],
}
