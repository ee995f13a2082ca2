//! The identity provider of a simulated world: whatever a provider may do, it does.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use convex_sync::{FetchId, Time, Token, TokenError, UnixMillis};
use serde_json::json;

use super::schedule::{Answers, Login};
use crate::{
    identity::{Identity, TestIssuer, Verifier},
    pair::{FetchReply, FetchRequest, START},
    rejection::Rejection,
};

/// The deployment's verifier: says why a token is no good and, as some do, quotes it.
pub(super) struct Quoting(pub(super) TestIssuer);

impl Verifier for Quoting {
    fn verify(&self, token: &str, server_now: UnixMillis) -> Result<Identity, Rejection> {
        let quoted = |rejection: Rejection| format!("{}: {token}", rejection.text(false));
        self.0.verify(token, server_now).map_err(|rejection| Rejection::Other(quoted(rejection)))
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
    /// The key of the session it speaks for.
    key: &'static str,
    epoch: u64,
    tokens: Vec<Minted>,
    /// The slow fetch under way: until when, and the token it will return.
    slow: Option<(Time, usize)>,
    /// The fetches to which it said that nobody is signed in, and the epochs it said so in.
    refusals: Vec<(FetchId, u64)>,
    /// The fetches that it answered with a token it had given before, and that token.
    given_again: Vec<(FetchId, String)>,
}

/// A token that was handed out.
#[derive(Debug, Clone)]
pub(super) struct Minted {
    pub(super) token: String,
    /// For whose time of asking it was.
    pub(super) epoch: u64,
    /// The key of the session that it was for.
    key: &'static str,
    /// The fetch that it answered first.
    fetch: FetchId,
    /// The client has received it.
    arrived: bool,
    /// Whom it speaks for, where that can be read.
    person: Option<&'static str>,
    /// When it runs out, if it does.
    pub(super) expires: Option<UnixMillis>,
}

impl Provider {
    pub(super) fn new(issuer: TestIssuer, life: Duration) -> Self {
        let inner = Inner {
            issuer,
            life,
            answers: Answers::Good,
            person: "alice",
            key: "alice",
            epoch: 0,
            tokens: Vec::new(),
            slow: None,
            refusals: Vec::new(),
            given_again: Vec::new(),
        };
        Self(Arc::new(Mutex::new(inner)))
    }

    /// From now on tokens are for this login, and carry this epoch.
    pub(super) fn speak_for(&self, login: Login, epoch: u64) {
        let mut inner = self.lock();
        inner.person = login.person;
        inner.key = login.key;
        inner.epoch = epoch;
    }

    /// The client has received the answer to this fetch.
    pub(super) fn arrived(&self, fetch: FetchId) {
        let mut inner = self.lock();
        inner
            .tokens
            .iter_mut()
            .filter(|minted| minted.fetch == fetch)
            .for_each(|minted| minted.arrived = true);
    }

    /// Tokens are the same person's, and carry this epoch.
    pub(super) fn renew(&self, epoch: u64) {
        self.lock().epoch = epoch;
    }

    pub(super) fn answer_with(&self, answers: Answers) {
        self.lock().answers = answers;
    }

    pub(super) fn answer(&self, request: FetchRequest) -> FetchReply {
        self.lock().answer(request)
    }

    /// Every token that was handed out.
    pub(super) fn tokens(&self) -> Vec<Minted> {
        self.lock().tokens.clone()
    }

    /// The token with this text.
    pub(super) fn token(&self, token: &str) -> Option<Minted> {
        self.lock().tokens.iter().find(|minted| minted.token == token).cloned()
    }

    pub(super) fn epoch_of(&self, token: &str) -> Option<u64> {
        self.token(token).map(|minted| minted.epoch)
    }

    /// Whether its tokens of one epoch spoke for more than one.
    pub(super) fn speaks_for_several(&self, epoch: u64) -> bool {
        let inner = self.lock();
        let mut people =
            inner.tokens.iter().filter(|minted| minted.epoch == epoch).map(|minted| minted.person);
        people.next().is_some_and(|first| people.any(|person| person != first))
    }

    pub(super) fn refused_in(&self, epoch: u64) -> bool {
        self.lock().refusals.iter().any(|(_, refused)| *refused == epoch)
    }

    /// Whether its answer to this fetch is that nobody is signed in.
    pub(super) fn refuses(&self, fetch: FetchId) -> bool {
        self.lock().refusals.iter().any(|(refused, _)| *refused == fetch)
    }

    /// The token that it had given before and gives again to this fetch.
    pub(super) fn gave_again(&self, fetch: FetchId) -> Option<String> {
        let inner = self.lock();
        inner.given_again.iter().find(|(again, _)| *again == fetch).map(|(_, token)| token.clone())
    }

    /// Nothing that runs under this lock panics but by a defect, which then shows anyway.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn answer(&mut self, request: FetchRequest) -> FetchReply {
        let soon = Duration::from_millis(50);
        match self.answers {
            Answers::Refuses => {
                self.refusals.push((request.fetch, self.epoch));
                FetchReply::After(soon, Ok(None))
            }
            Answers::Throws => FetchReply::After(soon, Err(TokenError::new("the network is down"))),
            Answers::Hangs => FetchReply::Never,
            Answers::Slow => self.slow(request),
            _ => FetchReply::After(soon, Ok(Some(self.token(request)))),
        }
    }

    /// A provider that shares one fetch among all callers: an unforced fetch joins the one under
    /// way, for whichever session that is.
    fn slow(&mut self, request: FetchRequest) -> FetchReply {
        let shared = self.slow.filter(|(due, _)| !request.force && *due > request.at);
        let (due, index) = shared.unwrap_or_else(|| {
            let minted = self.mint(request);
            self.tokens.push(minted);
            (request.at + Duration::from_secs(12), self.tokens.len() - 1)
        });
        self.slow = Some((due, index));
        FetchReply::After(due - request.at, Ok(Some(Token::new(self.tokens[index].token.as_str()))))
    }

    fn token(&mut self, request: FetchRequest) -> Token {
        let earlier = self.tokens.iter().rfind(|minted| minted.key != self.key && minted.arrived);
        let earlier = earlier.filter(|_| match self.answers {
            Answers::Earlier => true,
            Answers::EarlierFromCache => !request.force,
            _ => false,
        });
        if let Some(earlier) = earlier {
            return Token::new(earlier.token.as_str());
        }
        let mut of_login = self.tokens.iter().filter(|minted| minted.epoch == self.epoch);
        let known = match self.answers {
            Answers::Old => of_login.next(),
            Answers::Equal => of_login.next_back(),
            _ => None,
        };
        if let Some(known) = known {
            let token = known.token.clone();
            self.given_again.push((request.fetch, token.clone()));
            return Token::new(token);
        }
        let minted = self.mint(request);
        let token = Token::new(minted.token.as_str());
        self.tokens.push(minted);
        token
    }

    fn mint(&self, request: FetchRequest) -> Minted {
        let now = START.after(request.at.since_start());
        let (serial, epoch, key, fetch) = (self.tokens.len(), self.epoch, self.key, request.fetch);
        if self.answers == Answers::Garbage {
            let token = format!("no JWT but number {serial} of its kind");
            return Minted { token, epoch, key, fetch, arrived: false, person: None, expires: None };
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
        let expires = claims.get("exp").map(|_| UnixMillis(expires * 1000));
        let token = self.issuer.token_with(claims);
        Minted { token, epoch, key, fetch, arrived: false, person: Some(person), expires }
    }
}
