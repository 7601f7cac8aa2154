//! Rows and queries of `api_keys` and `audit`. The command line and the server use the same queries.

use faas_core::error::StoreError;
use faas_core::model::{
    Actor, ApiKey, AuditAction, AuditEntry, AuditId, KeyHash, KeyId, Role, Timestamp,
};
use faas_core::store::{AuditQuery, KeyUse};
use rusqlite::{Connection, Row, params};

use super::Columns;
use crate::error::Error;
use crate::reads::{collect, limit};

const KEYS: &str = "api_keys";
const AUDIT: &str = "audit";

pub(crate) fn insert_key(connection: &Connection, key: &ApiKey) -> Result<(), Error> {
    let exists = |sql: &str, value: &dyn rusqlite::ToSql| -> Result<bool, Error> {
        let mut statement = connection.prepare_cached(sql)?;
        Ok(statement.query_row([value], |row| row.get(0))?)
    };
    let id = key.id.as_u128().to_be_bytes();
    if exists("SELECT EXISTS (SELECT 1 FROM api_keys WHERE id = ?)", &id)? {
        return Err(Error::Store(StoreError::Conflict("key id")));
    }
    let named = "SELECT EXISTS (SELECT 1 FROM api_keys WHERE name = ? AND revoked_at IS NULL)";
    if key.revoked_at.is_none() && exists(named, &&*key.name)? {
        return Err(Error::Store(StoreError::Conflict("key name")));
    }
    let mut statement = connection.prepare_cached(
        "INSERT INTO api_keys
            (id, name, role, hash, created_at, expires_at, revoked_at, last_used_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    statement.execute(params![
        id,
        &*key.name,
        key.role.as_str(),
        key.hash.0,
        key.created_at.as_micros(),
        key.expires_at.map(Timestamp::as_micros),
        key.revoked_at.map(Timestamp::as_micros),
        key.last_used_at.map(Timestamp::as_micros),
    ])?;
    Ok(())
}

/// Newest first.
pub(crate) fn keys(connection: &Connection) -> Result<Vec<ApiKey>, Error> {
    let sql = "SELECT id, name, role, hash, created_at, expires_at, revoked_at, last_used_at
               FROM api_keys ORDER BY id DESC";
    collect(connection, sql, [], read_key)
}

pub(crate) fn revoke_key(connection: &Connection, id: KeyId, at: Timestamp) -> Result<bool, Error> {
    let mut statement = connection.prepare_cached(
        "UPDATE api_keys SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL",
    )?;
    let revoked = statement.execute(params![id.as_u128().to_be_bytes(), at.as_micros()])?;
    Ok(revoked > 0)
}

pub(crate) fn note_key_uses(connection: &Connection, uses: &[KeyUse]) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(
        "UPDATE api_keys SET last_used_at = ?2
         WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at < ?2)",
    )?;
    for used in uses {
        statement.execute(params![
            used.id.as_u128().to_be_bytes(),
            used.at.as_micros()
        ])?;
    }
    Ok(())
}

pub(crate) fn append_audit(connection: &Connection, entry: &AuditEntry) -> Result<(), Error> {
    let (key_id, key_name) = match &entry.actor {
        Actor::Local => (None, None),
        Actor::Key { id, name } => (Some(id.as_u128().to_be_bytes()), Some(&**name)),
    };
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO audit (id, at, key_id, key_name, action, target)
         VALUES (?, ?, ?, ?, ?, ?)",
    )?;
    statement.execute(params![
        entry.id.as_u128().to_be_bytes(),
        entry.at.as_micros(),
        key_id,
        key_name,
        entry.action.as_str(),
        entry.target,
    ])?;
    Ok(())
}

/// Newest first.
pub(crate) fn audit(connection: &Connection, query: &AuditQuery) -> Result<Vec<AuditEntry>, Error> {
    let sql = "SELECT id, at, key_id, key_name, action, target FROM audit
               WHERE ?1 IS NULL OR id < ?1 ORDER BY id DESC LIMIT ?2";
    let before = query.before.map(|id| id.as_u128().to_be_bytes());
    let params = params![before, limit(query.limit)];
    collect(connection, sql, params, read_entry)
}

pub(crate) fn expire_audit(
    connection: &Connection,
    before: Timestamp,
    at_most: usize,
) -> Result<usize, Error> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < ?1 ORDER BY id LIMIT ?2)",
    )?;
    Ok(statement.execute(params![before.as_micros(), limit(at_most)])?)
}

/// A key that cannot be read counts as revoked: it is refused, and the server still requires a key.
fn read_key(row: &Row<'_>) -> Result<ApiKey, Error> {
    let mut columns = Columns::new(row, KEYS);
    let id = columns.id_bits();
    let id = KeyId::from_u128(columns.sound("id", id, 0));
    let name = columns.value_or("name", "(unreadable)".to_owned());
    let role = columns.value::<String>();
    let role = role.and_then(|name| Role::named(&name).ok_or(Error::row(KEYS, "role")));
    let role = columns.sound("role", role, Role::Reader);
    let hash = columns.bytes().and_then(hash);
    let hash = columns.sound("hash", hash, KeyHash([0; 32]));
    let mut key = ApiKey {
        id,
        name: name.into(),
        role,
        hash,
        created_at: Timestamp::from_micros(columns.value_or("created_at", 0)),
        expires_at: moment(&mut columns, "expires_at"),
        revoked_at: moment(&mut columns, "revoked_at"),
        last_used_at: moment(&mut columns, "last_used_at"),
    };
    if columns.is_damaged(&["id", "role", "hash", "expires_at", "revoked_at"]) {
        key.revoked_at = Some(key.revoked_at.unwrap_or(key.created_at));
    }
    columns.report(&id);
    Ok(key)
}

fn moment(columns: &mut Columns<'_, '_>, column: &'static str) -> Option<Timestamp> {
    columns.value_or(column, None).map(Timestamp::from_micros)
}

fn hash(bytes: Option<&[u8]>) -> Result<KeyHash, Error> {
    let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
    bytes.map(KeyHash).ok_or(Error::row(KEYS, "hash"))
}

fn read_entry(row: &Row<'_>) -> Result<AuditEntry, Error> {
    let mut columns = Columns::new(row, AUDIT);
    let (id, at) = (AuditId::from_u128(columns.id_bits()?), columns.moment()?);
    let key = columns.optional_id_bits()?.map(KeyId::from_u128);
    let actor = match (key, columns.value::<Option<String>>()?) {
        (Some(id), Some(name)) => Actor::Key {
            id,
            name: name.into(),
        },
        _ => Actor::Local,
    };
    let action = columns.value::<String>()?;
    Ok(AuditEntry {
        id,
        at,
        actor,
        action: AuditAction::named(&action).ok_or(Error::row(AUDIT, "action"))?,
        target: columns.value()?,
    })
}
