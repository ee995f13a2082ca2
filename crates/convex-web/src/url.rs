//! From the URL of a deployment to the URLs of its endpoints.
//!
//! The browser parses the URL itself when it is dialled. So this module only checks for mistakes
//! that a browser would not explain, or would read as another URL. The crate `url` would be the
//! largest part of a client: it contains tables for internationalized domain names.

#[cfg(any(test, all(target_family = "wasm", not(feature = "server"))))]
use crate::sync::SYNC_PATH;

/// Why a URL cannot be that of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UrlError {
    #[error("the deployment URL is empty; it should be like {EXAMPLES}")]
    Empty,
    #[error("`{url}` is not a deployment URL: {problem}; it should be like {EXAMPLES}")]
    Invalid { url: String, problem: String },
}

const EXAMPLES: &str = "https://happy-animal-123.convex.cloud or http://127.0.0.1:3210";

/// The URL of the sync protocol's WebSocket.
#[cfg(any(test, all(target_family = "wasm", not(feature = "server"))))]
pub(crate) fn socket_url(url: &str) -> Result<String, UrlError> {
    let base = base_url(url)?;
    let after_http = base.strip_prefix("http").expect("a base URL is one of http or https");
    Ok(format!("ws{after_http}{SYNC_PATH}"))
}

/// The URL that the paths of endpoints are appended to, without a slash at its end.
pub(crate) fn base_url(url: &str) -> Result<String, UrlError> {
    let url = url.trim();
    if url.is_empty() {
        return Err(UrlError::Empty);
    }
    parse(url).map_err(|problem| UrlError::Invalid { url: url.to_owned(), problem })
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
        return Err("it contains a `?` or `#`".to_owned());
    }
    let rest = rest.trim_matches('/');
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = host_and_port(authority)?;
    if host.ends_with(".convex.site") {
        return Err("HTTP actions are at .convex.site, but functions are at .convex.cloud".to_owned());
    }
    Ok(format!("{scheme}://{host}{port}{path}"))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// The host in lower case, and the rest: a port with its colon, or nothing.
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

/// A `match` instead of a search in a string, which is a kilobyte of code.
fn is_forbidden(letter: char) -> bool {
    matches!(letter, '<' | '>' | '"' | '[' | ']' | '\\' | '^' | '`' | '{' | '|' | '}' | '@' | '%')
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::url::Url;

    #[test]
    fn deployment_urls_become_websocket_urls() {
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
    fn invalid_urls_are_rejected_with_a_reason() {
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
            assert!(error.ends_with(EXAMPLES), "{url}: {error}");
        }
    }

    #[test]
    fn base_urls_agree_with_a_full_url_parser() {
        let schemes = ["http://", "https://", "HTTPS:", "http:////"];
        let hosts = ["localhost", "Happy-animal-123.Convex.cloud", "127.0.0.1", "[::1]", "a_b.c", "x--y"];
        let ports = ["", ":", ":1", ":3210", ":65535"];
        let paths = ["", "/", "//", "/Base/of/it", "/a/b//"];
        for (scheme, host) in schemes.iter().flat_map(|scheme| hosts.map(|host| (scheme, host))) {
            for (port, path) in ports.iter().flat_map(|port| paths.map(|path| (port, path))) {
                let url = format!("{scheme}{host}{port}{path}");
                let parse =
                    |url: &str| Url::parse(url).map(|url| url.as_str().trim_end_matches('/').to_owned());
                assert_eq!(parse(&base_url(&url).unwrap()), parse(&url), "{url}");
            }
        }
    }
}
