//! Open dead letters, and deliveries that are due. Reads indexes only.

use faas_core::model::{DeadLetterGroup, ExecutionId, FunctionId, Timestamp};
use rusqlite::{Connection, params};

use super::{functions, limit};
use crate::error::Error;

pub(crate) fn open_dead_letters(
    connection: &Connection,
    function: Option<FunctionId>,
    at_most: usize,
) -> Result<Vec<(ExecutionId, DeadLetterGroup)>, Error> {
    let no = match function {
        None => None,
        Some(id) => match functions::number(connection, id)? {
            None => return Ok(Vec::new()),
            no => no,
        },
    };
    let sql = match no {
        None => {
            "SELECT e.id, e.dead_letter_group FROM executions e INDEXED BY executions_dead
             WHERE e.dead_letter_group IS NOT NULL AND ?1 IS NULL ORDER BY e.seq DESC LIMIT ?2"
        }
        Some(_) => {
            "SELECT e.id, e.dead_letter_group
             FROM executions e INDEXED BY executions_dead_function
             WHERE e.dead_letter_group IS NOT NULL AND e.function_no = ?1
             ORDER BY e.seq DESC LIMIT ?2"
        }
    };
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map(params![no, limit(at_most)], |row| {
        let (id, group): ([u8; 16], i64) = (row.get(0)?, row.get(1)?);
        let group = u64::from_be_bytes(group.to_be_bytes());
        Ok((id_of(id), DeadLetterGroup::from_bits(group)))
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

pub(crate) fn next_deliveries(
    connection: &Connection,
    at_most: usize,
) -> Result<Vec<(Timestamp, ExecutionId)>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT e.delivery_due, e.id FROM executions e INDEXED BY executions_delivery_due
         WHERE e.delivery_due IS NOT NULL ORDER BY e.delivery_due LIMIT ?",
    )?;
    let found = statement.query_map([limit(at_most)], |row| {
        let (due, id): (i64, [u8; 16]) = (row.get(0)?, row.get(1)?);
        Ok((Timestamp::from_micros(due), id_of(id)))
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn id_of(bytes: [u8; 16]) -> ExecutionId {
    ExecutionId::from_u128(u128::from_be_bytes(bytes))
}
