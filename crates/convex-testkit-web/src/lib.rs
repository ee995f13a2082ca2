//! The model deployment in the page itself: a client dials it instead of a server.
//!
//! ```ignore
//! let fake = FakeDeployment::new(Functions::new().query("hello:world", |_, _| Ok(Value::from("hello"))));
//! let client = ConvexClient::builder(FakeDeployment::URL).dial(fake.clone()).build();
//! // …
//! until("the query has its result", || client.result(query).is_some()).await;
//! fake.deployment(|deployment, now| deployment.restart(now));
//! ```
//!
//! Frames travel as they do in a browser: each arrives in a task of its own, in order, never while
//! its sender is running.

#![cfg(target_family = "wasm")]

mod fake;
mod fetch;
mod leaks;
mod link;
mod page_events;
mod until;

pub use convex_testkit as testkit;
pub use fake::FakeDeployment;
pub use fetch::{Asked, FakeFetch, Network};
pub use leaks::{Leaks, memory_bytes};
pub use page_events::{come_online, set_visible, show_page};
pub use until::{turns, until};
