//! People as the app knows them, as Convex's guide to storing users has it.

use convex_testkit::{Args, FunctionResult, Functions, MutationCtx, Object, QueryCtx, Value, object};

use super::{display_name, required};

pub(super) fn add_to(functions: Functions) -> Functions {
    functions
        .mutation("users:store", store)
        .query("users:current", current)
        .query("users:name", name)
        .query("users:nameOrThrow", name_or_throw)
}

/// Stores whoever asks, once, and returns the document's id.
fn store(ctx: &mut MutationCtx<'_>, _: &Args) -> FunctionResult {
    let identity = required(ctx.identity())?;
    let token_identifier = identity.token_identifier();
    if let Some(mut stored) = ctx.db().query("users").eq("tokenIdentifier", token_identifier.as_str()).first()
    {
        return Ok(stored.remove("_id").unwrap_or(Value::Null));
    }
    let user = object! {
        "tokenIdentifier" => token_identifier,
        "name" => display_name(identity),
        "email" => identity.claim("email").unwrap_or_default(),
    };
    Ok(Value::from(ctx.db().insert("users", user)))
}

/// Whoever asks, and whether they are stored; `null` where nobody is signed in.
fn current(ctx: &mut QueryCtx<'_>, _: &Args) -> FunctionResult {
    let Some(identity) = ctx.identity() else { return Ok(Value::Null) };
    let token_identifier = identity.token_identifier();
    let stored: Option<Object> =
        ctx.db().query("users").eq("tokenIdentifier", token_identifier.as_str()).first();
    Ok(Value::from(object! {
        "tokenIdentifier" => token_identifier,
        "name" => display_name(identity),
        "email" => identity.claim("email").unwrap_or_default(),
        "stored" => stored.is_some(),
    }))
}

/// What whoever asks is called; `null` where nobody is signed in.
fn name(ctx: &mut QueryCtx<'_>, _: &Args) -> FunctionResult {
    Ok(Value::from(ctx.identity().map(display_name)))
}

/// What whoever asks is called. It throws where nobody is signed in.
fn name_or_throw(ctx: &mut QueryCtx<'_>, _: &Args) -> FunctionResult {
    Ok(Value::from(display_name(required(ctx.identity())?)))
}
