//! What a host configures.

use std::time::Duration;

/// How live events are served. All have sensible defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// The origins whose pages may connect from a browser, such as `https://example.org`; a page
    /// from the server's own host always may. `None`: all. Clients that are no browsers send no
    /// origin and are let in. Default: `None`.
    pub origins: Option<Vec<String>>,
}

impl Default for WsOptions {
    fn default() -> Self {
        Self {
            max_connections: 1_000,
            max_message: 64 << 10,
            ping_interval: Duration::from_secs(30),
            write_timeout: Duration::from_secs(10),
            origins: None,
        }
    }
}
