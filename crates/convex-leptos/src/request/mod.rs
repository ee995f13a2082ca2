//! Mutations and actions.

mod call_future;
mod calls;
mod handle;
mod use_action;
mod use_mutation;

pub use call_future::CallFuture;
use handle::CallHandle;
pub use use_action::{UseAction, use_action, use_action_with};
pub use use_mutation::{Optimistic, UseMutation, use_mutation, use_mutation_with};
