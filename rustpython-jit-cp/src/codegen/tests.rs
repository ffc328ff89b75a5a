//! Hand-made allocations, compiled and run on this machine.

mod exits;
mod islands;
mod size;
mod targets;

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use super::*;
use crate::ir::{InstIdx, SnapIdx};
use crate::regalloc::{ExitIdx, ExitInfo, slot_offset};

const CONFIG: CodeCacheConfig = CodeCacheConfig {
    capacity: 1 << 20,
    chunk: 64 << 10,
};

const fn r(num: u8) -> PReg {
    PReg::gpr(num)
}

const fn f(num: u8) -> PReg {
    PReg::fpr(num)
}

fn inst(op: Uop, used: &[PReg], imm: u64) -> MInst {
    let mut regs = [r(0); 4];
    regs[..used.len()].copy_from_slice(used);
    MInst {
        op,
        inst: None,
        regs,
        nregs: used.len() as u8,
        imm,
        exit: None,
    }
}

fn exits(op: Uop, used: &[PReg], imm: u64, exit: u32) -> MInst {
    MInst {
        exit: Some(ExitIdx(exit)),
        ..inst(op, used, imm)
    }
}

fn allocation(code: Vec<MInst>) -> Allocation {
    let count = code
        .iter()
        .filter_map(|inst| inst.exit)
        .map(|exit| exit.0 + 1)
        .max()
        .unwrap_or(0);
    let exit = ExitInfo {
        snap: SnapIdx(0),
        at: InstIdx(0),
        locs: Vec::new(),
    };
    Allocation {
        code,
        exits: vec![exit; count as usize],
        sides: Vec::new(),
        spills: 0,
    }
}

/// What `Activation::host` points at in these tests.
#[derive(Default)]
struct Probe {
    calls: u64,
    last: u64,
    /// For a residual: run this block before going on, one level deeper.
    nested: Option<*const CodeBlock>,
    /// For a residual: leave at this call.
    leave_at: u64,
    /// What a residual found in the registers.
    regs: Vec<u64>,
    fregs: Vec<f64>,
}

unsafe fn probe<'a>(ctx: *mut Activation) -> &'a mut Probe {
    // SAFETY: the tests set it to a probe that they own, and use it no more while code runs.
    unsafe { &mut *(*ctx).host.cast::<Probe>() }
}

extern "C" fn residual(ctx: *mut Activation, exit: u64) -> u64 {
    // SAFETY: compiled code hands its own activation on.
    let probe = unsafe { probe(ctx) };
    probe.calls += 1;
    probe.last = exit;
    // SAFETY: as above.
    unsafe {
        probe.regs = (*ctx).regs.to_vec();
        probe.fregs = (*ctx).fregs.to_vec();
    }
    if let Some(block) = probe.nested
        && probe.calls < 40
    {
        let mut inner = activation();
        inner.host = std::ptr::from_mut(probe).cast();
        // SAFETY: the test keeps the block alive; the activation is set up.
        unsafe { (*block).run(&raw mut inner) };
    }
    u64::from(probe.calls >= probe.leave_at)
}

/// Refuses 7, else doubles.
extern "C" fn unbox_int(ctx: *mut Activation, object: u64) -> u64 {
    if object == 7 {
        // SAFETY: compiled code hands its own activation on.
        unsafe { (*ctx).status = 1 };
    }
    object * 2
}

extern "C" fn hypot(_ctx: *mut Activation, a: f64, b: f64) -> f64 {
    a.hypot(b)
}

extern "C" fn set_local(ctx: *mut Activation, slot: u64, value: u64) {
    // SAFETY: compiled code hands its own activation on.
    let probe = unsafe { probe(ctx) };
    probe.calls += 1;
    probe.last = slot << 32 | value;
}

extern "C" fn unexpected(_ctx: *mut Activation) {
    panic!("no test calls this helper");
}

/// Follows the chain of frame pointers: `returns` is where a number of return addresses is, which
/// they replace.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
extern "C" fn return_addresses(_ctx: *mut Activation, returns: u64) -> u64 {
    core::arch::naked_asm!(
        "mov rcx, [rsi]",
        "mov rdx, rbp",
        "2:",
        "mov rax, [rdx + 8]",
        "mov [rsi], rax",
        "mov rdx, [rdx]",
        "add rsi, 8",
        "dec rcx",
        "jnz 2b",
        "ret"
    )
}

/// Follows the chain of frame pointers: `returns` is where a number of return addresses is, which
/// they replace.
#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
extern "C" fn return_addresses(_ctx: *mut Activation, returns: u64) -> u64 {
    core::arch::naked_asm!(
        "ldr x3, [x1]",
        "mov x4, x29",
        "2:",
        "ldp x4, x5, [x4]",
        "str x5, [x1], #8",
        "subs x3, x3, #1",
        "b.ne 2b",
        "ret"
    )
}

fn resolver() -> Resolver {
    Resolver {
        helper: |helper| match helper {
            Helper::residual => residual as *const () as usize,
            Helper::unbox_int => unbox_int as *const () as usize,
            Helper::math_hypot => hypot as *const () as usize,
            Helper::set_local => set_local as *const () as usize,
            Helper::list_len => return_addresses as *const () as usize,
            _ => unexpected as *const () as usize,
        },
        type_offset: 24,
    }
}

fn cache() -> CodeCache {
    CodeCache::new(Target::native().unwrap(), CONFIG, resolver()).unwrap()
}

fn activation() -> Activation {
    // SAFETY: null pointers and zeroes are valid values of all fields.
    let mut activation: Activation = unsafe { MaybeUninit::zeroed().assume_init() };
    activation.exit = 99;
    activation
}

fn compile(cache: &CodeCache, code: Vec<MInst>) -> CodeBlock {
    cache.compile(&allocation(code)).unwrap()
}

fn run(code: Vec<MInst>) -> Activation {
    let cache = cache();
    let block = compile(&cache, code);
    let mut activation = activation();
    // SAFETY: the tests' code uses nothing of the activation but registers and spill slots.
    unsafe { block.run(&raw mut activation) };
    activation
}

/// `i` from 0 by `step` (from a spill slot, or else r3) while less than `limit`; exit 1.
fn counting(step: i64, limit: i64, spill: bool) -> Vec<MInst> {
    let slot = slot_offset(5);
    let mut code = vec![
        inst(Uop::const_int, &[r(0)], 0),
        inst(Uop::const_int, &[r(1)], limit as u64),
        inst(Uop::const_int, &[r(3)], step as u64),
    ];
    if spill {
        code.push(inst(Uop::spill_gpr, &[r(3)], slot));
        code.push(inst(Uop::const_int, &[r(3)], 0));
    }
    code.push(inst(Uop::loop_header, &[], 0));
    let from = if spill { r(8) } else { r(3) };
    if spill {
        code.push(inst(Uop::reload_gpr, &[from], slot));
    }
    code.extend([
        exits(Uop::int_add, &[r(0), from, r(0)], 0, 0),
        inst(Uop::move_gpr, &[r(5), r(5)], 0),
        exits(Uop::guard_int_lt, &[r(0), r(1)], 0, 1),
        inst(Uop::jump_loop, &[], 0),
    ]);
    code
}

#[test]
fn counts_in_a_loop() {
    for spill in [false, true] {
        let end = run(counting(3, 1_000_000, spill));
        assert_eq!(
            (end.exit, end.regs[0], end.regs[1]),
            (1, 1_000_002, 1_000_000)
        );
        if spill {
            assert_eq!((end.spill[5], end.regs[3], end.regs[8]), (3, 0, 3));
        }
    }
}

#[test]
fn leaves_on_overflow_with_operands_as_they_were() {
    let end = run(counting(1 << 60, i64::MAX, true));
    assert_eq!((end.exit, end.regs[0]), (0, 7 << 60));
}

#[test]
fn all_registers_are_stored_at_an_exit() {
    let mut code: Vec<MInst> = (0..9)
        .map(|n| {
            inst(
                Uop::const_int,
                &[r(n)],
                (0xfeed_0000_0000_0000) + u64::from(n),
            )
        })
        .collect();
    code.extend((0..8).map(|n| inst(Uop::const_float, &[f(n)], (0.5 + f64::from(n)).to_bits())));
    code.push(exits(Uop::leave, &[], 0, 70_000));
    let end = run(code);
    assert_eq!(end.exit, 70_000);
    assert!(
        end.regs
            .iter()
            .copied()
            .eq((0..9).map(|n| 0xfeed_0000_0000_0000 + n))
    );
    assert!(
        end.fregs
            .iter()
            .copied()
            .eq((0..8).map(|n| 0.5 + f64::from(n)))
    );
}

#[test]
fn computes_with_doubles() {
    // x = 3.5 * x * (1 - x), a thousand times.
    let code = vec![
        inst(Uop::const_float, &[f(0)], 0.3_f64.to_bits()),
        inst(Uop::const_float, &[f(1)], 3.5_f64.to_bits()),
        inst(Uop::const_float, &[f(7)], 1_f64.to_bits()),
        inst(Uop::const_int, &[r(4)], 0),
        inst(Uop::loop_header, &[], 0),
        inst(Uop::float_sub, &[f(7), f(0), f(2)], 0),
        inst(Uop::float_mul, &[f(1), f(0), f(0)], 0),
        inst(Uop::float_mul, &[f(0), f(2), f(0)], 0),
        exits(Uop::int_add_imm, &[r(4), r(4)], 1, 0),
        exits(Uop::guard_int_lt_imm, &[r(4)], 1000, 1),
        inst(Uop::jump_loop, &[], 0),
    ];
    let end = run(code);
    let expected = (0..1000).fold(0.3_f64, |x, _| 3.5 * x * (1.0 - x));
    assert_eq!((end.exit, end.fregs[0].to_bits()), (1, expected.to_bits()));
}

#[test]
fn residual_sees_the_registers_and_can_leave() {
    let cache = cache();
    let block = compile(
        &cache,
        vec![
            inst(Uop::loop_header, &[], 0),
            inst(Uop::const_int, &[r(2)], 21),
            inst(Uop::const_int, &[r(7)], 22),
            inst(Uop::const_float, &[f(6)], 2.5_f64.to_bits()),
            exits(Uop::residual, &[], 4, 3),
            inst(Uop::jump_loop, &[], 0),
        ],
    );
    let mut probe = Probe {
        leave_at: 1000,
        ..Probe::default()
    };
    let mut activation = activation();
    activation.host = (&raw mut probe).cast();
    // SAFETY: the activation is set up.
    unsafe { block.run(&raw mut activation) };
    assert_eq!((probe.calls, probe.last, activation.exit), (1000, 3, 99));
    assert_eq!(
        (probe.regs[2], probe.regs[7], probe.fregs[6]),
        (21, 22, 2.5)
    );
}

#[test]
fn compiled_code_nests() {
    let cache = cache();
    let block = compile(
        &cache,
        vec![
            inst(Uop::const_int, &[r(1)], 5),
            inst(Uop::spill_gpr, &[r(1)], slot_offset(0)),
            exits(Uop::residual, &[], 0, 0),
            inst(Uop::reload_gpr, &[r(6)], slot_offset(0)),
            exits(Uop::leave, &[], 0, 1),
        ],
    );
    let mut probe = Probe {
        leave_at: 1000,
        nested: Some(&raw const block),
        ..Probe::default()
    };
    let mut activation = activation();
    activation.host = (&raw mut probe).cast();
    // SAFETY: the activation is set up.
    unsafe { block.run(&raw mut activation) };
    assert_eq!(
        (probe.calls, activation.exit, activation.regs[6]),
        (40, 1, 5)
    );
}

#[test]
fn helpers_get_operands_and_keep_saved_registers() {
    let cache = cache();
    let go = |object: u64| {
        let block = compile(
            &cache,
            vec![
                inst(Uop::const_int, &[r(0)], 1234),
                inst(Uop::const_ref, &[r(8)], object),
                inst(Uop::const_float, &[f(3)], 3_f64.to_bits()),
                inst(Uop::const_float, &[f(4)], 4_f64.to_bits()),
                exits(Uop::unbox_int, &[r(8), r(1)], 0, 0),
                inst(Uop::const_float, &[f(3)], 3_f64.to_bits()),
                inst(Uop::const_float, &[f(4)], 4_f64.to_bits()),
                exits(
                    Uop::pure_ff_f_x,
                    &[f(4), f(3), f(5)],
                    Helper::math_hypot as u64,
                    2,
                ),
                inst(Uop::spill_fpr, &[f(5)], slot_offset(1)),
                inst(Uop::set_local, &[r(1)], 17),
                inst(Uop::reload_fpr, &[f(0)], slot_offset(1)),
                exits(Uop::leave, &[], 0, 1),
            ],
        );
        let mut probe = Probe::default();
        let mut activation = activation();
        activation.host = (&raw mut probe).cast();
        // SAFETY: the activation is set up.
        unsafe { block.run(&raw mut activation) };
        (activation, probe.last)
    };
    let (end, last) = go(20);
    assert_eq!(
        (end.exit, end.regs[0], end.regs[1], end.fregs[0]),
        (1, 1234, 40, 5.0)
    );
    assert_eq!(last, 17 << 32 | 40);
    let (end, _) = go(7);
    assert_eq!((end.exit, end.status, end.regs[0]), (0, 1, 1234));
}

#[test]
fn guards_read_the_class_where_the_host_has_it() {
    let object = [0_u64, 1, 2, 0x1234_5678_9abc, 4];
    let go = |class: u64| {
        run(vec![
            inst(Uop::const_ref, &[r(4)], object.as_ptr() as u64),
            exits(Uop::guard_type, &[r(4)], class, 0),
            exits(Uop::leave, &[], 0, 1),
        ])
        .exit
    };
    assert_eq!((go(object[3]), go(object[3] + 1)), (1, 0));
}

#[test]
fn a_poll_stops_a_loop() {
    let cache = cache();
    let block = compile(
        &cache,
        vec![
            inst(Uop::loop_header, &[], 0),
            exits(Uop::poll, &[], 0, 0),
            inst(Uop::jump_loop, &[], 0),
        ],
    );
    let (stop, quiet) = (AtomicU8::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut activation = activation();
                activation.poll_breaker = stop.as_ptr();
                activation.poll_gc = quiet.as_ptr().cast();
                activation.poll_stop = quiet.as_ptr().cast();
                activation.poll_trace = quiet.as_ptr().cast();
                // SAFETY: the activation is set up.
                unsafe { block.run(&raw mut activation) };
                assert_eq!(activation.exit, 0);
            });
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
        stop.store(1, Ordering::Relaxed);
    });
}

/// Code that asks for the return addresses on the stack, and then does something else.
fn looks_at_the_stack(returns: &mut [usize], then: MInst) -> Vec<MInst> {
    returns[0] = returns.len();
    let list = returns.as_ptr() as u64;
    vec![
        inst(Uop::const_ref, &[r(5)], list),
        exits(Uop::read_r_i_x, &[r(5), r(2)], Helper::list_len as u64, 0),
        then,
        exits(Uop::leave, &[], 0, 1),
    ]
}

fn is_of_this_program(address: usize) -> bool {
    address.abs_diff(super::helper_addresses as *const () as usize) < 64 << 20
}

fn is_glue(block: &CodeBlock, address: usize) -> bool {
    let start = block.enter() as usize;
    (start..start + 256).contains(&address)
}

#[test]
fn frame_pointers_lead_through_compiled_code() {
    // The stencil that calls was entered by `enter`, which `CodeBlock::run` (or who it was
    // inlined into) called.
    let mut returns = [0; 2];
    let cache = cache();
    let go_on = inst(Uop::const_int, &[r(1)], 0);
    let block = compile(&cache, looks_at_the_stack(&mut returns, go_on));
    let mut activation = activation();
    // SAFETY: the activation is set up.
    unsafe { block.run(&raw mut activation) };
    assert_eq!(activation.exit, 1);
    assert!(
        is_glue(&block, returns[0]) && is_of_this_program(returns[1]),
        "{returns:x?}"
    );
}

#[test]
fn frame_pointers_lead_through_calls_from_trace_to_trace() {
    let mut returns = [0; 3];
    let cache = cache();
    let end = exits(Uop::return_int, &[r(2)], 7, 0);
    let inner = compile(&cache, looks_at_the_stack(&mut returns, end));
    // What stencils read of a callee: where its code is.
    let callee = [inner.entry() as usize];
    let outer = compile(
        &cache,
        vec![
            exits(Uop::call_trace, &[], callee.as_ptr() as u64, 0),
            exits(Uop::guard_returned, &[], 7, 0),
            inst(Uop::returned_int, &[r(4)], 0),
            exits(Uop::leave, &[], 0, 1),
        ],
    );
    let mut activation = activation();
    activation.root = &raw mut activation;
    activation.depth = 5;
    // SAFETY: the activation is set up.
    unsafe { outer.run(&raw mut activation) };
    assert_eq!(activation.exit, 1);
    let code = outer.bytes().as_ptr_range();
    assert!(code.contains(&(returns[0] as *const u8)), "{returns:x?}");
    assert!(
        is_glue(&outer, returns[1]) && is_of_this_program(returns[2]),
        "{returns:x?}"
    );
}

/// Where memory is marked so, a jump that does not go to a landing pad ends the process.
#[cfg(all(target_arch = "aarch64", target_os = "linux"))]
#[test]
fn computed_jumps_go_to_landing_pads_only() {
    use super::code_memory::has_landing_pads;
    use super::code_memory::tests::{in_child, serial};
    let _quiet = serial();
    let cache = cache();
    let start = vec![
        inst(Uop::const_int, &[r(0)], 5),
        exits(Uop::leave, &[], 0, 0),
    ];
    let block = compile(&cache, start);
    let runs = |offset: usize| {
        let mut activation = activation();
        // SAFETY: the activation is set up; without its pad the block does the same.
        unsafe { block.enter()(&raw mut activation, block.entry().add(offset)) };
        activation.exit == 0 && activation.regs[0] == 5
    };
    assert!(in_child(|| runs(0)));
    assert_eq!(in_child(|| runs(4)), !has_landing_pads());
}

/// Uses all registers that it may, and ends with 40 in r2.
fn busy_with_registers() -> Vec<MInst> {
    let mut code: Vec<MInst> = (0..9)
        .map(|n| inst(Uop::const_int, &[r(n)], u64::MAX))
        .collect();
    // Division wants registers of its own; a call clobbers more.
    code.extend([
        inst(Uop::const_int, &[r(3)], 100),
        inst(Uop::const_int, &[r(4)], 5),
        exits(Uop::int_floordiv, &[r(3), r(4), r(5)], 0, 0),
        exits(Uop::unbox_int, &[r(5), r(2)], 0, 0),
        exits(Uop::leave, &[], 0, 1),
    ]);
    code
}

#[cfg(target_arch = "aarch64")]
#[test]
fn registers_that_c_functions_save_survive() {
    let cache = cache();
    let block = compile(&cache, busy_with_registers());
    let mut activation = activation();
    let mut saved = [0_u64; 18];
    // SAFETY: the registers that the compiler must not lose are stored and loaded again; all
    // others are declared clobbered.
    unsafe {
        core::arch::asm!(
            "sub sp, sp, #160",
            "stp x19, x20, [sp]", "stp x21, x22, [sp, #16]", "stp x23, x24, [sp, #32]",
            "stp x25, x26, [sp, #48]", "stp x27, x28, [sp, #64]",
            "stp d8, d9, [sp, #80]", "stp d10, d11, [sp, #96]",
            "stp d12, d13, [sp, #112]", "stp d14, d15, [sp, #128]",
            "str x3, [sp, #144]",
            "mov x19, #19", "mov x20, #20", "mov x21, #21", "mov x22, #22", "mov x23, #23",
            "mov x24, #24", "mov x25, #25", "mov x26, #26", "mov x27, #27", "mov x28, #28",
            "fmov d8, x19", "fmov d9, x20", "fmov d10, x21", "fmov d11, x22",
            "fmov d12, x23", "fmov d13, x24", "fmov d14, x25", "fmov d15, x26",
            "blr x2",
            "ldr x3, [sp, #144]",
            "stp x19, x20, [x3]", "stp x21, x22, [x3, #16]", "stp x23, x24, [x3, #32]",
            "stp x25, x26, [x3, #48]", "stp x27, x28, [x3, #64]",
            "stp d8, d9, [x3, #80]", "stp d10, d11, [x3, #96]",
            "stp d12, d13, [x3, #112]", "stp d14, d15, [x3, #128]",
            "ldp x19, x20, [sp]", "ldp x21, x22, [sp, #16]", "ldp x23, x24, [sp, #32]",
            "ldp x25, x26, [sp, #48]", "ldp x27, x28, [sp, #64]",
            "ldp d8, d9, [sp, #80]", "ldp d10, d11, [sp, #96]",
            "ldp d12, d13, [sp, #112]", "ldp d14, d15, [sp, #128]",
            "add sp, sp, #160",
            inout("x0") &raw mut activation => _,
            inout("x1") block.entry() => _,
            inout("x2") block.enter() as usize => _,
            inout("x3") saved.as_mut_ptr() => _,
            clobber_abi("C"),
        );
    }
    assert!(saved.into_iter().eq((19..=28).chain(19..=26)), "{saved:?}");
    assert_eq!((activation.exit, activation.regs[2]), (1, 40));
}

#[cfg(target_arch = "x86_64")]
#[test]
fn registers_that_c_functions_save_survive() {
    let cache = cache();
    let block = compile(&cache, busy_with_registers());
    let mut activation = activation();
    let mut saved = [0_u64; 6];
    // SAFETY: the registers that the compiler must not lose are pushed and popped; all
    // others are declared clobbered.
    unsafe {
        core::arch::asm!(
            "push rbx", "push rbp", "push r12", "push r13", "push r14", "push r15",
            "push rdx", "push rdx",
            "mov rbx, 11", "mov rbp, 12", "mov r12, 13", "mov r13, 14", "mov r14, 15", "mov r15, 16",
            "call rax",
            "pop rdx", "pop rdx",
            "mov [rdx], rbx", "mov [rdx + 8], rbp", "mov [rdx + 16], r12", "mov [rdx + 24], r13",
            "mov [rdx + 32], r14", "mov [rdx + 40], r15",
            "pop r15", "pop r14", "pop r13", "pop r12", "pop rbp", "pop rbx",
            inout("rax") block.enter() as usize => _,
            inout("rdx") saved.as_mut_ptr() => _,
            in("rdi") &raw mut activation,
            in("rsi") block.entry(),
            clobber_abi("C"),
        );
    }
    assert_eq!(saved, [11, 12, 13, 14, 15, 16]);
    assert_eq!((activation.exit, activation.regs[2]), (1, 40));
}

#[test]
fn what_is_malformed_is_refused() {
    let cache = cache();
    let refused = |code: Vec<MInst>| cache.compile(&allocation(code)).unwrap_err().to_string();
    assert_eq!(
        refused(vec![inst(Uop::const_int, &[r(0)], 1)]),
        "at const_int: the trace does not end after it"
    );
    assert_eq!(
        refused(vec![]),
        "at loop_header: the trace does not end after it"
    );
    assert_eq!(
        refused(vec![inst(Uop::jump_loop, &[], 0)]),
        "at jump_loop: there is no loop header before it"
    );
    assert_eq!(
        refused(vec![inst(Uop::leave, &[], 0)]),
        "at leave: it has no exit"
    );
    let end = exits(Uop::leave, &[], 0, 0);
    let wide = exits(Uop::guard_int_lt_imm, &[r(0)], 1 << 40, 0);
    assert!(refused(vec![wide, end]).starts_with("in guard_int_lt_imm: "));
    let call = exits(
        Uop::pure_ff_f_x,
        &[f(0), f(1), f(2)],
        Helper::list_len as u64,
        0,
    );
    assert_eq!(
        refused(vec![call, end]),
        "at pure_ff_f_x: it names no helper that it could call"
    );
    let outside = inst(Uop::int_and, &[r(0), r(9), r(1)], 0);
    assert!(matches!(
        cache.compile(&allocation(vec![outside, end])),
        Err(CodeError::MissingStencil {
            op: Uop::int_and,
            ..
        })
    ));
    assert_eq!(cache.stats().used, 0);
}

#[test]
fn a_full_cache_takes_code_again_once_some_is_freed() {
    let config = CodeCacheConfig {
        capacity: 8 << 10,
        chunk: 4 << 10,
    };
    let cache = CodeCache::new(Target::native().unwrap(), config, resolver()).unwrap();
    assert_eq!(cache.stats().mapped, 0);
    let mut blocks = Vec::new();
    let error = loop {
        let number = blocks.len() as i64;
        match cache.compile(&allocation(counting(1, number, number % 2 == 0))) {
            Ok(block) => blocks.push(block),
            Err(error) => break error,
        }
    };
    assert!(
        matches!(error, CodeError::Full { .. }) && blocks.len() > 20,
        "{error}"
    );
    assert_eq!(cache.stats().chunks, 2);
    drop(blocks.split_off(10));
    blocks.push(compile(&cache, counting(1, 10, true)));
    for (number, block) in blocks.iter().enumerate() {
        let mut activation = activation();
        // SAFETY: the activation is set up.
        unsafe { block.run(&raw mut activation) };
        assert_eq!(
            (activation.exit, activation.regs[0]),
            (1, number.max(1) as u64)
        );
    }
}

#[test]
fn loops_start_at_a_multiple_of_16() {
    let cache = cache();
    for spill in [false, true] {
        let block = compile(&cache, counting(1, 10, spill));
        assert_eq!((block.entry() as usize + block.header().unwrap()) % 16, 0);
    }
}

#[test]
fn dumps_every_instruction() {
    let cache = cache();
    let alloc = allocation(counting(1, 10, false));
    let block = cache.compile(&alloc).unwrap();
    let dump = block.dump(&alloc);
    let texts: Vec<&str> = dump
        .lines()
        .map(|line| line.split_once("  ; ").unwrap().1)
        .filter(|text| *text != "landing pad")
        .collect();
    let name = |num| Target::native().unwrap().name(r(num));
    assert_eq!(
        texts,
        [
            format!("const_int {} 0x0", name(0)),
            format!("const_int {} 0xa", name(1)),
            format!("const_int {} 0x1", name(3)),
            format!("int_add {0} {1} {0} ; exit 0", name(0), name(3)),
            format!("guard_int_lt {} {} ; exit 1", name(0), name(1)),
            "jump_loop".to_owned(),
            "exit stub 0".to_owned(),
            "exit stub 1".to_owned(),
        ]
    );
    let bytes = dump
        .lines()
        .map(|line| line.split("  ;").next().unwrap().split(' ').count() - 1);
    assert_eq!(bytes.sum::<usize>(), block.len());
}

/// Emits for a target that need not be this one; the result is linked for some address.
fn emit_for(target: &Target, code: Vec<MInst>) -> (Vec<u8>, Emitted, Glue) {
    let glue = glue::assemble(target).unwrap();
    let alloc = allocation(code);
    let library = Library::for_target(target).unwrap();
    let mut emitted = emit::emit(target, library, &glue.stub, &alloc).unwrap();
    let mut code = std::mem::take(&mut emitted.code);
    let host = emit::Host::new(resolver());
    emitted
        .link(&mut code, &alloc, &glue, &host, BASE + 0x1000, BASE)
        .unwrap();
    (code, emitted, glue)
}

const BASE: u64 = 0x7000_0000_0000;

#[test]
fn aarch64_branches_go_where_they_should() {
    let (code, emitted, glue) = emit_for(&crate::target::AARCH64, counting(1, 1 << 40, true));
    let word = |at: usize| u32::from_le_bytes(code[at..at + 4].try_into().unwrap());
    let branch = |at: usize| {
        assert_eq!(word(at) >> 26, 0b000101, "b");
        let distance = i64::from((word(at) << 6) as i32 >> 6) * 4;
        (BASE + 0x1000 + at as u64).wrapping_add_signed(distance)
    };
    let stubs = emitted.marks.iter().filter(|mark| mark.inst().is_none());
    let mut last = None;
    for (number, stub) in stubs.enumerate() {
        let start = stub.start as usize;
        last.get_or_insert(start - 4);
        assert_eq!(
            branch(start),
            BASE + 0x1000 + start as u64 + 4,
            "patch point"
        );
        assert_eq!(word(start + 4), 0xd280_0010 | (number as u32) << 5);
        assert_eq!(branch(start + 16), BASE + glue.exit as u64);
    }
    let header = BASE + 0x1000 + u64::from(emitted.header.unwrap());
    assert_eq!(
        branch(last.unwrap()),
        header,
        "jump_loop comes before the stubs"
    );
}

#[test]
fn every_uop_of_both_targets_can_be_emitted() {
    for target in [&crate::target::X86_64, &crate::target::AARCH64] {
        for op in crate::ir::UOPS.iter().copied() {
            let row = op.row();
            if row.shape == crate::ir::Shape::Pseudo {
                continue;
            }
            let classes = row
                .args
                .iter()
                .filter_map(|ty| ty.class())
                .chain(row.ty.class());
            let regs: Vec<PReg> = classes
                .map(|class| {
                    if class == crate::ir::RegClass::Gpr {
                        r(1)
                    } else {
                        f(1)
                    }
                })
                .collect();
            let helper = HELPERS.iter().find(|helper| helper.uop() == op);
            let imm = match row.imm {
                crate::ir::ImmKind::Helper => match helper {
                    Some(helper) => *helper as u64,
                    None => continue, // no helper has this signature
                },
                crate::ir::ImmKind::Offset => slot_offset(1),
                _ => 8,
            };
            emit_for(
                target,
                vec![
                    inst(Uop::loop_header, &[], 0),
                    exits(op, &regs, imm, 0),
                    inst(Uop::jump_loop, &[], 0),
                ],
            );
        }
    }
}

/// A trace under register pressure, with calls in its loop: more live values than three
/// registers of a class hold, constants, and values that only exits use.
const BUSY: &str = "trace {
  v0 = const_int 1
  v1 = const_int 7
  v2 = const_int 1000003
  v3 = const_float 0.5
  v4 = const_float 1.25
  v5 = const_ref @0x14
  loop_header
  v7 = phi_int v0 v16
  v8 = phi_int v1 v15
  v9 = phi_float v3 v18
  v10 = phi_float v4 v9
  v11 = int_add v7 v8 ; s0
  v12 = int_mod v11 v2 ; s0
  v13 = unbox_int v5 ; s0
  v14 = int_xor v12 v13
  v15 = int_add_imm v14 3 ; s0
  v16 = int_add_imm v7 1 ; s0
  v17 = pure_ff_f_x v9 v10 math_hypot ; s0
  v18 = float_sub v17 v10
  guard_int_lt_imm v16 500 ; s1
  jump_loop
  s0: pc=0 mem=0 L0=int(v7) L1=int(v8) L2=float(v9) L3=float(v10)
  s1: pc=2 mem=0 L0=int(v16) L1=int(v15) L2=float(v18) L3=float(v9) L4=int(v1) L5=float(v17)
}";

#[test]
fn every_allocation_of_a_trace_computes_the_same() {
    use crate::regalloc::{Loc, Options, allocate};

    let (mut a, mut b, mut x, mut y, mut last) = (1_u64, 7_u64, 0.5_f64, 1.25_f64, 0_f64);
    while a < 500 {
        b = (((a + b) % 1_000_003) ^ 40) + 3;
        a += 1;
        last = x.hypot(y);
        (x, y) = (last - y, x);
    }
    let expected = [a, b, x.to_bits(), y.to_bits(), 7, last.to_bits()];

    let target = Target::native().unwrap();
    let trace = crate::ir::parse::parse(BUSY).unwrap();
    let cache = cache();
    for seed in 0..60 {
        let options = Options {
            registers: (seed % 4 != 0).then_some(3 + seed as usize % 7),
            random: (seed > 8).then_some(seed),
        };
        let alloc = allocate(&trace, target, &options).unwrap();
        let block = cache.compile(&alloc).unwrap();
        let mut end = activation();
        // SAFETY: the activation is set up; the trace uses nothing else of it.
        unsafe { block.run(&raw mut end) };
        let exit = &alloc.exits[end.exit as usize];
        assert_eq!(exit.snap, SnapIdx(1));
        let found: Vec<u64> = exit
            .locs
            .iter()
            .map(|loc| match loc.expect("all entries name values") {
                Loc::Reg(reg) if reg.class() == crate::ir::RegClass::Gpr => end.regs[reg.num()],
                Loc::Reg(reg) => end.fregs[reg.num()].to_bits(),
                Loc::Spill(slot) => end.spill[slot as usize],
                Loc::Const(bits) => bits,
            })
            .collect();
        assert_eq!(found, expected, "{options:?}\n{}", block.dump(&alloc));
    }
}
