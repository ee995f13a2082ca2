//! Records a panel's timeline, by a socket dialler and an auth provider that wrap the real ones.

use super::frames;
use super::model::{Millis, Screen, Step, Timeline, TokenOutcome};
use crate::browser::performance_now;
use convex_leptos::{
    AuthProvider, Session, TokenError, TokenRequest,
    web::{Dial, DialError, Socket, SocketEvent, SocketEvents, WebSocketDialer},
};
use leptos::prelude::*;

/// The recording of one panel.
#[derive(Debug, Clone, Copy)]
pub struct Recorder {
    /// When the app started, on the page's clock.
    origin: Millis,
    timeline: RwSignal<Timeline>,
}

impl Recorder {
    /// An empty recording; `origin` is when the app started, on the [page's clock](page_clock).
    pub fn new(origin: Millis) -> Self {
        Self { origin, timeline: RwSignal::default() }
    }

    /// The recorded timeline.
    pub fn timeline(&self) -> RwSignal<Timeline> {
        self.timeline
    }

    /// Milliseconds since the app started.
    pub fn now(&self) -> Millis {
        page_clock() - self.origin
    }

    /// Milliseconds between the beginning of the page load and the start of the app.
    pub fn origin(&self) -> Millis {
        self.origin
    }

    /// Records a step at the current time.
    pub fn record(&self, step: Step) {
        let now = self.now();
        self.timeline.update(|timeline| timeline.push(now, step));
    }

    /// Records the changes of the panel's content.
    pub fn watch_screen(&self, screen: Signal<Screen>) {
        let recorder = *self;
        Effect::new(move |last: Option<Screen>| {
            let screen = screen.get();
            if last != Some(screen) {
                recorder.record(Step::Shown(screen));
            }
            screen
        });
    }

    /// Records the provider's sessions, except loading ones.
    pub fn watch_session(&self, session: Signal<Session>) {
        let recorder = *self;
        Effect::new(move |last: Option<Session>| {
            let session = session.get();
            if session != Session::Loading && last.as_ref() != Some(&session) {
                recorder.record(Step::SessionKnown { signed_in: session != Session::SignedOut });
            }
            session
        });
    }
}

/// The page's clock: milliseconds since the page load began.
pub fn page_clock() -> Millis {
    performance_now()
}

/// Opens the browser's WebSockets and records their events and frames.
#[derive(Debug)]
pub struct RecordedDial(pub Recorder);

impl Dial for RecordedDial {
    fn dial(&self, url: &str, events: SocketEvents) -> Result<Box<dyn Socket>, DialError> {
        let recorder = self.0;
        recorder.record(Step::Dialled);
        let recorded = SocketEvents::new(move |event| {
            match event {
                SocketEvent::Opened => recorder.record(Step::Opened),
                SocketEvent::Text(text) => {
                    if let Some(frame) = frames::received(text) {
                        recorder.record(Step::Received(frame));
                    }
                }
                SocketEvent::Closed { code, reason } => {
                    recorder.record(Step::Closed { code, reason: reason.to_owned() });
                }
            }
            events.emit(event);
        });
        let socket = WebSocketDialer.dial(url, recorded)?;
        Ok(Box::new(RecordedSocket { socket, recorder }))
    }
}

struct RecordedSocket {
    socket: Box<dyn Socket>,
    recorder: Recorder,
}

impl Socket for RecordedSocket {
    fn send(&self, text: &str) {
        if let Some(frame) = frames::sent(text) {
            self.recorder.record(Step::Sent(frame));
        }
        self.socket.send(text);
    }

    fn close(&self) {
        self.recorder.record(Step::Closed { code: 1000, reason: "by the client".to_owned() });
        self.socket.close();
    }
}

/// Wraps a provider and records its token fetches.
#[derive(Debug, Clone)]
pub struct RecordedAuth<P> {
    pub provider: P,
    pub recorder: Recorder,
}

impl<P: AuthProvider> AuthProvider for RecordedAuth<P> {
    fn session(&self) -> Signal<Session> {
        self.provider.session()
    }

    fn fetch_token(&self, request: TokenRequest) -> impl Future<Output = Result<Option<String>, TokenError>> {
        let recorder = self.recorder;
        let fetch = recorder.timeline.with_untracked(Timeline::next_fetch);
        recorder.record(Step::TokenRequested { fetch, forced: request.force });
        let answer = self.provider.fetch_token(request);
        async move {
            let answer = answer.await;
            let outcome = match &answer {
                Ok(Some(_)) => TokenOutcome::Token,
                Ok(None) => TokenOutcome::SignedOut,
                Err(error) => TokenOutcome::Failed { reason: error.reason.to_string() },
            };
            recorder.record(Step::TokenFetched { fetch, outcome });
            answer
        }
    }
}
