//! The broker: the life of a request.
//!
//! `fetch` reads the request, and for each hop of a chain of redirects: `hop` decides by the server's
//! policy and the function's rules, fills in headers, takes a connection from the pool or makes one to
//! a checked address, and sends; `answer` makes the response, whose body ends the request.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use faas_core::bindings::ByteStream;
use faas_core::clock::Sleep;
use faas_core::egress::{
    Caller, Explanation, FetchRequest, FetchResponse, Network, Redirect, RefusedBy, RequestPermit,
    code,
};
use faas_core::model::egress::EgressRules;
use faas_core::runtime::HostError;
use futures_util::FutureExt as _;
use hyper::Response;
use hyper::body::{Body as _, Incoming};
use hyper::header::{HeaderMap, HeaderValue, LOCATION};

use crate::body::incoming::Held;
use crate::body::outgoing::Outgoing;
use crate::connect::Connector;
use crate::failure::Failure;
use crate::headers;
use crate::pool::{Key, Lease, Pool};
use crate::quota::{Exhausted, Quota};
use crate::record::Recorder;
use crate::redirect::is_redirect;
use crate::request::{Hop, HopBody};
use crate::send::silence;

/// Makes requests for functions. Clones share the connections.
///
/// See the [crate] for an example.
#[derive(Debug, Clone)]
pub struct Broker(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) connector: Connector,
    pub(crate) pool: Pool,
    pub(crate) large_decoders: Arc<Quota>,
    pub(crate) user_agent: HeaderValue,
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
pub(crate) struct Fetch<'a> {
    pub(crate) caller: &'a Caller,
    redirect: Redirect,
    pub(crate) decompress: bool,
    pub(crate) hop: Hop,
    /// The body, if it is a stream and was not sent yet.
    stream: Option<ByteStream>,
    pub(crate) deadline: Option<Sleep>,
    pub(crate) permit: RequestPermit,
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

/// Resolves when the time is over; never if there is no limit.
async fn expired(deadline: &mut Option<Sleep>) {
    match deadline {
        Some(sleep) => sleep.await,
        None => std::future::pending().await,
    }
}

pub(crate) fn too_many(what: &str, whose: Exhausted) -> String {
    match whose {
        Exhausted::Server => format!("the server has too many {what}: try again later"),
        Exhausted::Partition => {
            format!("the function has too many {what}: read or cancel the bodies of responses")
        }
    }
}
