//! How sockets are opened.

use std::{fmt, rc::Rc};

/// Opens sockets. Pass one to [`ClientBuilder::dial`](crate::ClientBuilder::dial).
///
/// A wrapper of [`WebSocketDialer`] can observe the frames of the server:
///
/// ```
/// use convex_web::{Dial, DialError, Socket, SocketEvent, SocketEvents, WebSocketDialer};
///
/// #[derive(Debug)]
/// struct Recorder;
///
/// impl Dial for Recorder {
///     fn dial(&self, url: &str, events: SocketEvents) -> Result<Box<dyn Socket>, DialError> {
///         let recorded = SocketEvents::new(move |event| {
///             if let SocketEvent::Text(frame) = event { /* record `frame` */ }
///             events.emit(event);
///         });
///         WebSocketDialer.dial(url, recorded)
///     }
/// }
/// ```
pub trait Dial: fmt::Debug {
    /// Starts to open a socket to `url` (`ws` or `wss`). Its events go to `events`, now or later.
    ///
    /// # Errors
    ///
    /// If no attempt can ever succeed, such as `ws` from an `https` page: then the client stops.
    /// Report all other failures as [`closed`](SocketEvents::closed): then the client dials again.
    fn dial(&self, url: &str, events: SocketEvents) -> Result<Box<dyn Socket>, DialError>;
}

/// A socket that was dialled by a [`Dial`].
///
/// ```
/// use convex_web::Socket;
/// use std::{cell::Cell, rc::Rc};
///
/// /// Counts the bytes that are sent. A [`Dial`] can wrap the socket of another in it.
/// struct CountingSocket {
///     socket: Box<dyn Socket>,
///     bytes: Rc<Cell<usize>>,
/// }
///
/// impl Socket for CountingSocket {
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
    /// Sends a text frame. Called on an open socket only. If the socket has just closed, the frame
    /// is dropped.
    fn send(&self, text: &str);

    /// Closes the socket in any state, without waiting. It must emit no more events. Called at most
    /// once.
    fn close(&self);
}

/// Why a socket can never be opened.
///
/// ```
/// use convex_web::{Dial, DialError, Socket, SocketEvents, WebSocketDialer};
///
/// /// For preview builds of the app.
/// #[derive(Debug)]
/// struct NeverProduction;
///
/// impl Dial for NeverProduction {
///     fn dial(&self, url: &str, events: SocketEvents) -> Result<Box<dyn Socket>, DialError> {
///         if url.starts_with("wss://happy-animal-123.") {
///             return Err(DialError::new("previews must not use the production deployment"));
///         }
///         WebSocketDialer.dial(url, events)
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DialError(String);

impl DialError {
    /// Creates an error with a reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// An event of a socket.
///
/// ```
/// use convex_web::SocketEvent;
///
/// fn log_line(event: SocketEvent<'_>) -> String {
///     match event {
///         SocketEvent::Opened => "open".to_owned(),
///         SocketEvent::Text(frame) => format!("< {frame}"),
///         SocketEvent::Closed { code, reason } => format!("closed: {code} {reason}"),
///     }
/// }
/// assert_eq!(log_line(SocketEvent::Text(r#"{"type":"Ping"}"#)), r#"< {"type":"Ping"}"#);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SocketEvent<'a> {
    /// The socket is open.
    Opened,
    /// A text frame arrived.
    Text(&'a str),
    /// The connection ended or could not be opened.
    Closed {
        /// The code of the close frame; 1006 without a close frame.
        code: u16,
        /// The reason of the close frame, often empty; or the likely causes, if the browser refused
        /// to open the socket.
        reason: &'a str,
    },
}

/// The receiver of a socket's events.
///
/// A client passes one to [`Dial::dial`]. A test of a `Dial` can create its own:
///
/// ```
/// use convex_web::SocketEvents;
/// use std::{cell::RefCell, rc::Rc};
///
/// let log = Rc::new(RefCell::new(Vec::new()));
/// let events = SocketEvents::new({
///     let log = Rc::clone(&log);
///     move |event| log.borrow_mut().push(format!("{event:?}"))
/// });
///
/// events.opened();
/// events.text("{}");
/// events.closed(1006, "");
/// assert_eq!(*log.borrow(), ["Opened", r#"Text("{}")"#, r#"Closed { code: 1006, reason: "" }"#]);
/// ```
#[derive(Clone)]
pub struct SocketEvents(Rc<dyn Fn(SocketEvent<'_>)>);

impl SocketEvents {
    /// Passes events to `receiver`.
    pub fn new(receiver: impl Fn(SocketEvent<'_>) + 'static) -> Self {
        Self(Rc::new(receiver))
    }

    /// Emits an event.
    pub fn emit(&self, event: SocketEvent<'_>) {
        (self.0)(event);
    }

    /// Emits [`SocketEvent::Opened`].
    pub fn opened(&self) {
        self.emit(SocketEvent::Opened);
    }

    /// Emits [`SocketEvent::Text`].
    pub fn text(&self, text: &str) {
        self.emit(SocketEvent::Text(text));
    }

    /// Emits [`SocketEvent::Closed`]: the connection ended or could not be opened.
    pub fn closed(&self, code: u16, reason: &str) {
        self.emit(SocketEvent::Closed { code, reason });
    }
}

impl fmt::Debug for SocketEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SocketEvents(…)")
    }
}

/// Opens the browser's WebSockets. This is the default [`Dial`] of a client. If the page's early
/// start has dialled the same URL, its first dial takes that socket over.
///
/// A custom `Dial` can delegate to it:
///
/// ```
/// use convex_web::{Dial, DialError, Socket, SocketEvents, WebSocketDialer};
///
/// /// Dials the deployment through a gateway.
/// #[derive(Debug)]
/// struct GatewayDialer;
///
/// impl Dial for GatewayDialer {
///     fn dial(&self, url: &str, events: SocketEvents) -> Result<Box<dyn Socket>, DialError> {
///         let url = url.replacen("wss://", "wss://gateway.example.com/", 1);
///         WebSocketDialer.dial(&url, events)
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct WebSocketDialer;

#[cfg(any(not(target_family = "wasm"), feature = "server"))]
impl Dial for WebSocketDialer {
    fn dial(&self, _url: &str, _events: SocketEvents) -> Result<Box<dyn Socket>, DialError> {
        Err(DialError::new("there is no WebSocket outside a browser"))
    }
}
