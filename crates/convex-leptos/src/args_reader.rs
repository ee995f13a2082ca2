//! Reading the arguments of a query, which may depend on other queries.
//!
//! While a query loads, arguments that read it and come out as a skip are *undecided*: the query
//! that takes them is loading, not skipped. A query that is read inside of a memo counts only when
//! the memo runs: a second reader of the memo does not know of it.

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

#[cfg(test)]
mod tests {
    use super::*;
    use convex_web::sync::Arguments;
    use std::panic::catch_unwind;

    const NOTHING: ReadQueries = ReadQueries { any: false, loading: false };
    const SETTLED: ReadQueries = ReadQueries { any: true, loading: false };
    const LOADING: ReadQueries = ReadQueries { any: true, loading: true };

    fn note_all(queries: &[bool]) -> ReadQueries {
        let ((), read) = read(|| {
            for &is_loading in queries {
                assert!(note(|| is_loading));
            }
        });
        read
    }

    #[test]
    fn one_loading_query_is_enough() {
        assert_eq!(note_all(&[]), NOTHING);
        assert_eq!(note_all(&[false, false]), SETTLED);
        for queries in [[true, false], [false, true]] {
            assert_eq!(note_all(&queries), LOADING);
        }
    }

    #[test]
    fn readers_outside_of_arguments_are_not_recorded() {
        assert!(!is_reading());
        assert!(!note(|| unreachable!("nothing depends on it")));
        assert_eq!(read(is_reading), (true, NOTHING));
        assert!(!is_reading());
    }

    /// Arguments can create queries, whose arguments are read inside.
    #[test]
    fn arguments_inside_of_arguments_are_read_apart() {
        let (inner, outer) = read(|| {
            note(|| false);
            let inner = note_all(&[true]);
            assert!(is_reading());
            inner
        });
        assert_eq!((inner, outer), (LOADING, SETTLED));
    }

    #[test]
    fn a_panic_ends_the_reading() {
        assert!(catch_unwind(|| read(|| panic!("the arguments panic"))).is_err());
        assert!(!is_reading());
    }

    #[test]
    fn a_skip_is_undecided_while_a_query_loads() {
        let args = Arguments::encode(&());
        for read in [NOTHING, SETTLED] {
            assert_eq!(read.decide(Ok(None)), Some(Ok(None)), "{read:?}");
        }
        assert_eq!(LOADING.decide(Ok(None)), None);
        let invalid = Arguments::encode(&5);
        assert!(invalid.is_err());
        for args in [args, invalid] {
            for read in [NOTHING, SETTLED, LOADING] {
                assert_eq!(read.decide(args.clone()), Some(args.clone()), "{read:?}");
            }
        }
    }
}
