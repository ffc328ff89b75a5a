//! `cargo x patch`: target/patched from pristine crates and patches/.
//!
//! The root Cargo.toml's `[patch.crates-io]` says which crates: an entry
//! `rustpython-vm = { path = "target/patched/rustpython-vm-0.6.0" }` stands
//! for the crate rustpython-vm 0.6.0 with patches/rustpython-vm-0.6.0/*.patch
//! applied in the order of their names.
//!
//! Invariants:
//! - STAMP: beside each tree lies a stamp with a key (tool, crate checksum,
//!   patches) and the digest of every file as written. Same key: nothing is
//!   touched, so cargo rebuilds nothing.
//! - ONLY-CHANGED: a new key rewrites only the files whose bytes differ.
//! - NO-LOSS: a file edited in place is never overwritten (unless `--force`).
//!
//! Example: edit target/patched/rustpython-vm-0.6.0/src/frame.rs, build, and
//! when it works `cargo x patch --extract` writes the edit to
//! patches/rustpython-vm-0.6.0/src-frame.rs.patch.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::registry::{self, CrateId, Files};
use crate::repo::{Repo, hex, sha256};
use crate::udiff;

/// Part of every key: raise it when the same input gives another tree.
const TOOL_VERSION: u32 = 1;

/// Options of `cargo x patch`.
#[derive(clap::Args)]
pub struct PatchArgs {
    /// The other way round: write edits made in target/patched to patches/.
    #[arg(long)]
    extract: bool,
    /// With --extract: context lines around each hunk.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=3))]
    context: u8,
    /// Overwrite files edited in target/patched.
    #[arg(long, conflicts_with = "extract")]
    force: bool,
}

/// Runs `cargo x patch`.
///
/// # Errors
/// See [`apply_all`].
pub fn command(repo: &Repo, args: &PatchArgs) -> Result<()> {
    if args.extract {
        let _lock = lock(repo)?;
        for tree in trees(repo)? {
            tree.extract(repo, args.context.into())?;
        }
        return Ok(());
    }
    apply_all(repo, args.force, true)
}

/// Makes every patched tree true. Cheap when nothing changed; then says so
/// only if `verbose`.
///
/// # Errors
/// Names the patch, file and hunk, or the crate whose checksum is wrong.
pub fn apply_all(repo: &Repo, force: bool, verbose: bool) -> Result<()> {
    let _lock = lock(repo)?;
    for tree in trees(repo)? {
        tree.apply(repo, force, verbose)?;
    }
    settle_build_script(&repo.path("target"))
}

/// rustpython-vm's build script asks cargo to run it again when a file of its
/// own repository changes, which the published crate does not have. A file that is
/// missing counts as changed: without this one, the script would run in each
/// build, find another git commit around it, and have the whole crate compiled anew.
fn settle_build_script(target: &Path) -> Result<()> {
    let path = target.join("Lib/importlib/_bootstrap.py");
    if path.exists() {
        return Ok(());
    }
    let dir = path.parent().context("a file is in a directory")?;
    fs::create_dir_all(dir).with_context(|| format!("creating {}", dir.display()))?;
    // Older than anything that was ever built.
    fs::File::create(&path)?.set_modified(SystemTime::UNIX_EPOCH)?;
    Ok(())
}

/// Keeps two commands from writing the same tree at once.
fn lock(repo: &Repo) -> Result<fs::File> {
    let dir = repo.path("target/patched");
    fs::create_dir_all(&dir).with_context(|| format!("creating {}", dir.display()))?;
    let file = fs::File::create(dir.join(".lock"))?;
    file.lock().context("locking target/patched")?;
    Ok(file)
}

/// The crates to patch, from the root manifest. Also checks that no directory
/// in patches/ is forgotten there.
fn trees(repo: &Repo) -> Result<Vec<Tree>> {
    let manifest = fs::read_to_string(repo.path("Cargo.toml")).context("reading Cargo.toml")?;
    let trees = trees_in(
        &manifest,
        &repo.path("target/patched"),
        &repo.path("patches"),
    )?;
    for entry in fs::read_dir(repo.path("patches")).context("reading patches/")? {
        let path = entry?.path();
        ensure!(
            !path.is_dir() || trees.iter().any(|tree| tree.patches == path),
            "{} has no [patch.crates-io] entry in Cargo.toml",
            repo.show(&path)
        );
    }
    Ok(trees)
}

fn trees_in(manifest: &str, patched: &Path, patches: &Path) -> Result<Vec<Tree>> {
    let manifest: toml::Table = manifest.parse().context("Cargo.toml")?;
    let entries = manifest
        .get("patch")
        .and_then(|patch| patch.get("crates-io"))
        .and_then(toml::Value::as_table)
        .context("Cargo.toml has no [patch.crates-io]")?;
    let mut trees = Vec::new();
    for (name, entry) in entries {
        let id = entry
            .get("path")
            .and_then(toml::Value::as_str)
            .and_then(|path| path.strip_prefix("target/patched/"))
            .with_context(|| format!("Cargo.toml: {name} is not patched in target/patched"))?;
        let id = CrateId::parse(id)?;
        trees.push(Tree {
            dir: patched.join(id.to_string()),
            stamp: patched.join(format!("{id}.json")),
            patches: patches.join(id.to_string()),
            id,
        });
    }
    Ok(trees)
}

/// One patched crate.
struct Tree {
    id: CrateId,
    /// The patched sources.
    dir: PathBuf,
    /// What was written there.
    stamp: PathBuf,
    /// The directory of its patches.
    patches: PathBuf,
}

/// What [`Tree::apply`] last wrote.
struct Stamp {
    key: String,
    files: BTreeMap<String, String>,
}

impl Stamp {
    fn read(path: &Path) -> Option<Self> {
        let value: Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
        let files = value.get("files")?.as_object()?;
        Some(Self {
            key: value.get("key")?.as_str()?.to_owned(),
            files: files
                .iter()
                .map(|(path, digest)| Some((path.clone(), digest.as_str()?.to_owned())))
                .collect::<Option<_>>()?,
        })
    }

    fn write(&self, path: &Path) -> Result<()> {
        let text = json!({ "key": self.key, "files": self.files }).to_string();
        let new = path.with_extension("new");
        fs::write(&new, text)?;
        fs::rename(&new, path).with_context(|| format!("writing {}", path.display()))
    }
}

impl Tree {
    /// Patch files (name, text) in the order in which they are applied.
    fn patch_files(&self) -> Result<Vec<(String, String)>> {
        let mut patches = Vec::new();
        if !self.patches.is_dir() {
            return Ok(patches);
        }
        for entry in fs::read_dir(&self.patches)? {
            let path = entry?.path();
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or("");
            if name.ends_with(".patch") {
                let text = fs::read_to_string(&path)
                    .with_context(|| format!("reading {}", path.display()))?;
                patches.push((name.to_owned(), text));
            }
        }
        patches.sort();
        Ok(patches)
    }

    fn key(&self, checksum: &str, patches: &[(String, String)]) -> String {
        let mut hash = Sha256::new();
        hash.update(format!("{TOOL_VERSION} {checksum}\n"));
        for (name, text) in patches {
            hash.update(format!("{name} {}\n", sha256(text.as_bytes())));
        }
        hex(&hash.finalize())
    }

    /// The crate with `patches` applied, in memory.
    fn patched(&self, mut files: Files, patches: &[(String, String)]) -> Result<Files> {
        for (name, text) in patches {
            udiff::apply(&mut files, text)
                .with_context(|| format!("patches/{}/{name} to {}", self.id, self.id))?;
        }
        Ok(files)
    }

    /// The files that differ from what the stamp says, i.e. somebody's edits.
    /// `all` looks at every file, else only at those newer than the stamp.
    fn edited(&self, stamp: &Stamp, all: bool) -> Vec<String> {
        let since = fs::metadata(&self.stamp)
            .and_then(|meta| meta.modified())
            .ok();
        let differs = |(path, digest): &(&String, &String)| {
            let file = self.dir.join(path);
            let Ok(modified) = fs::metadata(&file).and_then(|meta| meta.modified()) else {
                // Deleted: nothing to lose, apply() restores it.
                return false;
            };
            (all || since.is_none_or(|since| modified > since))
                && fs::read(&file).is_ok_and(|bytes| &sha256(&bytes) != *digest)
        };
        stamp
            .files
            .iter()
            .filter(differs)
            .map(|(path, _)| path.clone())
            .collect()
    }

    /// The edited files whose content writing `files` would lose: not those
    /// edited to what the patches now make of them.
    fn lost(&self, stamp: &Stamp, files: &Files) -> Vec<String> {
        let mut edited = self.edited(stamp, true);
        edited.retain(|path| fs::read(self.dir.join(path)).ok().as_ref() != files.get(path));
        edited
    }

    fn apply(&self, repo: &Repo, force: bool, verbose: bool) -> Result<()> {
        let patches = self.patch_files()?;
        let checksum = registry::locked_checksum(repo, &self.id)?;
        let key = self.key(&checksum, &patches);
        let stamp = Stamp::read(&self.stamp);
        if let Some(stamp) = &stamp {
            let complete = stamp.files.keys().all(|path| self.dir.join(path).is_file());
            if stamp.key == key && complete && !force {
                self.report_fresh(repo, stamp, patches.len(), verbose);
                return Ok(());
            }
        }
        let files = self.patched(registry::fetch(repo, &self.id)?, &patches)?;
        if let (Some(stamp), false) = (&stamp, force) {
            let lost = self.lost(stamp, &files);
            ensure!(
                lost.is_empty(),
                "{}: edited in place and patches/{} changed as well:\n  {}\n\
                 Keep the edits with `cargo x patch --extract`, or drop them with \
                 `cargo x patch --force`.",
                repo.show(&self.dir),
                self.id,
                lost.join("\n  ")
            );
        }
        let written = self.write(&files, stamp.as_ref())?;
        self.stamp_of(key, &files).write(&self.stamp)?;
        eprintln!(
            "{}: {} applied, {written} of {} files written",
            repo.show(&self.dir),
            plural(patches.len(), "patch", "patches"),
            files.len()
        );
        Ok(())
    }

    fn report_fresh(&self, repo: &Repo, stamp: &Stamp, patches: usize, verbose: bool) {
        let edited = self.edited(stamp, false);
        if !edited.is_empty() {
            eprintln!(
                "note: {}: edited in place: {} (keep with `cargo x patch --extract`)",
                repo.show(&self.dir),
                edited.join(", ")
            );
        } else if verbose {
            eprintln!(
                "{}: {}, up to date",
                repo.show(&self.dir),
                plural(patches, "patch", "patches")
            );
        }
    }

    fn stamp_of(&self, key: String, files: &Files) -> Stamp {
        let files = files
            .iter()
            .map(|(path, bytes)| (path.clone(), sha256(bytes)))
            .collect();
        Stamp { key, files }
    }

    /// Makes the directory hold `files`; rewrites only what differs.
    /// Removes what an earlier run wrote and this one does not.
    fn write(&self, files: &Files, before: Option<&Stamp>) -> Result<usize> {
        let mut written = 0;
        for (path, bytes) in files {
            let file = self.dir.join(path);
            if fs::read(&file).is_ok_and(|old| &old == bytes) {
                continue;
            }
            let parent = file.parent().context("a file has a parent")?;
            fs::create_dir_all(parent).with_context(|| format!("creating {}", parent.display()))?;
            fs::write(&file, bytes).with_context(|| format!("writing {}", file.display()))?;
            written += 1;
        }
        for path in before.into_iter().flat_map(|stamp| stamp.files.keys()) {
            if !files.contains_key(path) {
                let _ = fs::remove_file(self.dir.join(path));
            }
        }
        Ok(written)
    }

    /// Writes the difference between the crate and the tree to patches/, one
    /// patch for each file. A patch of that file alone keeps its name and the
    /// text before its diff; others are replaced.
    fn extract(&self, repo: &Repo, context: usize) -> Result<()> {
        ensure!(
            self.stamp.is_file(),
            "{}: run `cargo x patch` first",
            repo.show(&self.dir)
        );
        let pristine = registry::fetch(repo, &self.id)?;
        let tree = self.read_tree()?;
        if let Some(gone) = pristine.keys().find(|path| !tree.contains_key(*path)) {
            bail!(
                "{}/{gone} was deleted: a patch cannot say that",
                repo.show(&self.dir)
            );
        }

        let old = self.patch_files()?;
        let mut new = BTreeMap::new();
        for (path, bytes) in &tree {
            let before = pristine.get(path);
            if before == Some(bytes) {
                continue;
            }
            let text =
                |bytes| std::str::from_utf8(bytes).with_context(|| format!("{path}: not text"));
            let before = before.map(|bytes| text(bytes)).transpose()?;
            let diff = udiff::diff(path, before, text(bytes)?, context);
            let (name, prose) = name_and_prose(path, &old);
            new.insert(name, format!("{prose}{diff}"));
        }
        let new: Vec<(String, String)> = new.into_iter().collect();

        // The patches must give back the very tree they came from.
        let again = self.patched(pristine, &new)?;
        ensure!(
            again == tree,
            "{}: the patches do not give the tree back",
            self.id
        );

        let mut changed = 0;
        for (name, text) in &new {
            let path = self.patches.join(name);
            if fs::read_to_string(&path).is_ok_and(|old| &old == text) {
                continue;
            }
            fs::create_dir_all(&self.patches)?;
            fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
            eprintln!("{}: {}", repo.show(&path), summary(text));
            changed += 1;
        }
        let names: BTreeSet<&String> = new.iter().map(|(name, _)| name).collect();
        for (name, _) in old.iter().filter(|(name, _)| !names.contains(name)) {
            fs::remove_file(self.patches.join(name))?;
            eprintln!("{}: removed", repo.show(&self.patches.join(name)));
            changed += 1;
        }
        eprintln!(
            "{}: {}, {changed} changed",
            self.id,
            plural(new.len(), "patch", "patches")
        );
        let key = self.key(&registry::locked_checksum(repo, &self.id)?, &new);
        self.stamp_of(key, &tree).write(&self.stamp)
    }

    /// What is in the directory now, without editors' and cargo's leftovers.
    fn read_tree(&self) -> Result<Files> {
        let mut files = Files::new();
        let mut dirs = vec![self.dir.clone()];
        while let Some(dir) = dirs.pop() {
            for entry in fs::read_dir(&dir).with_context(|| format!("reading {}", dir.display()))? {
                let path = entry?.path();
                let inside = path.strip_prefix(&self.dir)?;
                let inside = inside.to_str().context("a path is not text")?.to_owned();
                let leftover = inside == "target"
                    || [".orig", ".rej", ".swp", ".bk", "~"]
                        .iter()
                        .any(|end| inside.ends_with(end));
                if path.is_dir() && !leftover {
                    dirs.push(path);
                } else if !leftover || inside == "Cargo.toml.orig" {
                    files.insert(inside, fs::read(&path)?);
                }
            }
        }
        Ok(files)
    }
}

/// The name for the patch of `path`, and what to write before the diff.
fn name_and_prose(path: &str, old: &[(String, String)]) -> (String, String) {
    let header = format!("+++ b/{path}");
    for (name, text) in old {
        let mut targets = text.lines().filter(|line| line.starts_with("+++ "));
        if let (Some(line), None) = (targets.next(), targets.next())
            && line.split('\t').next() == Some(&header)
        {
            let prose: String = text
                .split_inclusive('\n')
                .take_while(|line| !line.starts_with("--- "))
                .collect();
            return (name.clone(), prose);
        }
    }
    (format!("{}.patch", path.replace('/', "-")), String::new())
}

/// `2 hunks, +10 -3`.
fn summary(diff: &str) -> String {
    let count = |start: &str, not: &str| {
        diff.lines()
            .filter(|line| line.starts_with(start) && !line.starts_with(not))
            .count()
    };
    format!(
        "{}, +{} -{}",
        plural(count("@@ ", "\0"), "hunk", "hunks"),
        count("+", "+++ "),
        count("-", "--- ")
    )
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(dir: &Path) -> Tree {
        let manifest = "[patch.crates-io]\na = { path = \"target/patched/a-1.0.0\" }\n";
        let mut trees = trees_in(manifest, dir, &dir.join("patches")).unwrap();
        assert_eq!(trees.len(), 1);
        trees.remove(0)
    }

    fn some_files() -> Files {
        Files::from([
            ("Cargo.toml".to_owned(), b"[package]\n".to_vec()),
            ("src/lib.rs".to_owned(), b"fn a() {}\nfn b() {}\n".to_vec()),
        ])
    }

    #[test]
    fn only_changed_files_are_written_and_edits_are_seen() {
        let dir = tempfile::tempdir().unwrap();
        let tree = tree(dir.path());
        let mut files = some_files();
        assert_eq!(tree.write(&files, None).unwrap(), 2);
        let stamp = tree.stamp_of("key".into(), &files);
        stamp.write(&tree.stamp).unwrap();
        let stamp = Stamp::read(&tree.stamp).unwrap();
        assert_eq!(stamp.key, "key");
        assert!(tree.edited(&stamp, true).is_empty());

        files.insert("src/lib.rs".into(), b"fn a() {}\n".to_vec());
        assert_eq!(tree.write(&files, Some(&stamp)).unwrap(), 1);
        assert_eq!(tree.edited(&stamp, true), ["src/lib.rs"]);
        assert!(tree.lost(&stamp, &files).is_empty());
        assert_eq!(tree.lost(&stamp, &some_files()), ["src/lib.rs"]);

        files.remove("src/lib.rs");
        tree.write(&files, Some(&stamp)).unwrap();
        assert!(!tree.dir.join("src/lib.rs").exists());
        assert_eq!(tree.read_tree().unwrap(), files);
    }

    #[test]
    fn the_build_script_is_settled_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("Lib/importlib/_bootstrap.py");
        settle_build_script(dir.path()).unwrap();
        let time = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
        assert_eq!(time(&file), SystemTime::UNIX_EPOCH);
        settle_build_script(dir.path()).unwrap();
        assert_eq!(time(&file), SystemTime::UNIX_EPOCH);
    }

    #[test]
    fn the_key_follows_patches_and_checksum() {
        let dir = tempfile::tempdir().unwrap();
        let tree = tree(dir.path());
        let patch = |text: &str| vec![("p.patch".to_owned(), text.to_owned())];
        let key = tree.key("sum", &patch("x"));
        assert_eq!(key, tree.key("sum", &patch("x")));
        assert_ne!(key, tree.key("sum", &patch("y")));
        assert_ne!(key, tree.key("other", &patch("x")));
        assert_ne!(key, tree.key("sum", &[]));
    }

    #[test]
    fn a_patch_that_fails_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let text = "--- a/src/lib.rs\n+++ b/src/lib.rs\n@@ -1,1 +1,1 @@\n-fn c() {}\n+fn d() {}\n";
        let patches = [("00-x.patch".to_owned(), text.to_owned())];
        let error = tree(dir.path())
            .patched(some_files(), &patches)
            .unwrap_err();
        let error = format!("{error:#}");
        for part in [
            "patches/a-1.0.0/00-x.patch",
            "src/lib.rs",
            "hunk #1 @@ -1 +1 @@",
            "fn c",
        ] {
            assert!(error.contains(part), "{part} is not in: {error}");
        }
    }

    #[test]
    fn patches_keep_their_name_and_prose() {
        let text = "Why.\n--- a/src/lib.rs\n+++ b/src/lib.rs\n@@ -1 +1 @@\n-a\n+b\n";
        let old = [("00-x.patch".to_owned(), text.to_owned())];
        let kept = name_and_prose("src/lib.rs", &old);
        assert_eq!(kept, ("00-x.patch".to_owned(), "Why.\n".to_owned()));
        let fresh = name_and_prose("src/vm/mod.rs", &old);
        assert_eq!(fresh, ("src-vm-mod.rs.patch".to_owned(), String::new()));
    }
}
