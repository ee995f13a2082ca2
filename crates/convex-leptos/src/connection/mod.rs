//! The connection, as signals.

mod shown;
mod use_connection;

pub(crate) use shown::{Changed, Seen, ShownConnection};
pub use use_connection::{UseConvexConnection, use_convex_connection_state};
