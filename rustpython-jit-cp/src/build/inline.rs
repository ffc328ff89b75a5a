//! Inlined calls.
//!
//! The recording of a call that was followed is executed with a state of its own, whose locals
//! hold the arguments and are in no memory: the callee's frame is never made. This takes
//! callees whose only effects are replaced attributes, which wait for the end of the outermost
//! call: then every exit inside goes back to the start of the call
//! instruction (B1), and the interpreter makes the call itself, with frame and traceback and all.
//! A call with other effects, or with an instruction that has no uops of its own, is a residual
//! run.
//!
//! Invariants:
//! - N1: nothing that an inlined call emits writes anything, but at its very end.
//! - N2: a trace is only entered where the recursion limit has room for its calls.
//! - N3: the function is the one that was recorded: its version is guarded, which no other
//!   function has.
//!
//! Worked example: `y = f(x)` with `def f(a): return a + 1` becomes a guard of the function's
//! class and version and an `int_add_imm`; when that overflows, `f(x)` is called anew.

use super::value::{Av, From, Holder};
use super::{Arm, Builder, Place, State};
use crate::ir::{Effect, InstIdx, Uop};
use crate::recording::{Inlined, Kind, Step};
use rustpython_vm::bytecode::Opcode;
use tracing::trace;

impl<'r> Builder<'r> {
    /// Executes a followed call.
    pub(super) fn inline(&mut self, step: &Step, inlined: &'r Inlined) -> Arm {
        let argc = step.arg as usize;
        if inlined.foreign || self.state.stack.len() < self.state.mem + argc + 2 {
            return None;
        }
        let given = argc + usize::from(self.top(argc) != Av::Null);
        match self.top(argc + 1) {
            Av::Const(addr, _) if self.is_fixed(addr, inlined.version) => {}
            Av::Ref(..) => {
                let function = self.object(argc + 1, Kind::Function)?;
                self.check_version(function, inlined.version);
            }
            _ => return None,
        }

        let absent = Place {
            av: Av::Null,
            dirty: true,
            old_trivial: true,
        };
        let mut locals = vec![absent; inlined.rec.locals as usize];
        let mut any_held = false;
        for (n, local) in locals.iter_mut().enumerate().take(given) {
            let from_top = given - 1 - n;
            local.av = match self.top(from_top) {
                Av::Owned(inst, kind) => {
                    any_held = true;
                    Av::Ref(inst, From::Heap(Holder::Caller), kind)
                }
                _ => self.argument(from_top)?,
            };
        }
        let (start, waiting) = (self.trace.insts.len(), self.pending.len());
        let callee = State {
            locals,
            names: std::mem::take(&mut self.state.names),
            stack: Vec::new(),
            mem: 0,
        };
        let caller = std::mem::replace(&mut self.state, callee);
        let rec = std::mem::replace(&mut self.rec, &inlined.rec);
        self.inlining += 1;
        let depth = self.inlining;
        let result = self.inlined_body();
        self.inlining -= 1;
        self.rec = rec;
        let callee = std::mem::replace(&mut self.state, caller);
        self.state.names = callee.names;
        if result.is_none() {
            self.pending.truncate(waiting);
        }
        let result = result?;
        let writes = self.trace.insts[start..]
            .iter()
            .any(|inst| matches!(inst.op.row().effect, Effect::Write | Effect::Anything));
        if writes || !self.drops.is_empty() {
            self.pending.truncate(waiting);
            return None;
        }
        self.meta.inlined = self.meta.inlined.max(depth);
        self.own_steps += inlined.rec.steps.len();
        let result = match result {
            // What an argument lends, or is, may end with it.
            Av::Ref(_, From::Heap(holder), _) | Av::Boxed(_, _, From::Heap(holder))
                if any_held && holder != Holder::Class =>
            {
                self.own_one(result)
            }
            result => result,
        };
        self.replace(argc + 2, result)?;
        if self.inlining == 0 {
            self.commit()?;
        }
        Some(())
    }

    /// Leaves unless the function has this version (N3).
    pub(super) fn check_version(&mut self, function: InstIdx, version: u32) {
        let (offset, is_upper) = self.facts.function_version;
        let word = self.emit(Uop::load_i64, &[function], offset);
        let lower = if is_upper {
            self.emit(Uop::int_shr_imm, &[word], 32)
        } else {
            word
        };
        // The other half goes, and the sign does not matter.
        let shift = self.emit(Uop::const_int, &[], 1 << 32);
        let shifted = self.emit(Uop::int_wrap_mul, &[lower, shift], 0);
        let expected = self.emit(Uop::const_int, &[], u64::from(version) << 32);
        self.guard(Uop::guard_int_eq, &[shifted, expected], 0);
    }

    /// An argument that can be lent to a callee.
    pub(super) fn argument(&mut self, from_top: usize) -> Option<Av> {
        let av = self.top(from_top);
        let lendable = !matches!(av, Av::Unread | Av::Null | Av::Owned(..) | Av::Virtual(_))
            && !matches!(av.lender(), Some(From::Stack(_)));
        lendable.then_some(av)
    }

    /// All instructions of the callee at hand; its result.
    fn inlined_body(&mut self) -> Option<Av> {
        let rec = self.rec;
        for (at, step) in rec.steps.iter().enumerate() {
            if self.state.stack.len() != step.depth_before as usize {
                return None;
            }
            if step.op == Opcode::ReturnValue {
                return self.argument(0);
            }
            if self.own(at).is_none() {
                trace!(
                    target: "jit::build", event = "not_inlined", op = ?step.op, arg = step.arg,
                    operands = ?step.before.map(|seen| seen.kind), known = ?self.state.stack,
                    "an inlined call would have effects, or an instruction has no uops"
                );
                return None;
            }
            if self.state.stack.len() != step.depth as usize {
                return None;
            }
        }
        None
    }
}
