#![doc = include_str!("transitions.md")]

mod claims;
mod credential;
mod event;
mod fetch;
mod hold;
mod machine;
mod phase;
mod providers;
mod rejected;
mod rejected_tokens;
mod rejections;
mod session_tokens;
mod state;
mod steps;
#[cfg(test)]
mod table;
mod verdict;

pub use claims::Claims;
use credential::{Credential, Subject};
pub(crate) use event::AuthEvent;
use fetch::Fetch;
pub(crate) use hold::Wanted;
pub(crate) use machine::{Auth, Boundary};
pub use providers::{ProviderChange, ProviderId, Providers};
pub use state::{AuthState, QueryAuth, Session, TokenError, UnauthenticatedReason, WaitingFor};
