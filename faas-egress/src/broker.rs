//! The broker: the life of a request.
//!
//! `fetch` reads the request, and for each hop of a chain of redirects: `hop` decides by the server's
//! policy and the function's rules, fills in headers, takes a connection from the pool or makes one to
//! a checked address, and sends; `answer` makes the response, whose body ends the request.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use faas_core::bindings::ByteStream;
use faas_core::clock::{Clock, Sleep, SystemClock};
use faas_core::egress::{
    Caller, Explanation, FetchRequest, FetchResponse, Network, Redirect, RefusedBy, RequestPermit,
    code,
};
use faas_core::model::egress::EgressRules;
use faas_core::runtime::HostError;
use futures_util::FutureExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_ENCODING, HeaderMap, HeaderValue, LOCATION};
use hyper::{Method, Response, StatusCode};
use tokio_rustls::rustls::pki_types::CertificateDer;

use crate::body::decode::{Coding, Decoder};
use crate::body::incoming::{Body, Held};
use crate::body::outgoing::Outgoing;
use crate::connect::{Connector, TlsParts};
use crate::dial::{Dial, SystemDialer};
use crate::failure::Failure;
use crate::headers;
use crate::options::BrokerOptions;
use crate::policy::Policy;
use crate::pool::{Bounds, Key, Lease, Pool};
use crate::quota::{Exhausted, Quota};
use crate::record::Recorder;
use crate::redirect::is_redirect;
use crate::request::{Hop, HopBody};
use crate::resolve::{Resolve, SystemResolver};
use crate::send::silence;
use crate::tls;

/// Makes requests for functions. Clones share the connections.
///
/// See the [crate] for an example.
#[derive(Debug, Clone)]
pub struct Broker(Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) connector: Connector,
    pool: Pool,
    large_decoders: Arc<Quota>,
    user_agent: HeaderValue,
}

/// Why a broker cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// TLS cannot be set up, for example because a root certificate is not valid.
    #[error("cannot set up TLS")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The `user_agent` is not a valid value of a header.
    #[error("the user agent is not a valid value of a header")]
    UserAgent,
}

/// Makes a [`Broker`].
pub struct BrokerBuilder {
    policy: Policy,
    options: BrokerOptions,
    resolver: Arc<dyn Resolve>,
    dialer: Arc<dyn Dial>,
    clock: Arc<dyn Clock>,
    roots: Vec<CertificateDer<'static>>,
}

impl fmt::Debug for BrokerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokerBuilder")
            .field("policy", &self.policy)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl BrokerBuilder {
    /// Sets the numbers.
    #[must_use]
    pub fn options(mut self, options: BrokerOptions) -> Self {
        self.options = options;
        self
    }

    /// Resolves names with this instead of the system's resolver.
    #[must_use]
    pub fn resolver(mut self, resolver: impl Resolve + 'static) -> Self {
        self.resolver = Arc::new(resolver);
        self
    }

    /// Connects with this instead of the system's sockets.
    #[must_use]
    pub fn dialer(mut self, dialer: impl Dial + 'static) -> Self {
        self.dialer = Arc::new(dialer);
        self
    }

    /// Takes the time from this clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Trusts a certificate, in DER, besides the public roots.
    #[must_use]
    pub fn root_certificate(mut self, der: Vec<u8>) -> Self {
        self.roots.push(CertificateDer::from(der));
        self
    }

    /// Makes the broker.
    ///
    /// # Errors
    /// [`BuildError`] if a setting is not valid.
    pub fn build(self) -> Result<Broker, BuildError> {
        let options = Arc::new(self.options);
        let tls = tls::connector(&self.roots).map_err(|error| BuildError::Tls(error.into()))?;
        let user_agent =
            HeaderValue::from_str(&options.user_agent).map_err(|_| BuildError::UserAgent)?;
        let bounds = Bounds {
            idle_timeout: options.idle_timeout,
            max_idle: options.max_idle,
            max_idle_per_origin: options.max_idle_per_origin,
            max_connections: options.max_connections,
            max_connections_per_partition: options.max_connections_per_partition,
        };
        let large_decoders = Quota::new(
            options.max_large_decoders,
            options.max_large_decoders_per_partition,
        );
        Ok(Broker(Arc::new(Inner {
            pool: Pool::new(bounds, self.clock.clone()),
            connector: Connector {
                policy: Arc::new(self.policy),
                resolver: self.resolver,
                dialer: self.dialer,
                clock: self.clock,
                tls: TlsParts(tls),
                options,
            },
            large_decoders,
            user_agent,
        })))
    }
}

impl Broker {
    /// Begins to make a broker with this policy.
    pub fn builder(policy: Policy) -> BrokerBuilder {
        BrokerBuilder {
            policy,
            options: BrokerOptions::default(),
            resolver: Arc::new(SystemResolver::default()),
            dialer: Arc::new(SystemDialer),
            clock: Arc::new(SystemClock::new()),
            roots: Vec::new(),
        }
    }

    /// The server's policy.
    pub fn policy(&self) -> &Policy {
        &self.0.connector.policy
    }
}

#[async_trait]
impl Network for Broker {
    async fn fetch(
        &self,
        caller: &Caller,
        request: FetchRequest,
    ) -> Result<FetchResponse, HostError> {
        self.0.fetch(caller, request).await
    }

    async fn explain(&self, url: &str, method: &str, rules: Option<&EgressRules>) -> Explanation {
        self.0.explain(url, method, rules).await
    }

    fn close(&self, partition: &str) {
        self.0.pool.close(partition);
    }
}

/// A request that was read, and what it needs to its end.
struct Fetch<'a> {
    caller: &'a Caller,
    redirect: Redirect,
    decompress: bool,
    hop: Hop,
    /// The body, if it is a stream and was not sent yet.
    stream: Option<ByteStream>,
    deadline: Option<Sleep>,
    permit: RequestPermit,
}

impl Inner {
    async fn fetch(
        &self,
        caller: &Caller,
        request: FetchRequest,
    ) -> Result<FetchResponse, HostError> {
        let deadline = caller
            .time_left
            .map(|time| self.connector.clock.sleep(time));
        let mut recorder = Recorder::begin(&self.connector.clock, &caller.observer);
        let (redirect, decompress) = (request.redirect, request.decompress);
        let begun = Hop::read(request, &self.user_agent).and_then(|(hop, stream)| {
            recorder.set_target(&hop);
            Ok((hop, stream, caller.budget.begin()?))
        });
        let (hop, stream, permit) = match begun {
            Ok(begun) => begun,
            Err(failure) => {
                recorder.fail(&failure);
                return Err(failure.error);
            }
        };
        let fetch = Fetch {
            caller,
            redirect,
            decompress,
            hop,
            stream,
            deadline,
            permit,
        };
        self.follow(fetch, recorder).await
    }

    /// Makes the request, and those that redirects ask for.
    async fn follow(
        &self,
        mut fetch: Fetch<'_>,
        mut recorder: Recorder,
    ) -> Result<FetchResponse, HostError> {
        loop {
            let done = tokio::select! {
                biased;
                done = self.hop(fetch.caller, &fetch.hop, &mut fetch.stream, &mut recorder) => done,
                () = expired(&mut fetch.deadline) => {
                    Err(Failure::new(code::TIMEOUT, "the response did not come in time"))
                }
            };
            let moved = match done {
                Ok((response, held)) => {
                    recorder.record.status = Some(response.status().as_u16());
                    match next(&mut fetch, &response) {
                        Ok(false) => return self.answer(fetch, recorder, response, held),
                        Ok(true) => Ok((response, held)),
                        Err(failure) => Err(failure),
                    }
                }
                Err(failure) => Err(failure),
            };
            match moved {
                Ok((response, held)) => {
                    drain(response.into_body(), held, &mut recorder);
                    recorder.succeed();
                }
                Err(failure) => {
                    recorder.fail(&failure);
                    return Err(failure.error);
                }
            }
            recorder = Recorder::begin(&self.connector.clock, &fetch.caller.observer);
            recorder.set_target(&fetch.hop);
        }
    }

    /// Decides on one request, and makes it.
    async fn hop(
        &self,
        caller: &Caller,
        hop: &Hop,
        stream: &mut Option<ByteStream>,
        recorder: &mut Recorder,
    ) -> Result<(Response<Incoming>, Held), Failure> {
        caller.budget.count_request()?;
        let set = self.decide(caller, hop)?;
        let policy = &self.connector.policy;
        let key = Key {
            partition: caller.partition.clone(),
            is_https: hop.target().is_https,
            host: hop.target().host.to_owned(),
            port: hop.target().port,
        };
        let mut body = take_body(hop, stream, caller, recorder);
        let mut may_repeat = hop.is_repeatable();
        loop {
            let kept = self
                .pool
                .take(&key, |peer| policy.check_address(peer).is_ok());
            let is_reused = kept.is_some();
            let mut lease = match kept {
                Some(lease) => lease,
                None => self.connect(&key, hop, recorder).await?,
            };
            recorder.record.is_reused = is_reused;
            recorder.record.is_http2 = lease.is_http2();
            let timeout = self.connector.options.first_byte_timeout;
            let sent = recorder.sent.clone();
            let result = tokio::select! {
                biased;
                result = lease.send(hop, &set, body) => result,
                () = silence(&self.connector.clock, timeout, &sent) => {
                    let message = format!("{} did not answer in time", key.host);
                    return Err(Failure::new(code::TIMEOUT, message));
                }
            };
            let failed = match result {
                Ok(response) => {
                    recorder.record.times.first_byte = Some(recorder.elapsed());
                    if response.status().is_informational() {
                        let message = format!("{} switches to another protocol", key.host);
                        return Err(Failure::new(code::PROTOCOL, message));
                    }
                    let pool = self.pool.clone();
                    return Ok((response, Held { lease, key, pool }));
                }
                Err(failed) => failed,
            };
            if let Lease::Shared(connection) = &lease {
                self.pool.discard(&key, connection);
            }
            // The host may have closed a connection that it found idle: then another one is used.
            body = match failed.unsent {
                Some(unsent) if is_reused => unsent,
                _ if is_reused && may_repeat && failed.is_broken => {
                    may_repeat = false;
                    take_body(hop, stream, caller, recorder)
                }
                _ => return Err(failed.failure),
            };
        }
    }

    /// Decides by the server's policy and the function's rules. Returns the headers to set.
    fn decide(&self, caller: &Caller, hop: &Hop) -> Result<HeaderMap, Failure> {
        let target = hop.target();
        let policy = self.connector.policy.check_target(&target);
        policy.map_err(|why| Failure::refused(RefusedBy::Server, target.host, &why))?;
        let Some(rules) = &caller.rules else {
            return Ok(HeaderMap::new());
        };
        let templates = rules.decide(&target);
        let templates =
            templates.map_err(|why| Failure::refused(RefusedBy::Function, target.host, &why))?;
        headers::fill(&templates, &*caller.secrets)
    }

    async fn connect(
        &self,
        key: &Key,
        hop: &Hop,
        recorder: &mut Recorder,
    ) -> Result<Lease, Failure> {
        let permit = self.pool.permit(&key.partition).map_err(|whose| {
            Failure::new(code::LIMIT, too_many("connections to other hosts", whose))
        })?;
        let target = hop.target();
        let connection = self.connector.connect(&target, permit, recorder).await?;
        if !connection.is_http2() {
            return Ok(Lease::Exclusive(connection));
        }
        let connection = Arc::new(connection);
        let shared = Lease::Shared(connection.clone());
        self.pool.keep(key.clone(), shared);
        Ok(Lease::Shared(connection))
    }

    /// Makes the response of the last hop.
    fn answer(
        &self,
        fetch: Fetch<'_>,
        recorder: Recorder,
        response: Response<Incoming>,
        held: Held,
    ) -> Result<FetchResponse, HostError> {
        let (head, incoming) = response.into_parts();
        let status_text = if held.lease.is_http2() {
            String::new()
        } else {
            match head.extensions.get::<hyper::ext::ReasonPhrase>() {
                Some(phrase) => String::from_utf8_lossy(phrase.as_bytes()).into_owned(),
                None => head
                    .status
                    .canonical_reason()
                    .unwrap_or_default()
                    .to_owned(),
            }
        };
        let headers = head.headers.iter();
        let headers = headers
            .map(|(name, value)| (name.to_string(), Bytes::copy_from_slice(value.as_bytes())));
        let headers = headers.collect();
        let body = if fetch.hop.method == Method::HEAD || has_no_body(head.status) {
            if incoming.is_end_stream() {
                held.release(&recorder);
            }
            recorder.succeed();
            None
        } else {
            let decoder = if fetch.decompress {
                match self.decoder(&fetch.caller.partition, &head.headers) {
                    Ok(decoder) => decoder,
                    Err(failure) => {
                        recorder.fail(&failure);
                        return Err(failure.error);
                    }
                }
            } else {
                None
            };
            let budget = fetch.caller.budget.clone();
            let (deadline, permit) = (fetch.deadline, fetch.permit);
            let body = Body::new(incoming, held, recorder, decoder, budget, deadline, permit);
            Some(ByteStream::new(body))
        };
        Ok(FetchResponse {
            url: fetch.hop.url.into(),
            redirected: fetch.hop.redirects > 0,
            status: head.status.as_u16(),
            status_text,
            headers,
            body,
        })
    }

    /// The decoder for a body with these headers, if it is encoded.
    fn decoder(
        &self,
        partition: &Arc<str>,
        headers: &HeaderMap,
    ) -> Result<Option<Decoder>, Failure> {
        let values = headers.get_all(CONTENT_ENCODING).iter();
        let codings = Coding::listed(values.map(HeaderValue::as_bytes)).unwrap_or_default();
        if codings.is_empty() {
            return Ok(None);
        }
        let large = codings.iter().filter(|coding| coding.is_large());
        let permits = large.map(|_| self.large_decoders.take(partition)).collect();
        let permits: Result<Vec<_>, _> = permits;
        let permits = permits.map_err(|whose| {
            Failure::new(code::LIMIT, too_many("responses in br or zstd", whose))
        })?;
        Ok(Some(Decoder::new(&codings, permits)))
    }
}

/// Whether a response is a redirect to follow, which `fetch` then goes to.
fn next(fetch: &mut Fetch<'_>, response: &Response<Incoming>) -> Result<bool, Failure> {
    let location = response.headers().get(LOCATION);
    let (Some(location), true) = (location, is_redirect(response.status())) else {
        return Ok(false);
    };
    match fetch.redirect {
        Redirect::Manual => Ok(false),
        Redirect::Error => {
            let status = response.status().as_u16();
            let message =
                format!("the response is a redirect ({status}), and redirect is \"error\"");
            Err(Failure::new(code::REDIRECTS, message))
        }
        Redirect::Follow => {
            fetch.hop.redirect(response.status(), location.as_bytes())?;
            Ok(true)
        }
    }
}

/// The body of a request. Bytes can be taken again, a stream only once.
fn take_body(
    hop: &Hop,
    stream: &mut Option<ByteStream>,
    caller: &Caller,
    recorder: &Recorder,
) -> Outgoing {
    let (budget, sent) = (caller.budget.clone(), recorder.sent.clone());
    match (&hop.body, stream.take()) {
        (HopBody::Stream, Some(stream)) => Outgoing::stream(stream, budget, sent),
        (HopBody::Bytes(bytes), _) => Outgoing::bytes(bytes.clone(), budget, sent),
        _ => Outgoing::bytes(Bytes::new(), budget, sent),
    }
}

/// Keeps the connection of a redirect if its body has come already.
fn drain(mut body: Incoming, held: Held, recorder: &mut Recorder) {
    const MOST: u64 = 64 << 10;
    while recorder.record.bytes_in <= MOST {
        let frame = std::future::poll_fn(|cx| std::pin::Pin::new(&mut body).poll_frame(cx));
        match frame.now_or_never() {
            Some(None) => return held.release(recorder),
            Some(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                recorder.record.bytes_in += u64::try_from(bytes).unwrap_or(u64::MAX);
            }
            Some(Some(Err(_))) | None => return,
        }
    }
}

fn has_no_body(status: StatusCode) -> bool {
    matches!(status.as_u16(), 204 | 205 | 304)
}

/// Resolves when the time is over; never if there is no limit.
async fn expired(deadline: &mut Option<Sleep>) {
    match deadline {
        Some(sleep) => sleep.await,
        None => std::future::pending().await,
    }
}

fn too_many(what: &str, whose: Exhausted) -> String {
    match whose {
        Exhausted::Server => format!("the server has too many {what}: try again later"),
        Exhausted::Partition => {
            format!("the function has too many {what}: read or cancel the bodies of responses")
        }
    }
}
