//! One connection after another to the deployment.

mod state;

pub use state::ConnectionState;
