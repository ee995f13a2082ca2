//! Everything that can happen in a small world, in every order.
//!
//! Two people, one query, one mutation; a provider that answers in every way it can; a network and
//! a server that fail now and then. Where the simulation draws long stories by lot, this looks at
//! *all* short ones: every choice of what happens next, up to a depth and a number of faults. After
//! every step the safety rules of the auth contract are checked ([`rules`]), and from every state
//! the world is left to heal ([`heal`]): client and server have to come to agree. The first story
//! in which a rule breaks is among the shortest there are.
//!
//! What is one step: frames reach the server in one go, all that are under way at once, unless the
//! socket breaks between any two of them; they reach the client one by one. Time passes from one
//! deadline to the next.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod app;
mod choice;
mod explore;
mod fingerprint;
mod functions;
mod heal;
mod link;
mod provider;
mod rules;
mod scene;
mod world;

use choice::Budget;
use convex_sync::AuthPolicy;
use explore::Exploration;
use scene::Scene;
use std::{
    io::{self, Write},
    time::Instant,
};

/// Two turns of the app, two faults, two waits: in any order with everything that is under way
/// anyhow.
const BUDGET: Budget = Budget { app: 2, faults: 2, time: 2 };

fn explore(scene: Scene, depth: usize) {
    for policy in [AuthPolicy::Settled, AuthPolicy::Required] {
        let begun = Instant::now();
        let seen = Exploration { scene, policy, budget: BUDGET, depth }.run();
        let told = format!(
            "{scene:?}, a {policy:?} query and mutation: {} states in {} steps, at most {depth} from the first; {} pairs of ways to one \
             state followed further; {:.1?}\n",
            seen.states,
            seen.steps,
            seen.audits,
            begun.elapsed(),
        );
        // Not by `println!`, so that it is seen where the test passes, too.
        io::stdout().write_all(told.as_bytes()).unwrap();
    }
}

#[test]
fn no_rule_breaks_after_a_page_load() {
    explore(Scene::PageLoad, 5);
}

#[test]
fn no_rule_breaks_while_signed_out() {
    explore(Scene::Nobody, 4);
}

#[test]
fn no_rule_breaks_while_signed_in() {
    explore(Scene::SignedIn, 4);
}

#[test]
fn no_rule_breaks_during_a_mutation() {
    explore(Scene::Mutating, 4);
}

#[test]
fn no_rule_breaks_during_a_refresh() {
    explore(Scene::Refreshing, 3);
}

#[test]
fn no_rule_breaks_while_users_switch() {
    explore(Scene::Switching, 3);
}

#[test]
fn no_rule_breaks_while_a_session_resumes() {
    explore(Scene::Resuming, 3);
}

/// Deeper than CI has the time for:
/// `cargo test --release -p convex-testkit --test small_world -- --ignored --nocapture`.
#[test]
#[ignore = "takes minutes, in release"]
fn no_rule_breaks_in_deeper_searches() {
    explore(Scene::PageLoad, 7);
    for scene in [
        Scene::Nobody,
        Scene::SignedIn,
        Scene::Mutating,
        Scene::Refreshing,
        Scene::Switching,
        Scene::Resuming,
    ] {
        explore(scene, 6);
    }
}
