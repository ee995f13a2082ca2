//! The HTTP API: one call, one response, no subscription.

use std::time::Duration;

use convex_sync::Time;
use convex_sync_types::{ErrorPayload, types::SerializedArgs};
use serde::Deserialize;
use serde_json::{json, value::RawValue};

use super::{
    CallResponse, Caller, ClientVersion, Deployment, credentials::RequestCredentials, execution::parse_args,
};
use crate::{
    error_class::ErrorClass,
    functions::{FunctionError, FunctionKind, canonical},
    identity::Identity,
    rejection::Rejection,
    value::{Object, export::Format},
};

/// The largest body of a call.
pub const MAX_BODY_BYTES: usize = (16 << 20) + 2000;

/// A call over HTTP: `POST /api/query`, `/api/mutation` or `/api/action`.
#[derive(Debug, Clone, Copy)]
pub struct HttpRequest<'a> {
    /// The kind of function.
    pub kind: FunctionKind,
    /// The body.
    pub body: &'a [u8],
    /// The `Content-Type` header.
    pub content_type: Option<&'a str>,
    /// The `Authorization` header.
    pub authorization: Option<&'a [u8]>,
    /// The `Convex-Client` header.
    pub client: Option<&'a str>,
    /// The `Convex-Request-Id` header.
    pub request_id: Option<&'a str>,
}

impl<'a> HttpRequest<'a> {
    /// A call with a JSON body and no other headers.
    pub fn new(kind: FunctionKind, body: &'a str) -> Self {
        let content_type = Some("application/json");
        Self {
            kind,
            body: body.as_bytes(),
            content_type,
            authorization: None,
            client: None,
            request_id: None,
        }
    }
}

/// The response to a call over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpReply {
    /// The status.
    pub status: u16,
    /// The headers, except `Content-Type`.
    pub headers: Vec<(&'static str, String)>,
    /// The JSON body.
    pub body: String,
    /// The delay before it is sent.
    pub after: Duration,
}

#[derive(Debug, Deserialize)]
struct CallBody {
    path: String,
    args: Box<RawValue>,
    format: Option<String>,
}

impl Deployment {
    /// Calls a function outside of any connection, as `identity`.
    pub fn call(
        &mut self,
        now: Time,
        kind: FunctionKind,
        path: &str,
        args: Object,
        identity: Option<Identity>,
    ) -> CallResponse {
        self.advance(now);
        let path = path.parse().map_or_else(|_| path.to_owned(), canonical);
        self.run(kind, identity, &path, Ok(args), None)
    }

    fn run(
        &mut self,
        kind: FunctionKind,
        identity: Option<Identity>,
        path: &str,
        args: Result<Object, FunctionError>,
        request_id: Option<String>,
    ) -> CallResponse {
        let caller = Caller { at: self.now, connection: None, identity };
        let (result, log_lines, after) = match kind {
            FunctionKind::Query => {
                let run = self.backend.query(&caller, path, args, None);
                (run.result, run.log_lines, Duration::ZERO)
            }
            FunctionKind::Mutation => {
                let run = self.backend.mutation(&caller, path, args);
                (run.result.map(|committed| committed.value), run.log_lines, Duration::ZERO)
            }
            FunctionKind::Action => {
                let run = self.backend.action(&caller, path, args);
                (run.result, run.log_lines, run.delay)
            }
        };
        self.invalidate();
        let result = result.map_err(|error| self.backend.payload(error, request_id));
        CallResponse { result, log_lines, after }
    }

    /// Handles a call over HTTP.
    pub fn http(&mut self, now: Time, request: &HttpRequest<'_>) -> HttpReply {
        self.advance(now);
        self.respond(request).unwrap_or_else(|refused| refused)
    }

    /// The response. The checks have the order of the real backend.
    fn respond(&mut self, request: &HttpRequest<'_>) -> Result<HttpReply, HttpReply> {
        if let Some(client) = request.client {
            ClientVersion::from_header(client).map_err(HttpReply::from)?;
        }
        let credentials = RequestCredentials::from_header(request.authorization)
            .map_err(|(code, message)| HttpReply::bad_request(code, message))?;
        let CallBody { path, args, format } = call_body(request)?;
        let path = path.parse().map(canonical).map_err(|error: anyhow::Error| {
            let message = format!("{path} is not a valid path to a Convex function. {error}");
            HttpReply::bad_request("BadConvexFunctionIdentifier", &message)
        })?;
        let identity = self.authenticate(credentials).map_err(|rejection| self.refusal(&rejection))?;
        let args = serialized(&args).and_then(|args| parse_args(&path, &args));
        let request_id = request.request_id.map(str::to_owned);
        let response = self.run(request.kind, identity, &path, args, request_id);
        // An unknown format is refused only after the function has run.
        match Format::of(format.as_deref()) {
            Some(format) => Ok(HttpReply::of(response, format)),
            None => {
                let message =
                    format!("format param must be one of [`json`]. Got {}", format.unwrap_or_default());
                Err(HttpReply::bad_request("BadFormat", &message))
            }
        }
    }

    fn authenticate(&mut self, credentials: RequestCredentials) -> Result<Option<Identity>, Rejection> {
        match credentials {
            RequestCredentials::None => Ok(None),
            RequestCredentials::User(token) => self.verify(&token).map(Some),
            RequestCredentials::Admin => Err(Rejection::AdminKey),
        }
    }

    fn refusal(&self, rejection: &Rejection) -> HttpReply {
        HttpReply::error(rejection.class(), rejection.code(), &rejection.text(self.backend.redacts))
    }
}

fn call_body(request: &HttpRequest<'_>) -> Result<CallBody, HttpReply> {
    let bad = |message: String| HttpReply::bad_request("BadJsonBody", &message);
    if !request.content_type.is_some_and(is_json) {
        return Err(bad("Expected request with `Content-Type: application/json`".to_owned()));
    }
    if request.body.len() > MAX_BODY_BYTES {
        return Err(bad("Failed to buffer the request body: length limit exceeded".to_owned()));
    }
    serde_json::from_slice(request.body).map_err(|error| match error.is_data() {
        true => bad(format!("Failed to deserialize the JSON body into the target type: {error}")),
        false => bad(format!("Failed to parse the request body as JSON: {error}")),
    })
}

/// Whether a `Content-Type` is `application/json`, or has the suffix `+json`.
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || essence.starts_with("application/") && essence.ends_with("+json")
}

/// The arguments as on the WebSocket. Over HTTP they are such an array, or only its one object.
fn serialized(args: &RawValue) -> Result<SerializedArgs, FunctionError> {
    let text = args.get();
    let array = if text.starts_with('[') { text.to_owned() } else { format!("[{text}]") };
    SerializedArgs::from_slice(array.as_bytes()).map_err(|_| FunctionError::no_arguments())
}

impl HttpReply {
    pub(super) fn error(class: ErrorClass, code: &str, message: &str) -> Self {
        let body = json!({ "code": code, "message": message }).to_string();
        Self { status: class.http_status(), headers: Vec::new(), body, after: Duration::ZERO }
    }

    fn bad_request(code: &str, message: &str) -> Self {
        Self::error(ErrorClass::BadRequest, code, message)
    }

    fn of(response: CallResponse, format: Format) -> Self {
        let CallResponse { result, log_lines, after } = response;
        let mut body = match result {
            Ok(value) => json!({ "status": "success", "value": format.encode(value) }),
            Err(ErrorPayload::Message(message)) => json!({ "status": "error", "errorMessage": message }),
            Err(ErrorPayload::ErrorData { message, data }) => {
                json!({ "status": "error", "errorMessage": message, "errorData": format.encode(data) })
            }
        };
        if !log_lines.is_empty() {
            body["logLines"] = json!(log_lines);
        }
        Self { status: 200, headers: Vec::new(), body: body.to_string(), after }
    }
}
