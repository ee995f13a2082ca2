//! Which connections reset the backoff, and how soon the client dials again (docs/auth.md, rule
//! 12; protocol §7).

mod support;

use convex_sync::{AuthPolicy, ConnectionState};
use convex_testkit::Pair;
use serde_json::json;
use std::time::Duration;
use support::{
    World,
    frames::{first_version, transition, with_query_set},
    millis, seconds,
};

/// For `duration` seconds, the server closes every connection as soon as it has sent `Connect`.
fn close_every_connection(world: &mut World, reason: &str, duration: u64) {
    let end = world.pair.now() + seconds(duration);
    while world.pair.now() < end {
        world.pair.run_for(millis(50));
        world.for_each_connection(|deployment, now, connection| {
            deployment.close(now, connection, Some(1011), reason);
        });
    }
}

#[test]
fn sockets_closed_after_opening_do_not_reset_the_backoff() {
    let mut world = World::new();
    close_every_connection(&mut world, "", 120);
    let dials = world.dials();
    assert!((7..=25).contains(&dials), "{dials}");
}

#[test]
fn overloaded_server_is_dialled_later() {
    let second_dial = |reason| {
        let mut world = World::new();
        close_every_connection(&mut world, reason, 1);
        world.pair.run_until(|pair| dials(pair) == 2);
        world.pair.now().since_start()
    };
    assert!(second_dial("") < millis(1700));
    assert!(second_dial("CommitterFullError") >= millis(1500));
}

#[test]
fn live_connection_resets_the_backoff() {
    let mut world = World::new();
    close_every_connection(&mut world, "", 60);
    world.pair.run_until_live();
    world.pair.cut();
    let lost = world.pair.now();
    world.pair.run_until_live();
    assert!(world.pair.now() - lost < millis(1700));
}

fn dials(pair: &Pair) -> usize {
    pair.trace().matches("the client dials").count()
}

/// How long the client waits before it dials again, after it lost a connection that was live for
/// `live_for` milliseconds.
fn wait_after_loss(live_for: u64, lose: impl Fn(&mut World)) -> Duration {
    let mut world = World::new();
    world.pair.run_until_live();
    world.pair.run_for(millis(live_for));
    let (lost, before) = (world.pair.now(), world.dials());
    lose(&mut world);
    world.pair.run_until(|pair| dials(pair) > before);
    world.pair.now() - lost
}

#[test]
fn long_lived_connection_is_replaced_soon() {
    let wait = wait_after_loss(2000, |world| world.pair.cut());
    assert!(wait < millis(500), "{wait:?}");
}

#[test]
fn connection_lost_right_after_its_answer_keeps_the_backoff() {
    let wait = wait_after_loss(0, |world| world.pair.cut());
    assert!(wait >= millis(500), "{wait:?}");
}

#[test]
fn close_with_a_reason_keeps_the_backoff() {
    let wait = wait_after_loss(2000, |world| {
        world.for_each_connection(|deployment, now, connection| {
            deployment.close(now, connection, Some(1011), "InternalServerError");
        });
    });
    assert!(wait >= millis(500), "{wait:?}");
}

#[test]
fn socket_closed_by_the_client_is_replaced_soon() {
    let mut world = World::new();
    world.pair.run_until_live();
    let connection = world.connection();
    world.send_raw(connection, "{");
    world.pair.run_for(millis(30));
    let closed = world.pair.now();
    world.pair.run_until_live();
    assert!(world.pair.now() - closed < millis(300));
}

#[test]
fn connection_is_live_once_resent_mutations_are_answered() {
    let mut world = World::new();
    world.pair.run_until_live();
    world.pair.mutate("notes:add", &json!({ "text": "x" }), AuthPolicy::Settled);
    world.pair.cut();
    world.run_until_sent("Connect", 2);
    let connection = world.connection();
    world.freeze(connection);
    let start = first_version();
    world.send_raw(connection, transition(&start, &with_query_set(&start, 1)));
    world.pair.run_for(millis(100));
    assert_eq!(*world.pair.client.connection(), ConnectionState::Syncing, "{}", world.pair.trace());
    let failed = r#"{"type":"MutationResponse","requestId":0,"success":false,"result":"no","logLines":[]}"#;
    world.send_raw(connection, failed);
    world.pair.run_for(millis(30));
    assert_eq!(*world.pair.client.connection(), ConnectionState::Live);
}
