//! Where a test plays.

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
    deployment::{Deployment, Page},
    engine::Engine,
    observations::Panel,
    webdriver::DriverProcess,
};

const UNPOISONED: &str = "nothing panics while it holds the list";

/// A deployment with its page, and browsers that visit it.
#[derive(Debug)]
pub struct Stage {
    /// The dev server.
    pub deployment: Deployment,
    driver: DriverProcess,
    browsers: Mutex<Vec<Arc<Browser>>>,
}

/// Plays a test on a stage of its own with the demo as its page, and clears it away whatever
/// happens.
///
/// Where the test fails, it prints what there was to see. The page must never panic, whatever the
/// test is about.
///
/// # Errors
///
/// Those of the test.
pub async fn play(test: impl AsyncFnOnce(&Stage) -> Result<()>) -> Result<()> {
    play_in(Page::Demo, test).await
}

/// [`play`] with another page.
///
/// # Errors
///
/// Those of the test.
pub async fn play_in(page: Page, test: impl AsyncFnOnce(&Stage) -> Result<()>) -> Result<()> {
    play_with(page.options()?, test).await
}

/// [`play`] with a dev server as the options say.
///
/// # Errors
///
/// Those of the test.
pub async fn play_with(options: Options, test: impl AsyncFnOnce(&Stage) -> Result<()>) -> Result<()> {
    let stage = Stage::set(options).await?;
    let played = AssertUnwindSafe(test(&stage)).catch_unwind().await;
    let mut outcome = played.unwrap_or_else(|panic| Err(anyhow!("{}", message_of(&*panic))));
    if outcome.is_ok() {
        outcome = stage.no_page_panicked().await;
    }
    if outcome.is_err() {
        stage.report().await;
    }
    stage.clear().await;
    outcome
}

impl Stage {
    /// A new browser with a profile of its own.
    ///
    /// # Errors
    ///
    /// Where it does not start.
    pub async fn browser(&self) -> Result<Arc<Browser>> {
        let driver = self.driver.browser().await?;
        let browser = Arc::new(Browser::new(driver, self.driver.engine(), self.deployment.url()));
        self.browsers.lock().expect(UNPOISONED).push(Arc::clone(&browser));
        Ok(browser)
    }

    /// A new browser in which the demo is open and somebody signed in: `alice` or `bob`.
    ///
    /// # Errors
    ///
    /// Where the page does not get there.
    pub async fn signed_in(&self, person: &str) -> Result<Arc<Browser>> {
        let browser = self.browser().await?;
        browser.open("/").await?;
        browser.click(&format!("sign-in-{person}")).await?;
        for panel in Panel::BOTH {
            browser.wait_for(panel, "organizations", |state| state.shows("organizations")).await?;
        }
        Ok(browser)
    }

    async fn set(options: Options) -> Result<Self> {
        let deployment = Deployment::start_with(options).await?;
        let driver = DriverProcess::start(Engine::from_env()?).await?;
        Ok(Self { deployment, driver, browsers: Mutex::default() })
    }

    async fn clear(self) {
        for browser in self.browsers() {
            browser.close().await;
        }
        self.driver.stop().await;
        self.deployment.stop().await;
    }

    async fn no_page_panicked(&self) -> Result<()> {
        for browser in self.browsers() {
            for line in browser.console().await? {
                let crashed = line.contains("panicked") || line.contains("RuntimeError");
                ensure!(!crashed, "the page panicked: {line}");
            }
        }
        Ok(())
    }

    /// Prints what there is to see. What cannot be seen any more is left out.
    async fn report(&self) {
        for browser in self.browsers() {
            for panel in Panel::BOTH {
                if let Ok(state) = browser.state(panel).await {
                    eprintln!("--- the {} panel: {state:#?}", panel.id());
                }
            }
            let text = browser.run::<String>("return document.body.innerText", Vec::new()).await;
            eprintln!("--- the page:\n{}", text.unwrap_or_default());
            eprintln!("--- its console:\n{}", browser.console().await.unwrap_or_default().join("\n"));
        }
        eprintln!("--- the server's log:");
        if let Ok(log) = self.deployment.log().await {
            log.connections.iter().for_each(|connection| eprintln!("{connection:?}"));
            log.token_fetches.iter().for_each(|fetch| eprintln!("{fetch:?}"));
            log.executions.iter().for_each(|run| eprintln!("{run:?}"));
        }
    }

    fn browsers(&self) -> Vec<Arc<Browser>> {
        self.browsers.lock().expect(UNPOISONED).clone()
    }
}

fn message_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("the test panicked")
}
