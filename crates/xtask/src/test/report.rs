//! Runs the steps of the tests, shows their output and remembers how they ended.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, ExitCode, Stdio},
    time::Instant,
};

use anyhow::{Context, Result};

use super::tally::Tally;
use crate::process::{Process, describe};

/// How everything went so far.
#[derive(Debug)]
pub struct Report<W> {
    /// Where the steps' output goes.
    out: W,
    passed: u32,
    failed: u32,
    failures: Vec<String>,
}

impl<W: Write> Report<W> {
    pub fn new(out: W) -> Self {
        Self { out, passed: 0, failed: 0, failures: Vec::new() }
    }

    /// A step that passes or fails as a whole; whether it passed.
    pub fn check(&mut self, title: &str, command: &mut Command) -> Result<bool> {
        let passed = execute(&mut self.out, title, command, |_| {})?;
        if passed {
            self.passed += 1;
        } else {
            self.fail(1, format!("{title}: `{}` failed", describe(command)));
        }
        Ok(passed)
    }

    /// A step that tests depend on, and which counts only when it fails; whether it succeeded.
    pub fn preparation(&mut self, title: &str, command: &mut Command) -> Result<bool> {
        let succeeded = execute(&mut self.out, title, command, |_| {})?;
        if !succeeded {
            self.fail(1, format!("{title}: `{}` failed", describe(command)));
        }
        Ok(succeeded)
    }

    /// A step whose tests are counted from its output.
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
                self.failures.push(format!("{title}: {} failed, see above", tally.failed));
            }
        } else if !succeeded {
            self.fail(1, format!("{title}: `{}` failed before or beside its tests", describe(command)));
        }
        Ok(())
    }

    /// Prints what failed and, as the last line, the counts.
    pub fn conclude(mut self) -> Result<ExitCode> {
        writeln!(self.out)?;
        for failure in &self.failures {
            writeln!(self.out, "FAILED  {failure}")?;
        }
        writeln!(self.out, "{} passed, {} failed", self.passed, self.failed)?;
        Ok(if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn fail(&mut self, count: u32, what: String) {
        self.failed += count;
        self.failures.push(what);
    }
}

/// Runs a command, passes its output on line by line, and tells whether it succeeded.
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

    fn run(script: &str) -> Report<Vec<u8>> {
        let mut report = Report::new(Vec::new());
        report.tests("tests", &mut shell(script)).expect("it can be run");
        report
    }

    #[test]
    fn a_build_failure_counts_as_one() {
        let report = run("exit 101");
        assert_eq!((report.passed, report.failed), (0, 1));
    }

    #[test]
    fn failing_tests_are_counted_and_not_their_exit_code() {
        let report =
            run("echo 'test a ... FAILED'; echo 'test result: FAILED. 3 passed; 1 failed;'; exit 101");
        assert_eq!((report.passed, report.failed), (3, 1));
        assert_eq!(report.failures, ["tests: a"]);
    }

    #[test]
    fn a_crash_after_passing_tests_is_a_failure() {
        let report = run("echo 'test result: ok. 3 passed; 0 failed;'; exit 101");
        assert_eq!((report.passed, report.failed), (3, 1));
    }

    #[test]
    fn output_is_passed_on_even_without_a_last_newline() {
        let report = run("printf 'one\\ntwo'");
        let shown = String::from_utf8(report.out).expect("it is text");
        assert!(shown.contains("one\ntwo"), "{shown}");
    }
}
