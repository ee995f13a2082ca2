//! Which deployment the page talks to: its own origin, or `?deployment=<url>`.

use leptos::prelude::window;
use web_sys::{Url, UrlSearchParams};

/// The deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// Its address, without a slash at the end.
    pub url: String,
    /// Whether it was chosen in the page's address.
    pub chosen: bool,
}

impl Deployment {
    /// The one that the page's address names, or else the page's own origin.
    pub fn from_page() -> Self {
        let chosen = parameter("deployment").filter(|url| !url.trim().is_empty());
        let url = chosen.clone().or_else(|| window().location().origin().ok()).unwrap_or_default();
        Self { url: url.trim().trim_end_matches('/').to_owned(), chosen: chosen.is_some() }
    }

    /// Whether a deployment could be there at all.
    pub fn is_an_address(&self) -> bool {
        Url::new(&self.url).is_ok_and(|url| matches!(url.protocol().as_str(), "http:" | "https:"))
    }

    /// What to do where it cannot be reached.
    pub fn advice(&self) -> &'static str {
        if self.chosen {
            "Is the address in ?deployment= right, and is that deployment running? The page keeps trying."
        } else {
            "Is the dev server running? `cargo xtask demo` starts it. The page keeps trying."
        }
    }
}

/// A parameter of the page's address.
pub fn parameter(name: &str) -> Option<String> {
    parameters().get(name)
}

/// Sets or removes a parameter of the page's address, and loads the page anew.
pub fn reload_with(name: &str, value: Option<&str>) {
    let parameters = parameters();
    match value {
        Some(value) => parameters.set(name, value),
        None => parameters.delete(name),
    }
    let query: String = parameters.to_string().into();
    if let Err(error) = window().location().set_search(&query) {
        leptos::logging::error!("the page's address could not be changed: {error:?}");
    }
}

fn parameters() -> UrlSearchParams {
    let query = window().location().search().unwrap_or_default();
    UrlSearchParams::new_with_str(&query).expect("any text is a query string")
}
