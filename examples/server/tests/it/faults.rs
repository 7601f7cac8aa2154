//! A store that is unavailable for a while: a locked database, a full disk.

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use rusqlite::Connection;

use super::api::wait_for_status;
use super::running::Server;
use super::waiting::wait_for;

const ARGS: [&str; 2] = ["--store", "sqlite:./data/faas.db"];

/// Sends requests until the status is `wanted`. Every other response must be 200, 503, or say that
/// the function ran and its result is not stored.
fn post_until(server: &Server, path: &str, body: &str, wanted: u16) -> String {
    wait_for(&format!("{path} is answered with {wanted}"), || {
        let (status, answer) = server.send("POST", path, body);
        if status == wanted {
            return Some(answer);
        }
        let expected = matches!(status, 200 | 503) || is_not_stored(status, &answer);
        assert!(expected, "{status}: {answer}");
        None
    })
}

/// Whether the answer says that the function ran and its result could not be stored.
fn is_not_stored(status: u16, answer: &str) -> bool {
    status == 500 && answer.contains("result_not_stored") && answer.contains("executionId")
}

#[test]
fn a_locked_database_is_a_503_and_serves_again_when_it_is_unlocked() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &ARGS);
    let id = server.upload("return input");
    let (invoke, execute) = (
        format!("/api/functions/{id}/invoke"),
        format!("/api/functions/{id}/execute"),
    );
    post_until(&server, &invoke, "1", 200);

    let other = Connection::open(folder.path().join("data/faas.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Every caller is answered while it is locked, also those whose function ran before the lock was
    // noticed.
    thread::scope(|scope| {
        for n in 0..20 {
            let (server, invoke) = (&server, &invoke);
            scope.spawn(move || {
                thread::park_timeout(Duration::from_millis(n * 10));
                let (status, answer) = server.send("POST", invoke, "2");
                let expected = status == 503 || is_not_stored(status, &answer);
                assert!(expected, "{status}: {answer}");
            });
        }
    });
    assert_eq!(server.send("POST", &execute, r#"{"input": 3}"#).0, 503);
    assert_eq!(server.send("GET", "/readyz", "").0, 503);
    assert_eq!(server.send("GET", "/healthz", "").0, 200);

    other.execute_batch("ROLLBACK").unwrap();
    post_until(&server, &invoke, "4", 200);
    // Readiness is checked once a second at most.
    wait_for_status(&server, "/readyz", 200);
}

#[test]
fn a_full_disk_is_a_503_and_serves_again_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&folder.path().join("data")) else {
        eprintln!("skipped: mounting a small disk needs root");
        return;
    };
    let server = Server::start(folder.path(), &ARGS);
    let id = server.upload("return input");
    let invoke = format!("/api/functions/{id}/invoke");
    let before = post_until(&server, &invoke, "1", 200);
    assert_eq!(before, "1");

    let ballast = folder.path().join("data/ballast");
    std::fs::write(&ballast, vec![0; 4 << 20]).unwrap_err();
    let input = format!("\"{}\"", "x".repeat(100_000));
    post_until(&server, &invoke, &input, 503);

    std::fs::remove_file(&ballast).unwrap();
    post_until(&server, &invoke, "2", 200);
    // Results of calls that ran while the disk was full were kept, and are stored now.
    let (status, listed) = server.send("GET", &format!("/api/functions/{id}/logs?limit=1000"), "");
    assert_eq!(status, 200);
    assert!(
        listed.contains(&input),
        "the execution whose result was not stored at first has been lost"
    );
    drop(server);
    drop(disk);
}

/// A disk of a few megabytes.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn mount(folder: &Path) -> Option<Self> {
        std::fs::create_dir(folder).unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"])
            .arg(folder)
            .output();
        mount
            .is_ok_and(|mount| mount.status.success())
            .then(|| Self(folder.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A lazy unmount, because the server may still be ending.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[cfg(unix)]
#[test]
fn a_file_at_its_size_limit_is_a_503_and_the_server_keeps_running() {
    let folder = tempfile::tempdir().unwrap();
    // 2 MiB or 4 MiB.
    let server = Server::start_with_file_limit(folder.path(), &ARGS, 4_096);
    let id = server.upload("return 1");
    let invoke = format!("/api/functions/{id}/invoke");
    let input = format!("\"{}\"", "x".repeat(200_000));
    post_until(&server, &invoke, &input, 503);
    // The server runs, and still answers reads.
    assert_eq!(server.send("GET", "/healthz", "").0, 200);
    let (status, list) = server.send("GET", "/api/executions?limit=5", "");
    assert_eq!(status, 200, "{list}");
    assert_eq!(server.send("POST", &invoke, &input).0, 503);
}
