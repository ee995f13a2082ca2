//! The four kinds of functions: queries, mutations, actions and paginated queries.

use super::{Dynamic, Unknown};
use std::{fmt, marker::PhantomData};

/// Writes the reference type and the trait of one kind of function.
macro_rules! function_kind {
    (
        $(#[$ref_doc:meta])* $Ref:ident;
        $(#[$trait_doc:meta])* $Function:ident;
        $(#[$result_doc:meta])* $Result:ident
    ) => {
        $(#[$ref_doc])*
        pub struct $Ref<A, T> {
            path: &'static str,
            types: PhantomData<fn(A) -> T>,
        }

        impl<A, T> $Ref<A, T> {
            /// A reference to the function at this path. The path is checked when the function is
            /// called.
            pub const fn new(path: &'static str) -> Self {
                Self { path, types: PhantomData }
            }
        }

        impl<A> $Ref<A, Unknown> {
            /// The same function, with a result type.
            pub const fn returns<T>(self) -> $Ref<A, T> {
                $Ref::new(self.path)
            }
        }

        impl<A, T> Clone for $Ref<A, T> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<A, T> Copy for $Ref<A, T> {}

        impl<A, T> fmt::Debug for $Ref<A, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($Ref)).field(&self.path).finish()
            }
        }

        $(#[$trait_doc])*
        pub trait $Function {
            /// The type of its arguments, or [`Dynamic`].
            type Args;
            $(#[$result_doc])*
            type $Result;
            /// The path of the function: `module:function` or `folder/module:function`.
            fn path(&self) -> &str;
        }

        #[diagnostic::do_not_recommend]
        impl $Function for &str {
            type Args = Dynamic;
            type $Result = Unknown;

            fn path(&self) -> &str {
                self
            }
        }

        #[diagnostic::do_not_recommend]
        impl $Function for String {
            type Args = Dynamic;
            type $Result = Unknown;

            fn path(&self) -> &str {
                self
            }
        }

        #[diagnostic::do_not_recommend]
        impl<A, T> $Function for $Ref<A, T> {
            type Args = A;
            type $Result = T;

            fn path(&self) -> &str {
                self.path
            }
        }

        #[diagnostic::do_not_recommend]
        impl<F, A, T> $Function for F
        where
            F: Fn() -> $Ref<A, T>,
        {
            type Args = A;
            type $Result = T;

            fn path(&self) -> &str {
                self().path
            }
        }
    };
}

function_kind! {
    /// A query: its path, its arguments `A` and its result `T`.
    ///
    /// ```
    /// use convex_sync::{QueryFunction, QueryRef, Unknown};
    ///
    /// #[derive(serde::Serialize)]
    /// struct ListArgs { channel: String }
    ///
    /// const LIST: QueryRef<ListArgs, Vec<String>> = QueryRef::new("messages:list");
    /// assert_eq!(LIST.path(), "messages:list");
    ///
    /// // A generator writes functions. If it does not know the result type, the app adds it.
    /// const fn rows() -> QueryRef<(), Unknown> { QueryRef::new("reports:rows") }
    /// const ROWS: QueryRef<(), Vec<f64>> = rows().returns();
    /// assert_eq!(rows.path(), ROWS.path());
    /// ```
    QueryRef;
    /// A query that can be run: a function that returns a [`QueryRef`], a `QueryRef`, or a path.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is not a query",
        label = "expected a query",
        note = "pass a query of the `api` module such as `messages::list`, a `QueryRef<Args, _>`, or a path such as `\"messages:list\"`"
    )]
    QueryFunction;
    /// The type of its result, or [`Unknown`].
    Returns
}

function_kind! {
    /// A mutation: its path, its arguments `A` and its result `T`.
    ///
    /// ```
    /// use convex_sync::{MutationFunction, MutationRef};
    ///
    /// #[derive(serde::Serialize)]
    /// struct SendArgs { body: String }
    ///
    /// const SEND: MutationRef<SendArgs, ()> = MutationRef::new("messages:send");
    /// assert_eq!(SEND.path(), "messages:send");
    /// ```
    MutationRef;
    /// A mutation that can be called: a function that returns a [`MutationRef`], a `MutationRef`,
    /// or a path.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is not a mutation",
        label = "expected a mutation",
        note = "pass a mutation of the `api` module such as `messages::send`, a `MutationRef<Args, _>`, or a path such as `\"messages:send\"`"
    )]
    MutationFunction;
    /// The type of its result, or [`Unknown`].
    Returns
}

function_kind! {
    /// An action: its path, its arguments `A` and its result `T`.
    ///
    /// ```
    /// use convex_sync::{ActionFunction, ActionRef};
    ///
    /// #[derive(serde::Serialize)]
    /// struct DrawArgs { prompt: String }
    ///
    /// const DRAW: ActionRef<DrawArgs, String> = ActionRef::new("images:draw");
    /// assert_eq!(DRAW.path(), "images:draw");
    /// ```
    ActionRef;
    /// An action that can be called: a function that returns an [`ActionRef`], an `ActionRef`, or a
    /// path.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is not an action",
        label = "expected an action",
        note = "pass an action of the `api` module such as `images::draw`, an `ActionRef<Args, _>`, or a path such as `\"images:draw\"`"
    )]
    ActionFunction;
    /// The type of its result, or [`Unknown`].
    Returns
}

function_kind! {
    /// A paginated query: its path, its arguments `A` without `paginationOpts`, and the type `T` of
    /// one item.
    ///
    /// ```
    /// use convex_sync::{PaginatedFunction, PaginatedQueryRef};
    ///
    /// #[derive(serde::Serialize)]
    /// struct PageArgs { channel: String }
    ///
    /// const PAGE: PaginatedQueryRef<PageArgs, String> = PaginatedQueryRef::new("messages:page");
    /// assert_eq!(PAGE.path(), "messages:page");
    /// ```
    PaginatedQueryRef;
    /// A paginated query that can be run: a function that returns a [`PaginatedQueryRef`], a
    /// `PaginatedQueryRef`, or a path.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is not a paginated query",
        label = "expected a paginated query",
        note = "pass a paginated query of the `api` module such as `messages::page`, a `PaginatedQueryRef<Args, _>`, or a path such as `\"messages:page\"`"
    )]
    PaginatedFunction;
    /// The type of one item, or [`Unknown`].
    Item
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn list() -> QueryRef<(), Vec<String>> {
        QueryRef::new("messages:list")
    }

    fn path(function: impl QueryFunction) -> String {
        function.path().to_owned()
    }

    #[test]
    fn items_values_and_strings_are_functions() {
        let query = list();
        assert_eq!(path(list), "messages:list");
        assert_eq!(path(query), "messages:list");
        assert_eq!(path("messages:list"), "messages:list");
        assert_eq!(path("messages:list".to_owned()), "messages:list");
    }

    #[test]
    fn returns_keeps_the_path() {
        const ROWS: QueryRef<(), Unknown> = QueryRef::new("reports:rows");
        let typed: QueryRef<(), Vec<f64>> = ROWS.returns();
        assert_eq!(path(typed), "reports:rows");
        assert_eq!(format!("{typed:?}"), r#"QueryRef("reports:rows")"#);
    }
}
