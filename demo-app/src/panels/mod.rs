//! The two panels, and what they are made of.

mod explanation;
mod fixed;
mod frame;
mod messages;
mod naive;
mod organizations;
mod states;
mod token_life;
mod trace;
mod words;

pub use fixed::{FixedPanel, fixed_client};
pub use naive::{NaivePanel, naive_client};
