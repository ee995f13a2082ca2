#![doc = include_str!("lib.md")]
// Docs link to items of the feature `ssr`. They are checked with that feature.
#![cfg_attr(not(feature = "ssr"), allow(rustdoc::broken_intra_doc_links))]

mod args_reader;
mod auth;
mod client;
mod connection;
mod derived;
mod early_start;
mod for_each;
mod gates;
#[cfg(doc)]
pub mod guide;
mod immediate_effect;
mod optimistic;
mod page;
mod pagination;
mod preload;
pub mod prelude;
mod provider;
mod query;
mod request;
#[cfg(feature = "ssr")]
mod server;
mod waiters;
mod watch;

pub use auth::{
    AuthFn, AuthProvider, BetterAuth, BetterAuthError, BetterAuthUser, UseConvexAuth, UseStoredUser, auth_fn,
    use_convex_auth, use_stored_user,
};
pub use client::{ClientOptions, ConvexClient};
pub use connection::{UseConvexConnection, use_convex_connection_state};
pub use convex_web::{
    ConvexHttpClient, HttpError, Suspension, TabLock, TokenRequest, early_response,
    sync::{
        ActionFunction, ActionRef, ArgsOrSkip, AuthPolicy, AuthState, Bytes, CallArgs, ConnectionState,
        ConvexError, Dynamic, FunctionError, Id, InFlight, Int64, MutationFunction, MutationRef,
        NotSentReason, OptimisticError, PaginatedFunction, PaginatedQueryRef, QueryArgs, QueryFunction,
        QueryRef, ReadAs, Session, Skip, SortOrder, SuspendedResults, TakenAs, TokenError,
        UnauthenticatedReason, Unknown, WaitingFor, WrittenAs, from_json,
    },
};
pub use early_start::*;
pub use for_each::*;
pub use gates::*;
pub use optimistic::OptimisticLocalStore;
pub use pagination::{
    PaginationOptions, PaginationStatus, UsePaginatedQuery, use_paginated_query, use_paginated_query_with,
};
pub use preload::{Preloaded, preload_query, use_preloaded_query};
pub use provider::*;
#[doc(hidden)]
pub use query::{ByClosure, BySignal, BySkip, ByValue};
pub use query::{
    CallOptions, IntoQueryArgs, OnServer, PrewarmOptions, QueryFuture, QueryOnce, QueryOptions, QuerySet,
    QueryStatus, UseQueries, UseQuery, use_authenticated_query, use_queries, use_queries_with, use_query,
    use_query_with,
};
pub use request::{
    CallFuture, Optimistic, UseAction, UseMutation, use_action, use_action_with, use_mutation,
    use_mutation_with,
};
#[cfg(feature = "ssr")]
pub use server::{
    BetterAuthRequests, ConvexRequestLayer, ConvexRequestService, CookieJwt, Identified, IdentifyRequest,
    RequestIdentity, cookie_jwt, request_client, request_identity,
};

/// Types of the protocol that few apps name: encoded values, the configuration, and the clock.
pub mod sync {
    pub use convex_web::sync::{
        Arguments, Claims, Config, DecodeError, EncodeError, EncodedValue, PathError, Time, Token, Value,
    };
}

/// Sockets, for tests and for apps that observe or replace them.
pub mod web {
    pub use convex_web::{Dial, DialError, Socket, SocketEvent, SocketEvents, WebSocketDialer};
}

/// Whether this runs in a page: there are a socket, timers, and events of the browser.
pub(crate) const IN_BROWSER: bool = cfg!(all(target_family = "wasm", not(feature = "ssr")));

/// Whether hooks follow their arguments: in the browser, and on a server that renders pages.
pub(crate) const FOLLOWS_SIGNALS: bool = IN_BROWSER || cfg!(feature = "ssr");

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
