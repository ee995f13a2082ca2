//! Cards: a paginated query, and the query of all of them. Pages fail as the `faults` table says.

use crate::{
    functions::{Args, FunctionError, FunctionResult, Functions, QueryCtx},
    object,
    store::{DatabaseWriter, Order, PageLimits},
    value::Value,
};

/// The paginated query.
pub(in crate::simulation) const PAGE: &str = "cards:page";
/// The ids of all cards. Every list must show a prefix of them.
pub(in crate::simulation) const ALL: &str = "cards:all";

/// Small limits, so that pages are split.
const LIMITS: PageLimits = PageLimits { recommended: 4, required: 7 };

/// Adds the queries of cards to `functions`.
pub(in crate::simulation) fn add_to(functions: Functions) -> Functions {
    functions.query(PAGE, page).query(ALL, |ctx, _| {
        let cards = ctx.db().query("cards").order(Order::Descending).collect();
        Ok(Value::Array(cards.into_iter().map(|card| card["id"].clone()).collect()))
    })
}

/// Inserts a card.
pub(in crate::simulation) fn insert(db: &mut DatabaseWriter<'_, '_>, id: f64) {
    db.insert("cards", object! { "id" => id });
}

fn page(ctx: &mut QueryCtx<'_>, args: &Args) -> FunctionResult {
    let options = args.pagination()?;
    let fault = ctx.db().query("faults").first();
    let continues = options.cursor.is_some();
    match fault.as_ref().and_then(|fault| fault["kind"].as_str()) {
        Some("InvalidCursor") if continues => return Err(FunctionError::invalid_cursor()),
        Some("InvalidCursorByMessage") if continues => return Err(FunctionError::invalid_cursor_by_message()),
        Some("UnreadableCursor") if continues => return Err(FunctionError::unreadable_cursor()),
        Some("AlwaysInvalid") => return Err(FunctionError::invalid_cursor()),
        Some("Throws") => return Err(FunctionError::thrown("thrown by fault")),
        _ => {}
    }
    let mut db = ctx.db();
    let cards = db.query("cards").order(Order::Descending).page_limits(LIMITS);
    let mut page = cards.paginate(&options)?;
    for card in &mut page.page {
        card.retain(|name, _| name == "id");
    }
    Ok(Value::from(page))
}
