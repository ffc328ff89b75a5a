//! Random traces under every mode.

use super::super::scan::Random;
use super::*;

/// Runs one trace through all modes; panics where an allocation is wrong.
fn all_modes(trace: &Trace, rng: &mut Random) -> usize {
    let expected = machine::run_trace(trace);
    let mut refused = 0;
    for target in TARGETS {
        for registers in [
            None,
            Some(3),
            Some(4),
            Some(5),
            Some(6),
            Some(7),
            Some(8),
            Some(9),
        ] {
            for random in [None, Some(u64::from(rng.below(u32::MAX)))] {
                let options = Options { registers, random };
                match allocate(trace, target, &options) {
                    Ok(allocation) => {
                        // With debug assertions, `allocate` has done so.
                        if !cfg!(debug_assertions) {
                            assert_eq!(
                                checker::check(trace, target, &allocation),
                                Ok(()),
                                "{options:?}"
                            );
                        }
                        let seen = machine::run_allocation(&allocation, target);
                        assert_eq!(
                            seen,
                            expected,
                            "{options:?}\n{}",
                            allocation.display(target)
                        );
                        let limit = registers.unwrap_or(9);
                        let used = allocation.code.iter().flat_map(|minst| minst.registers());
                        assert!(used.map(|reg| reg.num()).all(|num| num < limit));
                    }
                    Err(Error::TooManySpills) => refused += 1,
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }
    refused
}

#[test]
fn random_traces_are_allocated_correctly() {
    let mut rng = Random::new(1);
    let (mut runs, mut refused) = (0, 0);
    for _ in 0..200 {
        let shapes = generate::shapes(&mut rng);
        let trace = generate::trace(&mut rng, shapes);
        refused += all_modes(&trace, &mut rng);
        runs += 32;
    }
    // Only the largest need more slots than there are.
    assert!(refused * 10 < runs, "{refused} of {runs} refused");
}

#[test]
fn the_same_seed_gives_the_same_code() {
    let mut rng = Random::new(2);
    for _ in 0..50 {
        let shapes = generate::shapes(&mut rng);
        let trace = generate::trace(&mut rng, shapes);
        let options = Options {
            registers: Some(5),
            random: Some(42),
        };
        assert_eq!(
            allocate(&trace, &X86_64, &options),
            allocate(&trace, &X86_64, &options)
        );
    }
}

#[test]
fn too_many_values_are_an_error() {
    let mut trace = Trace::default();
    let values: Vec<InstIdx> = (0..100)
        .map(|n| trace.push(Inst::new(Uop::load_local, &[], n, None)))
        .collect();
    let entries = values.iter().enumerate();
    let entries = entries
        .map(|(n, v)| (crate::ir::Slot::Local(n as u32), SnapValue::Borrowed(*v)))
        .collect();
    trace.snaps.push(Snapshot {
        pc: 0,
        mem: 0,
        tag: 0,
        frames: Vec::new(),
        entries,
    });
    trace.push(Inst::new(Uop::leave, &[], 0, Some(SnapIdx(0))));
    assert_eq!(
        allocate(&trace, &X86_64, &Options::default()),
        Err(Error::TooManySpills)
    );
}
