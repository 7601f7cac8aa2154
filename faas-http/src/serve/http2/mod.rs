//! Connections over HTTP/2: their limits, when they are idle, and how they end.
//!
//! Each request is a task of its connection ([`stream`]); the tasks end with it. This is written on h2
//! and not on hyper's server, because only h2 says when a stream waits for the window of its client.
//!
//! The limits of a connection:
//!
//! - [`MAX_STREAMS`] open streams, and twice as many tasks: the tasks of streams that the client has
//!   reset may not have ended. While there are as many, no stream is accepted. A client that resets
//!   streams before they are accepted ("rapid reset") gets `ENHANCE_YOUR_CALM` after
//!   [`MAX_UNSEEN_RESETS`], one that breaks the rules of streams after [`MAX_ERRORS`].
//! - [`MAX_HEADERS`] for the headers of a request, [`SEND_BUFFER`] for a response that is not written,
//!   [`STREAM_WINDOW`] and [`CONNECTION_WINDOW`] for bodies that are not read.
//! - A client that does not answer a PING for as long as the head of a request may take is
//!   disconnected. So is one that has had no request in progress for that time.

mod stream;

use std::future::poll_fn;
use std::time::Duration;

use axum::body::Bytes;
use faas_core::clock::{Clock as _, SystemClock};
use h2::{Ping, PingPong, Reason};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::Client;
use super::places::Place;
use super::stream::ClientStream;
use crate::progress::MinRate;

/// The most streams that a client may have open.
const MAX_STREAMS: u32 = 128;
/// The most tasks of a connection.
const MAX_TASKS: usize = 2 * MAX_STREAMS as usize;
/// How many streams may be reset before they were accepted.
const MAX_UNSEEN_RESETS: usize = MAX_STREAMS as usize;
/// How many streams the server may reset because the client broke a rule.
const MAX_ERRORS: usize = 256;
/// The largest headers of a request, with 32 bytes for each header.
const MAX_HEADERS: u32 = 32 << 10;
/// The most bytes of a body that the client may send before they are read.
const STREAM_WINDOW: u32 = 64 << 10;
/// The most bytes of all bodies of a connection that the client may send before they are read.
const CONNECTION_WINDOW: u32 = 512 << 10;
/// The most bytes of a response that wait to be written.
const SEND_BUFFER: usize = 64 << 10;

/// How connections are served.
#[derive(Clone)]
pub(super) struct Http2 {
    builder: h2::server::Builder,
    head_timeout: Duration,
    rate: MinRate,
}

impl Http2 {
    pub(super) fn new(head_timeout: Duration, rate: MinRate) -> Self {
        let mut builder = h2::server::Builder::new();
        builder
            .max_concurrent_streams(MAX_STREAMS)
            .max_pending_accept_reset_streams(MAX_UNSEEN_RESETS)
            .max_local_error_reset_streams(Some(MAX_ERRORS))
            .max_header_list_size(MAX_HEADERS)
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_send_buffer_size(SEND_BUFFER);
        Self {
            builder,
            head_timeout,
            rate,
        }
    }

    /// Serves one connection to its end.
    pub(super) async fn connection(
        self,
        stream: ClientStream,
        client: Client,
        place: &Place,
        stopping: &CancellationToken,
    ) {
        if let Err(error) = self.serve(stream, client, place, stopping).await {
            tracing::debug!(%error, "connection failed");
        }
    }

    async fn serve(
        self,
        stream: ClientStream,
        client: Client,
        place: &Place,
        stopping: &CancellationToken,
    ) -> Result<(), h2::Error> {
        let handshake = self.builder.handshake::<_, Bytes>(stream);
        let Ok(connection) = timeout(self.head_timeout, handshake).await else {
            return Ok(());
        };
        let (mut connection, peer) = (connection?, place.peer());
        let silence = silence(connection.ping_pong(), self.head_timeout);
        let idle = sleep_until(Instant::now() + self.head_timeout);
        tokio::pin!(silence, idle);
        let mut streams = JoinSet::new();
        let (mut is_ending, mut is_closed) = (false, false);
        loop {
            let tasks = streams.len();
            let next = poll_fn(|cx| {
                let next = if tasks < MAX_TASKS {
                    connection.poll_accept(cx)
                } else {
                    connection
                        .poll_closed(cx)
                        .map(|closed| closed.err().map(Err))
                };
                // Everything that could be written is written now.
                let is_over = is_ending && tasks == 0 && !peer.is_blocked() && next.is_pending();
                if is_over && !std::mem::replace(&mut is_closed, true) {
                    connection.abrupt_shutdown(Reason::NO_ERROR);
                    return connection.poll_accept(cx);
                }
                next
            });
            tokio::select! {
                biased;
                Some(_) = streams.join_next() => {
                    idle.as_mut().reset(Instant::now() + self.head_timeout);
                }
                next = next => match next {
                    Some(request) => {
                        let (request, mut respond) = request?;
                        match place.begin_stream() {
                            Some(place) => {
                                let client = client.clone();
                                streams.spawn(stream::answer(request, respond, client, self.rate, place));
                            }
                            None => respond.send_reset(Reason::REFUSED_STREAM),
                        }
                    }
                    None => return Ok(()),
                },
                () = peer.evicted() => return Ok(()),
                () = &mut silence => return Ok(()),
                () = stopping.cancelled(), if !is_ending => {
                    is_ending = true;
                    connection.graceful_shutdown();
                }
                () = &mut idle, if tasks == 0 && !is_ending => is_ending = true,
            }
        }
    }
}

/// Ends when the client does not answer a PING within `limit`.
async fn silence(pings: Option<PingPong>, limit: Duration) {
    let Some(mut pings) = pings else {
        return std::future::pending().await;
    };
    let clock = SystemClock::new();
    loop {
        clock.sleep(limit).await;
        match timeout(limit, pings.ping(Ping::opaque())).await {
            Ok(Ok(_)) => {}
            // The connection has failed, which it reports itself.
            Ok(Err(_)) => return std::future::pending().await,
            Err(_elapsed) => return,
        }
    }
}
