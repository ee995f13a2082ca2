//! Taking over a page that a web server rendered: its identity, and its results.

use super::SyncClient;
use crate::{
    Arguments, AuthPolicy, EncodedValue, FunctionError, FunctionPath, PageIdentity, PaginatedHandle,
    QueryHandle, Time, auth::AuthEvent,
};

impl SyncClient {
    /// Starts from the identity that a web server rendered the page as, until a provider reports a
    /// session. It has no effect after a provider was added.
    ///
    /// A user is [`Authenticated`](crate::AuthState::Authenticated) at once, and the client fetches
    /// a token, even before a provider is added. Until it has one, it sends only
    /// [`Immediate`](AuthPolicy::Immediate) queries and requests. If the token or the provider's
    /// session is another user's, the page's results are removed as at every identity change.
    ///
    /// ```
    /// # use convex_sync::*;
    /// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
    /// # while client.poll_event().is_some() {}
    /// let anna = PageIdentity::of_user("login_1", "e30.eyJzdWIiOiJhbm5hIn0.c2ln");
    /// client.presume(Time::ZERO, anna);
    /// assert_eq!(*client.auth(), AuthState::Authenticated { refreshing: false });
    /// assert!(matches!(client.poll_event(), Some(Event::FetchToken { force: false, .. })));
    ///
    /// // The provider is ready, and confirms the session.
    /// client.set_session(Time::ZERO, Some(Session::Loading));
    /// client.set_session(Time::ZERO, Some(Session::signed_in("login_1")));
    /// assert_eq!(*client.auth(), AuthState::Authenticated { refreshing: false });
    /// assert!(client.is_identity(anna));
    /// ```
    pub fn presume(&mut self, now: Time, identity: PageIdentity) {
        self.authenticate(now, AuthEvent::Presume(identity));
    }

    /// Shows `result`, which a web server has read for the same identity, until the query has run
    /// on this connection. It has no effect on a query that has a result.
    ///
    /// The result is one like those of earlier connections: optimistic updates apply to it, a
    /// paginated list shows its [first page](Self::first_page), and an identity change removes it.
    /// It does not answer a [one-shot query](Self::query_once).
    ///
    /// ```
    /// use convex_sync::*;
    ///
    /// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
    /// # while client.poll_event().is_some() {}
    /// let list = FunctionPath::parse("messages:list")?;
    /// let args = Arguments::encode(&())?.expect("`()` is `{}`");
    /// let query = client.subscribe(&list, &args, AuthPolicy::Settled);
    /// client.seed(query, Ok(EncodedValue::encode(&["hello"])?));
    /// assert_eq!(client.poll_event(), Some(Event::Transition { changed: vec![query], paginated: vec![] }));
    /// assert_eq!(client.result(query).and_then(|result| result.as_ref().ok()?.decode().ok()), Some(["hello".to_owned()]));
    /// # Ok::<(), ConvexError>(())
    /// ```
    pub fn seed(&mut self, query: QueryHandle, result: Result<EncodedValue, FunctionError>) {
        if self.queries.seed(query, result) {
            self.respond_with(vec![query], Vec::new());
        }
    }

    /// The query of a list's first page, to [`seed`](Self::seed) it. `None` after the list was
    /// unsubscribed. It changes if the list starts over.
    ///
    /// ```
    /// # use convex_sync::*;
    /// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
    /// # while client.poll_event().is_some() {}
    /// let page = FunctionPath::parse("messages:page")?;
    /// let args = Arguments::encode(&())?.expect("`()` is `{}`");
    /// let list = client.subscribe_paginated(&page, &args, AuthPolicy::Settled, 20);
    ///
    /// let result = serde_json::json!({ "page": ["hello"], "isDone": true, "continueCursor": "end" });
    /// let first = client.first_page(list).expect("it is subscribed to");
    /// client.seed(first, Ok(EncodedValue::encode(&result)?));
    /// assert_eq!(client.paginated(list).map(|list| list.status), Some(PaginationStatus::Exhausted));
    /// # Ok::<(), ConvexError>(())
    /// ```
    pub fn first_page(&self, list: PaginatedHandle) -> Option<QueryHandle> {
        self.pagination.first_page(list)
    }

    /// The function, the arguments and the policy of a query, as it is sent: the query of a page
    /// has the argument `paginationOpts`. `None` after it was unsubscribed.
    ///
    /// ```
    /// use convex_sync::{PageIdentity, PagePlace, QueryHandle, SyncClient};
    ///
    /// /// Where the result of a query is in a page.
    /// fn place(client: &SyncClient, query: QueryHandle, identity: PageIdentity) -> Option<PagePlace> {
    ///     let (function, args, auth) = client.query_call(query)?;
    ///     Some(PagePlace::of_query(function, args, auth, identity))
    /// }
    /// ```
    pub fn query_call(&self, query: QueryHandle) -> Option<(&FunctionPath, &Arguments, AuthPolicy)> {
        self.queries.call_with_policy(query)
    }

    /// Whether a result that was read as `identity` may be shown: the client is anonymous too, or
    /// its user is the same, by the last token or by [`presume`](Self::presume).
    ///
    /// ```
    /// # use convex_sync::*;
    /// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
    /// assert!(client.is_identity(PageIdentity::Anonymous));
    /// client.set_session(Time::ZERO, Some(Session::signed_in("login_1")));
    /// assert!(!client.is_identity(PageIdentity::Anonymous), "a user is signed in");
    /// ```
    pub fn is_identity(&self, identity: PageIdentity) -> bool {
        self.auth.is_identity(identity)
    }
}
