//! From a deployment's URL to those of its endpoints.
//!
//! A browser reads the URL itself when it is dialed, so what is looked at here is what a browser
//! would not explain, or take for something else. A whole URL parser would be the largest part of a
//! client in its page: it knows the letters of every language's domains.

#[cfg(any(test, target_family = "wasm"))]
use crate::sync::SYNC_PATH;

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
    let Some((scheme, rest)) = url.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) else {
        return Err("it does not begin with https:// or http://".to_owned());
    };
    let scheme = scheme.to_ascii_lowercase();
    if !matches!(&*scheme, "https" | "http") {
        return Err(format!("it begins with {scheme}:, not with https:// or http://"));
    }
    if rest.contains(['?', '#']) {
        return Err("it has a `?` or `#` in it".to_owned());
    }
    let rest = rest.trim_matches('/');
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = host_and_port(authority)?;
    if host.ends_with(".convex.site") {
        return Err(
            "a deployment's HTTP actions are at .convex.site, its functions at .convex.cloud".to_owned()
        );
    }
    Ok(format!("{scheme}://{host}{port}{path}"))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// The host in lower case, and what is behind it.
fn host_and_port(authority: &str) -> Result<(String, &str), String> {
    let ipv6_end = authority.rfind(']').map_or(0, |end| end + 1);
    let end = authority[ipv6_end..].find(':').map_or(authority.len(), |colon| ipv6_end + colon);
    let (host, port) = authority.split_at(end);
    if host.is_empty() {
        return Err("it has an empty host".to_owned());
    }
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if inner.contains(|letter: char| letter.is_whitespace() || is_forbidden(letter)) {
        return Err("it has an invalid host".to_owned());
    }
    let number = port.strip_prefix(':').unwrap_or_default();
    if number.starts_with('+') || !number.is_empty() && number.parse::<u16>().is_err() {
        return Err("it has an invalid port number".to_owned());
    }
    Ok((host.to_ascii_lowercase(), port))
}

/// Not as a search in a text: that is for any text, and a kilobyte.
fn is_forbidden(letter: char) -> bool {
    matches!(letter, '<' | '>' | '"' | '[' | ']' | '\\' | '^' | '`' | '{' | '|' | '}' | '@' | '%')
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::url::Url;

    #[test]
    fn a_deployment_is_synced_with_over_a_websocket() {
        for (url, socket) in [
            ("https://happy-animal-123.convex.cloud", "wss://happy-animal-123.convex.cloud"),
            ("https://happy-animal-123.convex.cloud/", "wss://happy-animal-123.convex.cloud"),
            ("http://127.0.0.1:3210", "ws://127.0.0.1:3210"),
            ("http://[::1]:3210//", "ws://[::1]:3210"),
            (" HTTPS://Example.COM/convex/ \n", "wss://example.com/convex"),
            ("https://EXAMPLE.com:8443/A/b//", "wss://example.com:8443/A/b"),
            ("http:localhost", "ws://localhost"),
            ("https://bücher.example", "wss://bücher.example"),
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
            ("https:///", "empty host"),
            ("https://:3210", "empty host"),
            ("https://happy animal.convex.cloud", "invalid host"),
            ("https://ada@host", "invalid host"),
            ("https://[::1", "invalid host"),
            ("https://host:99999", "invalid port"),
            ("https://host:+80", "invalid port"),
            ("https://host:80:80", "invalid port"),
            ("https://host/?x=1", "`?` or `#`"),
            ("https://host/#x", "`?` or `#`"),
            ("https://happy-animal-123.convex.site", ".convex.cloud"),
        ] {
            let error = socket_url(url).expect_err(url).to_string();
            assert!(error.contains(reason), "{url}: {error}");
            assert!(error.ends_with(GOOD), "{url}: {error}");
        }
    }

    #[test]
    fn what_is_taken_is_what_a_browser_reads() {
        let schemes = ["http://", "https://", "HTTPS:", "http:////"];
        let hosts = ["localhost", "Happy-animal-123.Convex.cloud", "127.0.0.1", "[::1]", "a_b.c", "x--y"];
        let ports = ["", ":", ":1", ":3210", ":65535"];
        let paths = ["", "/", "//", "/Base/of/it", "/a/b//"];
        for (scheme, host) in schemes.iter().flat_map(|scheme| hosts.map(|host| (scheme, host))) {
            for (port, path) in ports.iter().flat_map(|port| paths.map(|path| (port, path))) {
                let url = format!("{scheme}{host}{port}{path}");
                let read =
                    |url: &str| Url::parse(url).map(|url| url.as_str().trim_end_matches('/').to_owned());
                assert_eq!(read(&base_url(&url).unwrap()), read(&url), "{url}");
            }
        }
    }
}
