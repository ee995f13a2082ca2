//! Tokens that are known to be no use.

use crate::Token;
use std::{collections::VecDeque, sync::Arc};

/// How many rejected tokens are remembered: more than one session's worth.
const REMEMBERED: usize = 8;

/// The last tokens that were rejected or ran out: the ones a provider is likely to bring again.
#[derive(Debug, Default)]
pub(super) struct Unusable {
    /// With the server's words, the newest first: none of them is ever sent again (auth contract, rule 4).
    rejected: VecDeque<(Token, Arc<str>)>,
    /// It is no use when it comes again and the clock says that it has run out. Another of which the clock says so is the clock's
    /// fault.
    spent: Option<Token>,
}

impl Unusable {
    /// The server rejected a token. Gives what it said, without the token it may have quoted.
    pub(super) fn reject(&mut self, token: &Token, message: &str) -> Arc<str> {
        let message = without_token(message, token);
        self.rejected.retain(|(rejected, _)| rejected != token);
        self.rejected.truncate(REMEMBERED - 1);
        self.rejected.push_front((token.clone(), message.clone()));
        message
    }

    /// What the server said when it rejected `token`.
    pub(super) fn rejection_of(&self, token: &Token) -> Option<&Arc<str>> {
        self.rejected.iter().find(|(rejected, _)| rejected == token).map(|(_, message)| message)
    }

    /// A token has run out.
    pub(super) fn spend(&mut self, token: &Token) {
        self.spent = Some(token.clone());
    }

    pub(super) fn is_spent(&self, token: &Token) -> bool {
        self.spent.as_ref() == Some(token)
    }
}

/// A server's message without the token, or part of one, that it may quote (auth contract, rule 13).
pub(super) fn without_token(message: &str, token: &Token) -> Arc<str> {
    let in_tokens = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let is_quoted = |word: &str| {
        let word = word.trim_matches('.');
        word.len() >= SHORTEST_QUOTE && token.expose().contains(word)
    };
    let message = match token.expose() {
        "" => message.to_owned(),
        token => message.replace(token, "…"),
    };
    let mut told = String::with_capacity(message.len());
    for (word, end) in words(&message, in_tokens) {
        told.push_str(if is_quoted(word) { "…" } else { word });
        told.push_str(end);
    }
    told.into()
}

/// Whatever is shorter is not taken for a part of a token.
const SHORTEST_QUOTE: usize = 8;

/// The words of a text, each with what stands between it and the next.
fn words<'a>(
    text: &'a str,
    is_in_word: impl Fn(char) -> bool + 'a,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = rest.find(|letter| !is_in_word(letter)).unwrap_or(rest.len());
        let next = rest[end..].find(&is_in_word).map_or(rest.len(), |next| end + next);
        let word = (&rest[..end], &rest[end..next]);
        rest = &rest[next..];
        (word != ("", "")).then_some(word)
    })
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

    #[test]
    fn a_token_the_server_quotes_is_left_out() {
        let told = |message| without_token(message, &Token::new("e30.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"));
        assert_eq!(&*told("cannot verify e30.eyJzdWIiOiJhIn0.c2lnbmF0dXJl, sorry"), "cannot verify …, sorry");
        assert_eq!(&*told("claims \"eyJzdWIiOiJhIn0\": no."), "claims \"…\": no.", "a part");
        assert_eq!(&*told("it begins with e30.eyJzdWIi..."), "it begins with …", "cut off");
        assert_eq!(&*told("Token expired at e30"), "Token expired at e30");
        assert_eq!(&*without_token("the token is empty", &Token::new("")), "the token is empty");
    }
}
