//! The types that a function's result can be read and written as.

use super::Dynamic;
use serde::{Serialize, de::DeserializeOwned};

/// The result type of a function whose result type is not known. The caller chooses the type that it
/// is decoded into.
///
/// The result of a function that is named by a string is `Unknown`.
#[derive(Debug)]
pub struct Unknown(());

/// A result type that can be decoded as `T`: `T` itself, or [`Unknown`] as any type.
#[diagnostic::on_unimplemented(
    message = "the result `{Self}` of this function cannot be read as `{T}`",
    label = "returns `{Self}`"
)]
pub trait ReadAs<T> {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> ReadAs<T> for T {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> ReadAs<T> for Unknown {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> ReadAs<T> for Dynamic {}

/// A result type that an optimistic update can set to a `T`: `T` itself, or [`Unknown`] to anything.
#[diagnostic::on_unimplemented(
    message = "the result `{Self}` of this function cannot be set to a `{T}`",
    label = "expected `&{Self}`"
)]
pub trait WrittenAs<T: ?Sized> {}

#[diagnostic::do_not_recommend]
impl<T: Serialize> WrittenAs<T> for T {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> WrittenAs<T> for Unknown {}
