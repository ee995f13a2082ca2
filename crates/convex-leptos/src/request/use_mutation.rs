//! The hooks for mutations.

use super::{
    CallFuture, CallHandle,
    handle::{DISPOSED, PreparedCall},
};
use crate::{CallOptions, ConvexClient, ConvexError, OptimisticError, OptimisticLocalStore, use_convex};
use convex_web::sync::{Arguments, CallArgs, Dynamic, MutationFunction, ReadAs, TakenAs};
use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt, marker::PhantomData, sync::Arc};

#[doc = include_str!("use_mutation.md")]
#[track_caller]
pub fn use_mutation<F, T>(function: F) -> UseMutation<T, F::Args>
where
    F: MutationFunction,
    F::Returns: ReadAs<T>,
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    use_convex().use_mutation(function)
}

/// [`use_mutation`] with an [`AuthPolicy`](crate::AuthPolicy), or with [`CallOptions`].
///
/// ```
/// use convex_leptos::{AuthPolicy, CallOptions, MutationRef, use_mutation_with};
/// use std::time::Duration;
///
/// const COUNT_VISIT: MutationRef<(), ()> = MutationRef::new("visits:count");
///
/// # fn example() {
/// let count_visit = use_mutation_with(COUNT_VISIT, AuthPolicy::Immediate);
/// let in_time = use_mutation_with(COUNT_VISIT, CallOptions::default().timeout(Duration::from_secs(30)));
/// # }
/// ```
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[track_caller]
pub fn use_mutation_with<F, T>(function: F, options: impl Into<CallOptions>) -> UseMutation<T, F::Args>
where
    F: MutationFunction,
    F::Returns: ReadAs<T>,
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    use_convex().use_mutation_with(function, options)
}

impl ConvexClient {
    /// [`use_mutation`] of this client.
    #[track_caller]
    pub fn use_mutation<F, T>(self, function: F) -> UseMutation<T, F::Args>
    where
        F: MutationFunction,
        F::Returns: ReadAs<T>,
        T: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        self.use_mutation_with(function, CallOptions::default())
    }

    /// [`use_mutation_with`] of this client.
    #[track_caller]
    pub fn use_mutation_with<F, T>(
        self,
        function: F,
        options: impl Into<CallOptions>,
    ) -> UseMutation<T, F::Args>
    where
        F: MutationFunction,
        F::Returns: ReadAs<T>,
        T: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        UseMutation {
            handle: CallHandle::new(self, function.path(), options.into()),
            update: (),
            args: PhantomData,
        }
    }
}

/// A mutation and the state of its calls, from [`use_mutation`]. `Copy`.
///
/// `T` is its result and `A` its arguments. `U` is [`Optimistic<A>`] if it has an [optimistic
/// update](Self::with_optimistic_update), else `()`. All getters are tracked.
/// [`pending`](Self::pending) is about all calls, [`value`](Self::value) and [`error`](Self::error)
/// about the last one.
///
/// ```
/// use convex_leptos::UseMutation;
/// use leptos::prelude::*;
///
/// #[component]
/// fn Status<A: 'static>(save: UseMutation<(), A>) -> impl IntoView {
///     move || match (save.pending(), save.error(), save.value()) {
///         (true, ..) => "Saving …".to_owned(),
///         (false, Some(error), _) => error.to_string(),
///         (false, None, Some(())) => "Saved".to_owned(),
///         (false, None, None) => String::new(),
///     }
/// }
/// ```
pub struct UseMutation<T, A = Dynamic, U = ()> {
    handle: CallHandle<T>,
    update: U,
    args: PhantomData<fn(A)>,
}

/// The `U` of a [`UseMutation`] with an [optimistic update](UseMutation::with_optimistic_update)
/// that takes an `A`.
///
/// ```
/// use convex_leptos::{Optimistic, UseMutation};
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// struct RenameArgs {
///     id: String,
///     name: String,
/// }
///
/// fn to_lobby(rename: UseMutation<(), RenameArgs, Optimistic<RenameArgs>>, id: String) {
///     rename.dispatch(RenameArgs { id, name: "lobby".to_owned() });
/// }
/// ```
pub struct Optimistic<A> {
    update: StoredValue<Arc<OptimisticUpdate<A>>>,
}

type OptimisticUpdate<A> =
    dyn Fn(&mut OptimisticLocalStore<'_, '_>, &A) -> Result<(), OptimisticError> + Send + Sync;

impl<T: DeserializeOwned + Clone + Send + Sync + 'static, A> UseMutation<T, A> {
    /// The same mutation with an optimistic update, which is shown while a call is in flight: see
    /// [optimistic updates](use_mutation#optimistic-updates).
    ///
    /// For a mutation that is named by a string, the update says the type of the arguments:
    /// `|store, args: &RenameArgs| ..`. Call this in the body of a component, as the hook itself.
    pub fn with_optimistic_update<B>(
        self,
        update: impl Fn(&mut OptimisticLocalStore<'_, '_>, &B) -> Result<(), OptimisticError>
        + Send
        + Sync
        + 'static,
    ) -> UseMutation<T, B, Optimistic<B>>
    where
        A: TakenAs<B>,
        B: Serialize + Send + Sync + 'static,
    {
        let update = Optimistic { update: StoredValue::new(Arc::new(update)) };
        UseMutation { handle: self.handle, update, args: PhantomData }
    }

    /// Calls the mutation. The call is in flight when this returns, whether or not the future is
    /// awaited.
    ///
    /// ```no_run
    /// # use convex_leptos::{ConvexError, MutationRef, use_mutation};
    /// # use serde::Serialize;
    /// # #[derive(Serialize)]
    /// # struct CreateArgs { name: &'static str }
    /// # const CREATE: MutationRef<CreateArgs, String> = MutationRef::new("channels:create");
    /// # async fn example() -> Result<(), ConvexError> {
    /// let create = use_mutation(CREATE);
    /// let id = create.call(CreateArgs { name: "general" }).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A field that is `None` is sent as `null`, which `v.optional(…)` refuses: see [optional
    /// arguments](crate::IntoQueryArgs#optional-arguments).
    pub fn call(&self, args: impl CallArgs<A>) -> CallFuture<T> {
        self.handle.call(args.encode_args(), |client, PreparedCall { function, args, options }| {
            Ok(client.mutate(function, args, options))
        })
    }

    /// Calls the mutation; [`pending`](Self::pending), [`value`](Self::value) and
    /// [`error`](Self::error) report the rest.
    ///
    /// Arguments of another type do not compile:
    ///
    /// ```compile_fail,E0277
    /// # use convex_leptos::{MutationRef, use_mutation};
    /// # #[derive(serde::Serialize)]
    /// # struct CreateArgs { name: &'static str }
    /// const CREATE: MutationRef<CreateArgs, String> = MutationRef::new("channels:create");
    ///
    /// # fn example() {
    /// use_mutation(CREATE).dispatch(serde_json::json!({ "name": "general" }));
    /// # }
    /// ```
    pub fn dispatch(&self, args: impl CallArgs<A>) {
        drop(self.call(args));
    }
}

impl<T, A> UseMutation<T, A, Optimistic<A>>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
    A: Serialize + Send + Sync + 'static,
{
    /// Calls the mutation. Its optimistic update is shown and the call is in flight when this
    /// returns, whether or not the future is awaited.
    pub fn call(&self, args: A) -> CallFuture<T> {
        let encoded = Arguments::encode(&args);
        self.handle.call(encoded, |client, PreparedCall { function, args: encoded, options }| {
            let update = self.update.update.try_get_value().ok_or(DISPOSED)?;
            let name = function.clone();
            Ok(client.mutate_optimistically(function, encoded, options, move |store| {
                untrack(|| update(&mut OptimisticLocalStore::new(store), &args)).map_err(|error| {
                    OptimisticError::new(format!("that of `{}`: {}", name.as_str(), error.reason))
                })
            }))
        })
    }

    /// Calls the mutation; [`pending`](Self::pending), [`value`](Self::value) and
    /// [`error`](Self::error) report the rest.
    pub fn dispatch(&self, args: A) {
        drop(self.call(args));
    }
}

impl<T: DeserializeOwned + Clone + Send + Sync + 'static, A, U> UseMutation<T, A, U> {
    /// Whether any call is in flight. Tracked.
    pub fn pending(&self) -> bool {
        self.handle.pending()
    }

    /// The value of the last call, once it has succeeded. Tracked. An identity change removes it.
    pub fn value(&self) -> Option<T> {
        self.handle.value()
    }

    /// The error of the last call, once it has failed. Tracked. An identity change removes an error
    /// of the function.
    pub fn error(&self) -> Option<ConvexError> {
        self.handle.error()
    }

    /// Clears the [value](Self::value) or [error](Self::error). Calls in flight continue, stay
    /// [pending](Self::pending) until they end, and then leave neither.
    pub fn clear(&self) {
        self.handle.clear();
    }
}

impl<T, A, U: Copy> Clone for UseMutation<T, A, U> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, A, U: Copy> Copy for UseMutation<T, A, U> {}

impl<T, A, U> fmt::Debug for UseMutation<T, A, U> {
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
