//! What a host configures.

use std::time::Duration;

use faas_core::access::Access;

/// How the router treats requests. All have sensible defaults.
#[derive(Clone)]
#[non_exhaustive]
pub struct HttpOptions {
    /// The largest input of a function, in bytes; the body of `invoke` is an input. Bodies that
    /// hold an input or code as one member of an object may be larger by what that needs. A larger
    /// body is refused with 413. Default: 1 MiB.
    pub max_body: usize,
    /// Who is let in. `None`: everybody, as far as this router is concerned: the host has a layer of
    /// its own around it, or nobody else can reach it. Default: `None`.
    pub access: Option<Access>,
    /// The origins whose pages may read the answers in a browser, such as `https://example.org`; `*`
    /// stands for all. Whether their requests are taken is for `access` to say. Default: none but
    /// its own.
    pub cors_origins: Vec<String>,
    /// How long a request may take, from its first byte to its answer; then it is given up with 503.
    /// For `invoke` it is how long the body may take to arrive (then 408): once that is read, the
    /// wait for the result is bounded by the function's own timeout and the bounded queue before it.
    /// Default: 30 s.
    pub request_timeout: Duration,
    /// Whether answers above 1 KiB are compressed for clients that take gzip. Default: yes.
    pub compression: bool,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            max_body: 1 << 20,
            access: None,
            cors_origins: Vec::new(),
            request_timeout: Duration::from_secs(30),
            compression: true,
        }
    }
}

impl HttpOptions {
    /// The largest body of `execute` and `estimate`: an input and what is around it.
    pub(crate) const fn max_envelope(&self) -> usize {
        const AROUND: usize = 16 << 10;
        self.max_body.saturating_add(AROUND)
    }

    /// The largest body that holds code: in a JSON string it can be twice as long.
    pub(crate) const fn max_upload(&self) -> usize {
        self.max_envelope().saturating_mul(2)
    }
}
