//! Whether two recordings say the same.

use crate::{
    recording::{Frame, Recording},
    script::Difference,
    stage::Stage,
};
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value as Json, json};
use std::{cmp::Ordering, fmt::Write};

/// Fails unless the two say the same, apart from the differences that are meant, and those exactly.
pub fn compare(mut official: Json, mut ours: Json, differences: &[Difference]) -> Result<()> {
    for difference in differences {
        let Difference { because, at, official: officials, ours: own } = difference;
        ensure!(officials != own, "no difference at {at} ({because})");
        take(&mut official, at, numbered(officials)).with_context(|| format!("official, where {because}"))?;
        take(&mut ours, at, numbered(own)).with_context(|| format!("ours, where {because}"))?;
    }
    let mut found = String::new();
    describe(&mut found, "", Some(&official), Some(&ours));
    ensure!(found.is_empty(), "{found}\nofficial: {official:#}\n\nours: {ours:#}");
    Ok(())
}

/// Takes out what a recording is expected to have in some place.
fn take(recording: &mut Json, at: &str, expected: Json) -> Result<()> {
    let (parent, last) = at.rsplit_once('/').context("a JSON pointer starts with a `/`")?;
    match recording.pointer_mut(parent) {
        Some(Json::Array(items)) => {
            let Json::Array(expected) = expected else {
                bail!("{at} is in a list: a list is expected there")
            };
            let first: usize = last.parse()?;
            let found = items.get(first..first + expected.len());
            ensure!(found == Some(&*expected), "at {at} there is {:#}", json!(items.get(first..)));
            items.drain(first..first + expected.len());
        }
        Some(Json::Object(fields)) => {
            let found = fields.remove(last).unwrap_or_default();
            ensure!(found == expected, "at {at} there is {found:#}");
        }
        _ => bail!("there is nothing at {parent}"),
    }
    Ok(())
}

/// Says where two values differ.
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

/// A recording without what differs from run to run.
pub fn normalised(recording: &Recording, stage: &Stage) -> Result<Json> {
    let connections = connections(recording, stage)?;
    let mut recording = serde_json::to_value(recording)?;
    recording["connections"] = connections;
    let text = recording.to_string();
    // Every dev server has a port of its own.
    let text = text.replace(&stage.url(), "http://deployment");
    Ok(numbered(&without_request_ids(serde_json::from_str(&text)?)))
}

/// What the client sent, connection by connection.
fn connections(recording: &Recording, stage: &Stage) -> Result<Json> {
    let mut normaliser = Normaliser { stage, session: None, latest: None };
    let connections = recording.connections.iter().map(|frames| {
        let sent = frames.iter().filter_map(|frame| match frame {
            Frame::Sent(frame) => Some(normaliser.sent(frame.clone())),
            Frame::Received(frame) => {
                normaliser.received(frame);
                None
            }
        });
        sent.collect::<Result<Vec<_>>>()
    });
    Ok(json!(connections.collect::<Result<Vec<_>>>()?))
}

struct Normaliser<'a> {
    stage: &'a Stage,
    session: Option<Json>,
    /// The latest moment of the database that the client was told of.
    latest: Option<(u64, Json)>,
}

impl Normaliser<'_> {
    fn sent(&mut self, mut frame: Json) -> Result<Json> {
        match frame["type"].as_str() {
            Some("Connect") => {
                // Random, but for life.
                let session = frame["sessionId"].take();
                ensure!(
                    *self.session.get_or_insert_with(|| session.clone()) == session,
                    "another session: {session}"
                );
                frame["sessionId"] = json!("the session");
                // The wall clock, in whole milliseconds.
                ensure!(frame["clientTs"].is_i64(), "no time: {frame}");
                frame["clientTs"] = json!("now");
                // The server's clock, so it is the latest moment that the client knows which both
                // have in common.
                let known = self.latest.as_ref().map(|(_, latest)| latest);
                if frame.get("maxObservedTimestamp") == known {
                    frame["maxObservedTimestamp"] = json!("the latest");
                }
            }
            Some("Authenticate") => {
                // Tokens are signed anew for every run: the person's first, second…
                if let Some(token) = frame["value"].as_str() {
                    frame["value"] = json!(self.name_of(token).context("a token of nobody")?);
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
        let Some(moment) = ts.as_str().and_then(moment) else { return };
        if self.latest.as_ref().is_none_or(|(latest, _)| moment.cmp(latest) == Ordering::Greater) {
            self.latest = Some((moment, ts.clone()));
        }
    }

    fn name_of(&self, token: &str) -> Option<String> {
        self.stage.tokens.iter().find_map(|(person, tokens)| {
            let index = tokens.iter().position(|one| one == token)?;
            Some(format!("{person}'s token {}", index + 1))
        })
    }
}

/// The moment that a timestamp of the protocol means.
fn moment(ts: &str) -> Option<u64> {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let bytes = BASE64_STANDARD.decode(ts).ok()?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

/// Errors name the request in the server's log, which is another one each time.
fn without_request_ids(value: Json) -> Json {
    map(value, &|leaf| match leaf {
        Json::String(text) => match text.split_once("[Request ID: ").zip(text.split_once("] ")) {
            Some(((before, _), (_, after))) => json!(format!("{before}[Request ID] {after}")),
            None => json!(text),
        },
        other => other,
    })
}

/// JSON has one kind of number, `serde_json` has three.
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
