//! Rows of `executions`.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use faas_core::model::{
    CallerLabel, Cost, Execution, ExecutionId, Failure, FailureKind, FunctionId, InstanceId, Json,
    LeftOut, ListedExecution, NanoDollars, Queueing, Status, Tier, Timestamp,
};
use faas_core::store::{PageBudget, PartLengths};
use rusqlite::{CachedStatement, Connection, Row, params};

use super::{Columns, count, detail, execution_key, nanos, seq, signed, status_code, tier_code};
use crate::error::Error;

const TABLE: &str = "executions";

const INSERT: &str = "
    INSERT INTO executions (seq, id, function_no, status, attempt, created_at, duration, cold_start,
        cost_tier, cost_base, cost_cold_start, cost_retry, cost_data_transfer, memory_mb, cpu_millis,
        price_version, function_version, tier, start_time, end_time, retry_count, max_retries,
        due_at, instance_id, retry_of, idempotency_key, failure, attempts, logs, input, output,
        host_calls, host_call_count, caller, caller_name, cost_kv,
        queueing)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
        ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34,
        ?35, ?36, ?37)
    ON CONFLICT (seq) DO NOTHING";

const UPDATE: &str = "
    UPDATE executions SET function_no = ?3, status = ?4, attempt = ?5, created_at = ?6,
        duration = ?7, cold_start = ?8, cost_tier = ?9, cost_base = ?10, cost_cold_start = ?11,
        cost_retry = ?12, cost_data_transfer = ?13, memory_mb = ?14, cpu_millis = ?15,
        price_version = ?16, function_version = ?17, tier = ?18, start_time = ?19, end_time = ?20,
        retry_count = ?21, max_retries = ?22, due_at = ?23, instance_id = ?24, retry_of = ?25,
        idempotency_key = ?26, failure = ?27, attempts = ?28, logs = ?29, input = ?30, output = ?31,
        host_calls = ?32, host_call_count = ?33, caller = ?34, caller_name = ?35,
        cost_kv = ?36, queueing = ?37
    WHERE seq = ?1 AND id = ?2";

macro_rules! select {
    ($parts:literal) => {
        concat!(
            "
    SELECT e.id, (SELECT n.id FROM function_numbers n WHERE n.no = e.function_no), e.status,
        e.attempt, e.created_at, e.duration, e.cold_start, e.cost_tier, e.cost_base,
        e.cost_cold_start, e.cost_retry, e.cost_data_transfer, e.memory_mb, e.cpu_millis,
        e.price_version, e.function_version, e.tier, e.start_time, e.end_time, e.retry_count,
        e.max_retries, e.due_at, e.instance_id, e.retry_of, e.idempotency_key, e.failure,
        e.host_call_count, e.caller, e.caller_name, e.cost_kv,
        e.queueing, ",
            $parts,
            " "
        )
    };
}

/// The columns that [`read`] needs, to be followed by `FROM executions e`.
pub(crate) const SELECT: &str = select!("e.attempts, e.logs, e.input, e.output, e.host_calls");

/// The columns that [`read_listed`] needs: only the lengths of long columns, which SQLite returns
/// without reading the columns.
pub(crate) const SELECT_LISTED: &str = select!(
    "octet_length(e.attempts), octet_length(e.logs), octet_length(e.input),
        octet_length(e.output), e.seq"
);

/// The parts of one row to read.
const SELECT_PARTS: &str = "
    SELECT iif(?2, attempts, NULL), iif(?3, logs, NULL), iif(?4, input, NULL), iif(?5, output, NULL)
    FROM executions WHERE seq = ?1";

/// The columns without which an execution cannot be run.
const ESSENTIAL: [&str; 5] = [
    "function_no",
    "status",
    "attempt",
    "function_version",
    "input",
];

/// Adds a row. Returns `false` if its key is taken.
pub(crate) fn insert(
    connection: &Connection,
    execution: &Execution,
    function_no: i64,
) -> Result<bool, Error> {
    Ok(write(connection.prepare_cached(INSERT)?, execution, function_no)? == 1)
}

/// Replaces a row.
pub(crate) fn update(
    connection: &Connection,
    execution: &Execution,
    function_no: i64,
) -> Result<(), Error> {
    write(connection.prepare_cached(UPDATE)?, execution, function_no)?;
    Ok(())
}

fn write(
    mut statement: CachedStatement<'_>,
    execution: &Execution,
    function_no: i64,
) -> Result<usize, Error> {
    let cost = &execution.cost;
    let host_calls = execution.host_call_count();
    let caller = execution.caller.as_ref();
    let changed = statement.execute(params![
        seq(execution.id),
        execution_key(execution.id),
        function_no,
        status_code(execution.status),
        execution.attempt,
        execution.created_at.as_micros(),
        nanos(execution.duration),
        execution.cold_start,
        tier_code(cost.tier),
        cost.base.get(),
        cost.cold_start.get(),
        cost.retry.get(),
        cost.data_transfer.get(),
        cost.memory_mb,
        cost.cpu_millis,
        cost.price_version,
        execution.function_version,
        tier_code(execution.tier),
        execution.start_time.map(|at| at.as_micros()),
        execution.end_time.map(|at| at.as_micros()),
        execution.retry_count,
        execution.max_retries,
        execution.due_at.map(|at| at.as_micros()),
        execution.instance_id.as_ref().map(InstanceId::as_str),
        execution.retry_of.map(execution_key),
        execution.idempotency_key.as_deref(),
        detail::failure_column(execution),
        detail::attempts_column(execution),
        detail::logs_column(execution),
        execution.input.as_str(),
        execution.output.as_ref().map(Json::as_str),
        detail::host_calls_column(execution),
        (host_calls > 0).then(|| signed(host_calls)),
        caller.map(|caller| &*caller.id),
        caller.and_then(|caller| caller.name.as_deref()),
        cost.kv.get(),
        queueing(execution)?,
    ])?;
    Ok(changed)
}

/// Reads the columns of [`SELECT`]. Fails only if the id cannot be read.
///
/// Other columns that cannot be read are replaced and logged. If one of them is [`ESSENTIAL`] and the
/// execution has not ended, it is returned as failed, so that it is not run.
pub(crate) fn read(row: &Row<'_>) -> Result<Execution, Error> {
    let mut columns = Columns::new(row, TABLE);
    let mut execution = read_head(&mut columns)?;
    read_parts(&mut columns, LeftOut::default(), &mut execution);
    let host_calls = columns.bytes().and_then(detail::host_calls);
    execution.host_calls = columns.sound("host_calls", host_calls, Vec::new());
    let kept = execution.host_calls.len() as u64;
    execution.more_host_calls = execution.more_host_calls.saturating_sub(kept);
    finish(&columns, &mut execution);
    Ok(execution)
}

/// Reads the columns of [`SELECT_LISTED`], and the parts that fit into the page. See [`read`].
pub(crate) fn read_listed(
    connection: &Connection,
    row: &Row<'_>,
    budget: &mut PageBudget,
) -> Result<ListedExecution, Error> {
    let mut columns = Columns::new(row, TABLE);
    let mut execution = read_head(&mut columns)?;
    let mut length = |column| {
        let length = columns.value_or::<Option<i64>>(column, None);
        usize::try_from(length.unwrap_or(0)).unwrap_or(usize::MAX)
    };
    let lengths = PartLengths {
        attempts: length("attempts"),
        logs: length("logs"),
        input: length("input"),
        output: length("output"),
    };
    let seq: i64 = columns.value()?;
    let left_out = budget.leave_out(lengths);
    let mut statement = connection.prepare_cached(SELECT_PARTS)?;
    let mut found = statement.query(params![
        seq,
        !left_out.attempts,
        !left_out.logs,
        !left_out.input,
        !left_out.output,
    ])?;
    if let Some(parts) = found.next()? {
        let mut parts = Columns::new(parts, TABLE);
        read_parts(&mut parts, left_out, &mut execution);
        columns.take_damage(parts);
    }
    finish(&columns, &mut execution);
    Ok(ListedExecution {
        execution: Arc::new(execution),
        left_out,
    })
}

/// Reads all columns except attempts, logs, input, output and host calls, which are only counted.
fn read_head(columns: &mut Columns<'_, '_>) -> Result<Execution, Error> {
    let id = ExecutionId::from_u128(columns.id_bits()?);
    let function_id = columns.id_bits();
    let function_id = columns.sound("function_no", function_id, 0);
    let status = columns.status();
    let status = columns.sound("status", status, Status::Failed);
    let attempt = columns.value_or("attempt", 0);
    let created_at = columns.value_or("created_at", id.created_at().as_micros());
    let duration = columns.duration_or("duration", Duration::ZERO);
    let cold_start = columns.value_or("cold_start", false);
    let cost_tier = columns.tier();
    let mut cost = Cost {
        tier: columns.sound("cost_tier", cost_tier, Tier::Basic),
        base: NanoDollars::new(columns.value_or("cost_base", 0)),
        cold_start: NanoDollars::new(columns.value_or("cost_cold_start", 0)),
        retry: NanoDollars::new(columns.value_or("cost_retry", 0)),
        data_transfer: NanoDollars::new(columns.value_or("cost_data_transfer", 0)),
        kv: NanoDollars::ZERO,
        memory_mb: columns.value_or("memory_mb", 0),
        cpu_millis: columns.value_or("cpu_millis", 0),
        price_version: columns.value_or("price_version", 0),
    };
    let function_version = columns.value_or("function_version", 1);
    let tier = columns.tier();
    let tier = columns.sound("tier", tier, cost.tier);
    if columns.is_damaged(&["cost_tier"]) {
        cost.tier = tier;
    }
    let mut moment = |column| columns.value_or(column, None).map(Timestamp::from_micros);
    let (start_time, end_time) = (moment("start_time"), moment("end_time"));
    let retry_count = columns.value_or("retry_count", 0);
    let max_retries = columns.value_or("max_retries", 0);
    let due_at = columns.value_or("due_at", None).map(Timestamp::from_micros);
    let instance_id = columns.value_or::<Option<String>>("instance_id", None);
    let retry_of = columns.optional_id_bits();
    let retry_of = columns.sound("retry_of", retry_of, None);
    let key = columns.value_or::<Option<String>>("idempotency_key", None);
    let failure = columns.bytes().and_then(detail::failure);
    let failure = columns.sound("failure", failure, None);
    let host_call_count = columns.value_or::<Option<i64>>("host_call_count", None);
    let caller = columns.value_or::<Option<String>>("caller", None);
    let caller_name = columns.value_or::<Option<String>>("caller_name", None);
    cost.kv = NanoDollars::new(columns.value_or("cost_kv", 0));
    let queueing = read_queueing(columns);
    let queueing = columns.sound("queueing", queueing, Queueing::default());
    Ok(Execution {
        id,
        function_id: FunctionId::from_u128(function_id),
        function_version,
        tier,
        status,
        input: Json::null(),
        output: None,
        failure,
        created_at: Timestamp::from_micros(created_at),
        start_time,
        end_time,
        duration,
        attempt,
        retry_count,
        max_retries,
        due_at,
        instance_id: instance_id.map(InstanceId::new),
        cold_start,
        cost,
        logs: Vec::new(),
        attempts: Vec::new(),
        host_calls: Vec::new(),
        more_host_calls: count(host_call_count.unwrap_or(0)),
        retry_of: retry_of.map(ExecutionId::from_u128),
        idempotency_key: key.map(Into::into),
        queueing,
        caller: caller.map(|id| CallerLabel {
            id: id.into(),
            name: caller_name.map(Into::into),
        }),
    })
}

/// `None` stands for the default.
fn queueing(execution: &Execution) -> Result<Option<String>, Error> {
    let queueing = Some(&execution.queueing).filter(|queueing| !queueing.is_default());
    let text = queueing.map(serde_json::to_string).transpose();
    text.map_err(|_| Error::row(TABLE, "queueing"))
}

fn read_queueing(columns: &mut Columns<'_, '_>) -> Result<Queueing, Error> {
    let queueing = columns.bytes()?.map(serde_json::from_slice).transpose();
    let queueing = queueing.map_err(|_| Error::row(TABLE, "queueing"))?;
    Ok(queueing.unwrap_or_default())
}

/// Reads attempts, logs, input and output, except those that are omitted.
fn read_parts(columns: &mut Columns<'_, '_>, left_out: LeftOut, execution: &mut Execution) {
    let attempts = columns.bytes();
    if !left_out.attempts {
        let attempts = attempts.and_then(|column| detail::attempts(column, execution));
        execution.attempts = columns.sound("attempts", attempts, Vec::new());
    }
    let logs = columns.bytes().and_then(detail::logs);
    execution.logs = columns.sound("logs", logs, Vec::new());
    let input = columns.bytes().and_then(|text| match text {
        Some(text) => json(text, "input"),
        None if left_out.input => Ok(Json::null()),
        None => Err(Error::row(TABLE, "input")),
    });
    execution.input = columns.sound("input", input, Json::null());
    let output = columns.bytes();
    let output = output.and_then(|text| text.map(|text| json(text, "output")).transpose());
    execution.output = columns.sound("output", output, None);
}

fn json(text: &[u8], column: &'static str) -> Result<Json, Error> {
    Json::parse(Bytes::copy_from_slice(text)).map_err(|_| Error::row(TABLE, column))
}

/// Logs the columns that could not be read, and marks an execution that cannot be run as failed.
fn finish(columns: &Columns<'_, '_>, execution: &mut Execution) {
    columns.report(&execution.id);
    let is_open = !execution.status.is_terminal() || columns.is_damaged(&["status"]);
    if is_open && columns.is_damaged(&ESSENTIAL) {
        execution.status = Status::Failed;
        execution.failure = Some(Failure::new(
            FailureKind::Platform,
            "the stored record of this execution is damaged: it cannot be run",
        ));
    }
}
