//! Blocks that are longer than a conditional branch of any target reaches.

use super::*;
use crate::target::{AARCH64, X86_64};

/// What a conditional branch of 64-bit ARM reaches.
const REACH: u64 = 1 << 20;

/// Exits enough for several times that.
const MANY: u32 = 120_000;

/// Leaves through the exit with the number in spill slot 5, of so many.
fn switch(count: u32) -> Vec<MInst> {
    let mut code = vec![inst(Uop::reload_gpr, &[r(0)], slot_offset(5))];
    code.extend((0..count).map(|n| exits(Uop::guard_is_not, &[r(0)], u64::from(n), n)));
    code.push(exits(Uop::leave, &[], 0, count));
    code
}

/// Where a branch of 64-bit ARM goes, conditional or not, if the word is one.
fn target_of(code: &[u8], at: u64) -> Option<u64> {
    let word = u32::from_le_bytes(code[at as usize..][..4].try_into().unwrap());
    let distance = if word >> 26 == 0b00_0101 {
        (word << 6).cast_signed() >> 6
    } else if word >> 24 == 0b0101_0100 || word >> 25 & 0x3f == 0b01_1010 {
        // b.cond; cbz and cbnz
        (word << 8).cast_signed() >> 13
    } else {
        return None;
    };
    Some(at.wrapping_add_signed(i64::from(distance) * 4))
}

/// Follows each guard of `switch` to its exit's stub; says how many go by way of another jump.
fn follow(count: u32) -> u32 {
    let (code, emitted, _) = emit_for(&AARCH64, switch(count));
    let mut indirect = 0;
    for (mark, next) in emitted.marks.iter().zip(&emitted.marks[1..]) {
        let number = mark.inst().unwrap_or(usize::MAX);
        let Some(exit) = number.checked_sub(1).filter(|exit| *exit < count as usize) else {
            continue;
        };
        let (start, end) = (u64::from(mark.start), u64::from(next.start));
        let branch = (start..end)
            .step_by(4)
            .find(|at| target_of(&code, *at).is_some());
        let branch = branch.expect("a guard has a branch");
        let mut place = target_of(&code, branch).unwrap();
        assert!(place - branch < REACH);
        if branch + 4 != end && exit + 1 < count as usize {
            assert_eq!(target_of(&code, branch + 4), Some(end), "over the island");
        }
        let stub = u64::from(emitted.stubs[exit]);
        if place != stub {
            place = target_of(&code, place).expect("a jump");
            indirect += 1;
        }
        assert_eq!(place, stub, "exit {exit} of {count}");
    }
    indirect
}

#[test]
fn branches_reach_their_stubs_by_way_of_islands() {
    assert_eq!(follow(1000), 0, "all are near");
    // So many guards that there are islands between them, and at the end.
    let indirect = follow(MANY);
    assert!(indirect > MANY / 2, "{indirect}");
    let (_, emitted, _) = emit_for(&AARCH64, switch(MANY));
    assert!(u64::from(emitted.marks[MANY as usize].start) > REACH + REACH / 2);
    // From the last length without a jump to the first with one, guard by guard.
    let (mut near, mut far) = (1000, MANY);
    while far - near > 1 {
        let middle = u32::midpoint(near, far);
        if follow(middle) == 0 {
            near = middle;
        } else {
            far = middle;
        }
    }
    for count in near - 2..far + 8 {
        assert_eq!(follow(count) == 0, count < far);
    }
    let (code, emitted, glue) = emit_for(&AARCH64, switch(near));
    // The first branch stands directly before the second guard.
    let spare = emitted.marks[2].start as usize - 4 + REACH as usize - code.len();
    let guard = (emitted.marks[2].start - emitted.marks[1].start) as usize;
    assert!(
        spare < 2 * (guard + glue.stub.code.len()),
        "as far as they reach: {spare}"
    );
}

#[test]
fn other_targets_need_none() {
    let (code, emitted, glue) = emit_for(&X86_64, switch(50_000));
    assert!(code.len() > REACH as usize);
    // The guards, then nothing but stubs.
    let stubs = emitted.stubs[50_000] as usize + glue.stub.code.len();
    assert_eq!(stubs, code.len());
    let first = emitted.marks.iter().position(|mark| mark.inst().is_none());
    assert_eq!(first, Some(50_002), "one for each instruction");
}

/// The jump of a stub to the glue: as far as it reaches, and one instruction further.
#[test]
fn stubs_reach_the_glue_in_128_mb() {
    let alloc = allocation(vec![exits(Uop::leave, &[], 0, 0)]);
    let glue = glue::assemble(&AARCH64).unwrap();
    let library = Library::for_target(&AARCH64).unwrap();
    let emitted = emit::emit(&AARCH64, library, &glue.stub, &alloc).unwrap();
    let host = emit::Host::new(resolver());
    let jump = BASE + u64::from(emitted.stubs[0]) + glue.stub.jump.0 as u64;
    for (distance, good) in [
        ((1 << 27) - 4, true),
        (1 << 27, false),
        (-(1 << 27), true),
        (-(1 << 27) - 4, false),
    ] {
        let mut code = emitted.code.clone();
        let start = jump.wrapping_add_signed(distance) - glue.exit as u64;
        let linked = emitted.link(&mut code, &alloc, &glue, &host, BASE, start);
        match linked {
            Ok(()) => assert!(good, "{distance:#x}"),
            Err(CodeError::Relocation { op: None, .. }) => assert!(!good, "{distance:#x}"),
            Err(error) => panic!("{error}"),
        }
    }
}

/// On this machine: with exits before and behind an island.
#[test]
fn long_blocks_leave_where_they_should() {
    let config = CodeCacheConfig {
        capacity: 8 << 20,
        chunk: 64 << 10,
    };
    let cache = CodeCache::new(Target::native().unwrap(), config, resolver()).unwrap();
    let block = cache.compile(&allocation(switch(MANY))).unwrap();
    for exit in (0..MANY).step_by(1_777).chain([MANY - 1, MANY]) {
        let mut activation = activation();
        activation.spill[5] = u64::from(exit);
        // SAFETY: the code uses nothing of the activation but a spill slot.
        unsafe { block.run(&raw mut activation) };
        assert_eq!(activation.exit, u64::from(exit));
    }
}
