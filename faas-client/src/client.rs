//! Requests and answers.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tower::util::BoxCloneSyncService;
use url::Url;

use crate::connect::{Connector, Io};
use crate::error::{ApiError, Body, Error};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;
/// The body of a request.
pub(crate) type RequestBody = UnsyncBoxBody<Bytes, Cause>;
type Service =
    BoxCloneSyncService<hyper::Uri, hyper_util::rt::TokioIo<Box<dyn Io>>, std::io::Error>;

/// A client of one server. Clones share their connections.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    http: legacy::Client<Service, RequestBody>,
    connector: Connector,
    base: Url,
    /// The value of `Authorization`.
    authorization: Option<HeaderValue>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.server()).finish()
    }
}

/// The settings of a [`Client`].
#[derive(Clone)]
#[must_use]
pub struct ClientBuilder {
    url: String,
    key: Option<String>,
    roots: Vec<u8>,
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClientBuilder").field(&self.url).finish()
    }
}

impl ClientBuilder {
    /// The API key to send with each request.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Certificates in PEM that the client trusts besides the public ones.
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots = pem.into();
        self
    }

    /// The client. It connects when it sends the first request.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the URL, the key or a certificate is not valid.
    pub fn build(self) -> Result<Client, Error> {
        let base = parse(&self.url).map_err(Error::Invalid)?;
        let authorization = self.key.map(|key| authorization(&key)).transpose();
        let roots = CertificateDer::pem_slice_iter(&self.roots).collect::<Result<Vec<_>, _>>();
        let roots = roots.map_err(|error| format!("the root certificates are not PEM: {error}"));
        let connector = roots.and_then(Connector::new).map_err(Error::Invalid)?;
        let dial = connector.clone();
        let service = tower::service_fn(move |uri| {
            let dial = dial.clone();
            async move { dial.connect(uri).await }
        });
        Ok(Client {
            shared: Arc::new(Shared {
                http: legacy::Client::builder(TokioExecutor::new())
                    .build(BoxCloneSyncService::new(service)),
                connector,
                base,
                authorization: authorization.map_err(Error::Invalid)?,
            }),
        })
    }
}

fn parse(text: &str) -> Result<Url, String> {
    let expected =
        |problem: &str| format!("{problem}: expected a URL such as https://faas.example");
    let url = Url::parse(text).map_err(|error| expected(&format!("invalid URL ({error})")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(expected("the URL of the server is not an HTTP URL"));
    }
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err(expected(
            "the URL of the server must have no user, query or fragment",
        ));
    }
    Ok(url)
}

fn authorization(key: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", key.trim()))
        .map_err(|_| "the key has characters that no key has".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

/// An answer without an error.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Client {
    /// A client of the server at this URL, without a key.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the URL is not valid.
    pub fn new(url: impl Into<String>) -> Result<Self, Error> {
        Self::builder(url).build()
    }

    /// The settings of a client of the server at this URL.
    pub fn builder(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder {
            url: url.into(),
            key: None,
            roots: Vec::new(),
        }
    }

    /// The server's URL, without a slash at its end.
    pub fn server(&self) -> &str {
        self.shared.base.as_str().trim_end_matches('/')
    }

    /// Sends a `GET` request. `path` may have a query.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.send(Method::GET, path, None::<&()>).await
    }

    /// Sends a `POST` request with a JSON body.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, Error> {
        self.send(Method::POST, path, Some(body)).await
    }

    /// Sends a request with a JSON body, or without a body.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<T, Error> {
        let mut headers = HeaderMap::new();
        let body = match body {
            None => Full::default(),
            Some(body) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                json(body)?
            }
        };
        let answer = self.exchange(method, path, headers, boxed(body)).await?;
        self.read(&answer)
    }

    /// Reads the JSON of an answer.
    pub(crate) fn read<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, Error> {
        serde_json::from_slice(&answer.body)
            .map_err(|error| self.unexpected(answer.status, error.to_string()))
    }

    /// Sends a request and receives the whole answer.
    ///
    /// # Errors
    /// [`Error::Api`] for a status of 400 and above.
    pub(crate) async fn exchange(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: RequestBody,
    ) -> Result<Answer, Error> {
        let uri = format!("{}{path}", self.server());
        let mut request = Request::builder().method(method).uri(uri).body(body);
        if let Ok(request) = &mut request {
            *request.headers_mut() = headers;
            if let Some(key) = &self.shared.authorization {
                request.headers_mut().insert(AUTHORIZATION, key.clone());
            }
        }
        let request = request.map_err(|error| Error::Invalid(error.to_string()))?;
        let response = self.shared.http.request(request).await;
        let response = response.map_err(|error| {
            let server = self.server().to_owned();
            let is_connect = error.is_connect();
            let source = root_cause(Box::new(error));
            if is_connect {
                Error::Connect { server, source }
            } else {
                Error::Broken { server, source }
            }
        })?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| Error::Broken {
            server: self.server().to_owned(),
            source: root_cause(Box::new(error)),
        })?;
        let answer = Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.to_bytes(),
        };
        if answer.status.is_client_error() || answer.status.is_server_error() {
            return Err(self.refused(&answer));
        }
        if answer.status.is_redirection() {
            let problem = "a redirect, which this client does not follow".to_owned();
            return Err(self.unexpected(answer.status, problem));
        }
        Ok(answer)
    }

    /// The error in an answer.
    pub(crate) fn refused(&self, answer: &Answer) -> Error {
        let text = |name: &HeaderName| answer.headers.get(name)?.to_str().ok();
        match serde_json::from_slice::<Body>(&answer.body) {
            Ok(body) => Error::Api(Box::new(ApiError {
                status: answer.status.as_u16(),
                code: body.code,
                message: body.error,
                details: body.details,
                execution: body.execution_id,
                stack: body.stack,
                request_id: text(&REQUEST_ID).map(str::to_owned),
                retry_after: text(&RETRY_AFTER).and_then(|seconds| seconds.parse().ok()),
            })),
            Err(error) => self.unexpected(answer.status, error.to_string()),
        }
    }

    pub(crate) fn unexpected(&self, status: StatusCode, problem: String) -> Error {
        Error::Unexpected {
            server: self.server().to_owned(),
            status: status.as_u16(),
            problem,
        }
    }

    pub(crate) fn connector(&self) -> &Connector {
        &self.shared.connector
    }

    pub(crate) fn base(&self) -> &Url {
        &self.shared.base
    }

    pub(crate) fn authorization(&self) -> Option<&HeaderValue> {
        self.shared.authorization.as_ref()
    }
}

/// The JSON of a value as a body.
pub(crate) fn json(value: &impl Serialize) -> Result<Full<Bytes>, Error> {
    let json = serde_json::to_vec(value);
    let json = json.map_err(|error| Error::Invalid(format!("the body has no JSON: {error}")))?;
    Ok(Full::from(json))
}

pub(crate) fn boxed(body: Full<Bytes>) -> RequestBody {
    body.map_err(|never| match never {}).boxed_unsync()
}

/// The innermost cause: the layers around it say only that a request failed.
fn root_cause(error: Cause) -> Cause {
    let mut cause: &dyn std::error::Error = &*error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string().into()
}
