//! The race and its fix: what a signed-in person sees on a hard refresh (auth contract §3, rules 1
//! to 3; §4, lines 9, 13 and 22).

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Observations, Panel, PanelState, Stage, play};
use serde_json::json;

const RACE: &str = "Unauthorized: No identity found";
const ORGANIZATIONS: &str = "organizations:list";
const MESSAGES: &str = "messages:list";

/// Auth contract §4, line 9.
#[tokio::test(flavor = "multi_thread")]
async fn on_20_hard_refreshes_only_the_naive_panel_shows_an_error() -> Result<()> {
    play(async |stage| {
        let browser = slow_and_signed_in(stage).await?;
        let mut sessions = Vec::new();
        for load in 1..=20 {
            browser.hard_refresh().await?;
            let observed = both_have_data(&browser).await?;
            let session = one_load(&browser, &observed).await.with_context(|| format!("load {load}"))?;
            // The gate is eager by default.
            assert_eq!(observed.wire(Panel::Fixed)?.flight_of(ORGANIZATIONS), Some(1), "load {load}");
            sessions.push(session);
        }
        server_saw_the_same(stage, &sessions).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_eager_gate_data_takes_two_round_trips() -> Result<()> {
    play(async |stage| {
        let browser = slow_and_signed_in(stage).await?;
        browser.open("/?eager=0").await?;
        both_have_data(&browser).await?;
        stage.deployment.clear_log().await?;
        let mut sessions = Vec::new();
        for load in 1..=5 {
            browser.hard_refresh().await?;
            let observed = both_have_data(&browser).await?;
            let session = one_load(&browser, &observed).await.with_context(|| format!("load {load}"))?;
            assert_eq!(observed.wire(Panel::Fixed)?.flight_of(ORGANIZATIONS), Some(2), "load {load}");
            sessions.push(session);
        }
        server_saw_the_same(stage, &sessions).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_own_button_and_trace_tell_the_same() -> Result<()> {
    play(async |stage| {
        let browser = slow_and_signed_in(stage).await?;
        browser.press_hard_refresh().await?;
        both_have_data(&browser).await?;
        let trace = async |panel: Panel| {
            let script = r#"return document.querySelector(`[data-testid="${arguments[0]}"] [data-testid="error-trace"]`).innerText"#;
            browser.run::<String>(script, vec![json!(panel.id())]).await
        };
        let (naive, fixed) = (trace(Panel::Naive).await?, trace(Panel::Fixed).await?);
        ensure!(naive.starts_with("Error shown for"), "the naive panel says: {naive}");
        ensure!(fixed.starts_with("No error"), "the fixed panel says: {fixed}");
        Ok(())
    })
    .await
}

/// Alice, 100 ms away from the server.
async fn slow_and_signed_in(stage: &Stage) -> Result<Arc<Browser>> {
    let browser = stage.signed_in("alice").await?;
    stage.deployment.turn(json!({ "latencyMs": 100 })).await?;
    // What was before is over when the next page load is.
    browser.hard_refresh().await?;
    both_have_data(&browser).await?;
    stage.deployment.clear_log().await?;
    Ok(browser)
}

async fn both_have_data(browser: &Browser) -> Result<Observations> {
    for panel in Panel::BOTH {
        browser.wait_for_organization(panel, "Rabbit Hole Research").await?;
        browser.wait_for(panel, "messages", |state| !state.messages.is_empty()).await?;
    }
    browser.observations().await
}

/// Whom the panels of one page load called themselves.
struct Sessions {
    naive: String,
    fixed: String,
}

/// What the page showed and sent.
async fn one_load(browser: &Browser, observed: &Observations) -> Result<Sessions> {
    let raced = |panel| {
        observed
            .states(panel)
            .iter()
            .any(|state| state.error.as_deref().is_some_and(|error| error.contains(RACE)))
    };
    ensure!(raced(Panel::Naive), "the naive panel showed no error: {:?}", observed.shown(Panel::Naive));
    ensure!(observed.shown(Panel::Naive).contains(&"query-error"), "the naive panel's error was not visible");

    assert_eq!(observed.shown(Panel::Fixed), ["loading", "organizations"]);
    ensure!(
        observed.states(Panel::Fixed).iter().all(|state| state.error.is_none()),
        "an error was in the fixed panel"
    );
    let signed_out = |state: &PanelState| state.auth == "unauthenticated";
    ensure!(!observed.states(Panel::Fixed).iter().any(signed_out), "the fixed panel took Alice for nobody");

    let (naive, fixed) = (observed.wire(Panel::Naive)?, observed.wire(Panel::Fixed)?);
    ensure!(naive.asks_as_nobody(ORGANIZATIONS), "the naive panel waited");
    ensure!(!fixed.asks_as_nobody(ORGANIZATIONS), "the fixed panel did not wait");
    assert_eq!(fixed.flight_of(MESSAGES), Some(1), "what is not behind the gate waits for no answer");
    assert_eq!(fixed.sent()[..3], ["Connect", "Authenticate", "ModifyQuerySet"]);

    let counts = r#"const { tokenFetches, authenticates, ranAnonymously } =
        document.querySelector('[data-testid="fixed"] [data-testid="timeline"]').dataset;
        return [tokenFetches, authenticates, ranAnonymously];"#;
    assert_eq!(
        browser.run::<[String; 3]>(counts, Vec::new()).await?,
        ["1", "1", "0"],
        "the fixed panel's timeline"
    );
    Ok(Sessions { naive: naive.session_id, fixed: fixed.session_id })
}

/// What the server has seen of all the loads.
async fn server_saw_the_same(stage: &Stage, sessions: &[Sessions]) -> Result<()> {
    let log = stage.deployment.log().await?;
    for Sessions { naive, fixed } in sessions {
        ensure!(log.runs_of(naive).any(|run| run.saw_nobody()), "the race did not reach the server");
        for run in log.runs_of(fixed) {
            ensure!(!run.saw_nobody(), "server identity null: {run:?}");
            assert_eq!(run.subject.as_deref(), Some("user_alice"), "{run:?}");
        }
        let runs = |path| log.runs_of(fixed).filter(|run| run.path == path).count();
        assert_eq!((runs(ORGANIZATIONS), runs(MESSAGES)), (1, 1), "each query of the fixed panel runs once");
        assert_eq!(log.authenticates_of(fixed), 1, "Authenticates of a load of the fixed panel");
    }
    assert_eq!(log.token_fetches.len(), 2 * sessions.len(), "one token fetch for each panel of each load");
    Ok(())
}
