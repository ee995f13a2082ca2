//! The events of the table: what brings each about, and what must be so before it.

use super::rig::{Rig, name};
use crate::{
    Token, TokenError,
    auth::{AuthEvent, Session},
    timer::Timer,
};
use std::time::Duration;

/// What happens in a row of the table: `None` where it cannot happen in this state.
pub(super) type Happens = fn(&mut Rig) -> Option<()>;

pub(super) const EVENTS: [(&str, Happens); 36] = [
    ("the session is another's", |rig| rig.tell(AuthEvent::Session(Some(Session::signed_in("bob"))))),
    ("the session still stands", |rig| {
        let session = rig.auth.session.clone();
        rig.tell(AuthEvent::Session(session))
    }),
    ("the session loads again", |rig| rig.tell(AuthEvent::Session(Some(Session::Loading)))),
    ("the session ends", |rig| rig.tell(AuthEvent::Session(Some(Session::SignedOut)))),
    ("the provider is gone", |rig| rig.tell(AuthEvent::Session(None))),
    ("`sign_out`", |rig| rig.tell(AuthEvent::SignOut)),
    ("`reauthenticate`", |rig| rig.tell(AuthEvent::Reauthenticate)),
    ("a wake", |rig| rig.tell(AuthEvent::Woke)),
    ("a wake, the fetch put off", |rig| {
        let fetch = rig.fetch();
        rig.tell(AuthEvent::Fetched { fetch, outcome: Err(TokenError::new("down")) });
        rig.auth.state.fetch()?;
        rig.events.clear();
        rig.tell(AuthEvent::Woke)
    }),
    ("fetched: a good token", |rig| {
        let token = rig.token_of("alice", 600);
        after_fetch(rig, Ok(Some(token)))
    }),
    ("fetched: the one in use", |rig| {
        let token = rig.current()?;
        after_fetch(rig, Ok(Some(token)))
    }),
    ("fetched: somebody else's", |rig| {
        let token = rig.token_of("bob", 600);
        after_fetch(rig, Ok(Some(token)))
    }),
    ("fetched: one of an earlier session", |rig| {
        let token = rig.token_of("carol", 600);
        rig.auth.session_tokens.origin(&token, "carol");
        after_fetch(rig, Ok(Some(token)))
    }),
    ("fetched: a rejected one", |rig| {
        let token = rig.token_of("alice", 600);
        rig.tell(AuthEvent::Rejected { token: &token, message: "no" });
        after_fetch(rig, Ok(Some(token)))
    }),
    ("fetched: an old one that has run out", |rig| {
        let token = rig.token_of("alice", -1);
        after_fetch(rig, Ok(Some(token)))
    }),
    ("fetched: signed out", |rig| after_fetch(rig, Ok(None))),
    ("fetched: an error", |rig| after_fetch(rig, Err(TokenError::new("down")))),
    ("confirmed", |rig| {
        let token = rig.current()?;
        rig.tell(AuthEvent::Confirmed(&token))
    }),
    ("confirmed: another token", |rig| {
        let token = rig.token_of("alice", 600);
        rig.tell(AuthEvent::Confirmed(&token))
    }),
    ("rejected", |rig| {
        let token = rig.current()?;
        rig.tell(AuthEvent::Rejected { token: &token, message: "no" })
    }),
    ("rejected, the third time, too soon", |rig| {
        let token = in_the_third_round(rig)?;
        rig.config.rejection_patience = Duration::from_secs(3600);
        rig.tell(AuthEvent::Rejected { token: &token, message: "no" })
    }),
    ("rejected, the third time, permanently", |rig| {
        let token = in_the_third_round(rig)?;
        rig.config.rejection_patience = Duration::from_secs(3600);
        rig.tell(AuthEvent::Rejected { token: &token, message: "No auth provider found matching" })
    }),
    ("rejected, the third time", |rig| {
        let token = in_the_third_round(rig)?;
        rig.tell(AuthEvent::Rejected { token: &token, message: "no" })
    }),
    ("rejected: another token", |rig| {
        let token = rig.token_of("alice", 600);
        rig.tell(AuthEvent::Rejected { token: &token, message: "no" })
    }),
    ("rejected: one that has expired since", |rig| {
        let token = one_that_has_expired(rig);
        rig.tell(AuthEvent::Rejected { token: &token, message: "no" })
    }),
    ("ran out, says the server", |rig| {
        let token = rig.current()?;
        rig.tell(AuthEvent::RanOut { token: &token, message: "no" })
    }),
    ("ran out, the third time", |rig| {
        let token = in_the_third_round(rig)?;
        rig.tell(AuthEvent::RanOut { token: &token, message: "no" })
    }),
    ("ran out: one that has expired since", |rig| {
        let token = one_that_has_expired(rig);
        rig.tell(AuthEvent::RanOut { token: &token, message: "no" })
    }),
    ("the server tells its clock", |rig| rig.tell(AuthEvent::ClockTold)),
    ("the connection is lost", |rig| rig.tell(AuthEvent::ConnectionLost)),
    ("timer: the fetch takes too long", |rig| {
        rig.fetch();
        after_timer(rig, Timer::FetchTimeout, AuthEvent::FetchTimedOut)
    }),
    ("timer: the next fetch", |rig| {
        let fetch = rig.fetch();
        rig.tell(AuthEvent::Fetched { fetch, outcome: Err(TokenError::new("down")) });
        after_timer(rig, Timer::FetchRetry, AuthEvent::FetchDue)
    }),
    ("timer: the refresh", |rig| after_timer(rig, Timer::Refresh, AuthEvent::RefreshDue)),
    ("timer: the token's end", |rig| after_timer(rig, Timer::Expiry, AuthEvent::Expired)),
    ("timer: patience", |rig| after_timer(rig, Timer::Patience, AuthEvent::PatienceEnded)),
    ("the client stops", |rig| rig.tell(AuthEvent::Stop("an error".into()))),
];

/// The token in use after two rejections in a row, where there can have been any in this state.
fn in_the_third_round(rig: &mut Rig) -> Option<Token> {
    let state = name(&rig.auth.state);
    rig.current()?;
    rig.reject_twice();
    rig.events.clear();
    rig.current().filter(|_| name(&rig.auth.state) == state)
}

/// A token of this session that was sent and expired before the server answered.
fn one_that_has_expired(rig: &mut Rig) -> Token {
    let token = rig.token_of("alice", -1);
    rig.auth.session_tokens.origin(&token, "alice");
    token
}

fn after_fetch(rig: &mut Rig, outcome: Result<Option<Token>, TokenError>) -> Option<()> {
    let fetch = rig.fetch();
    rig.events.clear();
    rig.tell(AuthEvent::Fetched { fetch, outcome })
}

/// The timer's own event, when its time has come. Where it is not armed it cannot come.
fn after_timer(rig: &mut Rig, timer: Timer, event: AuthEvent<'_>) -> Option<()> {
    rig.now = rig.now.max(rig.timers.deadline(timer)?);
    rig.timers.clear(timer);
    rig.events.clear();
    rig.tell(event)
}
