//! A journal that the server cannot decode restarts its list; a query that is not part of a list
//! drops its journal (docs/auth.md §5).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use convex_sync::{
    Arguments, AuthPolicy, FunctionPath, PaginationStatus::*, QueryHandle, RequestOptions, SyncClient,
};
use serde_json::json;
use support::lists::{Cards, down};

/// The deployment can no longer decode its cursors and journals, and the connection is lost.
fn forget_cursors(cards: &mut Cards) {
    cards.world.pair.deployment.forget_cursors();
    cards.world.pair.cut();
}

/// How many queries of a function the client has added.
fn added(cards: &Cards, function: &str) -> usize {
    let frames = cards.world.pair.sent().into_iter().filter_map(|frame| frame["modifications"].as_array());
    frames.flatten().filter(|change| change["type"] == "Add" && change["udfPath"] == function).count()
}

#[test]
fn undecodable_journal_restarts_the_list() {
    for pages in 1..4 {
        let mut cards = Cards::of("cards:page", 9, 2);
        (1..pages).for_each(|_| cards.more(2));
        cards.history();
        forget_cursors(&mut cards);
        assert_eq!(cards.shown(), down(8, 9 - 2 * pages), "the items stay visible");
        cards.run();
        assert_eq!((cards.shown(), cards.status(), cards.pages()), (down(8, 7), CanLoadMore, 1));
        cards.more(2);
        cards.add(9);
        cards.run();
        assert_eq!((cards.shown(), cards.pages()), (down(9, 5), 2), "the pages are pinned");
    }
}

#[test]
fn list_restarts_whenever_cursors_become_undecodable() {
    let mut cards = Cards::of("cards:page", 9, 2);
    for _ in 0..9 {
        cards.more(2);
        forget_cursors(&mut cards);
        cards.run();
        assert_eq!((cards.shown(), cards.status()), (down(8, 7), CanLoadMore));
    }
}

#[test]
fn half_with_an_undecodable_cursor_restarts_the_list() {
    let mut cards = Cards::of("cards:smallPages", 6, 3);
    cards.world.pair.conditions.latency = support::millis(100);
    (6..8).for_each(|n| cards.add(n));
    cards.run_until(|cards| cards.shown() == down(7, 3));
    forget_cursors(&mut cards);
    cards.run();
    assert_eq!((cards.shown(), cards.status()), (down(7, 5), CanLoadMore));
    cards.more(9);
    assert_eq!((cards.shown(), cards.status()), (down(7, 0), Exhausted));
}

#[test]
fn loading_page_with_an_undecodable_cursor_restarts_the_list() {
    let mut cards = Cards::of("cards:page", 6, 2);
    cards.load_more(2);
    forget_cursors(&mut cards);
    cards.run();
    assert_eq!((cards.shown(), cards.status()), (down(5, 4), CanLoadMore));
}

#[test]
fn suspended_list_restarts_once_resumed() {
    let mut cards = Cards::of("cards:page", 6, 2);
    cards.more(2);
    let suspend = |client: &mut SyncClient| client.suspend(Default::default(), |_, _| true);
    let suspension = cards.world.pair.command(|client, _| suspend(client));
    forget_cursors(&mut cards);
    cards.run();
    assert_eq!(cards.shown(), down(5, 2));
    cards.world.pair.command(|client, _| client.resume(suspension));
    cards.run();
    assert_eq!((cards.shown(), cards.status()), (down(5, 4), CanLoadMore));
}

/// Subscribes to a page without a list.
fn plain_page(cards: &mut Cards) -> QueryHandle {
    let options = json!({ "paginationOpts": { "cursor": null, "numItems": 2 } });
    let query = cards.world.pair.subscribe("cards:page", &options, AuthPolicy::Settled);
    cards.run();
    query
}

#[test]
fn plain_query_drops_the_journal_without_an_error() {
    let mut cards = Cards::of("cards:page", 6, 2);
    let query = plain_page(&mut cards);
    forget_cursors(&mut cards);
    let mut results = vec![];
    for _ in 0..50 {
        cards.world.pair.run_for(support::millis(100));
        results.push(cards.world.pair.result(query));
    }
    assert!(results.iter().all(|result| matches!(result, Some(Ok(_)))), "{results:?}");
    cards.add(6);
    cards.run();
    let shown = cards.world.pair.result(query).unwrap().unwrap();
    assert_eq!(shown["page"].as_array().unwrap().len(), 3, "the query is live");
}

#[test]
fn one_shot_query_waits_for_the_run_without_a_journal() {
    let mut cards = Cards::of("cards:page", 6, 2);
    plain_page(&mut cards);
    forget_cursors(&mut cards);
    let options = json!({ "paginationOpts": { "cursor": null, "numItems": 2 } });
    let (path, args) =
        (FunctionPath::parse("cards:page").unwrap(), Arguments::encode(&options).unwrap().unwrap());
    let request =
        cards.world.pair.command(|client, now| client.query_once(now, path, args, RequestOptions::default()));
    cards.run();
    assert!(matches!(cards.world.pair.outcome(request), Some(Ok(_))));
}

/// The function always fails with the text of an undecodable cursor, and leaves a journal.
#[test]
fn journal_is_dropped_once_per_connection() {
    let mut cards = Cards::of("cards:page", 6, 2);
    let query = cards.world.pair.subscribe("cards:undecodable", &json!({}), AuthPolicy::Settled);
    cards.run();
    for _ in 0..3 {
        let before = added(&cards, "cards:undecodable");
        cards.world.pair.cut();
        cards.run();
        assert!(matches!(cards.world.pair.result(query), Some(Err(_))));
        assert_eq!(added(&cards, "cards:undecodable") - before, 2);
    }
}

/// A redacting deployment does not say that it cannot decode a journal or a cursor.
mod redacted {
    use super::*;

    fn redacted_list(function: &str, count: u32, initial: u32) -> Cards {
        let mut cards = Cards::of(function, count, initial);
        cards.world.pair.deployment.set_redacts(true);
        cards
    }

    #[test]
    fn list_with_undecodable_journals_restarts() {
        for pages in 1..4 {
            let mut cards = redacted_list("cards:page", 9, 2);
            (1..pages).for_each(|_| cards.more(2));
            forget_cursors(&mut cards);
            cards.run();
            assert_eq!((cards.shown(), cards.status(), cards.pages()), (down(8, 7), CanLoadMore, 1));
        }
    }

    #[test]
    fn plain_query_drops_the_journal() {
        let mut cards = redacted_list("cards:page", 6, 2);
        let query = plain_page(&mut cards);
        forget_cursors(&mut cards);
        cards.run();
        assert!(matches!(cards.world.pair.result(query), Some(Ok(_))));
    }

    #[test]
    fn error_during_a_connection_keeps_the_pages() {
        let mut cards = redacted_list("cards:page", 6, 2);
        cards.more(2);
        let before = added(&cards, "cards:page");
        cards.fault("Out of order", "continuing");
        cards.run();
        assert!(matches!(cards.status(), Error(_)));
        cards.clear_faults();
        cards.run();
        assert_eq!((cards.shown(), cards.status()), (down(5, 2), CanLoadMore));
        assert_eq!(added(&cards, "cards:page"), before);
    }

    #[test]
    fn error_after_a_reconnect_is_shown_after_one_retry() {
        let mut cards = redacted_list("cards:page", 6, 2);
        cards.more(2);
        for _ in 0..9 {
            cards.fault("Out of order", "all");
            cards.world.pair.cut();
            let before = added(&cards, "cards:page");
            cards.run();
            assert!(matches!(cards.status(), Error(_)));
            assert!(added(&cards, "cards:page") - before <= 3, "both pages, and the first page once more");
            cards.clear_faults();
            cards.run();
            assert_eq!((cards.shown(), cards.status()), (down(5, 4), CanLoadMore));
        }
    }

    #[test]
    fn lasting_error_is_not_retried_at_every_reconnect() {
        let mut cards = redacted_list("cards:page", 6, 2);
        let query = cards.world.pair.subscribe("cards:undecodable", &json!({}), AuthPolicy::Settled);
        cards.run();
        for _ in 0..3 {
            let before = added(&cards, "cards:undecodable");
            cards.world.pair.cut();
            cards.run();
            assert!(matches!(cards.world.pair.result(query), Some(Err(_))));
            assert_eq!(added(&cards, "cards:undecodable") - before, 1);
        }
    }
}
