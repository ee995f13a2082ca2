//! The Convex sync protocol as a state machine without IO.
//!
//! **Mutate, drain, mutate.** After every command and every input, [`SyncClient::poll_event`] is drained to `None`, before the next one.
//! [`SyncClient::poll_transmit`] is drained once per turn of the event loop, [`SyncClient::poll_timeout`] asked after each.

mod auth;
mod client;
mod clock;
mod config;
mod connection;
mod context;
mod error;
mod event;
mod ids;
mod path;
mod queries;
mod random;
mod requests;
mod secret;
mod time;
mod timer;
pub mod value;
#[doc(hidden)]
pub mod wire;

pub use auth::{AuthState, Claims, QueryAuth, Session, TokenError, UnauthenticatedReason, WaitingFor};
pub use client::{SYNC_PATH, SyncClient};
pub use config::Config;
pub use connection::ConnectionState;
pub use error::{ConvexError, FunctionError, NotSentReason};
pub use event::{Event, Input};
pub use ids::{FetchId, QueryHandle, RequestId, SessionId, SocketId};
pub use path::{FunctionPath, PathError};
pub use secret::Token;
pub use time::{Time, UnixMillis};
pub use value::{Arguments, Bytes, DecodeError, EncodeError, EncodedValue, Int64, QueryArgs, Skip, Value};
