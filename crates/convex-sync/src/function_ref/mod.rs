//! Function references: a function's path together with the types of its arguments and its result.
//!
//! Clients take a function first and its arguments second. A function is one of these:
//!
//! - a function that returns a reference, as a generator writes it: `messages::list`,
//! - a reference, such as a constant: `const LIST: QueryRef<ListArgs, Vec<Message>>`,
//! - a path: `"messages:list"`. Its arguments are [`Dynamic`] and its result is [`Unknown`].
//!
//! The traits [`CallArgs`], [`ArgsOrSkip`], [`ReadAs`], [`WrittenAs`] and [`TakenAs`] relate the
//! types of a function to the values at the call. [`Dynamic`] and [`Unknown`] implement neither
//! `Serialize` nor `Deserialize`; so the implementations for them and for all other types do not
//! overlap.

mod args;
mod id;
mod kinds;
mod results;

pub use args::{ArgsOrSkip, CallArgs, Dynamic, TakenAs};
pub use id::Id;
pub use kinds::{
    ActionFunction, ActionRef, MutationFunction, MutationRef, PaginatedFunction, PaginatedQueryRef,
    QueryFunction, QueryRef,
};
pub use results::{ReadAs, Unknown, WrittenAs};
