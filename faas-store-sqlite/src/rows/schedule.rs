//! Rows of `schedules`: the record as JSON, and the columns of its indexes.

use faas_core::model::{Schedule, ScheduleId};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params};

use super::{Columns, signed};
use crate::error::Error;

const TABLE: &str = "schedules";

/// The columns that [`read`] needs.
pub(crate) const SELECT: &str = "SELECT record FROM schedules ";

/// The key of a schedule. Keys sort by time.
pub(crate) fn key(id: ScheduleId) -> [u8; 16] {
    id.as_u128().to_be_bytes()
}

/// Inserts a schedule of the function with the number `no`. Returns whether its id and its name were
/// free.
pub(crate) fn insert(connection: &Connection, no: i64, schedule: &Schedule) -> Result<bool, Error> {
    let mut statement = connection.prepare_cached(
        "INSERT OR IGNORE INTO schedules (id, function_no, name, revision, wakes_at, record)
         VALUES (?, ?, ?, ?, ?, ?)",
    )?;
    let inserted = statement.execute(params![
        key(schedule.id),
        no,
        schedule.name,
        signed(schedule.revision),
        wakes_at(schedule),
        record(schedule)?,
    ])?;
    Ok(inserted > 0)
}

/// Replaces the schedule of the revision before. Returns whether it was there.
pub(crate) fn replace(connection: &Connection, schedule: &Schedule) -> Result<bool, Error> {
    let mut statement = connection.prepare_cached(
        "UPDATE schedules SET name = ?3, revision = ?4, wakes_at = ?5, record = ?6
         WHERE id = ?1 AND revision = ?2",
    )?;
    let replaced = statement.execute(params![
        key(schedule.id),
        signed(schedule.revision.saturating_sub(1)),
        schedule.name,
        signed(schedule.revision),
        wakes_at(schedule),
        record(schedule)?,
    ])?;
    Ok(replaced > 0)
}

fn wakes_at(schedule: &Schedule) -> Value {
    schedule
        .wakes_at()
        .map_or(Value::Null, |at| Value::Integer(at.as_micros()))
}

fn record(schedule: &Schedule) -> Result<String, Error> {
    serde_json::to_string(schedule).map_err(|_| Error::row(TABLE, "record"))
}

pub(crate) fn read(row: &Row<'_>) -> Result<Schedule, Error> {
    let record = Columns::new(row, TABLE).bytes()?.unwrap_or_default();
    serde_json::from_slice(record).map_err(|_| Error::row(TABLE, "record"))
}
