//! Islands: jumps in the middle of a block for branches that do not reach its end.
//!
//! A conditional branch of 64-bit ARM reaches 1 MB, and the stubs of exits and the side paths that
//! it goes to come last in a block. In a block that is longer, an island takes its place: an
//! unconditional jump, which reaches 128 MB, near enough for the branch.
//!
//! Invariants:
//! - I1: branches wait in the order of their places, and an island has their jumps in that order.
//!   Two branches are at least as far apart as two jumps, so that of all that wait the first one is
//!   the farthest from its jump.
//! - I2: before anything is appended, the first one that waits would still reach an island behind
//!   it ([`ROOM`] bytes further on). What is longer than that is an error when the block is linked,
//!   never a wrong jump.
//! - I3: whatever runs into an island jumps over it.
//!
//! Worked example: the branch at 0x100 waits, which reaches 0x1000fc. Code grows to 0xff100: what
//! comes next might end at 0x100100, and an island there would be too far. So `b 0xff108; b ?` is
//! appended now; the branch goes to 0xff104, and the jump there to the exit's stub, once that has a
//! place.
#![forbid(unsafe_code)]

use super::glue::Island;
use crate::stencil::Reloc;

/// The most that is appended between two chances to make an island: a stencil and padding.
const ROOM: usize = 4 << 10;

/// The branches of a block that may need a jump, and those that have one.
#[derive(Debug)]
pub struct Islands {
    /// None where every branch reaches all of any block.
    kind: Option<Island>,
    /// Where the branches are that have no jump.
    waiting: Vec<u32>,
    /// Where a branch is, and its jump; in order.
    jumps: Vec<(u32, u32)>,
}

impl Islands {
    /// No branches yet, of a target with this kind of island.
    #[must_use]
    pub const fn new(kind: Option<Island>) -> Self {
        Self {
            kind,
            waiting: Vec::new(),
            jumps: Vec::new(),
        }
    }

    /// A branch, written so, to a place behind all that there is.
    pub fn wait(&mut self, branch: Reloc, place: u32) {
        if self.kind.is_some_and(|kind| kind.branch == branch) {
            self.waiting.push(place);
        }
    }

    /// Makes an island if the first branch could not reach one any more behind what comes next.
    /// `open` is whether control reaches the end of the code.
    pub fn make_room(&mut self, open: bool, code: &mut Vec<u8>) {
        let Some((kind, first)) = self.kind.zip(self.waiting.first().copied()) else {
            return;
        };
        // Behind what comes next there may be a jump over the island.
        if !kind.reaches(first, code.len() + ROOM + kind.size()) {
            let count = self.waiting.len();
            if open {
                code.extend_from_slice(&kind.over(count));
            }
            self.make(kind, count, code);
        }
    }

    /// Makes a last island, for those that would not reach the end of a block in which so many bytes
    /// follow. Control does not reach the end of the code.
    pub fn finish(&mut self, follow: usize, code: &mut Vec<u8>) {
        let Some(kind) = self.kind else { return };
        // Each jump moves what follows further away.
        let end = |jumps: usize| code.len() + jumps * kind.size() + follow;
        let mut far = self.waiting.iter().zip(0..);
        let count = far.find(|(branch, jumps)| kind.reaches(**branch, end(*jumps)));
        let count = count.map_or(self.waiting.len(), |(_, jumps)| jumps);
        self.make(kind, count, code);
    }

    /// Appends the jumps of the first branches that wait.
    fn make(&mut self, kind: Island, count: usize, code: &mut Vec<u8>) {
        for branch in self.waiting.drain(..count) {
            let place = u32::try_from(code.len()).expect("a block has less than 2 GiB");
            self.jumps.push((branch, place));
            code.extend_from_slice(&kind.jump);
        }
    }

    /// The jump of the branch at a place, if it has one, and how its target is written.
    #[must_use]
    pub fn jump(&self, branch: u32) -> Option<(u32, Reloc)> {
        let at = self
            .jumps
            .binary_search_by_key(&branch, |jump| jump.0)
            .ok()?;
        Some((self.jumps[at].1, self.kind?.reloc))
    }
}
