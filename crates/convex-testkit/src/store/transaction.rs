//! Transactions: atomic reads and writes.

use std::collections::BTreeMap;

use convex_sync::UnixMillis;
use sha2::{Digest, Sha256};

use super::{
    Allocated, Location, PageLimits, Reads, Sequence, Store, Write, document_id, pagination::Pinned,
    reads::Range,
};
use crate::{
    functions::FunctionError,
    value::{Object, Value},
};

/// A view of the store with uncommitted changes, which are invisible to others before
/// [`Transaction::commit`].
#[derive(Debug)]
pub(crate) struct Transaction<'a> {
    store: &'a Store,
    now: UnixMillis,
    changes: BTreeMap<Location, Option<Object>>,
    created: BTreeMap<String, Location>,
    allocated: Allocated,
    reads: Reads,
    pub(super) pinned: Pinned,
}

/// The effects of a transaction, detached from its store.
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
            pinned: Pinned::default(),
        }
    }

    /// A transaction for a query that ran before and left this journal.
    pub(crate) fn again(store: &'a Store, now: UnixMillis, journal: Option<&str>) -> Self {
        let pinned = Pinned { previous: journal.map(str::to_owned), next: None };
        Self { pinned, ..Self::new(store, now) }
    }

    pub(crate) fn reader(&mut self) -> DatabaseReader<'_, 'a> {
        DatabaseReader { transaction: self }
    }

    pub(crate) fn writer(&mut self) -> DatabaseWriter<'_, 'a> {
        DatabaseWriter { transaction: self }
    }

    pub(super) fn cursor_key(&self) -> u32 {
        self.store.cursor_key
    }

    /// The read set, and the journal for the next execution.
    pub(crate) fn into_reads(self) -> (Reads, Option<String>) {
        (self.reads, self.pinned.next)
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

    pub(super) fn scan(&self, range: &Range, order: Order) -> Vec<(Sequence, Object)> {
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
        let matching =
            documents.into_iter().filter(|(sequence, document)| range.contains(*sequence, document));
        let matching = matching.map(|(sequence, document)| (sequence, document.clone()));
        match order {
            Order::Ascending => matching.collect(),
            Order::Descending => matching.rev().collect(),
        }
    }

    pub(super) fn note(&mut self, range: Range) {
        self.reads.range(range);
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
    /// Applies a transaction's changes to the store, and returns them.
    pub(crate) fn commit(&mut self, changes: Changes) -> Vec<Write> {
        self.allocated = changes.allocated;
        let mut writes = Vec::new();
        for (location, after) in changes.documents {
            let before = self.document(&location).cloned();
            if let Some(document) = before.as_ref().or(after.as_ref()) {
                let id = document_id(document).to_owned();
                let Location { table, sequence } = location.clone();
                writes.push(Write { id, table, sequence, before, after: after.clone() });
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

/// `ctx.db` of a query: reads, and records what was read.
#[derive(Debug)]
pub struct DatabaseReader<'t, 's> {
    transaction: &'t mut Transaction<'s>,
}

impl<'s> DatabaseReader<'_, 's> {
    /// The document with this id.
    pub fn get(&mut self, id: &str) -> Option<Object> {
        self.transaction.get(id)
    }

    /// The documents of `table`, which can be filtered.
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

    /// The documents of `table`, which can be filtered.
    pub fn query(&mut self, table: &str) -> TableQuery<'_, 's> {
        TableQuery::all(self.transaction, table)
    }

    /// Inserts a document into `table` and returns its id. `_id` and `_creationTime` are added.
    pub fn insert(&mut self, table: &str, fields: Object) -> String {
        self.transaction.insert(table, fields)
    }

    /// Sets these fields of a document and keeps the others.
    ///
    /// # Errors
    ///
    /// No document has this id. The same holds for [`replace`](Self::replace) and
    /// [`delete`](Self::delete).
    pub fn patch(&mut self, id: &str, fields: Object) -> Result<(), FunctionError> {
        self.transaction.change(id, "Update", |mut document| {
            document.extend(fields);
            Some(document)
        })
    }

    /// Replaces all fields of a document except `_id` and `_creationTime`.
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

/// The documents of a table, filtered by equality. Every result depends on all documents in that
/// range.
#[derive(Debug)]
#[must_use = "a query reads nothing before it is collected"]
pub struct TableQuery<'t, 's> {
    pub(super) transaction: &'t mut Transaction<'s>,
    pub(super) range: Range,
    pub(super) order: Order,
    pub(super) limits: PageLimits,
}

impl<'t, 's> TableQuery<'t, 's> {
    fn all(transaction: &'t mut Transaction<'s>, table: &str) -> Self {
        Self { transaction, range: Range::all(table), order: Order::default(), limits: PageLimits::default() }
    }

    /// Only documents with this `value` of `field`, like an index range.
    pub fn eq(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.range.equal.push((field.to_owned(), value.into()));
        self
    }

    /// Sets the order; ascending by default.
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// All of them.
    pub fn collect(self) -> Vec<Object> {
        let documents = self.transaction.scan(&self.range, self.order);
        self.transaction.note(self.range);
        documents.into_iter().map(|(_, document)| document).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

    fn names(documents: &[Object]) -> Vec<&str> {
        documents.iter().filter_map(|document| document["name"].as_str()).collect()
    }

    #[test]
    fn a_transaction_sees_its_own_changes() {
        let mut store = Store::default();
        let mut first = Transaction::new(&store, NOW);
        let mut db = first.writer();
        let (ann, bob) = (
            db.insert("users", object! { "name" => "ann" }),
            db.insert("users", object! { "name" => "bob" }),
        );
        assert_eq!(names(&db.query("users").collect()), ["ann", "bob"]);
        let changes = first.into_changes();
        store.commit(changes);

        let mut second = Transaction::new(&store, NOW);
        let mut db = second.writer();
        db.patch(&ann, object! { "name" => "anna" }).unwrap();
        assert_eq!(db.get(&ann).unwrap()["name"], Value::from("anna"));
        db.patch(&ann, object! { "age" => 7.0 }).unwrap();
        assert_eq!(db.get(&ann).unwrap()["name"], Value::from("anna"), "one change builds on the other");
        db.delete(&bob).unwrap();
        assert_eq!(db.get(&bob), None);
        let cid = db.insert("users", object! { "name" => "cid" });
        db.replace(&cid, object! { "name" => "sid" }).unwrap();
        assert_eq!(names(&db.query("users").order(Order::Descending).collect()), ["sid", "anna"]);
        assert_eq!(names(&db.query("users").eq("name", "ann").collect()), [""; 0]);
    }

    #[test]
    fn changes_are_invisible_before_the_commit() {
        let mut store = Store::default();
        let mut transaction = Transaction::new(&store, NOW);
        let id = transaction.writer().insert("users", object! { "name" => "ann" });
        let changes = transaction.into_changes();
        assert_eq!(Transaction::new(&store, NOW).get(&id), None);
        assert_eq!(store.commit(changes).len(), 1);
        assert!(Transaction::new(&store, NOW).get(&id).is_some());
    }

    #[test]
    fn insert_and_delete_in_one_transaction_is_no_write() {
        let mut store = Store::default();
        let mut transaction = Transaction::new(&store, NOW);
        let mut db = transaction.writer();
        let id = db.insert("users", object! {});
        db.delete(&id).unwrap();
        let changes = transaction.into_changes();
        assert!(store.commit(changes).is_empty());
    }

    #[test]
    fn replacing_keeps_system_fields() {
        let store = Store::default();
        let mut transaction = Transaction::new(&store, NOW);
        let mut db = transaction.writer();
        let id = db.insert("users", object! { "name" => "ann", "age" => 7.0 });
        let before = db.get(&id).unwrap();
        db.replace(&id, object! { "name" => "bob" }).unwrap();
        let after = db.get(&id).unwrap();
        assert_eq!((&after["_id"], &after["_creationTime"]), (&before["_id"], &before["_creationTime"]));
        assert_eq!(after.len(), 3, "{after:?}");
    }

    #[test]
    fn missing_documents_cannot_be_changed() {
        let store = Store::default();
        let mut transaction = Transaction::new(&store, NOW);
        let error = transaction.writer().delete("nobody").unwrap_err();
        assert_eq!(error, FunctionError::thrown("Delete on nonexistent document ID nobody"));
    }
}
