//! Base64, the encoding of timestamps, integers, bytes and the claims of tokens. The `base64` crate
//! would be several times the code.

/// The characters for the digits 62 and 63.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// `+` and `/`.
    Standard,
    /// `-` and `_`.
    UrlSafe,
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Encodes bytes in the standard alphabet, with padding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = (bits >> (18 - 6 * place)) as usize % DIGITS.len();
            text.push(if place <= group.len() { char::from(DIGITS[digit]) } else { '=' });
        }
    }
    text
}

/// Decodes text with or without padding; `None` if no encoder would write it.
pub(crate) fn decode(text: &str, alphabet: Alphabet) -> Option<Vec<u8>> {
    let mut bytes = vec![0; text.len().div_ceil(4) * 3];
    let count = decode_into(&mut bytes, text, alphabet)?;
    bytes.truncate(count);
    Some(bytes)
}

/// Decodes text into `bytes`, and returns the number of bytes; `None` also if they do not fit.
pub(crate) fn decode_into(bytes: &mut [u8], text: &str, alphabet: Alphabet) -> Option<usize> {
    let digits = text.trim_end_matches('=');
    let padding = digits.len().next_multiple_of(4) - digits.len();
    if padding == 3 || text.len() - digits.len() > padding {
        return None;
    }
    let mut count = 0;
    for group in digits.as_bytes().chunks(4) {
        let mut bits = 0;
        for place in 0..4 {
            bits = bits << 6 | group.get(place).map_or(Some(0), |digit| alphabet.value(*digit))?;
        }
        let [_, three @ ..] = bits.to_be_bytes();
        let (whole, rest) = three.split_at(group.len() - 1);
        if rest.iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.get_mut(count..count + whole.len())?.copy_from_slice(whole);
        count += whole.len();
    }
    Some(count)
}

impl Alphabet {
    fn value(self, digit: u8) -> Option<u32> {
        let value = match (digit, self) {
            (b'A'..=b'Z', _) => digit - b'A',
            (b'a'..=b'z', _) => digit - b'a' + 26,
            (b'0'..=b'9', _) => digit - b'0' + 52,
            (b'+', Self::Standard) | (b'-', Self::UrlSafe) => 62,
            (b'/', Self::Standard) | (b'_', Self::UrlSafe) => 63,
            _ => return None,
        };
        Some(value.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::base64::{
        Engine, alphabet,
        engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
        prelude::BASE64_STANDARD,
    };
    use proptest::prelude::*;

    /// The result of the `base64` crate.
    fn expected(text: &str, alphabet: Alphabet) -> Option<Vec<u8>> {
        const CONFIG: GeneralPurposeConfig =
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let alphabet = match alphabet {
            Alphabet::Standard => &alphabet::STANDARD,
            Alphabet::UrlSafe => &alphabet::URL_SAFE,
        };
        GeneralPurpose::new(alphabet, CONFIG).decode(text).ok()
    }

    proptest! {
        #[test]
        fn encode_agrees_with_the_base64_crate(bytes: Vec<u8>) {
            let text = encode(&bytes);
            prop_assert_eq!(&text, &BASE64_STANDARD.encode(&bytes));
            prop_assert_eq!(decode(&text, Alphabet::Standard), Some(bytes));
        }

        #[test]
        fn decode_agrees_with_the_base64_crate(text in "[A-Da-d0-3+/_-]{0,9}={0,4}|[ -~ü]{0,6}") {
            for alphabet in [Alphabet::Standard, Alphabet::UrlSafe] {
                prop_assert_eq!(decode(&text, alphabet), expected(&text, alphabet));
            }
        }
    }
}
