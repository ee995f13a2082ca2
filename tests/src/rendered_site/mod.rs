//! A server-rendered app with its server, and everything around it that can fail.

mod document;
mod front;
mod gate;
mod process;
mod upstream;

use std::{env, path::PathBuf, sync::Arc};

use anyhow::{Context, Result, ensure};
use convex_dev_server::Options;
use serde_json::json;

use self::front::BLANK;
pub use self::{
    document::{DocumentObservations, DocumentState},
    front::Front,
    gate::{Gate, GateState},
    process::SiteProcess,
    upstream::Upstream,
};
use crate::{
    browser::Browser,
    environment::{TestEnvironment, with_options},
    observations::ClientTraffic,
    wait::until,
};

/// The path of the token endpoint.
pub const TOKEN_PATH: &str = "/api/auth/convex/token";
const SESSION_PATH: &str = "/api/auth/get-session";

/// A server-rendered app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenderedApp {
    /// `examples/ssr`.
    Example,
    /// `tests/islands`.
    Islands,
}

/// A server-rendered app on its own origin, with the dev server as its deployment and its Better
/// Auth service.
///
/// ```text
/// browser ── front ── app's server ── deployment gate ── dev server
///    │                     └────────────── auth gate ─────────┘
///    └── WebSocket ───────────────── deployment gate
/// ```
#[derive(Debug)]
pub struct RenderedSite<'a> {
    /// The dev server and the browsers.
    pub env: &'a TestEnvironment,
    /// The origin that browsers visit.
    pub front: Front,
    /// The way to the deployment, of browsers and of the app's server.
    pub deployment: Gate,
    /// The way of the app's server to Better Auth. Browsers reach it through that server.
    pub auth: Gate,
    process: SiteProcess,
}

/// Runs a test with the server-rendered example in a new environment.
///
/// # Errors
///
/// The test fails, a page panicked, or the app is not built. Then everything that helps to find
/// the cause is printed.
pub async fn with_rendered_site(test: impl AsyncFnOnce(&RenderedSite<'_>) -> Result<()>) -> Result<()> {
    with_rendered_app(RenderedApp::Example, test).await
}

/// [`with_rendered_site`] with another app.
///
/// # Errors
///
/// As [`with_rendered_site`].
pub async fn with_rendered_app(
    app: RenderedApp,
    test: impl AsyncFnOnce(&RenderedSite<'_>) -> Result<()>,
) -> Result<()> {
    with_options(Options::on_a_free_port(), async |env| {
        let site = RenderedSite::start(app, env).await?;
        let outcome = test(&site).await;
        if outcome.is_err() {
            site.print_state().await;
        }
        outcome
    })
    .await
}

impl<'a> RenderedSite<'a> {
    async fn start(app: RenderedApp, env: &'a TestEnvironment) -> Result<Self> {
        let deployment = Gate::start(&env.server.url()).await?;
        let auth = Gate::start(&env.server.url()).await?;
        let [program, site] = match app {
            RenderedApp::Example => [variable("SSR_SERVER")?, variable("SSR_SITE")?],
            RenderedApp::Islands => [variable("ISLANDS_SERVER")?, variable("ISLANDS_SITE")?],
        };
        let process = SiteProcess::start(&program, &site, &deployment.url(), &auth.url()).await?;
        let front = Front::start(process.url()).await?;
        Ok(Self { env, front, deployment, auth, process })
    }

    /// Starts a browser with its own profile.
    ///
    /// # Errors
    ///
    /// The browser does not start.
    pub async fn browser(&self) -> Result<Arc<Browser>> {
        self.env.browser_at(self.front.url()).await
    }

    /// Starts a browser in which a user is signed in, `alice` or `bob`, with an empty page. Clears
    /// the logs.
    ///
    /// # Errors
    ///
    /// The browser does not start, or the service refuses.
    pub async fn signed_in(&self, user: &str) -> Result<Arc<Browser>> {
        let browser = self.browser().await?;
        browser.open(BLANK).await?;
        self.sign_in_here(&browser, user).await?;
        self.clear_logs().await?;
        Ok(browser)
    }

    /// Signs a user in by a request of the page in front, which does not know it. All tabs share
    /// the cookie.
    ///
    /// # Errors
    ///
    /// The service refuses.
    pub async fn sign_in_here(&self, browser: &Browser, user: &str) -> Result<()> {
        let script = r#"
            const body = JSON.stringify({ email: `${arguments[0]}@example.com`, password: `${arguments[0]}-demo` });
            const headers = { "content-type": "application/json" };
            return fetch("/api/auth/sign-in/email", { method: "POST", headers, body }).then(({ status }) => status);"#;
        let status: u16 = browser.run(script, vec![json!(user)]).await?;
        ensure!(status == 200, "the status of the sign-in is {status}");
        Ok(())
    }

    /// Opens a tab in front of the others and signs a user in there.
    ///
    /// # Errors
    ///
    /// The service refuses.
    pub async fn sign_in_in_another_tab(&self, browser: &Browser, user: &str) -> Result<()> {
        let tab = browser.tab().await?;
        browser.open_tab().await?;
        browser.open(BLANK).await?;
        self.sign_in_here(browser, user).await?;
        browser.switch_to(&tab).await
    }

    /// Waits until the client of the page has all results for its queries and identity, and the
    /// page was painted after that. Returns the client's frames.
    ///
    /// # Errors
    ///
    /// The time limit is exceeded.
    pub async fn until_live(&self, browser: &Browser) -> Result<ClientTraffic> {
        let caught_up = async || {
            let traffic = browser.observations().await?.only_client()?;
            ensure!(traffic.is_caught_up(), "its frames: {traffic:#?}");
            Ok(Some(traffic))
        };
        let traffic = until("the page's client to catch up", caught_up).await?;
        browser.until_painted().await?;
        Ok(traffic)
    }

    /// Waits until a page without queries is hydrated and knows its session, and was painted after
    /// that. The logs must have been cleared before it was opened.
    ///
    /// # Errors
    ///
    /// The time limit is exceeded.
    pub async fn until_hydrated(&self, browser: &Browser) -> Result<()> {
        let knows_session = async || Ok(self.front.has_answered(SESSION_PATH).then_some(()));
        until("the page to know its session", knows_session).await?;
        browser.until_painted().await
    }

    /// The lines that the app's server has printed.
    pub fn output(&self) -> Vec<String> {
        self.process.output()
    }

    /// Clears the log of the dev server and that of the front.
    ///
    /// # Errors
    ///
    /// The dev server does not answer.
    pub async fn clear_logs(&self) -> Result<()> {
        self.front.clear();
        self.env.server.clear_log().await
    }

    /// Fetches a page without a browser: its status and its HTML.
    ///
    /// # Errors
    ///
    /// The server does not answer, or not in UTF-8.
    pub async fn fetch(&self, path: &str, cookie: &str) -> Result<(u16, String)> {
        let request = reqwest::Client::new().get(format!("{}{path}", self.front.url()));
        let response = request.header("cookie", cookie).send().await.context("the server does not answer")?;
        Ok((response.status().as_u16(), response.text().await?))
    }

    async fn print_state(&self) {
        for browser in self.env.browsers() {
            if let Ok(observed) = browser.observed_document().await {
                eprintln!("--- the document: {observed:#?}");
            }
        }
        eprintln!("--- the output of the app's server:\n{}", self.output().join("\n"));
    }
}

fn variable(name: &str) -> Result<PathBuf> {
    let path = env::var_os(name).map(PathBuf::from);
    path.with_context(|| format!("{name} is not set; `cargo xtask test e2e` builds the app and sets it"))
}
