//! Named values of any kind, and lists of them, for tests.

use convex_testkit::{
    ActionCtx, Args, DatabaseWriter, FunctionError, FunctionResult, Functions, MutationCtx, QueryCtx, Value,
    object,
};

use super::take_time;

pub(super) fn add_to(functions: Functions) -> Functions {
    functions
        .query("values:echo", |_, args| args.required("value").cloned())
        .query("values:get", get)
        .mutation("values:put", put)
        .mutation("values:append", append)
        .mutation("values:appendAndThrow", append_and_throw)
        .action("values:repeat", repeat)
}

/// The value called `name`, or `null`.
fn get(ctx: &mut QueryCtx<'_>, args: &Args) -> FunctionResult {
    let named = ctx.db().query("values").eq("name", args.string("name")?).first();
    Ok(named.and_then(|mut named| named.remove("value")).unwrap_or(Value::Null))
}

/// Sets the value called `name` to `value`, and returns it.
fn put(ctx: &mut MutationCtx<'_>, args: &Args) -> FunctionResult {
    let (name, value) = (args.string("name")?, args.required("value")?);
    store(&mut ctx.db(), name, value.clone())?;
    Ok(value.clone())
}

/// Appends `item` to the list called `name`, which is empty at first, and returns its new length.
fn append(ctx: &mut MutationCtx<'_>, args: &Args) -> FunctionResult {
    let (name, item) = (args.string("name")?, args.required("item")?);
    let mut db = ctx.db();
    let named = db.query("values").eq("name", name).first();
    let mut items = match named.and_then(|mut named| named.remove("value")) {
        None => Vec::new(),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(args.invalid(format!("`{name}` is no list"))),
    };
    items.push(item.clone());
    let length = items.len();
    store(&mut db, name, Value::Array(items))?;
    Ok(Value::from(length as f64))
}

/// Like `append`, but throws at the end, so that nothing is added.
fn append_and_throw(ctx: &mut MutationCtx<'_>, args: &Args) -> FunctionResult {
    append(ctx, args)?;
    Err(FunctionError::thrown("it was added, but then this was thrown"))
}

/// Returns `value`; takes `afterMs` milliseconds.
fn repeat(ctx: &mut ActionCtx<'_>, args: &Args) -> FunctionResult {
    take_time(ctx, args)?;
    args.required("value").cloned()
}

fn store(db: &mut DatabaseWriter<'_, '_>, name: &str, value: Value) -> Result<(), FunctionError> {
    match db.query("values").eq("name", name).first() {
        None => {
            db.insert("values", object! { "name" => name, "value" => value });
        }
        Some(named) => {
            let id = named.get("_id").and_then(Value::as_str).expect("every document has an id");
            db.patch(id, object! { "value" => value })?;
        }
    }
    Ok(())
}
