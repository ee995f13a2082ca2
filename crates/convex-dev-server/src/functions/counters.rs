//! Two counters that are always equal: different values show a torn transition.

use convex_testkit::{
    Args, DatabaseWriter, FunctionError, FunctionResult, Functions, MutationCtx, Object, QueryCtx, Value,
    object,
};

const COUNTERS: [&str; 2] = ["left", "right"];

pub(super) fn add_to(functions: Functions) -> Functions {
    functions.query("counters:get", get).mutation("counters:incrementBoth", increment_both)
}

/// The value of the counter called `name`.
fn get(ctx: &mut QueryCtx<'_>, args: &Args) -> FunctionResult {
    let name = args.string("name")?;
    let counter = ctx.db().query("counters").eq("name", name).first();
    Ok(Value::from(counter.as_ref().map_or(0.0, count)))
}

/// Increments the counters `left` and `right`, and returns their value.
fn increment_both(ctx: &mut MutationCtx<'_>, _: &Args) -> FunctionResult {
    let mut reached = 0.0;
    for name in COUNTERS {
        reached = increment(&mut ctx.db(), name)?;
    }
    Ok(Value::from(reached))
}

fn increment(db: &mut DatabaseWriter<'_, '_>, name: &str) -> Result<f64, FunctionError> {
    let Some(counter) = db.query("counters").eq("name", name).first() else {
        db.insert("counters", object! { "name" => name, "count" => 1.0 });
        return Ok(1.0);
    };
    let next = count(&counter) + 1.0;
    let id = counter.get("_id").and_then(Value::as_str).expect("every document has an id");
    db.patch(id, object! { "count" => next })?;
    Ok(next)
}

fn count(counter: &Object) -> f64 {
    counter.get("count").and_then(Value::as_f64).unwrap_or_default()
}
