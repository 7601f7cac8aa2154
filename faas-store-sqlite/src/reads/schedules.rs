//! Schedules.

use faas_core::model::{FunctionId, Schedule, ScheduleId, Timestamp};
use faas_core::store::ScheduleQuery;
use rusqlite::{Connection, params};

use super::{collect, functions, limit};
use crate::error::Error;
use crate::rows::schedule;

pub(crate) fn one(connection: &Connection, id: ScheduleId) -> Result<Option<Schedule>, Error> {
    let sql = [schedule::SELECT, "WHERE id = ?"].concat();
    let found = collect(connection, &sql, [schedule::key(id)], schedule::read)?;
    Ok(found.into_iter().next())
}

/// Oldest first.
pub(crate) fn list(connection: &Connection, query: &ScheduleQuery) -> Result<Vec<Schedule>, Error> {
    let after = query.after.map_or([0; 16], schedule::key);
    let at_most = limit(query.limit);
    let Some(function) = query.function else {
        let sql = [schedule::SELECT, "WHERE id > ? ORDER BY id LIMIT ?"].concat();
        return collect(connection, &sql, params![after, at_most], schedule::read);
    };
    let Some(no) = functions::number(connection, function)? else {
        return Ok(Vec::new());
    };
    let order = "WHERE function_no = ? AND id > ? ORDER BY id LIMIT ?";
    let sql = [schedule::SELECT, order].concat();
    collect(
        connection,
        &sql,
        params![no, after, at_most],
        schedule::read,
    )
}

pub(crate) fn count(connection: &Connection, function: Option<FunctionId>) -> Result<usize, Error> {
    let count: i64 = match function {
        None => connection
            .prepare_cached("SELECT count(*) FROM schedules")?
            .query_row([], |row| row.get(0))?,
        Some(function) => match functions::number(connection, function)? {
            None => 0,
            Some(no) => connection
                .prepare_cached("SELECT count(*) FROM schedules WHERE function_no = ?")?
                .query_row([no], |row| row.get(0))?,
        },
    };
    Ok(usize::try_from(count).unwrap_or_default())
}

/// The earliest first.
pub(crate) fn due(
    connection: &Connection,
    until: Timestamp,
    at_most: usize,
) -> Result<Vec<Schedule>, Error> {
    let order = "WHERE wakes_at <= ? ORDER BY wakes_at LIMIT ?";
    let sql = [schedule::SELECT, order].concat();
    let params = params![until.as_micros(), limit(at_most)];
    collect(connection, &sql, params, schedule::read)
}

pub(crate) fn next(connection: &Connection) -> Result<Option<Timestamp>, Error> {
    let earliest: Option<i64> = connection
        .prepare_cached("SELECT min(wakes_at) FROM schedules WHERE wakes_at IS NOT NULL")?
        .query_row([], |row| row.get(0))?;
    Ok(earliest.map(Timestamp::from_micros))
}
