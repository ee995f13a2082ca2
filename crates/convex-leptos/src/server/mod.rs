//! Server-side rendering: the identity of a request.

mod better_auth;
mod cookie;
mod identity;
mod layer;
pub(crate) mod log;
mod request_client;
mod response_headers;
pub(crate) mod send;

pub use better_auth::BetterAuthRequests;
pub use cookie::{CookieJwt, cookie_jwt};
pub use identity::{Identified, IdentifyRequest, RequestIdentity, request_identity};
pub use layer::{ConvexRequestLayer, ConvexRequestService};
pub use request_client::request_client;
