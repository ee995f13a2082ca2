//! Reads counts of tests from the output of test runners.

/// How many tests passed and failed in one step.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    pub passed: u32,
    pub failed: u32,
    /// The names of the failed tests, as far as the runner printed them.
    pub failures: Vec<String>,
}

impl Tally {
    /// Reads one line of output of libtest, wasm-bindgen-test-runner or Node's spec reporter.
    pub fn read(&mut self, line: &str) {
        let line = line.trim();
        if let Some(result) = line.strip_prefix("test result: ") {
            self.passed += number_before(result, " passed");
            self.failed += number_before(result, " failed");
        } else if let Some(name) = failed_test(line).or_else(|| failed_in_node(line)) {
            // Node prints failed tests again at the end.
            if !self.failures.iter().any(|known| known == name) {
                self.failures.push(name.to_owned());
            }
        } else if let Some((name, count)) = node_summary(line) {
            match name {
                "pass" => self.passed += count,
                "fail" | "cancelled" => self.failed += count,
                _ => {}
            }
        }
    }
}

/// The name in libtest's `test a::b ... FAILED` or wasm-bindgen's `test a::b ... FAIL`.
fn failed_test(line: &str) -> Option<&str> {
    let (name, outcome) = line.strip_prefix("test ")?.split_once(" ... ")?;
    outcome.starts_with("FAIL").then_some(name)
}

/// The name in Node's `✖ a query (12.5ms)`.
fn failed_in_node(line: &str) -> Option<&str> {
    let (name, duration) = line.strip_prefix("✖ ")?.rsplit_once(" (")?;
    duration.ends_with("ms)").then_some(name)
}

/// `ℹ pass 3`
fn node_summary(line: &str) -> Option<(&str, u32)> {
    let (name, count) = line.strip_prefix("ℹ ")?.split_once(' ')?;
    Some((name, count.parse().ok()?))
}

fn number_before(text: &str, unit: &str) -> u32 {
    let before = text.split_once(unit).map_or("", |(before, _)| before);
    let digits = before.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(output: &str) -> Tally {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.read(line));
        tally
    }

    #[test]
    fn results_of_several_test_binaries_are_added() {
        let read = tally(
            "running 2 tests\ntest auth::holds ... ok\ntest auth::refreshes ... FAILED\n\
             test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
             test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n",
        );
        assert_eq!(read, Tally { passed: 13, failed: 1, failures: vec!["auth::refreshes".into()] });
    }

    #[test]
    fn cancelled_node_tests_count_as_failed() {
        let read =
            tally("✔ query (3ms)\nℹ tests 4\nℹ suites 0\nℹ pass 2\nℹ fail 1\nℹ cancelled 1\nℹ skipped 0\n");
        assert_eq!((read.passed, read.failed), (2, 2));
    }

    #[test]
    fn unrelated_lines_are_not_counted() {
        assert_eq!(tally("the test result: 3 passed\nℹ a note\n7 passed, 0 failed\n"), Tally::default());
    }
}
