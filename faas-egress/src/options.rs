//! The numbers of a broker.

use std::time::Duration;

/// What hyper reads without allocating.
pub(crate) const HYPER_HEADERS: usize = 100;

/// The numbers of a broker. All have sensible defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BrokerOptions {
    /// How long resolving a name may take.
    pub dns_timeout: Duration,
    /// How long connecting to one address may take. If a host has several, the next one is tried.
    pub connect_timeout: Duration,
    /// How long the TLS handshake may take.
    pub tls_timeout: Duration,
    /// How long the head of a response may take, from when the last byte of the request was sent.
    pub first_byte_timeout: Duration,
    /// The most bytes of the head of a response.
    pub max_response_head: usize,
    /// The most headers of a response.
    pub max_response_headers: usize,
    /// How long a connection is kept without a request.
    pub idle_timeout: Duration,
    /// The most idle connections. Past that, the one that was idle for longest is closed.
    pub max_idle: usize,
    /// The most idle connections of a partition to one host and port. Past that, a connection is
    /// closed after its request.
    pub max_idle_per_origin: usize,
    /// The most connections. Past that, idle ones are closed, and then requests fail.
    pub max_connections: usize,
    /// The most connections of a partition. Past that, idle ones are closed, and then requests fail.
    pub max_connections_per_partition: usize,
    /// The most bodies that are decoded at a time with a large window, of up to 16 MiB (br, zstd).
    /// Past that, such responses fail.
    pub max_large_decoders: usize,
    /// The most of these of a partition.
    pub max_large_decoders_per_partition: usize,
    /// The header `user-agent` of requests that have none.
    pub user_agent: String,
}

impl Default for BrokerOptions {
    fn default() -> Self {
        Self {
            dns_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            tls_timeout: Duration::from_secs(10),
            first_byte_timeout: Duration::from_secs(60),
            max_response_head: 64 << 10,
            max_response_headers: HYPER_HEADERS,
            idle_timeout: Duration::from_secs(60),
            max_idle: 1_024,
            max_idle_per_origin: 128,
            max_connections: 2_048,
            max_connections_per_partition: 256,
            max_large_decoders: 128,
            max_large_decoders_per_partition: 32,
            user_agent: concat!("faas-egress/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}
