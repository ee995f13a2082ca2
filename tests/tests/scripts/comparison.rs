//! Compares the recordings of two clients.

use crate::{
    recording::{RecordedFrame, Recording},
    script::Difference,
    server::ScriptServer,
};
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value as Json, json};
use std::{cmp::Ordering, fmt::Write};

/// Fails unless the recordings are equal, except for exactly the intended differences.
///
/// Each intended difference is checked on both sides and removed in order; the rest must be equal.
pub fn compare(mut official: Json, mut ours: Json, differences: &[Difference]) -> Result<()> {
    for difference in differences {
        let Difference { reason, at, official: expected_official, ours: expected_ours } = difference;
        ensure!(expected_official != expected_ours, "the difference at {at} ({reason}) names equal values");
        take(&mut official, at, numbered(expected_official))
            .with_context(|| format!("official client, difference: {reason}"))?;
        take(&mut ours, at, numbered(expected_ours))
            .with_context(|| format!("our client, difference: {reason}"))?;
    }
    let mut found = String::new();
    describe(&mut found, "", Some(&official), Some(&ours));
    ensure!(found.is_empty(), "{found}\nofficial: {official:#}\n\nours: {ours:#}");
    Ok(())
}

/// Removes the expected value from this place of a recording.
///
/// # Errors
///
/// Another value is there.
fn take(recording: &mut Json, at: &str, expected: Json) -> Result<()> {
    let (parent, last) = at.rsplit_once('/').context("a JSON pointer starts with a `/`")?;
    match recording.pointer_mut(parent) {
        Some(Json::Array(items)) => {
            let Json::Array(expected) = expected else {
                bail!("{at} is in a list, so the difference must name a list of items")
            };
            let first: usize = last.parse()?;
            let found = items.get(first..first + expected.len());
            ensure!(found == Some(&*expected), "the items at {at} are {:#}", json!(items.get(first..)));
            items.drain(first..first + expected.len());
        }
        Some(Json::Object(fields)) => {
            let found = fields.remove(last).unwrap_or_default();
            ensure!(found == expected, "the value at {at} is {found:#}");
        }
        _ => bail!("the recording has no {parent}"),
    }
    Ok(())
}

/// Describes recursively where two values differ.
fn describe(found: &mut String, at: &str, official: Option<&Json>, ours: Option<&Json>) {
    match (official, ours) {
        (Some(Json::Array(left)), Some(Json::Array(right))) => {
            for index in 0..left.len().max(right.len()) {
                describe(found, &format!("{at}/{index}"), left.get(index), right.get(index));
            }
        }
        (Some(Json::Object(left)), Some(Json::Object(right))) => {
            let mut keys: Vec<_> = left.keys().chain(right.keys()).collect();
            keys.sort_unstable();
            keys.dedup();
            for key in keys {
                describe(found, &format!("{at}/{key}"), left.get(key), right.get(key));
            }
        }
        (left, right) if left == right => {}
        (left, right) => {
            let text = |side: Option<&Json>| side.map_or_else(|| "nothing".to_owned(), Json::to_string);
            let _ = writeln!(found, "{at}\n  official: {}\n  ours:     {}", text(left), text(right));
        }
    }
}

/// A recording without the values that differ from run to run.
pub fn normalised(recording: &Recording, server: &ScriptServer) -> Result<Json> {
    let connections = connections(recording, server)?;
    let mut recording = serde_json::to_value(recording)?;
    recording["connections"] = connections;
    let text = recording.to_string();
    // Every dev server has a port of its own.
    let text = text.replace(&server.url(), "http://deployment");
    Ok(numbered(&without_request_ids(serde_json::from_str(&text)?)))
}

/// The frames that the client sent on each connection.
fn connections(recording: &Recording, server: &ScriptServer) -> Result<Json> {
    let mut normaliser = Normaliser { server, session: None, latest: None };
    let connections = recording.connections.iter().map(|frames| {
        let sent = frames.iter().filter_map(|frame| match frame {
            RecordedFrame::Sent(frame) => Some(normaliser.sent(frame.clone())),
            RecordedFrame::Received(frame) => {
                normaliser.received(frame);
                None
            }
        });
        sent.collect::<Result<Vec<_>>>()
    });
    Ok(json!(connections.collect::<Result<Vec<_>>>()?))
}

struct Normaliser<'a> {
    server: &'a ScriptServer,
    session: Option<Json>,
    /// The latest database timestamp that the client received: its number and its JSON.
    latest: Option<(u64, Json)>,
}

impl Normaliser<'_> {
    fn sent(&mut self, mut frame: Json) -> Result<Json> {
        match frame["type"].as_str() {
            Some("Connect") => {
                // The session id is random, but it never changes.
                let session = frame["sessionId"].take();
                ensure!(
                    *self.session.get_or_insert_with(|| session.clone()) == session,
                    "the session id changed to {session}"
                );
                frame["sessionId"] = json!("the session");
                // The wall clock, in whole milliseconds.
                ensure!(frame["clientTs"].is_i64(), "`clientTs` is not an integer: {frame}");
                frame["clientTs"] = json!("now");
                // Timestamps differ between servers, so compare only whether it is the latest one.
                let known = self.latest.as_ref().map(|(_, latest)| latest);
                if frame.get("maxObservedTimestamp") == known {
                    frame["maxObservedTimestamp"] = json!("the latest");
                }
            }
            Some("Authenticate") => {
                // Tokens differ from run to run, so compare their names: the user's first, second…
                if let Some(token) = frame["value"].as_str() {
                    frame["value"] = json!(self.name_of(token).context("the token is of no sign-in")?);
                }
            }
            _ => {}
        }
        Ok(frame)
    }

    fn received(&mut self, frame: &Json) {
        let ts = match frame["type"].as_str() {
            Some("Transition") => &frame["endVersion"]["ts"],
            Some("MutationResponse") => &frame["ts"],
            _ => return,
        };
        let Some(number) = ts.as_str().and_then(decode_timestamp) else { return };
        if self.latest.as_ref().is_none_or(|(latest, _)| number.cmp(latest) == Ordering::Greater) {
            self.latest = Some((number, ts.clone()));
        }
    }

    fn name_of(&self, token: &str) -> Option<String> {
        self.server.tokens.iter().find_map(|(sign_in, tokens)| {
            let index = tokens.iter().position(|one| one == token)?;
            Some(format!("{sign_in}'s token {}", index + 1))
        })
    }
}

/// The number of a timestamp of the protocol: base64 of a little-endian `u64`.
fn decode_timestamp(ts: &str) -> Option<u64> {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let bytes = BASE64_STANDARD.decode(ts).ok()?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

/// Removes the request ids from error messages, because they differ from run to run.
fn without_request_ids(value: Json) -> Json {
    map(value, &|leaf| match leaf {
        Json::String(text) => match text.split_once("[Request ID: ").zip(text.split_once("] ")) {
            Some(((before, _), (_, after))) => json!(format!("{before}[Request ID] {after}")),
            None => json!(text),
        },
        other => other,
    })
}

/// Turns all numbers into floats: JSON has one type of number, `serde_json` has three.
fn numbered(value: &Json) -> Json {
    map(value.clone(), &|leaf| match leaf {
        Json::Number(number) => json!(number.as_f64()),
        other => other,
    })
}

fn map(value: Json, leaf: &impl Fn(Json) -> Json) -> Json {
    match value {
        Json::Array(items) => items.into_iter().map(|item| map(item, leaf)).collect(),
        Json::Object(fields) => fields
            .into_iter()
            .map(|(key, field)| (key, map(field, leaf)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => leaf(other),
    }
}
