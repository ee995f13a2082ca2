//! The HTTP API: one call, one answer, no subscription.

use std::time::Duration;

use convex_sync::Time;
use convex_sync_types::ErrorPayload;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{
    Answer, Caller, Deployment,
    execution::{Failure, object},
};
use crate::{
    functions::{FunctionKind, canonical},
    identity::Identity,
    value::Object,
};

/// The response to a call over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpReply {
    /// The status.
    pub status: u16,
    /// The JSON body.
    pub body: String,
    /// How long to wait before sending it.
    pub after: Duration,
}

#[derive(Debug, Deserialize)]
struct CallBody {
    path: String,
    args: Json,
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
    ) -> Answer {
        self.advance(now);
        let caller = Caller { at: self.now, connection: None, identity };
        let path = path.parse().map_or_else(|_| path.to_owned(), canonical);
        let (result, log_lines, after) = self.run(kind, &caller, &path, args);
        self.invalidate();
        let result = result.map_err(|failure| failure.into_payload(&self.backend.failure_id()));
        Answer { result, log_lines, after }
    }

    fn run(
        &mut self,
        kind: FunctionKind,
        caller: &Caller,
        path: &str,
        args: Object,
    ) -> (Result<crate::Value, Failure>, Vec<String>, Duration) {
        match kind {
            FunctionKind::Query => {
                let run = self.backend.query(caller, path, args, None);
                (run.result, run.log_lines, Duration::ZERO)
            }
            FunctionKind::Mutation => {
                let run = self.backend.mutation(caller, path, args);
                (run.result.map(|committed| committed.value), run.log_lines, Duration::ZERO)
            }
            FunctionKind::Action => {
                let run = self.backend.action(caller, path, args);
                (run.result, run.log_lines, run.delay)
            }
        }
    }

    /// Answers `POST /api/query`, `/api/mutation` or `/api/action` with this body and, where there is one, this bearer token.
    pub fn http(&mut self, now: Time, kind: FunctionKind, body: &str, bearer: Option<&str>) -> HttpReply {
        self.advance(now);
        let identity = match bearer.map(|token| self.verify(token)).transpose() {
            Ok(identity) => identity,
            Err(rejection) => {
                let status = rejection.class().http_status();
                return HttpReply::error(status, rejection.code(), &rejection.text(self.redacts));
            }
        };
        let call: CallBody = match serde_json::from_str(body) {
            Ok(call) => call,
            Err(error) => return HttpReply::error(400, "BadJsonBody", &error.to_string()),
        };
        if call.format.as_deref() != Some("convex_encoded_json") {
            let message = "This model deployment only knows the format convex_encoded_json";
            return HttpReply::error(400, "UnsupportedFormat", message);
        }
        match call.into_args() {
            Ok((path, args)) => self.call(now, kind, &path, args, identity).into(),
            Err(message) => HttpReply::error(400, "InvalidArguments", &message),
        }
    }
}

impl CallBody {
    /// Arguments come as an object, or as an array of just one.
    fn into_args(self) -> Result<(String, Object), String> {
        let args = match self.args {
            Json::Array(mut elements) if elements.len() == 1 => elements.pop().unwrap_or_default(),
            args => args,
        };
        match object(args) {
            Ok(args) => Ok((self.path, args)),
            Err(reason) => Err(format!("Invalid arguments for {}: {reason}", self.path)),
        }
    }
}

impl HttpReply {
    fn error(status: u16, code: &str, message: &str) -> Self {
        let body = json!({ "code": code, "message": message }).to_string();
        Self { status, body, after: Duration::ZERO }
    }
}

impl From<Answer> for HttpReply {
    fn from(answer: Answer) -> Self {
        let Answer { result, log_lines, after } = answer;
        let mut body = match result {
            Ok(value) => json!({ "status": "success", "value": Json::from(value) }),
            Err(ErrorPayload::Message(message)) => json!({ "status": "error", "errorMessage": message }),
            Err(ErrorPayload::ErrorData { message, data }) => {
                json!({ "status": "error", "errorMessage": message, "errorData": Json::from(data) })
            }
        };
        body["logLines"] = json!(log_lines);
        Self { status: 200, body: body.to_string(), after }
    }
}
