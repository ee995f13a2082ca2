//! Token fetches, and their scripted responses.

use std::{collections::VecDeque, time::Duration};

use convex_sync::{FetchId, Time, Token, TokenError};

/// The outcome of a token fetch.
pub type TokenResult = Result<Option<Token>, TokenError>;

/// The response to a token fetch.
#[derive(Debug, Clone)]
pub enum FetchReply {
    /// It is answered after a delay.
    After(Duration, TokenResult),
    /// It is never answered.
    Never,
}

/// A token fetch of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchRequest {
    /// The time.
    pub at: Time,
    /// Its id.
    pub fetch: FetchId,
    /// Whether a cached token must not be returned.
    pub force: bool,
}

type ReplyFn = Box<dyn FnMut(FetchRequest) -> FetchReply + Send>;

/// The token fetches so far, and those that are pending.
pub(super) struct FetchQueue {
    pub(super) reply: ReplyFn,
    pub(super) requests: Vec<FetchRequest>,
    pending: VecDeque<(Time, FetchId, TokenResult)>,
}

impl FetchQueue {
    pub(super) fn new(reply: impl FnMut(FetchRequest) -> FetchReply + Send + 'static) -> Self {
        Self { reply: Box::new(reply), requests: Vec::new(), pending: VecDeque::new() }
    }

    pub(super) fn fetch(&mut self, now: Time, fetch: FetchId, force: bool) {
        let request = FetchRequest { at: now, fetch, force };
        self.requests.push(request);
        if let FetchReply::After(delay, answer) = (self.reply)(request) {
            self.pending.push_back((now + delay, fetch, answer));
        }
    }

    pub(super) fn next_reply(&self) -> Option<Time> {
        self.pending.iter().map(|(due, ..)| *due).min()
    }

    /// The response that is due. Dropped fetches are answered, too: the client must ignore that.
    pub(super) fn take_due(&mut self, now: Time) -> Option<(FetchId, TokenResult)> {
        let index = self.pending.iter().position(|(due, ..)| *due <= now)?;
        let (_, fetch, answer) = self.pending.remove(index)?;
        Some((fetch, answer))
    }
}
