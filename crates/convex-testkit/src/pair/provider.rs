//! An identity provider that answers as it is told.

use std::{collections::VecDeque, time::Duration};

use convex_sync::{FetchId, Time, Token, TokenError};

/// What a token fetch is answered with.
pub type TokenResult = Result<Option<Token>, TokenError>;

/// How one fetch goes.
#[derive(Debug, Clone)]
pub enum FetchReply {
    /// It is answered after a while.
    After(Duration, TokenResult),
    /// It is never answered.
    Never,
}

/// One fetch, as the client asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchRequest {
    /// When.
    pub at: Time,
    /// Which one it is.
    pub fetch: FetchId,
    /// Whether a cached token will not do.
    pub force: bool,
}

type Answer = Box<dyn FnMut(FetchRequest) -> FetchReply + Send>;

/// The provider: what it answers, what it was asked, and what is under way.
pub(super) struct Provider {
    pub(super) answer: Answer,
    pub(super) requests: Vec<FetchRequest>,
    under_way: VecDeque<(Time, FetchId, TokenResult)>,
}

impl Provider {
    pub(super) fn new(answer: impl FnMut(FetchRequest) -> FetchReply + Send + 'static) -> Self {
        Self { answer: Box::new(answer), requests: Vec::new(), under_way: VecDeque::new() }
    }

    pub(super) fn fetch(&mut self, now: Time, fetch: FetchId, force: bool) {
        let request = FetchRequest { at: now, fetch, force };
        self.requests.push(request);
        if let FetchReply::After(delay, answer) = (self.answer)(request) {
            self.under_way.push_back((now + delay, fetch, answer));
        }
    }

    pub(super) fn next_answer(&self) -> Option<Time> {
        self.under_way.iter().map(|(due, ..)| *due).min()
    }

    /// The answer that is due. It is given even to a fetch that the client dropped: it must not
    /// mind.
    pub(super) fn answered(&mut self, now: Time) -> Option<(FetchId, TokenResult)> {
        let index = self.under_way.iter().position(|(due, ..)| *due <= now)?;
        let (_, fetch, answer) = self.under_way.remove(index)?;
        Some((fetch, answer))
    }
}
