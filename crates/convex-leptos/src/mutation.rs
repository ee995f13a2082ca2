//! Writing.

use crate::{ConvexClient, ConvexError, query::QueryOptions, use_convex};
use convex_web::{
    RequestFuture,
    sync::{Arguments, FunctionPath, NotSentReason, PathError, RequestOptions},
};
use leptos::{prelude::*, task::spawn_local};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

/// A Convex mutation of the nearest provider's client, to be called.
///
/// # Usage
///
/// ```
/// use convex_leptos::use_mutation;
/// use leptos::{ev::SubmitEvent, prelude::*};
/// use serde_json::json;
///
/// #[component]
/// fn Composer() -> impl IntoView {
///     let body = RwSignal::new(String::new());
///     let send = use_mutation::<()>("messages:send");
///     let submit = move |event: SubmitEvent| {
///         event.prevent_default();
///         send.dispatch(json!({ "body": body.get() }));
///         body.set(String::new());
///     };
///     view! {
///         <form on:submit=submit>
///             <input prop:value=body on:input:target=move |event| body.set(event.target().value())/>
///             <button disabled=move || send.pending()>"Send"</button>
///             <p role="alert">{move || send.error().map(|error| error.to_string())}</p>
///         </form>
///     }
/// }
/// ```
///
/// Mutations of one client run in the order they were called. One that was called while offline is sent when the connection is back, once. It
/// ends when its writes are to be seen in all queries.
///
/// Inside an [`<Authenticated>`](crate::Authenticated) it needs a signed-in person; elsewhere it follows
/// [the client's](crate::ClientOptions::default_auth) policy.
///
/// # On the server
///
/// Calling it fails: nothing is ever written while rendering.
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[track_caller]
pub fn use_mutation<T>(function: impl AsRef<str>) -> UseMutation<T>
where
    T: DeserializeOwned + 'static,
{
    use_convex().use_mutation(function)
}

impl ConvexClient {
    /// [`use_mutation`] of this client.
    #[track_caller]
    pub fn use_mutation<T>(self, function: impl AsRef<str>) -> UseMutation<T>
    where
        T: DeserializeOwned + 'static,
    {
        let auth = QueryOptions::default().resolve(&self.shared());
        UseMutation {
            client: self,
            function: StoredValue::new(FunctionPath::parse(function.as_ref())),
            options: auth.into(),
            calls: StoredValue::new(Calls::default()),
            value: PhantomData,
        }
    }
}

/// What [`use_mutation`] gives: a mutation to call. `Copy`.
pub struct UseMutation<T> {
    client: ConvexClient,
    function: StoredValue<Result<FunctionPath, PathError>>,
    options: RequestOptions,
    calls: StoredValue<Calls>,
    value: PhantomData<fn() -> T>,
}

/// How the calls of one `use_mutation` stand.
#[derive(Clone, Default)]
struct Calls {
    in_flight: ArcRwSignal<usize>,
    error: ArcRwSignal<Option<ConvexError>>,
}

impl<T: DeserializeOwned + 'static> UseMutation<T> {
    /// The same mutation, each call of which ends by itself after so long: as [not sent](NotSentReason::TimedOut) where it could not leave, else
    /// as of [unknown outcome](ConvexError::OutcomeUnknown). Without one a call takes as long as it takes, offline too.
    ///
    /// ```no_run
    /// # use convex_leptos::use_mutation;
    /// # use std::time::Duration;
    /// let send = use_mutation::<()>("messages:send").with_timeout(Duration::from_secs(30));
    /// ```
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { options: RequestOptions { timeout: Some(timeout), ..self.options }, ..self }
    }

    /// Calls it. It is under way when this returns; the future tells how it ended, and need not be awaited.
    ///
    /// The arguments are anything that serializes to an object, or `()`.
    pub fn call(&self, args: impl Serialize) -> MutationFuture<T> {
        let calls = self.calls.try_get_value().unwrap_or_default();
        MutationFuture { request: self.request(args), call: Call::begin(calls), value: PhantomData }
    }

    /// Calls it and leaves the rest to [`pending`](Self::pending) and [`error`](Self::error).
    pub fn dispatch(&self, args: impl Serialize) {
        let call = self.call(args);
        spawn_local(async move {
            // What there is to say of it is said by `error()`.
            let _ = call.await;
        });
    }

    /// Whether a call is under way whose end somebody waits for. Tracked.
    pub fn pending(&self) -> bool {
        self.calls.try_get_value().is_some_and(|calls| calls.in_flight.get() > 0)
    }

    /// Why the call that ended last failed, if it did. Gone when it is called again. Tracked.
    pub fn error(&self) -> Option<ConvexError> {
        self.calls.try_get_value()?.error.get()
    }

    fn request(&self, args: impl Serialize) -> Result<RequestFuture, ConvexError> {
        let gone = || ConvexError::NotSent(NotSentReason::ClientClosed);
        let function = self.function.try_get_value().ok_or_else(gone)??;
        let args = Arguments::encode(&args)?.ok_or(ConvexError::NotSent(NotSentReason::Cancelled))?;
        let client = self.client.try_shared().ok_or_else(gone)?;
        Ok(untrack(|| client.web().mutate(function, args, self.options)))
    }
}

impl<T> Clone for UseMutation<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for UseMutation<T> {}

impl<T> fmt::Debug for UseMutation<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseMutation").finish_non_exhaustive()
    }
}

/// How a [call](UseMutation::call) ends. The mutation is under way with or without it.
#[must_use = "only awaiting it tells how the mutation ended; use `dispatch` where nobody asks"]
pub struct MutationFuture<T> {
    request: Result<RequestFuture, ConvexError>,
    call: Call,
    value: PhantomData<fn() -> T>,
}

impl<T> MutationFuture<T> {
    /// Gives the call up: it ends at once. A mutation that has not left is never executed; one that has may have been, and
    /// ends with [`OutcomeUnknown`](ConvexError::OutcomeUnknown). Dropping the future gives nothing up.
    pub fn cancel(&self) {
        if let Ok(request) = &self.request {
            request.cancel();
        }
    }
}

impl<T: DeserializeOwned> Future for MutationFuture<T> {
    type Output = Result<T, ConvexError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let result = match &mut this.request {
            Ok(request) => ready!(Pin::new(request).poll(cx))
                .and_then(|value| value.decode().map_err(ConvexError::Result)),
            Err(error) => Err(error.clone()),
        };
        this.call.end(result.as_ref().err());
        Poll::Ready(result)
    }
}

impl<T> fmt::Debug for MutationFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MutationFuture").field(&self.request).finish()
    }
}

/// One call, counted until it ends or nobody waits for it any more.
struct Call(Option<Calls>);

impl Call {
    fn begin(calls: Calls) -> Self {
        untrack(|| {
            calls.error.set(None);
            calls.in_flight.update(|calls| *calls += 1);
        });
        Self(Some(calls))
    }

    fn end(&mut self, error: Option<&ConvexError>) {
        if let Some(calls) = self.0.take() {
            calls.error.set(error.cloned());
            calls.in_flight.update(|calls| *calls -= 1);
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if let Some(calls) = self.0.take() {
            calls.in_flight.update(|calls| *calls -= 1);
        }
    }
}
