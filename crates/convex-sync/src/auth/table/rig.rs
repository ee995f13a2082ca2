//! A machine under test, and the events that lead to each of its states.

use crate::{
    Config, Event, FetchId, Time, Token, UnixMillis,
    auth::{Auth, AuthEvent, IdentityChange, PageIdentity, Session, state::*},
    clock::WallClocks,
    context::Context,
    random::Random,
    timer::Timers,
};
use ::base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

/// A machine and its context.
pub(super) struct Rig {
    pub(super) auth: Auth,
    pub(super) now: Time,
    pub(super) config: Config,
    clock: WallClocks,
    pub(super) timers: Timers,
    pub(super) events: VecDeque<Event>,
    random: Random,
    pub(super) change: IdentityChange,
    /// The kinds of events that it handled.
    pub(super) handled: BTreeSet<&'static str>,
    tokens: u32,
}

impl Rig {
    /// A machine in the state with this name, which events have led it to.
    pub(super) fn in_state(state: &str) -> Self {
        let mut rig = Self::new();
        rig.drive_to(state);
        rig.advance(5);
        assert_eq!(name(&rig.auth.state), state);
        rig
    }

    /// A new machine.
    pub(super) fn new() -> Self {
        let mut clock = WallClocks::new(UnixMillis(1_700_000_000_000));
        clock.set_skew(0);
        Self {
            auth: Auth::new(),
            now: Time::ZERO,
            config: Config::default(),
            clock,
            timers: Timers::default(),
            events: VecDeque::new(),
            random: Random::new(7),
            change: IdentityChange::None,
            handled: BTreeSet::new(),
            tokens: 0,
        }
    }

    /// The identity of a page that was rendered for Alice's session.
    pub(super) fn page_of_alice(&mut self) -> PageIdentity {
        let token = self.token_of("alice", 600);
        PageIdentity::of_user("alice", token.expose())
    }

    fn drive_to(&mut self, state: &str) {
        match state {
            "AwaitingSession" => {
                self.handle(AuthEvent::SessionReported(Some(Session::Loading)));
            }
            "AwaitingToken" => {
                self.handle(AuthEvent::SessionReported(Some(Session::signed_in("alice"))));
            }
            "Anonymous" => {
                self.drive_to("Confirmed");
                self.handle(AuthEvent::SignOut);
            }
            "Rejected" => {
                self.drive_to("Unconfirmed");
                self.reject_twice();
                self.advance(60);
                self.reject_current();
            }
            "Presented" => {
                self.drive_to("Rejected");
                self.fetch_token();
            }
            "Unconfirmed" => {
                self.drive_to("AwaitingToken");
                self.fetch_token();
            }
            "Confirmed" => {
                self.drive_to("Unconfirmed");
                let token = self.current().expect("a token was sent");
                self.handle(AuthEvent::TokenConfirmed(&token));
            }
            "Refreshing" => {
                self.drive_to("Confirmed");
                let token = self.current().expect("a token is confirmed");
                self.handle(AuthEvent::ExpiryReported { token: &token, message: "no" });
            }
            "RefreshUnconfirmed" => {
                self.drive_to("Refreshing");
                self.fetch_token();
            }
            "Presumed" => {
                let page = self.page_of_alice();
                self.handle(AuthEvent::Presume(page));
            }
            "PresumedUnconfirmed" => {
                self.drive_to("Presumed");
                self.fetch_token();
            }
            "Stopped" => {
                self.drive_to("Confirmed");
                self.handle(AuthEvent::Stop("an error".into()));
            }
            other => panic!("unknown state {other}"),
        }
    }

    /// Passes an event to the machine. Returns `Some`, since the event is possible.
    pub(super) fn handle(&mut self, event: AuthEvent<'_>) -> Option<()> {
        let mut cx = Context {
            now: self.now,
            config: &self.config,
            clock: &self.clock,
            timers: &mut self.timers,
            events: &mut self.events,
            random: &mut self.random,
        };
        self.handled.insert(kind(&event));
        self.change = self.auth.handle(&mut cx, event);
        Some(())
    }

    pub(super) fn advance(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
    }

    pub(super) fn current(&self) -> Option<Token> {
        self.auth.state.credential().map(|credential| credential.token.clone())
    }

    /// A unique token that expires in `life` seconds.
    pub(super) fn token_of(&mut self, subject: &str, life: i64) -> Token {
        self.tokens += 1;
        let expires = self.clock.wall(self.now).0 / 1000 + life;
        let claims = format!(r#"{{"sub":"{subject}","exp":{expires},"jti":{}}}"#, self.tokens);
        Token::new(format!("e30.{}.s", BASE64_URL_SAFE_NO_PAD.encode(claims)))
    }

    /// Ensures that the state's fetch is in flight, and returns its id. In a state without a fetch,
    /// an id that was never used.
    pub(super) fn fetch(&mut self) -> FetchId {
        if self.auth.state.credential().is_some() && self.auth.state.fetch().is_none() {
            self.handle(AuthEvent::RefreshDue);
        }
        if self.auth.state.fetch().is_some_and(|fetch| fetch.in_flight().is_none()) {
            self.advance(60);
            self.handle(AuthEvent::FetchDue);
        }
        self.auth.state.fetch_in_flight().unwrap_or(FetchId::new(99))
    }

    pub(super) fn fetched(&mut self, token: Token) -> Option<()> {
        let fetch = self.fetch();
        self.handle(AuthEvent::TokenFetched { fetch, outcome: Ok(Some(token)) })
    }

    pub(super) fn fetch_token(&mut self) {
        let token = self.token_of("alice", 600);
        self.fetched(token);
    }

    pub(super) fn reject_current(&mut self) {
        let token = self.current().expect("a token is in use");
        self.handle(AuthEvent::TokenRejected { token: &token, message: "no" });
    }

    pub(super) fn reject_twice(&mut self) {
        for _ in 0..2 {
            self.reject_current();
            self.fetch_token();
        }
    }
}

pub(super) fn name(state: &State) -> &'static str {
    match state {
        State::Anonymous(_) => "Anonymous",
        State::Rejected(rejected) if rejected.credential().is_some() => "Presented",
        State::Rejected(_) => "Rejected",
        State::AwaitingSession(_) => "AwaitingSession",
        State::User(user) => match &user.phase {
            UserPhase::AwaitingToken { .. } => "AwaitingToken",
            UserPhase::Unconfirmed { .. } => "Unconfirmed",
            UserPhase::Confirmed { .. } => "Confirmed",
            UserPhase::Refreshing { presumed: false, .. } => "Refreshing",
            UserPhase::RefreshUnconfirmed { presumed: false, .. } => "RefreshUnconfirmed",
            UserPhase::Refreshing { presumed: true, .. } => "Presumed",
            UserPhase::RefreshUnconfirmed { presumed: true, .. } => "PresumedUnconfirmed",
        },
        State::Stopped(_) => "Stopped",
    }
}

/// All kinds of events. The compiler demands a new event in [`kind`]: add it here, too.
pub(super) const KINDS: [&str; 17] = [
    "SessionReported",
    "Presume",
    "SignOut",
    "Reauthenticate",
    "Woke",
    "TokenFetched",
    "TokenConfirmed",
    "TokenRejected",
    "ExpiryReported",
    "ClockReported",
    "ConnectionLost",
    "FetchTimedOut",
    "FetchDue",
    "RefreshDue",
    "ExpiryDue",
    "PatienceEnded",
    "Stop",
];

fn kind(event: &AuthEvent<'_>) -> &'static str {
    match event {
        AuthEvent::SessionReported(_) => "SessionReported",
        AuthEvent::Presume(_) => "Presume",
        AuthEvent::SignOut => "SignOut",
        AuthEvent::Reauthenticate => "Reauthenticate",
        AuthEvent::Woke => "Woke",
        AuthEvent::TokenFetched { .. } => "TokenFetched",
        AuthEvent::TokenConfirmed(_) => "TokenConfirmed",
        AuthEvent::TokenRejected { .. } => "TokenRejected",
        AuthEvent::ExpiryReported { .. } => "ExpiryReported",
        AuthEvent::ClockReported => "ClockReported",
        AuthEvent::ConnectionLost => "ConnectionLost",
        AuthEvent::FetchTimedOut => "FetchTimedOut",
        AuthEvent::FetchDue => "FetchDue",
        AuthEvent::RefreshDue => "RefreshDue",
        AuthEvent::ExpiryDue => "ExpiryDue",
        AuthEvent::PatienceEnded => "PatienceEnded",
        AuthEvent::Stop(_) => "Stop",
    }
}
