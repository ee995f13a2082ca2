//! A page of one identity, and the session that the provider reports in the browser.

use crate::{
    fixture::deployment,
    page::ServerPage,
    page_provider::{PageProvider, TokenAnswer},
    user_page::UserPage,
};
use convex_leptos::{Session, sync::Config};
use convex_testkit_web::{turns, until};
use wasm_bindgen_test::wasm_bindgen_test;

/// The page's identity is from an earlier token. docs/auth.md §4, lines 9, 15 and 22.
#[wasm_bindgen_test]
async fn a_page_of_a_user_changes_with_the_live_result_only() {
    let (page, auth) = UserPage::of_ada(PageProvider::new);
    auth.answer(TokenAnswer::Waiting);
    auth.report(Session::signed_in("ada"));
    assert_eq!(page.text(), "--A- page");
    turns(5).await;
    assert_eq!(auth.fetches(), 0, "until the page is hydrated, the provider is not used");
    page.complete();
    until("the token is fetched", || auth.fetches() == 1).await;
    turns(20).await;
    assert_eq!((page.text().as_str(), page.frames()), ("--A- page", vec!["Connect".to_owned()]));
    auth.answer(TokenAnswer::Of("ada"));
    page.until_text("--A- ada").await;
    turns(20).await;
    assert_eq!(page.frames(), ["Connect", "Authenticate", "ModifyQuerySet"]);
    assert_eq!((page.ran_as(), auth.fetches()), (vec!["ada".to_owned()], 1));
    assert_eq!(page.seen(), ["A -", "A page", "A ada"]);
}

/// A hydrated page of Ada, whose provider is loading and whose token has not arrived.
async fn hydrated_page_of_ada() -> (UserPage, PageProvider) {
    let (page, auth) = UserPage::of_ada(PageProvider::new);
    auth.answer(TokenAnswer::Waiting);
    page.complete();
    until("the token is fetched", || auth.fetches() == 1).await;
    assert_eq!((page.text().as_str(), page.now().as_str()), ("--A- page", "A page"));
    (page, auth)
}

/// docs/auth.md §4, line 13.
#[wasm_bindgen_test]
async fn a_token_arrives_before_the_provider_has_loaded() {
    let (page, auth) = hydrated_page_of_ada().await;
    auth.answer(TokenAnswer::Of("ada"));
    page.until_text("--A- ada").await;
    auth.report(Session::signed_in("ada"));
    turns(20).await;
    assert_eq!(page.frames(), ["Connect", "Authenticate", "ModifyQuerySet"]);
    assert_eq!((page.text().as_str(), auth.fetches()), ("--A- ada", 1));
    assert_eq!(page.seen(), ["A -", "A page", "A ada"]);
}

/// docs/auth.md §4, line 11.
#[wasm_bindgen_test]
async fn another_provider_with_the_same_user_changes_nothing() {
    let (page, auth) = hydrated_page_of_ada().await;
    page.add_provider(PageProvider::signed_in(&page.fake, "ada"));
    page.until_text("--A- ada").await;
    page.add_provider(PageProvider::signed_in(&page.fake, "ada"));
    turns(20).await;
    assert_eq!(page.frames(), ["Connect", "Authenticate", "ModifyQuerySet"]);
    assert_eq!((page.text().as_str(), auth.fetches()), ("--A- ada", 1));
    assert_eq!(page.seen(), ["A -", "A page", "A ada"]);
}

/// docs/auth.md §4, line 19.
#[wasm_bindgen_test]
async fn another_user_removes_the_results_of_the_page() {
    let (page, auth) = hydrated_page_of_ada().await;
    auth.sign_in("bob");
    assert_eq!(page.now(), "L -", "in the same tick");
    page.until_text("--A- bob").await;
    assert_eq!(page.ran_as(), ["bob"]);
    assert_eq!(page.seen(), ["A -", "A page", "L -", "A -", "A bob"]);
}

/// docs/auth.md §4, line 19.
#[wasm_bindgen_test]
async fn a_token_of_another_user_removes_the_results_of_the_page() {
    let (page, auth) = hydrated_page_of_ada().await;
    auth.answer(TokenAnswer::Of("bob"));
    page.until_text("--A- bob").await;
    assert_eq!(page.ran_as(), ["bob"]);
    assert!(!page.seen().contains(&"L page".to_owned()), "{:?}", page.seen());
}

/// The provider knows already during hydration that another user is signed in.
#[wasm_bindgen_test]
async fn another_user_at_the_end_of_hydration_sees_nothing_of_the_page() {
    let (page, _) = UserPage::of_ada(|fake| PageProvider::signed_in(fake, "bob"));
    turns(5).await;
    assert_eq!((page.text().as_str(), page.now().as_str()), ("--A- page", "A -"));
    page.complete();
    page.until_text("--A- bob").await;
    assert_eq!(page.ran_as(), ["bob"]);
    assert_eq!(page.seen(), ["A -", "L -", "A -", "A bob"]);
}

#[wasm_bindgen_test]
async fn another_login_of_the_user_removes_the_results_of_the_page() {
    let (page, auth) = hydrated_page_of_ada().await;
    auth.report(Session::signed_in("the next login of ada"));
    assert_eq!(page.now(), "L -");
    auth.answer(TokenAnswer::Of("ada"));
    page.until_text("--A- ada").await;
}

#[wasm_bindgen_test]
async fn a_signed_out_provider_removes_the_results_of_the_page() {
    let (page, auth) = hydrated_page_of_ada().await;
    auth.report(Session::SignedOut);
    assert_eq!(page.now(), "U -");
    page.until_text("-U-- anonymous").await;
    assert_eq!(page.ran_as(), ["anonymous"]);
    assert_eq!(page.frames(), ["Connect", "ModifyQuerySet"]);
}

/// docs/auth.md §4, line 17.
#[wasm_bindgen_test]
async fn a_sign_out_by_the_app_lasts_beyond_the_first_report() {
    for is_hydrated in [false, true] {
        let (page, auth) = match is_hydrated {
            true => hydrated_page_of_ada().await,
            false => UserPage::of_ada(PageProvider::new),
        };
        page.client.sign_out();
        assert_eq!(page.now(), "U -", "hydrated: {is_hydrated}");
        page.complete();
        page.until_text("-U-- anonymous").await;
        auth.sign_in("ada");
        turns(20).await;
        assert_eq!(page.text(), "-U-- anonymous", "hydrated: {is_hydrated}");
        assert_eq!(page.ran_as(), ["anonymous"]);
        assert_eq!(page.frames(), ["Connect", "ModifyQuerySet"]);
    }
}

#[wasm_bindgen_test]
async fn a_removed_provider_signs_out() {
    for is_hydrated in [false, true] {
        let (page, _) = match is_hydrated {
            true => hydrated_page_of_ada().await,
            false => UserPage::of_ada(|fake| PageProvider::signed_in(fake, "ada")),
        };
        page.client.clear_auth();
        page.complete();
        page.until_text("-U-- anonymous").await;
        assert_eq!(page.ran_as(), ["anonymous"], "hydrated: {is_hydrated}");
    }
}

/// docs/auth.md §4, line 20.
#[wasm_bindgen_test]
async fn a_mutation_that_is_called_during_hydration_waits_for_the_token() {
    let (page, auth) = UserPage::of_ada(|fake| PageProvider::signed_in(fake, "ada"));
    auth.answer(TokenAnswer::Waiting);
    let store = page.client.mutation::<_, Option<String>>("users:store", ());
    page.complete();
    until("the token is fetched", || auth.fetches() == 1).await;
    turns(20).await;
    assert_eq!((page.frames(), page.ran_as()), (vec!["Connect".to_owned()], vec![]));
    auth.answer(TokenAnswer::Of("ada"));
    assert_eq!(store.await, Ok(None));
    assert!(page.ran_as().iter().all(|user| user == "ada"), "{:?}", page.ran_as());
}

/// docs/auth.md §4, line 20.
#[wasm_bindgen_test]
async fn a_mutation_that_is_called_during_hydration_is_not_run_as_another_user() {
    let (page, _) = UserPage::of_ada(|fake| PageProvider::signed_in(fake, "bob"));
    let store = page.client.mutation::<_, Option<String>>("users:store", ());
    page.complete();
    let outcome = store.await;
    assert_eq!(outcome, Err(convex_leptos::ConvexError::IdentityChanged));
    page.until_text("--A- bob").await;
    assert_eq!(page.ran_as(), ["bob"], "the query alone");
}

#[wasm_bindgen_test]
async fn a_user_who_signs_in_on_an_anonymous_page_gets_results_of_their_own() {
    let fake = deployment();
    let server_page = ServerPage::of_anonymous().with("users:me", (), "page");
    let (page, auth) = UserPage::hydrate(fake, server_page, Config::default(), PageProvider::new);
    assert_eq!(page.text(), "-U-- page");
    page.complete();
    page.until_text("-U-- anonymous").await;
    auth.sign_in("ada");
    page.until_text("--A- ada").await;
    assert_eq!((page.ran_as(), auth.fetches()), (vec!["anonymous".to_owned(), "ada".to_owned()], 1));
}

/// The server did not know the user. docs/auth.md §4, lines 9, 13 and 14.
#[wasm_bindgen_test]
async fn a_page_without_identity_runs_its_queries_as_the_user_only() {
    let fake = deployment();
    let provider = |fake: &_| PageProvider::signed_in(fake, "ada");
    let (page, auth) = UserPage::hydrate(fake, ServerPage::without_identity(), Config::default(), provider);
    turns(1).await;
    assert_eq!(page.text(), "L--- waiting");
    page.complete();
    page.until_text("--A- ada").await;
    assert_eq!((page.ran_as(), auth.fetches()), (vec!["ada".to_owned()], 1));
}
