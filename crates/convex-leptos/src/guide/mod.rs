//! Guides, one page per topic.

#[doc = include_str!("auth.md")]
pub mod auth {}

#[doc = include_str!("early_start.md")]
pub mod early_start {}

#[doc = include_str!("errors.md")]
pub mod errors {}

#[doc = include_str!("from_convex_react.md")]
pub mod from_convex_react {}

#[doc = include_str!("mutations.md")]
pub mod mutations {}

#[doc = include_str!("pagination.md")]
pub mod pagination {}

#[doc = include_str!("queries.md")]
pub mod queries {}

#[doc = include_str!("server_rendering.md")]
pub mod server_rendering {}

#[doc = include_str!("testing.md")]
#[doc = "```rust,ignore"]
#[doc = include_str!("../../tests/browser/guide.rs")]
#[doc = "```"]
#[doc = include_str!("testing_more.md")]
pub mod testing {}
