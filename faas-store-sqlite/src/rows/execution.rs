//! Rows of `executions`.

use bytes::Bytes;
use faas_core::model::Cost;
use faas_core::model::{Execution, ExecutionId, FunctionId, InstanceId, Json, NanoDollars};
use rusqlite::{CachedStatement, Row, params};

use super::{Columns, detail, execution_key, nanos, seq, status_code, tier_code};
use crate::error::Error;

const INSERT: &str = "
    INSERT INTO executions (seq, id, function_no, status, attempt, created_at, duration, cold_start,
        cost_tier, cost_base, cost_cold_start, cost_retry, cost_data_transfer, memory_mb, cpu_millis,
        price_version, function_version, tier, start_time, end_time, retry_count, max_retries,
        due_at, instance_id, retry_of, idempotency_key, failure, attempts, logs, input, output)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
        ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31)
    ON CONFLICT (seq) DO NOTHING";

const UPDATE: &str = "
    UPDATE executions SET function_no = ?3, status = ?4, attempt = ?5, created_at = ?6,
        duration = ?7, cold_start = ?8, cost_tier = ?9, cost_base = ?10, cost_cold_start = ?11,
        cost_retry = ?12, cost_data_transfer = ?13, memory_mb = ?14, cpu_millis = ?15,
        price_version = ?16, function_version = ?17, tier = ?18, start_time = ?19, end_time = ?20,
        retry_count = ?21, max_retries = ?22, due_at = ?23, instance_id = ?24, retry_of = ?25,
        idempotency_key = ?26, failure = ?27, attempts = ?28, logs = ?29, input = ?30, output = ?31
    WHERE seq = ?1 AND id = ?2";

/// What [`read`] needs, to be followed by `FROM executions e`.
pub(crate) const SELECT: &str = "
    SELECT e.id, (SELECT n.id FROM function_numbers n WHERE n.no = e.function_no), e.status,
        e.attempt, e.created_at, e.duration, e.cold_start, e.cost_tier, e.cost_base,
        e.cost_cold_start, e.cost_retry, e.cost_data_transfer, e.memory_mb, e.cpu_millis,
        e.price_version, e.function_version, e.tier, e.start_time, e.end_time, e.retry_count,
        e.max_retries, e.due_at, e.instance_id, e.retry_of, e.idempotency_key, e.failure,
        e.attempts, e.logs, e.input, e.output
    ";

/// Adds a row. Returns whether it was added: `false` when its key is taken.
pub(crate) fn insert(
    connection: &rusqlite::Connection,
    execution: &Execution,
    function_no: i64,
) -> Result<bool, Error> {
    Ok(write(connection.prepare_cached(INSERT)?, execution, function_no)? == 1)
}

/// Replaces a row.
pub(crate) fn update(
    connection: &rusqlite::Connection,
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
    ])?;
    Ok(changed)
}

/// Reads what [`SELECT`] selected.
pub(crate) fn read(row: &Row<'_>) -> Result<Execution, Error> {
    let mut columns = Columns::new(row, "executions");
    let id = ExecutionId::from_u128(columns.id_bits()?);
    let function_id = FunctionId::from_u128(columns.id_bits()?);
    let status = columns.status()?;
    let attempt = columns.value()?;
    let created_at = columns.moment()?;
    let duration = columns.duration()?;
    let cold_start = columns.value()?;
    let cost = Cost {
        tier: columns.tier()?,
        base: NanoDollars::new(columns.value()?),
        cold_start: NanoDollars::new(columns.value()?),
        retry: NanoDollars::new(columns.value()?),
        data_transfer: NanoDollars::new(columns.value()?),
        memory_mb: columns.value()?,
        cpu_millis: columns.value()?,
        price_version: columns.value()?,
    };
    let mut execution = Execution {
        id,
        function_id,
        status,
        attempt,
        created_at,
        duration,
        cold_start,
        cost,
        function_version: columns.value()?,
        tier: columns.tier()?,
        start_time: columns.optional_moment()?,
        end_time: columns.optional_moment()?,
        retry_count: columns.value()?,
        max_retries: columns.value()?,
        due_at: columns.optional_moment()?,
        instance_id: columns.value::<Option<String>>()?.map(InstanceId::new),
        retry_of: columns.optional_id_bits()?.map(ExecutionId::from_u128),
        idempotency_key: columns.value::<Option<String>>()?.map(Into::into),
        failure: detail::failure(columns.bytes()?)?,
        attempts: Vec::new(),
        logs: Vec::new(),
        input: Json::null(),
        output: None,
    };
    execution.attempts = detail::attempts(columns.bytes()?, &execution)?;
    execution.logs = detail::logs(columns.bytes()?)?;
    let json = |text: &[u8]| Json::trusted(Bytes::copy_from_slice(text));
    execution.input = columns.bytes()?.map_or_else(Json::null, json);
    execution.output = columns.bytes()?.map(json);
    Ok(execution)
}
