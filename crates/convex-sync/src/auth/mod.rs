//! Authentication: who is wanted, who the server holds, what is shown.

mod claims;
mod state;

pub use claims::Claims;
pub use state::{AuthState, QueryAuth, Session, TokenError, UnauthenticatedReason, WaitingFor};
