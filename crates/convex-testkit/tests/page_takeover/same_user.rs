//! The page was rendered as the user who is signed in: nothing changes on screen.

use super::{
    page::{Page, Screen},
    support::{AUTHENTICATED, REFRESHING, World, millis, seconds},
};
use convex_sync::{
    AuthPolicy::{Immediate, Required, Settled},
    AuthState, ConnectionState, EncodedValue, PaginationStatus, Session, SuspendedResults, WaitingFor,
};
use convex_testkit::{DialOutcome, PairEvent};
use serde_json::json;

fn alice_after_200_ms(world: &mut World) {
    world.slow_tokens_of("alice", seconds(3600), millis(200));
}

/// docs/auth.md §4, lines 9, 13, 15 and 22.
#[test]
fn token_of_the_pages_user_changes_nothing_on_screen() {
    let mut page = Page::of_alice(alice_after_200_ms);
    let transitions = page.world.pair.transitions().len();
    assert_eq!((page.screen(), page.world.pair.client.auth()), (Screen::of_page("alice"), &AUTHENTICATED));
    page.world.pair.run_for(millis(100));
    page.world.sign_in("alice");
    page.run_until_done();

    assert_eq!(page.screen(), Screen::of_page("alice"), "with the server's own results");
    let own_write = vec![page.count];
    assert_eq!(page.world.pair.transitions()[transitions..], [own_write], "no other change is reported");
    assert_eq!(page.reported_auth(), Vec::<&PairEvent>::new());
    let fetches: Vec<_> = page.world.pair.fetches().iter().map(|fetch| fetch.force).collect();
    assert_eq!((fetches, page.world.count_sent("Authenticate User")), (vec![false], 1));
    for path in ["users:me", "cards:page", "notes:add"] {
        assert_eq!(page.world.ran_as(path), ["alice"], "{path}");
    }
    page.assert_all_ran_as("alice");
}

/// What happens while no token can be fetched.
type Delay = (&'static str, fn(&mut Page));

const DELAYS: [Delay; 6] = [
    ("the token endpoint is down", |_| {}),
    ("the provider reports the session", |page| page.world.sign_in("alice")),
    ("the app authenticates again", |page| page.world.pair.command(|client, now| client.reauthenticate(now))),
    ("the page wakes up", |page| page.world.pair.wake()),
    ("the connection is lost", |page| {
        page.world.pair.run_for(seconds(1));
        page.world.pair.cut();
    }),
    ("the connection is lost and cannot be opened", |page| {
        page.world.pair.conditions.dials = DialOutcome::Refused;
        page.world.pair.cut();
    }),
];

/// docs/auth.md §4, lines 9 and 14.
#[test]
fn nothing_is_sent_for_the_user_before_a_token() {
    for (delay, act) in DELAYS {
        let mut page = Page::of_alice(World::provider_fails);
        let notes = page.world.pair.subscribe("notes:all", &json!({}), Required);
        page.world.pair.act("notes:ponder", &json!({ "seconds": 0.1 }), Required);
        act(&mut page);
        // Longer than `auth_patience`.
        page.world.pair.run_for(seconds(30));
        assert_eq!(page.world.ran_as(""), [""; 0], "{delay}");
        assert_eq!(page.world.count_sent("Authenticate User"), 0, "{delay}");
        assert_eq!(page.screen(), Screen::of_page("alice"), "{delay}");
        assert_eq!(*page.world.pair.client.auth(), AUTHENTICATED, "{delay}");
        assert!(page.world.pair.client.token_problem().is_some(), "{delay}");

        page.world.pair.conditions.dials = DialOutcome::Accepted;
        page.world.tokens_of("alice", seconds(3600));
        page.run_until_done();
        assert_eq!(page.screen(), Screen::of_page("alice"), "{delay}");
        page.assert_all_ran_as("alice");
        assert_eq!(page.world.ran_as("notes:add"), ["alice"], "{delay}");
        assert_eq!(page.world.pair.result(notes), Some(Ok(json!(["hello"]))), "{delay}");
        assert_eq!(page.world.ran_as("notes:ponder"), ["alice"], "{delay}");
        let is_of_another = |event: &&PairEvent| !matches!(event, PairEvent::Auth(AUTHENTICATED, _));
        assert_eq!(page.reported_auth().into_iter().find(is_of_another), None, "{delay}");
    }
}

#[test]
fn held_back_requests_are_shown_in_the_connection_state() {
    let mut page = Page::of_alice(World::provider_fails);
    page.world.pair.run_for(seconds(1));
    assert_eq!(*page.world.pair.client.connection(), ConnectionState::HeldForAuth);
}

#[test]
fn immediate_queries_run_anonymously_before_the_token() {
    let mut page = Page::of_alice(World::provider_fails);
    let notes = page.world.pair.subscribe("notes:all", &json!({}), Immediate);
    page.world.pair.run_until(|pair| pair.result(notes).is_some());
    assert_eq!(page.world.ran_as(""), ["anonymous"]);
}

#[test]
fn first_report_of_the_session_retries_a_failed_fetch() {
    let mut page = Page::of_alice(World::provider_fails);
    page.world.pair.run_for(seconds(300));
    assert!(page.world.pair.fetches().len() > 1);
    page.world.tokens_of("alice", seconds(3600));
    let (fetches, reported_at) = (page.world.pair.fetches().len(), page.world.pair.now());
    page.world.sign_in("alice");
    assert_eq!(
        page.world.pair.fetches()[fetches..].iter().map(|fetch| fetch.at).collect::<Vec<_>>(),
        [reported_at]
    );
    page.world.sign_in("alice");
    page.run_until_done();
    assert_eq!(page.world.pair.fetches().len(), fetches + 1, "only the first report does");
}

/// docs/auth.md §4, lines 13 and 14.
#[test]
fn loading_provider_does_not_change_a_presumed_session() {
    let mut page = Page::of_alice(World::provider_fails);
    for _ in 0..2 {
        page.provider_reports(Some(Session::Loading));
        page.world.pair.command(|client, now| client.switch_provider(now, Session::Loading));
        page.world.pair.run_for(seconds(60));
    }
    assert_eq!((page.screen(), page.world.pair.client.auth()), (Screen::of_page("alice"), &AUTHENTICATED));

    // Once a provider has reported the session, a loading one in its place ends it.
    page.world.sign_in("alice");
    page.world.pair.command(|client, now| client.switch_provider(now, Session::Loading));
    let since = page.world.pair.now();
    let loading = AuthState::Loading { waiting_for: WaitingFor::Provider, since };
    assert_eq!((page.screen(), page.world.pair.client.auth()), (Screen::empty(), &loading));
}

/// docs/auth.md §4, line 11.
#[test]
fn another_provider_with_the_same_session_changes_nothing() {
    let mut page = Page::of_alice(alice_after_200_ms);
    for _ in 0..3 {
        page.world.pair.command(|client, now| client.switch_provider(now, Session::signed_in("alice")));
        page.world.pair.run_for(millis(150));
    }
    page.run_until_done();
    assert_eq!(page.screen(), Screen::of_page("alice"));
    assert_eq!(page.world.count_sent("Authenticate None"), 0);
    assert_eq!((page.world.pair.fetches().len(), page.world.count_sent("Authenticate User")), (1, 1));
}

/// docs/auth.md §4, line 12.
#[test]
fn first_rejection_refreshes_and_keeps_the_page() {
    let mut page = Page::of_alice(alice_after_200_ms);
    page.world.pair.deployment.reject_next_token("the key set cannot be fetched");
    page.world.sign_in("alice");
    page.world.pair.run_until(|pair| *pair.client.auth() == REFRESHING);
    assert_eq!(page.screen(), Screen::of_page("alice"));
    page.world.pair.run_until(|pair| *pair.client.auth() == AUTHENTICATED);
    page.run_until_done();
    assert_eq!(page.screen(), Screen::of_page("alice"));
    page.assert_all_ran_as("alice");
    assert!(!page.reported_auth().iter().any(|event| matches!(event, PairEvent::Identity(_))));
}

/// docs/auth.md §4, line 15.
#[test]
fn rotated_token_keeps_the_page() {
    let mut page = Page::of_alice(|world| world.tokens_of("alice", seconds(60)));
    page.world.sign_in("alice");
    page.world.pair.run_for(seconds(600));
    assert!(page.world.count_sent("Authenticate User") > 5);
    assert_eq!(page.reported_auth(), Vec::<&PairEvent>::new());
    assert_eq!(page.screen(), Screen::of_page("alice"));
    assert!(page.world.pair.client.is_identity(page.identity), "by the last token");
}

/// docs/auth.md §4, line 9.
#[test]
fn live_results_replace_the_pages_results() {
    let mut page = Page::of_alice(alice_after_200_ms);
    page.world
        .pair
        .server(|deployment, now| deployment.edit(now, |db| super::support::lists::add(db, 3, true)));
    assert_eq!(page.screen().cards, [2, 1], "until the query has run");
    page.run_until_done();
    assert_eq!(page.screen(), Screen { cards: vec![3, 2], ..Screen::of_page("alice") });

    let (me, stale) = (page.me, EncodedValue::encode("stale").unwrap());
    page.world.pair.command(|client, _| client.seed(me, Ok(stale)));
    assert_eq!(page.screen().me, Some(json!("alice")), "a seed does not replace a result");
}

#[test]
fn seeds_do_not_answer_one_shot_queries() {
    let mut page = Page::of_alice(World::provider_fails);
    let public = page.world.pair.subscribe("notes:count", &json!({}), Immediate);
    let seed = EncodedValue::encode(&7).unwrap();
    page.world.pair.command(|client, _| client.seed(public, Ok(seed)));
    let immediate = page.world.pair.query_once("notes:count", &json!({}), Immediate);
    let settled = page.world.pair.query_once("users:me", &json!({}), Settled);
    assert_eq!(page.world.pair.outcome(immediate), None);
    page.world.pair.run_for(seconds(1));
    assert_eq!(page.world.pair.outcome(settled), None);
    page.world.tokens_of("alice", seconds(3600));
    page.run_until_done();
    let answer = |request| page.world.pair.outcome(request).unwrap().as_ref().unwrap().as_json();
    assert_eq!([immediate, settled].map(answer), ["0.0", "\"alice\""]);
    assert_eq!(page.world.ran_as("users:me"), ["alice"]);
}

#[test]
fn seed_of_a_query_with_cleared_results_is_ignored() {
    let mut page = Page::of_alice(World::provider_fails);
    let suspension =
        page.world.pair.command(|client, _| client.suspend(SuspendedResults::Clear, |_, _| true));
    let (me, seed) = (page.me, EncodedValue::encode("alice").unwrap());
    page.world.pair.command(|client, _| client.seed(me, Ok(seed)));
    assert_eq!(page.screen(), Screen::empty());
    page.world.pair.command(|client, _| client.resume(suspension));
    assert_eq!(page.screen(), Screen::empty(), "the queries have to run again");
}

#[test]
fn seeded_list_loads_more_once_there_is_a_token() {
    let mut page = Page::of_alice(alice_after_200_ms);
    let cards = page.cards;
    assert!(page.world.pair.command(|client, _| client.load_more(cards, 2)));
    page.run_until_done();
    assert_eq!(page.screen().cards, [2, 1, 0]);
    let status = page.world.pair.client.paginated(cards).unwrap().status;
    assert_eq!(status, PaginationStatus::Exhausted);
}
