//! Finding the end of a value without reading it.
//!
//! The grammar is checked, so that a slice of a frame is JSON, but no number is computed and no
//! string unescaped. Nesting is not limited: brackets are remembered in a list instead of on the
//! stack.

use super::{error::JsonError, number, reader::Reader, string};

/// The brackets that have yet to be closed. The innermost is apart, so that a value that contains no
/// further array or object needs no memory.
#[derive(Debug, Default)]
pub(super) struct OpenBrackets {
    innermost: Option<u8>,
    outer: Vec<u8>,
}

impl OpenBrackets {
    fn open(&mut self, bracket: u8) {
        self.outer.extend(self.innermost.replace(bracket));
    }

    fn close(&mut self) {
        self.innermost = self.outer.pop();
    }
}

/// Moves past a value.
pub(super) fn value(reader: &mut Reader<'_>) -> Result<(), JsonError> {
    loop {
        match reader.peek() {
            b'"' => skip_string(reader)?,
            b'n' => reader.null()?,
            b't' | b'f' => {
                reader.boolean()?;
            }
            b'-' | b'0'..=b'9' => {
                reader.at = number::find_end(reader.text, reader.at)?;
            }
            bracket @ (b'[' | b'{') => {
                reader.at += 1;
                if reader.peek() != closing(bracket) {
                    reader.open_brackets.open(bracket);
                    if bracket == b'{' {
                        name(reader)?;
                    }
                    continue;
                }
                reader.at += 1;
            }
            _ => return Err(reader.unexpected()),
        }
        if !next_value(reader)? {
            return Ok(());
        }
    }
}

/// Moves from the end of a value to the next one. `false` if all brackets are closed.
fn next_value(reader: &mut Reader<'_>) -> Result<bool, JsonError> {
    while let Some(bracket) = reader.open_brackets.innermost {
        match reader.peek() {
            b',' => {
                reader.at += 1;
                if bracket == b'{' {
                    name(reader)?;
                }
                return Ok(true);
            }
            byte if byte == closing(bracket) => {
                reader.at += 1;
                reader.open_brackets.close();
            }
            _ => return Err(reader.unexpected()),
        }
    }
    Ok(false)
}

/// Moves past the name of a field and its colon.
fn name(reader: &mut Reader<'_>) -> Result<(), JsonError> {
    if reader.peek() != b'"' {
        return Err(reader.unexpected());
    }
    skip_string(reader)?;
    reader.expect(b':')
}

fn skip_string(reader: &mut Reader<'_>) -> Result<(), JsonError> {
    reader.at += 1;
    string::skip(reader)
}

/// In ASCII, the brackets of a pair are two apart.
fn closing(bracket: u8) -> u8 {
    bracket + 2
}
