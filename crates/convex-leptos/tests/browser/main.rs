//! Tests of every hook and component in a browser, with a model deployment in the page.

#![cfg(target_family = "wasm")]

mod actions;
mod auth;
mod better_auth;
mod better_auth_other_tabs;
mod better_auth_service;
mod client_queries;
mod connection;
mod consistency;
#[cfg(not(any(feature = "hydrate", feature = "ssr")))]
mod console;
mod early_start;
mod fixture;
mod for_each;
mod gates;
mod guide;
mod identity_changes;
mod late_calls;
mod mutations;
mod optimistic;
mod options;
mod pagination;
mod pagination_args;
#[cfg(not(any(feature = "hydrate", feature = "ssr")))]
mod plain_page;
mod providers;
mod queries;
mod query_sets;
mod shared_client;
mod stored_user;
mod suspense;
mod test_provider;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
