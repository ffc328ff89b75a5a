//! Function traces: no loop, side paths from the trunk, and values that live across calls.

use crate::ir::{Trace, Uop, parse};
use crate::regalloc::{Loc, Options, allocate};
use crate::target::{AARCH64, Target, X86_64};

/// The recursive Fibonacci function.
const FIB: &str = "trace {
    poll_call ; s0
    v1 = arg_int 0
    guard_int_ge_imm v1 2 ; s0
    v3 = int_add_imm v1 -1 ; s0
    guard_callee @0x7000 ; s0
    put_int v3 104
    call_trace @0x7000 ; s1
    guard_returned 1 ; s2
    v8 = returned_int
    v9 = int_add_imm v1 -2 ; s3
    guard_callee @0x7000 ; s3
    put_int v9 104
    call_trace @0x7000 ; s4
    guard_returned 1 ; s5
    v14 = returned_int
    v15 = int_add v8 v14 ; s3
    return_int v15 1 ; s6
    side v2
    return_int v1 1 ; s7
    s0: pc=1 mem=0 L0=arg(0)
    s1: pc=9 mem=0 L0=int(v1)
    s2: pc=9 mem=0 L0=arg(0) S0=returned
    s3: pc=9 mem=0 L0=arg(0) S0=int(v8)
    s4: pc=20 mem=0 L0=arg(0) S0=int(v8)
    s5: pc=20 mem=0 L0=arg(0) S0=int(v8) S1=returned
    s6: pc=22 mem=0 L0=arg(0) S0=int(v15)
    s7: pc=30 mem=0 L0=arg(0) S0=int(v1)
}";

fn fib() -> Trace {
    parse(FIB).expect("it is well-formed")
}

#[test]
fn what_lives_across_a_call_is_in_its_slot_when_the_callee_leaves() {
    let trace = fib();
    assert_eq!(crate::ir::verify(&trace), Ok(()));
    for target in [&X86_64, &AARCH64] as [&Target; 2] {
        for registers in [None, Some(3)] {
            let options = Options {
                registers,
                ..Options::default()
            };
            let allocation = allocate(&trace, target, &options).expect("it fits");
            let calls: Vec<_> = allocation
                .code
                .iter()
                .filter(|inst| inst.op == Uop::call_trace)
                .collect();
            assert_eq!(calls.len(), 2);
            for call in calls {
                let exit = &allocation.exits[call.exit.expect("it has one").index()];
                let outside = |loc: &Loc| matches!(loc, Loc::Spill(_) | Loc::Const(_));
                assert!(exit.locs.iter().flatten().all(outside), "{exit:?}");
                assert!(exit.locs.iter().any(Option::is_some));
            }
            assert_eq!(allocation.sides.len(), 1);
        }
    }
}

#[test]
fn a_side_path_starts_only_where_control_can_leave_to() {
    for named in ["v4", "v6", "v7"] {
        let text = FIB.replace("side v2", &format!("side {named}"));
        let trace = parse(&text).expect("the text is well-formed");
        let allowed = crate::ir::verify(&trace).is_ok();
        assert_eq!(allowed, named == "v4", "{named}");
    }
}

#[test]
fn the_optimizer_keeps_calls_and_what_they_pass() {
    let optimized = crate::opt::optimize(fib(), &crate::opt::OptOptions::default());
    let count = |op| optimized.insts.iter().filter(|inst| inst.op == op).count();
    assert_eq!(count(Uop::call_trace), 2);
    assert_eq!(count(Uop::put_int), 2);
    assert_eq!(count(Uop::guard_returned), 2);
    assert_eq!(count(Uop::return_int), 2);
}
