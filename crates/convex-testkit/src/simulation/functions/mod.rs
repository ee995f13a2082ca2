//! The functions of the simulated deployment. Their results name the identity that they ran as.

pub(super) mod cards;

use std::time::Duration;

use convex_sync::AuthPolicy;
use serde_json::{Value as Json, json};

use super::schedule::{QueryKind, QuerySpec};
use crate::{
    functions::{Args, FunctionError, FunctionResult, Functions, MutationCtx, QueryCtx},
    identity::Identity,
    object,
    value::{Object, Value},
};

pub(super) const NOTES: &str = "notes:all";
const HALVES: [&str; 2] = ["halves:left", "halves:right"];

impl QueryKind {
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

impl QuerySpec {
    /// The query that `UpdateKind::NoteInOne` and `UpdateKind::Clears` change.
    pub(super) const ONE: Self = Self { kind: QueryKind::Notes, args: 0, auth: AuthPolicy::Settled };

    /// The arguments of its functions. The policy is one of them, so that rules can read it from
    /// frames and from the deployment's executions.
    pub(super) fn args(self) -> Json {
        json!({ "n": self.args, "auth": format!("{:?}", self.auth) })
    }
}

/// Every function of the deployment.
pub(super) fn functions() -> Functions {
    cards::add_to(Functions::new())
        .query("people:me", |ctx, _| Ok(result_for(ctx.identity(), Object::new())))
        .query(NOTES, |ctx, _| {
            let notes = ctx.db().query("notes").collect();
            let ids = notes.into_iter().map(|note| note["id"].clone()).collect();
            Ok(result_for(ctx.identity(), object! { "ids" => Value::Array(ids) }))
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

/// Marks a result as that of a rendered page, so that rules can recognize it: by a field, or by a
/// number that is not whole. The pages of lists are not marked.
pub(super) fn mark_as_seed(result: &mut Json) {
    match result {
        Json::Object(fields) if fields.contains_key("sub") => drop(fields.insert("seed".into(), true.into())),
        Json::Number(count) => *result = json!(count.as_f64().unwrap_or_default() + 0.5),
        Json::Array(ids) => ids.push(json!(0.5)),
        _ => {}
    }
}

/// Whether a result is that of a rendered page.
pub(super) fn is_seed(result: &Json) -> bool {
    result["seed"] == true || result.as_f64().is_some_and(|count| count.fract() != 0.0)
}

/// A result with the epoch and the subject of the caller.
fn result_for(identity: Option<&Identity>, mut fields: Object) -> Value {
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
    Ok(result_for(ctx.identity(), object! { "count" => notes }))
}

fn add(ctx: &mut MutationCtx<'_>, args: &Args) -> FunctionResult {
    let id = args.number("id")?;
    ctx.db().insert("notes", object! { "id" => id });
    cards::insert(&mut ctx.db(), id);
    if args.boolean("fails")? {
        return Err(FunctionError::thrown("failed by test"));
    }
    Ok(Value::from(id))
}
