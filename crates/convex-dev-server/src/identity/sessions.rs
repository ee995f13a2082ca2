//! AuthSessions, identified by the secret in a browser's cookie.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use convex_testkit::UnixMillis;
use rand::{Rng, distr::Alphanumeric};

use super::accounts::Account;

/// The lifetime of a session, as in Better Auth.
pub(crate) const LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// One sign-in of a user.
#[derive(Clone, Debug)]
pub(crate) struct AuthSession {
    pub(crate) id: String,
    pub(crate) secret: Secret,
    pub(crate) account: &'static Account,
    pub(crate) created_at: UnixMillis,
}

impl AuthSession {
    pub(crate) fn expires_at(&self) -> UnixMillis {
        self.created_at.after(LIFETIME)
    }
}

/// The secret that identifies a session; never printed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn from_cookie(value: &str) -> Self {
        Self(value.to_owned())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// All sessions, in memory.
#[derive(Debug, Default)]
pub(crate) struct AuthSessions(Mutex<HashMap<Secret, AuthSession>>);

impl AuthSessions {
    pub(crate) fn start(&self, account: &'static Account, now: UnixMillis) -> AuthSession {
        let session =
            AuthSession { id: random_text(32), secret: Secret(random_text(32)), account, created_at: now };
        self.lock().insert(session.secret.clone(), session.clone());
        session
    }

    /// The session with this secret, unless it has expired.
    pub(crate) fn find(&self, secret: &Secret, now: UnixMillis) -> Option<AuthSession> {
        self.lock().get(secret).filter(|session| now < session.expires_at()).cloned()
    }

    pub(crate) fn end(&self, secret: &Secret) {
        self.lock().remove(secret);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Secret, AuthSession>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn random_text(length: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(length).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

    fn alice() -> &'static Account {
        Account::authenticate("alice@example.com", "alice-demo").unwrap()
    }

    #[test]
    fn a_session_ends_after_a_week_or_by_sign_out() {
        let sessions = AuthSessions::default();
        let session = sessions.start(alice(), NOW);
        let last_moment = UnixMillis(NOW.after(LIFETIME).0 - 1);
        assert_eq!(sessions.find(&session.secret, last_moment).unwrap().id, session.id);
        assert!(sessions.find(&session.secret, NOW.after(LIFETIME)).is_none());
        sessions.end(&session.secret);
        assert!(sessions.find(&session.secret, NOW).is_none());
    }

    #[test]
    fn each_sign_in_creates_its_own_session() {
        let sessions = AuthSessions::default();
        let [one, other] = [(); 2].map(|()| sessions.start(alice(), NOW));
        assert_ne!(one.id, other.id);
        assert_ne!(one.secret, other.secret);
        assert!(!format!("{one:?}").contains(one.secret.expose()));
    }
}
