//! Paginated lists in a simulated world: components that show them, others who insert and delete,
//! and pages that fail.

use convex_sync::{
    Arguments, AuthPolicy, FunctionPath, LocalStore, OptimisticError, PaginatedHandle, PaginationResult,
    QueryHandle,
};
use rand::{Rng, seq::IndexedRandom};
use serde_json::{Value as Json, json};

use super::world::{World, marker};
use crate::{
    functions::{Args, FunctionError, FunctionResult, Functions, QueryCtx},
    object,
    store::{DatabaseWriter, Order, PageLimits},
    value::Value,
};

pub(super) const PAGE: &str = "cards:page";
/// What a list is the start of.
const ALL: &str = "cards:all";

/// Pages are small, so that they are split.
const LIMITS: PageLimits = PageLimits { recommended: 4, required: 7 };

const INITIAL: u32 = 3;

/// Something that happens to lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListAction {
    /// A component with a list appears.
    Mount(AuthPolicy),
    /// The n-th of those there are goes.
    Unmount(u8),
    /// The n-th of those there are loads so many more.
    LoadMore(u8, u8),
    /// Somebody else inserts so many at once.
    Insert(u8),
    /// Somebody else removes the n-th.
    Remove(u8),
    /// Pages fail like this from now on.
    Fault(ListFault),
    /// The server restarts and can no longer decode the cursors and journals that it gave out.
    ForgetCursors,
}

/// How pages fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListFault {
    /// They do not.
    None,
    /// The cursors of all but the first are invalid.
    InvalidCursor,
    /// The same, told by words alone.
    InvalidCursorInWords,
    /// The cursors of all but the first cannot be decoded.
    UnreadableCursor,
    /// All are invalid, the first among them.
    AlwaysInvalid,
    /// They throw.
    Throws,
}

/// A component with a list, and with a query of all that the list is the start of.
#[derive(Debug)]
pub(super) struct ListComponent {
    pub(super) auth: AuthPolicy,
    pub(super) list: PaginatedHandle,
    pub(super) all: QueryHandle,
}

impl ListAction {
    pub(super) fn random(random: &mut impl Rng) -> Self {
        match random.random_range(0..21) {
            0..4 => Self::Mount(choose(random, &[AuthPolicy::Settled, AuthPolicy::Required])),
            4 => Self::Unmount(random.random()),
            5..10 => Self::LoadMore(random.random(), random.random_range(1..4)),
            10..14 => Self::Insert(random.random_range(1..5)),
            14..17 => Self::Remove(random.random()),
            17 => Self::ForgetCursors,
            _ => Self::Fault(choose(
                random,
                &[
                    ListFault::None,
                    ListFault::None,
                    ListFault::InvalidCursor,
                    ListFault::InvalidCursorInWords,
                    ListFault::UnreadableCursor,
                    ListFault::AlwaysInvalid,
                    ListFault::Throws,
                ],
            )),
        }
    }
}

fn choose<T: Copy>(random: &mut impl Rng, from: &[T]) -> T {
    *from.choose(random).expect("there is something to choose from")
}

// ---- on the deployment ----

pub(super) fn add_to(functions: Functions) -> Functions {
    functions.query(PAGE, page).query(ALL, |ctx, _| {
        let cards = ctx.db().query("cards").order(Order::Descending).collect();
        Ok(Value::Array(cards.into_iter().map(|card| card["id"].clone()).collect()))
    })
}

/// What a mutation writes into the lists.
pub(super) fn write(db: &mut DatabaseWriter<'_, '_>, id: f64) {
    db.insert("cards", object! { "id" => id });
}

fn page(ctx: &mut QueryCtx<'_>, args: &Args) -> FunctionResult {
    let options = args.pagination()?;
    let fault = ctx.db().query("faults").first();
    let continues = options.cursor.is_some();
    match fault.as_ref().and_then(|fault| fault["kind"].as_str()) {
        Some("InvalidCursor") if continues => return Err(FunctionError::invalid_cursor()),
        Some("InvalidCursorInWords") if continues => return Err(FunctionError::invalid_cursor_in_words()),
        Some("UnreadableCursor") if continues => return Err(FunctionError::unreadable_cursor()),
        Some("AlwaysInvalid") => return Err(FunctionError::invalid_cursor()),
        Some("Throws") => return Err(FunctionError::thrown("it was to throw")),
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

// ---- what happens ----

impl World {
    pub(super) fn act_on_lists(&mut self, action: ListAction) {
        match action {
            ListAction::Mount(auth) => self.mount_list(auth),
            ListAction::Unmount(which) => {
                if let Some(index) = pick(which, self.lists.len()) {
                    let ListComponent { list, all, .. } = self.lists.remove(index);
                    self.pair.command(|client, _| {
                        client.unsubscribe_paginated(list);
                        client.unsubscribe(all);
                    });
                }
            }
            ListAction::LoadMore(which, count) => {
                if let Some(index) = pick(which, self.lists.len()) {
                    let list = self.lists[index].list;
                    self.pair.command(|client, _| client.load_more(list, count.into()));
                }
            }
            ListAction::Insert(count) => {
                let first = 2_000_000.0 + self.actions as f64 * 10.0;
                self.edit_cards(|db| (0..count).for_each(|n| write(db, first + f64::from(n))));
            }
            ListAction::Remove(which) => self.edit_cards(|db| {
                let cards = db.query("cards").collect();
                if let Some(id) = pick(which, cards.len()).and_then(|index| cards[index]["_id"].as_str()) {
                    db.delete(id).expect("it was found just now");
                }
            }),
            ListAction::ForgetCursors => self.pair.server(|deployment, now| {
                deployment.forget_cursors();
                deployment.restart(now);
            }),
            ListAction::Fault(fault) => self.edit_cards(|db| {
                for fault in db.query("faults").collect() {
                    let id = fault["_id"].as_str().expect("an id is a string");
                    db.delete(id).expect("it was found just now");
                }
                if fault != ListFault::None {
                    db.insert("faults", object! { "kind" => format!("{fault:?}") });
                }
            }),
        }
    }

    fn mount_list(&mut self, auth: AuthPolicy) {
        let args = json!({ "auth": format!("{auth:?}") });
        let (page, page_args) = crate::pair::call(PAGE, &args);
        let (all, all_args) = crate::pair::call(ALL, &args);
        let list = self.pair.client.subscribe_paginated(&page, &page_args, auth, INITIAL);
        let all = self.pair.client.subscribe(&all, &all_args, auth);
        self.lists.push(ListComponent { auth, list, all });
        self.pair.command(|_, _| ());
    }

    fn edit_cards(&mut self, edit: impl FnOnce(&mut DatabaseWriter<'_, '_>)) {
        self.pair.server(|deployment, now| deployment.edit(now, edit));
    }

    /// What a list shows, and the ids in it.
    pub(super) fn list_shows(&self, list: PaginatedHandle) -> (PaginationResult, Vec<f64>) {
        let result = self.pair.client.paginated(list).expect("its component is there");
        let pages = result.pages.iter().flat_map(|page| page.decode::<Json>().expect("any value is JSON"));
        let ids = pages.filter_map(|card| card["id"].as_f64()).collect();
        (result, ids)
    }

    /// All that a list is the start of, so far as the client has heard.
    pub(super) fn list_holds(&self, all: QueryHandle) -> Option<Vec<f64>> {
        let all = self.pair.result(all)?.ok()?;
        Some(all.as_array()?.iter().filter_map(Json::as_f64).collect())
    }
}

/// A third of the mutations shows its card at the bottom, the others at the top.
pub(super) fn is_at_bottom(serial: u32) -> bool {
    serial.is_multiple_of(3)
}

/// Shows what stands for the card of a mutation.
pub(super) fn show_card(store: &mut LocalStore<'_>, serial: u32) -> Result<(), OptimisticError> {
    let page = FunctionPath::parse(PAGE).expect("it is a path");
    let any = Arguments::encode(&()).expect("it is an object").expect("it is no skip");
    let card = json!({ "id": marker(serial) });
    if is_at_bottom(serial) {
        store.insert_at_bottom_if_loaded(&page, &any, &card)
    } else {
        store.insert_at_top(&page, &any, &card)
    }
}

fn pick(which: u8, count: usize) -> Option<usize> {
    (count > 0).then(|| usize::from(which) % count)
}
