//! The state of the connection and of requests.

use super::ConvexClient;
use crate::sync::{ConnectionState, InFlight, SyncClient, Time};

/// # Connection and requests
impl ConvexClient {
    /// The state of the connection.
    pub fn connection(&self) -> ConnectionState {
        self.0.status(|core| core.connection().clone()).unwrap_or(ConnectionState::Idle)
    }

    /// When the [connection](Self::connection) entered its state, on the clock of
    /// [`now`](Self::now).
    ///
    /// ```
    /// # let client = convex_web::ConvexClient::builder("https://happy-animal-123.convex.cloud").build();
    /// let elapsed = client.now() - client.connection_since();
    /// println!("{:?} for {} s", client.connection(), elapsed.as_secs());
    /// ```
    pub fn connection_since(&self) -> Time {
        self.0.status(SyncClient::connection_since).unwrap_or(Time::ZERO)
    }

    /// The mutations and actions that have not settled, including those that were not sent yet.
    /// They are lost if the page is closed now. [`Update::in_flight`](crate::Update::in_flight)
    /// reports changes.
    ///
    /// ```
    /// # let client = convex_web::ConvexClient::builder("https://happy-animal-123.convex.cloud").build();
    /// let in_flight = client.in_flight();
    /// let oldest = in_flight.oldest.map(|called| client.now() - called);
    /// println!("{} unsaved changes, the oldest for {oldest:?}", in_flight.count());
    /// ```
    pub fn in_flight(&self) -> InFlight {
        self.0.status(SyncClient::in_flight).unwrap_or_default()
    }

    /// The current time on the clock that [`auth`](Self::auth), [`connection`](Self::connection)
    /// and [`in_flight`](Self::in_flight) use.
    pub fn now(&self) -> Time {
        self.0.now()
    }
}
