//! Better Auth: what other tabs do is learned when the page wakes.

use crate::{
    better_auth_service::{SIGNED_IN, Service, Setting, setting, token},
    stage::{Page, client, deployment},
};
use convex_leptos::{BetterAuth, ConvexProviderWithAuth, use_query};
use convex_testkit_web::{FakeDeployment, come_online, set_visible, show_page, turns, until};
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

const GRACE_SIGNED_IN: &str =
    r#"{"session":{"id":"s2","userId":"grace"},"user":{"id":"grace","name":"Grace","email":""}}"#;

/// Ada is signed in, in this tab and at Better Auth.
async fn ada_is_in(fake: &FakeDeployment) -> (Service, Setting) {
    let service = Service::start();
    service.answer("get-session", 200, SIGNED_IN);
    service.answer("convex/token", 200, &token(fake, "ada"));
    let setting = setting(fake, &service);
    setting.page.until_text("in: Ada").await;
    (service, setting)
}

#[wasm_bindgen_test]
async fn a_page_that_becomes_visible_learns_that_another_tab_signed_out() {
    for (status, answer) in [(200, "null"), (401, "")] {
        let (service, setting) = ada_is_in(&deployment()).await;
        service.answer("get-session", status, answer);
        set_visible(false);
        turns(10).await;
        assert_eq!((setting.page.text().as_str(), service.asked_who()), ("in: Ada", 1));
        set_visible(true);
        setting.page.until_text("out").await;
        assert_eq!(service.asked_who(), 2);
    }
}

/// Auth contract §4, line 19.
#[wasm_bindgen_test]
async fn a_page_that_becomes_visible_learns_that_somebody_else_signed_in() {
    let (fake, service) = (deployment(), Service::start());
    service.answer("get-session", 200, SIGNED_IN);
    service.answer("convex/token", 200, &token(&fake, "ada"));
    let seen = StoredValue::new(Vec::new());
    let (of_page, origin) = (fake.clone(), service.origin().to_owned());
    let page = Page::show(move || {
        let (client, auth) = (client(&of_page), BetterAuth::new(origin));
        view! {
            <ConvexProviderWithAuth client auth>
                {
                    let me = use_query::<Option<String>>("people:me", ());
                    move || {
                        let user = auth.user().map(|user| user.id).unwrap_or_default();
                        let text = format!("{user} sees {}", me.data().flatten().unwrap_or_default());
                        seen.update_value(|seen| seen.push(text.clone()));
                        text
                    }
                }
            </ConvexProviderWithAuth>
        }
    });
    page.until_text("ada sees ada").await;
    service.answer("get-session", 200, GRACE_SIGNED_IN);
    service.answer("convex/token", 200, &token(&fake, "grace"));
    set_visible(true);
    page.until_text("grace sees grace").await;
    let seen = seen.get_value();
    assert!(
        !seen.iter().any(|text| ["ada sees grace", "grace sees ada"].contains(&text.as_str())),
        "{seen:?}"
    );
}

#[wasm_bindgen_test]
async fn a_page_from_the_cache_and_a_machine_that_is_back_online_ask_too() {
    let (service, _setting) = ada_is_in(&deployment()).await;
    show_page(false);
    turns(10).await;
    assert_eq!(service.asked_who(), 1, "that was the end of a load");
    show_page(true);
    until("it was asked again", || service.asked_who() == 2).await;
    turns(10).await;
    come_online();
    until("it was asked again", || service.asked_who() == 3).await;
}

/// Auth contract §4, line 1.
#[wasm_bindgen_test]
async fn a_question_without_an_answer_changes_nothing_and_is_asked_again() {
    let answers = [
        (500, "text/html", "<h1>Oops</h1>"),
        (503, "application/json", "{}"),
        (200, "text/html", "Sign in!"),
    ];
    for (status, content, body) in answers {
        let (service, setting) = ada_is_in(&deployment()).await;
        service.answer_as("get-session", status, content, body);
        changes_nothing_and_is_asked_again(&service, &setting).await;
    }
    let (service, setting) = ada_is_in(&deployment()).await;
    service.fall_silent("get-session");
    changes_nothing_and_is_asked_again(&service, &setting).await;
}

async fn changes_nothing_and_is_asked_again(service: &Service, setting: &Setting) {
    set_visible(true);
    until("it was asked again", || service.asked_who() == 2).await;
    turns(10).await;
    assert_eq!(setting.page.text(), "in: Ada");
    // No wake this time.
    service.answer("get-session", 200, "null");
    setting.page.until_text("out").await;
}

#[wasm_bindgen_test]
async fn one_question_is_under_way_at_a_time() {
    let (service, setting) = ada_is_in(&deployment()).await;
    service.hold("get-session");
    set_visible(true);
    until("it was asked again", || service.asked_who() == 2).await;
    // The answer to that is on its way, and says that she is signed in.
    service.answer("get-session", 200, "null");
    for _ in 0..3 {
        set_visible(true);
        show_page(true);
        turns(5).await;
    }
    assert_eq!(service.asked_who(), 2);
    service.release("get-session");
    setting.page.until_text("out").await;
    turns(10).await;
    assert_eq!(service.asked_who(), 3, "once more, since the answer may be older than the wake");
}

/// Auth contract §4, line 17.
#[wasm_bindgen_test]
async fn an_answer_from_before_a_sign_out_does_not_sign_in_again() {
    let (service, Setting { page, auth, .. }) = ada_is_in(&deployment()).await;
    service.answer("sign-out", 200, r#"{"success":true}"#);
    service.hold("get-session");
    set_visible(true);
    until("it was asked again", || service.asked_who() == 2).await;
    assert_eq!(auth.sign_out().await, Ok(()));
    page.until_text("out").await;
    service.release("get-session");
    turns(20).await;
    assert_eq!(page.text(), "out");
}

#[wasm_bindgen_test]
async fn a_wake_ends_the_wait_before_the_next_try() {
    let (fake, service, timers) = (deployment(), Service::start(), LongTimers::that("never fire"));
    let Setting { page, .. } = setting(&fake, &service);
    until("it was asked", || service.asked_who() == 1).await;
    turns(10).await;
    service.answer("get-session", 200, "null");
    turns(10).await;
    assert_eq!((page.text().as_str(), service.asked_who()), ("loading", 1));
    come_online();
    page.until_text("out").await;
    drop(timers);
}

/// Auth contract §4, line 2.
#[wasm_bindgen_test]
async fn a_question_that_hangs_is_asked_again() {
    let (fake, service, timers) = (deployment(), Service::start(), LongTimers::that("fire at once"));
    service.hold("get-session");
    let Setting { page, .. } = setting(&fake, &service);
    until("it was asked again", || service.asked_who() > 1).await;
    drop(timers);
    service.answer("get-session", 200, "null");
    service.release("get-session");
    page.until_text("out").await;
}

/// What timers of a second and more do that are set before this is dropped.
struct LongTimers;

impl LongTimers {
    fn that(act: &str) -> Self {
        let script = "window.realSetTimeout = window.setTimeout;
            window.setTimeout = (run, delay, ...args) => {
                if (delay < 1000) return realSetTimeout(run, delay, ...args);
                return ACT === 'fire at once' ? realSetTimeout(run, 0, ...args) : 0;
            };";
        js_sys::eval(&script.replace("ACT", &format!("'{act}'"))).expect("the script is right");
        Self
    }
}

impl Drop for LongTimers {
    fn drop(&mut self) {
        js_sys::eval("window.setTimeout = realSetTimeout").expect("it was set");
    }
}

#[wasm_bindgen_test]
async fn a_page_that_is_gone_asks_no_more() {
    let (service, setting) = ada_is_in(&deployment()).await;
    service.hold("get-session");
    set_visible(true);
    until("it was asked again", || service.asked_who() == 2).await;
    assert!(!service.was_left());
    drop(setting);
    until("the question is given up", || service.was_left()).await;
    set_visible(true);
    turns(10).await;
    assert_eq!(service.asked_who(), 2);
}
