//! The hook for the connection.

use crate::{ConnectionState, ConvexClient, InFlight, use_convex};
use convex_web::sync::Time;
use leptos::prelude::*;

/// The state of the connection to the nearest provider's deployment.
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
///     move || match connection.state() {
///         ConnectionState::Reconnecting { .. } => Some(
///             view! { <p>"You are offline. " <button on:click=move |_| client.reconnect_now()>"Try now"</button></p> }.into_any(),
///         ),
///         ConnectionState::Fatal { message } => Some(view! { <p role="alert">{message.to_string()}</p> }.into_any()),
///         _ => None,
///     }
/// }
/// ```
///
/// To prevent flicker, a state must last for 200 milliseconds to be shown: a connection that is
/// lost and back within that time never leaves [`Live`](ConnectionState::Live).
/// [`Live`](ConnectionState::Live), [`Fatal`](ConnectionState::Fatal) and
/// [`Closed`](ConnectionState::Closed) are shown at once.
///
/// # On the server
///
/// It is [`Idle`](ConnectionState::Idle), and in the browser until hydration ends.
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[track_caller]
pub fn use_convex_connection_state() -> UseConvexConnection {
    use_convex().use_connection_state()
}

/// The state of the connection, from [`use_convex_connection_state`]. `Copy`.
///
/// All getters are tracked, and each notifies only when its own value changes. After the component
/// that called the hook is disposed, they return [`Idle`](ConnectionState::Idle) and defaults.
///
/// ```
/// use convex_leptos::{UseConvexConnection, use_convex};
/// use leptos::prelude::*;
///
/// #[component]
/// fn Unsaved(connection: UseConvexConnection) -> impl IntoView {
///     let client = use_convex();
///     move || {
///         let oldest = connection.in_flight().oldest?;
///         let seconds = (client.now() - oldest).as_secs();
///         (seconds > 5).then(|| format!("Not saved for {seconds} s."))
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct UseConvexConnection {
    state: Signal<ConnectionState>,
    since: Signal<Time>,
    in_flight: Signal<InFlight>,
    raw_state: Signal<ConnectionState>,
}

impl UseConvexConnection {
    /// The state of the connection, without states that last less than 200 milliseconds. Tracked.
    ///
    /// ```
    /// # use convex_leptos::{ConnectionState, UseConvexConnection};
    /// fn is_live(connection: UseConvexConnection) -> bool {
    ///     connection.state() == ConnectionState::Live
    /// }
    /// ```
    pub fn state(&self) -> ConnectionState {
        self.state.try_get().unwrap_or(ConnectionState::Idle)
    }

    /// When the [state](Self::state) was entered, on the clock of [`ConvexClient::now`]. Tracked.
    pub fn since(&self) -> Time {
        self.since.try_get().unwrap_or(Time::ZERO)
    }

    /// The number of mutations and actions in flight, and when the oldest of them was called.
    /// Tracked.
    pub fn in_flight(&self) -> InFlight {
        self.in_flight.try_get().unwrap_or_default()
    }

    /// The state of the connection at this moment, however short: for logs and measurements.
    /// Tracked.
    pub fn raw_state(&self) -> ConnectionState {
        self.raw_state.try_get().unwrap_or(ConnectionState::Idle)
    }
}

impl ConvexClient {
    /// [`use_convex_connection_state`] of this client.
    #[track_caller]
    pub fn use_connection_state(self) -> UseConvexConnection {
        let shared = self.shared();
        UseConvexConnection {
            state: shared.debounced_connection().state().read_only().into(),
            since: shared.debounced_connection().since().read_only().into(),
            in_flight: shared.in_flight().read_only().into(),
            raw_state: shared.connection().read_only().into(),
        }
    }
}
