//! Optimistic updates: the results that queries show while mutations are pending.
//!
//! A mutation may have a layer: an update function that changes the displayed results of some
//! queries. Layers are stacked on the server's results in the order of their mutations' calls. An
//! update runs again whenever one of its inputs changes below it, so that it always builds on the
//! current results. A layer is removed in the same event that settles its mutation (docs/auth.md,
//! rule 14).

mod dependencies;
mod error;
mod layers;
mod lists;
mod store;

pub(crate) use layers::{LayerChanges, Layers};

pub use error::OptimisticError;
pub use lists::SortOrder;
pub use store::LocalStore;
