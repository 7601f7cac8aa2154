//! Scaling events.

use faas_core::model::{ScalingEvent, Timestamp};
use faas_core::store::Period;
use rusqlite::Connection;

use super::{collect, limit};
use crate::error::Error;
use crate::rows::{count, scaling};

pub(crate) fn since(
    connection: &Connection,
    since: Timestamp,
    at_most: usize,
) -> Result<Vec<ScalingEvent>, Error> {
    let order = "WHERE at >= ? ORDER BY at DESC, id DESC LIMIT ?";
    let params = [since.as_micros(), limit(at_most)];
    collect(
        connection,
        &[scaling::SELECT, order].concat(),
        params,
        scaling::read,
    )
}

pub(crate) fn number_in(connection: &Connection, period: Period) -> Result<u64, Error> {
    let mut statement = connection
        .prepare_cached("SELECT count(*) FROM scaling_events WHERE at >= ? AND at < ?")?;
    let params = [period.from.as_micros(), period.to.as_micros()];
    Ok(statement.query_row(params, |row| Ok(count(row.get(0)?)))?)
}
