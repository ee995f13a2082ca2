//! Tables of documents in memory. Transactions read and write them, and record what they read.

mod pagination;
mod reads;
mod transaction;

use std::collections::BTreeMap;

use convex_sync::UnixMillis;

use crate::value::{Object, Value};

pub use pagination::{Page, PageLimits, PageStatus};
use reads::Write;
pub(crate) use reads::{Reads, Writes};
pub(crate) use transaction::{Changes, Transaction};
pub use transaction::{DatabaseReader, DatabaseWriter, Order, TableQuery};

/// The step between the creation times of two documents of one moment; a power of two, so that sums
/// stay exact.
const CREATION_STEP_MS: f64 = 1.0 / 1024.0;

/// All documents, by table and in order of creation.
#[derive(Debug, Default)]
pub(crate) struct Store {
    tables: BTreeMap<String, BTreeMap<Sequence, Object>>,
    locations: BTreeMap<String, Location>,
    allocated: Allocated,
    /// The key that the deployment encrypts its cursors with. Cursors and journals of another key
    /// are unreadable.
    pub(crate) cursor_key: u32,
}

/// A document's position in the order of creation, over all tables.
type Sequence = u64;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Location {
    table: String,
    sequence: Sequence,
}

/// Ids and positions in use; they are never reused.
#[derive(Debug, Clone, Copy, Default)]
struct Allocated {
    sequence: Sequence,
    creation_time: f64,
}

impl Allocated {
    fn next(&mut self, now: UnixMillis) -> Self {
        self.sequence += 1;
        self.creation_time = (now.0 as f64).max(self.creation_time + CREATION_STEP_MS);
        *self
    }
}

impl Store {
    fn document(&self, location: &Location) -> Option<&Object> {
        self.tables.get(&location.table)?.get(&location.sequence)
    }

    fn apply(&mut self, location: Location, after: Option<Object>) {
        let table = self.tables.entry(location.table.clone()).or_default();
        match after {
            Some(document) => {
                self.locations.insert(document_id(&document).to_owned(), location.clone());
                table.insert(location.sequence, document);
            }
            None => {
                if let Some(document) = table.remove(&location.sequence) {
                    self.locations.remove(document_id(&document));
                }
            }
        }
    }
}

fn document_id(document: &Object) -> &str {
    document.get("_id").and_then(Value::as_str).expect("every stored document has an id")
}
