//! One WebSocket connection: it reads the client's messages, sends events, pings the client, and
//! closes the connection when the client is gone or too slow.
//!
//! Every write is flushed before the next message is read, and must finish within the write timeout.
//! So a client that sends and does not read (pings, for example) is first not read from and then
//! disconnected; what is buffered for it is bounded by [`outbox`](crate::outbox). A client that
//! reads, but slowly, falls behind in the ring of events and receives a `gap`.

use std::time::Duration;

use axum::body::Bytes;
use faas_core::Platform;
use faas_core::events::{Received, Subscriber};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::Utf8Bytes;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message};

use crate::WsOptions;
use crate::authorized_client::AuthorizedClient;
use crate::outbox::{self, FRAGMENT, Outgoing, SendBudget};
use crate::request::{self, Filter};
use crate::wire;

/// How many events are taken from the ring at once.
const BATCH: usize = 16;
/// The size of each connection's read buffer, in bytes. Clients send little, and there may be many
/// of them.
const READ_BUFFER: usize = 4 << 10;
/// Above this many bytes the write buffer is written to the socket.
const WRITE_BUFFER: usize = 16 << 10;
/// A write buffer never grows beyond this: the bytes above, one fragment, and control frames.
const MAX_WRITE_BUFFER: usize = WRITE_BUFFER + 2 * FRAGMENT;
/// How much of what a client still sends is discarded after its connection was closed for an error,
/// so that it can read why.
const LINGER: u64 = 64 << 20;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Serves a client until it leaves, is disconnected, or the platform shuts down.
pub(crate) async fn serve(
    upgraded: Upgraded,
    platform: &Platform,
    options: &WsOptions,
    budget: &SendBudget,
    client: AuthorizedClient,
) {
    let config = WebSocketConfig::default()
        .max_message_size(Some(options.max_message))
        .max_frame_size(Some(options.max_message))
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(MAX_WRITE_BUFFER);
    let stream = TokioIo::new(upgraded);
    let connection = Connection {
        socket: Socket::from_raw_socket(stream, Role::Server, Some(config)).await,
        platform,
        write_timeout: options.write_timeout,
        budget,
        subscriber: platform.events().subscribe(None),
        filter: Filter::default(),
        heard: true,
    };
    let end = connection.run(options.ping_interval, client).await;
    tracing::debug!(?end, "WebSocket closed");
}

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The client closed it, or it broke.
    Left,
    /// The client sent nothing between two pings.
    Silent,
    /// The client did not receive a message within the write timeout.
    Slow,
    /// The client sent a message over the limit.
    TooLong,
    /// The client sent a text message that is not UTF-8.
    NotText,
    /// The client sent what is not a WebSocket frame.
    Malformed,
    /// The client's key was revoked or has expired, or a key is required now.
    Dismissed,
    /// The platform shuts down.
    Stopped,
}

impl End {
    /// What the client is told; `None` when nobody would read it.
    fn frame(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Left | Self::Slow => return None,
            Self::Silent => (CloseCode::Away, "no message or pong received"),
            Self::TooLong => (CloseCode::Size, "message too long"),
            Self::NotText => (CloseCode::Invalid, "text message is not UTF-8"),
            Self::Malformed => (CloseCode::Protocol, "malformed frame"),
            Self::Dismissed => (CloseCode::Policy, "a valid key is required"),
            Self::Stopped => (CloseCode::Away, "the server shuts down"),
        };
        Some(CloseFrame {
            code,
            reason: Utf8Bytes::from_static(reason),
        })
    }

    /// Whether the client may still be sending.
    fn is_error_of_client(self) -> bool {
        matches!(self, Self::TooLong | Self::NotText | Self::Malformed)
    }
}

impl From<tungstenite::Error> for End {
    fn from(error: tungstenite::Error) -> Self {
        match error {
            tungstenite::Error::Capacity(_) => Self::TooLong,
            tungstenite::Error::Utf8(_) => Self::NotText,
            tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::Left,
            tungstenite::Error::Protocol(_) => Self::Malformed,
            // A write buffer is full only when the client does not read.
            tungstenite::Error::WriteBufferFull(_) => Self::Slow,
            _ => Self::Left,
        }
    }
}

struct Connection<'a> {
    socket: Socket,
    platform: &'a Platform,
    write_timeout: Duration,
    budget: &'a SendBudget,
    subscriber: Subscriber,
    filter: Filter,
    /// Whether anything was received since the latest ping.
    heard: bool,
}

impl Connection<'_> {
    async fn run(mut self, ping_interval: Duration, mut client: AuthorizedClient) -> End {
        let stopped = self.platform.stopped();
        tokio::pin!(stopped);
        let dismissed = client.dismissed();
        tokio::pin!(dismissed);
        let mut pings = pings(ping_interval);
        loop {
            let step = tokio::select! {
                biased;
                () = &mut stopped => Err(End::Stopped),
                () = &mut dismissed => Err(End::Dismissed),
                _ = pings.tick() => self.ping().await,
                message = self.socket.next() => match message {
                    Some(Ok(message)) => self.hear(message).await,
                    Some(Err(error)) => Err(End::from(error)),
                    None => Err(End::Left),
                },
                received = self.subscriber.next(BATCH) => self.tell(received).await,
            };
            if let Err(end) = step {
                self.close(end).await;
                return end;
            }
        }
    }

    async fn ping(&mut self) -> Result<(), End> {
        if !std::mem::take(&mut self.heard) {
            return Err(End::Silent);
        }
        let ping = self.socket.send(Message::Ping(Bytes::new()));
        in_time(self.write_timeout, ping).await
    }

    /// Handles a client's message.
    async fn hear(&mut self, message: Message) -> Result<(), End> {
        self.heard = true;
        let answer = match message {
            Message::Text(text) => request::read(&text),
            Message::Binary(_) => Err("expected a text message".to_owned()),
            // The pong is queued already. Before it is written, nothing more is read.
            Message::Ping(_) => return in_time(self.write_timeout, self.socket.flush()).await,
            Message::Pong(_) | Message::Frame(_) => return Ok(()),
            Message::Close(_) => {
                // The answering close frame is queued already.
                let _ = in_time(self.write_timeout, self.socket.flush()).await;
                return Err(End::Left);
            }
        };
        match answer {
            Ok(subscribe) => {
                self.filter = subscribe.filter;
                if subscribe.since.is_some() {
                    self.subscriber = self.platform.events().subscribe(subscribe.since);
                }
                Ok(())
            }
            Err(message) => {
                let now = self.platform.now();
                let error = wire::error(&message, now, self.platform.events().epoch());
                self.send(Outgoing::short(error)).await?;
                in_time(self.write_timeout, self.socket.flush()).await
            }
        }
    }

    /// Sends events, or the gap before them.
    async fn tell(&mut self, received: Received) -> Result<(), End> {
        if matches!(received, Received::Ended) {
            return Err(End::Stopped);
        }
        let (now, epoch) = (self.platform.now(), self.platform.events().epoch());
        for message in outbox::encode(received, &self.filter, self.budget, now, epoch) {
            self.send(message).await?;
        }
        in_time(self.write_timeout, self.socket.flush()).await
    }

    /// Writes a message, up to what the write buffer holds.
    async fn send(&mut self, message: Outgoing) -> Result<(), End> {
        let socket = &mut self.socket;
        let write = async {
            for frame in message.frames() {
                socket.feed(frame).await?;
            }
            Ok(())
        };
        in_time(self.write_timeout, write).await
    }

    /// Tells a client that may still read why the connection is closed.
    async fn close(&mut self, end: End) {
        let Some(frame) = end.frame() else {
            return;
        };
        let close = self.socket.send(Message::Close(Some(frame)));
        if in_time(self.write_timeout, close).await.is_ok() && end.is_error_of_client() {
            self.linger().await;
        }
    }

    /// Discards what the client still sends, within the write timeout. Closing a socket with unread
    /// data resets it, and the client would lose the close frame.
    async fn linger(&mut self) {
        let stream = self.socket.get_mut();
        let discard = async {
            stream.shutdown().await?;
            tokio::io::copy(&mut stream.take(LINGER), &mut tokio::io::sink()).await
        };
        // The connection ends either way.
        let _ = timeout(self.write_timeout, discard).await;
    }
}

fn pings(every: Duration) -> Interval {
    // An interval of zero would panic.
    let every = every.max(Duration::from_millis(1));
    let mut pings = interval(every);
    // The first tick would be now.
    pings.reset();
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pings
}

async fn in_time(
    limit: Duration,
    write: impl Future<Output = tungstenite::Result<()>>,
) -> Result<(), End> {
    match timeout(limit, write).await {
        Ok(written) => written.map_err(End::from),
        Err(_elapsed) => Err(End::Slow),
    }
}
