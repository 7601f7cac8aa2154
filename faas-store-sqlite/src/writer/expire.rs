//! Deletes old executions and keeps their sums.

use faas_core::model::Timestamp;
use faas_core::store::Period;
use faas_core::store::rollup::Grain;
use rusqlite::params;

use super::Writer;
use crate::error::Error;
use crate::rows::{seq_range, usage::grain_code};

/// A row to delete.
struct Old {
    seq: i64,
    created_at: Timestamp,
    function_no: i64,
    idempotency_key: Option<String>,
}

impl Writer {
    /// Deletes up to `limit` ended executions accepted before `before`, oldest first.
    pub(crate) fn expire(&mut self, before: Timestamp, limit: usize) -> Result<usize, Error> {
        let old = self.old(before, limit)?;
        for one in &old {
            self.connection
                .prepare_cached("DELETE FROM executions WHERE seq = ?")?
                .execute([one.seq])?;
            if let Some(key) = &one.idempotency_key {
                self.connection
                    .prepare_cached(
                        "DELETE FROM idempotency_keys
                         WHERE function_no = ? AND key = ? AND seq = ?",
                    )?
                    .execute(params![one.function_no, key, one.seq])?;
            }
        }
        if let Some(newest) = old.iter().map(|one| one.created_at).max()
            && let Some(minutes_from) = self.state.forget(newest)
        {
            self.connection
                .prepare_cached("DELETE FROM usage WHERE grain = ? AND start < ?")?
                .execute(params![grain_code(Grain::Minute), minutes_from.as_micros()])?;
        }
        Ok(old.len())
    }

    fn old(&self, before: Timestamp, limit: usize) -> Result<Vec<Old>, Error> {
        let period = Period {
            to: before,
            ..Period::ALL
        };
        let (_, last) = seq_range(self.state.skew.millis(period));
        let mut find = self.connection.prepare_cached(
            "SELECT seq, created_at, function_no, idempotency_key FROM executions NOT INDEXED
             WHERE seq <= ? AND status >= 2 AND created_at < ? ORDER BY seq LIMIT ?",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = find.query_map(params![last, before.as_micros(), limit], |row| {
            Ok(Old {
                seq: row.get(0)?,
                created_at: Timestamp::from_micros(row.get(1)?),
                function_no: row.get(2)?,
                idempotency_key: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
