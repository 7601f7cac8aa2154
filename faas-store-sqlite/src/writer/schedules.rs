//! Writes schedules.

use faas_core::error::StoreError;
use faas_core::model::{Execution, Schedule, ScheduleId};
use faas_core::store::Written;
use rusqlite::{OptionalExtension, params};

use super::Writer;
use super::usage::Sums;
use crate::error::Error;
use crate::rows::{execution_key, schedule, seq};

impl Writer {
    pub(crate) fn insert_schedule(&mut self, schedule: &Schedule) -> Result<(), Error> {
        let no = self.number(schedule.function_id)?;
        self.require_free_schedule_name(no, schedule)?;
        if schedule::insert(&self.connection, no, schedule)? {
            Ok(())
        } else {
            Err(Error::Store(StoreError::Conflict("schedule id")))
        }
    }

    pub(crate) fn replace_schedule(&mut self, schedule: &Schedule) -> Result<(), Error> {
        let no = self.number(schedule.function_id)?;
        self.require_free_schedule_name(no, schedule)?;
        if schedule::replace(&self.connection, schedule)? {
            Ok(())
        } else {
            Err(Error::Store(StoreError::Stale))
        }
    }

    pub(crate) fn delete_schedule(&mut self, id: ScheduleId) -> Result<bool, Error> {
        let deleted = self
            .connection
            .prepare_cached("DELETE FROM schedules WHERE id = ?")?
            .execute([schedule::key(id)])?;
        Ok(deleted > 0)
    }

    /// Replaces the schedule and inserts the execution of its firing.
    pub(super) fn fire(
        &mut self,
        execution: &Execution,
        schedule: &Schedule,
        sums: &mut Sums,
    ) -> Result<Written, Error> {
        if schedule::replace(&self.connection, schedule)? {
            return self.insert(execution, sums);
        }
        // The group may be retried after its response was lost.
        let is_stored = self
            .connection
            .prepare_cached("SELECT 1 FROM executions WHERE seq = ? AND id = ?")?
            .query_row(
                params![seq(execution.id), execution_key(execution.id)],
                |_| Ok(()),
            )
            .optional()?;
        Ok(is_stored.map_or(Written::Stale, |()| Written::Done))
    }

    fn require_free_schedule_name(&self, no: i64, schedule: &Schedule) -> Result<(), Error> {
        let taken: bool = self
            .connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM schedules
                 WHERE function_no = ? AND name = ? AND id <> ?)",
            )?
            .query_row(
                params![no, schedule.name, schedule::key(schedule.id)],
                |row| row.get(0),
            )?;
        if taken {
            return Err(Error::Store(StoreError::Conflict("schedule name")));
        }
        Ok(())
    }
}
