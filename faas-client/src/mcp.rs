//! Messages of the Model Context Protocol, passed on to a server as they are.

use std::sync::OnceLock;

use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use crate::client::{Answer, Client, boxed};
use crate::error::Error;

const PATH: &str = "/mcp";

static SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
static PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
static METHOD: HeaderName = HeaderName::from_static("mcp-method");
static NAME: HeaderName = HeaderName::from_static("mcp-name");

/// A connection that passes messages of the Model Context Protocol to a server: see [`Client::mcp`].
#[derive(Debug)]
pub struct Mcp {
    client: Client,
    session: OnceLock<Session>,
}

/// What the answer to `initialize` has set for the messages after it.
#[derive(Debug)]
struct Session {
    id: Option<HeaderValue>,
    version: Option<HeaderValue>,
}

/// What is read of a message.
#[derive(Deserialize)]
struct Message {
    method: Option<String>,
    params: Option<Value>,
}

impl Client {
    /// A connection to the server's tools, for one client of the Model Context Protocol.
    pub fn mcp(&self) -> Mcp {
        Mcp {
            client: self.clone(),
            session: OnceLock::new(),
        }
    }
}

impl Mcp {
    /// Sends a message, and returns the messages that answer it, none for a notification. The first
    /// message must be `initialize`, and must be answered before others are sent.
    ///
    /// # Errors
    /// See [`Error`]. An error of the protocol is a message.
    pub async fn send(&self, message: &str) -> Result<Vec<String>, Error> {
        let read: Message = serde_json::from_str(message)
            .map_err(|error| Error::Invalid(format!("not a message of the protocol: {error}")))?;
        let body = boxed(message.to_owned().into());
        let headers = self.headers(&read);
        let answer = self.client.exchange(Method::POST, PATH, headers, body);
        let answer = answer.await?;
        let answers = messages(&answer);
        if read.method.as_deref() == Some("initialize") {
            let version = answers.iter().find_map(|answer| {
                let answer: Value = serde_json::from_str(answer).ok()?;
                let version = answer.pointer("/result/protocolVersion")?.as_str()?;
                HeaderValue::try_from(version).ok()
            });
            let id = answer.headers.get(&SESSION_ID).cloned();
            // A client initializes its connection once.
            let _ = self.session.set(Session { id, version });
        }
        Ok(answers)
    }

    /// Ends the session on the server.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn close(&self) -> Result<(), Error> {
        let Some(Session { id: Some(id), .. }) = self.session.get() else {
            return Ok(());
        };
        let mut headers = HeaderMap::new();
        headers.insert(SESSION_ID.clone(), id.clone());
        let none = boxed(http_body_util::Full::default());
        let closed = self.client.exchange(Method::DELETE, PATH, headers, none);
        closed.await.map(drop)
    }

    fn headers(&self, message: &Message) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let both = HeaderValue::from_static("application/json, text/event-stream");
        headers.insert(ACCEPT, both);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let params = message.params.as_ref();
        let member = |pointer: &str| params?.pointer(pointer)?.as_str();
        let mut set = |name: &HeaderName, value: Option<&str>| {
            if let Some(Ok(value)) = value.map(HeaderValue::try_from) {
                headers.insert(name.clone(), value);
            }
        };
        // A newer client has no session, and says the version with each message.
        if let Some(version) = member("/_meta/io.modelcontextprotocol~1protocolVersion") {
            set(&PROTOCOL_VERSION, Some(version));
            set(&METHOD, message.method.as_deref());
            set(&NAME, member("/name").or_else(|| member("/uri")));
        } else if let Some(session) = self.session.get() {
            let values = [
                (&SESSION_ID, &session.id),
                (&PROTOCOL_VERSION, &session.version),
            ];
            for (name, value) in values {
                if let Some(value) = value {
                    headers.insert(name.clone(), value.clone());
                }
            }
        }
        headers
    }
}

/// The messages of an answer: one as JSON, or those of an event stream.
fn messages(answer: &Answer) -> Vec<String> {
    let text = String::from_utf8_lossy(&answer.body);
    let kind = answer.headers.get(CONTENT_TYPE);
    let is_stream = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    if answer.status == StatusCode::ACCEPTED || text.trim().is_empty() {
        return Vec::new();
    }
    if !is_stream {
        return vec![text.into_owned()];
    }
    let text = text.replace("\r\n", "\n");
    let events = text.split("\n\n").map(|event| {
        let lines = event.lines().filter_map(|line| line.strip_prefix("data:"));
        lines.map(str::trim_start).collect::<Vec<_>>().join("\n")
    });
    events.filter(|data| !data.is_empty()).collect()
}
