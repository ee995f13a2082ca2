//! Components that show their children depending on who is signed in.

mod auth_loading;
mod auth_refreshing;
mod authenticated;
mod unauthenticated;

pub use auth_loading::*;
pub use auth_refreshing::*;
pub use authenticated::*;
pub use unauthenticated::*;

use crate::{AuthState, use_convex};
use leptos::prelude::*;

/// Whether `holds` is true of the state the nearest provider's client shows.
#[track_caller]
fn auth_is(holds: fn(&AuthState) -> bool) -> impl Fn() -> bool + Send + Sync + 'static {
    let auth = use_convex().shared().auth().clone();
    move || holds(&auth.read())
}
