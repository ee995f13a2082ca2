//! The events of the table, and how to cause each of them.

use super::rig::{Rig, name};
use crate::{
    Token, TokenError,
    auth::{AuthEvent, KnownSession, Session},
    digest::digest,
    timer::Timer,
};
use std::time::Duration;

/// Causes the event of a row. Returns `None` if it is impossible in this state.
pub(super) type Trigger = fn(&mut Rig) -> Option<()>;

pub(super) const EVENTS: [(&str, Trigger); 37] = [
    ("session reported: another user", |rig| {
        rig.handle(AuthEvent::SessionReported(Some(Session::signed_in("bob"))))
    }),
    ("session reported: the same", |rig| {
        let session = match &rig.auth.session {
            None => None,
            Some(KnownSession::Reported(session)) => Some(session.clone()),
            Some(KnownSession::Presumed(_)) => Some(Session::signed_in("alice")),
        };
        rig.handle(AuthEvent::SessionReported(session))
    }),
    ("session reported: loading", |rig| rig.handle(AuthEvent::SessionReported(Some(Session::Loading)))),
    ("session reported: signed out", |rig| rig.handle(AuthEvent::SessionReported(Some(Session::SignedOut)))),
    ("provider removed", |rig| rig.handle(AuthEvent::SessionReported(None))),
    ("`presume`", |rig| {
        let page = rig.page_of_alice();
        rig.handle(AuthEvent::Presume(page))
    }),
    ("`sign_out`", |rig| rig.handle(AuthEvent::SignOut)),
    ("`reauthenticate`", |rig| rig.handle(AuthEvent::Reauthenticate)),
    ("wake", |rig| rig.handle(AuthEvent::Woke)),
    ("wake, with a postponed fetch", |rig| {
        let fetch = rig.fetch();
        rig.handle(AuthEvent::TokenFetched { fetch, outcome: Err(TokenError::new("down")) });
        rig.auth.state.fetch()?;
        rig.events.clear();
        rig.handle(AuthEvent::Woke)
    }),
    ("token fetched: usable", |rig| {
        let token = rig.token_of("alice", 600);
        after_fetch(rig, Ok(Some(token)))
    }),
    ("token fetched: the one in use", |rig| {
        let token = rig.current()?;
        after_fetch(rig, Ok(Some(token)))
    }),
    ("token fetched: another user's", |rig| {
        let token = rig.token_of("bob", 600);
        after_fetch(rig, Ok(Some(token)))
    }),
    ("token fetched: of an earlier session", |rig| {
        let token = rig.token_of("carol", 600);
        rig.auth.session_tokens.record(&token, digest("carol"));
        after_fetch(rig, Ok(Some(token)))
    }),
    ("token fetched: rejected before", |rig| {
        let token = rig.token_of("alice", 600);
        rig.handle(AuthEvent::TokenRejected { token: &token, message: "no" });
        after_fetch(rig, Ok(Some(token)))
    }),
    ("token fetched: expired", |rig| {
        let token = rig.token_of("alice", -1);
        after_fetch(rig, Ok(Some(token)))
    }),
    ("fetch ended: signed out", |rig| after_fetch(rig, Ok(None))),
    ("fetch failed", |rig| after_fetch(rig, Err(TokenError::new("down")))),
    ("token confirmed", |rig| {
        let token = rig.current()?;
        rig.handle(AuthEvent::TokenConfirmed(&token))
    }),
    ("another token confirmed", |rig| {
        let token = rig.token_of("alice", 600);
        rig.handle(AuthEvent::TokenConfirmed(&token))
    }),
    ("token rejected", |rig| {
        let token = rig.current()?;
        rig.handle(AuthEvent::TokenRejected { token: &token, message: "no" })
    }),
    ("token rejected, third time, too early", |rig| {
        let token = token_after_two_rejections(rig)?;
        rig.config.rejection_patience = Duration::from_secs(3600);
        rig.handle(AuthEvent::TokenRejected { token: &token, message: "no" })
    }),
    ("token rejected, third time, permanently", |rig| {
        let token = token_after_two_rejections(rig)?;
        rig.config.rejection_patience = Duration::from_secs(3600);
        rig.handle(AuthEvent::TokenRejected { token: &token, message: "No auth provider found matching" })
    }),
    ("token rejected, third time", |rig| {
        let token = token_after_two_rejections(rig)?;
        rig.handle(AuthEvent::TokenRejected { token: &token, message: "no" })
    }),
    ("another token rejected", |rig| {
        let token = rig.token_of("alice", 600);
        rig.handle(AuthEvent::TokenRejected { token: &token, message: "no" })
    }),
    ("token rejected that has expired", |rig| {
        let token = expired_session_token(rig);
        rig.handle(AuthEvent::TokenRejected { token: &token, message: "no" })
    }),
    ("expiry reported", |rig| {
        let token = rig.current()?;
        rig.handle(AuthEvent::ExpiryReported { token: &token, message: "no" })
    }),
    ("expiry reported, third time", |rig| {
        let token = token_after_two_rejections(rig)?;
        rig.handle(AuthEvent::ExpiryReported { token: &token, message: "no" })
    }),
    ("expiry reported of an expired token", |rig| {
        let token = expired_session_token(rig);
        rig.handle(AuthEvent::ExpiryReported { token: &token, message: "no" })
    }),
    ("server clock reported", |rig| rig.handle(AuthEvent::ClockReported)),
    ("connection lost", |rig| rig.handle(AuthEvent::ConnectionLost)),
    ("timer: fetch timeout", |rig| {
        rig.fetch();
        after_timer(rig, Timer::FetchTimeout, AuthEvent::FetchTimedOut)
    }),
    ("timer: fetch retry", |rig| {
        let fetch = rig.fetch();
        rig.handle(AuthEvent::TokenFetched { fetch, outcome: Err(TokenError::new("down")) });
        after_timer(rig, Timer::FetchRetry, AuthEvent::FetchDue)
    }),
    ("timer: refresh", |rig| after_timer(rig, Timer::Refresh, AuthEvent::RefreshDue)),
    ("timer: expiry", |rig| after_timer(rig, Timer::Expiry, AuthEvent::ExpiryDue)),
    ("timer: patience", |rig| after_timer(rig, Timer::Patience, AuthEvent::PatienceEnded)),
    ("client stops", |rig| rig.handle(AuthEvent::Stop("an error".into()))),
];

/// The token in use after two rejections in a row; `None` if the state does not allow them.
fn token_after_two_rejections(rig: &mut Rig) -> Option<Token> {
    let state = name(&rig.auth.state);
    rig.current()?;
    rig.reject_twice();
    rig.events.clear();
    rig.current().filter(|_| name(&rig.auth.state) == state)
}

/// A token of this session that was sent, and expired before the server answered.
fn expired_session_token(rig: &mut Rig) -> Token {
    let token = rig.token_of("alice", -1);
    rig.auth.session_tokens.record(&token, digest("alice"));
    token
}

fn after_fetch(rig: &mut Rig, outcome: Result<Option<Token>, TokenError>) -> Option<()> {
    let fetch = rig.fetch();
    rig.events.clear();
    rig.handle(AuthEvent::TokenFetched { fetch, outcome })
}

/// Passes the timer's event when it is due; `None` if the timer is not armed.
fn after_timer(rig: &mut Rig, timer: Timer, event: AuthEvent<'_>) -> Option<()> {
    rig.now = rig.now.max(rig.timers.deadline(timer)?);
    rig.timers.clear(timer);
    rig.events.clear();
    rig.handle(event)
}
