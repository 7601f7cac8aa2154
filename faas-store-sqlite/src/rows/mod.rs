//! The columns of each table, and the conversion between rows and the model.
//!
//! A damaged row does not make a query fail. Columns that cannot be read are replaced and logged, and
//! only a row without a readable id is omitted.

pub(crate) mod access;
pub(crate) mod detail;
pub(crate) mod execution;
pub(crate) mod function;
pub(crate) mod key_value;
pub(crate) mod load_test;
pub(crate) mod scaling;
pub(crate) mod schedule;
pub(crate) mod usage;

use std::fmt::Display;
use std::sync::LazyLock;
use std::time::Duration;

use faas_core::model::{ExecutionId, FunctionId, Status, Tier, Timestamp};
use faas_core::store::DamageLog;
use rusqlite::Row;

use crate::error::Error;

/// An unsigned number as SQLite stores it; a number out of range is clamped.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The reverse of [`signed`]; a negative number counts as zero.
pub(crate) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// The integer key of an execution: 48 bits of milliseconds and 12 bits of the counter, without the
/// version bits between them.
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

/// Records of this process's databases that could not be read.
static DAMAGE: LazyLock<DamageLog> = LazyLock::new(DamageLog::new);

/// Logs that these columns of a row cannot be read.
pub(crate) fn report_damage(table: &str, id: &dyn Display, columns: &[&str]) {
    DAMAGE.report(table, id, columns);
}

/// Reads a row's columns from the first to the last.
///
/// The methods with a replacement value record columns that cannot be read; the others fail.
pub(crate) struct Columns<'a, 'stmt> {
    row: &'a Row<'stmt>,
    table: &'static str,
    next: usize,
    damaged: Vec<&'static str>,
}

impl<'a, 'stmt> Columns<'a, 'stmt> {
    pub(crate) const fn new(row: &'a Row<'stmt>, table: &'static str) -> Self {
        Self {
            row,
            table,
            next: 0,
            damaged: Vec::new(),
        }
    }

    pub(crate) fn value<T: rusqlite::types::FromSql>(&mut self) -> Result<T, Error> {
        let index = self.next;
        self.next += 1;
        self.row
            .get(index)
            .map_err(|_| Error::row(self.table, "value"))
    }

    /// The value of this column, or `instead` if it cannot be read.
    pub(crate) fn value_or<T: rusqlite::types::FromSql>(
        &mut self,
        column: &'static str,
        instead: T,
    ) -> T {
        let value = self.value();
        self.sound(column, value, instead)
    }

    /// `value`, or `instead` if it could not be read.
    pub(crate) fn sound<T>(
        &mut self,
        column: &'static str,
        value: Result<T, Error>,
        instead: T,
    ) -> T {
        value.unwrap_or_else(|_| {
            self.damaged.push(column);
            instead
        })
    }

    /// The number of nanoseconds in this column, or `instead` if it is not valid.
    pub(crate) fn duration_or(&mut self, column: &'static str, instead: Duration) -> Duration {
        let nanos = self
            .value::<i64>()
            .and_then(|nanos| u64::try_from(nanos).map_err(|_| Error::row(self.table, column)));
        let nanos = nanos.map(Duration::from_nanos);
        self.sound(column, nanos, instead)
    }

    /// Adds the unreadable columns of another part of the same record.
    pub(crate) fn take_damage(&mut self, mut other: Columns<'_, '_>) {
        self.damaged.append(&mut other.damaged);
    }

    /// Whether one of these columns could not be read.
    pub(crate) fn is_damaged(&self, columns: &[&str]) -> bool {
        self.damaged.iter().any(|damaged| columns.contains(damaged))
    }

    /// Logs the columns of the record `id` that could not be read.
    pub(crate) fn report(&self, id: &dyn Display) {
        if !self.damaged.is_empty() {
            report_damage(self.table, id, &self.damaged);
        }
    }

    /// The bytes of a text or blob.
    pub(crate) fn bytes(&mut self) -> Result<Option<&'a [u8]>, Error> {
        let index = self.next;
        self.next += 1;
        let value = self.row.get_ref(index);
        let bytes = value.ok().and_then(|value| value.as_bytes_or_null().ok());
        bytes.ok_or(Error::row(self.table, "text"))
    }

    pub(crate) fn moment(&mut self) -> Result<Timestamp, Error> {
        Ok(Timestamp::from_micros(self.value()?))
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
