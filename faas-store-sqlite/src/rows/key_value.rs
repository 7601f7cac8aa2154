//! Rows and queries of `kv_namespaces` and `kv_entries`.

use faas_core::model::{Json, Namespace, Timestamp};
use faas_core::store::{KvEntry, KvKey, KvNamespace, KvPage, KvQuery, KvWrite, KvWritten};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{count, function_key, signed};
use crate::error::Error;
use crate::reads::{collect, limit};

pub(crate) fn get(
    connection: &Connection,
    namespace: &Namespace,
    key: &str,
    now: Timestamp,
) -> Result<Option<KvEntry>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT metadata, expires_at, value FROM kv_entries
         WHERE namespace_no = (SELECT no FROM kv_namespaces WHERE name = ?1) AND key = ?2
            AND (expires_at IS NULL OR expires_at > ?3)",
    )?;
    let params = params![namespace.as_str(), key, now.as_micros()];
    Ok(statement.query_row(params, read_entry).optional()?)
}

fn read_entry(row: &Row<'_>) -> rusqlite::Result<KvEntry> {
    Ok(KvEntry {
        metadata: row.get::<_, Option<String>>(0)?.map(Json::trusted),
        expires_at: row.get::<_, Option<i64>>(1)?.map(Timestamp::from_micros),
        value: row.get::<_, Vec<u8>>(2)?.into(),
    })
}

/// A namespace as it is stored.
struct Stored {
    no: i64,
    keys: u64,
    bytes: u64,
}

/// Runs in a transaction of the writer.
pub(crate) fn write(connection: &Connection, write: &KvWrite) -> Result<KvWritten, Error> {
    let namespace = find(connection, &write.namespace)?;
    let mut known = connection.prepare_cached(
        "SELECT metadata, expires_at, value FROM kv_entries WHERE namespace_no = ? AND key = ?",
    )?;
    let no = namespace.as_ref().map(|namespace| namespace.no);
    let stored = known
        .query_row(params![no, write.key], read_entry)
        .optional()?;
    let stored_bytes = stored.as_ref().map(|entry| entry.bytes(&write.key));
    let previous = stored.filter(|entry| entry.is_alive(write.now));
    let value = previous.as_ref().map(|entry| &*entry.value);
    if !write.condition.holds(value) {
        return Ok(KvWritten::Refused);
    }
    if write.entry.is_some() && !has_owner(connection, &write.namespace)? {
        return Ok(KvWritten::NoFunction);
    }
    let counts = namespace
        .as_ref()
        .map_or((0, 0), |all| (all.keys, all.bytes));
    let change = write.change(stored_bytes);
    if !write.fits(counts, change) {
        return Ok(KvWritten::Full(KvNamespace {
            name: write.namespace.clone(),
            keys: counts.0,
            bytes: counts.1,
        }));
    }
    match &write.entry {
        Some(entry) => {
            let no = match no {
                Some(no) => no,
                None if count_up_to(connection, write.max_namespaces)? >= write.max_namespaces => {
                    return Ok(KvWritten::TooManyNamespaces);
                }
                None => connection
                    .prepare_cached(
                        "INSERT INTO kv_namespaces (name, keys, bytes) VALUES (?, 0, 0) RETURNING no",
                    )?
                    .query_row([write.namespace.as_str()], |row| row.get(0))?,
            };
            connection
                .prepare_cached(
                    "INSERT INTO kv_entries (namespace_no, key, metadata, expires_at, value)
                     VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT (namespace_no, key)
                     DO UPDATE SET metadata = ?3, expires_at = ?4, value = ?5",
                )?
                .execute(params![
                    no,
                    write.key,
                    entry.metadata.as_ref().map(Json::as_str),
                    entry.expires_at.map(Timestamp::as_micros),
                    &*entry.value,
                ])?;
            recount(connection, no, change)?;
        }
        None => {
            if let (Some(no), Some(_)) = (no, stored_bytes) {
                connection
                    .prepare_cached("DELETE FROM kv_entries WHERE namespace_no = ? AND key = ?")?
                    .execute(params![no, write.key])?;
                recount(connection, no, change)?;
            }
        }
    }
    Ok(KvWritten::Done(previous.filter(|_| write.returns_previous)))
}

/// Whether the function exists whose own namespace it is.
fn has_owner(connection: &Connection, namespace: &Namespace) -> Result<bool, Error> {
    let Some(owner) = namespace.owner() else {
        return Ok(true);
    };
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM functions
         WHERE no = (SELECT no FROM function_numbers WHERE id = ?) AND deleted_at IS NULL)",
    )?;
    Ok(statement.query_row([function_key(owner)], |row| row.get(0))?)
}

/// The number of namespaces, or `most` if there are more.
fn count_up_to(connection: &Connection, most: u64) -> Result<u64, Error> {
    let mut statement =
        connection.prepare_cached("SELECT count(*) FROM (SELECT 1 FROM kv_namespaces LIMIT ?)")?;
    let found = statement.query_row([signed(most)], |row| row.get(0))?;
    Ok(count(found))
}

fn find(connection: &Connection, name: &Namespace) -> Result<Option<Stored>, Error> {
    let mut statement =
        connection.prepare_cached("SELECT no, keys, bytes FROM kv_namespaces WHERE name = ?")?;
    let read = |row: &Row<'_>| {
        Ok(Stored {
            no: row.get(0)?,
            keys: count(row.get(1)?),
            bytes: count(row.get(2)?),
        })
    };
    Ok(statement.query_row([name.as_str()], read).optional()?)
}

/// Changes the counts of a namespace. One without entries is removed.
fn recount(connection: &Connection, no: i64, (keys, bytes): (i64, i64)) -> Result<(), Error> {
    let left: i64 = connection
        .prepare_cached(
            "UPDATE kv_namespaces SET keys = keys + ?2, bytes = bytes + ?3 WHERE no = ?1
             RETURNING keys",
        )?
        .query_row(params![no, keys, bytes], |row| row.get(0))?;
    if left <= 0 {
        connection
            .prepare_cached("DELETE FROM kv_namespaces WHERE no = ?")?
            .execute([no])?;
    }
    Ok(())
}

pub(crate) fn list(connection: &Connection, query: &KvQuery) -> Result<KvPage, Error> {
    let (start, is_left_out) = query.start();
    let sql = if is_left_out {
        "SELECT key, metadata, expires_at, octet_length(value) FROM kv_entries
         WHERE namespace_no = (SELECT no FROM kv_namespaces WHERE name = ?1) AND key > ?2
         ORDER BY key LIMIT ?3"
    } else {
        "SELECT key, metadata, expires_at, octet_length(value) FROM kv_entries
         WHERE namespace_no = (SELECT no FROM kv_namespaces WHERE name = ?1) AND key >= ?2
         ORDER BY key LIMIT ?3"
    };
    let most = limit(query.limit.saturating_add(1));
    let params = params![query.namespace.as_str(), start, most];
    let found = collect(connection, sql, params, |row| {
        Ok(KvKey {
            name: row.get(0)?,
            metadata: row.get::<_, Option<String>>(1)?.map(Json::trusted),
            expires_at: row.get::<_, Option<i64>>(2)?.map(Timestamp::from_micros),
            value_bytes: count(row.get(3)?),
        })
    })?;
    Ok(KvPage::of(query, found))
}

pub(crate) fn namespaces(
    connection: &Connection,
    after: Option<&Namespace>,
    most: usize,
) -> Result<Vec<KvNamespace>, Error> {
    let sql = "SELECT name, keys, bytes FROM kv_namespaces WHERE name > ? ORDER BY name LIMIT ?";
    let after = after.map_or("", Namespace::as_str);
    collect(connection, sql, params![after, limit(most)], |row| {
        Ok(KvNamespace {
            name: Namespace::trusted(&row.get::<_, String>(0)?),
            keys: count(row.get(1)?),
            bytes: count(row.get(2)?),
        })
    })
}

pub(crate) fn namespace(connection: &Connection, name: &Namespace) -> Result<KvNamespace, Error> {
    let found = find(connection, name)?;
    Ok(KvNamespace {
        name: name.clone(),
        keys: found.as_ref().map_or(0, |found| found.keys),
        bytes: found.as_ref().map_or(0, |found| found.bytes),
    })
}

/// Runs in a transaction of the writer.
pub(crate) fn expire(connection: &Connection, now: Timestamp, most: usize) -> Result<usize, Error> {
    let sql = "SELECT rowid, namespace_no, octet_length(key) + coalesce(octet_length(metadata), 0)
                  + octet_length(value)
               FROM kv_entries WHERE expires_at IS NOT NULL AND expires_at <= ?
               ORDER BY expires_at LIMIT ?";
    remove(connection, sql, params![now.as_micros(), limit(most)])
}

/// Runs in a transaction of the writer.
pub(crate) fn clear(
    connection: &Connection,
    namespace: &Namespace,
    most: usize,
) -> Result<usize, Error> {
    let sql = "SELECT rowid, namespace_no, octet_length(key) + coalesce(octet_length(metadata), 0)
                  + octet_length(value)
               FROM kv_entries
               WHERE namespace_no = (SELECT no FROM kv_namespaces WHERE name = ?) LIMIT ?";
    remove(connection, sql, params![namespace.as_str(), limit(most)])
}

fn remove(
    connection: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<usize, Error> {
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let found: Vec<(i64, i64, i64)> = collect(connection, sql, params, read)?;
    let mut delete = connection.prepare_cached("DELETE FROM kv_entries WHERE rowid = ?")?;
    for (row, namespace, bytes) in &found {
        delete.execute([row])?;
        recount(connection, *namespace, (-1, -bytes))?;
    }
    Ok(found.len())
}
