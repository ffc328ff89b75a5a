//! Expands the tables of [`super::templates`] into programs.
//!
//! A program has some themes and a few units. A unit is a loop with its
//! surroundings: a function, a generator, a module's or a class's body, or a
//! function run in a thread. In it, statements are drawn from the tables of its
//! themes, guarded by a `try` or, rarely, not. Values are cut back as in
//! [`super::arithmetic`]. Some programs end with an exception nobody catches.
//!
//! Invariant: a unit's statements have a budget, and blocks are nested at most
//! [`DEEPEST`] deep, so that programs stay small enough to be read.
//!
//! Example of a unit: see `python_is_made` below.

use std::collections::HashSet;

use super::expressions::{FLOATS, INTS, Maker, VARIABLES};
use super::indented;
use super::preludes::{PRELUDE, SCENE_PRELUDE};
use super::random::Random;
use super::styles::{IDENTITY, IDENTITY_HELPERS, RETURNS, SMOOTH, SMOOTH_SETUP, YIELDS};
use super::templates::{CONTROL, THEMES, Table, Theme};

/// How deep blocks are nested in a unit's loop.
const DEEPEST: usize = 3;

/// What a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Function,
    Generator,
    Module,
    Class,
    Thread,
    /// A function whose exceptions end the program.
    Last,
}

/// Where a unit's statements come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// From the tables of its themes.
    Themes,
    /// They are about which object a name stands for.
    Identity,
    /// They never raise.
    Smooth,
}

impl Kind {
    fn is_def(self) -> bool {
        !matches!(self, Self::Module | Self::Class)
    }
}

/// Appends a program. If it is `long`, loops pass the ordinary threshold.
pub fn program(out: &mut String, random: &mut Random, long: bool) {
    let mut themes: Vec<&'static Theme> = Vec::new();
    for _ in 0..2 + random.below(3) {
        let theme = pick_theme(random);
        if !themes.iter().any(|other| other.name == theme.name) {
            themes.push(theme);
        }
    }
    let mut kinds: Vec<_> = (0..10 + random.below(8))
        .map(|_| match random.below(100) {
            0..60 => Kind::Function,
            60..74 => Kind::Module,
            74..80 => Kind::Class,
            80..94 => Kind::Generator,
            _ => Kind::Thread,
        })
        .collect();
    // Handlers run in the main thread, whenever it gets to it.
    if themes.iter().any(|theme| theme.name == "signals") {
        for kind in kinds.iter_mut().filter(|kind| **kind == Kind::Thread) {
            *kind = Kind::Function;
        }
    }
    if random.chance(35) {
        kinds.push(Kind::Last);
    }
    // Kinds bring the themes whose helpers they need.
    for (kind, name) in [(Kind::Generator, "generators"), (Kind::Thread, "threads")] {
        if kinds.contains(&kind) && !themes.iter().any(|theme| theme.name == name) {
            themes.extend(THEMES.iter().find(|theme| theme.name == name));
        }
    }
    *out += PRELUDE;
    *out += SCENE_PRELUDE;
    *out += IDENTITY_HELPERS;
    for theme in &themes {
        *out += theme.helpers;
    }
    let mut numbers = 0;
    for (index, kind) in kinds.into_iter().enumerate() {
        let mut own: Vec<_> = themes.clone();
        while own.len() > 2 || (own.len() == 2 && random.chance(50)) {
            own.remove(random.below(own.len()));
        }
        let style = match random.below(100) {
            0..12 => Style::Identity,
            12..40 => Style::Smooth,
            _ => Style::Themes,
        };
        let mut unit = Unit {
            maker: Maker::new(random, true),
            out: String::new(),
            indent: 0,
            level: 0,
            budget: 0,
            themes: if style == Style::Themes {
                own
            } else {
                Vec::new()
            },
            style,
            kind,
            count: 0,
            long,
            numbers: &mut numbers,
            used: HashSet::new(),
        };
        unit.whole(index);
        *out += &unit.out;
    }
}

fn pick_theme(random: &mut Random) -> &'static Theme {
    let total: u32 = THEMES.iter().map(|theme| theme.weight).sum();
    let mut rest = random.below(total as usize) as u32;
    for theme in THEMES {
        if rest < theme.weight {
            return theme;
        }
        rest -= theme.weight;
    }
    unreachable!("the number is below the sum of the weights")
}

/// An expression: how many references there are to some objects. Small ints are shared by
/// all that happens, so they do not count.
fn counts(objects: &str) -> String {
    format!("[sys.getrefcount(q) for q in ({objects}) if type(q) is not int or q > 300]")
}

/// A unit in the making.
struct Unit<'a> {
    maker: Maker<'a>,
    out: String,
    indent: usize,
    /// How many loops of its own the current block is in.
    level: usize,
    /// How many more statements it may have.
    budget: usize,
    themes: Vec<&'static Theme>,
    style: Style,
    kind: Kind,
    /// How often the loop runs.
    count: usize,
    long: bool,
    /// How many unique numbers the program has used.
    numbers: &'a mut usize,
    /// Templates used that may be used only once.
    used: HashSet<&'static str>,
}

impl Unit<'_> {
    fn line(&mut self, text: &str) {
        indented(&mut self.out, self.indent, text);
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.maker.random.chance(percent)
    }

    fn below(&mut self, bound: usize) -> usize {
        self.maker.random.below(bound)
    }

    fn number(&mut self) -> usize {
        *self.numbers += 1;
        *self.numbers
    }

    /// A whole unit and what runs it.
    fn whole(&mut self, index: usize) {
        let name = format!("u{index}");
        self.line("\n");
        let guarded = matches!(self.kind, Kind::Module | Kind::Class);
        match self.kind {
            Kind::Module => self.line("try:"),
            Kind::Class => {
                self.line("try:");
                self.line(&format!("    class {name}:"));
                self.indent += 1;
            }
            _ => self.line(&format!("def {name}(a, b):")),
        }
        self.indent += 1;
        self.body(&name);
        self.indent = 0;
        if guarded {
            self.line(&format!(
                "except Exception as e:\n    note({name:?}, e)\nrestore()\nshow({name:?}, 0, ())"
            ));
            return;
        }
        self.line("\n");
        // Later calls find what was compiled for the types of the first.
        for _ in 0..1 + self.below(3) {
            let (one, two) = (self.argument(), self.argument());
            let plan = self.below(80);
            self.line(&match self.kind {
                Kind::Generator => format!("drive({name}({one}, {two}), {plan})"),
                Kind::Thread => format!("in_thread(call, {name}, {one}, {two})"),
                Kind::Last => format!("{name}({one}, {two})"),
                _ => format!("call({name}, {one}, {two})"),
            });
        }
    }

    fn argument(&mut self) -> &'static str {
        match self.below(12) {
            0 => self
                .maker
                .pick(&["None", "'text'", "True", "(1, 2.5)", "(1, 2)", "1j"]),
            1 => self.maker.pick(FLOATS),
            2 => self.maker.pick(INTS),
            _ => self.maker.constant(),
        }
    }

    fn body(&mut self, name: &str) {
        if self.kind.is_def() && self.themes.iter().any(|theme| theme.name == "names") {
            self.line("global G0, G1, late");
        }
        if self.kind.is_def() && self.style == Style::Smooth {
            self.line("global G3, G4");
        }
        let first = if self.kind.is_def() { 2 } else { 0 };
        for variable in &VARIABLES[first..] {
            let value = self.maker.constant();
            self.line(&format!("{variable} = {value}"));
        }
        let list = self.maker.flavour.list;
        self.line(&format!("xs = [{list}]\ntrail = []"));
        if self.style == Style::Smooth {
            self.line(SMOOTH_SETUP);
        }
        if self.style == Style::Identity {
            self.line("ids = []\nlast = None\nm = {}\nbox = Box()");
        }
        for theme in self.themes.clone() {
            let setup = self.expanded(theme.setup);
            self.line(&setup);
        }
        // Makes some variables live in cells.
        if self.kind.is_def() && self.chance(12) {
            let variable = self.maker.variable();
            self.line(&format!(
                "def cell(x):\n    nonlocal {variable}\n    old = {variable}\n    {variable} = x\n    return old\n"
            ));
        }
        self.outer_loop();
        let shown: Vec<_> = self.themes.iter().map(|theme| theme.shown).collect();
        let shown = match self.style {
            Style::Identity => format!("ids, {}", counts("a, b, c, d, last, *xs, *m.values()")),
            Style::Smooth => format!(
                "u, v, x, last, n, k, fs, xs, G3, G4, {}",
                counts("a, b, c, d, u, v, last, G3, G4, xs, fs, *xs, *fs")
            ),
            Style::Themes => shown.join(", "),
        };
        self.line(&format!(
            "show({name:?}, (plain(locals()), {shown}), trail)"
        ));
        if self.kind.is_def() && self.chance(30) {
            let variable = self.maker.variable();
            self.line(&format!("return {variable}"));
        }
    }

    fn outer_loop(&mut self) {
        let (before, mut header, advance, count) = self.maker.outer_loop();
        self.count = count;
        let mut before = before.unwrap_or_default();
        if self.long {
            // Same form, many more iterations.
            let (short, long) = (count.to_string(), (count * 40).to_string());
            header = header.replace(&short, &long);
            before = before.replace(&short, &long);
        }
        self.line(&before);
        self.line(&header);
        self.indent += 1;
        self.line(advance.unwrap_or_default());
        if self.style == Style::Themes {
            for (number, variable) in VARIABLES.iter().enumerate() {
                if self.chance(60) {
                    let large = self.maker.too_large(variable);
                    let reset = self.maker.constant();
                    self.line(&format!(
                        "try:\n    if {large}: {variable} = {reset}\n\
                         except Exception as e:\n    note({variable:?}, e)\n    {variable} = {number}"
                    ));
                }
            }
            let lists = if self.themes.iter().any(|theme| theme.name == "containers") {
                "tame(xs); tame(ys)"
            } else {
                "tame(xs)"
            };
            self.line(&format!(
                "if i % 5 == 0:\n    try:\n        {lists}\n    except Exception as e:\n        xs = []"
            ));
        }
        self.budget = 5 + self.below(if self.style == Style::Smooth { 25 } else { 12 });
        while self.budget > 0 {
            let guarded = match self.style {
                Style::Themes => 94,
                Style::Identity => 40,
                Style::Smooth => 3,
            };
            if !self.chance(guarded) {
                self.statement(0);
            } else {
                self.guard(|unit| unit.statement(1));
            }
        }
        if self.kind == Kind::Last {
            let raising = self.maker.pick(&[
                "raise ValueError(i, a)",
                "a = i // (i - i)",
                "xs[99] = a",
                "undefined_at_end",
                "a.nothing = b",
                "del e\na = e",
                "try:\n    {}[i]\nexcept KeyError as e:\n    raise TypeError('last') from e",
                "try:\n    {}[i]\nfinally:\n    a = nowhere",
                "sys.exit(i)",
                "(lambda x: x[i])(a)",
            ]);
            let at = self.below(self.count);
            self.line(&format!("if i == {at}:"));
            self.indent += 1;
            self.line(raising);
            self.indent -= 1;
        }
        // Rows of values keep them boxed; without any, most live in registers. (No `append`: how
        // often it ran before decides under stock whether a profile function is told of it.)
        let row = match self.below(5) {
            0 => "if i % 7 == 0:\n    trail += [plain(locals())]",
            1 => "try:\n    trail += [(a, b, c, d)]\nexcept NameError as e:\n    note('trail', e)",
            2 => {
                "try:\n    if i % 7 == 0: trail += [(a, b, c, d)]\nexcept NameError as e:\n    note('trail', e)"
            }
            3 => "if i % 9 == 2:\n    trail += [i]",
            _ => "",
        };
        self.line(row);
        self.indent -= 1;
    }

    /// What `inner` makes, under a `try` that notes what it raises.
    fn guard(&mut self, inner: impl FnOnce(&mut Self)) {
        let number = self.number();
        self.line("try:");
        self.indent += 1;
        inner(self);
        self.indent -= 1;
        self.line(&format!("except Exception as e:\n    note({number}, e)"));
    }

    fn block(&mut self, depth: usize) {
        for _ in 0..1 + self.below(3) {
            if self.style != Style::Smooth && self.chance(30) {
                self.guard(|unit| unit.statement(depth + 1));
            } else {
                self.statement(depth + 1);
            }
        }
    }

    fn table(&mut self) -> Table {
        match self.style {
            Style::Identity => return IDENTITY,
            Style::Smooth => return SMOOTH,
            Style::Themes => {}
        }
        match self.below(100) {
            0..12 if self.kind == Kind::Generator => YIELDS,
            0..4 if self.kind.is_def() => RETURNS,
            0..45 => CONTROL,
            _ => {
                let theme = self.below(self.themes.len());
                self.themes[theme].statements
            }
        }
    }

    fn template(&mut self, depth: usize) -> &'static str {
        loop {
            let table = self.table();
            let total: u32 = table.iter().map(|row| row.0).sum();
            let mut rest = self.below(total as usize) as u32;
            for (weight, text) in table {
                if rest < *weight {
                    let deep = depth > DEEPEST || self.budget == 0;
                    if deep && text.contains("$b") || self.used.contains(text) {
                        break;
                    }
                    if text.starts_with('!') {
                        self.used.insert(text);
                    }
                    return text.trim_start_matches('!');
                }
                rest -= weight;
            }
        }
    }

    /// One statement, with the blocks in it.
    fn statement(&mut self, depth: usize) {
        self.budget = self.budget.saturating_sub(1);
        let template = self.template(depth);
        let loops = usize::from(template.contains("$j"));
        let mut drawn = Vec::new();
        let mut operand = String::new();
        for line in template.lines() {
            let text = line.trim_start();
            let inner = (line.len() - text.len()) / 4;
            self.indent += inner;
            if text == "$b" {
                self.level += loops;
                self.block(depth);
                self.level -= loops;
            } else {
                let text = self.fill(text, &mut drawn, &mut operand);
                self.line(&text);
            }
            self.indent -= inner;
        }
    }

    /// A template without blocks.
    fn expanded(&mut self, template: &str) -> String {
        self.fill(template, &mut Vec::new(), &mut String::new())
    }

    /// Replaces the placeholders.
    fn fill(&mut self, text: &str, drawn: &mut Vec<&'static str>, operand: &mut String) -> String {
        let mut out = String::new();
        let mut parts = text.split('$');
        out += parts.next().unwrap_or_default();
        for part in parts {
            let mut rest = part.chars();
            match rest.next() {
                Some('v' | 'w') => {
                    let variable = self.maker.variable();
                    drawn.push(variable);
                    out += variable;
                }
                Some(digit @ '1'..='9') => out += drawn[digit as usize - '1' as usize],
                Some('e') => out += &self.maker.expression(2),
                Some('x') => out += &self.maker.expression(1),
                Some('a') => {
                    let (operator, right) = self.maker.operation(1);
                    *operand = right;
                    out += operator;
                }
                Some('r') => out += operand,
                Some('c') => out += &self.maker.condition(),
                Some('n') => out += self.maker.pick(INTS),
                Some('z') => out += self.maker.constant(),
                Some('k') => out += &self.below(8).to_string(),
                Some('K') => out += &(1 + self.below(5)).to_string(),
                Some('i') => out += &self.below(self.count).to_string(),
                Some('j') => out += ["j", "k", "l", "n"][self.level.min(3)],
                Some('u') => out += &self.number().to_string(),
                Some('U') => {
                    let number = self.number();
                    if self.chance(self.maker.flavour.int_constants) {
                        out += &(1000 + 7 * number).to_string();
                    } else {
                        out += &format!("{number}.25");
                    }
                }
                Some('O') => {
                    out += self.maker.pick(&[
                        "Point(1, 2.5)",
                        "Point(1 << 62, 3)",
                        "Sub(3, 4)",
                        "Slotted(5, 0.5)",
                        "Ghost(1, 1)",
                        "Strict(1, 2)",
                    ]);
                }
                other => unreachable!("${other:?} in {text:?}"),
            }
            out += rest.as_str();
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names that a piece of Python binds at its outermost level.
    fn bound(text: &str) -> impl Iterator<Item = &str> {
        text.lines().filter_map(|line| {
            let line = line
                .strip_prefix("def ")
                .or(line.strip_prefix("class "))
                .unwrap_or(line);
            let end = line.find(|c: char| c != '_' && !c.is_ascii_alphanumeric())?;
            let (name, rest) = line.split_at(end);
            let binds = rest.starts_with(['(', ':']) || rest.starts_with(" = ");
            (!name.is_empty() && binds).then_some(name)
        })
    }

    /// Two themes can be in one program: what one of them names is its own.
    #[test]
    fn themes_share_no_names() {
        let mut owners = std::collections::HashMap::new();
        let preludes = [("prelude", PRELUDE), ("scenes", SCENE_PRELUDE)];
        let helpers = THEMES.iter().map(|theme| (theme.name, theme.helpers));
        for (owner, text) in preludes.into_iter().chain(helpers) {
            for name in bound(text) {
                let other = owners.insert(name, owner).unwrap_or(owner);
                assert_eq!(other, owner, "{name} is bound by both");
            }
        }
        assert!(owners.len() > 50, "{}", owners.len());
    }

    /// Every row of every table can be expanded, and leaves no placeholder.
    #[test]
    fn every_template_expands() {
        let tables = [CONTROL, IDENTITY, SMOOTH, YIELDS, RETURNS];
        let tables = tables
            .into_iter()
            .chain(THEMES.iter().map(|theme| theme.statements));
        for (_, text) in tables.flatten() {
            let mut random = Random::new(1);
            let mut numbers = 0;
            let mut unit = Unit {
                maker: Maker::new(&mut random, true),
                out: String::new(),
                indent: 0,
                level: 0,
                budget: 0,
                themes: Vec::new(),
                style: Style::Themes,
                kind: Kind::Function,
                count: 20,
                long: false,
                numbers: &mut numbers,
                used: HashSet::new(),
            };
            let (mut drawn, mut operand) = (Vec::new(), String::new());
            for line in text.trim_start_matches('!').lines() {
                if line.trim() == "$b" {
                    continue;
                }
                let line = unit.fill(line, &mut drawn, &mut operand);
                assert!(!line.contains('$'), "{line}");
            }
        }
    }

    #[test]
    fn python_is_made() {
        let mut text = String::new();
        program(&mut text, &mut Random::new(1), false);
        assert!(text.contains("\ndef u0(a, b):\n") || text.contains("\ntry:\n"));
        assert!(text.contains("    show(\"u0\", ("));
    }
}
