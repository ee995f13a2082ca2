#![doc = include_str!("lib.md")]

mod auth;
mod client;
mod connection;
mod derived;
mod for_each;
mod gates;
#[cfg(doc)]
pub mod guide;
mod immediate_effect;
mod optimistic;
mod pagination;
mod provider;
mod query;
mod request;

pub use auth::{
    AuthFn, AuthProvider, BetterAuth, BetterAuthError, BetterAuthUser, UseConvexAuth, UseStoredUser, auth_fn,
    use_convex_auth, use_stored_user,
};
pub use client::{ClientOptions, ConvexClient};
pub use connection::{UseConvexConnection, use_convex_connection_state};
pub use convex_web::{
    ConvexHttpClient, Dial, DialError, HttpError, Socket, SocketEvent, SocketEvents, Suspension, TabLock,
    TokenRequest, WebSocketDialer,
    sync::{
        Arguments, AuthPolicy, AuthState, Bytes, Claims, Config, ConnectionState, ConvexError, DecodeError,
        EncodeError, EncodedValue, FunctionError, InFlight, Int64, NotSentReason, OptimisticError, PathError,
        QueryArgs, RequestOptions, Session, Skip, SortOrder, SuspendedResults, Time, TokenError,
        UnauthenticatedReason, Value, WaitingFor,
    },
};
pub use for_each::*;
pub use gates::*;
pub use optimistic::OptimisticLocalStore;
pub use pagination::{
    PaginationOptions, PaginationStatus, UsePaginatedQuery, use_paginated_query, use_paginated_query_with,
};
pub use provider::*;
pub use query::{
    IntoQueryArgs, PrewarmOptions, QueryFunction, QueryFuture, QueryOnce, QueryOptions, QuerySet,
    QueryStatus, UseQueries, UseQuery, use_authenticated_query, use_queries, use_queries_with, use_query,
    use_query_with,
};
pub use request::{CallFuture, Optimistic, UseAction, UseMutation, use_action, use_mutation};

/// On a server nothing is followed and nothing asked: what it renders is what is known before
/// anything is.
pub(crate) const IN_BROWSER: bool = cfg!(all(target_family = "wasm", not(feature = "ssr")));
