//! Live queries.

mod args;
mod cache;
mod handle;
mod once;
mod options;
mod prewarm;
mod query_future;
mod status;
mod subscription;
mod use_queries;
mod use_query;

pub use args::{ByClosure, BySignal, BySkip, ByValue, IntoQueryArgs};
pub(crate) use args::{DecidedArgs, EncodedArgs, ReadArgs, follow_args, read_args};
pub(crate) use cache::{Cache, EncodedResult};
pub use handle::UseQuery;
pub use once::QueryOnce;
pub(crate) use once::{OnceRequest, start_query};
pub use options::{CallOptions, OnServer, QueryOptions};
pub(crate) use options::{ContextAuth, SubscribeOptions, resolve_auth};
pub use prewarm::PrewarmOptions;
pub use query_future::QueryFuture;
pub use status::QueryStatus;
pub use use_queries::{QuerySet, UseQueries, use_queries, use_queries_with};
pub use use_query::{use_authenticated_query, use_query, use_query_with};
