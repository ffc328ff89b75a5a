//! The benchmarks of pyperformance, and which of them are wanted.
//!
//! The list is pyperformance's own manifest, asked for by ci/pyperf/driver.py.
//! Several benchmarks may share a script and differ in its options; what a script
//! needs is in the folder's `ci/pyperf/benchmarks/<folder>.txt`.
//!
//! Example: `select(suite, &["nbody", "async_tree*"])` gives `async_tree`,
//! `async_tree_io`, ... and `nbody`, in the order of the suite.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde::Deserialize;

/// One entry of the suite.
#[derive(Clone, Debug, Deserialize)]
pub struct Benchmark {
    /// As pyperformance lists it.
    pub name: String,
    /// run_benchmark.py.
    pub script: PathBuf,
    /// What the script is given before pyperf's own options.
    pub options: Vec<String>,
    /// pyperformance's groups.
    pub tags: Vec<String>,
    /// The folder of the script, such as `bm_nbody`.
    pub folder: String,
    /// A package inside the folder, which the script needs.
    pub vendor: Option<PathBuf>,
    /// Whether pyperformance names packages that the script needs.
    pub has_requirements: bool,
}

/// The benchmarks whose names match a pattern; all, if there is no pattern.
///
/// # Errors
/// When a pattern matches nothing.
pub fn select(suite: Vec<Benchmark>, patterns: &[String]) -> Result<Vec<Benchmark>> {
    for pattern in patterns {
        ensure!(
            suite.iter().any(|b| matches(pattern, &b.name)),
            "there is no benchmark `{pattern}` (--list shows all; * stands for any text)"
        );
    }
    let wanted =
        |b: &Benchmark| patterns.is_empty() || patterns.iter().any(|p| matches(p, &b.name));
    Ok(suite.into_iter().filter(wanted).collect())
}

/// Whether `name` is `pattern`, in which each `*` stands for any text.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(name) = name.strip_prefix(head) else {
        return false;
    };
    (0..=name.len()).any(|at| name.is_char_boundary(at) && matches(rest, &name[at..]))
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn benchmark(name: &str) -> Benchmark {
        Benchmark {
            name: name.to_owned(),
            script: PathBuf::from(format!("bm_{name}/run_benchmark.py")),
            options: Vec::new(),
            tags: Vec::new(),
            folder: format!("bm_{name}"),
            vendor: None,
            has_requirements: false,
        }
    }

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("nbody", "nbody", true),
            ("nbody", "nbody2", false),
            ("*", "nbody", true),
            ("async*tg", "async_tree_io_tg", true),
            ("async*tg", "async_tree_io", false),
            ("a*b*", "axxbyy", true),
            ("*b*c", "abcb", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn subsets() {
        let suite = || {
            ["async_tree", "async_tree_io", "nbody"]
                .map(benchmark)
                .to_vec()
        };
        let names = |patterns: &[&str]| -> Vec<String> {
            let patterns: Vec<String> = patterns.iter().map(|&p| p.to_owned()).collect();
            let chosen = select(suite(), &patterns).unwrap();
            chosen.into_iter().map(|b| b.name).collect()
        };
        assert_eq!(names(&[]).len(), 3);
        assert_eq!(names(&["nbody", "async_tree"]), ["async_tree", "nbody"]);
        let error = select(suite(), &["nbdoy".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("`nbdoy`"), "{error}");
    }
}
