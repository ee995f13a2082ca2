//! The user is not, or no longer, the one that the page was rendered as.

use super::{
    page::{Page, Screen},
    support::{AUTHENTICATED, World, millis, seconds},
};
use convex_sync::{AuthState, ConvexError, Session, UnauthenticatedReason};
use convex_testkit::FetchReply;
use serde_json::json;

/// An event that ends the identity of a page that was rendered as Alice.
struct Ending {
    name: &'static str,
    /// The outcome of token fetches, after 100 ms.
    provide: fn(&mut World),
    act: fn(&mut Page),
    /// The user whose results follow.
    next: &'static str,
    /// The error of the mutation.
    error: ConvexError,
}

fn tokens_of_alice(world: &mut World) {
    world.slow_tokens_of("alice", seconds(3600), millis(100));
}

fn tokens_of_bob(world: &mut World) {
    world.slow_tokens_of("bob", seconds(3600), millis(100));
}

fn signed_out_reply(world: &mut World) {
    world.pair.provide(|_| FetchReply::After(millis(100), Ok(None)));
}

fn reject_all_tokens(page: &mut Page) {
    page.world.pair.deployment.reject_all_tokens(Some("No auth provider found".into()));
}

fn endings() -> [Ending; 7] {
    let ending =
        |name, provide, act, next| Ending { name, provide, act, next, error: ConvexError::IdentityChanged };
    [
        ending("another session key", tokens_of_bob, |page| page.world.sign_in("bob"), "bob"),
        ending("a token of another subject", tokens_of_bob, |_| {}, "bob"),
        ending(
            "the provider reports signed out",
            tokens_of_alice,
            |page| page.provider_reports(Some(Session::SignedOut)),
            "anonymous",
        ),
        ending("the provider is removed", tokens_of_alice, |page| page.provider_reports(None), "anonymous"),
        ending("a fetch ends with signed out", signed_out_reply, |_| {}, "anonymous"),
        ending("the app signs out", tokens_of_alice, Page::sign_out, "anonymous"),
        Ending {
            // The mutation was sent after the first token.
            error: ConvexError::OutcomeUnknown,
            ..ending("three rejections", tokens_of_alice, reject_all_tokens, "anonymous")
        },
    ]
}

/// docs/auth.md §4, lines 9 and 19.
#[test]
fn page_vanishes_in_the_tick_of_the_identity_change() {
    for Ending { name, provide, act, next, error } in endings() {
        let mut page = Page::of_alice(provide);
        page.world.pair.run_for(millis(50));
        act(&mut page);
        while page.world.pair.client.identity_changes() == 0 {
            assert_eq!(page.screen(), Screen::of_page("alice"), "{name}");
            assert!(page.world.pair.client.is_identity(page.identity), "{name}");
            let events = page.world.pair.events().len();
            page.world.pair.run_until(|pair| pair.events().len() > events);
        }
        assert_eq!(page.screen(), Screen::empty(), "{name}");
        assert!(!page.world.pair.client.is_identity(page.identity), "{name}");
        assert_eq!(page.world.pair.outcome(page.write), Some(&Err(error)), "{name}");
        let [.., changed] = page.world.pair.transitions() else { panic!("{name}: no result is reported") };
        assert!(changed.contains(&page.me) && changed.contains(&page.count), "{name}");
        assert_eq!(page.world.pair.lists().last().map(|(list, _)| *list), Some(page.cards), "{name}");

        let me = page.me;
        page.world.pair.run_until(|pair| pair.result(me).is_some());
        page.world.pair.run_for(seconds(5));
        assert_eq!(page.screen(), Screen { count: Some(0.0), ..Screen::of_page(next) }, "{name}");
        page.assert_all_ran_as(next);
    }
}

/// docs/auth.md §4, line 17.
#[test]
fn sign_out_lasts_after_the_providers_first_report() {
    for reported in ["alice", "bob"] {
        let mut page = Page::of_alice(tokens_of_alice);
        page.sign_out();
        page.world.sign_in(reported);
        page.world.pair.run_for(seconds(60));
        let signed_out = AuthState::Unauthenticated { reason: UnauthenticatedReason::SignedOutByApp };
        assert_eq!(*page.world.pair.client.auth(), signed_out, "{reported}");
        assert_eq!(page.world.count_sent("Authenticate User"), 0, "{reported}");

        page.world.pair.command(|client, now| client.reauthenticate(now));
        page.world.pair.run_until(|pair| *pair.client.auth() == AUTHENTICATED);
    }
}

/// A provider may answer its first fetch before it knows its session.
#[test]
fn first_report_signs_in_after_a_fetch_ended_with_signed_out() {
    let mut page = Page::of_alice(signed_out_reply);
    page.world.pair.run_for(seconds(1));
    let reason = UnauthenticatedReason::SignedOut;
    assert_eq!(*page.world.pair.client.auth(), AuthState::Unauthenticated { reason });
    tokens_of_alice(&mut page.world);
    page.world.sign_in("alice");
    page.world.pair.run_until(|pair| *pair.client.auth() == AUTHENTICATED);
}

/// A server that derives the session key differently must not lock the user out.
#[test]
fn token_of_a_page_with_a_wrong_session_key_is_used_after_a_forced_fetch() {
    // The provider always returns the same token, forced or not.
    let mut page = Page::of_alice(|world| {
        let token = world.token("alice", seconds(3600));
        world.only_token(token);
    });
    page.world.pair.run_until(|pair| *pair.client.connection() == convex_sync::ConnectionState::Live);
    page.world.sign_in("the key in the browser");
    assert_eq!(page.screen(), Screen::empty());
    page.world.pair.run_for(seconds(1));
    assert_eq!(*page.world.pair.client.auth(), AUTHENTICATED);
    let forced: Vec<_> = page.world.pair.fetches().iter().map(|fetch| fetch.force).collect();
    assert_eq!(forced, [false, true]);
    assert_eq!(page.screen().me, Some(json!("alice")));
    assert!(!page.world.pair.client.is_identity(page.identity), "the same subject in another session");
}
