//! Finds the register holes.
//!
//! Given the machine code of one op for every assignment of registers, this looks for templates:
//! a byte string `T` and, for each operand `k` and register `r`, a byte string `X[k][r]` with
//! `code(r0, r1, ..) = T ^ X[0][r0] ^ X[1][r1] ^ ..` for all assignments that the template covers.
//!
//! Each assignment is one linear equation over GF(2) in these unknowns (all bits of the code at
//! once), so a set of assignments has a common template exactly when its equations have a
//! solution. Elimination decides that and gives the template. Where an op has several shapes (the
//! compiler elides a move, an encoding is longer), assignments are grouped by shape, then by which
//! operands share a register, and groups that still have no common template are split greedily;
//! finally everything that can share a template is joined again.
//!
//! Correctness does not rest on the search: [`derive`] applies the result to every assignment and
//! compares with the compiler's bytes (invariant S2).

use crate::core::table::Hole;
use anyhow::{Result, ensure};

/// The machine code of one assignment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Code {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// What the emitter fills.
    pub holes: Vec<Hole>,
    /// Whether control reaches the end.
    pub falls_through: bool,
}

/// A template.
#[derive(Clone, Debug)]
pub struct Template {
    /// The bytes `T`.
    pub bytes: Vec<u8>,
    /// What each register of each operand flips; empty where nothing is covered.
    pub flips: Vec<Vec<Vec<u8>>>,
    /// The assignments that it covers.
    pub covers: Vec<usize>,
}

/// Equations in echelon form: each has a pivot that no other has.
#[derive(Clone, Default)]
struct System {
    rows: Vec<(u64, Vec<u8>)>,
}

fn xor(into: &mut [u8], other: &[u8]) {
    for (a, b) in into.iter_mut().zip(other) {
        *a ^= b;
    }
}

impl System {
    /// Adds an equation; false, and no change, when it contradicts.
    fn add(&mut self, mut mask: u64, mut value: Vec<u8>) -> bool {
        for (row, rhs) in &self.rows {
            if mask >> row.trailing_zeros() & 1 == 1 {
                mask ^= row;
                xor(&mut value, rhs);
            }
        }
        if mask == 0 {
            return value.iter().all(|byte| *byte == 0);
        }
        let pivot = mask.trailing_zeros();
        for (row, rhs) in &mut self.rows {
            if *row >> pivot & 1 == 1 {
                *row ^= mask;
                xor(rhs, &value);
            }
        }
        self.rows.push((mask, value));
        true
    }

    /// The value of an unknown when all free ones are 0.
    fn value(&self, unknown: usize) -> Option<&[u8]> {
        self.rows
            .iter()
            .find(|(row, _)| row.trailing_zeros() as usize == unknown)
            .map(|(_, rhs)| &rhs[..])
    }
}

/// The registers of an assignment.
#[must_use]
pub fn registers(pools: &[usize], mut assignment: usize) -> Vec<usize> {
    let mut regs = vec![0; pools.len()];
    for (reg, pool) in regs.iter_mut().zip(pools).rev() {
        *reg = assignment % pool;
        assignment /= pool;
    }
    regs
}

/// The unknowns in an assignment's equation. `T` comes last, so that it is the last choice for a pivot.
fn equation(pools: &[usize], assignment: usize) -> u64 {
    let mut base = 0;
    let mut mask = 0;
    for (reg, pool) in registers(pools, assignment).into_iter().zip(pools) {
        mask |= 1 << (base + reg);
        base += pool;
    }
    mask | 1 << base
}

fn fits(pools: &[usize], codes: &[Code], system: &mut System, set: &[usize]) -> bool {
    set.iter()
        .all(|a| system.add(equation(pools, *a), codes[*a].bytes.clone()))
}

fn together(pools: &[usize], codes: &[Code], set: &[usize]) -> bool {
    fits(pools, codes, &mut System::default(), set)
}

/// The most assignments with a common template that some starting point finds greedily.
fn largest(pools: &[usize], codes: &[Code], set: &[usize]) -> Vec<usize> {
    let step = set.len().div_ceil(16);
    let mut best = Vec::new();
    for start in (0..set.len()).step_by(step) {
        let mut system = System::default();
        let covered: Vec<usize> = set[start..]
            .iter()
            .chain(&set[..start])
            .copied()
            .filter(|a| system.add(equation(pools, *a), codes[*a].bytes.clone()))
            .collect();
        if covered.len() > best.len() {
            best = covered;
        }
    }
    best
}

/// Which operands share a register, and which share one with an earlier operand.
fn pattern(pools: &[usize], classes: &[bool], assignment: usize) -> Vec<usize> {
    let regs = registers(pools, assignment);
    (0..regs.len())
        .map(|i| {
            (0..i)
                .find(|j| classes[*j] == classes[i] && regs[*j] == regs[i])
                .unwrap_or(i)
        })
        .collect()
}

/// Splits into groups of equal keys, in order of first appearance.
fn group_by<K: PartialEq>(set: &[usize], key: impl Fn(usize) -> K) -> Vec<Vec<usize>> {
    let mut groups: Vec<(K, Vec<usize>)> = Vec::new();
    for a in set {
        let k = key(*a);
        match groups.iter_mut().find(|(other, _)| *other == k) {
            Some((_, group)) => group.push(*a),
            None => groups.push((k, vec![*a])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Finds templates that cover all assignments. `floats` says which operands are floating point.
///
/// # Errors
/// Never for consistent input; the result is verified all the same.
pub fn derive(pools: &[usize], floats: &[bool], codes: &[Code]) -> Result<Vec<Template>> {
    let all: Vec<usize> = (0..codes.len()).collect();
    let shape = |a: usize| {
        (
            codes[a].bytes.len(),
            codes[a].holes.clone(),
            codes[a].falls_through,
        )
    };
    let mut templates = Vec::new();
    for group in group_by(&all, shape) {
        let mut sets = Vec::new();
        if together(pools, codes, &group) {
            sets.push(group);
        } else {
            for mut rest in group_by(&group, |a| pattern(pools, floats, a)) {
                while !rest.is_empty() {
                    let covered = largest(pools, codes, &rest);
                    rest.retain(|a| !covered.contains(a));
                    sets.push(covered);
                }
            }
        }
        sets.sort_by_key(|set| (std::cmp::Reverse(set.len()), set[0]));
        let mut joined: Vec<(System, Vec<usize>)> = Vec::new();
        'sets: for set in sets {
            for (system, members) in &mut joined {
                let mut trial = system.clone();
                if fits(pools, codes, &mut trial, &set) {
                    *system = trial;
                    members.extend(&set);
                    continue 'sets;
                }
            }
            let mut system = System::default();
            fits(pools, codes, &mut system, &set);
            joined.push((system, set));
        }
        for (system, mut covers) in joined {
            covers.sort_unstable();
            templates.push(template(pools, codes, &system, covers));
        }
    }
    templates.sort_by_key(|t| (std::cmp::Reverse(t.covers.len()), t.covers[0]));
    for t in &templates {
        for a in &t.covers {
            ensure!(
                apply(pools, t, *a) == codes[*a].bytes,
                "the template does not give the compiler's bytes"
            );
        }
    }
    Ok(templates)
}

/// The code of a template for an assignment.
fn apply(pools: &[usize], template: &Template, assignment: usize) -> Vec<u8> {
    let mut bytes = template.bytes.clone();
    for (operand, reg) in registers(pools, assignment).into_iter().enumerate() {
        xor(&mut bytes, &template.flips[operand][reg]);
    }
    bytes
}

fn template(pools: &[usize], codes: &[Code], system: &System, covers: Vec<usize>) -> Template {
    let size = codes[covers[0]].bytes.len();
    let zero = vec![0; size];
    let value = |unknown| {
        system
            .value(unknown)
            .map_or_else(|| zero.clone(), <[u8]>::to_vec)
    };
    let mut bytes = value(pools.iter().sum());
    let mut flips = Vec::new();
    let mut base = 0;
    for (operand, pool) in pools.iter().enumerate() {
        let mut table: Vec<Vec<u8>> = (0..*pool).map(|reg| value(base + reg)).collect();
        base += pool;
        // Only differences between registers matter: let the first one that occurs flip nothing.
        let used: Vec<bool> = (0..*pool)
            .map(|reg| covers.iter().any(|a| registers(pools, *a)[operand] == reg))
            .collect();
        if let Some(first) = used.iter().position(|used| *used) {
            let offset = table[first].clone();
            xor(&mut bytes, &offset);
            for (entry, used) in table.iter_mut().zip(&used) {
                if *used {
                    xor(entry, &offset);
                } else {
                    entry.clear();
                }
            }
        }
        flips.push(table);
    }
    Template {
        bytes,
        flips,
        covers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(bytes: Vec<u8>) -> Code {
        Code {
            bytes,
            holes: Vec::new(),
            falls_through: true,
        }
    }

    #[test]
    fn two_fields() {
        let codes: Vec<Code> = (0..81)
            .map(|a| code(vec![0x40 | (a / 9) as u8, (a % 9) as u8]))
            .collect();
        let found = derive(&[9, 9], &[false, false], &codes).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].covers.len(), 81);
    }

    #[test]
    fn a_shape_of_its_own_for_equal_registers() {
        let codes: Vec<Code> = (0..81u8)
            .map(|a| {
                code(if a / 9 == a % 9 {
                    vec![0xff, 0]
                } else {
                    vec![a / 9, a % 9]
                })
            })
            .collect();
        let found = derive(&[9, 9], &[false, false], &codes).unwrap();
        assert_eq!(
            found.iter().map(|t| t.covers.len()).collect::<Vec<_>>(),
            [72, 9]
        );
    }

    #[test]
    fn lengths_differ() {
        let codes: Vec<Code> = (0..9u8)
            .map(|a| code(if a == 3 { vec![a] } else { vec![a, 1] }))
            .collect();
        assert_eq!(derive(&[9], &[false], &codes).unwrap().len(), 2);
    }
}
