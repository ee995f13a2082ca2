//! The program: its output, and how it ends.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Output, Stdio},
};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_convex-dev-server"))
}

fn output(args: &[&str]) -> Output {
    program().args(args).output().unwrap()
}

#[test]
fn a_taken_port_is_reported_with_the_option() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = output(&["--port", &port]);
    assert!(!refused.status.success());
    let message = String::from_utf8(refused.stderr).unwrap();
    assert!(message.starts_with(&format!("error: port {port} of 127.0.0.1 is taken")), "{message}");
    assert!(message.contains("--port"), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[test]
fn help_lists_options_and_accounts() {
    let help = String::from_utf8(output(&["--help"]).stdout).unwrap();
    for text in ["--port", "--host", "--token-lifetime", "--latency", "alice@example.com", "bob-demo"] {
        assert!(help.contains(text), "no {text} in {help}");
    }
}

#[cfg(unix)]
#[test]
fn the_program_prints_its_address_and_stops_on_signals() {
    for signal in ["-INT", "-TERM"] {
        let mut server: Child = program().args(["--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let address = lines.next().unwrap().unwrap();
        assert!(address.starts_with("Convex dev server at http://127.0.0.1:"), "{address}");

        let asked = Command::new("kill").args([signal, &server.id().to_string()]).status().unwrap();
        assert!(asked.success());
        assert!(server.wait().unwrap().success(), "{signal}");
        assert_eq!(lines.last().map(Result::unwrap), Some("Stopping.".to_owned()));
    }
}
