//! Random programs: a seed gives a program, always the same one.
//!
//! Two generators take turns. [`arithmetic`] makes functions over int and float
//! operations, each statement guarded by itself; [`scenes`] expands tables of
//! templates ([`templates`], [`styles`]) into loops in which everything else happens that a
//! JIT may get wrong: names and classes that change, exceptions, frames that
//! are looked at, destructors, generators, threads, tracing.
//!
//! Invariants:
//! - a program's output depends on nothing but the program;
//! - no address, time or order of threads is printed;
//! - it ends by itself, within a second or so under stock.
//!
//! Example: `Program::new(7).text` starts with `# Random program, seed 7.`.

mod arithmetic;
mod expressions;
mod inner;
mod preludes;
mod random;
mod scenes;
mod styles;
mod templates;

use random::Random;

/// A random program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    pub seed: u64,
    pub text: String,
    /// Whether its loops get hot without a lowered threshold.
    pub long: bool,
}

impl Program {
    /// The program of a seed.
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut text = format!("# Random program, seed {seed}.\n");
        let mut long = false;
        if random.chance(20) {
            text += preludes::PRELUDE;
            for index in 0..12 {
                arithmetic::function(&mut text, &mut random, index);
            }
        } else {
            long = random.chance(8);
            scenes::program(&mut text, &mut random, long);
        }
        Self { seed, text, long }
    }

    /// A program that came from elsewhere.
    pub fn of_others(seed: u64, text: String) -> Self {
        let long = false;
        Self { seed, text, long }
    }
}

/// Appends `text` with every line indented.
fn indented(out: &mut String, depth: usize, text: &str) {
    for line in text.lines() {
        out.push_str(&"    ".repeat(depth));
        out.push_str(line);
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::expressions::{COMPARISONS, FLAVOURS, FLOATS, INTS};
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_program() {
        assert_eq!(Program::new(5), Program::new(5));
        assert_ne!(Program::new(5).text, Program::new(6).text);
    }

    #[test]
    fn many_seeds_use_every_word() {
        let text: String = (0..300).map(|seed| Program::new(seed).text).collect();
        for operator in COMPARISONS {
            assert!(text.contains(&format!(" {operator} ")), "{operator}");
        }
        for flavour in &FLAVOURS {
            for operator in flavour.arithmetic {
                assert!(text.contains(&format!(" {operator} ")), "{operator}");
            }
            for call in flavour.calls.iter().chain(flavour.calls2) {
                assert!(text.contains(&format!("{call}(")), "{call}");
            }
        }
        for constant in INTS.iter().chain(FLOATS) {
            assert!(text.contains(constant), "{constant}");
        }
    }
}
