//! Strings in JSON text.

use super::{error::JsonError, reader::Reader};
use std::borrow::Cow;

/// Reads a string whose opening quote has been read.
pub(super) fn read<'a>(reader: &mut Reader<'a>) -> Result<Cow<'a, str>, JsonError> {
    let plain = read_plain(reader);
    if reader.byte() == b'"' {
        reader.at += 1;
        return Ok(Cow::Borrowed(plain));
    }
    read_escaped(reader, plain).map(Cow::Owned)
}

/// Reads the rest of a string after its plain beginning.
#[cold]
fn read_escaped(reader: &mut Reader<'_>, beginning: &str) -> Result<String, JsonError> {
    let mut string = beginning.to_owned();
    loop {
        match reader.byte() {
            b'"' => {
                reader.at += 1;
                return Ok(string);
            }
            b'\\' => string.push(read_escape(reader)?),
            // A control character, which JSON escapes, or the end.
            _ => return Err(reader.unexpected()),
        }
        string.push_str(read_plain(reader));
    }
}

/// Moves over characters that stand for themselves, and returns them.
#[inline(always)]
fn read_plain<'a>(reader: &mut Reader<'a>) -> &'a str {
    let start = reader.at;
    reader.at = find_special(reader.text.as_bytes(), start);
    &reader.text[start..reader.at]
}

/// The offset of the first byte from `start` on that has a meaning in a string or must be escaped
/// there: a quote, a backslash or a control character. The length if there is none.
///
/// It tests eight bytes at a time: subtracting 1 from a byte that is 0 sets its highest bit. A
/// borrow can only falsify the bytes behind the first match, and the first match is what counts.
#[inline(always)]
pub(super) fn find_special(bytes: &[u8], start: usize) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHEST_BITS: u64 = ONES << 7;
    const QUOTES: u64 = ONES * b'"' as u64;
    const BACKSLASHES: u64 = ONES * b'\\' as u64;
    const SPACES: u64 = ONES * b' ' as u64;

    let mut at = start;
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let chunk = u64::from_le_bytes(*chunk);
        let zero_bytes = |bytes: u64| bytes.wrapping_sub(ONES) & !bytes;
        let less_than_space = chunk.wrapping_sub(SPACES) & !chunk;
        let matches = zero_bytes(chunk ^ QUOTES) | zero_bytes(chunk ^ BACKSLASHES) | less_than_space;
        let matches = matches & HIGHEST_BITS;
        if matches != 0 {
            return at + (matches.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while at < bytes.len() && !matches!(bytes[at], b'"' | b'\\' | 0..b' ') {
        at += 1;
    }
    at
}

/// Reads an escape, at its backslash.
fn read_escape(reader: &mut Reader<'_>) -> Result<char, JsonError> {
    let start = reader.at;
    reader.at += 1;
    let kind = reader.byte();
    if kind != b'u' {
        let character = unescape(kind).ok_or_else(|| reader.unexpected())?;
        reader.at += 1;
        return Ok(character);
    }
    reader.at += 1;
    let mut code = read_hex(reader)?;
    if let 0xd800..0xdc00 = code {
        // The first half of a character beyond U+FFFF; the second half must follow.
        for expected in [b'\\', b'u'] {
            if reader.byte() != expected {
                return Err(reader.unexpected());
            }
            reader.at += 1;
        }
        let low = read_hex(reader)?;
        let Some(low) = low.checked_sub(0xdc00).filter(|low| *low < 0x400) else {
            return Err(JsonError::unexpected(reader.text, start));
        };
        code = 0x10000 + ((code - 0xd800) << 10) + low;
    }
    char::from_u32(code).ok_or_else(|| JsonError::unexpected(reader.text, start))
}

/// The character of an escape with one letter.
fn unescape(letter: u8) -> Option<char> {
    Some(match letter {
        b'"' | b'\\' | b'/' => letter as char,
        b'b' => '\x08',
        b'f' => '\x0c',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        _ => return None,
    })
}

/// Reads four hexadecimal digits.
fn read_hex(reader: &mut Reader<'_>) -> Result<u32, JsonError> {
    let mut code = 0;
    for _ in 0..4 {
        let digit = (reader.byte() as char).to_digit(16).ok_or_else(|| reader.unexpected())?;
        code = code * 16 + digit;
        reader.at += 1;
    }
    Ok(code)
}
