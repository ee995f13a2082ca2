//! The environment of a test: a dev server, a browser driver and browsers.

use std::{
    any::Any,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex},
};

use anyhow::{Result, anyhow, ensure};
use convex_dev_server::Options;
use futures_util::FutureExt;

use crate::{
    browser::Browser,
    engine::Engine,
    observations::DemoPanel,
    test_server::{ServedApp, TestServer},
    webdriver::DriverProcess,
};

pub(crate) const UNPOISONED: &str = "no code panics while it holds the lock";

/// A dev server with its page, and browsers that visit it.
#[derive(Debug)]
pub struct TestEnvironment {
    /// The dev server.
    pub server: TestServer,
    driver: DriverProcess,
    browsers: Mutex<Vec<Arc<Browser>>>,
}

/// Runs a test in a new environment with the demo as its page. The environment is always cleaned
/// up.
///
/// If the test fails, the panels, the page, its console and the server's log are printed.
///
/// # Errors
///
/// The test fails, or the page panicked.
pub async fn with_demo(test: impl AsyncFnOnce(&TestEnvironment) -> Result<()>) -> Result<()> {
    with_app(ServedApp::Demo, test).await
}

/// [`with_demo`] with another app.
///
/// # Errors
///
/// As [`with_demo`], or the app is not built.
pub async fn with_app(app: ServedApp, test: impl AsyncFnOnce(&TestEnvironment) -> Result<()>) -> Result<()> {
    with_options(app.options()?, test).await
}

/// [`with_demo`] with a dev server that is started with these options.
///
/// # Errors
///
/// As [`with_demo`].
pub async fn with_options(
    options: Options,
    test: impl AsyncFnOnce(&TestEnvironment) -> Result<()>,
) -> Result<()> {
    let env = TestEnvironment::start(options).await?;
    let result = AssertUnwindSafe(test(&env)).catch_unwind().await;
    let mut outcome = result.unwrap_or_else(|panic| Err(anyhow!("{}", message_of(&*panic))));
    if outcome.is_ok() {
        outcome = env.check_for_panics().await;
    }
    if outcome.is_err() {
        env.print_state().await;
    }
    env.clean_up().await;
    outcome
}

impl TestEnvironment {
    /// Starts a browser with its own profile.
    ///
    /// # Errors
    ///
    /// The browser does not start.
    pub async fn browser(&self) -> Result<Arc<Browser>> {
        self.browser_at(self.server.url()).await
    }

    /// Starts a browser with its own profile that visits pages of this origin.
    pub(crate) async fn browser_at(&self, origin: String) -> Result<Arc<Browser>> {
        let driver = self.driver.browser().await?;
        let browser = Arc::new(Browser::new(driver, self.driver.engine(), origin));
        self.browsers.lock().expect(UNPOISONED).push(Arc::clone(&browser));
        Ok(browser)
    }

    /// Starts a browser, opens the demo and signs in a user: `alice` or `bob`.
    ///
    /// # Errors
    ///
    /// The browser does not start, or a panel does not show the user's data.
    pub async fn signed_in(&self, user: &str) -> Result<Arc<Browser>> {
        let browser = self.browser().await?;
        browser.open("/").await?;
        browser.click(&format!("sign-in-{user}")).await?;
        for panel in DemoPanel::BOTH {
            browser.wait_for(panel, "organizations", |state| state.shows("organizations")).await?;
        }
        Ok(browser)
    }

    async fn start(options: Options) -> Result<Self> {
        let server = TestServer::start_with(options).await?;
        let driver = DriverProcess::start(Engine::from_env()?).await?;
        Ok(Self { server, driver, browsers: Mutex::default() })
    }

    async fn clean_up(self) {
        for browser in self.browsers() {
            browser.close().await;
        }
        self.driver.stop().await;
        self.server.stop().await;
    }

    async fn check_for_panics(&self) -> Result<()> {
        for browser in self.browsers() {
            for line in browser.console().await? {
                let crashed = line.contains("panicked") || line.contains("RuntimeError");
                ensure!(!crashed, "the page panicked: {line}");
            }
        }
        Ok(())
    }

    /// Prints the state of pages and server, for a failed test. Skips pages that do not respond.
    async fn print_state(&self) {
        for browser in self.browsers() {
            for panel in DemoPanel::BOTH {
                if let Ok(state) = browser.state(panel).await {
                    eprintln!("--- the {} panel: {state:#?}", panel.id());
                }
            }
            let text = browser.run::<String>("return document.body.innerText", Vec::new()).await;
            eprintln!("--- the page:\n{}", text.unwrap_or_default());
            eprintln!("--- its console:\n{}", browser.console().await.unwrap_or_default().join("\n"));
        }
        eprintln!("--- the server's log:");
        if let Ok(log) = self.server.log().await {
            log.connections.iter().for_each(|connection| eprintln!("{connection:?}"));
            log.token_fetches.iter().for_each(|fetch| eprintln!("{fetch:?}"));
            log.executions.iter().for_each(|run| eprintln!("{run:?}"));
        }
    }

    pub(crate) fn browsers(&self) -> Vec<Arc<Browser>> {
        self.browsers.lock().expect(UNPOISONED).clone()
    }
}

fn message_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("the test panicked")
}
