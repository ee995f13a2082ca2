//! Server-side rendering: the identity of a request.

mod identity;

pub use identity::{Identified, IdentifyRequest, RequestIdentity, request_identity};
