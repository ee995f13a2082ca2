#![doc = include_str!("transitions.md")]

mod claims;
mod credential;
mod event;
mod fetch;
mod machine;
mod policy;
mod providers;
mod rejected;
mod rejected_tokens;
mod rejections;
mod session_tokens;
mod state;
#[cfg(test)]
mod table;
mod transitions;
mod types;
mod verdict;

pub use claims::Claims;
use credential::{Credential, Subject};
pub(crate) use event::AuthEvent;
use fetch::Fetch;
pub(crate) use machine::{Auth, Boundary};
pub(crate) use policy::Wanted;
pub use providers::{ProviderChange, ProviderId, Providers};
pub use types::{AuthPolicy, AuthState, Session, TokenError, UnauthenticatedReason, WaitingFor};
