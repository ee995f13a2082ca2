//! A public chat; sending requires a user.

use convex_testkit::{
    ActionCtx, Args, DatabaseWriter, FunctionError, FunctionResult, Functions, MutationCtx, Order, QueryCtx,
    Value, object,
};

use super::{display_name, required, take_time};

const SHOWN: usize = 50;

const FIRST_MESSAGES: [(&str, &str); 3] = [
    ("Alice", "Anybody can read this, signed in or not."),
    ("Bob", "Writing takes a name: sign in as one of us."),
    ("Alice", "Open a second window and watch it arrive there."),
];

pub(super) fn add_to(functions: Functions) -> Functions {
    functions
        .query("messages:list", list)
        .query("messages:page", page)
        .mutation("messages:send", send)
        .action("messages:shout", shout)
}

pub(super) fn seed(db: &mut DatabaseWriter<'_, '_>) {
    for (author, body) in FIRST_MESSAGES {
        db.insert("messages", object! { "author" => author, "body" => body });
    }
}

/// The last messages, newest last.
fn list(ctx: &mut QueryCtx<'_>, _: &Args) -> FunctionResult {
    let newest_first = ctx.db().query("messages").order(Order::Descending).take(SHOWN);
    Ok(Value::Array(newest_first.into_iter().rev().map(Value::from).collect()))
}

/// The messages page by page, newest first.
fn page(ctx: &mut QueryCtx<'_>, args: &Args) -> FunctionResult {
    let options = args.pagination()?;
    ctx.db().query("messages").order(Order::Descending).paginate(&options).map(Value::from)
}

/// Adds a message with this `body`, and returns its id.
fn send(ctx: &mut MutationCtx<'_>, args: &Args) -> FunctionResult {
    let author = display_name(required(ctx.identity())?);
    let body = args.string("body")?.trim();
    if body.is_empty() {
        return Err(FunctionError::convex(
            object! { "code" => "EmptyMessage", "message" => "Write something first." },
        ));
    }
    Ok(Value::from(ctx.db().insert("messages", object! { "author" => author, "body" => body })))
}

/// Sends `body` in capitals and returns it; takes `afterMs` milliseconds.
fn shout(ctx: &mut ActionCtx<'_>, args: &Args) -> FunctionResult {
    take_time(ctx, args)?;
    let body = format!("{}!", args.string("body")?.to_uppercase());
    ctx.run_mutation("messages:send", object! { "body" => body.as_str() })?;
    Ok(Value::from(body))
}
