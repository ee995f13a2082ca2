//! Fuzz targets. Each takes any bytes, and panics if the client misbehaves.
//!
//! The libFuzzer binaries in `fuzz/` call these functions, run by `cargo xtask fuzz`. A plain test
//! replays the corpora of `fuzz/corpus/<target>/` and thousands of inputs mutated from them.
//!
//! | target | input |
//! | --- | --- |
//! | [`server_frames`] | lines: frames of a server, and a few commands between them |
//! | [`values`] | the JSON text of a value |
//! | [`json`](json()) | two lines of JSON text |
//! | [`claims`] | lines: tokens, or the claims of one |
//! | [`operations`] | the random decisions of a simulated world |
//!
//! ```
//! use convex_testkit::fuzzing::TARGETS;
//!
//! for (_, target) in TARGETS {
//!     target(b"anything");
//! }
//! ```

mod claims;
mod fuzzed_client;
mod json;
pub mod memory;
mod operations;
mod server_frames;
mod typed;
mod values;

use convex_sync::{
    EncodedValue, Time,
    wire::{ServerFrame, ServerResponse},
};
use serde_json::Value as Json;

use crate::pair::START;

pub use claims::claims;
pub use json::json;
pub use operations::operations;
pub use server_frames::server_frames;
pub use values::values;

/// A target: panics if its input makes the client misbehave.
pub type TargetFn = fn(&[u8]);

/// Every target by its name, which is also the name of its corpus and its binary.
pub const TARGETS: [(&str, TargetFn); 5] = [
    ("server_frames", server_frames),
    ("values", values),
    ("json", json),
    ("claims", claims),
    ("operations", operations),
];

/// The signed-in user.
const USER: &str = "alice";

/// A received value, as part of a frame.
fn received(text: &str) -> Option<EncodedValue> {
    let frame = format!(r#"{{"type":"ActionResponse","requestId":0,"success":true,"result":{text}}}"#);
    match ServerFrame::parse(&frame) {
        Ok(ServerFrame::ActionResponse(ServerResponse { outcome, .. })) => outcome.ok(),
        _ => None,
    }
}

/// The claims of a token that expires in an hour. Those of two moments differ.
fn valid_claims(now: Time) -> Json {
    let issued = START.after(now.since_start()).0 / 1000;
    serde_json::json!({ "sub": USER, "iat": issued, "exp": issued + 3600, "jti": now.since_start().as_nanos().to_string() })
}
