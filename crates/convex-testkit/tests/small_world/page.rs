//! The page that a client takes over (docs/auth.md, rule 15).

use super::{
    app::{Report, Wanted},
    provider::{User, page_token},
};
use convex_sync::{AuthPolicy, EncodedValue, PageIdentity};
use serde_json::{Value as Json, json};

/// The identity that a web server rendered a page as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    Anonymous,
    /// `key` is the user that the session key names, `subject` the one that the token identified.
    /// They differ if the organization has changed since.
    User {
        key: User,
        subject: User,
    },
}

impl Page {
    pub fn identity(self) -> PageIdentity {
        match self {
            Self::Anonymous => PageIdentity::Anonymous,
            Self::User { key, subject } => PageIdentity::of_user(key.name(), &page_token(subject)),
        }
    }

    /// The report that names the page's session.
    pub fn report(self) -> Report {
        match self {
            Self::Anonymous => Report::SignedOut,
            Self::User { key, .. } => Report::SignedIn(key),
        }
    }

    pub fn wanted(self) -> Wanted {
        match self {
            Self::Anonymous => Wanted::Anonymous,
            Self::User { subject, .. } => Wanted::User(subject),
        }
    }

    /// The query's result in the page. A web server runs no `Required` query anonymously.
    pub fn seed(self, policy: AuthPolicy) -> Option<EncodedValue> {
        let user = match self {
            Self::Anonymous if policy == AuthPolicy::Required => return None,
            Self::Anonymous => "anonymous",
            Self::User { subject, .. } => subject.name(),
        };
        let result = json!({ "user": user, "notes": 0, "seed": true });
        Some(EncodedValue::encode(&result).expect("JSON is a value"))
    }
}

/// Whether a result is from the page.
pub fn is_seed(result: &Json) -> bool {
    result["seed"] == true
}
