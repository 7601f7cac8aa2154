//! API keys and the audit log.
//!
//! A key's name is kept twice: for people, and in `nameSlot`, which has a unique index and goes when
//! the key is revoked, so that one at most of those that are not holds a name.

use faas_core::error::StoreError;
use faas_core::model::{Actor, ApiKey, AuditAction, AuditEntry, KeyHash, KeyId, Role, Timestamp};
use faas_core::store::{AuditQuery, KeyUse};
use futures_util::TryStreamExt;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Document, doc};

use crate::collections::{API_KEYS, AUDIT};
use crate::documents::damage::{Damage, readable};
use crate::documents::{Fields, date};
use crate::error::Error;
use crate::ids::Id;
use crate::store::Inner;

impl Inner {
    pub(crate) async fn insert_key(&self, key: &ApiKey) -> Result<(), Error> {
        let insert = self.collections.api_keys.insert_one(write_key(key));
        match insert.await.map_err(Error::from) {
            Err(error) if error.is_duplicate() => {
                let by_id = doc! { "_id": key.id.bson() };
                let known = self.collections.api_keys.find_one(by_id).await?;
                let what = if known.is_some() {
                    "key id"
                } else {
                    "key name"
                };
                Err(Error::Store(StoreError::Conflict(what)))
            }
            other => other.map(drop),
        }
    }

    pub(crate) async fn keys(&self) -> Result<Vec<ApiKey>, Error> {
        let find = self.collections.api_keys.find(Document::new());
        let mut found = find.sort(doc! { "_id": -1 }).await?;
        let mut keys = Vec::new();
        while let Some(document) = found.try_next().await? {
            keys.push(read_key(&document));
        }
        Ok(keys)
    }

    pub(crate) async fn revoke_key(&self, id: KeyId, at: Timestamp) -> Result<bool, Error> {
        let valid = doc! { "_id": id.bson(), "revokedAt": null };
        let revoke = doc! {
            "$set": { "revokedAt": date(at), "exact.revokedAt": at.as_micros() },
            "$unset": { "nameSlot": "" },
        };
        let keys = &self.collections.api_keys;
        Ok(keys.update_one(valid, revoke).await?.matched_count == 1)
    }

    pub(crate) async fn note_key_uses(&self, uses: &[KeyUse]) -> Result<(), Error> {
        for used in uses {
            let by_id = doc! { "_id": used.id.bson() };
            // What is missing or null is less than any moment.
            let later = doc! { "$max": {
                "lastUsedAt": date(used.at),
                "exact.lastUsedAt": used.at.as_micros(),
            } };
            self.collections.api_keys.update_one(by_id, later).await?;
        }
        Ok(())
    }

    pub(crate) async fn append_audit(&self, entry: &AuditEntry) -> Result<(), Error> {
        let insert = self.collections.audit.insert_one(write_entry(entry));
        match insert.await.map_err(Error::from) {
            // The driver has sent it twice.
            Err(error) if error.is_duplicate() => Ok(()),
            other => other.map(drop),
        }
    }

    pub(crate) async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, Error> {
        if query.limit == 0 {
            return Ok(Vec::new());
        }
        let filter = match query.before {
            Some(before) => doc! { "_id": { "$lt": before.bson() } },
            None => Document::new(),
        };
        let find = self.collections.audit.find(filter);
        let mut found = find
            .sort(doc! { "_id": -1 })
            .limit(i64::try_from(query.limit).unwrap_or(i64::MAX))
            .await?;
        let mut entries = Vec::new();
        while let Some(document) = found.try_next().await? {
            entries.extend(readable(&document, read_entry(&document))?);
        }
        Ok(entries)
    }

    pub(crate) async fn expire_audit(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> Result<usize, Error> {
        if limit == 0 {
            return Ok(0);
        }
        // To the millisecond: what was made in the last one before waits for the next time.
        let find = self
            .collections
            .audit
            .find(doc! { "at": { "$lt": date(before) } });
        let mut found = find
            .sort(doc! { "_id": 1 })
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .projection(doc! { "_id": 1 })
            .await?;
        let mut ids = Vec::new();
        while let Some(document) = found.try_next().await? {
            ids.extend(document.get("_id").cloned());
        }
        if ids.is_empty() {
            return Ok(0);
        }
        let these = doc! { "_id": { "$in": ids } };
        let deleted = self.collections.audit.delete_many(these).await?;
        Ok(usize::try_from(deleted.deleted_count).unwrap_or(usize::MAX))
    }
}

fn write_key(key: &ApiKey) -> Document {
    let mut document = doc! {
        "_id": key.id.bson(),
        "name": &*key.name,
        "role": key.role.as_str(),
        "hash": Binary { subtype: BinarySubtype::Generic, bytes: key.hash.0.to_vec() },
        "createdAt": date(key.created_at),
        "expiresAt": key.expires_at.map(date),
        "revokedAt": key.revoked_at.map(date),
        "lastUsedAt": key.last_used_at.map(date),
        "exact": {
            "createdAt": key.created_at.as_micros(),
            "expiresAt": key.expires_at.map(Timestamp::as_micros),
            "revokedAt": key.revoked_at.map(Timestamp::as_micros),
            "lastUsedAt": key.last_used_at.map(Timestamp::as_micros),
        },
    };
    if key.revoked_at.is_none() {
        document.insert("nameSlot", &*key.name);
    }
    document
}

/// A key that cannot be read counts as revoked: nobody gets in with it, and servers go on to require a
/// key.
fn read_key(document: &Document) -> ApiKey {
    let fields = Fields::new(document, API_KEYS);
    let mut damage = Damage::default();
    let hash = fields.bytes("hash");
    let hash = hash.and_then(|hash| hash.try_into().map_err(|_| fields.unreadable("hash")));
    let role = fields.text("role");
    let role = role.and_then(|name| Role::named(name).ok_or(fields.unreadable("role")));
    let id = damage.or("_id", fields.id("_id"), KeyId::from_u128(0));
    let mut moment = |name| damage.or(name, fields.optional_moment(name), None);
    let (created_at, expires_at) = (moment("createdAt"), moment("expiresAt"));
    let (revoked_at, last_used_at) = (moment("revokedAt"), moment("lastUsedAt"));
    let mut key = ApiKey {
        id,
        name: damage
            .or("name", fields.text("name"), "(unreadable)")
            .into(),
        role: damage.or("role", role, Role::Reader),
        hash: KeyHash(damage.or("hash", hash, [0; 32])),
        created_at: created_at.unwrap_or_default(),
        expires_at,
        revoked_at,
        last_used_at,
    };
    if damage.is_in(&["_id", "role", "hash", "expiresAt", "revokedAt"]) {
        key.revoked_at = Some(key.revoked_at.unwrap_or(key.created_at));
    }
    damage.report(API_KEYS, &id);
    key
}

fn write_entry(entry: &AuditEntry) -> Document {
    let (id, name) = match &entry.actor {
        Actor::Local => (None, None),
        Actor::Key { id, name } => (Some(id.bson()), Some(&**name)),
    };
    doc! {
        "_id": entry.id.bson(),
        "at": date(entry.at),
        "keyId": id,
        "keyName": name,
        "action": entry.action.as_str(),
        "target": entry.target.as_str(),
        "exact": { "at": entry.at.as_micros() },
    }
}

fn read_entry(document: &Document) -> Result<AuditEntry, Error> {
    let fields = Fields::new(document, AUDIT);
    let actor = match (
        fields.optional_id("keyId")?,
        fields.optional_text("keyName")?,
    ) {
        (Some(id), Some(name)) => Actor::Key {
            id,
            name: name.into(),
        },
        _ => Actor::Local,
    };
    let action = AuditAction::named(fields.text("action")?);
    Ok(AuditEntry {
        id: fields.id("_id")?,
        at: fields.moment("at")?,
        actor,
        action: action.ok_or(fields.unreadable("action"))?,
        target: fields.text("target")?.to_owned(),
    })
}
