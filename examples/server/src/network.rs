//! The settings that bound what clients may cost: connections, memory for bodies, slow transfers.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use faas_http::ServeOptions;

use crate::certificate::Certificate;
use crate::open_files;
use crate::units::{parse_duration, parse_size};

/// These settings as flags and environment variables, or as a file has them.
#[derive(Debug, Default, Args)]
pub(crate) struct NetworkFlags {
    /// The most connections at once; beyond it, idle ones are closed. At most a third of the limit of
    /// open files [default: 10000]
    #[arg(long, env = "FAAS_MAX_CONNECTIONS", value_name = "COUNT")]
    pub(crate) max_connections: Option<usize>,

    /// The most connections at once from one address (IPv6: one /64 network); beyond it, new ones are
    /// answered 503. A reverse proxy is one address [default: half of --max-connections]
    #[arg(long, env = "FAAS_MAX_CONNECTIONS_PER_ADDRESS", value_name = "COUNT")]
    pub(crate) max_connections_per_address: Option<usize>,

    /// The most memory for request bodies while they arrive, over all requests; beyond it, requests
    /// are answered 503 [default: 128MiB]
    #[arg(long, env = "FAAS_MAX_BODY_MEMORY", value_name = "SIZE", value_parser = parse_size)]
    pub(crate) max_body_memory: Option<usize>,

    /// The time over which --min-rate is measured; 0s switches it off [default: 10s]
    #[arg(long, env = "FAAS_STALL_TIMEOUT", value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) stall_timeout: Option<Duration>,

    /// How many bytes a second a client must at least send of a request body, or read of a response;
    /// a slower body is answered 408, a slower reader is disconnected [default: 1KiB]
    #[arg(long, env = "FAAS_MIN_RATE", value_name = "SIZE", value_parser = parse_size)]
    pub(crate) min_rate: Option<usize>,

    /// File with the certificate of the server, in PEM, followed by those that lead to its root; with
    /// it, the server speaks TLS only [default: none]
    ///
    /// The server reads the files again when they change.
    #[arg(long, env = "FAAS_TLS_CERT", value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// File with the private key of --tls-cert, in PEM
    #[arg(long, env = "FAAS_TLS_KEY", value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
}

/// These settings, checked.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    pub(crate) max_connections: usize,
    pub(crate) max_connections_per_address: usize,
    pub(crate) max_body_memory: usize,
    pub(crate) stall_timeout: Duration,
    pub(crate) min_rate: usize,
    pub(crate) certificate: Option<Certificate>,
}

impl Network {
    /// Merges flags, file and defaults. `largest_body` is the most that one request may send.
    ///
    /// # Errors
    /// Names the setting that is invalid, and what was expected.
    pub(crate) fn merge(
        flags: &NetworkFlags,
        file: &NetworkFlags,
        largest_body: usize,
    ) -> Result<Self, String> {
        let max_connections = flags
            .max_connections
            .or(file.max_connections)
            .unwrap_or(10_000);
        if max_connections == 0 {
            return Err("--max-connections must be at least 1".to_owned());
        }
        let max_connections_per_address = flags
            .max_connections_per_address
            .or(file.max_connections_per_address)
            .unwrap_or_else(|| max_connections.div_ceil(2));
        if max_connections_per_address == 0 {
            return Err("--max-connections-per-address must be at least 1".to_owned());
        }
        let max_body_memory = flags.max_body_memory.or(file.max_body_memory);
        if max_body_memory.is_some_and(|bytes| bytes < largest_body) {
            return Err(format!(
                "--max-body-memory must be at least {largest_body} bytes, which one request may send \
                 with this --max-body"
            ));
        }
        Ok(Self {
            max_connections,
            max_connections_per_address,
            max_body_memory: max_body_memory.unwrap_or(128 << 20),
            stall_timeout: flags
                .stall_timeout
                .or(file.stall_timeout)
                .unwrap_or(Duration::from_secs(10)),
            min_rate: flags.min_rate.or(file.min_rate).unwrap_or(1 << 10),
            certificate: Certificate::merge(
                flags.tls_cert.clone().or_else(|| file.tls_cert.clone()),
                flags.tls_key.clone().or_else(|| file.tls_key.clone()),
            )?,
        })
    }

    /// As the server takes them, within the limit of open files.
    pub(crate) fn serve_options(&self, head_timeout: Duration) -> ServeOptions {
        let room = open_files::room_for_connections();
        let most = self.max_connections.min(room);
        let mut options = ServeOptions::default();
        options.max_connections = most;
        // Where there is room for fewer, one address still gets no more than its part of them.
        options.max_connections_per_address = if most < self.max_connections {
            self.max_connections_per_address.min(most.div_ceil(2))
        } else {
            self.max_connections_per_address
        };
        options.head_timeout = head_timeout;
        options.stall_timeout = self.stall_timeout;
        options.min_rate = self.min_rate;
        options
    }
}
