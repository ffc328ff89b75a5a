//! A register-allocating copy-and-patch tracing JIT for RustPython.
//!
//! The interpreter counts backward jumps; a hot loop is recorded while it runs, the
//! recording becomes a typed trace in SSA form, and the trace becomes machine code made of
//! prebuilt pieces. The stages, one module each:
//!
//! [`install`] → [`monitor`] → [`record`] → [`build`] → [`ir`] → [`opt`] → [`regalloc`] →
//! [`stencil`] → [`codegen`] → [`compiled`] (enter) → [`runtime`] (helpers) → [`deopt`] →
//! interpreter.
//!
//! Without the feature `cp-jit` only the stages that do not know the host are built.

pub mod activation;
pub mod codegen;
pub mod events;
pub mod helper;
pub mod ir;
pub mod opt;
pub mod options;
pub mod pipeline;
pub mod regalloc;
pub mod stencil;
pub mod target;
pub mod trace_meta;

#[cfg(feature = "cp-jit")]
pub mod build;
#[cfg(feature = "cp-jit")]
pub mod compiled;
#[cfg(feature = "cp-jit")]
pub mod deopt;
#[cfg(feature = "cp-jit")]
mod install;
#[cfg(feature = "cp-jit")]
pub mod monitor;
#[cfg(feature = "cp-jit")]
pub mod record;
#[cfg(feature = "cp-jit")]
pub mod recording;
#[cfg(feature = "cp-jit")]
pub mod runtime;

#[cfg(feature = "cp-jit")]
pub use install::install;
