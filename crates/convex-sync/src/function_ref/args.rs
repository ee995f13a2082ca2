//! The values that can be the arguments of a call.

use crate::{Arguments, EncodeError, QueryArgs};
use serde::Serialize;

/// The argument type of a function whose arguments are not checked by the compiler. It takes
/// anything that implements `Serialize`.
///
/// The arguments of a function that is named by a string are `Dynamic`.
#[derive(Debug)]
pub struct Dynamic(());

/// The arguments of one call of a function that takes `A`: an `A`, an `&A`, or anything that
/// implements `Serialize` if `A` is [`Dynamic`].
///
/// ```
/// use convex_sync::{CallArgs, Dynamic};
///
/// #[derive(serde::Serialize)]
/// struct SendArgs { body: &'static str }
///
/// fn json<A>(args: impl CallArgs<A>) -> String {
///     let args = args.encode_args().expect("an object").expect("not skipped");
///     args.as_json().to_owned()
/// }
///
/// assert_eq!(json::<SendArgs>(SendArgs { body: "hello" }), r#"{"body":"hello"}"#);
/// assert_eq!(json::<Dynamic>([("body", "hello")]), r#"{"body":"hello"}"#);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the arguments of a function that takes `{A}`",
    label = "expected `{A}`",
    note = "pass `{A} {{ .. }}`; a function that takes `Dynamic` takes anything that implements `serde::Serialize`"
)]
pub trait CallArgs<A> {
    /// Encodes the arguments; `None` if they are `None` or [`Skip`](crate::Skip).
    ///
    /// # Errors
    ///
    /// If they are not valid arguments of a Convex function, see [`Arguments::encode`].
    fn encode_args(&self) -> Result<Option<Arguments>, EncodeError>;
}

#[diagnostic::do_not_recommend]
impl<A: Serialize> CallArgs<A> for A {
    fn encode_args(&self) -> Result<Option<Arguments>, EncodeError> {
        Arguments::encode(self)
    }
}

#[diagnostic::do_not_recommend]
impl<A: Serialize> CallArgs<A> for &A {
    fn encode_args(&self) -> Result<Option<Arguments>, EncodeError> {
        Arguments::encode(*self)
    }
}

#[diagnostic::do_not_recommend]
impl<S: Serialize> CallArgs<Dynamic> for S {
    fn encode_args(&self) -> Result<Option<Arguments>, EncodeError> {
        Arguments::encode(self)
    }
}

/// The arguments of a query that takes `A`, or a skip: an `A`, an `Option<A>`, a
/// [`QueryArgs<A>`](QueryArgs), or anything that implements `Serialize` if `A` is [`Dynamic`].
///
/// ```
/// use convex_sync::{ArgsOrSkip, QueryArgs};
///
/// #[derive(serde::Serialize)]
/// struct ListArgs { channel: &'static str }
///
/// fn is_skipped(args: impl ArgsOrSkip<ListArgs>) -> bool {
///     args.encode_args_or_skip().expect("an object").is_none()
/// }
///
/// assert!(!is_skipped(ListArgs { channel: "general" }));
/// assert!(!is_skipped(Some(ListArgs { channel: "general" })));
/// assert!(is_skipped(None));
/// assert!(is_skipped(QueryArgs::Skip));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the arguments of a query that takes `{A}`",
    label = "expected `{A}`",
    note = "pass `{A} {{ .. }}` or an `Option` of it; a query that takes `Dynamic` takes anything that implements `serde::Serialize`"
)]
pub trait ArgsOrSkip<A> {
    /// Encodes the arguments; `None` if the query must not run.
    ///
    /// # Errors
    ///
    /// If they are not valid arguments of a Convex function, see [`Arguments::encode`].
    fn encode_args_or_skip(&self) -> Result<Option<Arguments>, EncodeError>;
}

#[diagnostic::do_not_recommend]
impl<A: Serialize> ArgsOrSkip<A> for A {
    fn encode_args_or_skip(&self) -> Result<Option<Arguments>, EncodeError> {
        Arguments::encode(self)
    }
}

#[diagnostic::do_not_recommend]
impl<A: Serialize> ArgsOrSkip<A> for Option<A> {
    fn encode_args_or_skip(&self) -> Result<Option<Arguments>, EncodeError> {
        Arguments::encode(self)
    }
}

#[diagnostic::do_not_recommend]
impl<A: Serialize> ArgsOrSkip<A> for QueryArgs<A> {
    fn encode_args_or_skip(&self) -> Result<Option<Arguments>, EncodeError> {
        Arguments::encode(self)
    }
}

#[diagnostic::do_not_recommend]
impl<S: Serialize> ArgsOrSkip<Dynamic> for S {
    fn encode_args_or_skip(&self) -> Result<Option<Arguments>, EncodeError> {
        Arguments::encode(self)
    }
}

/// An argument type that an optimistic update can take as an `A`: `A` itself, or [`Dynamic`] as any
/// type that implements `Serialize`.
#[diagnostic::on_unimplemented(
    message = "a mutation that takes `{Self}` cannot have an optimistic update that takes `{A}`"
)]
pub trait TakenAs<A> {}

#[diagnostic::do_not_recommend]
impl<A: Serialize> TakenAs<A> for A {}

#[diagnostic::do_not_recommend]
impl<A: Serialize> TakenAs<A> for Dynamic {}
