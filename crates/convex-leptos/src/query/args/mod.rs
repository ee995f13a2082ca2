//! The values that can be the arguments of a query.

mod follow;
#[cfg(not(feature = "nightly"))]
mod signals;
#[cfg(feature = "nightly")]
mod values;

pub(crate) use follow::{DecidedArgs, EncodedArgs, ReadArgs, follow_args, read_args};

use convex_web::sync::{ArgsOrSkip, Skip};
use serde::Serialize;

/// The arguments of a query that takes `A`, as the hooks take them.
///
/// | argument | the query runs with |
/// | --- | --- |
/// | `A { .. }`, or `()` for a query without arguments | these arguments |
/// | `Skip` or `None` | nothing: it is skipped |
/// | `Some(A { .. })` | these arguments |
/// | a closure that returns one of these | what it returns; it runs again when a signal that it read changes |
/// | a signal that holds an `A` or an `Option<A>` | its value, and again when it changes |
///
/// A query that is named by a string takes [`Dynamic`](crate::Dynamic) arguments: anything that
/// implements `Serialize` and serializes to an object or to pairs, such as `[("channel", id)]`, a
/// struct or `json!({ "channel": id })`. `json!` adds 2 kB to an app. The query is skipped by `None`, [`Skip`] and
/// [`QueryArgs::Skip`](crate::QueryArgs::Skip).
///
/// ```
/// use convex_leptos::{QueryRef, UseQuery, use_query};
/// use leptos::prelude::*;
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// struct ListArgs {
///     channel: String,
/// }
///
/// const LIST: QueryRef<ListArgs, Vec<String>> = QueryRef::new("messages:list");
///
/// # fn example() {
/// let channel = RwSignal::new(Some("general".to_owned()));
/// let general = use_query(LIST, ListArgs { channel: "general".to_owned() });
/// let selected = use_query(LIST, move || channel.get().map(|channel| ListArgs { channel }));
/// let by_name: UseQuery<Vec<String>> = use_query("messages:list", [("channel", "general")]);
/// # }
/// ```
///
/// Other arguments do not compile:
///
/// ```compile_fail,E0277
/// # use convex_leptos::{QueryRef, use_query};
/// # #[derive(serde::Serialize)]
/// # struct ListArgs { channel: String }
/// # const LIST: QueryRef<ListArgs, Vec<String>> = QueryRef::new("messages:list");
/// # fn example() {
/// let messages = use_query(LIST, serde_json::json!({ "channel": "general" }));
/// # }
/// ```
///
/// # Optional arguments
///
/// A *field* that is `None` is sent as `null`, and so is `None` in `json!`. `v.optional(…)` refuses
/// `null`: it takes a value or no field. Leave the field out with
/// `#[serde(skip_serializing_if = "Option::is_none")]`. (`v.union(v.string(), v.null())` takes
/// `null`, but needs the field.)
///
/// ```
/// use convex_leptos::{QueryRef, use_query};
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// struct SearchArgs {
///     text: String,
///     /// `v.optional(v.string())`
///     #[serde(skip_serializing_if = "Option::is_none")]
///     author: Option<String>,
/// }
///
/// const SEARCH: QueryRef<SearchArgs, Vec<String>> = QueryRef::new("messages:search");
///
/// # fn example() {
/// let found = use_query(SEARCH, SearchArgs { text: "hello".into(), author: None });
/// # }
/// ```
///
/// # With the feature `nightly`
///
/// Signals are closures then. A query that is named by a string takes only `()`, `Skip`, `json!`,
/// [`QueryArgs`](crate::QueryArgs), an `Option` and pairs by value; put a struct into a closure.
///
/// # The parameter `M`
///
/// `M` says which row of the table applies. It is always inferred. A function that passes arguments
/// on takes it as a parameter of its own:
///
/// ```
/// use convex_leptos::{IntoQueryArgs, QueryFunction, UseQuery, use_query};
///
/// fn use_count<F, M>(
///     function: F,
///     args: impl IntoQueryArgs<F::Args, M> + Send + Sync + 'static,
/// ) -> UseQuery<u32>
/// where
///     F: QueryFunction<Returns = u32>,
/// {
///     use_query(function, args)
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the arguments of a query that takes `{A}`",
    label = "expected `{A}`",
    note = "pass `{A} {{ .. }}`, an `Option` of it, a closure that returns one of these, a signal of one of these, or `Skip`",
    note = "a query that takes `Dynamic` takes anything that implements `serde::Serialize`, a closure that returns it, or `Skip`"
)]
pub trait IntoQueryArgs<A, M> {
    /// Encodes the current arguments; `None` if the query must not run. Reads signals tracked.
    ///
    /// # Errors
    ///
    /// If they are not valid arguments of a Convex function.
    fn read_query_args(&self) -> EncodedArgs;
}

/// The `M` of [`IntoQueryArgs`] for a value.
#[derive(Debug)]
pub struct ByValue(());

/// The `M` of [`IntoQueryArgs`] for a closure.
#[derive(Debug)]
pub struct ByClosure(());

/// The `M` of [`IntoQueryArgs`] for a signal.
#[derive(Debug)]
pub struct BySignal(());

/// The `M` of [`IntoQueryArgs`] for [`Skip`].
#[derive(Debug)]
pub struct BySkip(());

#[cfg(not(feature = "nightly"))]
#[diagnostic::do_not_recommend]
impl<A, V: ArgsOrSkip<A>> IntoQueryArgs<A, ByValue> for V {
    fn read_query_args(&self) -> EncodedArgs {
        self.encode_args_or_skip()
    }
}

#[diagnostic::do_not_recommend]
impl<A, V: ArgsOrSkip<A>, C: Fn() -> V> IntoQueryArgs<A, ByClosure> for C {
    fn read_query_args(&self) -> EncodedArgs {
        self().encode_args_or_skip()
    }
}

// `Skip` implements `Serialize`, so for `Dynamic` it is a value already. `Dynamic` does not
// implement it, which keeps this one apart.
#[diagnostic::do_not_recommend]
impl<A: Serialize> IntoQueryArgs<A, BySkip> for Skip {
    fn read_query_args(&self) -> EncodedArgs {
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
