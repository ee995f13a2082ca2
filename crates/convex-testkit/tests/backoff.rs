//! When a connection counts as good, and how soon the next is tried (auth contract, rule 12;
//! protocol §7).

mod support;

use convex_sync::{AuthPolicy, ConnectionState};
use serde_json::json;
use std::time::Duration;
use support::{World, millis, seconds};

/// Closes whatever opens, as soon as it has said `Connect`, for so many seconds.
fn close_everything(world: &mut World, reason: &str, duration: u64) {
    let end = world.pair.now() + seconds(duration);
    while world.pair.now() < end {
        world.pair.run_for(millis(50));
        world.pair.server(|deployment, now| {
            for connection in deployment.connections().collect::<Vec<_>>() {
                deployment.close(now, connection, Some(1011), reason);
            }
        });
    }
}

#[test]
fn sockets_closed_after_opening_do_not_reset_the_backoff() {
    let mut world = World::new();
    close_everything(&mut world, "", 120);
    let dials = world.pair.trace().matches("the client dials").count();
    assert!((7..=25).contains(&dials), "{dials}");
}

#[test]
fn overloaded_server_is_dialled_later() {
    let second_dial = |reason| {
        let mut world = World::new();
        close_everything(&mut world, reason, 1);
        world.pair.run_until(|pair| pair.trace().matches("the client dials").count() == 2);
        world.pair.now().since_start()
    };
    assert!(second_dial("") < millis(1700));
    assert!(second_dial("CommitterFullError") >= millis(1500));
}

#[test]
fn live_connection_resets_the_backoff() {
    let mut world = World::new();
    close_everything(&mut world, "", 60);
    world.pair.run_until_live();
    world.pair.cut();
    let lost = world.pair.now();
    world.pair.run_until_live();
    assert!(world.pair.now() - lost < millis(1700));
}

/// How long it takes to dial anew after the loss of a connection that was live for so long.
fn wait_after(live_for: u64, lose: impl Fn(&mut World)) -> Duration {
    let mut world = World::new();
    world.pair.run_until_live();
    world.pair.run_for(millis(live_for));
    let (lost, dials) = (world.pair.now(), world.pair.trace().matches("the client dials").count());
    lose(&mut world);
    world.pair.run_until(|pair| pair.trace().matches("the client dials").count() > dials);
    world.pair.now() - lost
}

#[test]
fn long_lived_connection_is_replaced_soon() {
    let wait = wait_after(2000, |world| world.pair.cut());
    assert!(wait < millis(500), "{wait:?}");
}

#[test]
fn connection_lost_right_after_its_answer_keeps_the_backoff() {
    let wait = wait_after(0, |world| world.pair.cut());
    assert!(wait >= millis(500), "{wait:?}");
}

#[test]
fn close_with_a_reason_keeps_the_backoff() {
    let wait = wait_after(2000, |world| {
        world.pair.server(|deployment, now| {
            let connection = deployment.connections().next().unwrap();
            deployment.close(now, connection, Some(1011), "InternalServerError");
        });
    });
    assert!(wait >= millis(500), "{wait:?}");
}

#[test]
fn socket_closed_by_the_client_is_replaced_soon() {
    let mut world = World::new();
    world.pair.run_until_live();
    let connection = world.pair.deployment.connections().next().unwrap();
    world.pair.server(|deployment, now| deployment.send_raw(now, connection, "{"));
    world.pair.run_for(millis(30));
    let left = world.pair.now();
    world.pair.run_until_live();
    assert!(world.pair.now() - left < millis(300));
}

#[test]
fn connection_is_live_once_resent_mutations_are_answered() {
    let mut world = World::new();
    world.pair.run_until_live();
    world.pair.mutate("notes:add", &json!({ "text": "x" }), AuthPolicy::Settled);
    world.pair.cut();
    world.pair.run_until(|pair| pair.sent_types().iter().filter(|sent| *sent == "Connect").count() == 2);
    let connection = world.pair.deployment.connections().next().unwrap();
    world.pair.server(|deployment, _| deployment.freeze(connection));
    let zero = json!({ "querySet": 0, "identity": 0, "ts": "AAAAAAAAAAA=" });
    let one = json!({ "querySet": 1, "identity": 0, "ts": "AAAAAAAAAAA=" });
    let answer =
        json!({ "type": "Transition", "startVersion": zero, "endVersion": one, "modifications": [] });
    world.pair.server(|deployment, now| deployment.send_raw(now, connection, answer.to_string()));
    world.pair.run_for(millis(100));
    assert_eq!(*world.pair.client.connection(), ConnectionState::Syncing, "{}", world.pair.trace());
    let failed = r#"{"type":"MutationResponse","requestId":0,"success":false,"result":"no","logLines":[]}"#;
    world.pair.server(|deployment, now| deployment.send_raw(now, connection, failed));
    world.pair.run_for(millis(30));
    assert_eq!(*world.pair.client.connection(), ConnectionState::Live);
}
