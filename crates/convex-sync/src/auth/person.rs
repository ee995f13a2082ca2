//! One signed-in person: what the server said of them, and the token that speaks for them.

use super::{Credential, Subject, fetch::Fetch};
use crate::{Time, Token, TokenError, context::Context, timer::Timer};
use std::sync::Arc;

/// Somebody who is signed in, says the provider.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) key: Arc<str>,
    pub(super) standing: Standing,
    /// The token to be used; `None` while there is none that is any good.
    pub(super) credential: Option<Credential>,
    /// Whom the first token spoke for; one that speaks for another is somebody else's.
    pub(super) subject: Option<Subject>,
    /// The last token that ran out. It is no use when it comes again; another that seems to have run out is the clock's fault.
    pub(super) spent: Option<Token>,
    pub(super) fetch: Fetch,
    /// Why the last fetch brought no token, until one does.
    pub(super) problem: Option<TokenError>,
    /// Rejections since the server last accepted a token. A fetch that brings a rejected token again counts.
    pub(super) rejections: u32,
}

/// What the server said of the person.
#[derive(Debug, Clone, Copy)]
pub(super) enum Standing {
    /// Nothing yet.
    Unconfirmed(Wait),
    /// It accepted the token.
    Confirmed,
    /// It accepted a token that has been rejected or has run out since.
    InDoubt,
}

/// Waiting to learn who is asking.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wait {
    pub(super) since: Time,
    /// It has taken so long that `Settled` queries go out anonymously.
    pub(super) too_long: bool,
}

impl Person {
    pub(super) fn new(key: Arc<str>, wait: Wait) -> Self {
        Self {
            key,
            standing: Standing::Unconfirmed(wait),
            credential: None,
            subject: None,
            spent: None,
            fetch: Fetch::Idle,
            problem: None,
            rejections: 0,
        }
    }

    pub(super) fn lose_credential(&mut self, cx: &mut Context<'_>) {
        if let Some(credential) = self.credential.take() {
            self.spent = Some(credential.token);
        }
        self.disarm(cx);
        if let Standing::Confirmed = self.standing {
            self.standing = Standing::InDoubt;
        }
    }

    pub(super) fn reschedule(&self, cx: &mut Context<'_>) {
        if let Some(credential) = &self.credential {
            credential.schedule(cx);
        }
    }

    pub(super) fn disarm(&self, cx: &mut Context<'_>) {
        cx.timers.clear(Timer::Refresh);
        cx.timers.clear(Timer::Expiry);
    }
}
