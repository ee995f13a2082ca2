//! What is fuzzed: each target takes any bytes, and panics where they bring about what must not be.
//!
//! The libFuzzer binaries in `fuzz/` call these functions, run by `cargo xtask fuzz`; a plain test
//! replays the corpora of `fuzz/corpus/<target>/` and some thousand inputs made from them.
//!
//! | target | its input |
//! | --- | --- |
//! | [`server_frames`] | lines: frames of a server, and a few orders between them |
//! | [`values`] | the JSON text of a value |
//! | [`claims`] | lines: tokens, or the claims of one |
//! | [`operations`] | what a simulated world leaves to chance |
//!
//! ```
//! use convex_testkit::fuzzing::TARGETS;
//!
//! for (_, target) in TARGETS {
//!     target(b"anything");
//! }
//! ```

mod claims;
mod hand_fed;
pub mod memory;
mod operations;
mod server_frames;
mod typed;
mod values;

use convex_sync::Time;
use serde_json::{Value as Json, json};

use crate::pair::START;

pub use claims::claims;
pub use operations::operations;
pub use server_frames::server_frames;
pub use values::values;

/// A target: it panics where its input brings about what must not be.
pub type Target = fn(&[u8]);

/// Every target by its name, which is that of its corpus and its binary.
pub const TARGETS: [(&str, Target); 4] =
    [("server_frames", server_frames), ("values", values), ("claims", claims), ("operations", operations)];

/// Who is signed in.
const PERSON: &str = "alice";

/// The claims of a token for an hour from now on. Those of two moments differ.
fn good_claims(now: Time) -> Json {
    let issued = START.after(now.since_start()).0 / 1000;
    json!({ "sub": PERSON, "iat": issued, "exp": issued + 3600, "jti": now.since_start().as_nanos().to_string() })
}
