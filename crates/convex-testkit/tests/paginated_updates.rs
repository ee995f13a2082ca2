//! Optimistic updates of paginated lists: each inserted item is shown exactly once on all pages
//! together.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use convex_sync::{Arguments, FunctionPath, LocalStore, RequestId, SortOrder};
use serde::{Deserialize, Serialize};
use serde_json::json;
use support::{
    lists::{Cards, down},
    notes::Updated,
};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Card {
    n: f64,
}

fn list() -> (FunctionPath, Arguments) {
    (FunctionPath::parse("cards:smallPages").unwrap(), Arguments::encode(&()).unwrap().unwrap())
}

fn at_top(n: u32) -> impl FnMut(&mut LocalStore<'_>) -> Updated {
    move |store| store.insert_at_top(&list().0, &list().1, &Card { n: n.into() })
}

fn at_bottom(n: u32) -> impl FnMut(&mut LocalStore<'_>) -> Updated {
    move |store| store.insert_at_bottom_if_loaded(&list().0, &list().1, &Card { n: n.into() })
}

fn sorted(n: f64) -> impl FnMut(&mut LocalStore<'_>) -> Updated {
    move |store| {
        let key = |card: &Card| card.n;
        store.insert_at_position(&list().0, &list().1, SortOrder::Descending, key, &Card { n })
    }
}

fn renamed(from: f64, to: f64) -> impl FnMut(&mut LocalStore<'_>) -> Updated {
    move |store| {
        store.update_items::<Card>(&list().0, &list().1, |card| (card.n == from).then_some(Card { n: to }))
    }
}

fn write(
    cards: &mut Cards,
    update: impl FnMut(&mut LocalStore<'_>) -> Updated + Send + Sync + 'static,
    args: serde_json::Value,
) -> RequestId {
    cards.world.pair.mutate_optimistically("cards:add", &args, update)
}

#[test]
fn item_inserted_at_the_top_is_shown_once_without_flicker() {
    let mut cards = Cards::of("cards:smallPages", 6, 2);
    cards.more(2);
    cards.history();
    let request = write(&mut cards, at_top(6), json!({ "n": 6 }));
    assert_eq!(cards.shown(), down(6, 2), "at once");
    cards.run_until(|cards| cards.world.pair.outcome(request).is_some());
    assert_eq!(cards.history(), [down(6, 2)], "without a flicker");
}

#[test]
fn inserted_item_is_shown_once_over_a_split_and_a_reconnect() {
    let mut cards = Cards::of("cards:smallPages", 6, 3);
    cards.world.pair.conditions.latency = support::millis(100);
    (6..8).for_each(|n| cards.add(n));
    write(&mut cards, at_top(8), json!({ "n": 8 }));
    cards.world.pair.cut();
    cards.history();
    cards.run();
    assert_eq!(cards.pages(), 2);
    let history = cards.history();
    assert!(history.iter().all(|shown| shown.iter().filter(|n| **n == 8).count() == 1), "{history:?}");
    assert_eq!(cards.shown(), down(8, 3));
}

#[test]
fn items_of_others_appear_below_the_inserted_one() {
    let mut cards = Cards::of("cards:smallPages", 6, 2);
    cards.world.pair.conditions.latency = support::seconds(1);
    let request = write(&mut cards, at_top(9), json!({ "n": 9 }));
    cards.add(6);
    cards.run_until(|cards| cards.shown().contains(&6));
    assert_eq!(cards.shown(), [9, 6, 5, 4]);
    assert_eq!(cards.world.pair.outcome(request), None);
}

#[test]
fn insert_at_bottom_applies_only_to_a_fully_loaded_list() {
    let mut cards = Cards::of("cards:smallPages", 6, 2);
    write(&mut cards, at_bottom(0), json!({}));
    assert_eq!(cards.shown(), down(5, 4), "the list has more pages");
    cards.run();
    cards.remove(0);
    cards.run();
    cards.more(9);
    write(&mut cards, at_bottom(0), json!({}));
    assert_eq!(cards.shown(), down(5, 0));
    cards.run();
    assert_eq!(cards.shown(), down(5, 1), "the mutation failed");
}

#[test]
fn insert_at_position_keeps_the_sort_order() {
    let mut cards = Cards::of("cards:smallPages", 8, 2);
    for n in [2, 4, 6] {
        cards.remove(n);
    }
    cards.run();
    cards.more(3);
    assert_eq!(cards.shown(), [7, 5, 3, 1]);
    for (n, shown) in [
        (8.0, vec![8, 7, 5, 3, 1]),
        (6.0, vec![7, 6, 5, 3, 1]),
        (4.0, vec![7, 5, 4, 3, 1]),
        (2.0, vec![7, 5, 3, 2, 1]),
        (0.0, vec![7, 5, 3, 1]),
    ] {
        let request = write(&mut cards, sorted(n), json!({}));
        assert_eq!(cards.shown(), shown, "{n}");
        cards.world.pair.command(|client, _| client.cancel(request));
        assert_eq!(cards.shown(), [7, 5, 3, 1]);
    }
    cards.remove(0);
    cards.run();
    cards.more(9);
    write(&mut cards, sorted(0.0), json!({}));
    assert_eq!(cards.shown(), [7, 5, 3, 1, 0], "at the end, since the list is fully loaded");
}

#[test]
fn insert_at_position_works_on_an_empty_list() {
    let mut cards = Cards::of("cards:smallPages", 0, 2);
    let request = write(&mut cards, sorted(1.0), json!({ "n": 1 }));
    assert_eq!(cards.shown(), [1]);
    cards.run_until(|cards| cards.world.pair.outcome(request).is_some());
    assert_eq!(cards.shown(), [1]);
}

#[test]
fn update_items_changes_only_the_matching_items() {
    let mut cards = Cards::of("cards:smallPages", 6, 2);
    cards.more(2);
    let before: Vec<serde_json::Value> = cards.result().pages[0].decode().unwrap();
    let args = json!({ "from": 3, "to": 3.5 });
    cards.world.pair.mutate_optimistically("cards:rename", &args, renamed(3.0, 3.5));
    let values = |cards: &Cards| -> Vec<f64> {
        let pages = cards.result().pages;
        pages.iter().flat_map(|page| page.decode::<Card>().unwrap()).map(|card| card.n).collect()
    };
    assert_eq!(values(&cards), [5.0, 4.0, 3.5, 2.0]);
    let after: Vec<serde_json::Value> = cards.result().pages[0].decode().unwrap();
    assert_eq!(after, before, "fields that the update does not know are kept");
    cards.world.pair.run_for(support::seconds(5));
    assert_eq!(values(&cards), [5.0, 4.0, 3.5, 2.0]);
}

#[test]
fn insert_applies_only_to_lists_with_matching_arguments() {
    let mut cards = Cards::of("cards:smallPages", 2, 2);
    let pair = &mut cards.world.pair;
    let auth = convex_sync::AuthPolicy::Settled;
    let other = pair.subscribe_paginated("cards:smallPages", &json!({ "deck": "a" }), auth, 2);
    let both =
        pair.subscribe_paginated("cards:smallPages", &json!({ "deck": "b", "suit": "hearts" }), auth, 2);
    cards.run();
    let deck = |deck: &str| Arguments::encode(&json!({ "deck": deck })).unwrap().unwrap();
    let (function, _) = list();
    let matching = deck("b");
    let update =
        move |store: &mut LocalStore<'_>| store.insert_at_top(&function, &matching, &Card { n: 2.0 });
    write(&mut cards, update, json!({}));
    let count = |list| -> usize {
        let pages = cards.world.pair.client.paginated(list).unwrap().pages;
        pages.iter().map(|page| page.decode::<Card>().unwrap().len()).sum()
    };
    assert_eq!((count(cards.list), count(other), count(both)), (2, 2, 3));
}
