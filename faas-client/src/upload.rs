//! Uploads of files as they are, without reading them into memory first.

use bytes::Bytes;
use faas_api::Function;
use futures_util::{Stream, TryStreamExt};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::Method;
use hyper::body::Frame;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};

use crate::client::{Cause, Client, RequestBody, boxed};
use crate::error::Error;
use crate::target::Target;

/// What the bytes of an upload are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UploadKind {
    /// A file of JavaScript.
    JavaScript,
    /// A file of TypeScript.
    TypeScript,
    /// A zip archive of a function's files.
    Zip,
    /// A tar archive of a function's files, compressed with gzip.
    TarGz,
}

impl UploadKind {
    const fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::JavaScript => "text/javascript",
            Self::TypeScript => "text/typescript",
            Self::Zip => "application/zip",
            Self::TarGz => "application/gzip",
        })
    }
}

/// Code to upload.
#[derive(Debug)]
pub struct Upload {
    kind: UploadKind,
    body: RequestBody,
}

impl Upload {
    /// Bytes that are in memory.
    pub fn new(kind: UploadKind, bytes: impl Into<Bytes>) -> Self {
        let body = boxed(Full::new(bytes.into()));
        Self { kind, body }
    }

    /// Bytes that arrive in pieces, such as those of a file. If the stream fails, the upload fails.
    pub fn stream<S, E>(kind: UploadKind, stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Cause> + 'static,
    {
        let frames = stream.map_ok(Frame::data).map_err(Into::into);
        let body = StreamBody::new(frames).boxed_unsync();
        Self { kind, body }
    }
}

impl Client {
    /// Creates a function from a file or an archive.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub async fn create_from(
        &self,
        name: &str,
        upload: Upload,
    ) -> Result<Function<'static>, Error> {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("name", name);
        let path = format!("/api/functions?{}", query.finish());
        self.upload(Method::POST, &path, upload).await
    }

    /// Replaces the code of a function with a file or an archive.
    ///
    /// # Errors
    /// As [`Self::update`].
    pub async fn update_from(
        &self,
        target: impl Into<Target>,
        upload: Upload,
    ) -> Result<Function<'static>, Error> {
        let path = target.into().path();
        self.upload(Method::PUT, &path, upload).await
    }

    async fn upload(
        &self,
        method: Method,
        path: &str,
        upload: Upload,
    ) -> Result<Function<'static>, Error> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, upload.kind.content_type());
        let answer = self.exchange(method, path, headers, upload.body).await?;
        self.read(&answer)
    }
}
