//! Sessions of Better Auth.

use convex_web::sync::Session;
use serde::Deserialize;

/// The signed-in user, as Better Auth reports it.
///
/// ```
/// use convex_leptos::{BetterAuth, BetterAuthUser};
/// use leptos::prelude::*;
///
/// #[component]
/// fn Avatar(auth: BetterAuth) -> impl IntoView {
///     move || {
///         let BetterAuthUser { name, email, image, .. } = auth.user()?;
///         let name = if name.is_empty() { email } else { name };
///         Some(view! { <img src=image alt=name/> })
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "ssr", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BetterAuthUser {
    /// The user's id.
    pub id: String,
    /// The user's name, as given at sign-up.
    #[serde(default)]
    pub name: String,
    /// The user's email address.
    #[serde(default)]
    pub email: String,
    /// The URL of a picture.
    #[serde(default)]
    pub image: Option<String>,
}

/// The answer to `get-session`, if a user is signed in; it is `null` if not.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct SessionAnswer {
    session: LoginSession,
    pub(crate) user: BetterAuthUser,
}

impl SessionAnswer {
    /// The session key. It changes with the login, the user and the active organization. A web
    /// server computes it by this function too, so the session that a page was rendered for is the
    /// one that the browser finds.
    pub(crate) fn session_key(&self) -> String {
        let organization = self.session.active_organization_id.as_deref().unwrap_or_default();
        [&self.session.id, &self.user.id, organization].join(":")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LoginSession {
    id: String,
    /// From Better Auth's organization plugin.
    #[serde(default)]
    active_organization_id: Option<String>,
}

/// The known state of the session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum KnownSession {
    #[default]
    Unknown,
    /// As unknown: only the web server has asked, for the user of the page that it rendered.
    Presumed(BetterAuthUser),
    SignedOut,
    SignedIn(SessionAnswer),
}

impl KnownSession {
    pub(super) fn user(&self) -> Option<&BetterAuthUser> {
        match self {
            Self::SignedIn(SessionAnswer { user, .. }) | Self::Presumed(user) => Some(user),
            Self::Unknown | Self::SignedOut => None,
        }
    }

    pub(super) fn session(&self) -> Session {
        match self {
            Self::Unknown | Self::Presumed(_) => Session::Loading,
            Self::SignedOut => Session::SignedOut,
            Self::SignedIn(answer) => Session::signed_in(answer.session_key()),
        }
    }
}

impl From<Option<SessionAnswer>> for KnownSession {
    fn from(answer: Option<SessionAnswer>) -> Self {
        answer.map_or(Self::SignedOut, Self::SignedIn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(answer: &str) -> KnownSession {
        serde_json::from_str::<Option<SessionAnswer>>(answer).expect("an answer of get-session").into()
    }

    #[test]
    fn null_means_signed_out() {
        assert_eq!(known("null").session(), Session::SignedOut);
        assert_eq!(known("null").user(), None);
    }

    #[test]
    fn the_key_changes_with_login_user_and_organization() {
        let session = |session: &str, user: &str, organization: &str| {
            known(&format!(
                r#"{{"session":{{"id":"{session}","expiresAt":"…"{organization}}},"user":{{"id":"{user}","name":"Ada"}}}}"#
            ))
            .session()
        };
        let (none, null) = ("", r#","activeOrganizationId":null"#);
        let [one, other] = ["o1", "o2"].map(|id| format!(r#","activeOrganizationId":"{id}""#));
        assert_eq!(session("s1", "u1", none), session("s1", "u1", null));
        let base = session("s1", "u1", &one);
        assert_eq!(base, session("s1", "u1", &one));
        for changed in [session("s2", "u1", &one), session("s1", "u2", &one), session("s1", "u1", &other)] {
            assert_ne!(base, changed);
        }
        assert_ne!(base, session("s1", "u1", none));
    }
}
