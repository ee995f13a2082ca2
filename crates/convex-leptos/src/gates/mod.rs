//! Components that show their children depending on the auth state.

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

/// Whether `holds` is true of the state of `auth`, or of the nearest provider's client if there is
/// no `auth`.
#[track_caller]
fn auth_is(
    auth: Option<UseConvexAuth>,
    holds: fn(&AuthState) -> bool,
) -> impl Fn() -> bool + Send + Sync + 'static {
    let state = state_of(auth);
    // The component that created `auth` may be disposed.
    move || state.try_read().is_some_and(|state| holds(&state))
}

#[track_caller]
fn state_of(auth: Option<UseConvexAuth>) -> Signal<AuthState> {
    match auth {
        Some(auth) => auth.state_signal(),
        None => use_convex().shared().auth().read_only().into(),
    }
}
