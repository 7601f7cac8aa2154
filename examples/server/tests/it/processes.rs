//! Functions in separate processes: calls whose process is killed, and processes whose server ends.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::family::{descendants, parent};
use crate::running::{Server, read_answer};
use crate::waiting::{wait_for, wait_until};

const HANG: &str = "if (input.hang) for (;;); return input.n";

#[test]
fn a_process_that_is_killed_fails_its_call_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let function = server.upload(HANG);
    let path = format!("/api/functions/{function}/invoke");
    let mut hanging = server.begin("POST", &path, r#"{"hang": true}"#);
    kill(busy_child(&server));
    let (status, answer) = read_answer(&mut hanging);
    assert_eq!(status, 502, "{answer}");
    assert!(answer.contains("out_of_memory"), "{answer}");
    assert_eq!(
        server.send("POST", &path, r#"{"n": 1}"#),
        (200, "1".to_owned())
    );
}

#[test]
fn the_death_of_the_worker_fails_running_attempts_and_accepted_executions_complete() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    // Only the first attempt hangs.
    let code = "if (context.attempt === 1) for (;;); return context.attempt";
    let function = server.upload(code);
    let path = format!("/api/functions/{function}/execute");
    let (status, answer) = server.send("POST", &path, "{}");
    assert_eq!(status, 202, "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let child = busy_child(&server);
    kill(parent(child).unwrap());
    let path = format!(
        "/api/executions/{}",
        answer["executionId"].as_str().unwrap()
    );
    let execution = wait_for("the execution completes", || {
        let execution = get(&server, &path);
        (execution["status"] == "completed").then_some(execution)
    });
    assert_eq!(execution["output"], 2, "{execution}");
    assert_eq!(execution["attempts"][0]["errorKind"], "platform");
    assert_eq!(execution["cost"]["retryCost"], 0.0);
    let other = server.upload_as("other", "return 7");
    let path = format!("/api/functions/{other}/invoke");
    assert_eq!(server.send("POST", &path, ""), (200, "7".to_owned()));
}

#[test]
fn no_process_outlives_the_server_however_it_ends() {
    for signal in ["KILL", "TERM"] {
        let folder = tempfile::tempdir().unwrap();
        let mut server = start(folder.path());
        let function = server.upload(HANG);
        let path = format!("/api/functions/{function}/invoke");
        let _hanging = server.begin("POST", &path, r#"{"hang": true}"#);
        busy_child(&server);
        let family = descendants(server.id());
        assert!(family.len() > 1, "{family:?}");
        server.signal(signal);
        server.wait();
        wait_until("all processes of the server end", || {
            family.iter().all(|id| parent(*id).is_none())
        });
    }
}

#[test]
fn every_process_draws_other_random_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut drawn = Vec::new();
    for n in 0..10 {
        let function = server.upload_as(&format!("f{n}"), "return Math.random()");
        let path = format!("/api/functions/{function}/invoke");
        let (status, number) = server.send("POST", &path, "");
        assert_eq!(status, 200, "{number}");
        drawn.push(number);
    }
    drawn.sort();
    drawn.dedup();
    assert_eq!(drawn.len(), 10, "{drawn:?}");
}

#[test]
fn a_function_s_process_has_no_rights_no_files_and_nothing_of_the_server_s_environment() {
    let folder = tempfile::tempdir().unwrap();
    let environment = [("FAAS_SECRET_KEY", &*"5e".repeat(32))];
    let server = Server::start_in(folder.path(), &["--isolation", "process"], &environment);
    let function = server.upload(HANG);
    let path = format!("/api/functions/{function}/invoke");
    let _hanging = server.begin("POST", &path, r#"{"hang": true}"#);
    let child = busy_child(&server);
    let read = |file: &str| fs::read_to_string(format!("/proc/{child}/{file}")).unwrap();
    let status = read("status");
    let says = |line: &str| {
        let line = line.split_whitespace().collect::<Vec<_>>();
        let found = status
            .lines()
            .any(|l| l.split_whitespace().collect::<Vec<_>>() == line);
        assert!(found, "no {line:?} in {status}");
    };
    says("Seccomp: 2");
    says("NoNewPrivs: 1");
    says("CapEff: 0000000000000000");
    says("CapPrm: 0000000000000000");
    says("Threads: 1");
    assert!(!read("environ").contains("FAAS"), "{}", read("environ"));
    let descriptors = fs::read_dir(format!("/proc/{child}/fd")).unwrap().count();
    assert_eq!(descriptors, 2);
}

fn get(server: &Server, path: &str) -> Value {
    let (status, answer) = server.send("GET", path, "");
    assert_eq!(status, 200, "{answer}");
    serde_json::from_str(&answer).unwrap()
}

fn start(folder: &std::path::Path) -> Server {
    Server::start(folder, &["--isolation", "process"])
}

/// The process that runs a call; the spare processes are idle. The worker, the only child of the
/// server itself, may be busy too: it loads what its forks share.
pub(crate) fn busy_child(server: &Server) -> u32 {
    wait_for("a child is busy", || {
        let mut family = descendants(server.id()).into_iter();
        family.find(|id| {
            parent(*id).is_some_and(|parent| parent != server.id())
                && ticks(*id).is_some_and(|ticks| ticks > 3 && is_running(*id))
        })
    })
}

/// The processor time that a process has used, in hundredths of a second: field 14 of proc(5).
fn ticks(id: u32) -> Option<u64> {
    fields(id)?.get(11)?.parse().ok()
}

fn is_running(id: u32) -> bool {
    fields(id).is_some_and(|fields| fields.first().is_some_and(|state| state == "R"))
}

/// The fields of `stat` after the name.
fn fields(id: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

fn kill(id: u32) {
    let sent = Command::new("kill").args(["-9", &id.to_string()]).status();
    assert!(sent.unwrap().success());
}
