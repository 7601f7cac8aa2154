//! Sums for reports.

use std::collections::{BTreeMap, HashMap};

use faas_core::model::UsageSums;
use faas_core::model::{FunctionId, NanoDollars, Status, Tier, Timestamp};
use faas_core::store::rollup::{Grain, Segment, cover};
use faas_core::store::{Period, UsageGroup, UsageKey, UsageQuery, UsageRow};
use rusqlite::{Connection, Row, params};

use super::{functions, readable};
use crate::error::Error;
use crate::rows::{Columns, count, report_damage, seq_range, usage};
use crate::state::Figures;

/// Sums by group: a function's number or the start of a span.
type Groups = BTreeMap<i64, UsageSums>;

/// The query with the function's number in place of its id.
struct Question {
    group: UsageGroup,
    function_no: Option<i64>,
    state: Figures,
}

pub(crate) fn report(connection: &Connection, query: &UsageQuery) -> Result<Vec<UsageRow>, Error> {
    // All parts must be read from the same state.
    let snapshot = connection.unchecked_transaction()?;
    let state = Figures::load(&snapshot)?;
    let Some(known) = state.known() else {
        return Ok(Vec::new());
    };
    let function_no = match query.function {
        None => None,
        Some(id) => match functions::number(&snapshot, id)? {
            None => return Ok(Vec::new()),
            no => no,
        },
    };
    let question = Question {
        group: query.group,
        function_no,
        state,
    };
    let coarsest = match query.group {
        UsageGroup::Function => Grain::Day,
        UsageGroup::Time(granularity) => Grain::coarsest_for(granularity),
    };
    let mut groups = Groups::new();
    for Segment { grain, period } in cover(query.period, coarsest, &known) {
        match grain {
            Some(grain) => question.roll_ups(&snapshot, grain, period, &mut groups)?,
            None => question.executions(&snapshot, period, &mut groups)?,
        }
    }
    rows(&snapshot, query.group, groups)
}

impl Question {
    fn key(&self, at: Timestamp, function_no: i64) -> i64 {
        match self.group {
            UsageGroup::Function => function_no,
            UsageGroup::Time(granularity) => granularity.floor(at).as_micros(),
        }
    }

    fn roll_ups(
        &self,
        connection: &Connection,
        grain: Grain,
        period: Period,
        groups: &mut Groups,
    ) -> Result<(), Error> {
        // Rows by time are in the order of their groups, so SQLite adds them up without sorting. Rows
        // by function would have to be sorted.
        let sql = match (self.group, self.function_no) {
            (UsageGroup::Time(_), None) => {
                "SELECT start, 0, sum(executions), sum(failed), sum(cold), sum(duration_micros),
                    sum(base), sum(cold_start), sum(retry), sum(data_transfer), max(tier),
                    sum(kv)
                 FROM usage WHERE grain = ? AND start >= ? AND start < ? AND ? IS NULL
                 GROUP BY start"
            }
            _ => {
                "SELECT start, function_no, executions, failed, cold, duration_micros, base,
                    cold_start, retry, data_transfer, tier, kv
                 FROM usage WHERE grain = ?1 AND start >= ?2 AND start < ?3
                    AND (?4 IS NULL OR function_no = ?4)"
            }
        };
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![
            usage::grain_code(grain),
            period.from.as_micros(),
            period.to.as_micros(),
            self.function_no,
        ])?;
        while let Some(row) = rows.next()? {
            let mut columns = Columns::new(row, "usage");
            let key = self.key(columns.moment()?, columns.value()?);
            if let Some(sums) = readable(usage::read(&mut columns))? {
                groups.entry(key).or_default().add(&sums);
            }
        }
        Ok(())
    }

    fn executions(
        &self,
        connection: &Connection,
        period: Period,
        groups: &mut Groups,
    ) -> Result<(), Error> {
        let (first, last) = seq_range(self.state.skew.millis(period));
        let mut statement = connection.prepare_cached(
            "SELECT created_at, function_no, status, cold_start, duration, cost_base,
                cost_cold_start, cost_retry, cost_data_transfer, cost_kv, cost_tier
             FROM executions NOT INDEXED
             WHERE seq BETWEEN ?1 AND ?2 AND status >= 2 AND created_at >= ?3 AND created_at < ?4
                AND (?5 IS NULL OR function_no = ?5)",
        )?;
        let mut rows = statement.query(params![
            first,
            last,
            period.from.as_micros(),
            period.to.as_micros(),
            self.function_no,
        ])?;
        while let Some(row) = rows.next()? {
            let Some((at, function_no, sums)) = readable(sums_of(row))? else {
                continue;
            };
            let key = self.key(at, function_no);
            groups.entry(key).or_default().add(&sums);
        }
        Ok(())
    }
}

/// The sums of one execution, as [`UsageSums::of`] has them.
fn sums_of(row: &Row<'_>) -> Result<(Timestamp, i64, UsageSums), Error> {
    let mut columns = Columns::new(row, "executions");
    let (at, function_no) = (columns.moment()?, columns.value()?);
    let status = columns.status();
    let status = columns.sound("status", status, Status::Failed);
    let cold = columns.value_or("cold_start", false);
    let nanos = columns.value_or("duration", 0);
    let mut amount = |column| NanoDollars::new(columns.value_or(column, 0));
    let sums = UsageSums {
        executions: 1,
        failed: u64::from(status == Status::Failed),
        cold: u64::from(cold),
        duration_micros: count(nanos) / 1000,
        base: amount("cost_base"),
        cold_start: amount("cost_cold_start"),
        retry: amount("cost_retry"),
        data_transfer: amount("cost_data_transfer"),
        kv: amount("cost_kv"),
        tier: Some(columns.tier().unwrap_or(Tier::Basic)),
    };
    Ok((at, function_no, sums))
}

fn rows(
    connection: &Connection,
    group: UsageGroup,
    groups: Groups,
) -> Result<Vec<UsageRow>, Error> {
    let mut rows = Vec::with_capacity(groups.len());
    if let UsageGroup::Function = group {
        let ids = function_ids(connection)?;
        for (no, sums) in groups {
            let Some(id) = ids.get(&no) else {
                report_damage("usage", &no, &["function_no"]);
                continue;
            };
            let key = UsageKey::Function(*id);
            rows.push(UsageRow { key, sums });
        }
        rows.sort_unstable_by_key(|row| row.key);
    } else {
        for (start, sums) in groups {
            let key = UsageKey::Time(Timestamp::from_micros(start));
            rows.push(UsageRow { key, sums });
        }
    }
    Ok(rows)
}

fn function_ids(connection: &Connection) -> Result<HashMap<i64, FunctionId>, Error> {
    let mut statement = connection.prepare_cached("SELECT id, no FROM function_numbers")?;
    let mut found = statement.query([])?;
    let mut ids = HashMap::new();
    while let Some(row) = found.next()? {
        let mut columns = Columns::new(row, "function_numbers");
        if let Some(bits) = readable(columns.id_bits())? {
            ids.insert(columns.value()?, FunctionId::from_u128(bits));
        }
    }
    Ok(ids)
}
