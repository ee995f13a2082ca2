//! [Better Auth](https://www.better-auth.com) with its Convex plugin, as an identity provider.

mod http;
mod latest_wins;
mod provider;
mod session;

#[cfg(feature = "ssr")]
pub(crate) use self::{http::read_answer, session::SessionAnswer};
pub use http::BetterAuthError;
pub use provider::BetterAuth;
pub use session::BetterAuthUser;
