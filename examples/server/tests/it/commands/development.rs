//! `faas dev`: a server of its own, and a function that is reloaded when its files change.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::User;
use crate::running::Server;

/// `faas dev` while it runs, and the lines that it writes.
struct Dev {
    child: Child,
    lines: Receiver<String>,
}

impl Dev {
    fn start(user: &User, folder: &str) -> Self {
        let mut child = user
            .command(&["dev", folder, "--port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let streams: [Box<dyn Read + Send>; 2] = [
            Box::new(child.stdout.take().unwrap()),
            Box::new(child.stderr.take().unwrap()),
        ];
        for stream in streams {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        Self { child, lines }
    }

    /// The next line that contains `text`.
    fn line(&self, text: &str) -> String {
        let mut before = Vec::new();
        loop {
            match self.lines.recv_timeout(Duration::from_secs(60)) {
                Ok(line) if line.contains(text) => return line,
                Ok(line) => before.push(line),
                Err(error) => panic!("no line with {text:?}: {error}; {before:?}"),
            }
        }
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_saved_file_is_reloaded_and_logs_are_shown() {
    let user = User::new();
    user.write(
        "f/faas.json",
        r#"{"config": {"http": {"enabled": true, "auth": "public"}}}"#,
    );
    user.write("f/index.js", "import { text } from './lib/text.js'; export default () => { console.log('says', text); return text }");
    user.write("f/lib/text.js", "export const text = 'one'");
    let mut dev = Dev::start(&user, "f");
    let ready = dev.line("is ready at");
    let (_, rest) = ready.split_once("http://").unwrap();
    let address = rest.split('/').next().unwrap().to_owned();
    let call = || {
        let (status, _, body) = Server::try_send(&address, "GET", "/f/f", "").unwrap();
        assert_eq!(status, 200, "{body}");
        body
    };
    assert!(call().contains("one"));
    dev.line("says one");
    user.write("f/lib/text.js", "export const text = 'two'");
    dev.line("reloaded, version 2");
    assert!(call().contains("two"));
    dev.line("says two");
    user.write("f/lib/text.js", "export const text = ");
    dev.line("error");
    assert!(call().contains("two"));
    user.write("f/lib/text.js", "export const text = 'three'");
    dev.line("reloaded, version 3");
    assert!(call().contains("three"));
    let url = format!("http://{address}");
    user.run_with(&["secret", "set", "f", "KEY", "--url", &url], "hidden")
        .ok();
    let sent = Command::new("kill")
        .args(["-s", "TERM", &dev.child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    assert_eq!(dev.child.wait().unwrap().code(), Some(0));
    // The server has ended with it.
    assert!(std::net::TcpStream::connect(&address).is_err());
}
