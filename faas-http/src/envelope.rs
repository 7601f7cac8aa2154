//! Bodies that are objects with named members: JSON, or a form with flat members.

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use faas_core::model::Json;
use serde::Deserialize;

use crate::body;
use crate::error::ApiError;

/// The body of a request, not yet read as a type.
pub(crate) struct Envelope {
    json: Json,
    /// Whether it was a form, so that numbers are texts.
    form: bool,
}

impl Envelope {
    /// Reads the whole body, at most `limit` bytes; `None` when it is empty.
    pub(crate) async fn receive(
        headers: &HeaderMap,
        stream: Body,
        limit: usize,
    ) -> Result<Option<Self>, ApiError> {
        let bytes = body::read(headers, stream, limit).await?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let form = is_form(headers, &bytes);
        let bytes = if form {
            Bytes::from(faas_api::form_to_json(&bytes))
        } else {
            bytes
        };
        Ok(Some(Self {
            json: json(bytes)?,
            form,
        }))
    }

    /// The same for a body that must be there.
    pub(crate) async fn require(
        headers: &HeaderMap,
        stream: Body,
        limit: usize,
    ) -> Result<Self, ApiError> {
        match Self::receive(headers, stream, limit).await? {
            Some(envelope) => Ok(envelope),
            None => Err(ApiError::invalid(
                "the body is not JSON: it is empty, and a JSON object was expected",
            )),
        }
    }

    /// The body as `T`. A member that `T` does not have is refused.
    pub(crate) fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, ApiError> {
        let text = self.json.as_str();
        let read = if self.form {
            faas_api::read_form(text)
        } else {
            faas_api::read(text)
        };
        read.map_err(|error| ApiError::invalid(error.to_string()))
    }

    /// `part`, which is a part of this body, as JSON that shares the body's bytes.
    pub(crate) fn share(&self, part: &str) -> Json {
        Json::trusted(self.json.bytes().slice_ref(part.as_bytes()))
    }
}

/// Whether a body is a form. What begins as a JSON object or array is JSON: `curl --data` calls every
/// body a form.
fn is_form(headers: &HeaderMap, bytes: &[u8]) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default();
    let first = bytes.trim_ascii_start().first();
    kind.trim()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        && !matches!(first, Some(b'{' | b'['))
}

/// The JSON value that `bytes` are.
pub(crate) fn json(bytes: Bytes) -> Result<Json, ApiError> {
    Json::parse(bytes).map_err(|error| ApiError::invalid(format!("the body is not JSON: {error}")))
}
