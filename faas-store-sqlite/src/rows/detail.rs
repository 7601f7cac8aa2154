//! The parts of an execution that are kept as JSON: attempts, logs, failures, host calls.

use std::time::Duration;

use faas_core::model::{
    Attempt, CodeHash, Execution, Failure, HostCallRecord, InstanceId, KvUsage, LogLine,
    RequestRecord, Timestamp,
};
use serde::de::DeserializeOwned;

use super::nanos;
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
    #[serde(default, skip_serializing_if = "is_zero")]
    cpu_nanos: u64,
    /// Reads, writes and lists of keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kv: Option<[u64; 3]>,
    /// The hash of code that is not stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<CodeHash>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A host call as it is stored: attempt, name, start in microseconds, nanoseconds, bytes in, bytes
/// out, code of the error, HTTP request. Names of fields would double the length. Older rows have no
/// request.
#[derive(serde::Serialize, serde::Deserialize)]
struct StoredHostCall<T>(
    u32,
    T,
    Timestamp,
    u64,
    u64,
    u64,
    Option<T>,
    #[serde(default)] Option<Box<RequestRecord>>,
);

/// The column of the attempts. An only attempt that has the execution's own values is not written
/// again: `None` stands for it, or its processor time in nanoseconds if that is not zero.
pub(crate) fn attempts_column(execution: &Execution) -> Option<String> {
    match (execution.attempts.as_slice(), execution.start_time) {
        ([], None) => return None,
        ([only], Some(start)) if *only == the_only_attempt(execution, start, only.cpu_time) => {
            let nanos = nanos(only.cpu_time);
            return (nanos > 0).then(|| nanos.to_string());
        }
        _ => {}
    }
    let stored = |attempt: &Attempt| StoredAttempt {
        start_time: attempt.start_time,
        duration_nanos: whole_nanos(attempt.duration),
        failure: attempt.failure.clone(),
        instance_id: attempt.instance_id.as_ref().map(InstanceId::to_string),
        cold_start: attempt.cold_start,
        cpu_nanos: whole_nanos(attempt.cpu_time),
        kv: (!attempt.kv.is_none()).then_some([
            attempt.kv.reads,
            attempt.kv.writes,
            attempt.kv.lists,
        ]),
        code: attempt.code,
    };
    let attempts: Vec<_> = execution.attempts.iter().map(stored).collect();
    to_json(&attempts)
}

/// The attempts of an execution whose other columns are read.
pub(crate) fn attempts(
    column: Option<&[u8]>,
    execution: &Execution,
) -> Result<Vec<Attempt>, Error> {
    let cpu_nanos = match column {
        None => Some(0),
        Some([b'[', ..]) => None,
        Some(number) => Some(from_json(number, "attempts")?),
    };
    if let Some(cpu_nanos) = cpu_nanos {
        let cpu_time = Duration::from_nanos(cpu_nanos);
        let only = |start| the_only_attempt(execution, start, cpu_time);
        return Ok(execution.start_time.map(only).into_iter().collect());
    }
    let column = column.unwrap_or_default();
    let stored: Vec<StoredAttempt> = from_json(column, "attempts")?;
    let attempt = |stored: StoredAttempt| Attempt {
        start_time: stored.start_time,
        duration: Duration::from_nanos(stored.duration_nanos),
        failure: stored.failure,
        instance_id: stored.instance_id.map(InstanceId::new),
        cold_start: stored.cold_start,
        cpu_time: Duration::from_nanos(stored.cpu_nanos),
        kv: kv_usage(stored.kv.unwrap_or_default()),
        code: stored.code,
    };
    Ok(stored.into_iter().map(attempt).collect())
}

fn the_only_attempt(execution: &Execution, start: Timestamp, cpu_time: Duration) -> Attempt {
    Attempt {
        start_time: start,
        duration: execution.duration,
        failure: execution.failure.clone(),
        instance_id: execution.instance_id.clone(),
        cold_start: execution.cold_start,
        cpu_time,
        kv: KvUsage::default(),
        code: None,
    }
}

const fn kv_usage([reads, writes, lists]: [u64; 3]) -> KvUsage {
    KvUsage {
        reads,
        writes,
        lists,
    }
}

fn whole_nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

pub(crate) fn host_calls_column(execution: &Execution) -> Option<String> {
    if execution.host_calls.is_empty() {
        return None;
    }
    let mut calls = Vec::with_capacity(execution.host_calls.len());
    for call in &execution.host_calls {
        calls.push(StoredHostCall(
            call.attempt,
            call.name.as_str(),
            call.start_time,
            whole_nanos(call.duration),
            call.bytes_in,
            call.bytes_out,
            call.error.as_deref(),
            call.request.clone(),
        ));
    }
    to_json(&calls)
}

pub(crate) fn host_calls(column: Option<&[u8]>) -> Result<Vec<HostCallRecord>, Error> {
    let Some(column) = column else {
        return Ok(Vec::new());
    };
    let stored: Vec<StoredHostCall<String>> = from_json(column, "host_calls")?;
    let call =
        |StoredHostCall(attempt, name, start_time, nanos, bytes_in, bytes_out, error, request)| {
            HostCallRecord {
                attempt,
                name,
                start_time,
                duration: Duration::from_nanos(nanos),
                bytes_in,
                bytes_out,
                error,
                request,
            }
        };
    Ok(stored.into_iter().map(call).collect())
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

#[cfg(test)]
mod tests {
    use faas_core::store::conformance::fixtures::Fixtures;

    use super::*;

    #[test]
    fn the_only_attempt_of_an_execution_is_stored_as_its_processor_time() {
        let mut fixtures = Fixtures::new();
        let function = fixtures.id();
        let mut execution = fixtures.ended(function);
        for (cpu_time, column) in [
            (Duration::ZERO, None),
            (Duration::from_nanos(1_234_567), Some("1234567")),
        ] {
            execution.attempts[0].cpu_time = cpu_time;
            execution.attempts[0].kv = KvUsage::default();
            execution.attempts[0].code = None;
            let written = attempts_column(&execution);
            assert_eq!(written.as_deref(), column);
            let read = attempts(written.as_deref().map(str::as_bytes), &execution);
            assert_eq!(read.unwrap(), execution.attempts);
        }
        // An attempt that differs from its execution is stored in full.
        execution.attempts[0].cold_start ^= true;
        let written = attempts_column(&execution).unwrap();
        assert!(written.starts_with('['), "{written}");
        let read = attempts(Some(written.as_bytes()), &execution);
        assert_eq!(read.unwrap(), execution.attempts);
    }

    #[test]
    fn attempts_of_an_older_release_have_no_processor_time() {
        let execution = {
            let mut fixtures = Fixtures::new();
            let function = fixtures.id();
            fixtures.ended(function)
        };
        let old = br#"[{"start_time": 5, "duration_nanos": 7, "cold_start": true}]"#;
        let read = attempts(Some(old), &execution).unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!(
            (read[0].duration, read[0].cpu_time),
            (Duration::from_nanos(7), Duration::ZERO)
        );
    }
}
