//! What came out of the core at one time.

use super::Driver;
use crate::{
    Update,
    request::Outcome,
    sync::{Event, FetchId, RequestId, SocketId, SyncClient},
};
use std::collections::BinaryHeap;

/// What came out of the core at one time, in the order in which it is carried out.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) tasks: Vec<Task>,
    pub(super) update: Option<Update>,
    pub(super) responses: Vec<(RequestId, Outcome)>,
}

/// Something the core wants done, or that app code wanted done while the core ran it.
pub(super) enum Task {
    Open(SocketId),
    Close(SocketId),
    Fetch { fetch: FetchId, force: bool },
    DropFetch(FetchId),
    Call(Box<dyn FnOnce(&Driver)>),
}

impl Batch {
    /// Takes out everything there is; `None` where there is nothing.
    pub(super) fn drain(core: &mut SyncClient) -> Option<Self> {
        let first = core.poll_event()?;
        let mut batch = Self::default();
        batch.add(first);
        while let Some(event) = core.poll_event() {
            batch.add(event);
        }
        if let Some(update) = &mut batch.update {
            // Several transitions may have changed the same query.
            ascend(&mut update.queries);
            ascend(&mut update.paginated);
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

/// Puts handles in order, each once. They mostly are: so it is done by a heap, which is much less
/// code than a sort.
#[inline(never)]
fn ascend<T: Ord>(handles: &mut Vec<T>) {
    if !handles.is_sorted_by(|one, next| one < next) {
        *handles = BinaryHeap::from(std::mem::take(handles)).into_sorted_vec();
        handles.dedup();
    }
}
