//! Live queries.

mod args;
mod cache;
mod function;
mod options;
mod status;
mod suspense;
mod use_query;
mod watch;

pub use args::IntoQueryArgs;
pub(crate) use cache::Cache;
pub use function::QueryFunction;
pub(crate) use options::ContextAuth;
pub use options::QueryOptions;
pub use status::QueryStatus;
pub use use_query::{QueryFuture, UseQuery, use_authenticated_query, use_query, use_query_with};
