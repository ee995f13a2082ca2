//! Suspensions: all queries, or a part, are removed from the server and added again later (auth
//! contract, rule 8; §4, line 19).

mod support;

use convex_sync::AuthPolicy::{Required, Settled};
use convex_sync::SuspendedResults::{self, Clear, Keep};
use convex_sync::{Arguments, ConnectionState, FunctionPath, QueryHandle, SuspensionId};
use convex_testkit::Pair;
use serde_json::{Value as Json, json};
use support::{World, millis, seconds};

fn suspend_all(pair: &mut Pair, results: SuspendedResults) -> SuspensionId {
    pair.command(|client, _| client.suspend(results, |_, _| true))
}

/// Suspends the queries of one function.
fn suspend_function(pair: &mut Pair, path: &'static str, results: SuspendedResults) -> SuspensionId {
    pair.command(|client, _| client.suspend(results, move |function, _| function.as_str() == path))
}

fn resume(pair: &mut Pair, suspension: SuspensionId) {
    pair.command(|client, _| client.resume(suspension));
}

/// Another client adds a note.
fn add_note(pair: &mut Pair) {
    pair.server(|deployment, now| {
        deployment.edit(now, |db| db.insert("notes", convex_testkit::object! { "text" => "x" }))
    });
    pair.run_for(seconds(1));
}

/// A live world with `notes:count`, `notes:all` and `users:me`.
fn live() -> (World, [QueryHandle; 3]) {
    let mut world = World::new();
    let queries =
        ["notes:count", "notes:all", "users:me"].map(|path| world.pair.subscribe(path, &json!({}), Settled));
    world.pair.run_until_live();
    (world, queries)
}

/// The number of added and of removed queries in the last frame.
fn last_changes(pair: &Pair) -> (usize, usize) {
    let frame = pair.sent().last().copied().cloned().unwrap_or_default();
    let count = |kind: &str| {
        let changes = frame["modifications"].as_array().into_iter().flatten();
        changes.filter(|change| change["type"] == kind).count()
    };
    (count("Add"), count("Remove"))
}

#[test]
fn suspend_and_resume_send_one_message_each() {
    let (mut world, [count, ..]) = live();
    let sent = world.pair.sent().len();
    let suspension = suspend_all(&mut world.pair, Keep);
    assert_eq!((world.pair.sent().len(), last_changes(&world.pair)), (sent + 1, (0, 3)));
    world.pair.run_for(seconds(1));
    assert_eq!(world.subscriptions(), 0);
    assert_eq!(*world.pair.client.connection(), ConnectionState::Live, "no query waits for a result");

    add_note(&mut world.pair);
    assert_eq!(world.pair.result(count), Some(Ok(json!(0.0))), "the last result stays readable");

    resume(&mut world.pair, suspension);
    assert_eq!((world.pair.sent().len(), last_changes(&world.pair)), (sent + 2, (3, 0)));
    world.pair.run_for(seconds(1));
    assert_eq!(world.pair.result(count), Some(Ok(json!(1.0))));
    assert_eq!(world.subscriptions(), 3);
}

#[test]
fn suspension_can_clear_results() {
    let (mut world, queries) = live();
    let before = world.pair.transitions().len();
    let suspension = suspend_all(&mut world.pair, Clear);
    assert_eq!(world.pair.transitions()[before..], [queries.to_vec()], "reported once");
    assert!(queries.iter().all(|query| world.pair.result(*query).is_none()));
    resume(&mut world.pair, suspension);
    assert!(queries.iter().all(|query| world.pair.result(*query).is_none()), "the queries have to run again");
    world.pair.run_for(seconds(1));
    assert!(queries.iter().all(|query| world.pair.result(*query).is_some()));
}

#[test]
fn suspending_and_resuming_in_one_turn_sends_nothing() {
    let (mut world, [count, ..]) = live();
    for (results, before) in [(Keep, 0.0), (Clear, 1.0)] {
        let sent = world.pair.sent().len();
        world.pair.command(|client, _| {
            let suspension = client.suspend(results, |_, _| true);
            assert_eq!(client.result(count).is_some(), results == Keep);
            client.resume(suspension);
        });
        assert_eq!(world.pair.sent().len(), sent);
        assert_eq!(world.pair.result(count), Some(Ok(json!(before))), "the queries were not removed");
        add_note(&mut world.pair);
        assert_eq!(world.pair.result(count), Some(Ok(json!(before + 1.0))));
    }
}

#[test]
fn filter_suspends_a_part_of_the_queries() {
    let (mut world, [count, all, _]) = live();
    let suspension = suspend_function(&mut world.pair, "notes:count", Keep);
    assert_eq!(last_changes(&world.pair), (0, 1));
    add_note(&mut world.pair);
    assert_eq!(world.pair.result(count), Some(Ok(json!(0.0))));
    assert_eq!(world.pair.result(all), Some(Ok(json!(["x"]))));
    resume(&mut world.pair, suspension);
    world.pair.run_for(seconds(1));
    assert_eq!(world.pair.result(count), Some(Ok(json!(1.0))));
}

#[test]
fn queries_subscribed_while_suspended_are_held_back() {
    let (mut world, _) = live();
    let suspension = suspend_function(&mut world.pair, "users:me", Keep);
    let sent = world.pair.sent().len();
    let me = world.pair.subscribe("users:me", &json!({ "again": true }), Settled);
    world.pair.run_for(seconds(1));
    assert_eq!((world.pair.sent().len(), world.pair.result(me)), (sent, None));
    assert_eq!(*world.pair.client.connection(), ConnectionState::Live, "no query waits for a result");
    resume(&mut world.pair, suspension);
    assert_eq!(last_changes(&world.pair), (2, 0));
    world.pair.run_for(seconds(1));
    assert_eq!(world.pair.result(me), Some(Ok(json!("anonymous"))));
}

#[test]
fn query_stays_suspended_until_every_suspension_ends() {
    let (mut world, [count, ..]) = live();
    let all = suspend_all(&mut world.pair, Keep);
    let one = suspend_function(&mut world.pair, "notes:count", Clear);
    assert_eq!(world.pair.result(count), None, "one suspension that clears is enough");
    resume(&mut world.pair, all);
    assert_eq!(last_changes(&world.pair), (2, 0));
    world.pair.run_for(seconds(1));
    assert_eq!((world.pair.result(count), world.subscriptions()), (None, 2));
    resume(&mut world.pair, all);
    assert_eq!(world.subscriptions(), 2, "resuming twice has no effect");
    resume(&mut world.pair, one);
    world.pair.run_for(seconds(1));
    assert_eq!(world.pair.result(count), Some(Ok(json!(0.0))));
}

#[test]
fn late_results_of_suspended_queries_are_ignored() {
    let mut world = World::new();
    world.pair.conditions.latency = millis(200);
    let count = world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.run_until_live();
    world.pair.server(|deployment, now| {
        deployment.edit(now, |db| db.insert("notes", convex_testkit::object! { "text" => "x" }))
    });
    suspend_all(&mut world.pair, Keep);
    let before = world.pair.transitions().len();
    world.pair.run_for(seconds(5));
    assert_eq!(world.pair.transitions().len(), before, "{}", world.pair.trace());
    assert_eq!(world.pair.result(count), Some(Ok(json!(0.0))));
}

#[test]
fn reconnect_does_not_resubscribe_suspended_queries() {
    let (mut world, [count, ..]) = live();
    let suspension = suspend_all(&mut world.pair, Keep);
    world.pair.run_for(seconds(1));
    world.pair.cut();
    world.pair.run_until_live();
    assert_eq!((last_changes(&world.pair), world.subscriptions()), ((0, 0), 0));
    assert_eq!(world.pair.result(count), Some(Ok(json!(0.0))));
    resume(&mut world.pair, suspension);
    assert_eq!(last_changes(&world.pair), (3, 0));
}

#[test]
fn queries_can_be_suspended_and_resumed_offline() {
    let (mut world, [count, ..]) = live();
    world.pair.cut();
    let suspension = suspend_all(&mut world.pair, Clear);
    assert_eq!(world.pair.result(count), None);
    world.pair.run_until_live();
    assert_eq!(world.subscriptions(), 0);
    world.pair.cut();
    resume(&mut world.pair, suspension);
    world.pair.run_until_live();
    assert_eq!((world.subscriptions(), world.pair.result(count)), (3, Some(Ok(json!(0.0)))));
}

/// docs/auth.md §4, line 19.
#[test]
fn identity_change_clears_suspended_results() {
    let mut world = World::with_user("alice", seconds(600));
    let me = world.pair.subscribe("users:me", &json!({}), Required);
    world.pair.run_until(|pair| pair.result(me) == Some(Ok(json!("alice"))));
    let suspension = suspend_all(&mut world.pair, Keep);
    world.pair.run_for(seconds(1));
    world.tokens_of("bob", seconds(600));
    world.sign_in("bob");
    assert_eq!(world.pair.result(me), None, "results of alice are not shown to bob");
    world.pair.run_for(seconds(5));
    assert_eq!(world.subscriptions(), 0, "it stays suspended for bob");
    resume(&mut world.pair, suspension);
    world.pair.run_for(seconds(1));
    assert_eq!(world.pair.result(me), Some(Ok(json!("bob"))));
    assert_eq!(world.ran_as("users:me"), ["alice", "bob"]);
}

#[test]
fn query_unsubscribed_while_suspended_does_not_resume() {
    let (mut world, [count, ..]) = live();
    let suspension = suspend_all(&mut world.pair, Keep);
    world.pair.command(|client, _| client.unsubscribe(count));
    assert_eq!(world.pair.result(count), None);
    resume(&mut world.pair, suspension);
    assert_eq!(last_changes(&world.pair), (2, 0));
}

#[test]
fn resume_after_close_sends_nothing() {
    let (mut world, _) = live();
    let suspension = suspend_all(&mut world.pair, Keep);
    world.pair.command(|client, now| client.close(now));
    let sent = world.pair.sent().len();
    resume(&mut world.pair, suspension);
    world.pair.run_for(seconds(10));
    assert_eq!(world.pair.sent().len(), sent);
}

/// A journal pins a page (protocol §5).
#[test]
fn resumed_queries_send_their_journals() {
    let (mut world, _) = live();
    let suspension = suspend_all(&mut world.pair, Clear);
    resume(&mut world.pair, suspension);
    let frame = world.pair.sent().last().copied().cloned().unwrap_or_default();
    let added: Vec<&Json> = frame["modifications"].as_array().into_iter().flatten().collect();
    assert!(added.iter().all(|change| change.get("journal") == Some(&Json::Null)), "{frame}");
}

#[test]
fn mutations_run_while_queries_are_suspended() {
    let (mut world, [count, ..]) = live();
    let suspension = suspend_all(&mut world.pair, Keep);
    let added = world.pair.mutate("notes:add", &json!({ "text": "x" }), Settled);
    world.pair.run_for(seconds(2));
    assert!(world.pair.outcome(added).is_some_and(Result::is_ok), "{}", world.pair.trace());
    assert_eq!(world.pair.result(count), Some(Ok(json!(0.0))));
    resume(&mut world.pair, suspension);
    world.pair.run_for(seconds(1));
    assert_eq!(world.pair.result(count), Some(Ok(json!(1.0))));
}

#[test]
fn filter_gets_function_and_arguments() {
    let mut world = World::new();
    world.pair.command(|client, _| {
        client.suspend(Keep, |function: &FunctionPath, args: &Arguments| {
            function.as_str() == "notes:count" && args.as_json().contains("17")
        })
    });
    let suspended = world.pair.subscribe("notes:count", &json!({ "n": 17 }), Settled);
    let other = world.pair.subscribe("notes:count", &json!({ "n": 18 }), Settled);
    world.pair.run_until_live();
    assert_eq!(world.pair.result(suspended), None);
    assert_eq!(world.pair.result(other), Some(Ok(json!(0.0))));
}
