//! One socket at a time: an abandoned socket is closed, and its later events are ignored (auth
//! contract, rule 10; §4, lines 29 and 34).

mod support;

use convex_sync::{
    AuthPolicy, Config, ConnectionState, Event, Input, SessionId, SocketId, SyncClient, Time, UnixMillis,
};
use serde_json::json;
use support::{World, seconds};

/// docs/auth.md §4, line 34.
#[test]
fn abandoned_sockets_are_closed() {
    let mut world = World::new();
    world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
    for _ in 0..5 {
        world.pair.run_until_live();
        let connection = world.connection();
        world.send_raw(connection, "not a frame");
        world.pair.run_for(seconds(1));
    }
    world.pair.run_until_live();
    world.pair.run_for(seconds(1));
    assert_eq!(world.pair.deployment.connections().count(), 1);
    assert_eq!(world.count_sent("Connect"), 6);
}

#[test]
fn deadlines_of_a_lost_socket_do_not_apply_to_the_next() {
    let (mut world, _) = World::frozen();
    world.tokens_of("alice", seconds(600));
    world.sign_in("alice");
    world.pair.run_for(seconds(5));
    assert_eq!(world.count_sent("Authenticate User"), 1, "it is unanswered");
    // No frame but `Connect` is sent on the next socket, since bob has no token yet.
    world.slow_tokens_of("bob", seconds(600), seconds(29));
    world.pair.cut();
    world.sign_in("bob");
    world.pair.run_for(seconds(28));
    assert_eq!(world.count_sent("Connect"), 2, "{}", world.pair.trace());
}

fn opened(client: &mut SyncClient) -> Vec<SocketId> {
    let events = std::iter::from_fn(|| client.poll_event());
    events.filter_map(|event| if let Event::Open { socket } = event { Some(socket) } else { None }).collect()
}

/// docs/auth.md §4, line 29.
#[test]
fn late_events_of_an_abandoned_socket_are_ignored() {
    let session = SessionId::from_random_bytes([1; 16]);
    let mut client = SyncClient::new(Config::default(), session, 1, UnixMillis(0));
    let old = opened(&mut client)[0];
    client.handle(Time::ZERO, Input::Closed { socket: old, code: 1006, reason: "" });
    let redial = client.poll_timeout().unwrap();
    client.handle(redial, Input::Timeout);
    let new = opened(&mut client)[0];
    client.handle(redial, Input::Opened { socket: old });
    assert_eq!(client.poll_transmit(redial), None, "the old socket is ignored");
    client.handle(redial, Input::Opened { socket: new });
    while client.poll_transmit(redial).is_some() {}
    client.handle(redial, Input::Text { socket: old, text: "not a frame" });
    client.handle(redial, Input::Closed { socket: old, code: 1006, reason: "" });
    assert_eq!(*client.connection(), ConnectionState::Syncing);
}
