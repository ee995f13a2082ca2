//! What changed, as listeners get it.

use crate::sync::{FunctionPath, OptimisticError, PaginatedHandle, QueryHandle, RequestId};

/// All changes since the last update. Apply them to the page in one batch.
///
/// ```no_run
/// # let client = convex_web::ConvexClient::builder("https://happy-animal-123.convex.cloud").build();
/// let listener = client.on_update(|update| {
///     for (function, lines) in &update.logs {
///         for line in lines {
///             println!("{function}: {line}");
///         }
///     }
///     for (_, error) in &update.failed_updates {
///         eprintln!("{error}");
///     }
/// });
/// # drop(listener);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Update {
    /// The queries with a changed [result](crate::ConvexClient::result), sorted and without
    /// duplicates. All results are of the same moment of the database.
    pub queries: Vec<QueryHandle>,
    /// The lists with a changed [result](crate::ConvexClient::paginated), sorted and without
    /// duplicates, of the same moment of the database.
    pub paginated: Vec<PaginatedHandle>,
    /// Whether [`auth`](crate::ConvexClient::auth), [`identity`](crate::ConvexClient::identity) or
    /// [`token_problem`](crate::ConvexClient::token_problem) changed.
    pub auth: bool,
    /// Whether [`connection`](crate::ConvexClient::connection) changed.
    pub connection: bool,
    /// Whether [`in_flight`](crate::ConvexClient::in_flight) changed.
    pub in_flight: bool,
    /// Log lines of functions that ran for this client.
    pub logs: Vec<(FunctionPath, Vec<String>)>,
    /// Optimistic updates that failed, with their errors. They are no longer visible in any result;
    /// their mutations still run.
    pub failed_updates: Vec<(RequestId, OptimisticError)>,
}

/// Identifies a listener of one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ListenerId(pub(crate) u64);
