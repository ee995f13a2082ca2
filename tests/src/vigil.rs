//! Watching over somebody who must notice nothing.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::{
    browser::Browser,
    deployment::Deployment,
    observations::{Panel, PanelState},
    stage::Stage,
    wait::until,
};

const ALICES: [&str; 3] = ["Looking-Glass Labs", "Rabbit Hole Research", "Tea Party Events"];
const BEGUN: &str = "Half a sen";
/// What must not be built anew while she looks on.
const LASTING: &str = r#"[...document.querySelector('[data-testid="fixed"]').querySelectorAll(
    '[data-testid="organizations"], [data-testid="organizations"] li, [data-testid="messages"] li, [data-testid="message-input"]')]"#;
const FIELD: &str = r#"document.querySelector('[data-testid="fixed"] [data-testid="message-input"]')"#;

/// Alice is signed in, and writing into the fixed panel; from here on she must not be disturbed,
/// whatever happens.
#[derive(Debug)]
pub struct Vigil<'a> {
    deployment: &'a Deployment,
    browser: &'a Browser,
    /// What the fixed panel's client calls itself.
    session_id: String,
    /// How many states of the fixed panel are over.
    states: usize,
    /// How many sockets the fixed panel has had.
    sockets: usize,
    /// How often the page has dialled.
    dials: usize,
}

impl<'a> Vigil<'a> {
    /// Begins to watch the fixed panel of a browser in which Alice is signed in.
    ///
    /// # Errors
    ///
    /// Where it does not show what is hers.
    pub async fn begin(stage: &'a Stage, browser: &'a Browser) -> Result<Self> {
        let at_rest =
            |state: &PanelState| is_undisturbed(state) && is_settled(state) && !state.messages.is_empty();
        browser.wait_for(Panel::Fixed, "to be live", at_rest).await?;
        browser.type_in(Panel::Fixed, "message-input", BEGUN).await?;
        browser
            .run::<Option<bool>>(&format!("for (const one of {LASTING}) one.isTheOld = true"), Vec::new())
            .await?;
        let observed = browser.observations().await?;
        let session_id = observed.wire(Panel::Fixed)?.session_id;
        let states = observed.states(Panel::Fixed).len() - 1;
        let sockets = stage.deployment.log().await?.connections_of(&session_id).count();
        Ok(Self {
            deployment: &stage.deployment,
            browser,
            session_id,
            states,
            sockets,
            dials: observed.dials(),
        })
    }

    /// What the watched client calls itself.
    pub fn session_id(&self) -> &str {
        &self.session_id
    }

    /// All states of the fixed panel, from the one at the beginning.
    ///
    /// # Errors
    ///
    /// Where the page is gone.
    pub async fn states(&self) -> Result<Vec<PanelState>> {
        Ok(self.browser.observations().await?.states(Panel::Fixed)[self.states..].to_vec())
    }

    /// Waits for the fixed panel to be live and authenticated on another socket than at the
    /// beginning.
    ///
    /// # Errors
    ///
    /// Where it never is.
    pub async fn until_live_on_another_socket(&self) -> Result<()> {
        let has_dialled = async || {
            let log = self.deployment.log().await?;
            let sockets = log.connections_of(&self.session_id);
            Ok((sockets.filter(|socket| !socket.authenticates.is_empty()).count() > self.sockets)
                .then_some(()))
        };
        until("another socket with a token", has_dialled).await?;
        self.browser.wait_for(Panel::Fixed, "to be live again", is_settled).await?;
        Ok(())
    }

    /// Waits for each panel to have dialled so often, and for the token to have run out.
    ///
    /// # Errors
    ///
    /// Where that does not come.
    pub async fn until_dialled_in_vain(&self, times: usize) -> Result<()> {
        let goal = self.dials + Panel::BOTH.len() * times;
        until("dials in vain", async || {
            Ok((self.browser.observations().await?.dials() >= goal).then_some(()))
        })
        .await?;
        self.browser.wait_for(Panel::Fixed, "to be refreshing", |state| state.auth == "refreshing").await?;
        Ok(())
    }

    /// How long after an event, such as `visible`, the fixed panel was live and authenticated
    /// again, by the page's own clock.
    ///
    /// # Errors
    ///
    /// Where it was all the time, or never was again.
    pub async fn back_after(&self, event: &str) -> Result<Duration> {
        let observed = self.browser.observations().await?;
        let told = observed.last_event(event).with_context(|| format!("the page was not told: {event}"))?;
        let states = &observed.states(Panel::Fixed)[self.states..];
        let lost = states.iter().position(|state| !is_settled(state)).context("nothing was lost")?;
        let back =
            states[lost..].iter().find(|state| is_settled(state)).context("what was lost is not back")?;
        Ok(Duration::from_millis(back.at.saturating_sub(told.at)))
    }

    /// Ends the watch: what she sees and writes was hers all the time, the very same rows and the
    /// very same field, and the server took her for nobody else. Returns the states that the panel
    /// went through, the first one included.
    ///
    /// # Errors
    ///
    /// Where she was disturbed.
    pub async fn end(self) -> Result<Vec<PanelState>> {
        let states = self.states().await?;
        if let Some(disturbed) = states.iter().find(|state| !is_undisturbed(state)) {
            bail!("she was disturbed: {disturbed:#?}");
        }
        self.finishes_her_sentence().await?;
        let log = self.deployment.log().await?;
        // Whoever visits the page is nobody first.
        for run in log.runs_of(&self.session_id).skip_while(|run| run.subject.is_none()) {
            ensure!(run.subject.as_deref() == Some("user_alice"), "it ran as somebody else: {run:?}");
        }
        Ok(states)
    }

    async fn finishes_her_sentence(&self) -> Result<()> {
        let is_focused = format!("return {FIELD} === document.activeElement");
        ensure!(self.browser.run::<bool>(&is_focused, Vec::new()).await?, "her field has lost the focus");
        self.browser.type_in(Panel::Fixed, "message-input", "tence").await?;
        let written = self.browser.run::<String>(&format!("return {FIELD}.value"), Vec::new()).await?;
        ensure!(written == "Half a sentence", "her field says {written:?}");
        let are_the_old = format!("return {LASTING}.every((one) => one.isTheOld === true)");
        ensure!(self.browser.run::<bool>(&are_the_old, Vec::new()).await?, "something was built anew");
        Ok(())
    }
}

fn is_undisturbed(state: &PanelState) -> bool {
    state.shows("organizations")
        && ALICES.iter().all(|name| state.text.contains(name))
        && state.error.is_none()
        && ["authenticated", "refreshing"].contains(&state.auth.as_str())
}

fn is_settled(state: &PanelState) -> bool {
    state.auth == "authenticated" && state.connection == "live"
}
