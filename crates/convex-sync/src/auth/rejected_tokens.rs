//! Tokens that the server has rejected.

use crate::Token;
use std::sync::Arc;

/// How many are remembered: more than one session's worth of rejections.
const REMEMBERED: usize = 16;

/// The last rejected tokens with the server's words, the newest first. None of them is sent again
/// (auth contract, rule 4).
#[derive(Debug, Default)]
pub(super) struct RejectedTokens(Vec<(Token, Arc<str>)>);

impl RejectedTokens {
    /// The server rejected a token. Returns what it said.
    pub(super) fn add(&mut self, token: &Token, message: &str) -> Arc<str> {
        let message: Arc<str> = message.into();
        self.0.retain(|(rejected, _)| rejected != token);
        self.0.truncate(REMEMBERED - 1);
        self.0.insert(0, (token.clone(), message.clone()));
        message
    }

    /// What the server said when it rejected `token`.
    pub(super) fn message(&self, token: &Token) -> Option<&Arc<str>> {
        self.0.iter().find(|(rejected, _)| rejected == token).map(|(_, message)| message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rejections_are_remembered_with_the_servers_words() {
        let mut tokens = RejectedTokens::default();
        let token = |number: usize| Token::new(format!("token {number}"));
        for number in 0..REMEMBERED {
            assert_eq!(&*tokens.add(&token(number), "no"), "no");
        }
        tokens.add(&token(0), "still no");
        assert_eq!(tokens.message(&token(0)).map(|message| &**message), Some("still no"));
        assert_eq!(
            tokens.message(&token(1)).map(|message| &**message),
            Some("no"),
            "it took the place of no other"
        );
        tokens.add(&token(99), "no");
        assert_eq!(tokens.message(&token(1)), None);
        assert_eq!(tokens.0.len(), REMEMBERED);
    }
}
