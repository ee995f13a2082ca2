//! What can be the arguments of a query.

use crate::{IN_BROWSER, client::Shared, immediate_effect::ImmediateEffect};
use convex_web::sync::{Arguments, EncodeError, QueryArgs, Skip};
use leptos::prelude::*;
use serde::Serialize;
use std::sync::{Arc, Mutex, PoisonError};

/// What [`use_query`](crate::use_query) takes as arguments.
///
/// | arguments | the query runs with |
/// | --- | --- |
/// | `()` | `{}` |
/// | `Skip` | it doesn't run |
/// | `json!({ "channel": id })` | these, always |
/// | `[("channel", id)]` | these, always |
/// | a signal of any `Serialize` value | what it holds, and again when it changes |
/// | a closure that returns any `Serialize` value | what it returns, and again when a signal it read changes |
///
/// # Optional arguments
///
/// A struct's *field* that is `None` is sent as `null`, and so is `None` in `json!`.
/// `v.optional(…)` refuses `null`: it takes a value or no field. Leave the field out with
/// `#[serde(skip_serializing_if = "Option::is_none")]`. (`v.union(v.string(), v.null())` takes
/// `null`, but needs the field.)
///
/// ```
/// use convex_leptos::use_query;
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// struct Search {
///     text: String,
///     /// `v.optional(v.string())`
///     #[serde(skip_serializing_if = "Option::is_none")]
///     author: Option<String>,
/// }
///
/// # fn example() {
/// let found = use_query::<Vec<String>>("messages:search", || Search { text: "hello".into(), author: None });
/// # }
/// ```
///
/// # Signals, closures and structs
///
/// What a signal holds or a closure returns serializes to an object or to pairs, or to nothing,
/// which skips: `None`, [`Skip`], [`QueryArgs::Skip`]. A struct goes in a closure,
/// `move || ListArgs { channel: id }`, or implements this trait:
///
/// ```
/// use convex_leptos::{Arguments, EncodeError, IntoQueryArgs, use_query};
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// struct ListArgs {
///     channel: String,
/// }
///
/// impl IntoQueryArgs for ListArgs {
///     fn read_query_args(&self) -> Result<Option<Arguments>, EncodeError> {
///         Arguments::encode(self)
///     }
/// }
///
/// # fn example() {
/// let messages = use_query::<Vec<String>>("messages:list", ListArgs { channel: "general".into() });
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the arguments of a query",
    note = "pass `()`, `Skip`, `json!({{..}})`, `[(\"key\", value)]`, a signal, or a closure: `move || {Self} {{ .. }}`"
)]
pub trait IntoQueryArgs: Send + Sync + 'static {
    /// The arguments as they are now; `None` where the query is not to run. The signals it reads
    /// are followed.
    ///
    /// # Errors
    ///
    /// Where they cannot be the arguments of a Convex function.
    fn read_query_args(&self) -> Result<Option<Arguments>, EncodeError>;
}

impl<F, A> IntoQueryArgs for F
where
    F: Fn() -> A + Send + Sync + 'static,
    A: Serialize,
{
    fn read_query_args(&self) -> Result<Option<Arguments>, EncodeError> {
        Arguments::encode(&self())
    }
}

macro_rules! values {
    ($($value:ty),*) => {$(
        impl IntoQueryArgs for $value {
            fn read_query_args(&self) -> Result<Option<Arguments>, EncodeError> {
                Arguments::encode(self)
            }
        }
    )*};
}

values!((), Skip, serde_json::Value);

impl<T: Serialize + Send + Sync + 'static> IntoQueryArgs for QueryArgs<T> {
    fn read_query_args(&self) -> Result<Option<Arguments>, EncodeError> {
        Arguments::encode(self)
    }
}

impl<V, const N: usize> IntoQueryArgs for [(&'static str, V); N]
where
    V: Serialize + Send + Sync + 'static,
{
    fn read_query_args(&self) -> Result<Option<Arguments>, EncodeError> {
        Arguments::encode(self.as_slice())
    }
}

// With `nightly` signals are functions.
#[cfg(not(feature = "nightly"))]
macro_rules! signals {
    ($($signal:ident),*) => {$(
        impl<T: Serialize + Send + Sync + 'static> IntoQueryArgs for $signal<T> {
            fn read_query_args(&self) -> Result<Option<Arguments>, EncodeError> {
                self.with(Arguments::encode)
            }
        }
    )*};
}

#[cfg(not(feature = "nightly"))]
signals!(Signal, RwSignal, ReadSignal, Memo, ArcSignal, ArcRwSignal, ArcReadSignal, ArcMemo);

/// Arguments as they were read: `None` where the query is not to run.
pub(crate) type Args = Result<Option<Arguments>, EncodeError>;

/// Asks with the arguments as they are, and anew whenever they have changed.
pub(crate) fn follow_args(
    client: &Arc<Shared>,
    args: impl IntoQueryArgs,
    ask: impl Fn(Args) + Send + Sync + 'static,
) {
    if !IN_BROWSER {
        return;
    }
    let (client, ask, last) = (Arc::clone(client), Arc::new(ask), Mutex::new(None));
    let follower = ImmediateEffect::new(move || {
        let args = args.read_query_args();
        let last_args = last.lock().unwrap_or_else(PoisonError::into_inner).replace(args.clone());
        if last_args.as_ref() != Some(&args) {
            let ask = Arc::clone(&ask);
            // An optimistic update may have set what the arguments follow: the client takes
            // subscriptions only after it.
            client.web().when_idle(move || untrack(|| ask(args)));
        }
    });
    // Arguments that never change need nobody to follow them.
    if follower.follows_any() {
        on_cleanup(move || drop(follower));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn json(args: impl IntoQueryArgs) -> Option<String> {
        args.read_query_args().expect("these can be sent").map(|args| args.as_json().to_owned())
    }

    #[test]
    fn values() {
        assert_eq!(json(()).as_deref(), Some("{}"));
        assert_eq!(json(Skip), None);
        assert_eq!(json(json!({ "b": 1, "a": "x" })).as_deref(), Some(r#"{"a":"x","b":1}"#));
        assert_eq!(json([("b", 1), ("a", 2)]).as_deref(), Some(r#"{"a":2,"b":1}"#));
        assert_eq!(json(QueryArgs::Args(json!({ "a": 1 }))).as_deref(), Some(r#"{"a":1}"#));
        assert_eq!(json(QueryArgs::<()>::Skip), None);
    }

    #[test]
    fn closures_and_signals() {
        #[derive(Clone, Serialize)]
        struct Named {
            name: &'static str,
        }
        let ada = Some(r#"{"name":"ada"}"#);
        assert_eq!(json(|| Named { name: "ada" }).as_deref(), ada);
        assert_eq!(json(|| Some(Named { name: "ada" })).as_deref(), ada);
        assert_eq!(json(|| None::<Named>), None);
        assert_eq!(json(|| QueryArgs::Args(Named { name: "ada" })).as_deref(), ada);
        assert_eq!(json(|| [("name", "ada")]).as_deref(), ada);
        assert_eq!(json(|| Skip), None);
        assert_eq!(json(ArcRwSignal::new(Named { name: "ada" })).as_deref(), ada);
        assert_eq!(json(ArcMemo::new(|_| None::<String>)), None);
    }

    #[test]
    fn what_is_no_object_cannot_be_sent() {
        assert!(json!([1]).read_query_args().is_err());
        assert!([("$bad", 1)].read_query_args().is_err());
        assert!((|| 5).read_query_args().is_err());
    }

    #[test]
    fn a_signal_is_still_read_by_leptos_where_this_trait_is_in_scope() {
        assert_eq!(*ArcRwSignal::new("left".to_owned()).read(), "left");
    }
}
