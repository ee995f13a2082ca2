//! Pages that a web server rendered: their identity, and their results.

use super::ConvexClient;
use crate::sync::{
    Arguments, AuthPolicy, EncodedValue, FunctionError, FunctionPath, PageIdentity, PaginatedHandle,
    QueryHandle,
};

/// # Server-rendered pages
///
/// A web server creates a client per request, presumes the identity of the request, runs the
/// queries of the page over HTTP and seeds them. The client in the browser starts with the same
/// identity and the same results, and replaces them by live ones.
/// [`PagePlace`](crate::sync::PagePlace) writes both into the page, and reads them.
///
/// ```
/// use convex_web::{ConvexClient, ConvexHttpClient, HttpError};
/// use convex_web::sync::{Arguments, AuthPolicy, FunctionPath, PageIdentity};
///
/// /// On the server: a client that shows the messages of the request's user.
/// async fn load(url: &str, session_key: &str, token: &str) -> Result<ConvexClient, HttpError> {
///     let client = ConvexClient::builder(url).build();
///     client.presume(PageIdentity::of_user(session_key, token));
///     let function = FunctionPath::parse("messages:list")?;
///     let args = Arguments::encode(&())?.expect("`()` is `{}`, not a skip");
///     let messages = client.subscribe(&function, &args, AuthPolicy::Settled);
///
///     let http = ConvexHttpClient::new(url).with_auth(token);
///     client.seed(messages, http.query_encoded(&function, &args).await?);
///     Ok(client)
/// }
/// ```
impl ConvexClient {
    /// Starts from the identity that a web server rendered the page as, until the provider reports
    /// a session. It has no effect after a provider was added.
    ///
    /// A user is [`Authenticated`](crate::sync::AuthState::Authenticated) at once. In the browser,
    /// the client fetches a token as soon as it has a [fetcher](Self::set_token_fetcher), and sends
    /// only [`Immediate`](AuthPolicy::Immediate) queries and requests before that. If it turns out
    /// that another user or none is signed in, the page's results are removed as at every identity
    /// change. On a server, the identity stays.
    ///
    /// ```
    /// use convex_web::{ConvexClient, sync::{AuthState, PageIdentity}};
    ///
    /// let client = ConvexClient::builder("https://happy-animal-123.convex.cloud").build();
    /// client.presume(PageIdentity::of_user("login_1", "e30.eyJzdWIiOiJhZGEifQ.c2ln"));
    /// assert_eq!(client.auth(), AuthState::Authenticated { refreshing: false });
    /// ```
    pub fn presume(&self, identity: PageIdentity) {
        self.0.presume(identity);
    }

    /// Shows `result`, which a web server has read for the same identity, until the query has run
    /// on this client's connection. It has no effect on a query that has a result.
    ///
    /// Optimistic updates apply to it, a paginated list shows its [first page](Self::first_page),
    /// and an identity change removes it.
    pub fn seed(&self, query: QueryHandle, result: Result<EncodedValue, FunctionError>) {
        self.0.command(move |core, _| core.seed(query, result));
    }

    /// The query of a list's first page, to [`seed`](Self::seed) it. `None` after the list was
    /// unsubscribed. It changes if the list starts over.
    ///
    /// ```
    /// use convex_web::{ConvexClient, ConvexHttpClient, HttpError, sync::PaginatedHandle};
    ///
    /// async fn load(client: &ConvexClient, list: PaginatedHandle, http: &ConvexHttpClient) -> Result<(), HttpError> {
    ///     if let Some(first) = client.first_page(list)
    ///         && let Some((function, args, _)) = client.query_call(first)
    ///     {
    ///         client.seed(first, http.query_encoded(&function, &args).await?);
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn first_page(&self, list: PaginatedHandle) -> Option<QueryHandle> {
        self.0.read(|core| core.first_page(list))?
    }

    /// The function, the arguments and the policy of a query. The query of a page has the argument
    /// `paginationOpts`. `None` if there is no such query.
    pub fn query_call(&self, query: QueryHandle) -> Option<(FunctionPath, Arguments, AuthPolicy)> {
        self.0.read(|core| {
            let (function, args, auth) = core.query_call(query)?;
            Some((function.clone(), args.clone(), auth))
        })?
    }

    /// Whether a result that was read as `identity` may be shown: this client is anonymous, too, or
    /// its user is the same, by the last token or by [`presume`](Self::presume).
    ///
    /// ```
    /// use convex_web::{ConvexClient, sync::{EncodedValue, PageIdentity, QueryHandle}};
    ///
    /// /// For a result that was not loaded with the page, such as the props of an island.
    /// fn seed_later(client: &ConvexClient, query: QueryHandle, value: EncodedValue, identity: PageIdentity) {
    ///     if client.is_identity(identity) {
    ///         client.seed(query, Ok(value));
    ///     }
    /// }
    /// ```
    pub fn is_identity(&self, identity: PageIdentity) -> bool {
        self.0.read(|core| core.is_identity(identity)).unwrap_or(false)
    }
}
