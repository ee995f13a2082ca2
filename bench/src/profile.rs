//! Summaries of CPU profiles.

use std::collections::HashMap;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value as Json;

/// How many functions the summary lists.
const LISTED_FUNCTIONS: usize = 15;
/// Entries that are not work of the page.
const NOT_WORK: [&str; 2] = ["(idle)", "(program)"];

/// Chromium's `Profile`: for each sample, the node at the top of the stack.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CpuProfile {
    nodes: Vec<ProfileNode>,
    samples: Vec<u32>,
    /// Microseconds since the previous sample.
    time_deltas: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProfileNode {
    id: u32,
    call_frame: CallFrame,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CallFrame {
    function_name: String,
}

/// The functions with the highest self time, in milliseconds.
pub fn costly_functions(profile: &Json) -> Result<String> {
    let CpuProfile { nodes, samples, time_deltas } =
        CpuProfile::deserialize(profile).context("the profile has an unknown format")?;
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
    Ok(costs
        .iter()
        .take(LISTED_FUNCTIONS)
        .map(|(name, cost)| format!("{cost:9.1} ms  {}\n", named(name)))
        .collect())
}

fn named(function: &str) -> &str {
    if function.is_empty() { "(anonymous)" } else { function }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn most_costly_function_is_first() {
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
