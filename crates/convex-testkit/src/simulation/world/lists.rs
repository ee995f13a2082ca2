//! Paginated lists of the world.

use convex_sync::{AuthPolicy, PaginatedHandle, PaginationResult, QueryHandle};
use serde_json::{Value as Json, json};

use super::{World, pick};
use crate::{
    object,
    simulation::{
        functions::{cards, is_seed},
        schedule::{ListFault, ListOperation},
    },
    store::DatabaseWriter,
};

pub(super) const INITIAL_ITEMS: u32 = 3;

/// A component with a list, and with a query of all cards: the list must be a prefix of them.
#[derive(Debug)]
pub(in crate::simulation) struct ListComponent {
    pub(in crate::simulation) auth: AuthPolicy,
    pub(in crate::simulation) list: PaginatedHandle,
    pub(in crate::simulation) all: QueryHandle,
    /// Whether it was mounted with the results of a rendered page.
    pub(in crate::simulation) is_seeded: bool,
}

impl World {
    pub(super) fn apply_to_lists(&mut self, operation: ListOperation) {
        match operation {
            ListOperation::Mount(auth) => self.mount_list(auth),
            ListOperation::Unmount(which) => {
                if let Some(index) = pick(which, self.lists.len()) {
                    let ListComponent { list, all, .. } = self.lists.remove(index);
                    self.pair.command(|client, _| {
                        client.unsubscribe_paginated(list);
                        client.unsubscribe(all);
                    });
                }
            }
            ListOperation::LoadMore(which, count) => {
                if let Some(index) = pick(which, self.lists.len()) {
                    let list = self.lists[index].list;
                    self.pair.command(|client, _| client.load_more(list, count.into()));
                }
            }
            ListOperation::Insert(count) => {
                let first = 2_000_000.0 + self.operations as f64 * 10.0;
                self.edit_cards(|db| (0..count).for_each(|n| cards::insert(db, first + f64::from(n))));
            }
            ListOperation::Remove(which) => self.edit_cards(|db| {
                let cards = db.query("cards").collect();
                if let Some(id) = pick(which, cards.len()).and_then(|index| cards[index]["_id"].as_str()) {
                    db.delete(id).expect("it was just found");
                }
            }),
            ListOperation::ForgetCursors => self.pair.server(|deployment, now| {
                deployment.forget_cursors();
                deployment.restart(now);
            }),
            ListOperation::Fault(fault) => self.edit_cards(|db| {
                for fault in db.query("faults").collect() {
                    let id = fault["_id"].as_str().expect("an id is a string");
                    db.delete(id).expect("it was just found");
                }
                if fault != ListFault::None {
                    db.insert("faults", object! { "kind" => format!("{fault:?}") });
                }
            }),
        }
    }

    fn mount_list(&mut self, auth: AuthPolicy) {
        let args = json!({ "auth": format!("{auth:?}") });
        let (page, page_args) = crate::pair::call(cards::PAGE, &args);
        let (all, all_args) = crate::pair::call(cards::ALL, &args);
        let list = self.pair.client.subscribe_paginated(&page, &page_args, auth, INITIAL_ITEMS);
        let all = self.pair.client.subscribe(&all, &all_args, auth);
        let is_seeded = self.seed_list(auth, list, all);
        self.lists.push(ListComponent { auth, list, all, is_seeded });
        self.pair.command(|_, _| ());
    }

    fn edit_cards(&mut self, edit: impl FnOnce(&mut DatabaseWriter<'_, '_>)) {
        self.pair.server(|deployment, now| deployment.edit(now, edit));
    }

    /// The result of a list, and the ids in it.
    pub(in crate::simulation) fn list_result(&self, list: PaginatedHandle) -> (PaginationResult, Vec<f64>) {
        let result = self.pair.client.paginated(list).expect("its component is mounted");
        let pages = result.pages.iter().flat_map(|page| page.decode::<Json>().expect("any value is JSON"));
        let ids = pages.filter_map(|card| card["id"].as_f64()).collect();
        (result, ids)
    }

    /// The ids of all cards, as far as the client has received them.
    pub(in crate::simulation) fn all_cards(&self, all: QueryHandle) -> Option<Vec<f64>> {
        let all = self.pair.result(all)?.ok()?;
        Some(all.as_array()?.iter().filter(|id| !is_seed(id)).filter_map(Json::as_f64).collect())
    }

    /// Whether the cards are those of a rendered page.
    pub(in crate::simulation) fn is_list_seeded(&self, all: QueryHandle) -> bool {
        let all = self.pair.result(all).and_then(Result::ok);
        all.is_some_and(|all| all.as_array().into_iter().flatten().any(is_seed))
    }
}
