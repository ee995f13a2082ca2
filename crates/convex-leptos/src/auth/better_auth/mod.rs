//! [Better Auth](https://www.better-auth.com) with its Convex plugin, as an identity provider.

mod http;
mod latest_wins;
mod provider;
mod session;

pub use http::BetterAuthError;
pub use provider::BetterAuth;
pub use session::BetterAuthUser;
