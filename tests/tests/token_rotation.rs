//! Short-lived tokens are replaced without a visible change (docs/auth.md §3, rules 3, 6 and 7;
//! §4, lines 12 and 15).

use anyhow::{Result, ensure};
use e2e::{Browser, UserMonitor, successive, until, with_demo};
use serde_json::json;

const ROTATIONS: usize = 5;

/// docs/auth.md §4, lines 12 and 15.
#[tokio::test(flavor = "multi_thread")]
async fn five_token_rotations_do_not_disturb_a_typing_user() -> Result<()> {
    with_demo(async |env| {
        env.server.set_knobs(json!({ "tokenLifetimeSecs": 6 })).await?;
        let browser = env.signed_in("alice").await?;
        let monitor = UserMonitor::start(env, &browser).await?;
        count_mutations(&browser).await?;
        let before = env.server.log().await?;

        let session = monitor.session_id();
        let goal = before.authenticates_of_client(session) + ROTATIONS;
        until("five more tokens", async || {
            Ok((env.server.log().await?.authenticates_of_client(session) >= goal).then_some(()))
        })
        .await?;

        let log = env.server.log().await?;
        assert_eq!(log.connections.len(), before.connections.len(), "the number of sockets");
        let authenticates = log.connections_of_client(session).flat_map(|socket| &socket.authenticates);
        for authenticate in authenticates.skip(before.authenticates_of_client(session)) {
            assert_eq!(authenticate["tokenType"], "User", "the client was anonymous between two tokens");
        }
        assert_eq!(
            browser.run::<usize>("return window.mutations", Vec::new()).await?,
            0,
            "mutations of the user's data"
        );

        let states = monitor.finish().await?;
        assert_eq!(successive(&states, |state| &state.auth), ["authenticated"]);
        assert_eq!(successive(&states, |state| &state.connection), ["live"]);
        ensure!(browser.observations().await?.open_sockets == 2, "each panel has one socket");
        Ok(())
    })
    .await
}

/// Starts to count the mutations of the DOM in the fixed panel's data and form, visible or not.
async fn count_mutations(browser: &Browser) -> Result<()> {
    let script = r#"
        window.mutations = 0;
        const observer = new MutationObserver((mutations) => (window.mutations += mutations.length));
        for (const one of document.querySelectorAll(
            '[data-testid="fixed"] [data-testid="organizations"], [data-testid="fixed"] .messages')) {
            observer.observe(one, { attributes: true, characterData: true, childList: true, subtree: true });
        }"#;
    browser.run::<Option<bool>>(script, Vec::new()).await?;
    Ok(())
}
