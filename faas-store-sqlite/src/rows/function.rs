//! Rows of `functions`.

use std::sync::Arc;

use faas_core::model::{
    Environment, Function, FunctionConfig, FunctionId, FunctionLabel, FunctionStatus, Timestamp,
};
use rusqlite::{Connection, Row, params};

use super::{Columns, function_key, nanos, tier_code};
use crate::error::Error;

const INSERT: &str = "
    INSERT INTO functions (no, name, description, code, created_at, updated_at, version, active,
        timeout, retry_count, concurrency, tier, environment)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";

const UPDATE: &str = "
    UPDATE functions SET name = ?2, description = ?3, code = ?4, created_at = ?5, updated_at = ?6,
        version = ?7, active = ?8, timeout = ?9, retry_count = ?10, concurrency = ?11, tier = ?12,
        environment = ?13
    WHERE no = ?1";

/// What [`read`] needs, with `f` for `functions` and `n` for `function_numbers`.
pub(crate) const SELECT: &str = "
    SELECT n.id, f.name, f.description, f.code, f.created_at, f.updated_at, f.version, f.active,
        f.timeout, f.retry_count, f.concurrency, f.environment, f.tier
    FROM functions f JOIN function_numbers n ON n.no = f.no
    ";

/// What [`read_label`] needs.
pub(crate) const SELECT_LABEL: &str = "
    SELECT n.id, f.name, f.description, f.tier, f.deleted_at IS NOT NULL
    FROM functions f JOIN function_numbers n ON n.no = f.no
    ";

pub(crate) fn insert(connection: &Connection, no: i64, function: &Function) -> Result<(), Error> {
    write(connection, INSERT, no, function)
}

pub(crate) fn update(connection: &Connection, no: i64, function: &Function) -> Result<(), Error> {
    write(connection, UPDATE, no, function)
}

/// Returns whether it was changed at `expected` the last time, as it must have been.
pub(crate) fn replace_environment(
    connection: &Connection,
    function: &Function,
    expected: Timestamp,
) -> Result<bool, Error> {
    let mut statement = connection.prepare_cached(
        "UPDATE functions SET environment = ?3, updated_at = ?4
         WHERE no = (SELECT no FROM function_numbers WHERE id = ?1)
            AND deleted_at IS NULL AND updated_at = ?2",
    )?;
    let replaced = statement.execute(params![
        function_key(function.id),
        expected.as_micros(),
        environment(function)?,
        function.updated_at.as_micros(),
    ])?;
    Ok(replaced > 0)
}

fn write(connection: &Connection, sql: &str, no: i64, function: &Function) -> Result<(), Error> {
    connection.prepare_cached(sql)?.execute(params![
        no,
        &*function.name,
        &*function.description,
        &*function.code,
        function.created_at.as_micros(),
        function.updated_at.as_micros(),
        function.version,
        function.status == FunctionStatus::Active,
        nanos(function.config.timeout),
        function.config.retry_count,
        function.config.concurrency,
        tier_code(function.tier),
        environment(function)?,
    ])?;
    Ok(())
}

/// `None` when there is none.
fn environment(function: &Function) -> Result<Option<String>, Error> {
    let environment = Some(&*function.environment).filter(|some| !some.is_empty());
    let text = environment.map(serde_json::to_string).transpose();
    text.map_err(|_| Error::row("functions", "environment"))
}

fn read_environment(columns: &mut Columns<'_, '_>) -> Result<Arc<Environment>, Error> {
    let Some(text) = columns.bytes()? else {
        return Ok(Arc::default());
    };
    let read = serde_json::from_slice(text);
    (read.map(Arc::new)).map_err(|_| Error::row("functions", "environment"))
}

pub(crate) fn read(row: &Row<'_>) -> Result<Function, Error> {
    let mut columns = Columns::new(row, "functions");
    Ok(Function {
        id: FunctionId::from_u128(columns.id_bits()?),
        name: columns.value::<String>()?.into(),
        description: columns.value::<String>()?.into(),
        code: columns.value::<String>()?.into(),
        created_at: columns.moment()?,
        updated_at: columns.moment()?,
        version: columns.value()?,
        status: if columns.value()? {
            FunctionStatus::Active
        } else {
            FunctionStatus::Inactive
        },
        config: FunctionConfig {
            timeout: columns.duration()?,
            retry_count: columns.value()?,
            concurrency: columns.value()?,
        },
        environment: read_environment(&mut columns)?,
        tier: columns.tier()?,
    })
}

pub(crate) fn read_label(row: &Row<'_>) -> Result<FunctionLabel, Error> {
    let mut columns = Columns::new(row, "functions");
    Ok(FunctionLabel {
        id: FunctionId::from_u128(columns.id_bits()?),
        name: columns.value::<String>()?.into(),
        description: columns.value::<String>()?.into(),
        tier: columns.tier()?,
        deleted: columns.value()?,
    })
}
