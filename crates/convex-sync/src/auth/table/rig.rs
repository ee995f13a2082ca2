//! A machine under test, and how it comes into each of its states.

use crate::{
    Config, Event, FetchId, Time, Token, UnixMillis,
    auth::{Auth, AuthEvent, Boundary, Session, state::*},
    clock::Clock,
    context::Context,
    random::Random,
    timer::Timers,
};
use ::base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

/// A machine, and all that it works with.
pub(super) struct Rig {
    pub(super) auth: Auth,
    pub(super) now: Time,
    pub(super) config: Config,
    clock: Clock,
    pub(super) timers: Timers,
    pub(super) events: VecDeque<Event>,
    random: Random,
    pub(super) boundary: Boundary,
    /// The kinds of events it was told.
    pub(super) told: BTreeSet<&'static str>,
    tokens: u32,
}

impl Rig {
    /// A machine in the state of this name, which it was driven to.
    pub(super) fn in_state(state: &str) -> Self {
        let mut clock = Clock::new(UnixMillis(1_700_000_000_000));
        clock.set_skew(0);
        let mut rig = Self {
            auth: Auth::new(),
            now: Time::ZERO,
            config: Config::default(),
            clock,
            timers: Timers::default(),
            events: VecDeque::new(),
            random: Random::new(7),
            boundary: Boundary::None,
            told: BTreeSet::new(),
            tokens: 0,
        };
        rig.drive_to(state);
        rig.pass(5);
        assert_eq!(name(&rig.auth.state), state);
        rig
    }

    fn drive_to(&mut self, state: &str) {
        match state {
            "Undecided" => {
                self.tell(AuthEvent::Session(Some(Session::Loading)));
            }
            "Awaiting" => {
                self.tell(AuthEvent::Session(Some(Session::signed_in("alice"))));
            }
            "Nobody" => {
                self.drive_to("Confirmed");
                self.tell(AuthEvent::SignOut);
            }
            "Rejected" => {
                self.drive_to("Offered");
                self.reject_twice();
                self.pass(60);
                self.reject_current();
            }
            "Presented" => {
                self.drive_to("Rejected");
                self.bring_token();
            }
            "Offered" => {
                self.drive_to("Awaiting");
                self.bring_token();
            }
            "Confirmed" => {
                self.drive_to("Offered");
                let token = self.current().expect("one is offered");
                self.tell(AuthEvent::Confirmed(&token));
            }
            "Doubted" => {
                self.drive_to("Confirmed");
                let token = self.current().expect("one is confirmed");
                self.tell(AuthEvent::RanOut { token: &token, message: "no" });
            }
            "Reoffered" => {
                self.drive_to("Doubted");
                self.bring_token();
            }
            "Stopped" => {
                self.drive_to("Confirmed");
                self.tell(AuthEvent::Stop("an error".into()));
            }
            other => panic!("no state is called {other}"),
        }
    }

    /// Tells the machine. That it can be told something is what a row of the table calls that it
    /// can happen.
    pub(super) fn tell(&mut self, event: AuthEvent<'_>) -> Option<()> {
        let mut cx = Context {
            now: self.now,
            config: &self.config,
            clock: &self.clock,
            timers: &mut self.timers,
            events: &mut self.events,
            random: &mut self.random,
        };
        self.told.insert(kind(&event));
        self.boundary = self.auth.handle(&mut cx, event);
        Some(())
    }

    pub(super) fn pass(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
    }

    pub(super) fn current(&self) -> Option<Token> {
        self.auth.state.credential().map(|credential| credential.token.clone())
    }

    /// A token that no other is equal to, good for so many seconds from now.
    pub(super) fn token_of(&mut self, subject: &str, life: i64) -> Token {
        self.tokens += 1;
        let expires = self.clock.wall(self.now).0 / 1000 + life;
        let claims = format!(r#"{{"sub":"{subject}","exp":{expires},"jti":{}}}"#, self.tokens);
        Token::new(format!("e30.{}.s", BASE64_URL_SAFE_NO_PAD.encode(claims)))
    }

    /// Lets the fetch of this state be under way, and names it; where there is none, one that never
    /// was.
    pub(super) fn fetch(&mut self) -> FetchId {
        if self.auth.state.credential().is_some() && self.auth.state.fetch().is_none() {
            self.tell(AuthEvent::RefreshDue);
        }
        if self.auth.state.fetch().is_some_and(|fetch| fetch.in_flight().is_none()) {
            self.pass(60);
            self.tell(AuthEvent::FetchDue);
        }
        self.auth.state.fetch_in_flight().unwrap_or(FetchId::new(99))
    }

    pub(super) fn bring(&mut self, token: Token) -> Option<()> {
        let fetch = self.fetch();
        self.tell(AuthEvent::Fetched { fetch, outcome: Ok(Some(token)) })
    }

    pub(super) fn bring_token(&mut self) {
        let token = self.token_of("alice", 600);
        self.bring(token);
    }

    pub(super) fn reject_current(&mut self) {
        let token = self.current().expect("there is one to be rejected");
        self.tell(AuthEvent::Rejected { token: &token, message: "no" });
    }

    pub(super) fn reject_twice(&mut self) {
        for _ in 0..2 {
            self.reject_current();
            self.bring_token();
        }
    }
}

pub(super) fn name(state: &State) -> &'static str {
    match state {
        State::Nobody(_) => "Nobody",
        State::Rejected(rejected) if rejected.credential().is_some() => "Presented",
        State::Rejected(_) => "Rejected",
        State::Undecided(_) => "Undecided",
        State::Person(person) => match &person.phase {
            Phase::Awaiting { .. } => "Awaiting",
            Phase::Offered { .. } => "Offered",
            Phase::Confirmed { .. } => "Confirmed",
            Phase::Doubted { .. } => "Doubted",
            Phase::Reoffered { .. } => "Reoffered",
        },
        State::Stopped(_) => "Stopped",
    }
}

/// All kinds of events there are: whoever adds one to [`kind`], which the compiler demands, adds it
/// here, too.
pub(super) const KINDS: [&str; 16] = [
    "Session",
    "SignOut",
    "Reauthenticate",
    "Woke",
    "Fetched",
    "Confirmed",
    "Rejected",
    "RanOut",
    "ClockTold",
    "ConnectionLost",
    "FetchTimedOut",
    "FetchDue",
    "RefreshDue",
    "Expired",
    "PatienceEnded",
    "Stop",
];

fn kind(event: &AuthEvent<'_>) -> &'static str {
    match event {
        AuthEvent::Session(_) => "Session",
        AuthEvent::SignOut => "SignOut",
        AuthEvent::Reauthenticate => "Reauthenticate",
        AuthEvent::Woke => "Woke",
        AuthEvent::Fetched { .. } => "Fetched",
        AuthEvent::Confirmed(_) => "Confirmed",
        AuthEvent::Rejected { .. } => "Rejected",
        AuthEvent::RanOut { .. } => "RanOut",
        AuthEvent::ClockTold => "ClockTold",
        AuthEvent::ConnectionLost => "ConnectionLost",
        AuthEvent::FetchTimedOut => "FetchTimedOut",
        AuthEvent::FetchDue => "FetchDue",
        AuthEvent::RefreshDue => "RefreshDue",
        AuthEvent::Expired => "Expired",
        AuthEvent::PatienceEnded => "PatienceEnded",
        AuthEvent::Stop(_) => "Stop",
    }
}
