//! The model deployment, frame by frame.

#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

mod actions;
mod consistency;
mod failures;
mod faults;
mod harness;
mod http;
mod identity;
mod limits;
mod mutations;
mod pagination;
mod query_sets;
mod read_tracking;
mod rejections;
mod time;
