//! A paginated list always shows the first items on the server, without gaps and duplicates.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use convex_sync::{AuthPolicy, Config, PaginationStatus::*, SuspendedResults};
use serde_json::{Value as Json, json};
use support::{
    World,
    lists::{Cards, down, numbers},
    seconds,
};

/// The page queries that the client has added, oldest first: whether each has a start cursor and an
/// end cursor, and its number of items.
fn added_pages(cards: &Cards) -> Vec<(bool, bool, u64)> {
    let modifications =
        cards.world.pair.sent().into_iter().filter_map(|frame| frame["modifications"].as_array());
    let added = modifications.flatten().filter(|modification| modification["type"] == "Add");
    let options = added.map(|add| &add["args"][0]["paginationOpts"]);
    options
        .map(|o| (o["cursor"].is_string(), o["endCursor"].is_string(), o["numItems"].as_u64().unwrap()))
        .collect()
}

#[test]
fn list_loads_page_by_page_to_its_end() {
    let mut cards = Cards::of("cards:page", 7, 3);
    assert_eq!((cards.shown(), cards.status()), (down(6, 4), CanLoadMore));
    cards.more(2);
    assert_eq!((cards.shown(), cards.status()), (down(6, 2), CanLoadMore));
    cards.more(9);
    assert_eq!((cards.shown(), cards.status()), (down(6, 0), Exhausted));
    assert_eq!(added_pages(&cards), [(false, false, 3), (true, false, 2), (true, false, 9)]);
    let ids: Vec<_> = cards
        .world
        .pair
        .sent()
        .iter()
        .filter_map(|f| f["modifications"][0]["args"][0]["paginationOpts"]["id"].as_u64())
        .collect();
    assert_eq!(ids, [1, 1, 1]);
}

#[test]
fn load_more_is_ignored_while_loading_or_exhausted() {
    let mut cards = Cards::of("cards:page", 4, 2);
    assert!(cards.load_more(1));
    assert!(!cards.load_more(1), "the list is loading");
    cards.run();
    assert_eq!(cards.shown(), down(3, 1));
    cards.more(5);
    assert_eq!(cards.status(), Exhausted);
    assert!(!cards.load_more(1), "the list is exhausted");
}

#[test]
fn load_more_shows_loading_at_once_and_ends_in_one_transition() {
    let mut cards = Cards::of("cards:page", 4, 2);
    cards.history();
    assert!(cards.load_more(2));
    let reported = &cards.world.pair.lists().last().unwrap().1;
    assert_eq!((numbers(reported), &reported.status), (down(3, 2), &LoadingMore));
    cards.run_until(|cards| cards.status() != LoadingMore);
    assert_eq!(cards.history(), [down(3, 2), down(3, 0)]);
}

#[test]
fn changes_by_others_appear_at_their_place() {
    let mut cards = Cards::of("cards:page", 6, 2);
    cards.show(3, false);
    cards.more(2);
    assert_eq!(cards.shown(), [5, 4, 2, 1]);
    cards.add(6);
    cards.run();
    assert_eq!(cards.shown(), [6, 5, 4, 2, 1], "at the top");
    cards.show(3, true);
    cards.run();
    assert_eq!(cards.shown(), [6, 5, 4, 3, 2, 1], "between two pages");
    cards.remove(4);
    cards.run();
    assert_eq!(cards.shown(), [6, 5, 3, 2, 1], "the last item of a page");
    cards.show(5, false);
    cards.show(6, false);
    cards.run();
    assert_eq!(cards.shown(), [3, 2, 1], "all items of a page");
    assert_eq!(cards.status(), CanLoadMore);
    cards.more(3);
    assert_eq!((cards.shown(), cards.status()), (vec![3, 2, 1, 0], Exhausted));
    assert_eq!(added_pages(&cards).len(), 3, "no page was added again");
}

#[test]
fn changes_while_more_is_loading_leave_no_gap() {
    let mut cards = Cards::of("cards:page", 6, 2);
    cards.world.pair.conditions.latency = seconds(1);
    cards.load_more(2);
    for n in 6..10 {
        cards.add(n);
    }
    cards.remove(4);
    cards.run();
    assert_eq!(cards.shown(), [9, 8, 7, 6, 5, 3, 2]);
}

#[test]
fn reconnect_while_loading_keeps_every_page() {
    let mut cards = Cards::of("cards:page", 9, 2);
    cards.more(2);
    cards.load_more(2);
    cards.world.pair.cut();
    cards.add(9);
    cards.remove(7);
    assert_eq!(cards.shown(), down(8, 5), "all items stay visible");
    cards.run();
    assert_eq!((cards.shown(), cards.status()), (vec![9, 8, 6, 5, 4, 3], CanLoadMore));
    assert_eq!(cards.pages(), 3);
    cards.world.pair.cut();
    cards.run();
    assert_eq!(cards.shown(), [9, 8, 6, 5, 4, 3]);
}

#[test]
fn lists_of_one_function_are_independent() {
    let mut cards = Cards::of("cards:page", 6, 2);
    let other = cards.world.pair.subscribe_paginated("cards:page", &json!({}), AuthPolicy::Settled, 2);
    cards.add(6);
    cards.run();
    cards.more(2);
    assert_eq!(cards.shown(), [6, 5, 4, 3, 2]);
    assert_eq!(numbers(&cards.world.pair.client.paginated(other).unwrap()), [6, 5], "it has its own journal");
    cards.world.pair.command(|client, _| client.unsubscribe_paginated(other));
    assert_eq!(cards.world.pair.client.paginated(other), None);
    cards.add(7);
    cards.run();
    assert_eq!(cards.shown(), [7, 6, 5, 4, 3, 2]);
}

#[test]
fn unsubscribing_removes_every_page() {
    let mut cards = Cards::of("cards:smallPages", 9, 2);
    cards.more(2);
    (9..12).for_each(|n| cards.add(n));
    let (list, connection) = (cards.list, cards.world.pair.connection().unwrap());
    cards.world.pair.command(|client, _| client.unsubscribe_paginated(list));
    cards.run();
    assert_eq!(cards.world.pair.deployment.subscriptions(connection), 0);
    let reports = cards.world.pair.lists().len();
    cards.add(12);
    cards.run();
    assert_eq!(cards.world.pair.lists().len(), reports);
    assert!(!cards.load_more(1));
}

/// A page's query contains the id of its list, so no other list can reuse it.
#[test]
fn unsubscribed_pages_are_not_cached() {
    let config = Config { query_cache_time: seconds(60), ..Config::default() };
    let mut cards = Cards::in_world(World::with_config(config), "cards:smallPages", 6, 3);
    cards.add(6);
    cards.add(7);
    cards.run();
    let (list, connection) = (cards.list, cards.world.pair.connection().unwrap());
    assert_eq!((cards.pages(), cards.world.pair.deployment.subscriptions(connection)), (2, 2));
    cards.world.pair.command(|client, _| client.unsubscribe_paginated(list));
    cards.run();
    assert_eq!(cards.world.pair.deployment.subscriptions(connection), 0);
}

#[test]
fn suspended_list_resumes_with_all_its_pages() {
    for (results, suspended) in [
        (SuspendedResults::Keep, (down(5, 2), CanLoadMore)),
        (SuspendedResults::Clear, (vec![], LoadingFirstPage)),
    ] {
        let mut cards = Cards::of("cards:page", 6, 2);
        cards.more(2);
        let suspension = cards.world.pair.command(|client, _| client.suspend(results, |_, _| true));
        cards.add(6);
        cards.run();
        assert_eq!((cards.shown(), cards.status()), suspended);
        cards.history();
        cards.world.pair.command(|client, _| client.resume(suspension));
        cards.run();
        assert_eq!((cards.shown(), cards.status(), cards.pages()), (down(6, 2), CanLoadMore, 2));
        assert_eq!(cards.history(), [down(6, 2)]);
    }
}

/// docs/auth.md §4, line 19.
#[test]
fn identity_change_restarts_at_the_first_page() {
    let mut cards = Cards::of("cards:page", 6, 2);
    cards.world.tokens_of("ann", seconds(3600));
    cards.world.sign_in("ann");
    cards.run();
    cards.more(2);
    cards.world.tokens_of("bob", seconds(3600));
    cards.world.sign_in("bob");
    assert_eq!((cards.shown(), cards.status()), (vec![], LoadingFirstPage), "in the same tick");
    let reported = &cards.world.pair.lists().last().unwrap().1;
    assert_eq!(reported.status, LoadingFirstPage);
    cards.run();
    assert_eq!((cards.shown(), cards.status()), (down(5, 4), CanLoadMore));
    cards.more(4);
    assert_eq!(cards.shown(), down(5, 0));
}

#[test]
fn failed_page_ends_the_list_until_it_recovers() {
    let mut cards = Cards::of("cards:page", 6, 2);
    cards.more(2);
    cards.fault("Out of order", "continuing");
    cards.run();
    assert_eq!(cards.shown(), down(5, 4));
    let Error(error) = cards.status() else { panic!("{:?}", cards.status()) };
    assert!(error.message.contains("Out of order"));
    assert!(!cards.load_more(2));
    cards.add(6);
    cards.run();
    assert_eq!(cards.shown(), down(6, 4), "earlier pages are live");
    cards.clear_faults();
    cards.run();
    assert_eq!((cards.shown(), cards.status()), (down(6, 2), CanLoadMore));
}

/// A run that fails before it paginates leaves no journal, so the page loses its end.
#[test]
fn page_without_a_journal_is_pinned_to_the_next_pages_start() {
    let mut cards = Cards::of("cards:page", 6, 2);
    cards.more(2);
    cards.fault("Out of order", "all");
    cards.run();
    cards.add(6);
    cards.add(7);
    cards.clear_faults();
    cards.run();
    assert_eq!((cards.shown(), cards.status()), (down(7, 2), CanLoadMore));
    assert_eq!(added_pages(&cards)[2..], [(false, true, 2)]);
    cards.add(8);
    cards.run();
    assert_eq!(cards.shown(), down(8, 2));
}

#[test]
fn function_without_journals_leaves_no_gap() {
    let mut cards = Cards::of("cards:withoutJournal", 6, 2);
    cards.more(2);
    cards.add(6);
    cards.run();
    assert_eq!((cards.shown(), cards.status()), (down(6, 2), CanLoadMore));
    cards.add(7);
    cards.history();
    cards.run();
    assert_eq!(cards.history(), [down(7, 2)], "the page is pinned now");
    cards.more(9);
    assert_eq!((cards.shown(), cards.status()), (down(7, 0), Exhausted));
}

#[test]
fn result_that_is_not_a_page_is_an_error() {
    let cards = Cards::of("cards:noPage", 0, 2);
    let Error(error) = cards.status() else { panic!("{:?}", cards.status()) };
    assert!(error.message.contains("did not return a page"), "{error}");
}

#[test]
fn transition_reports_a_list_once() {
    let mut cards = Cards::of("cards:page", 6, 2);
    cards.more(2);
    let reports = cards.world.pair.lists().len();
    cards.edit(|db| {
        for card in db.query("cards").collect() {
            db.patch(card["_id"].as_str().unwrap(), convex_testkit::object! { "seen" => true }).unwrap();
        }
    });
    cards.run();
    assert_eq!(cards.world.pair.lists().len(), reports + 1);
    let values: Vec<Json> = cards.result().pages[0].decode().unwrap();
    assert_eq!(values[0]["seen"], true);
}
