//! What a function read, and whether a write would have changed it.

use std::{
    collections::BTreeSet,
    ops::{Bound, RangeBounds},
};

use super::Sequence;
use crate::value::{Object, Value};

/// Everything a function looked at, present or absent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reads {
    documents: BTreeSet<String>,
    ranges: Vec<Range>,
}

/// The documents of a table whose fields equal these (all of them where there are none), so far as they were created in this time.
#[derive(Debug, Clone)]
pub(super) struct Range {
    pub table: String,
    pub equal: Vec<(String, Value)>,
    pub sequences: (Bound<Sequence>, Bound<Sequence>),
}

/// One document before and after a commit.
#[derive(Debug)]
pub(crate) struct Write {
    pub(super) id: String,
    pub(super) table: String,
    pub(super) sequence: Sequence,
    pub(super) before: Option<Object>,
    pub(super) after: Option<Object>,
}

impl Reads {
    pub(super) fn document(&mut self, id: &str) {
        self.documents.insert(id.to_owned());
    }

    pub(super) fn range(&mut self, range: Range) {
        self.ranges.push(range);
    }

    /// Whether one of `writes` touched something that was read.
    pub(crate) fn overlap(&self, writes: &[Write]) -> bool {
        writes.iter().any(|write| {
            self.documents.contains(&write.id) || self.ranges.iter().any(|range| range.is_touched_by(write))
        })
    }
}

impl Range {
    pub(super) fn all(table: &str) -> Self {
        Self { table: table.to_owned(), equal: Vec::new(), sequences: (Bound::Unbounded, Bound::Unbounded) }
    }

    pub(super) fn contains(&self, sequence: Sequence, document: &Object) -> bool {
        self.sequences.contains(&sequence)
            && self.equal.iter().all(|(field, value)| document.get(field) == Some(value))
    }

    fn is_touched_by(&self, write: &Write) -> bool {
        self.table == write.table
            && [&write.before, &write.after]
                .into_iter()
                .flatten()
                .any(|document| self.contains(write.sequence, document))
    }
}
