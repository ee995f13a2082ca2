//! Calling actions.

use super::{CallFuture, Handle, handle::Call};
use crate::{AuthPolicy, ConvexClient, ConvexError, use_convex};
use convex_web::sync::Arguments;
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt, time::Duration};

/// A Convex action of the nearest provider's client, to be called.
///
/// # Usage
///
/// ```
/// use convex_leptos::use_action;
/// use leptos::prelude::*;
/// use serde_json::json;
///
/// #[component]
/// fn Summary(channel: String) -> impl IntoView {
///     let summarize = use_action::<String>("ai:summarize");
///     view! {
///         <button
///             disabled=move || summarize.pending()
///             on:click=move |_| summarize.dispatch(json!({ "channel": channel }))
///         >
///             "Summarize"
///         </button>
///         <p>{move || summarize.value()}</p>
///         <p role="alert">{move || summarize.error().map(|error| error.to_string())}</p>
///     }
/// }
/// ```
///
/// Actions run at once, beside each other and beside mutations, and end in whatever order they end.
///
/// What an action does outside of the database cannot be taken back, so it is executed at most
/// once: it is never sent again. Where the connection breaks before its answer is there, it ends
/// with [`OutcomeUnknown`](ConvexError::OutcomeUnknown). One that was called while offline is sent
/// when the connection is back.
///
/// # Overlapping calls
///
/// As with [mutations](crate::use_mutation#overlapping-calls): [`pending`](UseAction::pending) is
/// true while any call is under way, and [`value`](UseAction::value) and
/// [`error`](UseAction::error) are those of the call made last.
///
/// # Who calls
///
/// Inside an [`<Authenticated>`](crate::Authenticated) it needs a signed-in person; elsewhere it
/// follows [the client's](crate::ClientOptions::default_auth) policy.
/// [`with_auth`](UseAction::with_auth) says otherwise.
///
/// # On the server
///
/// Calling it fails: nothing is ever done while rendering.
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[track_caller]
pub fn use_action<T>(function: impl AsRef<str>) -> UseAction<T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    use_convex().use_action(function)
}

impl ConvexClient {
    /// [`use_action`] of this client.
    #[track_caller]
    pub fn use_action<T>(self, function: impl AsRef<str>) -> UseAction<T>
    where
        T: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        UseAction { handle: Handle::new(self, function.as_ref()) }
    }
}

/// What [`use_action`] gives: an action to call, and how its calls stand. `Copy`.
///
/// Its getters are tracked. [`pending`](Self::pending) tells of all calls; [`value`](Self::value)
/// and [`error`](Self::error) of the one made last.
///
/// ```
/// use convex_leptos::UseAction;
/// use leptos::prelude::*;
///
/// #[component]
/// fn Answer(asking: UseAction<String>) -> impl IntoView {
///     view! {
///         <p aria-busy=move || asking.pending().to_string()>{move || asking.value()}</p>
///         <button on:click=move |_| asking.reset()>"Clear"</button>
///     }
/// }
/// ```
pub struct UseAction<T> {
    handle: Handle<T>,
}

impl<T: DeserializeOwned + Clone + Send + Sync + 'static> UseAction<T> {
    /// The same action, run by another policy than the one [it has here](use_action#who-calls).
    ///
    /// ```
    /// # use convex_leptos::{AuthPolicy, use_action};
    /// # fn example() {
    /// let translate = use_action::<String>("ai:translate").with_auth(AuthPolicy::Immediate);
    /// # }
    /// ```
    #[must_use]
    pub fn with_auth(self, auth: AuthPolicy) -> Self {
        Self { handle: self.handle.with_auth(auth) }
    }

    /// The same action, each call of which ends by itself after so long: as [not
    /// sent](crate::NotSentReason::TimedOut) where it could not leave, else as of [unknown
    /// outcome](ConvexError::OutcomeUnknown). Without one a call takes as long as it takes, offline
    /// too.
    ///
    /// ```no_run
    /// # use convex_leptos::use_action;
    /// # use std::time::Duration;
    /// let summarize = use_action::<String>("ai:summarize").with_timeout(Duration::from_secs(60));
    /// ```
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { handle: self.handle.with_timeout(timeout) }
    }

    /// Calls it. It is under way when this returns; the future tells how it ended, and need not be
    /// awaited.
    ///
    /// The arguments are anything that serializes to an object, pairs of names and values, or `()`.
    /// A field that is `None` is sent as `null`, which `v.optional(…)` refuses: see [optional
    /// arguments](crate::IntoQueryArgs#optional-arguments).
    ///
    /// ```no_run
    /// # use convex_leptos::{ConvexError, use_action};
    /// # use serde_json::json;
    /// # async fn example() -> Result<(), ConvexError> {
    /// let summarize = use_action::<String>("ai:summarize");
    /// let summary = summarize.call(json!({ "channel": "general" })).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn call(&self, args: impl Serialize) -> CallFuture<T> {
        self.handle.call(Arguments::encode(&args), |client, Call { function, args, options }| {
            Ok(client.act(function, args, options))
        })
    }

    /// Calls it and leaves the rest to [`pending`](Self::pending), [`value`](Self::value) and
    /// [`error`](Self::error).
    pub fn dispatch(&self, args: impl Serialize) {
        drop(self.call(args));
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

impl<T> Clone for UseAction<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for UseAction<T> {}

impl<T> fmt::Debug for UseAction<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseAction").finish_non_exhaustive()
    }
}
