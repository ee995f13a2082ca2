//! The members of an object. The canonical encoding sorts them by key.

use super::{error::EncodeProblem, key};
use crate::json::ObjectWriter;
use std::{borrow::Cow, ops::Range};

/// The limit of fields in an object (docs/protocol.md §16).
const MAX_FIELDS: usize = 1024;

/// Keys in sorted order, each with the range of its value in the text that was written.
#[derive(Default)]
pub(super) struct Members(Vec<(Cow<'static, str>, Range<usize>)>);

impl Members {
    /// Adds a member. Returns whether it replaced one with the same key.
    pub(super) fn insert(&mut self, key: Cow<'static, str>, value: Range<usize>) -> bool {
        let place = self.0.binary_search_by(|(other, _)| other.cmp(&key));
        match place {
            Ok(index) => self.0[index].1 = value,
            Err(index) => self.0.insert(index, (key, value)),
        }
        place.is_ok()
    }

    /// The key of an object that may be a tagged value.
    pub(super) fn reserved_key(&self) -> Option<Cow<'static, str>> {
        match &*self.0 {
            [(key, _)] if key.starts_with('$') => Some(key.clone()),
            _ => None,
        }
    }

    /// Writes the object, with its values copied from `text`.
    pub(super) fn object(&self, text: &str) -> Result<String, EncodeProblem> {
        if self.0.len() > MAX_FIELDS {
            return Err(EncodeProblem::too_many(self.0.len(), "fields in an object", MAX_FIELDS));
        }
        let length: usize = self.0.iter().map(|(key, value)| key.len() + value.len() + 4).sum();
        let mut json = String::with_capacity(length + 2);
        let mut object = ObjectWriter::begin(&mut json);
        for (key, value) in &self.0 {
            key::check(key)?;
            object.json(key, &[&text[value.clone()]]);
        }
        object.end();
        Ok(json)
    }
}
