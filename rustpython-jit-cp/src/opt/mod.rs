//! The optimizer: a list of passes over a trace.
//!
//! Passes take a verified trace and leave a verified trace that does the same: from any
//! state it makes the same writes and residual calls in the same order, and leaves at an
//! exit that resumes the interpreter where it makes no visible difference. Two freedoms
//! are used beyond that:
//!
//! - An exit that is only a limit of the compiled code (a sum over 64 bits, say, which is
//!   no error in Python) may be dropped with its instruction when nobody uses the result:
//!   going on is as good as leaving. Exits where the interpreter would *raise* stay.
//! - A repeated read of memory that other threads may write can be merged with an earlier
//!   one of the same iteration, as if both had happened then; never with one of an earlier
//!   iteration, or a loop that waits for another thread would wait forever (unless
//!   [`OptOptions::single_threaded`] says that there is none).
//!
//! Worked example: in the peeled iteration a trace guards the class of `v0` and unboxes it.
//! In the loop it does so again; `fold` finds that `guard_type v0` has passed and that
//! `unbox_int v0` is known, and both go. What stays is an `int_add_imm` around the back edge.
//!
//! Every rewrite has a name ([`rules`]) and takes a unit of [`OptOptions::fuel`], so that a
//! miscompile can be bisected to one rewrite. In debug builds the verifier runs after every
//! pass.
#![forbid(unsafe_code)]

mod dce;
pub mod eval;
mod fold;
mod invariant;
mod lower;
pub mod rules;

#[cfg(test)]
mod machine;
#[cfg(test)]
mod proofs;

use crate::ir::{InstIdx, Trace};
pub use rules::{RULES, Rule};

/// What the optimizer may do.
#[derive(Clone, Debug)]
pub struct OptOptions {
    /// Whether to optimize; otherwise only the mandatory lowering runs.
    pub enabled: bool,
    /// At most so many rewrites, for bisecting a miscompile.
    pub fuel: Option<u32>,
    /// That no other thread runs while the trace does: the trace must be invalidated before
    /// a second thread starts. Then reads of lists, fields and names move out of loops that
    /// do not write them.
    pub single_threaded: bool,
}

impl Default for OptOptions {
    fn default() -> Self {
        Self {
            enabled: true,
            fuel: None,
            single_threaded: false,
        }
    }
}

/// What [`optimize_with`] reports while it works.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A rule is about to rewrite something.
    Rewrite(Rule),
    /// A pass has finished and left this.
    Pass(&'static str, &'a Trace),
}

/// A pass.
pub struct Pass {
    /// Its name in dumps.
    pub name: &'static str,
    /// Whether it runs with the optimizer off, too.
    pub mandatory: bool,
    run: fn(Trace, &mut Rewrites<'_>) -> Trace,
}

/// The passes in order. `fold` runs again behind `loop-invariant`, because only then are
/// phis seen whose back edge turned out to bring the same value.
pub const PASSES: &[Pass] = &[
    Pass {
        name: "fold",
        mandatory: false,
        run: fold::run,
    },
    Pass {
        name: "loop-invariant",
        mandatory: false,
        run: invariant::run,
    },
    Pass {
        name: "fold-again",
        mandatory: false,
        run: fold::run,
    },
    Pass {
        name: "dce",
        mandatory: false,
        run: dce::run,
    },
    Pass {
        name: "lower",
        mandatory: true,
        run: lower::run,
    },
];

/// Optimizes a trace.
#[must_use]
pub fn optimize(trace: Trace, options: &OptOptions) -> Trace {
    optimize_with(trace, options, &mut |_| {})
}

/// Optimizes a trace and reports each rewrite and the trace after each pass.
///
/// # Panics
/// In debug builds, when the trace or what a pass leaves is not well-formed.
#[must_use]
pub fn optimize_with(
    mut trace: Trace,
    options: &OptOptions,
    observer: &mut dyn FnMut(Event<'_>),
) -> Trace {
    check("recording", &trace);
    let mut rewrites = Rewrites {
        options,
        left: options.fuel.unwrap_or(u32::MAX),
        observer,
    };
    for pass in PASSES {
        if options.enabled || pass.mandatory {
            trace = (pass.run)(trace, &mut rewrites);
            check(pass.name, &trace);
            (rewrites.observer)(Event::Pass(pass.name, &trace));
        }
    }
    trace
}

/// Verifies in debug builds.
fn check(stage: &str, trace: &Trace) {
    if cfg!(debug_assertions)
        && let Err(violation) = crate::ir::verify(trace)
    {
        panic!("after {stage}: {violation}\n{trace}");
    }
}

/// What every pass shares: the options, the fuel, and who listens.
struct Rewrites<'a> {
    options: &'a OptOptions,
    left: u32,
    observer: &'a mut dyn FnMut(Event<'_>),
}

impl Rewrites<'_> {
    /// Whether there is fuel for a rewrite by this rule, which it takes.
    fn take(&mut self, rule: Rule) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        (self.observer)(Event::Rewrite(rule));
        true
    }
}

/// Old indices to new ones, for passes that rebuild the trace.
struct Renumbering(Vec<InstIdx>);

impl Renumbering {
    /// Stands for instructions without a successor: removed, or not yet seen.
    const NONE: InstIdx = InstIdx(u32::MAX);

    fn new(len: usize) -> Self {
        Self(vec![Self::NONE; len])
    }

    fn set(&mut self, old: InstIdx, new: InstIdx) {
        self.0[old.index()] = new;
    }

    fn get(&self, old: InstIdx) -> InstIdx {
        self.0[old.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::parse;

    const LOOP: &str = "trace {
        v0 = load_local 0
        guard_type v0 @0x10 ; s0
        v2 = unbox_int v0 ; s0
        v3 = const_int 3
        v4 = int_mul v3 v3 ; s0
        loop_header
        v6 = phi_int v2 v8
        v7 = const_int 1
        v8 = int_add v6 v7 ; s1
        v9 = unbox_int v0 ; s1
        poll ; s2
        jump_loop
        s0: pc=4 mem=0
        s1: pc=8 mem=0 L0=int(v6)
        s2: pc=4 mem=0 L0=int(v8)
    }";

    #[test]
    fn fuel_limits_the_number_of_rewrites() {
        let trace = parse(LOOP).expect("it is well-formed");
        let count = |fuel| {
            let options = OptOptions {
                fuel,
                ..OptOptions::default()
            };
            let mut count = 0;
            let _ = optimize_with(trace.clone(), &options, &mut |event| {
                count += u32::from(matches!(event, Event::Rewrite(_)));
            });
            count
        };
        let all = count(None);
        assert!(all >= 5, "{all}");
        for fuel in 0..=all {
            assert_eq!(count(Some(fuel)), fuel);
        }
        assert_eq!(count(Some(all + 1)), all);
    }

    #[test]
    fn only_lowering_runs_when_it_is_off() {
        let trace = parse(LOOP).expect("it is well-formed");
        let options = OptOptions {
            enabled: false,
            ..OptOptions::default()
        };
        let mut passes = Vec::new();
        let lowered = optimize_with(trace.clone(), &options, &mut |event| match event {
            Event::Pass(name, _) => passes.push(name),
            Event::Rewrite(rule) => panic!("{rule:?}"),
        });
        assert_eq!(passes, ["lower"]);
        assert_eq!(lowered, trace);
    }
}
