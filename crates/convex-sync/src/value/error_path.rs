//! The way to a part of a value.

use std::fmt;

/// The steps from a part of a value up to the whole. It is written while an error travels up, so
/// that values without errors pay nothing.
#[derive(Debug, Default)]
pub(super) struct ErrorPath(Vec<Step>);

#[derive(Debug)]
enum Step {
    Key(String),
    Index(usize),
}

impl ErrorPath {
    pub(super) fn up_from_key(&mut self, key: &str) {
        self.0.push(Step::Key(key.to_owned()));
    }

    pub(super) fn up_from_index(&mut self, index: usize) {
        self.0.push(Step::Index(index));
    }
}

impl fmt::Display for ErrorPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().rev().try_for_each(|step| match step {
            Step::Key(key) => write!(f, ".{key}"),
            Step::Index(index) => write!(f, "[{index}]"),
        })
    }
}
