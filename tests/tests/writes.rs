//! A message of one user is shown to every user, exactly once.

use anyhow::Result;
use e2e::{Browser, DemoPanel, PanelState, with_demo};

#[tokio::test(flavor = "multi_thread")]
async fn message_sent_in_one_panel_is_shown_in_both() -> Result<()> {
    with_demo(async |env| {
        let browser = env.signed_in("alice").await?;
        for (panel, body) in
            [(DemoPanel::Naive, "From the naive panel"), (DemoPanel::Fixed, "From the fixed panel")]
        {
            send(&browser, panel, body).await?;
            both_show_once(&browser, "Alice", body).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_shown_live_in_other_browsers() -> Result<()> {
    with_demo(async |env| {
        let alice = env.signed_in("alice").await?;
        let bob = env.signed_in("bob").await?;
        let anonymous = env.browser().await?;
        anonymous.open("/").await?;

        send(&alice, DemoPanel::Fixed, "Is anybody there?").await?;
        both_show_once(&bob, "Alice", "Is anybody there?").await?;
        both_show_once(&anonymous, "Alice", "Is anybody there?").await?;

        send(&bob, DemoPanel::Fixed, "I am, said Bob").await?;
        both_show_once(&alice, "Bob", "I am, said Bob").await?;
        both_show_once(&anonymous, "Bob", "I am, said Bob").await
    })
    .await
}

async fn send(browser: &Browser, panel: DemoPanel, body: &str) -> Result<()> {
    browser.wait_for(panel, "to be authenticated", |state| state.auth == "authenticated").await?;
    browser.type_in(panel, "message-input", body).await?;
    browser.click_in(panel, "send").await
}

async fn both_show_once(browser: &Browser, author: &str, body: &str) -> Result<()> {
    let is_shown_once = |state: &PanelState| {
        let mut with_body = state.messages.iter().filter(|message| message.contains(body));
        with_body.next().is_some_and(|message| message.contains(author)) && with_body.next().is_none()
    };
    for panel in DemoPanel::BOTH {
        browser.wait_for(panel, body, is_shown_once).await?;
    }
    Ok(())
}
