//! The tokens that the server has rejected.

use crate::Token;
use std::sync::Arc;

/// The number of remembered tokens: more than the rejections of one session.
const REMEMBERED: usize = 16;

/// The last rejected tokens with the server's messages, the newest first. None of them is sent
/// again (docs/auth.md, rule 4).
#[derive(Debug, Default)]
pub(super) struct RejectedTokens(Vec<(Token, Arc<str>)>);

impl RejectedTokens {
    /// Records a rejected token. Returns the server's message.
    pub(super) fn add(&mut self, token: &Token, message: &str) -> Arc<str> {
        let message: Arc<str> = message.into();
        self.0.retain(|(rejected, _)| rejected != token);
        self.0.truncate(REMEMBERED - 1);
        self.0.insert(0, (token.clone(), message.clone()));
        message
    }

    /// The server's message for `token`; `None` if it was not rejected.
    pub(super) fn message(&self, token: &Token) -> Option<&Arc<str>> {
        self.0.iter().find(|(rejected, _)| rejected == token).map(|(_, message)| message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_rejected_tokens_are_remembered_with_their_messages() {
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
            "a second rejection replaces no other token"
        );
        tokens.add(&token(99), "no");
        assert_eq!(tokens.message(&token(1)), None);
        assert_eq!(tokens.0.len(), REMEMBERED);
    }
}
