//! Clocks that jump, and tokens that expired while the page slept (docs/auth.md, rules 3 and 4;
//! §4, lines 23 and 30).

mod support;

use convex_sync::AuthPolicy;
use serde_json::json;
use support::{AUTHENTICATED, REFRESHING, World, seconds};

/// docs/auth.md §4, line 23.
#[test]
fn after_a_sleep_token_expiry_follows_the_clock() {
    for clock_stops in [false, true] {
        let mut world = World::live_with_user("alice", seconds(60));
        world.pair.run_for(seconds(5));
        let sleep = seconds(3600);
        match clock_stops {
            false => world.pair.sleep(sleep),
            true => world.pair.sleep_with_clock_stopped(sleep),
        }
        assert_eq!(*world.pair.client.auth(), REFRESHING);
        assert_eq!(world.pair.fetches().last().unwrap().at, world.pair.now(), "at once");
        assert!(world.pair.fetches().last().unwrap().force);
        world.pair.run_for(seconds(5));
        assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
        world.pair.run_for(seconds(120));
        assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
        let sent = world.pair.sent();
        let tokens: Vec<_> = sent.iter().filter_map(|frame| frame["value"].as_str()).collect();
        assert_eq!(
            tokens.iter().filter(|token| **token == tokens[0]).count(),
            1,
            "the expired token is not resent"
        );
    }
}

#[test]
fn short_sleep_does_not_refresh_a_valid_token_early() {
    let mut world = World::live_with_user("alice", seconds(60));
    world.pair.sleep_with_clock_stopped(seconds(20));
    world.pair.run_for(seconds(20));
    assert_eq!(world.pair.fetches().len(), 1);
    world.pair.run_for(seconds(15));
    assert_eq!(world.pair.fetches().len(), 2, "ten seconds before it expires");
    assert_eq!(world.pair.trace().matches("refreshing: true").count(), 0);
}

/// docs/auth.md §4, line 23.
#[test]
fn clock_set_ahead_does_not_end_the_session() {
    let mut world = World::live_with_user("alice", seconds(60));
    world.pair.run_for(seconds(5));
    world.pair.clock_ahead += 3_600_000;
    world.pair.wake();
    world.pair.run_for(seconds(1));
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED, "a token that was just issued has not expired");
    world.pair.run_for(seconds(300));
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
    let fetches = world.pair.fetches().len();
    assert!((6..=9).contains(&fetches), "{fetches}");
    assert_eq!(world.count_sent("Connect"), 1);
    // The next connection measures the new skew.
    world.pair.cut();
    world.pair.run_for(seconds(60));
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
    assert_eq!(world.pair.trace().matches("refreshing: true").count(), 1);
}

#[test]
fn clock_is_trusted_again_after_a_new_skew_measurement() {
    let mut world = World::live_with_user("alice", seconds(60));
    world.tokens_of("alice", seconds(600));
    world.pair.clock_ahead += 3_600_000;
    world.pair.wake();
    world.pair.run_for(seconds(1));
    world.pair.cut();
    world.pair.run_for(seconds(10));
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
    world.pair.sleep_with_clock_stopped(seconds(900));
    assert_eq!(*world.pair.client.auth(), REFRESHING, "the token has expired");
}

#[test]
fn clock_set_back_is_corrected_by_the_server() {
    let mut world = World::live_with_user("alice", seconds(60));
    world.pair.run_for(seconds(5));
    world.pair.clock_ahead -= 3_600_000;
    world.pair.wake();
    world.pair.run_for(seconds(120));
    let write = world.pair.mutate("notes:add", &json!({ "text": "x" }), AuthPolicy::Settled);
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    assert!(world.pair.outcome(write).unwrap().is_ok());
    assert_eq!(world.ran_as("notes:add"), ["alice"]);
    assert!(!world.pair.trace().contains("Unauthenticated"), "{}", world.pair.trace());
}

/// docs/auth.md §4, line 30.
#[test]
fn provider_with_only_an_expired_token_is_polled_with_backoff() {
    let mut world = World::new();
    let token = world.token("alice", seconds(60));
    world.only_token(token);
    world.sign_in("alice");
    world.pair.run_for(seconds(59));
    let fetches = world.pair.fetches().len();
    world.pair.run_for(seconds(300));
    let retries = world.pair.fetches().len() - fetches;
    assert!((9..=26).contains(&retries), "{retries}");
    assert_eq!(world.count_sent("Authenticate User"), 1, "it is never resent");
    assert_eq!(*world.pair.client.auth(), REFRESHING);
    world.pair.cut();
    world.pair.run_for(seconds(30));
    assert_eq!(world.count_sent("Authenticate User"), 1, "on no connection");
}
