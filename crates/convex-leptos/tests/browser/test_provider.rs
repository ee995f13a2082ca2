//! An identity provider that a test controls.

use convex_leptos::{AuthProvider, Session, TokenError, TokenRequest};
use convex_testkit_web::{FakeDeployment, turns};
use leptos::prelude::*;

/// An identity provider with tokens that the fake deployment accepts. A test can hold its fetches.
#[derive(Clone, Copy)]
pub struct TestProvider {
    session: RwSignal<Session>,
    fake: StoredValue<FakeDeployment, LocalStorage>,
    is_held: StoredValue<bool>,
    fetches: StoredValue<usize>,
}

impl TestProvider {
    pub fn new(fake: &FakeDeployment) -> Self {
        Self {
            session: RwSignal::new(Session::Loading),
            fake: StoredValue::new_local(fake.clone()),
            is_held: StoredValue::new(false),
            fetches: StoredValue::new(0),
        }
    }

    pub fn signed_in(fake: &FakeDeployment, user: &str) -> Self {
        let provider = Self::new(fake);
        provider.sign_in(user);
        provider
    }

    pub fn sign_in(&self, user: &str) {
        self.session.set(Session::signed_in(user));
    }

    pub fn sign_out(&self) {
        self.session.set(Session::SignedOut);
    }

    /// Fetches do not end until [`release_fetches`](Self::release_fetches).
    pub fn hold_fetches(&self) {
        self.is_held.set_value(true);
    }

    pub fn release_fetches(&self) {
        self.is_held.set_value(false);
    }

    pub fn fetches(&self) -> usize {
        self.fetches.get_value()
    }
}

impl AuthProvider for TestProvider {
    fn session(&self) -> Signal<Session> {
        self.session.into()
    }

    async fn fetch_token(&self, _: TokenRequest) -> Result<Option<String>, TokenError> {
        self.fetches.update_value(|fetches| *fetches += 1);
        let Session::SignedIn { key } = self.session.get_untracked() else { return Ok(None) };
        while self.is_held.try_get_value().unwrap_or(false) {
            turns(1).await;
        }
        let token = self.fake.try_with_value(|fake| fake.token(&key));
        Ok(token.map(|token| token.expose().to_owned()))
    }
}
