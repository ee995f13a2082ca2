//! A client takes over a page that a web server rendered (docs/auth.md, rule 15; §4, lines 9, 11 to
//! 15, 17, 19 and 22).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod anonymous_page;
mod ended_identity;
mod page;
mod same_user;
#[path = "../support/mod.rs"]
mod support;
