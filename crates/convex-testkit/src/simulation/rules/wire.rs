//! What goes over the wire (rules 1 to 4 and 9).

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use convex_sync::{AuthState, ConnectionState, Time};
use serde_json::{Value as Json, json};

use super::{Violation, pace::Pace};
use crate::simulation::{epochs::Asking, world::World};

/// How long `Settled` queries wait for authentication.
const PATIENCE: Duration = Duration::from_secs(10);

/// How far the client may be off about the server's clock, which it knows by a frame that
/// travelled.
const CLOCK_ERROR: Duration = Duration::from_secs(5);

/// How long the server has to answer what it must, from the last sign that it is at it (rule 11).
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);

/// Beginnings of the server's texts for a token that no later one can replace (rule 5).
const FOR_GOOD: [&str; 3] = ["No auth provider found", "Could not parse JWT payload", "Missing issuer claim"];

const ORDER: &str = "no frame is out of order";
const HOLD: &str = "nothing leaves as the wrong identity";

#[derive(Default)]
pub(super) struct Wire {
    pub(super) dials: usize,
    last_connect: Option<u64>,
    is_left: bool,
    /// What this connection was told.
    told: Told,
    /// When it opened.
    pub(super) opened_at: Option<Time>,
    /// Since when the server owes an answer, or the rest of one, by the client's clock.
    owed_since: Option<Time>,
    /// What came of a transition in chunks.
    chunks: String,
    /// When a frame last came on it.
    pub(super) heard_at: Option<Time>,
    dialled: Pace,
    /// How often the server refused an identity, or let one run out: where it had accepted none,
    /// the client takes either for a rejection.
    pub(super) refusals: usize,
    /// How often it accepted one.
    pub(super) accepted: usize,
    /// Whether the server ever said that no later token can be accepted.
    pub(super) is_refused_for_good: bool,
    /// The tokens the server rejected, by what the client was told.
    rejected: Vec<String>,
    /// The tokens that were good when they were sent.
    sent_in_time: BTreeSet<String>,
    /// Whether the client was told the server's clock, by a frame that it did not leave the socket
    /// for.
    knows_clock: bool,
    hears_clock: bool,
    /// Whether the client was told to go away.
    is_sent_away: bool,
    /// The version that the last transition led to, and whether one did not start from it.
    version: Option<Json>,
    is_torn: bool,
}

#[derive(Default)]
struct Told {
    connected: bool,
    query_sets: u64,
    identities: u64,
    /// The token of each `Authenticate`, by its base version; `None` is nobody's.
    tokens: BTreeMap<u64, Option<String>>,
}

impl Told {
    fn is_answered_by(&self, transition: &Json) -> bool {
        let end = &transition["endVersion"];
        end["querySet"].as_u64() >= Some(self.query_sets) && end["identity"].as_u64() >= Some(self.identities)
    }
}

impl Wire {
    pub(super) fn dialled(&mut self, world: &World) -> Result<(), Violation> {
        self.dials += 1;
        self.is_left = false;
        // Even the shortest waits there may be are longer in the sum, if they grow.
        // Mutations that end their connections are sent again a few times each.
        if !self.dialled.may_go_on(world, 12 * (1 + world.killers()), Duration::from_secs(30)) {
            return Violation::of("dials become rarer", "they do not");
        }
        Ok(())
    }

    /// What still arrives is not for the client.
    pub(super) fn left(&mut self) {
        self.told = Told::default();
        self.is_left = true;
        self.opened_at = None;
        self.heard_at = None;
        self.owed_since = None;
        self.hears_clock = false;
        self.version = None;
        self.is_torn = false;
    }

    /// Whether the client was told that the server rejected this token. A rejection that does not
    /// say of which may be.
    pub(super) fn may_be_rejected(&self, token: &str) -> bool {
        self.rejected.iter().any(|rejected| rejected.is_empty() || rejected == token)
    }

    /// Whether the server rejects the token that it was told last.
    pub(super) fn rejects_last(&self, frame: &Json) -> bool {
        let last = self.told.tokens.keys().next_back();
        frame["authUpdateAttempted"] == true && frame["baseVersion"].as_u64() == last.copied()
    }

    /// Whether everything that was asked is answered.
    pub(super) fn is_answered(&self) -> bool {
        self.owed_since.is_none()
    }

    /// When this connection was last proven to be one.
    pub(super) fn proven_at(&self) -> Option<Time> {
        self.opened_at.max(self.heard_at)
    }

    /// The client says how it is connected.
    pub(super) fn connection(&mut self, connection: &ConnectionState) {
        if matches!(connection, ConnectionState::Live | ConnectionState::HeldForAuth) {
            self.dialled.starts_anew();
        }
    }

    /// A socket on which what must be answered is not, is left, whatever else comes.
    pub(super) fn answered_in_time(&self, world: &World) -> Result<(), Violation> {
        let now = world.pair.client_now();
        let is_late = self.owed_since.is_some_and(|since| since + ANSWERED_WITHIN < now);
        if is_late && !world.is_over() {
            return Violation::of("what must be answered is, or the socket is left", "neither");
        }
        Ok(())
    }

    /// Who is told to go away for good, goes.
    pub(super) fn obeyed(&self, world: &World) -> Result<(), Violation> {
        if self.is_sent_away && !world.is_over() {
            return Violation::of("a fatal error is the end", format!("{:?}", world.connection()));
        }
        Ok(())
    }

    /// Who is told of a change to something it has not got, leaves.
    pub(super) fn is_whole(&self, world: &World) -> Result<(), Violation> {
        if self.is_torn && !world.is_over() {
            return Violation::of("a transition follows from the one before", "another is taken");
        }
        Ok(())
    }

    pub(super) fn received(&mut self, world: &World, time: Time, frame: &Json) {
        if self.is_left {
            return;
        }
        self.heard_at = Some(time);
        self.hears_clock |= !frame["clientClockSkew"].is_null();
        self.is_sent_away |= frame["type"] == "FatalError";
        let now = world.pair.client_now();
        match (frame["type"].as_str(), self.assembled(frame)) {
            (_, Some(transition)) => {
                self.follows(&transition);
                let identity = |version: &str| transition[version]["identity"].as_u64();
                self.accepted += usize::from(identity("endVersion") > identity("startVersion"));
                self.owed_since = (!self.told.is_answered_by(&transition)).then_some(now);
            }
            (Some("TransitionChunk"), None) => self.owed_since = self.owed_since.map(|_| now),
            _ => {}
        }
        let refuses = frame["type"] == "AuthError";
        self.refusals += usize::from(refuses);
        let error = frame["error"].as_str().unwrap_or_default();
        self.is_refused_for_good |= refuses && FOR_GOOD.iter().any(|beginning| error.starts_with(beginning));
        let rejects = refuses && frame["authUpdateAttempted"] != Json::Bool(false);
        let token = frame["baseVersion"].as_u64().and_then(|base| self.told.tokens.get(&base)?.clone());
        if rejects {
            // A rejection that does not say of what counts, too.
            self.rejected.push(token.unwrap_or_default());
        }
    }

    fn follows(&mut self, transition: &Json) {
        let first = || json!({ "querySet": 0, "identity": 0, "ts": "AAAAAAAAAAA=" });
        let before = self.version.replace(transition["endVersion"].clone()).unwrap_or_else(first);
        self.is_torn |= transition["startVersion"] != before;
    }

    /// The transition that this frame is, or that it ends.
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
        self.knows_clock |= self.hears_clock;
        let kind = frame["type"].as_str().unwrap_or_default();
        if (kind == "Connect") == self.told.connected {
            return Violation::of(
                ORDER,
                format!("{kind} on a connection that has begun: {}", self.told.connected),
            );
        }
        match kind {
            "Connect" => {
                self.opened_at = Some(time);
                self.connects(frame)
            }
            "Authenticate" => {
                self.owed_since.get_or_insert(world.pair.client_now());
                version(frame, &mut self.told.identities)?;
                self.authenticates(world, frame)
            }
            "ModifyQuerySet" => {
                self.owed_since.get_or_insert(world.pair.client_now());
                version(frame, &mut self.told.query_sets)?;
                let added = frame["modifications"].as_array().into_iter().flatten();
                added
                    .filter(|change| change["type"] == "Add")
                    .try_for_each(|query| self.asks(world, query, true))
            }
            "Mutation" | "Action" => self.asks(world, frame, false),
            _ => Ok(()),
        }
    }

    fn connects(&mut self, frame: &Json) -> Result<(), Violation> {
        self.told.connected = true;
        // A socket that opens and breaks at once counts, and is told nothing.
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
        self.told.tokens.insert(base, token.clone());
        let Some(token) = token else { return Ok(()) };
        let is_asking = world.epochs.asking() == Asking::Person
            && world.provider.epoch_of(&token) == Some(world.epochs.now());
        if !is_asking && !world.may_resume(&token) {
            return Violation::of(HOLD, "a token is sent of somebody who is not asking");
        }
        if self.rejected.contains(&token) {
            return Violation::of("a rejected token is never sent again", "it is");
        }
        self.is_in_time(world, token)
    }

    /// A token that was good when it was first sent is not sent again once it has run out.
    fn is_in_time(&mut self, world: &World, token: String) -> Result<(), Violation> {
        let expires = world.provider.token(&token).and_then(|minted| minted.expires);
        let now = world.pair.unix_in(Duration::ZERO);
        if expires.is_none_or(|expires| expires > now) {
            self.sent_in_time.insert(token);
            return Ok(());
        }
        let ran_out = expires.is_some_and(|expires| expires.after(CLOCK_ERROR) <= now);
        let should_know = self.knows_clock && !world.clock_in_doubt && self.sent_in_time.contains(&token);
        if ran_out && should_know {
            return Violation::of("a token that has run out is not sent again", "it is");
        }
        Ok(())
    }

    /// Whether a token has expired, or does so within the error of the client's estimate of the
    /// server's clock.
    pub(super) fn is_near_expiry(world: &World, token: &str) -> bool {
        let expires = world.provider.token(token).and_then(|minted| minted.expires);
        expires.is_some_and(|expires| expires <= world.pair.unix_in(CLOCK_ERROR))
    }

    /// A query, mutation or action leaves.
    fn asks(&self, world: &World, call: &Json, is_query: bool) -> Result<(), Violation> {
        let Some(policy) = call["args"][0]["auth"].as_str().filter(|policy| *policy != "Immediate") else {
            return Ok(());
        };
        let told = self.told.tokens.values().next_back().and_then(Option::as_deref);
        let epoch = told.and_then(|token| world.provider.epoch_of(token));
        let is_patient = || match world.pair.client.auth() {
            AuthState::Loading { since, .. } => world.pair.now() - *since < PATIENCE,
            _ => true,
        };
        let may_leave = match world.epochs.asking() {
            Asking::Person if epoch == Some(world.epochs.now()) => true,
            // A query may leave beside a token that is to resume the session: its result comes with
            // the confirmation.
            Asking::Nobody => {
                policy == "Settled" && told.is_none_or(|token| is_query && world.may_resume(token))
            }
            Asking::Person | Asking::Undecided => {
                told.is_none() && policy == "Settled" && is_query && !is_patient()
            }
        };
        if may_leave {
            return Ok(());
        }
        let who = if told.is_some() { "somebody" } else { "nobody" };
        let asking = world.epochs.asking();
        Violation::of(HOLD, format!("{} leaves as {who}, and {asking:?} is asking: {call}", call["udfPath"]))
    }
}

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
