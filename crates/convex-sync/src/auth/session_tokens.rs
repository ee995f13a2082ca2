//! The session that each token was fetched for.

use crate::{Token, digest::digest};
use std::collections::VecDeque;

/// The number of remembered tokens.
const REMEMBERED: usize = 1_000;

/// The session keys that tokens were fetched for. If a provider updates its cache after its
/// session, it may return a token of an earlier session, and requests sent with it would run as the
/// earlier user (docs/auth.md, rule 8).
///
/// Tokens that live for a minute add up to more memory in a day than everything else in the client,
/// so only digests of them are stored.
#[derive(Debug, Default)]
pub(super) struct SessionTokens(VecDeque<FetchedToken>);

#[derive(Debug, PartialEq, Eq)]
struct FetchedToken {
    token: u64,
    key: u64,
}

/// Whether a token that the provider returned was fetched before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenOrigin {
    /// It was not fetched before.
    New,
    /// It was fetched for this session before.
    ThisSession,
    /// It was first fetched for a session with another key.
    OtherSession,
}

impl SessionTokens {
    /// Records a token that was fetched for the session with this key, given as its digest. Returns
    /// whether it was fetched before.
    pub(super) fn record(&mut self, token: &Token, key: u64) -> TokenOrigin {
        let token = digest(token.expose());
        if let Some(known) = self.0.iter().find(|entry| entry.token == token) {
            return if known.key == key { TokenOrigin::ThisSession } else { TokenOrigin::OtherSession };
        }
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(FetchedToken { token, key });
        TokenOrigin::New
    }

    /// Whether a token was fetched for the session with this key, given as its digest.
    pub(super) fn contains(&self, token: &Token, key: u64) -> bool {
        self.0.contains(&FetchedToken { token: digest(token.expose()), key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: u64 = 1;
    const BOB: u64 = 2;

    fn token(number: usize) -> Token {
        Token::new(format!("token {number}"))
    }

    #[test]
    fn token_belongs_to_the_session_that_first_fetched_it() {
        let mut tokens = SessionTokens::default();
        assert_eq!(tokens.record(&token(1), ALICE), TokenOrigin::New);
        assert_eq!(tokens.record(&token(1), BOB), TokenOrigin::OtherSession);
        assert_eq!(
            tokens.record(&token(1), ALICE),
            TokenOrigin::ThisSession,
            "the same key is the same login"
        );
        assert_eq!(tokens.record(&token(2), BOB), TokenOrigin::New);
        assert!(tokens.contains(&token(2), BOB));
        assert!(!tokens.contains(&token(2), ALICE), "it was fetched for another session");
        assert!(!tokens.contains(&token(3), BOB), "it was never fetched");
    }

    #[test]
    fn the_last_thousand_tokens_are_remembered() {
        let mut tokens = SessionTokens::default();
        for number in 0..=REMEMBERED {
            tokens.record(&token(number), ALICE);
        }
        assert_eq!(tokens.0.len(), REMEMBERED);
        assert_eq!(tokens.record(&token(1), BOB), TokenOrigin::OtherSession);
    }
}
