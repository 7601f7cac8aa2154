//! The server that the tests talk to.
//!
//! The one that `MONGODB_TEST_URI` names; else one of two small ones of our own, started once: with
//! Java and Maven the one in `tests/javaserver`, or else, and where `MONGODB_TEST_SERVER=ferretdb`
//! asks for it, with Go the one in `tests/ferretdb`, which is much slower. Each test has a database
//! of its own in it. Without any, tests are skipped, and say so; with `MONGODB_TESTS=required` they
//! fail instead.

use std::fs;
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
        let wanted = |variable, value| std::env::var(variable).is_ok_and(|set| set == value);
        let java = (!wanted("MONGODB_TEST_SERVER", "ferretdb")).then(java_server);
        let Some(program) = java.flatten().or_else(ferretdb) else {
            let required = wanted("MONGODB_TESTS", "required");
            assert!(!required, "no server for the tests of the MongoDB store");
            // Past the capture of the tests' output: this must be seen.
            let line = "\n*** SKIPPED: the tests of the MongoDB store. They need Java and Maven, or Go, or a server named by MONGODB_TEST_URI. ***\n\n";
            std::io::stderr().write_all(line.as_bytes()).unwrap();
            return None;
        };
        Some(Self::start(program))
    }

    fn start(mut program: Command) -> Self {
        let mut process = program
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut uri = String::new();
        let output = process.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut uri).unwrap();
        assert!(uri.starts_with("mongodb://"), "the server did not start");
        let input = process.stdin.take().unwrap();
        Self {
            uri: uri.trim().to_owned(),
            _own: Some((process, input)),
        }
    }
}

fn source(folder: &str) -> PathBuf {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_root.join("tests").join(folder)
}

/// The server on Java, what it needs fetched beside the tests' own binaries; `None` without Java.
fn java_server() -> Option<Command> {
    let source = source("javaserver");
    let libraries = Path::new(env!("CARGO_TARGET_TMPDIR")).join("javaserver");
    let list = fs::read(source.join("pom.xml")).unwrap();
    // Written last: what is there is whole, and of this list.
    let stamp = libraries.join("pom.xml");
    if fs::read(&stamp).ok().as_ref() != Some(&list) {
        let fetched = Command::new("mvn")
            .args(["--quiet", "--batch-mode", "dependency:copy-dependencies"])
            .arg(format!("-DoutputDirectory={}", libraries.display()))
            .current_dir(&source)
            .stdout(Stdio::null())
            .status()
            .ok()?;
        assert!(fetched.success(), "the server's libraries cannot be had");
        fs::write(&stamp, list).unwrap();
    }
    let mut version = Command::new("java");
    version
        .arg("-version")
        .stderr(Stdio::null())
        .status()
        .ok()?;
    let mut java = Command::new("java");
    java.arg("-cp")
        .arg(libraries.join("*"))
        .arg(source.join("Server.java"));
    Some(java)
}

/// FerretDB, built beside the tests' own binaries; `None` without Go. Go builds only what has
/// changed.
fn ferretdb() -> Option<Command> {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ferretdb-for-tests");
    let built = Command::new("go")
        .args(["build", "-trimpath", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(source("ferretdb"))
        .status()
        .ok()?;
    assert!(built.success(), "the server cannot be built");
    Some(Command::new(program))
}
