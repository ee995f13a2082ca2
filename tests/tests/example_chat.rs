//! The chat of `examples/chat`: written, seen at once, confirmed, read by others, and read back to
//! its beginning.

use anyhow::{Result, ensure};
use e2e::{Browser, Page, Stage, play_in, until};
use serde::Deserialize;
use serde_json::json;

const FIRST: &str = "Anybody can read this, signed in or not.";

/// A message as the page shows it.
#[derive(Debug, PartialEq, Deserialize)]
struct Shown {
    author: String,
    body: String,
    sending: bool,
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_chat() -> Result<()> {
    play_in(Page::Chat, async |stage| {
        let alice = enter(stage, "alice").await?;
        until_shown(&alice, "the beginning", |shown| shown.iter().any(|message| message.body == FIRST))
            .await?;

        stage.deployment.turn(json!({ "latencyMs": 2000 })).await?;
        say(&alice, "Is anybody there?").await?;
        let sending = newest(&alice).await?;
        ensure!(sending == said("Alice", "Is anybody there?", true), "{sending:?}");
        stage.deployment.turn(json!({ "latencyMs": 0 })).await?;
        until_newest(&alice, &said("Alice", "Is anybody there?", false)).await?;

        for n in 1..=8 {
            say(&alice, &format!("Number {n}")).await?;
        }
        until_newest(&alice, &said("Alice", "Number 8", false)).await?;

        let bob = enter(stage, "bob").await?;
        until_newest(&bob, &said("Alice", "Number 8", false)).await?;
        ensure!(messages(&bob).await?.len() == 10, "one page");
        // The driver takes what is above the beginning of a reversed column for unreachable.
        bob.run::<()>("document.querySelector('[data-testid=older]').scrollIntoView()", Vec::new()).await?;
        bob.click("older").await?;
        until_shown(&bob, "the beginning", |shown| shown.iter().any(|message| message.body == FIRST)).await?;
        for body in ["I am, said Bob", "Is that so?"] {
            say(&bob, body).await?;
            until_newest(&alice, &said("Bob", body, false)).await?;
        }
        for browser in [&alice, &bob] {
            let whole = |shown: &[Shown]| {
                shown.len() == 3 + 1 + 8 + 2 && !shown.iter().any(|message| message.sending)
            };
            until_shown(browser, "everything, once", whole).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_taken_back_with_the_reason() -> Result<()> {
    play_in(Page::Chat, async |stage| {
        let alice = enter(stage, "alice").await?;
        say(&alice, "   ").await?;
        until("the reason", async || {
            Ok((alice.text("problem").await? == "Write something first.").then_some(()))
        })
        .await?;
        ensure!(messages(&alice).await?.len() == 3, "nothing of it is left");
        say(&alice, "Something").await?;
        until("no reason", async || Ok(alice.text("problem").await?.is_empty().then_some(()))).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_fits_a_phone_and_a_wide_screen_in_light_and_dark() -> Result<()> {
    play_in(Page::Chat, async |stage| {
        let alice = stage.browser().await?;
        alice.open("/").await?;
        alice.click("fill-alice").await?;
        picture(&alice, "chat-sign-in").await?;
        alice.click("sign-in").await?;
        say(&alice, "Here is something longer, to see how the lines of a message that does not fit on one are broken.").await?;
        until_shown(&alice, "everything", |shown| shown.len() == 4 && !shown[0].sending).await?;
        picture(&alice, "chat").await
    })
    .await
}

async fn enter(stage: &Stage, person: &str) -> Result<std::sync::Arc<Browser>> {
    let browser = stage.browser().await?;
    browser.open("/").await?;
    browser.click(&format!("fill-{person}")).await?;
    browser.click("sign-in").await?;
    until_shown(&browser, "messages", |shown| !shown.is_empty()).await?;
    Ok(browser)
}

async fn say(browser: &Browser, body: &str) -> Result<()> {
    browser.type_into("message-input", body).await?;
    browser.click("send").await
}

fn said(author: &str, body: &str, sending: bool) -> Shown {
    Shown { author: author.to_owned(), body: body.to_owned(), sending }
}

/// The newest first.
async fn messages(browser: &Browser) -> Result<Vec<Shown>> {
    let script = r#"
        return [...document.querySelectorAll('[data-testid="messages"] > li')].map((item) => ({
            author: item.querySelector("b").innerText,
            body: item.querySelector(".body").innerText,
            sending: item.classList.contains("sending"),
        }));"#;
    browser.run(script, Vec::new()).await
}

async fn newest(browser: &Browser) -> Result<Shown> {
    let mut shown = messages(browser).await?;
    ensure!(!shown.is_empty(), "no messages");
    Ok(shown.swap_remove(0))
}

async fn until_newest(browser: &Browser, wanted: &Shown) -> Result<()> {
    until_shown(browser, &wanted.body, |shown| shown.first() == Some(wanted)).await
}

async fn until_shown(browser: &Browser, what: &str, wanted: impl Fn(&[Shown]) -> bool) -> Result<()> {
    let look = async || {
        let shown = messages(browser).await?;
        ensure!(wanted(&shown), "{shown:#?}");
        Ok(Some(()))
    };
    until(what, look).await
}

async fn picture(browser: &Browser, name: &str) -> Result<()> {
    for (screen, width, height) in [("phone", 390, 844), ("wide", 1440, 900)] {
        for scheme in ["light", "dark"] {
            browser.resize(width, height, scheme).await?;
            browser.picture(&format!("{name}-{screen}-{scheme}")).await?;
            let script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
            let sticks_out: i64 = browser.run(script, Vec::new()).await?;
            ensure!(sticks_out <= 0, "{sticks_out} pixels stick out on a {screen} screen");
        }
    }
    Ok(())
}
