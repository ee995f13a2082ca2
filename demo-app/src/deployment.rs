//! The deployment that the page connects to: its own origin, or `?deployment=<url>`.

use leptos::prelude::window;
use web_sys::{Url, UrlSearchParams};

/// The address of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// The URL, without a trailing slash.
    pub url: String,
    /// Whether the page's query string names it.
    pub from_query: bool,
}

impl Deployment {
    /// Reads `?deployment=<url>`; defaults to the page's own origin.
    pub fn from_page() -> Self {
        let parameter = parameter("deployment").filter(|url| !url.trim().is_empty());
        let from_query = parameter.is_some();
        let url = parameter.or_else(|| window().location().origin().ok()).unwrap_or_default();
        Self { url: url.trim().trim_end_matches('/').to_owned(), from_query }
    }

    /// Whether the URL is an HTTP or HTTPS address.
    pub fn is_http_url(&self) -> bool {
        Url::new(&self.url).is_ok_and(|url| matches!(url.protocol().as_str(), "http:" | "https:"))
    }

    /// Advice for a deployment that cannot be reached.
    pub fn advice(&self) -> &'static str {
        if self.from_query {
            "Check the address in ?deployment=, and that the deployment is running. The page keeps retrying."
        } else {
            "Start the dev server with `cargo xtask demo`. The page keeps retrying."
        }
    }
}

/// A parameter of the page's query string.
pub fn parameter(name: &str) -> Option<String> {
    parameters().get(name)
}

/// Sets or removes a parameter of the page's query string, which reloads the page.
pub fn reload_with(name: &str, value: Option<&str>) {
    let parameters = parameters();
    match value {
        Some(value) => parameters.set(name, value),
        None => parameters.delete(name),
    }
    let query: String = parameters.to_string().into();
    if let Err(error) = window().location().set_search(&query) {
        leptos::logging::error!("could not change the page's address: {error:?}");
    }
}

fn parameters() -> UrlSearchParams {
    let query = window().location().search().unwrap_or_default();
    UrlSearchParams::new_with_str(&query).expect("any text is a query string")
}
