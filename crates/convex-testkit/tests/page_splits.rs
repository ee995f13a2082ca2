//! A page that has grown too large is split into two without a visible change (docs/auth.md §4,
//! line 42).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use convex_sync::PaginationStatus::*;
use support::{
    lists::{Cards, down},
    millis, seconds,
};

/// A list. Its first page has just grown beyond the size that the server recommends.
fn grown() -> Cards {
    let mut cards = Cards::of("cards:smallPages", 6, 3);
    cards.more(2);
    cards.world.pair.conditions.latency = millis(100);
    (6..8).for_each(|n| cards.add(n));
    cards.run_until(|cards| cards.shown() == down(7, 1));
    cards.history();
    cards
}

/// docs/auth.md §4, line 42.
#[test]
fn split_page_shows_every_item_once() {
    let mut cards = grown();
    assert_eq!(cards.pages(), 2, "the old page stays visible until both halves have loaded");
    cards.run();
    assert_eq!(cards.pages(), 3);
    assert_eq!((cards.shown(), cards.status()), (down(7, 1), CanLoadMore));
    assert_eq!(cards.history(), [down(7, 1)]);
    let connection = cards.world.pair.connection().unwrap();
    assert_eq!(cards.world.pair.deployment.subscriptions(connection), 3, "the old page is unsubscribed");
}

/// docs/auth.md §4, line 42.
#[test]
fn changes_during_a_split_are_shown_once() {
    let mut cards = grown();
    cards.add(8);
    cards.remove(5);
    cards.run();
    assert_eq!(cards.shown(), [8, 7, 6, 4, 3, 2, 1]);
    cards.add(9);
    cards.remove(7);
    cards.run();
    assert_eq!(cards.shown(), [9, 8, 6, 4, 3, 2, 1], "the halves are live");
    for n in 10..40 {
        cards.add(n);
        cards.run();
    }
    let all = cards.on_server();
    assert_eq!(cards.shown(), all[..all.len() - 1]);
    assert!(cards.pages() > 6, "halves are split again: {}", cards.pages());
    cards.more(5);
    assert_eq!((cards.shown(), cards.status()), (all, Exhausted));
}

/// docs/auth.md §4, line 42.
#[test]
fn page_is_split_while_the_next_one_loads() {
    let mut cards = Cards::of("cards:smallPages", 6, 3);
    cards.world.pair.conditions.latency = millis(100);
    (6..8).for_each(|n| cards.add(n));
    cards.run_until(|cards| cards.shown() == down(7, 3));
    assert!(cards.load_more(3));
    cards.run();
    assert_eq!((cards.shown(), cards.status(), cards.pages()), (down(7, 0), CanLoadMore, 3));
    cards.add(8);
    cards.run();
    assert_eq!(cards.shown(), down(8, 0));
}

/// docs/auth.md §4, line 42.
#[test]
fn reconnect_during_a_split_completes_it() {
    let mut cards = grown();
    cards.world.pair.cut();
    cards.add(8);
    assert_eq!(cards.shown(), down(7, 1));
    cards.run();
    assert_eq!((cards.shown(), cards.pages()), (down(8, 1), 3));
    cards.history();
    cards.world.pair.cut();
    cards.run();
    assert_eq!((cards.shown(), cards.pages()), (down(8, 1), 3));
    assert!(cards.history().iter().all(|shown| *shown == down(8, 1)));
}

#[test]
fn identity_change_during_a_split_restarts_the_list() {
    let mut cards = grown();
    cards.world.tokens_of("ann", seconds(3600));
    cards.world.sign_in("ann");
    cards.run();
    cards.add(8);
    cards.world.pair.run_for(millis(150));
    cards.world.tokens_of("bob", seconds(3600));
    cards.world.sign_in("bob");
    assert_eq!(cards.status(), LoadingFirstPage);
    cards.run();
    assert_eq!((cards.shown(), cards.pages()), (down(8, 6), 1));
    let connection = cards.world.pair.connection().unwrap();
    assert_eq!(cards.world.pair.deployment.subscriptions(connection), 1);
}

/// A page that must be split lacks items between its cursors, so later pages stay hidden until
/// then.
#[test]
fn incomplete_page_hides_later_pages_until_it_is_split() {
    let mut cards = Cards::of("cards:tinyPages", 6, 3);
    cards.more(2);
    cards.world.pair.conditions.latency = millis(100);
    cards.history();
    cards.edit(|db| (6..9).for_each(|n| support::lists::add(db, n, true)));
    cards.run();
    assert_eq!((cards.shown(), cards.status()), (down(8, 1), CanLoadMore));
    assert_eq!(cards.history(), [vec![], down(8, 1)]);
}

/// Pages stay small even if the server never asks for a split.
#[test]
fn page_above_twice_its_size_is_split_by_the_client() {
    let mut cards = Cards::of("cards:page", 6, 3);
    (6..9).for_each(|n| cards.add(n));
    cards.run();
    assert_eq!((cards.shown(), cards.pages()), (down(8, 3), 1));
    cards.add(9);
    cards.run();
    assert_eq!((cards.shown(), cards.pages()), (down(9, 3), 2));
    cards.more(9);
    assert_eq!((cards.shown(), cards.status(), cards.pages()), (down(9, 0), Exhausted, 3));
}
