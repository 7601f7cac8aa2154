//! What every request goes through, in one layer: it gets an id, its body is wrapped
//! ([`Bodies`]), its time is limited, a panic becomes a 500, it is logged, and its answer is not
//! cached.
//!
//! One layer and not six, because each layer of a router costs every request an allocation.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, Method, Request, Uri};
use axum::response::{IntoResponse, Response};
use faas_core::request_id::{self, RequestIds};
use pin_project_lite::pin_project;
use tokio::time::{Timeout, timeout};
use tower::{Layer, Service};

use crate::body::Bodies;
use crate::error::{ApiError, Report};

pub(crate) static REQUEST_ID: HeaderName = HeaderName::from_static(request_id::HEADER);
const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Wraps a service in a [`Front`].
#[derive(Clone)]
pub(crate) struct FrontLayer {
    ids: Arc<RequestIds>,
    bodies: Arc<Bodies>,
    limit: Option<Duration>,
}

impl FrontLayer {
    /// A layer without a time limit.
    pub(crate) fn new(ids: Arc<RequestIds>, bodies: Arc<Bodies>) -> Self {
        Self {
            ids,
            bodies,
            limit: None,
        }
    }

    /// Answers 503 when a request takes longer than `limit`.
    pub(crate) fn limited(&self, limit: Duration) -> Self {
        Self {
            limit: Some(limit),
            ..self.clone()
        }
    }
}

impl<S> Layer<S> for FrontLayer {
    type Service = Front<S>;

    fn layer(&self, inner: S) -> Front<S> {
        Front {
            inner,
            ids: self.ids.clone(),
            bodies: self.bodies.clone(),
            limit: self.limit,
        }
    }
}

/// The id of a request: its own, or a new one.
fn id_of(ids: &RequestIds, request: &Request<Body>) -> HeaderValue {
    let brought = request.headers().get(&REQUEST_ID);
    let id = ids.of(brought.map(HeaderValue::as_bytes));
    HeaderValue::try_from(id).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
}

/// See the module.
#[derive(Clone)]
pub(crate) struct Front<S> {
    inner: S,
    ids: Arc<RequestIds>,
    bodies: Arc<Bodies>,
    limit: Option<Duration>,
}

impl<S, B> Service<Request<Body>> for Front<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    B: axum::body::HttpBody<Data = axum::body::Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = FrontFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let body = std::mem::take(request.body_mut());
        *request.body_mut() = self.bodies.wrap(request.headers(), body);
        let id = id_of(&self.ids, &request);
        let seen = Seen {
            method: request.method().clone(),
            uri: request.uri().clone(),
            id,
        };
        let span = tracing::debug_span!(
            "request",
            id = seen.id.to_str().unwrap_or_default(),
            method = %seen.method,
            path = seen.uri.path(),
        );
        let inner = span.in_scope(|| self.inner.call(request));
        let work = match self.limit {
            Some(limit) => Work::Limited {
                inner: timeout(limit, inner),
            },
            None => Work::Unlimited { inner },
        };
        FrontFuture { work, span, seen }
    }
}

/// What is logged of a request.
struct Seen {
    method: Method,
    uri: Uri,
    id: HeaderValue,
}

pin_project! {
    /// The response of a [`Front`].
    pub(crate) struct FrontFuture<F> {
        #[pin]
        work: Work<F>,
        span: tracing::Span,
        seen: Seen,
    }
}

pin_project! {
    #[project = WorkProject]
    enum Work<F> {
        Limited { #[pin] inner: Timeout<F> },
        Unlimited { #[pin] inner: F },
    }
}

impl<F, B, E> Future for FrontFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: axum::body::HttpBody<Data = axum::body::Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let _entered = this.span.enter();
        // A service that panicked is not polled again: its future has ended with this answer.
        let polled = catch_unwind(AssertUnwindSafe(|| match this.work.project() {
            WorkProject::Limited { inner } => inner.poll(cx),
            WorkProject::Unlimited { inner } => inner.poll(cx).map(Ok),
        }));
        let mut response = match polled {
            Ok(poll) => match ready!(poll) {
                Ok(Ok(response)) => response.map(Body::new),
                Ok(Err(error)) => return Poll::Ready(Err(error)),
                Err(_elapsed) => ApiError::timed_out().into_response(),
            },
            Err(panic) => {
                ApiError::internal(format!("panic: {}", message_of(&*panic))).into_response()
            }
        };
        log(this.seen, &mut response);
        let headers = response.headers_mut();
        headers.insert(REQUEST_ID.clone(), this.seen.id.clone());
        // What a function returns is data, even when it looks like a page.
        headers.insert(X_CONTENT_TYPE_OPTIONS, NO_SNIFF);
        // It may be private, unless its route says otherwise.
        headers.entry(CACHE_CONTROL).or_insert(NO_STORE);
        Poll::Ready(Ok(response))
    }
}

/// Logs one line for each request: an error when the server failed, a warning when it could not
/// serve. A function that failed (502, 504) is neither.
fn log(seen: &Seen, response: &mut Response) {
    let status = response.status().as_u16();
    let id = seen.id.to_str().unwrap_or_default();
    let (method, path) = (&seen.method, seen.uri.path());
    let report = response.extensions_mut().remove::<Report>();
    let cause = report.as_ref().map(|report| report.0.as_str());
    match status {
        500 => tracing::error!(id, %method, path, status, cause, "request failed"),
        503 => tracing::warn!(id, %method, path, status, cause, "request refused"),
        _ => tracing::debug!(status, "request answered"),
    }
}

fn message_of(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)")
}
