//! The observations that `observer.js` records in a page.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value as Json;

/// A panel of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DemoPanel {
    /// The panel with the race.
    Naive,
    /// The panel without it.
    Fixed,
}

impl DemoPanel {
    /// Both panels, in the order of the page.
    pub const BOTH: [Self; 2] = [Self::Naive, Self::Fixed];

    /// The panel's `data-testid`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Naive => "naive",
            Self::Fixed => "fixed",
        }
    }
}

/// The observations since the page was loaded.
#[derive(Debug, Clone, Deserialize)]
pub struct Observations {
    naive: Vec<PanelState>,
    fixed: Vec<PanelState>,
    sockets: Vec<Vec<ObservedFrame>>,
    /// The number of sockets that are connecting or open, of both panels.
    #[serde(rename = "openSockets")]
    pub open_sockets: usize,
    /// The page's events.
    pub events: Vec<PageEvent>,
}

/// An event of the page's lifecycle or network.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PageEvent {
    /// The event's type, such as `freeze`; instead of `visibilitychange`, the new state: `hidden`
    /// or `visible`.
    pub kind: String,
    /// For `pageshow` and `pagehide`: whether the page is restored from, or may enter, the
    /// back-forward cache.
    pub persisted: bool,
    /// The time, in milliseconds of the page's clock.
    pub at: u64,
}

/// The state of a panel between two mutations of the document.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PanelState {
    /// When the state began, in milliseconds of the page's clock.
    pub at: u64,
    /// The signed-in user by the page's controls, such as `Alice`; empty if signed out. The same
    /// for both panels.
    pub user: String,
    /// `loading`, `authenticated`, `refreshing` or `unauthenticated`.
    pub auth: String,
    /// The connection state, such as `live`.
    pub connection: String,
    /// The line with details of both states.
    pub detail: String,
    /// The visible contents: of `loading`, `invitation`, `query-error` and `organizations`.
    pub shows: Vec<String>,
    /// The text of the visible contents.
    pub text: String,
    /// The query's error, if one is in the document, visible or not.
    pub error: Option<String>,
    /// The lines of the chat.
    pub messages: Vec<String>,
}

impl PanelState {
    /// Whether the panel shows only this, such as `organizations`.
    pub fn shows(&self, content: &str) -> bool {
        self.shows == [content]
    }

    /// Whether a message contains this text.
    pub fn has_message(&self, body: &str) -> bool {
        self.messages.iter().any(|message| message.contains(body))
    }
}

/// A frame of a socket.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObservedFrame {
    /// A frame to the server.
    Sent(String),
    /// A frame from the server.
    Received(String),
}

/// The frames of one client in order, over all its connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientTraffic {
    /// The session id of the client's `Connect` frames.
    pub session_id: String,
    frames: Vec<ObservedFrame>,
}

/// The successive values of a field, without repetitions, such as
/// `["authenticated", "refreshing", "authenticated"]`.
pub fn successive(states: &[PanelState], field: impl Fn(&PanelState) -> &str) -> Vec<&str> {
    let mut values: Vec<&str> = states.iter().map(field).collect();
    values.dedup();
    values
}

impl Observations {
    /// All states of a panel, in order.
    pub fn states(&self, panel: DemoPanel) -> &[PanelState] {
        match panel {
            DemoPanel::Naive => &self.naive,
            DemoPanel::Fixed => &self.fixed,
        }
    }

    /// The contents that a panel has shown, in order, without repetitions.
    pub fn shown(&self, panel: DemoPanel) -> Vec<&str> {
        let mut shown: Vec<&str> =
            self.states(panel).iter().flat_map(|state| &state.shows).map(String::as_str).collect();
        shown.dedup();
        shown
    }

    /// The number of sockets that the page has opened, for both panels.
    pub fn dials(&self) -> usize {
        self.sockets.len()
    }

    /// The number of events of this kind.
    pub fn event_count(&self, kind: &str) -> usize {
        self.events.iter().filter(|event| event.kind == kind).count()
    }

    /// The last event of this kind, such as `visible`.
    pub fn last_event(&self, kind: &str) -> Option<&PageEvent> {
        self.events.iter().rfind(|event| event.kind == kind)
    }

    /// The frames of a panel's client. The naive panel is first in the page, so its client is the
    /// first to connect.
    ///
    /// # Errors
    ///
    /// The panel has not connected.
    pub fn traffic(&self, panel: DemoPanel) -> Result<ClientTraffic> {
        let place = DemoPanel::BOTH.iter().position(|other| *other == panel).expect("`BOTH` has every panel");
        let client = self.clients().into_iter().nth(place);
        client.with_context(|| format!("the {} panel did not connect", panel.id()))
    }

    /// The frames of the client of a page with one.
    ///
    /// # Errors
    ///
    /// None has connected, or more than one.
    pub fn only_client(&self) -> Result<ClientTraffic> {
        let clients = self.clients();
        let [client] = &clients[..] else { bail!("{} clients have connected", clients.len()) };
        Ok(client.clone())
    }

    /// The clients of the page, in the order in which they connected.
    fn clients(&self) -> Vec<ClientTraffic> {
        let mut clients: Vec<ClientTraffic> = Vec::new();
        for frames in &self.sockets {
            let Some(session_id) = frames.iter().find_map(session_id_of) else { continue };
            match clients.iter_mut().find(|traffic| traffic.session_id == session_id) {
                Some(traffic) => traffic.frames.extend_from_slice(frames),
                None => clients.push(ClientTraffic { session_id, frames: frames.clone() }),
            }
        }
        clients
    }
}

impl ObservedFrame {
    fn received(&self) -> Option<&str> {
        match self {
            Self::Sent(_) => None,
            Self::Received(text) => Some(text),
        }
    }

    fn sent(&self) -> Option<&str> {
        match self {
            Self::Sent(text) => Some(text),
            Self::Received(_) => None,
        }
    }
}

impl ClientTraffic {
    /// The flight in which a query was first sent: 1 if before any answer of the server, 2 if after
    /// its first answer, and so on.
    ///
    /// The answer to flight *n* arrives *n* round trips after the socket opened.
    pub fn flight_of(&self, function: &str) -> Option<usize> {
        let mut flight = 1;
        let mut answered = false;
        for frame in &self.frames {
            match frame {
                ObservedFrame::Received(text) => answered |= kind(text) != "Ping",
                ObservedFrame::Sent(text) => {
                    flight += usize::from(std::mem::take(&mut answered));
                    if adds(text, function) {
                        return Some(flight);
                    }
                }
            }
        }
        None
    }

    /// Whether a query was sent before the first `Authenticate`.
    pub fn subscribes_without_identity(&self, function: &str) -> bool {
        let sent = || self.frames.iter().filter_map(ObservedFrame::sent);
        let added = sent().position(|text| adds(text, function));
        let authenticated = sent().position(|text| kind(text) == "Authenticate");
        added.is_some_and(|added| authenticated.is_none_or(|authenticated| added < authenticated))
    }

    /// Whether the last frame, pings aside, is from the server.
    pub fn is_answered(&self) -> bool {
        let last = self
            .frames
            .iter()
            .rfind(|frame| !matches!(frame, ObservedFrame::Received(text) if kind(text) == "Ping"));
        matches!(last, Some(ObservedFrame::Received(_)))
    }

    /// Whether the last transition has the versions of the last `ModifyQuerySet` and
    /// `Authenticate`.
    pub fn is_caught_up(&self) -> bool {
        let sent = |kind: &str, version: &str| {
            let frames = self.frames.iter().rev().filter_map(ObservedFrame::sent).filter_map(parse);
            let last = frames.into_iter().find(|frame| frame["type"] == kind);
            last.and_then(|frame| frame[version].as_u64())
        };
        let received = self.frames.iter().rev().filter_map(ObservedFrame::received).filter_map(parse);
        let transition = received.into_iter().find(|frame| frame["type"] == "Transition");
        let Some(transition) = transition else { return false };
        let reached = |version: &str| transition["endVersion"][version].as_u64();
        // `Authenticate` has the version before it.
        let identity = sent("Authenticate", "baseVersion").map_or(0, |base| base + 1);
        reached("querySet") == sent("ModifyQuerySet", "newVersion") && reached("identity") == Some(identity)
    }

    /// The types of the sent frames, in order.
    pub fn sent(&self) -> Vec<String> {
        self.frames.iter().filter_map(ObservedFrame::sent).map(kind).collect()
    }
}

fn session_id_of(frame: &ObservedFrame) -> Option<String> {
    let frame = parse(frame.sent()?)?;
    (frame["type"] == "Connect").then(|| frame["sessionId"].as_str().map(str::to_owned)).flatten()
}

/// Whether a frame adds a query of this function.
fn adds(text: &str, function: &str) -> bool {
    let Some(frame) = parse(text) else { return false };
    let modifications = frame["modifications"].as_array();
    modifications.is_some_and(|all| all.iter().any(|one| one["type"] == "Add" && one["udfPath"] == function))
}

fn kind(text: &str) -> String {
    parse(text).and_then(|frame| frame["type"].as_str().map(str::to_owned)).unwrap_or_default()
}

fn parse(text: &str) -> Option<Json> {
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sent(frame: Json) -> ObservedFrame {
        ObservedFrame::Sent(frame.to_string())
    }

    fn received(kind: &str) -> ObservedFrame {
        ObservedFrame::Received(json!({ "type": kind }).to_string())
    }

    fn add(function: &str) -> ObservedFrame {
        sent(json!({ "type": "ModifyQuerySet", "modifications": [{ "type": "Add", "udfPath": function }] }))
    }

    fn observed(sockets: Vec<Vec<ObservedFrame>>) -> Observations {
        Observations { naive: Vec::new(), fixed: Vec::new(), sockets, open_sockets: 0, events: Vec::new() }
    }

    fn connect(session_id: &str) -> ObservedFrame {
        sent(json!({ "type": "Connect", "sessionId": session_id }))
    }

    #[test]
    fn flight_ends_with_an_answer_but_not_with_a_ping() {
        let traffic = ClientTraffic {
            session_id: "a".to_owned(),
            frames: vec![
                connect("a"),
                received("Ping"),
                add("one"),
                received("Transition"),
                add("two"),
                add("three"),
            ],
        };
        assert_eq!(traffic.flight_of("one"), Some(1));
        assert_eq!(traffic.flight_of("two"), Some(2));
        assert_eq!(traffic.flight_of("three"), Some(2));
        assert_eq!(traffic.flight_of("four"), None);
    }

    #[test]
    fn query_before_authenticate_has_no_identity() {
        let frames = vec![connect("a"), add("early"), sent(json!({ "type": "Authenticate" })), add("late")];
        let traffic = ClientTraffic { session_id: "a".to_owned(), frames };
        assert!(traffic.subscribes_without_identity("early"));
        assert!(!traffic.subscribes_without_identity("late"));
        assert!(!traffic.subscribes_without_identity("never"));
    }

    #[test]
    fn client_catches_up_with_its_last_query_set_and_identity() {
        let transition = |query_set: u32, identity: u32| {
            let end = json!({ "querySet": query_set, "identity": identity });
            ObservedFrame::Received(json!({ "type": "Transition", "endVersion": end }).to_string())
        };
        let mut traffic = ClientTraffic { session_id: "a".to_owned(), frames: vec![connect("a")] };
        let mut after = |frame: ObservedFrame| {
            traffic.frames.push(frame);
            traffic.is_caught_up()
        };
        assert!(!after(sent(json!({ "type": "Authenticate", "baseVersion": 0 }))));
        assert!(!after(sent(json!({ "type": "ModifyQuerySet", "newVersion": 1 }))));
        assert!(!after(transition(0, 1)));
        assert!(after(transition(1, 1)));
        assert!(after(received("Ping")));
        assert!(!after(sent(json!({ "type": "ModifyQuerySet", "newVersion": 2 }))));
    }

    #[test]
    fn sockets_are_assigned_to_panels_by_session_id() {
        let sockets = vec![
            vec![connect("n"), add("x")],
            vec![],
            vec![connect("f"), add("y")],
            vec![connect("n"), add("z")],
        ];
        let observed = observed(sockets);
        assert_eq!(observed.traffic(DemoPanel::Naive).unwrap().flight_of("z"), Some(1));
        assert_eq!(observed.traffic(DemoPanel::Fixed).unwrap().flight_of("y"), Some(1));
        assert_eq!(observed.traffic(DemoPanel::Fixed).unwrap().flight_of("z"), None);
    }
}
