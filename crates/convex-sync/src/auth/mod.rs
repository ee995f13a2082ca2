//! Authentication: who is wanted, what is shown, and the tokens in between.
//!
//! Three truths are kept apart (auth contract §1). Who is *wanted* is [`Auth`]'s own state. Who *the server of this connection holds* belongs to the
//! connection ([`Wire`](crate::connection::Wire)), since it ends with it. What is *shown* is derived from the first by [`Auth::shown`].
//!
//! | state | entered by | left by |
//! | --- | --- | --- |
//! | `Nobody` | no provider; `SignedOut`; `Ok(None)`; `sign_out`; three rejections | a new session; `reauthenticate`; after rejections a wake, too |
//! | `Unknown` | a provider that has not said anything yet | its first word |
//! | `Person`, unconfirmed | `SignedIn` with a new key; a token of another subject | confirmation; the ends of a session |
//! | `Person`, confirmed | a transition at or past our `Authenticate` | rejection or expiry (then in doubt); the ends of a session |
//! | `Person`, in doubt | a confirmed token was rejected or ran out | confirmation of its replacement; the ends of a session |

mod claims;
mod credential;
mod event;
mod fetch;
mod hold;
mod machine;
mod phase;
mod state;
mod steps;
mod unusable;

pub use claims::Claims;
use credential::{Credential, Subject};
pub(crate) use event::AuthEvent;
use fetch::Fetch;
pub(crate) use hold::Wanted;
pub(crate) use machine::{Auth, Boundary};
pub use state::{AuthState, QueryAuth, Session, TokenError, UnauthenticatedReason, WaitingFor};
