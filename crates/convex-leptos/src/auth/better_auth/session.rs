//! What Better Auth says about who is signed in.

use convex_web::sync::Session;
use serde::Deserialize;

/// The person Better Auth says is signed in.
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
#[non_exhaustive]
pub struct BetterAuthUser {
    /// The person's id.
    pub id: String,
    /// The person's name, as given at sign-up.
    #[serde(default)]
    pub name: String,
    /// The person's email address.
    #[serde(default)]
    pub email: String,
    /// The URL of a picture.
    #[serde(default)]
    pub image: Option<String>,
}

/// The answer to `get-session`: `null` where nobody is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct SignedIn {
    session: LoginSession,
    user: BetterAuthUser,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LoginSession {
    id: String,
    /// Of Better Auth's organization plugin.
    #[serde(default)]
    active_organization_id: Option<String>,
}

/// What is known so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Known {
    #[default]
    Nothing,
    SignedOut,
    SignedIn(SignedIn),
}

impl Known {
    pub(super) fn user(&self) -> Option<&BetterAuthUser> {
        match self {
            Self::SignedIn(SignedIn { user, .. }) => Some(user),
            Self::Nothing | Self::SignedOut => None,
        }
    }

    /// The key of the session changes with the login, the user and the active organization.
    pub(super) fn session(&self) -> Session {
        match self {
            Self::Nothing => Session::Loading,
            Self::SignedOut => Session::SignedOut,
            Self::SignedIn(SignedIn { session, user }) => {
                let organization = session.active_organization_id.as_deref().unwrap_or_default();
                Session::signed_in([&session.id, &user.id, organization].join(":"))
            }
        }
    }
}

impl From<Option<SignedIn>> for Known {
    fn from(answer: Option<SignedIn>) -> Self {
        answer.map_or(Self::SignedOut, Self::SignedIn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(answer: &str) -> Known {
        serde_json::from_str::<Option<SignedIn>>(answer).expect("an answer of get-session").into()
    }

    #[test]
    fn null_says_that_nobody_is_signed_in() {
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
