//! What a host configures.

use std::time::Duration;

use faas_core::access::Access;

/// How live events are served. All have sensible defaults.
#[derive(Clone)]
#[non_exhaustive]
pub struct WsOptions {
    /// How many connections there may be; one more is refused with 503. Default: 1,000.
    pub max_connections: usize,
    /// The largest message of a client, in bytes; a larger one ends its connection. Default: 64 KiB.
    pub max_message: usize,
    /// How often a client is pinged. One that says nothing from one ping to the next is taken for
    /// dead: at most two of these spans after it fell silent. Default: 30 s.
    pub ping_interval: Duration,
    /// How long a client may take to take what it is sent; then its connection is ended. Default:
    /// 10 s.
    pub write_timeout: Duration,
    /// Who is let in, and how long they may stay. `None`: everybody, as far as this router is
    /// concerned: the host has a layer of its own around it, or nobody else can reach it. Default:
    /// `None`.
    pub access: Option<Access>,
}

impl Default for WsOptions {
    fn default() -> Self {
        Self {
            max_connections: 1_000,
            max_message: 64 << 10,
            ping_interval: Duration::from_secs(30),
            write_timeout: Duration::from_secs(10),
            access: None,
        }
    }
}
