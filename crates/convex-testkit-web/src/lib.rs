//! A model deployment in the page, for component tests: clients dial it instead of a server.
//!
//! ```ignore
//! let fake = FakeDeployment::new(Functions::new().query("hello:world", |_, _| Ok(Value::from("hello"))));
//! let client = ConvexClient::builder(FakeDeployment::URL).dial(fake.clone()).build();
//! // …
//! until("the query has its result", || client.result(query).is_some()).await;
//! fake.deployment(|deployment, now| deployment.restart(now));
//! ```
//!
//! Frames are delivered as in a browser: in order, each in a task of its own, and never while the
//! sender is running.

#![cfg(target_family = "wasm")]

mod delivery;
mod fake;
mod fetch;
mod leaks;
mod network;
mod page_events;
mod socket;
mod until;

pub use convex_testkit as testkit;
pub use fake::FakeDeployment;
pub use fetch::{FakeFetch, HttpNetwork, RecordedRequest};
pub use leaks::{Leaks, memory_bytes};
pub use page_events::{dispatch_online, dispatch_pageshow, set_page_visible};
pub use until::{turns, until};
