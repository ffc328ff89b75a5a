//! The proof of the rules by trial: random traces do the same before and after.
//!
//! Traces are made of choices, one number an instruction, so that a failing one shrinks to
//! the few instructions that matter. Constants and memory hold the numbers where arithmetic
//! gets interesting. Passes are tried alone and together, with and without fuel.

use proptest::prelude::*;

use super::machine::{CLASSES, End, FLOATS, INTS, OBJECTS, Run, pick, run};
use super::*;
use crate::helper::{HELPERS, Helper};
use crate::ir::{ImmKind, Inst, Slot, SnapIdx, SnapValue, Snapshot, Ty, UOPS, Uop, verify};

/// Makes a trace of choices.
struct Maker {
    trace: Trace,
    /// Values by type: Int, Float, Bool, Ref.
    values: [Vec<InstIdx>; 4],
}

const fn class(ty: Ty) -> usize {
    match ty {
        Ty::Int => 0,
        Ty::Float => 1,
        Ty::Bool => 2,
        Ty::Ref | Ty::Void => 3,
    }
}

impl Maker {
    fn add(&mut self, op: Uop, args: &[InstIdx], imm: u64, choice: u64) {
        let snap = op.has_snapshot().then(|| self.snapshot(choice));
        let value = self.trace.push(Inst::new(op, args, imm, snap));
        if op.row().ty != Ty::Void {
            self.values[class(op.row().ty)].push(value);
        }
    }

    /// A snapshot with a place of its own and some values.
    fn snapshot(&mut self, choice: u64) -> SnapIdx {
        let pc = u32::try_from(self.trace.snaps.len()).expect("there are few");
        let mut entries = Vec::new();
        for (number, bits) in (0..).zip([choice >> 8, choice >> 16, choice >> 24]) {
            let ty = pick(&[Ty::Int, Ty::Float, Ty::Bool, Ty::Ref], bits);
            let Some(value) = self.any(ty, bits >> 2) else {
                continue;
            };
            let value = match ty {
                Ty::Int => SnapValue::Int(value),
                Ty::Float => SnapValue::Float(value),
                Ty::Bool => SnapValue::Bool(value),
                Ty::Ref | Ty::Void => SnapValue::Borrowed(value),
            };
            entries.push((Slot::Local(number), value));
        }
        self.trace.snaps.push(Snapshot {
            pc,
            mem: 0,
            tag: 0,
            frames: Vec::new(),
            entries,
        });
        SnapIdx::new(self.trace.snaps.len() - 1)
    }

    /// A value of a type, a recent one more often.
    fn any(&self, ty: Ty, choice: u64) -> Option<InstIdx> {
        let values = &self.values[class(ty)];
        if values.is_empty() {
            return None;
        }
        let recent = &values[values.len().saturating_sub(4)..];
        Some(if choice.is_multiple_of(3) {
            pick(values, choice / 3)
        } else {
            pick(recent, choice / 3)
        })
    }

    /// One instruction by choice, if its operands can be had.
    fn step(&mut self, choice: u64) {
        let ops: Vec<Uop> = UOPS.iter().copied().filter(|op| allowed(*op)).collect();
        // Memory is where instructions must meet to matter, so it gets a third of them.
        let mut op = match choice % 3 {
            0 => pick(MEMORY, choice / 3 % 1009),
            _ => pick(&ops, choice / 3 % 1009),
        };
        // Guards end most runs, so most of them become something that makes values.
        if op.row().ty == Ty::Void && op != Uop::set_local && choice & 0x300_0000 != 0 {
            op = pick(
                &[
                    Uop::const_int,
                    Uop::unbox_int,
                    Uop::load_f64_fixed,
                    Uop::int_and_imm,
                ],
                choice >> 30,
            );
        }
        let row = op.row();
        let mut args = Vec::new();
        for (ty, bits) in row
            .args
            .iter()
            .zip([choice >> 32, choice >> 40, choice >> 48])
        {
            let Some(arg) = self.any(*ty, bits & 0xff) else {
                return;
            };
            args.push(arg);
        }
        let imm = match row.imm {
            ImmKind::None => 0,
            ImmKind::Helper => match helper_of(op, choice >> 56) {
                Some(helper) => helper as u64,
                None => return,
            },
            ImmKind::Ref if op == Uop::guard_type => pick(CLASSES, choice >> 56),
            ImmKind::Ref => pick(OBJECTS, choice >> 56),
            ImmKind::Float => pick(FLOATS, choice >> 56).to_bits(),
            ImmKind::Slot | ImmKind::Pc => (choice >> 56) & 1,
            ImmKind::Offset => pick(&[16, 20, 24], choice >> 56),
            ImmKind::Int if op == Uop::const_bool => choice >> 56 & 1,
            ImmKind::Int => pick(INTS, choice >> 56).cast_unsigned(),
            ImmKind::Int32 => {
                let imm = pick(INTS, choice >> 56);
                let in_domain = match op {
                    Uop::int_shl_imm | Uop::int_shr_imm => imm >= 0,
                    Uop::int_floordiv_imm | Uop::int_mod_imm => imm > 0,
                    _ => true,
                };
                if in_domain && i32::try_from(imm).is_ok() {
                    imm.cast_unsigned()
                } else {
                    3
                }
            }
        };
        self.add(op, &args, imm, choice);
    }
}

/// Reads and writes of memory.
const MEMORY: &[Uop] = &[
    Uop::load_local,
    Uop::load_local,
    Uop::set_local,
    Uop::load_stack,
    Uop::push_range,
    Uop::load_i64,
    Uop::store_i64,
    Uop::load_link,
    Uop::load_attr,
    Uop::read_ri_i_x,
    Uop::write_rii_x,
    Uop::guard_type,
];

/// A helper that the machine knows and this uop calls.
fn helper_of(op: Uop, choice: u64) -> Option<Helper> {
    let helpers: Vec<Helper> = HELPERS
        .iter()
        .copied()
        .filter(|helper| helper.uop() == op)
        .collect();
    (!helpers.is_empty()).then(|| pick(&helpers, choice))
}

/// What random traces are made of: everything but structure, host functions, and the
/// register allocator's rows.
fn allowed(op: Uop) -> bool {
    let name = op.row().name;
    !(op.is_trace_call()
        || name.starts_with("phi_")
        || name.starts_with("carry_")
        || name.starts_with("pure_")
        || name.starts_with("move_")
        || name.starts_with("spill_")
        || name.starts_with("reload_")
        || matches!(
            op,
            Uop::loop_header
                | Uop::side
                | Uop::jump_loop
                | Uop::leave
                | Uop::fail_once
                | Uop::read_r_r_x
                | Uop::take_r_r_x
                | Uop::read_ri_r_x
                | Uop::read_rr_i_x
                | Uop::make_rr_r_x
                | Uop::make_rrr_r_x
                | Uop::make_rii_r_x
                | Uop::make_rir_r_x
                | Uop::write_rir_x
        ))
}

/// A trace of a preamble and, if there are choices for one, a loop.
fn make(preamble: &[u64], body: &[u64]) -> Trace {
    let mut maker = Maker {
        trace: Trace::default(),
        values: Default::default(),
    };
    for slot in 0..3 {
        maker.add(Uop::load_local, &[], slot, 0);
        let object = maker.values[3][usize::try_from(slot).expect("it is small")];
        maker.add(Uop::unbox_int, &[object], 0, 0);
        maker.add(Uop::load_f64_fixed, &[object], 16, 0);
    }
    preamble.iter().for_each(|choice| maker.step(*choice));
    if body.is_empty() {
        maker.add(Uop::leave, &[], 0, u64::MAX / 3);
        return maker.trace;
    }
    let mut phis = Vec::new();
    let entries: Vec<_> = [
        (Ty::Int, Uop::phi_int),
        (Ty::Int, Uop::phi_int),
        (Ty::Float, Uop::phi_float),
        (Ty::Ref, Uop::phi_ref),
        (Ty::Bool, Uop::phi_bool),
    ]
    .into_iter()
    .zip(body[0].to_le_bytes())
    .filter_map(|((ty, op), bits)| Some((ty, op, maker.any(ty, u64::from(bits))?)))
    .collect();
    maker.add(Uop::loop_header, &[], 0, 0);
    for (ty, op, entry) in entries {
        phis.push((ty, maker.trace.insts.len()));
        maker.add(op, &[entry, entry], 0, 0);
    }
    let mut exits = Vec::new();
    for choice in body {
        let (at, values) = (maker.trace.insts.len(), maker.values.clone());
        maker.step(*choice);
        let added = maker.trace.insts.get(at).map(|inst| inst.op);
        let leads = added.is_some_and(|op| {
            op.has_snapshot() && !matches!(op, Uop::poll | Uop::leave | Uop::residual)
        });
        if leads {
            exits.push((InstIdx::new(at), values));
        }
    }
    for (number, (ty, phi)) in (0..).zip(phis.iter().copied()) {
        let choice = body[body.len() - 1].rotate_right(number * 8 + 4) & 0xff;
        if ty == Ty::Int && choice & 1 == 1 {
            // A counter.
            let step = pick(&[1_i64, -1, 3, -5], choice >> 1).cast_unsigned();
            maker.add(Uop::int_add_imm, &[InstIdx::new(phi)], step, body[0]);
        }
        maker.trace.insts[phi].args[1] = maker.any(ty, choice);
    }
    maker.add(Uop::poll, &[], 0, body[0]);
    maker.trace.push(Inst::new(Uop::jump_loop, &[], 0, None));
    // Side paths made of some of the same choices, from every third exit or so.
    for (number, (from, values)) in exits.into_iter().enumerate() {
        let choice = body[number % body.len()].rotate_left(17);
        if !choice.is_multiple_of(3) {
            continue;
        }
        maker.values = values;
        maker.trace.push(Inst::new(Uop::side, &[from], 0, None));
        let some = body.iter().skip(number).take(5);
        some.for_each(|choice| maker.step(choice.rotate_left(9)));
        if choice & 0x300 == 0 {
            maker.add(Uop::leave, &[], 0, choice);
            continue;
        }
        maker.add(Uop::poll, &[], 0, choice);
        for (number, (ty, phi)) in (0..).zip(phis.iter().copied()) {
            let choice = choice.rotate_right(number * 8);
            let op = match ty {
                Ty::Float => Uop::carry_float,
                Ty::Bool => Uop::carry_bool,
                Ty::Ref => Uop::carry_ref,
                Ty::Int | Ty::Void => Uop::carry_int,
            };
            if let Some(value) = maker.any(ty, choice & 0xff).filter(|_| choice & 0x400 != 0) {
                let inst = Inst::new(op, &[InstIdx::new(phi), value], 0, None);
                maker.trace.push(inst);
            }
        }
        maker.trace.push(Inst::new(Uop::jump_loop, &[], 0, None));
    }
    maker.trace
}

const ITERATIONS: usize = 4;

/// Whether a run of the optimized trace is as good as one of the trace.
fn as_good(before: &Run, optimized: &Trace, after: &Run) -> bool {
    if before.seen == after.seen && before.end == after.end {
        return true;
    }
    // The first freedom: an exit that is a limit was dropped with its instruction.
    let End::Left(pc, _) = &before.end else {
        return false;
    };
    let gone = !optimized
        .insts
        .iter()
        .any(|inst| inst.snap.is_some_and(|snap| optimized.snap(snap).pc == *pc));
    before.limit && gone && after.seen.starts_with(&before.seen)
}

/// Compares a trace and what became of it, in a few worlds.
fn compare(
    trace: &Trace,
    optimized: &Trace,
    seed: u64,
    single: bool,
    exact: bool,
) -> Result<(), TestCaseError> {
    prop_assert_eq!(verify(optimized), Ok(()), "\n{}", optimized);
    for world in 0..6 {
        let before = run(trace, seed ^ world, single, ITERATIONS);
        let after = run(optimized, seed ^ world, single, ITERATIONS);
        let good = if exact {
            before.seen == after.seen && before.end == after.end
        } else {
            as_good(&before, optimized, &after)
        };
        prop_assert!(
            good,
            "{trace}becomes\n{optimized}{before:?}\nbecomes\n{after:?}"
        );
    }
    Ok(())
}

fn choices() -> impl Strategy<Value = (Vec<u64>, Vec<u64>)> {
    (
        prop::collection::vec(any::<u64>(), 0..40),
        prop::collection::vec(any::<u64>(), 0..40),
    )
}

fn apply(pass: &Pass, trace: &Trace, options: &OptOptions) -> Trace {
    let mut rewrites = Rewrites {
        options,
        left: u32::MAX,
        observer: &mut |_| {},
    };
    (pass.run)(trace.clone(), &mut rewrites)
}

/// Twice as many cases as usual; `PROPTEST_CASES` says how many that is.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig {
        cases: usual.cases * 2,
        failure_persistence: None,
        ..usual
    }
}

proptest! {
    #![proptest_config(config())]

    /// What the machine makes of random traces is well-formed to begin with.
    #[test]
    fn random_traces_are_well_formed((preamble, body) in choices()) {
        prop_assert_eq!(verify(&make(&preamble, &body)), Ok(()));
    }

    /// All passes together.
    #[test]
    fn optimized_traces_do_the_same((preamble, body) in choices(), seed: u64, single: bool) {
        let trace = make(&preamble, &body);
        let options = OptOptions { single_threaded: single, ..OptOptions::default() };
        compare(&trace, &optimize(trace.clone(), &options), seed, single, false)?;
    }

    /// With any amount of fuel, too.
    #[test]
    fn fuel_may_end_anywhere((preamble, body) in choices(), seed: u64, fuel in 0_u32..60) {
        let trace = make(&preamble, &body);
        let options = OptOptions { fuel: Some(fuel), ..OptOptions::default() };
        compare(&trace, &optimize(trace.clone(), &options), seed, false, false)?;
    }

    /// Each pass alone. Only dead-code elimination may drop exits.
    #[test]
    fn each_pass_does_the_same((preamble, body) in choices(), seed: u64, single: bool) {
        let trace = make(&preamble, &body);
        let options = OptOptions { single_threaded: single, ..OptOptions::default() };
        for pass in PASSES {
            let optimized = apply(pass, &trace, &options);
            compare(&trace, &optimized, seed, single, pass.name != "dce")?;
        }
    }
}

/// Interesting operands in full: every uop of two operands or an immediate, with every pair.
#[test]
fn every_uop_with_every_pair_of_interesting_constants() {
    for op in UOPS.iter().copied().filter(|op| allowed(*op)) {
        let row = op.row();
        let number = |ty: Ty| matches!(ty, Ty::Int | Ty::Float);
        let few = matches!(row.args.len(), 1 | 2);
        if !few || !row.args.iter().all(|ty| number(*ty)) {
            continue;
        }
        for number in 0..30 * 30 * 4 {
            let (left, right) = (number % 30, number / 30 % 30);
            // The operands: opaque or constant, each.
            let opaque = ((number / 900) & 1 == 1, number / 1800 == 1);
            let mut maker = Maker {
                trace: Trace::default(),
                values: Default::default(),
            };
            let bits = |ty: Ty, choice: u64| match ty {
                Ty::Int => pick(INTS, choice).cast_unsigned(),
                _ => pick(FLOATS, choice).to_bits(),
            };
            let mut args = Vec::new();
            for (ty, (choice, opaque)) in row.args.iter().zip([(left, opaque.0), (right, opaque.1)])
            {
                let constant = if *ty == Ty::Int {
                    Uop::const_int
                } else {
                    Uop::const_float
                };
                maker.add(constant, &[], bits(*ty, choice), 0);
                if opaque {
                    // A phi of two constants is opaque to the optimizer; here a memory read does.
                    maker.add(Uop::load_local, &[], choice, 0);
                    let object = maker.values[3][maker.values[3].len() - 1];
                    if *ty == Ty::Int {
                        maker.add(Uop::load_i64, &[object], 16, 0);
                    } else {
                        maker.add(Uop::load_f64_fixed, &[object], 16, 0);
                    }
                }
                args.push(*maker.values[class(*ty)].last().expect("it was just added"));
            }
            let imm = match row.imm {
                ImmKind::Int32 => match i32::try_from(pick(INTS, right)) {
                    Ok(imm) if imm > 0 => i64::from(imm).cast_unsigned(),
                    _ => continue,
                },
                _ => 0,
            };
            maker.add(op, &args, imm, 0);
            maker.add(Uop::leave, &[], 0, 0);
            let trace = &mut maker.trace;
            let result = trace.insts.len() - 2;
            let value = InstIdx::new(result);
            let named = match row.ty {
                Ty::Int => Some(SnapValue::Int(value)),
                Ty::Float => Some(SnapValue::Float(value)),
                Ty::Bool => Some(SnapValue::Bool(value)),
                Ty::Ref | Ty::Void => None,
            };
            let last = trace.snaps.len() - 1;
            trace.snaps[last].entries = named
                .map(|named| (Slot::Local(0), named))
                .into_iter()
                .collect();
            let optimized = optimize(trace.clone(), &OptOptions::default());
            for world in 0..4 {
                let before = run(trace, world, false, 1);
                let after = run(&optimized, world, false, 1);
                assert!(
                    as_good(&before, &optimized, &after),
                    "{trace}becomes\n{optimized}"
                );
            }
        }
    }
}
