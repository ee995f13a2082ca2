//! What a client is made of.

use super::{Backend, ConvexClient};
use crate::{Dial, WebSocketDialer, sync::Config};
use std::sync::Arc;

/// What a client is made of. Begun by [`ConvexClient::builder`].
///
/// ```no_run
/// use convex_web::{ConvexClient, sync::Config};
/// use std::time::Duration;
///
/// // A wall display: nobody is there to answer a question, and it should notice soon that the network is gone.
/// let client = ConvexClient::builder("https://happy-animal-123.convex.cloud")
///     .config(Config { inactivity_timeout: Duration::from_secs(30), ..Config::default() })
///     .unsaved_changes_warning(false)
///     .build();
/// ```
#[derive(Debug)]
#[must_use = "a client runs once it is built"]
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

    /// Other bounds and intervals than the default ones.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Another way to open sockets than [`WebSocketDialer`]: a fake for tests, or one that wraps it
    /// and watches.
    pub fn dial(mut self, dial: impl Dial + 'static) -> Self {
        self.dial = Box::new(dial);
        self
    }

    /// Whether the browser asks before the page is left while mutations or actions have no outcome,
    /// those that have not left yet among them. It does, unless told otherwise.
    pub fn unsaved_changes_warning(mut self, warns: bool) -> Self {
        self.unsaved_changes_warning = warns;
        self
    }

    /// Starts the client: it dials at once. A URL that cannot be a deployment's gives a client
    /// whose connection is [`Fatal`](crate::sync::ConnectionState::Fatal) and says why.
    pub fn build(self) -> ConvexClient {
        ConvexClient(Arc::new(Backend::start(
            &self.url,
            self.config,
            self.dial,
            self.unsaved_changes_warning,
        )))
    }
}
