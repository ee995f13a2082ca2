//! Queries without subscribers that stay subscribed on the server: for a while after the last
//! subscriber unsubscribed, or after a prewarm (docs/auth.md, rule 8; §4, lines 19 and 34).

mod support;

use convex_sync::AuthPolicy::{Required, Settled};
use convex_sync::{Config, QueryHandle};
use convex_testkit::Pair;
use serde_json::json;
use support::{World, millis, seconds};

/// A world with a client that keeps unused queries for a minute.
fn world_with_cache() -> World {
    World::with_config(Config { query_cache_time: seconds(60), ..Config::default() })
}

fn unsubscribe(pair: &mut Pair, query: QueryHandle) {
    pair.command(|client, _| client.unsubscribe(query));
}

#[test]
fn unused_query_stays_subscribed_for_the_cache_time() {
    let mut world = world_with_cache();
    let count = world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.run_until_live();
    let sent = world.pair.sent().len();
    unsubscribe(&mut world.pair, count);
    world.pair.mutate("notes:add", &json!({ "text": "x" }), Settled);
    world.pair.run_for(seconds(59));
    let again = world.pair.subscribe("notes:count", &json!({}), Settled);
    assert_eq!((again, world.pair.result(again)), (count, Some(Ok(json!(1.0)))), "it is up to date");
    assert_eq!(world.pair.sent().len(), sent + 1, "only the mutation was sent");

    world.pair.run_for(seconds(59));
    assert_eq!(world.subscriptions(), 1, "the new subscriber keeps the query");
    unsubscribe(&mut world.pair, count);
    world.pair.run_for(millis(59_900));
    assert_eq!(world.subscriptions(), 1, "the cache time starts again");
    world.pair.run_for(seconds(1));
    assert_eq!((world.subscriptions(), world.pair.result(count)), (0, None));
}

/// docs/auth.md §4, line 34.
#[test]
fn without_cache_time_unused_queries_are_removed_at_once() {
    let mut world = World::new();
    let count = world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.run_until_live();
    unsubscribe(&mut world.pair, count);
    world.pair.run_for(seconds(1));
    assert_eq!(world.subscriptions(), 0);
}

#[test]
fn cached_queries_are_resubscribed_after_a_reconnect() {
    let mut world = world_with_cache();
    let count = world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.run_until_live();
    unsubscribe(&mut world.pair, count);
    world.pair.cut();
    world.pair.run_until_live();
    assert_eq!(world.subscriptions(), 1);
    world.pair.run_for(seconds(61));
    assert_eq!(world.subscriptions(), 0);
}

/// docs/auth.md §4, line 19.
#[test]
fn identity_change_drops_cached_queries() {
    let mut world = world_with_cache();
    world.tokens_of("alice", seconds(600));
    world.sign_in("alice");
    let me = world.pair.subscribe("users:me", &json!({}), Required);
    world.pair.run_until(|pair| pair.result(me) == Some(Ok(json!("alice"))));
    unsubscribe(&mut world.pair, me);
    world.pair.prewarm("notes:count", &json!({}), Settled, seconds(60));
    world.pair.run_for(seconds(1));
    assert_eq!(world.subscriptions(), 2);

    world.tokens_of("bob", seconds(600));
    world.sign_in("bob");
    let me = world.pair.subscribe("users:me", &json!({}), Required);
    assert_eq!(world.pair.result(me), None);
    world.pair.run_for(seconds(1));
    assert_eq!(world.pair.result(me), Some(Ok(json!("bob"))));
    assert_eq!(world.subscriptions(), 1, "the unused query is gone");
}

#[test]
fn prewarmed_query_has_its_result_when_subscribed() {
    let mut world = World::new();
    world.pair.run_until_live();
    world.pair.prewarm("notes:count", &json!({}), Settled, seconds(5));
    world.pair.run_for(seconds(4));
    let count = world.pair.subscribe("notes:count", &json!({}), Settled);
    assert_eq!(world.pair.result(count), Some(Ok(json!(0.0))), "at once");
    world.pair.run_for(seconds(10));
    assert_eq!(world.subscriptions(), 1, "the subscriber keeps it");
    assert_eq!(world.ran_as("notes:count").len(), 1);
}

#[test]
fn prewarmed_query_expires_without_a_subscriber() {
    let mut world = World::new();
    world.pair.run_until_live();
    world.pair.prewarm("notes:count", &json!({}), Settled, seconds(5));
    world.pair.run_for(seconds(3));
    world.pair.prewarm("notes:count", &json!({}), Settled, seconds(5));
    world.pair.run_for(seconds(4));
    assert_eq!(world.subscriptions(), 1, "the longer prewarm counts");
    world.pair.run_for(seconds(2));
    assert_eq!(world.subscriptions(), 0);
}

#[test]
fn closed_client_has_no_cache_timers() {
    let mut world = world_with_cache();
    let count = world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.run_until_live();
    unsubscribe(&mut world.pair, count);
    world.pair.command(|client, now| client.close(now));
    world.pair.prewarm("notes:count", &json!({}), Settled, seconds(5));
    let other = world.pair.subscribe("notes:all", &json!({}), Settled);
    unsubscribe(&mut world.pair, other);
    assert_eq!(world.pair.client.poll_timeout(), None);
}
