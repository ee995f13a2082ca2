//! Who connects: the client's kind and version, from the socket's path or its header.

use serde_json::json;

/// From this version on the npm client puts chunked transitions together.
const FIRST_NPM_WITH_CHUNKS: Semver = (1, 28, 0);
const LAST_UNSUPPORTED_NPM: Semver = (0, 19, 1);
const LAST_UNSUPPORTED_RUST: Semver = (0, 0, 1);

type Semver = (u64, u64, u64);

/// A client the deployment is willing to talk to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientVersion {
    understands_chunks: bool,
}

/// The HTTP response to a client the deployment does not talk to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status} {code}: {message}")]
pub struct RefusedClient {
    /// The HTTP status.
    pub status: u16,
    /// The short code of the error.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
}

impl RefusedClient {
    /// The response's JSON body.
    pub fn body(&self) -> String {
        json!({ "code": self.code, "message": self.message }).to_string()
    }
}

impl ClientVersion {
    /// The client that asks for a socket at `path`, with this `Convex-Client` header.
    ///
    /// Without the header, a version in the path is always taken for one of the npm client.
    ///
    /// # Errors
    ///
    /// The response to send instead of upgrading: for a path other than `/api/sync` and `/api/{version}/sync`, for a version that is none,
    /// and for one that is no longer supported.
    pub fn from_request(path: &str, convex_client: Option<&str>) -> Result<Self, RefusedClient> {
        let version = match path.split('/').collect::<Vec<_>>()[..] {
            ["", "api", "sync"] => None,
            ["", "api", version, "sync"] => Some(version),
            _ => {
                return Err(RefusedClient {
                    status: 404,
                    code: "NotFound",
                    message: format!("No route {path}"),
                });
            }
        };
        if let Some(header) = convex_client {
            return Self::from_header(header);
        }
        match version {
            Some(version) => Self::of("npm", parse(version).ok_or_else(|| invalid(version))?),
            None => Ok(Self { understands_chunks: false }),
        }
    }

    /// The client that sends `header` as its `Convex-Client`: `{name}-{version}`.
    ///
    /// # Errors
    ///
    /// As [`from_request`](Self::from_request).
    pub fn from_header(header: &str) -> Result<Self, RefusedClient> {
        let mut splits = header.match_indices('-').map(|(at, _)| (&header[..at], &header[at + 1..]));
        let (name, version) = splits
            .find_map(|(name, version)| Some((name, parse(version)?)))
            .ok_or_else(|| invalid(header))?;
        Self::of(name, version)
    }

    pub(super) fn understands_chunks(self) -> bool {
        self.understands_chunks
    }

    fn of(name: &str, version: Semver) -> Result<Self, RefusedClient> {
        let last_unsupported = match name {
            "npm" => Some(LAST_UNSUPPORTED_NPM),
            "rust" => Some(LAST_UNSUPPORTED_RUST),
            _ => None,
        };
        if last_unsupported.is_some_and(|last| version <= last) {
            let (major, minor, patch) = version;
            let message = format!(
                "The Convex {name} package at version {major}.{minor}.{patch} is no longer supported."
            );
            return Err(RefusedClient { status: 400, code: "ClientVersionUnsupported", message });
        }
        Ok(Self { understands_chunks: name == "npm" && version >= FIRST_NPM_WITH_CHUNKS })
    }
}

fn invalid(version: &str) -> RefusedClient {
    let message = format!("Failed to parse client version: {version}");
    RefusedClient { status: 400, code: "InvalidClientVersion", message }
}

/// The numbers of `1.2.3`, `1.2.3-alpha.4` and `1.2.3+build`.
fn parse(version: &str) -> Option<Semver> {
    let numbers = version.split(['-', '+']).next()?;
    let [major, minor, patch] = numbers.split('.').collect::<Vec<_>>()[..] else { return None };
    Some((major.parse().ok()?, minor.parse().ok()?, patch.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("/api/sync", None, false)]
    #[case("/api/1.27.9/sync", None, false)]
    #[case("/api/1.28.0/sync", None, true)]
    #[case("/api/1.48.0-alpha.1/sync", None, true)]
    #[case("/api/sync", Some("rust-0.10.4"), false)]
    #[case("/api/sync", Some("npm-1.30.0"), true)]
    #[case("/api/sync", Some("convex-leptos-0.1.0"), false)]
    fn these_clients_are_welcome(#[case] path: &str, #[case] header: Option<&str>, #[case] chunks: bool) {
        assert_eq!(
            ClientVersion::from_request(path, header),
            Ok(ClientVersion { understands_chunks: chunks })
        );
    }

    #[rstest::rstest]
    #[case("/api/0.1.0/sync", None, 400, "ClientVersionUnsupported")]
    #[case("/api/0.19.1/sync", None, 400, "ClientVersionUnsupported")]
    #[case("/api/latest/sync", None, 400, "InvalidClientVersion")]
    #[case("/api/1.2/sync", None, 400, "InvalidClientVersion")]
    #[case("/api/sync", Some("rust"), 400, "InvalidClientVersion")]
    #[case("/api/sync", Some("rust-0.0.1"), 400, "ClientVersionUnsupported")]
    #[case("/sync", None, 404, "NotFound")]
    #[case("//api/1.28.0/sync", None, 404, "NotFound")]
    fn these_are_not(
        #[case] path: &str,
        #[case] header: Option<&str>,
        #[case] status: u16,
        #[case] code: &str,
    ) {
        let refused = ClientVersion::from_request(path, header).unwrap_err();
        assert_eq!((refused.status, refused.code), (status, code));
        assert!(refused.body().contains(code));
    }
}
