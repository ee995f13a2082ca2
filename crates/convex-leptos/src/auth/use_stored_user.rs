//! A person counts as signed in once the app's own database knows them.

use super::UseConvexAuth;
use crate::{ConvexClient, ConvexError, follow::Follower, use_convex};
use convex_web::sync::{Arguments, FunctionPath, NotSentReason, QueryAuth};
use leptos::{prelude::*, task::spawn_local};
use serde::Serialize;
use std::sync::Arc;

/// Runs a mutation that makes the signed-in person known to the app's database, such as `users:store`, and is authenticated only
/// once it has.
///
/// It runs once for each session of a person, when the deployment has confirmed it. Neither a refresh nor a reconnect runs it
/// again. Until it has run the state is loading; where it fails, it stays so, [`error`](UseStoredUser::error) says why, and
/// [`retry`](UseStoredUser::retry) runs it again.
///
/// # Usage
///
/// ```
/// use convex_leptos::{AuthLoading, Authenticated, use_stored_user};
/// use leptos::prelude::*;
///
/// #[component]
/// fn App() -> impl IntoView {
///     let user = use_stored_user("users:store", ());
///     view! {
///         <AuthLoading auth=user>
///             {move || user.error.get().map(|error| view! {
///                 <p role="alert">{error.to_string()}</p>
///                 <button on:click=move |_| user.retry()>"Try again"</button>
///             })}
///         </AuthLoading>
///         <Authenticated auth=user>"Everything here may rely on the person's record."</Authenticated>
///     }
/// }
/// ```
///
/// Where a query tells whether the person is known, [`UseConvexAuth::when`] does without a mutation.
///
/// # On the server
///
/// It is loading, and nothing runs.
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[track_caller]
pub fn use_stored_user(function: impl AsRef<str>, args: impl Serialize) -> UseStoredUser {
    use_convex().use_stored_user(function, args)
}

/// What [`use_stored_user`] gives. The gates take it as their `auth`.
///
/// ```
/// use convex_leptos::UseStoredUser;
/// use leptos::prelude::*;
///
/// /// A room belongs to somebody, so their record has to be there.
/// #[component]
/// fn NewRoom(user: UseStoredUser) -> impl IntoView {
///     view! {
///         <button disabled=move || !user.auth.is_authenticated.get()>"New room"</button>
///         <Show when=move || user.error.get().is_some()>
///             <button on:click=move |_| user.retry()>"Try again"</button>
///         </Show>
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct UseStoredUser {
    /// As [`use_convex_auth`](crate::use_convex_auth), but authenticated only once the mutation has run.
    pub auth: UseConvexAuth,
    /// Why the mutation failed, where it did.
    pub error: Signal<Option<ConvexError>>,
    attempts: RwSignal<u32>,
}

impl UseStoredUser {
    /// Runs the mutation again where it failed.
    pub fn retry(&self) {
        self.attempts.update(|attempts| *attempts += 1);
    }
}

impl From<UseStoredUser> for UseConvexAuth {
    fn from(user: UseStoredUser) -> Self {
        user.auth
    }
}

/// How the mutation stands, for one session.
#[derive(Debug, Clone, PartialEq)]
enum Storing {
    Runs(Arc<str>),
    Done(Arc<str>),
    Failed(Arc<str>, ConvexError),
}

impl Storing {
    fn key(&self) -> &Arc<str> {
        match self {
            Self::Runs(key) | Self::Done(key) | Self::Failed(key, _) => key,
        }
    }
}

impl ConvexClient {
    /// [`use_stored_user`] of this client.
    #[track_caller]
    pub fn use_stored_user(self, function: impl AsRef<str>, args: impl Serialize) -> UseStoredUser {
        let call = FunctionPath::parse(function.as_ref()).map_err(ConvexError::from).and_then(|function| {
            let args = Arguments::encode(&args)?.ok_or(ConvexError::NotSent(NotSentReason::Cancelled))?;
            Ok((function, args))
        });
        let (auth, storing, attempts) = (self.use_auth(), RwSignal::new(None), RwSignal::new(0));
        let signed_in = Memo::new(move |_| auth.is_authenticated.get().then(|| auth.person.get()).flatten());
        let tried = StoredValue::new(0);
        Follower::scoped(move || {
            let (key, attempt) = (signed_in.get(), attempts.get());
            let again = tried.try_update_value(|tried| std::mem::replace(tried, attempt) != attempt);
            let Some(key) = key else { return };
            let is_over = storing.with_untracked(|storing: &Option<Storing>| match storing {
                Some(Storing::Failed(stored, _)) => *stored == key && again != Some(true),
                Some(storing) => *storing.key() == key,
                None => false,
            });
            if !is_over {
                untrack(|| self.store(key, call.clone(), storing));
            }
        });
        let is_stored = move || {
            storing.with(|storing| matches!(storing, Some(Storing::Done(key)) if Some(key) == auth.person.get().as_ref()))
        };
        let error = Signal::derive(move || match storing.get()? {
            Storing::Failed(key, error) if Some(&key) == auth.person.get().as_ref() => Some(error),
            _ => None,
        });
        UseStoredUser { auth: auth.when(is_stored), error, attempts }
    }

    fn store(
        self,
        key: Arc<str>,
        call: Result<(FunctionPath, Arguments), ConvexError>,
        storing: RwSignal<Option<Storing>>,
    ) {
        storing.set(Some(Storing::Runs(Arc::clone(&key))));
        let request = call.and_then(|(function, args)| {
            let client = self.try_shared().ok_or(ConvexError::NotSent(NotSentReason::ClientClosed))?;
            Ok(client.web().mutate(function, args, QueryAuth::Required))
        });
        spawn_local(async move {
            let outcome = match request {
                Ok(request) => request.await.map(drop),
                Err(error) => Err(error),
            };
            // Whoever has signed in meanwhile is somebody else's concern.
            let is_current = |storing: &Option<Storing>| *storing == Some(Storing::Runs(Arc::clone(&key)));
            if storing.try_with_untracked(is_current) == Some(true) {
                storing.set(Some(match outcome {
                    Ok(()) => Storing::Done(key),
                    Err(error) => Storing::Failed(key, error),
                }));
            }
        });
    }
}
