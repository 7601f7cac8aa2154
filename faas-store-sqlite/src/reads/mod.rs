//! What is asked of the database. Nothing here writes.

pub(crate) mod executions;
pub(crate) mod functions;
pub(crate) mod load_tests;
pub(crate) mod scaling;
pub(crate) mod usage;

use rusqlite::{Connection, Params, Row};

use crate::error::Error;

/// All rows of a statement, each read by `read`.
pub(crate) fn collect<T, P: Params>(
    connection: &Connection,
    sql: &str,
    params: P,
    read: fn(&Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// A limit as SQLite takes it.
pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
