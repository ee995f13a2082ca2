//! A query that fails, to see what becomes of its error.

use convex_testkit::{FunctionError, Functions, object};

pub(super) fn add_to(functions: Functions) -> Functions {
    functions.query("errors:always", |_, _| {
        Err(FunctionError::convex(object! { "code" => "Teapot", "message" => "This query always throws." }))
    })
}
