//! What can be the arguments of a query.

use convex_web::sync::{Arguments, EncodeError, QueryArgs, Skip};
use leptos::prelude::*;
use serde::{Serialize, Serializer, ser::SerializeMap};

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
/// What a signal holds or a closure returns serializes to an object, or to nothing, which skips: `None`, [`Skip`],
/// [`QueryArgs::Skip`]. A struct goes in a closure, `move || ListArgs { channel: id }`, or implements this trait:
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
///     fn read(&self) -> Result<Option<Arguments>, EncodeError> {
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
    /// The arguments as they are now; `None` where the query is not to run. The signals it reads are followed.
    ///
    /// # Errors
    ///
    /// Where they cannot be the arguments of a Convex function.
    fn read(&self) -> Result<Option<Arguments>, EncodeError>;
}

impl<F, A> IntoQueryArgs for F
where
    F: Fn() -> A + Send + Sync + 'static,
    A: Serialize,
{
    fn read(&self) -> Result<Option<Arguments>, EncodeError> {
        Arguments::encode(&self())
    }
}

macro_rules! values {
    ($($value:ty),*) => {$(
        impl IntoQueryArgs for $value {
            fn read(&self) -> Result<Option<Arguments>, EncodeError> {
                Arguments::encode(self)
            }
        }
    )*};
}

values!((), Skip, serde_json::Value);

impl<T: Serialize + Send + Sync + 'static> IntoQueryArgs for QueryArgs<T> {
    fn read(&self) -> Result<Option<Arguments>, EncodeError> {
        Arguments::encode(self)
    }
}

impl<V, const N: usize> IntoQueryArgs for [(&'static str, V); N]
where
    V: Serialize + Send + Sync + 'static,
{
    fn read(&self) -> Result<Option<Arguments>, EncodeError> {
        Arguments::encode(&Pairs(self))
    }
}

// With `nightly` signals are functions.
#[cfg(not(feature = "nightly"))]
macro_rules! signals {
    ($($signal:ident),*) => {$(
        impl<T: Serialize + Send + Sync + 'static> IntoQueryArgs for $signal<T> {
            fn read(&self) -> Result<Option<Arguments>, EncodeError> {
                self.with(Arguments::encode)
            }
        }
    )*};
}

#[cfg(not(feature = "nightly"))]
signals!(Signal, RwSignal, ReadSignal, Memo, ArcSignal, ArcRwSignal, ArcReadSignal, ArcMemo);

struct Pairs<'a, V>(&'a [(&'static str, V)]);

impl<V: Serialize> Serialize for Pairs<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}
