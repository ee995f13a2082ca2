//! Tokens, and how to keep them out of logs and messages.

use std::{fmt, sync::Arc};

/// A bearer token. It is printed as `Token(…)`, so that no log, error or debug output contains it.
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
    /// Wraps a token of the identity provider.
    pub fn new(token: impl Into<Arc<str>>) -> Self {
        Self(token.into())
    }

    /// The token's text. Use it only for the frame or header that the token is sent in.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A server's message without the tokens, or parts of them, that it may quote (docs/auth.md, rule
/// 13).
pub(crate) fn without_tokens<'a>(message: &str, tokens: impl Iterator<Item = &'a Token>) -> String {
    tokens.fold(message.to_owned(), |message, token| without_token(&message, token))
}

/// A message without the token, or parts of it, that it may quote. Every part of the message that
/// has at least [`SHORTEST_PART`] bytes in common with the token is replaced by `…`.
///
/// It marks every window of that length in the message that also occurs in the token, and then
/// copies the characters that are not marked. This takes time proportional to the product of both
/// lengths, which is small: it runs only for error messages of the server.
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
    let (mut redacted, mut in_quote) = (String::with_capacity(message.len()), false);
    for (start, letter) in message.char_indices() {
        let was_in_quote = in_quote;
        in_quote = is_quoted[start..start + letter.len_utf8()].contains(&true);
        if !in_quote {
            redacted.push(letter);
        } else if !was_in_quote {
            redacted.push('…');
        }
    }
    redacted
}

/// The length in bytes from which a part of a token is recognized. Shorter parts stay, since they
/// may be words of the message.
const SHORTEST_PART: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "e30.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";

    fn redact(message: &str) -> String {
        let tokens = [Token::new(TOKEN), Token::new("another-one"), Token::new("short"), Token::new("")];
        without_tokens(message, tokens.iter())
    }

    #[test]
    fn quoted_tokens_are_removed() {
        assert_eq!(redact(&format!("cannot verify {TOKEN}, sorry")), "cannot verify …, sorry");
        assert_eq!(redact("claims \"eyJzdWIiOiJhIn0\": no."), "claims \"…\": no.", "a part");
        assert_eq!(redact("it begins with e30.eyJzdWIi..."), "it begins with …...", "cut off");
        assert_eq!(redact("Token expired at e30"), "Token expired at e30");
        assert_eq!(redact("not another-one, either"), "not …, either", "another of the tokens");
        assert_eq!(redact("too short"), "too …", "a token that is shorter than a part");
    }

    #[test]
    fn token_parts_are_recognized_between_any_characters() {
        for around in ["x", "9", "-", "_", ".", "\"", "=", "%", "ü", "🦀", "\n", ""] {
            for start in [0, 1, 7] {
                for length in [8, 9, 20] {
                    let part = &TOKEN[start..start + length];
                    let message = format!("{around}{part}{around}");
                    assert_eq!(redact(&message), format!("{around}…{around}"), "{message}");
                }
            }
        }
    }

    #[test]
    fn no_part_of_eight_characters_remains() {
        // Two parts that overlap in the message, but not in the token.
        let (token, message) = (Token::new("ABCDEFGHIJ.GHIJKLMNOP"), "<ABCDEFGHIJKLMNOP>");
        assert_eq!(without_tokens(message, [token].iter()), "<…>");
        assert_eq!(redact("e30.eyJ and c2lnbmF"), "e30.eyJ and c2lnbmF", "shorter parts remain");
    }
}
