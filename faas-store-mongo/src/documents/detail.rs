//! The parts of an execution that are lists: attempts and logs; and failures.

use faas_core::model::{Attempt, Failure, FailureKind, InstanceId, LogLevel, LogLine};
use mongodb::bson::{Bson, Document, doc};

use super::{Fields, date, millis, nanos};
use crate::error::Error;

/// Adds the fields of a failure, null where there is none.
pub(super) fn write_failure(failure: Option<&Failure>, document: &mut Document) {
    document.insert("error", failure.map(|failure| failure.message.as_str()));
    document.insert("errorKind", failure.map(|failure| failure.kind.as_str()));
    document.insert(
        "stack",
        failure.and_then(|failure| failure.stack.as_deref()),
    );
}

pub(super) fn read_failure(fields: &Fields<'_>) -> Result<Option<Failure>, Error> {
    let Some(error) = fields.value("error") else {
        return Ok(None);
    };
    // An earlier system may have kept the error as an object.
    let message = match error {
        Bson::String(message) => message.clone(),
        other => super::json::of_value(Some(other)).to_string(),
    };
    let kind = fields.optional_text("errorKind")?.unwrap_or("user_error");
    let kind = match kind {
        "user_error" => FailureKind::UserError,
        "timeout" => FailureKind::Timeout,
        "out_of_memory" => FailureKind::OutOfMemory,
        "stack_overflow" => FailureKind::StackOverflow,
        "cancelled" => FailureKind::Cancelled,
        "platform" => FailureKind::Platform,
        _ => return Err(fields.unreadable("errorKind")),
    };
    Ok(Some(Failure {
        kind,
        message,
        stack: fields.optional_text("stack")?.map(str::to_owned),
    }))
}

pub(super) fn write_attempt(attempt: &Attempt) -> Document {
    let mut document = doc! {
        "startTime": date(attempt.start_time),
        "duration": millis(attempt.duration),
        "instanceId": attempt.instance_id.as_ref().map(InstanceId::as_str),
        "coldStart": attempt.cold_start,
        "exact": {
            "startTime": attempt.start_time.as_micros(),
            "duration": nanos(attempt.duration),
        },
    };
    write_failure(attempt.failure.as_ref(), &mut document);
    document
}

pub(super) fn read_attempt(fields: Fields<'_>) -> Result<Attempt, Error> {
    Ok(Attempt {
        start_time: fields.moment("startTime")?,
        duration: fields.optional_duration("duration")?.unwrap_or_default(),
        failure: read_failure(&fields)?,
        instance_id: fields.optional_text("instanceId")?.map(InstanceId::new),
        cold_start: fields.flag("coldStart"),
    })
}

pub(super) fn write_log(line: &LogLine) -> Document {
    doc! {
        "level": line.level.as_str(),
        "message": line.message.as_str(),
        "timestamp": date(line.at),
        "exact": { "timestamp": line.at.as_micros() },
    }
}

pub(super) fn read_log(fields: Fields<'_>) -> Result<LogLine, Error> {
    let level = match fields.text("level")? {
        "debug" => LogLevel::Debug,
        "log" => LogLevel::Log,
        "info" => LogLevel::Info,
        "warn" => LogLevel::Warn,
        "error" => LogLevel::Error,
        _ => return Err(fields.unreadable("level")),
    };
    Ok(LogLine {
        level,
        message: fields.text("message")?.to_owned(),
        at: fields.moment("timestamp")?,
    })
}
