//! The states of a server-rendered document, as `document_observer.js` records them.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use serde::Deserialize;

use crate::{browser::Browser, wait::until};

/// The observations of one document, from its first element on.
#[derive(Debug, Clone, Deserialize)]
pub struct DocumentObservations {
    /// The successive states.
    pub states: Vec<DocumentState>,
    /// The changes of the body after the whole HTML was parsed, described for messages.
    pub changes: Vec<String>,
}

/// A state of a document between two mutations.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DocumentState {
    /// When the state began, in milliseconds of the page's clock.
    pub at: u64,
    /// Whether the whole HTML was parsed.
    pub is_parsed: bool,
    /// The document's title.
    pub title: String,
    /// The texts of visible elements by their `data-testid`, except empty ones.
    pub parts: BTreeMap<String, String>,
}

impl DocumentState {
    /// The text of an element; empty if there is none.
    pub fn part(&self, testid: &str) -> &str {
        self.parts.get(testid).map_or("", String::as_str)
    }

    /// Whether an element is visible and has text.
    pub fn has(&self, testid: &str) -> bool {
        self.parts.contains_key(testid)
    }

    /// Whether any element has this text in it.
    pub fn shows(&self, text: &str) -> bool {
        self.parts.values().any(|part| part.contains(text))
    }
}

impl DocumentObservations {
    /// The states after the whole HTML was parsed, in order.
    pub fn after_html(&self) -> &[DocumentState] {
        let parsed = self.states.iter().position(|state| state.is_parsed);
        &self.states[parsed.unwrap_or(self.states.len())..]
    }

    /// The state in which the HTML left the document.
    pub fn html(&self) -> Option<&DocumentState> {
        self.after_html().first()
    }

    /// The successive texts of an element after the HTML was parsed; empty where it is not visible.
    pub fn successive(&self, testid: &str) -> Vec<&str> {
        let mut texts: Vec<&str> = self.after_html().iter().map(|state| state.part(testid)).collect();
        texts.dedup();
        texts
    }

    /// Checks that neither hydration nor anything after it has changed the document.
    ///
    /// # Errors
    ///
    /// The error lists the changes.
    pub fn ensure_unchanged(&self) -> Result<()> {
        ensure!(self.after_html().len() == 1, "the states after the HTML: {:#?}", self.after_html());
        ensure!(self.changes.is_empty(), "the body was changed: {:#?}", self.changes);
        Ok(())
    }
}

impl Browser {
    /// The observations of the present document.
    ///
    /// # Errors
    ///
    /// The page is closed, or is not of a [`RenderedSite`](crate::RenderedSite).
    pub async fn observed_document(&self) -> Result<DocumentObservations> {
        self.run("return window.__observedDocument", Vec::new()).await
    }

    /// Waits until the document meets a condition; `what` describes it for the error.
    ///
    /// # Errors
    ///
    /// The time limit is exceeded; the error shows the last state.
    pub async fn wait_for_document(
        &self,
        what: &str,
        condition: impl Fn(&DocumentState) -> bool,
    ) -> Result<DocumentState> {
        let check = async || {
            let observed = self.observed_document().await?;
            let last = observed.states.last();
            ensure!(last.is_some_and(&condition), "{last:#?}");
            Ok(last.cloned())
        };
        until(what, check).await
    }

    /// The HTML of the document's body without its scripts, including invisible elements. Leptos
    /// leaves the scripts with the data for hydration in the document.
    ///
    /// # Errors
    ///
    /// The page is closed.
    pub async fn content(&self) -> Result<String> {
        let script = r#"
            const body = document.body.cloneNode(true);
            body.querySelectorAll("script").forEach((script) => script.remove());
            return body.outerHTML;"#;
        self.run(script, Vec::new()).await
    }

    /// Waits until the page was painted.
    pub(crate) async fn until_painted(&self) -> Result<()> {
        let painted = "return new Promise((painted) => \
                       requestAnimationFrame(() => requestAnimationFrame(() => painted(true))))";
        self.run::<bool>(painted, Vec::new()).await?;
        Ok(())
    }
}
