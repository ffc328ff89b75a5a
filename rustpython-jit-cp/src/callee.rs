//! What traces call: functions that have traces of their own.
//!
//! A hot function is compiled from its first instruction to its return, once for each
//! combination of kinds of arguments that it is called with ([`Key`]). Each has a
//! [`Callee`], whose address is in the code of its callers: they jump to the code that it names at
//! the moment, or leave where it names none.
//!
//! Invariants:
//! - F1: a callee's address stays valid for as long as the process lives.
//! - F2: a trace that a callee has named is kept until no compiled code runs.
//! - F3: a function trace relies on names of its dictionaries ([`crate::trace_meta::FixedName`]).
//!   Whoever runs one has looked at them, and at those of all that it may call, since anything but
//!   function traces ran ([`holds`]). Nothing that a function trace does changes a dictionary
//!   that names are looked up in: attributes are replaced where nobody but their instance has it.
//! - F4: function traces run only while there is one thread.
//!
//! Worked example: `fib(n - 1)` inside the trace of `fib` for an int is `guard_callee`, which looks
//! whether the callee has code, `put_int`, `put_ref` for the function, and `call_trace`.

use crate::activation::MAX_ARGS;
use crate::compiled::{CodeId, Compiled};
use crate::recording::Kind;
use parking_lot::{Mutex, RwLock};
use rustpython_vm::VirtualMachine;
use rustpython_vm::frame::jit::threads_started;
use smallvec::SmallVec;
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

/// How many callees there are for one function, at most: the others are called by the interpreter.
const MAX_VERSIONS: usize = 4;

/// What a function trace is for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Key {
    /// The function's code.
    pub code: CodeId,
    /// Its globals, by address.
    pub globals: usize,
    /// Its builtins, by address.
    pub builtins: usize,
    /// What its arguments are.
    pub kinds: SmallVec<[Kind; MAX_ARGS]>,
}

/// A function for certain kinds of arguments.
#[repr(C)]
#[derive(Debug)]
pub struct Callee {
    /// Where the code starts; null when it has none. Stencils read this.
    code: AtomicPtr<u8>,
    /// The trace; null when it has no code.
    trace: AtomicPtr<Compiled>,
    /// What keeps that alive.
    owner: Mutex<Option<Arc<Compiled>>>,
    /// What it is for.
    pub key: Key,
}

thread_local! {
    /// How many entries into compiled code are under way. The thread's own are enough: function
    /// traces run only while there is no other (F4).
    static RUNNING: Cell<usize> = const { Cell::new(0) };
}

/// Counts an entry while it lives.
#[derive(Debug)]
pub struct Running(());

impl Running {
    /// Compiled code is about to run.
    #[must_use]
    pub fn enter() -> Self {
        RUNNING.set(RUNNING.get() + 1);
        Self(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.set(RUNNING.get() - 1);
    }
}

impl Callee {
    fn new(key: Key) -> Self {
        Self {
            code: AtomicPtr::default(),
            trace: AtomicPtr::default(),
            owner: Mutex::default(),
            key,
        }
    }

    /// Its address, as the code of callers has it.
    #[must_use]
    pub fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// The callee at an address that [`Self::address`] gave.
    ///
    /// # Safety
    /// It did (F1).
    #[must_use]
    pub unsafe fn at(address: usize) -> &'static Self {
        // SAFETY: by the caller.
        unsafe { &*(address as *const Self) }
    }

    /// Whether it can be called.
    #[must_use]
    pub fn has_code(&self) -> bool {
        !self.code.load(Ordering::Acquire).is_null()
    }

    /// Its trace, if it has one.
    #[must_use]
    pub fn trace(&self) -> Option<Arc<Compiled>> {
        self.owner.lock().clone()
    }

    /// The trace that runs as this callee.
    ///
    /// # Safety
    /// An activation of it exists (F2).
    #[must_use]
    pub unsafe fn running<'x>(&self) -> &'x Compiled {
        // SAFETY: by the caller; while an activation of it exists the trace is neither
        // replaced (only one thread runs, and it is inside) nor freed.
        unsafe { &*self.trace.load(Ordering::Acquire) }
    }
}

/// All callees.
#[derive(Debug, Default)]
pub struct Callees {
    known: RwLock<HashMap<Key, &'static Callee>>,
    /// Traces that were callees' once.
    retired: Mutex<Vec<Arc<Compiled>>>,
}

impl Callees {
    /// The callee for a key, if there is one.
    #[must_use]
    pub fn find(&self, key: &Key) -> Option<&'static Callee> {
        self.known.read().get(key).copied()
    }

    /// The callee for a key, made if need be; none when its function has enough of them.
    pub fn get(&self, key: &Key) -> Option<&'static Callee> {
        if let Some(found) = self.find(key) {
            return Some(found);
        }
        let mut known = self.known.write();
        let siblings = known.keys().filter(|other| other.code == key.code).count();
        if siblings >= MAX_VERSIONS {
            return None;
        }
        // F1: there are at most a few for each function that is hot.
        let callee: &'static Callee = Box::leak(Box::new(Callee::new(key.clone())));
        known.insert(key.clone(), callee);
        Some(callee)
    }

    /// Gives a callee a trace.
    pub fn publish(&self, callee: &Callee, trace: Arc<Compiled>) {
        let mut owner = callee.owner.lock();
        callee.code.store(std::ptr::null_mut(), Ordering::Release);
        callee
            .trace
            .store(Arc::as_ptr(&trace).cast_mut(), Ordering::Release);
        callee
            .code
            .store(trace.entry().cast_mut(), Ordering::Release);
        self.retire(owner.replace(trace));
    }

    /// Takes a callee's trace away: callers leave from now on.
    pub fn withdraw(&self, callee: &Callee) {
        let mut owner = callee.owner.lock();
        callee.code.store(std::ptr::null_mut(), Ordering::Release);
        self.retire(owner.take());
    }

    /// Takes all traces away.
    pub fn withdraw_all(&self) {
        let known: Vec<_> = self.known.read().values().copied().collect();
        for callee in known {
            self.withdraw(callee);
        }
    }

    /// Whether a code has a callee with code.
    #[must_use]
    pub fn knows(&self, code: CodeId) -> bool {
        let known = self.known.read();
        known
            .iter()
            .any(|(key, callee)| key.code == code && callee.has_code())
    }

    fn retire(&self, trace: Option<Arc<Compiled>>) {
        let mut retired = self.retired.lock();
        retired.extend(trace);
        if RUNNING.get() == 0 {
            retired.clear();
        }
    }
}

/// Whether all that a function trace and those that it may call rely on holds (F3, F4).
#[must_use]
pub fn holds(callee: &Callee, vm: &VirtualMachine) -> bool {
    if threads_started() {
        return false;
    }
    let mut seen: SmallVec<[usize; 8]> = SmallVec::new();
    seen.push(callee.address());
    let mut next = 0;
    while let Some(address) = seen.get(next).copied() {
        next += 1;
        // SAFETY: the addresses are those of callees (F1).
        let callee = unsafe { Callee::at(address) };
        let owner = callee.owner.lock();
        // Without a trace nobody gets there.
        let Some(trace) = owner.as_ref() else {
            continue;
        };
        if !trace.is_valid() || !trace.names_hold(vm) {
            return false;
        }
        for called in &trace.meta.callees {
            if !seen.contains(called) {
                seen.push(*called);
            }
        }
    }
    true
}
