//! Every hook and component in a browser, over the model deployment in the page.

#![cfg(target_family = "wasm")]

mod actions;
mod auth;
mod better_auth;
mod better_auth_other_tabs;
mod better_auth_service;
mod client_queries;
mod connection;
mod consistency;
mod gates;
mod guide;
mod identity_changes;
mod late_calls;
mod list;
mod mutations;
mod optimistic;
mod options;
mod pagination;
mod pagination_args;
mod people;
mod providers;
mod queries;
mod query_sets;
mod shared_client;
mod stage;
mod stored_user;
mod suspense;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
