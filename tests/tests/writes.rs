//! What one person writes, everybody sees, once.

use anyhow::Result;
use e2e::{Browser, Panel, PanelState, play};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_sent_in_one_panel_shows_in_both() -> Result<()> {
    play(async |stage| {
        let browser = stage.signed_in("alice").await?;
        for (panel, body) in [(Panel::Naive, "From the naive panel"), (Panel::Fixed, "From the fixed panel")]
        {
            send(&browser, panel, body).await?;
            both_show_once(&browser, "Alice", body).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_window_sees_a_message_live_and_answers() -> Result<()> {
    play(async |stage| {
        let alice = stage.signed_in("alice").await?;
        let bob = stage.signed_in("bob").await?;
        let stranger = stage.browser().await?;
        stranger.open("/").await?;

        send(&alice, Panel::Fixed, "Is anybody there?").await?;
        both_show_once(&bob, "Alice", "Is anybody there?").await?;
        both_show_once(&stranger, "Alice", "Is anybody there?").await?;

        send(&bob, Panel::Fixed, "I am, said Bob").await?;
        both_show_once(&alice, "Bob", "I am, said Bob").await?;
        both_show_once(&stranger, "Bob", "I am, said Bob").await
    })
    .await
}

async fn send(browser: &Browser, panel: Panel, body: &str) -> Result<()> {
    browser.wait_for(panel, "to be authenticated", |state| state.auth == "authenticated").await?;
    browser.type_in(panel, "message-input", body).await?;
    browser.click_in(panel, "send").await
}

async fn both_show_once(browser: &Browser, author: &str, body: &str) -> Result<()> {
    let shown = |state: &PanelState| {
        let mut with_body = state.messages.iter().filter(|message| message.contains(body));
        with_body.next().is_some_and(|message| message.contains(author)) && with_body.next().is_none()
    };
    for panel in Panel::BOTH {
        browser.wait_for(panel, body, shown).await?;
    }
    Ok(())
}
