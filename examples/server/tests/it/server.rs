//! Starting, serving and stopping.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::running::{Server, read_answer};
use crate::waiting::wait_until;

/// The one line of a start that fails.
fn failure(folder: &Path, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_faas"))
        .current_dir(folder)
        .env_clear()
        .args(["serve", "--log", "off"])
        .args(args)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

#[test]
fn a_port_in_use_is_named_and_no_file_is_created() {
    let folder = TempDir::new().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = failure(folder.path(), &["--listen", &address]);
    assert!(
        error.contains(&address) && error.contains("--listen"),
        "{error}"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_data_folder_that_cannot_be_made_is_named() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let args = [
        "--listen",
        "127.0.0.1:0",
        "--store",
        "sqlite:file/data/faas.db",
    ];
    let error = failure(folder.path(), &args);
    assert!(error.contains("file/data"), "{error}");
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = TempDir::new().unwrap();
    std::fs::write(
        folder.path().join("x.db"),
        "no database at all ".repeat(400),
    )
    .unwrap();
    let error = failure(
        folder.path(),
        &["--listen", "127.0.0.1:0", "--store", "sqlite:x.db"],
    );
    assert!(error.contains("x.db"), "{error}");
}

#[test]
fn a_second_server_on_the_same_file_is_refused() {
    let folder = TempDir::new().unwrap();
    let _first = Server::start(folder.path(), &[]);
    let error = failure(folder.path(), &["--listen", "127.0.0.1:0"]);
    assert!(error.contains("data/faas.db"), "{error}");
}

#[test]
fn a_database_of_a_newer_release_is_refused_and_not_changed() {
    const USER_VERSION: usize = 60; // where SQLite's file format keeps it, big-endian
    let folder = TempDir::new().unwrap();
    let mut server = Server::start(folder.path(), &[]);
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
    let path = folder.path().join("data/faas.db");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[USER_VERSION..USER_VERSION + 4].copy_from_slice(&9_999_u32.to_be_bytes());
    std::fs::write(&path, &bytes).unwrap();
    let error = failure(folder.path(), &["--listen", "127.0.0.1:0"]);
    assert!(error.contains("newer"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[test]
fn the_startup_line_has_the_address_the_store_and_the_isolation() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--store", "memory:"]);
    assert!(!server.address().ends_with(":0"), "{}", server.startup);
    assert!(
        server.startup.contains("store memory:"),
        "{}",
        server.startup
    );
    let default = if cfg!(target_os = "linux") {
        "isolation process"
    } else {
        "isolation thread"
    };
    assert!(server.startup.contains(default), "{}", server.startup);
    assert_eq!(server.send("GET", "/healthz", "").0, 200);
    let arguments = ["--store", "memory:", "--isolation", "thread"];
    let server = Server::start(folder.path(), &arguments);
    assert!(
        server.startup.contains("isolation thread"),
        "{}",
        server.startup
    );
}

#[test]
fn a_browser_finds_a_page_at_the_root() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--store", "memory:"]);
    let (status, page) = server.send("GET", "/", "");
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("S3 for Compute"), "{page}");
}

#[test]
fn a_page_of_another_origin_may_read_live_events_only_when_it_is_allowed() {
    let folder = TempDir::new().unwrap();
    let args = ["--store", "memory:", "--cors-origin", "https://app.example"];
    let server = Server::start(folder.path(), &args);
    let connect = |path: &str, origin: &str| {
        let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
        let host = server.address();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Origin: {origin}\r\n\r\n"
        )
        .unwrap();
        let mut start = [0; 12];
        stream.read_exact(&mut start).unwrap();
        String::from_utf8_lossy(&start).into_owned()
    };
    for path in ["/", "/ws", "/ws/", "/any/other/path"] {
        let own = format!("http://{}", server.address());
        assert_eq!(connect(path, &own), "HTTP/1.1 101");
        assert_eq!(connect(path, "https://app.example"), "HTTP/1.1 101");
        assert_eq!(connect(path, "https://other.example"), "HTTP/1.1 403");
    }
}

#[test]
fn a_client_that_never_ends_its_head_is_disconnected() {
    let folder = TempDir::new().unwrap();
    let args = ["--store", "memory:", "--request-timeout", "300ms"];
    let server = Server::start(folder.path(), &args);
    for start in ["", "GET /healthz HTTP/1.1\r\nX-Slow: "] {
        let mut slow = std::net::TcpStream::connect(server.address()).unwrap();
        slow.write_all(start.as_bytes()).unwrap();
        slow.set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        let mut answer = Vec::new();
        slow.read_to_end(&mut answer).unwrap();
    }
    assert_eq!(server.send("GET", "/healthz", "").0, 200);
}

#[test]
fn silent_connections_do_not_keep_others_from_being_served() {
    let folder = TempDir::new().unwrap();
    let args = ["--store", "memory:", "--max-connections", "8"];
    let server = Server::start(folder.path(), &args);
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(std::net::TcpStream::connect(server.address()).unwrap());
    }
    for _ in 0..10 {
        assert_eq!(server.send("GET", "/healthz", "").0, 200);
    }
}

#[test]
fn a_request_that_is_framed_ambiguously_is_refused_at_every_path() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--store", "memory:"]);
    for path in ["/", "/ws", "/api/functions", "/healthz", "/nowhere"] {
        for fields in [
            "Host: localhost\r\nContent-Length: 0\r\nTransfer-Encoding: chunked",
            "Host: localhost\r\nTransfer-Encoding: gzip, chunked",
            "Host: localhost\nX: y",
            "X: y",
            "Host: localhost\r\nHost: localhost",
        ] {
            let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
            write!(stream, "POST {path} HTTP/1.1\r\n{fields}\r\n\r\n0\r\n\r\n").unwrap();
            // It ends, because the connection is closed.
            assert_eq!(read_answer(&mut stream).0, 400, "{path} {fields:?}");
        }
    }
}

#[test]
fn sigterm_lets_a_running_call_finish_and_exits_with_0() {
    let folder = TempDir::new().unwrap();
    let mut server = Server::start(folder.path(), &["--store", "memory:"]);
    let id = server.upload("return new Promise(r => setTimeout(() => r('done'), 700))");
    let mut call = server.begin("POST", &format!("/api/functions/{id}/invoke"), "{}");
    wait_until_running(&server);
    server.signal("TERM");
    assert_eq!(read_answer(&mut call), (200, "\"done\"".to_owned()));
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn shutdown_waits_for_stalled_clients_and_endless_calls_only_up_to_the_grace_period() {
    let folder = TempDir::new().unwrap();
    let args = ["--store", "memory:", "--shutdown-grace", "300ms"];
    let mut server = Server::start(folder.path(), &args);
    let id = server.upload("while (true) {} return 0");
    let mut stalled = std::net::TcpStream::connect(server.address()).unwrap();
    let half = b"POST /api/functions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{";
    stalled.write_all(half).unwrap();
    let _call = server.begin("POST", &format!("/api/functions/{id}/invoke"), "{}");
    wait_until_running(&server);
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn a_second_ctrl_c_ends_it_at_once() {
    let folder = TempDir::new().unwrap();
    let args = ["--store", "memory:", "--shutdown-grace", "10m"];
    let mut server = Server::start(folder.path(), &args);
    let id = server.upload("return new Promise(r => setTimeout(r, 25000))");
    let _call = server.begin("POST", &format!("/api/functions/{id}/invoke"), "{}");
    wait_until_running(&server);
    server.signal("INT");
    wait_until_refused(&server);
    server.signal("INT");
    assert_eq!(server.wait().code(), Some(130));
}

/// Returns once a call runs, or waits while it runs.
fn wait_until_running(server: &Server) {
    wait_until("a call runs", || {
        let (_, metrics) = server.send("GET", "/api/metrics", "");
        let is_one = |name: &str| metrics.contains(&format!("\"{name}\":1"));
        is_one("runningExecutions") || is_one("waitingExecutions")
    });
}

/// Returns once no connection is taken any more: the first signal has arrived.
fn wait_until_refused(server: &Server) {
    wait_until("the server accepts no connection", || {
        std::net::TcpStream::connect(server.address()).is_err()
    });
}
