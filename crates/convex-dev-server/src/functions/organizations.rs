//! Organizations and their members: data that only members may see.

use convex_testkit::{Args, DatabaseWriter, FunctionResult, Functions, Object, QueryCtx, Value, object};

use super::{display_name, required};

const ORGANIZATIONS: [(&str, &[&str]); 5] = [
    ("Looking-Glass Labs", &["user_alice", "user_bob"]),
    ("Rabbit Hole Research", &["user_alice"]),
    ("Tea Party Events", &["user_alice"]),
    ("Bob's Boats", &["user_bob"]),
    ("Harbour Watch", &["user_bob"]),
];

pub(super) fn add_to(functions: Functions) -> Functions {
    functions.query("organizations:list", list).query("organizations:get", get)
}

pub(super) fn seed(db: &mut DatabaseWriter<'_, '_>) {
    for (name, members) in ORGANIZATIONS {
        let organization = db.insert("organizations", object! { "name" => name });
        for member in members {
            let membership = object! { "organization" => organization.as_str(), "subject" => *member };
            db.insert("memberships", membership);
        }
    }
}

/// The organizations of the caller. Logs the caller's identity, as developers do to find out why a
/// query throws on reload.
fn list(ctx: &mut QueryCtx<'_>, _: &Args) -> FunctionResult {
    let identity = ctx.identity();
    let caller = identity.map_or(Value::Null, |identity| Value::from(display_name(identity)));
    ctx.log_value("server identity", &caller);

    let member = required(identity)?.subject.as_str();
    let memberships = ctx.db().query("memberships").eq("subject", member).collect();
    let ids = memberships.iter().filter_map(|membership| membership.get("organization")?.as_str());
    let organizations = ids.filter_map(|id| ctx.db().get(id)).map(Value::from);
    Ok(Value::Array(organizations.collect()))
}

/// The organization with this `id`; `null` if the caller is no member, or there is none.
fn get(ctx: &mut QueryCtx<'_>, args: &Args) -> FunctionResult {
    let member = required(ctx.identity())?.subject.as_str();
    let id = args.string("id")?;
    let memberships = ctx.db().query("memberships").eq("subject", member).collect();
    let is_of = |membership: &Object| membership.get("organization").and_then(Value::as_str) == Some(id);
    let organization = memberships.iter().any(is_of).then(|| ctx.db().get(id)).flatten();
    Ok(organization.map_or(Value::Null, Value::from))
}
