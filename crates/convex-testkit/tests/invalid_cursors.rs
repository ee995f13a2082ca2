//! An invalid cursor restarts its list, a limited number of times (docs/auth.md §4, line 43).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use convex_sync::PaginationStatus::*;
use support::lists::{Cards, down};

/// Faults of the deployment that invalidate cursors.
const KINDS: [&str; 3] = ["invalid cursor", "invalid cursor in words", "undecodable cursor"];

/// How many page queries the client has added.
fn added(cards: &Cards) -> usize {
    let frames = cards.world.pair.sent().into_iter().filter_map(|frame| frame["modifications"].as_array());
    frames.flatten().filter(|modification| modification["type"] == "Add").count()
}

/// The list shows the error, and does not restart by itself.
fn assert_error_is_final(cards: &mut Cards) {
    let Error(error) = cards.status() else { panic!("{:?}", cards.status()) };
    let names_cursor =
        ["InvalidCursor", "Failed to parse cursor"].iter().any(|text| error.message.contains(text));
    assert!(names_cursor, "{error}");
    let before = added(cards);
    cards.run();
    cards.world.pair.cut();
    cards.run();
    cards.add(99);
    cards.run();
    let added_again = added(cards) - before;
    assert!(added_again <= 2, "only the reconnect adds the pages again: {added_again}");
}

/// docs/auth.md §4, line 43.
#[test]
fn invalid_cursor_restarts_the_list() {
    for kind in KINDS {
        let mut cards = Cards::of("cards:page", 6, 2);
        cards.more(2);
        cards.history();
        cards.fault(kind, "continuing");
        cards.run();
        assert_eq!((cards.shown(), cards.status()), (down(5, 4), CanLoadMore));
        cards.clear_faults();
        assert!(cards.load_more(4));
        cards.run();
        assert_eq!((cards.shown(), cards.status()), (down(5, 0), CanLoadMore));
        assert_eq!(cards.history(), [vec![], down(5, 4), down(5, 0)]);
    }
}

/// docs/auth.md §4, line 43.
#[test]
fn invalid_cursor_restarts_a_list_of_many_pages() {
    let mut cards = Cards::of("cards:page", 9, 2);
    for _ in 0..3 {
        cards.more(2);
    }
    cards.fault("invalid cursor", "continuing");
    cards.run();
    assert_eq!((cards.shown(), cards.status(), cards.pages()), (down(8, 7), CanLoadMore, 1));
}

/// docs/auth.md §4, line 43.
#[test]
fn first_page_that_stays_invalid_becomes_an_error() {
    for kind in KINDS {
        let mut cards = Cards::of("cards:page", 6, 2);
        cards.fault(kind, "all");
        cards.run();
        assert_eq!(added(&cards), 1 + 3, "{kind}");
        assert!(cards.shown().is_empty());
        assert_error_is_final(&mut cards);
        cards.clear_faults();
        cards.run();
        assert_eq!((cards.shown(), cards.status()), (vec![99, 5], CanLoadMore), "the query is still live");
    }
}

/// The first page loads each time, which does not reset the count. docs/auth.md §4, line 43.
#[test]
fn second_page_that_stays_invalid_becomes_an_error() {
    for kind in KINDS {
        let mut cards = Cards::of("cards:page", 6, 2);
        cards.fault(kind, "continuing");
        cards.run();
        for _ in 0..3 {
            assert!(cards.load_more(2));
            cards.run();
            assert_eq!((cards.shown(), cards.status()), (down(5, 4), CanLoadMore));
        }
        assert!(cards.load_more(2));
        cards.run();
        assert_eq!(cards.shown(), down(5, 4), "the first page stays visible");
        assert_error_is_final(&mut cards);
    }
}

/// The first page has lost its journal and ends elsewhere after a card was added, and the page that
/// should end where the next one starts fails. docs/auth.md §4, line 43.
#[test]
fn gap_that_cannot_be_closed_ends_the_list() {
    for kind in KINDS {
        let mut cards = Cards::of("cards:page", 6, 2);
        cards.fault(kind, "continuing");
        cards.run();
        for _ in 0..4 {
            assert!(cards.load_more(2));
            cards.run();
        }
        assert!(matches!(cards.status(), Error(_)), "the restarts are used up");
        // A run that fails before it paginates leaves no journal.
        cards.fault("Out of order", "all");
        cards.run();
        cards.add(6);
        cards.fault(kind, "continuing");
        cards.run();
        assert_eq!((cards.shown(), cards.status()), (down(6, 5), CanLoadMore), "{kind}");
        assert_eq!(cards.world.subscriptions(), 1, "the page behind the gap is gone");
        cards.clear_faults();
        cards.more(9);
        assert_eq!((cards.shown(), cards.status()), (down(6, 0), Exhausted));
    }
}

/// The first page loads each time, and is too large. docs/auth.md §4, line 43.
#[test]
fn halves_that_stay_invalid_are_tried_four_times() {
    let mut cards = Cards::of("cards:page", 6, 9);
    cards.fault("invalid cursor", "continuing");
    cards.run();
    cards.world.pair.conditions.latency = support::millis(100);
    let list = cards.world.pair.subscribe_paginated(
        "cards:smallPages",
        &serde_json::json!({}),
        convex_sync::AuthPolicy::Settled,
        9,
    );
    cards.world.pair.run_for(support::seconds(60));
    let result = cards.world.pair.client.paginated(list).unwrap();
    assert_eq!((support::lists::numbers(&result), result.status), (down(5, 0), Exhausted));
    assert_eq!(added(&cards), 1 + 4 * 3, "four times a page and its two halves");
    assert_eq!(cards.world.subscriptions(), 1 + 1, "one page per list");

    // The next result is split again. The cursors are valid now, so the halves load.
    cards.clear_faults();
    cards.add(6);
    cards.world.pair.run_for(support::seconds(60));
    let result = cards.world.pair.client.paginated(list).unwrap();
    assert_eq!((support::lists::numbers(&result), result.status), (down(6, 0), Exhausted));
    assert!(result.pages.len() > 1, "the page was split");
}

/// docs/auth.md §4, line 43.
#[test]
fn list_that_recovered_may_restart_again() {
    let mut cards = Cards::of("cards:page", 6, 2);
    for _ in 0..10 {
        cards.more(2);
        assert_eq!(cards.shown(), down(5, 2));
        cards.fault("invalid cursor", "continuing");
        cards.run();
        assert_eq!((cards.shown(), cards.status()), (down(5, 4), CanLoadMore));
        cards.clear_faults();
    }
}

/// docs/auth.md §4, line 43.
#[test]
fn invalid_half_restarts_the_list() {
    let mut cards = Cards::of("cards:smallPages", 6, 3);
    cards.world.pair.conditions.latency = support::millis(100);
    (6..8).for_each(|n| cards.add(n));
    cards.run_until(|cards| cards.shown() == down(7, 3));
    cards.fault("invalid cursor", "continuing");
    cards.run();
    assert_eq!(cards.shown(), down(7, 5));
    cards.clear_faults();
    cards.more(9);
    assert_eq!((cards.shown(), cards.status()), (down(7, 0), Exhausted));
}
