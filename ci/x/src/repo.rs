//! Where things are: the checkout, the target directory, and cargo.
//!
//! Invariant: paths into the checkout are absolute, so that every command
//! works whatever the current directory of the started program is.
//!
//! Example: with nothing set in the environment, `Repo::target_dir()` is
//! `target/` of the checkout, which `cargo clean` empties. With `CI=true` it
//! is `~/.cache/rustpython-jit-cp/<16 hex digits>`, which outlives a checkout.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

/// How many dependency sets (keys) the cache directory may hold.
const CACHE_KEYS: usize = 2;

/// The checkout this tool belongs to.
pub struct Repo {
    root: PathBuf,
    target: PathBuf,
}

impl Repo {
    /// Finds the checkout: the directory two levels above this crate.
    ///
    /// # Errors
    /// When that directory does not look like the repository.
    pub fn find() -> Result<Self> {
        // `cargo run` sets CARGO_MANIFEST_DIR at run time, too: it is right
        // even after the checkout was moved.
        let here = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = here
            .ancestors()
            .nth(2)
            .map(Path::to_path_buf)
            .context("ci/x is not inside a checkout")?;
        if !root.join("rustpython-jit-cp").is_dir() {
            bail!("{} is not a checkout of rustpython-jit-cp", root.display());
        }
        let target = choose_target(&root);
        Ok(Self { root, target })
    }

    /// A path inside the checkout.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// Where cargo builds the hosts.
    pub fn target_dir(&self) -> &Path {
        &self.target
    }

    /// Where cargo builds what is not a host: small programs of their own
    /// workspaces.
    pub fn tools_dir(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// `path` as a reader of messages wants it: relative to the checkout.
    pub fn show(&self, path: &Path) -> String {
        path.strip_prefix(&self.root)
            .unwrap_or(path)
            .display()
            .to_string()
    }

    /// The sources and settings of stock RustPython.
    pub fn stock_manifest(&self) -> PathBuf {
        self.path("benches/stock/Cargo.toml")
    }

    /// A cargo command, in the checkout, in a clean environment.
    pub fn cargo(&self) -> Command {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.current_dir(&self.root);
        // rustpython-vm's build script puts the git commit around it into the
        // version text. The patched one is in our checkout; stock has none.
        command.env("GIT_CEILING_DIRECTORIES", self.path("target/patched"));
        clean_env(&mut command);
        command
    }
}

/// Takes out what `cargo run` put into our environment, so that a program we
/// start sees what it would see if the user had started it.
pub fn clean_env(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        let ours = [
            "CARGO_PKG_",
            "CARGO_MANIFEST_",
            "CARGO_BIN_",
            "CARGO_CRATE_",
        ];
        if ours.iter().any(|prefix| text.starts_with(prefix)) || text == "CARGO" {
            command.env_remove(&name);
        }
    }
}

fn choose_target(root: &Path) -> PathBuf {
    if let Some(dir) = env::var_os("CARGO_TARGET_DIR") {
        return root.join(dir);
    }
    let cache = match (env::var_os("CP_JIT_CACHE_DIR"), env::var("CI")) {
        (Some(dir), _) => root.join(dir),
        (None, Ok(ci)) if ci == "true" => match env::var_os("HOME") {
            Some(home) => Path::new(&home).join(".cache/rustpython-jit-cp"),
            None => return root.join("target"),
        },
        _ => return root.join("target"),
    };
    match cache_for(root, &cache) {
        Ok(dir) => dir,
        Err(error) => {
            eprintln!("note: building in target/, the cache cannot be used: {error:#}");
            root.join("target")
        }
    }
}

/// The directory in `cache` for this set of dependencies and this compiler.
/// Older sets are deleted, so that the cache does not grow for ever.
fn cache_for(root: &Path, cache: &Path) -> Result<PathBuf> {
    let mut hash = Sha256::new();
    for lock in ["Cargo.lock", "benches/stock/Cargo.lock"] {
        hash.update(fs::read(root.join(lock)).with_context(|| format!("reading {lock}"))?);
    }
    let rustc = Command::new("rustc")
        .arg("-vV")
        .output()
        .context("running rustc -vV")?;
    hash.update(&rustc.stdout);
    let key = &hex(&hash.finalize())[..16];

    let dir = cache.join(key);
    fs::create_dir_all(&dir).with_context(|| format!("creating {}", dir.display()))?;
    // Writing a file makes this set the newest one, and proves that we can.
    fs::write(dir.join("used"), b"")?;
    let mut sets = Vec::new();
    for entry in fs::read_dir(cache)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or("");
        let is_key = name.len() == 16 && name.bytes().all(|b| b.is_ascii_hexdigit());
        if let (true, Ok(used)) = (is_key, fs::metadata(path.join("used"))) {
            sets.push((used.modified()?, path));
        }
    }
    sets.sort();
    for (_, old) in sets.iter().rev().skip(CACHE_KEYS) {
        fs::remove_dir_all(old).with_context(|| format!("deleting {}", old.display()))?;
    }
    Ok(dir)
}

/// Lower-case hexadecimal, as Cargo.lock writes its checksums.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of `bytes` in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cache_keeps_the_newest_sets() {
        let root = tempfile::tempdir().unwrap();
        let cache = root.path().join("cache");
        fs::create_dir_all(root.path().join("benches/stock")).unwrap();
        fs::write(root.path().join("benches/stock/Cargo.lock"), "").unwrap();
        let mut dirs = Vec::new();
        for content in ["1", "2", "3"] {
            fs::write(root.path().join("Cargo.lock"), content).unwrap();
            dirs.push(cache_for(root.path(), &cache).unwrap());
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        assert!(!dirs[0].exists());
        assert!(dirs[1].exists() && dirs[2].exists());
    }

    #[test]
    fn sha256_of_nothing() {
        assert!(sha256(b"").starts_with("e3b0c44298fc1c149afbf4c8996fb924"));
    }
}
