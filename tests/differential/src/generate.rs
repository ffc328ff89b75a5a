//! Random programs over int and float operations.
//!
//! A program is a list of functions, each a loop over a handful of variables
//! whose types may change. Every statement runs in a `try` of its own, so that
//! an exception is noted (by name, text and statement) and the loop goes on.
//! Functions end by printing their variables, a trail of earlier values and the
//! exceptions noted. The same seed gives the same program.
//!
//! Values stay small enough to be quick: what grows without bound is cut back
//! at the start of each iteration, at a limit beyond 64 bits, so that ints cross
//! the border to big ints and come back.
//!
//! Statements are kept apart, so that a failing program can be reduced by
//! leaving some out ([`Program::without`]). Example of one function:
//! ```text
//! def f0():
//!     a = -0.0; b = 9223372036854775807; ...
//!     for i in range(60):
//!         try:
//!             if not -LIMIT < a < LIMIT: a = 3
//!         except Exception as e: note("a", e); a = 0
//!         try:
//!             a = (b + 1)
//!         except Exception as e: note("0", e)
//!         if i % 7 == 0: trail.append((a, b, c, d))
//!     show("f0", (a, b, c, d, xs), trail)
//! ```

use std::fmt::Write;

/// SplitMix64: tiny, and the same on every machine and in every version.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`. The bias of a remainder does not matter here.
    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// True in `percent` of a hundred cases.
    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick(&mut self, words: &[&'static str]) -> &'static str {
        words[self.below(words.len())]
    }
}

const INTS: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "3",
    "-3",
    "7",
    "10",
    "-10",
    "63",
    "64",
    "255",
    "1000003",
    "2147483647",
    "2147483648",
    "-2147483648",
    "-2147483649",
    "4294967295",
    "4294967296",
    "9007199254740991",
    "9007199254740992",
    "9007199254740993",
    "-9007199254740993",
    "4611686018427387904",
    "9223372036854775806",
    "9223372036854775807",
    "-9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
];

const FLOATS: &[&str] = &[
    "0.0",
    "-0.0",
    "1.0",
    "-1.0",
    "0.5",
    "-0.5",
    "1.5",
    "2.5",
    "-2.5",
    "3.7",
    "0.1",
    "1e-9",
    "1e16",
    "-1e16",
    "1e18",
    "1e300",
    "-1e300",
    "5e-324",
    "-5e-324",
    "2.2250738585072014e-308",
    "1.7976931348623157e308",
    "2147483648.0",
    "9007199254740992.0",
    "9007199254740994.0",
    "9223372036854775807.0",
    "-9223372036854775808.0",
    "INF",
    "-INF",
    "NAN",
];

const VARIABLES: &[&str] = &["a", "b", "c", "d"];

const COMPARISONS: &[&str] = &["<", "<=", ">", ">=", "==", "!="];
const SHIFT_COUNTS: &[&str] = &["-1", "0", "1", "31", "32", "62", "63", "64", "65", "100"];

/// What a function is mostly about. Without flavours nearly every statement
/// would end in the same TypeError, and values would stop changing.
#[derive(Debug)]
struct Flavour {
    /// Of a hundred constants, how many are ints.
    int_constants: usize,
    arithmetic: &'static [&'static str],
    unary: &'static [&'static str],
    /// Whether `<<` may appear.
    shifts: bool,
    exponents: &'static [&'static str],
    calls: &'static [&'static str],
    calls2: &'static [&'static str],
    /// The eight elements of the list `xs`.
    list: &'static str,
}

static FLAVOURS: [Flavour; 3] = [
    // Ints that stay ints.
    Flavour {
        int_constants: 100,
        arithmetic: &["+", "-", "*", "//", "%", "&", "|", "^", ">>", "+", "-", "*"],
        unary: &["-", "+", "~", "not "],
        shifts: true,
        exponents: &["0", "1", "2", "3", "True"],
        calls: &["abs", "int", "bool", "math.floor", "math.trunc", "round"],
        calls2: &["min", "max", "divmod_sum"],
        list: "0, 1, -1, 7, 1 << 40, -(1 << 63), True, 1 << 65",
    },
    // Floats.
    Flavour {
        int_constants: 10,
        arithmetic: &["+", "-", "*", "/", "//", "%", "+", "-", "*"],
        unary: &["-", "+", "not "],
        shifts: false,
        exponents: &["-2", "-1", "0", "1", "2", "3", "0.5", "2.0"],
        calls: &[
            "abs",
            "float",
            "math.sqrt",
            "math.sin",
            "math.exp",
            "math.log",
            "math.fabs",
            "math.isnan",
            "math.isinf",
        ],
        calls2: &[
            "min",
            "max",
            "math.fmod",
            "math.copysign",
            "math.pow",
            "divmod_sum",
        ],
        list: "0.0, 1.5, -1.0, 2.5, 1e18, -0.0, INF, 5e-324",
    },
    // Anything with anything, errors included.
    Flavour {
        int_constants: 60,
        arithmetic: &["+", "-", "*", "//", "%", "/", "&", "|", "^", ">>"],
        unary: &["-", "+", "~", "not "],
        shifts: true,
        exponents: &["-2", "-1", "0", "1", "2", "3", "0.5", "-0.5", "2.0", "True"],
        calls: &[
            "abs",
            "int",
            "float",
            "bool",
            "math.sqrt",
            "math.floor",
            "math.ceil",
            "math.sin",
            "math.exp",
            "math.log",
            "math.fabs",
            "math.trunc",
            "math.isnan",
            "math.isinf",
            "round",
        ],
        calls2: &[
            "min",
            "max",
            "math.fmod",
            "math.copysign",
            "math.pow",
            "divmod_sum",
        ],
        list: "0, 1, -1, 2.5, 1 << 40, -0.0, True, 1 << 65",
    },
];

/// One loop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    name: String,
    initial: Vec<&'static str>,
    /// The elements of `xs`.
    list: &'static str,
    /// The loop's header, and what has to come before it.
    header: String,
    /// What an iteration does before the statements, such as counting.
    advance: Option<&'static str>,
    statements: Vec<String>,
    /// How each variable is cut back when it has grown too large.
    clamps: Vec<String>,
}

/// A random program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    pub seed: u64,
    functions: Vec<Function>,
}

/// What every program begins with.
const PRELUDE: &str = r#"import math
import sys

# An element of `xs` may grow beyond what `repr` takes.
sys.set_int_max_str_digits(0)

INF = float("inf")
NAN = float("nan")
LIMIT = 1 << 70
noted = {}


def note(where, error):
    key = (where, type(error).__name__, str(error))
    noted[key] = noted.get(key, 0) + 1


def divmod_sum(x, y):
    q, r = divmod(x, y)
    return q + r


def show(name, values, trail):
    print(name, repr(values))
    for row in trail:
        print(" ", repr(row))
    for key in sorted(noted):
        print(" ", key, noted[key])
    noted.clear()
"#;

/// Makes the parts of one function.
struct Maker<'a> {
    random: &'a mut Random,
    flavour: &'static Flavour,
}

impl Maker<'_> {
    fn pick(&mut self, words: &[&'static str]) -> &'static str {
        self.random.pick(words)
    }

    fn variable(&mut self) -> &'static str {
        self.pick(VARIABLES)
    }

    fn constant(&mut self) -> &'static str {
        if self.random.chance(self.flavour.int_constants) {
            self.pick(INTS)
        } else {
            self.pick(FLOATS)
        }
    }

    fn atom(&mut self) -> &'static str {
        match self.random.below(10) {
            0..6 => self.variable(),
            6 | 7 => "i",
            _ => self.constant(),
        }
    }

    fn comparison(&mut self) -> &'static str {
        self.pick(COMPARISONS)
    }

    /// An expression of fewer than `depth` levels.
    fn inner(&mut self, depth: usize) -> String {
        let depth = self.random.below(depth);
        self.expression(depth)
    }

    /// An expression of at most `depth` levels.
    fn expression(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.atom().to_owned();
        }
        let one = self.inner(depth);
        let two = self.inner(depth);
        match self.random.below(20) {
            10 if self.flavour.shifts => format!("({one} << {})", self.pick(SHIFT_COUNTS)),
            11 if self.flavour.shifts => format!("({one} << ({two} & 63))"),
            12 => format!("({one} ** {})", self.pick(self.flavour.exponents)),
            13 => format!("({one} {} {two})", self.comparison()),
            14 => {
                let (first, second) = (self.comparison(), self.comparison());
                format!("({one} {first} {two} {second} {})", self.inner(depth))
            }
            15 => format!("({}{one})", self.pick(self.flavour.unary)),
            16 | 17 => format!("{}({one})", self.pick(self.flavour.calls)),
            18 => format!("{}({one}, {two})", self.pick(self.flavour.calls2)),
            19 => format!("({one} if {} else {two})", self.inner(depth)),
            _ => format!("({one} {} {two})", self.pick(self.flavour.arithmetic)),
        }
    }

    fn condition(&mut self) -> String {
        let (left, right) = (self.expression(1), self.expression(1));
        match self.random.below(8) {
            0 => left,
            1 => format!("not {left}"),
            2 => format!("{} is {}", self.variable(), self.variable()),
            3 | 4 => format!("i & {}", self.random.below(8)),
            _ => format!("{left} {} {right}", self.comparison()),
        }
    }

    /// One statement, lines without indentation of their own.
    fn statement(&mut self) -> String {
        let target = self.variable();
        let (one, two) = (self.expression(1), self.expression(1));
        match self.random.below(24) {
            0..4 => format!("{target} = {}", self.expression(2)),
            4 => format!("{target} = {}", self.expression(3)),
            // A value that depends on its past is a value that keeps changing.
            5..8 => {
                let operator = self.pick(self.flavour.arithmetic);
                format!("{target} = {target} {operator} {}", self.expression(2))
            }
            8..10 => format!("{target} = {target} + {one} - i"),
            10..14 => format!("{target} {}= {one}", self.pick(self.flavour.arithmetic)),
            14..16 => {
                let test = self.condition();
                format!("if {test}:\n    {target} = {one}\nelse:\n    {target} = {two}")
            }
            16 => {
                let other = self.variable();
                format!("{target}, {other} = {other}, {target}")
            }
            17 => format!("{target}, {} = {one}, {two}", self.variable()),
            18 => format!("xs[{} & 7] = {one}", self.variable()),
            19 => format!("{target} = xs[{one}]"),
            20 => format!("{target} = xs[i & 7]"),
            // The type or the range changes once, or now and then.
            21 => format!(
                "if i == {}:\n    {target} = {}",
                self.random.below(60),
                self.constant()
            ),
            22 => format!("if {}:\n    continue", self.condition()),
            _ => format!(
                "for j in range({}):\n    {target} = {one} + j",
                self.random.below(5)
            ),
        }
    }

    fn clamp(&mut self, variable: &str) -> String {
        let reset = self.constant();
        match self.random.below(3) {
            // Cuts nan and infinities back too.
            0 => format!("if not -LIMIT < {variable} < LIMIT: {variable} = {reset}"),
            // Lets nan live on.
            1 => format!("if {variable} > LIMIT or {variable} < -LIMIT: {variable} = {reset}"),
            // Lets all floats live on.
            _ => format!(
                "if type({variable}) is int and not -LIMIT < {variable} < LIMIT: {variable} = {reset}"
            ),
        }
    }

    fn function(&mut self, index: usize) -> Function {
        let count = 20 + self.random.below(100);
        let (header, advance) = match self.random.below(5) {
            0 => (format!("i = 0\n    while i < {count}:"), Some("i += 1")),
            1 => (format!("i = {count}\n    while i:"), Some("i -= 1")),
            2 => (format!("for i in range({count}, -5, -3):"), None),
            3 => (format!("for i in range(-{count}, {count}):"), None),
            _ => (format!("for i in range({count}):"), None),
        };
        let statements = 3 + self.random.below(6);
        Function {
            name: format!("f{index}"),
            initial: VARIABLES.iter().map(|_| self.constant()).collect(),
            list: self.flavour.list,
            header,
            advance,
            statements: (0..statements).map(|_| self.statement()).collect(),
            clamps: VARIABLES.iter().map(|name| self.clamp(name)).collect(),
        }
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

impl Function {
    fn source(&self) -> String {
        let mut out = format!("\n\ndef {}():\n", self.name);
        for (variable, value) in VARIABLES.iter().zip(&self.initial) {
            indented(&mut out, 1, &format!("{variable} = {value}"));
        }
        indented(&mut out, 1, &format!("xs = [{}]\ntrail = []", self.list));
        // The second line of a header brings its own indentation.
        let _ = writeln!(out, "    {}", self.header);
        indented(&mut out, 2, self.advance.unwrap_or_default());
        // Cutting back comes first, where no `continue` can skip it. A clamp that
        // fails means a value without order, such as a complex one: start afresh.
        let clamps = self.clamps.iter().enumerate();
        let clamps = clamps.map(|(number, clamp)| {
            let variable = VARIABLES[number];
            (
                clamp,
                format!("note({variable:?}, e)\n{variable} = {number}"),
            )
        });
        let statements = self.statements.iter().enumerate();
        let statements =
            statements.map(|(number, statement)| (statement, format!("note(\"{number}\", e)")));
        for (guarded, recovery) in clamps.chain(statements) {
            indented(&mut out, 2, "try:");
            indented(&mut out, 3, guarded);
            indented(&mut out, 2, "except Exception as e:");
            indented(&mut out, 3, &recovery);
        }
        let values = VARIABLES.join(", ");
        indented(
            &mut out,
            2,
            &format!("if i % 7 == 0: trail.append(({values}))"),
        );
        indented(
            &mut out,
            1,
            &format!("show({:?}, ({values}, xs), trail)", self.name),
        );
        let _ = write!(out, "\n\n{}()\n", self.name);
        out
    }
}

impl Program {
    /// The program of a seed.
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let functions = (0..12).map(|index| {
            let flavour = &FLAVOURS[random.below(FLAVOURS.len())];
            let random = &mut random;
            Maker { random, flavour }.function(index)
        });
        let functions = functions.collect();
        Self { seed, functions }
    }

    /// Its text.
    pub fn source(&self) -> String {
        let mut out = format!("# Random program, seed {}.\n{PRELUDE}", self.seed);
        for function in &self.functions {
            out.push_str(&function.source());
        }
        out
    }

    /// How many parts can be left out: functions, and statements within them.
    pub fn parts(&self) -> usize {
        self.functions
            .iter()
            .map(|function| 1 + function.statements.len())
            .sum()
    }

    /// A copy without one part; see [`Program::parts`].
    pub fn without(&self, part: usize) -> Self {
        let mut smaller = self.clone();
        let mut rest = part;
        for index in 0..smaller.functions.len() {
            if rest == 0 {
                smaller.functions.remove(index);
                break;
            }
            rest -= 1;
            let statements = &mut smaller.functions[index].statements;
            if rest < statements.len() {
                statements.remove(rest);
                break;
            }
            rest -= statements.len();
        }
        smaller
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_program() {
        assert_eq!(Program::new(5), Program::new(5));
        assert_ne!(Program::new(5).source(), Program::new(6).source());
    }

    #[test]
    fn every_part_can_be_left_out() {
        let program = Program::new(3);
        for part in 0..program.parts() {
            let smaller = program.without(part);
            assert!(smaller.parts() < program.parts(), "part {part}");
        }
        assert_eq!(program.without(program.parts()), program);
    }

    #[test]
    fn many_seeds_use_every_operator() {
        let mut text = String::new();
        for seed in 0..200 {
            text.push_str(&Program::new(seed).source());
        }
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
