//! The backend of a client: the browser's driver, or a stub on a server.
//!
//! Both have the same methods. They take closures over the core
//! ([`SyncClient`](crate::sync::SyncClient)), so that a command of the core is written once, in
//! `client`:
//!
//! | method | in a browser | on a server |
//! | --- | --- | --- |
//! | `read`: results of queries and lists | `None` while the core is busy | reads the core |
//! | `status`: auth, connection, requests | `None` while the core is busy | always `None` |
//! | `command`: returns nothing | deferred while the core is busy | runs, its output is dropped |
//! | `call`: returns a value | `None` while the core is busy | runs, its output is dropped |
//! | `request`: starts a request | fails with `ClientBusy` while the core is busy | fails with `ClientClosed` |
//!
//! The core is *busy* while it runs an optimistic update or the filter of a suspension.

#[cfg(target_family = "wasm")]
pub(crate) use crate::driver::Backend;
#[cfg(not(target_family = "wasm"))]
pub(crate) use crate::server_stub::Backend;
