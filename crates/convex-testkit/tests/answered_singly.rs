//! The same stories once more, told to a server that has nothing else to do: it answers each frame
//! by a transition of its own, where otherwise one transition answers all that is at hand.
//! (`support` looks at this crate's name.)

#![allow(clippy::duplicate_mod, reason = "each story brings its support with it")]

#[path = "backoff.rs"]
mod backoff;
#[path = "bad_network.rs"]
mod bad_network;
#[path = "exits.rs"]
mod exits;
#[path = "optimistic.rs"]
mod optimistic;
#[path = "optimistic_layers.rs"]
mod optimistic_layers;
#[path = "page_load.rs"]
mod page_load;
#[path = "query_set.rs"]
mod query_set;
#[path = "reconnect.rs"]
mod reconnect;
#[path = "refresh.rs"]
mod refresh;
#[path = "rejection.rs"]
mod rejection;
#[path = "requests.rs"]
mod requests;
#[path = "sockets.rs"]
mod sockets;
#[path = "wake.rs"]
mod wake;
#[path = "wall.rs"]
mod wall;
