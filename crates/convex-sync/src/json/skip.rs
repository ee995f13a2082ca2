//! Finding the end of a value without reading it.
//!
//! Inside of an array or object only quotes and brackets are looked at, eight bytes at a time inside
//! of strings. The rest of the grammar is checked when the value is read, or by [`Reader::check`].
//! Nesting is not limited, because nothing is remembered but its depth.

use super::{error::JsonError, number, reader::Reader, string::find_special};

/// Moves past a value.
pub(super) fn value(reader: &mut Reader<'_>) -> Result<(), JsonError> {
    match reader.peek() {
        b'[' | b'{' | b'"' => skip_to_closing(reader),
        b'n' => reader.null(),
        b't' | b'f' => reader.boolean().map(drop),
        _ => {
            reader.at = number::find_end(reader.text, reader.at)?;
            Ok(())
        }
    }
}

/// Moves past a string, array or object, at its first byte.
fn skip_to_closing(reader: &mut Reader<'_>) -> Result<(), JsonError> {
    let bytes = reader.text.as_bytes();
    let (mut at, mut depth) = (reader.at, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        // In ASCII, a bracket differs from the brace of the same side in one bit.
        match byte | 0x20 {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            b'"' if byte == b'"' => at = end_of_string(bytes, at),
            _ => continue,
        }
        if depth == 0 && at <= bytes.len() {
            reader.at = at;
            return Ok(());
        }
    }
    reader.at = bytes.len();
    Err(reader.unexpected())
}

/// The offset behind the closing quote of a string. It is beyond the text if the string does not end.
fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    loop {
        at = find_special(bytes, at);
        match bytes.get(at) {
            Some(b'"') => return at + 1,
            // The next byte is escaped.
            Some(b'\\') => at += 2,
            // A control character, which is an error when the string is read.
            Some(_) => at += 1,
            None => return bytes.len() + 1,
        }
    }
}
