//! The Convex sync protocol as a state machine without IO.
//!
//! [`SyncClient`] keeps subscribed queries up to date, runs mutations and actions, and
//! authenticates. It has no socket, clock, tasks or random source of its own: a driver provides
//! them. `convex-web` is the driver in browsers; tests use one with virtual time.
//!
//! # Driving the client
//!
//! After every command and every input, drain [`SyncClient::poll_event`] to `None`. Drain
//! [`SyncClient::poll_transmit`] once per turn of the event loop, so that the commands of one turn
//! are sent in one frame, and then read [`SyncClient::poll_timeout`].
//!
//! ```
//! use convex_sync::*;
//!
//! let session = SessionId::from_random_bytes([7; 16]);
//! let mut client = SyncClient::new(Config::default(), session, 42, UnixMillis(1_700_000_000_000));
//!
//! // The first event requests a socket. The inputs carry its id.
//! let Some(Event::Open { socket }) = client.poll_event() else { unreachable!() };
//! client.handle(Time::ZERO, Input::Opened { socket });
//!
//! let list = FunctionPath::parse("messages:list")?;
//! let args = Arguments::encode(&())?.expect("`()` is `{}`, not a skip");
//! let query = client.subscribe(&list, &args, AuthPolicy::Settled);
//! assert_eq!(client.result(query), None);
//!
//! // No user is signed in, so the query is sent at once, after `Connect`.
//! let frames: Vec<String> = std::iter::from_fn(|| client.poll_transmit(Time::ZERO)).collect();
//! assert!(frames[0].contains("Connect") && frames[1].contains("messages:list"));
//!
//! let transition = r#"{"type":"Transition","modifications":[
//!         {"type":"QueryUpdated","queryId":0,"value":["hello"],"logLines":[],"journal":null}],
//!     "startVersion":{"querySet":0,"identity":0,"ts":"AAAAAAAAAAA="},
//!     "endVersion":{"querySet":1,"identity":0,"ts":"AQAAAAAAAAA="}}"#;
//! client.handle(Time::ZERO, Input::Text { socket, text: transition });
//! let changed = std::iter::from_fn(|| client.poll_event()).find(|event| matches!(event, Event::Transition { .. }));
//! assert_eq!(changed, Some(Event::Transition { changed: vec![query], paginated: vec![] }));
//! let Some(Ok(value)) = client.result(query) else { unreachable!() };
//! assert_eq!(value.decode::<Vec<String>>()?, ["hello"]);
//! # Ok::<(), ConvexError>(())
//! ```
//!
//! # Modules
//!
//! | module | content |
//! | --- | --- |
//! | `client` | commands, inputs, events, and the order of frames |
//! | `auth` | the authentication state machine, tokens and their refresh, auth policies |
//! | `connection` | dialling, reconnecting, and the protocol state of each socket |
//! | `queries` | the query set and its results |
//! | `pagination` | paginated lists |
//! | `requests` | mutations and actions until they settle |
//! | `one_shots` | queries with a single result |
//! | `optimistic` | optimistic updates of query results |
//! | `wire` | frames to and from the server; calls over HTTP; results in a server-rendered page |
//! | [`value`] | Convex values as JSON text, encoded from and decoded into Rust types |
//! | `function_ref` | a function's path with the types of its arguments and its result |

mod auth;
mod base64;
mod by_policy;
mod client;
mod clock;
mod config;
mod connection;
mod context;
mod digest;
mod error;
mod event;
mod fields;
mod function_ref;
mod id_map;
mod ids;
mod json;
mod one_shots;
mod optimistic;
mod pagination;
mod path;
mod queries;
mod random;
mod requests;
mod secret;
mod sorted_set;
mod text;
mod time;
mod timer;
pub mod value;
#[doc(hidden)]
pub mod wire;

pub use auth::{
    AuthPolicy, AuthState, Claims, PageIdentity, ProviderChange, ProviderId, Providers, Session, TokenError,
    UnauthenticatedReason, WaitingFor,
};
pub use client::{SYNC_PATH, SyncClient};
pub use config::Config;
pub use connection::ConnectionState;
pub use error::{ConvexError, FunctionError, NotSentReason};
pub use event::{Event, Input};
pub use function_ref::{
    ActionFunction, ActionRef, ArgsOrSkip, CallArgs, Dynamic, Id, MutationFunction, MutationRef,
    PaginatedFunction, PaginatedQueryRef, QueryFunction, QueryRef, ReadAs, TakenAs, Unknown, WrittenAs,
};
pub use ids::{FetchId, PaginatedHandle, QueryHandle, RequestId, SessionId, SocketId, SuspensionId};
pub use optimistic::{LocalStore, OptimisticError, SortOrder};
pub use pagination::{Page, PaginationResult, PaginationStatus};
pub use path::{FunctionPath, PathError};
pub use queries::SuspendedResults;
pub use requests::{InFlight, RequestOptions};
pub use secret::Token;
pub use time::{Time, UnixMillis};
pub use value::{
    Arguments, Bytes, DecodeError, EncodeError, EncodedValue, Int64, QueryArgs, Skip, Value, from_json,
};
pub use wire::PagePlace;

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
