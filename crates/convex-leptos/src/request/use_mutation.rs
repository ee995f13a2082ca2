//! Calling mutations.

use super::{
    CallFuture, Handle,
    handle::{Call, GONE},
};
use crate::{AuthPolicy, ConvexClient, ConvexError, OptimisticError, OptimisticLocalStore, use_convex};
use convex_web::sync::Arguments;
use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt, sync::Arc, time::Duration};

#[doc = include_str!("use_mutation.md")]
#[track_caller]
pub fn use_mutation<T>(function: impl AsRef<str>) -> UseMutation<T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    use_convex().use_mutation(function)
}

impl ConvexClient {
    /// [`use_mutation`] of this client.
    #[track_caller]
    pub fn use_mutation<T>(self, function: impl AsRef<str>) -> UseMutation<T>
    where
        T: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        UseMutation { handle: Handle::new(self, function.as_ref()), update: () }
    }
}

/// What [`use_mutation`] gives: a mutation to call, and how its calls stand. `Copy`.
///
/// Its getters are tracked. [`pending`](Self::pending) tells of all calls; [`value`](Self::value)
/// and [`error`](Self::error) of the one made last.
///
/// `U` says what is shown while a call is under way: nothing, or what an [optimistic
/// update](Self::with_optimistic_update) of its arguments does.
///
/// ```
/// use convex_leptos::UseMutation;
/// use leptos::prelude::*;
///
/// #[component]
/// fn Status(saving: UseMutation<()>) -> impl IntoView {
///     move || match (saving.pending(), saving.error(), saving.value()) {
///         (true, ..) => "Saving …".to_owned(),
///         (false, Some(error), _) => error.to_string(),
///         (false, None, Some(())) => "Saved".to_owned(),
///         (false, None, None) => String::new(),
///     }
/// }
/// ```
pub struct UseMutation<T, U = ()> {
    handle: Handle<T>,
    update: U,
}

/// The `U` of a [`UseMutation`] with an [optimistic update](UseMutation::with_optimistic_update),
/// which is called with an `A`.
///
/// ```
/// use convex_leptos::{Optimistic, UseMutation};
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// struct Rename {
///     id: String,
///     name: String,
/// }
///
/// fn to_lobby(rename: UseMutation<(), Optimistic<Rename>>, id: String) {
///     rename.dispatch(Rename { id, name: "lobby".to_owned() });
/// }
/// ```
pub struct Optimistic<A> {
    update: StoredValue<Arc<Update<A>>>,
}

type Update<A> = dyn Fn(&mut OptimisticLocalStore<'_, '_>, &A) -> Result<(), OptimisticError> + Send + Sync;

impl<T: DeserializeOwned + Clone + Send + Sync + 'static> UseMutation<T> {
    /// The same mutation, each call of which is shown at once as what it is expected to do: see the
    /// [guide](use_mutation#optimistic-updates).
    ///
    /// From then on it is called with an `A`. Like the hook itself this belongs into the body of a
    /// component.
    pub fn with_optimistic_update<A>(
        self,
        update: impl Fn(&mut OptimisticLocalStore<'_, '_>, &A) -> Result<(), OptimisticError>
        + Send
        + Sync
        + 'static,
    ) -> UseMutation<T, Optimistic<A>>
    where
        A: Serialize + Send + Sync + 'static,
    {
        let update = Optimistic { update: StoredValue::new(Arc::new(update)) };
        UseMutation { handle: self.handle, update }
    }

    /// Calls it. It is under way when this returns; the future tells how it ended, and need not be
    /// awaited.
    ///
    /// The arguments are anything that serializes to an object, pairs of names and values, or `()`.
    /// A field that is `None` is sent as `null`, which `v.optional(…)` refuses: see [optional
    /// arguments](crate::IntoQueryArgs#optional-arguments).
    ///
    /// ```no_run
    /// # use convex_leptos::{ConvexError, use_mutation};
    /// # use serde_json::json;
    /// # async fn example() -> Result<(), ConvexError> {
    /// let create = use_mutation::<String>("channels:create");
    /// let id = create.call(json!({ "name": "general" })).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn call(&self, args: impl Serialize) -> CallFuture<T> {
        self.handle.call(Arguments::encode(&args), |client, Call { function, args, options }| {
            Ok(client.mutate(function, args, options))
        })
    }

    /// Calls it and leaves the rest to [`pending`](Self::pending), [`value`](Self::value) and
    /// [`error`](Self::error).
    pub fn dispatch(&self, args: impl Serialize) {
        drop(self.call(args));
    }
}

impl<T, A> UseMutation<T, Optimistic<A>>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
    A: Serialize + Send + Sync + 'static,
{
    /// Calls it, and shows what it is expected to do before this returns. The future tells how it
    /// ended, and need not be awaited.
    pub fn call(&self, args: A) -> CallFuture<T> {
        self.handle.call(Arguments::encode(&args), |client, Call { function, args: encoded, options }| {
            let update = self.update.update.try_get_value().ok_or(GONE)?;
            let name = function.clone();
            Ok(client.mutate_optimistically(function, encoded, options, move |store| {
                untrack(|| update(&mut OptimisticLocalStore::new(store), &args)).map_err(|error| {
                    OptimisticError::new(format!("that of `{}`: {}", name.as_str(), error.reason))
                })
            }))
        })
    }

    /// Calls it and leaves the rest to [`pending`](Self::pending), [`value`](Self::value) and
    /// [`error`](Self::error).
    pub fn dispatch(&self, args: A) {
        drop(self.call(args));
    }
}

impl<T: DeserializeOwned + Clone + Send + Sync + 'static, U> UseMutation<T, U> {
    /// The same mutation, run by another policy than the one [it has here](use_mutation#who-calls).
    ///
    /// ```
    /// # use convex_leptos::{AuthPolicy, use_mutation};
    /// # fn example() {
    /// let count_visit = use_mutation::<()>("visits:count").with_auth(AuthPolicy::Immediate);
    /// # }
    /// ```
    #[must_use]
    pub fn with_auth(self, auth: AuthPolicy) -> Self {
        Self { handle: self.handle.with_auth(auth), ..self }
    }

    /// The same mutation, each call of which ends by itself after so long: as [not
    /// sent](crate::NotSentReason::TimedOut) where it could not leave, else as of [unknown
    /// outcome](ConvexError::OutcomeUnknown). Without one a call takes as long as it takes, offline
    /// too.
    ///
    /// ```no_run
    /// # use convex_leptos::use_mutation;
    /// # use std::time::Duration;
    /// let send = use_mutation::<()>("messages:send").with_timeout(Duration::from_secs(30));
    /// ```
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { handle: self.handle.with_timeout(timeout), ..self }
    }

    /// Whether any call is under way. Tracked.
    pub fn pending(&self) -> bool {
        self.handle.pending()
    }

    /// What the call made last returned, once it has. Tracked. It ends with the session of the user
    /// who made the call.
    pub fn value(&self) -> Option<T> {
        self.handle.value()
    }

    /// Why the call made last failed, once it has. Tracked. An error of the function ends with the
    /// session of the user who made the call.
    pub fn error(&self) -> Option<ConvexError> {
        self.handle.error()
    }

    /// Forgets the [value](Self::value) or [error](Self::error) of the calls made so far. Those
    /// under way go on, stay [pending](Self::pending) until they end, and leave neither.
    pub fn reset(&self) {
        self.handle.reset();
    }
}

impl<T, U: Copy> Clone for UseMutation<T, U> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, U: Copy> Copy for UseMutation<T, U> {}

impl<T, U> fmt::Debug for UseMutation<T, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseMutation").finish_non_exhaustive()
    }
}

impl<A> Clone for Optimistic<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Optimistic<A> {}

impl<A> fmt::Debug for Optimistic<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Optimistic").finish_non_exhaustive()
    }
}
