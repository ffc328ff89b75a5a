//! How long the stages between the trace builder and executable code take, and how many
//! bytes come out: `cargo bench -p rustpython-jit-cp --no-default-features`.
//!
//! The traces are made here, of the shape that the builder emits: a peeled iteration
//! with guards, then the loop, with a snapshot for every exit. `chain/100` has about 100
//! uops in all.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rustpython_jit_cp::codegen::{CodeCache, CodeCacheConfig, Resolver};
use rustpython_jit_cp::helper::Helper;
use rustpython_jit_cp::ir::{Inst, InstIdx, Slot, SnapValue, Snapshot, Trace, Uop};
use rustpython_jit_cp::opt::{OptOptions, optimize};
use rustpython_jit_cp::options::Options;
use rustpython_jit_cp::pipeline::{self, Dumps};
use rustpython_jit_cp::regalloc;
use rustpython_jit_cp::target::Target;
use std::hint::black_box;

/// The same arithmetic, as the builder would record it: `ops` operations on four locals.
fn iteration(trace: &mut Trace, values: &mut [InstIdx; 4], ops: usize) {
    const OPS: [Uop; 6] = [
        Uop::int_add,
        Uop::int_xor,
        Uop::int_sub,
        Uop::int_and,
        Uop::int_or,
        Uop::int_mul,
    ];
    for n in 0..ops {
        let op = OPS[n % OPS.len()];
        let entries = (0..4)
            .map(|i| (Slot::Local(i), SnapValue::Int(values[i as usize])))
            .collect();
        let snap = op.has_snapshot().then(|| {
            trace.add_snap(Snapshot {
                pc: n as u32,
                mem: 0,
                tag: 0,
                frames: Vec::new(),
                entries,
            })
        });
        let args = [values[n % 4], values[(n + 1) % 4]];
        values[n % 4] = trace.push(Inst::new(op, &args, 0, snap));
    }
}

/// A loop whose two iterations have `uops` uops in all, as good as.
fn chain(uops: usize) -> Trace {
    let mut trace = Trace::default();
    let start = trace.add_snap(Snapshot {
        pc: 0,
        mem: 0,
        tag: 0,
        frames: Vec::new(),
        entries: Vec::new(),
    });
    let mut values = [InstIdx(0); 4];
    for (slot, value) in values.iter_mut().enumerate() {
        let object = trace.push(Inst::new(Uop::load_local, &[], slot as u64, None));
        trace.push(Inst::new(Uop::guard_nonnull, &[object], 0, Some(start)));
        trace.push(Inst::new(Uop::guard_type, &[object], 0x1000, Some(start)));
        *value = trace.push(Inst::new(Uop::unbox_int, &[object], 0, Some(start)));
    }
    let ops = uops.saturating_sub(24) / 2;
    iteration(&mut trace, &mut values, ops);
    trace.push(Inst::new(Uop::loop_header, &[], 0, None));
    let phis = values.map(|value| trace.push(Inst::new(Uop::phi_int, &[value, value], 0, None)));
    values = phis;
    iteration(&mut trace, &mut values, ops);
    for (phi, value) in phis.iter().zip(values) {
        trace.insts[phi.index()].args[1] = Some(value);
    }
    let entries = (0..4)
        .map(|i| (Slot::Local(i), SnapValue::Int(values[i as usize])))
        .collect();
    let end = trace.add_snap(Snapshot {
        pc: 0,
        mem: 0,
        tag: 0,
        frames: Vec::new(),
        entries,
    });
    trace.push(Inst::new(Uop::poll, &[], 0, Some(end)));
    trace.push(Inst::new(Uop::jump_loop, &[], 0, None));
    trace
}

/// The code is never run here, so any address will do for a helper.
fn no_helper(_: Helper) -> usize {
    0x1000
}

fn stages(criterion: &mut Criterion) {
    let Some(target) = Target::native() else {
        return;
    };
    let resolver = Resolver {
        helper: no_helper,
        type_offset: 40,
    };
    let Ok(cache) = CodeCache::new(target, CodeCacheConfig::default(), resolver) else {
        return;
    };
    let options = Options::default();
    for uops in [30, 100, 400] {
        let trace = chain(uops);
        let mut group = criterion.benchmark_group("pipeline");
        let id = |stage| BenchmarkId::new(stage, trace.insts.len());
        let opt_options = OptOptions {
            single_threaded: true,
            ..OptOptions::default()
        };
        group.bench_function(id("optimize"), |b| {
            b.iter_batched(
                || trace.clone(),
                |t| optimize(t, &opt_options),
                criterion::BatchSize::SmallInput,
            );
        });
        let optimized = optimize(trace.clone(), &opt_options);
        let limits = regalloc::Options::default();
        group.bench_function(id("allocate"), |b| {
            b.iter(|| regalloc::allocate(black_box(&optimized), target, &limits));
        });
        if let Ok(allocation) = regalloc::allocate(&optimized, target, &limits) {
            group.bench_function(id("emit"), |b| {
                b.iter(|| cache.compile(black_box(&allocation)).map(drop))
            });
        }
        group.bench_function(id("total"), |b| {
            b.iter_batched(
                || trace.clone(),
                |t| {
                    pipeline::compile(t, true, target, &cache, &options, Dumps::default()).map(drop)
                },
                criterion::BatchSize::SmallInput,
            );
        });
        group.finish();
        if let Ok(code) = pipeline::compile(
            trace.clone(),
            true,
            target,
            &cache,
            &options,
            Dumps::default(),
        ) {
            println!(
                "{} uops recorded, {} optimized, {} bytes",
                trace.insts.len(),
                code.ir.insts.len(),
                code.block.len()
            );
        }
    }
}

criterion_group!(benches, stages);
criterion_main!(benches);
