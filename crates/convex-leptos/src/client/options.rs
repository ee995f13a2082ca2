//! What a client is made with.

use convex_web::{
    Dial, DialError, Socket, SocketEvents,
    sync::{AuthPolicy, Config},
};
use std::time::Duration;

/// What a [`ConvexClient`](crate::ConvexClient) is made with, beside its URL.
///
/// ```no_run
/// use convex_leptos::{ClientOptions, Config, ConvexClient, AuthPolicy};
/// use std::time::Duration;
///
/// let options = ClientOptions::default()
///     // Nothing in this app can be seen without signing in,
///     .default_auth(AuthPolicy::Required)
///     // nothing it writes would be missed,
///     .unsaved_changes_warning(false)
///     // and it is to notice soon that the network is gone.
///     .config(Config { inactivity_timeout: Duration::from_secs(30), ..Config::default() });
/// let client = ConvexClient::with_options("https://happy-animal-123.convex.cloud", options);
/// ```
#[derive(Debug)]
pub struct ClientOptions {
    config: Config,
    query_cache_time: Option<Duration>,
    pub(crate) default_auth: AuthPolicy,
    pub(crate) dial: Option<BoxedDial>,
    pub(crate) unsaved_changes_warning: bool,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            config: Config::default(),
            query_cache_time: None,
            default_auth: AuthPolicy::default(),
            dial: None,
            unsaved_changes_warning: true,
        }
    }
}

impl ClientOptions {
    /// Other bounds and intervals than [`Config::default`]'s.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// The policy of queries and mutations that name none and are not inside an
    /// [`<Authenticated>`](crate::Authenticated). [`AuthPolicy::Settled`] unless said otherwise.
    pub fn default_auth(mut self, auth: AuthPolicy) -> Self {
        self.default_auth = auth;
        self
    }

    /// How long a query stays subscribed after the last component that used it is gone, so that a
    /// component that comes back soon finds its result. Zero by default. It takes precedence over
    /// the `query_cache_time` of a [`Config`]. Paginated lists are not kept: each use has its own.
    ///
    /// ```
    /// use convex_leptos::ClientOptions;
    /// use std::time::Duration;
    ///
    /// let options = ClientOptions::default().query_cache_time(Duration::from_secs(60));
    /// # drop(options);
    /// ```
    pub fn query_cache_time(mut self, time: Duration) -> Self {
        self.query_cache_time = Some(time);
        self
    }

    /// Whether the browser asks before the page is left while mutations or actions have no outcome,
    /// those that have not left yet among them. It does, unless told otherwise.
    pub fn unsaved_changes_warning(mut self, warns: bool) -> Self {
        self.unsaved_changes_warning = warns;
        self
    }

    /// Another way to open sockets than the browser's: a fake for tests, or one that wraps
    /// [`WebSocketDialer`](crate::WebSocketDialer) and watches.
    pub fn dial(mut self, dial: impl Dial + 'static) -> Self {
        self.dial = Some(BoxedDial(Box::new(dial)));
        self
    }

    /// The bounds and intervals, whatever the order in which the options were set.
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
    fn a_config_leaves_the_query_cache_time_in_any_order() {
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
