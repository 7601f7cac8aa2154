//! A server that runs for as long as a test needs it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

/// A running `faas serve`; it is killed when dropped.
pub(crate) struct Server {
    child: Child,
    /// The line that it printed at its start.
    pub(crate) startup: String,
}

impl Server {
    /// Starts one in `folder`, on a free port, and waits until it listens.
    pub(crate) fn start(folder: &Path, args: &[&str]) -> Self {
        Self::start_in(folder, args, &[])
    }

    /// The same, with these environment variables.
    pub(crate) fn start_in(folder: &Path, args: &[&str], environment: &[(&str, &str)]) -> Self {
        let listen = ["--listen", "127.0.0.1:0"];
        Self::begin_serving(command(folder, environment).args(listen).args(args))
    }

    /// Starts one that listens where `args` say.
    pub(crate) fn start_anywhere(folder: &Path, args: &[&str]) -> Self {
        Self::begin_serving(command(folder, &[]).args(args))
    }

    /// Starts one with these environment variables that writes its log into a file.
    pub(crate) fn start_logging(folder: &Path, environment: &[(&str, &str)], log: &Path) -> Self {
        let log = File::create(log).unwrap();
        let listen = ["--listen", "127.0.0.1:0"];
        Self::begin_serving(command(folder, environment).args(listen).stderr(log))
    }

    /// Starts one whose log goes to `log`.
    pub(crate) fn start_with_log(
        folder: &Path,
        args: &[&str],
        environment: &[(&str, &str)],
        log: Stdio,
    ) -> Self {
        let listen = ["--listen", "127.0.0.1:0"];
        Self::begin_serving(
            command(folder, environment)
                .args(listen)
                .args(args)
                .stderr(log),
        )
    }

    /// Starts a server with a limit on the size of files, in blocks of 512 or 1,024 bytes, depending
    /// on the shell.
    #[cfg(unix)]
    pub(crate) fn start_with_file_limit(folder: &Path, args: &[&str], blocks: u64) -> Self {
        let serve = command(folder, &[]);
        let mut limited = Command::new("/bin/sh");
        let script = r#"ulimit -f "$1" && shift && exec "$@""#;
        limited
            .current_dir(folder)
            .env_clear()
            .env("FAAS_LOG", "warn")
            .args(["-c", script, "sh", &blocks.to_string()])
            .arg(serve.get_program())
            .args(serve.get_args())
            .args(["--listen", "127.0.0.1:0"])
            .args(args);
        Self::begin_serving(&mut limited)
    }

    fn begin_serving(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut startup = String::new();
        let stdout = child.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut startup).unwrap();
        let server = Self { child, startup };
        assert!(server.startup.contains("listens on"), "{}", server.startup);
        server
    }

    /// Its host and port, from the line that it printed.
    pub(crate) fn address(&self) -> &str {
        let (_, rest) = self.startup.split_once("://").unwrap();
        rest.split(',').next().unwrap()
    }

    /// Sends a request and returns the status and the body.
    pub(crate) fn send(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = self.begin(method, path, body);
        read_answer(&mut stream)
    }

    /// Sends a request to a server that may be gone, and returns the status, the head and the body.
    pub(crate) fn try_send(
        address: &str,
        method: &str,
        path: &str,
        body: &str,
    ) -> std::io::Result<(u16, String, String)> {
        let mut stream = TcpStream::connect(address)?;
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let cut = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(cut)?;
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .ok_or_else(cut)?;
        Ok((status, head.to_owned(), body.to_owned()))
    }

    /// Stops the server with SIGTERM and waits for its end.
    pub(crate) fn stop(mut self) {
        self.signal("TERM");
        assert_eq!(self.wait().code(), Some(0));
    }

    /// Kills the server.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a request and leaves the answer to be read.
    pub(crate) fn begin(&self, method: &str, path: &str, body: &str) -> TcpStream {
        self.begin_with("", method, path, body)
    }

    /// The same with further header lines, each with its end.
    pub(crate) fn begin_with(
        &self,
        headers: &str,
        method: &str,
        path: &str,
        body: &str,
    ) -> TcpStream {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: application/json\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        stream
    }

    /// Uploads a function and returns its id.
    pub(crate) fn upload(&self, code: &str) -> String {
        self.upload_as("f", code)
    }

    /// The same, with a name of its own.
    pub(crate) fn upload_as(&self, name: &str, code: &str) -> String {
        let code = code.replace('"', "'");
        let body = format!(r#"{{"name": "{name}", "description": "d", "code": "{code}"}}"#);
        let (status, answer) = self.send("POST", "/api/functions", &body);
        assert_eq!(status, 201, "{answer}");
        let (_, rest) = answer.split_once("\"_id\":\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    /// Sends the signal `name`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The server may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `faas serve` in `folder`, with these environment variables and no others.
fn command(folder: &Path, environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_faas"));
    command
        .current_dir(folder)
        .env_clear()
        .env("FAAS_LOG", "warn")
        .envs(environment.iter().copied())
        .arg("serve");
    command
}

/// Reads a whole response.
pub(crate) fn read_answer(stream: &mut TcpStream) -> (u16, String) {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    (status, body.to_owned())
}
