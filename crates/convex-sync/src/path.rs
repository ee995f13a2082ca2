//! The paths functions go by.

use std::{fmt, sync::Arc};

/// The canonical path of a function: `module/file:function`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionPath(Arc<str>);

/// A path no server could know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` cannot be a Convex function: {problem}")]
pub struct PathError {
    path: String,
    problem: &'static str,
}

impl FunctionPath {
    /// Checks a path and brings it to its canonical form.
    pub fn parse(path: &str) -> Result<Self, PathError> {
        todo!("{path}")
    }

    /// The canonical path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FunctionPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
