//! The table of `docs/failures.md`: each failure of docs/auth.md §4 has a row, and the tests that
//! the row names exist and name the failure's line in their doc comment.

use std::{collections::BTreeSet, fs, path::PathBuf};

const TABLE: &str = include_str!("../../../docs/failures.md");

struct FailureRow {
    number: u32,
    guarded_by: &'static str,
}

fn rows() -> Vec<FailureRow> {
    let rows = TABLE.lines().filter_map(|row| {
        let cells: Vec<_> = row.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
        let [number, reported_at, failure, guarded_by] = cells[..] else { return None };
        let number = number.parse().ok()?;
        assert!(!reported_at.is_empty() && !failure.is_empty(), "row {number} has an empty cell");
        Some(FailureRow { number, guarded_by })
    });
    rows.collect()
}

impl FailureRow {
    /// The tests of the row, as file and function.
    fn tests(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let names = self.guarded_by.split(", ").filter_map(|name| name.strip_prefix('`')?.strip_suffix('`'));
        names.filter_map(|name| name.split_once("::"))
    }
}

/// The source of a test file. Its path starts at the workspace's root or at `crates`.
fn source(file: &str) -> String {
    let crates = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let places = [crates.join(file), crates.join("..").join(file)];
    let found = places.iter().find_map(|path| fs::read_to_string(path).ok());
    found.unwrap_or_else(|| panic!("{file} does not exist"))
}

/// The attributes and the doc comment of a function; `None` if the function does not exist.
fn head(source: &str, function: &str) -> Option<Vec<String>> {
    let before = source.split_once(&format!("fn {function}("))?.0;
    let above = before.rsplit_once('\n')?.0.lines().rev().map(str::trim_start);
    // The arguments of an attribute may span several lines.
    let head = above.take_while(|line| !line.is_empty());
    Some(head.filter(|line| line.starts_with("///") || line.starts_with("#[")).map(str::to_owned).collect())
}

/// The lines of §4 that a doc comment names: `docs/auth.md §4, lines 8 and 25.`
fn named_lines(head: &[String]) -> BTreeSet<u32> {
    let lists = head.iter().filter_map(|line| line.split_once("§4, line"));
    let sentences = lists.filter_map(|(_, list)| list.split(['.', ':']).next());
    sentences
        .flat_map(|list| list.split(|letter: char| !letter.is_ascii_digit()))
        .filter_map(|n| n.parse().ok())
        .collect()
}

#[test]
fn every_failure_has_a_row() {
    let numbers: Vec<_> = rows().iter().map(|row| row.number).collect();
    assert_eq!(numbers, (1..=53).collect::<Vec<_>>());
}

#[test]
fn every_row_names_its_tests() {
    for row in rows() {
        let names = row.guarded_by.split(", ").count();
        assert_eq!(row.tests().count(), names, "row {}: a test is not `file::function`", row.number);
    }
}

#[test]
fn every_named_test_exists_and_names_its_line() {
    for row in rows() {
        for (file, test) in row.tests() {
            let head = head(&source(file), test).unwrap_or_else(|| panic!("{file} has no function {test}"));
            assert!(
                head.iter().any(|line| line.contains("test]") || line.starts_with("#[tokio::test")),
                "{test} in {file} is not a test"
            );
            assert!(
                named_lines(&head).contains(&row.number),
                "{test} in {file} does not name line {}",
                row.number
            );
        }
    }
}
