//! What goes over the wire: frames to and from the server (protocol §2 to §5), and calls over HTTP
//! (§10).
//!
//! Hidden from the docs and no part of the crate's promises: it is public so that it can be tested
//! against the official client's types, and fuzzed.

mod chunks;
mod client;
mod http;
mod modification;
mod object;
mod server;
mod timestamp;

pub use chunks::ChunkBuffer;
pub use client::{ClientFrame, QueryModification};
pub use http::{HttpAnswer, http_body};
pub use modification::StateModification;
pub use server::{AuthRejection, ServerFrame, ServerResponse, StateVersion, Transition};
pub use timestamp::Timestamp;
