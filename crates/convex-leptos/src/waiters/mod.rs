//! The boundaries (`<Suspense>`, `<Transition>`) and futures that wait for a query or list.
//!
//! In the browser, a boundary waits again whenever the query loads again. A server renders a
//! boundary once, when everything that was read in it has arrived, or leaves it to the browser.

#[cfg(not(feature = "ssr"))]
mod browser;
#[cfg(feature = "ssr")]
mod server;

#[cfg(not(feature = "ssr"))]
pub(crate) use browser::Waiters;
#[cfg(feature = "ssr")]
pub(crate) use server::Waiters;
