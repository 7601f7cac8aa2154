//! Reads paths and queries of requests. Error messages say what is wrong and what is expected.

use std::convert::Infallible;
use std::ops::RangeInclusive;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Query, RawPathParams};
use axum::http::Uri;
use axum::http::request::Parts;
use faas_core::model::{
    ExecutionId, FunctionId, KeyId, LoadTestId, Queueing, ScheduleId, SessionId,
};

use crate::Api;
use crate::error::ApiError;
use crate::routing::NAME;

/// The id in the path. Every route with an id uses this extractor. On the routes below
/// `/api/functions/by-name`, it is the id of the function with the name in the path.
pub(crate) struct PathId(Result<Id, ApiError>);

enum Id {
    /// Decoded but not parsed.
    Text(String),
    Function(FunctionId),
}

impl PathId {
    /// The id of a function.
    ///
    /// # Errors
    /// 404 when it is not an id, or when no function has the name.
    pub(crate) fn function(self) -> Result<FunctionId, ApiError> {
        match self.0? {
            Id::Text(text) => text.parse().map_err(|_| ApiError::no_function()),
            Id::Function(id) => Ok(id),
        }
    }

    /// The id of an execution.
    ///
    /// # Errors
    /// 404 when it is not an id.
    pub(crate) fn execution(self) -> Result<ExecutionId, ApiError> {
        self.read().ok_or_else(ApiError::no_execution)
    }

    /// The id of a load test.
    ///
    /// # Errors
    /// 404 when it is not an id.
    pub(crate) fn load_test(self) -> Result<LoadTestId, ApiError> {
        self.read().ok_or_else(ApiError::no_load_test)
    }

    /// The id of a schedule.
    ///
    /// # Errors
    /// 404 when it is not an id.
    pub(crate) fn schedule(self) -> Result<ScheduleId, ApiError> {
        self.read().ok_or_else(ApiError::no_schedule)
    }

    /// The id of a session.
    ///
    /// # Errors
    /// 404 when it is not an id.
    pub(crate) fn session(self) -> Result<SessionId, ApiError> {
        self.read().ok_or_else(ApiError::no_session)
    }

    /// The id of a key.
    ///
    /// # Errors
    /// 404 when it is not an id.
    pub(crate) fn key(self) -> Result<KeyId, ApiError> {
        self.read().ok_or_else(ApiError::no_key)
    }

    fn read<T: FromStr>(self) -> Option<T> {
        match self.0 {
            Ok(Id::Text(text)) => text.parse().ok(),
            Ok(Id::Function(_)) | Err(_) => None,
        }
    }
}

impl FromRequestParts<Api> for PathId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Infallible> {
        // Escapes that are not UTF-8 can be neither an id nor a name.
        let Ok(params) = RawPathParams::from_request_parts(parts, api).await else {
            return Ok(Self(Ok(Id::Text(String::new()))));
        };
        let mut id = Ok(Id::Text(String::new()));
        for (param, value) in &params {
            match param {
                "id" => id = Ok(Id::Text(value.to_owned())),
                NAME => {
                    let found = api.platform.functions().id_of(value).await;
                    id = found.map(Id::Function).map_err(ApiError::from);
                }
                _ => {}
            }
        }
        Ok(Self(id))
    }
}

/// A parameter of the path, decoded.
pub(crate) fn parameter<'a>(path: &'a RawPathParams, name: &str) -> Result<&'a str, ApiError> {
    let found = path.iter().find(|(known, _)| *known == name);
    let (_, value) = found.ok_or_else(|| ApiError::invalid(format!("the path has no {name}")))?;
    Ok(value)
}

/// The parameters of a query. It is an error to read a parameter that is given twice. Parameters
/// that the route does not read are ignored.
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// The parameters of `uri`.
    pub(crate) fn of(uri: &Uri) -> Result<Self, ApiError> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| ApiError::invalid("the query string is not well-formed"))?;
        Ok(Self(pairs))
    }

    /// The value of `name`. An empty value, which forms send, counts as absent.
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

    /// The whole number `name` within `range`, or `default` if it is absent or empty. A number above
    /// the range is clamped to its end.
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
        // `u32::from_str` accepts a plus sign and refuses numbers above its own range.
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

    /// Priority and keys of an execution.
    pub(crate) fn queueing(&self) -> Result<Queueing, ApiError> {
        let mut queueing = Queueing::default();
        if let Some(text) = self.text("priority")? {
            queueing.priority = text.parse().map_err(|_| {
                let (text, max) = (shorten(text), Queueing::MAX_PRIORITY);
                ApiError::invalid(format!(
                    "priority is {text:?}: expected a whole number from -{max} to {max}"
                ))
            })?;
        }
        queueing.concurrency_key = self.text("concurrencyKey")?.map(Into::into);
        queueing.singleton_key = self.text("singletonKey")?.map(Into::into);
        Ok(queueing)
    }

    /// The value of `name`, which must be one of `choices`.
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

    /// The function whose id is the value of `name`; 404 when it is not an id.
    pub(crate) fn function(&self, name: &str) -> Result<Option<FunctionId>, ApiError> {
        self.text(name)?
            .map(|text| text.parse().map_err(|_| ApiError::no_function()))
            .transpose()
    }
}

/// The beginning of `text`, for error messages.
pub(crate) fn shorten(text: &str) -> String {
    const ENOUGH: usize = 40;
    match text.char_indices().nth(ENOUGH) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}
