//! The test files: CPython's package `test`, unpacked into the target directory.
//!
//! RustPython's published library has no tests. They come from two packages of
//! Debian that make up CPython's own tree: the files with tests from one, what
//! they stand on (`test.support`) from the other. The folder made of them is named
//! in `PYTHONPATH`; everything else is imported from the library that the binaries
//! bring along.
//!
//! Invariant: a folder named after a version is complete: it is renamed into place.
//!
//! Example: target/regrtest/3.14.10-1/test/test_int.py is `test.test_int`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::apt;

/// The test files, and the library that has `test/support` and `test/libregrtest`.
const PACKAGES: [&str; 2] = ["libpython3.14-testsuite", "libpython3.14-stdlib"];

/// Where the packages have the modules.
const UNPACKED: &str = "usr/lib/python3.14/test";

/// Unpacked tests.
#[derive(Debug, Clone)]
pub struct Suite {
    /// What to add to `PYTHONPATH`.
    pub path: PathBuf,
    /// The version of the package with the tests.
    pub version: String,
}

impl Suite {
    /// The tests in `folder`, downloaded if there are none.
    ///
    /// # Errors
    /// When they are not there and cannot be downloaded.
    pub fn prepare(folder: &Path) -> Result<Self> {
        if let Some(suite) = Self::newest_in(folder) {
            return Ok(suite);
        }
        eprintln!("downloading {}", PACKAGES.join(", "));
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        let scratch = tempfile::tempdir_in(folder)?;
        let files = apt::download(scratch.path(), &PACKAGES)
            .context("the tests of CPython cannot be downloaded")?;
        let version = apt::version(&files[0]).context("a package's file has a version")?;
        let unpacked = scratch.path().join("unpacked");
        for file in &files {
            apt::unpack(file, &unpacked)?;
        }
        let whole = scratch.path().join("whole");
        fs::create_dir(&whole)?;
        fs::rename(unpacked.join(UNPACKED), whole.join("test"))
            .with_context(|| format!("the packages have no {UNPACKED}"))?;
        ensure!(
            whole.join("test/support/__init__.py").is_file(),
            "{} has no test.support",
            PACKAGES[1]
        );
        let path = folder.join(version);
        fs::rename(&whole, &path).with_context(|| format!("creating {}", path.display()))?;
        Ok(Self {
            version: version.to_owned(),
            path,
        })
    }

    fn newest_in(folder: &Path) -> Option<Self> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).ok()? {
            let path = entry.ok()?.path();
            let version = path.file_name()?.to_str()?.to_owned();
            if path.join("test/support/__init__.py").is_file() {
                let date = fs::metadata(&path).ok()?.modified().ok()?;
                found.push((date, Self { path, version }));
            }
        }
        found.sort_by_key(|(date, _)| *date);
        Some(found.pop()?.1)
    }

    /// The names of all test files, as `cargo x regrtest` takes them, sorted. A
    /// package that only gathers others (`test.test_asyncio`) is given as these.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn all(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for name in modules(&self.path.join("test"))? {
            let folder = self.path.join("test").join(&name);
            if !folder.is_dir() {
                names.push(name);
                continue;
            }
            let inner = modules(&folder)?;
            if inner.is_empty() {
                names.push(name);
            } else {
                names.extend(inner.iter().map(|inner| format!("{name}.{inner}")));
            }
        }
        names.sort();
        Ok(names)
    }

    /// Checks that `name` is a test file.
    ///
    /// # Errors
    /// When it is not.
    pub fn check(&self, name: &str) -> Result<()> {
        let path = self.path.join("test").join(name.replace('.', "/"));
        ensure!(
            path.is_dir() || path.with_extension("py").is_file(),
            "CPython {} has no test file {name}",
            self.version
        );
        Ok(())
    }
}

/// Files and packages in `folder` that are named like tests.
fn modules(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        let package = path.join("__init__.py").is_file();
        let is_module = package || path.extension().is_some_and(|extension| extension == "py");
        let name = path.file_stem().and_then(|stem| stem.to_str());
        if let Some(name) = name.filter(|name| is_module && name.starts_with("test_")) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// Where a file of [`QUICK`] is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Runs {
    /// By `cargo x test`, too.
    Always,
    /// Only by `cargo x regrtest`: it takes long or depends on timing.
    Asked,
}

/// What `cargo x regrtest` runs if nothing is named: the files that test the
/// language itself and the modules that are loops over numbers and containers.
const QUICK: &[(&str, Runs)] = &[
    ("test_array", Runs::Always),
    ("test_asyncgen", Runs::Always),
    ("test_augassign", Runs::Always),
    ("test_bdb", Runs::Always),
    ("test_binop", Runs::Always),
    ("test_bisect", Runs::Always),
    ("test_bool", Runs::Always),
    ("test_bytes", Runs::Asked),
    ("test_class", Runs::Always),
    ("test_cmath", Runs::Always),
    ("test_collections", Runs::Always),
    ("test_compare", Runs::Always),
    ("test_compile", Runs::Asked),
    ("test_complex", Runs::Always),
    ("test_contextlib", Runs::Always),
    ("test_copy", Runs::Always),
    ("test_coroutines", Runs::Always),
    ("test_dataclasses", Runs::Always),
    ("test_decimal", Runs::Asked),
    ("test_descr", Runs::Asked),
    ("test_dict", Runs::Always),
    ("test_dis", Runs::Asked),
    ("test_enum", Runs::Asked),
    ("test_enumerate", Runs::Always),
    ("test_exceptions", Runs::Always),
    ("test_float", Runs::Always),
    ("test_format", Runs::Always),
    ("test_fractions", Runs::Always),
    ("test_frame", Runs::Always),
    ("test_functools", Runs::Always),
    ("test_gc", Runs::Always),
    ("test_generators", Runs::Always),
    ("test_grammar", Runs::Always),
    ("test_heapq", Runs::Always),
    ("test_inspect", Runs::Asked),
    ("test_int", Runs::Always),
    ("test_itertools", Runs::Always),
    ("test_json", Runs::Asked),
    ("test_list", Runs::Always),
    ("test_long", Runs::Always),
    ("test_math", Runs::Asked),
    ("test_monitoring", Runs::Always),
    ("test_opcodes", Runs::Always),
    ("test_patma", Runs::Always),
    ("test_peepholer", Runs::Always),
    ("test_pickle", Runs::Asked),
    ("test_property", Runs::Always),
    ("test_random", Runs::Asked),
    ("test_range", Runs::Always),
    ("test_re", Runs::Always),
    ("test_scope", Runs::Always),
    ("test_set", Runs::Always),
    ("test_signal", Runs::Asked),
    ("test_slice", Runs::Always),
    ("test_sort", Runs::Always),
    ("test_statistics", Runs::Asked),
    ("test_str", Runs::Asked),
    ("test_string", Runs::Always),
    ("test_struct", Runs::Always),
    ("test_sys_settrace", Runs::Always),
    ("test_threading", Runs::Asked),
    ("test_traceback", Runs::Always),
    ("test_tuple", Runs::Always),
    ("test_unpack", Runs::Always),
    ("test_weakref", Runs::Asked),
    ("test_with", Runs::Always),
];

/// The files of the quick list.
#[must_use]
pub fn quick() -> Vec<String> {
    QUICK.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// The part of the quick list that `cargo x test` runs: a few minutes together.
#[must_use]
pub fn ci() -> Vec<String> {
    let always = QUICK.iter().filter(|(_, runs)| *runs == Runs::Always);
    always.map(|(name, _)| (*name).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(folder: &Path, name: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }

    #[test]
    fn packages_are_given_as_their_files() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "1.0/test/support/__init__.py",
            "1.0/test/test_one.py",
            "1.0/test/test_data.txt",
            "1.0/test/other.py",
            "1.0/test/test_pack/__init__.py",
            "1.0/test/test_pack/test_in.py",
            "1.0/test/test_lone/__init__.py",
            "half/test/test_one.py",
        ] {
            touch(folder.path(), name);
        }
        let suite = Suite::prepare(folder.path()).unwrap();
        assert_eq!(suite.version, "1.0");
        assert_eq!(
            suite.all().unwrap(),
            ["test_lone", "test_one", "test_pack.test_in"]
        );
        assert!(suite.check("test_one").is_ok() && suite.check("test_pack.test_in").is_ok());
        assert!(suite.check("test_pack").is_ok());
        let error = suite.check("test_two").unwrap_err().to_string();
        assert!(error.contains("no test file test_two"), "{error}");
    }

    #[test]
    fn what_ci_runs_is_part_of_the_quick_list() {
        let (quick, ci) = (quick(), ci());
        assert!(quick.is_sorted_by(|a, b| a < b));
        assert!(ci.len() > 40 && ci.len() < quick.len());
        assert!(ci.iter().all(|name| quick.contains(name)));
        assert!(!ci.contains(&"test_signal".to_owned()));
    }
}
