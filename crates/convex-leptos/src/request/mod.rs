//! Writing: mutations and actions, called by hand.

mod call_future;
mod calls;
mod handle;
mod use_action;
mod use_mutation;

pub use call_future::CallFuture;
use handle::Handle;
pub use use_action::{UseAction, use_action};
pub use use_mutation::{Optimistic, UseMutation, use_mutation};
