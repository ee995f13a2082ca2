//! A Convex deployment for development and tests, in one process and in memory.
//!
//! - The sync protocol: `GET /api/sync` and `GET /api/{version}/sync`, spoken by the model
//!   deployment of `convex-testkit`.
//! - Functions over HTTP: `POST /api/query`, `/api/mutation`, `/api/action`.
//! - An identity service shaped like Better Auth's, below `/api/auth`: a session in an HttpOnly
//!   cookie, and ES256 tokens that the deployment verifies by issuer, audience, expiry and
//!   published key.
//! - Controls below `/api/dev`: a [latency](Knobs::latency_ms), [token
//!   lifetimes](Knobs::token_lifetime_secs), a [token endpoint](TokenEndpoint) that fails, [tokens
//!   are rejected](RejectTokens), sockets that break, a [network](NetworkState) that dies, and a
//!   log of every execution and its identity.
//!
//! | control | effect |
//! | --- | --- |
//! | `GET`, `POST /api/dev/knobs` | returns the [knobs](Knobs); sets those in the body |
//! | `GET`, `DELETE /api/dev/log` | sockets, executions and token fetches; clears them |
//! | `POST /api/dev/drop` | breaks all sockets, or with `{"sessionId"}` those of one client |
//! | `POST /api/dev/garbage` | sends a frame that is not JSON, to all or one |
//! | `POST /api/dev/restart` | breaks all sockets, as a restart does; data survives |
//! | `POST /api/dev/sleep` | simulates the sleep of a laptop: the network is dead for `{"sleepMs", "networkLateMs"}` together; responds when the sleep is over |
//!
//! | user | address | password |
//! | --- | --- | --- |
//! | Alice | `alice@example.com` | `alice-demo` |
//! | Bob | `bob@example.com` | `bob-demo` |
//!
//! | function | effect |
//! | --- | --- |
//! | `organizations:list` | the user's organizations; throws `Unauthorized: No identity found` for an anonymous caller, and logs `server identity` |
//! | `organizations:get` | one of them by its `id`; `null` if the caller is no member |
//! | `messages:list`, `messages:send` | a public chat; sending requires a user |
//! | `messages:shout` (action) | sends `body` in capitals, after `afterMs` milliseconds if given |
//! | `users:store`, `users:current` | stores the caller; the caller, or `null` |
//! | `counters:get`, `counters:incrementBoth` | the counters `left` and `right`, always equal |
//! | `errors:always` | throws a `ConvexError` with data |
//! | `bench:cell`, `bench:documents` | the benchmark's data: one of many numbers; one list of a megabyte |

mod clock;
mod delay;
mod deployment;
mod dev;
mod error_response;
mod functions;
mod http;
mod identity;
mod journal;
mod knobs;
mod options;
mod page;
mod server;
mod shutdown;
mod sync;

pub use self::{
    knobs::{KeySet, Knobs, NetworkState, RejectTokens, TokenEndpoint},
    options::Options,
    server::{Server, serve},
};
