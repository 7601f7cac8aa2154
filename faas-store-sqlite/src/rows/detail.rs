//! The parts of an execution that are kept as JSON: attempts, logs, failures.

use std::time::Duration;

use faas_core::model::{Attempt, Execution, Failure, InstanceId, LogLine, Timestamp};
use serde::de::DeserializeOwned;

use crate::error::Error;

/// An attempt as it is stored.
#[derive(serde::Serialize, serde::Deserialize)]
struct StoredAttempt {
    start_time: Timestamp,
    duration_nanos: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instance_id: Option<String>,
    cold_start: bool,
}

/// The column of the attempts; `None` if [`attempts`] can derive them from the execution.
pub(crate) fn attempts_column(execution: &Execution) -> Option<String> {
    match (execution.attempts.as_slice(), execution.start_time) {
        ([], None) => return None,
        ([only], Some(start)) if *only == the_only_attempt(execution, start) => return None,
        _ => {}
    }
    let stored = |attempt: &Attempt| StoredAttempt {
        start_time: attempt.start_time,
        duration_nanos: u64::try_from(attempt.duration.as_nanos()).unwrap_or(u64::MAX),
        failure: attempt.failure.clone(),
        instance_id: attempt.instance_id.as_ref().map(InstanceId::to_string),
        cold_start: attempt.cold_start,
    };
    let attempts: Vec<_> = execution.attempts.iter().map(stored).collect();
    to_json(&attempts)
}

/// The attempts of an execution whose other columns are read.
pub(crate) fn attempts(
    column: Option<&[u8]>,
    execution: &Execution,
) -> Result<Vec<Attempt>, Error> {
    let Some(column) = column else {
        let start = execution.start_time.into_iter();
        return Ok(start
            .map(|start| the_only_attempt(execution, start))
            .collect());
    };
    let stored: Vec<StoredAttempt> = from_json(column, "attempts")?;
    let attempt = |stored: StoredAttempt| Attempt {
        start_time: stored.start_time,
        duration: Duration::from_nanos(stored.duration_nanos),
        failure: stored.failure,
        instance_id: stored.instance_id.map(InstanceId::new),
        cold_start: stored.cold_start,
    };
    Ok(stored.into_iter().map(attempt).collect())
}

fn the_only_attempt(execution: &Execution, start: Timestamp) -> Attempt {
    Attempt {
        start_time: start,
        duration: execution.duration,
        failure: execution.failure.clone(),
        instance_id: execution.instance_id.clone(),
        cold_start: execution.cold_start,
    }
}

pub(crate) fn logs_column(execution: &Execution) -> Option<String> {
    if execution.logs.is_empty() {
        return None;
    }
    to_json(&execution.logs)
}

pub(crate) fn logs(column: Option<&[u8]>) -> Result<Vec<LogLine>, Error> {
    column.map_or(Ok(Vec::new()), |column| from_json(column, "logs"))
}

pub(crate) fn failure_column(execution: &Execution) -> Option<String> {
    execution.failure.as_ref().and_then(to_json)
}

pub(crate) fn failure(column: Option<&[u8]>) -> Result<Option<Failure>, Error> {
    column
        .map(|column| from_json(column, "failure"))
        .transpose()
}

/// Texts, numbers and lists of them always have a JSON form.
fn to_json<T: serde::Serialize>(value: &T) -> Option<String> {
    serde_json::to_string(value).ok()
}

fn from_json<T: DeserializeOwned>(column: &[u8], what: &'static str) -> Result<T, Error> {
    serde_json::from_slice(column).map_err(|_| Error::row("executions", what))
}
