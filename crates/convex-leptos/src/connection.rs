//! The state of the connection, as a signal.

use crate::{ConnectionState, ConvexClient, use_convex};
use leptos::prelude::*;

/// The state of the connection to the nearest provider's deployment, as a signal.
///
/// # Usage
///
/// ```
/// use convex_leptos::{ConnectionState, use_convex_connection_state};
/// use leptos::prelude::*;
///
/// #[component]
/// fn Offline() -> impl IntoView {
///     let connection = use_convex_connection_state();
///     move || match connection.get() {
///         ConnectionState::Reconnecting { .. } => Some("You are offline.".to_owned()),
///         ConnectionState::Fatal { message } => Some(message.to_string()),
///         _ => None,
///     }
/// }
/// ```
///
/// # On the server
///
/// It is [`Idle`](ConnectionState::Idle).
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[track_caller]
pub fn use_convex_connection_state() -> Signal<ConnectionState> {
    use_convex().use_connection_state()
}

impl ConvexClient {
    /// [`use_convex_connection_state`] of this client.
    #[track_caller]
    pub fn use_connection_state(self) -> Signal<ConnectionState> {
        self.shared().connection().read_only().into()
    }
}
