//! Why text is not JSON.

use std::fmt;

/// The first problem in JSON text. It does not quote the text, which may be long or secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonError {
    /// The text ends inside of a value.
    Incomplete,
    /// The byte at this offset does not continue the text.
    Unexpected { offset: usize },
    /// The number that ends at this offset is larger than any float.
    NumberTooLarge { offset: usize },
    /// The array or object at this offset is nested too deeply to be decoded.
    TooDeep { offset: usize },
}

impl JsonError {
    /// The byte at `offset` does not continue `text`, or the text ends there.
    #[cold]
    pub(super) fn unexpected(text: &str, offset: usize) -> Self {
        if offset < text.len() { Self::Unexpected { offset } } else { Self::Incomplete }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (problem, offset) = match self {
            Self::Incomplete => return f.write_str("the JSON text ends too early"),
            Self::Unexpected { offset } => ("an unexpected character", offset),
            Self::NumberTooLarge { offset } => ("a number that is too large", offset),
            Self::TooDeep { offset } => ("more than 128 levels of nesting", offset),
        };
        write!(f, "{problem} at byte {offset} of the JSON text")
    }
}
