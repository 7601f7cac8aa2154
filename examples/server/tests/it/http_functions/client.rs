//! An HTTP/1.1 client whose reads the test controls.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// Only a hang takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection.
pub(super) struct Client(BufReader<TcpStream>);

/// A response whose body is whole.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Client {
    pub(super) fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }

    pub(super) fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).unwrap();
    }

    /// Sends a request with a body, unless that is empty and the method is one without.
    pub(super) fn send(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) {
        let host = if headers.to_lowercase().contains("host:") {
            ""
        } else {
            "Host: localhost\r\n"
        };
        let length = match body.len() {
            0 if method != "POST" => String::new(),
            length => format!("Content-Length: {length}\r\n"),
        };
        self.write(format!(
            "{method} {path} HTTP/1.1\r\n{host}{headers}{length}\r\n"
        ));
        self.write(body);
    }

    /// Reads the head of a response; the body is empty.
    pub(super) fn head(&mut self) -> Response {
        let status = self.line();
        let status = status
            .split(' ')
            .nth(1)
            .unwrap_or_else(|| panic!("no response: {status:?}"));
        let mut response = Response {
            status: status.parse().unwrap(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else {
                return response;
            };
            response
                .headers
                .push((name.to_lowercase(), value.to_owned()));
        }
    }

    pub(super) fn line(&mut self) -> String {
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line).unwrap();
        String::from_utf8_lossy(&line).trim_end().to_owned()
    }

    /// Reads a chunk of a body; empty at the end, `None` if the connection ended first.
    pub(super) fn chunk(&mut self) -> Option<Vec<u8>> {
        let length = usize::from_str_radix(&self.line(), 16).ok()?;
        let mut chunk = vec![0; length + 2];
        self.0.read_exact(&mut chunk).ok()?;
        chunk.truncate(length);
        Some(chunk)
    }

    /// Reads a whole response.
    pub(super) fn response(&mut self, is_head: bool) -> Response {
        let mut response = self.head();
        while response.status == 100 {
            response = self.head();
        }
        if is_head || [204, 304].contains(&response.status) {
            return response;
        }
        if let Some(length) = response.header("content-length") {
            response.body = vec![0; length.parse().unwrap()];
            self.0.read_exact(&mut response.body).unwrap();
            return response;
        }
        loop {
            let chunk = self.chunk().expect("the response is incomplete");
            if chunk.is_empty() {
                return response;
            }
            response.body.extend(chunk);
        }
    }
}

impl Response {
    /// The first value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.all(name).into_iter().next()
    }

    /// All values of a header.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        let headers = self.headers.iter().filter(|(known, _)| known == name);
        headers.map(|(_, value)| value.as_str()).collect()
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text()))
    }
}
