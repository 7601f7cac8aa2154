//! The server that the tests of this process talk to.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;

use crate::programs::{self, Lock};
use crate::uri::Uri;

const NEEDED: &str = "they need Java and Maven, or Go, or a server that MONGODB_TEST_URI names";

/// A server, and whatever keeps it running.
///
/// - The one that `MONGODB_TEST_URI` names; else one of our own, which ends with this process:
/// - with Java and Maven the one in `javaserver`, which is fast;
/// - else, and wherever `MONGODB_TEST_SERVER=ferretdb` asks for it, with Go the one in `ferretdb`.
///
/// Without any, tests are to be skipped, and one line on standard error says so; with
/// `MONGODB_TESTS=required` they fail instead.
#[derive(Debug)]
pub struct TestServer {
    uri: Uri,
    /// Our own one ends with its input, and so with this process, however that ends.
    _own: Option<(Child, ChildStdin)>,
}

/// The URI of a new, empty database on the server of this process; `None` when there is none.
///
/// # Panics
/// As [`TestServer::shared`].
pub fn new_database(scratch: impl AsRef<Path>) -> Option<String> {
    TestServer::shared(scratch.as_ref()).map(TestServer::new_database)
}

impl TestServer {
    /// The server of this process, found or started at the first call. What it needs is kept in the
    /// folder `scratch`, which any number of processes may share: for tests, that is
    /// `env!("CARGO_TARGET_TMPDIR")`.
    ///
    /// # Panics
    /// When there could be a server and it does not start; and when there is none and
    /// `MONGODB_TESTS` is `required`.
    #[expect(clippy::panic, reason = "the test that asks for it is to fail")]
    pub fn shared(scratch: &Path) -> Option<&'static Self> {
        static SERVER: OnceLock<Result<Option<TestServer>, String>> = OnceLock::new();
        match SERVER.get_or_init(|| Self::find(scratch)) {
            Ok(server) => server.as_ref(),
            Err(error) => panic!("no MongoDB for the tests: {error}"),
        }
    }

    /// The URI of a new, empty database.
    pub fn new_database(&self) -> String {
        // A real server remembers what it was asked by earlier processes with the same number.
        let name = format!("faas-test-{:016x}", fastrand::u64(..));
        self.uri.clone().with_database(&name).to_string()
    }

    fn find(scratch: &Path) -> Result<Option<Self>, String> {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        if let Some(uri) = set("MONGODB_TEST_URI") {
            let uri = Uri::parse(&uri).ok_or("MONGODB_TEST_URI: expected mongodb://HOST[:PORT]")?;
            return Ok(Some(Self { uri, _own: None }));
        }
        let wanted = |name, value| set(name).is_some_and(|set| set == value);
        let lock = Lock::of(scratch)?;
        let mut program = None;
        if !wanted("MONGODB_TEST_SERVER", "ferretdb") {
            program = programs::java(scratch, &lock)?;
        }
        if program.is_none() {
            program = programs::ferretdb(scratch, &lock)?;
        }
        if let Some(program) = program {
            return Self::start(program, lock).map(Some);
        }
        if wanted("MONGODB_TESTS", "required") {
            return Err(NEEDED.to_owned());
        }
        // Past the capture of the tests' output: this must be seen. Nothing can be done where it
        // cannot be written.
        let line = format!("\n*** SKIPPED: the tests on MongoDB: {NEEDED}. ***\n\n");
        let _ = std::io::stderr().write_all(line.as_bytes());
        Ok(None)
    }

    /// Starts `program` while nobody else rebuilds it, and waits until it listens.
    fn start(mut program: Command, lock: Lock) -> Result<Self, String> {
        let fail = |what: &dyn std::fmt::Display| format!("the server does not start: {what}");
        let mut process = program
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| fail(&error))?;
        drop(lock);
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(fail(&"it has no input or output"));
        };
        let mut line = String::new();
        BufReader::new(output)
            .read_line(&mut line)
            .map_err(|error| fail(&error))?;
        let uri = Uri::parse(line.trim()).ok_or_else(|| fail(&"it told no URI"))?;
        Ok(Self {
            uri,
            _own: Some((process, input)),
        })
    }
}
