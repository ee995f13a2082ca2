//! The members of an object, which the canonical encoding has in the order of their keys.

use super::{Error, MAX_FIELDS, key, too_many};
use std::{borrow::Cow, ops::Range};

/// Keys, and where in some text their values stand.
#[derive(Default)]
pub(super) struct Members(Vec<(Cow<'static, str>, Range<usize>)>);

impl Members {
    /// Puts one in its place; `true` where it takes that of another with the same key.
    pub(super) fn insert(&mut self, key: Cow<'static, str>, value: Range<usize>) -> bool {
        let place = self.0.binary_search_by(|(other, _)| other.cmp(&key));
        match place {
            Ok(index) => self.0[index].1 = value,
            Err(index) => self.0.insert(index, (key, value)),
        }
        place.is_ok()
    }

    /// The key of an object that is a value by itself.
    pub(super) fn reserved_key(&self) -> Option<Cow<'static, str>> {
        match &*self.0 {
            [(key, _)] if key.starts_with('$') => Some(key.clone()),
            _ => None,
        }
    }

    /// The object, with its values out of `text`.
    pub(super) fn object(&self, text: &[u8]) -> Result<Vec<u8>, Error> {
        if self.0.len() > MAX_FIELDS {
            return Err(too_many(self.0.len(), "fields in an object", MAX_FIELDS));
        }
        let length: usize = self.0.iter().map(|(key, value)| key.len() + value.len() + 4).sum();
        let mut object = Vec::with_capacity(length + 2);
        for (key, value) in &self.0 {
            key::check(key)?;
            object.push(if object.is_empty() { b'{' } else { b',' });
            serde_json::to_writer(&mut object, key).expect("a string can be written to memory");
            object.push(b':');
            object.extend_from_slice(&text[value.clone()]);
        }
        if object.is_empty() {
            object.push(b'{');
        }
        object.push(b'}');
        Ok(object)
    }
}
