//! The client's name and version, from the path of a WebSocket or the `Convex-Client` header
//! (`docs/protocol.md`, §1, §10.3).

use super::HttpReply;
use crate::error_class::ErrorClass;

/// From this version on the npm client supports chunked transitions.
const FIRST_NPM_WITH_CHUNKS: Semver = (1, 28, 0);
const LAST_UNSUPPORTED_NPM: Semver = (0, 19, 1);
const LAST_UNSUPPORTED_RUST: Semver = (0, 0, 1);
const LAST_UNSUPPORTED_PYTHON: Semver = (0, 0, 2);
const UNSUPPORTED: &str = "ClientVersionUnsupported";

type Semver = (u64, u64, u64);

/// A supported client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientVersion {
    understands_chunks: bool,
}

/// Why the deployment refuses a client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct RefusedClient {
    class: ErrorClass,
    code: &'static str,
    message: String,
}

impl From<RefusedClient> for HttpReply {
    fn from(refused: RefusedClient) -> Self {
        let RefusedClient { class, code, message } = refused;
        let mut reply = Self::error(class, code, &message);
        if code == UNSUPPORTED {
            reply.headers = vec![
                ("x-convex-deprecation-state", "Unsupported".to_owned()),
                ("x-convex-deprecation-message", message),
            ];
        }
        reply
    }
}

impl ClientVersion {
    /// The client of a request for a socket at `path`, with this `Convex-Client` header.
    ///
    /// Without the header, the version in the path is taken for a version of the npm client.
    ///
    /// # Errors
    ///
    /// The response to send instead of upgrading: the path is neither `/api/sync` nor
    /// `/api/{version}/sync`, the version cannot be parsed, or it is no longer supported.
    pub fn from_request(path: &str, convex_client: Option<&str>) -> Result<Self, RefusedClient> {
        let version = match path.split('/').collect::<Vec<_>>()[..] {
            ["", "api", "sync"] => None,
            ["", "api", version, "sync"] => Some(version),
            _ => {
                let message = format!("No route {path}");
                return Err(RefusedClient { class: ErrorClass::NotFound, code: "NotFound", message });
            }
        };
        if let Some(header) = convex_client {
            return Self::from_header(header);
        }
        match version {
            Some(version) => {
                let parsed = parse(version)
                    .ok_or_else(|| invalid(format!("Failed to parse client version: {version}")))?;
                Self::of("npm", Some(parsed), version)
            }
            None => Ok(Self { understands_chunks: false }),
        }
    }

    /// The client that sends `header` as its `Convex-Client`: `{name}-{version}`. The version is
    /// the longest suffix that can be parsed.
    ///
    /// # Errors
    ///
    /// Like [`from_request`](Self::from_request). A version that cannot be parsed counts as
    /// unsupported if the name is one of an official client, and is accepted otherwise.
    pub fn from_header(header: &str) -> Result<Self, RefusedClient> {
        let mut splits = header.match_indices('-').map(|(at, _)| (&header[..at], &header[at + 1..]));
        let (first_name, rest) = splits.clone().next().ok_or_else(|| {
            invalid(format!(
                "Failed to parse client version string: '{header}'. Expected format is {{client_name}}-{{semver}}, e.g. \
                 my-esolang-client-0.0.1"
            ))
        })?;
        match splits.find_map(|(name, version)| Some((name, parse(version)?, version))) {
            Some((name, parsed, version)) => Self::of(name, Some(parsed), version),
            None => Self::of(first_name, None, rest),
        }
    }

    pub(super) fn understands_chunks(self) -> bool {
        self.understands_chunks
    }

    fn of(name: &str, parsed: Option<Semver>, version: &str) -> Result<Self, RefusedClient> {
        let last_unsupported = match name {
            "npm" => Some(LAST_UNSUPPORTED_NPM),
            "rust" => Some(LAST_UNSUPPORTED_RUST),
            "python" => Some(LAST_UNSUPPORTED_PYTHON),
            _ => None,
        };
        if last_unsupported.is_some_and(|last| parsed.is_none_or(|version| version <= last)) {
            let message = format!("The Convex {name} package at version {version} is no longer supported.");
            return Err(RefusedClient { class: ErrorClass::BadRequest, code: UNSUPPORTED, message });
        }
        let understands_chunks =
            name == "npm" && parsed.is_some_and(|version| version >= FIRST_NPM_WITH_CHUNKS);
        Ok(Self { understands_chunks })
    }
}

fn invalid(message: String) -> RefusedClient {
    RefusedClient { class: ErrorClass::BadRequest, code: "InvalidClientVersion", message }
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
    #[case("/api/sync", Some("my-client-latest"), false)]
    fn supported_clients_are_accepted(
        #[case] path: &str,
        #[case] header: Option<&str>,
        #[case] chunks: bool,
    ) {
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
    #[case("/api/sync", Some("python-0.0.2"), 400, "ClientVersionUnsupported")]
    #[case("/api/sync", Some("npm-latest"), 400, "ClientVersionUnsupported")]
    #[case("/sync", None, 404, "NotFound")]
    #[case("//api/1.28.0/sync", None, 404, "NotFound")]
    fn other_clients_are_refused(
        #[case] path: &str,
        #[case] header: Option<&str>,
        #[case] status: u16,
        #[case] code: &str,
    ) {
        let refused = ClientVersion::from_request(path, header).unwrap_err();
        let reply = HttpReply::from(refused);
        assert_eq!((reply.status, reply.headers.is_empty()), (status, code != UNSUPPORTED));
        assert!(reply.body.contains(code), "{}", reply.body);
    }
}
