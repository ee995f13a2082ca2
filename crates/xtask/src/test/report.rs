//! Runs the steps of `cargo xtask test`, prints their output and counts their results.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, ExitCode, Stdio},
    time::Instant,
};

use anyhow::{Context, Result};

use super::tally::Tally;
use crate::process::{Process, describe};

/// The results of the steps so far.
#[derive(Debug)]
pub struct TestReport<W> {
    /// The steps' output is written to this.
    out: W,
    passed: u32,
    failed: u32,
    failures: Vec<String>,
}

impl<W: Write> TestReport<W> {
    pub fn new(out: W) -> Self {
        Self { out, passed: 0, failed: 0, failures: Vec::new() }
    }

    /// Runs a step that passes or fails as a whole; returns whether it passed.
    pub fn check(&mut self, title: &str, command: &mut Command) -> Result<bool> {
        let passed = execute(&mut self.out, title, command, |_| {})?;
        if passed {
            self.passed += 1;
        } else {
            self.fail(1, format!("{title}: `{}` failed", describe(command)));
        }
        Ok(passed)
    }

    /// Runs a step that tests depend on; returns whether it succeeded. It is counted only if it
    /// fails.
    pub fn preparation(&mut self, title: &str, command: &mut Command) -> Result<bool> {
        let succeeded = execute(&mut self.out, title, command, |_| {})?;
        if !succeeded {
            self.fail(1, format!("{title}: `{}` failed", describe(command)));
        }
        Ok(succeeded)
    }

    /// Runs a step and counts the tests in its output.
    pub fn tests(&mut self, title: &str, command: &mut Command) -> Result<()> {
        let mut tally = Tally::default();
        let succeeded = execute(&mut self.out, title, command, |line| tally.read(line))?;
        self.passed += tally.passed;
        for name in &tally.failures {
            self.failures.push(format!("{title}: {name}"));
        }
        if tally.failed > 0 {
            self.failed += tally.failed;
            if tally.failures.is_empty() {
                self.failures.push(format!("{title}: {} tests failed, see the output above", tally.failed));
            }
        } else if !succeeded {
            self.fail(1, format!("{title}: `{}` failed, but none of its tests", describe(command)));
        }
        Ok(())
    }

    /// Prints the failures and, as the last line, `N passed, N failed`.
    pub fn conclude(mut self) -> Result<ExitCode> {
        writeln!(self.out)?;
        for failure in &self.failures {
            writeln!(self.out, "FAILED  {failure}")?;
        }
        writeln!(self.out, "{} passed, {} failed", self.passed, self.failed)?;
        Ok(if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn fail(&mut self, count: u32, failure: String) {
        self.failed += count;
        self.failures.push(failure);
    }
}

/// Runs a command and copies its output line by line; returns whether it succeeded.
fn execute(
    out: &mut impl Write,
    title: &str,
    command: &mut Command,
    mut read: impl FnMut(&str),
) -> Result<bool> {
    writeln!(out, "\n== {title}: {}", describe(command))?;
    let start = Instant::now();
    let mut process = Process::spawn(command.stdout(Stdio::piped()))?;
    let output = process.child().stdout.take().expect("stdout is piped");
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line).context("cannot read the output of the step")? > 0 {
        out.write_all(&line)?;
        read(&String::from_utf8_lossy(&line));
        line.clear();
    }
    let succeeded = process.wait()?.success();
    writeln!(
        out,
        "== {title}: {} in {} s",
        if succeeded { "done" } else { "FAILED" },
        start.elapsed().as_secs()
    )?;
    Ok(succeeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn run(script: &str) -> TestReport<Vec<u8>> {
        let mut report = TestReport::new(Vec::new());
        report.tests("tests", &mut shell(script)).expect("sh can be run");
        report
    }

    #[test]
    fn build_failure_counts_as_one_failure() {
        let report = run("exit 101");
        assert_eq!((report.passed, report.failed), (0, 1));
    }

    #[test]
    fn exit_code_of_failed_tests_is_not_another_failure() {
        let report =
            run("echo 'test a ... FAILED'; echo 'test result: FAILED. 3 passed; 1 failed;'; exit 101");
        assert_eq!((report.passed, report.failed), (3, 1));
        assert_eq!(report.failures, ["tests: a"]);
    }

    #[test]
    fn crash_after_passed_tests_is_a_failure() {
        let report = run("echo 'test result: ok. 3 passed; 0 failed;'; exit 101");
        assert_eq!((report.passed, report.failed), (3, 1));
    }

    #[test]
    fn last_line_without_a_newline_is_copied() {
        let report = run("printf 'one\\ntwo'");
        let output = String::from_utf8(report.out).expect("the output is UTF-8");
        assert!(output.contains("one\ntwo"), "{output}");
    }
}
