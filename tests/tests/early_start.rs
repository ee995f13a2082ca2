//! The early start of `examples/chat`: what is sent before the WebAssembly has arrived, and how often
//! in total.

use std::{fs, path::PathBuf, sync::Arc};

use anyhow::{Result, ensure};
use convex_dev_server::Options;
use e2e::{Browser, ServedApp, ServerLog, TestEnvironment, until, with_options};

/// Runs before the page's own scripts. With `?hold` in the address, the WebAssembly is requested only
/// when `release()` is called; with `?broken`, the early start cannot hand anything over.
const CONTROLS: &str = r#"{
    const fetch = window.fetch;
    const released = new Promise((release) => (window.release = release));
    if (location.search === "?hold") {
        window.fetch = async (input, init) => {
            if (new URL(input.url ?? input, location).pathname.endsWith(".wasm")) await released;
            return fetch(input, init);
        };
    }
    if (location.search === "?broken") Object.defineProperty(window, "convexEarly", { value: "broken" });
}"#;

const IS_SIGNED_IN: &str = r#"return document.querySelector('[data-testid="message-input"]') !== null"#;
const SESSION_REQUESTS: &str = r#"
    return performance.getEntriesByType("resource").filter((entry) => entry.name.endsWith("/get-session")).length"#;

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_sent_once_and_before_the_wasm_has_arrived() -> Result<()> {
    with_options(options()?, async |env| {
        let browser = signed_in(env).await?;
        env.server.clear_log().await?;
        // The browser may keep the page that it leaves, with its socket.
        let left = env.server.log().await?.connections.len();
        browser.begin_to_open("/?hold").await?;
        let early = until_log(env, "the early socket and token", |log| {
            log.connections.len() == left + 1 && log.token_fetches.len() == 1
        })
        .await?;
        ensure!(early.connections[left].session_id.is_none(), "a frame was sent: {early:?}");
        // The browser lists a request once it is answered.
        let requested = async || Ok((session_requests(&browser).await? == 1).then_some(()));
        until("the early session", requested).await?;
        ensure!(!browser.run::<bool>(IS_SIGNED_IN, Vec::new()).await?, "the app runs already");

        browser.run::<()>("release()", Vec::new()).await?;
        until_signed_in(&browser).await?;
        let log = env.server.log().await?;
        ensure!(log.connections.len() == left + 1 && log.token_fetches.len() == 1, "{log:?}");
        let socket = &log.connections[left];
        ensure!(socket.closed_at_ms.is_none() && socket.session_id.is_some(), "{log:?}");
        ensure!(socket.authenticates.len() == 1, "{log:?}");
        ensure!(session_requests(&browser).await? == 1, "the session was requested again");
        browser.ensure_quiet_console().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_early_start_changes_nothing() -> Result<()> {
    with_options(options()?, async |env| {
        let browser = signed_in(env).await?;
        browser.open("/?broken").await?;
        until_signed_in(&browser).await?;
        browser.ensure_quiet_console().await
    })
    .await
}

/// The chat with [`CONTROLS`].
fn options() -> Result<Options> {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("early_start_controls.js");
    let observer = ServedApp::Chat.options()?;
    let observe = observer.observe.as_ref().map(fs::read_to_string).transpose()?.unwrap_or_default();
    fs::write(&file, format!("{CONTROLS}\n{observe}"))?;
    Ok(Options { observe: Some(file), ..observer })
}

async fn signed_in(env: &TestEnvironment) -> Result<Arc<Browser>> {
    let browser = env.browser().await?;
    browser.open("/").await?;
    browser.click("fill-alice").await?;
    browser.click("sign-in").await?;
    until_signed_in(&browser).await?;
    Ok(browser)
}

async fn until_signed_in(browser: &Browser) -> Result<()> {
    let check = async || Ok(browser.run::<bool>(IS_SIGNED_IN, Vec::new()).await?.then_some(()));
    until("the signed-in page", check).await
}

async fn session_requests(browser: &Browser) -> Result<u32> {
    browser.run(SESSION_REQUESTS, Vec::new()).await
}

async fn until_log(
    env: &TestEnvironment,
    what: &str,
    condition: impl Fn(&ServerLog) -> bool,
) -> Result<ServerLog> {
    until(what, async || Ok(Some(env.server.log().await?).filter(&condition))).await
}
