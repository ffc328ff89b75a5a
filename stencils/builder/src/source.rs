//! Reads the C sources and writes a translation unit for a range of register assignments.
//!
//! Worked example: the body of `STENCIL(move_gpr) { D = A; NEXT(); }` is compiled as
//! `ABI void move_gpr__1_2(PARAMS) { D = A; NEXT(); }` with `A` defined as `r1` and `D` as `r2`.

use crate::core::activation::Activation;
use crate::core::table::Fits;
use crate::core::target::Target;
use crate::core::{RegClass, Shape, Ty, Uop, UopRow};
use crate::derive::registers;
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::mem::offset_of;
use std::path::Path;

/// One stencil's source.
#[derive(Clone, Debug)]
pub struct Stencil {
    /// The file it stands in.
    pub file: String,
    /// The line of its first character.
    line: usize,
    /// Its body, braces included.
    body: String,
}

/// All sources.
#[derive(Debug, Default)]
pub struct Sources {
    /// What stands in each `.c` file outside of stencils.
    preludes: BTreeMap<String, String>,
    /// The stencils by name.
    pub stencils: BTreeMap<String, Stencil>,
    /// The text of every file, for the digest.
    pub files: BTreeMap<String, String>,
}

impl Sources {
    /// Reads a folder.
    ///
    /// # Errors
    /// When a file cannot be read or a stencil's braces do not match.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut sources = Self::default();
        for entry in folder
            .read_dir()
            .with_context(|| format!("cannot read {}", folder.display()))?
        {
            let path = entry?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            if !(name.ends_with(".c") || name.ends_with(".h")) {
                continue;
            }
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            if name.ends_with(".c") {
                sources.parse(name, &text)?;
            }
            sources.files.insert(name.to_owned(), text);
        }
        Ok(sources)
    }

    fn parse(&mut self, file: &str, text: &str) -> Result<()> {
        let mut prelude = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("\nSTENCIL(") {
            let (before, from) = rest.split_at(at + 1);
            prelude.push_str(before);
            let line = text.len() - from.len();
            let line = text[..line].matches('\n').count() + 1;
            let (name, after) = from["STENCIL(".len()..]
                .split_once(')')
                .context("STENCIL( without )")?;
            let mut depth = 0;
            let end = after
                .char_indices()
                .find_map(|(i, c)| {
                    depth += match c {
                        '{' => 1,
                        '}' => -1,
                        _ => 0,
                    };
                    (c == '}' && depth == 0).then_some(i + 1)
                })
                .with_context(|| format!("{file}: the braces of {name} do not match"))?;
            let (body, after) = after.split_at(end);
            // Line numbers of what follows stay right.
            prelude.extend(body.chars().filter(|c| *c == '\n'));
            let stencil = Stencil {
                file: file.to_owned(),
                line,
                body: body.trim_start().to_owned(),
            };
            if self.stencils.insert(name.to_owned(), stencil).is_some() {
                bail!("{file}: {name} is defined twice");
            }
            rest = after;
        }
        prelude.push_str(rest);
        self.preludes.insert(file.to_owned(), prelude);
        Ok(())
    }

    /// Checks that there is a stencil for each uop with machine code, and no other.
    ///
    /// # Errors
    /// Names the one that is missing or too many.
    pub fn check(&self, uops: &[Uop]) -> Result<()> {
        for uop in uops {
            let row = uop.row();
            let there = self.stencils.contains_key(row.name);
            ensure!(
                there || row.shape == Shape::Pseudo,
                "the uop {} has no stencil",
                row.name
            );
            ensure!(
                !there || row.shape != Shape::Pseudo,
                "the uop {} has no code, but a stencil",
                row.name
            );
        }
        for name in self.stencils.keys() {
            ensure!(
                Uop::from_name(name).is_some(),
                "the stencil {name} is no uop"
            );
        }
        Ok(())
    }

    /// A translation unit with a stencil, in a form, under some assignments.
    ///
    /// # Panics
    /// When there is no such stencil (see [`Self::check`]).
    #[must_use]
    pub fn unit(
        &self,
        target: &Target,
        row: &UopRow,
        form: Option<Fits>,
        assignments: std::ops::Range<usize>,
    ) -> String {
        let stencil = &self.stencils[row.name];
        let mut out = form.map_or_else(String::new, |fits| format!("#define FORM_{fits:?}\n"));
        out.push_str(&asserts());
        let _ = writeln!(
            out,
            "#line 1 \"{}\"\n{}",
            stencil.file, self.preludes[&stencil.file]
        );
        let classes = classes(row);
        let pools: Vec<usize> = classes.iter().map(|class| target.pool(*class)).collect();
        for assignment in assignments {
            let regs = registers(&pools, assignment);
            let params: Vec<String> = classes
                .iter()
                .zip(&regs)
                .map(|(class, reg)| param(*class, *reg))
                .collect();
            let names = ["A", "B", "C"]
                .into_iter()
                .take(row.args.len())
                .chain(["D"]);
            for (name, param) in names.zip(&params) {
                let _ = writeln!(out, "#define {name} {param}");
            }
            let result = (row.ty != Ty::Void).then(|| params[row.args.len()].as_str());
            let _ = writeln!(out, "#define NEXT_ARGS {}", after_call(target, result));
            let _ = writeln!(out, "#define EXIT_ARGS {}", after_call(target, None));
            let _ = writeln!(out, "#line {} \"{}\"", stencil.line, stencil.file);
            let _ = writeln!(
                out,
                "ABI void {}(PARAMS) {}",
                symbol(row.name, assignment),
                stencil.body
            );
            for name in ["A", "B", "C", "D", "NEXT_ARGS", "EXIT_ARGS"] {
                let _ = writeln!(out, "#undef {name}");
            }
        }
        out
    }
}

/// The symbol of an instance.
#[must_use]
pub fn symbol(name: &str, assignment: usize) -> String {
    format!("{name}__{assignment}")
}

/// The register classes of a row: operands, then the result.
#[must_use]
pub fn classes(row: &UopRow) -> Vec<RegClass> {
    row.args
        .iter()
        .copied()
        .chain([row.ty])
        .filter_map(Ty::class)
        .collect()
}

/// The parameter that a pool register is.
#[must_use]
pub fn param(class: RegClass, reg: usize) -> String {
    match class {
        RegClass::Gpr => format!("r{reg}"),
        RegClass::Fpr => format!("f{reg}"),
    }
}

/// The arguments to go on with after a call.
fn after_call(target: &Target, result: Option<&str>) -> String {
    let mut args = vec!["ctx".to_owned()];
    for (class, any) in [(RegClass::Gpr, "any"), (RegClass::Fpr, "anyf")] {
        let saved = match class {
            RegClass::Gpr => target.gprs_saved,
            RegClass::Fpr => target.fprs_saved,
        };
        for reg in 0..target.pool(class) {
            let name = param(class, reg);
            let keeps = saved >> reg & 1 == 1 || result == Some(&name);
            args.push(if keeps { name } else { any.to_owned() });
        }
    }
    args.join(", ")
}

/// Assertions that the activation record in C is the one in Rust.
fn asserts() -> String {
    macro_rules! offsets {
        ($($field:ident)*) => { [ $( (stringify!($field), offset_of!(Activation, $field)), )* ] };
    }
    let offsets = offsets!(locals stack poll_breaker poll_gc poll_stop poll_trace status exit args root depth callee host out regs fregs spill);
    let mut out = String::from("#include \"activation.h\"\n");
    for (field, offset) in offsets {
        let _ = writeln!(
            out,
            "_Static_assert(__builtin_offsetof(Activation, {field}) == {offset}, \"activation.h differs from activation.rs\");"
        );
    }
    let _ = writeln!(
        out,
        "_Static_assert(sizeof(Activation) == {}, \"activation.h differs from activation.rs\");",
        size_of::<Activation>()
    );
    out
}
