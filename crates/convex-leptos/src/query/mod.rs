//! Live queries.

mod args;
mod cache;
mod function;
mod once;
mod options;
mod prewarm;
mod status;
mod suspense;
mod use_queries;
mod use_query;
mod watch;

pub use args::IntoQueryArgs;
pub(crate) use args::{Args, follow_args};
pub(crate) use cache::Cache;
pub use function::QueryFunction;
pub use once::QueryOnce;
pub(crate) use options::ContextAuth;
pub use options::QueryOptions;
pub use prewarm::PrewarmOptions;
pub use status::QueryStatus;
pub(crate) use suspense::Waiting;
pub use use_queries::{QuerySet, UseQueries, use_queries, use_queries_with};
pub use use_query::{QueryFuture, UseQuery, use_authenticated_query, use_query, use_query_with};
