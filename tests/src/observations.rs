//! What `observer.js` noted down in a page.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value as Json;

/// One of the page's two panels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Panel {
    /// The one that races.
    Naive,
    /// The one that doesn't.
    Fixed,
}

impl Panel {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Naive, Self::Fixed];

    /// Its `data-testid`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Naive => "naive",
            Self::Fixed => "fixed",
        }
    }
}

/// Everything noted since the page was loaded.
#[derive(Debug, Clone, Deserialize)]
pub struct Observations {
    naive: Vec<PanelState>,
    fixed: Vec<PanelState>,
    sockets: Vec<Vec<Frame>>,
    /// How many sockets are dialled or open, of both panels.
    #[serde(rename = "openSockets")]
    pub open_sockets: usize,
    /// What the browser has told the page about itself.
    pub events: Vec<PageEvent>,
}

/// Something that the browser told the page about itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PageEvent {
    /// The event's type, such as `freeze`; instead of `visibilitychange`, what it changed to:
    /// `hidden` or `visible`.
    pub kind: String,
    /// Of a `pageshow` or `pagehide`: whether the page comes from, or may go to, the back-forward
    /// cache.
    pub persisted: bool,
    /// When, in milliseconds on the page's clock.
    pub at: u64,
}

/// What a panel looked like between two mutations of the page.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PanelState {
    /// Since when, in milliseconds on the page's clock.
    pub at: u64,
    /// Who the page says is signed in, such as `Alice`; empty for nobody. It is the same in both
    /// panels.
    pub person: String,
    /// `loading`, `authenticated`, `refreshing` or `unauthenticated`.
    pub auth: String,
    /// Such as `live`.
    pub connection: String,
    /// The line that says more about both.
    pub detail: String,
    /// What is visible in the place of the data: of `loading`, `invitation`, `query-error` and
    /// `organizations` the one that is.
    pub shows: Vec<String>,
    /// The text of that.
    pub text: String,
    /// The error of the query, where there is one in the document, visible or not.
    pub error: Option<String>,
    /// The chat, a line each.
    pub messages: Vec<String>,
}

impl PanelState {
    /// Whether it shows this, such as `organizations`, and nothing else.
    pub fn shows(&self, what: &str) -> bool {
        self.shows == [what]
    }

    /// Whether some message contains this.
    pub fn has_message(&self, body: &str) -> bool {
        self.messages.iter().any(|message| message.contains(body))
    }
}

/// A frame of a socket.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Frame {
    /// To the server.
    Sent(String),
    /// From it.
    Received(String),
}

/// The frames of one client's sockets, in order, over all of its connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire {
    /// What the client calls itself in its `Connect`s.
    pub session_id: String,
    frames: Vec<Frame>,
}

/// What one thing in a row of states went through, such as
/// `["authenticated", "refreshing", "authenticated"]`.
pub fn course(states: &[PanelState], of: impl Fn(&PanelState) -> &str) -> Vec<&str> {
    let mut course: Vec<&str> = states.iter().map(of).collect();
    course.dedup();
    course
}

impl Observations {
    /// All states that a panel has been in, in order.
    pub fn states(&self, panel: Panel) -> &[PanelState] {
        match panel {
            Panel::Naive => &self.naive,
            Panel::Fixed => &self.fixed,
        }
    }

    /// What a panel has shown in the place of its data, in order.
    pub fn shown(&self, panel: Panel) -> Vec<&str> {
        let mut shown: Vec<&str> =
            self.states(panel).iter().flat_map(|state| &state.shows).map(String::as_str).collect();
        shown.dedup();
        shown
    }

    /// How often the page has dialled, for both panels.
    pub fn dials(&self) -> usize {
        self.sockets.len()
    }

    /// How often there was an event of this kind.
    pub fn times(&self, kind: &str) -> usize {
        self.events.iter().filter(|event| event.kind == kind).count()
    }

    /// The last event of this kind, such as `visible`.
    pub fn last_event(&self, kind: &str) -> Option<&PageEvent> {
        self.events.iter().rfind(|event| event.kind == kind)
    }

    /// What went over a panel's sockets. The naive panel comes first in the page, and so does its
    /// socket.
    ///
    /// # Errors
    ///
    /// Where the panel has not connected.
    pub fn wire(&self, panel: Panel) -> Result<Wire> {
        let mut wires: Vec<Wire> = Vec::new();
        for frames in &self.sockets {
            let Some(session_id) = frames.iter().find_map(connects_as) else { continue };
            match wires.iter_mut().find(|wire| wire.session_id == session_id) {
                Some(wire) => wire.frames.extend_from_slice(frames),
                None => wires.push(Wire { session_id, frames: frames.clone() }),
            }
        }
        let place = Panel::BOTH.iter().position(|other| *other == panel).expect("a panel is one of both");
        wires.into_iter().nth(place).with_context(|| format!("the {} panel did not connect", panel.id()))
    }
}

impl Frame {
    fn sent(&self) -> Option<&str> {
        match self {
            Self::Sent(text) => Some(text),
            Self::Received(_) => None,
        }
    }
}

impl Wire {
    /// In which flight a query was first asked: 1 left without waiting for the server, 2 after its
    /// first answer, and so on.
    ///
    /// The answer to flight *n* arrives *n* round trips after the socket opened.
    pub fn flight_of(&self, function: &str) -> Option<usize> {
        let mut flight = 1;
        let mut answered = false;
        for frame in &self.frames {
            match frame {
                Frame::Received(text) => answered |= kind(text) != "Ping",
                Frame::Sent(text) => {
                    flight += usize::from(std::mem::take(&mut answered));
                    if asks(text, function) {
                        return Some(flight);
                    }
                }
            }
        }
        None
    }

    /// Whether a query was asked before the connection had any identity.
    pub fn asks_as_nobody(&self, function: &str) -> bool {
        let sent = || self.frames.iter().filter_map(Frame::sent);
        let asked = sent().position(|text| asks(text, function));
        let authenticated = sent().position(|text| kind(text) == "Authenticate");
        asked.is_some_and(|asked| authenticated.is_none_or(|authenticated| asked < authenticated))
    }

    /// Whether the last frame that is no ping came from the server.
    pub fn is_answered(&self) -> bool {
        let last =
            self.frames.iter().rfind(|frame| !matches!(frame, Frame::Received(text) if kind(text) == "Ping"));
        matches!(last, Some(Frame::Received(_)))
    }

    /// The types of the frames that were sent, in order.
    pub fn sent(&self) -> Vec<String> {
        self.frames.iter().filter_map(Frame::sent).map(kind).collect()
    }
}

fn connects_as(frame: &Frame) -> Option<String> {
    let frame = parse(frame.sent()?)?;
    (frame["type"] == "Connect").then(|| frame["sessionId"].as_str().map(str::to_owned)).flatten()
}

/// Whether a frame adds a query of this function.
fn asks(text: &str, function: &str) -> bool {
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

    fn sent(frame: Json) -> Frame {
        Frame::Sent(frame.to_string())
    }

    fn received(kind: &str) -> Frame {
        Frame::Received(json!({ "type": kind }).to_string())
    }

    fn add(function: &str) -> Frame {
        sent(json!({ "type": "ModifyQuerySet", "modifications": [{ "type": "Add", "udfPath": function }] }))
    }

    fn observed(sockets: Vec<Vec<Frame>>) -> Observations {
        Observations { naive: Vec::new(), fixed: Vec::new(), sockets, open_sockets: 0, events: Vec::new() }
    }

    fn connect(session_id: &str) -> Frame {
        sent(json!({ "type": "Connect", "sessionId": session_id }))
    }

    #[test]
    fn a_flight_ends_with_an_answer_and_not_with_a_ping() {
        let wire = Wire {
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
        assert_eq!(wire.flight_of("one"), Some(1));
        assert_eq!(wire.flight_of("two"), Some(2));
        assert_eq!(wire.flight_of("three"), Some(2));
        assert_eq!(wire.flight_of("four"), None);
    }

    #[test]
    fn a_query_before_authenticate_runs_as_nobody() {
        let frames = vec![connect("a"), add("early"), sent(json!({ "type": "Authenticate" })), add("late")];
        let wire = Wire { session_id: "a".to_owned(), frames };
        assert!(wire.asks_as_nobody("early"));
        assert!(!wire.asks_as_nobody("late"));
        assert!(!wire.asks_as_nobody("never"));
    }

    #[test]
    fn sockets_belong_to_the_panel_whose_client_they_name() {
        let sockets = vec![
            vec![connect("n"), add("x")],
            vec![],
            vec![connect("f"), add("y")],
            vec![connect("n"), add("z")],
        ];
        let observed = observed(sockets);
        assert_eq!(observed.wire(Panel::Naive).unwrap().flight_of("z"), Some(1));
        assert_eq!(observed.wire(Panel::Fixed).unwrap().flight_of("y"), Some(1));
        assert_eq!(observed.wire(Panel::Fixed).unwrap().flight_of("z"), None);
    }
}
