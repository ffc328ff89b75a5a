//! From an allocated trace to code that runs.
//!
//! [`CodeCache::compile`] copies a stencil for each instruction ([`emit`]), adds the exit
//! stubs, finds room ([`code_memory`]), fills the holes for the address found ([`patch`]),
//! and publishes the result. [`glue`] is how code is entered and left; [`islands`] help branches
//! that do not reach their exits.
//!
//! Nothing is mapped before the first trace is compiled.
//!
//! # From trace to trace
//!
//! [`CodeBlock::patch_exit`] sends an exit of a block to other code, while any thread may be
//! running the block: to the entry of another block or of the same one.
//! Nothing is saved and nothing is called on the way. What arrives is what the exit had:
//!
//! - every pool register and the context register, as the exit's [`ExitInfo`] describes them;
//! - the activation record with its spill slots, which the two then share: what comes next uses
//!   those that the exit names as they are, and any others as its own;
//! - the stack as after a call: the exits of what comes next leave to the same `enter`.
//!
//! So the allocation of a block that is entered so starts with the exit's registers and slots as
//! its own. For the one who asks which exit was taken, its numbers have to be different from
//! those of all other blocks that may be entered so: [`CodeCache::compile_from`] numbers them from
//! any number on.
//!
//! [`ExitInfo`]: crate::regalloc::ExitInfo
//!
//! Worked example, without a loop: the trace `v0 = load_local 0; guard_type v0 @0x10;
//! leave` becomes
//!
//! ```text
//! mov r13, [locals + 0]        load_local: its immediate is a hole
//! cmp [r13 + type], 0x10       guard_type: class, offset, and the exit are holes
//! jne stub 0
//! jmp stub 1                   leave
//! stub 0: jmp next; exit = 0; jmp exit   the glue stores the registers and returns
//! stub 1: jmp next; exit = 1; jmp exit   (and `jmp next` is what patching changes)
//! ```
//!
//! Invariants:
//! - E1: a block that is returned has every hole filled; anything that cannot be filled is
//!   an error, and then nothing is published.
//! - E2: every path through a block ends at the glue, in its own loop, or where one of its exits
//!   was sent: nothing runs off its end.
//! - E3: what code jumps to is complete and visible to instruction fetch before the jump is
//!   written.

pub mod code_memory;
pub mod emit;
pub mod glue;
pub mod islands;
pub mod patch;

#[cfg(test)]
mod tests;

use std::fmt::{self, Write as _};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use crate::activation::Activation;
use crate::helper::{HELPERS, Helper};
use crate::ir::Uop;
use crate::regalloc::{Allocation, ExitIdx, MInst};
use crate::stencil::Library;
use crate::target::{PReg, Target};
use code_memory::{Block, CodeMemory};
pub use code_memory::{CodeCacheConfig, CodeStats};
use emit::{Emitted, Mark};
use glue::{Glue, PatchPoint};
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
    /// The code cannot be changed any more: the process has forked since it was placed, and
    /// the other one may run it too.
    Forked,
    /// The block has no stub for this exit: no instruction names it.
    NoStub(ExitIdx),
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
            Self::Forked => f.write_str("the code is shared with another process since a fork"),
            Self::NoStub(exit) => write!(f, "no instruction leaves through exit {}", exit.0),
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
        self.compile_from(alloc, 0)
    }

    /// Compiles a trace whose exits are numbered from `first_exit` on, in [`Activation::exit`]
    /// and where a `residual` names its exit to its helper.
    ///
    /// # Errors
    /// See [`CodeError`]; nothing stays behind then.
    pub fn compile_from(
        &self,
        alloc: &Allocation,
        first_exit: u32,
    ) -> Result<CodeBlock, CodeError> {
        let mut emitted = emit::emit(self.target, self.library, &self.glue.stub, alloc)?;
        emitted.first_exit = first_exit;
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
        let Emitted {
            marks,
            header,
            stubs,
            ..
        } = emitted;
        Ok(CodeBlock {
            block,
            enter: self.glue.enter,
            marks,
            header,
            stubs,
            patch: self.glue.stub.patch,
            veneer: self.glue.veneer.clone(),
            veneers: Mutex::default(),
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
    /// By exit: where its stub is.
    stubs: Vec<u32>,
    patch: PatchPoint,
    veneer: glue::Veneer,
    /// The veneers of exits that were sent further than a jump reaches. They stay for as
    /// long as the block: a thread may be in one.
    veneers: Mutex<Vec<(ExitIdx, Block)>>,
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

    /// Sends an exit somewhere else from now on: who takes it goes to `target`, with all
    /// registers and the activation as they are (see the module's text). Other threads may be
    /// running the block; those that are behind the patch point already still leave.
    ///
    /// # Errors
    /// `NoStub` when nothing leaves through that exit, `Forked` when the process has forked since
    /// the block was placed, `Full` when a jump does not reach the target and there is no
    /// room for a veneer near the block. Then the exit goes where it went before.
    ///
    /// # Safety
    /// `target` is the entry of a block of this target (or other code that keeps G1) that takes the
    /// state at this exit as its own. It is there for as long as anybody may run this block, or until
    /// the exit was sent elsewhere and everybody who ran this block then has left it.
    pub unsafe fn patch_exit(&self, exit: ExitIdx, target: *const u8) -> Result<(), CodeError> {
        let (place, address) = self.patch_point(exit)?;
        let mut veneers = self.veneers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(word) = self.word(address, target as u64) {
            return self.block.store_word(place, word);
        }
        let literal = self.veneer.literal();
        let at = match veneers.iter().position(|(of, _)| *of == exit) {
            Some(at) => at,
            None => {
                let block = self.block.place_near(&self.veneer.code)?;
                veneers.push((exit, block));
                veneers.len() - 1
            }
        };
        let veneer = &veneers[at].1;
        // First the address: nobody gets to a new veneer before it has one.
        veneer.store_long(literal, target as u64)?;
        let word = self.word(address, veneer.address() as u64);
        let word = word.map_err(|error| CodeError::Relocation { op: None, error })?;
        self.block.store_word(place, word)
    }

    /// Lets an exit leave again.
    ///
    /// # Errors
    /// `NoStub` and `Forked`, as for [`Self::patch_exit`].
    pub fn unpatch_exit(&self, exit: ExitIdx) -> Result<(), CodeError> {
        let (place, _) = self.patch_point(exit)?;
        let next = place - self.patch.word + self.patch.next;
        // SAFETY: the rest of its own stub is what follows an exit.
        unsafe { self.patch_exit(exit, self.bytes()[next..].as_ptr()) }
    }

    /// Where the word is that sends an exit: in the block, and its address.
    fn patch_point(&self, exit: ExitIdx) -> Result<(usize, u64), CodeError> {
        let stub = self.stubs.get(exit.index()).copied();
        let stub = stub.filter(|stub| *stub != emit::NO_STUB);
        let place = stub.ok_or(CodeError::NoStub(exit))? as usize + self.patch.word;
        Ok((place, (self.block.address() + place) as u64))
    }

    /// The word that sends an exit to a target.
    fn word(&self, address: u64, target: u64) -> Result<u32, RelocError> {
        let (kind, addend) = self.patch.reloc;
        let mut word = self.patch.fixed.to_le_bytes();
        patch::apply(&mut word, 0, kind, target, addend, address)?;
        Ok(u32::from_le_bytes(word))
    }

    /// The code as hexadecimal bytes, a line for each instruction of the allocation that it
    /// was compiled from: address, bytes, uop with its registers.
    #[must_use]
    pub fn dump(&self, alloc: &Allocation) -> String {
        let mut out = String::new();
        let mut line = |start: usize, end: usize, what: &str| {
            let _ = write!(out, "{:#x}:", self.block.address() + start);
            for byte in &self.bytes()[start..end] {
                let _ = write!(out, " {byte:02x}");
            }
            let _ = writeln!(out, "  ; {what}");
        };
        let mut starts = self.marks.iter().map(|mark| mark.start as usize);
        let first = starts.next().unwrap_or(self.len());
        if first > 0 {
            line(0, first, "landing pad");
        }
        for (mark, end) in self.marks.iter().zip(starts.chain([self.len()])) {
            let what = match mark.inst() {
                Some(at) => self.describe(&alloc.code[at]),
                None => format!("exit stub {}", mark.number()),
            };
            line(mark.start as usize, end, &what);
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
