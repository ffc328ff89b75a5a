//! The activation record: what compiled code shares with the runtime.
//!
//! One lives on the native stack for each entry into compiled code; its address is
//! in the context register throughout. `stencils/src/activation.h` is the same
//! structure in C; a test compares the offsets.
//!
//! Invariants:
//! - A1: `locals` and `stack` point at the frame's storage; the runtime sets them again after
//!   anything that may move it.
//! - A2: `regs` and `fregs` are only meaningful between a leave and its deopt, or inside a
//!   residual call.
//! - A3: `poll_*` are valid for as long as the thread runs.

use crate::target::{MAX_FPRS, MAX_GPRS};

/// How many spill slots an activation has; a trace that needs more is not compiled.
pub const SPILL_SLOTS: usize = 64;

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
    /// The general registers of the pool, saved when leaving.
    pub regs: [u64; MAX_GPRS],
    /// The floating point registers of the pool.
    pub fregs: [f64; MAX_FPRS],
    /// Spill slots.
    pub spill: [u64; SPILL_SLOTS],
    /// The runtime's own part (the executing frame and virtual machine); opaque to stencils.
    pub host: *mut core::ffi::c_void,
}
