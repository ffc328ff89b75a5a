//! What the code must look like: loops without inserted instructions wherever registers suffice,
//! and no more than what is unavoidable where they do not.

use super::*;
use crate::helper::Helper;
use crate::ir::{Slot, Ty};
use generate::snap_value;

/// A trace written down by hand.
#[derive(Default)]
struct Writer {
    trace: Trace,
    /// What each local holds, for the snapshots.
    locals: Vec<InstIdx>,
}

impl Writer {
    fn op(&mut self, op: Uop, args: &[InstIdx], imm: u64) -> InstIdx {
        let snap = op.has_snapshot().then(|| {
            let entries = self.locals.iter().enumerate();
            let entries = entries
                .map(|(n, v)| {
                    (
                        Slot::Local(n as u32),
                        snap_value(self.trace.inst(*v).ty(), *v),
                    )
                })
                .collect();
            self.trace.add_snap(Snapshot {
                pc: 0,
                mem: 0,
                tag: 0,
                frames: Vec::new(),
                entries,
            })
        });
        self.trace.push(Inst::new(op, args, imm, snap))
    }

    /// Makes phis of all locals.
    fn header(&mut self) {
        self.trace.push(Inst::new(Uop::loop_header, &[], 0, None));
        for n in 0..self.locals.len() {
            let entry = self.locals[n];
            let op = match self.trace.inst(entry).ty() {
                Ty::Float => Uop::phi_float,
                Ty::Bool => Uop::phi_bool,
                Ty::Ref => Uop::phi_ref,
                Ty::Int | Ty::Void => Uop::phi_int,
            };
            self.locals[n] = self.trace.push(Inst::new(op, &[entry, entry], 0, None));
        }
    }

    /// Closes the loop: the locals are the phis' next values.
    fn jump(mut self) -> Trace {
        let header = self.trace.header().expect("a header").index();
        for (n, back) in self.locals.iter().enumerate() {
            self.trace.insts[header + 1 + n].args[1] = Some(*back);
        }
        self.trace.push(Inst::new(Uop::jump_loop, &[], 0, None));
        self.trace
    }

    fn ints(count: u64) -> Self {
        let mut writer = Self::default();
        for n in 0..count {
            let local = writer.trace.push(Inst::new(Uop::load_local, &[], n, None));
            let int = writer
                .trace
                .push(Inst::new(Uop::load_i64_fixed, &[local], 16, None));
            writer.locals.push(int);
        }
        writer
    }
}

/// The names of instructions that were inserted into the loop.
fn inserted(trace: &Trace, target: &Target, options: &Options) -> Vec<&'static str> {
    let allocation = allocate(trace, target, options).expect("enough slots");
    let label = allocation
        .code
        .iter()
        .position(|minst| minst.op == Uop::loop_header)
        .expect("a header");
    let body = allocation.code[label + 1..].iter();
    body.filter(|minst| minst.inst.is_none() || super::super::is_const(minst.op))
        .map(|m| m.op.row().name)
        .collect()
}

/// A loop of about twenty instructions with six loop-carried values, a constant and an
/// exit at most of them.
fn numeric_loop() -> Trace {
    let mut w = Writer::ints(6);
    let modulus = w.op(Uop::const_int, &[], 1_000_003);
    w.header();
    for n in 0..5 {
        let (a, b) = (w.locals[n], w.locals[n + 1]);
        let product = w.op(Uop::int_mul_imm, &[a], 3);
        let sum = w.op(Uop::int_add, &[product, b], 0);
        w.locals[n] = w.op(Uop::int_mod, &[sum, modulus], 0);
        w.op(Uop::guard_int_ge_imm, &[w.locals[n]], 0);
    }
    w.locals[5] = w.op(Uop::int_add_imm, &[w.locals[5]], 1);
    w.op(Uop::guard_int_lt_imm, &[w.locals[5]], 1_000_000);
    w.op(Uop::poll, &[], 0);
    w.jump()
}

#[test]
fn a_numeric_loop_needs_nothing_inserted() {
    for target in TARGETS {
        assert_eq!(
            inserted(&numeric_loop(), target, &Options::default()),
            [""; 0]
        );
    }
}

#[test]
fn a_fibonacci_step_takes_two_moves() {
    // a, b = b, a + b
    let mut w = Writer::ints(2);
    w.header();
    let (a, b) = (w.locals[0], w.locals[1]);
    let sum = w.op(Uop::int_add, &[a, b], 0);
    w.locals = vec![b, sum];
    w.op(Uop::poll, &[], 0);
    let trace = w.jump();
    for target in TARGETS {
        assert_eq!(
            inserted(&trace, target, &Options::default()),
            ["move_gpr"; 2]
        );
    }
}

#[test]
fn a_swap_goes_through_a_free_register() {
    let mut w = Writer::ints(2);
    w.header();
    w.op(Uop::guard_int_lt, &[w.locals[0], w.locals[1]], 0);
    w.locals.swap(0, 1);
    w.op(Uop::poll, &[], 0);
    let trace = w.jump();
    assert_eq!(
        inserted(&trace, &X86_64, &Options::default()),
        ["move_gpr"; 3]
    );
}

#[test]
fn what_only_exits_name_is_spilled_before_the_loop() {
    // Eight values that nothing but snapshots names, three that the loop computes with.
    let mut w = Writer::ints(11);
    let mut all = std::mem::take(&mut w.locals);
    let idle = all.split_off(3);
    w.locals = all;
    w.header();
    let phis = w.locals.clone();
    w.locals.extend(&idle);
    for n in 0..3 {
        let square = w.op(Uop::int_mul, &[phis[n], phis[n]], 0);
        w.locals[n] = w.op(Uop::int_add, &[square, phis[(n + 1) % 3]], 0);
    }
    w.op(Uop::poll, &[], 0);
    w.locals.truncate(3);
    let trace = w.jump();
    for target in TARGETS {
        // `phis[0]` is needed after its successor is made.
        assert!(inserted(&trace, target, &Options::default()).len() <= 1);
    }
}

#[test]
fn values_across_calls_are_in_saved_registers() {
    // Two integers and a pointer live across the call: three saved registers suffice.
    let mut w = Writer::ints(2);
    let list = w.trace.push(Inst::new(Uop::load_local, &[], 9, None));
    w.header();
    let element = w.op(
        Uop::read_ri_i_x,
        &[list, w.locals[0]],
        Helper::list_get_int as u64,
    );
    w.locals[1] = w.op(Uop::int_add, &[w.locals[1], element], 0);
    w.locals[0] = w.op(Uop::int_add_imm, &[w.locals[0]], 1);
    w.op(Uop::poll, &[], 0);
    let trace = w.jump();
    for target in TARGETS {
        assert_eq!(inserted(&trace, target, &Options::default()), [""; 0]);
    }
}

#[test]
fn a_double_across_a_call_is_spilled_and_reloaded_once() {
    let mut w = Writer::default();
    let object = w.trace.push(Inst::new(Uop::load_local, &[], 0, None));
    let double = w
        .trace
        .push(Inst::new(Uop::load_f64_fixed, &[object], 16, None));
    w.locals = vec![double];
    w.header();
    let sine = w.op(Uop::pure_f_f_x, &[w.locals[0]], Helper::math_sin as u64);
    w.locals[0] = w.op(Uop::float_add, &[w.locals[0], sine], 0);
    w.op(Uop::poll, &[], 0);
    let trace = w.jump();
    for target in TARGETS {
        assert_eq!(
            inserted(&trace, target, &Options::default()),
            ["spill_fpr", "reload_fpr"]
        );
    }
}

#[test]
fn a_crowded_loop_reloads_what_is_from_before_it() {
    // Nine values from before the loop, two loop-carried: two or three of the nine have no
    // register, and none may cost a store inside.
    let mut w = Writer::ints(11);
    let from_before = w.locals.split_off(2);
    w.header();
    for value in from_before {
        w.locals[1] = w.op(Uop::int_add, &[w.locals[1], value], 0);
    }
    w.locals[0] = w.op(Uop::int_add_imm, &[w.locals[0]], 1);
    w.op(Uop::poll, &[], 0);
    let trace = w.jump();
    let code = inserted(&trace, &X86_64, &Options::default());
    assert!(
        code.iter().all(|name| *name == "reload_gpr") && code.len() <= 3,
        "{code:?}"
    );
}

#[test]
fn dumps_read_like_assembly() {
    let mut w = Writer::ints(1);
    w.header();
    w.locals[0] = w.op(Uop::int_add_imm, &[w.locals[0]], 1);
    w.op(Uop::poll, &[], 0);
    let trace = w.jump();
    let allocation = allocate(&trace, &X86_64, &Options::default()).expect("registers");
    let expected = "\
v0 = load_local -> r13, 0
v1 = load_i64_fixed r13 -> r13, +16
loop_header
v4 = int_add_imm r13 -> r13, 1 ; x0 s0 {r13}
poll ; x1 s1 {r13}
jump_loop
";
    assert_eq!(allocation.display(&X86_64).to_string(), expected);
    assert_eq!(allocation.to_string(), expected.replace("r13", "r0"));
}

/// Prints how long a trace of 100 instructions takes; only meaningful in a release build:
/// `cargo test --release -- --ignored --nocapture allocation_time`.
#[test]
#[ignore = "a measurement"]
fn allocation_time() {
    let mut w = Writer::ints(6);
    let modulus = w.op(Uop::const_int, &[], 1_000_003);
    w.header();
    for n in 0..80 {
        let (a, b) = (w.locals[n % 6], w.locals[(n + 1) % 6]);
        w.locals[n % 6] = match n % 4 {
            0 => w.op(Uop::int_mod, &[a, modulus], 0),
            1 => w.op(Uop::int_add, &[a, b], 0),
            2 => w.op(Uop::int_mul_imm, &[a], 3),
            _ => w.op(Uop::int_xor, &[a, b], 0),
        };
    }
    w.op(Uop::poll, &[], 0);
    let easy = w.jump();
    let mut rng = super::super::scan::Random::new(7);
    let shapes = generate::Shapes {
        looping: true,
        calls: 10,
        residuals: 0,
        named: 8,
        sides: 0,
        length: 50,
    };
    let hard = std::iter::repeat_with(|| generate::trace(&mut rng, shapes))
        .find(|trace| {
            trace.header().is_some_and(|h| h.index() < 40)
                && (100..130).contains(&trace.insts.len())
        })
        .expect("one of that length");
    for (name, trace) in [("numeric loop", easy), ("calls and pressure", hard)] {
        let mut times: Vec<std::time::Duration> = (0..2000)
            .map(|_| {
                let start = std::time::Instant::now();
                std::hint::black_box(allocate(&trace, &X86_64, &Options::default()))
                    .expect("enough slots");
                start.elapsed()
            })
            .collect();
        times.sort();
        println!(
            "{name}: {} instructions, median {:?}",
            trace.insts.len(),
            times[times.len() / 2]
        );
    }
}
