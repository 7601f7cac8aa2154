//! Documents of `executions`.

use faas_core::model::{
    CallerLabel, Execution, ExecutionId, Failure, FailureKind, FunctionConfig, FunctionId,
    InstanceId, Json, LeftOut, Queueing, Status, Tier, Timestamp,
};
use faas_core::store::PartLengths;
use mongodb::bson::{Bson, Document, doc};

use super::damage::Damage;
use super::{Fields, cost, date, detail, json, millis, nanos, signed};
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
        "queueing": queueing(&execution.queueing),
        "caller": execution.caller.as_ref().map(|caller| doc! {
            "id": &*caller.id,
            "name": caller.name.as_deref(),
        }),
        "sizes": write_lengths(PartLengths::of(execution)),
        "logs": execution.logs.iter().map(detail::write_log).collect::<Vec<_>>(),
        "attempts": execution.attempts.iter().map(detail::write_attempt).collect::<Vec<_>>(),
        "hostCalls": execution.host_calls.iter().map(detail::write_host_call).collect::<Vec<_>>(),
        "hostCallCount": signed(execution.host_call_count()),
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

/// The fields without which an execution must not be run.
const ESSENTIAL: [&str; 5] = [
    "functionId",
    "status",
    "attempt",
    "functionVersion",
    "input",
];

/// An execution, but for the parts that may be long.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) execution: Execution,
    /// How long the parts are; `None` where the document does not say.
    pub(crate) lengths: Option<PartLengths>,
    damage: Damage,
}

/// Leaves out the parts that may be long, and the host calls, which lists only count.
pub(crate) fn head_fields() -> Document {
    doc! { "input": 0, "output": 0, "logs": 0, "attempts": 0, "hostCalls": 0 }
}

/// Only those parts that are not left out.
pub(crate) fn part_fields(left_out: LeftOut) -> Document {
    let mut fields = doc! { "format": 1 };
    let parts = [
        (left_out.input, "input"),
        (left_out.output, "output"),
        (left_out.logs, "logs"),
        (left_out.attempts, "attempts"),
    ];
    for (_, name) in parts.into_iter().filter(|(is_left_out, _)| !is_left_out) {
        fields.insert(name, 1);
    }
    fields
}

/// Reads all of an execution. Fails only if its id cannot be read.
///
/// Other fields that cannot be read are replaced and logged. If one of them is [`ESSENTIAL`] and the
/// execution has not ended, it is shown as failed, so that nobody runs it.
pub(crate) fn read(document: &Document) -> Result<Execution, Error> {
    let mut head = head(document)?;
    head.read_parts(document, LeftOut::default());
    head.read_host_calls(document);
    Ok(head.finish())
}

/// Reads what [`head_fields`] leaves.
pub(crate) fn head(document: &Document) -> Result<Head, Error> {
    let fields = Fields::new(document, EXECUTIONS);
    let mut damage = Damage::default();
    let id: ExecutionId = fields.id("_id")?;
    let cost_tier = damage.or("cost", fields.within("cost").optional_tier("tier"), None);
    let tier = damage.or("tier", fields.optional_tier("tier"), None);
    let tier = tier.or(cost_tier).unwrap_or(Tier::Basic);
    let status = damage.or("status", status(&fields), Status::Failed);
    let mut count = |name| damage.or(name, fields.optional_u32(name), None);
    // An unfinished execution of the earlier system runs the current version.
    let function_version = count("functionVersion").unwrap_or(u32::from(status.is_terminal()));
    let attempt = count("attempt").unwrap_or(0);
    let retry_count = count("retryCount").unwrap_or(0);
    let max_retries = count("maxRetries");
    let start_time = damage.or("startTime", start_time(&fields, status), None);
    let function_id = damage.or(
        "functionId",
        fields.id("functionId"),
        FunctionId::from_u128(0),
    );
    let duration = damage.or("duration", fields.optional_duration("duration"), None);
    let instance_id = damage.or("instanceId", fields.optional_text("instanceId"), None);
    let key = damage.or(
        "idempotencyKey",
        fields.optional_text("idempotencyKey"),
        None,
    );
    let lengths = damage.or("sizes", lengths(&fields), None);
    let host_calls = damage.or("hostCallCount", fields.count("hostCallCount"), 0);
    let execution = Execution {
        id,
        function_id,
        function_version,
        tier,
        status,
        input: Json::null(),
        output: None,
        failure: detail::read_failure(&fields, &mut damage),
        created_at: damage.or("createdAt", created_at(&fields, id), id.created_at()),
        start_time,
        end_time: damage.or("endTime", fields.optional_moment("endTime"), None),
        duration: duration.unwrap_or_default(),
        attempt,
        retry_count,
        max_retries: max_retries.unwrap_or_else(|| FunctionConfig::default().retry_count),
        due_at: damage.or("dueAt", fields.optional_moment("dueAt"), None),
        instance_id: instance_id.map(InstanceId::new),
        cold_start: fields.flag("coldStart"),
        cost: cost::read(&fields, tier, &mut damage),
        logs: Vec::new(),
        attempts: Vec::new(),
        host_calls: Vec::new(),
        more_host_calls: host_calls,
        retry_of: damage.or("retryOf", fields.optional_id("retryOf"), None),
        idempotency_key: key.map(Into::into),
        queueing: damage.or("queueing", read_queueing(&fields), Queueing::default()),
        caller: damage.or("caller", caller(&fields), None),
    };
    Ok(Head {
        execution,
        lengths,
        damage,
    })
}

/// Null stands for the default.
fn queueing(queueing: &Queueing) -> Bson {
    if queueing.is_default() {
        return Bson::Null;
    }
    doc! {
        "priority": i64::from(queueing.priority),
        "concurrencyKey": queueing.concurrency_key.as_deref(),
        "singletonKey": queueing.singleton_key.as_deref(),
    }
    .into()
}

fn read_queueing(fields: &Fields<'_>) -> Result<Queueing, Error> {
    let fields = fields.within("queueing");
    let priority = fields.optional_integer("priority")?.unwrap_or(0);
    Ok(Queueing {
        priority: i8::try_from(priority).map_err(|_| fields.unreadable("priority"))?,
        concurrency_key: fields.optional_text("concurrencyKey")?.map(Into::into),
        singleton_key: fields.optional_text("singletonKey")?.map(Into::into),
    })
}

fn caller(fields: &Fields<'_>) -> Result<Option<CallerLabel>, Error> {
    let caller = fields.within("caller");
    let (id, name) = (caller.optional_text("id")?, caller.optional_text("name")?);
    Ok(id.map(|id| CallerLabel {
        id: id.into(),
        name: name.map(Into::into),
    }))
}

fn start_time(fields: &Fields<'_>, status: Status) -> Result<Option<Timestamp>, Error> {
    if is_ours(fields) {
        let micros = fields.within("exact").optional_integer("startTime")?;
        return Ok(micros.map(Timestamp::from_micros));
    }
    match status {
        Status::Pending => Ok(None),
        _ => fields.optional_moment("startTime"),
    }
}

fn is_ours(fields: &Fields<'_>) -> bool {
    fields.value("format").is_some()
}

fn write_lengths(lengths: PartLengths) -> Document {
    let length = |length: usize| signed(length as u64);
    doc! {
        "input": length(lengths.input),
        "output": length(lengths.output),
        "logs": length(lengths.logs),
        "attempts": length(lengths.attempts),
    }
}

fn lengths(fields: &Fields<'_>) -> Result<Option<PartLengths>, Error> {
    if fields.value("sizes").is_none() {
        return Ok(None);
    }
    let sizes = fields.within("sizes");
    let length = |name| -> Result<usize, Error> {
        let length = sizes.count(name)?;
        Ok(usize::try_from(length).unwrap_or(usize::MAX))
    };
    Ok(Some(PartLengths {
        input: length("input")?,
        output: length("output")?,
        logs: length("logs")?,
        attempts: length("attempts")?,
    }))
}

impl Head {
    /// Takes over the parts that are not left out from a document that has them.
    pub(crate) fn read_parts(&mut self, document: &Document, left_out: LeftOut) {
        let fields = Fields::new(document, EXECUTIONS);
        let (execution, damage) = (&mut self.execution, &mut self.damage);
        if !left_out.input {
            execution.input = damage.or("input", input(&fields), Json::null());
        }
        if !left_out.output {
            execution.output = damage.or("output", output(&fields), None);
        }
        if !left_out.logs {
            execution.logs = list(&fields, "logs", damage, detail::read_log);
        }
        if !left_out.attempts {
            execution.attempts = list(&fields, "attempts", damage, detail::read_attempt);
        }
    }

    /// Takes over the host calls from a document that has them.
    fn read_host_calls(&mut self, document: &Document) {
        let fields = Fields::new(document, EXECUTIONS);
        let calls = list(
            &fields,
            "hostCalls",
            &mut self.damage,
            detail::read_host_call,
        );
        let execution = &mut self.execution;
        let counted = execution.more_host_calls;
        execution.more_host_calls = counted.saturating_sub(calls.len() as u64);
        execution.host_calls = calls;
    }

    /// Empties these parts.
    pub(crate) fn drop_parts(&mut self, left_out: LeftOut) {
        let execution = &mut self.execution;
        if left_out.input {
            execution.input = Json::null();
        }
        if left_out.output {
            execution.output = None;
        }
        if left_out.logs {
            execution.logs = Vec::new();
        }
        if left_out.attempts {
            execution.attempts = Vec::new();
        }
    }

    /// The execution. Logs what cannot be read of it.
    pub(crate) fn finish(self) -> Execution {
        let Self {
            mut execution,
            damage,
            ..
        } = self;
        damage.report(EXECUTIONS, &execution.id);
        let is_open = !execution.status.is_terminal() || damage.is_in(&["status"]);
        if is_open && damage.is_in(&ESSENTIAL) {
            execution.status = Status::Failed;
            execution.failure = Some(Failure::new(
                FailureKind::Platform,
                "the stored record of this execution is damaged: it cannot be run",
            ));
        }
        execution
    }
}

/// Ours is a text; an earlier system kept a value, and no value where there was no input.
fn input(fields: &Fields<'_>) -> Result<Json, Error> {
    if !is_ours(fields) {
        return Ok(match fields.value("input") {
            None => Json::empty_object(),
            value => json::of_value(value),
        });
    }
    text(fields, "input")?.ok_or(fields.unreadable("input"))
}

fn output(fields: &Fields<'_>) -> Result<Option<Json>, Error> {
    if is_ours(fields) {
        return text(fields, "output");
    }
    let output = fields.value("output");
    Ok(output.map(|output| json::of_value(Some(output))))
}

fn text(fields: &Fields<'_>, name: &'static str) -> Result<Option<Json>, Error> {
    let text = fields.optional_text(name)?;
    let json = text.map(|text| Json::parse(text.to_owned()));
    json.transpose().map_err(|_| fields.unreadable(name))
}

/// The entries of a list that can be read.
fn list<'a, T>(
    fields: &Fields<'a>,
    name: &'static str,
    damage: &mut Damage,
    read: fn(Fields<'a>, &mut Damage) -> Result<T, Error>,
) -> Vec<T> {
    let entries = damage.or(name, fields.list(name), Vec::new());
    let mut all = Vec::with_capacity(entries.len());
    for entry in entries {
        match read(entry, damage) {
            Ok(one) => all.push(one),
            Err(_) => damage.note(name),
        }
    }
    all
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
    let id: ExecutionId = fields.id("_id")?;
    let accepted = created_at(&fields, id);
    Ok((id, accepted.unwrap_or_else(|_| id.created_at())))
}

/// The fields that [`accepted`] reads.
pub(crate) fn accepted_fields() -> Document {
    doc! { "createdAt": 1, "startTime": 1, "exact": 1 }
}
