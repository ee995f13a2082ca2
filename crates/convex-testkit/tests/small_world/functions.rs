//! The query, the mutation, and its optimistic update.

use convex_sync::{Arguments, EncodedValue, FunctionPath, LocalStore, OptimisticError};
use convex_testkit::{Functions, object};
use serde_json::{Value as Json, json};

pub const QUERY: &str = "notes:mine";
pub const MUTATION: &str = "notes:add";

/// The query returns its caller and the number of notes. The mutation adds a note.
pub fn functions() -> Functions {
    Functions::new()
        .query(QUERY, |ctx, _| {
            let user = ctx.identity().map_or("anonymous", |identity| identity.subject.as_str());
            let notes = ctx.db().query("notes").collect().len() as f64;
            Ok(object! { "user" => user, "notes" => notes }.into())
        })
        .mutation(MUTATION, |ctx, _| Ok(ctx.db().insert("notes", object! {}).into()))
}

/// The optimistic update of the mutation.
pub fn add_one(store: &mut LocalStore<'_>) -> Result<(), OptimisticError> {
    let Some(shown) = store.get(&path(QUERY), &no_args()) else { return Ok(()) };
    let mut shown: Json = serde_json::from_str(shown.as_json()).map_err(failed)?;
    shown["notes"] = json!(shown["notes"].as_f64().unwrap_or_default() + 1.0);
    let shown = EncodedValue::encode(&shown).map_err(failed)?;
    store.set(&path(QUERY), &no_args(), shown);
    Ok(())
}

fn failed(error: impl ToString) -> OptimisticError {
    OptimisticError::new(error.to_string())
}

pub fn path(path: &str) -> FunctionPath {
    FunctionPath::parse(path).expect("the path is valid")
}

pub fn no_args() -> Arguments {
    Arguments::encode(&()).ok().flatten().expect("`()` is `{}`")
}
