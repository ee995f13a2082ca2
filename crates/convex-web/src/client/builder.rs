//! The builder of a client.

use super::ConvexClient;
use crate::{Dial, WebSocketDialer, backend::Backend, sync::Config};
use std::sync::Arc;

/// Builds a [`ConvexClient`]. Returned by [`ConvexClient::builder`].
///
/// ```no_run
/// use convex_web::{ConvexClient, sync::Config};
/// use std::time::Duration;
///
/// // A public display: no dialogs, and it should notice soon that the network is down.
/// let client = ConvexClient::builder("https://happy-animal-123.convex.cloud")
///     .config(Config { inactivity_timeout: Duration::from_secs(30), ..Config::default() })
///     .unsaved_changes_warning(false)
///     .build();
/// ```
#[derive(Debug)]
#[must_use = "a client starts when it is built"]
pub struct ClientBuilder {
    url: String,
    config: Config,
    dial: Box<dyn Dial>,
    unsaved_changes_warning: bool,
}

impl ClientBuilder {
    pub(super) fn new(url: String) -> Self {
        Self {
            url,
            config: Config::default(),
            dial: Box::new(WebSocketDialer),
            unsaved_changes_warning: true,
        }
    }

    /// Sets the timeouts and intervals of the client.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Opens sockets with `dial` instead of [`WebSocketDialer`]: a fake in tests, or a wrapper that
    /// records frames.
    pub fn dial(mut self, dial: impl Dial + 'static) -> Self {
        self.dial = Box::new(dial);
        self
    }

    /// Sets whether the browser warns before the page is left while mutations or actions have not
    /// settled, including those that were not sent yet. On by default.
    pub fn unsaved_changes_warning(mut self, warns: bool) -> Self {
        self.unsaved_changes_warning = warns;
        self
    }

    /// Starts the client. It dials at once.
    ///
    /// If the URL cannot be that of a deployment, the connection of the client is
    /// [`Fatal`](crate::sync::ConnectionState::Fatal) and contains the reason.
    pub fn build(self) -> ConvexClient {
        ConvexClient(Arc::new(Backend::start(
            &self.url,
            self.config,
            self.dial,
            self.unsaved_changes_warning,
        )))
    }
}
