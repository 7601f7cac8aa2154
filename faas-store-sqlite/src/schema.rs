//! The tables, and the migration of databases of older releases.
//!
//! `executions` is clustered by time: its integer key is derived from the first 64 bits of the UUIDv7,
//! so ordering by time needs no index. All other tables refer to functions by a small number.

use rusqlite::Connection;

use crate::error::{Error, unusable};
use crate::rows::signed;

/// `FaaS` in ASCII: distinguishes this store's files from other SQLite databases.
const APPLICATION_ID: i64 = 0x4661_6153;

/// The entry at index N migrates the schema from version N to the next.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
    include_str!("schema/7.sql"),
    include_str!("schema/8.sql"),
    include_str!("schema/9.sql"),
    include_str!("schema/10.sql"),
    include_str!("schema/11.sql"),
    include_str!("schema/12.sql"),
    include_str!("schema/13.sql"),
    include_str!("schema/14.sql"),
    include_str!("schema/15.sql"),
    include_str!("schema/16.sql"),
    include_str!("schema/17.sql"),
    include_str!("schema/19.sql"),
];

/// Whether this is a database of this store with the schema of this release.
pub(crate) fn is_current(connection: &Connection) -> Result<bool, Error> {
    let pragma = |name: &str| -> Result<i64, rusqlite::Error> {
        connection.pragma_query_value(None, name, |row| row.get(0))
    };
    let version = signed(MIGRATIONS.len() as u64);
    Ok(pragma("application_id")? == APPLICATION_ID && pragma("user_version")? == version)
}

/// Migrates the database to the schema of this release.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), Error> {
    let pragma = |name: &str| -> Result<i64, rusqlite::Error> {
        connection.pragma_query_value(None, name, |row| row.get(0))
    };
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && tables > 0 {
        return Err(Error::Store(unusable(
            "this SQLite file belongs to another application".to_owned(),
        )));
    }
    let Some(steps) = usize::try_from(version)
        .ok()
        .and_then(|done| MIGRATIONS.get(done..))
    else {
        return Err(Error::Store(unusable(format!(
            "it has schema version {version}, written by a newer release; this release supports up to {}",
            MIGRATIONS.len()
        ))));
    };
    if steps.is_empty() {
        return Ok(());
    }
    // A new file has nothing to migrate.
    let is_old = version > 0;
    let transaction = connection.transaction()?;
    for (number, step) in (version + 1..).zip(steps) {
        if is_old {
            let of = MIGRATIONS.len();
            tracing::info!("migrating the database to schema version {number} of {of}");
        }
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", signed(MIGRATIONS.len() as u64))?;
    transaction.commit()?;
    if is_old {
        tracing::info!("the database is migrated");
    }
    Ok(())
}
