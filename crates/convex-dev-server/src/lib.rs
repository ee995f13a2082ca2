//! A Convex deployment for development and tests, in one process and all in memory.
//!
//! - The sync protocol: `GET /api/sync` and `GET /api/{version}/sync`, spoken by the model
//!   deployment of `convex-testkit`.
//! - Functions over HTTP: `POST /api/query`, `/api/mutation`, `/api/action`.
//! - An identity service shaped like Better Auth's, below `/api/auth`: a session in an HttpOnly
//!   cookie, and ES256 tokens that the deployment verifies by issuer, audience, expiry and
//!   published key.
//! - Controls below `/api/dev`: a [latency](Knobs::latency_ms), [token
//!   lifetimes](Knobs::token_lifetime_secs), a [token endpoint](TokenEndpoint) that fails, [tokens
//!   that are rejected](RejectTokens), sockets that break, a [network](NetworkState) that dies, and
//!   a log of what ran as whom.
//!
//! | control | does |
//! | --- | --- |
//! | `GET`, `POST /api/dev/knobs` | answers where the [knobs](Knobs) stand; turns those that the body names |
//! | `GET`, `DELETE /api/dev/log` | what happened: sockets, function runs, token fetches; forgets it |
//! | `POST /api/dev/drop` | breaks all sockets, or with `{"sessionId"}` those of one client |
//! | `POST /api/dev/garbage` | sends a frame that is no JSON, to all or one |
//! | `POST /api/dev/restart` | breaks all sockets as a restart does; data survives |
//! | `POST /api/dev/sleep` | what a laptop's sleep does to its network: dead for `{"sleepMs", "networkLateMs"}` together; answers when the sleep is over |
//!
//! | who | address | password |
//! | --- | --- | --- |
//! | Alice | `alice@example.com` | `alice-demo` |
//! | Bob | `bob@example.com` | `bob-demo` |
//!
//! | function | does |
//! | --- | --- |
//! | `organizations:list` | a person's organizations; throws `Unauthorized: No identity found` without one, and logs `server identity` |
//! | `messages:list`, `messages:send` | a public chat; writing takes a person |
//! | `messages:shout` (action) | sends `body` in capitals, `afterMs` milliseconds later if given |
//! | `users:store`, `users:current` | stores who asks; who asks, or `null` |
//! | `counters:get`, `counters:incrementBoth` | the counters `left` and `right`, always equal |
//! | `errors:always` | throws a `ConvexError` with data |
//! | `bench:cell`, `bench:documents` | what the benchmark shows: one of many numbers; one list of a megabyte |

mod clock;
mod delay;
mod deployment;
mod dev;
mod functions;
mod http;
mod identity;
mod journal;
mod knobs;
mod options;
mod page;
mod refusal;
mod server;
mod shutdown;
mod sync;

pub use self::{
    knobs::{KeySet, Knobs, NetworkState, RejectTokens, TokenEndpoint},
    options::Options,
    server::{Server, serve},
};
