//! Commits groups of writes of executions.

use faas_core::error::StoreError;
use faas_core::model::{Execution, ExecutionId, Status, Timestamp};
use faas_core::store::{IDEMPOTENCY_WINDOW, Stage, Write, Written};
use rusqlite::{OptionalExtension, params};

use super::usage::Sums;
use super::{Group, Writer};
use crate::error::Error;
use crate::rows::{execution, execution_key, scaling, seq, status_of};

impl Writer {
    /// Commits the groups together. If that fails, commits them one by one, so that each group gets its
    /// own error.
    pub(super) fn commit_groups(&mut self, groups: Vec<Group>) {
        let together = self.transact(|writer| writer.apply(&groups));
        let error = match together.map_err(Error::into_lock) {
            Ok(written) => {
                for (group, written) in groups.into_iter().zip(written) {
                    // The caller may have given up waiting.
                    let _ = group.reply.send(Ok(written));
                }
                return;
            }
            // The lock blocks every group, so waiting for it again is useless.
            Err(Ok(lock)) => {
                for group in groups {
                    // As above.
                    let _ = group.reply.send(Err(lock.unavailable()));
                }
                return;
            }
            Err(Err(error)) => error,
        };
        if groups.len() > 1 {
            for group in groups {
                self.commit_groups(vec![group]);
            }
        } else if let Some(group) = groups.into_iter().next() {
            // As above.
            let _ = group.reply.send(Err(StoreError::from(error)));
        }
    }

    fn apply(&mut self, groups: &[Group]) -> Result<Vec<Vec<Written>>, Error> {
        let mut sums = Sums::default();
        let mut all = Vec::with_capacity(groups.len());
        for group in groups {
            let mut written = Vec::with_capacity(group.writes.len());
            for write in &group.writes {
                written.push(self.write(write, &mut sums)?);
            }
            all.push(written);
        }
        sums.enter(&self.connection)?;
        Ok(all)
    }

    fn write(&mut self, write: &Write, sums: &mut Sums) -> Result<Written, Error> {
        match write {
            Write::Insert(execution) => self.insert(execution, sums),
            // No other process uses the file, so leases need not be stored.
            Write::Claim { id, attempt, .. } => self.claim(*id, *attempt),
            Write::Settle { execution, from } => self.settle(execution, *from, sums),
            Write::Fire {
                execution,
                schedule,
            } => self.fire(execution, schedule, sums),
            Write::Scaling(event) => {
                scaling::insert(&self.connection, event)?;
                Ok(Written::Done)
            }
        }
    }

    pub(super) fn insert(
        &mut self,
        execution: &Execution,
        sums: &mut Sums,
    ) -> Result<Written, Error> {
        let no = self.number(execution.function_id)?;
        let earlier = match &execution.idempotency_key {
            Some(key) => {
                let since = execution.created_at - IDEMPOTENCY_WINDOW;
                self.keyed(no, key, since)?
            }
            None => None,
        };
        if let Some(earlier) = earlier
            && earlier != execution.id
            && !execution.status.is_terminal()
        {
            return Ok(Written::Duplicate(earlier));
        }
        let singleton = execution.queueing.singleton_key.as_deref();
        let singleton = singleton.filter(|_| !execution.status.is_terminal());
        if let Some(key) = singleton
            && let Some(first) = self.singleton(no, key)?
            && first != execution.id
        {
            return Ok(Written::Duplicate(first));
        }
        if !execution::insert(&self.connection, execution, no)? {
            return self.inserted_before(execution.id);
        }
        if let Some(key) = &execution.idempotency_key
            && earlier.is_none()
        {
            self.connection
                .prepare_cached("INSERT OR REPLACE INTO idempotency_keys VALUES (?, ?, ?, ?, ?)")?
                .execute(params![
                    no,
                    &**key,
                    seq(execution.id),
                    execution_key(execution.id),
                    execution.created_at.as_micros(),
                ])?;
        }
        if let Some(key) = singleton {
            self.connection
                .prepare_cached("INSERT INTO singletons VALUES (?, ?, ?)")?
                .execute(params![no, key, execution_key(execution.id)])?;
        }
        self.state
            .arrive(execution.id, execution.status, execution.created_at);
        if execution.status.is_terminal() {
            self.roll_up(execution, no, sums);
        }
        Ok(Written::Done)
    }

    fn keyed(&self, no: i64, key: &str, since: Timestamp) -> Result<Option<ExecutionId>, Error> {
        let mut find = self.connection.prepare_cached(
            "SELECT id FROM idempotency_keys
             WHERE function_no = ? AND key = ? AND created_at >= ?",
        )?;
        let id = find
            .query_row(params![no, key, since.as_micros()], |row| row.get(0))
            .optional()?;
        Ok(id.map(|id| ExecutionId::from_u128(u128::from_be_bytes(id))))
    }

    /// The execution that has this singleton key.
    fn singleton(&self, no: i64, key: &str) -> Result<Option<ExecutionId>, Error> {
        let mut find = self
            .connection
            .prepare_cached("SELECT id FROM singletons WHERE function_no = ? AND key = ?")?;
        let id = find
            .query_row(params![no, key], |row| row.get(0))
            .optional()?;
        Ok(id.map(|id| ExecutionId::from_u128(u128::from_be_bytes(id))))
    }

    /// The key is taken. The same execution has it if a group is retried after its response was lost.
    fn inserted_before(&self, id: ExecutionId) -> Result<Written, Error> {
        let stored: [u8; 16] = self
            .connection
            .prepare_cached("SELECT id FROM executions WHERE seq = ?")?
            .query_row([seq(id)], |row| row.get(0))?;
        if stored == execution_key(id) {
            Ok(Written::Done)
        } else {
            Err(Error::Store(StoreError::Conflict("execution id")))
        }
    }

    fn claim(&mut self, id: ExecutionId, attempt: u32) -> Result<Written, Error> {
        let claimed = self
            .connection
            .prepare_cached(
                "UPDATE executions SET status = 1, attempt = ?3, due_at = NULL
                 WHERE seq = ?1 AND id = ?2 AND status = 0 AND attempt = ?3 - 1",
            )?
            .execute(params![seq(id), execution_key(id), attempt])?;
        if claimed == 0 {
            return Ok(Written::Stale);
        }
        self.state.shift(Status::Pending, Status::Running);
        Ok(Written::Done)
    }

    fn settle(
        &mut self,
        execution: &Execution,
        from: Stage,
        sums: &mut Sums,
    ) -> Result<Written, Error> {
        let id = execution.id;
        let stored: Option<(i64, i64)> = self
            .connection
            .prepare_cached("SELECT status, attempt FROM executions WHERE seq = ? AND id = ?")?
            .query_row(params![seq(id), execution_key(id)], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let Some((status, attempt)) = stored else {
            return Ok(Written::Stale);
        };
        // A damaged execution has no stage.
        let stage = status_of(status).zip(u32::try_from(attempt).ok());
        let stage = stage.map(|(status, attempt)| Stage { status, attempt });
        if stage != Some(from) || from.status.is_terminal() {
            return Ok(Written::Stale);
        }
        let no = self.number(execution.function_id)?;
        execution::update(&self.connection, execution, no)?;
        self.state.shift(from.status, execution.status);
        if execution.status.is_terminal() {
            if let Some(key) = &execution.queueing.singleton_key {
                self.connection
                    .prepare_cached(
                        "DELETE FROM singletons WHERE function_no = ? AND key = ? AND id = ?",
                    )?
                    .execute(params![no, &**key, execution_key(id)])?;
            }
            self.roll_up(execution, no, sums);
        }
        Ok(Written::Done)
    }

    fn roll_up(&mut self, execution: &Execution, no: i64, sums: &mut Sums) {
        self.state.roll_up(execution.created_at);
        sums.add(execution, no);
    }
}
