//! Paginated lists of cards, which other clients add, show, hide and remove. Every reported result
//! is checked for duplicates and for its order.

use super::World;
use convex_sync::{AuthPolicy, PaginatedHandle, PaginationResult, PaginationStatus};
use convex_testkit::{
    Args, DatabaseWriter, FunctionError, FunctionResult, Functions, Order, PageLimits, QueryCtx, Value,
    object,
};
use serde_json::json;

pub fn add_to(functions: Functions) -> Functions {
    functions
        .query("cards:page", |ctx, args| page(ctx, args, PageLimits::default()))
        .query("cards:smallPages", |ctx, args| page(ctx, args, PageLimits { recommended: 4, required: 20 }))
        .query("cards:tinyPages", |ctx, args| page(ctx, args, PageLimits { recommended: 4, required: 5 }))
        .query("cards:withoutJournal", |ctx, args| {
            let mut options = args.pagination()?;
            let cards = ctx.db().query("cards").eq("shown", true).order(Order::Descending).collect();
            let number = |cursor: &String| cursor.parse::<f64>().map_err(|_| FunctionError::invalid_cursor());
            let start = options.cursor.take().as_ref().map_or(Ok(f64::INFINITY), number)?;
            let end = options.end_cursor.take().as_ref().map(number).transpose()?;
            let rest = cards.into_iter().filter(|card| card["n"].as_f64() < Some(start));
            let page: Vec<_> = match end {
                Some(end) => rest.take_while(|card| card["n"].as_f64() >= Some(end)).collect(),
                None => rest.take(options.num_items).collect(),
            };
            let last = page.last().and_then(|card| card["n"].as_f64());
            let is_done = end.is_none() && page.len() < options.num_items;
            let cursor = end.or(last).unwrap_or(f64::NEG_INFINITY).to_string();
            Ok(Value::from(object! { "page" => page, "isDone" => is_done, "continueCursor" => cursor }))
        })
        .query("cards:undecodable", |ctx, _| {
            ctx.set_journal("place");
            Err(FunctionError::unreadable_cursor())
        })
        .query("cards:noPage", |_, _| Ok(Value::from("no page")))
        .mutation("cards:add", |ctx, args| {
            ctx.db().insert("cards", object! { "n" => args.number("n")?, "shown" => true });
            Ok(Value::Null)
        })
        .mutation("cards:rename", |ctx, args| {
            for card in ctx.db().query("cards").eq("n", args.number("from")?).collect() {
                ctx.db().patch(card["_id"].as_str().unwrap(), object! { "n" => args.number("to")? })?;
            }
            Ok(Value::Null)
        })
}

/// A page of the visible cards, newest first, or the error of a fault.
fn page(ctx: &mut QueryCtx<'_>, args: &Args, limits: PageLimits) -> FunctionResult {
    let options = args.pagination()?;
    if let Some(fault) = ctx.db().query("faults").first() {
        let has_cursor = options.cursor.is_some() || options.end_cursor.is_some();
        let hits = has_cursor || fault["hits"].as_str() == Some("all");
        match fault["kind"].as_str() {
            Some("invalid cursor") if hits => return Err(FunctionError::invalid_cursor()),
            Some("invalid cursor in words") if hits => return Err(FunctionError::invalid_cursor_by_message()),
            Some("undecodable cursor") if hits => return Err(FunctionError::unreadable_cursor()),
            Some(other) if hits => return Err(FunctionError::thrown(other)),
            _ => {}
        }
    }
    let mut db = ctx.db();
    let cards = db.query("cards").eq("shown", true).order(Order::Descending).page_limits(limits);
    cards.paginate(&options).map(Value::from)
}

/// A client of a list of cards, which are numbered in the order of their creation.
pub struct Cards {
    pub world: World,
    pub list: PaginatedHandle,
    /// How many of the pair's list results [`Cards::check`] has checked.
    checked: usize,
    /// How many of them [`Cards::history`] has returned.
    returned: usize,
}

impl Cards {
    /// A list of `count` cards, of which the first `initial` are loaded.
    pub fn of(function: &str, count: u32, initial: u32) -> Self {
        Self::in_world(World::new(), function, count, initial)
    }

    /// Like [`Cards::of`], in this world.
    pub fn in_world(world: World, function: &str, count: u32, initial: u32) -> Self {
        let mut cards = Self::loading(world, function, count, initial);
        cards.run_until(|cards| !matches!(cards.status(), PaginationStatus::LoadingFirstPage));
        cards
    }

    /// Like [`Cards::in_world`], before the first page has loaded.
    pub fn loading(mut world: World, function: &str, count: u32, initial: u32) -> Self {
        world
            .pair
            .server(|deployment, now| deployment.edit(now, |db| (0..count).for_each(|n| add(db, n, true))));
        let list = world.pair.subscribe_paginated(function, &json!({}), AuthPolicy::Settled, initial);
        Self { world, list, checked: 0, returned: 0 }
    }

    pub fn edit(&mut self, edit: impl FnOnce(&mut DatabaseWriter<'_, '_>)) {
        self.world.pair.server(|deployment, now| deployment.edit(now, edit));
    }

    pub fn add(&mut self, n: u32) {
        self.edit(|db| add(db, n, true));
    }

    pub fn remove(&mut self, n: u32) {
        self.edit(|db| {
            let id = id_of(db, n);
            db.delete(&id).unwrap();
        });
    }

    pub fn show(&mut self, n: u32, shown: bool) {
        self.edit(|db| {
            let id = id_of(db, n);
            db.patch(&id, object! { "shown" => shown }).unwrap();
        });
    }

    /// From now on, page queries fail, by this fault only. `hits`: `all`, or `continuing` for those
    /// with a cursor of their start or end.
    pub fn fault(&mut self, kind: &str, hits: &str) {
        self.edit(|db| {
            delete_faults(db);
            db.insert("faults", object! { "kind" => kind, "hits" => hits });
        });
    }

    pub fn clear_faults(&mut self) {
        self.edit(delete_faults);
    }

    pub fn load_more(&mut self, count: u32) -> bool {
        let list = self.list;
        self.world.pair.command(|client, _| client.load_more(list, count))
    }

    /// Loads `count` more items and waits for them.
    pub fn more(&mut self, count: u32) {
        assert!(self.load_more(count), "{:?}", self.status());
        assert_eq!(self.status(), PaginationStatus::LoadingMore);
        self.run_until(|cards| cards.status() != PaginationStatus::LoadingMore);
    }

    pub fn result(&self) -> PaginationResult {
        self.world.pair.client.paginated(self.list).unwrap()
    }

    pub fn status(&self) -> PaginationStatus {
        self.result().status
    }

    pub fn shown(&self) -> Vec<u32> {
        numbers(&self.result())
    }

    /// The visible cards on the server.
    pub fn on_server(&mut self) -> Vec<u32> {
        let cards = self.world.pair.server(|deployment, now| {
            let visible = |db: &mut DatabaseWriter<'_, '_>| {
                db.query("cards").eq("shown", true).order(Order::Descending).collect()
            };
            deployment.edit(now, visible)
        });
        cards.iter().map(|card| card["n"].as_f64().unwrap() as u32).collect()
    }

    /// The number of visible pages, without halves that are still loading.
    pub fn pages(&self) -> usize {
        self.result().pages.len()
    }

    pub fn run_until(&mut self, condition: impl Fn(&Self) -> bool) {
        while !condition(self) {
            let reports = self.world.pair.lists().len();
            let story = self.world.pair.events().len();
            self.world.pair.run_until(|pair| pair.lists().len() > reports || pair.events().len() > story);
            self.check();
        }
    }

    /// Runs for five seconds, which completes everything in flight.
    pub fn run(&mut self) {
        self.world.pair.run_for(std::time::Duration::from_secs(5));
        self.check();
    }

    /// Checks that no reported result has duplicates or is out of order.
    pub fn check(&mut self) {
        let lists = self.world.pair.lists();
        for (list, result) in &lists[self.checked..] {
            let numbers = numbers(result);
            let ordered = numbers.windows(2).all(|pair| pair[0] > pair[1]);
            assert!(*list != self.list || ordered, "{numbers:?}\n{}", self.world.pair.trace());
        }
        self.checked = lists.len();
    }

    /// The results of the list since the last call, without repetitions.
    pub fn history(&mut self) -> Vec<Vec<u32>> {
        self.check();
        let lists = &self.world.pair.lists()[self.returned..];
        let own = lists.iter().filter(|(list, _)| *list == self.list);
        let mut results: Vec<_> = own.map(|(_, result)| numbers(result)).collect();
        results.dedup();
        self.returned = self.checked;
        results
    }
}

pub fn numbers(result: &PaginationResult) -> Vec<u32> {
    #[derive(serde::Deserialize)]
    struct Card {
        n: u32,
    }
    result.pages.iter().flat_map(|page| page.decode::<Card>().unwrap()).map(|card| card.n).collect()
}

/// The numbers from `from` down to `to`.
pub fn down(from: u32, to: u32) -> Vec<u32> {
    (to..=from).rev().collect()
}

fn delete_faults(db: &mut DatabaseWriter<'_, '_>) {
    let faults = db.query("faults").collect();
    faults.iter().for_each(|fault| db.delete(fault["_id"].as_str().unwrap()).unwrap());
}

pub fn add(db: &mut DatabaseWriter<'_, '_>, n: u32, shown: bool) {
    db.insert("cards", object! { "n" => f64::from(n), "shown" => shown });
}

fn id_of(db: &mut DatabaseWriter<'_, '_>, n: u32) -> String {
    let card = db.query("cards").eq("n", f64::from(n)).first().unwrap();
    card["_id"].as_str().unwrap().to_owned()
}
