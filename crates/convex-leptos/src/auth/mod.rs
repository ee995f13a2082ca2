//! Identity providers and the auth state.

mod better_auth;
mod function;
mod provider;
mod use_convex_auth;
mod use_stored_user;

pub use better_auth::{BetterAuth, BetterAuthError, BetterAuthUser};
#[cfg(feature = "ssr")]
pub(crate) use better_auth::{SessionAnswer, read_answer};
pub use function::{AuthFn, auth_fn};
pub use provider::AuthProvider;
pub(crate) use provider::ErasedProvider;
pub use use_convex_auth::{UseConvexAuth, use_convex_auth};
pub use use_stored_user::{UseStoredUser, use_stored_user};
