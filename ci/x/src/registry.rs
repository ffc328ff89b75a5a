//! Pristine crates, out of cargo's own registry cache.
//!
//! Invariant: a [`Pristine`] has the checksum that benches/stock/Cargo.lock
//! gives; no other file is ever unpacked.
//!
//! Example: `fetch(&repo, &CrateId::parse("rustpython-vm-0.6.0")?)` finds
//! `$CARGO_HOME/registry/cache/*/rustpython-vm-0.6.0.crate` (after a
//! `cargo fetch` if need be), hashes it, and returns its files in memory.

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::repo::{Repo, sha256};

/// The files of a crate by path, with `/` as separator.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Name and version of a crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrateId {
    /// As in Cargo.toml: `rustpython-vm`.
    pub name: String,
    /// As in Cargo.lock: `0.6.0`.
    pub version: String,
}

impl CrateId {
    /// Takes `rustpython-vm-0.6.0` apart.
    ///
    /// # Errors
    /// When there is no version at the end.
    pub fn parse(text: &str) -> Result<Self> {
        let split = text
            .match_indices('-')
            .find(|&(at, _)| text[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
        let Some((at, _)) = split else {
            bail!("`{text}` is not NAME-VERSION");
        };
        Ok(Self {
            name: text[..at].to_owned(),
            version: text[at + 1..].to_owned(),
        })
    }
}

impl fmt::Display for CrateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.name, self.version)
    }
}

/// The checksum that benches/stock/Cargo.lock demands of a crate.
///
/// # Errors
/// When the lock file cannot be read or does not have the crate.
pub fn locked_checksum(repo: &Repo, id: &CrateId) -> Result<String> {
    let path = repo.path("benches/stock/Cargo.lock");
    let text =
        fs::read_to_string(&path).with_context(|| format!("reading {}", repo.show(&path)))?;
    checksum_in(&text, id).with_context(|| format!("in {}", repo.show(&path)))
}

fn checksum_in(lock: &str, id: &CrateId) -> Result<String> {
    let lock: toml::Table = lock.parse()?;
    let packages = lock.get("package").and_then(toml::Value::as_array);
    let field = |package: &toml::Value, name: &str| {
        package
            .get(name)
            .and_then(toml::Value::as_str)
            .map(str::to_owned)
    };
    packages
        .into_iter()
        .flatten()
        .find(|package| {
            field(package, "name").as_deref() == Some(&id.name)
                && field(package, "version").as_deref() == Some(&id.version)
        })
        .and_then(|package| field(package, "checksum"))
        .with_context(|| format!("no package {} {} with a checksum", id.name, id.version))
}

/// The files of a crate as published, verified.
///
/// # Errors
/// When it cannot be fetched, or what cargo has is not what the lock demands.
pub fn fetch(repo: &Repo, id: &CrateId) -> Result<Files> {
    let want = locked_checksum(repo, id)?;
    let archive = match cached(id, &want) {
        Ok(archive) => archive,
        Err(Missing::NotThere) => {
            eprintln!("{id}: not in cargo's cache, fetching the dependencies");
            let status = repo
                .cargo()
                .args(["fetch", "--locked", "--manifest-path"])
                .arg(repo.stock_manifest())
                .status()
                .context("running cargo fetch")?;
            ensure!(status.success(), "cargo fetch failed");
            cached(id, &want).map_err(|missing| missing.explain(id, &want))?
        }
        Err(other) => return Err(other.explain(id, &want)),
    };
    unpack(&archive, id)
}

/// Why a crate cannot be taken from the cache.
enum Missing {
    NotThere,
    Unreadable(PathBuf, std::io::Error),
    Wrong { path: PathBuf, found: String },
}

impl Missing {
    fn explain(self, id: &CrateId, want: &str) -> anyhow::Error {
        match self {
            Self::NotThere => anyhow::anyhow!("{id}.crate is not in cargo's registry cache"),
            Self::Unreadable(path, error) => {
                anyhow::Error::new(error).context(format!("reading {}", path.display()))
            }
            Self::Wrong { path, found } => anyhow::anyhow!(
                "checksum mismatch: {}\n  Cargo.lock: {want}\n  file:       {found}\n\
                 The file is damaged or was changed: delete it and try again.",
                path.display()
            ),
        }
    }
}

fn cargo_home() -> PathBuf {
    if let Some(home) = env::var_os("CARGO_HOME") {
        return PathBuf::from(home);
    }
    env::home_dir().unwrap_or_default().join(".cargo")
}

fn cached(id: &CrateId, want: &str) -> Result<Vec<u8>, Missing> {
    cached_in(&cargo_home().join("registry/cache"), id, want)
}

/// Cargo keeps one directory for each registry (or mirror of one): any file
/// with the right checksum will do.
fn cached_in(cache: &Path, id: &CrateId, want: &str) -> Result<Vec<u8>, Missing> {
    let mut missing = Missing::NotThere;
    for registry in fs::read_dir(cache).into_iter().flatten().flatten() {
        let path = registry.path().join(format!("{id}.crate"));
        match fs::read(&path) {
            Ok(bytes) => {
                let found = sha256(&bytes);
                if found == want {
                    return Ok(bytes);
                }
                missing = Missing::Wrong { path, found };
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => missing = Missing::Unreadable(path, error),
        }
    }
    Err(missing)
}

fn unpack(archive: &[u8], id: &CrateId) -> Result<Files> {
    let prefix = id.to_string();
    let mut files = Files::new();
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(archive));
    for entry in tar.entries()? {
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = entry.path()?.into_owned();
        let inside = path
            .strip_prefix(&prefix)
            .ok()
            .and_then(Path::to_str)
            .filter(|path| safe(path))
            .with_context(|| format!("{id}.crate has an odd path: {}", path.display()))?
            .to_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        files.insert(inside, bytes);
    }
    ensure!(
        files.contains_key("Cargo.toml"),
        "{id}.crate has no Cargo.toml"
    );
    Ok(files)
}

/// Whether a path from a patch or an archive stays inside its directory.
pub fn safe(path: &str) -> bool {
    !path.is_empty()
        && Path::new(path)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crate_ids() {
        let id = CrateId::parse("rustpython-vm-0.6.0").unwrap();
        assert_eq!((&*id.name, &*id.version), ("rustpython-vm", "0.6.0"));
        assert_eq!(id.to_string(), "rustpython-vm-0.6.0");
        assert!(CrateId::parse("rustpython-vm").is_err());
    }

    #[test]
    fn checksum_comes_from_the_right_version() {
        let lock = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nchecksum = \"11\"\n\
                    [[package]]\nname = \"a\"\nversion = \"2.0.0\"\nchecksum = \"22\"\n";
        let id = CrateId::parse("a-2.0.0").unwrap();
        assert_eq!(checksum_in(lock, &id).unwrap(), "22");
        let id = CrateId::parse("a-3.0.0").unwrap();
        assert!(checksum_in(lock, &id).is_err());
    }

    #[test]
    fn a_changed_crate_is_refused() {
        let cache = tempfile::tempdir().unwrap();
        let id = CrateId::parse("a-1.0.0").unwrap();
        let right = sha256(b"right");
        assert!(matches!(
            cached_in(cache.path(), &id, &right),
            Err(Missing::NotThere)
        ));

        let registry = cache.path().join("registry");
        fs::create_dir(&registry).unwrap();
        fs::write(registry.join("a-1.0.0.crate"), "wrong").unwrap();
        let Err(missing) = cached_in(cache.path(), &id, &right) else {
            panic!("accepted");
        };
        let text = missing.explain(&id, &right).to_string();
        assert!(
            text.contains("checksum mismatch") && text.contains(&right),
            "{text}"
        );

        fs::write(registry.join("a-1.0.0.crate"), "right").unwrap();
        assert!(cached_in(cache.path(), &id, &right).is_ok());
    }

    #[test]
    fn paths_stay_inside() {
        assert!(safe("src/frame.rs"));
        assert!(!safe("../x") && !safe("/etc/passwd") && !safe(""));
    }
}
