//! The page that a client is part of.
//!
//! A client renders a page on a web server, takes over such a page in the browser, or does neither.
//! Each case is one module with the same two types, so the rest of the crate is written once:
//!
//! | | [`server`], feature `ssr` | [`hydration`], feature `hydrate` | [`plain`] |
//! | --- | --- | --- | --- |
//! | [`Page::add_provider`] | tells the client who sent the request, and writes that into the page | tells the client who the page was rendered for | nothing |
//! | [`Page::add_query`] | fetches the result over HTTP, once for each query, and writes it into the page | reads the result from the page | nothing |
//! | [`Page::block_response`] | delays the response | nothing | nothing |
//! | [`Page::result`], [`Page::list`] | unchanged | those of the page stay until hydration ends | unchanged |
//! | [`Page::hides_results`] | outside of a boundary | outside of a boundary, until hydration ends | never |
//! | [`Page::token_fetcher`] | unchanged | a provider that loads signs nobody out | unchanged |
//! | [`Page::follows_providers`] | never | after hydration | always |
//!
//! A *boundary* is a `<Suspense>` or `<Transition>`: only there can a server wait for a result.
//! Elsewhere, whether a result has arrived already would depend on the server's threads, so both
//! sides show none until hydration ends.

#[cfg(all(feature = "hydrate", not(feature = "ssr")))]
mod held_results;
#[cfg(all(feature = "hydrate", not(feature = "ssr")))]
mod hydration;
#[cfg(not(any(feature = "ssr", feature = "hydrate")))]
mod plain;
#[cfg(feature = "ssr")]
mod server;

#[cfg(all(feature = "hydrate", not(feature = "ssr")))]
pub(crate) use hydration::*;
#[cfg(not(any(feature = "ssr", feature = "hydrate")))]
pub(crate) use plain::*;
#[cfg(feature = "ssr")]
pub(crate) use server::*;
