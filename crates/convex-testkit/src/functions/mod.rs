//! The deployment's functions: Rust closures in place of JavaScript.

mod args;
mod context;
mod log;
mod pagination;
mod server_errors;

use std::{collections::BTreeMap, fmt, sync::Arc};

use convex_sync_types::UdfPath;

use crate::value::Value;

pub use args::Args;
pub use context::{ActionCtx, MutationCtx, QueryCtx};
pub(crate) use log::Log;
pub use pagination::PaginationOptions;
pub(crate) use server_errors::{checked_arguments, checked_result};

/// The kind of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FunctionKind {
    /// Reads.
    Query,
    /// Reads and writes, in one transaction.
    Mutation,
    /// Calls queries and mutations, and may take time.
    Action,
}

/// The error of a function.
#[derive(Debug, Clone, PartialEq)]
pub enum FunctionError {
    /// `throw new Error(message)`
    Thrown(String),
    /// `throw new ConvexError(data)`
    ConvexError {
        /// The text after `Uncaught ConvexError: `.
        message: String,
        /// The data that the client receives; `null` is data, too.
        data: Value,
    },
    /// An error that the server raises before or after the function's own code: the function does
    /// not exist, or its arguments are invalid.
    Server(String),
}

impl FunctionError {
    /// `throw new Error(message)`
    pub fn thrown(message: impl Into<String>) -> Self {
        Self::Thrown(message.into())
    }

    /// `throw new ConvexError(data)`
    pub fn convex(data: impl Into<Value>) -> Self {
        let data = data.into();
        Self::ConvexError { message: serde_json::Value::from(data.clone()).to_string(), data }
    }

    /// The text that the client receives after the request id.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Thrown(message) => format!("Uncaught Error: {message}"),
            Self::ConvexError { message, .. } => format!("Uncaught ConvexError: {message}"),
            Self::Server(text) => text.clone(),
        }
    }

    /// The same error in the function that called this one.
    pub(crate) fn rethrown(self) -> Self {
        match self {
            Self::Server(text) => Self::Thrown(text),
            thrown => thrown,
        }
    }
}

/// The result of a function.
pub type FunctionResult = Result<Value, FunctionError>;

pub(crate) type Query = Arc<dyn Fn(&mut QueryCtx<'_>, &Args) -> FunctionResult + Send + Sync>;
pub(crate) type Mutation = Arc<dyn Fn(&mut MutationCtx<'_>, &Args) -> FunctionResult + Send + Sync>;
pub(crate) type Action = Arc<dyn Fn(&mut ActionCtx<'_>, &Args) -> FunctionResult + Send + Sync>;

/// The functions of a deployment, by path.
///
/// ```
/// use convex_testkit::{Functions, Value, object};
///
/// let functions = Functions::new()
///     .query("messages:list", |ctx, _| Ok(Value::from(ctx.db().query("messages").collect())))
///     .mutation("messages:send", |ctx, args| {
///         let body = args.string("body")?;
///         Ok(Value::from(ctx.db().insert("messages", object! { "body" => body })))
///     });
/// ```
#[derive(Clone, Default)]
pub struct Functions {
    queries: BTreeMap<String, Query>,
    mutations: BTreeMap<String, Mutation>,
    actions: BTreeMap<String, Action>,
}

impl Functions {
    /// No functions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a query at `path`, like `"messages:list"`.
    ///
    /// # Panics
    ///
    /// `path` is not a function path. The same holds for [`mutation`](Self::mutation) and
    /// [`action`](Self::action).
    #[must_use]
    pub fn query<F>(mut self, path: &str, query: F) -> Self
    where
        F: Fn(&mut QueryCtx<'_>, &Args) -> FunctionResult + Send + Sync + 'static,
    {
        self.queries.insert(registered(path), Arc::new(query));
        self
    }

    /// Adds a mutation at `path`.
    #[must_use]
    pub fn mutation<F>(mut self, path: &str, mutation: F) -> Self
    where
        F: Fn(&mut MutationCtx<'_>, &Args) -> FunctionResult + Send + Sync + 'static,
    {
        self.mutations.insert(registered(path), Arc::new(mutation));
        self
    }

    /// Adds an action at `path`.
    #[must_use]
    pub fn action<F>(mut self, path: &str, action: F) -> Self
    where
        F: Fn(&mut ActionCtx<'_>, &Args) -> FunctionResult + Send + Sync + 'static,
    {
        self.actions.insert(registered(path), Arc::new(action));
        self
    }

    /// The kind of the function at `path`, if it exists.
    pub(crate) fn kind(&self, path: &str) -> Option<FunctionKind> {
        let kinds = [
            (FunctionKind::Query, self.queries.contains_key(path)),
            (FunctionKind::Mutation, self.mutations.contains_key(path)),
            (FunctionKind::Action, self.actions.contains_key(path)),
        ];
        kinds.into_iter().find_map(|(kind, exists)| exists.then_some(kind))
    }

    pub(crate) fn find_query(&self, path: &str) -> Option<Query> {
        self.queries.get(path).cloned()
    }

    pub(crate) fn find_mutation(&self, path: &str) -> Option<Mutation> {
        self.mutations.get(path).cloned()
    }

    pub(crate) fn find_action(&self, path: &str) -> Option<Action> {
        self.actions.get(path).cloned()
    }
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Functions")
            .field("queries", &self.queries.keys())
            .field("mutations", &self.mutations.keys())
            .field("actions", &self.actions.keys())
            .finish()
    }
}

fn registered(path: &str) -> String {
    let path = path.parse().unwrap_or_else(|error| panic!("{path:?} is not a function path: {error}"));
    canonical(path)
}

/// The canonical spelling of a path: no `.js`, no `:default`.
pub(crate) fn canonical(path: UdfPath) -> String {
    String::from(path.canonicalize().strip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("messages:list", "messages:list")]
    #[case("messages.js:list", "messages:list")]
    #[case("dir/messages:default", "dir/messages")]
    #[case("dir/messages", "dir/messages")]
    fn spellings_of_a_path_are_equal(#[case] spelling: &str, #[case] path: &str) {
        assert_eq!(registered(spelling), path);
    }

    #[test]
    #[should_panic(expected = "is not a function path")]
    fn an_invalid_path_panics() {
        let _ = Functions::new().query("no spaces:please", |_, _| Ok(Value::Null));
    }
}
