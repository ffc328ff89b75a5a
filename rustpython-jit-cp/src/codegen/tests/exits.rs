//! Exits that are sent elsewhere: run on this machine.

use std::sync::MutexGuard;
use std::sync::atomic::AtomicBool;

use super::super::code_memory::{LINE, synchronize, tests::serial};
use super::*;

/// The tests here hold off those that fork: after that, nothing can be patched.
fn quiet() -> MutexGuard<'static, ()> {
    serial()
}

fn run_block(block: &CodeBlock) -> Activation {
    let mut activation = activation();
    // SAFETY: the activation is set up.
    unsafe { block.run(&raw mut activation) };
    activation
}

/// Leaves with 5 in r0 and 2.5 in f0.
fn parent(cache: &CodeCache) -> CodeBlock {
    compile(
        cache,
        vec![
            inst(Uop::const_int, &[r(0)], 5),
            inst(Uop::const_int, &[r(8)], 6),
            inst(Uop::const_float, &[f(0)], 2.5_f64.to_bits()),
            inst(Uop::spill_gpr, &[r(8)], slot_offset(3)),
            exits(Uop::leave, &[], 0, 0),
        ],
    )
}

/// Takes on the parent's state, and leaves through exit `number` with a sum in r7.
fn child(cache: &CodeCache, number: u32) -> CodeBlock {
    let alloc = allocation(vec![
        inst(Uop::reload_gpr, &[r(2)], slot_offset(3)),
        exits(Uop::int_add, &[r(0), r(2), r(7)], 0, 1),
        inst(Uop::float_add, &[f(0), f(0), f(6)], 0),
        exits(Uop::leave, &[], 0, 0),
    ]);
    cache.compile_from(&alloc, number).unwrap()
}

#[test]
fn a_patched_exit_goes_on_with_all_registers() {
    let _quiet = quiet();
    let cache = cache();
    let (from, to) = (parent(&cache), child(&cache, 100));
    let leaves = |block: &CodeBlock| {
        let end = run_block(block);
        (end.exit, end.regs[0], end.regs[8], end.fregs[0])
    };
    assert_eq!(leaves(&from), (0, 5, 6, 2.5));
    // SAFETY: `to` takes what `from` leaves, and outlives it.
    unsafe { from.patch_exit(ExitIdx(0), to.entry()) }.unwrap();
    let end = run_block(&from);
    assert_eq!(
        (end.exit, end.regs[0], end.regs[7], end.fregs[6]),
        (100, 5, 11, 5.0)
    );
    from.unpatch_exit(ExitIdx(0)).unwrap();
    assert_eq!(leaves(&from), (0, 5, 6, 2.5));
    let error = from.unpatch_exit(ExitIdx(1)).unwrap_err().to_string();
    assert_eq!(error, "no instruction leaves through exit 1");
    assert_eq!(
        cache.stats().used,
        from.len().next_multiple_of(LINE) + to.len().next_multiple_of(LINE)
    );
}

/// A block counts in r0 up to 1000; its exit leads to one that adds 10 to r1 and goes back, until
/// that is 200. Neither leaves meanwhile.
#[test]
fn two_blocks_can_be_a_loop() {
    let _quiet = quiet();
    let cache = cache();
    let start = compile(
        &cache,
        vec![
            inst(Uop::const_int, &[r(1)], 0),
            exits(Uop::leave, &[], 0, 0),
        ],
    );
    let inner = compile(
        &cache,
        vec![
            inst(Uop::const_int, &[r(0)], 0),
            inst(Uop::loop_header, &[], 0),
            exits(Uop::int_add_imm, &[r(0), r(0)], 1, 0),
            exits(Uop::guard_int_lt_imm, &[r(0)], 1000, 1),
            inst(Uop::jump_loop, &[], 0),
        ],
    );
    let outer = vec![
        exits(Uop::int_add, &[r(0), r(1), r(2)], 0, 0),
        exits(Uop::int_add_imm, &[r(1), r(1)], 10, 0),
        exits(Uop::guard_int_lt_imm, &[r(1)], 200, 1),
        exits(Uop::leave, &[], 0, 2),
    ];
    let outer = cache.compile_from(&allocation(outer), 50).unwrap();
    // SAFETY: each takes what the other leaves, and all are dropped together.
    unsafe {
        start.patch_exit(ExitIdx(0), inner.entry()).unwrap();
        inner.patch_exit(ExitIdx(1), outer.entry()).unwrap();
        outer.patch_exit(ExitIdx(2), inner.entry()).unwrap();
    }
    let end = run_block(&start);
    assert_eq!(
        (end.exit, end.regs[0], end.regs[1], end.regs[2]),
        (51, 1000, 200, 1190)
    );
}

/// Memory with code that nothing near reaches: at 0 it only returns, at [`FAR_EXIT`] it says that it
/// was exit 77 first.
struct Far(*mut u8);

const FAR_EXIT: usize = 64;
const FAR_LEN: usize = 4096;

#[cfg(target_arch = "x86_64")]
const FAR_CODE: (&[u8], &[u8]) = (
    &[0xc3],
    &[0x49, 0xc7, 0x44, 0x24, 56, 77, 0, 0, 0, 0xc3], // mov qword [r12 + 56], 77; ret
);
#[cfg(target_arch = "aarch64")]
const FAR_CODE: (&[u8], &[u8]) = (
    &[0xc0, 0x03, 0x5f, 0xd6],
    // mov x16, 77; str x16, [x20, 56]; ret
    &[
        0xb0, 0x09, 0x80, 0xd2, 0x90, 0x1e, 0x00, 0xf9, 0xc0, 0x03, 0x5f, 0xd6,
    ],
);

impl Far {
    fn from(near: usize) -> Self {
        const { assert!(std::mem::offset_of!(Activation, exit) == 56) };
        for giga in 4..64 {
            let hint = (near & !(FAR_LEN - 1)).wrapping_sub(giga << 30) as *mut libc::c_void;
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE;
            let rights = libc::PROT_READ | libc::PROT_WRITE;
            // SAFETY: the mapping replaces nothing.
            let page = unsafe { libc::mmap(hint, FAR_LEN, rights, flags, -1, 0) };
            if page == libc::MAP_FAILED {
                continue;
            }
            let page = page.cast::<u8>();
            // SAFETY: the page is ours, and larger than what is written.
            unsafe {
                std::ptr::copy_nonoverlapping(FAR_CODE.0.as_ptr(), page, FAR_CODE.0.len());
                let exit = page.add(FAR_EXIT);
                std::ptr::copy_nonoverlapping(FAR_CODE.1.as_ptr(), exit, FAR_CODE.1.len());
                let rights = libc::PROT_READ | libc::PROT_EXEC;
                assert_eq!(libc::mprotect(page.cast(), FAR_LEN, rights), 0);
                synchronize(page, page, FAR_LEN);
            }
            return Self(page);
        }
        panic!("no room far away");
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        // SAFETY: it is our own mapping.
        unsafe { libc::munmap(self.0.cast(), FAR_LEN) };
    }
}

#[test]
fn an_exit_reaches_any_address() {
    let _quiet = quiet();
    let cache = cache();
    let block = parent(&cache);
    let far = Far::from(block.entry() as usize);
    let used = cache.stats().used;
    for _ in 0..3 {
        // SAFETY: the code there keeps the stack, and `far` outlives the block.
        unsafe { block.patch_exit(ExitIdx(0), far.0) }.unwrap();
        assert_eq!(run_block(&block).exit, 99);
        // SAFETY: as above.
        unsafe { block.patch_exit(ExitIdx(0), far.0.add(FAR_EXIT)) }.unwrap();
        assert_eq!(run_block(&block).exit, 77);
        block.unpatch_exit(ExitIdx(0)).unwrap();
        assert_eq!(run_block(&block).exit, 0);
    }
    assert_eq!(cache.stats().used, used + LINE, "one veneer");
    drop(block);
    assert_eq!(cache.stats().used, 0, "which goes with the block");
}

#[test]
fn without_room_for_a_veneer_nothing_changes() {
    let _quiet = quiet();
    let config = CodeCacheConfig {
        capacity: 4 << 10,
        chunk: 4 << 10,
    };
    let cache = CodeCache::new(Target::native().unwrap(), config, resolver()).unwrap();
    let block = parent(&cache);
    let far = Far::from(block.entry() as usize);
    let mut others = Vec::new();
    while let Ok(other) = cache.compile(&allocation(vec![exits(Uop::leave, &[], 0, 0)])) {
        others.push(other);
    }
    // SAFETY: as above.
    let error = unsafe { block.patch_exit(ExitIdx(0), far.0) }.unwrap_err();
    assert!(matches!(error, CodeError::Full { .. }), "{error}");
    assert_eq!(run_block(&block).exit, 0);
}

/// Threads run a block while its exit is sent to one place after the other, near and far: each run
/// ends at one of them, with the right registers.
#[test]
fn exits_are_patched_while_threads_run_the_code() {
    let _quiet = quiet();
    let cache = cache();
    let from = parent(&cache);
    let near = [child(&cache, 100), child(&cache, 200)];
    let far = Far::from(from.entry() as usize);
    let stop = AtomicBool::new(false);
    let rounds = if cfg!(target_arch = "x86_64") {
        20_000
    } else {
        2_000
    };
    let seen: Vec<[u64; 4]> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let mut seen = [0; 4];
                    while !stop.load(Ordering::Relaxed) {
                        let end = run_block(&from);
                        let (which, regs) = match end.exit {
                            0 => (0, end.regs[0] == 5 && end.regs[8] == 6),
                            100 => (1, end.regs[7] == 11 && end.fregs[6] == 5.0),
                            200 => (2, end.regs[7] == 11 && end.fregs[6] == 5.0),
                            77 => (3, end.regs == [0; 9]),
                            other => panic!("exit {other}"),
                        };
                        assert!(regs, "{:?} at {}", end.regs, end.exit);
                        seen[which] += 1;
                    }
                    seen
                })
            })
            .collect();
        for round in 0..rounds {
            // SAFETY: each takes what the block leaves, and outlives the threads.
            unsafe {
                match round % 4 {
                    0 => from.patch_exit(ExitIdx(0), near[0].entry()),
                    1 => from.patch_exit(ExitIdx(0), near[1].entry()),
                    2 => from.patch_exit(ExitIdx(0), far.0.add(FAR_EXIT)),
                    _ => from.unpatch_exit(ExitIdx(0)),
                }
            }
            .unwrap();
            if round % 64 == 0 {
                std::thread::sleep(std::time::Duration::from_micros(100));
            }
        }
        stop.store(true, Ordering::Relaxed);
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let total: u64 = seen.iter().flatten().sum();
    assert!(total > 0, "{seen:?}");
    // SAFETY: as above.
    unsafe { from.patch_exit(ExitIdx(0), near[1].entry()) }.unwrap();
    assert_eq!(run_block(&from).exit, 200);
}

#[test]
#[cfg(target_os = "linux")]
fn code_that_two_processes_run_is_not_patched() {
    use super::super::code_memory::tests::in_child;
    let _quiet = quiet();
    let cache = cache();
    let (from, to) = (parent(&cache), child(&cache, 100));
    let refused = || {
        // SAFETY: `to` takes what `from` leaves.
        let result = unsafe { from.patch_exit(ExitIdx(0), to.entry()) };
        matches!(result, Err(CodeError::Forked)) && run_block(&from).exit == 0
    };
    assert!(in_child(refused), "the child");
    assert!(refused(), "the parent");
    let (from, to) = (parent(&cache), child(&cache, 100));
    // SAFETY: `to` takes what `from` leaves.
    unsafe { from.patch_exit(ExitIdx(0), to.entry()) }.unwrap();
    assert_eq!(
        run_block(&from).exit,
        100,
        "what is newer than the fork can be"
    );
}
