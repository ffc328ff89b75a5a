//! `cargo x arm64`: the JIT on 64-bit ARM Linux, emulated on an x86-64 machine.
//!
//! There is no standard library for ARM in an x86-64 toolchain, so it is built from source
//! along with the crate, and what comes out runs under QEMU's user-mode emulation:
//!
//! 1. The system has the cross compiler (Debian's `gcc-aarch64-linux-gnu`; `--install` installs it).
//! 2. The sources of exactly this compiler's standard library: the toolchain's component
//!    `rust-src` if it is there, else Debian's package of that name and version.
//! 3. QEMU 9 or newer, the system's or Debian's `qemu-user`: older ones take `ic ivau` for
//!    nothing, and then go on running code that was replaced in memory that is mapped twice.
//! 4. For the interpreter, libffi for ARM (one static library).
//!
//! What 2 to 4 download is unpacked in the target directory, under `arm64/`. apt does that with a
//! state and a list of sources of its own, made from the machine's: neither the system nor its
//! package lists change, and no rights are needed.
//!
//! | command | runs |
//! |---|---|
//! | `cargo x arm64` | the tests that need no host: stencils, allocator, emitter, traces from their text to their result |
//! | `cargo x arm64 -- codegen` | those whose names contain this |
//! | `cargo x arm64 --host` | the whole interpreter: kernels, then the differential programs, against stock on this machine (which is built, too; `--stock PATH` names one that is there) |
//!
//! Example: on Debian 12, `cargo x arm64 --install` as root is all that a fresh machine needs.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::builds;
use crate::patched;
use crate::repo::Repo;

/// The target's name for rustc.
const TRIPLE: &str = "aarch64-unknown-linux-gnu";
/// What links for it.
pub const LINKER: &str = "aarch64-linux-gnu-gcc";
/// Debian's packages with that.
const PACKAGES: [&str; 2] = ["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"];
/// The oldest QEMU that heeds instruction-cache maintenance, with some margin.
const QEMU: u32 = 9;
/// Where the cross compiler has the target's libraries.
const SYSROOT: &str = "/usr/aarch64-linux-gnu";

/// Tests that show nothing about the target, and are long: those of the optimizer and of the
/// register allocator alone.
const SAME_EVERYWHERE: [&str; 2] = ["opt::proofs", "regalloc::tests"];
/// Tests of limits that user-mode emulation does not impose.
const NOT_EMULATED: [&str; 1] = ["refused_mappings_are_errors"];

/// Options of `cargo x arm64`.
#[derive(clap::Args)]
pub struct Arm64Args {
    /// Install the cross compiler first (with apt-get, as root).
    #[arg(long)]
    install: bool,
    /// Build the whole interpreter, and run kernels and differential programs.
    #[arg(long)]
    host: bool,
    /// With --host: the stock binary of this machine; without it, it is built.
    #[arg(long, requires = "host")]
    stock: Option<PathBuf>,
    /// What to give to the tests, or (with --host) to the differential runner.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

/// Runs `cargo x arm64`.
///
/// # Errors
/// When something that it needs cannot be had, and when building fails.
pub fn arm64(repo: &Repo, args: &Arm64Args) -> Result<ExitCode> {
    if args.install {
        install()?;
    }
    let ok = if args.host {
        host(repo, args)?
    } else {
        let mut command = core_tests(repo)?;
        command.args(&args.args);
        command.status().context("running cargo")?.success()
    };
    Ok(if ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn install() -> Result<()> {
    for args in [
        &["update", "-qq"][..],
        &["install", "-y", "-qq", "--no-install-recommends"],
    ] {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(args);
        if args[0] == "install" {
            command.args(PACKAGES);
        }
        ensure!(
            command.status().context("running apt-get")?.success(),
            "apt-get {} failed",
            args[0]
        );
    }
    Ok(())
}

/// The command that builds and runs the tests that need no host. Arguments for the tests
/// can follow.
///
/// # Errors
/// When something that it needs cannot be had.
pub fn core_tests(repo: &Repo) -> Result<Command> {
    patched::apply_all(repo, false, false)?;
    let cross = Cross::prepare(repo)?;
    let mut command = cross.cargo(repo, "test");
    // Emulated code without any optimization takes minutes.
    command.args(["--config", "profile.test.opt-level=1"]);
    command.args(["-p", "rustpython-jit-cp", "--no-default-features"]);
    command.args(["--lib", "--test", "*", "--"]);
    for test in SAME_EVERYWHERE.iter().chain(&NOT_EMULATED) {
        command.args(["--skip", test]);
    }
    Ok(command)
}

/// What building for the target takes.
struct Cross {
    /// Where cargo builds, and where packages are unpacked.
    folder: PathBuf,
    /// The standard library's `library/`.
    sources: PathBuf,
    qemu: PathBuf,
}

impl Cross {
    fn prepare(repo: &Repo) -> Result<Self> {
        ensure!(
            builds::on_path(LINKER),
            "{LINKER} is not installed: `cargo x arm64 --install`, or as root `apt-get install {}`",
            PACKAGES.join(" ")
        );
        let folder = repo.target_dir().join("arm64");
        fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
        let apt = Apt::new(&folder);
        Ok(Self {
            sources: standard_library(&apt)?,
            qemu: emulator(&apt)?,
            folder,
        })
    }

    /// A cargo command for the target.
    fn cargo(&self, repo: &Repo, command: &str) -> Command {
        let upper = TRIPLE.replace('-', "_").to_uppercase();
        let runner = format!("{} -L {SYSROOT}", self.qemu.display());
        let mut cargo = repo.cargo();
        cargo
            .arg(command)
            .args(["--locked", "--ignore-rust-version", "--target", TRIPLE])
            .arg("-Zbuild-std=std,panic_abort,panic_unwind,test")
            .arg("--target-dir")
            .arg(self.folder.join("build"))
            // Building the standard library is not stable.
            .env("RUSTC_BOOTSTRAP", "1")
            // Else cargo looks in the toolchain, which is not ours to change.
            .env("__CARGO_TESTS_ONLY_SRC_ROOT", &self.sources)
            .env(format!("CARGO_TARGET_{upper}_LINKER"), LINKER)
            .env(format!("CARGO_TARGET_{upper}_RUNNER"), runner)
            .env(format!("CC_{}", TRIPLE.replace('-', "_")), LINKER);
        cargo
    }
}

/// Where the sources of this compiler's standard library are.
fn standard_library(apt: &Apt) -> Result<PathBuf> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let component = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library");
    if component.join("Cargo.lock").exists() {
        return Ok(component);
    }
    let version = output(Command::new("rustc").arg("--version"))?;
    let version = version
        .split(' ')
        .nth(1)
        .context("rustc does not say its version")?
        .to_owned();
    let unpacked = apt
        .package("rust-src", &|candidate| {
            candidate.starts_with(&format!("{version}+dfsg"))
        })
        .with_context(|| {
            format!("no sources of Rust {version}: try `rustup component add rust-src`")
        })?;
    Ok(unpacked.join(format!("usr/src/rustc-{version}/library")))
}

/// The program that runs programs for the target.
fn emulator(apt: &Apt) -> Result<PathBuf> {
    for name in ["qemu-aarch64", "qemu-aarch64-static"] {
        if builds::on_path(name)
            && qemu_version(&output(Command::new(name).arg("--version"))?) >= Some(QEMU)
        {
            return Ok(name.into());
        }
    }
    let unpacked = apt.package("qemu-user", &|version| {
        // 1:10.0.2+ds-2: the part before the colon is the packaging's.
        let upstream = version.split_once(':').map_or(version, |(_, rest)| rest);
        upstream
            .split('.')
            .next()
            .and_then(|major| major.parse::<u32>().ok())
            >= Some(QEMU)
    })?;
    Ok(unpacked.join("usr/bin/qemu-aarch64"))
}

/// 10 from `qemu-aarch64 version 10.0.2 (Debian ...)`.
fn qemu_version(text: &str) -> Option<u32> {
    let (_, rest) = text.split_once("version ")?;
    rest.split('.').next()?.parse().ok()
}

/// apt, with a state of its own.
struct Apt {
    folder: PathBuf,
}

impl Apt {
    fn new(folder: &Path) -> Self {
        Self {
            folder: folder.join("packages"),
        }
    }

    /// The folder with the contents of a package (`name` or `name:architecture`), in the
    /// first version offered that is wanted.
    fn package(&self, name: &str, wanted: &dyn Fn(&str) -> bool) -> Result<PathBuf> {
        let folder = self.folder.join(name.replace(':', "-"));
        let done = folder.join(".unpacked");
        if let Ok(version) = fs::read_to_string(&done)
            && wanted(&version)
        {
            return Ok(folder);
        }
        self.update()?;
        let offered = output(&mut self.command("apt-cache", &["madison", name]))?;
        let version = versions(&offered)
            .find(|version| wanted(version))
            .with_context(|| format!("no fitting version of {name} is offered by Debian"))?;
        eprintln!("Downloading {name} {version}");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let download = self.folder.join("download");
        if download.exists() {
            fs::remove_dir_all(&download)?;
        }
        fs::create_dir_all(&download)?;
        let mut get = self.command("apt-get", &["download", "-qq"]);
        get.arg(format!("{name}={version}")).current_dir(&download);
        output(&mut get)?;
        let archive = fs::read_dir(&download)?
            .next()
            .context("apt-get downloaded nothing")??
            .path();
        output(Command::new("dpkg").arg("-x").arg(&archive).arg(&folder))?;
        fs::remove_dir_all(&download)?;
        fs::write(&done, version)?;
        Ok(folder)
    }

    /// Reads the package lists, once.
    fn update(&self) -> Result<()> {
        let sources = self.folder.join("debian.sources");
        if sources.exists() {
            return Ok(());
        }
        for sub in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(self.folder.join(sub))?;
        }
        let (uri, key) = machine_source()?;
        // The machine's suite may be older than what we ask for, never newer in what it links with.
        let text = format!(
            "Types: deb\nURIs: {uri}\nSuites: bookworm trixie trixie-backports\n\
             Components: main\nSigned-By: {key}\n"
        );
        fs::write(self.folder.join("new.sources"), text)?;
        fs::rename(self.folder.join("new.sources"), &sources)?;
        let updated = output(&mut self.command("apt-get", &["update", "-qq"]));
        if updated.is_err() {
            // So that the next run tries again.
            fs::remove_file(&sources)?;
        }
        updated.map(drop)
    }

    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        let sub = |sub: &str| self.folder.join(sub).display().to_string();
        for (option, value) in [
            ("Dir::Etc::sourcelist", sub("debian.sources")),
            ("Dir::Etc::sourceparts", "/dev/null".into()),
            ("Dir::State::lists", sub("lists")),
            ("Dir::State::status", "/dev/null".into()),
            ("Dir::Cache", sub("cache")),
            ("APT::Architectures::", "arm64".into()),
            ("Acquire::Languages", "none".into()),
            // We unpack as the user that we are.
            ("APT::Sandbox::User", "root".into()),
        ] {
            command.arg("-o").arg(format!("{option}={value}"));
        }
        command.args(args);
        command
    }
}

/// Where this machine has Debian from, and the key that signs it.
fn machine_source() -> Result<(String, String)> {
    let mut files: Vec<PathBuf> = vec!["/etc/apt/sources.list".into()];
    if let Ok(entries) = fs::read_dir("/etc/apt/sources.list.d") {
        files.extend(entries.flatten().map(|entry| entry.path()));
    }
    files
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok())
        .find_map(|text| debian_uri(&text))
        .map(|uri| (uri, "/usr/share/keyrings/debian-archive-keyring.gpg".into()))
        .context("this machine has no Debian package source")
}

/// The first address of Debian's main archive in a list of sources, of either format.
fn debian_uri(text: &str) -> Option<String> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter(|line| line.starts_with("URIs:") || line.starts_with("deb "))
        .flat_map(str::split_whitespace)
        .find(|word| word.contains("://") && word.trim_end_matches('/').ends_with("/debian"))
        .map(str::to_owned)
}

/// The versions in `apt-cache madison`'s answer, `name | version | source`.
fn versions(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter_map(|line| Some(line.split('|').nth(1)?.trim()))
}

/// What a program prints; its errors go to ours.
fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("running {name}"))?;
    ensure!(output.status.success(), "{name} failed");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Crates that are compiled with little optimization: it would take longer than it saves.
const QUICK: [&str; 7] = [
    "rustpython-vm",
    "rustpython-stdlib",
    "rustpython-codegen",
    "rustpython-ruff_python_parser",
    "rustpython-ruff_python_ast",
    "malachite-base",
    "malachite-nz",
];

/// The modes of the differential runner when none are asked for: what users get, and everything
/// compiled at once. Each one more is all programs again, under emulation.
const MODES: [&str; 2] = ["default", "t1"];

/// Builds the interpreter and runs kernels and differential programs.
fn host(repo: &Repo, args: &Arm64Args) -> Result<bool> {
    let stock = match &args.stock {
        Some(path) => path
            .canonicalize()
            .with_context(|| path.display().to_string())?,
        None => builds::stock(repo, "release")?,
    };
    patched::apply_all(repo, false, false)?;
    let cross = Cross::prepare(repo)?;
    let ffi = Apt::new(&cross.folder).package("libffi-dev:arm64", &|_| true)?;
    // Without the shared library beside it, the linker takes the static one.
    let lib = cross.folder.join("lib");
    fs::create_dir_all(&lib)?;
    fs::copy(
        ffi.join("usr/lib/aarch64-linux-gnu/libffi.a"),
        lib.join("libffi.a"),
    )
    .context("copying libffi.a")?;
    let mut build = cross.cargo(repo, "build");
    for name in QUICK {
        build
            .arg("--config")
            .arg(format!("profile.checked.package.{name}.opt-level=1"));
    }
    build
        .args(["--profile", "checked", "-p", "rustpython-jit-cp"])
        .args(["--bin", "rustpython", "--no-default-features"])
        .args(["--features", "cp-jit"])
        .env(
            "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS",
            format!("-L native={}", lib.display()),
        );
    ensure!(
        build.status().context("running cargo")?.success(),
        "cargo build failed"
    );
    let binary = cross
        .folder
        .join("build")
        .join(TRIPLE)
        .join("checked/rustpython");
    let jit = cross.folder.join("rustpython");
    let script = format!(
        "#!/bin/sh\nexec '{}' -L {SYSROOT} '{}' \"$@\"\n",
        cross.qemu.display(),
        binary.display()
    );
    fs::write(&jit, script)?;
    fs::set_permissions(&jit, fs::Permissions::from_mode(0o755))?;

    let failed = kernels(repo, &stock, &jit)?;
    let mut differential = repo.cargo();
    differential
        .args(["run", "--release", "--locked", "--manifest-path"])
        .args(["tests/differential/Cargo.toml", "--target-dir"])
        .arg(repo.tools_dir())
        .arg("--")
        .arg("--stock")
        .arg(&stock)
        .arg("--jit")
        .arg(&jit)
        .args(["--time-limit", "600"]);
    // Whoever asks for other modes asks only for those: the runner takes the list once.
    let asked = args.args.iter().any(|arg| {
        let text = arg.to_string_lossy();
        text == "--modes" || text.starts_with("--modes=")
    });
    if !asked {
        differential.args(["--modes", &MODES.join(",")]);
    }
    differential.args(&args.args);
    let same = differential.status().context("running cargo")?.success();
    Ok(same && failed == 0)
}

/// Runs the kernels; says how many went wrong.
fn kernels(repo: &Repo, stock: &Path, jit: &Path) -> Result<usize> {
    let mut scripts: Vec<PathBuf> = fs::read_dir(repo.path("benches/kernels"))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "py"))
        .collect();
    scripts.sort();
    let mut failed = 0;
    for script in &scripts {
        let expected = Command::new(stock).arg(script).output()?;
        let found = Command::new(jit)
            .arg(script)
            .env("PYTHON_JIT_LOG", "info")
            .output()?;
        let log = String::from_utf8_lossy(&found.stderr);
        let traces = log.matches("event=\"compile\"").count();
        let good = found.status.success() && found.stdout == expected.stdout && traces > 0;
        let (bytes, exits) = (sum(&log, "bytes="), log.matches("event=\"deopt\"").count());
        println!(
            "{} {}: {traces} traces, {bytes} bytes of code, {exits} exits logged",
            if good { "ok    " } else { "FAILED" },
            repo.show(script)
        );
        failed += usize::from(!good);
    }
    println!("{} passed, {failed} failed", scripts.len() - failed);
    if scripts.is_empty() {
        bail!("there are no kernels");
    }
    Ok(failed)
}

/// Adds up the numbers behind a name.
fn sum(log: &str, name: &str) -> u64 {
    log.split(name)
        .skip(1)
        .filter_map(|rest| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<u64>().ok()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_both_formats() {
        let deb822 =
            "Types: deb\n# URIs: http://old.example/debian\nURIs: http://a.example/debian\n";
        assert_eq!(
            debian_uri(deb822).as_deref(),
            Some("http://a.example/debian")
        );
        let lines = "deb [signed-by=/k] https://x.example/tool stable main\n\
                     deb https://b.example/debian/ bookworm main\n";
        assert_eq!(
            debian_uri(lines).as_deref(),
            Some("https://b.example/debian/")
        );
        let security = "URIs: http://a.example/debian-security\n";
        assert_eq!(debian_uri(security), None);
    }

    #[test]
    fn versions_are_read() {
        let madison = " qemu-user | 1:10.0.2+ds-2 | x\n qemu-user | 1:7.2+dfsg-7 | y\n";
        let found: Vec<_> = versions(madison).collect();
        assert_eq!(found, ["1:10.0.2+ds-2", "1:7.2+dfsg-7"]);
        assert_eq!(
            qemu_version("qemu-aarch64 version 7.2.22 (Debian)"),
            Some(7)
        );
        assert_eq!(qemu_version("nonsense"), None);
    }

    /// The runner refuses a name that its table does not have, but only once everything is built.
    #[test]
    fn the_modes_are_in_the_runners_table() {
        let table = format!(
            "{}/../../tests/differential/src/modes.rs",
            env!("CARGO_MANIFEST_DIR")
        );
        let table = fs::read_to_string(table).unwrap();
        let (_, rows) = table.split_once("pub const MODES").unwrap();
        let (rows, _) = rows.split_once("\n];").unwrap();
        for mode in MODES {
            assert!(rows.contains(&format!("\"{mode}\",\n")), "{mode}");
        }
    }

    #[test]
    fn a_stock_binary_is_for_the_host_only() {
        use clap::Parser;
        #[derive(Parser)]
        struct Line {
            #[command(flatten)]
            args: Arm64Args,
        }
        let line = Line::try_parse_from(["x", "--host", "--stock", "a", "--", "--modes", "t5"]);
        let args = line.ok().unwrap().args;
        assert!(args.host && args.stock == Some("a".into()));
        assert_eq!(args.args, ["--modes", "t5"]);
        assert!(Line::try_parse_from(["x", "--stock", "a"]).is_err());
    }

    #[test]
    fn numbers_are_added() {
        assert_eq!(sum("a bytes=12 b bytes=30\nbytes=x", "bytes="), 42);
    }
}
