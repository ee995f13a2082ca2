//! The state of the connection.

mod debounced;
mod use_connection;

pub(crate) use debounced::{ConnectionSnapshot, DebouncedConnection, SnapshotChange};
pub use use_connection::{UseConvexConnection, use_convex_connection_state};
