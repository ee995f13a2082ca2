//! Whether a token that the provider returned is to be used (auth contract, rules 4 and 8).

use super::{Auth, Credential, Session, session_tokens::Origin};
use crate::{UnixMillis, context::Context};
use std::sync::Arc;

/// What to do with a token that the provider returned.
pub(super) enum Verdict {
    Good,
    /// It was issued just now, so the clock that says it has expired is wrong.
    GoodInSpiteOfTheClock,
    /// It is the token in use.
    InUse,
    /// The server has rejected it, with this message.
    Rejected(Arc<str>),
    /// It may come from a cache: a forced fetch may return a better one.
    AskWithForce,
    /// It is worse than no token, and why.
    Useless(&'static str),
}

impl Auth {
    /// Judges a token. `current` is the token in use; `used_until` is the latest `exp` of the
    /// tokens used so far; `forced` says whether the fetch excluded cached tokens.
    pub(super) fn judge(
        &mut self,
        cx: &Context<'_>,
        current: Option<&Credential>,
        used_until: Option<UnixMillis>,
        token: &Credential,
        forced: bool,
    ) -> Verdict {
        if token.token.expose().is_empty() {
            return Verdict::Useless(
                "the provider returned an empty token, which means neither signed in nor signed out",
            );
        }
        let key = match &self.session {
            Some(Session::SignedIn { key }) => &**key,
            _ => "",
        };
        let origin = self.session_tokens.origin(&token.token, key);
        if origin == Origin::OtherSession {
            return if forced {
                Verdict::Useless("the provider returned a token of an earlier session")
            } else {
                Verdict::AskWithForce
            };
        }
        if current.is_some_and(|current| current.token == token.token) {
            return Verdict::InUse;
        }
        if let Some(message) = self.rejected_tokens.message(&token.token) {
            return match current {
                Some(_) => {
                    Verdict::Useless("the provider returned a token again that the server has rejected")
                }
                None => Verdict::Rejected(message.clone()),
            };
        }
        if !token.has_expired(cx) {
            return Verdict::Good;
        }
        let is_old = origin == Origin::ThisSession || token.expiry() < used_until;
        match current {
            _ if !forced => Verdict::AskWithForce,
            Some(current) if !current.disputes_clock() => Verdict::Useless(
                "the provider returned an expired token, while the one in use is still valid",
            ),
            _ if is_old => Verdict::Useless("the provider returned an old token, and it has expired"),
            _ => Verdict::GoodInSpiteOfTheClock,
        }
    }
}
