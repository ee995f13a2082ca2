//! The options of a client.

use convex_web::{
    Dial, DialError, Socket, SocketEvents,
    sync::{AuthPolicy, Config},
};
use std::time::Duration;

/// The options of a [`ConvexClient`](crate::ConvexClient).
///
/// ```no_run
/// use convex_leptos::{AuthPolicy, ClientOptions, ConvexClient, sync::Config};
/// use std::time::Duration;
///
/// let options = ClientOptions::default()
///     // All functions of this app require a user.
///     .default_auth(AuthPolicy::Required)
///     // Losing unsaved changes is acceptable.
///     .unsaved_changes_warning(false)
///     // Detect a lost network sooner.
///     .config(Config { inactivity_timeout: Duration::from_secs(30), ..Config::default() });
/// let client = ConvexClient::with_options("https://happy-animal-123.convex.cloud", options);
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct ClientOptions {
    config: Config,
    query_cache_time: Option<Duration>,
    pub(crate) default_auth: AuthPolicy,
    pub(crate) dial: Option<BoxedDial>,
    pub(crate) unsaved_changes_warning: bool,
    pub(crate) server_timeout: Duration,
}

/// How long a page that is rendered on a server waits for a query.
const SERVER_TIMEOUT: Duration = Duration::from_secs(3);

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            config: Config::default(),
            query_cache_time: None,
            default_auth: AuthPolicy::default(),
            dial: None,
            unsaved_changes_warning: true,
            server_timeout: SERVER_TIMEOUT,
        }
    }
}

impl ClientOptions {
    /// Sets the bounds and intervals. [`Config::default`] by default.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Sets the policy of queries, mutations and actions that have no policy of their own and are
    /// outside of every [`<Authenticated>`](crate::Authenticated). [`AuthPolicy::Settled`] by
    /// default.
    #[must_use]
    pub fn default_auth(mut self, auth: AuthPolicy) -> Self {
        self.default_auth = auth;
        self
    }

    /// Sets how long a query stays subscribed after the last component that used it is disposed, so
    /// that a component that returns soon finds its result. Zero by default. It takes precedence
    /// over the `query_cache_time` of [`config`](Self::config). Paginated lists are not cached:
    /// each use has its own.
    ///
    /// ```
    /// use convex_leptos::ClientOptions;
    /// use std::time::Duration;
    ///
    /// let options = ClientOptions::default().query_cache_time(Duration::from_secs(60));
    /// # drop(options);
    /// ```
    #[must_use]
    pub fn query_cache_time(mut self, time: Duration) -> Self {
        self.query_cache_time = Some(time);
        self
    }

    /// Sets whether the browser warns before the page is closed while mutations or actions are in
    /// flight or not sent yet. On by default.
    #[must_use]
    pub fn unsaved_changes_warning(mut self, warns: bool) -> Self {
        self.unsaved_changes_warning = warns;
        self
    }

    /// Replaces how sockets are opened: by a fake for tests, or by a wrapper of
    /// [`WebSocketDialer`](crate::web::WebSocketDialer) that records.
    #[must_use]
    pub fn dial(mut self, dial: impl Dial + 'static) -> Self {
        self.dial = Some(BoxedDial(Box::new(dial)));
        self
    }

    /// Sets how long a page that is rendered on a web server waits for the result of a query. After
    /// that, the query is left to the browser. 3 s by default: the browser can only hydrate a page
    /// that has arrived completely.
    ///
    /// ```
    /// # use convex_leptos::ClientOptions;
    /// # use std::time::Duration;
    /// let options = ClientOptions::default().server_timeout(Duration::from_millis(500));
    /// # drop(options);
    /// ```
    #[must_use]
    pub fn server_timeout(mut self, timeout: Duration) -> Self {
        self.server_timeout = timeout;
        self
    }

    /// The bounds and intervals. The result does not depend on the order of the builder calls.
    pub(crate) fn take_config(&mut self) -> Config {
        let config = std::mem::take(&mut self.config);
        Config { query_cache_time: self.query_cache_time.unwrap_or(config.query_cache_time), ..config }
    }
}

#[derive(Debug)]
pub(crate) struct BoxedDial(Box<dyn Dial>);

impl Dial for BoxedDial {
    fn dial(&self, url: &str, events: SocketEvents) -> Result<Box<dyn Socket>, DialError> {
        self.0.dial(url, events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_cache_time_wins_over_config_in_any_order() {
        let minute = Duration::from_secs(60);
        let of_config = Config { query_cache_time: Duration::from_secs(1), ..Config::default() };
        let time = |mut options: ClientOptions| options.take_config().query_cache_time;
        let options = ClientOptions::default;
        assert_eq!(time(options().query_cache_time(minute).config(of_config)), minute);
        assert_eq!(time(options().config(of_config).query_cache_time(minute)), minute);
        assert_eq!(time(options().config(of_config)), Duration::from_secs(1));
        assert_eq!(time(options()), Duration::ZERO);
    }
}
