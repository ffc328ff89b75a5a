//! How often a benchmark is run, and what is said to pyperf.
//!
//! pyperf has defaults for CPython, for a few JITs that it knows, and none for
//! this one, so everything is said explicitly:
//!
//! * **Rounds** in place of pyperf's processes: a round is one process of each
//!   interpreter, directly after each other. A machine whose speed drifts (a
//!   virtual one does, within seconds) then slows all down alike. pyperf joins the
//!   runs afterwards, as if it had started the processes itself.
//! * **Warm-ups** are values that are thrown away, in each process. Loops are
//!   compiled after about a thousand rounds, within the first value of nearly all
//!   benchmarks; what a value leaves cold (loops that give up recording and are
//!   tried again after a longer wait) the next ones warm. Both interpreters get
//!   the same number, though stock needs none.
//! * **Values** are what is compared, the same number for both.
//! * **Loops** of one value are calibrated by pyperf for each interpreter, until a
//!   value takes `min_time`. With stock's number, a JIT that is 100 times faster
//!   would be timed over a millisecond, and every tick of the scheduler would
//!   count 100 times as much on its side. Values are times of one loop, so
//!   different numbers compare. A benchmark whose single loop takes longer than
//!   `min_time` is not calibrated: it gets `--loops 1`. Nor are later rounds: they
//!   get the number of the first.
//!
//! How many of each depends on how long the benchmark takes: its levels of effort
//! are tried from the top until one fits into the mode's budget.
//!
//! Example: a benchmark of 0.3 s a loop on stock gets, in the fast mode, 2 rounds of
//! 1 warm-up and 2 values. One of 20 s gets none: the value of its check is taken.

use super::outcome::Outcome;

/// What the user wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Whether everything runs: each benchmark once.
    Check,
    /// About how fast, in minutes.
    Fast,
    /// How fast.
    Full,
}

/// How often a benchmark is run on each interpreter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Processes. With none, the only value is that of the check.
    pub rounds: u32,
    /// Values in each process that are thrown away first.
    pub warmups: u32,
    /// Values in each process.
    pub values: u32,
}

const fn effort(rounds: u32, warmups: u32, values: u32) -> Effort {
    Effort {
        rounds,
        warmups,
        values,
    }
}

/// What the fast mode leaves out unless it is named: one value takes more than ten
/// seconds on stock (at 2.4 GHz), and others of its kind stay in, or it does not
/// come to an end at all.
const SLOW: [&str; 19] = [
    "async_generators",
    "async_tree",
    "async_tree_cpu_io_mixed",
    "async_tree_cpu_io_mixed_tg",
    "async_tree_eager",
    "async_tree_eager_cpu_io_mixed",
    "async_tree_eager_cpu_io_mixed_tg",
    "async_tree_eager_io",
    "async_tree_eager_io_tg",
    "async_tree_io",
    "async_tree_io_tg",
    "asyncio_tcp_ssl",
    "base64",
    "bpe_tokeniser",
    "mdp",
    "networkx",
    "networkx_connected_components",
    "networkx_k_core",
    "pprint",
];

const CHECK: [Effort; 1] = [effort(0, 0, 0)];

const FAST: [Effort; 4] = [
    effort(2, 2, 3),
    effort(2, 1, 2),
    effort(1, 1, 2),
    effort(0, 0, 0),
];

const FULL: [Effort; 5] = [
    effort(6, 5, 6),
    effort(6, 3, 4),
    effort(5, 2, 3),
    effort(4, 1, 2),
    effort(3, 1, 1),
];

impl Mode {
    /// As the user says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Fast => "fast",
            Self::Full => "full",
        }
    }

    /// Whether a benchmark is left out that was not named.
    pub fn leaves_out(self, benchmark: &str) -> bool {
        self == Self::Fast && SLOW.contains(&benchmark)
    }

    /// Seconds that a value takes at least, calibrated.
    pub fn min_time(self) -> f64 {
        match self {
            Self::Full => 0.1,
            _ => 0.05,
        }
    }

    /// From the most to the least effort.
    fn levels(self) -> &'static [Effort] {
        match self {
            Self::Check => &CHECK,
            Self::Fast => &FAST,
            Self::Full => &FULL,
        }
    }

    /// Seconds of values for one benchmark on one interpreter. The time around the
    /// values does not count: a script that imports for seconds and then times
    /// microseconds still needs its warm-up.
    fn budget(self) -> f64 {
        match self {
            Self::Check => 0.0,
            Self::Fast => 3.0,
            Self::Full => 75.0,
        }
    }

    /// What a benchmark gets that came to `checks` on the interpreters, and how many
    /// seconds that takes on one of them, about.
    pub fn effort(self, checks: &[&Outcome]) -> (Effort, f64) {
        let largest =
            |of: &dyn Fn(&Outcome) -> f64| checks.iter().map(|c| of(c)).fold(0.0, f64::max);
        let levels = self.levels();
        let fits = levels.iter().find(|level| {
            largest(&|check| self.seconds_of_values(**level, check)) <= self.budget()
        });
        let chosen = *fits.unwrap_or(&levels[levels.len() - 1]);
        (chosen, largest(&|check| self.seconds(chosen, check)))
    }

    fn seconds_of_values(self, effort: Effort, check: &Outcome) -> f64 {
        // Doubling the loops ends somewhere between once and twice the minimum.
        let single = check.value_seconds().unwrap_or(0.0);
        let value = single.max(1.5 * self.min_time());
        f64::from(effort.rounds * (effort.warmups + effort.values)) * value
    }

    /// With calibration, and all that is around the values.
    fn seconds(self, effort: Effort, check: &Outcome) -> f64 {
        let around = check.seconds() - check.value_seconds().unwrap_or(0.0);
        let calibration = if effort.rounds > 0 && self.loops(check).is_none() {
            around + 4.0 * self.min_time()
        } else {
            0.0
        };
        f64::from(effort.rounds) * around + calibration + self.seconds_of_values(effort, check)
    }

    /// The loops for the rounds after the run `before`, if they are known: of the
    /// check, that one loop is enough; of a round, its number. A script that times
    /// several benchmarks can be told only one number, so it calibrates them itself.
    fn loops(self, before: &Outcome) -> Option<u64> {
        let Outcome::Passed { timed, .. } = before else {
            return None;
        };
        let [only] = timed.as_slice() else {
            return None;
        };
        let enough = only.loops > 1 || only.mean >= self.min_time();
        enough.then_some(only.loops)
    }

    /// pyperf's options for one round after `before`, which ran on the same
    /// interpreter.
    pub fn options(self, effort: Effort, before: &Outcome) -> Vec<String> {
        let mut options = vec![
            "--processes=1".to_owned(),
            format!("--warmups={}", effort.warmups),
            format!("--values={}", effort.values),
            format!("--min-time={}", self.min_time()),
        ];
        options.extend(self.loops(before).map(|loops| format!("--loops={loops}")));
        options
    }

    /// The name of a round's files: all that its result depends on.
    pub fn run_name(self, benchmark: &str, effort: Effort, round: u32) -> String {
        format!(
            "{benchmark}.{}-w{}-v{}-{round}",
            self.name(),
            effort.warmups,
            effort.values
        )
    }
}

/// pyperf's options for a check: one value, one loop, no warm-up, one process.
pub fn check_options() -> Vec<String> {
    vec!["--debug-single-value".to_owned()]
}

#[cfg(test)]
mod tests {
    use super::super::outcome::Timed;
    use super::super::outcome::tests::passed;
    use super::*;

    #[test]
    fn longer_benchmarks_get_less() {
        for mode in [Mode::Fast, Mode::Full] {
            let mut before = u32::MAX;
            for mean in [1e-5, 0.1, 0.5, 1.0, 4.0, 10.0, 100.0] {
                let check = passed("a", mean);
                let (effort, seconds) = mode.effort(&[&check]);
                let work = effort.rounds * (effort.warmups + effort.values);
                assert!(work <= before, "{mode:?} {mean}: {effort:?}");
                let values = mode.seconds_of_values(effort, &check);
                assert!(values <= mode.budget() || effort == *mode.levels().last().unwrap());
                assert!(seconds >= values);
                before = work;
            }
        }
        assert_eq!(
            Mode::Fast.effort(&[&passed("a", 20.0)]),
            (effort(0, 0, 0), 0.0)
        );
        assert_eq!(Mode::Check.effort(&[&passed("a", 0.1)]).0.rounds, 0);
        assert!(Mode::Full.effort(&[&passed("a", 1000.0)]).0.rounds > 0);
    }

    /// However long its imports take.
    #[test]
    fn a_short_benchmark_is_warmed_up() {
        let Outcome::Passed { timed, .. } = passed("a", 1e-5) else {
            panic!("failed");
        };
        let check = Outcome::Passed {
            seconds: 60.0,
            timed,
        };
        let (effort, seconds) = Mode::Fast.effort(&[&check]);
        assert!(effort.warmups > 0 && seconds > 100.0);
    }

    #[test]
    fn only_the_fast_mode_leaves_out() {
        let out = |mode: Mode| ["pprint", "nbody"].map(|name| mode.leaves_out(name));
        assert_eq!(out(Mode::Fast), [true, false]);
        assert_eq!([out(Mode::Check), out(Mode::Full)], [[false; 2]; 2]);
    }

    #[test]
    fn the_slowest_interpreter_decides() {
        let (slow, fast) = (passed("a", 0.4), passed("a", 0.01));
        let both = Mode::Fast.effort(&[&slow, &fast]);
        assert_eq!(both, Mode::Fast.effort(&[&slow]));
        assert_ne!(both.0, Mode::Fast.effort(&[&fast]).0);
    }

    #[test]
    fn loops_are_calibrated_once() {
        let level = effort(2, 1, 3);
        let loops = |before: &Outcome| {
            let options = Mode::Fast.options(level, before);
            assert!(options.contains(&"--warmups=1".to_owned()));
            options
                .iter()
                .find_map(|o| o.strip_prefix("--loops=").map(str::to_owned))
        };
        assert_eq!(loops(&passed("a", 0.5)).as_deref(), Some("1"));
        assert_eq!(loops(&passed("a", 0.001)), None);
        let round = |names: &[&str]| Outcome::Passed {
            seconds: 1.0,
            timed: names
                .iter()
                .map(|&name| Timed {
                    name: name.to_owned(),
                    loops: 64,
                    mean: 0.001,
                })
                .collect(),
        };
        assert_eq!(loops(&round(&["a"])).as_deref(), Some("64"));
        assert_eq!(loops(&round(&["a", "b"])), None);
    }

    #[test]
    fn names_tell_efforts_apart() {
        let name = |mode: Mode, effort| mode.run_name("nbody", effort, 0);
        assert_eq!(name(Mode::Fast, effort(2, 1, 3)), "nbody.fast-w1-v3-0");
        assert_eq!(
            name(Mode::Fast, effort(2, 1, 3)),
            name(Mode::Fast, effort(3, 1, 3))
        );
        assert_ne!(
            name(Mode::Fast, effort(2, 1, 3)),
            name(Mode::Full, effort(2, 1, 3))
        );
    }
}
