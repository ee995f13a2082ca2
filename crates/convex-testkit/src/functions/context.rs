//! What a running function is given: who asks, the data, a log.

use std::time::Duration;

use super::{FunctionError, FunctionResult, Log};
use crate::{
    deployment::{Backend, Caller},
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
    /// Who asks; nobody, where the client is not signed in.
    pub fn identity(&self) -> Option<&'a Identity> {
        self.identity
    }

    /// The data, to read.
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

    /// What the last run of this query wrote into its journal, kept by the client over reconnects.
    pub fn journal(&self) -> Option<&'a str> {
        self.previous_journal
    }

    /// Writes the journal for the next run.
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
    /// Who asks; nobody, where the client is not signed in.
    pub fn identity(&self) -> Option<&'a Identity> {
        self.identity
    }

    /// The data, to read and write. Writes are undone where the mutation fails.
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
    pub(crate) backend: &'a mut Backend,
    pub(crate) caller: &'a Caller,
    pub(crate) log: Log,
    pub(crate) delay: Duration,
}

impl<'a> ActionCtx<'a> {
    /// Who asks; nobody, where the client is not signed in.
    pub fn identity(&self) -> Option<&'a Identity> {
        self.caller.identity.as_ref()
    }

    /// Runs a query as the same person.
    ///
    /// # Errors
    ///
    /// As thrown, where the query fails.
    pub fn run_query(&mut self, path: &str, args: Object) -> FunctionResult {
        let run = self.backend.query(self.caller, path, Ok(args), None);
        run.result.map_err(FunctionError::rethrown)
    }

    /// Runs a mutation as the same person. What it wrote stays, whatever becomes of the action.
    ///
    /// # Errors
    ///
    /// As thrown, where the mutation fails.
    pub fn run_mutation(&mut self, path: &str, args: Object) -> FunctionResult {
        let run = self.backend.mutation(self.caller, path, Ok(args));
        run.result.map(|committed| committed.value).map_err(FunctionError::rethrown)
    }

    /// Lets `duration` pass before the client is answered; what the action does, it does at once.
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
