//! Reading and writing with everything or nothing as the result.

use std::collections::BTreeMap;

use convex_sync::UnixMillis;
use sha2::{Digest, Sha256};

use super::{Allocated, Location, Reads, Sequence, Store, Write, document_id, reads::Range};
use crate::{
    functions::FunctionError,
    value::{Object, Value},
};

/// A view of the store with changes of its own on top, which nobody else sees before [`Transaction::commit`].
#[derive(Debug)]
pub(crate) struct Transaction<'a> {
    store: &'a Store,
    now: UnixMillis,
    changes: BTreeMap<Location, Option<Object>>,
    created: BTreeMap<String, Location>,
    allocated: Allocated,
    reads: Reads,
}

/// What a transaction did, apart from the store it was made of.
#[derive(Debug)]
pub(crate) struct Changes {
    documents: BTreeMap<Location, Option<Object>>,
    allocated: Allocated,
}

impl<'a> Transaction<'a> {
    pub(crate) fn new(store: &'a Store, now: UnixMillis) -> Self {
        Self {
            store,
            now,
            changes: BTreeMap::new(),
            created: BTreeMap::new(),
            allocated: store.allocated,
            reads: Reads::default(),
        }
    }

    pub(crate) fn reader(&mut self) -> DatabaseReader<'_, 'a> {
        DatabaseReader { transaction: self }
    }

    pub(crate) fn writer(&mut self) -> DatabaseWriter<'_, 'a> {
        DatabaseWriter { transaction: self }
    }

    pub(crate) fn into_reads(self) -> Reads {
        self.reads
    }

    pub(crate) fn into_changes(self) -> Changes {
        Changes { documents: self.changes, allocated: self.allocated }
    }

    fn get(&mut self, id: &str) -> Option<Object> {
        self.reads.document(id);
        let location = self.locate(id)?;
        self.current(&location).cloned()
    }

    fn locate(&self, id: &str) -> Option<Location> {
        self.created.get(id).or_else(|| self.store.locations.get(id)).cloned()
    }

    fn current(&self, location: &Location) -> Option<&Object> {
        match self.changes.get(location) {
            Some(changed) => changed.as_ref(),
            None => self.store.document(location),
        }
    }

    fn scan(&mut self, range: Range, order: Order) -> Vec<Object> {
        let mut documents: BTreeMap<Sequence, &Object> = BTreeMap::new();
        if let Some(table) = self.store.tables.get(&range.table) {
            documents.extend(table.iter().map(|(sequence, document)| (*sequence, document)));
        }
        for (location, changed) in self.changes.iter().filter(|(location, _)| location.table == range.table) {
            match changed {
                Some(document) => documents.insert(location.sequence, document),
                None => documents.remove(&location.sequence),
            };
        }
        let matching = documents.into_values().filter(|document| range.contains(document)).cloned();
        let matching = match order {
            Order::Ascending => matching.collect(),
            Order::Descending => matching.rev().collect(),
        };
        self.reads.range(range);
        matching
    }

    fn insert(&mut self, table: &str, fields: Object) -> String {
        let Allocated { sequence, creation_time } = self.allocated.next(self.now);
        let id = new_id(table, sequence);
        let location = Location { table: table.to_owned(), sequence };
        let mut document = fields;
        document.insert("_id".to_owned(), Value::from(&id));
        document.insert("_creationTime".to_owned(), Value::Float64(creation_time));
        self.created.insert(id.clone(), location.clone());
        self.changes.insert(location, Some(document));
        id
    }

    fn change(
        &mut self,
        id: &str,
        action: &str,
        change: impl FnOnce(Object) -> Option<Object>,
    ) -> Result<(), FunctionError> {
        let missing = || FunctionError::thrown(format!("{action} on nonexistent document ID {id}"));
        let document = self.get(id).ok_or_else(missing)?;
        let location = self.locate(id).ok_or_else(missing)?;
        self.changes.insert(location, change(document));
        Ok(())
    }
}

/// Thirty-two characters that look like a Convex id and are the same in every run.
fn new_id(table: &str, sequence: Sequence) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let digest = Sha256::digest(format!("{table}/{sequence}"));
    digest.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}

impl Store {
    /// Makes a transaction's changes everybody's, and says what they were.
    pub(crate) fn commit(&mut self, changes: Changes) -> Vec<Write> {
        self.allocated = changes.allocated;
        let mut writes = Vec::new();
        for (location, after) in changes.documents {
            let before = self.document(&location).cloned();
            if let Some(document) = before.as_ref().or(after.as_ref()) {
                let id = document_id(document).to_owned();
                writes.push(Write { id, table: location.table.clone(), before, after: after.clone() });
            }
            self.apply(location, after);
        }
        writes
    }
}

/// The order of a [`TableQuery`], by creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Oldest first.
    #[default]
    Ascending,
    /// Newest first.
    Descending,
}

/// `ctx.db` of a query: reads, and notes what it read.
#[derive(Debug)]
pub struct DatabaseReader<'t, 's> {
    transaction: &'t mut Transaction<'s>,
}

impl<'s> DatabaseReader<'_, 's> {
    /// The document with this id.
    pub fn get(&mut self, id: &str) -> Option<Object> {
        self.transaction.get(id)
    }

    /// The documents of `table`, to be narrowed down.
    pub fn query(&mut self, table: &str) -> TableQuery<'_, 's> {
        TableQuery::all(self.transaction, table)
    }
}

/// `ctx.db` of a mutation: reads and writes.
#[derive(Debug)]
pub struct DatabaseWriter<'t, 's> {
    transaction: &'t mut Transaction<'s>,
}

impl<'s> DatabaseWriter<'_, 's> {
    /// The document with this id.
    pub fn get(&mut self, id: &str) -> Option<Object> {
        self.transaction.get(id)
    }

    /// The documents of `table`, to be narrowed down.
    pub fn query(&mut self, table: &str) -> TableQuery<'_, 's> {
        TableQuery::all(self.transaction, table)
    }

    /// Adds a document to `table` and returns its id; `_id` and `_creationTime` are filled in.
    pub fn insert(&mut self, table: &str, fields: Object) -> String {
        self.transaction.insert(table, fields)
    }

    /// Sets these fields of a document and leaves the others.
    ///
    /// # Errors
    ///
    /// As thrown, where there is no such document; so do [`replace`](Self::replace) and [`delete`](Self::delete).
    pub fn patch(&mut self, id: &str, fields: Object) -> Result<(), FunctionError> {
        self.transaction.change(id, "Update", |mut document| {
            document.extend(fields);
            Some(document)
        })
    }

    /// Replaces all fields of a document but `_id` and `_creationTime`.
    ///
    /// # Errors
    ///
    /// See [`patch`](Self::patch).
    pub fn replace(&mut self, id: &str, fields: Object) -> Result<(), FunctionError> {
        self.transaction.change(id, "Replace", |mut document| {
            document.retain(|name, _| name.starts_with('_'));
            document.extend(fields);
            Some(document)
        })
    }

    /// Removes a document.
    ///
    /// # Errors
    ///
    /// See [`patch`](Self::patch).
    pub fn delete(&mut self, id: &str) -> Result<(), FunctionError> {
        self.transaction.change(id, "Delete", |_| None)
    }
}

/// The documents of one table, narrowed by equality; whatever it returns depends on all documents in that range.
#[derive(Debug)]
#[must_use = "a query reads nothing before it is collected"]
pub struct TableQuery<'t, 's> {
    transaction: &'t mut Transaction<'s>,
    range: Range,
    order: Order,
}

impl<'t, 's> TableQuery<'t, 's> {
    fn all(transaction: &'t mut Transaction<'s>, table: &str) -> Self {
        let range = Range { table: table.to_owned(), equal: Vec::new() };
        Self { transaction, range, order: Order::default() }
    }

    /// Only documents whose `field` equals `value`, like an index range.
    pub fn eq(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.range.equal.push((field.to_owned(), value.into()));
        self
    }

    /// In this order; ascending by default.
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// All of them.
    pub fn collect(self) -> Vec<Object> {
        self.transaction.scan(self.range, self.order)
    }

    /// The first `count` of them.
    pub fn take(self, count: usize) -> Vec<Object> {
        let mut documents = self.collect();
        documents.truncate(count);
        documents
    }

    /// The first of them.
    pub fn first(self) -> Option<Object> {
        self.collect().into_iter().next()
    }
}
