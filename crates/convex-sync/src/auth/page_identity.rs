//! The identity that a web server rendered a page as (docs/auth.md, rule 15).

use super::{Claims, Session, Subject};
use crate::digest::digest;

/// The identity that a web server rendered a page as.
///
/// It may be written into the page: it contains no token and no claim, only 64-bit digests
/// (FNV-1a), with which the browser recognizes the provider's session key and the token's subject.
///
/// ```
/// use convex_sync::PageIdentity;
///
/// let token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm5hIiwiZXhwIjoxNzAwMDAwMDAwfQ.";
/// let rotated = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm5hIiwiZXhwIjoxODAwMDAwMDAwfQ.";
/// let anna = PageIdentity::of_user("login_1", token);
/// assert_eq!(anna, PageIdentity::of_user("login_1", rotated), "the same subject");
/// assert_ne!(anna, PageIdentity::of_user("login_2", token), "another session");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PageIdentity {
    /// No user was signed in.
    Anonymous,
    /// A user was signed in.
    User {
        /// The digest of the session key.
        session: u64,
        /// The digest of the token's `iss` and `sub`. It is the same for all tokens without
        /// readable claims.
        subject: u64,
    },
}

impl PageIdentity {
    /// The identity of the user with this session key and token. The key must be the one that the
    /// identity provider reports in the browser. With another one, the page's results are removed
    /// when the provider reports its own.
    pub fn of_user(session_key: &str, token: &str) -> Self {
        let Subject(subject) = Subject::of(Claims::read(token).as_ref());
        Self::User { session: digest(session_key), subject }
    }

    /// Whether the page was rendered for this session of the provider.
    pub(super) fn has_session(self, session: &Session) -> bool {
        match (self, session) {
            (Self::Anonymous, Session::SignedOut) => true,
            (Self::User { session, .. }, Session::SignedIn { key }) => session == digest(key),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_only_the_session_that_it_was_rendered_for() {
        let user = PageIdentity::of_user("login_1", "opaque");
        for (session, is_users, is_anonymous) in [
            (Session::Loading, false, false),
            (Session::SignedOut, false, true),
            (Session::signed_in("login_1"), true, false),
            (Session::signed_in("login_2"), false, false),
        ] {
            assert_eq!(user.has_session(&session), is_users, "{session:?}");
            assert_eq!(PageIdentity::Anonymous.has_session(&session), is_anonymous, "{session:?}");
        }
    }
}
