//! Rows of `load_tests`: the record as JSON, and the columns of its indexes.

use faas_core::model::LoadTest;
use faas_core::model::LoadTestId;
use rusqlite::{Connection, Row, params};

use super::Columns;
use crate::error::Error;

const TABLE: &str = "load_tests";

/// The columns that [`read`] needs.
pub(crate) const SELECT: &str = "SELECT record FROM load_tests ";

/// The key of a load test. Keys sort by time.
pub(crate) fn key(id: LoadTestId) -> [u8; 16] {
    id.as_u128().to_be_bytes()
}

/// Stores a load test of the function with the number `no`, or replaces the one with its id.
pub(crate) fn put(connection: &Connection, no: i64, test: &LoadTest) -> Result<(), Error> {
    let record = serde_json::to_string(test).map_err(|_| Error::row(TABLE, "record"))?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO load_tests (id, function_no, created_at, record) VALUES (?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET function_no = excluded.function_no,
            created_at = excluded.created_at, record = excluded.record",
    )?;
    statement.execute(params![
        key(test.id),
        no,
        test.created_at.as_micros(),
        record
    ])?;
    Ok(())
}

pub(crate) fn read(row: &Row<'_>) -> Result<LoadTest, Error> {
    let record = Columns::new(row, TABLE).bytes()?.unwrap_or_default();
    serde_json::from_slice(record).map_err(|_| Error::row(TABLE, "record"))
}
