//! `load_more` before the first page has loaded: it runs once the page is there.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use convex_sync::{PaginationStatus::*, SuspendedResults};
use support::{
    World,
    lists::{Cards, down, numbers},
    millis, seconds,
};

/// A name and an action.
type Case<W> = (&'static str, fn(&mut W));

/// A list of six cards. Its first page, of two cards, is loading.
fn loading() -> Cards {
    Cards::loading(World::new(), "cards:page", 6, 2)
}

/// The list has its first page and the `more` items that were requested early.
fn assert_two_pages(cards: &Cards, more: u32) {
    assert_eq!((cards.shown(), cards.status()), (down(5, 4 - more), CanLoadMore));
    assert_eq!(cards.pages(), 2);
}

#[test]
fn early_load_more_runs_once_the_first_page_has_loaded() {
    let mut cards = loading();
    assert!(cards.load_more(2));
    assert_eq!(cards.status(), LoadingFirstPage);
    assert!(cards.world.pair.lists().is_empty(), "no change is reported yet");
    cards.run();
    assert_two_pages(&cards, 2);
    let statuses: Vec<_> = cards.world.pair.lists().iter().map(|(_, shown)| shown.status.clone()).collect();
    assert_eq!(statuses, [LoadingMore, CanLoadMore]);
    assert_eq!(
        numbers(&cards.world.pair.lists()[0].1),
        down(5, 4),
        "the first page does not wait for the second"
    );
    cards.run();
    assert_two_pages(&cards, 2);
}

#[test]
fn only_the_first_early_load_more_counts() {
    let mut cards = loading();
    assert!(cards.load_more(1));
    assert!(!cards.load_more(2));
    cards.run();
    assert_two_pages(&cards, 1);
    cards.more(2);
    assert_eq!(cards.shown(), down(5, 1));
}

#[test]
fn early_load_more_of_an_exhausted_list_is_dropped() {
    let mut cards = Cards::loading(World::new(), "cards:page", 2, 4);
    assert!(cards.load_more(2));
    cards.run();
    assert_eq!((cards.shown(), cards.status(), cards.pages()), (down(1, 0), Exhausted, 1));
    (2..6).for_each(|n| cards.add(n));
    cards.run();
    assert_eq!((cards.shown(), cards.status(), cards.pages()), (down(5, 0), Exhausted, 1));
}

#[test]
fn early_load_more_survives_delays_of_the_first_page() {
    let delays: [Case<Cards>; 5] = [
        ("a lost connection", |cards| {
            cards.world.pair.cut();
            cards.run();
        }),
        ("a failed page", |cards| {
            cards.fault("Out of order", "all");
            cards.run();
            assert!(matches!(cards.status(), Error(_)));
            assert!(!cards.load_more(1), "not after an error");
            cards.clear_faults();
        }),
        ("an invalid cursor", |cards| {
            cards.fault("invalid cursor", "all");
            cards.world.pair.conditions.latency = seconds(1);
            cards.world.pair.run_for(seconds(4));
            assert_eq!(cards.status(), LoadingFirstPage, "the list restarted");
            cards.clear_faults();
        }),
        ("a suspension that keeps results", |cards| suspend_and_resume(cards, SuspendedResults::Keep)),
        ("a suspension that clears results", |cards| suspend_and_resume(cards, SuspendedResults::Clear)),
    ];
    for (delay, cause) in delays {
        let mut cards = loading();
        assert!(cards.load_more(2), "{delay}");
        cause(&mut cards);
        cards.run();
        println!("{delay}");
        assert_two_pages(&cards, 2);
    }
}

fn suspend_and_resume(cards: &mut Cards, results: SuspendedResults) {
    let suspension = cards.world.pair.command(|client, _| client.suspend(results, |_, _| true));
    cards.run();
    assert_eq!(cards.status(), LoadingFirstPage);
    cards.world.pair.command(|client, _| client.resume(suspension));
}

#[test]
fn load_more_during_a_restart_of_the_list_is_remembered() {
    let mut cards = Cards::of("cards:page", 6, 2);
    cards.more(2);
    cards.world.pair.conditions.latency = millis(200);
    cards.fault("invalid cursor", "continuing");
    cards.run_until(|cards| cards.status() == LoadingFirstPage);
    cards.clear_faults();
    assert!(cards.load_more(3));
    cards.run();
    assert_two_pages(&cards, 3);
}

#[test]
fn load_more_of_a_cleared_list_runs_after_its_pages() {
    let mut cards = Cards::of("cards:page", 6, 2);
    cards.more(2);
    let clear = |client: &mut convex_sync::SyncClient| client.suspend(SuspendedResults::Clear, |_, _| true);
    let suspension = cards.world.pair.command(|client, _| clear(client));
    assert!(cards.load_more(1));
    cards.run();
    cards.world.pair.command(|client, _| client.resume(suspension));
    cards.run();
    assert_eq!((cards.shown(), cards.status(), cards.pages()), (down(5, 1), CanLoadMore, 3));
}

#[test]
fn early_load_more_waits_until_auth_settles() {
    let mut world = World::new();
    world.slow_tokens_of("ann", seconds(3600), seconds(3));
    world.sign_in("ann");
    let mut cards = Cards::loading(world, "cards:page", 6, 2);
    cards.world.pair.run_for(seconds(1));
    assert!(cards.load_more(2));
    cards.run();
    assert_two_pages(&cards, 2);
}

/// docs/auth.md §4, line 19.
#[test]
fn identity_change_drops_an_early_load_more() {
    let changes: [Case<World>; 3] = [
        ("another user", |world| {
            world.tokens_of("bob", seconds(3600));
            world.sign_in("bob");
        }),
        ("the provider signs out", World::provider_signs_out),
        ("a sign-out", |world| world.pair.command(|client, now| client.sign_out(now))),
    ];
    for (change, cause) in changes {
        let mut world = World::with_user("ann", seconds(3600));
        world.pair.run_until_live();
        world.pair.conditions.latency = seconds(1);
        let mut cards = Cards::loading(world, "cards:page", 6, 2);
        assert!(cards.load_more(2), "{change}");
        cause(&mut cards.world);
        cards.run();
        cards.run();
        assert_eq!((cards.shown(), cards.status(), cards.pages()), (down(5, 4), CanLoadMore, 1), "{change}");
    }
}

#[test]
fn unsubscribing_drops_an_early_load_more() {
    let mut cards = loading();
    let list = cards.list;
    assert!(cards.load_more(2));
    cards.world.pair.command(|client, _| client.unsubscribe_paginated(list));
    assert!(!cards.load_more(2));
    cards.world.pair.run_for(seconds(5));
    assert!(cards.world.pair.lists().is_empty());
}
