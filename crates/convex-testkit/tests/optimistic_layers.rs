//! When an optimistic update is laid again, over what, and what is told of it (auth contract, rule
//! 14).
//!
//! `users:me` is a query that only updates change here: nobody signs in.

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
    notes::{Runs, Updated, count, counting, one_more, shows},
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

/// A layer over `users:me` that does nothing but add to it.
fn exclaim(store: &mut LocalStore<'_>) -> Updated {
    let name = read_me(store);
    set_me(store, &format!("{name}!"))
}

fn read_count(store: &LocalStore<'_>) -> f64 {
    let (function, args) = count();
    store.get(&function, &args).unwrap().decode().unwrap()
}

/// A world that shows how many notes there are and who one is, and whose mutations take two
/// seconds.
fn naming() -> (World, QueryHandle, QueryHandle) {
    let (mut world, counted) = counting();
    let named = world.pair.subscribe("users:me", &json!({}), Settled);
    world.pair.run_until(|pair| pair.result(named).is_some());
    world.pair.conditions.latency = seconds(1);
    (world, counted, named)
}

fn name(world: &World, query: QueryHandle) -> Json {
    world.pair.result(query).unwrap().unwrap()
}

fn until_shown(world: &mut World, counted: QueryHandle, count: f64) {
    world.pair.run_until(|pair| pair.result(counted).unwrap().unwrap().as_f64() == Some(count));
}

/// Somebody else adds a note: one knows a second later.
fn add_note(world: &mut World) {
    world.pair.server(|deployment, now| {
        deployment.edit(now, |db| {
            db.insert("notes", object! { "text" => "theirs", "author" => "somebody" });
        });
    });
}

fn write(
    world: &mut World,
    update: impl FnMut(&mut LocalStore<'_>) -> Updated + Send + Sync + 'static,
) -> RequestId {
    world.pair.mutate_optimistically("notes:add", &json!({ "text": "x" }), update)
}

/// A write that the server refuses.
fn bad_write(
    world: &mut World,
    update: impl FnMut(&mut LocalStore<'_>) -> Updated + Send + Sync + 'static,
) -> RequestId {
    world.pair.mutate_optimistically("notes:add", &json!({}), update)
}

/// Neither a layer above is a reason to, nor a query it does not ask about, nor one more subscriber
/// to one that it does.
#[test]
fn layer_is_replayed_only_if_a_query_it_read_changes() {
    let (mut world, counted, _) = naming();
    let of_all_me = |store: &mut LocalStore<'_>| {
        assert_eq!(store.all(&me().0).len(), 1);
        Ok(())
    };
    let runs: [Runs; 4] = Default::default();
    write(&mut world, runs[0].of(one_more));
    write(&mut world, runs[1].of(one_more));
    write(&mut world, runs[2].of(of_all_me));
    write(&mut world, runs[3].of(|store| set_me(store, "somebody")));
    world.pair.subscribe("notes:all", &json!({}), Settled);
    world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.subscribe("users:me", &json!({}), Settled);
    assert_eq!(runs.each_ref().map(Runs::count), [1, 1, 1, 1]);
    assert_eq!(shows(&world, counted), Some(2.0));
    add_note(&mut world);
    until_shown(&mut world, counted, 3.0);
    assert_eq!(runs.each_ref().map(Runs::count), [2, 2, 1, 1], "the count has changed below");
}

/// A layer may be about a query that is there only later, by its call or as one of all of its
/// function.
#[test]
fn new_query_is_included_in_existing_layers() {
    let mut world = World::new();
    let runs: [Runs; 3] = Default::default();
    let all = |store: &mut LocalStore<'_>| {
        let (function, _) = count();
        let calls: Vec<_> = store.all(&function).into_iter().map(|(args, _)| args.clone()).collect();
        for args in calls {
            store.set(&function, &args, EncodedValue::encode(&7.0)?);
        }
        Ok(())
    };
    write(&mut world, runs[0].of(|_| Ok(())));
    write(&mut world, runs[1].of(all));
    write(&mut world, runs[2].of(one_more));
    let counted = world.pair.subscribe("notes:count", &json!({}), Settled);
    assert_eq!(shows(&world, counted), Some(8.0), "what one sets, the next one sees");
    assert_eq!(runs.each_ref().map(Runs::count), [1, 2, 2]);
    let other = world.pair.subscribe("notes:count", &json!({ "of": "somebody" }), Settled);
    assert_eq!(shows(&world, other), Some(7.0), "only one asked about all");
    assert_eq!(runs.each_ref().map(Runs::count), [1, 3, 2]);
}

#[test]
fn unsubscribed_query_is_hidden_from_updates() {
    let (mut world, _, named) = naming();
    let other = world.pair.subscribe("notes:count", &json!({ "of": "somebody" }), Settled);
    let refused = bad_write(&mut world, |_| Ok(()));
    world.pair.run_for(millis(500));
    write(&mut world, |store| {
        let queries = store.all(&count().0).len();
        set_me(store, &format!("{queries}"))
    });
    assert_eq!(name(&world, named), "2");
    world.pair.command(|client, _| client.unsubscribe(other));
    world.pair.run_until(|pair| pair.outcome(refused).is_some());
    assert_eq!(name(&world, named), "1");
}

#[test]
fn layer_over_one_query_does_not_affect_another() {
    let (mut world, counted, named) = naming();
    write(&mut world, |store| set_me(store, "somebody"));
    let told = world.pair.transitions().len();
    add_note(&mut world);
    until_shown(&mut world, counted, 1.0);
    assert_eq!(name(&world, named), "somebody");
    assert_eq!(world.pair.transitions()[told..], [vec![counted]]);
}

/// What is told are changes of what is shown.
#[test]
fn update_equal_to_the_servers_value_reports_nothing() {
    let (mut world, counted, _) = naming();
    let told = world.pair.transitions().len();
    write(&mut world, |store| {
        let name = read_me(store);
        set_me(store, &name)
    });
    write(&mut world, |store| {
        let (function, args) = count();
        if read_count(store) > 0.0 {
            let shown = store.get(&function, &args).unwrap().clone();
            store.set(&function, &args, shown);
        }
        Ok(())
    });
    assert_eq!(world.pair.transitions().len(), told);
    add_note(&mut world);
    until_shown(&mut world, counted, 1.0);
    assert_eq!(world.pair.transitions()[told..], [vec![counted]], "it says so only now");
}

#[test]
fn layer_is_replayed_when_one_below_writes_another_value() {
    let (mut world, counted, named) = naming();
    let told = world.pair.transitions().len();
    write(&mut world, |store| match read_count(store) {
        count if count == 0.0 || count == 2.0 => Ok(()),
        count => set_me(store, &format!("{count} notes")),
    });
    for _ in 0..3 {
        add_note(&mut world);
        world.pair.run_for(millis(100));
    }
    let mut seen = Vec::new();
    for count in 1..=3 {
        until_shown(&mut world, counted, f64::from(count));
        if count == 1 {
            let told = world.pair.transitions()[told..].iter().map(|told| BTreeSet::from_iter(told.clone()));
            assert_eq!(told.collect::<Vec<_>>(), [BTreeSet::from([counted, named])]);
            write(&mut world, exclaim);
        }
        seen.push(name(&world, named));
    }
    assert_eq!(seen, ["1 notes!", "nobody!", "3 notes!"]);
}

/// A layer asks about what it asked when it ran last, not when it ran first.
#[test]
fn layers_are_replayed_without_a_failed_one_below() {
    let (mut world, counted, named) = naming();
    let refused = bad_write(&mut world, |store| {
        set_me(store, "somebody")?;
        one_more(store)
    });
    world.pair.run_for(millis(500));
    let good = write(&mut world, one_more);
    let later = write(&mut world, |store| if read_count(store) > 2.0 { exclaim(store) } else { Ok(()) });
    assert_eq!((shows(&world, counted), name(&world, named)), (Some(2.0), json!("somebody")));
    add_note(&mut world);
    until_shown(&mut world, counted, 3.0);
    assert_eq!(name(&world, named), "somebody!");
    world.pair.run_until(|pair| pair.outcome(refused).is_some());
    assert!([good, later].iter().all(|write| world.pair.outcome(*write).is_none()));
    assert_eq!(shows(&world, counted), Some(2.0), "theirs and the good one");
}

#[test]
fn layer_is_replayed_for_queries_read_in_its_last_run() {
    let (mut world, counted, named) = naming();
    let refused = bad_write(&mut world, |store| set_me(store, "somebody"));
    world.pair.run_for(millis(500));
    write(&mut world, |store| if read_count(store) > 0.0 { exclaim(store) } else { Ok(()) });
    add_note(&mut world);
    until_shown(&mut world, counted, 1.0);
    assert_eq!(name(&world, named), "somebody!");
    world.pair.run_until(|pair| pair.outcome(refused).is_some());
    assert_eq!(name(&world, named), "nobody!");
}

#[test]
fn update_that_fails_at_once_is_not_retried() {
    let (mut world, counted, _) = naming();
    let runs = Runs::default();
    let fails = |store: &mut LocalStore<'_>| one_more(store).and(Err(OptimisticError::new("no such list")));
    write(&mut world, runs.of(fails));
    add_note(&mut world);
    until_shown(&mut world, counted, 1.0);
    assert_eq!(runs.count(), 1);
}

#[test]
fn update_that_fails_on_replay_is_dropped() {
    let (mut world, counted, named) = naming();
    let runs = Runs::default();
    let counter = runs.clone();
    write(
        &mut world,
        runs.of(move |store| {
            one_more(store)?;
            set_me(store, "somebody")?;
            if counter.count() > 1 { Err(OptimisticError::new("not again")) } else { Ok(()) }
        }),
    );
    write(&mut world, exclaim);
    assert_eq!((shows(&world, counted), name(&world, named)), (Some(1.0), json!("somebody!")));
    add_note(&mut world);
    world.pair.run_for(millis(100));
    add_note(&mut world);
    world.pair.run_until(|_| runs.count() == 2);
    assert_eq!((shows(&world, counted), name(&world, named)), (Some(1.0), json!("nobody!")), "theirs alone");
    let told = |(_, happening): &(_, PairEvent)| matches!(happening, PairEvent::Note(note) if note.contains("not again"));
    assert!(world.pair.events().iter().any(told));
    until_shown(&mut world, counted, 2.0);
    assert_eq!(runs.count(), 2, "it is not tried again");
}

#[test]
fn unsubscribed_query_is_not_reported() {
    let (mut world, _, named) = naming();
    let refused = bad_write(&mut world, |store| set_me(store, "somebody"));
    world.pair.command(|client, _| client.unsubscribe(named));
    let told = world.pair.transitions().len();
    world.pair.run_until(|pair| pair.outcome(refused).is_some());
    assert_eq!(world.pair.transitions()[told..], [[]; 0]);
}

#[test]
fn empty_transition_replays_no_layer() {
    let (mut world, _, _) = naming();
    let runs = Runs::default();
    write(&mut world, runs.of(one_more));
    world.no_news();
    world.pair.run_for(seconds(1));
    assert_eq!(runs.count(), 1);
}
