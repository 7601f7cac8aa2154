//! The parts of an execution that are lists: attempts, logs and host calls; and failures.

use faas_core::model::{
    Attempt, Failure, FailureKind, HostCallRecord, InstanceId, KvUsage, LogLevel, LogLine,
    RequestRecord, RetryAdvice,
};
use mongodb::bson::{Bson, Document, doc};

use super::damage::Damage;
use super::{Fields, date, millis, nanos, signed};
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

pub(super) fn read_failure(fields: &Fields<'_>, damage: &mut Damage) -> Option<Failure> {
    let error = fields.value("error")?;
    // An earlier system may have kept the error as an object.
    let message = match error {
        Bson::String(message) => message.clone(),
        other => super::json::of_value(Some(other)).to_string(),
    };
    let stack = damage.or("stack", fields.optional_text("stack"), None);
    Some(Failure {
        kind: damage.or("errorKind", kind(fields), FailureKind::UserError),
        message,
        stack: stack.map(str::to_owned),
        retry: RetryAdvice::Policy,
    })
}

fn kind(fields: &Fields<'_>) -> Result<FailureKind, Error> {
    let Some(name) = fields.optional_text("errorKind")? else {
        return Ok(FailureKind::UserError);
    };
    let mut kinds = FailureKind::ALL.into_iter();
    let kind = kinds.find(|kind| kind.as_str() == name);
    kind.ok_or(fields.unreadable("errorKind"))
}

pub(super) fn write_attempt(attempt: &Attempt) -> Document {
    let mut document = doc! {
        "startTime": date(attempt.start_time),
        "duration": millis(attempt.duration),
        "instanceId": attempt.instance_id.as_ref().map(InstanceId::as_str),
        "coldStart": attempt.cold_start,
        "cpuTime": millis(attempt.cpu_time),
        "exact": {
            "startTime": attempt.start_time.as_micros(),
            "duration": nanos(attempt.duration),
            "cpuTime": nanos(attempt.cpu_time),
        },
    };
    if !attempt.kv.is_none() {
        let KvUsage {
            reads,
            writes,
            lists,
        } = attempt.kv;
        let kv = doc! { "reads": signed(reads), "writes": signed(writes), "lists": signed(lists) };
        document.insert("kv", kv);
    }
    if let Some(code) = attempt.code {
        document.insert("code", code.to_string());
    }
    write_failure(attempt.failure.as_ref(), &mut document);
    document
}

pub(super) fn read_attempt(fields: Fields<'_>, damage: &mut Damage) -> Result<Attempt, Error> {
    let duration = damage.or("attempts", fields.optional_duration("duration"), None);
    let instance_id = damage.or("attempts", fields.optional_text("instanceId"), None);
    let cpu_time = damage.or("attempts", fields.optional_duration("cpuTime"), None);
    let code = damage.or("attempts", fields.optional_text("code"), None);
    Ok(Attempt {
        start_time: fields.moment("startTime")?,
        duration: duration.unwrap_or_default(),
        failure: read_failure(&fields, damage),
        instance_id: instance_id.map(InstanceId::new),
        cold_start: fields.flag("coldStart"),
        cpu_time: cpu_time.unwrap_or_default(),
        kv: read_kv(&fields.within("kv"), damage),
        code: code.and_then(|code| code.parse().ok()),
    })
}

/// Most attempts have none.
fn read_kv(fields: &Fields<'_>, damage: &mut Damage) -> KvUsage {
    let mut count = |name| {
        let count = damage.or("attempts", fields.optional_integer(name), None);
        u64::try_from(count.unwrap_or(0)).unwrap_or(0)
    };
    KvUsage {
        reads: count("reads"),
        writes: count("writes"),
        lists: count("lists"),
    }
}

pub(super) fn write_host_call(call: &HostCallRecord) -> Document {
    doc! {
        "attempt": i64::from(call.attempt),
        "name": call.name.as_str(),
        "startTime": date(call.start_time),
        "duration": millis(call.duration),
        "bytesIn": signed(call.bytes_in),
        "bytesOut": signed(call.bytes_out),
        "error": call.error.as_deref(),
        "request": write_request(call),
        "exact": {
            "startTime": call.start_time.as_micros(),
            "duration": nanos(call.duration),
        },
    }
}

pub(super) fn read_host_call(
    fields: Fields<'_>,
    damage: &mut Damage,
) -> Result<HostCallRecord, Error> {
    let duration = damage.or("hostCalls", fields.optional_duration("duration"), None);
    let attempt = damage.or("hostCalls", fields.optional_u32("attempt"), None);
    let error = damage.or("hostCalls", fields.optional_text("error"), None);
    Ok(HostCallRecord {
        attempt: attempt.unwrap_or(1),
        name: fields.text("name")?.to_owned(),
        start_time: fields.moment("startTime")?,
        duration: duration.unwrap_or_default(),
        bytes_in: damage.or("hostCalls", fields.count("bytesIn"), 0),
        bytes_out: damage.or("hostCalls", fields.count("bytesOut"), 0),
        error: error.map(str::to_owned),
        request: damage.or("hostCalls", read_request(&fields), None),
    })
}

/// A record that has no BSON form is left out.
fn write_request(call: &HostCallRecord) -> Bson {
    let request = call.request.as_deref();
    let request = request.and_then(|request| mongodb::bson::serialize_to_bson(request).ok());
    request.unwrap_or(Bson::Null)
}

fn read_request(fields: &Fields<'_>) -> Result<Option<Box<RequestRecord>>, Error> {
    let Some(value) = fields.value("request") else {
        return Ok(None);
    };
    let request = mongodb::bson::deserialize_from_bson(value.clone());
    (request.map(Some)).map_err(|_| fields.unreadable("request"))
}

pub(super) fn write_log(line: &LogLine) -> Document {
    doc! {
        "level": line.level.as_str(),
        "message": line.message.as_str(),
        "timestamp": date(line.at),
        "exact": { "timestamp": line.at.as_micros() },
    }
}

pub(super) fn read_log(fields: Fields<'_>, _: &mut Damage) -> Result<LogLine, Error> {
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
