//! What a host configures.

use std::time::Duration;

use faas_core::access::Access;

/// How live events are served. Every option has a default.
#[derive(Clone)]
#[non_exhaustive]
pub struct WsOptions {
    /// The most connections at once; one more is refused with 503. Default: 1,000.
    pub max_connections: usize,
    /// The largest message that a client may send, in bytes. A larger one closes its connection
    /// with the code 1009. Default: 64 KiB.
    pub max_message: usize,
    /// How often a client is pinged. A client that sends nothing between two pings is disconnected,
    /// at most two intervals after its last message. Default: 30 s.
    pub ping_interval: Duration,
    /// How long a client may take to receive one message; then its connection is closed. Default:
    /// 10 s.
    pub write_timeout: Duration,
    /// The most bytes of events that wait to be sent, over all connections. An event that does not
    /// fit is left out for the client in question, which receives a `gap` in its place. Messages of
    /// at most 4 KiB do not count. Default: 64 MiB.
    pub max_buffered: usize,
    /// Which clients are let in, and for how long. `None`: all of them; use this when your own layer
    /// around the router checks requests, or when nobody else can reach it. Default: `None`.
    pub access: Option<Access>,
}

impl Default for WsOptions {
    fn default() -> Self {
        Self {
            max_connections: 1_000,
            max_message: 64 << 10,
            ping_interval: Duration::from_secs(30),
            write_timeout: Duration::from_secs(10),
            max_buffered: 64 << 20,
            access: None,
        }
    }
}
