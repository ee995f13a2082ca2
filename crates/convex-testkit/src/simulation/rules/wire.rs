//! Frames: their order, and the identity that they are sent under (rules 1 to 4 and 9).

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use convex_sync::{AuthState, ConnectionState, Time};
use serde_json::{Value as Json, json};

use super::{Violation, repeat_limit::RepeatLimit};
use crate::simulation::{epochs::WantedIdentity, world::World};

/// How long `Settled` queries are held back.
const PATIENCE: Duration = Duration::from_secs(10);

/// The largest error of the client's estimate of the server's clock: it comes from a frame that was
/// delayed.
const CLOCK_ERROR: Duration = Duration::from_secs(5);

/// How long the server may take to respond, counted from the last part of a response (rule 11).
const RESPONSE_WITHIN: Duration = Duration::from_secs(30);

/// Prefixes of the server's texts for a token that no later one can replace (rule 5).
const PERMANENT: [&str; 3] =
    ["No auth provider found", "Could not parse JWT payload", "Missing issuer claim"];

const ORDER: &str = "frames are sent in order";
const IDENTITY: &str = "nothing is sent under the wrong identity";

#[derive(Default)]
pub(super) struct WireRules {
    /// How often the client has dialled.
    pub(super) dials: usize,
    last_connect: Option<u64>,
    /// The client has left its socket: frames that still arrive are ignored.
    is_left: bool,
    /// The frames sent on this connection.
    sent: SentFrames,
    /// When this connection was opened.
    pub(super) opened_at: Option<Time>,
    /// Since when a response, or the rest of one, is pending, by the client's clock.
    unanswered_since: Option<Time>,
    /// The chunks of a transition so far.
    chunks: String,
    /// When the last frame was received on this connection.
    pub(super) last_received_at: Option<Time>,
    redials: RepeatLimit,
    /// How many `AuthError`s were received. The client takes the expiry of an unconfirmed identity
    /// for a rejection, too.
    pub(super) auth_errors: usize,
    /// How often the server confirmed an identity.
    pub(super) confirmations: usize,
    /// Whether the server ever said that no later token can be accepted.
    pub(super) is_permanently_rejected: bool,
    /// The rejected tokens; an empty string stands for a rejection of an unknown token.
    rejected: Vec<String>,
    /// The tokens that were sent before their expiry.
    sent_unexpired: BTreeSet<String>,
    /// Whether the client knows the server's clock, from a frame on a socket that it did not leave
    /// because of that frame.
    knows_clock: bool,
    has_received_clock: bool,
    /// Whether the client received a `FatalError`.
    has_received_fatal_error: bool,
    /// The version that the last transition ended at.
    version: Option<Json>,
    /// Whether a transition did not start at that version.
    is_discontinuous: bool,
}

#[derive(Default)]
struct SentFrames {
    has_connected: bool,
    query_sets: u64,
    identities: u64,
    /// The token of each `Authenticate`, by its base version; `None`: anonymous.
    tokens: BTreeMap<u64, Option<String>>,
}

impl SentFrames {
    fn is_answered_by(&self, transition: &Json) -> bool {
        let end = &transition["endVersion"];
        end["querySet"].as_u64() >= Some(self.query_sets) && end["identity"].as_u64() >= Some(self.identities)
    }
}

impl WireRules {
    pub(super) fn dialled(&mut self, world: &World) -> Result<(), Violation> {
        self.dials += 1;
        self.is_left = false;
        // Even the shortest delays of a growing backoff add up to more than 30 s. Each mutation
        // that ends its connections is resent a few times.
        if !self.redials.allow(world, 12 * (1 + world.pending_killers()), Duration::from_secs(30)) {
            return Violation::of("redials back off", "too many within 30 s");
        }
        Ok(())
    }

    /// The client has left its socket.
    pub(super) fn socket_left(&mut self) {
        self.sent = SentFrames::default();
        self.is_left = true;
        self.opened_at = None;
        self.last_received_at = None;
        self.unanswered_since = None;
        self.has_received_clock = false;
        self.version = None;
        self.is_discontinuous = false;
    }

    /// Whether the client may have received a rejection of this token. A rejection without a base
    /// version may be of any token.
    pub(super) fn may_be_rejected(&self, token: &str) -> bool {
        self.rejected.iter().any(|rejected| rejected.is_empty() || rejected == token)
    }

    /// Whether this frame rejects the last token that was sent.
    pub(super) fn rejects_last(&self, frame: &Json) -> bool {
        let last = self.sent.tokens.keys().next_back();
        frame["authUpdateAttempted"] == true && frame["baseVersion"].as_u64() == last.copied()
    }

    /// Whether no response is pending.
    pub(super) fn is_answered(&self) -> bool {
        self.unanswered_since.is_none()
    }

    /// When this connection was last proven to be alive.
    pub(super) fn proven_at(&self) -> Option<Time> {
        self.opened_at.max(self.last_received_at)
    }

    /// The client reported its connection state.
    pub(super) fn connection_changed(&mut self, connection: &ConnectionState) {
        if matches!(connection, ConnectionState::Live | ConnectionState::HeldForAuth) {
            self.redials.reset();
        }
    }

    /// Checks that the client leaves a socket with an overdue response, even if other frames
    /// arrive.
    pub(super) fn check_responses(&self, world: &World) -> Result<(), Violation> {
        let now = world.pair.client_now();
        let is_late = self.unanswered_since.is_some_and(|since| since + RESPONSE_WITHIN < now);
        if is_late && !world.is_stopped() {
            return Violation::of("a response arrives in time, or the client leaves the socket", "neither");
        }
        Ok(())
    }

    /// Checks that a `FatalError` stops the client.
    pub(super) fn check_fatal_errors(&self, world: &World) -> Result<(), Violation> {
        if self.has_received_fatal_error && !world.is_stopped() {
            return Violation::of("a fatal error stops the client", format!("{:?}", world.connection()));
        }
        Ok(())
    }

    /// Checks that the client leaves a socket with a discontinuous transition.
    pub(super) fn check_continuity(&self, world: &World) -> Result<(), Violation> {
        if self.is_discontinuous && !world.is_stopped() {
            return Violation::of(
                "each transition starts at the version of the last",
                "the client stays connected",
            );
        }
        Ok(())
    }

    pub(super) fn received(&mut self, world: &World, time: Time, frame: &Json) {
        if self.is_left {
            return;
        }
        self.last_received_at = Some(time);
        self.has_received_clock |= !frame["clientClockSkew"].is_null();
        self.has_received_fatal_error |= frame["type"] == "FatalError";
        let now = world.pair.client_now();
        match (frame["type"].as_str(), self.assembled(frame)) {
            (_, Some(transition)) => {
                self.continue_from(&transition);
                let identity = |version: &str| transition[version]["identity"].as_u64();
                self.confirmations += usize::from(identity("endVersion") > identity("startVersion"));
                self.unanswered_since = (!self.sent.is_answered_by(&transition)).then_some(now);
            }
            (Some("TransitionChunk"), None) => self.unanswered_since = self.unanswered_since.map(|_| now),
            _ => {}
        }
        let is_auth_error = frame["type"] == "AuthError";
        self.auth_errors += usize::from(is_auth_error);
        let error = frame["error"].as_str().unwrap_or_default();
        self.is_permanently_rejected |=
            is_auth_error && PERMANENT.iter().any(|beginning| error.starts_with(beginning));
        let is_rejection = is_auth_error && frame["authUpdateAttempted"] != Json::Bool(false);
        let token = frame["baseVersion"].as_u64().and_then(|base| self.sent.tokens.get(&base)?.clone());
        if is_rejection {
            // A rejection without a base version counts, too.
            self.rejected.push(token.unwrap_or_default());
        }
    }

    fn continue_from(&mut self, transition: &Json) {
        let first = || json!({ "querySet": 0, "identity": 0, "ts": "AAAAAAAAAAA=" });
        let before = self.version.replace(transition["endVersion"].clone()).unwrap_or_else(first);
        self.is_discontinuous |= transition["startVersion"] != before;
    }

    /// The transition in this frame, or that this frame completes.
    fn assembled(&mut self, frame: &Json) -> Option<Json> {
        if frame["type"] == "Transition" {
            return Some(frame.clone());
        }
        let part = frame["partNumber"].as_u64()?;
        if part == 0 {
            self.chunks.clear();
        }
        self.chunks.push_str(frame["chunk"].as_str()?);
        let is_last = frame["totalParts"].as_u64() == Some(part + 1);
        is_last.then(|| serde_json::from_str(&self.chunks).ok())?
    }

    pub(super) fn sent(&mut self, world: &World, time: Time, frame: &Json) -> Result<(), Violation> {
        self.knows_clock |= self.has_received_clock;
        let kind = frame["type"].as_str().unwrap_or_default();
        if (kind == "Connect") == self.sent.has_connected {
            return Violation::of(
                ORDER,
                format!("{kind} on a connection with Connect: {}", self.sent.has_connected),
            );
        }
        match kind {
            "Connect" => {
                self.opened_at = Some(time);
                self.connects(frame)
            }
            "Authenticate" => {
                self.unanswered_since.get_or_insert(world.pair.client_now());
                version(frame, &mut self.sent.identities)?;
                self.authenticates(world, frame)
            }
            "ModifyQuerySet" => {
                self.unanswered_since.get_or_insert(world.pair.client_now());
                version(frame, &mut self.sent.query_sets)?;
                let added = frame["modifications"].as_array().into_iter().flatten();
                added
                    .filter(|change| change["type"] == "Add")
                    .try_for_each(|query| self.check_request(world, query, true))
            }
            "Mutation" | "Action" => self.check_request(world, frame, false),
            _ => Ok(()),
        }
    }

    fn connects(&mut self, frame: &Json) -> Result<(), Violation> {
        self.sent.has_connected = true;
        // A socket that opens and breaks at once counts, though nothing is sent on it.
        let count = frame["connectionCount"].as_u64();
        let last = std::mem::replace(&mut self.last_connect, count);
        if count <= last {
            return Violation::of(ORDER, format!("connection {count:?} after {last:?}"));
        }
        Ok(())
    }

    fn authenticates(&mut self, world: &World, frame: &Json) -> Result<(), Violation> {
        let base = frame["baseVersion"].as_u64().unwrap_or_default();
        let token = frame["value"].as_str().map(str::to_owned);
        self.sent.tokens.insert(base, token.clone());
        let Some(token) = token else { return Ok(()) };
        let is_current = world.epochs.identity() == WantedIdentity::User
            && world.token_provider.epoch_of(&token) == Some(world.epochs.current());
        if !is_current && !world.may_resume(&token) {
            return Violation::of(IDENTITY, "a token of another epoch is sent");
        }
        if self.rejected.contains(&token) {
            return Violation::of("a rejected token is never resent", "it is");
        }
        self.check_expiry(world, token)
    }

    /// Checks that a token that was first sent before its expiry is not resent after it.
    fn check_expiry(&mut self, world: &World, token: String) -> Result<(), Violation> {
        let expires = world.token_provider.token(&token).and_then(|minted| minted.expires);
        let now = world.pair.unix_in(Duration::ZERO);
        if expires.is_none_or(|expires| expires > now) {
            self.sent_unexpired.insert(token);
            return Ok(());
        }
        let is_expired = expires.is_some_and(|expires| expires.after(CLOCK_ERROR) <= now);
        let should_know =
            self.knows_clock && !world.is_clock_unreliable && self.sent_unexpired.contains(&token);
        if is_expired && should_know {
            return Violation::of("an expired token is not resent", "it is");
        }
        Ok(())
    }

    /// Whether a token has expired, or does so within the error of the client's estimate of the
    /// server's clock.
    pub(super) fn is_near_expiry(world: &World, token: &str) -> bool {
        let expires = world.token_provider.token(token).and_then(|minted| minted.expires);
        expires.is_some_and(|expires| expires <= world.pair.unix_in(CLOCK_ERROR))
    }

    /// Checks the identity that a query, mutation or action is sent under.
    fn check_request(&self, world: &World, call: &Json, is_query: bool) -> Result<(), Violation> {
        let Some(policy) = call["args"][0]["auth"].as_str().filter(|policy| *policy != "Immediate") else {
            return Ok(());
        };
        let token = self.sent.tokens.values().next_back().and_then(Option::as_deref);
        let epoch = token.and_then(|token| world.token_provider.epoch_of(token));
        let is_patient = || match world.pair.client.auth() {
            AuthState::Loading { since, .. } => world.pair.now() - *since < PATIENCE,
            _ => true,
        };
        let is_allowed = match world.epochs.identity() {
            WantedIdentity::User if epoch == Some(world.epochs.current()) => true,
            // A query may be sent after a token that may resume the session: its result arrives
            // with the confirmation.
            WantedIdentity::Anonymous => {
                policy == "Settled" && token.is_none_or(|token| is_query && world.may_resume(token))
            }
            WantedIdentity::User | WantedIdentity::Undecided => {
                token.is_none() && policy == "Settled" && is_query && !is_patient()
            }
        };
        if is_allowed {
            return Ok(());
        }
        let identity = if token.is_some() { "a user" } else { "anonymous" };
        let (wanted, path) = (world.epochs.identity(), &call["udfPath"]);
        Violation::of(IDENTITY, format!("{path} is sent as {identity}, and {wanted:?} is wanted: {call}"))
    }
}

/// Checks a base version, and counts the frame.
fn version(frame: &Json, count: &mut u64) -> Result<(), Violation> {
    if frame["baseVersion"].as_u64() != Some(*count) {
        return Violation::of(
            ORDER,
            format!("{} has base {}, not {count}", frame["type"], frame["baseVersion"]),
        );
    }
    *count += 1;
    Ok(())
}
