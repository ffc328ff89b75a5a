//! Executes stencils on the machine that the tests run on, for every assignment of registers.
//!
//! An instance is called by a trampoline that loads all pool registers from a [`Frame`] and, when
//! the instance goes on or leaves, stores them all again. So each run also shows that no other
//! register changed and that the stack is balanced (else the return would go astray).
#![allow(unsafe_code, reason = "machine code is called")]

use super::super::{HoleValue, Instance, Library};
use super::reference::{Outcome, outcome};
use super::{assignment, machine};
use crate::activation::Activation;
use crate::codegen::code_memory::synchronize;
use crate::codegen::patch;
use crate::ir::{ImmKind, RegClass, Shape, Ty, UOPS, Uop};
use crate::target::{PReg, Target};
use std::ffi::c_void;

/// How a run ended.
pub const WENT_ON: u64 = 1;
/// Through its exit.
pub const EXITED: u64 = 2;
/// Through the leave stub.
pub const LEFT: u64 = 3;

/// Of the assignments of registers that are many, each of so many is executed: emulation takes its
/// time, and that the others are the compiler's own code is what the builder checks.
const EVERY: usize = if cfg!(target_arch = "x86_64") { 1 } else { 11 };

fn native() -> &'static Library {
    Library::for_target(Target::native().unwrap()).unwrap()
}

/// The registers before and after a run.
#[derive(Clone, Debug)]
#[repr(C)]
struct Frame {
    gprs: [u64; 9],
    fprs: [u64; 8],
    ctx: *mut Activation,
    end: u64,
}

/// Values that fill the holes.
#[derive(Clone, Copy)]
struct Fill {
    imm: u64,
    helper: u64,
    type_offset: i64,
    exit_index: u64,
}

impl Fill {
    fn imm(imm: u64) -> Self {
        Self {
            imm,
            helper: 0,
            type_offset: 0,
            exit_index: 0,
        }
    }
}

/// Machine code being collected: trampoline, landings, helper stubs, instances.
struct Code {
    bytes: Vec<u8>,
    landings: [usize; 3],
}

impl Code {
    fn new() -> Self {
        let (bytes, landings) = machine::trampoline();
        Self { bytes, landings }
    }

    /// A function that checks the stack's alignment, calls `helper`, and overwrites every register
    /// that a C function may change.
    fn helper_stub(&mut self, helper: u64, float: bool) -> usize {
        let start = self.bytes.len();
        self.bytes.extend(machine::helper_stub(helper, float));
        start
    }

    /// Adds an instance that ends in the landings.
    fn instance(&mut self, library: &Library, uop: Uop, regs: &[PReg], fill: Fill) -> usize {
        let Instance {
            start,
            holes,
            falls_through,
        } = library
            .instantiate(uop, regs, fill.imm, &mut self.bytes)
            .expect("every assignment has a stencil");
        for hole in holes {
            let at = start + hole.offset as usize;
            let value = match hole.value {
                HoleValue::Continue => self.landings[0] as u64,
                HoleValue::Exit => self.landings[1] as u64,
                HoleValue::Leave => self.landings[2] as u64,
                HoleValue::Imm => fill.imm,
                HoleValue::Helper => fill.helper,
                HoleValue::TypeOffset => fill.type_offset as u64,
                HoleValue::ExitIndex => fill.exit_index,
            };
            patch::apply(
                &mut self.bytes,
                at,
                hole.kind,
                value,
                hole.addend,
                at as u64,
            )
            .unwrap_or_else(|error| panic!("{} {:#x}: {error}", uop.row().name, fill.imm));
        }
        if falls_through {
            let jump = machine::jump(self.bytes.len(), self.landings[0]);
            self.bytes.extend(jump);
        }
        start
    }

    fn map(self) -> Program {
        let mut map = memmap2::MmapMut::map_anon(self.bytes.len()).unwrap();
        map.copy_from_slice(&self.bytes);
        let map = map.make_exec().unwrap();
        // SAFETY: the whole map is mapped.
        unsafe { synchronize(map.as_ptr(), map.as_ptr(), map.len()) };
        Program { map }
    }
}

/// Executable code.
struct Program {
    map: memmap2::Mmap,
}

impl Program {
    fn run(&self, start: usize, frame: &mut Frame) {
        // SAFETY: the map starts with the trampoline, which has this signature, and `start` is an
        // instance in it whose holes are filled.
        let enter: extern "C" fn(*mut Frame, *const u8) =
            unsafe { std::mem::transmute(self.map.as_ptr()) };
        enter(frame, self.map[start..].as_ptr());
    }
}

/// An activation with its parts behind it.
struct Record {
    activation: Box<Activation>,
    slots: Box<[usize; 16]>,
    words: Box<(u8, u8, u8, u32)>,
}

impl Record {
    fn new() -> Self {
        let mut slots = Box::new(std::array::from_fn(|i| 0x1000 + i));
        let words = Box::new((0, 0, 0, 0));
        let activation = Box::new(Activation {
            locals: slots.as_mut_ptr(),
            stack: slots[8..].as_mut_ptr(),
            poll_breaker: &raw const words.0,
            poll_gc: &raw const words.1,
            poll_stop: &raw const words.2,
            poll_trace: &raw const words.3,
            status: 0,
            exit: 77,
            args: std::ptr::null_mut(),
            root: std::ptr::null_mut(),
            depth: 0,
            callee: std::ptr::null(),
            out: crate::activation::Outgoing::default(),
            regs: [0; 9],
            fregs: [0.0; 8],
            spill: [0; crate::activation::SPILL_SLOTS],
            host: std::ptr::null_mut(),
        });
        Self {
            activation,
            slots,
            words,
        }
    }

    fn frame(&mut self) -> Frame {
        Frame {
            gprs: std::array::from_fn(|i| 0xdead_0000_0000_0100 + i as u64),
            fprs: std::array::from_fn(|i| 0x4044_0000_0000_0100 + i as u64),
            ctx: &raw mut *self.activation,
            end: 0,
        }
    }
}

impl Frame {
    fn get(&self, reg: PReg) -> u64 {
        match reg.class() {
            RegClass::Gpr => self.gprs[reg.num()],
            RegClass::Fpr => self.fprs[reg.num()],
        }
    }

    fn set(&mut self, reg: PReg, value: u64) {
        match reg.class() {
            RegClass::Gpr => self.gprs[reg.num()] = value,
            RegClass::Fpr => self.fprs[reg.num()] = value,
        }
    }
}

const INTS: &[i64] = &[
    0,
    1,
    -1,
    2,
    -2,
    3,
    7,
    -7,
    10,
    62,
    63,
    64,
    -63,
    1_000_003,
    i32::MAX as i64,
    i32::MIN as i64,
    1 << 31,
    u32::MAX as i64,
    1 << 32,
    -(1 << 32),
    (1 << 53) - 1,
    1 << 53,
    (1 << 53) + 1,
    -(1 << 53),
    -(1 << 53) - 1,
    1 << 62,
    i64::MAX,
    i64::MAX - 1,
    i64::MIN,
    i64::MIN + 1,
];

const IMMS: &[i64] = &[
    // Where the fields of short forms end.
    4094,
    4095,
    4096,
    -4094,
    -4095,
    -4096,
    0xffff,
    0x1_0000,
    0xff00,
    0,
    1,
    -1,
    2,
    -2,
    7,
    -8,
    63,
    127,
    128,
    -128,
    -129,
    1_000_003,
    i32::MAX as i64,
    i32::MIN as i64,
];

fn floats() -> Vec<u64> {
    let big = (1u64 << 62) as f64;
    [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        -0.5,
        1.5,
        -1.5,
        2.0,
        1e300,
        -1e300,
        5e-324,
        -5e-324,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        -f64::NAN,
        big,
        -big,
        big.next_down(),
        (-big).next_down(),
        2.0 * big,
        -2.0 * big,
        0.1,
    ]
    .map(f64::to_bits)
    .to_vec()
}

/// Edge values of a type.
fn edges(ty: Ty) -> Vec<u64> {
    match ty {
        Ty::Float => floats(),
        Ty::Bool => vec![0, 1],
        _ => INTS.iter().map(|v| *v as u64).collect(),
    }
}

/// The immediates to try.
fn immediates(uop: Uop) -> Vec<u64> {
    let row = uop.row();
    let mut all: Vec<i64> = match (uop, row.imm) {
        (_, ImmKind::None) => vec![0],
        (Uop::int_shl_imm | Uop::int_shr_imm, _) => vec![0, 1, 5, 31, 32, 62, 63],
        (Uop::int_floordiv_imm | Uop::int_mod_imm, _) => {
            IMMS.iter().copied().filter(|imm| *imm > 0).collect()
        }
        (Uop::const_bool, _) => vec![0, 1],
        (_, ImmKind::Int32) => IMMS.to_vec(),
        // Addresses: of user programs, that is 48 bits.
        (_, ImmKind::Ref) => vec![0, 1, 7, 0xffff_ffff, 0x7fff_0000_0010, (1 << 48) - 8],
        (_, ImmKind::Float) => floats().into_iter().map(|bits| bits as i64).collect(),
        _ => INTS.to_vec(),
    };
    if row.imm == ImmKind::Int && uop != Uop::const_bool {
        all.extend([0xffff, 0x1_0000, -0x1_0000, -0x1_0001, 0x1_0000_0000]);
    }
    all.into_iter().map(|imm| imm as u64).collect()
}

fn equal(ty: Ty, a: u64, b: u64) -> bool {
    a == b || ty == Ty::Float && f64::from_bits(a).is_nan() && f64::from_bits(b).is_nan()
}

/// All combinations of edge values for the operands, equal where they share a register.
fn operand_values(row: &crate::ir::uop::UopRow, regs: &[PReg]) -> Vec<Vec<u64>> {
    let mut all = vec![Vec::new()];
    for (i, ty) in row.args.iter().enumerate() {
        let same = (0..i).find(|j| regs[*j] == regs[i]);
        all = all
            .into_iter()
            .flat_map(|values: Vec<u64>| {
                let choices = same.map_or_else(|| edges(*ty), |j| vec![values[j]]);
                choices.into_iter().map(move |choice| {
                    let mut values = values.clone();
                    values.push(choice);
                    values
                })
            })
            .collect();
    }
    all
}

/// The assignments to execute.
fn some_assignments(count: usize) -> impl Iterator<Item = usize> {
    (0..count).step_by(if count > 9 { EVERY } else { 1 })
}

#[test]
fn arithmetic_agrees_with_the_reference() {
    let mut covered = 0;
    for uop in UOPS {
        let row = uop.row();
        if row.shape != Shape::Plain || outcome(*uop, &[1, 1], 1).is_none() {
            continue;
        }
        covered += 1;
        let op = native().tables.ops[*uop as usize].expect(row.name);
        let imms = immediates(*uop);
        let mut code = Code::new();
        let mut starts = Vec::new();
        for number in some_assignments(op.map.len()) {
            let regs = assignment(native(), op, number);
            for imm in &imms {
                let start = code.instance(native(), *uop, &regs, Fill::imm(*imm));
                starts.push((start, regs.clone(), *imm));
            }
        }
        let program = code.map();
        let mut record = Record::new();
        // With hundreds of assignments each takes its turn of the operand values.
        let step = if starts.len() > 1000 || op.map.len() > 100 || EVERY > 1 {
            7
        } else {
            1
        };
        for (number, (start, regs, imm)) in starts.into_iter().enumerate() {
            for args in operand_values(row, &regs)
                .into_iter()
                .skip(number % step)
                .step_by(step)
            {
                let mut before = record.frame();
                for (reg, arg) in regs.iter().zip(&args) {
                    before.set(*reg, *arg);
                }
                let mut after = before.clone();
                program.run(start, &mut after);
                let want = outcome(*uop, &args, imm as i64).unwrap();
                let case = || {
                    format!(
                        "{} {regs:?} {args:x?} imm {imm:#x}: {want:x?}, got {after:x?}",
                        row.name
                    )
                };
                assert_eq!(
                    after.end,
                    if want == Outcome::Exit {
                        EXITED
                    } else {
                        WENT_ON
                    },
                    "{}",
                    case()
                );
                assert_eq!(after.ctx, before.ctx, "{}", case());
                if let Outcome::Value(value) = want {
                    let result = *regs.last().unwrap();
                    assert!(equal(row.ty, after.get(result), value), "{}", case());
                    before.set(result, after.get(result));
                }
                assert_eq!(
                    (after.gprs, after.fprs),
                    (before.gprs, before.fprs),
                    "{}",
                    case()
                );
            }
        }
    }
    assert!(covered > 70, "only {covered} uops are covered");
}

/// Runs one instance for each assignment; `prepare` sets the operands, `check` looks at the result.
fn each_assignment(uop: Uop, fill: Fill, mut run: impl FnMut(&Program, usize, &[PReg])) {
    let op = native().tables.ops[uop as usize].unwrap();
    let mut code = Code::new();
    let starts: Vec<_> = some_assignments(op.map.len())
        .map(|number| {
            let regs = assignment(native(), op, number);
            (code.instance(native(), uop, &regs, fill), regs)
        })
        .collect();
    let program = code.map();
    for (start, regs) in starts {
        run(&program, start, &regs);
    }
}

/// Which of two nans comes out of a sum or product can be seen: `math.copysign` looks at the sign.
#[test]
fn of_two_nans_the_first_comes_out() {
    let plus = f64::NAN.to_bits() | 1;
    let minus = plus | 1 << 63 | 2;
    for uop in [
        Uop::float_add,
        Uop::float_sub,
        Uop::float_mul,
        Uop::float_div,
    ] {
        for (a, b) in [(plus, minus), (minus, plus)] {
            each_assignment(uop, Fill::imm(0), |program, start, regs| {
                let mut record = Record::new();
                let mut frame = record.frame();
                frame.set(regs[0], a);
                frame.set(regs[1], b);
                let first = frame.get(regs[0]);
                program.run(start, &mut frame);
                assert_eq!(frame.end, WENT_ON);
                assert_eq!(frame.get(regs[2]), first, "{} {regs:?}", uop.row().name);
            });
        }
    }
}

#[test]
fn the_frame_is_read() {
    for (uop, base) in [(Uop::load_local, 0), (Uop::load_stack, 8)] {
        each_assignment(uop, Fill::imm(5), |program, start, regs| {
            let mut record = Record::new();
            record.slots[base + 5] = 0xabcdef;
            let mut frame = record.frame();
            program.run(start, &mut frame);
            assert_eq!((frame.end, frame.get(regs[0])), (WENT_ON, 0xabcdef));
        });
    }
}

#[test]
fn spills_and_reloads() {
    let offset = std::mem::offset_of!(Activation, spill) + 8 * 63;
    for uop in [Uop::spill_gpr, Uop::spill_fpr] {
        each_assignment(uop, Fill::imm(offset as u64), |program, start, regs| {
            let mut record = Record::new();
            let mut frame = record.frame();
            program.run(start, &mut frame);
            assert_eq!(
                (frame.end, record.activation.spill[63]),
                (WENT_ON, frame.get(regs[0]))
            );
        });
    }
    for uop in [Uop::reload_gpr, Uop::reload_fpr] {
        each_assignment(uop, Fill::imm(offset as u64), |program, start, regs| {
            let mut record = Record::new();
            record.activation.spill[63] = 0x1234_5678_9abc;
            let mut frame = record.frame();
            program.run(start, &mut frame);
            assert_eq!((frame.end, frame.get(regs[0])), (WENT_ON, 0x1234_5678_9abc));
        });
    }
}

#[test]
fn objects_are_read_and_written() {
    for offset in [-16i64, 0, 8, 24] {
        let mut memory = [0u64; 8];
        let object = &raw mut memory[3] as u64;
        let index = (3 + offset / 8) as usize;
        let loads = [
            Uop::load_i64,
            Uop::load_i64_fixed,
            Uop::load_f64_fixed,
            Uop::load_link,
            Uop::load_attr,
        ];
        for uop in loads {
            memory[index] = 0x7777_0000_1111;
            each_assignment(uop, Fill::imm(offset as u64), |program, start, regs| {
                let mut record = Record::new();
                let mut frame = record.frame();
                frame.set(regs[0], object);
                program.run(start, &mut frame);
                assert_eq!((frame.end, frame.get(regs[1])), (WENT_ON, 0x7777_0000_1111));
            });
        }
        memory[index] = 0x7777_8000_1111;
        each_assignment(
            Uop::load_u32,
            Fill::imm(offset as u64),
            |program, start, regs| {
                let mut record = Record::new();
                let mut frame = record.frame();
                frame.set(regs[0], object);
                program.run(start, &mut frame);
                assert_eq!((frame.end, frame.get(regs[1])), (WENT_ON, 0x8000_1111));
            },
        );
        each_assignment(
            Uop::store_i64,
            Fill::imm(offset as u64),
            |program, start, regs| {
                let mut record = Record::new();
                let mut frame = record.frame();
                frame.set(regs[1], 0x4242);
                frame.set(regs[0], object);
                let stored = frame.get(regs[1]);
                program.run(start, &mut frame);
                // SAFETY: `object` points into `memory`, which the code just wrote.
                let found = unsafe { (&raw const memory[index]).read_volatile() };
                assert_eq!((frame.end, found), (WENT_ON, stored));
            },
        );
        // The class is never before the object.
        let classes: &[(u64, u64)] = if offset < 0 {
            &[]
        } else {
            &[(0x8000_1234_5678, WENT_ON), (0x1234_5678, EXITED)]
        };
        for &(class, end) in classes {
            memory[index] = 0x8000_1234_5678;
            let fill = Fill {
                type_offset: offset,
                ..Fill::imm(class)
            };
            each_assignment(Uop::guard_type, fill, |program, start, regs| {
                let mut record = Record::new();
                let mut frame = record.frame();
                frame.set(regs[0], object);
                let before = frame.gprs;
                program.run(start, &mut frame);
                assert_eq!((frame.end, frame.gprs), (end, before));
            });
        }
    }
}

#[test]
fn small_integers_are_unboxed() {
    const TAG: u64 = 1 << 63;
    for (tag, magnitude, sign, outcome) in [
        (TAG, 0, 1, Some(0)),
        (TAG, 5, 1, Some(5)),
        (TAG, 5, 0, Some(-5)),
        (TAG, i64::MAX as u64, 1, Some(i64::MAX)),
        (TAG, i64::MAX as u64, 0, Some(-i64::MAX)),
        (TAG, 1 << 63, 0, None),
        (TAG, 1 << 63, 1, None),
        (2, 5, 1, None),
        (0, 5, 1, None),
    ] {
        let memory = [7, tag, magnitude, 0x1111, 0xaaaa_bbbb_cccc_dd00 | sign];
        let object = &raw const memory as u64;
        each_assignment(Uop::unbox_small, Fill::imm(8), |program, start, regs| {
            let mut record = Record::new();
            let mut frame = record.frame();
            frame.set(regs[0], object);
            program.run(start, &mut frame);
            match outcome {
                Some(value) => {
                    assert_eq!((frame.end, frame.get(regs[1])), (WENT_ON, value as u64));
                }
                None => assert_eq!(frame.end, EXITED),
            }
        });
    }
}

#[test]
fn any_poll_word_leaves() {
    each_assignment(Uop::poll, Fill::imm(0), |program, start, _| {
        for word in 0..5 {
            let mut record = Record::new();
            match word {
                0 => {}
                1 => record.words.0 = 1,
                2 => record.words.1 = 0x80,
                3 => record.words.2 = 1,
                _ => record.words.3 = 1 << 31,
            }
            let mut frame = record.frame();
            let before = frame.gprs;
            program.run(start, &mut frame);
            assert_eq!(
                (frame.end, frame.gprs),
                (if word == 0 { WENT_ON } else { EXITED }, before)
            );
        }
    });
}

#[test]
fn control_goes_where_it_should() {
    for (uop, end) in [(Uop::jump_loop, WENT_ON), (Uop::leave, EXITED)] {
        each_assignment(uop, Fill::imm(0), |program, start, _| {
            let mut frame = Record::new().frame();
            program.run(start, &mut frame);
            assert_eq!(frame.end, end);
        });
    }
    let mut armed = 1u64;
    let address = &raw mut armed;
    each_assignment(
        Uop::fail_once,
        Fill::imm(address as u64),
        |program, start, _| {
            for end in [EXITED, WENT_ON, WENT_ON] {
                let mut frame = Record::new().frame();
                program.run(start, &mut frame);
                assert_eq!(frame.end, end);
            }
        },
    );
}

/// What the helpers of the tests saw, and what they answer.
#[derive(Default, Debug)]
struct Seen {
    ints: Vec<u64>,
    floats: Vec<u64>,
    refuse: bool,
    answer: u64,
}

// SAFETY (of the functions below): the tests point `host` at a `Seen` and let nobody else use it.
fn note(ctx: *mut Activation, ints: &[u64], floats: &[f64]) -> u64 {
    // SAFETY: see above.
    let (activation, seen) = unsafe { (&mut *ctx, &mut *(*ctx).host.cast::<Seen>()) };
    seen.ints.extend(ints);
    seen.floats.extend(floats.iter().map(|f| f.to_bits()));
    if seen.refuse {
        activation.status = 1;
    }
    seen.answer
}

extern "C" fn none_i(ctx: *mut Activation) -> u64 {
    note(ctx, &[], &[])
}
extern "C" fn i_i(ctx: *mut Activation, a: u64) -> u64 {
    note(ctx, &[a], &[])
}
extern "C" fn ii_i(ctx: *mut Activation, a: u64, b: u64) -> u64 {
    note(ctx, &[a, b], &[])
}
extern "C" fn ii_f(ctx: *mut Activation, a: u64, b: u64) -> f64 {
    f64::from_bits(note(ctx, &[a, b], &[]))
}
extern "C" fn iii_i(ctx: *mut Activation, a: u64, b: u64, c: u64) -> u64 {
    note(ctx, &[a, b, c], &[])
}
extern "C" fn iiii_i(ctx: *mut Activation, a: u64, b: u64, c: u64, d: u64) -> u64 {
    note(ctx, &[a, b, c, d], &[])
}
extern "C" fn iif_i(ctx: *mut Activation, a: u64, b: u64, c: f64) -> u64 {
    note(ctx, &[a, b], &[c])
}
extern "C" fn f_f(ctx: *mut Activation, a: f64) -> f64 {
    f64::from_bits(note(ctx, &[], &[a]))
}
extern "C" fn f_i(ctx: *mut Activation, a: f64) -> u64 {
    note(ctx, &[], &[a])
}
extern "C" fn ff_f(ctx: *mut Activation, a: f64, b: f64) -> f64 {
    f64::from_bits(note(ctx, &[], &[a, b]))
}

/// The helper for a uop's signature: its operands' classes, an immediate first if it has one.
fn helper_for(uop: Uop) -> u64 {
    let row = uop.row();
    let mut signature = String::new();
    if row.imm == ImmKind::Slot || uop == Uop::check_callee {
        signature.push('i');
    }
    let letter = |ty: Ty| if ty == Ty::Float { 'f' } else { 'i' };
    signature.extend(row.args.iter().map(|ty| letter(*ty)));
    signature.push('_');
    signature.push(letter(row.ty));
    let function = match signature.as_str() {
        "_i" => none_i as *const c_void,
        "i_i" => i_i as *const c_void,
        "ii_i" => ii_i as *const c_void,
        "ii_f" => ii_f as *const c_void,
        "iii_i" => iii_i as *const c_void,
        "iiii_i" => iiii_i as *const c_void,
        "iif_i" => iif_i as *const c_void,
        "f_f" => f_f as *const c_void,
        "f_i" => f_i as *const c_void,
        "ff_f" => ff_f as *const c_void,
        other => panic!("no helper {other}"),
    };
    function as u64
}

#[test]
fn calls_pass_operands_and_keep_what_c_saves() {
    for uop in UOPS {
        let row = uop.row();
        if row.shape != Shape::Call {
            continue;
        }
        let mut code = Code::new();
        let stub = code.helper_stub(helper_for(*uop), row.ty == Ty::Float);
        // The stub's address is known once the code is mapped: call it through a jump in a table of
        // its own that is mapped first.
        let stubs = code.map();
        let helper = stubs.map[stub..].as_ptr() as u64;
        let fill = Fill {
            helper,
            ..Fill::imm(6)
        };
        for refuse in [false, true] {
            if refuse && !uop.has_snapshot() {
                continue;
            }
            each_assignment(*uop, fill, |program, start, regs| {
                let mut seen = Seen {
                    refuse,
                    answer: 0x4011_2233_4455_6677,
                    ..Seen::default()
                };
                let mut record = Record::new();
                record.activation.host = (&raw mut seen).cast();
                let before = record.frame();
                let mut after = before.clone();
                program.run(start, &mut after);
                let case = || format!("{} {regs:?}: {after:x?} {seen:x?}", row.name);
                let operands = &regs[..row.args.len()];
                let values = |class| -> Vec<u64> {
                    operands
                        .iter()
                        .filter(|reg| reg.class() == class)
                        .map(|reg| before.get(*reg))
                        .collect()
                };
                let mut ints = values(RegClass::Gpr);
                if row.imm == ImmKind::Slot || *uop == Uop::check_callee {
                    ints.insert(0, 6);
                }
                assert_eq!(
                    (&seen.ints, &seen.floats),
                    (&ints, &values(RegClass::Fpr)),
                    "{}",
                    case()
                );
                assert_eq!(
                    after.end,
                    if refuse { EXITED } else { WENT_ON },
                    "{}",
                    case()
                );
                assert_eq!(after.ctx, before.ctx, "{}", case());
                let result = (row.ty != Ty::Void).then(|| *regs.last().unwrap());
                if let (Some(result), false) = (result, refuse) {
                    assert_eq!(after.get(result), seen.answer, "{}", case());
                }
                for num in 0..9 {
                    let reg = PReg::gpr(num);
                    if Target::native().unwrap().saved(reg) && Some(reg) != result {
                        assert_eq!(after.get(reg), before.get(reg), "{}", case());
                    }
                }
            });
        }
    }
    assert_eq!(op_count(Shape::Call), 39);
}

fn op_count(shape: Shape) -> usize {
    UOPS.iter().filter(|uop| uop.row().shape == shape).count()
}

#[test]
fn residual_hands_over_all_registers() {
    let mut code = Code::new();
    let stub = code.helper_stub(i_i as *const c_void as u64, false);
    let stubs = code.map();
    let fill = Fill {
        helper: stubs.map[stub..].as_ptr() as u64,
        exit_index: 41,
        ..Fill::imm(3)
    };
    for (answer, end) in [(0, WENT_ON), (1, LEFT)] {
        each_assignment(Uop::residual, fill, |program, start, _| {
            let mut seen = Seen {
                answer,
                ..Seen::default()
            };
            let mut record = Record::new();
            record.activation.host = (&raw mut seen).cast();
            let before = record.frame();
            let mut after = before.clone();
            program.run(start, &mut after);
            assert_eq!(
                (after.end, after.ctx, &seen.ints[..]),
                (end, before.ctx, &[41][..])
            );
            assert_eq!(record.activation.regs, before.gprs);
            assert_eq!(record.activation.fregs.map(f64::to_bits), before.fprs);
            assert_eq!(record.activation.exit, 77);
        });
    }
}
