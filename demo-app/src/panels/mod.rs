//! The two panels, and what they are made of.

mod explanation;
mod fixed;
mod frame;
mod messages;
mod naive;
mod organizations;
mod states;
mod trace;

pub use fixed::FixedPanel;
pub use naive::NaivePanel;
