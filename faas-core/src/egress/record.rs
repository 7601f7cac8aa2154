//! What is kept of a request.

use std::fmt;
use std::time::Duration;

use crate::model::RequestRecord;

/// One request, or one redirect that was followed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FetchRecord {
    /// The method.
    pub method: String,
    /// `http` or `https`; empty if the URL was not valid.
    pub scheme: &'static str,
    /// The host as the URL standard serializes it; empty if the URL was not valid.
    pub host: String,
    /// The port; 0 if the URL was not valid.
    pub port: u16,
    /// The status, if a response came.
    pub status: Option<u16>,
    /// Whether the request used HTTP/2.
    pub is_http2: bool,
    /// Whether the connection had been used before.
    pub is_reused: bool,
    /// How long its parts took.
    pub times: FetchTimes,
    /// The bytes of the body that was sent.
    pub bytes_out: u64,
    /// The bytes of the body that came, before it was decoded.
    pub bytes_in: u64,
    /// The code of the error, if the request failed.
    pub error: Option<String>,
    /// Whose rule refused the request, if one did.
    pub refused_by: Option<RefusedBy>,
    /// What the refusal says.
    pub refusal: Option<String>,
}

/// How long the parts of a request took. A part that did not happen is `None`: a reused connection
/// has no `dns`, `connect` and `tls`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FetchTimes {
    /// Resolving the name.
    pub dns: Option<Duration>,
    /// Connecting, over all addresses that were tried.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From the beginning of the request to the head of the response.
    pub first_byte: Option<Duration>,
    /// From the beginning of the request to its end.
    pub total: Duration,
}

impl From<FetchRecord> for RequestRecord {
    fn from(record: FetchRecord) -> Self {
        let micros = |time: Option<Duration>| {
            time.map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
        };
        Self {
            method: record.method,
            scheme: record.scheme.to_owned(),
            host: record.host,
            port: record.port,
            status: record.status,
            http2: record.is_http2,
            reused: record.is_reused,
            dns: micros(record.times.dns),
            connect: micros(record.times.connect),
            tls: micros(record.times.tls),
            first_byte: micros(record.times.first_byte),
            refused_by: record.refused_by.map(|by| by.as_str().to_owned()),
            refusal: record.refusal,
        }
    }
}

/// Whose rule refused a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusedBy {
    /// The server's policy.
    Server,
    /// The function's own rules.
    Function,
}

impl RefusedBy {
    /// `server` or `function`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Function => "function",
        }
    }
}

impl fmt::Display for RefusedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
