//! Tokens that are known to be no use.

use crate::Token;
use std::sync::Arc;

/// How many tokens of each kind are remembered: more than one session's worth of rejections.
const REMEMBERED: usize = 8;

/// The last tokens that were rejected, ran out or were replaced: the ones a provider is likely to bring again.
#[derive(Debug, Default)]
pub(super) struct Unusable {
    /// With the server's words, the newest first: none of them is ever sent again (auth contract, rule 4).
    rejected: Vec<(Token, Arc<str>)>,
    /// The newest first. One of them is no use when it comes again and the clock says that it has run out. Another of which the clock
    /// says so is the clock's fault.
    spent: Vec<Token>,
}

impl Unusable {
    /// The server rejected a token. Gives what it said.
    pub(super) fn reject(&mut self, token: &Token, message: &str) -> Arc<str> {
        let message: Arc<str> = message.into();
        self.rejected.retain(|(rejected, _)| rejected != token);
        self.rejected.truncate(REMEMBERED - 1);
        self.rejected.insert(0, (token.clone(), message.clone()));
        message
    }

    /// What the server said when it rejected `token`.
    pub(super) fn rejection_of(&self, token: &Token) -> Option<&Arc<str>> {
        self.rejected.iter().find(|(rejected, _)| rejected == token).map(|(_, message)| message)
    }

    /// A token has run out, or another has taken its place.
    pub(super) fn spend(&mut self, token: &Token) {
        self.spent.retain(|spent| spent != token);
        self.spent.truncate(REMEMBERED - 1);
        self.spent.insert(0, token.clone());
    }

    pub(super) fn is_spent(&self, token: &Token) -> bool {
        self.spent.contains(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rejections_are_remembered_in_the_server_s_words() {
        let mut unusable = Unusable::default();
        let token = |number: usize| Token::new(format!("token {number}"));
        for number in 0..REMEMBERED {
            assert_eq!(&*unusable.reject(&token(number), "no"), "no");
        }
        unusable.reject(&token(0), "still no");
        assert_eq!(unusable.rejection_of(&token(0)).map(|message| &**message), Some("still no"));
        assert_eq!(
            unusable.rejection_of(&token(1)).map(|message| &**message),
            Some("no"),
            "it took no other's place"
        );
        unusable.reject(&token(99), "no");
        assert_eq!(unusable.rejection_of(&token(1)), None);
        assert_eq!(unusable.rejected.len(), REMEMBERED);
    }
}
