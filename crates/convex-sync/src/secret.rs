//! A token that cannot be printed by accident.

use std::{fmt, sync::Arc};

/// A bearer token. It shows as `Token(…)` wherever it is printed, so that no log, error or debug output can carry it
/// (auth contract, rule 13).
///
/// ```
/// use convex_sync::Token;
///
/// let token = Token::new("e30.e30.c2ln");
/// assert_eq!(format!("{token:?}"), "Token(…)");
/// let header = format!("Bearer {}", token.expose());
/// # assert_eq!(header, "Bearer e30.e30.c2ln");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Token(Arc<str>);

impl Token {
    /// Wraps a token as the identity provider gave it.
    pub fn new(token: impl Into<Arc<str>>) -> Self {
        Self(token.into())
    }

    /// The token itself, for the one place that may have it: the frame or header it is sent in.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A server's message without the tokens, or parts of them, that it may quote (auth contract, rule 13).
pub(crate) fn without_tokens<'a>(message: &str, tokens: impl Iterator<Item = &'a Token>) -> String {
    tokens.fold(message.to_owned(), |message, token| without_token(&message, token))
}

/// A message without the token, or part of it, that it may quote.
fn without_token(message: &str, token: &Token) -> String {
    let in_tokens = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
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
    told
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
    fn a_token_the_server_quotes_is_left_out() {
        let tokens =
            [Token::new("e30.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"), Token::new("another-one"), Token::new("")];
        let told = |message| without_tokens(message, tokens.iter());
        assert_eq!(told("cannot verify e30.eyJzdWIiOiJhIn0.c2lnbmF0dXJl, sorry"), "cannot verify …, sorry");
        assert_eq!(told("claims \"eyJzdWIiOiJhIn0\": no."), "claims \"…\": no.", "a part");
        assert_eq!(told("it begins with e30.eyJzdWIi..."), "it begins with …", "cut off");
        assert_eq!(told("Token expired at e30"), "Token expired at e30");
        assert_eq!(told("not another-one, either"), "not …, either", "whichever it is");
    }
}
