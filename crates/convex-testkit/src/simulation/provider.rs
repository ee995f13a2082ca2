//! The identity provider of a simulated world: whatever a provider may do, it does.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use convex_sync::{Token, TokenError, UnixMillis};
use serde_json::json;

use super::schedule::Answers;
use crate::{
    identity::{Identity, TestIssuer, Verifier},
    pair::{FetchRequest, Fetched, START},
};

/// The deployment's verifier: says why a token is no good and, as some do, quotes it.
pub(super) struct Quoting(pub(super) TestIssuer);

impl Verifier for Quoting {
    fn verify(&self, token: &str, server_now: UnixMillis) -> Result<Identity, String> {
        self.0.verify(token, server_now).map_err(|error| format!("{error}: {token}"))
    }
}

/// Hands out tokens to the client of one world, and remembers them.
#[derive(Clone)]
pub(super) struct Provider(Arc<Mutex<Inner>>);

struct Inner {
    issuer: TestIssuer,
    life: Duration,
    answers: Answers,
    person: &'static str,
    epoch: u64,
    tokens: Vec<Minted>,
    /// The epochs in which it said that nobody is signed in.
    refused_in: Vec<u64>,
}

/// A token that was handed out.
#[derive(Debug, Clone)]
pub(super) struct Minted {
    pub(super) token: String,
    /// For whose time of asking it was.
    pub(super) epoch: u64,
}

impl Provider {
    pub(super) fn new(issuer: TestIssuer, life: Duration) -> Self {
        let inner = Inner {
            issuer,
            life,
            answers: Answers::Good,
            person: "alice",
            epoch: 0,
            tokens: Vec::new(),
            refused_in: Vec::new(),
        };
        Self(Arc::new(Mutex::new(inner)))
    }

    /// From now on tokens are this person's, and carry this epoch.
    pub(super) fn speak_for(&self, person: &'static str, epoch: u64) {
        let mut inner = self.lock();
        inner.person = person;
        inner.epoch = epoch;
    }

    /// Tokens are the same person's, and carry this epoch.
    pub(super) fn renew(&self, epoch: u64) {
        self.lock().epoch = epoch;
    }

    pub(super) fn answer_with(&self, answers: Answers) {
        self.lock().answers = answers;
    }

    pub(super) fn answer(&self, request: FetchRequest) -> Fetched {
        self.lock().answer(request)
    }

    /// Every token that was handed out.
    pub(super) fn tokens(&self) -> Vec<Minted> {
        self.lock().tokens.clone()
    }

    pub(super) fn epoch_of(&self, token: &str) -> Option<u64> {
        self.lock().tokens.iter().find(|minted| minted.token == token).map(|minted| minted.epoch)
    }

    pub(super) fn refused_in(&self, epoch: u64) -> bool {
        self.lock().refused_in.contains(&epoch)
    }

    /// Nothing that runs under this lock panics but by a defect, which then shows anyway.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn answer(&mut self, request: FetchRequest) -> Fetched {
        let soon = Duration::from_millis(50);
        match self.answers {
            Answers::Refuses => {
                self.refused_in.push(self.epoch);
                Fetched::After(soon, Ok(None))
            }
            Answers::Throws => Fetched::After(soon, Err(TokenError::new("the network is down"))),
            Answers::Hangs => Fetched::Never,
            Answers::Slow => Fetched::After(Duration::from_secs(12), Ok(Some(self.token(request)))),
            _ => Fetched::After(soon, Ok(Some(self.token(request)))),
        }
    }

    fn token(&mut self, request: FetchRequest) -> Token {
        let mut of_login = self.tokens.iter().filter(|minted| minted.epoch == self.epoch);
        let known = match self.answers {
            Answers::Old => of_login.next(),
            Answers::Equal => of_login.next_back(),
            _ => None,
        };
        if let Some(known) = known {
            return Token::new(known.token.as_str());
        }
        let token = self.mint(START.after(request.at.since_start()));
        self.tokens.push(Minted { token: token.clone(), epoch: self.epoch });
        Token::new(token)
    }

    fn mint(&self, now: UnixMillis) -> String {
        let serial = self.tokens.len();
        if self.answers == Answers::Garbage {
            return format!("no JWT but number {serial} of its kind");
        }
        let person = if self.answers == Answers::SomebodyElse { "mallory" } else { self.person };
        let seconds = now.0 / 1000;
        let expires = match self.answers {
            Answers::Expired => seconds - 5,
            _ => now.after(self.life).0 / 1000,
        };
        let mut claims =
            json!({ "sub": person, "iat": seconds, "exp": expires, "jti": serial, "epoch": self.epoch });
        let fields = claims.as_object_mut().expect("it is one");
        match self.answers {
            Answers::WithoutIat => drop(fields.remove("iat")),
            Answers::WithoutExp => drop(fields.remove("exp")),
            Answers::Rejected => drop(fields.insert("aud".into(), "elsewhere".into())),
            _ => {}
        }
        self.issuer.token_with(claims)
    }
}
