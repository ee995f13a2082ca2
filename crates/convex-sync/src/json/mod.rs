//! JSON text: reading, skipping and writing.
//!
//! The client reads each frame from the server and each result in it exactly once, and an app
//! downloads the code for it. So this module does what the client needs and no more: [`Reader`]
//! moves over text that is known to be UTF-8, and gives slices of it instead of copies. It knows
//! neither Rust types (`value::de` does) nor frames (`fields` and `wire` do).
//!
//! Which text is JSON, and which numbers and strings it denotes, is decided as serde_json does; a
//! fuzz target and property tests compare the two. The differences are:
//!
//! - A value that is skipped ([`Reader::raw`]) is not checked: its end is found by its brackets and
//!   quotes. Most of them are decoded right afterwards, which checks them.
//! - The texts of errors: a [`JsonError`] says where the text is not JSON, but not what the grammar
//!   expects there.
//! - Floats are written as JavaScript does (`1e+21`, not `1e21`), so that a server and a browser
//!   write equal text, but always with a point or an exponent.

mod decimal;
mod error;
mod number;
mod reader;
mod skip;
mod string;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use self::{
    error::JsonError,
    number::Number,
    reader::Reader,
    writer::{ObjectWriter, float_to_string, write_integer, write_string},
};
