//! The hook.

use crate::{ConnectionState, ConvexClient, InFlight, Time, use_convex};
use leptos::prelude::*;

/// How the connection to the nearest provider's deployment stands, as signals.
///
/// # Usage
///
/// ```
/// use convex_leptos::{ConnectionState, use_convex, use_convex_connection_state};
/// use leptos::prelude::*;
///
/// #[component]
/// fn Offline() -> impl IntoView {
///     let (client, connection) = (use_convex(), use_convex_connection_state());
///     move || match connection.get() {
///         ConnectionState::Reconnecting { .. } => Some(
///             view! { <p>"You are offline. " <button on:click=move |_| client.reconnect_now()>"Try now"</button></p> }.into_any(),
///         ),
///         ConnectionState::Fatal { message } => Some(view! { <p role="alert">{message.to_string()}</p> }.into_any()),
///         _ => None,
///     }
/// }
/// ```
///
/// A state that lasts less than 200 milliseconds is not shown, so that nothing flickers: a lost
/// connection that is back by then was never gone. That it is [`Live`](ConnectionState::Live),
/// [`Fatal`](ConnectionState::Fatal) or [`Closed`](ConnectionState::Closed) is shown at once.
///
/// # On the server
///
/// It is [`Idle`](ConnectionState::Idle), and in the browser until the page that the server
/// rendered is taken over.
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[track_caller]
pub fn use_convex_connection_state() -> UseConvexConnection {
    use_convex().use_connection_state()
}

/// What [`use_convex_connection_state`] gives. Each signal changes only when what it says does.
///
/// ```
/// use convex_leptos::{UseConvexConnection, use_convex};
/// use leptos::prelude::*;
///
/// #[component]
/// fn Unsaved(connection: UseConvexConnection) -> impl IntoView {
///     let client = use_convex();
///     move || {
///         let oldest = connection.in_flight.get().oldest?;
///         let waits = (client.now() - oldest).as_secs();
///         (waits > 5).then(|| format!("Not saved for {waits} s."))
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct UseConvexConnection {
    /// The state of the connection, without what is over within 200 milliseconds.
    pub state: Signal<ConnectionState>,
    /// Since when it is so, on the clock of [`ConvexClient::now`].
    pub since: Signal<Time>,
    /// How many mutations and actions have no outcome yet, and since when the oldest of them waits.
    pub in_flight: Signal<InFlight>,
    /// The state of the connection at this moment, however short: for logs and measurements, not
    /// for people.
    pub raw_state: Signal<ConnectionState>,
}

impl UseConvexConnection {
    /// The [state](Self::state). Tracked. [`Idle`](ConnectionState::Idle) once the component that
    /// called the hook is gone.
    ///
    /// ```
    /// # use convex_leptos::{ConnectionState, UseConvexConnection};
    /// fn is_live(connection: UseConvexConnection) -> bool {
    ///     connection.get() == ConnectionState::Live
    /// }
    /// ```
    pub fn get(&self) -> ConnectionState {
        self.state.try_get().unwrap_or(ConnectionState::Idle)
    }
}

impl ConvexClient {
    /// [`use_convex_connection_state`] of this client.
    #[track_caller]
    pub fn use_connection_state(self) -> UseConvexConnection {
        let shared = self.shared();
        UseConvexConnection {
            state: shared.shown_connection().state().read_only().into(),
            since: shared.shown_connection().since().read_only().into(),
            in_flight: shared.in_flight().read_only().into(),
            raw_state: shared.connection().read_only().into(),
        }
    }
}
