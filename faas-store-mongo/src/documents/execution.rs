//! Documents of `executions`.

use faas_core::model::{
    Execution, ExecutionId, FunctionConfig, InstanceId, Json, Status, Tier, Timestamp,
};
use mongodb::bson::{Document, doc};

use super::{Fields, cost, date, detail, json, millis, nanos};
use crate::collections::EXECUTIONS;
use crate::error::Error;
use crate::ids::Id;

/// How this release writes an execution. Documents without a `format` are an earlier system's.
const FORMAT: i64 = 1;

/// All fields but `_id`, also those without a value, so that setting them replaces whatever was
/// there before; but of the fields [`waits_in`] names, only the one of its status.
pub(crate) fn write(execution: &Execution) -> Document {
    let start = execution.start_time.unwrap_or(execution.created_at);
    let moment = |moment: Option<Timestamp>| moment.map(Timestamp::as_micros);
    let mut document = doc! {
        "format": FORMAT,
        "functionId": execution.function_id.bson(),
        "functionVersion": i64::from(execution.function_version),
        "tier": execution.tier.as_str(),
        "status": execution.status.as_str(),
        "input": execution.input.as_str(),
        "output": execution.output.as_ref().map(Json::as_str),
        "createdAt": date(execution.created_at),
        "startTime": date(start),
        "endTime": execution.end_time.map(date),
        "dueAt": execution.due_at.map(date),
        "duration": millis(execution.duration),
        "attempt": i64::from(execution.attempt),
        "retryCount": i64::from(execution.retry_count),
        "maxRetries": i64::from(execution.max_retries),
        "instanceId": execution.instance_id.as_ref().map(InstanceId::as_str),
        "coldStart": execution.cold_start,
        "cost": cost::write(&execution.cost),
        "retryOf": execution.retry_of.map(Id::bson),
        "idempotencyKey": execution.idempotency_key.as_deref(),
        "logs": execution.logs.iter().map(detail::write_log).collect::<Vec<_>>(),
        "attempts": execution.attempts.iter().map(detail::write_attempt).collect::<Vec<_>>(),
        "exact": {
            "createdAt": execution.created_at.as_micros(),
            "startTime": moment(execution.start_time),
            "endTime": moment(execution.end_time),
            "dueAt": moment(execution.due_at),
            "duration": nanos(execution.duration),
        },
    };
    detail::write_failure(execution.failure.as_ref(), &mut document);
    if let Some(waits) = waits_in(execution.status) {
        let since = match execution.status {
            Status::Pending => execution.due_at.unwrap_or(execution.created_at),
            // Nobody has a lease of it.
            _ => Timestamp::default(),
        };
        document.insert(waits, since.as_micros());
    }
    document
}

/// The field that tells since when an execution with this status waits for somebody to take it up,
/// in microseconds.
pub(crate) const fn waits_in(status: Status) -> Option<&'static str> {
    match status {
        Status::Pending => Some("waitsSince"),
        Status::Running => Some("leaseEnds"),
        Status::Completed | Status::Failed => None,
    }
}

pub(crate) fn read(document: &Document) -> Result<Execution, Error> {
    let fields = Fields::new(document, EXECUTIONS);
    let ours = fields.value("format").is_some();
    let cost_tier = fields.within("cost").optional_tier("tier")?;
    let tier = fields.optional_tier("tier")?.or(cost_tier);
    let tier = tier.unwrap_or(Tier::Basic);
    let status = status(&fields)?;
    let id = fields.id("_id")?;
    let text = |name| -> Result<Option<Json>, Error> {
        let text = fields.optional_text(name)?;
        Ok(text.map(|text| Json::trusted(text.to_owned())))
    };
    let (input, output) = if ours {
        (text("input")?.unwrap_or_else(Json::null), text("output")?)
    } else {
        let input = json::of_value(fields.value("input"));
        let output = fields.value("output");
        (input, output.map(|output| json::of_value(Some(output))))
    };
    let start_time = if ours {
        let micros = fields.within("exact").optional_integer("startTime")?;
        micros.map(Timestamp::from_micros)
    } else if status == Status::Pending {
        None
    } else {
        fields.optional_moment("startTime")?
    };
    Ok(Execution {
        id,
        function_id: fields.id("functionId")?,
        function_version: fields
            .optional_u32("functionVersion")?
            // An unfinished execution of the earlier system runs the current version.
            .unwrap_or(u32::from(status.is_terminal())),
        tier,
        status,
        input,
        output,
        failure: detail::read_failure(&fields)?,
        created_at: created_at(&fields, id)?,
        start_time,
        end_time: fields.optional_moment("endTime")?,
        duration: fields.optional_duration("duration")?.unwrap_or_default(),
        attempt: fields.optional_u32("attempt")?.unwrap_or(0),
        retry_count: fields.optional_u32("retryCount")?.unwrap_or(0),
        max_retries: fields
            .optional_u32("maxRetries")?
            .unwrap_or_else(|| FunctionConfig::default().retry_count),
        due_at: fields.optional_moment("dueAt")?,
        instance_id: fields.optional_text("instanceId")?.map(InstanceId::new),
        cold_start: fields.flag("coldStart"),
        cost: cost::read(&fields, tier)?,
        logs: map(fields.list("logs")?, detail::read_log)?,
        attempts: map(fields.list("attempts")?, detail::read_attempt)?,
        retry_of: fields.optional_id("retryOf")?,
        idempotency_key: fields.optional_text("idempotencyKey")?.map(Into::into),
    })
}

fn map<'a, T>(
    list: Vec<Fields<'a>>,
    read: fn(Fields<'a>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    list.into_iter().map(read).collect()
}

pub(super) fn status(fields: &Fields<'_>) -> Result<Status, Error> {
    let status = fields.text("status")?;
    status.parse().map_err(|_| fields.unreadable("status"))
}

/// When it was accepted; an earlier system only kept when it was started.
pub(super) fn created_at(fields: &Fields<'_>, id: ExecutionId) -> Result<Timestamp, Error> {
    if let Some(created_at) = fields.optional_moment("createdAt")? {
        return Ok(created_at);
    }
    let started = fields.optional_moment("startTime")?;
    Ok(started.unwrap_or_else(|| id.created_at()))
}

/// When the execution in this document was accepted.
pub(crate) fn accepted(document: &Document) -> Result<(ExecutionId, Timestamp), Error> {
    let fields = Fields::new(document, EXECUTIONS);
    let id = fields.id("_id")?;
    Ok((id, created_at(&fields, id)?))
}

/// The fields that [`accepted`] reads.
pub(crate) fn accepted_fields() -> Document {
    doc! { "createdAt": 1, "startTime": 1, "exact": 1 }
}
