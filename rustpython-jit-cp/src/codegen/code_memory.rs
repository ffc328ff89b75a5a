//! Where compiled code lives: chunks of memory, each mapped twice.
//!
//! A chunk is one anonymous memory file with a read-write view and a read-execute view.
//! The emitter writes through the first, the processor runs the second; no address is
//! ever both writable and executable. The file is closed as soon as it is mapped, so
//! that the program's own file descriptors look as they do without the JIT.
//!
//! Nothing is mapped before the first block is placed. Then the pool grows a chunk at a
//! time up to its capacity; a chunk never moves. Each starts with a copy of the shared
//! glue, so that every jump from a block to the glue stays inside one chunk.
//!
//! Invariants:
//! - C1: live blocks and free spans partition what follows the glue in each chunk; free
//!   spans are sorted and no two touch.
//! - C2: only bytes of a block that is not yet published are written. (Freed blocks are
//!   not published any more: who frees one promises that no thread runs it.) The exception
//!   are words that the emitter has made to be changed: the displacement of a jump, an address
//!   that a veneer loads. One store changes such a word, which is aligned, so that whoever
//!   reads or runs it finds the old or the new value.
//! - C3: after a fork neither process overwrites what the other may run. Both views are
//!   shared mappings, so parent and child see the same bytes. The child never places
//!   anything in an inherited chunk: it maps new ones. The parent never reuses a block
//!   that existed at the time of a fork; memory that was free then stays the parent's,
//!   for the child does not touch it. Neither changes a word of such a block (C2).
//! - C4: no thread holds the lock of a pool while the process forks (the fork handlers
//!   take the same gate), so the child never inherits a locked pool.
//!
//! Worked example: a pool with chunks of 64 KiB and a capacity of 128 KiB. Placing a
//! block of 100 bytes maps the first chunk, copies the glue to its start and takes 128
//! bytes (two lines) after it. Dropping the block gives those back; the next block of
//! the same size lies at the same address. Placing 70,000 bytes gives `CodeError::Full`:
//! a new chunk of that size would exceed the capacity.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};

use memmap2::{Mmap, MmapOptions, MmapRaw};

use super::CodeError;

/// What blocks are aligned to, and their sizes are multiples of: a cache line.
pub const LINE: usize = 64;
/// What the sizes of chunks are multiples of.
const PAGE: usize = 4096;
/// The most a chunk may have: every jump inside one then reaches (26 bits of words on
/// aarch64, where conditional branches may need an [island](super::islands); 31 bits of bytes
/// on x86-64).
const MAX_CHUNK: usize = 64 << 20;

/// How large a pool is and by which steps it grows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CodeCacheConfig {
    /// The most bytes that are mapped at a time.
    pub capacity: usize,
    /// How many bytes are mapped at once.
    pub chunk: usize,
}

impl Default for CodeCacheConfig {
    fn default() -> Self {
        Self {
            capacity: 16 << 20,
            chunk: 256 << 10,
        }
    }
}

/// How full a pool is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CodeStats {
    /// Bytes in live blocks, rounded up to lines, and in blocks that a fork has made unusable.
    pub used: usize,
    /// Bytes mapped.
    pub mapped: usize,
    /// The most that may be mapped.
    pub capacity: usize,
    /// How many chunks are mapped.
    pub chunks: usize,
}

/// What both sides of a fork know of it.
mod fork {
    use super::{AtomicBool, AtomicU64, Once, Ordering};

    /// How often this process has forked or been forked.
    static FORKS: AtomicU64 = AtomicU64::new(0);
    /// How many generations of children this process is away from the one that started
    /// the JIT.
    static GENERATION: AtomicU64 = AtomicU64::new(0);
    /// Taken by whoever changes a pool, and while the process forks.
    static GATE: AtomicBool = AtomicBool::new(false);

    extern "C" fn prepare() {
        close();
        FORKS.fetch_add(1, Ordering::Relaxed);
    }

    extern "C" fn parent() {
        open();
    }

    extern "C" fn child() {
        GENERATION.fetch_add(1, Ordering::Relaxed);
        open();
    }

    fn close() {
        // Whoever holds it does a few microseconds of work, so there is no queue to keep.
        while GATE
            .compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed)
            .is_err()
        {
            std::thread::yield_now();
        }
    }

    fn open() {
        GATE.store(false, Ordering::Release);
    }

    /// Holds off forks.
    pub(super) struct Hold(());

    pub(super) fn hold() -> Hold {
        close();
        Hold(())
    }

    impl Hold {
        pub(super) fn forks(&self) -> u64 {
            FORKS.load(Ordering::Relaxed)
        }

        pub(super) fn generation(&self) -> u64 {
            GENERATION.load(Ordering::Relaxed)
        }
    }

    impl Drop for Hold {
        fn drop(&mut self) {
            open();
        }
    }

    /// Makes forks of this process known from now on.
    pub(super) fn watch() {
        static WATCH: Once = Once::new();
        WATCH.call_once(|| {
            #[cfg(unix)]
            // SAFETY: the three functions stay valid for the process's life and only touch
            // the atomics above, which a handler may.
            let code = unsafe { libc::pthread_atfork(Some(prepare), Some(parent), Some(child)) };
            #[cfg(unix)]
            assert_eq!(code, 0, "there is memory for three fork handlers");
        });
    }
}

/// A chunk's two views.
#[derive(Debug)]
struct Chunk {
    write: MmapRaw,
    exec: Mmap,
    /// The generation of the process that mapped it.
    generation: u64,
}

impl Chunk {
    fn new(size: usize, glue: &[u8], generation: u64) -> io::Result<Self> {
        let file = memory_file(size)?;
        let mut options = MmapOptions::new();
        options.len(size);
        let write = options.map_raw(&file)?;
        // SAFETY: the file has no name and its descriptor is closed below, so nobody changes
        // it but through `write`, where C2 holds. Bytes are only read as `&[u8]` once they
        // are published.
        let exec = unsafe { options.map_exec(&file)? };
        guard_branches(&exec);
        let chunk = Self {
            write,
            exec,
            generation,
        };
        chunk.write(0, glue);
        Ok(chunk)
    }

    /// Writes code and makes it visible to instruction fetch.
    fn write(&self, start: usize, code: &[u8]) {
        assert!(
            start <= self.exec.len() && code.len() <= self.exec.len() - start,
            "inside the chunk"
        );
        // SAFETY: the range lies in both views (just checked), which do not overlap with
        // `code`; nobody reads or runs it yet (C2).
        unsafe {
            let write = self.write.as_mut_ptr().add(start);
            std::ptr::copy_nonoverlapping(code.as_ptr(), write, code.len());
            synchronize(write, self.exec.as_ptr().add(start), code.len());
        }
    }

    fn address(&self) -> usize {
        self.exec.as_ptr() as usize
    }

    /// Changes an aligned word of published code by `store`, and makes that visible.
    ///
    /// # Safety
    /// The word belongs to a published block, and is one that may change (C2).
    unsafe fn change<T>(&self, start: usize, store: impl FnOnce(&T)) {
        let size = size_of::<T>();
        assert!(start.is_multiple_of(size) && start + size <= self.exec.len());
        // SAFETY: the word lies in both views and is aligned, as chunks are. All others that
        // access it do so through the executable view, which Rust does not know to be the
        // same memory.
        unsafe {
            let word = self.write.as_mut_ptr().add(start);
            store(&*word.cast::<T>());
            synchronize(word, self.exec.as_ptr().add(start), size);
        }
    }
}

/// An anonymous memory file of a size.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn memory_file(size: usize) -> io::Result<std::fs::File> {
    use std::os::fd::FromRawFd as _;
    // Making a file larger than the process may is not an error but a signal that ends it.
    let mut limit = libc::rlimit {
        rlim_cur: libc::RLIM_INFINITY,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: the pointer is to a live local of the right type.
    unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) };
    if limit.rlim_cur < size as libc::rlim_t {
        return Err(io::Error::from_raw_os_error(libc::EFBIG));
    }
    let name = c"rustpython-jit";
    // Kernels from 6.3 want to be told that the file is to be executable; older ones do not
    // know the flag.
    let create = |flags| {
        // SAFETY: the name is a C string; the call has no other requirement.
        unsafe { libc::memfd_create(name.as_ptr(), flags) }
    };
    let mut fd = create(libc::MFD_CLOEXEC | libc::MFD_EXEC);
    if fd < 0 && io::Error::last_os_error().raw_os_error() == Some(libc::EINVAL) {
        fd = create(libc::MFD_CLOEXEC);
    }
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new, and nobody else owns it.
    let file = unsafe { std::fs::File::from_raw_fd(fd) };
    file.set_len(size as u64)?;
    Ok(file)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn memory_file(_size: usize) -> io::Result<std::fs::File> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "this system has no memory files",
    ))
}

/// Where processor and system can, lets computed jumps into the memory land on landing pads only
/// (BTI).
#[cfg(all(target_arch = "aarch64", target_os = "linux"))]
fn guard_branches(exec: &Mmap) {
    const PROT_BTI: i32 = 0x10;
    if has_landing_pads() {
        // SAFETY: the range is a mapping of its own, and keeps the rights that it has. All code
        // that is placed there has its pads (G6 of the glue).
        unsafe {
            libc::mprotect(
                exec.as_ptr().cast_mut().cast(),
                exec.len(),
                libc::PROT_READ | libc::PROT_EXEC | PROT_BTI,
            )
        };
        // Refused, it is as on processors without.
    }
}

/// Whether the processor has BTI and the system lets it be used.
#[cfg(all(target_arch = "aarch64", target_os = "linux"))]
pub(super) fn has_landing_pads() -> bool {
    const HWCAP2_BTI: u64 = 1 << 17;
    // SAFETY: asks about this process; there are no requirements.
    unsafe { libc::getauxval(libc::AT_HWCAP2) & HWCAP2_BTI != 0 }
}

#[cfg(not(all(target_arch = "aarch64", target_os = "linux")))]
fn guard_branches(_exec: &Mmap) {}

/// Makes instruction fetch see what was written.
///
/// # Safety
/// Both ranges are mapped and are views of the same memory.
#[cfg(target_arch = "aarch64")]
pub(crate) unsafe fn synchronize(write: *const u8, exec: *const u8, len: usize) {
    use core::arch::asm;
    let ctr: u64;
    // SAFETY: every Linux lets user code read the cache type register.
    unsafe { asm!("mrs {}, ctr_el0", out(reg) ctr, options(nomem, nostack, preserves_flags)) };
    let data_line = 4_usize << (ctr >> 16 & 15);
    let code_line = 4_usize << (ctr & 15);
    let lines = |start: *const u8, line: usize| {
        let first = start as usize & !(line - 1);
        (first..start as usize + len).step_by(line)
    };
    for line in lines(write, data_line) {
        // SAFETY: the line is mapped; cleaning it has no effect on its contents.
        unsafe { asm!("dc cvau, {}", in(reg) line, options(nostack, preserves_flags)) };
    }
    // SAFETY: a barrier.
    unsafe { asm!("dsb ish", options(nostack, preserves_flags)) };
    for line in lines(exec, code_line) {
        // SAFETY: the line is mapped; invalidating it has no effect on its contents.
        unsafe { asm!("ic ivau, {}", in(reg) line, options(nostack, preserves_flags)) };
    }
    // SAFETY: barriers.
    unsafe { asm!("dsb ish", "isb", options(nostack, preserves_flags)) };
    synchronize_other_threads();
}

/// Other cores may still hold instructions that they fetched before. Whoever gets to new code by
/// way of `enter` passes its `isb`; threads that already run compiled code, and may get there by a
/// call or a patched exit, are made to do the same by the system.
#[cfg(all(target_arch = "aarch64", target_os = "linux"))]
fn synchronize_other_threads() {
    /// From linux/membarrier.h.
    const SYNC_CORE: i64 = 1 << 5;
    const REGISTER_SYNC_CORE: i64 = 1 << 6;
    // SAFETY: the call has no pointers. Systems before Linux 4.16 refuse it; there the window is
    // what a core has fetched ahead.
    let barrier = |command: i64| unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) };
    if barrier(SYNC_CORE) != 0 && barrier(REGISTER_SYNC_CORE) == 0 {
        barrier(SYNC_CORE);
    }
}

#[cfg(all(target_arch = "aarch64", not(target_os = "linux")))]
fn synchronize_other_threads() {}

/// Makes instruction fetch see what was written: x86 processors do so by themselves.
///
/// # Safety
/// None here; see the other targets.
#[cfg(target_arch = "x86_64")]
pub(crate) unsafe fn synchronize(_write: *const u8, _exec: *const u8, _len: usize) {}

/// There is no glue for other machines, so that nothing is placed there.
///
/// # Safety
/// None here; see the other targets.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) unsafe fn synchronize(_write: *const u8, _exec: *const u8, _len: usize) {
    unreachable!("a new target says how")
}

/// Free bytes of a chunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Span {
    start: usize,
    len: usize,
}

/// A chunk and what is free in it (C1).
#[derive(Debug)]
struct Pool {
    chunk: Arc<Chunk>,
    free: Vec<Span>,
}

impl Pool {
    fn take(&mut self, len: usize) -> Option<usize> {
        let at = self.free.iter().position(|span| span.len >= len)?;
        let span = &mut self.free[at];
        let start = span.start;
        span.start += len;
        span.len -= len;
        if span.len == 0 {
            self.free.remove(at);
        }
        Some(start)
    }

    fn give(&mut self, start: usize, len: usize) {
        let at = self.free.partition_point(|span| span.start < start);
        let joins_next = self
            .free
            .get(at)
            .is_some_and(|next| start + len == next.start);
        let joins_last = at > 0 && self.free[at - 1].start + self.free[at - 1].len == start;
        match (joins_last, joins_next) {
            (true, true) => self.free[at - 1].len += len + self.free.remove(at).len,
            (true, false) => self.free[at - 1].len += len,
            (false, true) => {
                self.free[at] = Span {
                    start,
                    len: len + self.free[at].len,
                }
            }
            (false, false) => self.free.insert(at, Span { start, len }),
        }
    }
}

#[derive(Debug, Default)]
struct State {
    pools: Vec<Pool>,
    used: usize,
    /// The generation of the process that `pools` belong to.
    generation: u64,
}

impl State {
    fn mapped(&self) -> usize {
        self.pools.iter().map(|pool| pool.chunk.exec.len()).sum()
    }

    /// Forgets what belongs to the parent (C3). Blocks in it keep it mapped.
    fn disown(&mut self, generation: u64) {
        if self.generation != generation {
            *self = Self {
                generation,
                ..Self::default()
            };
        }
    }
}

/// The pool.
#[derive(Debug)]
pub struct CodeMemory {
    config: CodeCacheConfig,
    glue: Vec<u8>,
    state: Mutex<State>,
}

impl CodeMemory {
    /// A pool that maps nothing yet. `glue` comes at the start of every chunk; it has to be
    /// position-independent.
    #[must_use]
    pub fn new(config: CodeCacheConfig, glue: Vec<u8>) -> Self {
        Self {
            config,
            glue,
            state: Mutex::default(),
        }
    }

    /// A poisoned lock is taken all the same: every change below keeps C1 at each step that
    /// can panic.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Places code: finds room, lets `link` finish the code for its address, and publishes it.
    /// `link` gets the code, the address that it will run at, and that of the glue.
    ///
    /// # Errors
    /// `Full` when there is no room, `Map` when the system refuses memory, and what `link`
    /// returns (then the room is free again).
    pub fn place(
        self: &Arc<Self>,
        code: &mut [u8],
        link: impl FnOnce(&mut [u8], usize, usize) -> Result<(), CodeError>,
    ) -> Result<Block, CodeError> {
        let block = self.allocate(code.len())?;
        link(code, block.address(), block.chunk.address())?;
        block.chunk.write(block.start, code);
        Ok(block)
    }

    /// Places finished code in the same chunk as a block, for example in reach of its jumps.
    fn place_near(self: &Arc<Self>, near: &Block, code: &[u8]) -> Result<Block, CodeError> {
        let size = code.len().max(1).next_multiple_of(LINE);
        let hold = fork::hold();
        near.must_be_own(&hold)?;
        let mut state = self.lock();
        let start = state
            .pools
            .iter_mut()
            .find(|pool| Arc::ptr_eq(&pool.chunk, &near.chunk))
            .and_then(|pool| pool.take(size))
            .ok_or(CodeError::Full {
                needed: size,
                capacity: self.config.capacity,
            })?;
        state.used += size;
        let block = Block {
            memory: Arc::clone(self),
            chunk: Arc::clone(&near.chunk),
            start,
            len: code.len(),
            forks: hold.forks(),
        };
        block.chunk.write(start, code);
        Ok(block)
    }

    fn allocate(self: &Arc<Self>, len: usize) -> Result<Block, CodeError> {
        fork::watch();
        let size = len.max(1).next_multiple_of(LINE);
        let hold = fork::hold();
        let mut state = self.lock();
        state.disown(hold.generation());
        let found = state
            .pools
            .iter_mut()
            .find_map(|pool| Some((pool.take(size)?, Arc::clone(&pool.chunk))));
        let (start, chunk) = match found {
            Some(found) => found,
            None => {
                let mut pool = self.grow(&state, size, hold.generation())?;
                let start = pool.take(size).expect("the chunk was made large enough");
                let chunk = Arc::clone(&pool.chunk);
                state.pools.push(pool);
                (start, chunk)
            }
        };
        state.used += size;
        Ok(Block {
            memory: Arc::clone(self),
            chunk,
            start,
            len,
            forks: hold.forks(),
        })
    }

    /// Maps a chunk with room for a block.
    fn grow(&self, state: &State, size: usize, generation: u64) -> Result<Pool, CodeError> {
        let glue = self.glue.len().next_multiple_of(LINE);
        let needed = (size + glue).next_multiple_of(PAGE);
        let left = self.config.capacity.saturating_sub(state.mapped());
        if needed > left || needed > MAX_CHUNK {
            return Err(CodeError::Full {
                needed: size,
                capacity: self.config.capacity,
            });
        }
        let chunk = self.config.chunk.min(left).min(MAX_CHUNK) / PAGE * PAGE;
        let chunk =
            Chunk::new(chunk.max(needed), &self.glue, generation).map_err(CodeError::Map)?;
        let free = vec![Span {
            start: glue,
            len: chunk.exec.len() - glue,
        }];
        Ok(Pool {
            chunk: Arc::new(chunk),
            free,
        })
    }

    /// How full it is.
    #[must_use]
    pub fn stats(&self) -> CodeStats {
        let hold = fork::hold();
        let mut state = self.lock();
        state.disown(hold.generation());
        CodeStats {
            used: state.used,
            mapped: state.mapped(),
            capacity: self.config.capacity,
            chunks: state.pools.len(),
        }
    }

    /// Whether there is no chunk yet.
    #[cfg(test)]
    fn is_unmapped(&self) -> bool {
        self.lock().pools.is_empty()
    }
}

/// A placed piece of code. Its memory is free again when it is dropped, so whoever may
/// run it holds on to it (C2).
#[derive(Debug)]
#[must_use]
pub struct Block {
    memory: Arc<CodeMemory>,
    chunk: Arc<Chunk>,
    start: usize,
    len: usize,
    /// How many forks there had been when it was placed.
    forks: u64,
}

impl Block {
    /// Where it runs.
    #[must_use]
    pub fn address(&self) -> usize {
        self.chunk.address() + self.start
    }

    /// Where its chunk's copy of the glue is.
    #[must_use]
    pub fn glue(&self) -> *const u8 {
        self.chunk.exec.as_ptr()
    }

    /// Places more code in the same chunk.
    ///
    /// # Errors
    /// `Full` when the chunk has no room, `Forked` when it is not this process's alone.
    pub fn place_near(&self, code: &[u8]) -> Result<Self, CodeError> {
        self.memory.place_near(self, code)
    }

    /// Changes 32 bits of the code, at a multiple of 4.
    ///
    /// # Errors
    /// `Forked` when another process may run it.
    pub fn store_word(&self, offset: usize, value: u32) -> Result<(), CodeError> {
        assert!(offset + 4 <= self.len, "inside the block");
        let hold = fork::hold();
        self.must_be_own(&hold)?;
        // SAFETY: inside this block, which is published; the emitter asks for words only that
        // may change.
        unsafe {
            self.chunk.change(self.start + offset, |word: &AtomicU32| {
                word.store(value.to_le(), Ordering::Release);
            });
        }
        Ok(())
    }

    /// Changes 64 bits of the code, at a multiple of 8.
    ///
    /// # Errors
    /// `Forked` when another process may run it.
    pub fn store_long(&self, offset: usize, value: u64) -> Result<(), CodeError> {
        assert!(offset + 8 <= self.len, "inside the block");
        let hold = fork::hold();
        self.must_be_own(&hold)?;
        // SAFETY: as above.
        unsafe {
            self.chunk.change(self.start + offset, |word: &AtomicU64| {
                word.store(value.to_le(), Ordering::Release);
            });
        }
        Ok(())
    }

    /// Whether no other process can run it (C3).
    fn must_be_own(&self, hold: &fork::Hold) -> Result<(), CodeError> {
        if self.chunk.generation == hold.generation() && self.forks == hold.forks() {
            Ok(())
        } else {
            Err(CodeError::Forked)
        }
    }

    /// The code.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the range was checked when it was written; it does not change while the
        // block lives, but for words that change in one store (C2).
        unsafe { std::slice::from_raw_parts(self.chunk.exec.as_ptr().add(self.start), self.len) }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        let hold = fork::hold();
        // The parent's chunk is not ours to change (C3).
        if self.chunk.generation != hold.generation() {
            return;
        }
        let mut state = self.memory.lock();
        // A child may run it for as long as it likes (C3).
        if self.forks != hold.forks() {
            return;
        }
        let size = self.len.max(1).next_multiple_of(LINE);
        if cfg!(debug_assertions) {
            // 0xcc is a breakpoint on x86-64, and 0xcccccccc is no instruction on aarch64.
            self.chunk.write(self.start, &vec![0xcc; size]);
        }
        state.used -= size;
        if let Some(pool) = state
            .pools
            .iter_mut()
            .find(|pool| Arc::ptr_eq(&pool.chunk, &self.chunk))
        {
            pool.give(self.start, size);
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    fn memory(capacity: usize, chunk: usize) -> Arc<CodeMemory> {
        Arc::new(CodeMemory::new(
            CodeCacheConfig { capacity, chunk },
            vec![0xf4; 100],
        ))
    }

    fn place(memory: &Arc<CodeMemory>, len: usize, fill: u8) -> Result<Block, CodeError> {
        memory.place(&mut vec![fill; len], |_, _, _| Ok(()))
    }

    /// Runs something in a forked child; true when it says so.
    #[cfg(target_os = "linux")]
    pub(in crate::codegen) fn in_child(run: impl FnOnce() -> bool) -> bool {
        // SAFETY: the child runs what it is given and ends without returning.
        unsafe {
            let pid = libc::fork();
            assert!(pid >= 0);
            if pid == 0 {
                let good =
                    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_or(false);
                libc::_exit(i32::from(!good));
            }
            let mut status = 0;
            assert_eq!(libc::waitpid(pid, &raw mut status, 0), pid);
            libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
        }
    }

    // One after the other: a fork in one test would keep the other's freed blocks from
    // being reused.
    static SERIAL: Mutex<()> = Mutex::new(());

    pub(in crate::codegen) fn serial() -> MutexGuard<'static, ()> {
        SERIAL.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[test]
    fn maps_nothing_until_needed() {
        let memory = memory(1 << 20, 1 << 16);
        assert!(memory.is_unmapped());
        let block = place(&memory, 10, 0x90).unwrap();
        assert_eq!(block.bytes(), [0x90; 10]);
        assert_eq!(
            memory.stats(),
            CodeStats {
                used: 64,
                mapped: 1 << 16,
                capacity: 1 << 20,
                chunks: 1
            }
        );
        assert_eq!(block.address() % LINE, 0);
    }

    #[test]
    fn reuses_freed_blocks_and_joins_them() {
        let _serial = serial();
        let memory = memory(PAGE, PAGE);
        // 100 bytes of glue take two lines, which leaves 62.
        let mut blocks: Vec<Block> = (0..62).map(|n| place(&memory, 64, n).unwrap()).collect();
        assert!(matches!(
            place(&memory, 1, 0),
            Err(CodeError::Full {
                needed: 64,
                capacity: PAGE
            })
        ));
        let (a, b) = (blocks.remove(10), blocks.remove(10));
        let address = a.address();
        drop(b);
        assert!(matches!(place(&memory, 65, 0), Err(CodeError::Full { .. })));
        drop(a);
        let joined = place(&memory, 128, 0xaa).unwrap();
        assert_eq!(joined.address(), address);
        assert!(blocks[9].bytes() == [9; 64] && blocks[10].bytes() == [12; 64]);
        drop((joined, blocks));
        assert_eq!(memory.stats().used, 0);
        assert_eq!(
            memory.lock().pools[0].free,
            [Span {
                start: 128,
                len: PAGE - 128
            }]
        );
    }

    #[test]
    fn grows_up_to_the_capacity() {
        let memory = memory(3 * PAGE, PAGE);
        let small = place(&memory, 1, 1).unwrap();
        // Larger than a chunk: gets one of its own.
        let large = place(&memory, PAGE + 1, 2).unwrap();
        assert_eq!(memory.stats().mapped, 3 * PAGE);
        assert!(matches!(
            place(&memory, PAGE, 3),
            Err(CodeError::Full { .. })
        ));
        assert_eq!((small.bytes()[0], large.bytes()[PAGE]), (1, 2));
    }

    #[test]
    fn room_is_free_again_when_linking_fails() {
        let _serial = serial();
        let memory = memory(PAGE, PAGE);
        let result = memory.place(&mut [0; 8], |_, _, _| Err(CodeError::Unsupported));
        assert!(matches!(result, Err(CodeError::Unsupported)));
        assert_eq!(memory.stats().used, 0);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn no_address_is_writable_and_executable() {
        let memory = memory(1 << 20, 1 << 16);
        let block = place(&memory, 1, 0).unwrap();
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let rights = |address: usize| {
            let line = maps.lines().find(|line| {
                let (from, to) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
                let parse = |text| usize::from_str_radix(text, 16).unwrap();
                (parse(from)..parse(to)).contains(&address)
            });
            line.unwrap().split(' ').nth(1).unwrap().to_owned()
        };
        assert_eq!(rights(block.address()), "r-xs");
        assert_eq!(rights(block.chunk.write.as_ptr() as usize), "rw-s");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn fork_keeps_both_sides_apart() {
        let _serial = serial();
        let memory = memory(2 * PAGE, PAGE);
        let before = place(&memory, 64, 1).unwrap();
        let hole = place(&memory, 64, 2).unwrap().address();
        let inherited = before.address();
        let child_is_right = in_child(|| {
            // The child's chunk is another one, and its limit its own.
            let own = place(&memory, 64, 3).unwrap();
            let apart = own.address().abs_diff(inherited) >= PAGE;
            let stats = memory.stats();
            let unchanged = before.bytes() == [1; 64];
            drop(before);
            apart && unchanged && stats.chunks == 1 && stats.used == 64 && memory.stats().used == 64
        });
        assert!(child_is_right);
        // By now the parent has dropped `before` as well, which frees nothing.
        let again = place(&memory, 64, 4).unwrap();
        assert_eq!(
            again.address(),
            hole,
            "what was free at the fork is the parent's"
        );
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn parent_does_not_reuse_what_a_child_may_run() {
        let _serial = serial();
        let memory = memory(2 * PAGE, PAGE);
        let before = place(&memory, 64, 1).unwrap();
        let address = before.address();
        assert!(in_child(|| true));
        let after = place(&memory, 64, 5).unwrap();
        let after_address = after.address();
        drop((before, after));
        let reused = place(&memory, 64, 6).unwrap();
        assert_eq!(reused.address(), after_address);
        assert_ne!(reused.address(), address);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn refused_mappings_are_errors() {
        let _serial = serial();
        let limit = |resource, value| {
            let limit = libc::rlimit {
                rlim_cur: value,
                rlim_max: value,
            };
            // SAFETY: the structure is alive; the child's own limit changes.
            assert_eq!(unsafe { libc::setrlimit(resource, &raw const limit) }, 0);
        };
        for resource in [libc::RLIMIT_AS, libc::RLIMIT_NOFILE] {
            let refused = in_child(|| {
                let memory = memory(1 << 30, 32 << 20);
                limit(
                    resource,
                    if resource == libc::RLIMIT_AS {
                        1 << 20
                    } else {
                        0
                    },
                );
                let error = place(&memory, 64, 1).unwrap_err();
                matches!(error, CodeError::Map(_)) && memory.stats().used == 0
            });
            assert!(refused);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
        /// Blocks never overlap, keep their bytes, and all room comes back.
        #[test]
        fn blocks_are_apart(steps in prop::collection::vec((any::<bool>(), 1_usize..600, any::<u8>()), 1..120)) {
            let _serial = serial();
            let memory = memory(4 * PAGE, PAGE);
            let mut live: Vec<(Block, u8)> = Vec::new();
            for (add, len, fill) in steps {
                if add || live.is_empty() {
                    match place(&memory, len, fill) {
                        Ok(block) => live.push((block, fill)),
                        Err(CodeError::Full { .. }) => {}
                        Err(error) => prop_assert!(false, "{error}"),
                    }
                } else {
                    drop(live.swap_remove(len % live.len()));
                }
                for (block, fill) in &live {
                    prop_assert!(block.bytes().iter().all(|byte| byte == fill));
                }
            }
            live.clear();
            let state = memory.lock();
            prop_assert_eq!(state.used, 0);
            for pool in &state.pools {
                prop_assert_eq!(pool.free.len(), 1);
            }
        }
    }
}
