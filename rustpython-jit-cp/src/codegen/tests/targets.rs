//! Which source files know one target from another.

use std::fs;
use std::path::{Path, PathBuf};

/// What names a target, in code.
const NAMES: [&str; 5] = ["x86", "aarch64", "X86_64", "AARCH64", "target_arch"];

/// Where that may be: the description, the stencils, and what emits them.
const PLACES: [&str; 3] = ["target.rs", "stencil", "codegen"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
}

/// The lines of code, comments left out, that name a target.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(|line| line.split("//").next().unwrap_or(""))
        .filter(|code| NAMES.iter().any(|name| code.contains(name)))
}

#[test]
fn nothing_above_the_emitter_knows_the_target() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&source, &mut files);
    let mut knowing = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&source).unwrap();
        // The allocator's tests take both descriptions.
        let tests = relative
            .components()
            .any(|part| part.as_os_str() == "tests");
        if tests || PLACES.iter().any(|place| relative.starts_with(place)) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        knowing.extend(lines(&text).map(|line| format!("{}: {line}", relative.display())));
    }
    assert!(knowing.is_empty(), "{knowing:#?}");
    // It would find one.
    let here = fs::read_to_string(source.join("target.rs")).unwrap();
    assert!(lines(&here).count() > 2);
}
