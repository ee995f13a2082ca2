//! The first token on a page that was rendered for a user.

use crate::{
    fixture::deployment,
    page::ServerPage,
    page_provider::{PageProvider, TokenAnswer},
    user_page::UserPage,
};
use convex_leptos::{Session, TokenRequest, sync::Config};
use convex_testkit_web::{testkit::Rejection, turns, until};
use std::time::Duration;
use wasm_bindgen_test::wasm_bindgen_test;

/// The shortest delay between token fetches, and no patience with rejections.
fn impatient() -> Config {
    Config {
        fetch_retry_initial: Duration::from_millis(100),
        rejection_patience: Duration::ZERO,
        ..Config::default()
    }
}

/// docs/auth.md §4, line 22.
#[wasm_bindgen_test]
async fn a_page_load_fetches_one_token_and_a_cached_one_will_do() {
    let (page, auth) = UserPage::of_ada(|fake| PageProvider::signed_in(fake, "ada"));
    page.complete();
    page.until_text("--A- ada").await;
    turns(20).await;
    assert_eq!(auth.requests(), [TokenRequest { force: false }]);
}

/// docs/auth.md §4, lines 1 and 13.
#[wasm_bindgen_test]
async fn a_failed_token_fetch_is_retried_and_changes_nothing() {
    let (page, auth) = UserPage::of_ada_with(impatient(), PageProvider::new);
    auth.answer(TokenAnswer::Unreachable);
    auth.report(Session::signed_in("ada"));
    page.complete();
    until("the fetch was retried", || auth.fetches() >= 3).await;
    assert_eq!((page.text().as_str(), page.ran_as()), ("--A- page", vec![]));
    auth.answer(TokenAnswer::Of("ada"));
    page.until_text("--A- ada").await;
    assert_eq!(page.frames(), ["Connect", "Authenticate", "ModifyQuerySet"]);
    assert_eq!(page.seen(), ["A -", "A page", "A ada"]);
}

/// docs/auth.md §4, lines 1 and 2: the retry does not wait for its delay.
#[wasm_bindgen_test]
async fn a_provider_that_has_loaded_retries_a_failed_fetch_at_once() {
    let config = Config { fetch_retry_initial: Duration::from_secs(3600), ..Config::default() };
    let (page, auth) = UserPage::of_ada_with(config, PageProvider::new);
    auth.answer(TokenAnswer::Unreachable);
    page.complete();
    until("the fetch has failed", || auth.fetches() == 1).await;
    turns(5).await;
    auth.sign_in("ada");
    page.until_text("--A- ada").await;
    assert_eq!(auth.fetches(), 2);
}

/// docs/auth.md §4, line 16.
#[wasm_bindgen_test]
async fn a_provider_without_a_token_signs_out() {
    let (page, auth) = UserPage::of_ada(PageProvider::new);
    auth.answer(TokenAnswer::SignedOut);
    auth.report(Session::signed_in("ada"));
    page.complete();
    page.until_text("-U-- anonymous").await;
    assert_eq!((page.ran_as(), auth.fetches()), (vec!["anonymous".to_owned()], 1));
    assert_eq!(page.seen(), ["A -", "A page", "U -", "U anonymous"]);
}

/// Such as Clerk, which has no token until it is loaded.
#[wasm_bindgen_test]
async fn a_provider_without_a_token_while_it_loads_signs_nobody_out() {
    let (page, auth) = UserPage::of_ada(PageProvider::new);
    auth.answer(TokenAnswer::SignedOut);
    page.complete();
    until("the fetch has ended without a token", || auth.fetches() == 1).await;
    turns(5).await;
    assert_eq!(page.text(), "--A- page");
    auth.sign_in("ada");
    page.until_text("--A- ada").await;
    assert_eq!(page.seen(), ["A -", "A page", "A ada"]);
}

/// docs/auth.md §4, lines 12 and 13.
#[wasm_bindgen_test]
async fn a_rejected_token_is_replaced_under_the_results_of_the_page() {
    let (page, auth) = UserPage::of_ada(|fake| PageProvider::signed_in(fake, "ada"));
    page.fake.deployment(|deployment, _| deployment.reject_next_token(Rejection::key_set_unreachable()));
    page.complete();
    until("the token is fetched", || auth.fetches() == 1).await;
    auth.answer(TokenAnswer::Waiting);
    page.until_text("--AR page").await;
    turns(20).await;
    assert_eq!((page.text().as_str(), page.ran_as()), ("--AR page", vec![]));
    auth.answer(TokenAnswer::Of("ada"));
    page.until_text("--A- ada").await;
    assert_eq!(auth.requests(), [TokenRequest { force: false }, TokenRequest { force: true }]);
    assert_eq!(page.seen(), ["A -", "A page", "R page", "A page", "A ada"]);
}

/// docs/auth.md §4, line 45.
#[wasm_bindgen_test]
async fn the_third_rejection_removes_the_results_of_the_page() {
    let (page, auth) = UserPage::of_ada_with(impatient(), |fake| PageProvider::signed_in(fake, "ada"));
    let rejection = Rejection::key_set_unreachable();
    page.fake.deployment(|deployment, _| deployment.reject_all_tokens(Some(rejection)));
    page.complete();
    page.until_text("-U-- anonymous").await;
    assert_eq!((auth.fetches(), page.ran_as()), (3, vec!["anonymous".to_owned()]));
    assert_eq!(page.seen(), ["A -", "A page", "R page", "U -", "U anonymous"]);
}

/// docs/auth.md §4, lines 10 and 30.
#[wasm_bindgen_test]
async fn a_connection_that_breaks_before_the_token_changes_nothing() {
    let (page, auth) = UserPage::of_ada(|fake| PageProvider::signed_in(fake, "ada"));
    auth.answer(TokenAnswer::Waiting);
    page.complete();
    until("the token is fetched", || auth.fetches() == 1 && page.fake.open_sockets() == 1).await;
    crate::fixture::restart(&page.fake);
    until("the client reconnects", || page.fake.dialled() == 2 && page.fake.open_sockets() == 1).await;
    turns(5).await;
    assert_eq!((page.text().as_str(), page.ran_as()), ("--A- page", vec![]));
    auth.answer(TokenAnswer::Of("ada"));
    page.until_text("--A- ada").await;
    assert_eq!((auth.fetches(), page.ran_as()), (1, vec!["ada".to_owned()]));
}

/// `auth_patience` is for clients that do not know who the user is.
#[wasm_bindgen_test]
async fn queries_of_a_page_never_run_anonymously_before_the_token() {
    let fake = deployment();
    let server_page = ServerPage::of_user(&fake, "ada");
    let config = Config { auth_patience: Duration::ZERO, ..Config::default() };
    let (page, auth) =
        UserPage::hydrate(fake, server_page, config, |fake| PageProvider::signed_in(fake, "ada"));
    auth.answer(TokenAnswer::Waiting);
    page.complete();
    until("the token is fetched", || auth.fetches() == 1 && page.fake.open_sockets() == 1).await;
    turns(20).await;
    assert_eq!((page.text().as_str(), page.frames()), ("--A- waiting", vec!["Connect".to_owned()]));
    auth.answer(TokenAnswer::Of("ada"));
    page.until_text("--A- ada").await;
    assert_eq!(page.ran_as(), ["ada"]);
}
