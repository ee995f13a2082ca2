//! The context of a running function: the caller, the data, and a log.

use std::time::Duration;

use super::{FunctionError, FunctionResult, Log};
use crate::{
    deployment::{Caller, ModelBackend},
    identity::Identity,
    store::{DatabaseReader, DatabaseWriter, Transaction},
    value::{Object, Value},
};

/// The `ctx` of a query.
#[derive(Debug)]
pub struct QueryCtx<'a> {
    pub(crate) identity: Option<&'a Identity>,
    pub(crate) transaction: Transaction<'a>,
    pub(crate) log: Log,
    pub(crate) previous_journal: Option<&'a str>,
    pub(crate) journal: Option<String>,
}

impl<'a> QueryCtx<'a> {
    /// The caller; `None` if anonymous.
    pub fn identity(&self) -> Option<&'a Identity> {
        self.identity
    }

    /// The data, read-only.
    pub fn db(&mut self) -> DatabaseReader<'_, 'a> {
        self.transaction.reader()
    }

    /// `console.log(text)`
    pub fn log(&mut self, text: &str) {
        self.log.push(&quoted(text));
    }

    /// `console.log(text, value)`
    pub fn log_value(&mut self, text: &str, value: &Value) {
        let value = match value {
            Value::String(string) => format!("'{string}'"),
            value => serde_json::Value::from(value.clone()).to_string(),
        };
        self.log.push(&format!("{} {value}", quoted(text)));
    }

    /// The journal that the last execution of this query wrote; the client stores it across
    /// reconnects.
    pub fn journal(&self) -> Option<&'a str> {
        self.previous_journal
    }

    /// Writes the journal for the next execution.
    pub fn set_journal(&mut self, journal: impl Into<String>) {
        self.journal = Some(journal.into());
    }
}

/// The `ctx` of a mutation.
#[derive(Debug)]
pub struct MutationCtx<'a> {
    pub(crate) identity: Option<&'a Identity>,
    pub(crate) transaction: Transaction<'a>,
    pub(crate) log: Log,
}

impl<'a> MutationCtx<'a> {
    /// The caller; `None` if anonymous.
    pub fn identity(&self) -> Option<&'a Identity> {
        self.identity
    }

    /// The data. Writes are rolled back if the mutation fails.
    pub fn db(&mut self) -> DatabaseWriter<'_, 'a> {
        self.transaction.writer()
    }

    /// `console.log(text)`
    pub fn log(&mut self, text: &str) {
        self.log.push(&quoted(text));
    }
}

/// The `ctx` of an action.
#[derive(Debug)]
pub struct ActionCtx<'a> {
    pub(crate) backend: &'a mut ModelBackend,
    pub(crate) caller: &'a Caller,
    pub(crate) log: Log,
    pub(crate) delay: Duration,
}

impl<'a> ActionCtx<'a> {
    /// The caller; `None` if anonymous.
    pub fn identity(&self) -> Option<&'a Identity> {
        self.caller.identity.as_ref()
    }

    /// Runs a query as the same caller.
    ///
    /// # Errors
    ///
    /// The error that the query throws.
    pub fn run_query(&mut self, path: &str, args: Object) -> FunctionResult {
        let run = self.backend.query(self.caller, path, Ok(args), None);
        run.result.map_err(FunctionError::rethrown)
    }

    /// Runs a mutation as the same caller. Its writes stay, even if the action fails.
    ///
    /// # Errors
    ///
    /// The error that the mutation throws.
    pub fn run_mutation(&mut self, path: &str, args: Object) -> FunctionResult {
        let run = self.backend.mutation(self.caller, path, Ok(args));
        run.result.map(|committed| committed.value).map_err(FunctionError::rethrown)
    }

    /// Delays the response by `duration`. The action's effects are immediate.
    pub fn delay(&mut self, duration: Duration) {
        self.delay += duration;
    }

    /// `console.log(text)`
    pub fn log(&mut self, text: &str) {
        self.log.push(&quoted(text));
    }
}

fn quoted(text: &str) -> String {
    format!("'{text}'")
}
