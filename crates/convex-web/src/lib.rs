//! The Convex client for the browser: it gives [`convex_sync`]'s state machine a WebSocket, a
//! clock, timers and the page's events.
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
//! # How it runs
//!
//! Everything happens on the thread that made the client. A command or an input is handed to the
//! core at once, what the core wants done and told is taken out, and only then, with nothing
//! borrowed, sockets are opened, listeners called and futures resolved. So a listener may call
//! anything, a command included: what follows from it is delivered after the update that is being
//! delivered. Frames leave a few microtasks later: effects that run in the first of them come
//! before, so that the page shows what a command changed before the browser is given a frame, and
//! whatever they and the command ask travels together.
//!
//! # On a server
//!
//! The crate compiles natively, for server-side rendering. A client made there connects to nothing:
//! it is [`Idle`] and its identity is [`Loading`] for as long as it lives. A [`ConvexHttpClient`]
//! fails each call.
//!
//! [`Idle`]: sync::ConnectionState::Idle
//! [`Loading`]: sync::AuthState::Loading

mod client;
mod dial;
mod http;
mod request;
mod suspension;
mod tab_lock;
mod token;
mod update;
mod url;
mod wake;

#[cfg(not(target_family = "wasm"))]
mod server_stub;

#[cfg(target_family = "wasm")]
mod clock;
#[cfg(target_family = "wasm")]
mod driver;
#[cfg(target_family = "wasm")]
mod listeners;
#[cfg(target_family = "wasm")]
mod random;
#[cfg(target_family = "wasm")]
mod text;
#[cfg(target_family = "wasm")]
mod timer;
#[cfg(target_family = "wasm")]
mod unload_prompt;
#[cfg(target_family = "wasm")]
mod web_socket;

pub use client::{ClientBuilder, ConvexClient};
pub use convex_sync as sync;
pub use dial::{Dial, DialError, Socket, SocketEvent, SocketEvents, WebSocketDialer};
pub use http::{ConvexHttpClient, HttpError};
pub use request::{RequestFuture, RequestHandle};
pub use suspension::Suspension;
pub use tab_lock::TabLock;
pub use token::{TokenFetcher, TokenRequest};
pub use update::{Listener, Update};
pub use wake::WakeListener;
