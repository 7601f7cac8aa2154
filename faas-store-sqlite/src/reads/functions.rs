//! Functions, their labels, and how much code was kept.

use std::collections::HashMap;

use faas_core::model::{Function, FunctionId, FunctionLabel, Timestamp};
use faas_core::store::Period;
use rusqlite::{Connection, OptionalExtension, params};

use super::collect;
use crate::error::Error;
use crate::rows::{count, function, function_key};

pub(crate) fn one(connection: &Connection, id: FunctionId) -> Result<Option<Function>, Error> {
    let sql = [function::SELECT, "WHERE n.id = ? AND f.deleted_at IS NULL"].concat();
    let found = collect(connection, &sql, [function_key(id)], function::read)?;
    Ok(found.into_iter().next())
}

/// The function at this version: the current one, or one that was kept.
pub(crate) fn version(
    connection: &Connection,
    id: FunctionId,
    version: u32,
) -> Result<Option<Function>, Error> {
    // Both questions must be of the same moment.
    let snapshot = connection.unchecked_transaction()?;
    let current = one(&snapshot, id)?;
    match current {
        Some(current) if current.version != version => {
            let of = "WHERE n.id = ? AND f.version = ?";
            let sql = [function::SELECT_VERSION, of].concat();
            let params = params![function_key(id), version];
            let found = collect(&snapshot, &sql, params, function::read)?;
            Ok(found.into_iter().next())
        }
        other => Ok(other),
    }
}

pub(crate) fn all(connection: &Connection) -> Result<Vec<Function>, Error> {
    let order = "WHERE f.deleted_at IS NULL ORDER BY f.created_at DESC, n.id DESC";
    collect(
        connection,
        &[function::SELECT, order].concat(),
        [],
        function::read,
    )
}

pub(crate) fn labels(
    connection: &Connection,
    ids: Option<&[FunctionId]>,
) -> Result<HashMap<FunctionId, FunctionLabel>, Error> {
    let labels = match ids {
        None => collect(connection, function::SELECT_LABEL, [], function::read_label)?,
        Some(ids) => {
            let sql = [function::SELECT_LABEL, "WHERE n.id = ?"].concat();
            let mut labels = Vec::with_capacity(ids.len());
            for id in ids {
                let params = [function_key(*id)];
                labels.extend(collect(connection, &sql, params, function::read_label)?);
            }
            labels
        }
    };
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
