//! Access control: each request is checked by [`Access`] before its body is read.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{AUTHORIZATION, HOST, HeaderName, HeaderValue, ORIGIN};
use axum::http::{HeaderMap, Request};
use axum::response::Response;
use faas_core::access::{Access, Asking, Caller, Permission, Refusal, Whence, bearer_key};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use crate::error::ApiError;
use crate::routes;

static FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
static FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Wraps a route in a [`Guard`].
#[derive(Clone)]
pub(crate) struct GuardLayer {
    access: Access,
    permission: Permission,
    key_may_lack: bool,
}

impl GuardLayer {
    /// Requires a key with this permission.
    pub(crate) const fn new(access: Access, permission: Permission) -> Self {
        Self {
            access,
            permission,
            key_may_lack: false,
        }
    }

    /// Accepts a valid key or none, but no wrong one.
    pub(crate) const fn without_key(access: Access) -> Self {
        Self {
            access,
            permission: Permission::Identify,
            key_may_lack: true,
        }
    }
}

impl<S> Layer<S> for GuardLayer {
    type Service = Guard<S>;

    fn layer(&self, inner: S) -> Guard<S> {
        Guard {
            inner,
            access: self.access.clone(),
            permission: self.permission,
            key_may_lack: self.key_may_lack,
        }
    }
}

/// See the module.
#[derive(Clone)]
pub(crate) struct Guard<S> {
    inner: S,
    access: Access,
    permission: Permission,
    key_may_lack: bool,
}

impl<S> Service<Request<Body>> for Guard<S>
where
    S: Service<Request<Body>, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = GuardFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        match self.access.admit(&asking(&request), self.permission) {
            Ok(caller) => {
                // Invocations need it only to label their executions.
                if self.permission != Permission::Invoke || caller != Caller::Local {
                    request.extensions_mut().insert(caller);
                }
                GuardFuture::Admitted {
                    inner: self.inner.call(request),
                }
            }
            // The key is checked last: the host and the origin are accepted.
            Err(Refusal::KeyRequired) if self.key_may_lack => GuardFuture::Admitted {
                inner: self.inner.call(request),
            },
            Err(refusal) => {
                let refused = routes::in_envelope(request.uri(), ApiError::from(refusal));
                GuardFuture::Refused {
                    answer: ready(Ok(refused)),
                }
            }
        }
    }
}

pin_project! {
    /// The response of a [`Guard`].
    #[project = GuardProject]
    pub(crate) enum GuardFuture<F> {
        Admitted { #[pin] inner: F },
        Refused { answer: Ready<Result<Response, Infallible>> },
    }
}

impl<F: Future<Output = Result<Response, Infallible>>> Future for GuardFuture<F> {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            GuardProject::Admitted { inner } => inner.poll(cx),
            GuardProject::Refused { answer } => Pin::new(answer).poll(cx),
        }
    }
}

/// What the check needs of `request`.
pub(crate) fn asking(request: &Request<Body>) -> Asking<'_> {
    let headers = request.headers();
    let text = |name: &HeaderName| one(headers, name).map(Result::unwrap_or_default);
    let authority = request.uri().authority();
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>();
    Asking {
        key: text(&AUTHORIZATION).map(bearer_key),
        whence: Whence {
            host: text(&HOST).or_else(|| authority.map(|authority| authority.as_str())),
            origin: text(&ORIGIN),
            fetch_site: text(&FETCH_SITE),
            fetch_mode: text(&FETCH_MODE),
            may_change: !request.method().is_safe(),
        },
        address: address.map(|ConnectInfo(address)| address.ip()),
    }
}

/// The only value of a header; an error when it is not text or given twice.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Result<&'a str, ()>> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    let text = first.to_str().map_err(|_| ());
    Some(match values.next() {
        None => text,
        Some(_) => Err(()),
    })
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self::refused(
            refusal.status(),
            refusal.code(),
            refusal.to_string(),
            refusal.retry_after_seconds(),
        )
    }
}

/// Every 401 says how to send a key.
pub(crate) const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer");
