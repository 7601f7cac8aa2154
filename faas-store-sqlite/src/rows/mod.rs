//! How each kind of record is laid out in its table.
//!
//! Owns the columns, their codes and both directions between them and the model. Which rows are
//! read or written when is not decided here.

pub(crate) mod access;
pub(crate) mod detail;
pub(crate) mod execution;
pub(crate) mod function;
pub(crate) mod load_test;
pub(crate) mod scaling;
pub(crate) mod usage;

use std::time::Duration;

use faas_core::model::{ExecutionId, FunctionId, Status, Tier, Timestamp};
use rusqlite::Row;

use crate::error::Error;

/// An unsigned number as SQLite keeps it; one out of its range stays at the end.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The other way; what is negative is none of ours and counts as zero.
pub(crate) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// The integer key of an execution: 48 bits of milliseconds and 12 of the counter. The version
/// between them says nothing.
pub(crate) fn seq(id: ExecutionId) -> i64 {
    let high = u64::try_from(id.as_u128() >> 64).unwrap_or(u64::MAX);
    signed((high >> 16 << 12) | (high & 0xfff))
}

/// The first and the last key, both inclusive, of ids made in these milliseconds.
pub(crate) fn seq_range((first, last): (i64, i64)) -> (i64, i64) {
    let key = |millis: i64| millis.clamp(0, (1 << 48) - 1) << 12;
    (key(first), key(last) | 0xfff)
}

pub(crate) fn execution_key(id: ExecutionId) -> [u8; 16] {
    id.as_u128().to_be_bytes()
}

pub(crate) fn function_key(id: FunctionId) -> [u8; 16] {
    id.as_u128().to_be_bytes()
}

pub(crate) const fn status_code(status: Status) -> i64 {
    match status {
        Status::Pending => 0,
        Status::Running => 1,
        Status::Completed => 2,
        Status::Failed => 3,
    }
}

pub(crate) const fn status_of(code: i64) -> Option<Status> {
    match code {
        0 => Some(Status::Pending),
        1 => Some(Status::Running),
        2 => Some(Status::Completed),
        3 => Some(Status::Failed),
        _ => None,
    }
}

pub(crate) const fn tier_code(tier: Tier) -> i64 {
    match tier {
        Tier::Basic => 0,
        Tier::Standard => 1,
        Tier::Premium => 2,
        Tier::Enterprise => 3,
    }
}

pub(crate) fn tier_of(code: i64) -> Option<Tier> {
    Tier::ALL.get(usize::try_from(code).ok()?).copied()
}

pub(crate) fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// Reads a row's columns from the first to the last.
pub(crate) struct Columns<'a, 'stmt> {
    row: &'a Row<'stmt>,
    table: &'static str,
    next: usize,
}

impl<'a, 'stmt> Columns<'a, 'stmt> {
    pub(crate) const fn new(row: &'a Row<'stmt>, table: &'static str) -> Self {
        Self {
            row,
            table,
            next: 0,
        }
    }

    pub(crate) fn value<T: rusqlite::types::FromSql>(&mut self) -> Result<T, Error> {
        let index = self.next;
        self.next += 1;
        Ok(self.row.get(index)?)
    }

    /// The bytes of a text or blob, lent.
    pub(crate) fn bytes(&mut self) -> Result<Option<&'a [u8]>, Error> {
        let index = self.next;
        self.next += 1;
        let value = self.row.get_ref(index)?;
        (value.as_bytes_or_null()).map_err(|_| Error::row(self.table, "text"))
    }

    pub(crate) fn moment(&mut self) -> Result<Timestamp, Error> {
        Ok(Timestamp::from_micros(self.value()?))
    }

    pub(crate) fn optional_moment(&mut self) -> Result<Option<Timestamp>, Error> {
        Ok(self.value::<Option<i64>>()?.map(Timestamp::from_micros))
    }

    pub(crate) fn duration(&mut self) -> Result<Duration, Error> {
        Ok(Duration::from_nanos(count(self.value()?)))
    }

    pub(crate) fn status(&mut self) -> Result<Status, Error> {
        status_of(self.value()?).ok_or(Error::row(self.table, "status"))
    }

    pub(crate) fn tier(&mut self) -> Result<Tier, Error> {
        tier_of(self.value()?).ok_or(Error::row(self.table, "tier"))
    }

    pub(crate) fn id_bits(&mut self) -> Result<u128, Error> {
        let bits = self.optional_id_bits()?;
        bits.ok_or(Error::row(self.table, "id"))
    }

    pub(crate) fn optional_id_bits(&mut self) -> Result<Option<u128>, Error> {
        let table = self.table;
        let Some(bytes) = self.bytes()? else {
            return Ok(None);
        };
        let bytes = <[u8; 16]>::try_from(bytes).map_err(|_| Error::row(table, "id"))?;
        Ok(Some(u128::from_be_bytes(bytes)))
    }
}
