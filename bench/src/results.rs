//! The results as JSON.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use serde_json::{Value as Json, json};

use crate::{
    row::{Goal, ResultRow},
    side::{Both, CLIENTS, RENDERINGS},
};

/// Writes `results.json` into a folder: the rows that compare the clients, and those that compare
/// renderings.
pub fn write(folder: &Path, clients: &[ResultRow], renderings: &[ResultRow]) -> Result<()> {
    let file = folder.join("results.json");
    let list = |rows: &[ResultRow], sides| rows.iter().map(|row| figures(row, sides)).collect::<Vec<_>>();
    let results = json!({ "rows": list(clients, CLIENTS), "renderings": list(renderings, RENDERINGS) });
    let text = serde_json::to_string_pretty(&results)?;
    fs::write(&file, text + "\n").with_context(|| format!("cannot write {}", file.display()))?;
    eprintln!("The figures are in {}.", file.display());
    Ok(())
}

fn figures(row: &ResultRow, sides: Both<&str>) -> Json {
    json!({
        "name": row.name,
        "n": row.n,
        "unit": row.unit.name(),
        sides.ours: row.ours.median,
        sides.theirs: row.theirs.map(|theirs| theirs.median),
        "ratio": row.ratio(),
        "goal": row.goal.map(Goal::number),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{row::tests::quarter, stats::Summary};

    #[test]
    fn row_has_exactly_these_keys() {
        let ours = Summary { lower: 0.5, median: 1.0, upper: 2.0 };
        let theirs = Some(Summary { lower: 3.0, median: 4.0, upper: 5.0 });
        let row = ResultRow { ours, theirs, ..quarter(Some(Goal::Ratio(0.5))) };
        let expected = json!({
            "name": "one of N changed", "n": 1000, "unit": "ms", "ours": 1.0, "theirs": 4.0, "ratio": 0.25, "goal": 0.5,
        });
        assert_eq!(figures(&row, CLIENTS), expected);
    }

    #[test]
    fn medians_are_named_after_the_sides() {
        let figures = figures(&quarter(None), RENDERINGS);
        assert_eq!((&figures["server"], &figures["browser"]), (&json!(1.0), &json!(4.0)));
    }

    #[test]
    fn missing_figures_are_null() {
        let figures = figures(&ResultRow { n: None, theirs: None, ..quarter(None) }, CLIENTS);
        for key in ["n", "theirs", "ratio", "goal"] {
            assert_eq!(figures.get(key), Some(&Json::Null), "{key}");
        }
    }
}
