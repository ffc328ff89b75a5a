//! Unified diffs: parse, apply, write.
//!
//! Reading and writing the format is the crate `diffy`'s work. Applying is
//! done here, because a patch that no longer applies must say which hunk of
//! which file, and what it found there.
//!
//! Rules of applying:
//! - A hunk goes where its header says, moved by what earlier hunks of the
//!   same patch added or removed.
//! - If its lines are not there but at exactly one later place, it goes there
//!   (the crate changed elsewhere). Two such places, or none, is an error.
//! - Files are created by `--- /dev/null`; nothing can be deleted or renamed.
//!
//! Example: `@@ -2,1 +2,2 @@`, ` b`, `+x` applied to `a\nb\n` is `a\nb\nx\n`.

use anyhow::{Context, Result, bail, ensure};
use diffy::patch_set::{FileOperation, ParseOptions, PatchSet};
use diffy::{DiffOptions, Hunk, Line};

use crate::registry::{Files, safe};

/// Applies every file patch in `text` to `files`.
/// Returns the paths of the files it touched.
///
/// # Errors
/// Names the file and the hunk (number and header) that does not apply.
pub fn apply(files: &mut Files, text: &str) -> Result<Vec<String>> {
    let mut touched = Vec::new();
    let mut hunks = 0;
    for file_patch in PatchSet::parse(text, ParseOptions::unidiff()) {
        let file_patch = file_patch.context("not a unified diff")?;
        let patch = file_patch.patch().as_text().context("not a text patch")?;
        hunks += patch.hunks().len();
        let (path, old) = match file_patch.operation() {
            FileOperation::Create(path) => {
                let path = strip(path);
                ensure!(
                    !files.contains_key(path),
                    "{path}: to be created, but is there already"
                );
                (path.to_owned(), String::new())
            }
            FileOperation::Modify { original, modified } => {
                let path = strip(original);
                ensure!(
                    path == strip(modified),
                    "{path}: a patch cannot rename files"
                );
                let old = files
                    .get(path)
                    .with_context(|| format!("{path}: no such file"))?;
                let old = std::str::from_utf8(old).with_context(|| format!("{path}: not text"))?;
                (path.to_owned(), old.to_owned())
            }
            _ => bail!("a patch can only change and create files"),
        };
        ensure!(safe(&path), "{path}: not a path inside the crate");
        let new = apply_hunks(&old, patch.hunks()).with_context(|| path.clone())?;
        files.insert(path.clone(), new.into_bytes());
        touched.push(path);
    }
    // A hunk whose line counts are wrong ends early, and what follows it would
    // be taken for prose between two diffs.
    let headers = text.lines().filter(|line| line.starts_with("@@ -")).count();
    ensure!(hunks > 0, "holds no hunk");
    ensure!(
        headers == hunks,
        "malformed: {headers} hunk headers, but {hunks} hunks could be read (wrong line counts?)"
    );
    Ok(touched)
}

/// The path without the `a/` or `b/` that diff and git put before it.
fn strip(path: &str) -> &str {
    path.strip_prefix("a/")
        .or_else(|| path.strip_prefix("b/"))
        .unwrap_or(path)
}

fn apply_hunks(old: &str, hunks: &[Hunk<'_, str>]) -> Result<String> {
    let lines: Vec<&str> = old.split_inclusive('\n').collect();
    let mut new = String::with_capacity(old.len());
    // Lines of `lines` that are already in `new` or deleted.
    let mut done = 0;
    // Where hunks are found, minus where their headers say.
    let mut shift = 0_isize;
    for (index, hunk) in hunks.iter().enumerate() {
        let want: Vec<&str> = hunk
            .lines()
            .iter()
            .filter_map(|line| match line {
                Line::Context(text) | Line::Delete(text) => Some(*text),
                Line::Insert(_) => None,
            })
            .collect();
        // Line numbers start at 1; an empty range names the line before it.
        let start = hunk.old_range().start();
        let start = if want.is_empty() {
            start
        } else {
            start.saturating_sub(1)
        };
        let at = start.saturating_add_signed(shift);
        let at = locate(&lines, &want, at, done).with_context(|| {
            format!(
                "hunk #{} @@ -{} +{} @@ does not apply",
                index + 1,
                hunk.old_range(),
                hunk.new_range()
            )
        })?;
        shift = at.cast_signed() - start.cast_signed();
        new.extend(lines[done..at].iter().copied());
        for line in hunk.lines() {
            if let Line::Context(text) | Line::Insert(text) = line {
                new.push_str(text);
            }
        }
        done = at + want.len();
    }
    new.extend(lines[done..].iter().copied());
    Ok(new)
}

/// Where `want` is in `lines`, at `at` if possible, never before `done`.
fn locate(lines: &[&str], want: &[&str], at: usize, done: usize) -> Result<usize> {
    let fits = |at: usize| at >= done && lines.get(at..at + want.len()) == Some(want);
    if fits(at) {
        return Ok(at);
    }
    let mut places = if want.is_empty() {
        0..0
    } else {
        done..lines.len()
    }
    .filter(|&at| fits(at));
    match (places.next(), places.next()) {
        (Some(place), None) => Ok(place),
        (Some(first), Some(second)) => bail!(
            "its lines are not at line {}, but at several other places (lines {} and {})",
            at + 1,
            first + 1,
            second + 1
        ),
        (None, _) => {
            let off = (0..want.len())
                .find(|&i| lines.get(at + i) != Some(&want[i]))
                .unwrap_or(0);
            bail!(
                "at line {}\n  the patch has: {}\n  the file has:  {}",
                at + off + 1,
                want.get(off).unwrap_or(&"").trim_end(),
                lines
                    .get(at + off)
                    .map_or("(end of file)", |line| line.trim_end())
            )
        }
    }
}

/// The diff that makes `new` out of `old` (`None`: the file is new), with
/// `context` lines around each hunk.
pub fn diff(path: &str, old: Option<&str>, new: &str, context: usize) -> String {
    let original = if old.is_some() {
        format!("a/{path}")
    } else {
        "/dev/null".to_owned()
    };
    let mut options = DiffOptions::new();
    options
        .set_context_len(context)
        .set_original_filename(original)
        .set_modified_filename(format!("b/{path}"));
    options.create_patch(old.unwrap_or(""), new).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(text: &str) -> Files {
        Files::from([("src/a.rs".to_owned(), text.as_bytes().to_vec())])
    }

    fn applied(text: &str, patch: &str) -> Result<String> {
        let mut files = files(text);
        apply(&mut files, patch)?;
        Ok(String::from_utf8(files["src/a.rs"].clone()).unwrap())
    }

    const OLD: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n";
    const PATCH: &str = "--- a/src/a.rs\n+++ b/src/a.rs\n@@ -1,2 +1,3 @@\n one\n+one and a half\n \
                         two\n@@ -6,2 +7,2 @@\n six\n-seven\n+7\n";

    #[test]
    fn two_hunks() {
        let want = "one\none and a half\ntwo\nthree\nfour\nfive\nsix\n7\n";
        assert_eq!(applied(OLD, PATCH).unwrap(), want);
    }

    #[test]
    fn a_hunk_may_have_moved() {
        let moved = format!("zero\n{OLD}");
        assert!(applied(&moved, PATCH).unwrap().ends_with("six\n7\n"));
    }

    #[test]
    fn a_failing_hunk_is_named() {
        let error = format!(
            "{:#}",
            applied(&OLD.replace("seven", "eight"), PATCH).unwrap_err()
        );
        for part in [
            "src/a.rs",
            "hunk #2 @@ -6,2 +7,2 @@",
            "line 7",
            "seven",
            "eight",
        ] {
            assert!(error.contains(part), "{part} is not in: {error}");
        }
    }

    #[test]
    fn two_possible_places_are_an_error() {
        let patch = "--- a/src/a.rs\n+++ b/src/a.rs\n@@ -9,1 +9,1 @@\n-x\n+y\n";
        let error = format!("{:#}", applied("x\nx\n", patch).unwrap_err());
        assert!(error.contains("several"), "{error}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let patch = "--- a/src/b.rs\n+++ b/src/b.rs\n@@ -1,1 +1,1 @@\n-x\n+y\n";
        let error = format!("{:#}", applied(OLD, patch).unwrap_err());
        assert!(error.contains("src/b.rs: no such file"), "{error}");
    }

    #[test]
    fn files_can_be_created_and_paths_must_stay_inside() {
        let mut tree = files(OLD);
        let patch = "--- /dev/null\n+++ b/src/new.rs\n@@ -0,0 +1,2 @@\n+a\n+b\n";
        assert_eq!(apply(&mut tree, patch).unwrap(), ["src/new.rs"]);
        assert_eq!(tree["src/new.rs"], b"a\nb\n");
        assert!(apply(&mut tree, patch).is_err());
        assert!(apply(&mut tree, &patch.replace("src/new.rs", "../new.rs")).is_err());
    }

    #[test]
    fn wrong_line_counts_are_noticed() {
        assert!(applied(OLD, &PATCH.replace("-1,2 +1,3", "-1,1 +1,1")).is_err());
        assert!(applied(OLD, "just prose\n").is_err());
    }

    #[test]
    fn diff_and_apply_are_inverse() {
        let cases = [
            (OLD, OLD.replace("four", "4\n4b")),
            (OLD, OLD.replace("one\n", "")),
            (OLD, format!("{OLD}last, without a newline")),
            ("no newline", "no newline\n".to_owned()),
            (OLD, String::new()),
        ];
        for (old, new) in &cases {
            for context in 0..=3 {
                let patch = diff("src/a.rs", Some(old), new, context);
                assert_eq!(&applied(old, &patch).unwrap(), new, "{patch}");
            }
        }
        let patch = diff("src/new.rs", None, "a\n--- b\n", 3);
        let mut tree = files(OLD);
        apply(&mut tree, &patch).unwrap();
        assert_eq!(tree["src/new.rs"], b"a\n--- b\n");
    }
}
