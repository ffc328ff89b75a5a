//! What the JIT tells of itself, one table each: abort reasons, counters; and the log
//! events through `tracing`.
//!
//! Targets are `jit::record`, `jit::compile`, `jit::deopt`, `jit::invalidate` and
//! `jit::blacklist`; the field `event` names the event. Text goes to stderr when
//! `PYTHON_JIT_LOG` holds a filter, JSON lines to the file that
//! `PYTHON_JIT_LOG_JSON` names.
//!
//! Invariant: without either variable no subscriber is installed and an event costs
//! one load.
//!
//! Worked example: `PYTHON_JIT_LOG=info rustpython script.py` prints a line such as
//! `INFO jit::compile: compiled event="compile" trace=1 file=script.py function=f line=3 …`.

use std::fmt;
use std::fs::OpenOptions;
use std::sync::Mutex;
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt};

macro_rules! aborts {
    ($( $name:ident, $transient:literal, $text:literal; )*) => {
        /// Why a recording or a compilation was given up.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Abort { $( #[doc = $text] $name, )* }

        impl Abort {
            /// The reason for readers.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $( Self::$name => $text, )* }
            }
            /// Whether it says nothing about the loop itself, so that it does not count
            /// as one of its failures.
            #[must_use]
            pub const fn is_transient(self) -> bool {
                match self { $( Self::$name => $transient, )* }
            }
        }
    };
}

aborts! {
    Interrupted, true, "the interpreter was interrupted while recording (signal, collection, stopped world)";
    Watched, true, "tracing, profiling or monitoring was turned on while recording";
    Overtaken, true, "a call took so long that others began to record in it";
    TooLong, false, "the recording is longer than max-trace";
    Raised, false, "an exception was raised while recording";
    LeftFrame, false, "the frame returned, yielded or was suspended while recording";
    InnerLoop, false, "an inner loop is not compiled yet";
    LongCallee, true, "a loop of a callee goes round too often to be followed";
    LeftLoop, false, "the recording left the loop";
    StackShape, false, "the value stack differs between the loop's ends";
    Unstable, false, "a loop-carried value changes its type in every iteration";
    NoSide, false, "the exit is not in the trace any more";
    NoGain, false, "too few of the instructions have uops of their own";
    Repeats, false, "what follows the exit is the path that it is on again";
    NoCall, false, "the function made no call of a function with a trace";
    Consumer, false, "what it yields is not taken by the same builtin function any more";
    TooManySpills, false, "too many values are live at once";
    CodeCacheFull, true, "the code cache is full";
    NoCode, false, "the machine code could not be made";
    NoMemory, false, "the system refuses memory for machine code";
    NotTrue, true, "the frame changed while it was compiled";
}

impl fmt::Display for Abort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Installs the log subscriber that the environment asks for. What is wrong with the
/// settings is reported on stderr, and the program goes on without that log.
pub fn install(filter: Option<&str>, json: Option<&str>) {
    let mut layers = Vec::new();
    if let Some(filter) = filter.filter(|f| !f.is_empty()) {
        match EnvFilter::try_new(filter) {
            Ok(filter) => layers.push(
                tracing_subscriber::fmt::layer()
                    .with_writer(std::io::stderr)
                    .with_ansi(false)
                    .without_time()
                    .with_filter(filter)
                    .boxed(),
            ),
            Err(error) => {
                eprintln!("rustpython: PYTHON_JIT_LOG: `{filter}` is not a log filter: {error}")
            }
        }
    }
    if let Some(path) = json.filter(|p| !p.is_empty()) {
        match OpenOptions::new().create(true).append(true).open(path) {
            Ok(file) => layers.push(
                tracing_subscriber::fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_current_span(false)
                    .with_span_list(false)
                    .with_writer(Mutex::new(file))
                    .with_filter(EnvFilter::new("jit=debug"))
                    .boxed(),
            ),
            Err(error) => {
                eprintln!("rustpython: PYTHON_JIT_LOG_JSON: cannot write {path}: {error}")
            }
        }
    }
    // Not `try_init`: that would also take over the `log` crate, which the host has set up.
    if !layers.is_empty()
        && tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layers))
            .is_err()
    {
        eprintln!("rustpython: the JIT's log is off: this program has a log of its own");
    }
}
