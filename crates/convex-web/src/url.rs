//! From a deployment's URL to those of its endpoints.

#[cfg(any(test, target_family = "wasm"))]
use crate::sync::SYNC_PATH;
use url::{ParseError, Url};

/// Why a URL cannot be a deployment's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UrlError {
    #[error("the deployment URL is empty; it should be like {GOOD}")]
    Empty,
    #[error("`{url}` is no deployment URL: {problem}; it should be like {GOOD}")]
    Bad { url: String, problem: String },
}

const GOOD: &str = "https://happy-animal-123.convex.cloud or http://127.0.0.1:3210";

/// Where the deployment at `url` is synced with.
#[cfg(any(test, target_family = "wasm"))]
pub(crate) fn socket_url(url: &str) -> Result<String, UrlError> {
    let base = base_url(url)?;
    let behind_http = base.strip_prefix("http").expect("a base URL is one of http or https");
    Ok(format!("ws{behind_http}{SYNC_PATH}"))
}

/// What the paths of a deployment's endpoints are put behind: its URL, without a slash at its end.
pub(crate) fn base_url(url: &str) -> Result<String, UrlError> {
    let url = url.trim();
    if url.is_empty() {
        return Err(UrlError::Empty);
    }
    parse(url).map_err(|problem| UrlError::Bad { url: url.to_owned(), problem })
}

fn parse(url: &str) -> Result<String, String> {
    let parsed = Url::parse(url).map_err(|error| match error {
        ParseError::RelativeUrlWithoutBase => "it does not begin with https:// or http://".to_owned(),
        error => error.to_string(),
    })?;
    if !matches!(parsed.scheme(), "https" | "http") {
        return Err(format!("it begins with {}:, not with https:// or http://", parsed.scheme()));
    }
    if parsed.query().is_some() || parsed.fragment().is_some() {
        return Err("it has a `?` or `#` in it".to_owned());
    }
    if parsed.host_str().is_some_and(|host| host.ends_with(".convex.site")) {
        return Err(
            "a deployment's HTTP actions are at .convex.site, its functions at .convex.cloud".to_owned()
        );
    }
    Ok(parsed.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_is_synced_with_over_a_websocket() {
        for (url, socket) in [
            ("https://happy-animal-123.convex.cloud", "wss://happy-animal-123.convex.cloud"),
            ("https://happy-animal-123.convex.cloud/", "wss://happy-animal-123.convex.cloud"),
            ("http://127.0.0.1:3210", "ws://127.0.0.1:3210"),
            ("http://[::1]:3210//", "ws://[::1]:3210"),
            (" HTTPS://Example.COM/convex/ \n", "wss://example.com/convex"),
        ] {
            assert_eq!(socket_url(url), Ok(format!("{socket}{SYNC_PATH}")), "{url}");
        }
    }

    #[test]
    fn what_cannot_be_a_deployment_is_refused_with_a_reason() {
        for (url, reason) in [
            ("", "the deployment URL is empty"),
            ("  ", "the deployment URL is empty"),
            ("happy-animal-123.convex.cloud", "does not begin with https://"),
            ("/api", "does not begin with https://"),
            ("localhost:3210", "begins with localhost:"),
            ("wss://happy-animal-123.convex.cloud", "begins with wss:"),
            ("https://", "empty host"),
            ("https://host:99999", "invalid port"),
            ("https://host/?x=1", "`?` or `#`"),
            ("https://host/#x", "`?` or `#`"),
            ("https://happy-animal-123.convex.site", ".convex.cloud"),
        ] {
            let error = socket_url(url).expect_err(url).to_string();
            assert!(error.contains(reason), "{url}: {error}");
            assert!(error.ends_with(GOOD), "{url}: {error}");
        }
    }
}
