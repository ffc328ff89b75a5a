//! Builds the stencil library: compiles every stencil for every assignment of registers, finds
//! templates with register holes that reproduce the compiler's bytes, and writes them as tables
//! into the JIT crate.
//!
//! The stages, one module each: [`source`] (the C sources) → [`compile`] (clang, by way of
//! [`asm`], which straightens its output; [`forms`] for some immediates) → [`derive`] (register holes) → [`emit`] (Rust tables).

mod asm;
mod compile;
mod core;
mod derive;
mod emit;
mod forms;
mod source;

use crate::core::{RegClass, Shape, UOPS, UopRow};
// Under the names that the shared files use.
use crate::core::table::Fits;
use crate::core::{self as ir, target};
use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use compile::{Clang, PLATFORMS, Platform};
use derive::{Code, Template};
use source::Sources;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many functions go into one run of clang.
const CHUNK: usize = 250;

/// Compiles the stencils and writes the JIT's tables.
#[derive(Parser, Debug)]
struct Options {
    /// Compare with the committed tables instead of writing them.
    #[arg(long)]
    check: bool,
    /// The compiler: clang 19 or newer.
    #[arg(long, default_value = "clang-19")]
    clang: PathBuf,
    /// Only this target (x86_64 or aarch64).
    #[arg(long)]
    target: Option<String>,
    /// How many compilers run at a time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Say for each op how many variants it has.
    #[arg(long)]
    verbose: bool,
}

/// One op, done.
pub struct Built {
    row: &'static UopRow,
    /// The form that is for any immediate.
    general: Made,
    /// The others.
    forms: Vec<(Fits, Made)>,
}

/// A form of an op.
pub struct Made {
    codes: Vec<Code>,
    templates: Vec<Template>,
    /// For each template, the assembly of its first assignment.
    listings: Vec<Vec<String>>,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join("stencils/src");
    let sources = Sources::read(&folder)?;
    sources.check(UOPS)?;
    let clang = Clang::new(&options.clang, &folder)?;
    let platforms: Vec<&Platform> = PLATFORMS
        .iter()
        .filter(|p| {
            options
                .target
                .as_deref()
                .is_none_or(|name| name == p.target.arch)
        })
        .collect();
    ensure!(
        !platforms.is_empty(),
        "there is no such target; there are x86_64 and aarch64"
    );
    let mut stale = false;
    for platform in platforms {
        let built = build(&options, &sources, &clang, platform)?;
        let rows: Vec<&UopRow> = built.iter().map(|op| op.row).collect();
        let digest = emit::digest(&sources, platform, &rows);
        let text = emit::file(platform, &clang, &digest, &built)?;
        let path = root.join(format!(
            "rustpython-jit-cp/src/stencil/{}.rs",
            platform.target.arch
        ));
        if options.check {
            stale |= !check(&path, &text, &clang)?;
        } else {
            std::fs::write(&path, text)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    if stale {
        bail!(
            "the committed tables are not what the sources give: run the builder and commit its output"
        );
    }
    Ok(())
}

/// Whether the committed file is this one; says what differs if not.
fn check(path: &Path, text: &str, clang: &Clang) -> Result<bool> {
    let old =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let made_by = old
        .lines()
        .find_map(|line| line.strip_prefix(emit::COMPILER))
        .unwrap_or("an unknown compiler.");
    if made_by.trim_end_matches('.') != clang.version {
        eprintln!(
            "warning: {} was made by {made_by} This is {}.",
            path.display(),
            clang.version
        );
    }
    let names = emit::differences(&old, text);
    for name in &names {
        eprintln!("{}: {name} differs", path.display());
    }
    Ok(names.is_empty())
}

fn build(
    options: &Options,
    sources: &Sources,
    clang: &Clang,
    platform: &Platform,
) -> Result<Vec<Built>> {
    let rows: Vec<&'static UopRow> = UOPS
        .iter()
        .map(|uop| uop.row())
        .filter(|row| row.shape != Shape::Pseudo)
        .collect();
    let pools = |row| -> Vec<usize> {
        source::classes(row)
            .iter()
            .map(|class| platform.target.pool(*class))
            .collect()
    };
    // Each row's general form, directly followed by the others.
    let parts: Vec<(&'static UopRow, Option<Fits>)> = rows
        .iter()
        .flat_map(|row| {
            let forms = forms::forms(platform.arch, row.name);
            let forms = forms.iter().map(|fits| (*row, Some(*fits)));
            std::iter::once((*row, None)).chain(forms)
        })
        .collect();
    let mut jobs = Vec::new();
    for (index, (row, _)) in parts.iter().enumerate() {
        let count: usize = pools(row).iter().product();
        jobs.extend(
            (0..count)
                .step_by(CHUNK)
                .map(|start| (index, start..count.min(start + CHUNK))),
        );
    }
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.max(1) {
            scope.spawn(|| {
                while let Some((index, range)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (row, form) = parts[*index];
                    let unit = sources.unit(platform.target, row, form, range.clone());
                    let result = clang.compile(platform, &unit, form).with_context(|| {
                        let arch = platform.target.arch;
                        match form {
                            None => format!("the stencil {} for {arch}", row.name),
                            Some(fits) => format!("the form {fits:?} of {} for {arch}", row.name),
                        }
                    });
                    done.lock().expect("no thread panics with the lock").push((
                        *index,
                        range.start,
                        result,
                    ));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no thread panics with the lock");
    done.sort_by_key(|(index, start, _)| (*index, *start));
    let mut functions: Vec<Vec<(asm::Function, Code)>> = parts.iter().map(|_| Vec::new()).collect();
    for (index, _, result) in done {
        functions[index].extend(result?);
    }
    let mut built: Vec<Built> = Vec::new();
    let mut total = 0;
    for ((row, form), functions) in parts.into_iter().zip(functions) {
        let pools = pools(row);
        ensure!(
            functions.len() == pools.iter().product::<usize>(),
            "{}: a function is missing",
            row.name
        );
        for (assignment, (function, _)) in functions.iter().enumerate() {
            ensure!(
                function.name == source::symbol(row.name, assignment),
                "{}: functions out of order",
                row.name
            );
        }
        let (functions, codes): (Vec<_>, Vec<_>) = functions.into_iter().unzip();
        let floats: Vec<bool> = source::classes(row)
            .iter()
            .map(|class| *class == RegClass::Fpr)
            .collect();
        let templates = derive::derive(&pools, &floats, &codes).with_context(|| row.name)?;
        let listings = templates
            .iter()
            .map(|t| functions[t.covers[0]].listing(platform.arch))
            .collect();
        total += templates.len();
        if options.verbose {
            eprintln!(
                "{} {}: {} of {}",
                platform.target.arch,
                row.name,
                templates.len(),
                codes.len()
            );
        }
        let made = Made {
            codes,
            templates,
            listings,
        };
        match (form, built.last_mut()) {
            (Some(fits), Some(last)) => last.forms.push((fits, made)),
            _ => built.push(Built {
                row,
                general: made,
                forms: Vec::new(),
            }),
        }
    }
    eprintln!(
        "{}: {} ops, {total} variants",
        platform.target.arch,
        built.len()
    );
    Ok(built)
}
