//! The Convex sync protocol as a state machine without IO.
//!
//! [`SyncClient`] keeps queries up to date, runs mutations and actions, and authenticates; it has
//! no socket, no clock, no tasks and no randomness of its own. A driver brings those: `convex-web`
//! in browsers, a test in virtual time.
//!
//! # Mutate, drain, mutate
//!
//! After every command and every input, [`SyncClient::poll_event`] is drained to `None`, before the
//! next one. [`SyncClient::poll_transmit`] is drained once per turn of the event loop, so that the
//! commands of one turn travel as one frame, and [`SyncClient::poll_timeout`] is asked after that.
//!
//! ```
//! use convex_sync::*;
//!
//! let session = SessionId::from_random_bytes([7; 16]);
//! let mut client = SyncClient::new(Config::default(), session, 42, UnixMillis(1_700_000_000_000));
//!
//! // The first event asks for a socket. Its inputs carry its id.
//! let Some(Event::Open { socket }) = client.poll_event() else { unreachable!() };
//! client.handle(Time::ZERO, Input::Opened { socket });
//!
//! let list = FunctionPath::parse("messages:list")?;
//! let args = Arguments::encode(&())?.expect("`()` is `{}`, not a skip");
//! let query = client.subscribe(&list, &args, AuthPolicy::Settled);
//! assert_eq!(client.result(query), None);
//!
//! // Nobody is signed in, so the query may leave at once, behind `Connect`.
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
//! # Where what is
//!
//! | module | its subject |
//! | --- | --- |
//! | `client` | commands and inputs in, events and frames out; the order on the wire |
//! | `auth` | who is wanted, who is shown, tokens and their refresh; the hold |
//! | `connection` | one socket after another, and what each has been told |
//! | `queries` | the query set and its results |
//! | `pagination` | lists, page by page |
//! | `requests` | mutations and actions until their outcome |
//! | `one_shots` | queries that are asked once |
//! | `optimistic` | what queries show while mutations are under way |
//! | `wire` | frames to and from the server; calls over HTTP |
//! | [`value`] | Convex values as JSON text, straight to and from users' types |

mod auth;
mod base64;
mod by_policy;
mod client;
mod clock;
mod config;
mod connection;
mod context;
mod error;
mod event;
mod fields;
mod id_map;
mod ids;
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
    AuthPolicy, AuthState, Claims, ProviderChange, ProviderId, Providers, Session, TokenError,
    UnauthenticatedReason, WaitingFor,
};
pub use client::{SYNC_PATH, SyncClient};
pub use config::Config;
pub use connection::ConnectionState;
pub use error::{ConvexError, FunctionError, NotSentReason};
pub use event::{Event, Input};
pub use ids::{FetchId, PaginatedHandle, QueryHandle, RequestId, SessionId, SocketId, SuspensionId};
pub use optimistic::{LocalStore, OptimisticError, SortOrder};
pub use pagination::{Page, PaginationResult, PaginationStatus};
pub use path::{FunctionPath, PathError};
pub use queries::SuspendedResults;
pub use requests::{InFlight, RequestOptions};
pub use secret::Token;
pub use time::{Time, UnixMillis};
pub use value::{Arguments, Bytes, DecodeError, EncodeError, EncodedValue, Int64, QueryArgs, Skip, Value};

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
