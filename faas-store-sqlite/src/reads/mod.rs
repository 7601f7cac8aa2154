//! Queries. This module does not write.

pub(crate) mod executions;
pub(crate) mod functions;
pub(crate) mod load_tests;
pub(crate) mod scaling;
pub(crate) mod schedules;
pub(crate) mod usage;

use rusqlite::{Connection, Params, Row};

use crate::error::Error;
use crate::rows::report_damage;

/// All rows of a statement, each read by `read`. Rows that cannot be read are logged and omitted.
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
        found.extend(readable(read(row))?);
    }
    Ok(found)
}

/// The value that was read. Logs a row that cannot be read and returns `None`.
pub(crate) fn readable<T>(read: Result<T, Error>) -> Result<Option<T>, Error> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(Error::Row { table, what }) => {
            report_damage(table, &"(unknown)", &[what]);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// A limit as an SQLite integer.
pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
