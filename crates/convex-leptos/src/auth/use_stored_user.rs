//! A user counts as signed in once the app's own database has a record of them.

use super::UseConvexAuth;
use crate::{
    ConvexClient, ConvexError, IntoQueryArgs, PathError, derived::derived, immediate_effect::ImmediateEffect,
    query::Args, use_convex,
};
use convex_web::sync::{AuthPolicy, FunctionPath, NotSentReason};
use leptos::{prelude::*, task::spawn_local};

/// Runs a mutation that stores the signed-in user in the app's database, such as `users:store`, and
/// is authenticated only once that has succeeded.
///
/// It runs at every sign-in, once the deployment has confirmed it: for another user, and for the
/// same user after a sign-out or a rejection. Neither a refresh nor a reconnect runs it again.
/// Until it has succeeded, the state is loading. If it fails, the state stays loading,
/// [`error`](UseStoredUser::error) says why, and [`retry`](UseStoredUser::retry) runs it again.
///
/// # Arguments
///
/// `args` is what [`use_query`](crate::use_query) takes, and read while a user is signed in. While
/// it is `None` or [`Skip`](crate::Skip), nothing runs: so a name that is known only after the
/// sign-in can be an argument.
///
/// When the arguments change, the mutation runs again; while one run is in flight, only the last
/// change counts. Meanwhile, and if that run fails, a user who was stored before stays
/// authenticated; the error is shown.
///
/// ```
/// use convex_leptos::use_stored_user;
/// use leptos::prelude::*;
///
/// # fn example() {
/// let name = RwSignal::new(None::<String>);
/// let user = use_stored_user("users:store", move || name.get().map(|name| [("name", name)]));
/// # }
/// ```
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
/// If a query tells whether the user is stored, use [`UseConvexAuth::when`] instead of a mutation.
///
/// # On the server
///
/// It is loading, and nothing runs.
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[track_caller]
pub fn use_stored_user(function: impl AsRef<str>, args: impl IntoQueryArgs) -> UseStoredUser {
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
    /// As [`use_convex_auth`](crate::use_convex_auth), but authenticated only once the mutation has
    /// succeeded.
    pub auth: UseConvexAuth,
    /// Why the last run of the mutation failed, for the user who is signed in now.
    pub error: Signal<Option<ConvexError>>,
    retries: RwSignal<u32>,
}

impl UseStoredUser {
    /// Runs the mutation again if it failed.
    pub fn retry(&self) {
        if self.error.try_get_untracked().flatten().is_some() {
            self.retries.try_update(|retries| *retries += 1);
        }
    }
}

impl From<UseStoredUser> for UseConvexAuth {
    fn from(user: UseStoredUser) -> Self {
        user.auth
    }
}

/// One run of the mutation.
#[derive(Debug, Clone, PartialEq)]
struct Run {
    /// Of the user that it stores.
    identity: u64,
    args: Args,
    /// How often it was retried.
    retries: u32,
    /// `None` while it is in flight.
    outcome: Option<Result<(), ConvexError>>,
}

impl Run {
    /// Whether `next` is to run after this: for another user at once, with other arguments or again
    /// after this one.
    fn is_followed_by(&self, next: &Self) -> bool {
        let is_same = (&self.args, self.retries) == (&next.args, next.retries);
        self.identity != next.identity || self.outcome.is_some() && !is_same
    }
}

impl ConvexClient {
    /// [`use_stored_user`] of this client.
    #[track_caller]
    pub fn use_stored_user(self, function: impl AsRef<str>, args: impl IntoQueryArgs) -> UseStoredUser {
        let function = FunctionPath::parse(function.as_ref());
        let (auth, last, stored) = (self.use_auth(), RwSignal::new(None::<Run>), RwSignal::new(None));
        let retries = RwSignal::new(0);
        ImmediateEffect::scoped(move || {
            if !auth.is_authenticated.get() {
                return;
            }
            let args = args.read_query_args();
            let next = Run { identity: auth.identity.get(), args, retries: retries.get(), outcome: None };
            let is_due = last.with(|last| last.as_ref().is_none_or(|last| last.is_followed_by(&next)));
            if is_due && !matches!(next.args, Ok(None)) {
                untrack(|| self.store(function.clone(), next, last, stored));
            }
        });
        let error = derived(move || {
            let last = last.read();
            let run = last.as_ref().filter(|run| run.identity == auth.identity.get())?;
            run.outcome.clone()?.err()
        });
        let is_stored = move || stored.get() == Some(auth.identity.get());
        UseStoredUser { auth: auth.when(is_stored), error, retries }
    }

    fn store(
        self,
        function: Result<FunctionPath, PathError>,
        run: Run,
        last: RwSignal<Option<Run>>,
        stored: RwSignal<Option<u64>>,
    ) {
        last.set(Some(run.clone()));
        let request = function.map_err(ConvexError::from).and_then(|function| {
            let args = run.args.clone()?.ok_or(ConvexError::NotSent(NotSentReason::Cancelled))?;
            let client = self.try_shared().ok_or(ConvexError::NotSent(NotSentReason::ClientClosed))?;
            Ok(client.web().mutate(function, args, AuthPolicy::Required))
        });
        spawn_local(async move {
            let outcome = match request {
                Ok(request) => request.await.map(drop),
                Err(error) => Err(error),
            };
            // After an identity change, or in a component that is gone, the outcome does not
            // matter.
            if last.try_with_untracked(|last| last.as_ref() == Some(&run)) == Some(true) {
                if outcome.is_ok() {
                    stored.set(Some(run.identity));
                }
                last.set(Some(Run { outcome: Some(outcome), ..run }));
            }
        });
    }
}
