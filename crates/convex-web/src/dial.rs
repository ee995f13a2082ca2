//! How sockets are opened.

use std::{fmt, rc::Rc};

/// Opens sockets. A client is given one when it is [built](crate::ClientBuilder::dial).
///
/// One that wraps [`WebSocketDialer`] sees every frame both ways:
///
/// ```
/// use convex_web::{Dial, DialError, Socket, SocketEvent, SocketEvents, WebSocketDialer};
///
/// #[derive(Debug)]
/// struct Watched;
///
/// impl Dial for Watched {
///     fn dial(&self, url: &str, events: SocketEvents) -> Result<Box<dyn Socket>, DialError> {
///         let watched = SocketEvents::new(move |event| {
///             if let SocketEvent::Text(frame) = event { /* note `frame` */ }
///             events.emit(event);
///         });
///         WebSocketDialer.dial(url, watched)
///     }
/// }
/// ```
pub trait Dial: fmt::Debug {
    /// Begins to open a socket to `url` (`ws` or `wss`) and reports to `events`, now or later.
    ///
    /// # Errors
    ///
    /// If no attempt can ever succeed, such as `ws` from an `https` page. The client stops. All
    /// other failures are reported as [`closed`](SocketEvents::closed), and the client dials again.
    fn dial(&self, url: &str, events: SocketEvents) -> Result<Box<dyn Socket>, DialError>;
}

/// A socket that is being opened, is open or has closed.
///
/// ```
/// use convex_web::Socket;
/// use std::{cell::Cell, rc::Rc};
///
/// /// Counts what is sent. A [`Dial`] wraps the socket of another in it.
/// struct Counted {
///     socket: Box<dyn Socket>,
///     bytes: Rc<Cell<usize>>,
/// }
///
/// impl Socket for Counted {
///     fn send(&self, text: &str) {
///         self.bytes.set(self.bytes.get() + text.len());
///         self.socket.send(text);
///     }
///
///     fn close(&self) {
///         self.socket.close();
///     }
/// }
/// ```
pub trait Socket {
    /// Sends a text frame. Only called on an open socket; one that has just closed drops it.
    fn send(&self, text: &str);

    /// Abandons the socket in whatever state it is, waiting for nothing: it reports no more events.
    /// Called at most once.
    fn close(&self);
}

/// Why a socket can never be opened.
///
/// ```
/// use convex_web::{Dial, DialError, Socket, SocketEvents, WebSocketDialer};
///
/// /// What a preview of the app is built with.
/// #[derive(Debug)]
/// struct NeverProduction;
///
/// impl Dial for NeverProduction {
///     fn dial(&self, url: &str, events: SocketEvents) -> Result<Box<dyn Socket>, DialError> {
///         if url.starts_with("wss://happy-animal-123.") {
///             return Err(DialError::new("a preview does not work on production's data"));
///         }
///         WebSocketDialer.dial(url, events)
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DialError(String);

impl DialError {
    /// An error with its reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// What a socket reports.
///
/// ```
/// use convex_web::SocketEvent;
///
/// fn note(event: SocketEvent<'_>) -> String {
///     match event {
///         SocketEvent::Opened => "open".to_owned(),
///         SocketEvent::Text(frame) => format!("< {frame}"),
///         SocketEvent::Closed { code, reason } => format!("closed: {code} {reason}"),
///     }
/// }
/// assert_eq!(note(SocketEvent::Text(r#"{"type":"Ping"}"#)), r#"< {"type":"Ping"}"#);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SocketEvent<'a> {
    /// It is open.
    Opened,
    /// A text frame arrived.
    Text(&'a str),
    /// It closed by itself, or could not be opened.
    Closed {
        /// The close frame's code; 1006 without a close frame.
        code: u16,
        /// The close frame's reason, often empty; or the likely causes, if the browser refused to
        /// open the socket.
        reason: &'a str,
    },
}

/// Where a socket reports to.
///
/// A [`Dial`] of one's own reports by it, and a test of such a `Dial` makes one:
///
/// ```
/// use convex_web::SocketEvents;
/// use std::{cell::RefCell, rc::Rc};
///
/// let told = Rc::new(RefCell::new(Vec::new()));
/// let events = SocketEvents::new({
///     let told = Rc::clone(&told);
///     move |event| told.borrow_mut().push(format!("{event:?}"))
/// });
///
/// events.opened();
/// events.text("{}");
/// events.closed(1006, "");
/// assert_eq!(*told.borrow(), ["Opened", r#"Text("{}")"#, r#"Closed { code: 1006, reason: "" }"#]);
/// ```
#[derive(Clone)]
pub struct SocketEvents(Rc<dyn Fn(SocketEvent<'_>)>);

impl SocketEvents {
    /// Reports go to `receiver`.
    pub fn new(receiver: impl Fn(SocketEvent<'_>) + 'static) -> Self {
        Self(Rc::new(receiver))
    }

    /// Reports an event.
    pub fn emit(&self, event: SocketEvent<'_>) {
        (self.0)(event);
    }

    /// Reports that the socket is open.
    pub fn opened(&self) {
        self.emit(SocketEvent::Opened);
    }

    /// Reports a text frame.
    pub fn text(&self, text: &str) {
        self.emit(SocketEvent::Text(text));
    }

    /// Reports that the socket closed by itself or could not be opened.
    pub fn closed(&self, code: u16, reason: &str) {
        self.emit(SocketEvent::Closed { code, reason });
    }
}

impl fmt::Debug for SocketEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SocketEvents(…)")
    }
}

/// Opens the browser's WebSockets.
///
/// A client uses it unless it is given another [`Dial`], which can use it in turn:
///
/// ```
/// use convex_web::{Dial, DialError, Socket, SocketEvents, WebSocketDialer};
///
/// /// Where the deployment can only be reached by way of a gateway.
/// #[derive(Debug)]
/// struct ByGateway;
///
/// impl Dial for ByGateway {
///     fn dial(&self, url: &str, events: SocketEvents) -> Result<Box<dyn Socket>, DialError> {
///         let url = url.replacen("wss://", "wss://gateway.example.com/", 1);
///         WebSocketDialer.dial(&url, events)
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct WebSocketDialer;

#[cfg(not(target_family = "wasm"))]
impl Dial for WebSocketDialer {
    fn dial(&self, _url: &str, _events: SocketEvents) -> Result<Box<dyn Socket>, DialError> {
        Err(DialError::new("there is no WebSocket outside of a browser"))
    }
}
