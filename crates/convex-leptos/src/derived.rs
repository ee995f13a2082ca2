//! Signals that are computed from other signals of a client.

use leptos::{
    prelude::*,
    reactive::{computed::ArcMemo, graph::ReactiveNode},
};
use std::sync::Arc;

/// A signal that notifies only when what `read` returns changes, and never holds a stale value.
///
/// A memo alone is stale for a moment: an [`Update`](convex_web::Update) writes all signals and
/// then notifies them one after another, so an immediate effect of the first signal could read a
/// memo that has not been marked yet. So what is read is computed again. A memo that turns out to
/// be stale is marked on the spot: when it is notified later, it has not changed, and an effect
/// that read it does not run twice for one update.
pub(crate) fn derived<T>(read: impl Fn() -> T + Send + Sync + 'static) -> Signal<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    let read = Arc::new(read);
    let memo = ArcMemo::new({
        let read = Arc::clone(&read);
        move |_| read()
    });
    Signal::derive(move || {
        let value = untrack(|| read());
        let is_stale = *memo.read_untracked() != value;
        if is_stale {
            memo.mark_dirty();
        }
        // Reading it, unlike `track`, also subscribes it to its sources.
        drop(memo.read());
        value
    })
}
