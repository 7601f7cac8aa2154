//! The row of counters that every commit updates.

use faas_core::model::{ExecutionId, Status, Timestamp};
use faas_core::store::Totals;
use faas_core::store::rollup::{Grain, Known};
use faas_core::store::skew::Skew;
use rusqlite::{Connection, params};

use crate::error::Error;
use crate::rows::{count, signed};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) totals: Totals,
    oldest: Option<Timestamp>,
    newest: Option<Timestamp>,
    executions_from: Timestamp,
    minutes_from: Timestamp,
    pub(crate) skew: Skew,
}

impl Figures {
    pub(crate) fn load(connection: &Connection) -> Result<Self, Error> {
        let mut statement = connection.prepare_cached(
            "SELECT pending, running, completed, failed, oldest, newest, executions_from,
                    minutes_from, ahead, behind FROM state",
        )?;
        let moment = Timestamp::from_micros;
        let state = statement.query_row([], |row| {
            Ok(Self {
                totals: Totals {
                    pending: count(row.get(0)?),
                    running: count(row.get(1)?),
                    completed: count(row.get(2)?),
                    failed: count(row.get(3)?),
                },
                oldest: row.get::<_, Option<i64>>(4)?.map(moment),
                newest: row.get::<_, Option<i64>>(5)?.map(moment),
                executions_from: moment(row.get(6)?),
                minutes_from: moment(row.get(7)?),
                skew: Skew {
                    ahead: row.get(8)?,
                    behind: row.get(9)?,
                },
            })
        })?;
        Ok(state)
    }

    pub(crate) fn save(&self, connection: &Connection) -> Result<(), Error> {
        let mut statement = connection.prepare_cached(
            "UPDATE state SET pending = ?, running = ?, completed = ?, failed = ?, oldest = ?,
                    newest = ?, executions_from = ?, minutes_from = ?, ahead = ?, behind = ?",
        )?;
        statement.execute(params![
            signed(self.totals.pending),
            signed(self.totals.running),
            signed(self.totals.completed),
            signed(self.totals.failed),
            self.oldest.map(Timestamp::as_micros),
            self.newest.map(Timestamp::as_micros),
            self.executions_from.as_micros(),
            self.minutes_from.as_micros(),
            self.skew.ahead,
            self.skew.behind,
        ])?;
        Ok(())
    }

    /// The period that the roll-ups cover; `None` if nothing is rolled up.
    pub(crate) fn known(&self) -> Option<Known> {
        Some(Known {
            oldest: self.oldest?,
            newest: self.newest?,
            executions_from: self.executions_from,
            minutes_from: self.minutes_from,
        })
    }

    /// A new execution is stored.
    pub(crate) fn arrive(&mut self, id: ExecutionId, status: Status, created_at: Timestamp) {
        self.skew.note(id, created_at);
        *self.count(status) += 1;
    }

    /// An execution changed from one status to another.
    pub(crate) fn shift(&mut self, from: Status, to: Status) {
        let left = self.count(from);
        *left = left.saturating_sub(1);
        *self.count(to) += 1;
    }

    /// An execution accepted at `at` is rolled up.
    pub(crate) fn roll_up(&mut self, at: Timestamp) {
        self.oldest = Some(self.oldest.map_or(at, |oldest| oldest.min(at)));
        self.newest = self.newest.max(Some(at));
    }

    /// Ended executions up to and including `at` are deleted. Returns whether more minutes may be
    /// deleted.
    pub(crate) fn forget(&mut self, at: Timestamp) -> Option<Timestamp> {
        let after = Timestamp::from_micros(at.as_micros().saturating_add(1));
        self.executions_from = self.executions_from.max(after);
        let hour = Grain::Hour.floor(self.executions_from);
        if hour <= self.minutes_from {
            return None;
        }
        self.minutes_from = hour;
        Some(hour)
    }

    const fn count(&mut self, status: Status) -> &mut u64 {
        match status {
            Status::Pending => &mut self.totals.pending,
            Status::Running => &mut self.totals.running,
            Status::Completed => &mut self.totals.completed,
            Status::Failed => &mut self.totals.failed,
        }
    }
}
