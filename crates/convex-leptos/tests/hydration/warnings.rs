//! Warnings of a debug build about pages that were rendered for another session.

use crate::{
    console::Console,
    fixture::deployment,
    page::ServerPage,
    page_provider::{PageProvider, TokenAnswer},
    user_page::UserPage,
};
use convex_leptos::{Session, sync::Config};
use convex_testkit_web::turns;
use wasm_bindgen_test::wasm_bindgen_test;

/// What the warnings begin with.
const OTHER_SESSION: &str = "convex-leptos removed the results of this page";

fn count(console: &Console) -> usize {
    console.warnings().iter().filter(|warning| warning.starts_with(OTHER_SESSION)).count()
}

#[wasm_bindgen_test]
async fn another_session_key_than_that_of_the_page_is_reported_once() {
    let console = Console::record();
    let (page, auth) = UserPage::of_ada(|fake| PageProvider::signed_in(fake, "bob"));
    assert_eq!(count(&console), 0);
    page.complete();
    page.until_text("--A- bob").await;
    assert_eq!(count(&console), 1, "{:?}", console.warnings());
    auth.sign_in("carol");
    page.until_text("--A- carol").await;
    assert_eq!(count(&console), 1, "{:?}", console.warnings());
}

#[wasm_bindgen_test]
async fn another_session_key_is_reported_when_the_provider_has_loaded() {
    let console = Console::record();
    let (page, auth) = UserPage::of_ada(PageProvider::new);
    auth.answer(TokenAnswer::Waiting);
    page.complete();
    turns(5).await;
    assert_eq!(count(&console), 0);
    auth.sign_in("bob");
    assert_eq!(count(&console), 1, "{:?}", console.warnings());
}

#[wasm_bindgen_test]
async fn the_expected_session_keys_are_not_reported() {
    let console = Console::record();
    for session in [Session::signed_in("ada"), Session::SignedOut] {
        let (page, auth) = UserPage::of_ada(PageProvider::new);
        auth.answer(TokenAnswer::Waiting);
        page.complete();
        turns(5).await;
        auth.report(session);
        // The user switches after the page load.
        auth.sign_in("bob");
        page.until_text("--A- bob").await;
    }
    for server_page in [ServerPage::of_anonymous(), ServerPage::without_identity()] {
        let provider = |fake: &_| PageProvider::signed_in(fake, "ada");
        let (page, _) = UserPage::hydrate(deployment(), server_page, Config::default(), provider);
        page.complete();
        page.until_text("--A- ada").await;
    }
    assert_eq!(count(&console), 0, "{:?}", console.warnings());
}
