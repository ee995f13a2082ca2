//! The page was rendered without a user.

use super::{
    page::{Page, Screen},
    support::{AUTHENTICATED, World, seconds},
};
use convex_sync::{AuthState, ConvexError, PageIdentity, Session, UnauthenticatedReason};
use convex_testkit::DialOutcome;
use serde_json::json;

const SIGNED_OUT: AuthState = AuthState::Unauthenticated { reason: UnauthenticatedReason::SignedOut };

/// docs/auth.md §4, lines 13 and 14.
#[test]
fn anonymous_page_runs_anonymously_while_its_provider_loads() {
    let mut page = Page::anonymous(World::provider_fails);
    assert_eq!((page.screen(), page.world.pair.client.auth()), (Screen::of_page("anonymous"), &SIGNED_OUT));
    page.provider_reports(Some(Session::Loading));
    page.run_until_done();
    page.world.pair.command(|client, now| client.switch_provider(now, Session::Loading));
    page.world.pair.run_for(seconds(60));
    page.provider_reports(Some(Session::SignedOut));

    assert_eq!((page.screen(), page.world.pair.client.auth()), (Screen::of_page("anonymous"), &SIGNED_OUT));
    assert_eq!(page.reported_auth(), [] as [&convex_testkit::PairEvent; 0]);
    assert!(page.world.pair.client.is_identity(PageIdentity::Anonymous));
    page.assert_all_ran_as("anonymous");
    assert_eq!(page.world.ran_as("notes:add"), ["anonymous"]);
    assert_eq!(page.world.pair.fetches(), []);
}

/// docs/auth.md §4, line 9.
#[test]
fn user_of_an_anonymous_page_signs_in_without_a_blank_page() {
    let mut page = Page::anonymous(|world| {
        world.slow_tokens_of("alice", seconds(3600), seconds(1));
        // So that the mutation is not sent.
        world.pair.conditions.dials = DialOutcome::Refused;
        world.pair.cut();
    });
    page.world.sign_in("alice");
    assert_eq!(page.world.pair.outcome(page.write), Some(&Err(ConvexError::IdentityChanged)));
    assert!(!page.world.pair.client.is_identity(PageIdentity::Anonymous));
    // Without the optimistic update of the mutation.
    let anonymous = Screen { count: Some(0.0), ..Screen::of_page("anonymous") };
    assert_eq!(page.screen(), anonymous);
    page.world.pair.conditions.dials = DialOutcome::Accepted;
    let me = page.me;
    page.world.pair.run_until(|pair| pair.result(me) != Some(Ok(json!("anonymous"))));
    assert_eq!(page.screen(), Screen { count: Some(0.0), ..Screen::of_page("alice") });
    assert_eq!(*page.world.pair.client.auth(), AUTHENTICATED);
    page.assert_all_ran_as("alice");
}
