//! A paginated list, with mutations that add and remove items.

use convex_testkit::{
    Args, FunctionResult, Functions, MutationCtx, Order, PageLimits, QueryCtx, Value, object,
};

pub(super) fn add_to(functions: Functions) -> Functions {
    functions.query("items:page", page).mutation("items:add", add).mutation("items:remove", remove)
}

/// The items page by page, newest first. Pages with more than `splitAbove` items recommend a split.
fn page(ctx: &mut QueryCtx<'_>, args: &Args) -> FunctionResult {
    let options = args.pagination()?;
    let mut limits = PageLimits::default();
    if args.contains_key("splitAbove") {
        limits.recommended = args.number("splitAbove")? as usize;
    }
    let mut db = ctx.db();
    let items = db.query("items").order(Order::Descending).page_limits(limits);
    let mut page = items.paginate(&options)?;
    page.page.iter_mut().for_each(|item| item.retain(|field, _| field == "text"));
    Ok(Value::from(page))
}

/// Adds an item for each text in `texts`, in order.
fn add(ctx: &mut MutationCtx<'_>, args: &Args) -> FunctionResult {
    let texts = args.required("texts")?.as_array().unwrap_or_default();
    for text in texts {
        ctx.db().insert("items", object! { "text" => text.clone() });
    }
    Ok(Value::Null)
}

/// Removes the items with this `text`.
fn remove(ctx: &mut MutationCtx<'_>, args: &Args) -> FunctionResult {
    let text = args.string("text")?;
    for item in ctx.db().query("items").eq("text", text).collect() {
        let id = item.get("_id").and_then(Value::as_str).expect("every document has an id");
        ctx.db().delete(id)?;
    }
    Ok(Value::Null)
}
