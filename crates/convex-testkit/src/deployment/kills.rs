//! Functions that end every connection that they are called on.

use convex_sync_types::{ClientMessage, QuerySetModification};

use super::{ConnectionId, Deployment};
use crate::functions::canonical;

/// How a function ends the connection that it is called on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kill {
    /// The close code and reason; `None` breaks the connection without a close frame, and unsent
    /// frames are lost.
    pub close: Option<(u16, &'static str)>,
    /// Whether the messages before the call are answered first.
    pub answers_first: bool,
}

impl Deployment {
    /// Makes calls of this function end their connection instead of running it. `None` ends this
    /// fault.
    pub fn kill_on_call(&mut self, path: &str, kill: Option<Kill>) {
        match kill {
            Some(kill) => self.faults.kills.insert(path.to_owned(), kill),
            None => self.faults.kills.remove(path),
        };
    }

    /// Ends the connection if the message calls such a function. Returns whether it does.
    pub(super) fn is_killed(&mut self, connection: ConnectionId, message: &ClientMessage) -> bool {
        let paths = match message {
            ClientMessage::Mutation { udf_path, .. } | ClientMessage::Action { udf_path, .. } => {
                vec![udf_path.clone()]
            }
            ClientMessage::ModifyQuerySet { modifications, .. } => {
                let added = modifications.iter().filter_map(|modification| match modification {
                    QuerySetModification::Add(query) => Some(query.udf_path.clone()),
                    QuerySetModification::Remove { .. } => None,
                });
                added.collect()
            }
            _ => return false,
        };
        let mut kills = paths.into_iter().filter_map(|path| self.faults.kills.get(&canonical(path)).copied());
        let Some(Kill { close, answers_first }) = kills.next() else { return false };
        if answers_first {
            self.transition(connection);
        }
        match close {
            Some((code, reason)) => self.close(self.now, connection, Some(code), reason),
            None => self.drop_connection(self.now, connection),
        }
        true
    }
}
