//! The commands that work with a server, as a user runs them.

mod calls;
mod contexts;
mod deployments;
mod development;
mod logs;
mod schedules;
mod session;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::running::Server;

/// A user with a home folder and a working folder.
struct User {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

/// What a command wrote.
#[derive(Debug)]
struct Done {
    code: i32,
    out: String,
    err: String,
}

impl Done {
    /// The result, of a command that succeeded.
    fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }

    /// The result as JSON.
    fn json(self) -> Value {
        let text = self.ok();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// The message of a command that exited with `code`.
    fn failed(self, code: i32) -> String {
        assert_eq!(self.code, code, "{self:?}");
        self.err
    }
}

impl User {
    /// A user who works with nothing in particular.
    fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            environment: Vec::new(),
        }
    }

    /// A user who works with this server.
    fn of(server: &Server) -> Self {
        Self::new().with("FAAS_URL", &format!("http://{}", server.address()))
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// `faas` with these arguments, in the user's folder.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_faas"));
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(self.environment.iter().cloned())
            .args(args);
        command
    }

    fn run(&self, args: &[&str]) -> Done {
        self.run_with(args, "")
    }

    /// Runs a command with this standard input.
    fn run_with(&self, args: &[&str], input: &str) -> Done {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that does not read it may have ended.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Done {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A server that keeps nothing, and its folder.
fn server() -> (Server, TempDir) {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--store", "memory:"]);
    (server, folder)
}

/// The folder of an installed esbuild with `node_modules/.bin/esbuild`; prints why there is none.
fn esbuild() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../faas-core/src/runtime/quickjs/node/node_modules");
    if folder.join(".bin/esbuild").exists() {
        return Some(folder.canonicalize().unwrap());
    }
    eprintln!("skipped: esbuild is not installed: run make node-modules");
    None
}
