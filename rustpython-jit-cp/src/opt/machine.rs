//! An abstract machine that executes traces, for the proofs.
//!
//! Pure uops mean what [`super::eval`] says. Memory is a small world of made-up objects: what
//! nobody wrote yet is a hash of where it is. Everything that may change memory behind the
//! trace's back does so here: a residual instruction and a finalizer scramble what they are
//! allowed to scramble, and so do "other threads" at every header and poll.
//!
//! A run gives the writes and calls in order and the frame state it left with; two traces
//! that do the same give the same run.

use std::collections::HashMap;

use super::dce::exit_is_a_limit;
use super::eval::{Outcome, eval};
use super::fold::{Set, set_by};
use crate::helper::Helper;
use crate::ir::{Inst, InstIdx, SnapIdx, SnapValue, Trace, Ty, Uop};

/// Something that others see.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Seen {
    /// A write or a call: its name, operands, and immediate.
    Does(&'static str, Vec<u64>, u64),
    /// A residual instruction with the frame state that it was given.
    Residual(u64, Vec<String>),
}

/// How a run ends.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum End {
    /// Left at this place with this frame state.
    Left(u32, Vec<String>),
    /// Still running after so many iterations.
    Running,
}

/// What a run did.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Run {
    pub seen: Vec<Seen>,
    pub end: End,
    /// Whether it left for a limit of the compiled code, not to let the interpreter raise.
    pub limit: bool,
}

/// The integers that programs are about.
pub(super) const INTS: &[i64] = &[
    0,
    1,
    -1,
    2,
    3,
    -3,
    5,
    7,
    8,
    10,
    -8,
    63,
    64,
    65,
    100,
    -100,
    255,
    1 << 30,
    i32::MAX as i64,
    i32::MIN as i64,
    1 << 31,
    -(1 << 33),
    1 << 53,
    (1 << 53) + 1,
    i64::MAX,
    i64::MIN,
    i64::MIN + 1,
    4,
    16,
];

/// And the doubles.
pub(super) const FLOATS: &[f64] = &[
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    2.0,
    -4.0,
    3.7,
    -2.5,
    1e300,
    1e-310,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    9_007_199_254_740_993.0,
    4.7e18,
    1024.0,
];

/// And the objects, with null.
pub(super) const OBJECTS: &[u64] = &[0x100, 0x200, 0x300, 0x400, 0];

/// And the classes.
pub(super) const CLASSES: &[u64] = &[0x10, 0x20];

fn hash(parts: &[u64]) -> u64 {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for part in parts {
        state = (state ^ part).wrapping_mul(0xff51_afd7_ed55_8ccd);
        state ^= state >> 32;
    }
    state
}

pub(super) fn pick<T: Copy>(from: &[T], choice: u64) -> T {
    from[usize::try_from(choice % from.len() as u64).expect("it is less than a length")]
}

/// The state of the machine.
struct Machine<'a> {
    trace: &'a Trace,
    seed: u64,
    single_threaded: bool,
    values: Vec<u64>,
    /// Memory that was written: a kind, a base, and a place in it.
    written: HashMap<(Place, u64, u64), u64>,
    boxes: HashMap<u64, u64>,
    /// Counts what scrambles memory.
    time: u64,
    /// Scrambled last, by kind.
    epochs: HashMap<Place, u64>,
    seen: Vec<Seen>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Place {
    Local,
    Stack,
    Class,
    Field,
    Element,
    Name,
    Length,
    Link,
    Value,
    Fixed,
}

const SHARED: [Place; 6] = [
    Place::Field,
    Place::Element,
    Place::Name,
    Place::Length,
    Place::Link,
    Place::Value,
];

/// Executes a trace in the world of a seed, for at most so many iterations.
pub(super) fn run(trace: &Trace, seed: u64, single_threaded: bool, iterations: usize) -> Run {
    let mut machine = Machine {
        trace,
        seed,
        single_threaded,
        values: vec![0; trace.insts.len()],
        written: HashMap::new(),
        boxes: HashMap::new(),
        time: 0,
        epochs: HashMap::new(),
        seen: Vec::new(),
    };
    let (end, limit) = machine.run(iterations);
    Run {
        seen: machine.seen,
        end,
        limit,
    }
}

impl Machine<'_> {
    fn run(&mut self, iterations: usize) -> (End, bool) {
        let header = self.trace.header().map_or(0, InstIdx::index);
        let mut index = 0;
        let mut back = 0;
        // The last jump to the header.
        let mut from = 0;
        loop {
            let inst = &self.trace.insts[index];
            if inst.op == Uop::jump_loop {
                back += 1;
                if back == iterations {
                    return (End::Running, false);
                }
                from = index;
                index = header;
                continue;
            }
            if inst.op == Uop::side || inst.op.is_carry() {
                index += 1;
                continue;
            }
            if inst.op == Uop::loop_header {
                if !self.single_threaded {
                    self.scramble(&SHARED);
                }
                // All phis at once.
                let phis: Vec<_> = self.trace.insts[index + 1..]
                    .iter()
                    .take_while(|inst| inst.op.is_phi())
                    .collect();
                let side = self.trace.insts[..from]
                    .iter()
                    .rposition(|inst| inst.op == Uop::side);
                let carried = |phi: InstIdx| {
                    let path = side.map(|side| &self.trace.insts[side..from]);
                    let mut carries = path.into_iter().flatten();
                    carries
                        .find(|inst| inst.op.is_carry() && inst.args[0] == Some(phi))
                        .map_or(Some(phi), |carry| carry.args[1])
                };
                let set: Vec<u64> = (index + 1..)
                    .zip(&phis)
                    .map(|(at, inst)| match (back, side) {
                        (0, _) => self.value(inst.args[0]),
                        (_, None) => self.value(inst.args[1]),
                        (_, Some(_)) => self.value(carried(InstIdx::new(at))),
                    })
                    .collect();
                self.values[index + 1..=index + set.len()].copy_from_slice(&set);
                index += set.len() + 1;
                continue;
            }
            match self.step(inst) {
                Some(value) => self.values[index] = value,
                None => {
                    let exit = Some(InstIdx::new(index));
                    let leads = |inst: &Inst| inst.op == Uop::side && inst.args[0] == exit;
                    if let Some(side) = self.trace.insts.iter().position(leads) {
                        index = side;
                        continue;
                    }
                    let snap = inst.snap.expect("what leaves has a snapshot");
                    let state = self.state(snap);
                    return (End::Left(self.trace.snap(snap).pc, state), self.limit(inst));
                }
            }
            index += 1;
        }
    }

    /// Whether an instruction that leaves does so for a limit: as the optimizer sees it, or
    /// because a divisor or a shift count, constant or not, is none that raises.
    fn limit(&self, inst: &Inst) -> bool {
        let second = self.value(inst.args[1]).cast_signed();
        match inst.op {
            Uop::int_floordiv | Uop::int_mod => second != 0,
            Uop::int_shl | Uop::int_shr => second >= 0,
            _ => exit_is_a_limit(self.trace, inst),
        }
    }

    fn value(&self, arg: Option<InstIdx>) -> u64 {
        arg.map_or(0, |arg| self.values[arg.index()])
    }

    fn scramble(&mut self, places: &[Place]) {
        self.time += 1;
        for place in places {
            self.written.retain(|(kind, _, _), _| kind != place);
            self.epochs.insert(*place, self.time);
        }
    }

    fn read(&self, place: Place, base: u64, offset: u64) -> u64 {
        let epoch = self.epochs.get(&place).copied().unwrap_or(0);
        let written = self.written.get(&(place, base, offset)).copied();
        written.unwrap_or_else(|| hash(&[self.seed, place as u64, base, offset, epoch]))
    }

    /// The value of an instruction (0 for none), or `None` when it leaves.
    fn step(&mut self, inst: &Inst) -> Option<u64> {
        let operands = [
            self.value(inst.args[0]),
            self.value(inst.args[1]),
            self.value(inst.args[2]),
        ];
        let [a, b, c] = operands;
        match eval(inst.op, operands, inst.imm) {
            Outcome::Value(bits) => return Some(bits),
            Outcome::Passes => return Some(0),
            Outcome::Exits => return None,
            Outcome::Unknown => {}
        }
        match inst.op {
            Uop::load_local => Some(self.object(Place::Local, inst.imm)),
            Uop::load_stack => Some(self.object(Place::Stack, inst.imm)),
            Uop::load_name => Some(self.object(Place::Name, inst.imm)).filter(|name| *name != 0),
            Uop::push_range => {
                // Where it refuses it has done nothing.
                (c != 0).then(|| self.scramble(&[Place::Stack]))?;
                Some(0)
            }
            Uop::set_local | Uop::swap_local | Uop::give_local => {
                self.write(inst, Place::Local, 0, inst.imm, a)
            }
            // An object that is in no other place.
            Uop::clear_local => self.write(inst, Place::Local, 0, inst.imm, 0x500),
            Uop::load_link => Some(pick(OBJECTS, self.read(Place::Link, a, inst.imm))),
            Uop::load_u32 => Some(self.read(Place::Link, a, inst.imm) % 8),
            Uop::load_attr => Some(pick(OBJECTS, self.read(Place::Value, a, inst.imm))),
            Uop::guard_type => {
                (a != 0 && pick(CLASSES, self.read(Place::Class, a, 0)) == inst.imm).then_some(0)
            }
            Uop::load_i64 => Some(self.int(Place::Field, a, inst.imm)),
            Uop::store_i64 => self.write(inst, Place::Field, a, inst.imm, b),
            // The storage of a list, apart from what the helpers read of lists.
            Uop::load_elem => Some(match self.written.get(&(Place::Element, a, b)) {
                Some(object) => *object,
                None => pick(OBJECTS, self.read(Place::Element, a, b)),
            }),
            Uop::store_elem => self.write(inst, Place::Element, a, b, c),
            Uop::load_i64_fixed => Some(self.int(Place::Fixed, a, inst.imm)),
            Uop::load_f64_fixed => {
                Some(pick(FLOATS, self.read(Place::Fixed, a, inst.imm)).to_bits())
            }
            Uop::unbox_int | Uop::unbox_small => {
                // Rarely one that does not fit.
                let choice = hash(&[self.seed, a, 1]);
                let made_up = pick(INTS, choice).cast_unsigned();
                let value = self.boxes.get(&a).copied().unwrap_or(made_up);
                (!choice.is_multiple_of(17)).then_some(value)
            }
            Uop::read_r_i_x => Some(match Helper::from_index(inst.imm) {
                Some(Helper::list_len | Helper::dict_len) => {
                    self.read(Place::Length, a, inst.imm) % 8
                }
                Some(Helper::keys_stamp) => self.read(Place::Link, a, 0) % 8,
                _ => self.read(Place::Fixed, a, inst.imm) % 8,
            }),
            Uop::read_ri_i_x | Uop::read_ri_f_x => {
                let helper = Helper::from_index(inst.imm)?;
                let place = match helper {
                    Helper::list_get_int | Helper::list_get_bool | Helper::list_get_float => {
                        Place::Element
                    }
                    _ => Place::Fixed,
                };
                // Kinds of elements are told apart by where they are written.
                if b >= 8 {
                    return None;
                }
                Some(match helper {
                    Helper::list_get_bool | Helper::tuple_get_bool => self.read(place, a, b) & 1,
                    Helper::list_get_float | Helper::tuple_get_float => self
                        .written
                        .get(&(place, a, b))
                        .copied()
                        .unwrap_or_else(|| pick(FLOATS, self.read(place, a, b)).to_bits()),
                    _ => self.int(place, a, b),
                })
            }
            Uop::set_rii | Uop::set_rif | Uop::set_rir => {
                self.does(inst);
                self.scramble(match set_by(inst.imm) {
                    Set::Nothing => &[],
                    Set::Stack => &[Place::Stack],
                    Set::Iterator => &[Place::Field],
                    Set::All => &SHARED,
                    Set::Element => &[Place::Element],
                    Set::Value => &[Place::Value],
                    Set::Length => &[Place::Element, Place::Field, Place::Length, Place::Name],
                });
                Some(0)
            }
            Uop::write_rii_x | Uop::write_rif_x => {
                if b >= 8 {
                    return None;
                }
                let stored = if inst.imm == Helper::list_set_bool as u64 {
                    c & 1
                } else {
                    c
                };
                self.write(inst, Place::Element, a, b, stored)
            }
            Uop::incref | Uop::decref => {
                self.does(inst);
                Some(0)
            }
            Uop::set_name => self.write(inst, Place::Name, 0, inst.imm, a),
            // A new object each time.
            Uop::box_int | Uop::box_float | Uop::box_bool | Uop::new_object => {
                self.does(inst);
                Some(hash(&[self.seed, a, self.seen.len() as u64]) | 1)
            }
            Uop::poll => {
                if !self.single_threaded {
                    self.scramble(&SHARED);
                }
                (!hash(&[self.seed, self.time, 9]).is_multiple_of(16)).then_some(0)
            }
            Uop::leave => None,
            Uop::residual => {
                let state = self.state(inst.snap?);
                self.seen.push(Seen::Residual(inst.imm, state));
                self.scramble(&SHARED);
                self.scramble(&[Place::Local, Place::Stack, Place::Class]);
                (!hash(&[self.seed, self.time, 8]).is_multiple_of(8)).then_some(0)
            }
            op => unreachable!("{op:?} is not among what random traces are made of"),
        }
    }

    /// A pointer: one of a few, so that guards on it may pass.
    fn object(&self, place: Place, row: u64) -> u64 {
        match self.written.get(&(place, 0, row)) {
            Some(object) => *object,
            None => pick(OBJECTS, self.read(place, 0, row)),
        }
    }

    fn int(&self, place: Place, base: u64, offset: u64) -> u64 {
        match self.written.get(&(place, base, offset)) {
            Some(value) => *value,
            None => pick(INTS, self.read(place, base, offset)).cast_unsigned(),
        }
    }

    #[allow(clippy::unnecessary_wraps, reason = "the arms of `step` are options")]
    fn write(
        &mut self,
        inst: &Inst,
        place: Place,
        base: u64,
        offset: u64,
        value: u64,
    ) -> Option<u64> {
        self.does(inst);
        self.written.insert((place, base, offset), value);
        Some(0)
    }

    fn does(&mut self, inst: &Inst) {
        let operands = inst
            .operands()
            .map(|arg| self.values[arg.index()])
            .collect();
        self.seen
            .push(Seen::Does(inst.op.row().name, operands, inst.imm));
    }

    /// The frame state by a snapshot, as text (nans are all the same).
    fn state(&self, snap: SnapIdx) -> Vec<String> {
        let describe = |value: SnapValue| {
            let Some(inst) = value.inst() else {
                return format!("{value}");
            };
            let bits = self.values[inst.index()];
            match (value, self.trace.inst(inst).ty()) {
                (SnapValue::Float(_), _) => format!("{:?}", f64::from_bits(bits)),
                (SnapValue::Owned(_), _) => format!("own {bits:#x}"),
                (_, Ty::Int) => format!("{}", bits.cast_signed()),
                _ => format!("{bits:#x}"),
            }
        };
        let entries = &self.trace.snap(snap).entries;
        entries
            .iter()
            .map(|(slot, value)| format!("{slot}={}", describe(*value)))
            .collect()
    }
}
