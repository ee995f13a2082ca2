//! The hook that stores the signed-in user in the app's database.

use super::UseConvexAuth;
use crate::{
    AuthPolicy, ConvexClient, ConvexError, IN_BROWSER, IntoQueryArgs,
    derived::derived,
    immediate_effect::ImmediateEffect,
    query::{EncodedArgs, ReadArgs, read_args},
    use_convex,
};
use convex_web::sync::{FunctionPath, MutationFunction, NotSentReason, PathError};
use leptos::{prelude::*, task::spawn_local};

/// Runs a mutation that stores the signed-in user in the app's database, such as `users:store`. Its
/// auth state is authenticated only after the mutation has succeeded.
///
/// The mutation runs at every sign-in, once the deployment has confirmed it: for another user, and
/// for the same user after a sign-out or a rejection. A refresh or a reconnect does not run it
/// again. Until it has succeeded, the state is loading. If it fails, the state stays loading,
/// [`error`](UseStoredUser::error) returns the cause, and [`retry`](UseStoredUser::retry) runs it
/// again.
///
/// # Arguments
///
/// `args` is what [`use_query`](crate::use_query) takes, and is read while a user is signed in.
/// While it is `None` or [`Skip`](crate::Skip), nothing runs. So a name that is known only after
/// the sign-in can be an argument.
///
/// When the arguments change, the mutation runs again; while one run is in flight, only the last
/// change counts. Meanwhile, and if that run fails, a user who was stored before stays
/// authenticated; the error is shown.
///
/// ```
/// use convex_leptos::{MutationRef, use_stored_user};
/// use leptos::prelude::*;
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// struct StoreArgs {
///     name: String,
/// }
///
/// const STORE: MutationRef<StoreArgs, ()> = MutationRef::new("users:store");
///
/// # fn example() {
/// let name = RwSignal::new(None::<String>);
/// let user = use_stored_user(STORE, move || name.get().map(|name| StoreArgs { name }));
/// # }
/// ```
///
/// # Usage
///
/// ```
/// use convex_leptos::{AuthLoading, Authenticated, MutationRef, use_stored_user};
/// use leptos::prelude::*;
///
/// const STORE: MutationRef<(), ()> = MutationRef::new("users:store");
///
/// #[component]
/// fn App() -> impl IntoView {
///     let user = use_stored_user(STORE, ());
///     view! {
///         <AuthLoading auth=user>
///             {move || user.error().map(|error| view! {
///                 <p role="alert">{error.to_string()}</p>
///                 <button on:click=move |_| user.retry()>"Try again"</button>
///             })}
///         </AuthLoading>
///         <Authenticated auth=user>"The user has a record here."</Authenticated>
///     }
/// }
/// ```
///
/// If a query tells whether the user is stored, use [`UseConvexAuth::when`] instead of a mutation.
///
/// # On the server
///
/// Nothing runs. For a signed-in user it is loading, and the browser stores the user after
/// hydration.
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[track_caller]
pub fn use_stored_user<F, M>(
    function: F,
    args: impl IntoQueryArgs<F::Args, M> + Send + Sync + 'static,
) -> UseStoredUser
where
    F: MutationFunction,
{
    use_convex().use_stored_user(function, args)
}

/// The state of a stored user, from [`use_stored_user`]. `Copy`. The gates take it as `auth`.
///
/// All getters are tracked.
///
/// ```
/// use convex_leptos::UseStoredUser;
/// use leptos::prelude::*;
///
/// /// A room belongs to a user, so the user must be stored first.
/// #[component]
/// fn NewRoom(user: UseStoredUser) -> impl IntoView {
///     view! {
///         <button disabled=move || !user.auth().is_authenticated()>"New room"</button>
///         <Show when=move || user.error().is_some()>
///             <button on:click=move |_| user.retry()>"Try again"</button>
///         </Show>
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct UseStoredUser {
    auth: UseConvexAuth,
    error: Signal<Option<ConvexError>>,
    retries: RwSignal<u32>,
}

impl UseStoredUser {
    /// The state of [`use_convex_auth`](crate::use_convex_auth), but authenticated only after the
    /// mutation has succeeded.
    pub fn auth(&self) -> UseConvexAuth {
        self.auth
    }

    /// The error of the last run of the mutation for the current user. Tracked.
    pub fn error(&self) -> Option<ConvexError> {
        self.error.try_get().flatten()
    }

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
struct StoreRun {
    /// The identity of the user that it stores.
    identity: u64,
    args: EncodedArgs,
    /// The number of retries before it.
    retries: u32,
    /// `None` while it is in flight.
    outcome: Option<Result<(), ConvexError>>,
}

impl StoreRun {
    /// Whether `next` must run after this one: for another user at once; with other arguments, or
    /// as a retry, after this one has ended.
    fn is_followed_by(&self, next: &Self) -> bool {
        let is_same = (&self.args, self.retries) == (&next.args, next.retries);
        self.identity != next.identity || self.outcome.is_some() && !is_same
    }
}

impl ConvexClient {
    /// [`use_stored_user`] of this client.
    #[track_caller]
    pub fn use_stored_user<F, M>(
        self,
        function: F,
        args: impl IntoQueryArgs<F::Args, M> + Send + Sync + 'static,
    ) -> UseStoredUser
    where
        F: MutationFunction,
    {
        self.stored_user_handle(FunctionPath::parse(function.path()), read_args(args))
    }

    #[track_caller]
    fn stored_user_handle(self, function: Result<FunctionPath, PathError>, args: ReadArgs) -> UseStoredUser {
        let (auth, last, stored) = (self.use_auth(), RwSignal::new(None::<StoreRun>), RwSignal::new(None));
        let retries = RwSignal::new(0);
        let store_if_due = move || {
            if !auth.is_authenticated() {
                return;
            }
            let Some(identity) = auth.identity() else { return };
            let next = StoreRun { identity, args: args(), retries: retries.get(), outcome: None };
            let is_due = last.with(|last| last.as_ref().is_none_or(|last| last.is_followed_by(&next)));
            if is_due && !matches!(next.args, Ok(None)) {
                untrack(|| self.store(function.clone(), next, last, stored));
            }
        };
        // A server runs no mutations while it renders a page.
        if IN_BROWSER {
            ImmediateEffect::scoped(store_if_due);
        }
        let error = derived(move || {
            let last = last.read();
            let run = last.as_ref().filter(|run| Some(run.identity) == auth.identity())?;
            run.outcome.clone()?.err()
        });
        let is_stored = move || stored.get().is_some() && stored.get() == auth.identity();
        UseStoredUser { auth: auth.when(is_stored), error, retries }
    }

    fn store(
        self,
        function: Result<FunctionPath, PathError>,
        run: StoreRun,
        last: RwSignal<Option<StoreRun>>,
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
            // After an identity change, or in a disposed component, the outcome is ignored.
            if last.try_with_untracked(|last| last.as_ref() == Some(&run)) == Some(true) {
                if outcome.is_ok() {
                    stored.set(Some(run.identity));
                }
                last.set(Some(StoreRun { outcome: Some(outcome), ..run }));
            }
        });
    }
}
