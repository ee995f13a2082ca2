//! Tokens that live for seconds are replaced unnoticed (auth contract §3, rules 3, 6 and 7; §4,
//! lines 12 and 15).

use anyhow::{Result, ensure};
use e2e::{Browser, Vigil, course, play, until};
use serde_json::json;

const ROTATIONS: usize = 5;

/// Auth contract §4, lines 12 and 15.
#[tokio::test(flavor = "multi_thread")]
async fn five_tokens_in_a_row_disturb_nobody_who_is_typing() -> Result<()> {
    play(async |stage| {
        stage.deployment.turn(json!({ "tokenLifetimeSecs": 6 })).await?;
        let browser = stage.signed_in("alice").await?;
        let vigil = Vigil::begin(stage, &browser).await?;
        count_mutations(&browser).await?;
        let before = stage.deployment.log().await?;

        let session = vigil.session_id();
        let goal = before.authenticates_of(session) + ROTATIONS;
        until("more tokens", async || {
            Ok((stage.deployment.log().await?.authenticates_of(session) >= goal).then_some(()))
        })
        .await?;

        let log = stage.deployment.log().await?;
        assert_eq!(log.connections.len(), before.connections.len(), "a new token needs no new socket");
        let authenticates = log.connections_of(session).flat_map(|socket| &socket.authenticates);
        for authenticate in authenticates.skip(before.authenticates_of(session)) {
            assert_eq!(authenticate["tokenType"], "User", "nobody was signed in between two tokens");
        }
        assert_eq!(
            browser.run::<usize>("return window.mutations", Vec::new()).await?,
            0,
            "mutations of her data"
        );

        let states = vigil.end().await?;
        assert_eq!(course(&states, |state| &state.auth), ["authenticated"]);
        assert_eq!(course(&states, |state| &state.connection), ["live"]);
        ensure!(browser.observations().await?.open_sockets == 2, "each panel has one socket");
        Ok(())
    })
    .await
}

/// Counts from now on what changes in the fixed panel's data and in its form, whether it can be
/// seen or not.
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
