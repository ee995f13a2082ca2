//! A server-rendered page from its HTML to live data: nothing changes on the screen, and nothing
//! runs twice or as the wrong user (docs/auth.md §3, rules 1 to 3 and 15; §4, lines 9, 11, 13 and
//! 22).

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use e2e::{Browser, LoggedRun, RenderedSite, TOKEN_PATH, with_rendered_site};
use serde_json::json;

/// A page with the query that its data is from.
#[derive(Debug, Clone, Copy)]
struct Page {
    path: &'static str,
    query: &'static str,
    /// The `data-testid` of the data.
    list: &'static str,
    /// A text of the data.
    text: &'static str,
}

const ORGANIZATIONS: Page = Page {
    path: "/organizations",
    query: "organizations:list",
    list: "organizations",
    text: "Rabbit Hole Research",
};
const MESSAGES: Page =
    Page { path: "/", query: "messages:list", list: "messages", text: "Anybody can read this" };
const LOADS: usize = 10;
/// For pages that differ from the first one in few ways.
const FEW_LOADS: usize = 3;

/// docs/auth.md §4, lines 9, 11, 13 and 22.
#[tokio::test(flavor = "multi_thread")]
async fn hard_refresh_of_private_data_changes_nothing_after_the_html() -> Result<()> {
    with_rendered_site(async |site| {
        let alice = site.signed_in("alice").await?;
        refresh_with_each_latency(site, &alice, ORGANIZATIONS, Some("user_alice"), LOADS).await
    })
    .await
}

/// docs/auth.md §4, lines 9 and 22.
#[tokio::test(flavor = "multi_thread")]
async fn hard_refresh_of_public_data_changes_nothing_after_the_html() -> Result<()> {
    with_rendered_site(async |site| {
        let alice = site.signed_in("alice").await?;
        refresh_with_each_latency(site, &alice, MESSAGES, Some("user_alice"), FEW_LOADS).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn anonymous_hard_refresh_changes_nothing_after_the_html() -> Result<()> {
    with_rendered_site(async |site| {
        let browser = site.browser().await?;
        refresh_with_each_latency(site, &browser, MESSAGES, None, FEW_LOADS).await
    })
    .await
}

/// docs/auth.md §4, line 13.
#[tokio::test(flavor = "multi_thread")]
async fn quick_reloads_never_show_the_sign_in_form() -> Result<()> {
    with_rendered_site(async |site| {
        let alice = site.signed_in("alice").await?;
        site.env.server.set_knobs(json!({ "latencyMs": 50 })).await?;
        alice.begin_to_open(ORGANIZATIONS.path).await?;
        for reload in 1..=LOADS {
            // Some reloads come before the page is hydrated, some during its token fetch.
            let before = site.front.requests(TOKEN_PATH);
            alice.hard_refresh().await?;
            if reload % 2 == 0 {
                e2e::until("the token fetch", async || {
                    Ok((site.front.requests(TOKEN_PATH) > before).then_some(()))
                })
                .await?;
            }
            alice.wait_for_document("the document", |_| true).await?;
            let observed = alice.observed_document().await?;
            let signed_out = observed.states.iter().find(|state| state.has("sign-in"));
            ensure!(signed_out.is_none(), "reload {reload}: {signed_out:#?}");
        }
        site.until_live(&alice).await?;
        alice.ensure_quiet_console().await?;
        let log = site.env.server.log().await?;
        ensure!(log.executions.iter().all(is_of_alice), "the runs: {:#?}", log.executions);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn new_message_is_shown_at_once_among_the_rendered_ones() -> Result<()> {
    with_rendered_site(async |site| {
        let alice = site.signed_in("alice").await?;
        alice.open(MESSAGES.path).await?;
        site.until_live(&alice).await?;
        site.env.server.set_knobs(json!({ "latencyMs": 1500 })).await?;
        alice.type_into("message-input", "Is anybody there?").await?;
        alice.click("send").await?;
        let is_shown =
            |text: &str| text.ends_with("Alice\nIs anybody there?") && text.contains(MESSAGES.text);
        let sending =
            alice.wait_for_document("the message", |state| is_shown(state.part("messages"))).await?;
        ensure!(sending.part("count") == "4 messages", "{sending:#?}");
        ensure!(sent_messages(&alice).await? == (4, 1), "the message is not marked as being sent");
        site.env.server.set_knobs(json!({ "latencyMs": 0 })).await?;
        let is_stored = async || Ok((sent_messages(&alice).await? == (4, 0)).then_some(()));
        e2e::until("the message to be stored", is_stored).await?;
        alice.ensure_quiet_console().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_fit_a_phone_and_a_wide_screen_in_light_and_dark() -> Result<()> {
    with_rendered_site(async |site| {
        let alice = site.signed_in("alice").await?;
        let anonymous = site.browser().await?;
        for (browser, page, content, name) in [
            (&alice, MESSAGES, "messages", "ssr-messages"),
            (&alice, ORGANIZATIONS, "organizations", "ssr-organizations"),
            (&anonymous, ORGANIZATIONS, "sign-in", "ssr-sign-in"),
        ] {
            site.clear_logs().await?;
            browser.open(page.path).await?;
            browser.wait_for_document("the content", |state| state.has(content)).await?;
            site.until_hydrated(browser).await?;
            browser.pictures(name).await?;
        }
        Ok(())
    })
    .await
}

async fn refresh_with_each_latency(
    site: &RenderedSite<'_>,
    browser: &Browser,
    page: Page,
    user: Option<&str>,
    loads: usize,
) -> Result<()> {
    browser.open(page.path).await?;
    for latency in [0, 100] {
        site.env.server.set_knobs(json!({ "latencyMs": latency })).await?;
        for load in 1..=loads {
            site.until_live(browser).await?;
            site.clear_logs().await?;
            browser.hard_refresh().await?;
            let checked = check_load(site, browser, page, user).await;
            checked.with_context(|| format!("load {load} with a latency of {latency} ms"))?;
        }
    }
    browser.ensure_quiet_console().await
}

/// Checks the states, the frames and the runs of one page load.
async fn check_load(
    site: &RenderedSite<'_>,
    browser: &Browser,
    page: Page,
    user: Option<&str>,
) -> Result<()> {
    let traffic = site.until_live(browser).await?;
    let observed = browser.observed_document().await?;
    observed.ensure_unchanged()?;
    let html = observed.html().context("the HTML is not parsed")?;
    ensure!(html.part(page.list).contains(page.text), "the data is not in the HTML: {html:#?}");
    ensure!(html.has("user") == user.is_some(), "the user in the HTML: {html:#?}");
    for state in &observed.states {
        ensure!(!state.has("auth-loading"), "{state:#?}");
        ensure!(user.is_none() || !state.has("sign-in-link"), "{state:#?}");
    }

    let sent: Vec<&str> = match user {
        Some(_) => vec!["Connect", "Authenticate", "ModifyQuerySet"],
        None => vec!["Connect", "ModifyQuerySet"],
    };
    assert_eq!(traffic.sent(), sent);
    let log = site.env.server.log().await?;
    let (live, http): (Vec<&LoggedRun>, Vec<&LoggedRun>) =
        log.executions.iter().partition(|run| run.session_id.is_some());
    for (runs, place) in [(http, "over HTTP"), (live, "live")] {
        let runs: Vec<_> = runs.iter().map(|run| (run.path.as_str(), run.subject.as_deref())).collect();
        assert_eq!(runs, [(page.query, user)], "the runs {place}");
    }
    let fetches = site.front.requests(TOKEN_PATH);
    assert_eq!(fetches, usize::from(user.is_some()), "token fetches of the browser");
    Ok(())
}

fn is_of_alice(run: &LoggedRun) -> bool {
    run.subject.as_deref() == Some("user_alice")
}

/// The number of messages on the page, and of those that are being sent.
async fn sent_messages(browser: &Arc<Browser>) -> Result<(usize, usize)> {
    let script = r#"
        const messages = [...document.querySelectorAll('[data-testid="messages"] > li')];
        return [messages.length, messages.filter((message) => message.classList.contains("sending")).length];"#;
    browser.run(script, Vec::new()).await
}
