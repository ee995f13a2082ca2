//! Users as the app stores them, following Convex's guide to storing users.

use convex_testkit::{Args, FunctionResult, Functions, MutationCtx, Object, QueryCtx, Value, object};

use super::{display_name, required};

pub(super) fn add_to(functions: Functions) -> Functions {
    functions
        .mutation("users:store", store)
        .query("users:current", current)
        .query("users:name", name)
        .query("users:nameOrThrow", name_or_throw)
}

/// Stores the caller, once, and returns the document's id.
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

/// The caller, and whether it is stored; `null` if anonymous.
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

/// The name of the caller; `null` if anonymous.
fn name(ctx: &mut QueryCtx<'_>, _: &Args) -> FunctionResult {
    Ok(Value::from(ctx.identity().map(display_name)))
}

/// The name of the caller. Throws if anonymous.
fn name_or_throw(ctx: &mut QueryCtx<'_>, _: &Args) -> FunctionResult {
    Ok(Value::from(display_name(required(ctx.identity())?)))
}
