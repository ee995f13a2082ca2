//! Reading JSON text, token by token.

use super::{
    error::JsonError,
    number::{self, Number},
    skip, string,
};
use crate::text::is_equal;
use std::borrow::Cow;

/// The byte that [`Reader::peek`] returns at the end of the text. No value starts with it.
pub(super) const END: u8 = 0;

/// The levels of arrays and objects that can be read one inside of another. More would overflow
/// the stack. Convex allows 64.
const MAX_DEPTH: usize = 128;

/// A position in JSON text.
///
/// Arrays and objects are read by [`enter`](Self::enter), then [`next_item`](Self::next_item)
/// before each item. [`array`](Self::array) and [`object`](Self::object) do so with a closure.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    pub(super) text: &'a str,
    /// The offset of the next byte, always at a character's boundary.
    pub(super) at: usize,
    /// The arrays and objects around the position.
    depth: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// The first byte of the next token, which tells the kind of a value; 0 at the end.
    pub(crate) fn peek(&mut self) -> u8 {
        while let b' ' | b'\n' | b'\r' | b'\t' = self.byte() {
            self.at += 1;
        }
        self.byte()
    }

    /// The next byte, even if it is white space; 0 at the end.
    pub(super) fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(END)
    }

    /// The error that the next byte does not fit.
    pub(crate) fn unexpected(&self) -> JsonError {
        JsonError::unexpected(self.text, self.at)
    }

    /// Moves past a byte, which must be the next one.
    // Each read of a value calls this and the other functions that are always inlined. With the
    // recommended `opt-level = "s"` the compiler inlines none of them, and decoding takes a third longer.
    #[inline(always)]
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), JsonError> {
        if self.peek() != byte {
            return Err(self.unexpected());
        }
        self.at += 1;
        Ok(())
    }

    /// Moves past the end of the text. An error if more than white space is left.
    pub(crate) fn end(mut self) -> Result<(), JsonError> {
        self.peek();
        if self.at < self.text.len() { Err(self.unexpected()) } else { Ok(()) }
    }

    // ---- values ----

    /// Moves past `null`, `true` or `false`.
    pub(crate) fn word(&mut self, word: &str) -> Result<(), JsonError> {
        self.peek();
        for expected in word.bytes() {
            if self.byte() != expected {
                return Err(self.unexpected());
            }
            self.at += 1;
        }
        Ok(())
    }

    pub(crate) fn null(&mut self) -> Result<(), JsonError> {
        self.word("null")
    }

    pub(crate) fn boolean(&mut self) -> Result<bool, JsonError> {
        let is_true = self.peek() == b't';
        self.word(if is_true { "true" } else { "false" })?;
        Ok(is_true)
    }

    pub(crate) fn number(&mut self) -> Result<Number, JsonError> {
        self.peek();
        let (number, end) = number::read(self.text, self.at)?;
        self.at = end;
        Ok(number)
    }

    /// A string, borrowed from the text if it contains no escapes.
    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.expect(b'"')?;
        string::read(self)
    }

    /// Moves past a value, and returns its text. The content of an array, object or string is not
    /// checked.
    pub(crate) fn raw(&mut self) -> Result<&'a str, JsonError> {
        self.text_of(skip::value)
    }

    /// Moves past a value as [`raw`](Self::raw) does, and checks all of it.
    pub(crate) fn checked_raw(&mut self) -> Result<&'a str, JsonError> {
        self.text_of(Self::check)
    }

    fn check(&mut self) -> Result<(), JsonError> {
        match self.peek() {
            b'[' => self.array(Self::check),
            b'{' => self.object(|reader, _| reader.check()),
            b'"' => self.string().map(drop),
            b'n' => self.null(),
            b't' | b'f' => self.boolean().map(drop),
            _ => self.number().map(drop),
        }
    }

    /// The text of the value that `read` moves past.
    fn text_of(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<(), JsonError>,
    ) -> Result<&'a str, JsonError> {
        self.peek();
        let start = self.at;
        read(self)?;
        Ok(&self.text[start..self.at])
    }

    /// Moves past a value if it has this text.
    pub(crate) fn skip_equal(&mut self, text: &str) -> bool {
        self.peek();
        let end = self.at + text.len();
        let next = self.text.as_bytes().get(end);
        let is_equal = self.text.get(self.at..end).is_some_and(|value| is_equal(value, text))
            && matches!(next, Some(b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t') | None);
        if is_equal {
            self.at += text.len();
        }
        is_equal
    }

    // ---- arrays and objects ----

    /// Moves past the opening bracket of an array (`[`) or object (`{`).
    pub(crate) fn enter(&mut self, bracket: u8) -> Result<(), JsonError> {
        self.expect(bracket)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(JsonError::TooDeep { offset: self.at - 1 }) } else { Ok(()) }
    }

    /// Moves to the next item of an array, or past its end. `false` at the end.
    pub(crate) fn next_item(&mut self, is_first: bool) -> Result<bool, JsonError> {
        self.next_part(is_first, b']')
    }

    /// Moves to the value of the next field of an object, and returns its name; or past the end.
    pub(crate) fn next_field(&mut self, is_first: bool) -> Result<Option<Cow<'a, str>>, JsonError> {
        if !self.next_part(is_first, b'}')? {
            return Ok(None);
        }
        let name = self.string()?;
        self.expect(b':')?;
        Ok(Some(name))
    }

    #[inline(always)]
    fn next_part(&mut self, is_first: bool, closing_bracket: u8) -> Result<bool, JsonError> {
        match self.peek() {
            byte if byte == closing_bracket => {
                self.at += 1;
                self.depth -= 1;
                return Ok(false);
            }
            b',' if !is_first => self.at += 1,
            _ if is_first => {}
            _ => return Err(self.unexpected()),
        }
        Ok(true)
    }

    /// About how many items the array around the position still has, if they are as long as the next
    /// one. 0 if it is inside of another array or object: its end is not known.
    pub(crate) fn estimate_items(&self) -> usize {
        if self.depth > 1 {
            return 0;
        }
        let rest = self.text.len() - self.at;
        self.clone().raw().map_or(0, |item| rest / (item.len() + 1))
    }

    /// Reads an array. `read` must move past exactly one value.
    pub(crate) fn array<E: From<JsonError>>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.enter(b'[')?;
        let mut is_first = true;
        while self.next_item(is_first)? {
            read(self)?;
            is_first = false;
        }
        Ok(())
    }

    /// Reads an object. `read` gets the name of a field and must move past exactly its value.
    pub(crate) fn object<E: From<JsonError>>(
        &mut self,
        mut read: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.enter(b'{')?;
        let mut is_first = true;
        while let Some(name) = self.next_field(is_first)? {
            read(self, name)?;
            is_first = false;
        }
        Ok(())
    }
}
