//! The path from a value to the part of it that caused an error.

use std::fmt;

/// The path to a part of a value, as errors print it: `.items[3].when`.
///
/// It is built from the inside out while an error is passed up, so that values without errors cost
/// nothing.
#[derive(Debug, Default)]
pub(super) struct ErrorPath(Vec<PathStep>);

#[derive(Debug)]
enum PathStep {
    Key(String),
    Index(usize),
}

impl ErrorPath {
    pub(super) fn up_from_key(&mut self, key: &str) {
        self.0.push(PathStep::Key(key.to_owned()));
    }

    pub(super) fn up_from_index(&mut self, index: usize) {
        self.0.push(PathStep::Index(index));
    }
}

impl fmt::Display for ErrorPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().rev().try_for_each(|step| match step {
            PathStep::Key(key) => write!(f, ".{key}"),
            PathStep::Index(index) => write!(f, "[{index}]"),
        })
    }
}
