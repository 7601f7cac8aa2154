//! Rows of `scaling_events`.

use faas_core::model::{FunctionId, ScalingAction, ScalingEvent, ScalingEventId};
use rusqlite::{Connection, Row, params};

use super::{Columns, function_key};
use crate::error::Error;

/// The columns that [`read`] needs.
pub(crate) const SELECT: &str =
    "SELECT id, function_id, up, instance_count, at, reason FROM scaling_events ";

/// Adds an event, unless it exists.
pub(crate) fn insert(connection: &Connection, event: &ScalingEvent) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO scaling_events (id, function_id, up, instance_count, at, reason)
         VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (at, id) DO NOTHING",
    )?;
    statement.execute(params![
        event.id.as_u128().to_be_bytes(),
        event.function_id.map(function_key),
        event.action == ScalingAction::Up,
        event.instance_count,
        event.at.as_micros(),
        event.reason,
    ])?;
    Ok(())
}

pub(crate) fn read(row: &Row<'_>) -> Result<ScalingEvent, Error> {
    let mut columns = Columns::new(row, "scaling_events");
    Ok(ScalingEvent {
        id: ScalingEventId::from_u128(columns.id_bits()?),
        function_id: columns.optional_id_bits()?.map(FunctionId::from_u128),
        action: if columns.value()? {
            ScalingAction::Up
        } else {
            ScalingAction::Down
        },
        instance_count: columns.value()?,
        at: columns.moment()?,
        reason: columns.value()?,
    })
}
