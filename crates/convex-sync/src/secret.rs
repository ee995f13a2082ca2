//! A token that cannot be printed by accident.

use std::{fmt, sync::Arc};

/// A bearer token. It shows as `Token(…)` wherever it is printed, so that no log, error or debug
/// output can carry it (auth contract, rule 13).
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

/// A server's message without the tokens, or parts of them, that it may quote (auth contract, rule
/// 13).
pub(crate) fn without_tokens<'a>(message: &str, tokens: impl Iterator<Item = &'a Token>) -> String {
    tokens.fold(message.to_owned(), |message, token| without_token(&message, token))
}

/// A message without the token, or parts of it, that it may quote: every run of characters that the
/// two have in common, wherever it stands.
fn without_token(message: &str, token: &Token) -> String {
    let token = token.expose().as_bytes();
    let length = token.len().min(SHORTEST_PART);
    if length == 0 {
        return message.to_owned();
    }
    let mut is_quoted = vec![false; message.len()];
    for (start, window) in message.as_bytes().windows(length).enumerate() {
        if token.windows(length).any(|part| part == window) {
            is_quoted[start..start + length].fill(true);
        }
    }
    let (mut told, mut in_quote) = (String::with_capacity(message.len()), false);
    for (start, letter) in message.char_indices() {
        let was_in_quote = in_quote;
        in_quote = is_quoted[start..start + letter.len_utf8()].contains(&true);
        if !in_quote {
            told.push(letter);
        } else if !was_in_quote {
            told.push('…');
        }
    }
    told
}

/// The length of a part of a token, in bytes, that is recognized. Shorter ones are left: they may
/// be words of the message.
const SHORTEST_PART: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "e30.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";

    fn told(message: &str) -> String {
        let tokens = [Token::new(TOKEN), Token::new("another-one"), Token::new("short"), Token::new("")];
        without_tokens(message, tokens.iter())
    }

    #[test]
    fn a_quoted_token_is_left_out() {
        assert_eq!(told(&format!("cannot verify {TOKEN}, sorry")), "cannot verify …, sorry");
        assert_eq!(told("claims \"eyJzdWIiOiJhIn0\": no."), "claims \"…\": no.", "a part");
        assert_eq!(told("it begins with e30.eyJzdWIi..."), "it begins with …...", "cut off");
        assert_eq!(told("Token expired at e30"), "Token expired at e30");
        assert_eq!(told("not another-one, either"), "not …, either", "whichever it is");
        assert_eq!(told("too short"), "too …", "a token that is shorter than a part");
    }

    #[test]
    fn a_part_of_a_token_is_recognized_whatever_touches_it() {
        for around in ["x", "9", "-", "_", ".", "\"", "=", "%", "ü", "🦀", "\n", ""] {
            for start in [0, 1, 7] {
                for length in [8, 9, 20] {
                    let part = &TOKEN[start..start + length];
                    let message = format!("{around}{part}{around}");
                    assert_eq!(told(&message), format!("{around}…{around}"), "{message}");
                }
            }
        }
    }

    #[test]
    fn no_part_of_eight_characters_is_left() {
        // Two parts that overlap in the message, but not in the token.
        let (token, message) = (Token::new("ABCDEFGHIJ.GHIJKLMNOP"), "<ABCDEFGHIJKLMNOP>");
        assert_eq!(without_tokens(message, [token].iter()), "<…>");
        assert_eq!(told("e30.eyJ and c2lnbmF"), "e30.eyJ and c2lnbmF", "shorter ones are");
    }
}
