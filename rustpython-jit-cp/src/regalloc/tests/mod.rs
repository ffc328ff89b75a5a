//! Tests of the register allocator: random traces against the checker and against a machine
//! that executes allocated code, hand-written loops that must come out without inserted code,
//! and broken allocations that the checker must reject.

mod functions;
mod generate;
mod machine;
mod mutation;
mod quality;
mod random;

use super::{Allocation, Error, Options, allocate, checker};
use crate::ir::{Inst, InstIdx, SnapIdx, SnapValue, Snapshot, Trace, Uop};
use crate::target::{AARCH64, Target, X86_64};

const TARGETS: [&Target; 2] = [&X86_64, &AARCH64];
