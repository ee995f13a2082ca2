//! A network with random delays and breaks: every mutation runs once, in order, as the user who
//! called it (docs/auth.md, rules 1 and 14; §4, lines 10, 35, 41).

mod support;

use convex_sync::AuthPolicy::Settled;
use serde_json::json;
use support::{World, millis, seconds};

/// docs/auth.md §4, line 10.
#[test]
fn writes_run_once_and_in_order_on_a_breaking_network() {
    let mut broken = 0;
    for seed in 0..200 {
        let mut world = World::with_seed(seed);
        world.pair.conditions.jitter = millis(200);
        world.pair.conditions.break_chance = 0.1;
        world.slow_tokens_of("alice", seconds(20), millis(300));
        world.sign_in("alice");
        let all = world.pair.subscribe("notes:all", &json!({}), Settled);
        let mut writes = Vec::new();
        for text in 0..10 {
            writes.push(world.pair.mutate("notes:add", &json!({ "text": text }), Settled));
            world.pair.run_for(millis(700));
        }
        world.pair.conditions.break_chance = 0.0;
        world.pair.run_until(|pair| writes.iter().all(|write| pair.outcome(*write).is_some()));

        for write in writes {
            assert!(matches!(world.pair.outcome(write), Some(Ok(_))), "seed {seed}:\n{:?}", world.pair);
        }
        let expected: Vec<_> = (0..10).map(f64::from).collect();
        assert_eq!(world.pair.result(all), Some(Ok(json!(expected))), "seed {seed}:\n{:?}", world.pair);
        assert!(world.ran_as("").iter().all(|user| user == "alice"), "seed {seed}:\n{:?}", world.pair);
        broken += world.pair.trace().matches("the network breaks").count();
    }
    assert!(broken > 500, "the network broke only {broken} times");
}

#[test]
fn same_seed_gives_the_same_story() {
    let story = |seed| {
        let mut world = World::with_seed(seed);
        world.pair.conditions.jitter = millis(200);
        world.pair.conditions.break_chance = 0.2;
        world.pair.subscribe("notes:count", &json!({}), Settled);
        world.pair.run_for(seconds(60));
        world.pair.trace()
    };
    assert_eq!(story(1), story(1));
    assert_ne!(story(1), story(2));
}
