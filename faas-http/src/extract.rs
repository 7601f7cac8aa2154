//! Reading requests: raw bodies, queries and paths, with messages that say what is wrong and what was
//! expected.

use std::convert::Infallible;
use std::ops::RangeInclusive;
use std::str::FromStr;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, Query, RawPathParams};
use axum::http::header::CONTENT_LENGTH;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use faas_core::model::{ExecutionId, FunctionId, KeyId, LoadTestId};

use crate::error::ApiError;

/// The whole body, at most `limit` bytes.
pub(crate) async fn body(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, ApiError> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(ApiError::too_large(limit));
    }
    to_bytes(body, limit).await.map_err(|error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        match cause {
            Some(cause) if cause.contains("length limit") => ApiError::too_large(limit),
            cause => ApiError::invalid(format!(
                "the body could not be read: {}",
                cause.unwrap_or_else(|| error.to_string())
            )),
        }
    })
}

/// The id in the path, unread.
pub(crate) struct PathId(Option<String>);

impl PathId {
    /// The id of a function; what is none is not found.
    pub(crate) fn function(&self) -> Result<FunctionId, ApiError> {
        self.read().ok_or_else(ApiError::no_function)
    }

    /// The id of an execution; what is none is not found.
    pub(crate) fn execution(&self) -> Result<ExecutionId, ApiError> {
        self.read().ok_or_else(ApiError::no_execution)
    }

    /// The id of a load test; what is none is not found.
    pub(crate) fn load_test(&self) -> Result<LoadTestId, ApiError> {
        self.read().ok_or_else(ApiError::no_load_test)
    }

    /// The id of a key; what is none is not found.
    pub(crate) fn key(&self) -> Result<KeyId, ApiError> {
        self.read().ok_or_else(ApiError::no_key)
    }

    fn read<T: FromStr>(&self) -> Option<T> {
        self.0.as_deref()?.parse().ok()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        // Escapes that are no UTF-8 are no id either.
        let params = RawPathParams::from_request_parts(parts, state).await.ok();
        let id = params.and_then(|params| {
            params
                .iter()
                .find(|(name, _)| *name == "id")
                .map(|(_, id)| id.to_owned())
        });
        Ok(Self(id))
    }
}

/// The parameters of a query. One that is named twice is an error when it is asked for; one that
/// nobody asks for is ignored.
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// The parameters of `uri`.
    pub(crate) fn of(uri: &Uri) -> Result<Self, ApiError> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| ApiError::invalid("the query cannot be read: it is not well-formed"))?;
        Ok(Self(pairs))
    }

    /// The value of `name`. An empty one, as forms send it, counts as none.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, ApiError> {
        Ok(self.given(name)?.filter(|value| !value.is_empty()))
    }

    fn given(&self, name: &str) -> Result<Option<&str>, ApiError> {
        let mut values = self.0.iter().filter(|(key, _)| key == name);
        let first = values.next();
        if values.next().is_some() {
            return Err(ApiError::invalid(format!("{name} is given more than once")));
        }
        Ok(first.map(|(_, value)| value.as_str()))
    }

    /// The whole number `name` within `range`, or `default` when it is not given or empty. A number
    /// above the range counts as its end.
    pub(crate) fn number(
        &self,
        name: &str,
        range: RangeInclusive<u32>,
        default: u32,
    ) -> Result<u32, ApiError> {
        let Some(text) = self.text(name)? else {
            return Ok(default);
        };
        let (low, high) = (*range.start(), *range.end());
        // `u32::from_str` takes a plus sign, and refuses what is above its own range.
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = is_number.then(|| text.parse().unwrap_or(u32::MAX));
        match number {
            Some(number) if number >= low => Ok(number.min(high)),
            _ => Err(ApiError::invalid(format!(
                "{name} is {:?}: expected a whole number from {low} to {high}",
                shorten(text)
            ))),
        }
    }

    /// The choice `name` out of `choices`.
    pub(crate) fn choice<T: Copy>(
        &self,
        name: &str,
        choices: &[(&str, T)],
    ) -> Result<Option<T>, ApiError> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        match choices.iter().find(|(word, _)| *word == text) {
            Some((_, choice)) => Ok(Some(*choice)),
            None => {
                let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
                Err(ApiError::invalid(format!(
                    "{name} is {:?}: expected one of {}",
                    shorten(text),
                    words.join(", ")
                )))
            }
        }
    }

    /// The function whose id is `name`; what is no id is not found.
    pub(crate) fn function(&self, name: &str) -> Result<Option<FunctionId>, ApiError> {
        self.text(name)?
            .map(|text| text.parse().map_err(|_| ApiError::no_function()))
            .transpose()
    }
}

/// Enough of `text` to recognise it by.
pub(crate) fn shorten(text: &str) -> String {
    const ENOUGH: usize = 40;
    match text.char_indices().nth(ENOUGH) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}
