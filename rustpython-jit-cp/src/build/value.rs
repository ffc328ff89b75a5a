//! What the trace builder knows of a value.
//!
//! Invariants:
//! - V1: a number that came from a box keeps its box ([`Av::Boxed`]) until it changes, so that
//!   identity survives.
//! - V2: an [`Av::Owned`] stands in one place only; its reference is moved or released exactly
//!   once.
//! - V3: a borrowed reference says which memory of the frame holds its count ([`From`]).
//!
//! Worked example: `x` loaded from local 3 is `Ref` from `Local(3)`; once a use has
//! guarded and unboxed it, it is `Boxed(Int(v7), v5, Local(3))`; `x + 1` is `Int(v8)`.
#![forbid(unsafe_code)]

use crate::ir::{InstIdx, SnapValue};
use crate::recording::{ConstValue, Kind};
use rustpython_vm::Context;

/// An unboxed number.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Prim {
    /// An integer.
    Int(InstIdx),
    /// A double.
    Float(InstIdx),
}

impl Prim {
    /// The kind of an object that it is in.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Int(_) => Kind::Int,
            Self::Float(_) => Kind::Float,
        }
    }
}

/// Whose memory holds the count of a borrowed reference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum From {
    /// A fast local.
    Local(u32),
    /// An entry of the value stack in memory.
    Stack(u32),
    /// The dictionary entry of a name.
    Name(u32),
    /// The caller of a function trace, for this argument.
    Arg(u32),
    /// Another object, until that lets it go ([`super::attributes`]).
    Heap(Holder),
}

/// As what an object holds another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holder {
    /// An attribute of this name (by address).
    Attribute(usize),
    /// An element of a list.
    Element,
    /// Something that a class or a cell has: only code that the interpreter runs replaces it.
    Class,
    /// A tuple.
    Tuple,
    /// What waits for an inlined call that it is an argument of.
    Caller,
    /// One of these, but for the last.
    Any,
}

/// What is let go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loss {
    /// An object that may end, and all that ends with it.
    Any,
    /// An object of this kind, which holds nothing, by this holder.
    Leaf(Kind, Holder),
    /// An element of a list which holds nothing.
    Element,
}

/// What stands on the value stack or in a local only while something that is never made would be
/// there: an exception that is raised and caught ([`super::raise`]), or a tuple.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Virtual {
    /// The exception, of the class at this address.
    Exception(usize),
    /// What was handled before.
    Handled,
    /// A tuple of builtin classes of exceptions.
    Classes,
    /// A tuple that is only taken apart ([`super::tuples`]).
    Tuple(u32),
}

/// A value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Av {
    /// Whatever its place in memory holds; not loaded yet.
    Unread,
    /// A null.
    Null,
    /// An unboxed number without a box.
    Num(Prim),
    /// A truth value.
    Bool(InstIdx),
    /// An unboxed number that has a box.
    Boxed(Prim, InstIdx, From),
    /// A number that came as this argument of a function trace; only the caller's record says
    /// whether it has a box.
    Arg(Prim, u32),
    /// An object, and what it is when that has been guarded.
    Ref(InstIdx, From, Option<Kind>),
    /// An object whose count the trace holds.
    Owned(InstIdx, Option<Kind>),
    /// An object that outlives the trace.
    Const(usize, ConstValue),
    /// Something that no snapshot ever sees.
    Virtual(Virtual),
    /// An instance that an inlined call has made, which is in no memory yet and which no snapshot
    /// ever sees ([`super::construct`]).
    New(u32),
}

/// Whether the interpreter has the int of this value once.
#[must_use]
pub fn has_one_object(value: i64) -> bool {
    i32::try_from(value).is_ok_and(|v| Context::INT_CACHE_POOL_RANGE.contains(&v))
}

impl Av {
    /// What a snapshot says of it; `None` for what is in memory already.
    #[must_use]
    pub fn snap(self) -> Option<SnapValue> {
        Some(match self {
            Self::Unread => return None,
            Self::Null | Self::Virtual(_) | Self::New(_) => SnapValue::Null,
            Self::Num(Prim::Int(v)) => SnapValue::Int(v),
            Self::Num(Prim::Float(v)) => SnapValue::Float(v),
            Self::Bool(v) => SnapValue::Bool(v),
            Self::Arg(_, index) => SnapValue::Arg(index),
            Self::Boxed(_, v, _) | Self::Ref(v, ..) => SnapValue::Borrowed(v),
            Self::Owned(v, _) => SnapValue::Owned(v),
            Self::Const(addr, _) => SnapValue::Const(addr as u64),
        })
    }

    /// Whose memory it borrows from.
    #[must_use]
    pub const fn lender(self) -> Option<From> {
        match self {
            Self::Boxed(_, _, from) | Self::Ref(_, from, _) => Some(from),
            _ => None,
        }
    }

    /// Whether it is borrowed from another object and a loss may end it.
    #[must_use]
    pub fn is_endangered(self, loss: Loss) -> bool {
        let (holder, known) = match self {
            Self::Boxed(prim, _, From::Heap(holder)) => (holder, Some(prim.kind())),
            Self::Ref(_, From::Heap(holder), kind) => (holder, kind),
            _ => return false,
        };
        match loss {
            Loss::Any => !matches!(holder, Holder::Class | Holder::Caller),
            Loss::Element => {
                matches!(holder, Holder::Element | Holder::Any)
                    && known.is_none_or(Kind::drops_trivially)
            }
            Loss::Leaf(kind, from) => {
                (holder == from || holder == Holder::Any) && known.is_none_or(|known| known == kind)
            }
        }
    }

    /// Whether releasing it runs no code that a program can see.
    #[must_use]
    pub fn drops_trivially(self) -> bool {
        match self {
            Self::Null
            | Self::Num(_)
            | Self::Bool(_)
            | Self::Boxed(..)
            | Self::Arg(..)
            | Self::Virtual(_)
            | Self::New(_) => true,
            Self::Ref(_, _, kind) | Self::Owned(_, kind) => kind.is_some_and(Kind::drops_trivially),
            Self::Const(_, value) => value != ConstValue::Object,
            Self::Unread => false,
        }
    }
}
