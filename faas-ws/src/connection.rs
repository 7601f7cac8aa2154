//! The life of one socket: it reads what the client says, tells it what happens, pings it, and
//! notices when it has gone.
//!
//! It holds the client's place in the ring of events and at most [`BATCH`] events that are being
//! sent. A client that takes longer than the write timeout to take them is gone; one that is merely
//! slow falls behind in the ring and is told of the gap.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use bytes::Bytes;
use faas_core::Platform;
use faas_core::events::{Received, Subscriber};
use futures_util::SinkExt;
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use crate::WsOptions;
use crate::authorized_client::AuthorizedClient;
use crate::request::{self, Filter};
use crate::wire;

/// How many events are taken from the ring at once.
const BATCH: usize = 16;

/// Serves `socket` until the client leaves, dies, is too slow or may not stay, or the platform shuts
/// down.
pub(crate) async fn serve(
    socket: WebSocket,
    platform: &Platform,
    options: &WsOptions,
    client: AuthorizedClient,
) {
    let connection = Connection {
        socket,
        platform,
        write_timeout: options.write_timeout,
        subscriber: platform.events().subscribe(None),
        filter: Filter::default(),
        heard: true,
    };
    let end = connection.run(options.ping_interval, client).await;
    tracing::debug!(?end, "a socket has closed");
}

/// Why a connection ends.
#[derive(Debug)]
enum End {
    /// The client said so, or the connection broke.
    Left,
    /// Nothing was heard of the client from one ping to the next.
    Silent,
    /// It did not take what it was sent in time.
    Slow,
    /// Its key was revoked or has expired, or one is required now.
    Dismissed,
    /// The platform shuts down.
    Stopped,
}

struct Connection<'a> {
    socket: WebSocket,
    platform: &'a Platform,
    write_timeout: Duration,
    subscriber: Subscriber,
    filter: Filter,
    /// Whether anything was heard since the latest ping.
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
                message = self.socket.recv() => match message {
                    Some(Ok(message)) => self.hear(message).await,
                    Some(Err(_)) | None => Err(End::Left),
                },
                received = self.subscriber.next(BATCH) => self.tell(received).await,
            };
            if let Err(end) = step {
                self.close(&end).await;
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

    /// Does what the client says. Pings are answered by the socket itself.
    async fn hear(&mut self, message: Message) -> Result<(), End> {
        self.heard = true;
        let answer = match message {
            Message::Text(text) => request::read(&text),
            Message::Binary(_) => Err("expected a text message".to_owned()),
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(End::Left),
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
                let send = self.socket.send(text(error));
                in_time(self.write_timeout, send).await
            }
        }
    }

    /// Tells the client of events, or of the gap before them.
    async fn tell(&mut self, received: Received) -> Result<(), End> {
        if matches!(received, Received::Ended) {
            return Err(End::Stopped);
        }
        let epoch = self.platform.events().epoch();
        let write_timeout = self.write_timeout;
        let send = async {
            match received {
                Received::Gap { from, to } => {
                    let gap = wire::gap(from, to, self.platform.now(), epoch);
                    self.socket.feed(text(gap)).await?;
                }
                Received::Ended => {}
                Received::Events(events) => {
                    let wanted = events.into_iter().filter(|event| self.filter.wants(event));
                    for message in wanted.filter_map(|event| wire::encoded(&event, epoch)) {
                        self.socket.feed(text(message)).await?;
                    }
                }
            }
            self.socket.flush().await
        };
        in_time(write_timeout, send).await
    }

    /// Says good-bye to a client that may still listen.
    async fn close(&mut self, end: &End) {
        let (code, reason) = match end {
            End::Left | End::Slow => return,
            End::Silent => (close_code::AWAY, "nothing was heard from you"),
            End::Dismissed => (close_code::POLICY, "a valid key is required"),
            End::Stopped => (close_code::AWAY, "the server shuts down"),
        };
        let frame = CloseFrame {
            code,
            reason: Utf8Bytes::from_static(reason),
        };
        let close = self.socket.send(Message::Close(Some(frame)));
        // It ends either way.
        let _ = in_time(self.write_timeout, close).await;
    }
}

fn pings(every: Duration) -> Interval {
    // An interval of nothing would panic.
    let every = every.max(Duration::from_millis(1));
    let mut pings = interval(every);
    // The first tick would be now.
    pings.reset();
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pings
}

async fn in_time(
    limit: Duration,
    write: impl Future<Output = Result<(), axum::Error>>,
) -> Result<(), End> {
    match timeout(limit, write).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(End::Left),
        Err(_elapsed) => Err(End::Slow),
    }
}

/// A text message of what is UTF-8, because serde_json wrote it.
fn text(bytes: Bytes) -> Message {
    Message::Text(Utf8Bytes::try_from(bytes).unwrap_or_default())
}
