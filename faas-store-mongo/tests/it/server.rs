//! The server that the tests talk to.
//!
//! The one that `MONGODB_TEST_URI` names; else a small server of our own (`tests/ferretdb`), built
//! with Go and started once. Each test has a database of its own in it. Without both, tests are
//! skipped, and say so; with `MONGODB_TESTS=required` they fail instead.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A server, without the name of a database.
struct Server {
    uri: String,
    /// Our own one ends with its input, and so with this process.
    _own: Option<(Child, ChildStdin)>,
}

static SERVER: LazyLock<Option<Server>> = LazyLock::new(Server::find);

/// The URI of a new database; `None` when there is no server.
pub(crate) fn new_database() -> Option<String> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = SERVER.as_ref()?;
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("faas-test-{}-{number}", std::process::id());
    let (hosts, options) = match server.uri.split_once('?') {
        Some((hosts, options)) => (hosts, format!("?{options}")),
        None => (server.uri.as_str(), String::new()),
    };
    Some(format!("{}/{name}{options}", hosts.trim_end_matches('/')))
}

impl Server {
    fn find() -> Option<Self> {
        if let Ok(uri) = std::env::var("MONGODB_TEST_URI") {
            return Some(Self { uri, _own: None });
        }
        let Some(program) = build() else {
            let required = std::env::var("MONGODB_TESTS").is_ok_and(|value| value == "required");
            assert!(
                !required,
                "there is no server for the tests of the MongoDB store"
            );
            // Past the capture of the tests' output: this must be seen.
            let line = "\n*** SKIPPED: the tests of the MongoDB store. They need Go, or a server named by MONGODB_TEST_URI. ***\n\n";
            std::io::stderr().write_all(line.as_bytes()).unwrap();
            return None;
        };
        let mut process = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut uri = String::new();
        let output = process.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut uri).unwrap();
        let input = process.stdin.take().unwrap();
        Some(Self {
            uri: uri.trim().to_owned(),
            _own: Some((process, input)),
        })
    }
}

/// Builds the server beside the tests' own binaries; `None` without Go. Go builds only what has
/// changed.
fn build() -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ferretdb");
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ferretdb-for-tests");
    let built = Command::new("go")
        .args(["build", "-trimpath", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(source)
        .status()
        .ok()?;
    assert!(built.success(), "the server for the tests cannot be built");
    Some(program)
}
