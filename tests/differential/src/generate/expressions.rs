//! Expressions, conditions and constants: what both generators are made of.
//!
//! A [`Flavour`] decides what a function is mostly about. Constants lie at the
//! borders: 2**31, 2**53, 2**63, infinities, nan, -0.0, the smallest floats.
//!
//! Invariant: with `tame`, no expression grows faster than by a constant number
//! of bits for each of its operators, so that nested loops cannot make ints
//! that take minutes to multiply.
//!
//! Example: `(a + (9223372036854775807 if i else b))`, of depth 2.

use super::random::Random;

pub const INTS: &[&str] = &[
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

pub const FLOATS: &[&str] = &[
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

pub const VARIABLES: &[&str] = &["a", "b", "c", "d"];

pub const COMPARISONS: &[&str] = &["<", "<=", ">", ">=", "==", "!="];
const SHIFT_COUNTS: &[&str] = &["-1", "0", "1", "31", "32", "62", "63", "64", "65", "100"];

/// What a function is mostly about. Without flavours nearly every statement
/// would end in the same TypeError, and values would stop changing.
#[derive(Debug)]
pub struct Flavour {
    /// Of a hundred constants, how many are ints.
    pub int_constants: usize,
    pub arithmetic: &'static [&'static str],
    pub unary: &'static [&'static str],
    /// Whether `<<` may appear.
    pub shifts: bool,
    pub exponents: &'static [&'static str],
    pub calls: &'static [&'static str],
    pub calls2: &'static [&'static str],
    /// The eight elements of the list `xs`.
    pub list: &'static str,
}

pub static FLAVOURS: [Flavour; 3] = [
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
            "math.cos",
            "math.tan",
            "math.asin",
            "math.acos",
            "math.atan",
            "math.sinh",
            "math.cosh",
            "math.tanh",
            "math.log2",
            "math.log10",
            "math.floor",
            "math.ceil",
            "int",
        ],
        calls2: &[
            "min",
            "max",
            "math.fmod",
            "math.copysign",
            "math.pow",
            "math.atan2",
            "math.hypot",
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
            "math.atan2",
            "math.hypot",
            "divmod_sum",
        ],
        list: "0, 1, -1, 2.5, 1 << 40, -0.0, True, 1 << 65",
    },
];

/// Makes expressions over a few variables and the loop variable `i`.
pub struct Maker<'a> {
    pub random: &'a mut Random,
    pub flavour: &'static Flavour,
    pub tame: bool,
}

impl<'a> Maker<'a> {
    /// A maker of some flavour.
    pub fn new(random: &'a mut Random, tame: bool) -> Self {
        let flavour = &FLAVOURS[random.below(FLAVOURS.len())];
        Self {
            random,
            flavour,
            tame,
        }
    }

    pub fn pick(&mut self, words: &[&'static str]) -> &'static str {
        self.random.pick(words)
    }

    pub fn variable(&mut self) -> &'static str {
        self.pick(VARIABLES)
    }

    pub fn constant(&mut self) -> &'static str {
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

    pub fn comparison(&mut self) -> &'static str {
        self.pick(COMPARISONS)
    }

    /// An operator and its right operand, of at most `depth` levels.
    pub fn operation(&mut self, depth: usize) -> (&'static str, String) {
        let operator = self.pick(self.flavour.arithmetic);
        let operand = match operator {
            "*" if self.tame && self.random.chance(50) => "i".to_owned(),
            "*" if self.tame => self.constant().to_owned(),
            _ => self.expression(depth),
        };
        (operator, operand)
    }

    /// An expression of fewer than `depth` levels.
    fn inner(&mut self, depth: usize) -> String {
        let depth = self.random.below(depth);
        self.expression(depth)
    }

    /// An expression of at most `depth` levels.
    pub fn expression(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.atom().to_owned();
        }
        let one = self.inner(depth);
        match self.random.below(20) {
            10 if self.flavour.shifts => format!("({one} << {})", self.pick(SHIFT_COUNTS)),
            11 if self.flavour.shifts => format!("({one} << ({} & 63))", self.inner(depth)),
            12 if self.tame => format!("((i & 15) ** {})", self.pick(self.flavour.exponents)),
            12 => format!("({one} ** {})", self.pick(self.flavour.exponents)),
            13 => format!("({one} {} {})", self.comparison(), self.inner(depth)),
            14 => {
                let (first, second) = (self.comparison(), self.comparison());
                let (two, three) = (self.inner(depth), self.inner(depth));
                format!("({one} {first} {two} {second} {three})")
            }
            15 => format!("({}{one})", self.pick(self.flavour.unary)),
            16 | 17 => format!("{}({one})", self.pick(self.flavour.calls)),
            18 => format!(
                "{}({one}, {})",
                self.pick(self.flavour.calls2),
                self.inner(depth)
            ),
            19 => format!(
                "({one} if {} else {})",
                self.inner(depth),
                self.inner(depth)
            ),
            _ => {
                let (operator, two) = self.operation(depth - 1);
                format!("({one} {operator} {two})")
            }
        }
    }

    pub fn condition(&mut self) -> String {
        let (left, right) = (self.expression(1), self.expression(1));
        match self.random.below(8) {
            0 => left,
            1 => format!("not {left}"),
            2 => format!(
                "type({}) is {}",
                self.variable(),
                self.pick(&["int", "float"])
            ),
            3 | 4 => format!("i & {}", self.random.below(8)),
            _ => format!("{left} {} {right}", self.comparison()),
        }
    }

    /// A condition on which `variable` has grown too large.
    pub fn too_large(&mut self, variable: &str) -> String {
        match self.random.below(3) {
            // Cuts nan and infinities back too.
            0 => format!("not -LIMIT < {variable} < LIMIT"),
            // Lets nan live on.
            1 => format!("{variable} > LIMIT or {variable} < -LIMIT"),
            // Lets all floats live on.
            _ => format!("type({variable}) is int and not -LIMIT < {variable} < LIMIT"),
        }
    }

    /// The header of a loop over `i`, what comes before it, and what the loop's
    /// body has to begin with. The second number is about how often it runs.
    pub fn outer_loop(&mut self) -> (Option<String>, String, Option<&'static str>, usize) {
        let count = 20 + self.random.below(40);
        match self.random.below(6) {
            0 => (
                Some("i = 0".into()),
                format!("while i < {count}:"),
                Some("i += 1"),
                count,
            ),
            1 => (
                Some(format!("i = {count}")),
                "while i:".into(),
                Some("i -= 1"),
                count,
            ),
            2 => (
                None,
                format!("for i in range({count}, -5, -3):"),
                None,
                count,
            ),
            3 => (
                None,
                format!("for i in range(-{count}, {count}):"),
                None,
                count,
            ),
            _ => (None, format!("for i in range({count}):"), None, count),
        }
    }
}
