//! The chat of `examples/chat`: sending with an optimistic update, live messages of other users,
//! and loading older messages.

use anyhow::{Result, ensure};
use e2e::{Browser, ServedApp, TestEnvironment, until, with_app};
use serde::Deserialize;
use serde_json::json;

const FIRST: &str = "Anybody can read this, signed in or not.";

/// A message on the page.
#[derive(Debug, PartialEq, Deserialize)]
struct VisibleMessage {
    author: String,
    body: String,
    sending: bool,
}

#[tokio::test(flavor = "multi_thread")]
async fn two_users_see_each_others_messages() -> Result<()> {
    with_app(ServedApp::Chat, async |env| {
        let alice = sign_in(env, "alice").await?;
        let has_first = |messages: &[VisibleMessage]| messages.iter().any(|message| message.body == FIRST);
        until_messages(&alice, "the first message", has_first).await?;

        env.server.set_knobs(json!({ "latencyMs": 2000 })).await?;
        send(&alice, "Is anybody there?").await?;
        let sending = newest(&alice).await?;
        ensure!(sending == message("Alice", "Is anybody there?", true), "{sending:?}");
        env.server.set_knobs(json!({ "latencyMs": 0 })).await?;
        until_newest(&alice, &message("Alice", "Is anybody there?", false)).await?;

        for n in 1..=8 {
            send(&alice, &format!("Number {n}")).await?;
        }
        until_newest(&alice, &message("Alice", "Number 8", false)).await?;

        let bob = sign_in(env, "bob").await?;
        until_newest(&bob, &message("Alice", "Number 8", false)).await?;
        ensure!(messages(&bob).await?.len() == 10, "the page shows more or less than one page of messages");
        // The driver cannot scroll to elements above the start of a reversed column.
        bob.run::<()>("document.querySelector('[data-testid=older]').scrollIntoView()", Vec::new()).await?;
        bob.click("older").await?;
        until_messages(&bob, "the first message", has_first).await?;
        for body in ["I am, said Bob", "Is that so?"] {
            send(&bob, body).await?;
            until_newest(&alice, &message("Bob", body, false)).await?;
        }
        for browser in [&alice, &bob] {
            let is_complete = |messages: &[VisibleMessage]| {
                messages.len() == 3 + 1 + 8 + 2 && !messages.iter().any(|message| message.sending)
            };
            until_messages(browser, "every message, once", is_complete).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_message_is_rolled_back_with_its_reason() -> Result<()> {
    with_app(ServedApp::Chat, async |env| {
        let alice = sign_in(env, "alice").await?;
        send(&alice, "   ").await?;
        until("the reason", async || {
            Ok((alice.text("problem").await? == "Write something first.").then_some(()))
        })
        .await?;
        ensure!(messages(&alice).await?.len() == 3, "the rejected message is still visible");
        send(&alice, "Something").await?;
        until("no reason", async || Ok(alice.text("problem").await?.is_empty().then_some(()))).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn chat_fits_a_phone_and_a_wide_screen_in_light_and_dark() -> Result<()> {
    with_app(ServedApp::Chat, async |env| {
        let alice = env.browser().await?;
        alice.open("/").await?;
        alice.click("fill-alice").await?;
        alice.pictures("chat-sign-in").await?;
        alice.click("sign-in").await?;
        send(&alice, "Here is something longer, to see how the lines of a message that does not fit on one are broken.").await?;
        until_messages(&alice, "all messages", |messages| messages.len() == 4 && !messages[0].sending).await?;
        alice.pictures("chat").await
    })
    .await
}

async fn sign_in(env: &TestEnvironment, user: &str) -> Result<std::sync::Arc<Browser>> {
    let browser = env.browser().await?;
    browser.open("/").await?;
    browser.click(&format!("fill-{user}")).await?;
    browser.click("sign-in").await?;
    until_messages(&browser, "messages", |messages| !messages.is_empty()).await?;
    Ok(browser)
}

async fn send(browser: &Browser, body: &str) -> Result<()> {
    browser.type_into("message-input", body).await?;
    browser.click("send").await
}

fn message(author: &str, body: &str, sending: bool) -> VisibleMessage {
    VisibleMessage { author: author.to_owned(), body: body.to_owned(), sending }
}

/// The visible messages, the newest first.
async fn messages(browser: &Browser) -> Result<Vec<VisibleMessage>> {
    let script = r#"
        return [...document.querySelectorAll('[data-testid="messages"] > li')].map((item) => ({
            author: item.querySelector("b").innerText,
            body: item.querySelector(".body").innerText,
            sending: item.classList.contains("sending"),
        }));"#;
    browser.run(script, Vec::new()).await
}

async fn newest(browser: &Browser) -> Result<VisibleMessage> {
    let mut messages = messages(browser).await?;
    ensure!(!messages.is_empty(), "the page shows no messages");
    Ok(messages.swap_remove(0))
}

async fn until_newest(browser: &Browser, expected: &VisibleMessage) -> Result<()> {
    until_messages(browser, &expected.body, |messages| messages.first() == Some(expected)).await
}

async fn until_messages(
    browser: &Browser,
    what: &str,
    condition: impl Fn(&[VisibleMessage]) -> bool,
) -> Result<()> {
    let check = async || {
        let messages = messages(browser).await?;
        ensure!(condition(&messages), "{messages:#?}");
        Ok(Some(()))
    };
    until(what, check).await
}
