//! The check of a token that the provider returned (docs/auth.md, rules 4 and 8).

use super::{Auth, Credential, KnownSession, session_tokens::TokenOrigin};
use crate::{UnixMillis, context::Context};
use std::sync::Arc;

/// The result of the check.
pub(super) enum TokenCheck {
    Usable,
    /// It seems to have expired, but it was issued just now: the client's idea of the server's
    /// clock is wrong.
    UsableByServerClock,
    /// It is the token in use.
    InUse,
    /// The server has rejected it with this message.
    Rejected(Arc<str>),
    /// It may come from a cache: a forced fetch is needed.
    ForceFetch,
    /// It must not be used, for this reason.
    Unusable(&'static str),
}

impl Auth {
    /// Checks a token that the provider returned. `current` is the token in use; `latest_expiry` is
    /// the latest `exp` of the tokens used so far; `forced` says whether the fetch excluded cached
    /// tokens.
    pub(super) fn check_token(
        &mut self,
        cx: &Context<'_>,
        current: Option<&Credential>,
        latest_expiry: Option<UnixMillis>,
        token: &Credential,
        forced: bool,
    ) -> TokenCheck {
        if token.token.expose().is_empty() {
            return TokenCheck::Unusable(
                "the provider returned an empty token, which means neither signed in nor signed out",
            );
        }
        let key = self.session.as_ref().and_then(KnownSession::key_digest);
        let origin = self.session_tokens.record(&token.token, key.unwrap_or_default());
        if origin == TokenOrigin::OtherSession {
            return if forced {
                TokenCheck::Unusable("the provider returned a token of an earlier session")
            } else {
                TokenCheck::ForceFetch
            };
        }
        if current.is_some_and(|current| current.token == token.token) {
            return TokenCheck::InUse;
        }
        if let Some(message) = self.rejected_tokens.message(&token.token) {
            return match current {
                Some(_) => {
                    TokenCheck::Unusable("the provider returned a token again that the server has rejected")
                }
                None => TokenCheck::Rejected(message.clone()),
            };
        }
        if !token.has_expired(cx) {
            return TokenCheck::Usable;
        }
        let is_old = origin == TokenOrigin::ThisSession || token.exp() < latest_expiry;
        match current {
            _ if !forced => TokenCheck::ForceFetch,
            Some(current) if !current.disputes_clock() => TokenCheck::Unusable(
                "the provider returned an expired token, while the one in use is still valid",
            ),
            _ if is_old => TokenCheck::Unusable("the provider returned an old token, and it has expired"),
            _ => TokenCheck::UsableByServerClock,
        }
    }
}
