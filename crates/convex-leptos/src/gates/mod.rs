//! Components that show their children depending on who is signed in.

mod auth_loading;
mod auth_refreshing;
mod authenticated;
mod unauthenticated;

pub use auth_loading::*;
pub use auth_refreshing::*;
pub use authenticated::*;
pub use unauthenticated::*;

use crate::{AuthState, UseConvexAuth, use_convex};
use leptos::prelude::*;

/// Whether `holds` is true of a state: of `auth`'s, else of the one the nearest provider's client
/// shows.
#[track_caller]
fn auth_is(
    auth: Option<UseConvexAuth>,
    holds: fn(&AuthState) -> bool,
) -> impl Fn() -> bool + Send + Sync + 'static {
    let state = state_of(auth);
    // The component that `auth` is of may be gone.
    move || state.try_read().is_some_and(|state| holds(&state))
}

#[track_caller]
fn state_of(auth: Option<UseConvexAuth>) -> Signal<AuthState> {
    match auth {
        Some(auth) => auth.state,
        None => use_convex().shared().auth().read_only().into(),
    }
}
