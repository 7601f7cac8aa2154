//! Functions, their versions and labels, and the amount of stored code.

use std::collections::HashMap;

use faas_core::model::{
    Function, FunctionCounts, FunctionId, FunctionLabel, FunctionSummary, Timestamp,
};
use faas_core::store::{FunctionPage, FunctionQuery, Page, Period};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{collect, readable};
use crate::error::Error;
use crate::rows::{Columns, count, function, function_key};

pub(crate) fn one(connection: &Connection, id: FunctionId) -> Result<Option<Function>, Error> {
    let sql = [function::SELECT, "WHERE n.id = ? AND f.deleted_at IS NULL"].concat();
    let found = collect(connection, &sql, [function_key(id)], function::read)?;
    Ok(found.into_iter().next())
}

/// The function at this version, current or kept.
pub(crate) fn version(
    connection: &Connection,
    id: FunctionId,
    version: u32,
) -> Result<Option<Function>, Error> {
    // Both queries must see the same state.
    let snapshot = connection.unchecked_transaction()?;
    version_within(&snapshot, id, version)
}

/// As [`version`], within a transaction.
pub(crate) fn version_within(
    connection: &Connection,
    id: FunctionId,
    version: u32,
) -> Result<Option<Function>, Error> {
    match one(connection, id)? {
        Some(current) if current.version != version => {
            let of = "WHERE n.id = ? AND f.version = ?";
            let sql = [function::SELECT_VERSION, of].concat();
            let params = params![function_key(id), version];
            let found = collect(connection, &sql, params, function::read)?;
            Ok(found.into_iter().next())
        }
        other => Ok(other),
    }
}

/// The current version and the kept ones, newest first, without their code.
pub(crate) fn versions(
    connection: &Connection,
    id: FunctionId,
) -> Result<Vec<FunctionSummary>, Error> {
    // Both queries must see the same state.
    let snapshot = connection.unchecked_transaction()?;
    let summary = |row: &Row<'_>| function::read_summary(row, false);
    let current = [
        function::SELECT_WITHOUT_CODE,
        "WHERE n.id = ? AND f.deleted_at IS NULL",
    ]
    .concat();
    let mut found = collect(&snapshot, &current, [function_key(id)], summary)?;
    let kept = [
        function::SELECT_VERSION_WITHOUT_CODE,
        "WHERE n.id = ? ORDER BY f.version DESC",
    ]
    .concat();
    found.extend(collect(&snapshot, &kept, [function_key(id)], summary)?);
    Ok(found)
}

/// Newest first.
pub(crate) fn page(
    connection: &Connection,
    query: &FunctionQuery,
) -> Result<Page<FunctionSummary, FunctionId>, Error> {
    let select = if query.code {
        function::SELECT
    } else {
        function::SELECT_WITHOUT_CODE
    };
    let order = "WHERE f.deleted_at IS NULL AND (?1 IS NULL OR n.id < ?1) ORDER BY n.id DESC";
    let mut statement = connection.prepare_cached(&[select, order].concat())?;
    let mut rows = statement.query([query.before.map(function_key)])?;
    let mut page = FunctionPage::new(query);
    while let Some(row) = rows.next()? {
        let summary = readable(function::read_summary(row, query.code))?;
        if summary.is_some_and(|summary| page.push(summary)) {
            break;
        }
    }
    Ok(page.finish())
}

pub(crate) fn counts(connection: &Connection) -> Result<FunctionCounts, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT count(*) FROM functions INDEXED BY functions_active
         WHERE deleted_at IS NULL AND (active <> 0) = ?",
    )?;
    let mut number = |is_active: bool| -> Result<u64, Error> {
        Ok(statement.query_row([is_active], |row| Ok(count(row.get(0)?)))?)
    };
    Ok(FunctionCounts {
        active: number(true)?,
        inactive: number(false)?,
    })
}

pub(crate) fn named(connection: &Connection, name: &str) -> Result<Option<FunctionId>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT n.id FROM functions f JOIN function_numbers n ON n.no = f.no
         WHERE f.name = ? AND f.deleted_at IS NULL",
    )?;
    let mut rows = statement.query([name])?;
    match rows.next()? {
        Some(row) => {
            let id = Columns::new(row, "function_numbers").id_bits()?;
            Ok(Some(FunctionId::from_u128(id)))
        }
        None => Ok(None),
    }
}

/// The versions, current and kept, that have secrets.
pub(crate) fn sealed(connection: &Connection) -> Result<Vec<(FunctionId, u32)>, Error> {
    let sql = "
        SELECT n.id, f.version FROM functions f JOIN function_numbers n ON n.no = f.no
        WHERE f.deleted_at IS NULL AND iif(json_valid(f.environment),
            json_extract(f.environment, '$.secrets') NOT IN ('{}', 'null'), 0)
        UNION ALL
        SELECT n.id, f.version FROM function_versions f
            JOIN function_numbers n ON n.no = f.function_no
        WHERE iif(json_valid(f.environment),
            json_extract(f.environment, '$.secrets') NOT IN ('{}', 'null'), 0)";
    collect(connection, sql, [], |row| {
        let mut columns = Columns::new(row, "functions");
        let id = FunctionId::from_u128(columns.id_bits()?);
        Ok((id, columns.value()?))
    })
}

pub(crate) fn labels(
    connection: &Connection,
    ids: &[FunctionId],
) -> Result<HashMap<FunctionId, FunctionLabel>, Error> {
    let sql = [function::SELECT_LABEL, "WHERE n.id = ?"].concat();
    let mut labels = Vec::with_capacity(ids.len());
    for id in ids {
        let params = [function_key(*id)];
        labels.extend(collect(connection, &sql, params, function::read_label)?);
    }
    Ok(labels.into_iter().map(|label| (label.id, label)).collect())
}

pub(crate) fn byte_micros(
    connection: &Connection,
    period: Period,
    function: Option<FunctionId>,
) -> Result<u128, Error> {
    let from = period.from.as_micros();
    let to = period.to.as_micros();
    let read = |row: &rusqlite::Row<'_>| {
        let kept = Timestamp::from_micros(row.get(2)?).since(Timestamp::from_micros(row.get(1)?));
        Ok(u128::from(count(row.get(0)?)) * kept.as_micros())
    };
    let select = "SELECT bytes, max(from_at, ?1), min(coalesce(to_at, ?2), ?2) FROM code_spans ";
    let mut sum = 0;
    match function {
        None => {
            let mut statement = connection.prepare_cached(select)?;
            for amount in statement.query_map([from, to], read)? {
                sum += amount?;
            }
        }
        Some(id) => {
            let of = "WHERE function_no = (SELECT no FROM function_numbers WHERE id = ?3)";
            let mut statement = connection.prepare_cached(&[select, of].concat())?;
            for amount in statement.query_map(params![from, to, function_key(id)], read)? {
                sum += amount?;
            }
        }
    }
    Ok(sum)
}

/// The number that stands for a function in other tables.
pub(crate) fn number(connection: &Connection, id: FunctionId) -> Result<Option<i64>, Error> {
    let mut statement =
        connection.prepare_cached("SELECT no FROM function_numbers WHERE id = ?")?;
    let no = statement
        .query_row([function_key(id)], |row| row.get(0))
        .optional()?;
    Ok(no)
}
