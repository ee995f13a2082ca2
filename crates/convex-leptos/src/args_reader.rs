//! Reading the arguments of a query, which may depend on other queries.
//!
//! While a query loads, arguments that read it and come out as a skip are *undecided*: the query
//! that takes them is loading, not skipped.

use crate::query::{DecidedArgs, EncodedArgs};
use std::cell::Cell;

/// What a closure that computes arguments has read so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ReadQueries {
    /// It read a query.
    pub(crate) any: bool,
    /// It read a query that loads.
    pub(crate) loading: bool,
}

thread_local! {
    static READ: Cell<Option<ReadQueries>> = const { Cell::new(None) };
}

/// Runs a closure that computes arguments.
pub(crate) fn read<T>(compute: impl FnOnce() -> T) -> (T, ReadQueries) {
    struct Restore(Option<ReadQueries>);
    impl Drop for Restore {
        fn drop(&mut self) {
            READ.set(self.0);
        }
    }
    let restore = Restore(READ.replace(Some(ReadQueries::default())));
    let computed = compute();
    let read = READ.get().unwrap_or_default();
    drop(restore);
    (computed, read)
}

/// Whether arguments are being computed on this thread.
pub(crate) fn is_reading() -> bool {
    READ.get().is_some()
}

/// Records that a query is read. Returns whether arguments are being computed.
pub(crate) fn note(is_loading: impl FnOnce() -> bool) -> bool {
    let read = READ.get();
    if let Some(before) = read {
        READ.set(Some(ReadQueries { any: true, loading: before.loading || is_loading() }));
    }
    read.is_some()
}

impl ReadQueries {
    /// The arguments, unless they are undecided.
    pub(crate) fn decide(self, args: EncodedArgs) -> DecidedArgs {
        if self.loading && args == Ok(None) { None } else { Some(args) }
    }
}
