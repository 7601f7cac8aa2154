//! Calling functions: waiting for the result, or not.

use std::time::Duration;

use faas_api::{Accepted, ExecuteRequest, ExecutionKey, Text};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, StatusCode};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::client::{Answer, Client, boxed, json};
use crate::error::Error;
use crate::target::{Target, segment};

static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What a function returned.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Invocation {
    /// The result, as JSON.
    pub output: Box<RawValue>,
    /// The execution.
    pub execution: ExecutionKey,
    /// How long the function ran.
    pub duration: Duration,
    /// What it cost, in US dollars, exact to the nano-dollar.
    pub cost: String,
    /// Whether it started in a new isolate.
    pub cold_start: bool,
}

/// How to call a function.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallOptions {
    /// Calls with the same key, function and input within 24 hours run the function once.
    pub idempotency_key: Option<String>,
    /// Whether failures are retried as the function configures it.
    pub retry: bool,
    /// The alias whose version runs. `None`: `live`.
    pub alias: Option<String>,
    /// Calls of higher priority start before others of the same function that wait: -100 to 100.
    pub priority: i8,
    /// Of the executions of the function with the same key, only so many run at a time as its
    /// `config.concurrencyPerKey` says.
    pub concurrency_key: Option<String>,
    /// While an execution of the function with this key has not ended, no other with the key is
    /// accepted: the answer is about the first one.
    pub singleton_key: Option<String>,
}

impl CallOptions {
    /// The query of a call that is waited for, or of another one, with its question mark.
    fn query(&self, waits: bool) -> String {
        let retry = (self.retry && waits).then(|| "retry=true".to_owned());
        let text = |name: &str, value: &Option<String>| {
            (value.as_deref()).map(|value| format!("{name}={}", segment(value)))
        };
        let alias = text("alias", &self.alias);
        let priority = (self.priority != 0).then(|| format!("priority={}", self.priority));
        let singleton = text("singletonKey", &self.singleton_key);
        let key = text("concurrencyKey", &self.concurrency_key);
        let query: Vec<String> = [retry, alias, priority, key, singleton]
            .into_iter()
            .flatten()
            .collect();
        if query.is_empty() {
            String::new()
        } else {
            format!("?{}", query.join("&"))
        }
    }

    fn headers(&self) -> Result<HeaderMap, Error> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(key) = &self.idempotency_key {
            let key = HeaderValue::try_from(key);
            let key = key
                .map_err(|_| Error::Invalid("invalid idempotency key: use visible ASCII".into()));
            headers.insert(IDEMPOTENCY_KEY.clone(), key?);
        }
        Ok(headers)
    }
}

impl Client {
    /// Calls a function and waits for its result, in one attempt.
    ///
    /// # Errors
    /// See [`Error`]. A function that throws is [`Error::Api`] with the code `function_error` and its
    /// stack.
    pub async fn invoke(
        &self,
        target: impl Into<Target>,
        input: &(impl Serialize + Sync + ?Sized),
    ) -> Result<Invocation, Error> {
        self.invoke_with(target, input, &CallOptions::default())
            .await
    }

    /// Calls a function and waits for its result.
    ///
    /// # Errors
    /// As [`Self::invoke`]; [`Error::Invalid`] if the first call with the same idempotency key has not
    /// ended yet.
    pub async fn invoke_with(
        &self,
        target: impl Into<Target>,
        input: &(impl Serialize + Sync + ?Sized),
        options: &CallOptions,
    ) -> Result<Invocation, Error> {
        let path = format!("{}/invoke{}", target.into().path(), options.query(true));
        let (headers, body) = (options.headers()?, boxed(json(&input)?));
        let answer = self.exchange(Method::POST, &path, headers, body).await?;
        if answer.status == StatusCode::ACCEPTED {
            let accepted: Accepted<'static> = self.read(&answer)?;
            return Err(Error::Invalid(format!(
                "the first call with this idempotency key, execution {}, has not ended yet",
                accepted.execution_id
            )));
        }
        self.invocation(&answer)
    }

    fn invocation(&self, answer: &Answer) -> Result<Invocation, Error> {
        let text = |name: &str| {
            let value = answer.headers.get(name)?;
            value.to_str().ok()
        };
        let millis = text("x-execution-duration").and_then(|text| text.parse::<f64>().ok());
        let duration = Duration::try_from_secs_f64(millis.unwrap_or_default() / 1_000.0);
        let execution = text("x-execution-id").and_then(|id| id.parse().ok());
        Ok(Invocation {
            output: self.read(answer)?,
            execution: execution.map(Text).ok_or_else(|| {
                self.unexpected(answer.status, "it has no X-Execution-Id".to_owned())
            })?,
            duration: duration.unwrap_or_default(),
            cost: text("x-execution-cost").unwrap_or("0").to_owned(),
            cold_start: text("x-cold-start") == Some("true"),
        })
    }

    /// Executes a function asynchronously, with retries. The execution is stored when this returns.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn execute(
        &self,
        target: impl Into<Target>,
        input: &(impl Serialize + Sync + ?Sized),
        options: &CallOptions,
    ) -> Result<Accepted<'static>, Error> {
        let input = to_raw_value(input);
        let input = input.map_err(|error| Error::Invalid(error.to_string()))?;
        let path = format!("{}/execute{}", target.into().path(), options.query(false));
        let body = boxed(json(&ExecuteRequest::new(&input))?);
        let answer = self.exchange(Method::POST, &path, options.headers()?, body);
        self.read(&answer.await?)
    }
}
