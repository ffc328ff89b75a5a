//! Runs clang, and reads what it made with the crate `object`.

use crate::asm::{self, Arch, Function};
use crate::core::table::{Fits, Hole, HoleValue, Reloc};
use crate::core::target::{AARCH64, Target, X86_64};
use crate::derive::Code;
use crate::forms;
use anyhow::{Context, Result, bail, ensure};
use object::elf;
use object::{Object, ObjectSection, ObjectSymbol, RelocationFlags, RelocationTarget};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What all targets are compiled with.
const FLAGS: &[&str] = &[
    "-std=gnu23",
    "-O2",
    "-ffreestanding",
    "-fno-asynchronous-unwind-tables",
    "-fno-omit-frame-pointer",
    "-momit-leaf-frame-pointer",
    "-fno-jump-tables",
    "-fno-stack-protector",
    "-fno-pic",
    "-fno-math-errno",
    "-ffp-contract=off",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wno-uninitialized",
    "-Wno-unused-parameter",
    "-Wno-unused-function",
    "-Wno-parentheses",
    "-Wno-sign-compare",
];

/// A target and how to compile for it.
#[derive(Clone, Copy, Debug)]
pub struct Platform {
    /// As the JIT sees it.
    pub target: &'static Target,
    /// As the assembler sees it.
    pub arch: Arch,
    triple: &'static str,
    flags: &'static [&'static str],
}

/// All targets.
pub static PLATFORMS: [Platform; 2] = [
    Platform {
        target: &X86_64,
        arch: Arch::X86_64,
        triple: "x86_64-unknown-linux-gnu",
        flags: &[
            "-march=x86-64",
            "-mtune=generic",
            "-mcmodel=small",
            "-fcf-protection=none",
            "-mno-red-zone",
        ],
    },
    Platform {
        target: &AARCH64,
        arch: Arch::Aarch64,
        triple: "aarch64-unknown-linux-gnu",
        flags: &["-march=armv8-a", "-mcmodel=small"],
    },
];

/// The compiler.
#[derive(Clone, Debug)]
pub struct Clang {
    program: PathBuf,
    folder: PathBuf,
    /// The line that it names its version with.
    pub version: String,
}

impl Clang {
    /// The compiler with this name; it finds headers in `folder`.
    ///
    /// # Errors
    /// When it does not run.
    pub fn new(program: &Path, folder: &Path) -> Result<Self> {
        let output = Command::new(program)
            .arg("--version")
            .output()
            .with_context(|| {
                format!(
                    "cannot run {} (Debian's package clang-19 has it)",
                    program.display()
                )
            })?;
        let text = String::from_utf8_lossy(&output.stdout);
        let version = text
            .split_whitespace()
            .skip_while(|word| *word != "version")
            .nth(1);
        let version =
            version.with_context(|| format!("{} does not say its version", program.display()))?;
        Ok(Self {
            program: program.to_owned(),
            folder: folder.to_owned(),
            version: format!("clang {version}"),
        })
    }

    fn run(&self, platform: &Platform, args: &[&str], input: &str) -> Result<Vec<u8>> {
        let mut child = Command::new(&self.program)
            .arg(format!("--target={}", platform.triple))
            .args(args)
            .args(["-o", "-", "-"])
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run clang")?;
        let mut stdin = child.stdin.take().context("clang has no input")?;
        let output = std::thread::scope(|scope| {
            // From a thread of its own: clang may fill its output before it has read everything.
            scope.spawn(move || stdin.write_all(input.as_bytes()));
            child.wait_with_output()
        })?;
        ensure!(
            output.status.success(),
            "clang says:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(output.stdout)
    }

    /// Compiles a translation unit to straightened functions with their code; for a form, the holes
    /// of its immediate are found.
    ///
    /// # Errors
    /// When clang refuses it, or its code breaks a rule of the stencils.
    pub fn compile(
        &self,
        platform: &Platform,
        unit: &str,
        form: Option<Fits>,
    ) -> Result<Vec<(Function, Code)>> {
        let mut args = vec!["-x", "c", "-S", "-I."];
        args.extend(FLAGS.iter().chain(platform.flags));
        let text = String::from_utf8(self.run(platform, &args, unit)?)
            .context("clang's assembly is no text")?;
        let mut functions = asm::split(platform.arch, &text)?;
        let mut assembly = String::from(".text\n");
        for function in &mut functions {
            function.straighten(platform.arch)?;
            if let Some(fits) = form {
                function.mark(fits);
            }
            assembly.push_str(&function.assembly(platform.arch));
        }
        let object = self.run(platform, &["-x", "assembler", "-c"], &assembly)?;
        let file = object::File::parse(&*object).context("clang's object file")?;
        let section = file.section_by_name(".text").context("no .text")?;
        let data = section.data()?;
        let mut relocations = Vec::new();
        for (offset, relocation) in section.relocations() {
            let RelocationTarget::Symbol(index) = relocation.target() else {
                bail!("a relocation without a symbol")
            };
            let symbol = file.symbol_by_index(index)?.name()?;
            relocations.push((
                offset,
                hole(
                    platform.arch,
                    relocation.flags(),
                    symbol,
                    relocation.addend(),
                )?,
            ));
        }
        relocations.sort_by_key(|(offset, _)| *offset);
        functions
            .into_iter()
            .map(|function| {
                let symbol = file
                    .symbol_by_name(&function.name)
                    .with_context(|| format!("no {}", function.name))?;
                let range = symbol.address()..symbol.address() + symbol.size();
                let bytes = data[range.start as usize..range.end as usize].to_vec();
                let from = relocations.partition_point(|(offset, _)| *offset < range.start);
                let to = relocations.partition_point(|(offset, _)| *offset < range.end);
                let holes = relocations[from..to]
                    .iter()
                    .map(|(offset, hole)| Hole {
                        offset: (offset - range.start) as u32,
                        ..*hole
                    })
                    .collect::<Vec<Hole>>();
                let falls_through = function.falls_through;
                let has_imm = |holes: &[Hole]| holes.iter().any(|h| h.value == HoleValue::Imm);
                ensure!(
                    form.is_none() || has_imm(&holes),
                    "{} does not use the immediate of its form",
                    function.name
                );
                Ok((
                    function,
                    Code {
                        bytes,
                        holes,
                        falls_through,
                    },
                ))
            })
            .collect()
    }
}

fn hole(arch: Arch, flags: RelocationFlags, symbol: &str, addend: i64) -> Result<Hole> {
    let RelocationFlags::Elf { r_type } = flags else {
        bail!("not an ELF file")
    };
    if let Some((kind, value)) = forms::noted(symbol) {
        return Ok(Hole {
            offset: 0,
            kind,
            value,
            addend,
        });
    }
    let value = match symbol {
        "HOLE_EXIT" => HoleValue::Exit,
        "HOLE_LEAVE" => HoleValue::Leave,
        "HOLE_LOOP" => HoleValue::Continue,
        "HOLE_IMM" | "HOLE_IMM32" => HoleValue::Imm,
        "HOLE_EXIT_INDEX" => HoleValue::ExitIndex,
        "HOLE_HELPER" => HoleValue::Helper,
        "HOLE_TYPE_OFFSET" => HoleValue::TypeOffset,
        other => {
            bail!("a stencil names {other:?}, which is no hole (a constant in memory, or a call?)")
        }
    };
    let kind = match (arch, r_type) {
        (Arch::X86_64, elf::R_X86_64_PC32 | elf::R_X86_64_PLT32) => Reloc::X86Rel32,
        (Arch::X86_64, elf::R_X86_64_64) => Reloc::X86Abs64,
        (Arch::X86_64, elf::R_X86_64_32S) => Reloc::X86Abs32S,
        (Arch::X86_64, elf::R_X86_64_8) => Reloc::X86Abs8,
        (Arch::Aarch64, elf::R_AARCH64_JUMP26) => Reloc::A64Branch26,
        (Arch::Aarch64, elf::R_AARCH64_CONDBR19) => Reloc::A64CondBranch19,
        (Arch::Aarch64, elf::R_AARCH64_MOVW_UABS_G0_NC) => Reloc::A64MovW { shift: 0 },
        (Arch::Aarch64, elf::R_AARCH64_MOVW_UABS_G1_NC) => Reloc::A64MovW { shift: 16 },
        (Arch::Aarch64, elf::R_AARCH64_MOVW_UABS_G2_NC) => Reloc::A64MovW { shift: 32 },
        (Arch::Aarch64, elf::R_AARCH64_MOVW_UABS_G0) => Reloc::A64MovWLast { shift: 0 },
        (Arch::Aarch64, elf::R_AARCH64_MOVW_UABS_G1) if symbol == "HOLE_IMM32" => Reloc::A64MovW32S,
        (Arch::Aarch64, elf::R_AARCH64_MOVW_UABS_G1) => Reloc::A64MovWLast { shift: 16 },
        (Arch::Aarch64, elf::R_AARCH64_MOVW_UABS_G2) => Reloc::A64MovWLast { shift: 32 },
        (Arch::Aarch64, elf::R_AARCH64_MOVW_SABS_G0) => Reloc::A64MovN,
        (Arch::Aarch64, elf::R_AARCH64_MOVW_UABS_G3) => Reloc::A64MovW { shift: 48 },
        (Arch::Aarch64, elf::R_AARCH64_LDST64_ABS_LO12_NC) => Reloc::A64LdSt64,
        (_, other) => bail!("relocation {other} against {symbol} is not one that the JIT applies"),
    };
    Ok(Hole {
        offset: 0,
        kind,
        value,
        addend,
    })
}

/// The flags for a platform, for the digest.
#[must_use]
pub fn flags(platform: &Platform) -> String {
    FLAGS
        .iter()
        .chain(platform.flags)
        .copied()
        .collect::<Vec<_>>()
        .join(" ")
}
