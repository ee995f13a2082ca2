//! When optimistic updates are replayed, and which changes are reported (docs/auth.md, rule 14).
//!
//! Only updates change `users:me` here, since no user signs in.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use convex_sync::AuthPolicy::Settled;
use convex_sync::{
    Arguments, EncodedValue, FunctionPath, LocalStore, OptimisticError, QueryHandle, RequestId,
};
use convex_testkit::{PairEvent, object};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use support::{
    World, millis,
    notes::{RunCounter, Updated, add_one, count_of, count_query, live_count},
    seconds,
};

fn me() -> (FunctionPath, Arguments) {
    (FunctionPath::parse("users:me").unwrap(), Arguments::encode(&()).unwrap().unwrap())
}

fn read_me(store: &LocalStore<'_>) -> String {
    let (function, args) = me();
    store.get(&function, &args).unwrap().decode().unwrap()
}

fn set_me(store: &mut LocalStore<'_>, name: &str) -> Updated {
    let (function, args) = me();
    store.set(&function, &args, EncodedValue::encode(&name)?);
    Ok(())
}

/// Appends `!` to `users:me`.
fn exclaim(store: &mut LocalStore<'_>) -> Updated {
    let name = read_me(store);
    set_me(store, &format!("{name}!"))
}

fn read_count(store: &LocalStore<'_>) -> f64 {
    let (function, args) = count_query();
    store.get(&function, &args).unwrap().decode().unwrap()
}

/// A world with live queries of `notes:count` and `users:me`, and round trips of two seconds.
fn live_count_and_name() -> (World, QueryHandle, QueryHandle) {
    let (mut world, counted) = live_count();
    let named = world.pair.subscribe("users:me", &json!({}), Settled);
    world.pair.run_until(|pair| pair.result(named).is_some());
    world.pair.conditions.latency = seconds(1);
    (world, counted, named)
}

fn name(world: &World, query: QueryHandle) -> Json {
    world.pair.result(query).unwrap().unwrap()
}

fn run_until_count(world: &mut World, counted: QueryHandle, count: f64) {
    world.pair.run_until(|pair| pair.result(counted).unwrap().unwrap().as_f64() == Some(count));
}

/// Another client adds a note, of which this client learns a second later.
fn add_note(world: &mut World) {
    world.pair.server(|deployment, now| {
        deployment.edit(now, |db| {
            db.insert("notes", object! { "text" => "theirs", "author" => "another" });
        });
    });
}

fn write(
    world: &mut World,
    update: impl FnMut(&mut LocalStore<'_>) -> Updated + Send + Sync + 'static,
) -> RequestId {
    world.pair.mutate_optimistically("notes:add", &json!({ "text": "x" }), update)
}

/// Like [`write`], but the mutation fails on the server.
fn failing_write(
    world: &mut World,
    update: impl FnMut(&mut LocalStore<'_>) -> Updated + Send + Sync + 'static,
) -> RequestId {
    world.pair.mutate_optimistically("notes:add", &json!({}), update)
}

/// New layers above, queries that the layer does not read, and new subscribers to queries that it
/// reads are no reason to replay it.
#[test]
fn layer_is_replayed_only_if_a_query_it_read_changes() {
    let (mut world, counted, _) = live_count_and_name();
    let list_all_me = |store: &mut LocalStore<'_>| {
        assert_eq!(store.all(&me().0).len(), 1);
        Ok(())
    };
    let runs: [RunCounter; 4] = Default::default();
    write(&mut world, runs[0].of(add_one));
    write(&mut world, runs[1].of(add_one));
    write(&mut world, runs[2].of(list_all_me));
    write(&mut world, runs[3].of(|store| set_me(store, "another")));
    world.pair.subscribe("notes:all", &json!({}), Settled);
    world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.subscribe("users:me", &json!({}), Settled);
    assert_eq!(runs.each_ref().map(RunCounter::count), [1, 1, 1, 1]);
    assert_eq!(count_of(&world, counted), Some(2.0));
    add_note(&mut world);
    run_until_count(&mut world, counted, 3.0);
    assert_eq!(
        runs.each_ref().map(RunCounter::count),
        [2, 2, 1, 1],
        "the count changed, which two layers read"
    );
}

/// A layer applies to queries that are subscribed later, if it reads them by their arguments or
/// lists all queries of their function.
#[test]
fn new_query_is_included_in_existing_layers() {
    let mut world = World::new();
    let runs: [RunCounter; 3] = Default::default();
    let all = |store: &mut LocalStore<'_>| {
        let (function, _) = count_query();
        let calls: Vec<_> = store.all(&function).into_iter().map(|(args, _)| args.clone()).collect();
        for args in calls {
            store.set(&function, &args, EncodedValue::encode(&7.0)?);
        }
        Ok(())
    };
    write(&mut world, runs[0].of(|_| Ok(())));
    write(&mut world, runs[1].of(all));
    write(&mut world, runs[2].of(add_one));
    let counted = world.pair.subscribe("notes:count", &json!({}), Settled);
    assert_eq!(count_of(&world, counted), Some(8.0), "a layer sees the values of the one below");
    assert_eq!(runs.each_ref().map(RunCounter::count), [1, 2, 2]);
    let other = world.pair.subscribe("notes:count", &json!({ "of": "another" }), Settled);
    assert_eq!(count_of(&world, other), Some(7.0), "only one layer lists all queries");
    assert_eq!(runs.each_ref().map(RunCounter::count), [1, 3, 2]);
}

#[test]
fn unsubscribed_query_is_hidden_from_updates() {
    let (mut world, _, named) = live_count_and_name();
    let other = world.pair.subscribe("notes:count", &json!({ "of": "another" }), Settled);
    let failing = failing_write(&mut world, |_| Ok(()));
    world.pair.run_for(millis(500));
    write(&mut world, |store| {
        let queries = store.all(&count_query().0).len();
        set_me(store, &format!("{queries}"))
    });
    assert_eq!(name(&world, named), "2");
    world.pair.command(|client, _| client.unsubscribe(other));
    world.pair.run_until(|pair| pair.outcome(failing).is_some());
    assert_eq!(name(&world, named), "1");
}

#[test]
fn layer_over_one_query_does_not_affect_another() {
    let (mut world, counted, named) = live_count_and_name();
    write(&mut world, |store| set_me(store, "another"));
    let before = world.pair.transitions().len();
    add_note(&mut world);
    run_until_count(&mut world, counted, 1.0);
    assert_eq!(name(&world, named), "another");
    assert_eq!(world.pair.transitions()[before..], [vec![counted]]);
}

/// Only changed results are reported.
#[test]
fn update_equal_to_the_servers_value_reports_nothing() {
    let (mut world, counted, _) = live_count_and_name();
    let before = world.pair.transitions().len();
    write(&mut world, |store| {
        let name = read_me(store);
        set_me(store, &name)
    });
    write(&mut world, |store| {
        let (function, args) = count_query();
        if read_count(store) > 0.0 {
            let current = store.get(&function, &args).unwrap().clone();
            store.set(&function, &args, current);
        }
        Ok(())
    });
    assert_eq!(world.pair.transitions().len(), before);
    add_note(&mut world);
    run_until_count(&mut world, counted, 1.0);
    assert_eq!(world.pair.transitions()[before..], [vec![counted]], "only the new count is reported");
}

#[test]
fn layer_is_replayed_when_one_below_writes_another_value() {
    let (mut world, counted, named) = live_count_and_name();
    let before = world.pair.transitions().len();
    write(&mut world, |store| match read_count(store) {
        count if count == 0.0 || count == 2.0 => Ok(()),
        count => set_me(store, &format!("{count} notes")),
    });
    for _ in 0..3 {
        add_note(&mut world);
        world.pair.run_for(millis(100));
    }
    let mut names = Vec::new();
    for count in 1..=3 {
        run_until_count(&mut world, counted, f64::from(count));
        if count == 1 {
            let changed =
                world.pair.transitions()[before..].iter().map(|queries| BTreeSet::from_iter(queries.clone()));
            assert_eq!(changed.collect::<Vec<_>>(), [BTreeSet::from([counted, named])]);
            write(&mut world, exclaim);
        }
        names.push(name(&world, named));
    }
    assert_eq!(names, ["1 notes!", "anonymous!", "3 notes!"]);
}

#[test]
fn layers_are_replayed_without_a_failed_one_below() {
    let (mut world, counted, named) = live_count_and_name();
    let failing = failing_write(&mut world, |store| {
        set_me(store, "another")?;
        add_one(store)
    });
    world.pair.run_for(millis(500));
    let first = write(&mut world, add_one);
    let second = write(&mut world, |store| if read_count(store) > 2.0 { exclaim(store) } else { Ok(()) });
    assert_eq!((count_of(&world, counted), name(&world, named)), (Some(2.0), json!("another")));
    add_note(&mut world);
    run_until_count(&mut world, counted, 3.0);
    assert_eq!(name(&world, named), "another!");
    world.pair.run_until(|pair| pair.outcome(failing).is_some());
    assert!([first, second].iter().all(|write| world.pair.outcome(*write).is_none()));
    assert_eq!(count_of(&world, counted), Some(2.0), "theirs and the first layer's");
}

/// The queries that count are those that the layer read in its last run, not in its first.
#[test]
fn layer_is_replayed_for_queries_read_in_its_last_run() {
    let (mut world, counted, named) = live_count_and_name();
    let failing = failing_write(&mut world, |store| set_me(store, "another"));
    world.pair.run_for(millis(500));
    write(&mut world, |store| if read_count(store) > 0.0 { exclaim(store) } else { Ok(()) });
    add_note(&mut world);
    run_until_count(&mut world, counted, 1.0);
    assert_eq!(name(&world, named), "another!");
    world.pair.run_until(|pair| pair.outcome(failing).is_some());
    assert_eq!(name(&world, named), "anonymous!");
}

#[test]
fn update_that_fails_at_once_is_not_retried() {
    let (mut world, counted, _) = live_count_and_name();
    let runs = RunCounter::default();
    let failing_update =
        |store: &mut LocalStore<'_>| add_one(store).and(Err(OptimisticError::new("no such list")));
    write(&mut world, runs.of(failing_update));
    add_note(&mut world);
    run_until_count(&mut world, counted, 1.0);
    assert_eq!(runs.count(), 1);
}

#[test]
fn update_that_fails_on_replay_is_dropped() {
    let (mut world, counted, named) = live_count_and_name();
    let runs = RunCounter::default();
    let counter = runs.clone();
    write(
        &mut world,
        runs.of(move |store| {
            add_one(store)?;
            set_me(store, "another")?;
            if counter.count() > 1 { Err(OptimisticError::new("fails on replay")) } else { Ok(()) }
        }),
    );
    write(&mut world, exclaim);
    assert_eq!((count_of(&world, counted), name(&world, named)), (Some(1.0), json!("another!")));
    add_note(&mut world);
    world.pair.run_for(millis(100));
    add_note(&mut world);
    world.pair.run_until(|_| runs.count() == 2);
    assert_eq!(
        (count_of(&world, counted), name(&world, named)),
        (Some(1.0), json!("anonymous!")),
        "only theirs"
    );
    let is_logged = |(_, event): &(_, PairEvent)| matches!(event, PairEvent::Note(note) if note.contains("fails on replay"));
    assert!(world.pair.events().iter().any(is_logged));
    run_until_count(&mut world, counted, 2.0);
    assert_eq!(runs.count(), 2, "it is not retried");
}

#[test]
fn unsubscribed_query_is_not_reported() {
    let (mut world, _, named) = live_count_and_name();
    let failing = failing_write(&mut world, |store| set_me(store, "another"));
    world.pair.command(|client, _| client.unsubscribe(named));
    let before = world.pair.transitions().len();
    world.pair.run_until(|pair| pair.outcome(failing).is_some());
    assert_eq!(world.pair.transitions()[before..], [[]; 0]);
}

#[test]
fn empty_transition_replays_no_layer() {
    let (mut world, _, _) = live_count_and_name();
    let runs = RunCounter::default();
    write(&mut world, runs.of(add_one));
    world.send_empty_transition();
    world.pair.run_for(seconds(1));
    assert_eq!(runs.count(), 1);
}
