//! [Better Auth](https://www.better-auth.com) with its Convex plugin, as an identity provider.

mod http;
mod provider;
mod questions;
mod session;

pub use http::BetterAuthError;
pub use provider::BetterAuth;
pub use session::BetterAuthUser;
