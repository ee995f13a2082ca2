//! The race and its fix: a signed-in user's view of a hard refresh (docs/auth.md §3, rules 1 to 3;
//! §4, lines 9, 13 and 22).

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use e2e::{Browser, DemoPanel, Observations, PanelState, TestEnvironment, with_demo};
use serde_json::json;

const RACE: &str = "Unauthorized: No identity found";
const ORGANIZATIONS: &str = "organizations:list";
const MESSAGES: &str = "messages:list";

/// docs/auth.md §4, line 9.
#[tokio::test(flavor = "multi_thread")]
async fn on_20_hard_refreshes_only_the_naive_panel_shows_an_error() -> Result<()> {
    with_demo(async |env| {
        let browser = signed_in_with_latency(env).await?;
        let mut sessions = Vec::new();
        for load in 1..=20 {
            browser.hard_refresh().await?;
            let observed = both_have_data(&browser).await?;
            let session = check_load(&browser, &observed).await.with_context(|| format!("load {load}"))?;
            // The gate is eager by default.
            assert_eq!(observed.traffic(DemoPanel::Fixed)?.flight_of(ORGANIZATIONS), Some(1), "load {load}");
            sessions.push(session);
        }
        check_server_log(env, &sessions).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_eager_gate_data_takes_two_round_trips() -> Result<()> {
    with_demo(async |env| {
        let browser = signed_in_with_latency(env).await?;
        browser.open("/?eager=0").await?;
        both_have_data(&browser).await?;
        env.server.clear_log().await?;
        let mut sessions = Vec::new();
        for load in 1..=5 {
            browser.hard_refresh().await?;
            let observed = both_have_data(&browser).await?;
            let session = check_load(&browser, &observed).await.with_context(|| format!("load {load}"))?;
            assert_eq!(observed.traffic(DemoPanel::Fixed)?.flight_of(ORGANIZATIONS), Some(2), "load {load}");
            sessions.push(session);
        }
        check_server_log(env, &sessions).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn refresh_button_and_error_trace_show_the_race() -> Result<()> {
    with_demo(async |env| {
        let browser = signed_in_with_latency(env).await?;
        browser.press_hard_refresh().await?;
        both_have_data(&browser).await?;
        let trace = async |panel: DemoPanel| {
            let script = r#"return document.querySelector(`[data-testid="${arguments[0]}"] [data-testid="error-trace"]`).innerText"#;
            browser.run::<String>(script, vec![json!(panel.id())]).await
        };
        let (naive, fixed) = (trace(DemoPanel::Naive).await?, trace(DemoPanel::Fixed).await?);
        ensure!(naive.starts_with("Error shown for"), "the naive panel's trace: {naive}");
        ensure!(fixed.starts_with("No error"), "the fixed panel's trace: {fixed}");
        Ok(())
    })
    .await
}

/// A browser with Alice signed in and a latency of 100 ms.
async fn signed_in_with_latency(env: &TestEnvironment) -> Result<Arc<Browser>> {
    let browser = env.signed_in("alice").await?;
    env.server.set_knobs(json!({ "latencyMs": 100 })).await?;
    // After the next page load, nothing of the previous page is pending.
    browser.hard_refresh().await?;
    both_have_data(&browser).await?;
    env.server.clear_log().await?;
    Ok(browser)
}

async fn both_have_data(browser: &Browser) -> Result<Observations> {
    for panel in DemoPanel::BOTH {
        browser.wait_for_organization(panel, "Rabbit Hole Research").await?;
        browser.wait_for(panel, "messages", |state| !state.messages.is_empty()).await?;
    }
    browser.observations().await
}

/// The session ids of the panels of one page load.
struct PanelSessions {
    naive: String,
    fixed: String,
}

/// Checks the frames and states of one page load.
async fn check_load(browser: &Browser, observed: &Observations) -> Result<PanelSessions> {
    let raced = |panel| {
        observed
            .states(panel)
            .iter()
            .any(|state| state.error.as_deref().is_some_and(|error| error.contains(RACE)))
    };
    ensure!(
        raced(DemoPanel::Naive),
        "the naive panel showed no error: {:?}",
        observed.shown(DemoPanel::Naive)
    );
    ensure!(
        observed.shown(DemoPanel::Naive).contains(&"query-error"),
        "the naive panel's error was not visible"
    );

    assert_eq!(observed.shown(DemoPanel::Fixed), ["loading", "organizations"]);
    ensure!(
        observed.states(DemoPanel::Fixed).iter().all(|state| state.error.is_none()),
        "the fixed panel had an error"
    );
    let signed_out = |state: &PanelState| state.auth == "unauthenticated";
    ensure!(!observed.states(DemoPanel::Fixed).iter().any(signed_out), "the fixed panel was signed out");

    let (naive, fixed) = (observed.traffic(DemoPanel::Naive)?, observed.traffic(DemoPanel::Fixed)?);
    ensure!(naive.subscribes_without_identity(ORGANIZATIONS), "the naive panel waited for auth");
    ensure!(!fixed.subscribes_without_identity(ORGANIZATIONS), "the fixed panel did not wait for auth");
    assert_eq!(fixed.flight_of(MESSAGES), Some(1), "the flight of a query outside of the gate");
    assert_eq!(fixed.sent()[..3], ["Connect", "Authenticate", "ModifyQuerySet"]);

    let counts = r#"const { tokenFetches, authenticates, ranAnonymously } =
        document.querySelector('[data-testid="fixed"] [data-testid="timeline"]').dataset;
        return [tokenFetches, authenticates, ranAnonymously];"#;
    assert_eq!(
        browser.run::<[String; 3]>(counts, Vec::new()).await?,
        ["1", "1", "0"],
        "the fixed panel's timeline"
    );
    Ok(PanelSessions { naive: naive.session_id, fixed: fixed.session_id })
}

/// Checks the server's log of all page loads.
async fn check_server_log(env: &TestEnvironment, sessions: &[PanelSessions]) -> Result<()> {
    let log = env.server.log().await?;
    for PanelSessions { naive, fixed } in sessions {
        ensure!(
            log.runs_of_client(naive).any(|run| run.ran_anonymously()),
            "the race did not reach the server"
        );
        for run in log.runs_of_client(fixed) {
            ensure!(!run.ran_anonymously(), "server identity null: {run:?}");
            assert_eq!(run.subject.as_deref(), Some("user_alice"), "{run:?}");
        }
        let runs = |path| log.runs_of_client(fixed).filter(|run| run.path == path).count();
        assert_eq!((runs(ORGANIZATIONS), runs(MESSAGES)), (1, 1), "runs of the fixed panel's queries");
        assert_eq!(log.authenticates_of_client(fixed), 1, "`Authenticate` frames of the fixed panel");
    }
    assert_eq!(log.token_fetches.len(), 2 * sessions.len(), "token fetches of both panels");
    Ok(())
}
