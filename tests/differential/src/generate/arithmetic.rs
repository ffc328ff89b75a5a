//! Functions over int and float operations, one loop each.
//!
//! Every statement runs in a `try` of its own, so that an exception is noted
//! (by name, text and line) and the loop goes on. A function ends by printing
//! its variables, a trail of earlier values and the exceptions noted.
//!
//! Values stay small enough to be quick: what grows without bound is cut back
//! at the start of each iteration, at a limit beyond 64 bits, so that ints cross
//! the border to big ints and come back.
//!
//! Example:
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

use super::expressions::{Maker, VARIABLES};
use super::indented;
use super::random::Random;

/// Appends one function and its call.
pub fn function(out: &mut String, random: &mut Random, index: usize) {
    let mut maker = Maker::new(random, false);
    let (before, header, advance, _) = maker.outer_loop();
    *out += &format!("\n\ndef f{index}():\n");
    for variable in VARIABLES {
        indented(out, 1, &format!("{variable} = {}", maker.constant()));
    }
    indented(
        out,
        1,
        &format!("xs = [{}]\ntrail = []", maker.flavour.list),
    );
    indented(out, 1, &before.unwrap_or_default());
    indented(out, 1, &header);
    indented(out, 2, advance.unwrap_or_default());
    // Cutting back comes first, where no `continue` can skip it. A clamp that
    // fails means a value without order, such as a complex one: start afresh.
    for (number, variable) in VARIABLES.iter().enumerate() {
        let (large, reset) = (maker.too_large(variable), maker.constant());
        let clamp = format!("if {large}: {variable} = {reset}");
        let recovery = format!("note({variable:?}, e)\n{variable} = {number}");
        guarded(out, &clamp, &recovery);
    }
    for number in 0..3 + maker.random.below(6) {
        guarded(
            out,
            &statement(&mut maker),
            &format!("note(\"{number}\", e)"),
        );
    }
    let values = VARIABLES.join(", ");
    indented(out, 2, &format!("if i % 7 == 0: trail.append(({values}))"));
    indented(
        out,
        1,
        &format!("show(\"f{index}\", ({values}, xs), trail)"),
    );
    *out += &format!("\n\nf{index}()\n");
}

fn guarded(out: &mut String, statement: &str, recovery: &str) {
    indented(out, 2, "try:");
    indented(out, 3, statement);
    indented(out, 2, "except Exception as e:");
    indented(out, 3, recovery);
}

/// One statement, lines without indentation of their own.
fn statement(maker: &mut Maker<'_>) -> String {
    let target = maker.variable();
    let (one, two) = (maker.expression(1), maker.expression(1));
    match maker.random.below(24) {
        0..4 => format!("{target} = {}", maker.expression(2)),
        4 => format!("{target} = {}", maker.expression(3)),
        // A value that depends on its past is a value that keeps changing.
        5..8 => {
            let operator = maker.pick(maker.flavour.arithmetic);
            format!("{target} = {target} {operator} {}", maker.expression(2))
        }
        8..10 => format!("{target} = {target} + {one} - i"),
        10..14 => format!("{target} {}= {one}", maker.pick(maker.flavour.arithmetic)),
        14..16 => {
            let test = maker.condition();
            format!("if {test}:\n    {target} = {one}\nelse:\n    {target} = {two}")
        }
        16 => {
            let other = maker.variable();
            format!("{target}, {other} = {other}, {target}")
        }
        17 => format!("{target}, {} = {one}, {two}", maker.variable()),
        18 => format!("xs[{} & 7] = {one}", maker.variable()),
        19 => format!("{target} = xs[{one}]"),
        20 => format!("{target} = xs[i & 7]"),
        // The type or the range changes once, or now and then.
        21 => format!(
            "if i == {}:\n    {target} = {}",
            maker.random.below(60),
            maker.constant()
        ),
        22 => format!("if {}:\n    continue", maker.condition()),
        _ => format!(
            "for j in range({}):\n    {target} = {one} + j",
            maker.random.below(5)
        ),
    }
}
