//! The parts of the JIT crate that the builder shares: the uop table, the targets, the
//! activation record and the format of the tables.
//!
//! They are included by path, not as a dependency: the JIT crate contains what the builder
//! generates, and must not be needed to generate it.
#![allow(dead_code, reason = "the builder uses a part of each file")]

#[path = "../../../rustpython-jit-cp/src/activation.rs"]
pub mod activation;
#[path = "../../../rustpython-jit-cp/src/stencil/table.rs"]
pub mod table;
#[path = "../../../rustpython-jit-cp/src/target.rs"]
pub mod target;
#[path = "../../../rustpython-jit-cp/src/ir/uop.rs"]
mod uop;

pub use uop::{RegClass, Shape, Ty, UOPS, Uop, UopRow};
