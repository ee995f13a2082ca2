//! The connection, as signals.

mod debounced;
mod use_connection;

pub(crate) use debounced::{Changed, DebouncedConnection, Seen};
pub use use_connection::{UseConvexConnection, use_convex_connection_state};
