#![doc = include_str!("transitions.md")]

mod claims;
mod credential;
mod event;
mod fetch;
mod known_session;
mod machine;
mod page_identity;
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
use known_session::KnownSession;
pub(crate) use machine::{Auth, IdentityChange};
pub use page_identity::PageIdentity;
pub(crate) use policy::WantedIdentity;
pub use providers::{ProviderChange, ProviderId, Providers};
pub use types::{AuthPolicy, AuthState, Session, TokenError, UnauthenticatedReason, WaitingFor};
