//! An identity provider with a session and tokens that a test controls apart from each other.

use convex_leptos::{AuthProvider, Session, TokenError, TokenRequest};
use convex_testkit_web::{FakeDeployment, turns};
use leptos::prelude::*;
use std::time::Duration;

#[derive(Clone, Copy)]
pub struct PageProvider {
    session: RwSignal<Session>,
    fake: StoredValue<FakeDeployment, LocalStorage>,
    answer: StoredValue<TokenAnswer>,
    requests: StoredValue<Vec<TokenRequest>>,
}

/// The answer to requests for a token. It can be changed while requests wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenAnswer {
    /// None yet.
    Waiting,
    /// A new token of this user.
    Of(&'static str),
    SignedOut,
    Unreachable,
}

impl PageProvider {
    /// A provider that is loading, with tokens of Ada.
    pub fn new(fake: &FakeDeployment) -> Self {
        Self {
            session: RwSignal::new(Session::Loading),
            fake: StoredValue::new_local(fake.clone()),
            answer: StoredValue::new(TokenAnswer::Of("ada")),
            requests: StoredValue::new(Vec::new()),
        }
    }

    /// A provider that knows this user from the start.
    pub fn signed_in(fake: &FakeDeployment, user: &'static str) -> Self {
        let provider = Self::new(fake);
        provider.sign_in(user);
        provider
    }

    /// Reports a session with this key. The tokens are of that user from now on.
    pub fn sign_in(&self, user: &'static str) {
        self.answer(TokenAnswer::Of(user));
        self.report(Session::signed_in(user));
    }

    pub fn report(&self, session: Session) {
        self.session.set(session);
    }

    pub fn answer(&self, answer: TokenAnswer) {
        self.answer.set_value(answer);
    }

    pub fn requests(&self) -> Vec<TokenRequest> {
        self.requests.get_value()
    }

    /// The number of requests.
    pub fn fetches(&self) -> usize {
        self.requests.with_value(Vec::len)
    }
}

impl AuthProvider for PageProvider {
    fn session(&self) -> Signal<Session> {
        self.session.into()
    }

    async fn fetch_token(&self, request: TokenRequest) -> Result<Option<String>, TokenError> {
        self.requests.update_value(|requests| requests.push(request));
        let seconds = 3600 + self.fetches() as u64;
        loop {
            let answer = self.answer.try_get_value().unwrap_or(TokenAnswer::SignedOut);
            match answer {
                TokenAnswer::Waiting => turns(1).await,
                TokenAnswer::Of(user) => {
                    // Other tokens of the user have other lifetimes.
                    let lifetime = Duration::from_secs(seconds);
                    let token = self.fake.try_with_value(|fake| fake.token_for(user, lifetime));
                    return Ok(token.map(|token| token.expose().to_owned()));
                }
                TokenAnswer::SignedOut => return Ok(None),
                TokenAnswer::Unreachable => return Err(TokenError::new("the endpoint is unreachable")),
            }
        }
    }
}
