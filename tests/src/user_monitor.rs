//! Checks that a signed-in user is not disturbed by faults.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::{
    browser::Browser,
    environment::TestEnvironment,
    observations::{DemoPanel, PanelState},
    test_server::TestServer,
    wait::until,
};

const ALICES_ORGANIZATIONS: [&str; 3] = ["Looking-Glass Labs", "Rabbit Hole Research", "Tea Party Events"];
const FIRST_HALF: &str = "Half a sen";
/// The elements that must not be rebuilt while the user looks at them.
const PERSISTENT_ELEMENTS: &str = r#"[...document.querySelector('[data-testid="fixed"]').querySelectorAll(
    '[data-testid="organizations"], [data-testid="organizations"] li, [data-testid="messages"] li, [data-testid="message-input"]')]"#;
const FIELD: &str = r#"document.querySelector('[data-testid="fixed"] [data-testid="message-input"]')"#;

/// Alice is signed in and has typed half a sentence into the fixed panel. From start to
/// [`finish`](Self::finish) she must see her data, the same elements and her text.
#[derive(Debug)]
pub struct UserMonitor<'a> {
    server: &'a TestServer,
    browser: &'a Browser,
    /// The session id of the fixed panel's client.
    session_id: String,
    /// The index of the fixed panel's state at the start.
    states: usize,
    /// The number of the fixed panel's sockets until the start.
    sockets: usize,
    /// The number of the page's dials until the start.
    dials: usize,
}

impl<'a> UserMonitor<'a> {
    /// Starts to monitor the fixed panel of a browser in which Alice is signed in.
    ///
    /// # Errors
    ///
    /// The panel does not show her data.
    pub async fn start(env: &'a TestEnvironment, browser: &'a Browser) -> Result<Self> {
        let is_stable =
            |state: &PanelState| is_undisturbed(state) && is_settled(state) && !state.messages.is_empty();
        browser.wait_for(DemoPanel::Fixed, "to be live", is_stable).await?;
        browser.type_in(DemoPanel::Fixed, "message-input", FIRST_HALF).await?;
        let mark = format!("for (const element of {PERSISTENT_ELEMENTS}) element.isMarked = true");
        browser.run::<Option<bool>>(&mark, Vec::new()).await?;
        let observed = browser.observations().await?;
        let session_id = observed.traffic(DemoPanel::Fixed)?.session_id;
        let states = observed.states(DemoPanel::Fixed).len() - 1;
        let sockets = env.server.log().await?.connections_of_client(&session_id).count();
        Ok(Self { server: &env.server, browser, session_id, states, sockets, dials: observed.dials() })
    }

    /// The session id of the monitored client.
    pub fn session_id(&self) -> &str {
        &self.session_id
    }

    /// All states of the fixed panel since the start, including the one at the start.
    ///
    /// # Errors
    ///
    /// The page is closed.
    pub async fn states(&self) -> Result<Vec<PanelState>> {
        Ok(self.browser.observations().await?.states(DemoPanel::Fixed)[self.states..].to_vec())
    }

    /// Waits until the fixed panel is live and authenticated on a new socket.
    ///
    /// # Errors
    ///
    /// The time limit is exceeded.
    pub async fn until_live_on_another_socket(&self) -> Result<()> {
        let has_dialled = async || {
            let log = self.server.log().await?;
            let sockets = log.connections_of_client(&self.session_id);
            Ok((sockets.filter(|socket| !socket.authenticates.is_empty()).count() > self.sockets)
                .then_some(()))
        };
        until("another socket with a token", has_dialled).await?;
        self.browser.wait_for(DemoPanel::Fixed, "to be live again", is_settled).await?;
        Ok(())
    }

    /// Waits until each panel has dialled this often without success and the token has expired.
    ///
    /// # Errors
    ///
    /// The time limit is exceeded.
    pub async fn until_failed_dials(&self, times: usize) -> Result<()> {
        let goal = self.dials + DemoPanel::BOTH.len() * times;
        until(
            "failed dials",
            async || Ok((self.browser.observations().await?.dials() >= goal).then_some(())),
        )
        .await?;
        self.browser
            .wait_for(DemoPanel::Fixed, "to be refreshing", |state| state.auth == "refreshing")
            .await?;
        Ok(())
    }

    /// The time from the last event of this kind, such as `visible`, until the fixed panel was live
    /// and authenticated again, by the page's clock.
    ///
    /// # Errors
    ///
    /// The panel never lost that state, or did not recover.
    pub async fn recovery_time_after(&self, event: &str) -> Result<Duration> {
        let observed = self.browser.observations().await?;
        let event = observed
            .last_event(event)
            .with_context(|| format!("the page did not receive the event `{event}`"))?;
        let states = &observed.states(DemoPanel::Fixed)[self.states..];
        let lost = states.iter().position(|state| !is_settled(state));
        let lost = lost.context("the panel was live and authenticated all the time")?;
        let recovered = states[lost..].iter().find(|state| is_settled(state));
        let recovered = recovered.context("the panel did not become live and authenticated again")?;
        Ok(Duration::from_millis(recovered.at.saturating_sub(event.at)))
    }

    /// Checks that Alice was never disturbed: she always saw her data in the same elements, her
    /// field kept text and focus, and every function ran as her. Returns the panel's states since
    /// the start, including the one at the start.
    ///
    /// # Errors
    ///
    /// Alice was disturbed.
    pub async fn finish(self) -> Result<Vec<PanelState>> {
        let states = self.states().await?;
        if let Some(disturbed) = states.iter().find(|state| !is_undisturbed(state)) {
            bail!("the user was disturbed: {disturbed:#?}");
        }
        self.finish_the_sentence().await?;
        let log = self.server.log().await?;
        // Before the sign-in, the page's client was anonymous.
        for run in log.runs_of_client(&self.session_id).skip_while(|run| run.subject.is_none()) {
            ensure!(run.subject.as_deref() == Some("user_alice"), "a function ran as another user: {run:?}");
        }
        Ok(states)
    }

    async fn finish_the_sentence(&self) -> Result<()> {
        let is_focused = format!("return {FIELD} === document.activeElement");
        ensure!(self.browser.run::<bool>(&is_focused, Vec::new()).await?, "the field lost the focus");
        self.browser.type_in(DemoPanel::Fixed, "message-input", "tence").await?;
        let text = self.browser.run::<String>(&format!("return {FIELD}.value"), Vec::new()).await?;
        ensure!(text == "Half a sentence", "the text of the field is {text:?}");
        let are_marked =
            format!("return {PERSISTENT_ELEMENTS}.every((element) => element.isMarked === true)");
        ensure!(self.browser.run::<bool>(&are_marked, Vec::new()).await?, "an element was rebuilt");
        Ok(())
    }
}

fn is_undisturbed(state: &PanelState) -> bool {
    state.shows("organizations")
        && ALICES_ORGANIZATIONS.iter().all(|name| state.text.contains(name))
        && state.error.is_none()
        && ["authenticated", "refreshing"].contains(&state.auth.as_str())
}

fn is_settled(state: &PanelState) -> bool {
    state.auth == "authenticated" && state.connection == "live"
}
