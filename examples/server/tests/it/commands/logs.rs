//! `faas logs`: what is stored, and what comes.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::contexts::guarded;
use super::{Server, User, server};

const CODE: &str = "console.debug('d', input); console.warn('w', input); return 1";

#[test]
fn lines_are_selected_by_level_text_and_time() {
    let (server, _folder) = server();
    server.upload_as("f", CODE);
    server.upload_as("thrower", "throw new Error('broken')");
    let user = User::of(&server);
    for input in ["1", "2"] {
        user.run(&["invoke", "f", "-d", input]).ok();
    }
    let texts = |args: &[&str]| -> Vec<String> {
        let out = user.run(&[&["logs", "f"], args].concat()).ok();
        let lines = out.lines().map(|line| line.splitn(3, ' ').last().unwrap());
        lines.map(|line| line.trim_start().to_owned()).collect()
    };
    assert_eq!(texts(&[]), ["d 1", "w 1", "d 2", "w 2"]);
    assert_eq!(texts(&["--level", "warn"]), ["w 1", "w 2"]);
    assert_eq!(texts(&["--grep", "^d.*2$"]), ["d 2"]);
    assert_eq!(texts(&["-n", "1"]), ["d 2", "w 2"]);
    assert_eq!(texts(&["--since", "1h"]).len(), 4);
    assert_eq!(texts(&["--since", "2999-01-01"]).len(), 0);
    let line = user
        .run(&["logs", "f", "--json", "-n", "1", "--level", "warn"])
        .json();
    assert_eq!(line["level"], "warn");
    assert_eq!(line["message"], "w 2");
    assert!(line["timestamp"].is_string() && line["executionId"].is_string());
    user.run(&["invoke", "thrower"]).failed(1);
    let failed = user.run(&["logs", "thrower"]).ok();
    assert!(
        failed.contains("error") && failed.contains("broken"),
        "{failed}"
    );
}

#[test]
fn a_follower_sees_lines_as_executions_end_also_after_the_server_was_started_again() {
    let folder = TempDir::new().unwrap();
    let first = Server::start(folder.path(), &[]);
    let address = first.address().to_owned();
    first.upload_as("f", CODE);
    let user = User::of(&first);
    let follower = Follower::start(&user, "f");
    user.run(&["invoke", "f", "-d", "1"]).ok();
    assert_eq!(follower.next(), "w 1");
    first.kill();
    let second = Server::start_anywhere(folder.path(), &["--listen", &address]);
    user.run(&["invoke", "f", "-d", "2"]).ok();
    assert_eq!(follower.next(), "w 2");
    user.run(&["invoke", "f", "-d", "3"]).ok();
    assert_eq!(follower.next(), "w 3");
    drop(second);
}

#[test]
fn following_ends_when_the_key_is_revoked() {
    let (server, folder, key) = guarded();
    let user = User::of(&server).with("FAAS_KEY", &key);
    user.write("f.js", CODE);
    user.run(&["deploy", "f.js"]).ok();
    let mut follower = Follower::start(&user, "f");
    user.run(&["invoke", "f", "-d", "1"]).ok();
    assert_eq!(follower.next(), "w 1");
    let revoked = Command::new(env!("CARGO_BIN_EXE_faas"))
        .current_dir(folder.path())
        .env_clear()
        .args(["key", "revoke", "me"])
        .status();
    assert!(revoked.unwrap().success());
    assert_eq!(follower.child.wait().unwrap().code(), Some(1));
}

/// `faas logs -f`, and the messages that it prints.
struct Follower {
    child: Child,
    lines: Receiver<String>,
}

impl Follower {
    fn start(user: &User, name: &str) -> Self {
        let mut child = user
            .command(&["logs", name, "-f", "--json", "--level", "warn"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    /// The next message.
    fn next(&self) -> String {
        let line = self.lines.recv_timeout(Duration::from_secs(60)).unwrap();
        let line: Value = serde_json::from_str(&line).unwrap();
        line["message"].as_str().unwrap().to_owned()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
