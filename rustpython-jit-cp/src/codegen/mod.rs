//! From an allocated trace to code that runs.
//!
//! [`CodeCache::compile`] copies a stencil for each instruction ([`emit`]), adds the exit
//! stubs, finds room ([`code_memory`]), fills the holes for the address found ([`patch`]),
//! and publishes the result. [`glue`] is how code is entered and left.
//!
//! Nothing is mapped before the first trace is compiled.
//!
//! Worked example, without a loop: the trace `v0 = load_local 0; guard_type v0 @0x10;
//! leave` becomes
//!
//! ```text
//! mov r13, [locals + 0]        load_local: its immediate is a hole
//! cmp [r13 + type], 0x10       guard_type: class, offset, and the exit are holes
//! jne stub 0
//! jmp stub 1                   leave
//! stub 0: exit = 0; jmp exit   the glue stores the registers and returns
//! stub 1: exit = 1; jmp exit
//! ```
//!
//! Invariants:
//! - E1: a block that is returned has every hole filled; anything that cannot be filled is
//!   an error, and then nothing is published.
//! - E2: every path through a block ends at the glue or in its own loop: nothing runs off
//!   its end.

pub mod code_memory;
pub mod emit;
pub mod glue;
pub mod patch;

#[cfg(test)]
mod tests;

use std::fmt::{self, Write as _};
use std::io;
use std::sync::Arc;

use crate::activation::Activation;
use crate::helper::{HELPERS, Helper};
use crate::ir::Uop;
use crate::regalloc::{Allocation, MInst};
use crate::stencil::Library;
use crate::target::{PReg, Target};
use code_memory::{Block, CodeMemory};
pub use code_memory::{CodeCacheConfig, CodeStats};
use emit::{Emitted, Mark};
use glue::Glue;
pub use patch::RelocError;

/// Why a trace has no code.
#[derive(Debug)]
pub enum CodeError {
    /// There is no code generator for this machine.
    Unsupported,
    /// There is no room for so many bytes.
    Full {
        /// How many were needed.
        needed: usize,
        /// The cache's limit.
        capacity: usize,
    },
    /// The system refused memory.
    Map(io::Error),
    /// No stencil has this assignment of registers.
    MissingStencil {
        /// The uop.
        op: Uop,
        /// Its registers.
        regs: Vec<PReg>,
    },
    /// A value cannot be written where it belongs.
    Relocation {
        /// The uop whose hole it was; none for an exit stub.
        op: Option<Uop>,
        /// What went wrong.
        error: RelocError,
    },
    /// The allocation is not what a trace has to be.
    Malformed {
        /// The uop at which that showed.
        op: Uop,
        /// What is wrong.
        reason: &'static str,
    },
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported => f.write_str("there is no code generator for this machine"),
            Self::Full { needed, capacity } => {
                write!(
                    f,
                    "the code cache ({} KiB) has no room for {needed} bytes",
                    capacity >> 10
                )
            }
            Self::Map(error) => write!(f, "the system refused memory for code: {error}"),
            Self::MissingStencil { op, regs } => {
                write!(f, "no stencil for {} with {regs:?}", op.row().name)
            }
            Self::Relocation {
                op: Some(op),
                error,
            } => write!(f, "in {}: {error}", op.row().name),
            Self::Relocation { op: None, error } => write!(f, "in an exit stub: {error}"),
            Self::Malformed { op, reason } => write!(f, "at {}: {reason}", op.row().name),
        }
    }
}

impl std::error::Error for CodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Map(error) => Some(error),
            Self::Relocation { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// What compiled code needs to know of the host.
#[derive(Clone, Copy, Debug)]
pub struct Resolver {
    /// The address of a helper's `extern "C"` function.
    pub helper: fn(Helper) -> usize,
    /// Where an object has the pointer to its class.
    pub type_offset: i32,
}

/// Enters compiled code: the activation, and a block's entry.
pub type EnterFn = unsafe extern "C" fn(*mut Activation, *const u8);

/// The compiler's last stage and the memory that its output lives in.
#[derive(Debug)]
pub struct CodeCache {
    target: &'static Target,
    library: &'static Library,
    glue: Glue,
    host: emit::Host,
    memory: Arc<CodeMemory>,
}

impl CodeCache {
    /// A cache for the machine that this runs on. Maps nothing yet.
    ///
    /// # Errors
    /// `Unsupported` when `target` is not this machine or has no stencils.
    pub fn new(
        target: &'static Target,
        config: CodeCacheConfig,
        resolver: Resolver,
    ) -> Result<Self, CodeError> {
        let runs_here = target.arch == std::env::consts::ARCH;
        let library = Library::for_target(target)
            .filter(|_| runs_here)
            .ok_or(CodeError::Unsupported)?;
        let glue = glue::assemble(target).ok_or(CodeError::Unsupported)?;
        let memory = Arc::new(CodeMemory::new(config, glue.code.clone()));
        Ok(Self {
            target,
            library,
            glue,
            host: emit::Host::new(resolver),
            memory,
        })
    }

    /// Compiles a trace.
    ///
    /// # Errors
    /// See [`CodeError`]; nothing stays behind then.
    pub fn compile(&self, alloc: &Allocation) -> Result<CodeBlock, CodeError> {
        let mut emitted = emit::emit(self.target, self.library, &self.glue.stub, alloc)?;
        let mut code = std::mem::take(&mut emitted.code);
        let block = self.memory.place(&mut code, |code, address, glue| {
            emitted.link(
                code,
                alloc,
                &self.glue,
                &self.host,
                address as u64,
                glue as u64,
            )
        })?;
        let Emitted { marks, header, .. } = emitted;
        Ok(CodeBlock {
            block,
            enter: self.glue.enter,
            marks,
            header,
            target: self.target,
        })
    }

    /// Gives a block's memory back; the same as dropping it.
    pub fn free(&self, block: CodeBlock) {
        drop(block);
    }

    /// How full the cache is.
    #[must_use]
    pub fn stats(&self) -> CodeStats {
        self.memory.stats()
    }
}

/// A compiled trace. Its memory is given back when it is dropped: whoever runs it, or
/// might, holds on to it.
#[derive(Debug)]
#[must_use]
pub struct CodeBlock {
    block: Block,
    enter: usize,
    marks: Vec<Mark>,
    header: Option<u32>,
    target: &'static Target,
}

impl CodeBlock {
    /// Where the trace starts.
    #[must_use]
    pub fn entry(&self) -> *const u8 {
        self.bytes().as_ptr()
    }

    /// The code, exit stubs included.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.block.bytes()
    }

    /// How many bytes it has.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a block is never empty")]
    pub fn len(&self) -> usize {
        self.bytes().len()
    }

    /// Where in the code the loop starts, if there is one.
    #[must_use]
    pub const fn header(&self) -> Option<usize> {
        match self.header {
            Some(header) => Some(header as usize),
            None => None,
        }
    }

    /// The function that enters this block (and any other of its cache, as long as this
    /// one lives).
    #[must_use]
    pub fn enter(&self) -> EnterFn {
        // SAFETY: the glue at the start of the block's chunk has a C function of this type
        // there, and the block keeps the chunk mapped.
        unsafe { std::mem::transmute::<*const u8, EnterFn>(self.block.glue().add(self.enter)) }
    }

    /// Runs the trace until it leaves: then [`Activation::exit`] says through which exit,
    /// and `regs` and `fregs` have the registers (unless a `residual` left, which sets
    /// neither).
    ///
    /// # Safety
    /// `activation` points at a record that is set up as the trace expects it, and nothing
    /// else uses it meanwhile. What the trace assumed when it was compiled still holds.
    pub unsafe fn run(&self, activation: *mut Activation) {
        // SAFETY: by the caller; the block is alive.
        unsafe { self.enter()(activation, self.entry()) }
    }

    /// The code as hexadecimal bytes, a line for each instruction of the allocation that it
    /// was compiled from: address, bytes, uop with its registers.
    #[must_use]
    pub fn dump(&self, alloc: &Allocation) -> String {
        let mut out = String::new();
        let ends = self
            .marks
            .iter()
            .skip(1)
            .map(|mark| mark.start as usize)
            .chain([self.len()]);
        for (mark, end) in self.marks.iter().zip(ends) {
            let start = mark.start as usize;
            let _ = write!(out, "{:#x}:", self.block.address() + start);
            for byte in &self.bytes()[start..end] {
                let _ = write!(out, " {byte:02x}");
            }
            let _ = match mark.inst() {
                Some(at) => writeln!(out, "  ; {}", self.describe(&alloc.code[at])),
                None => writeln!(out, "  ; exit stub {}", mark.number()),
            };
        }
        out
    }

    fn describe(&self, inst: &MInst) -> String {
        let mut text = inst.op.row().name.to_owned();
        for reg in &inst.regs[..usize::from(inst.nregs)] {
            let _ = write!(text, " {}", self.target.name(*reg));
        }
        if inst.op.row().imm != crate::ir::ImmKind::None {
            let _ = write!(text, " {:#x}", inst.imm);
        }
        if let Some(exit) = inst.exit {
            let _ = write!(text, " ; exit {}", exit.0);
        }
        text
    }
}

/// The addresses of all helpers, in the order of the table.
fn helper_addresses(resolver: Resolver) -> Vec<usize> {
    HELPERS
        .iter()
        .map(|helper| (resolver.helper)(*helper))
        .collect()
}
