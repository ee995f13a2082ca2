//! The events of one change of the core, sorted by kind.

use super::Driver;
use crate::{
    Update,
    outcome::RequestOutcome,
    sync::{Event, FetchId, RequestId, SocketId, SyncClient},
};
use std::collections::BinaryHeap;

/// The events of one change of the core, in the order in which they are carried out.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) tasks: Vec<Task>,
    pub(super) update: Option<Update>,
    pub(super) responses: Vec<(RequestId, RequestOutcome)>,
}

/// An action that the core has requested, or a call that was deferred while the core was busy.
pub(super) enum Task {
    Open(SocketId),
    Close(SocketId),
    Fetch { fetch: FetchId, force: bool },
    DropFetch(FetchId),
    Call(Box<dyn FnOnce(&Driver)>),
}

impl Batch {
    /// Drains the events of the core; `None` if there are none.
    pub(super) fn drain(core: &mut SyncClient) -> Option<Self> {
        let first = core.poll_event()?;
        let mut batch = Self::default();
        batch.add(first);
        while let Some(event) = core.poll_event() {
            batch.add(event);
        }
        if let Some(update) = &mut batch.update {
            // Several transitions may have changed the same query.
            sort_and_dedup(&mut update.queries);
            sort_and_dedup(&mut update.paginated);
        }
        Some(batch)
    }

    fn add(&mut self, event: Event) {
        match event {
            Event::Open { socket } => self.tasks.push(Task::Open(socket)),
            Event::Close { socket } => self.tasks.push(Task::Close(socket)),
            Event::FetchToken { fetch, force } => self.tasks.push(Task::Fetch { fetch, force }),
            Event::DropFetch { fetch } => self.tasks.push(Task::DropFetch(fetch)),
            Event::Transition { changed, paginated } => {
                self.update().queries.extend(changed);
                self.update().paginated.extend(paginated);
            }
            Event::Auth => self.update().auth = true,
            Event::Connection => self.update().connection = true,
            Event::InFlight => self.update().in_flight = true,
            Event::OptimisticUpdateFailed { request, error } => {
                self.update().failed_updates.push((request, error));
            }
            Event::Log { function, lines } => self.update().logs.push((function, lines)),
            Event::Response { request, outcome } => self.responses.push((request, outcome)),
        }
    }

    fn update(&mut self) -> &mut Update {
        self.update.get_or_insert_default()
    }
}

/// Sorts handles and removes duplicates. They are usually sorted already, so the rest is done by a
/// heap, which is much less code than a sort.
#[inline(never)]
fn sort_and_dedup<T: Ord>(handles: &mut Vec<T>) {
    if !handles.is_sorted_by(|one, next| one < next) {
        *handles = BinaryHeap::from(std::mem::take(handles)).into_sorted_vec();
        handles.dedup();
    }
}
