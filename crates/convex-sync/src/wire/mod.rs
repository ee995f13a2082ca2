//! The wire format: frames to and from the server (docs/protocol.md §2 to §5), calls over HTTP
//! (§10), and results in a page that a web server rendered.
//!
//! Hidden from the docs and not covered by semver. It is public so that tests can compare it with
//! the official client's types, and fuzz it.

mod chunks;
mod client;
mod http;
mod modification;
mod page;
mod server;
mod timestamp;

pub use chunks::ChunkBuffer;
pub use client::{ClientFrame, QueryModification};
pub use http::{HttpAnswer, http_body};
pub use modification::StateModification;
pub use page::PagePlace;
pub use server::{AuthRejection, ServerFrame, ServerResponse, StateVersion, Transition};
pub use timestamp::Timestamp;
