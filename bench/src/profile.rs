//! What a CPU profile says in short.

use std::collections::HashMap;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value as Json;

/// How many functions are told.
const TOLD: usize = 15;
/// What is no work of the page.
const NOT_WORK: [&str; 2] = ["(idle)", "(program)"];

/// Chromium's `Profile`: at each sample some node was on top of the stack.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    nodes: Vec<Node>,
    samples: Vec<u32>,
    /// Microseconds since the sample before.
    time_deltas: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: u32,
    call_frame: CallFrame,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CallFrame {
    function_name: String,
}

/// The functions that took most themselves, with their milliseconds.
pub fn costly_functions(profile: &Json) -> Result<String> {
    let Profile { nodes, samples, time_deltas } =
        Profile::deserialize(profile).context("a profile of another form")?;
    let names: HashMap<_, _> = nodes.iter().map(|node| (node.id, &*node.call_frame.function_name)).collect();
    let mut costs = HashMap::<&str, f64>::new();
    for (node, microseconds) in samples.iter().zip(time_deltas) {
        let name = names.get(node).copied().unwrap_or_default();
        if !NOT_WORK.contains(&name) {
            *costs.entry(name).or_default() += microseconds / 1e3;
        }
    }
    let mut costs: Vec<_> = costs.into_iter().collect();
    costs.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    Ok(costs.iter().take(TOLD).map(|(name, cost)| format!("{cost:9.1} ms  {}\n", named(name))).collect())
}

fn named(function: &str) -> &str {
    if function.is_empty() { "(anonymous)" } else { function }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_took_most_comes_first() {
        let node = |id: u32, name: &str| json!({ "id": id, "callFrame": { "functionName": name } });
        let profile = json!({
            "nodes": [node(1, "(idle)"), node(2, "decode"), node(3, ""), node(4, "decode")],
            "samples": [1, 2, 3, 4],
            "timeDeltas": [9000, 1500, 2000, 1000],
        });
        let expected = "      2.5 ms  decode\n      2.0 ms  (anonymous)\n";
        assert_eq!(costly_functions(&profile).unwrap(), expected);
    }
}
