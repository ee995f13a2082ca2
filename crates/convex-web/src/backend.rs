//! The backend of a client: the browser's driver; or on a server, a core that is never connected.
//! The feature `server` selects the latter in WebAssembly, too.
//!
//! Both have the same methods. They take closures over the core
//! ([`SyncClient`](crate::sync::SyncClient)), so that a command of the core is written once, in
//! `client`:
//!
//! | method | in a browser | on a server |
//! | --- | --- | --- |
//! | `read`: auth, results of queries and lists | `None` while the core is busy | reads the core |
//! | `status`: connection, requests | `None` while the core is busy | always `None` |
//! | `command`: returns nothing | deferred while the core is busy | runs, its output is dropped |
//! | `call`: returns a value | `None` while the core is busy | runs, its output is dropped |
//! | `request`: starts a request | fails with `ClientBusy` while the core is busy | fails with `ClientClosed` |
//! | `presume` | the token fetch waits for a fetcher | no token is fetched |
//! | `set_session`, `switch_provider` | passed to the core | a provider is `Loading` |
//! | `set_token_fetcher` | fetches tokens | ignored |
//! | `suspend` | unsubscribes queries at the server | suspends nothing |
//!
//! The core is *busy* while it runs an optimistic update or the filter of a suspension.

#[cfg(all(target_family = "wasm", not(feature = "server")))]
pub(crate) use crate::driver::Backend;
#[cfg(any(not(target_family = "wasm"), feature = "server"))]
pub(crate) use crate::server::Backend;
