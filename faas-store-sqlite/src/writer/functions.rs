//! Changes of functions, and the amount of stored code over time.

use faas_core::error::StoreError;
use faas_core::model::{Function, FunctionId, Timestamp};
use rusqlite::{OptionalExtension, params};

use super::Writer;
use crate::error::Error;
use crate::rows::{function, signed};

impl Writer {
    pub(crate) fn insert_function(&mut self, function: &Function) -> Result<(), Error> {
        let no = self.number(function.id)?;
        self.require_free_name(function, no)?;
        let known: bool = self
            .connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM functions WHERE no = ?)")?
            .query_row([no], |row| row.get(0))?;
        if known {
            return Err(Error::Store(StoreError::Conflict("function id")));
        }
        function::insert(&self.connection, no, function)?;
        self.begin_span(no, function, function.created_at)
    }

    pub(crate) fn update_function(
        &mut self,
        function: &Function,
        expected: Timestamp,
    ) -> Result<(), Error> {
        let no = self.number(function.id)?;
        let stored: Option<(i64, u64, i64)> = self
            .connection
            .prepare_cached(
                "SELECT updated_at, octet_length(code) + coalesce(module_bytes, 0), version FROM functions
                 WHERE no = ? AND deleted_at IS NULL",
            )?
            .query_row([no], |row| {
                Ok((row.get(0)?, crate::rows::count(row.get(1)?), row.get(2)?))
            })
            .optional()?;
        let (bytes, version) = match stored {
            Some((updated_at, bytes, version)) if updated_at == expected.as_micros() => {
                (bytes, version)
            }
            _ => return Err(Error::Store(StoreError::Stale)),
        };
        self.require_free_name(function, no)?;
        if i64::from(function.version) > version {
            function::keep(&self.connection, no, function.updated_at)?;
        }
        function::update(&self.connection, no, function)?;
        self.mark_aliased(no, &function.aliases)?;
        self.prune_versions(no)?;
        if bytes != function.code_bytes() as u64 {
            self.end_span(no, function.updated_at)?;
            self.begin_span(no, function, function.updated_at)?;
        }
        Ok(())
    }

    pub(crate) fn delete_function(&mut self, id: FunctionId, at: Timestamp) -> Result<bool, Error> {
        let no = self.number(id)?;
        let deleted = self
            .connection
            .prepare_cached(
                "UPDATE functions SET code = '', environment = NULL, deleted_at = ?2
                 WHERE no = ?1 AND deleted_at IS NULL",
            )?
            .execute(params![no, at.as_micros()])?;
        if deleted == 0 {
            return Ok(false);
        }
        self.end_span(no, at)?;
        self.connection
            .prepare_cached("DELETE FROM function_versions WHERE function_no = ?")?
            .execute([no])?;
        self.connection
            .prepare_cached("DELETE FROM schedules WHERE function_no = ?")?
            .execute([no])?;
        Ok(true)
    }

    fn require_free_name(&self, function: &Function, no: i64) -> Result<(), Error> {
        let taken: bool = self
            .connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM functions
                 WHERE name = ? AND deleted_at IS NULL AND no <> ?)",
            )?
            .query_row(params![&*function.name, no], |row| row.get(0))?;
        if taken {
            return Err(Error::Store(StoreError::Conflict("function name")));
        }
        Ok(())
    }

    fn begin_span(&self, no: i64, function: &Function, from: Timestamp) -> Result<(), Error> {
        self.connection
            .prepare_cached("INSERT INTO code_spans VALUES (?, ?, ?, NULL)")?
            .execute(params![
                no,
                signed(function.code_bytes() as u64),
                from.as_micros()
            ])?;
        Ok(())
    }

    fn end_span(&self, no: i64, at: Timestamp) -> Result<(), Error> {
        self.connection
            .prepare_cached(
                "UPDATE code_spans SET to_at = max(from_at, ?2)
                 WHERE function_no = ?1 AND to_at IS NULL",
            )?
            .execute(params![no, at.as_micros()])?;
        Ok(())
    }
}
