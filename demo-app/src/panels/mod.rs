//! The two panels and their parts.

mod explanation;
mod fixed;
mod layout;
mod messages;
mod naive;
mod organizations;
mod state_text;
mod states;
mod token_chip;
mod verdict;

pub use fixed::{FixedPanel, fixed_client};
pub use naive::{NaivePanel, naive_client};
