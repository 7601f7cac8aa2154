//! Calling functions, waiting for the result or not; and running code once.

use std::time::Duration;

use faas_api::{
    Accepted, AcceptedBatch, BatchExecution, BatchRequest, ExecuteRequest, Execution, ExecutionKey,
    Moment, RunRequest, Text, format_duration,
};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, StatusCode};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use url::form_urlencoded;

use crate::client::{Answer, Client, boxed, json};
use crate::error::Error;
use crate::target::Target;

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
    /// How long an execution waits before it is due. Only for [`Client::execute`].
    pub delay: Option<Duration>,
    /// When an execution is due. Only for [`Client::execute`].
    pub run_at: Option<Moment>,
}

impl CallOptions {
    /// The query of a call that is waited for, with its question mark.
    fn query(&self) -> String {
        let priority = (self.priority != 0).then(|| self.priority.to_string());
        query([
            ("retry", self.retry.then_some("true")),
            ("alias", self.alias.as_deref()),
            ("priority", priority.as_deref()),
            ("concurrencyKey", self.concurrency_key.as_deref()),
            ("singletonKey", self.singleton_key.as_deref()),
        ])
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

/// A query with its question mark; empty without parameters.
fn query<const N: usize>(parameters: [(&str, Option<&str>); N]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    match query.finish() {
        empty if empty.is_empty() => empty,
        query => format!("?{query}"),
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
        let path = format!("{}/invoke{}", target.into().path(), options.query());
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

    /// Runs code once and waits for its end. The execution says whether the code failed.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn run(&self, request: &RunRequest<'_>) -> Result<Execution<'static>, Error> {
        self.send(Method::POST, "/api/run", Some(request)).await
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
        let path = format!(
            "{}/execute{}",
            target.into().path(),
            query([("alias", options.alias.as_deref())])
        );
        let mut request = ExecuteRequest::new(&input);
        request.delay = options.delay.map(|delay| format_duration(delay).into());
        request.run_at = options.run_at;
        request.priority = options.priority;
        request.concurrency_key = options.concurrency_key.as_deref().map(Into::into);
        request.singleton_key = options.singleton_key.as_deref().map(Into::into);
        let body = boxed(json(&request)?);
        let answer = self.exchange(Method::POST, &path, options.headers()?, body);
        self.read(&answer.await?)
    }

    /// Executes a function many times, asynchronously, with retries: up to 1,000 executions, whose
    /// inputs have up to 8 MiB together. All of them are stored when this returns; after an error, none
    /// is.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn execute_batch(
        &self,
        target: impl Into<Target>,
        executions: Vec<BatchExecution<'_>>,
        alias: Option<&str>,
    ) -> Result<AcceptedBatch, Error> {
        let options = CallOptions {
            alias: alias.map(str::to_owned),
            ..CallOptions::default()
        };
        let query = query([("alias", options.alias.as_deref())]);
        let path = format!("{}/execute/batch{query}", target.into().path());
        let body = boxed(json(&BatchRequest::new(executions))?);
        let answer = self.exchange(Method::POST, &path, options.headers()?, body);
        self.read(&answer.await?)
    }
}
