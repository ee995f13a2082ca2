//! An identity provider that does as it is told.

use convex_leptos::{AuthProvider, Session, TokenError, TokenRequest};
use convex_testkit_web::{FakeDeployment, turns};
use leptos::prelude::*;

/// An identity provider whose tokens the fake deployment accepts. It answers each fetch while it is
/// `open`.
#[derive(Clone, Copy)]
pub struct People {
    session: RwSignal<Session>,
    fake: StoredValue<FakeDeployment, LocalStorage>,
    open: StoredValue<bool>,
    fetches: StoredValue<usize>,
}

impl People {
    pub fn new(fake: &FakeDeployment) -> Self {
        Self {
            session: RwSignal::new(Session::Loading),
            fake: StoredValue::new_local(fake.clone()),
            open: StoredValue::new(true),
            fetches: StoredValue::new(0),
        }
    }

    pub fn signed_in(fake: &FakeDeployment, who: &str) -> Self {
        let people = Self::new(fake);
        people.sign_in(who);
        people
    }

    pub fn sign_in(&self, who: &str) {
        self.session.set(Session::signed_in(who));
    }

    pub fn sign_out(&self) {
        self.session.set(Session::SignedOut);
    }

    /// From now on fetches wait.
    pub fn shut(&self) {
        self.open.set_value(false);
    }

    pub fn open(&self) {
        self.open.set_value(true);
    }

    pub fn fetches(&self) -> usize {
        self.fetches.get_value()
    }
}

impl AuthProvider for People {
    fn session(&self) -> Signal<Session> {
        self.session.into()
    }

    async fn fetch_token(&self, _: TokenRequest) -> Result<Option<String>, TokenError> {
        self.fetches.update_value(|fetches| *fetches += 1);
        let Session::SignedIn { key } = self.session.get_untracked() else { return Ok(None) };
        while !self.open.try_get_value().unwrap_or(true) {
            turns(1).await;
        }
        let token = self.fake.try_with_value(|fake| fake.token(&key));
        Ok(token.map(|token| token.expose().to_owned()))
    }
}
