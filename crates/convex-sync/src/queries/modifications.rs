//! Sending the difference between the subscribed queries and those that the server knows.

use super::{Placement, Queries, QueryKey, SubscribedQuery};
use crate::{AuthPolicy, QueryHandle, sorted_set::SortedSet, wire::QueryModification};

/// The approximate limit of a message with several queries, in bytes. The server accepts 16 MiB in
/// one WebSocket frame, and a browser may send any message as one frame (docs/protocol.md §16).
const MAX_MESSAGE: usize = 8 << 20;

impl Queries {
    /// The removals to send. They count as sent.
    pub(crate) fn transmit_removals(&mut self) -> Vec<QueryModification<'_>> {
        self.to_remove.drain(..).map(|query| QueryModification::Remove { query }).collect()
    }

    /// The changes to send, of queries that may run, as far as they fit into one message. They
    /// count as sent.
    pub(crate) fn transmit(&mut self, may_run: impl Fn(AuthPolicy) -> bool) -> Vec<QueryModification<'_>> {
        let added = self.place_added(may_run);
        let mut modifications: Vec<_> =
            self.to_remove.drain(..).map(|query| QueryModification::Remove { query }).collect();
        modifications.extend(added.into_iter().map(|(handle, id)| {
            let query = self.all.get(handle).expect("placed queries exist");
            let journal = query.journal.as_ref().map(Option::as_deref);
            QueryModification::Add {
                query: id,
                function: &query.key.function,
                args: &query.key.args,
                journal,
            }
        }));
        modifications
    }

    /// Assigns wire ids to the queries that go into the next message; the rest stays in `to_add`.
    fn place_added(&mut self, may_run: impl Fn(AuthPolicy) -> bool) -> Vec<(QueryHandle, u32)> {
        let mut handles = SortedSet::default();
        for auth in AuthPolicy::ALL.into_iter().filter(|auth| may_run(*auth)) {
            self.to_add[auth].take().into_iter().for_each(|handle| handles.insert(handle));
        }
        let mut room = MAX_MESSAGE;
        let place = |handle| {
            let query = self.all.get_mut(handle)?;
            let size = query.size();
            // The first query always fits, because it cannot be sent in a smaller message.
            if size > room && room < MAX_MESSAGE {
                self.to_add[query.key.auth].insert(handle);
                return None;
            }
            room = room.saturating_sub(size);
            let id = match query.placement {
                Placement::Unplaced => {
                    let id = self.next_wire;
                    self.next_wire += 1;
                    self.by_wire.insert(id, handle);
                    id
                }
                Placement::Known(id) | Placement::Added(id) => id,
            };
            query.placement = Placement::Added(id);
            Some((handle, id))
        };
        handles.take().into_iter().filter_map(place).collect()
    }
}

impl SubscribedQuery {
    /// The approximate size of the query in a message, in bytes.
    fn size(&self) -> usize {
        let QueryKey { function, args, .. } = &*self.key;
        let journal = self.journal.as_ref().and_then(Option::as_ref).map_or(0, |journal| journal.len());
        100 + function.as_str().len() + args.as_json().len() + journal
    }
}
