//! A Convex client for the browser, without a UI framework.
//!
//! The protocol and authentication are in [`convex_sync`], a state machine without IO. This crate
//! connects it to the browser: a WebSocket, timers, page events and token fetches. `convex-leptos`
//! builds its components and hooks on it.
//!
//! ```no_run
//! use convex_web::ConvexClient;
//! use convex_web::sync::{Arguments, FunctionPath, AuthPolicy};
//!
//! # fn run(path: FunctionPath, args: Arguments) {
//! let client = ConvexClient::builder("https://happy-animal-123.convex.cloud").build();
//! let messages = client.subscribe(&path, &args, AuthPolicy::Settled);
//! let listener = client.on_update({
//!     let client = client.clone();
//!     move |update| {
//!         if update.queries.contains(&messages) {
//!             // show `client.result(messages)`
//! #           let _ = client.result(messages);
//!         }
//!     }
//! });
//! # drop(listener);
//! # }
//! ```
//!
//! | task | item |
//! | --- | --- |
//! | queries, mutations, actions, auth over one socket | [`ConvexClient`], built by [`ClientBuilder`] |
//! | react to changes | [`ConvexClient::on_update`], [`Update`], [`Listener`] |
//! | the outcome of a mutation or action | [`RequestFuture`], [`RequestHandle`] |
//! | sign in | [`ConvexClient::switch_provider`], [`TokenFetcher`] |
//! | call functions over HTTP | [`ConvexHttpClient`], [`HttpError`] |
//! | take over a page that a server rendered | [`ConvexClient::presume`], [`ConvexClient::seed`] |
//! | take over requests that the page sent while it loaded | [`early_response`] |
//! | one token refresh at a time in all tabs | [`TabLock`] |
//! | know when the page wakes up | [`WakeListener`] |
//! | another socket, for tests or to record frames | [`Dial`], [`Socket`], [`SocketEvents`] |
//!
//! # Order of effects
//!
//! A client runs on the thread that created it. Each command and each browser event is handled in
//! three steps:
//!
//! 1. The state machine is changed.
//! 2. Its effects are carried out: first sockets and token fetches, then listeners are called, then
//!    futures resolve. Nothing is borrowed meanwhile, so a listener may call any method, including
//!    commands. The effects of such a command are delivered after the current ones.
//! 3. Frames are sent a few microtasks later, after the effects that update the page. All commands
//!    of one browser event travel in one frame.
//!
//! # On a server
//!
//! The crate compiles natively, for server-side rendering. A native client never connects: its
//! connection is always [`Idle`], its requests fail, and it fetches no tokens. It has the identity
//! and the results that it is given by [`presume`](ConvexClient::presume) and
//! [`seed`](ConvexClient::seed):
//!
//! | identity | provider | auth |
//! | --- | --- | --- |
//! | a user | with or without | [`Authenticated`] |
//! | anonymous | with or without | [`Unauthenticated`], `SignedOut` |
//! | none | with | [`Loading`], until the browser takes over |
//! | none | without | [`Unauthenticated`], `NoProvider` |
//!
//! A [`ConvexHttpClient`] runs queries on a server with the feature `server`.
//!
//! # Features
//!
//! - `server`: calls over HTTP on a server, with reqwest and rustls. In WebAssembly, it makes the
//!   crate one for a server, too, such as Cloudflare Workers: there, HTTP is `fetch`, and a
//!   [`ConvexClient`] never connects. Never enable it for a page. (It compiles for Workers; it has
//!   not been tested there.)
//! - `tracing`: emits the log lines of functions that are called over HTTP as `tracing` events.
//!
//! [`Authenticated`]: sync::AuthState::Authenticated
//! [`Unauthenticated`]: sync::AuthState::Unauthenticated
//! [`Idle`]: sync::ConnectionState::Idle
//! [`Loading`]: sync::AuthState::Loading

mod backend;
mod client;
mod dial;
mod early_start;
mod http;
mod outcome;
mod tab_lock;
mod token;
mod update;
mod url;
mod wake;

#[cfg(any(not(target_family = "wasm"), feature = "server"))]
mod server;

#[cfg(all(target_family = "wasm", not(feature = "server")))]
mod clock;
#[cfg(all(target_family = "wasm", not(feature = "server")))]
mod driver;
#[cfg(all(target_family = "wasm", not(feature = "server")))]
mod listeners;
#[cfg(all(target_family = "wasm", not(feature = "server")))]
mod random;
#[cfg(all(target_family = "wasm", not(feature = "server")))]
mod text;
#[cfg(all(target_family = "wasm", not(feature = "server")))]
mod timer;
#[cfg(all(target_family = "wasm", not(feature = "server")))]
mod unload_prompt;
#[cfg(all(target_family = "wasm", not(feature = "server")))]
mod web_socket;

pub use client::{ClientBuilder, ConvexClient, Listener, RequestFuture, RequestHandle, Suspension};
pub use convex_sync as sync;
pub use dial::{Dial, DialError, Socket, SocketEvent, SocketEvents, WebSocketDialer};
pub use early_start::early_response;
#[doc(hidden)]
pub use http::{AbortOnDrop, with_timeout};
pub use http::{ConvexHttpClient, HttpError};
pub use tab_lock::TabLock;
pub use token::{TokenFetcher, TokenRequest};
pub use update::Update;
pub use wake::WakeListener;

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
