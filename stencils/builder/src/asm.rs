//! Straightens the compiler's assembly, function by function.
//!
//! The compiler lays out functions that end in jumps; a stencil should run off its end into the
//! next one, and leave by a conditional jump straight to its exit. On the text that is a matter of
//! a few rules, repeated until none applies:
//!
//! - T1: a jump to a jump goes to where that one goes.
//! - T2: what follows a jump without a label is dead, and so is a label that nobody names.
//! - T3: a jump to the next line is deleted.
//! - T4: `jcc L; jmp X; L:` becomes `jncc X; L:`.
//! - T5: `jcc NEXT; jmp X` becomes `jncc X; jmp NEXT`.
//! - T6: `jcc L; hot; jmp NEXT; L: cold; jmp X` at the end becomes `jncc H; cold; jmp X; H: hot; jmp NEXT`.
//!
//! Then the last `jmp NEXT` goes, and others become jumps to a label at the end.
//!
//! Worked example: `jl NEXT; jmp EXIT` (a guard) becomes `jge EXIT`.

use crate::core::table::Fits;
use crate::forms;
use anyhow::{Context, Result, bail, ensure};

/// Where control goes on.
pub const NEXT: &str = "HOLE_NEXT";

/// An instruction set, as far as its jumps go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arch {
    /// x86-64 in AT&T syntax.
    X86_64,
    /// 64-bit ARM.
    Aarch64,
}

/// One line of a function.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Line {
    Label(String),
    Inst(String),
    /// What stands before the target (`jne `, `cbz x1, `), and the target.
    Branch(String, String),
    Jump(String),
}

/// A function's assembly.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Function {
    /// Its symbol.
    pub name: String,
    lines: Vec<Line>,
    /// Whether control reaches its end.
    pub falls_through: bool,
}

impl Arch {
    fn comment(self) -> &'static str {
        match self {
            Self::X86_64 => "#",
            Self::Aarch64 => "//",
        }
    }

    fn jump(self) -> &'static str {
        match self {
            Self::X86_64 => "jmp",
            Self::Aarch64 => "b",
        }
    }

    fn parse(self, text: &str) -> Line {
        let (mnemonic, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = rest.trim();
        if mnemonic == self.jump() {
            return Line::Jump(rest.to_owned());
        }
        let branches = match self {
            Self::X86_64 => mnemonic.starts_with('j'),
            Self::Aarch64 => {
                mnemonic.starts_with("b.") || matches!(mnemonic, "cbz" | "cbnz" | "tbz" | "tbnz")
            }
        };
        if branches {
            let start = rest.rfind([',', ' ', '\t']).map_or(0, |at| at + 1);
            let (operands, target) = rest.split_at(start);
            return Line::Branch(format!("{mnemonic} {operands}"), target.trim().to_owned());
        }
        Line::Inst(text.to_owned())
    }

    /// The branch with the opposite condition.
    fn invert(self, branch: &str) -> Result<String> {
        let (mnemonic, operands) = branch.split_once(' ').context("a branch has a mnemonic")?;
        const X86: &[(&str, &str)] = &[
            ("jo", "jno"),
            ("jb", "jae"),
            ("je", "jne"),
            ("jbe", "ja"),
            ("js", "jns"),
            ("jp", "jnp"),
            ("jl", "jge"),
            ("jle", "jg"),
        ];
        const ARM: &[(&str, &str)] = &[
            ("b.eq", "b.ne"),
            ("b.hs", "b.lo"),
            ("b.mi", "b.pl"),
            ("b.vs", "b.vc"),
            ("b.hi", "b.ls"),
            ("b.ge", "b.lt"),
            ("b.gt", "b.le"),
            ("cbz", "cbnz"),
            ("tbz", "tbnz"),
        ];
        let pairs = match self {
            Self::X86_64 => X86,
            Self::Aarch64 => ARM,
        };
        let opposite = pairs
            .iter()
            .find_map(|(a, b)| {
                (*a == mnemonic)
                    .then_some(*b)
                    .or_else(|| (*b == mnemonic).then_some(*a))
            })
            .with_context(|| format!("no opposite of `{mnemonic}` is known"))?;
        Ok(format!("{opposite} {operands}"))
    }

    /// Whether a branch can be redirected to another stencil: `tbz` reaches 32 kB only.
    fn reaches(self, branch: &str, target: &str) -> bool {
        target.starts_with('.')
            || target == NEXT
            || !(self == Self::Aarch64 && branch.starts_with("tb"))
    }
}

/// Cuts the compiler's output into functions.
///
/// # Errors
/// When there is data besides them: stencils have none (rule C2).
pub fn split(arch: Arch, text: &str) -> Result<Vec<Function>> {
    let mut functions = Vec::new();
    let mut current: Option<Function> = None;
    for line in text.lines() {
        let line = line.split(arch.comment()).next().unwrap_or("").trim();
        let line = if arch == Arch::X86_64 {
            line
        } else {
            line.trim_start_matches("//")
        };
        if line.is_empty() {
            continue;
        }
        ensure!(
            !line.contains(".rodata") && !line.contains(".LCPI"),
            "a constant in memory: {line}"
        );
        if let Some(label) = line.strip_suffix(':') {
            if label.starts_with(".Lfunc_end") {
                functions.extend(current.take());
            } else if let Some(function) = &mut current {
                function.lines.push(Line::Label(label.to_owned()));
            } else {
                current = Some(Function {
                    name: label.to_owned(),
                    lines: Vec::new(),
                    falls_through: false,
                });
            }
        } else if line.starts_with('.') {
            // A directive: alignment, sizes, sections.
        } else if let Some(function) = &mut current {
            function.lines.push(arch.parse(line));
        } else {
            bail!("an instruction outside of functions: {line}");
        }
    }
    Ok(functions)
}

impl Function {
    /// Applies the rules.
    ///
    /// # Errors
    /// When a branch has no known opposite.
    pub fn straighten(&mut self, arch: Arch) -> Result<()> {
        while self.step(arch)? {}
        self.falls_through = self
            .lines
            .iter()
            .any(|line| matches!(line, Line::Jump(to) | Line::Branch(_, to) if to == NEXT));
        if self.lines.last() == Some(&Line::Jump(NEXT.to_owned())) {
            self.lines.pop();
        }
        Ok(())
    }

    /// Notes the holes of a form; how many there are.
    pub fn mark(&mut self, fits: Fits) -> usize {
        let mut count = 0;
        for line in &mut self.lines {
            if let Line::Inst(text) = line
                && let Some(marked) = forms::mark(fits, text)
            {
                *text = marked;
                count += 1;
            }
        }
        count
    }

    fn step(&mut self, arch: Arch) -> Result<bool> {
        let lines = &mut self.lines;
        // T1
        for at in 0..lines.len() {
            let Line::Label(label) = &lines[at] else {
                continue;
            };
            let first = lines[at..]
                .iter()
                .find(|line| !matches!(line, Line::Label(_)));
            let Some(Line::Jump(target)) = first else {
                continue;
            };
            let (label, target) = (label.clone(), target.clone());
            if label == target {
                continue;
            }
            let mut changed = false;
            for line in lines.iter_mut() {
                match line {
                    Line::Jump(to) if *to == label => *to = target.clone(),
                    Line::Branch(branch, to) if *to == label && arch.reaches(branch, &target) => {
                        *to = target.clone()
                    }
                    _ => continue,
                }
                changed = true;
            }
            if changed {
                return Ok(true);
            }
        }
        // T2
        let count = lines.len();
        let mut dead = false;
        lines.retain(|line| {
            match line {
                Line::Label(_) => dead = false,
                Line::Jump(_) if !dead => {
                    dead = true;
                    return true;
                }
                _ => {}
            }
            !dead
        });
        let named: Vec<String> = lines
            .iter()
            .filter_map(|line| match line {
                Line::Jump(to) | Line::Branch(_, to) => Some(to.clone()),
                _ => None,
            })
            .collect();
        lines.retain(|line| !matches!(line, Line::Label(label) if !named.contains(label)));
        if lines.len() != count {
            return Ok(true);
        }
        for at in 0..lines.len().saturating_sub(1) {
            let behind = lines.get(at + 2).cloned();
            match (lines[at].clone(), lines[at + 1].clone()) {
                // T3
                (Line::Jump(to), Line::Label(label)) if to == label => {
                    lines.remove(at);
                    return Ok(true);
                }
                (Line::Branch(branch, to), Line::Jump(target)) => {
                    if to == target {
                        lines.remove(at);
                        return Ok(true);
                    }
                    // T4
                    if behind == Some(Line::Label(to.clone())) && arch.reaches(&branch, &target) {
                        lines[at] = Line::Branch(arch.invert(&branch)?, target);
                        lines.remove(at + 1);
                        return Ok(true);
                    }
                    // T5
                    if to == NEXT && arch.reaches(&branch, &target) {
                        lines[at] = Line::Branch(arch.invert(&branch)?, target);
                        lines[at + 1] = Line::Jump(to);
                        return Ok(true);
                    }
                }
                _ => {}
            }
        }
        self.move_cold(arch)
    }

    /// T6
    fn move_cold(&mut self, arch: Arch) -> Result<bool> {
        let lines = &mut self.lines;
        let Some(Line::Jump(end)) = lines.last() else {
            return Ok(false);
        };
        if end == NEXT {
            return Ok(false);
        }
        let Some(start) = lines
            .iter()
            .rposition(|line| matches!(line, Line::Label(_)))
        else {
            return Ok(false);
        };
        let Line::Label(label) = lines[start].clone() else {
            return Ok(false);
        };
        if start == 0 || lines[start - 1] != Line::Jump(NEXT.to_owned()) {
            return Ok(false);
        }
        let uses: Vec<usize> = (0..lines.len())
            .filter(
                |at| matches!(&lines[*at], Line::Jump(to) | Line::Branch(_, to) if *to == label),
            )
            .collect();
        let [at] = uses[..] else { return Ok(false) };
        let Line::Branch(branch, _) = lines[at].clone() else {
            return Ok(false);
        };
        let cold = lines.split_off(start + 1);
        lines.pop();
        let hot = format!("{label}_hot");
        lines[at] = Line::Branch(arch.invert(&branch)?, hot.clone());
        let tail = lines.split_off(at + 1);
        lines.extend(cold);
        lines.push(Line::Label(hot));
        lines.extend(tail);
        Ok(true)
    }

    /// The text for the assembler.
    #[must_use]
    pub fn assembly(&self, arch: Arch) -> String {
        let end = format!(".Lnext_{}", self.name);
        let mut out = format!("{}:\n", self.name);
        for line in self.text(arch, &end) {
            if let Some((_, hole)) = line.split_once("// HOLE_") {
                out.push_str(&format!(".reloc ., R_AARCH64_NONE, HOLE_{hole}\n"));
            }
            out.push_str(&line);
            out.push('\n');
        }
        out.push_str(&format!("{end}:\n.size {0}, .-{0}\n", self.name));
        out
    }

    /// The text for readers.
    #[must_use]
    pub fn listing(&self, arch: Arch) -> Vec<String> {
        self.text(arch, "next")
            .into_iter()
            .map(|line| line.replace('\t', " ").replace("_hot", "h"))
            .collect()
    }

    fn text(&self, arch: Arch, next: &str) -> Vec<String> {
        let target = |to: &str| {
            if to == NEXT {
                next.to_owned()
            } else {
                to.to_owned()
            }
        };
        self.lines
            .iter()
            .map(|line| match line {
                Line::Label(label) => format!("{label}:"),
                Line::Inst(text) => text.clone(),
                Line::Branch(branch, to) => format!("{branch}{}", target(to)),
                Line::Jump(to) => format!("{} {}", arch.jump(), target(to)),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn straight(arch: Arch, body: &str) -> Vec<String> {
        let text = format!("f:\n{body}\n.Lfunc_end0:\n");
        let mut functions = split(arch, &text).unwrap();
        functions[0].straighten(arch).unwrap();
        functions[0].listing(arch)
    }

    #[test]
    fn guard() {
        assert_eq!(
            straight(
                Arch::X86_64,
                "cmpq %rsi, %rdi\njl HOLE_NEXT # TAILCALL\njmp HOLE_EXIT"
            ),
            ["cmpq %rsi, %rdi", "jge HOLE_EXIT"]
        );
    }

    #[test]
    fn exit_out_of_line() {
        let body =
            "addq %rsi, %rax\njo .LBB0_1\nmovq %rax, %r8\njmp HOLE_NEXT\n.LBB0_1:\njmp HOLE_EXIT";
        assert_eq!(
            straight(Arch::X86_64, body),
            ["addq %rsi, %rax", "jo HOLE_EXIT", "movq %rax, %r8"]
        );
    }

    #[test]
    fn cold_block() {
        let body =
            "jne .L1\nmovq %rax, %r8\npopq %rax\njmp HOLE_NEXT\n.L1:\npopq %rax\njmp HOLE_EXIT";
        assert_eq!(
            straight(Arch::X86_64, body),
            [
                "je .L1h",
                "popq %rax",
                "jmp HOLE_EXIT",
                ".L1h:",
                "movq %rax, %r8",
                "popq %rax"
            ]
        );
    }

    #[test]
    fn short_branch_stays_local() {
        let body = "tbnz x25, #63, .L1\nasr x1, x2, x3\nb HOLE_NEXT\n.L1:\nb HOLE_EXIT";
        assert_eq!(
            straight(Arch::Aarch64, body),
            [
                "tbz x25, #63, .L1h",
                "b HOLE_EXIT",
                ".L1h:",
                "asr x1, x2, x3"
            ]
        );
    }

    #[test]
    fn jump_that_is_not_last() {
        let body = "je .L1\nmovq %rax, %r8\njmp HOLE_NEXT\n.L1:\nmovq %rbx, %r8\njmp HOLE_NEXT";
        assert_eq!(
            straight(Arch::X86_64, body),
            [
                "je .L1",
                "movq %rax, %r8",
                "jmp next",
                ".L1:",
                "movq %rbx, %r8"
            ]
        );
    }

    #[test]
    fn data_is_refused() {
        assert!(split(Arch::X86_64, ".section .rodata.cst8").is_err());
    }
}
