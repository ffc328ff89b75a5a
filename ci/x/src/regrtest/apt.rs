//! Debian packages, downloaded with a configuration of apt that is ours alone.
//!
//! The machine's own apt knows where its Debian comes from and whose signatures it
//! trusts; the packages wanted here are of a later release than it has. So a source
//! is derived from the machine's, with the same address and keys and other suites,
//! and is used with lists, caches and pins in a folder of ours: nothing of the
//! machine's configuration is changed, no other program sees the source, and no
//! privilege is needed.
//!
//! Example: `deb [signed-by=/k.gpg] http://mirror/debian bookworm main` on a machine
//! whose /etc/os-release says `bookworm` becomes
//! ```text
//! Types: deb
//! URIs: http://mirror/debian
//! Suites: forky sid
//! Components: main
//! Signed-By: /k.gpg
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::builds::on_path;

/// The suites that the packages are taken from; the newest version wins.
const SUITES: &str = "forky sid";

/// Suites that Debian has whatever the release, and mirrors of others do not.
const ALWAYS_DEBIAN: [&str; 6] = [
    "stable",
    "testing",
    "unstable",
    "sid",
    "oldstable",
    "oldoldstable",
];

/// The machine's Debian: where, and with which options.
#[derive(Debug, PartialEq, Eq)]
struct Source {
    uri: String,
    /// Fields of the deb822 form that say how to trust it, as they are written.
    trust: Vec<(&'static str, String)>,
}

/// The fields that are taken over, and their names in the one-line form.
const TRUST: [(&str, &str); 2] = [("Signed-By", "signed-by"), ("Trusted", "trusted")];

impl Source {
    fn text(&self) -> String {
        let mut text = format!(
            "Types: deb\nURIs: {}\nSuites: {SUITES}\nComponents: main\n",
            self.uri
        );
        for (field, value) in &self.trust {
            text += &format!("{field}: {value}\n");
        }
        text
    }
}

/// Downloads `packages` into `folder`; returns the files, in the same order.
///
/// # Errors
/// When there is no apt, no Debian source, or no network.
pub fn download(folder: &Path, packages: &[&str]) -> Result<Vec<PathBuf>> {
    for program in ["apt-get", "dpkg"] {
        ensure!(on_path(program), "{program} is not installed");
    }
    let source = machine_source(Path::new("/etc"))?;
    for part in ["lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(folder.join(part))?;
    }
    fs::write(folder.join("debian.sources"), source.text())?;
    fs::write(folder.join("status"), "")?;
    // Nothing is installed from here; should anybody ever point apt at this
    // folder, nothing is upgraded from here, either.
    fs::write(
        folder.join("preferences"),
        "Package: *\nPin: release o=Debian\nPin-Priority: 50\n",
    )?;
    let apt = |args: &[&str]| -> Result<()> {
        let mut command = Command::new("apt-get");
        command.current_dir(folder).arg("-q");
        for (option, value) in [
            ("Dir::Etc::sourcelist", "debian.sources"),
            ("Dir::Etc::preferences", "preferences"),
            ("Dir::State::lists", "lists"),
            ("Dir::State::status", "status"),
            ("Dir::Cache", "cache"),
        ] {
            let path = folder.join(value);
            command
                .arg("-o")
                .arg(format!("{option}={}", path.display()));
        }
        for option in [
            "Dir::Etc::sourceparts=-",
            "Dir::Etc::preferencesparts=-",
            "Acquire::Languages=none",
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
            // Another user could not write into our folder.
            "APT::Sandbox::User=root",
        ] {
            command.args(["-o", option]);
        }
        let output = command.args(args).output().context("running apt-get")?;
        let errors = String::from_utf8_lossy(&output.stderr);
        // An address that cannot be reached is but a warning (`W:`) to `update`.
        ensure!(
            output.status.success(),
            "apt-get {}: {}",
            args.join(" "),
            errors.trim_end().replace('\n', "; ")
        );
        Ok(())
    };
    apt(&["update", "--error-on=any"])?;
    apt(&[&["download"], packages].concat())?;
    packages
        .iter()
        .map(|package| downloaded(folder, package))
        .collect()
}

/// Unpacks a package into `folder`.
///
/// # Errors
/// When the package is broken or the folder cannot be written.
pub fn unpack(package: &Path, folder: &Path) -> Result<()> {
    let status = Command::new("dpkg")
        .arg("-x")
        .args([package, folder])
        .status()
        .context("running dpkg")?;
    ensure!(status.success(), "dpkg -x {}: {status}", package.display());
    Ok(())
}

/// The version in a package's file name: `name_VERSION_arch.deb`.
pub fn version(file: &Path) -> Option<&str> {
    file.file_name()?.to_str()?.split('_').nth(1)
}

fn downloaded(folder: &Path, package: &str) -> Result<PathBuf> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if name.is_some_and(|name| name.starts_with(&format!("{package}_"))) {
            return Ok(path);
        }
    }
    bail!("apt-get download left no file of {package}")
}

/// The first source of Debian among the machine's.
fn machine_source(etc: &Path) -> Result<Source> {
    let release = fs::read_to_string(etc.join("os-release")).unwrap_or_default();
    let release = release
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="))
        .map_or("", |name| name.trim_matches('"'));
    let mut files = vec![etc.join("apt/sources.list")];
    if let Ok(entries) = fs::read_dir(etc.join("apt/sources.list.d")) {
        let mut parts: Vec<_> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        parts.sort();
        files.append(&mut parts);
    }
    for file in files {
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        let found = match file.extension().and_then(|extension| extension.to_str()) {
            Some("list") => text.lines().find_map(|line| one_line(line, release)),
            Some("sources") => stanzas(&text).find_map(|stanza| deb822(&stanza, release)),
            _ => None,
        };
        if let Some(source) = found {
            return Ok(source);
        }
    }
    bail!("/etc/apt has no source of Debian from which another one can be derived")
}

/// Whether a suite is Debian's own, not a security archive, not a third party's.
fn is_debian(suite: &str, release: &str) -> bool {
    ALWAYS_DEBIAN.contains(&suite) || (suite == release && !release.is_empty())
}

/// Reads `deb [options] uri suite components...`.
fn one_line(line: &str, release: &str) -> Option<Source> {
    let line = line.split('#').next()?.trim();
    let rest = line.strip_prefix("deb")?;
    if !rest.starts_with([' ', '\t', '[']) {
        return None;
    }
    let (options, rest) = match rest.trim_start().strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => ("", rest),
    };
    let mut words = rest.split_whitespace();
    let (uri, suite) = (words.next()?, words.next()?);
    if !is_debian(suite, release) || !words.any(|component| component == "main") {
        return None;
    }
    let options: Vec<_> = options
        .split_whitespace()
        .filter_map(|option| option.split_once('='))
        .collect();
    let trust = TRUST.iter().filter_map(|(field, name)| {
        let (_, value) = options.iter().find(|(option, _)| option == name)?;
        Some((*field, (*value).to_owned()))
    });
    Some(Source {
        uri: uri.to_owned(),
        trust: trust.collect(),
    })
}

/// The paragraphs of a deb822 file, as fields. A value keeps its line breaks.
fn stanzas(text: &str) -> impl Iterator<Item = Vec<(String, String)>> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let mut stanzas = vec![Vec::<(String, String)>::new()];
    for line in lines {
        if line.trim().is_empty() {
            stanzas.push(Vec::new());
        } else if line.starts_with([' ', '\t']) {
            let stanza = stanzas.last_mut().and_then(|stanza| stanza.last_mut());
            if let Some((_, value)) = stanza {
                value.push('\n');
                value.push_str(line);
            }
        } else if let Some((field, value)) = line.split_once(':')
            && let Some(stanza) = stanzas.last_mut()
        {
            stanza.push((field.to_owned(), value.trim().to_owned()));
        }
    }
    stanzas.into_iter()
}

fn deb822(stanza: &[(String, String)], release: &str) -> Option<Source> {
    let field = |wanted: &str| {
        let mut fields = stanza.iter();
        fields
            .find(|(field, _)| field.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.as_str())
    };
    let has = |wanted: &str, word: &dyn Fn(&str) -> bool| {
        field(wanted).is_some_and(|value| value.split_whitespace().any(word))
    };
    let usable = has("Types", &|word| word == "deb")
        && has("Suites", &|word| is_debian(word, release))
        && has("Components", &|word| word == "main")
        && field("Enabled") != Some("no");
    let uri = field("URIs")?.split_whitespace().next()?;
    let trust = TRUST
        .iter()
        .filter_map(|(name, _)| Some((*name, field(name)?.to_owned())));
    usable.then(|| Source {
        uri: uri.to_owned(),
        trust: trust.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(uri: &str, key: &str) -> Source {
        Source {
            uri: uri.to_owned(),
            trust: vec![("Signed-By", key.to_owned())],
        }
    }

    #[test]
    fn one_line_sources() {
        let bookworm = |line| one_line(line, "bookworm");
        assert_eq!(
            bookworm("deb [arch=amd64 signed-by=/k.gpg] http://m/debian bookworm main # here"),
            Some(signed("http://m/debian", "/k.gpg"))
        );
        let plain = bookworm("deb http://m/debian sid contrib main").unwrap();
        assert_eq!(
            (plain.uri.as_str(), plain.trust.len()),
            ("http://m/debian", 0)
        );
        for other in [
            "# deb http://m/debian bookworm main",
            "deb-src http://m/debian bookworm main",
            "deb http://m/debian-security bookworm-security main",
            "deb http://m/third nodistro main",
            "deb http://m/debian bookworm contrib",
            "deb [signed-by=/k.gpg http://m/debian bookworm main",
            "",
        ] {
            assert_eq!(bookworm(other), None, "{other}");
        }
        assert_eq!(one_line("deb http://m/x  main", ""), None);
    }

    #[test]
    fn deb822_sources() {
        let text = "\
            Types: deb\nURIs: http://m/debian-security\nSuites: trixie-security\nComponents: main\n\
            \n\
            Types: deb\nEnabled: no\nURIs: http://m/off\nSuites: trixie\nComponents: main\n\
            \n# comment\n\
            Types: deb deb-src\n# http://snapshot/debian\nURIs: http://m/debian http://n/debian\n\
            Suites: trixie trixie-updates\nComponents: main\nsigned-by:\n -----BEGIN\n .\n -----END\n";
        let found: Vec<_> = stanzas(text)
            .filter_map(|stanza| deb822(&stanza, "trixie"))
            .collect();
        assert_eq!(
            found,
            [signed("http://m/debian", "\n -----BEGIN\n .\n -----END")]
        );
        assert_eq!(
            found[0].text(),
            "Types: deb\nURIs: http://m/debian\nSuites: forky sid\nComponents: main\n\
             Signed-By: \n -----BEGIN\n .\n -----END\n"
        );
    }

    #[test]
    fn the_machine_is_asked() {
        let etc = tempfile::tempdir().unwrap();
        let error = machine_source(etc.path()).unwrap_err().to_string();
        assert!(error.contains("no source of Debian"), "{error}");

        let parts = etc.path().join("apt/sources.list.d");
        fs::create_dir_all(&parts).unwrap();
        fs::write(
            etc.path().join("os-release"),
            "ID=debian\nVERSION_CODENAME=bookworm\n",
        )
        .unwrap();
        fs::write(parts.join("a.list.off"), "deb http://off/ bookworm main\n").unwrap();
        fs::write(
            parts.join("b.list"),
            "deb http://tools/ stable-tools main\n",
        )
        .unwrap();
        fs::write(
            parts.join("c.list"),
            "deb [signed-by=/c] http://c/ bookworm main\n",
        )
        .unwrap();
        assert_eq!(
            machine_source(etc.path()).unwrap(),
            signed("http://c/", "/c")
        );
    }

    #[test]
    fn versions_of_files() {
        let file = Path::new("/x_y/libpython3.14-testsuite_3.14.10-1_all.deb");
        assert_eq!(version(file), Some("3.14.10-1"));
        assert_eq!(version(Path::new("name.deb")), None);
    }
}
