//! The same scenarios against a server that answers each frame with a transition of its own, as an
//! idle server does. In the other tests, one transition answers all pending frames.
//!
//! `support` tells the two apart by the name of this crate.

#![allow(clippy::duplicate_mod, reason = "each scenario includes the support module")]

#[path = "abandoned_sockets.rs"]
mod abandoned_sockets;
#[path = "backoff.rs"]
mod backoff;
#[path = "bad_network.rs"]
mod bad_network;
#[path = "clock_jumps.rs"]
mod clock_jumps;
#[path = "deadlines.rs"]
mod deadlines;
#[path = "identity_changes.rs"]
mod identity_changes;
#[path = "optimistic_layers.rs"]
mod optimistic_layers;
#[path = "optimistic_updates.rs"]
mod optimistic_updates;
#[path = "page_load.rs"]
mod page_load;
#[path = "page_takeover/main.rs"]
mod page_takeover;
#[path = "query_set.rs"]
mod query_set;
#[path = "reconnect.rs"]
mod reconnect;
#[path = "recovery.rs"]
mod recovery;
#[path = "refresh.rs"]
mod refresh;
#[path = "rejections.rs"]
mod rejections;
#[path = "requests.rs"]
mod requests;
#[path = "server_frames.rs"]
mod server_frames;
#[path = "sign_out.rs"]
mod sign_out;
#[path = "token_secrecy.rs"]
mod token_secrecy;
#[path = "wake.rs"]
mod wake;
