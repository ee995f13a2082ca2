#![doc = include_str!("transitions.md")]

mod claims;
mod credential;
mod event;
mod fetch;
mod machine;
mod policy;
mod providers;
mod rejected_session;
mod rejected_tokens;
mod rejections;
mod resumption;
mod session_tokens;
mod state;
#[cfg(test)]
mod table;
mod token_check;
mod transitions;
mod types;

pub use claims::Claims;
use credential::{Credential, Subject};
pub(crate) use event::AuthEvent;
use fetch::Fetch;
pub(crate) use machine::{Auth, IdentityChange};
pub(crate) use policy::WantedIdentity;
pub use providers::{ProviderChange, ProviderId, Providers};
pub use types::{AuthPolicy, AuthState, Session, TokenError, UnauthenticatedReason, WaitingFor};
