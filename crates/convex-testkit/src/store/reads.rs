//! The read set of a function, and whether a write intersects it.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::{Bound, RangeBounds},
};

use super::Sequence;
use crate::value::{Object, Value};

/// Everything that a function read, present or absent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reads {
    documents: BTreeSet<String>,
    ranges: Vec<Range>,
}

/// The documents of a table with these field values (all documents if there are none), created in
/// this range of time.
#[derive(Debug, Clone)]
pub(super) struct Range {
    pub table: String,
    pub equal: Vec<(String, Value)>,
    pub sequences: (Bound<Sequence>, Bound<Sequence>),
}

/// A document before and after a commit.
#[derive(Debug)]
pub(crate) struct Write {
    pub(super) id: String,
    pub(super) table: String,
    pub(super) sequence: Sequence,
    pub(super) before: Option<Object>,
    pub(super) after: Option<Object>,
}

/// The writes of a commit, indexed for checking the read sets of thousands of queries.
#[derive(Debug, Default)]
pub(crate) struct Writes {
    ids: BTreeSet<String>,
    by_table: BTreeMap<String, Vec<Write>>,
}

impl Writes {
    pub(crate) fn add(&mut self, writes: Vec<Write>) {
        for write in writes {
            self.ids.insert(write.id.clone());
            self.by_table.entry(write.table.clone()).or_default().push(write);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

impl Reads {
    pub(super) fn document(&mut self, id: &str) {
        self.documents.insert(id.to_owned());
    }

    pub(super) fn range(&mut self, range: Range) {
        self.ranges.push(range);
    }

    /// Whether one of `writes` intersects the read set.
    pub(crate) fn overlap(&self, writes: &Writes) -> bool {
        self.documents.iter().any(|id| writes.ids.contains(id))
            || self.ranges.iter().any(|range| {
                let of_table = writes.by_table.get(&range.table);
                of_table.is_some_and(|writes| writes.iter().any(|write| range.intersects(write)))
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

    /// Whether a write to its table changes the range.
    fn intersects(&self, write: &Write) -> bool {
        [&write.before, &write.after]
            .into_iter()
            .flatten()
            .any(|document| self.contains(write.sequence, document))
    }
}
