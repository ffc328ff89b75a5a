//! A register-allocating copy-and-patch tracing JIT for RustPython.
//!
//! The interpreter counts backward jumps; a hot loop is recorded while it runs, the
//! recording becomes a typed trace in SSA form, and the trace becomes machine code made of
//! prebuilt pieces. The stages, one module each:
//!
//! [`install`] → [`monitor`] → [`record`] → [`build`] → [`ir`] → [`opt`] → [`regalloc`] →
//! [`stencil`] → [`codegen`] → [`compiled`] (enter) → [`runtime`] (helpers) → [`deopt`] →
//! interpreter.
//!
//! Without the feature `cp-jit` only the stages that do not know the host are built.
//!
//! # Branches and nested loops
//!
//! A trace starts as one path around its loop. Where it is left often, what follows is recorded as
//! a *side path*, and the trace is compiled again as a tree: the exit jumps to the side path with
//! all registers as they are, and the side path ends at the loop's header, in the form that the
//! header expects. So a flipping branch costs a jump. The end of an inner loop is such
//! an exit as well: its side path runs through the rest of the outer loop and comes back to the
//! inner one, and the nest becomes one tree, rooted in its innermost loop. (The header's form,
//! types included, is one for the whole tree. Where a path brings other types, the trace is left
//! there, and when that goes on the loop is recorded anew.)
//!
//! Where most entries leave in front of the loop because the trunk is the rarer path, another path
//! around the loop takes its place, and the others are found again (twice at most).
//!
//! Limits: `sides` paths a trace, four times `max-trace` instructions in all; an exit whose side path
//! could not be built is not tried again.
//!
//! # Calls and frames
//!
//! A recording follows calls of Python functions and methods: by position, by keyword and with
//! defaults; of functions with closures; of bound methods that variables hold; of properties'
//! getters; of the methods of operators and subscripts (loads and stores), where the left operand is
//! asked first; of classes, into `__init__`; with `*args`, and `f(*args)`. (Not those with
//! `**kwargs`, with handlers or cells of their own, or deeper than six.) A callee's loop is followed
//! round by round, if it goes round a few times only.
//! On the trace such a call is *inlined*: no frame is made for it, its locals are values in
//! registers. There are two ways:
//!
//! - *Replayed*: the call has no effect but its result, attributes that it replaces, instances that it
//!   makes, and others that come last, behind every exit. The attributes are written when the
//!   outermost such call ends. Tuples that are only taken apart (`grid[x, y]`, `a, b = f()`,
//!   `*args`) are not made (`build::tuples`). Every exit inside goes back to the start of the call in
//!   the caller; the interpreter then makes the call itself.
//! - *With a frame in snapshots* (`build::frames`), if that cannot be: the callee does what it does
//!   when it does it, and an exit behind that makes the frames of all calls that it is inside of,
//!   outermost first, and the interpreter goes on in the innermost. A hot one has a side path that
//!   starts in there.
//!
//! Whoever could look at frames cannot run meanwhile. So a frame that Python code can see
//! (`sys._getframe`, `f_back`, tracebacks, `locals()`) is always true, at the line where the
//! interpreter would be. Guards compare the function's version, which changes with its code
//! and defaults, or its code and dictionaries, where it has a closure and is made again and again;
//! a trace is entered only where the recursion limit has room for its calls.
//! Every other call is made by the interpreter, in a residual run, but for those of functions
//! that have traces of their own.
//!
//! # What builtin types do
//!
//! What happens to dictionaries, sets, strings, slices, big integers and iterators, and calls of builtin
//! functions and methods that only make something of their arguments, is done by the functions of the
//! [`native`] table, which says what each may change and whether it may raise. They are called with the
//! objects themselves, without a vector of arguments; only those that the table has no row for get one
//! (`call_1`, `call_2`). No Python code runs in one: what would need a frame refuses, and the
//! interpreter executes that instruction.
//!
//! # Functions and recursion
//!
//! A hot function that calls itself, or others that are compiled already, is recorded from its
//! `RESUME` to its return, once for each combination of kinds of arguments (four at most). Such
//! traces call each other on the native stack ([`callee`], `build::function`): numbers are passed
//! and returned unboxed. They contain nothing that runs Python code, and nothing that writes a
//! dictionary that holds names; a path with anything else ends with an exit. The depth of calls is counted against
//! the recursion limit and the native stack (a quarter of it); at the limit the interpreter makes
//! the next call, and raises what it has to.
//!
//! Who sees which frame:
//!
//! | frame | while compiled code runs | who can look at it |
//! |---|---|---|
//! | of the loop or function that was entered from the interpreter | is real; its numbers may be newer in registers | nobody, until it has been made true: before a residual run, at every exit |
//! | of an inlined call that is replayed | does not exist | nobody: an exit goes back to before the call |
//! | of an inlined call with a frame in snapshots | does not exist | nobody. An exit makes it, and those of all calls around it, from the snapshot, and they go onto the trampoline's stack of suspended frames. Where the interpreter runs a callee in the middle of an instruction (a default, an operator, a property), the frame waits in that instruction, and its callee runs to its end on the native stack, as it would have |
//! | of a call from trace to trace | does not exist | nobody. When the innermost leaves, the frames of all who wait for it are made from the snapshots of their calls, outermost first, and go onto the trampoline's stack of suspended frames, as if the interpreter had made the calls: tracebacks, `f_back`, `f_lineno` and `locals()` are the same |
//! | of a generator that a loop drives | is real, and waits at its `yield`. What it does until the next one is done by the loop's trace; its locals may be newer in registers | nobody, until they have been stored: before a residual run, at every exit |
//! | of a generator whose values a builtin takes | is real while a trace of its loop runs; each value is taken (added, appended, looked at) instead of being yielded. A total is stored before a residual run and at every exit | as for a loop. The builtin itself, which is no Python frame, waits below |
//! | below the entry | are real and suspended | everybody |
//!
//! A number keeps the object that it is in for the program: it is passed along with it, so that
//! `is` says the same in a callee and behind it.
//!
//! The frame of the loop itself exists all the time. Its numbers may be newer in registers than
//! in memory; before anything that may look at it (a residual run, an exit) it is made
//! true.
//!
//! # Generators
//!
//! A loop's `FOR_ITER` over a generator, and `yield from`, are followed into the generator's frame
//! to where it yields next, and into generators that it drives itself (`build::generator`). What
//! the generators do there is part of the loop's trace, like the body of an inlined call: every exit
//! inside goes back to before the loop's instruction. The generator has to wait at the same `yield`
//! each time. Anything else (its start and end, another `yield`, effects that cannot wait)
//! is a residual run: the interpreter resumes it.
//!
//! `sum`, `any`, `all`, `list`, `tuple`, `sorted` and `list.extend` take the values of a generator one
//! after the other; a trace of the generator's own loop does that for them (`build::consumer`).
//!
//! # Attributes
//!
//! Where an attribute is was recorded: in an entry of the instance's dictionary, in a slot, in its
//! class. It is there while the class has its version (unlike any other's; it ends when the class
//! or a base is modified) and the dictionary's entry the name for its key. What is read is
//! borrowed from the instance, and gets a count of its own before something is replaced that may
//! hold it (`build::attributes`). An instance whose `__init__` is followed is a few values in
//! registers until the outermost replayed call ends, and is made then if it is left
//! (`build::construct`). All this is done while there is one thread only.
//!
//! A local that holds an object which the trace has borrowed is stored late, as numbers are; the
//! old object goes when the program lets it go, if its end runs no code, which is looked at (a
//! finalizer, weak references, of everything that would end with it); else the trace is left there.
//!
//! # Exceptions
//!
//! A `raise` of a builtin exception whose making has no effect, caught by a handler of the same
//! frame that does not look at it, is a jump: neither the exception nor its traceback is made
//! (`build::raise`). If anything in between leaves the trace, the interpreter starts again before
//! the `raise`. Every other exception is raised by the interpreter, in a residual run or
//! behind an exit, in frames that are real by then.
//!
//! # Threads
//!
//! The host has no global lock: threads run Python code at the same time. Compiled code
//! assumes this, and this is how it is kept:
//!
//! | it assumes | kept by |
//! |---|---|
//! | The locals and the value stack of its frame change only through it. | A frame is executed by one thread. Whoever looks at frames (tracing, a debugger, `locals()`) does so in a residual run, before which the frame is made true, or while the world is stopped. |
//! | An int, a float, a string or a tuple does not change. | The language. Only these are read without a lock in any trace. |
//! | While the process never had a second thread: nobody else changes lists and dictionaries. Then names in dictionaries are kept in registers between residual runs, and elements of lists are read without the list's lock. | The host sets a flag before a second thread can run Python code, and never takes it back. The thread that sets it does so in a residual run, at whose end such a trace leaves (invariant C3 of the module `compiled`); after that it is never entered again, and its loop is recorded anew without the assumption. |
//! | Once there was a second thread: a list is read and written by helpers, under the list's own lock, as the interpreter does it; a name is read in a residual run, or is one that the trace keeps alive. An object that was read is counted before the lock is let go. | The recording says which of the two worlds it is for. |
//! | Counts of references are shared. | They are changed atomically, as the host does it. |
//!
//! A thread in compiled code does not keep others waiting. Every iteration polls: a
//! stopped world (collection, fork), a signal, a scheduled collection, and tracing or
//! monitoring that was turned on make the trace leave, and the interpreter takes it from
//! there. Two threads can be in the same trace: the code is never changed while it can run,
//! and what an activation changes is on its own thread's native stack. Code is freed when
//! the last one has left it.
//!
//! In a loop that waits for another thread, what the other may change is read again in
//! every iteration. Between two polls it may be read once for two uses: the interpreter
//! promises no more about when another thread's write is seen.

pub mod activation;
pub mod codegen;
pub mod events;
pub mod helper;
pub mod ir;
pub mod native;
pub mod opt;
pub mod options;
pub mod pipeline;
pub mod regalloc;
pub mod stencil;
pub mod target;
pub mod trace_meta;

#[cfg(feature = "cp-jit")]
pub mod build;
#[cfg(feature = "cp-jit")]
pub mod callee;
#[cfg(feature = "cp-jit")]
pub mod compiled;
#[cfg(feature = "cp-jit")]
pub mod deopt;
#[cfg(feature = "cp-jit")]
mod install;
#[cfg(feature = "cp-jit")]
pub mod known;
#[cfg(feature = "cp-jit")]
pub mod monitor;
#[cfg(feature = "cp-jit")]
pub mod recognize;
#[cfg(feature = "cp-jit")]
pub mod record;
#[cfg(feature = "cp-jit")]
pub mod recording;
#[cfg(feature = "cp-jit")]
pub mod runtime;
#[cfg(feature = "cp-jit")]
pub mod stats;

#[cfg(feature = "cp-jit")]
pub use install::install;
