//! The components, hooks and types that most apps use: `use convex_leptos::prelude::*;`.
//!
//! ```
//! use convex_leptos::prelude::*;
//! use leptos::prelude::*;
//!
//! const NAME: QueryRef<(), String> = QueryRef::new("users:name");
//!
//! #[component]
//! fn Profile() -> impl IntoView {
//!     let name = use_query(NAME, ());
//!     view! { <Authenticated>{move || name.value()}</Authenticated> }
//! }
//! ```

pub use crate::{
    ActionRef, AuthLoading, AuthPolicy, AuthProvider, AuthRefreshing, AuthState, Authenticated, BetterAuth,
    CallOptions, ClientOptions, ConnectionState, ConvexClient, ConvexError, ConvexProvider,
    ConvexProviderWithAuth, ForEach, Id, MutationRef, Optimistic, OptimisticError, OptimisticLocalStore,
    PaginatedQueryRef, PaginationOptions, PaginationStatus, QueryOptions, QueryRef, QueryStatus, Session,
    Skip, Unauthenticated, UseAction, UseConvexAuth, UseConvexConnection, UseMutation, UsePaginatedQuery,
    UseQueries, UseQuery, UseStoredUser, auth_fn, use_action, use_action_with, use_authenticated_query,
    use_convex, use_convex_auth, use_convex_connection_state, use_mutation, use_mutation_with,
    use_paginated_query, use_paginated_query_with, use_queries, use_queries_with, use_query, use_query_with,
    use_stored_user,
};
