//! New connections: resolve once, check every address, connect to a checked one, then TLS and HTTP.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use faas_core::clock::Clock;
use faas_core::egress::{RefusedBy, code};
use faas_core::model::egress::Target;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::body::outgoing::Outgoing;
use crate::dial::Dial;
use crate::failure::Failure;
use crate::options::{BrokerOptions, HYPER_HEADERS};
use crate::policy::{Policy, PolicyRefusal};
use crate::pool::{Connection, Sender, Task};
use crate::quota::Permit;
use crate::record::Recorder;
use crate::resolve::Resolve;

/// The most addresses of a name that are tried.
const MAX_ADDRESSES: usize = 16;

/// Makes connections.
#[derive(Debug)]
pub(crate) struct Connector {
    pub(crate) policy: Arc<Policy>,
    pub(crate) resolver: Arc<dyn Resolve>,
    pub(crate) dialer: Arc<dyn Dial>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) tls: TlsParts,
    pub(crate) options: Arc<BrokerOptions>,
}

/// The TLS configuration. It has no `Debug`.
pub(crate) struct TlsParts(pub(crate) TlsConnector);

impl std::fmt::Debug for TlsParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TlsParts")
    }
}

/// An address of a host, and what the policy says of it.
pub(crate) type Judged = (IpAddr, Result<(), PolicyRefusal>);

impl Connector {
    /// The addresses of a host, each of them judged. A name is resolved once.
    pub(crate) async fn judge(&self, host: &str) -> Result<Vec<Judged>, Failure> {
        let addresses = match literal(host) {
            Some(address) => vec![address],
            None => self.resolve(host).await?,
        };
        let mut judged: Vec<Judged> = Vec::with_capacity(addresses.len());
        for address in addresses {
            if judged.len() < MAX_ADDRESSES && judged.iter().all(|(known, _)| *known != address) {
                judged.push((address, self.policy.check_address(address)));
            }
        }
        Ok(judged)
    }

    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, Failure> {
        let failed = |why: &str| Failure::new(code::DNS, format!("cannot resolve {host}: {why}"));
        let resolving = self.resolver.resolve(host);
        let found = self.within(self.options.dns_timeout, resolving).await;
        match found {
            None => Err(failed("no answer came in time")),
            // The system's text tells the code nothing that it needs.
            Some(Err(_)) => Err(failed("the name is not known, or no name server answers")),
            Some(Ok(addresses)) if addresses.is_empty() => Err(failed("it has no address")),
            Some(Ok(addresses)) => Ok(addresses),
        }
    }

    /// `None` if it takes longer than `time`.
    async fn within<T>(&self, time: Duration, future: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = future => Some(done),
            () = self.clock.sleep(time) => None,
        }
    }

    /// Connects to the host of a request.
    pub(crate) async fn connect(
        &self,
        target: &Target<'_>,
        permit: Permit,
        recorder: &mut Recorder,
    ) -> Result<Connection, Failure> {
        let host = target.host;
        let began = recorder.elapsed();
        let judged = self.judge(host).await?;
        let resolved = recorder.elapsed();
        if literal(host).is_none() {
            recorder.record.times.dns = Some(resolved.saturating_sub(began));
        }
        let (stream, peer) = self.dial(host, target.port, &judged).await?;
        let connected = recorder.elapsed();
        recorder.record.times.connect = Some(connected.saturating_sub(resolved));
        if !target.is_https {
            return self.http1(stream, peer, permit, host).await;
        }
        let stream = self.handshake(stream, host).await?;
        recorder.record.times.tls = Some(recorder.elapsed().saturating_sub(connected));
        if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
            self.http2(stream, peer, permit, host).await
        } else {
            self.http1(stream, peer, permit, host).await
        }
    }

    /// Connects to the first address that accepts, among those that the policy allows.
    async fn dial(
        &self,
        host: &str,
        port: u16,
        judged: &[Judged],
    ) -> Result<(TcpStream, SocketAddr), Failure> {
        let allowed = judged.iter().filter(|(_, verdict)| verdict.is_ok());
        let mut last = None;
        for (address, _) in allowed {
            let address = SocketAddr::new(*address, port);
            let dialing = self.dialer.dial(address);
            match self.within(self.options.connect_timeout, dialing).await {
                Some(Ok(stream)) => return Ok((stream, address)),
                Some(Err(error)) => last = Some(error.kind().to_string()),
                None => last = Some("no answer came in time".to_owned()),
            }
        }
        match last {
            Some(why) => Err(Failure::new(
                code::CONNECT,
                format!("cannot connect to {host} on port {port}: {why}"),
            )),
            None => Err(refused_addresses(host, judged)),
        }
    }

    async fn handshake(
        &self,
        stream: TcpStream,
        host: &str,
    ) -> Result<TlsStream<TcpStream>, Failure> {
        let failed = |why: String| {
            Failure::new(
                code::TLS,
                format!("the TLS handshake with {host} failed: {why}"),
            )
        };
        let name = match literal(host) {
            Some(address) => ServerName::IpAddress(address.into()),
            None => {
                let name = host.strip_suffix('.').unwrap_or(host).to_owned();
                ServerName::try_from(name).map_err(|error| failed(error.to_string()))?
            }
        };
        let shaking = self.tls.0.connect(name, stream);
        match self.within(self.options.tls_timeout, shaking).await {
            Some(done) => done.map_err(|error| failed(error.to_string())),
            None => Err(failed("no answer came in time".to_owned())),
        }
    }

    async fn http1<S>(
        &self,
        stream: S,
        peer: SocketAddr,
        permit: Permit,
        host: &str,
    ) -> Result<Connection, Failure>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let mut builder = http1::Builder::new();
        builder.max_buf_size(self.options.max_response_head.max(8 << 10));
        if self.options.max_response_headers != HYPER_HEADERS {
            builder.max_headers(self.options.max_response_headers);
        }
        let (sender, connection) = builder
            .handshake::<_, Outgoing>(TokioIo::new(stream))
            .await
            .map_err(|error| Failure::of_http(&error, host))?;
        let task = Task::spawn(async {
            // The request gets the error.
            let _ = connection.await;
        });
        Ok(Connection::new(Sender::Http1(sender), peer, task, permit))
    }

    async fn http2(
        &self,
        stream: TlsStream<TcpStream>,
        peer: SocketAddr,
        permit: Permit,
        host: &str,
    ) -> Result<Connection, Failure> {
        let most = u32::try_from(self.options.max_response_head).unwrap_or(u32::MAX);
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .max_header_list_size(most)
            .handshake::<_, Outgoing>(TokioIo::new(stream))
            .await
            .map_err(|error| Failure::of_http(&error, host))?;
        let task = Task::spawn(async {
            // The requests get the error.
            let _ = connection.await;
        });
        Ok(Connection::new(Sender::Http2(sender), peer, task, permit))
    }
}

/// The policy allows no address of the host. The message does not name the addresses: they may be
/// those of the server's own network.
pub(crate) fn refused_addresses(host: &str, judged: &[Judged]) -> Failure {
    let why = judged.iter().find_map(|(_, verdict)| verdict.clone().err());
    match why {
        Some(why) if literal(host).is_some() => Failure::refused(RefusedBy::Server, host, &why),
        Some(why) => {
            let why = format!("the address that it resolves to is refused: {why}");
            Failure::refused(RefusedBy::Server, host, &why)
        }
        None => Failure::new(
            code::DNS,
            format!("cannot resolve {host}: it has no address"),
        ),
    }
}

/// The address that a host of a URL is, if it is not a name.
pub(crate) fn literal(host: &str) -> Option<IpAddr> {
    let inside = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inside.unwrap_or(host).parse().ok()
}
