//! The hooks for actions.

use super::{CallFuture, CallHandle, handle::PreparedCall};
use crate::{CallOptions, ConvexClient, ConvexError, use_convex};
use convex_web::sync::{ActionFunction, CallArgs, Dynamic, ReadAs};
use serde::de::DeserializeOwned;
use std::{fmt, marker::PhantomData};

/// A Convex action of the nearest provider's client.
///
/// # Usage
///
/// ```
/// use convex_leptos::{ActionRef, use_action};
/// use leptos::prelude::*;
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// struct SummarizeArgs {
///     channel: String,
/// }
///
/// const SUMMARIZE: ActionRef<SummarizeArgs, String> = ActionRef::new("ai:summarize");
///
/// #[component]
/// fn Summary(channel: String) -> impl IntoView {
///     let summarize = use_action(SUMMARIZE);
///     view! {
///         <button
///             disabled=move || summarize.pending()
///             on:click=move |_| summarize.dispatch(SummarizeArgs { channel: channel.clone() })
///         >
///             "Summarize"
///         </button>
///         <p>{move || summarize.value()}</p>
///         <p role="alert">{move || summarize.error().map(|error| error.to_string())}</p>
///     }
/// }
/// ```
///
/// The function is one of the [`api` module](ActionFunction), a constant or a path. For a path,
/// write the result type: `use_action::<_, String>("ai:summarize")`.
///
/// Actions start at once, run concurrently with each other and with mutations, and end in any
/// order.
///
/// The effects of an action outside of the database cannot be undone, so it is executed at most
/// once: it is never resent. If the connection is lost before the answer arrives, the call ends
/// with [`OutcomeUnknown`](ConvexError::OutcomeUnknown). A call that is made offline is sent when
/// the connection is back.
///
/// # Overlapping calls
///
/// As with [mutations](crate::use_mutation#overlapping-calls): [`pending`](UseAction::pending) is
/// true while any call is in flight, and [`value`](UseAction::value) and
/// [`error`](UseAction::error) are those of the last call.
///
/// # Auth
///
/// Inside an [`<Authenticated>`](crate::Authenticated) a call requires a signed-in user; elsewhere
/// it follows [the client's policy](crate::ClientOptions::default_auth). [`use_action_with`] takes
/// another policy, and a timeout.
///
/// # On the server
///
/// Calls fail: rendering a page runs no action. During hydration they wait until auth has settled.
/// A server function can call an action by [`request_client`](crate::request_client).
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[track_caller]
pub fn use_action<F, T>(function: F) -> UseAction<T, F::Args>
where
    F: ActionFunction,
    F::Returns: ReadAs<T>,
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    use_convex().use_action(function)
}

/// [`use_action`] with an [`AuthPolicy`](crate::AuthPolicy), or with [`CallOptions`].
///
/// ```
/// use convex_leptos::{ActionRef, CallOptions, use_action_with};
/// use std::time::Duration;
///
/// const SUMMARIZE: ActionRef<(), String> = ActionRef::new("ai:summarize");
///
/// # fn example() {
/// let summarize = use_action_with(SUMMARIZE, CallOptions::default().timeout(Duration::from_secs(60)));
/// # }
/// ```
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[track_caller]
pub fn use_action_with<F, T>(function: F, options: impl Into<CallOptions>) -> UseAction<T, F::Args>
where
    F: ActionFunction,
    F::Returns: ReadAs<T>,
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    use_convex().use_action_with(function, options)
}

impl ConvexClient {
    /// [`use_action`] of this client.
    #[track_caller]
    pub fn use_action<F, T>(self, function: F) -> UseAction<T, F::Args>
    where
        F: ActionFunction,
        F::Returns: ReadAs<T>,
        T: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        self.use_action_with(function, CallOptions::default())
    }

    /// [`use_action_with`] of this client.
    #[track_caller]
    pub fn use_action_with<F, T>(self, function: F, options: impl Into<CallOptions>) -> UseAction<T, F::Args>
    where
        F: ActionFunction,
        F::Returns: ReadAs<T>,
        T: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        UseAction { handle: CallHandle::new(self, function.path(), options.into()), args: PhantomData }
    }
}

/// An action and the state of its calls, from [`use_action`]. `Copy`.
///
/// `T` is its result and `A` its arguments. All getters are tracked. [`pending`](Self::pending) is
/// about all calls, [`value`](Self::value) and [`error`](Self::error) about the last one.
///
/// ```
/// use convex_leptos::UseAction;
/// use leptos::prelude::*;
///
/// #[component]
/// fn Answer<A: 'static>(question: UseAction<String, A>) -> impl IntoView {
///     view! {
///         <p aria-busy=move || question.pending().to_string()>{move || question.value()}</p>
///         <button on:click=move |_| question.clear()>"Clear"</button>
///     }
/// }
/// ```
pub struct UseAction<T, A = Dynamic> {
    handle: CallHandle<T>,
    args: PhantomData<fn(A)>,
}

impl<T: DeserializeOwned + Clone + Send + Sync + 'static, A> UseAction<T, A> {
    /// Calls the action. The call is in flight when this returns, whether or not the future is
    /// awaited.
    ///
    /// ```no_run
    /// # use convex_leptos::{ActionRef, ConvexError, use_action};
    /// # use serde::Serialize;
    /// # #[derive(Serialize)]
    /// # struct SummarizeArgs { channel: String }
    /// # const SUMMARIZE: ActionRef<SummarizeArgs, String> = ActionRef::new("ai:summarize");
    /// # async fn example() -> Result<(), ConvexError> {
    /// let summarize = use_action(SUMMARIZE);
    /// let summary = summarize.call(SummarizeArgs { channel: "general".to_owned() }).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A field that is `None` is sent as `null`, which `v.optional(…)` refuses: see [optional
    /// arguments](crate::IntoQueryArgs#optional-arguments).
    pub fn call(&self, args: impl CallArgs<A>) -> CallFuture<T> {
        self.handle.call(args.encode_args(), |client, PreparedCall { function, args, options }| {
            Ok(client.act(function, args, options))
        })
    }

    /// Calls the action; [`pending`](Self::pending), [`value`](Self::value) and
    /// [`error`](Self::error) report the rest.
    pub fn dispatch(&self, args: impl CallArgs<A>) {
        drop(self.call(args));
    }

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

impl<T, A> Clone for UseAction<T, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, A> Copy for UseAction<T, A> {}

impl<T, A> fmt::Debug for UseAction<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseAction").finish_non_exhaustive()
    }
}
