//! The private environment: a virtual environment of the host's Python with pip,
//! pyperf and pyperformance, and a folder of packages for each benchmark that
//! needs some. Everything is pinned with hashes, in ci/pyperf.
//!
//! The host's Python only installs, lists the suite and compares. The benchmarks,
//! and pyperf in them, run on the interpreters that are measured: what those
//! import is pure Python, from the folders (`PYTHONPATH`), the same for all.
//! A benchmark whose packages cannot do without native code says so in its file:
//! `# native: psutil`.
//!
//! Invariants: an environment is used only if its last file, `ready`, is there; a
//! folder of packages is renamed into place. Both have the digest of what was
//! asked for in their names, so that a change of ci/pyperf makes new ones.
//!
//! Example: bm_mako.txt asks for mako and markupsafe; they are in
//! `target/pyperf/packages/bm_mako-<digest>`, markupsafe without its C part.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::suite::Benchmark;
use crate::builds::on_path;
use crate::repo::{Repo, clean_env, sha256};

/// The oldest Python on which pyperformance runs.
const OLDEST: (u32, u32) = (3, 10);

/// Builds without C: no compiler, and the switches of packages that insist on one.
const PURE: [(&str, &str); 3] = [
    ("CC", "/bin/false"),
    ("TORNADO_EXTENSION", "0"),
    ("DISABLE_SQLALCHEMY_CEXT", "1"),
];

/// What every measured interpreter can import, from the environment's packages.
/// distutils is there as in any virtual environment with setuptools.
const LINKS: [(&str, &str); 2] = [("pyperf", "pyperf"), ("distutils", "setuptools/_distutils")];

/// The virtual environment, and where packages are put.
pub struct Environment {
    python: PathBuf,
    driver: PathBuf,
    /// The pinned packages of the benchmarks.
    requirements: PathBuf,
    packages: PathBuf,
    /// The folder of the links.
    links: PathBuf,
    /// Of everything that is pinned: results are kept under it.
    pub digest: String,
}

/// What a benchmark imports beside its own files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imports {
    /// From these folders.
    From(Vec<PathBuf>),
    /// It cannot be pure Python: why.
    Native(String),
}

impl Environment {
    /// Finds the environment, or makes it.
    ///
    /// # Errors
    /// When there is no Python that can, or PyPI cannot be reached.
    pub fn ready(repo: &Repo, root: &Path) -> Result<Self> {
        let base = find_python()?;
        let wanted = repo.path("ci/pyperf/host.txt");
        let text = fs::read_to_string(&wanted).with_context(|| repo.show(&wanted))?;
        let dir = root.join(format!("env-{}", short_digest(&[&base.version, &text])));
        let python = dir.join("bin/python");
        let ready = dir.join("ready");
        if !ready.is_file() {
            eprintln!("pyperf: making an environment with Python {}", base.version);
            match fs::remove_dir_all(&dir) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| repo.show(&dir));
                }
                _ => fs::create_dir_all(root)?,
            }
            let mut venv = host(Path::new(&base.program));
            venv.args(["-m", "venv"]).arg(&dir);
            if let Err(error) = succeed(&mut venv) {
                bail!(
                    "{} cannot make a virtual environment (on Debian and Ubuntu: apt-get install python3-venv)\n{error:#}",
                    base.program
                );
            }
            succeed(pip(&python).arg("-r").arg(&wanted))?;
            let site = said(host(&python).args([
                "-c",
                "import sysconfig; print(sysconfig.get_path('purelib'))",
            ]))?;
            fs::create_dir_all(dir.join("links"))?;
            for (name, package) in LINKS {
                let target = Path::new(site.trim()).join(package);
                symlink(target, dir.join("links").join(name))?;
            }
            fs::write(&ready, "")?;
        }
        let requirements = repo.path("ci/pyperf/benchmarks");
        Ok(Self {
            python,
            driver: repo.path("ci/pyperf/driver.py"),
            digest: pins(&text, &requirements)?,
            requirements,
            packages: root.join("packages"),
            links: dir.join("links"),
        })
    }

    /// What ci/pyperf/driver.py answers.
    ///
    /// # Errors
    /// When it fails.
    pub fn ask(&self, args: &[&Path]) -> Result<Value> {
        let answer = said(host(&self.python).arg(&self.driver).args(args))?;
        serde_json::from_str(&answer).context("the answer of driver.py")
    }

    /// `python -m pyperf`, on the host's Python.
    pub fn pyperf(&self) -> Command {
        let mut command = host(&self.python);
        command.args(["-m", "pyperf"]);
        command
    }

    /// What `benchmark` imports, installed if it is not yet.
    ///
    /// # Errors
    /// When PyPI cannot be reached, or a package cannot be built.
    pub fn imports(&self, benchmark: &Benchmark) -> Result<Imports> {
        let folder = &benchmark.folder;
        let file = self.requirements.join(format!("{folder}.txt"));
        let text = if benchmark.has_requirements {
            fs::read_to_string(&file).with_context(|| {
                format!(
                    "{folder} needs packages, which are to be pinned in {}",
                    file.display()
                )
            })?
        } else {
            String::new()
        };
        if let Some(native) = native(&text) {
            return Ok(Imports::Native(format!(
                "needs {native}, which is native code"
            )));
        }
        let mut folders = vec![self.links.clone()];
        if benchmark.has_requirements || benchmark.vendor.is_some() {
            // A vendored package is pinned by the version of pyperformance.
            let vendor = benchmark.vendor.as_ref().map_or("", |_| &self.digest);
            let name = format!("{folder}-{}", short_digest(&[&text, vendor]));
            let packages = self.packages.join(name);
            if !packages.is_dir() {
                eprintln!("pyperf: installing what {folder} needs");
                fs::create_dir_all(&self.packages)?;
                let new = tempfile::tempdir_in(&self.packages)?;
                if benchmark.has_requirements {
                    self.install(
                        new.path(),
                        &[Path::new("--require-hashes"), Path::new("-r"), &file],
                    )?;
                }
                if let Some(vendor) = &benchmark.vendor {
                    self.install(new.path(), &[vendor])?;
                }
                fs::rename(new.keep(), &packages)
                    .with_context(|| format!("making {}", packages.display()))?;
            }
            folders.push(packages);
        }
        Ok(Imports::From(folders))
    }

    fn install(&self, folder: &Path, what: &[&Path]) -> Result<()> {
        let mut command = host(&self.python);
        command
            .args(["-m", "pip", "install", "--quiet", "--no-deps"])
            // The measured interpreters are newer than the host's Python.
            .args(["--ignore-requires-python", "--no-compile"])
            // With the pinned setuptools, not with the newest.
            .args(["--no-build-isolation", "--target"])
            .arg(folder)
            .args(what)
            .envs(PURE);
        succeed(&mut command)
    }
}

/// The package named by a line `# native: package`.
fn native(requirements: &str) -> Option<&str> {
    let mut lines = requirements.lines();
    lines.find_map(|line| line.strip_prefix("# native:").map(str::trim))
}

fn pip(python: &Path) -> Command {
    let mut command = host(python);
    command.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--require-hashes",
    ]);
    command
}

/// A program of the host, without what Python programs take from the environment.
fn host(program: &Path) -> Command {
    let mut command = Command::new(program);
    clean_env(&mut command);
    for (name, _) in env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"PYTHON") {
            command.env_remove(name);
        }
    }
    command
}

fn succeed(command: &mut Command) -> Result<()> {
    said(command).map(drop)
}

/// The stdout of a program that must succeed.
fn said(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("starting {}", command.get_program().display()))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let stdout = String::from_utf8_lossy(&output.stdout);
        let lines: Vec<&str> = stdout.lines().chain(stderr.lines()).collect();
        let last = &lines[lines.len().saturating_sub(20)..];
        bail!("{command:?}: {}\n{}", output.status, last.join("\n"));
    }
    String::from_utf8(output.stdout).context("output in UTF-8")
}

struct Python {
    program: String,
    version: String,
}

/// The first Python that is new enough.
fn find_python() -> Result<Python> {
    let mut too_old = Vec::new();
    let names = ["python3".to_owned()].into_iter();
    for program in names.chain((10..20).rev().map(|minor| format!("python3.{minor}"))) {
        if !on_path(&program) {
            continue;
        }
        let script = "import sys; print('.'.join(map(str, sys.version_info[:3])))";
        let Ok(version) = said(host(Path::new(&program)).args(["-c", script])) else {
            continue;
        };
        let version = version.trim().to_owned();
        if new_enough(&version) {
            return Ok(Python { program, version });
        }
        too_old.push(format!("{program} is {version}"));
    }
    ensure!(
        too_old.is_empty(),
        "pyperformance needs Python {}.{} or newer on the host; {}",
        OLDEST.0,
        OLDEST.1,
        too_old.join(", ")
    );
    bail!(
        "pyperformance needs a Python on the host (on Debian and Ubuntu: apt-get install python3 python3-venv)"
    )
}

fn new_enough(version: &str) -> bool {
    let mut numbers = version.split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= OLDEST,
        _ => false,
    }
}

/// The digest of all that is pinned.
fn pins(host: &str, requirements: &Path) -> Result<String> {
    let mut texts = vec![host.to_owned()];
    let folder = fs::read_dir(requirements).with_context(|| requirements.display().to_string())?;
    let mut files = folder
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    files.sort();
    for file in files {
        texts.push(fs::read_to_string(&file).with_context(|| file.display().to_string())?);
    }
    Ok(short_digest(
        &texts.iter().map(String::as_str).collect::<Vec<_>>(),
    ))
}

/// The digest of `parts`, and of how packages are installed.
fn short_digest(parts: &[&str]) -> String {
    let how = PURE.iter().chain(&LINKS);
    let all: Vec<&str> = parts
        .iter()
        .copied()
        .chain(how.flat_map(|&(name, value)| [name, value]))
        .collect();
    sha256(all.join("\0").as_bytes())[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (version, enough) in [
            ("3.9.18", false),
            ("3.10.0", true),
            ("4.0", true),
            ("", false),
        ] {
            assert_eq!(new_enough(version), enough, "{version}");
        }
    }

    #[test]
    fn native_lines() {
        assert_eq!(native("# native: psutil\n"), Some("psutil"));
        assert_eq!(native("# Without greenlet.\nsqlalchemy==1\n"), None);
    }

    /// What is installed is what was looked at, and is the same tomorrow.
    #[test]
    fn everything_is_pinned_with_a_hash() {
        let repo = Repo::find().unwrap();
        let mut files = vec![repo.path("ci/pyperf/host.txt")];
        for entry in fs::read_dir(repo.path("ci/pyperf/benchmarks")).unwrap() {
            files.push(entry.unwrap().path());
        }
        assert!(files.len() > 15);
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                let (package, rest) = line.split_once(" --hash=sha256:").expect(line);
                let (_, version) = package.split_once("==").expect(line);
                let digest = rest.split(' ').next().unwrap();
                assert!(digest.len() == 64 && !version.contains('*'), "{line}");
            }
            assert_eq!(
                native(&text).is_none(),
                text.contains("=="),
                "{}",
                file.display()
            );
        }
    }
}
