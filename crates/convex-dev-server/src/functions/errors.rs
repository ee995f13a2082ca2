//! Functions that fail, to test how errors are handled.

use convex_testkit::{Args, FunctionError, FunctionResult, Functions, object};

pub(super) fn add_to(functions: Functions) -> Functions {
    functions
        .query("errors:always", |_, _| {
            Err(FunctionError::convex(
                object! { "code" => "Teapot", "message" => "This query always throws." },
            ))
        })
        .query("errors:query", |_, args| throw(args))
        .mutation("errors:mutation", |_, args| throw(args))
        .action("errors:action", |_, args| throw(args))
}

/// Throws a `ConvexError` with `data`; without one, a plain error with `message`.
fn throw(args: &Args) -> FunctionResult {
    Err(match args.get("data") {
        Some(data) => FunctionError::convex(data.clone()),
        None => FunctionError::thrown(args.string("message")?),
    })
}
