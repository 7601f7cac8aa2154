//! The exchange of an HTTP call: what passes between the client of a request and the code while the
//! code runs.
//!
//! A short body is part of the input of the call, and most responses are its result, so most calls
//! make no host call. The rest goes through the hidden binding [`EXCHANGE`](crate::runtime::EXCHANGE)
//! with these functions:
//!
//! - `respond` sends a response in pieces: the length of its head in 4 bytes, little-endian, the head
//!   as JSON, and the body. It returns when the client has everything but the last piece. The code
//!   waits for each piece, so it does not get ahead of the client.
//! - `body` returns the stream of a longer body.
//! - `closed` returns when the client has gone away.
//!
//! When the client goes away before it has the whole response, the execution is cancelled: at once,
//! or [`GRACE`] later if its code waits for `closed`.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::Engine;
use super::network::fill;
use crate::bindings::{ByteStream, Content};
use crate::http::Head;
use crate::model::{ExecutionId, Json, Timestamp};
use crate::runtime::HostError;

/// How long code that watches its client may run when the client has gone away.
pub(super) const GRACE: Duration = Duration::from_secs(1);
/// The longest head of a response, in bytes.
const MAX_HEAD: usize = 512 << 10;
/// The most bytes that a record keeps of the beginning, and of the end, of a response in pieces.
const MAX_KEPT: usize = 64 << 10;

/// See the module.
pub(crate) struct Exchange {
    /// The input of the call. Its record can have another one.
    pub(super) input: Json,
    /// The limit of its time, if it is shorter than the function's.
    pub(super) timeout: Option<Duration>,
    /// Whether its responses have no body.
    is_head: bool,
    /// What the code has not taken.
    body: Mutex<Option<ByteStream>>,
    /// For the head of a response in pieces.
    started: Mutex<Option<oneshot::Sender<Started>>>,
    /// Cancelled when the client has gone away.
    gone: CancellationToken,
    /// Whether the code waits for `gone`.
    is_watched: AtomicBool,
    /// Whether the client got, or can still get, the whole response.
    is_whole: AtomicBool,
    sent: Mutex<Option<Sent>>,
    /// When an instance was free.
    taken: OnceLock<Timestamp>,
    /// When the code began to run.
    begun: OnceLock<Timestamp>,
}

/// A response whose head is there.
pub(crate) struct Started {
    pub(crate) head: Head,
    pub(crate) length: Option<u64>,
    pub(crate) pieces: ByteStream,
    pub(crate) at: Timestamp,
}

/// What a record has of a response in pieces.
struct Sent {
    status: u16,
    headers: Vec<(String, String)>,
    bytes: u64,
    hash: Sha256,
    first: Vec<u8>,
    /// Bytes after the first ones.
    last: VecDeque<u8>,
    /// The most bytes of each.
    kept: usize,
}

#[derive(Deserialize)]
struct HeadText<'a> {
    status: f64,
    #[serde(borrow)]
    headers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    length: Option<u64>,
}

impl Exchange {
    /// Returns the exchange, and what receives the head of a response in pieces.
    pub(super) fn new(
        input: Json,
        body: Option<ByteStream>,
        timeout: Option<Duration>,
        is_head: bool,
    ) -> (Self, oneshot::Receiver<Started>) {
        let (started, head) = oneshot::channel();
        let exchange = Self {
            input,
            timeout,
            is_head,
            body: Mutex::new(body),
            started: Mutex::new(Some(started)),
            gone: CancellationToken::new(),
            is_watched: AtomicBool::new(false),
            is_whole: AtomicBool::new(false),
            sent: Mutex::default(),
            taken: OnceLock::new(),
            begun: OnceLock::new(),
        };
        (exchange, head)
    }

    /// An instance runs the call from now on, once its isolate is ready.
    pub(super) fn take(&self, now: Timestamp) {
        self.taken.get_or_init(|| now);
    }

    /// The code runs from now on.
    pub(super) fn begin(&self, now: Timestamp) {
        self.begun.get_or_init(|| now);
    }

    /// When an instance was free, and when the code began to run.
    pub(super) fn times(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        (self.taken.get().copied(), self.begun.get().copied())
    }

    /// Whether the client went away before it had the whole response.
    pub(super) fn was_left(&self) -> bool {
        self.gone.is_cancelled()
    }

    /// How many bytes of a response in pieces were sent, if it has begun and is incomplete.
    pub(super) fn cut_after(&self) -> Option<u64> {
        let is_whole = self.is_whole.load(Ordering::Acquire);
        let sent = self.sent.lock();
        sent.as_ref().filter(|_| !is_whole).map(|sent| sent.bytes)
    }

    /// What a record has of a response in pieces; `None` if there was none.
    pub(super) fn record(&self) -> Option<Json> {
        let is_whole = self.is_whole.load(Ordering::Acquire);
        let sent = self.sent.lock().take()?;
        let record = sent.record(is_whole);
        serde_json::to_vec(&record).ok().map(Json::trusted)
    }
}

impl Sent {
    fn new(head: &Head, output_limit: usize) -> Self {
        let text = |value: &Bytes| String::from_utf8_lossy(value).into_owned();
        Self {
            status: head.status,
            headers: (head.headers.iter())
                .map(|(name, value)| (name.clone(), text(value)))
                .collect(),
            bytes: 0,
            hash: Sha256::new(),
            first: Vec::new(),
            last: VecDeque::new(),
            // JSON can need six characters for a byte.
            kept: MAX_KEPT.min(output_limit / 16),
        }
    }

    /// Adds a piece. Returns the number of all bytes.
    fn add(&mut self, piece: &[u8]) -> u64 {
        self.bytes = self.bytes.saturating_add(piece.len() as u64);
        self.hash.update(piece);
        let free = self.kept - self.first.len().min(self.kept);
        let (first, rest) = piece.split_at(free.min(piece.len()));
        self.first.extend_from_slice(first);
        let skipped = rest.len().saturating_sub(self.kept);
        self.last.extend(rest.get(skipped..).unwrap_or_default());
        let over = self.last.len().saturating_sub(self.kept);
        self.last.drain(..over);
        self.bytes
    }

    fn record(mut self, is_whole: bool) -> Value {
        let mut record = json!({
            "status": self.status,
            "headers": self.headers,
            "bytes": self.bytes,
            "sha256": hex(&self.hash.finalize()),
        });
        let is_all = (self.first.len() + self.last.len()) as u64 == self.bytes;
        let parts: Vec<(&str, Vec<u8>)> = if is_all {
            self.first.extend(&self.last);
            vec![("body", self.first)]
        } else {
            vec![("first", self.first), ("last", self.last.into())]
        };
        if let Value::Object(record) = &mut record {
            if !is_whole {
                record.insert("incomplete".to_owned(), true.into());
            }
            for (name, bytes) in parts {
                // A part may begin or end within a character.
                let is_text = is_all || !bytes.contains(&0);
                match String::from_utf8(bytes) {
                    Ok(text) => record.insert(name.to_owned(), text.into()),
                    Err(cut) if is_text && !is_all => record.insert(
                        name.to_owned(),
                        String::from_utf8_lossy(cut.as_bytes()).into(),
                    ),
                    Err(binary) => {
                        let text = BASE64_STANDARD.encode(binary.as_bytes());
                        record.insert(format!("{name}Base64"), text.into())
                    }
                };
            }
        }
        record
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Answers a call of the exchange.
pub(super) async fn call(
    engine: &Engine,
    exchange: Option<&Arc<Exchange>>,
    function: &str,
    argument: ByteStream,
) -> Result<Content, HostError> {
    let none = || HostError::new("ERR_NO_REQUEST", "this call has no HTTP request");
    let exchange = exchange.ok_or_else(none)?;
    match function {
        "respond" => respond(engine, exchange, argument).await,
        "body" => exchange.body.lock().take().map_or_else(
            || Err(HostError::new("ERR_BODY_USED", "the body was read already")),
            |body| Ok(Content::Stream(body)),
        ),
        _ => {
            exchange.is_watched.store(true, Ordering::Relaxed);
            exchange.gone.cancelled().await;
            Ok(Content::Json(Json::null()))
        }
    }
}

async fn respond(
    engine: &Engine,
    exchange: &Exchange,
    mut pieces: ByteStream,
) -> Result<Content, HostError> {
    let invalid = |text: String| HostError::new("ERR_INVALID_RESPONSE", text);
    let started = exchange.started.lock().take();
    let started = started.ok_or_else(|| invalid("the response was sent already".to_owned()))?;
    let mut read = BytesMut::new();
    let length = fill(&mut pieces, &mut read, 4).await?;
    let length = length.first_chunk().copied().map_or(0, u32::from_le_bytes) as usize;
    if length > MAX_HEAD {
        return Err(invalid(format!(
            "the headers of the response have more than {MAX_HEAD} bytes"
        )));
    }
    let text = fill(&mut pieces, &mut read, length).await?;
    let text: HeadText<'_> = serde_json::from_slice(&text)
        .map_err(|_| invalid("the head of the response is not valid".to_owned()))?;
    let length = text.length;
    let head = Head::new(text.status, text.headers).map_err(invalid)?;
    let has_no_body = exchange.is_head || matches!(head.status, 204 | 304) || length == Some(0);
    if has_no_body {
        exchange.is_whole.store(true, Ordering::Release);
    }
    *exchange.sent.lock() = Some(Sent::new(&head, engine.0.options.max_output));
    let (mut client, body) = ByteStream::channel();
    let is_taken = started.send(Started {
        head,
        length,
        pieces: body,
        at: engine.0.clock.now(),
    });
    is_taken.map_err(|_| gone())?;
    let rest = read.split().freeze();
    let mut next = (!rest.is_empty()).then_some(rest);
    loop {
        let piece = match next.take() {
            Some(piece) => piece,
            None => match pieces.next().await {
                Some(piece) => piece?,
                None => break,
            },
        };
        let most = engine.0.options.max_response;
        let bytes = exchange.sent.lock().as_mut().and_then(|sent| {
            let is_within = sent.bytes.saturating_add(piece.len() as u64) <= most;
            is_within.then(|| sent.add(&piece))
        });
        let Some(bytes) = bytes else {
            let text = format!("the body of a response may have at most {most} bytes");
            return Err(HostError::new("ERR_TOO_LARGE", text));
        };
        // The server takes no more pieces than the length says.
        if length.is_some_and(|length| bytes >= length) {
            exchange.is_whole.store(true, Ordering::Release);
        }
        let is_sent = client.send(piece).await;
        if !exchange.is_whole.load(Ordering::Acquire) {
            is_sent.map_err(|_| gone())?;
        }
    }
    exchange.is_whole.store(true, Ordering::Release);
    Ok(Content::Json(Json::null()))
}

fn gone() -> HostError {
    HostError::new("ERR_CLIENT_GONE", "the client has closed the connection")
}

/// The client of an exchange. When this is dropped before the client has its response, the execution
/// is cancelled.
pub(crate) struct Client {
    engine: Engine,
    exchange: Arc<Exchange>,
    execution: ExecutionId,
    has_response: bool,
}

impl Client {
    pub(super) const fn new(
        engine: Engine,
        exchange: Arc<Exchange>,
        execution: ExecutionId,
    ) -> Self {
        Self {
            engine,
            exchange,
            execution,
            has_response: false,
        }
    }

    /// The execution has ended, or needs its client no more.
    pub(super) const fn finish(&mut self) {
        self.has_response = true;
    }

    /// The body of a response in pieces. It ends with an error if the code does not end it.
    pub(super) fn body(self, pieces: ByteStream) -> ByteStream {
        ByteStream::new(ResponseBody {
            client: self,
            pieces,
            failing: Failing::No,
        })
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if self.has_response || self.exchange.is_whole.load(Ordering::Acquire) {
            return;
        }
        self.exchange.gone.cancel();
        let (engine, id) = (self.engine.clone(), self.execution);
        let is_watched = self.exchange.is_watched.load(Ordering::Relaxed);
        let cancelling = async move {
            if is_watched {
                engine.0.clock.sleep(GRACE).await;
            }
            if let Err(error) = engine.cancel(id).await {
                tracing::debug!(%error, execution_id = %id, "not cancelled: it has ended");
            }
        };
        self.engine.0.handle.spawn(cancelling);
    }
}

struct ResponseBody {
    client: Client,
    pieces: ByteStream,
    failing: Failing,
}

/// How far a body is with its failure.
enum Failing {
    No,
    /// It is told at the next look: the server sends first what it has.
    Soon,
    Told,
}

impl Stream for ResponseBody {
    type Item = Result<Bytes, HostError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.failing {
            Failing::No => {}
            Failing::Soon => {
                self.failing = Failing::Told;
                // The execution has ended: there is nothing to cancel.
                self.client.finish();
                return Poll::Ready(Some(Err(HostError::new(
                    "ERR_INCOMPLETE",
                    "the function ended before its response did",
                ))));
            }
            Failing::Told => return Poll::Ready(None),
        }
        let polled = Pin::new(&mut self.pieces).poll_next(cx);
        let is_end = matches!(polled, Poll::Ready(None));
        if is_end && !self.client.exchange.is_whole.load(Ordering::Acquire) {
            self.failing = Failing::Soon;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(kept: usize, pieces: &[&[u8]]) -> Value {
        let head = Head::new(200.0, []).unwrap();
        let mut sent = Sent::new(&head, kept * 16);
        for piece in pieces {
            sent.add(piece);
        }
        sent.record(true)
    }

    #[test]
    fn a_record_has_the_whole_of_a_short_response() {
        let record = sent(4, &[b"ab", b"", b"cdefgh"]);
        assert_eq!(record["body"], "abcdefgh");
        assert_eq!(record["bytes"], 8);
        let hash = "9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab";
        assert_eq!(record["sha256"], hash);
        assert_eq!(sent(4, &[b"\xff\0"])["bodyBase64"], "/wA=");
    }

    #[test]
    fn a_record_has_the_first_and_the_last_bytes_of_a_long_response() {
        for pieces in [
            vec![&b"abcdefghijkl"[..]],
            vec![b"abc", b"def", b"ghi", b"jkl"],
            vec![b"a", b"bcdefghijk", b"l"],
        ] {
            let record = sent(4, &pieces);
            let expected = (&json!("abcd"), &json!("ijkl"), &json!(12));
            let found = (&record["first"], &record["last"], &record["bytes"]);
            assert_eq!(found, expected, "{pieces:?}");
        }
        let cut = sent(4, &["aüüüüü".as_bytes()]);
        assert_eq!(
            (&cut["first"], &cut["last"]),
            (&json!("aü\u{fffd}"), &json!("üü"))
        );
    }
}
