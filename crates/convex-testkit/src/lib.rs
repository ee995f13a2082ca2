//! A model Convex deployment without IO.
//!
//! [`Deployment`] implements the sync protocol and the HTTP API of the real backend. Its functions
//! are Rust closures, its data is in memory, and time, tokens and bytes are supplied by the caller.
//! The same model runs in virtual time in native tests, behind a fake socket in a browser, and
//! behind HTTP in the dev server.
//!
//! ```
//! use convex_testkit::{ClientVersion, Deployment, Functions, Output, TestIssuer, Time, UnixMillis, Value};
//!
//! let functions = Functions::new().query("hello:world", |_, _| Ok(Value::from("hello")));
//! let issuer = TestIssuer::new("https://issuer.example", "convex");
//! let mut deployment = Deployment::new(functions, issuer, UnixMillis(1_700_000_000_000));
//!
//! let socket = deployment.open(Time::ZERO, ClientVersion::from_request("/api/1.28.0/sync", None).unwrap());
//! deployment.receive(Time::ZERO, socket, r#"{"type":"ModifyQuerySet","baseVersion":0,"newVersion":1,"modifications":[
//!     {"type":"Add","queryId":0,"udfPath":"hello:world","args":[{}]}]}"#);
//! let Some(Output::Send { text, .. }) = deployment.poll_output() else { panic!("no answer") };
//! assert!(text.contains(r#""value":"hello""#));
//! ```
//!
//! **Receive, drain, receive.** Drain [`Deployment::poll_output`] to `None` once the frames that
//! have arrived are received; the changes until then become one transition.

pub mod canned;
mod deployment;
mod error_class;
mod functions;
pub mod fuzzing;
mod identity;
mod pair;
mod rejection;
pub mod simulation;
mod store;
mod value;

pub use canned::Canned;
pub use convex_sync::{Time, UnixMillis};
pub use deployment::{
    CallResponse, ClientVersion, ConnectionId, Deployment, Execution, HttpReply, HttpRequest, Kill,
    MAX_BODY_BYTES, Output, RefusedClient,
};
pub use functions::{
    ActionCtx, Args, FunctionError, FunctionKind, FunctionResult, Functions, MutationCtx, PaginationOptions,
    QueryCtx,
};
pub use identity::{Identity, TestIssuer, Verifier};
pub use pair::{
    Conditions, Config, DialOutcome, FetchReply, FetchRequest, Pair, PairEvent, START, TokenResult,
};
pub use rejection::{ProviderConfig, Rejection};
pub use store::{DatabaseReader, DatabaseWriter, Order, Page, PageLimits, PageStatus, TableQuery};
pub use value::{InvalidValue, Object, Value};
