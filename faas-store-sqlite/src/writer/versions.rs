//! Deletes replaced versions of functions that nothing needs.

use std::collections::BTreeSet;

use faas_core::model::{Aliases, Timestamp};
use faas_core::store::{SPARE_BYTES, SPARE_VERSIONS};
use rusqlite::params;

use super::Writer;
use crate::error::Error;
use crate::rows::signed;

/// The maximum number of versions that one call of [`Writer::expire_versions`] deletes.
const BATCH: i64 = 64;

impl Writer {
    /// Marks the kept versions of a function that aliases stand for.
    pub(super) fn mark_aliased(&self, no: i64, aliases: &Aliases) -> Result<(), Error> {
        let versions: BTreeSet<u32> = aliases.versions().collect();
        let versions = serde_json::to_string(&versions)
            .map_err(|_| Error::row("function_versions", "aliased"))?;
        self.connection
            .prepare_cached(
                "UPDATE function_versions SET aliased = NOT aliased WHERE function_no = ?1
                    AND aliased <> (version IN (SELECT value FROM json_each(?2)))",
            )?
            .execute(params![no, versions])?;
        Ok(())
    }

    /// Deletes the spare versions of one function: see
    /// [`faas_core::store::Store::update_function`].
    pub(super) fn prune_versions(&self, no: i64) -> Result<(), Error> {
        let spare: Vec<i64> = self
            .connection
            .prepare_cached(
                "SELECT version FROM (
                    SELECT version, aliased, row_number() OVER newest AS place,
                        sum(octet_length(code) + coalesce(module_bytes, 0)) OVER newest
                            - first_value(octet_length(code) + coalesce(module_bytes, 0))
                                OVER newest AS bytes
                    FROM function_versions WHERE function_no = ?1
                    WINDOW newest AS (ORDER BY version DESC))
                 WHERE NOT aliased AND (place > ?2 OR bytes > ?3)",
            )?
            .query_map(
                params![no, signed(SPARE_VERSIONS as u64), signed(SPARE_BYTES)],
                |row| row.get(0),
            )?
            .collect::<Result<_, _>>()?;
        if spare.is_empty() {
            return Ok(());
        }
        // The unfinished executions are read once for all versions.
        let needed: Vec<i64> = self
            .connection
            .prepare_cached(
                "SELECT DISTINCT function_version FROM executions INDEXED BY executions_unfinished
                 WHERE status < 2 AND function_no = ?",
            )?
            .query_map([no], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut delete = self.connection.prepare_cached(
            "DELETE FROM function_versions WHERE function_no = ? AND version = ?",
        )?;
        for version in spare.iter().filter(|version| !needed.contains(version)) {
            delete.execute([no, *version])?;
        }
        Ok(())
    }

    /// Deletes up to [`BATCH`] versions of any function that were replaced before `before` and that
    /// no unfinished execution needs.
    pub(crate) fn expire_versions(&self, before: Timestamp) -> Result<(), Error> {
        let is_any_old: bool = self
            .connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM function_versions WHERE replaced_at < ? AND NOT aliased)",
            )?
            .query_row([before.as_micros()], |row| row.get(0))?;
        if !is_any_old {
            return Ok(());
        }
        self.connection
            .prepare_cached(
                "DELETE FROM function_versions WHERE rowid IN (
                    SELECT rowid FROM function_versions
                    WHERE replaced_at < ? AND NOT aliased AND (function_no, version) NOT IN (
                        SELECT function_no, function_version
                        FROM executions INDEXED BY executions_unfinished WHERE status < 2)
                    LIMIT ?)",
            )?
            .execute(params![before.as_micros(), BATCH])?;
        Ok(())
    }
}
