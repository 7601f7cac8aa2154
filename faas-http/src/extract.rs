//! Reading requests: paths, queries and the members of JSON bodies, with messages that say what is
//! wrong and what was expected.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use axum::extract::{FromRequestParts, Query, RawPathParams};
use axum::http::Uri;
use axum::http::request::Parts;
use faas_core::model::{ExecutionId, FunctionId, Json, KeyId, LoadTestId};
use serde_json::value::RawValue;

use crate::error::ApiError;

/// The id in the path, decoded and not yet parsed. Every route reads it here.
pub(crate) struct PathId(Option<RawPathParams>);

impl PathId {
    /// The id of a function.
    ///
    /// # Errors
    /// 404 when it is not an id.
    pub(crate) fn function(&self) -> Result<FunctionId, ApiError> {
        self.read().ok_or_else(ApiError::no_function)
    }

    /// The id of an execution.
    ///
    /// # Errors
    /// 404 when it is not an id.
    pub(crate) fn execution(&self) -> Result<ExecutionId, ApiError> {
        self.read().ok_or_else(ApiError::no_execution)
    }

    /// The id of a load test.
    ///
    /// # Errors
    /// 404 when it is not an id.
    pub(crate) fn load_test(&self) -> Result<LoadTestId, ApiError> {
        self.read().ok_or_else(ApiError::no_load_test)
    }

    /// The id of a key.
    ///
    /// # Errors
    /// 404 when it is not an id.
    pub(crate) fn key(&self) -> Result<KeyId, ApiError> {
        self.read().ok_or_else(ApiError::no_key)
    }

    fn read<T: FromStr>(&self) -> Option<T> {
        let mut params = self.0.as_ref()?.iter();
        let (_, id) = params.find(|(name, _)| *name == "id")?;
        id.parse().ok()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        // Escapes that are not UTF-8 are not an id either.
        Ok(Self(
            RawPathParams::from_request_parts(parts, state).await.ok(),
        ))
    }
}

/// The parameters of a query. Reading a parameter that is given twice is an error; parameters that
/// no route reads are ignored.
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// The parameters of `uri`.
    pub(crate) fn of(uri: &Uri) -> Result<Self, ApiError> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| ApiError::invalid("the query string is not well-formed"))?;
        Ok(Self(pairs))
    }

    /// The value of `name`. An empty value, as forms send it, counts as absent.
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

    /// The whole number `name` within `range`, or `default` when it is not given.
    pub(crate) fn number(
        &self,
        name: &str,
        range: RangeInclusive<u32>,
        default: u32,
    ) -> Result<u32, ApiError> {
        let Some(text) = self.given(name)? else {
            return Ok(default);
        };
        // `u32::from_str` takes a plus sign, which a query cannot mean.
        let number = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse()
            .ok()
            .filter(|value| number && range.contains(value))
            .ok_or_else(|| {
                let (low, high) = (range.start(), range.end());
                ApiError::invalid(format!(
                    "{name} is {:?}: expected a whole number from {low} to {high}",
                    shorten(text)
                ))
            })
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

    /// The function whose id is the value of `name`; 404 when it is not an id.
    pub(crate) fn function(&self, name: &str) -> Result<Option<FunctionId>, ApiError> {
        self.text(name)?
            .map(|text| text.parse().map_err(|_| ApiError::no_function()))
            .transpose()
    }
}

/// The members of a JSON object. Those that nobody asks for are ignored; of one that is there
/// twice the last counts, as in JavaScript.
pub(crate) struct Members<'a> {
    /// Where the object is, for messages: empty, or `config.`.
    prefix: &'static str,
    members: BTreeMap<String, &'a RawValue>,
}

impl<'a> Members<'a> {
    /// The members of the object that `body` is.
    pub(crate) fn of(body: &'a Json) -> Result<Self, ApiError> {
        Self::read(body.as_str(), "", "the body")
    }

    fn read(text: &'a str, prefix: &'static str, what: &str) -> Result<Self, ApiError> {
        if !text.trim_start().starts_with('{') {
            let found = kind(text);
            return Err(ApiError::invalid(format!(
                "{what} must be a JSON object, not {found}"
            )));
        }
        let members = serde_json::from_str(text)
            .map_err(|error| ApiError::invalid(format!("{what} cannot be read: {error}")))?;
        Ok(Self { prefix, members })
    }

    /// The member `name` as the text that it is.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a RawValue> {
        self.members.get(name).copied()
    }

    /// The names of all members.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    /// The string `name`.
    pub(crate) fn string(&self, name: &str) -> Result<Option<String>, ApiError> {
        let Some(raw) = self.raw(name) else {
            return Ok(None);
        };
        let found = kind(raw.get());
        if found != "a string" {
            return Err(self.wrong(name, "must be a string", found));
        }
        serde_json::from_str(raw.get()).map(Some).map_err(|_| {
            self.wrong(
                name,
                "must be a string of Unicode text",
                "one with half a surrogate pair",
            )
        })
    }

    /// The whole number `name`, not negative. `unit` is for messages: ` of milliseconds`.
    pub(crate) fn whole<T: TryFrom<u64>>(
        &self,
        name: &str,
        unit: &str,
    ) -> Result<Option<T>, ApiError> {
        let Some(raw) = self.raw(name) else {
            return Ok(None);
        };
        whole(raw.get())
            .and_then(|number| T::try_from(number).ok())
            .map(Some)
            .ok_or_else(|| {
                self.wrong(
                    name,
                    &format!("must be a whole number{unit} that is not negative"),
                    &shorten(raw.get()),
                )
            })
    }

    /// The number of milliseconds `name`, above 0 and at most a day.
    pub(crate) fn millis(&self, name: &str) -> Result<Option<Duration>, ApiError> {
        const DAY_MS: f64 = 86_400_000.0;
        let Some(raw) = self.raw(name) else {
            return Ok(None);
        };
        match raw.get().parse::<f64>() {
            Ok(millis) if millis > 0.0 && millis <= DAY_MS => {
                Ok(Some(Duration::from_secs_f64(millis / 1000.0)))
            }
            _ => Err(self.wrong(
                name,
                "must be a number of milliseconds above 0 and at most 86400000",
                &shorten(raw.get()),
            )),
        }
    }

    /// The number `name`; `null` counts as none.
    pub(crate) fn number(&self, name: &str) -> Result<Option<f64>, ApiError> {
        let Some(raw) = self.raw(name).filter(|raw| raw.get() != "null") else {
            return Ok(None);
        };
        match raw.get().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ => Err(self.wrong(name, "must be a number", &shorten(raw.get()))),
        }
    }

    /// The id of a function `functionId`, which must be there; what is no id is not found.
    pub(crate) fn function_id(&self) -> Result<FunctionId, ApiError> {
        let id = self.string("functionId")?.ok_or_else(|| {
            ApiError::invalid("functionId is missing: expected the id of a function")
        })?;
        id.parse().map_err(|_| ApiError::no_function())
    }

    /// The object `name`; `null` counts as none.
    pub(crate) fn object(
        &self,
        name: &'static str,
        prefix: &'static str,
    ) -> Result<Option<Self>, ApiError> {
        match self.raw(name) {
            None => Ok(None),
            Some(raw) if raw.get() == "null" => Ok(None),
            Some(raw) => Self::read(raw.get(), prefix, name).map(Some),
        }
    }

    /// Refuses members other than `known`.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), ApiError> {
        match self
            .members
            .keys()
            .find(|name| !known.contains(&name.as_str()))
        {
            None => Ok(()),
            Some(unknown) => Err(ApiError::invalid(format!(
                "unknown key {}{}: known are {}",
                self.prefix,
                shorten(unknown),
                known.join(", ")
            ))),
        }
    }

    fn wrong(&self, name: &str, expected: &str, found: &str) -> ApiError {
        let (prefix, name) = (self.prefix, shorten(name));
        ApiError::invalid(format!("{prefix}{name} {expected}, not {found}"))
    }
}

/// The whole number that a JSON number is, however it is written: `30000`, `3e4`, `30000.0`.
fn whole(text: &str) -> Option<u64> {
    /// Up to here a float holds every whole number.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let number: f64 = text.parse().ok()?;
    let exact = number.fract() == 0.0 && (0.0..=EXACT).contains(&number);
    exact.then_some(number as u64)
}

/// What a JSON text is, for messages.
fn kind(text: &str) -> &'static str {
    match text.trim_start().as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        Some(_) => "a number",
        None => "nothing",
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
