//! Rows of `usage`.

use std::sync::LazyLock;

use faas_core::model::UsageSums;
use faas_core::model::{NanoDollars, Timestamp};
use faas_core::store::rollup::Grain;
use rusqlite::{Connection, params};

use super::{Columns, count, signed, tier_code, tier_of};
use crate::error::Error;

pub(crate) const fn grain_code(grain: Grain) -> i64 {
    match grain {
        Grain::Minute => 0,
        Grain::Hour => 1,
        Grain::Day => 2,
    }
}

/// Clamps sums to the range of an integer, as the model does. SQLite would convert larger sums to
/// floating-point numbers, which the table refuses.
static ADD: LazyLock<String> = LazyLock::new(|| {
    let add = |column: &str| {
        format!(
            "{column} = iif(typeof({column} + excluded.{column}) = 'integer',
                {column} + excluded.{column},
                iif({column} > 0, 9223372036854775807, -9223372036854775807 - 1))"
        )
    };
    let sums = SUMS.map(add).join(", ");
    format!(
        "INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET {sums}, tier = max(tier, excluded.tier)"
    )
});

const SUMS: [&str; 9] = [
    "executions",
    "failed",
    "cold",
    "duration_micros",
    "base",
    "cold_start",
    "retry",
    "data_transfer",
    "kv",
];

/// Adds `sums` to those of the span that begins at `start`.
pub(crate) fn add(
    connection: &Connection,
    (grain, start, function_no): (Grain, Timestamp, i64),
    sums: &UsageSums,
) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(&ADD)?;
    statement.execute(params![
        grain_code(grain),
        start.as_micros(),
        function_no,
        signed(sums.executions),
        signed(sums.failed),
        signed(sums.cold),
        signed(sums.duration_micros),
        sums.base.get(),
        sums.cold_start.get(),
        sums.retry.get(),
        sums.data_transfer.get(),
        sums.tier.map_or(0, tier_code),
        sums.kv.get(),
    ])?;
    Ok(())
}

/// Reads the ten columns from `executions` to `kv`.
pub(crate) fn read(columns: &mut Columns<'_, '_>) -> Result<UsageSums, Error> {
    Ok(UsageSums {
        executions: count(columns.value()?),
        failed: count(columns.value()?),
        cold: count(columns.value()?),
        duration_micros: count(columns.value()?),
        base: NanoDollars::new(columns.value()?),
        cold_start: NanoDollars::new(columns.value()?),
        retry: NanoDollars::new(columns.value()?),
        data_transfer: NanoDollars::new(columns.value()?),
        tier: tier_of(columns.value()?),
        kv: NanoDollars::new(columns.value()?),
    })
}
