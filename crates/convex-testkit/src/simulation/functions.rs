//! What runs on the deployment of a simulated world: functions that say as whom they ran.

use std::time::Duration;

use convex_sync::AuthPolicy;
use serde_json::{Value as Json, json};

use super::{
    lists,
    schedule::{Asks, Query},
};
use crate::{
    functions::{Args, FunctionError, FunctionResult, Functions, MutationCtx, QueryCtx},
    identity::Identity,
    object,
    value::{Object, Value},
};

pub(super) const NOTES: &str = "notes:all";
const HALVES: [&str; 2] = ["halves:left", "halves:right"];

impl Asks {
    /// The functions a component subscribes to.
    pub(super) fn functions(self) -> &'static [&'static str] {
        match self {
            Self::Me => &["people:me"],
            Self::Notes => &[NOTES],
            Self::Halves => &HALVES,
            Self::Public => &["public:count"],
        }
    }
}

impl Query {
    /// The list that an update of one alone is about.
    pub(super) const ONE: Self = Self { asks: Asks::Notes, args: 0, auth: AuthPolicy::Settled };

    /// The policy is an argument, too, so that the deployment's records tell it.
    pub(super) fn args(self) -> Json {
        json!({ "n": self.args, "auth": format!("{:?}", self.auth) })
    }
}

pub(super) fn functions() -> Functions {
    lists::add_to(Functions::new())
        .query("people:me", |ctx, _| Ok(answer(ctx.identity(), Object::new())))
        .query(NOTES, |ctx, _| {
            let notes = ctx.db().query("notes").collect();
            let ids = notes.into_iter().map(|note| note["id"].clone()).collect();
            Ok(answer(ctx.identity(), object! { "ids" => Value::Array(ids) }))
        })
        .query(HALVES[0], half)
        .query(HALVES[1], half)
        .query("public:count", |ctx, _| Ok(Value::from(ctx.db().query("notes").collect().len() as f64)))
        .mutation("notes:add", add)
        .action("notes:ponder", |ctx, args| {
            ctx.delay(Duration::from_secs_f64(args.number("seconds")?));
            Ok(Value::Null)
        })
}

/// An answer that says to whom it was given.
fn answer(identity: Option<&Identity>, mut fields: Object) -> Value {
    let epoch = identity.and_then(|identity| identity.claims.get("epoch")?.as_f64());
    fields.insert("epoch".into(), epoch.map_or(Value::Null, Value::from));
    fields.insert(
        "sub".into(),
        identity.map_or(Value::Null, |identity| Value::from(identity.subject.as_str())),
    );
    Value::Object(fields)
}

/// Either half: how often both were written.
fn half(ctx: &mut QueryCtx<'_>, _: &Args) -> FunctionResult {
    let notes = ctx.db().query("notes").collect().len() as f64;
    Ok(answer(ctx.identity(), object! { "count" => notes }))
}

fn add(ctx: &mut MutationCtx<'_>, args: &Args) -> FunctionResult {
    let id = args.number("id")?;
    ctx.db().insert("notes", object! { "id" => id });
    lists::write(&mut ctx.db(), id);
    if args.boolean("fails")? {
        return Err(FunctionError::thrown("it was to fail"));
    }
    Ok(Value::from(id))
}
