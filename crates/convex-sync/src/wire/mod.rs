//! What goes over the wire: frames to and from the server (protocol §2 to §5).

mod chunks;
mod client;
mod server;
mod timestamp;

pub(crate) use chunks::ChunkBuffer;
pub(crate) use client::{ClientFrame, QueryModification};
pub(crate) use server::{ServerFrame, StateModification, StateVersion, Transition, ServerResponse, AuthRejection};
pub(crate) use timestamp::Timestamp;
