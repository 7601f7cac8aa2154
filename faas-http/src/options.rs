//! What a host configures.

use std::time::Duration;

use faas_core::access::Access;

/// How the router handles requests. Every option has a default.
#[derive(Clone)]
#[non_exhaustive]
pub struct HttpOptions {
    /// The largest input of a function, in bytes; the body of `invoke` is an input. Bodies that hold
    /// an input or code as a member of an object may be larger by what that needs. A larger body is
    /// refused with 413; an encoded body must also fit once it is decoded. Default: 1 MiB.
    pub max_body: usize,
    /// The largest code of an upload, in bytes. Default: 10 MiB, or `max_body` if that is larger.
    pub max_code: usize,
    /// Which requests are let in. `None`: all of them; use this when your own layer around the router
    /// checks requests, or when nobody else can reach it. Default: `None`.
    pub access: Option<Access>,
    /// The origins whose pages may read responses in a browser, such as `https://example.org`; `*`
    /// stands for all. `access` decides whether their requests are served. Default: none but the
    /// server's own.
    pub cors_origins: Vec<String>,
    /// The most bytes of request bodies that are in memory while they arrive, over all requests. A
    /// body that does not fit is refused with 503. The first 16 KiB of each body do not count. At
    /// least one body of the largest kind has room. Default: 128 MiB.
    pub max_body_memory: usize,
    /// The time over which `min_rate` is measured. A request whose body arrives more slowly is
    /// answered with 408. Zero: no limit. Default: 10 s.
    pub stall_timeout: Duration,
    /// The fewest bytes a second at which a body must arrive. Default: 1 KiB.
    pub min_rate: usize,
    /// How long a request may take; then it is answered with 503. For `invoke` it is how long the
    /// body may take to arrive (then 408): after that, the function's own timeout and the bounded
    /// queue limit the wait for the result. Default: 30 s.
    pub request_timeout: Duration,
    /// Whether responses above 1 KiB are compressed for clients that accept gzip. Default: yes.
    pub compression: bool,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            max_body: 1 << 20,
            max_code: 10 << 20,
            access: None,
            cors_origins: Vec::new(),
            max_body_memory: 128 << 20,
            stall_timeout: Duration::from_secs(10),
            min_rate: 1 << 10,
            request_timeout: Duration::from_secs(30),
            compression: true,
        }
    }
}

impl HttpOptions {
    /// The default options with this [`max_body`](Self::max_body).
    pub fn with_max_body(max_body: usize) -> Self {
        Self {
            max_body,
            max_code: max_body,
            ..Self::default()
        }
    }

    /// The largest body of `execute` and `estimate`: an input and the object around it.
    pub(crate) const fn max_envelope(&self) -> usize {
        const AROUND: usize = 16 << 10;
        self.max_body.saturating_add(AROUND)
    }

    /// The largest body of `execute/batch`: inputs of 8 MiB, and the objects around them.
    pub(crate) const fn max_batch(&self) -> usize {
        const BATCH: usize = 9 << 20;
        let one = self.max_envelope();
        if one > BATCH { one } else { BATCH }
    }

    /// The largest body of all: an upload, whose code can be twice as long in a JSON string.
    pub const fn max_upload(&self) -> usize {
        const AROUND: usize = 16 << 10;
        let code = if self.max_code > self.max_body {
            self.max_code
        } else {
            self.max_body
        };
        code.saturating_add(AROUND).saturating_mul(2)
    }
}
