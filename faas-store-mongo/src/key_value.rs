//! Keys and values of functions.
//!
//! An entry is one document, whose `_id` is the namespace, a slash and the key, and whose `stamp`
//! changes with each write: a write replaces what it has read or starts over. The counts of a namespace
//! are another document. A write that adds to them does so before it writes the entry, and one that
//! takes from them afterwards, so that a server that dies in between leaves them too high and never
//! too low.

use faas_core::model::{Json, Namespace, Timestamp};
use faas_core::store::{KvEntry, KvKey, KvNamespace, KvPage, KvQuery, KvWrite, KvWritten};
use futures_util::TryStreamExt;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Document, doc};

use crate::collections::{KV_ENTRIES, KV_NAMESPACES};
use crate::documents::damage::readable;
use crate::documents::{Fields, date, signed};
use crate::error::Error;
use crate::store::Inner;

/// The entry of a key as it is stored, and what a write must find again.
struct Stored {
    entry: KvEntry,
    stamp: ObjectId,
}

impl Inner {
    pub(crate) async fn kv_get(
        &self,
        namespace: &Namespace,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<KvEntry>, Error> {
        let stored = self.kv_stored(namespace, key).await?;
        let entry = stored.map(|stored| stored.entry);
        Ok(entry.filter(|entry| entry.is_alive(now)))
    }

    async fn kv_stored(&self, namespace: &Namespace, key: &str) -> Result<Option<Stored>, Error> {
        let by_id = doc! { "_id": entry_id(namespace, key) };
        let found = self.collections.kv_entries.find_one(by_id).await?;
        found.as_ref().map(read_stored).transpose()
    }

    /// Ends when the write was made or refused. Of several that write one key at the same time, each
    /// time one is made.
    pub(crate) async fn kv_write(&self, write: &KvWrite) -> Result<KvWritten, Error> {
        loop {
            let stored = self.kv_stored(&write.namespace, &write.key).await?;
            let stored_bytes = stored.as_ref().map(|one| one.entry.bytes(&write.key));
            let stamp = stored.as_ref().map(|one| one.stamp);
            let previous = stored.map(|stored| stored.entry);
            let previous = previous.filter(|entry| entry.is_alive(write.now));
            let value = previous.as_ref().map(|entry| &*entry.value);
            if !write.condition.holds(value) {
                return Ok(KvWritten::Refused);
            }
            let change = write.change(stored_bytes);
            let more = (change.0.max(0), change.1.max(0));
            let less = (change.0.min(0), change.1.min(0));
            if more != (0, 0)
                && let Some(full) = self.kv_reserve(write, more).await?
            {
                return Ok(KvWritten::Full(full));
            }
            match self.kv_replace(write, stamp).await {
                Ok(true) => {
                    self.kv_recount(&write.namespace, less).await?;
                    return Ok(KvWritten::Done(previous.filter(|_| write.returns_previous)));
                }
                // Another write came first.
                Ok(false) => self.kv_recount(&write.namespace, minus(more)).await?,
                // The entry may have been written or not: the counts stay on the high side.
                Err(error) => return Err(error),
            }
        }
    }

    /// Replaces the entry that has this stamp, or adds one if there was none. Returns whether it did.
    async fn kv_replace(&self, write: &KvWrite, stamp: Option<ObjectId>) -> Result<bool, Error> {
        let entries = &self.collections.kv_entries;
        let id = entry_id(&write.namespace, &write.key);
        let same = stamp.map(|stamp| doc! { "_id": &id, "stamp": stamp });
        match (&write.entry, same) {
            (Some(entry), Some(same)) => {
                let document = write_entry(id, &write.key, entry);
                let replaced = entries.replace_one(same, document).await?;
                Ok(replaced.matched_count == 1)
            }
            (Some(entry), None) => {
                let document = write_entry(id, &write.key, entry);
                let inserted = entries.insert_one(document).await.map_err(Error::from);
                match inserted {
                    Ok(_) => Ok(true),
                    Err(error) if error.is_duplicate() => Ok(false),
                    Err(error) => Err(error),
                }
            }
            (None, Some(same)) => Ok(entries.delete_one(same).await?.deleted_count == 1),
            (None, None) => Ok(true),
        }
    }

    /// Adds to the counts of a namespace. Returns the counts if they would be too high.
    async fn kv_reserve(
        &self,
        write: &KvWrite,
        more: (i64, i64),
    ) -> Result<Option<KvNamespace>, Error> {
        loop {
            let counts = self.kv_namespace(&write.namespace).await?;
            if !write.fits((counts.keys, counts.bytes), more) {
                return Ok(Some(counts));
            }
            let mut room = doc! { "_id": write.namespace.as_str() };
            for (name, more, most) in [
                ("keys", more.0, write.max_keys),
                ("bytes", more.1, write.max_bytes),
            ] {
                if more > 0 {
                    room.insert(name, doc! { "$lte": signed(most).saturating_sub(more) });
                }
            }
            let add = doc! { "$inc": { "keys": more.0, "bytes": more.1 } };
            let namespaces = &self.collections.kv_namespaces;
            let added = namespaces.update_one(room, add).upsert(true).await;
            match added.map_err(Error::from) {
                Ok(_) => return Ok(None),
                // Another write has used up the room, or has added the namespace.
                Err(error) if error.is_duplicate() => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Changes the counts of a namespace. One without entries is removed.
    async fn kv_recount(
        &self,
        namespace: &Namespace,
        (keys, bytes): (i64, i64),
    ) -> Result<(), Error> {
        if (keys, bytes) == (0, 0) {
            return Ok(());
        }
        let namespaces = &self.collections.kv_namespaces;
        let by_id = doc! { "_id": namespace.as_str() };
        let add = doc! { "$inc": { "keys": keys, "bytes": bytes } };
        namespaces.update_one(by_id, add).await?;
        if keys < 0 {
            let empty = doc! { "_id": namespace.as_str(), "keys": { "$lte": 0_i64 } };
            namespaces.delete_one(empty).await?;
        }
        Ok(())
    }

    pub(crate) async fn kv_list(&self, query: &KvQuery) -> Result<KvPage, Error> {
        let (start, is_left_out) = query.start();
        let start = entry_id(&query.namespace, start);
        let from = if is_left_out { "$gt" } else { "$gte" };
        let range = doc! { "_id": { from: start, "$lt": end(&query.namespace) } };
        let find = self.collections.kv_entries.find(range);
        let mut found = find
            .sort(doc! { "_id": 1 })
            .limit(i64::try_from(query.limit.saturating_add(1)).unwrap_or(i64::MAX))
            .projection(doc! { "value": 0 })
            .await?;
        let mut keys = Vec::new();
        while let Some(document) = found.try_next().await? {
            keys.extend(readable(&document, read_key(&document))?);
        }
        Ok(KvPage::of(query, keys))
    }

    pub(crate) async fn kv_namespaces(
        &self,
        after: Option<&Namespace>,
        limit: usize,
    ) -> Result<Vec<KvNamespace>, Error> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let after = after.map_or("", Namespace::as_str);
        let find = self
            .collections
            .kv_namespaces
            .find(doc! { "_id": { "$gt": after } });
        let mut found = find
            .sort(doc! { "_id": 1 })
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .await?;
        let mut namespaces = Vec::new();
        while let Some(document) = found.try_next().await? {
            namespaces.extend(readable(&document, read_namespace(&document))?);
        }
        Ok(namespaces)
    }

    pub(crate) async fn kv_namespace(&self, namespace: &Namespace) -> Result<KvNamespace, Error> {
        let by_id = doc! { "_id": namespace.as_str() };
        match self.collections.kv_namespaces.find_one(by_id).await? {
            Some(document) => read_namespace(&document),
            None => Ok(KvNamespace {
                name: namespace.clone(),
                keys: 0,
                bytes: 0,
            }),
        }
    }

    pub(crate) async fn kv_expire(&self, now: Timestamp, limit: usize) -> Result<usize, Error> {
        let expired = doc! { "expires": { "$lte": now.as_micros() } };
        self.kv_remove(expired, doc! { "expires": 1 }, limit).await
    }

    pub(crate) async fn kv_clear(
        &self,
        namespace: &Namespace,
        limit: usize,
    ) -> Result<usize, Error> {
        let all = doc! { "_id": { "$gte": entry_id(namespace, ""), "$lt": end(namespace) } };
        self.kv_remove(all, doc! { "_id": 1 }, limit).await
    }

    async fn kv_remove(
        &self,
        filter: Document,
        sort: Document,
        limit: usize,
    ) -> Result<usize, Error> {
        if limit == 0 {
            return Ok(0);
        }
        let entries = &self.collections.kv_entries;
        let find = entries.find(filter).sort(sort);
        let mut found = find
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .projection(doc! { "stamp": 1, "bytes": 1 })
            .await?;
        let mut removed = 0;
        while let Some(document) = found.try_next().await? {
            removed += 1;
            let Some((namespace, bytes)) = readable(&document, read_size(&document))? else {
                continue;
            };
            let same = doc! { "_id": document.get("_id"), "stamp": document.get("stamp") };
            // One that was written since then stays.
            if entries.delete_one(same).await?.deleted_count == 1 {
                self.kv_recount(&namespace, (-1, -bytes)).await?;
            }
        }
        Ok(removed)
    }
}

const fn minus((keys, bytes): (i64, i64)) -> (i64, i64) {
    (-keys, -bytes)
}

/// No name of a namespace has a slash.
fn entry_id(namespace: &Namespace, key: &str) -> String {
    format!("{namespace}/{key}")
}

/// What follows all entries of a namespace: `0` follows the slash.
fn end(namespace: &Namespace) -> String {
    format!("{namespace}0")
}

fn write_entry(id: String, key: &str, entry: &KvEntry) -> Document {
    let value = Binary {
        subtype: BinarySubtype::Generic,
        bytes: entry.value.to_vec(),
    };
    let mut document = doc! {
        "_id": id,
        "stamp": ObjectId::new(),
        "bytes": signed(entry.bytes(key)),
        "valueBytes": signed(entry.value.len() as u64),
        "metadata": entry.metadata.as_ref().map(Json::as_str),
        "expiresAt": entry.expires_at.map(date),
        "value": value,
    };
    // The index has only those that expire.
    if let Some(at) = entry.expires_at {
        document.insert("expires", at.as_micros());
    }
    document
}

fn read_expiry(fields: &Fields<'_>) -> Result<Option<Timestamp>, Error> {
    let micros = fields.value("expires").map(|_| fields.integer("expires"));
    Ok(micros.transpose()?.map(Timestamp::from_micros))
}

fn read_metadata(fields: &Fields<'_>) -> Result<Option<Json>, Error> {
    let text = fields.optional_text("metadata")?;
    Ok(text.map(|text| Json::trusted(text.to_owned())))
}

fn read_stored(document: &Document) -> Result<Stored, Error> {
    let fields = Fields::new(document, KV_ENTRIES);
    let stamp = document.get_object_id("stamp");
    Ok(Stored {
        entry: KvEntry {
            value: fields.bytes("value")?.to_vec().into(),
            metadata: read_metadata(&fields)?,
            expires_at: read_expiry(&fields)?,
        },
        stamp: stamp.map_err(|_| fields.unreadable("stamp"))?,
    })
}

fn read_key(document: &Document) -> Result<KvKey, Error> {
    let fields = Fields::new(document, KV_ENTRIES);
    let (_, name) = fields
        .text("_id")?
        .split_once('/')
        .ok_or(fields.unreadable("_id"))?;
    Ok(KvKey {
        name: name.to_owned(),
        value_bytes: u64::try_from(fields.integer("valueBytes")?).unwrap_or(0),
        metadata: read_metadata(&fields)?,
        expires_at: read_expiry(&fields)?,
    })
}

fn read_size(document: &Document) -> Result<(Namespace, i64), Error> {
    let fields = Fields::new(document, KV_ENTRIES);
    let (namespace, _) = fields
        .text("_id")?
        .split_once('/')
        .ok_or(fields.unreadable("_id"))?;
    Ok((Namespace::trusted(namespace), fields.integer("bytes")?))
}

fn read_namespace(document: &Document) -> Result<KvNamespace, Error> {
    let fields = Fields::new(document, KV_NAMESPACES);
    let count = |name| Ok::<_, Error>(u64::try_from(fields.integer(name)?).unwrap_or(0));
    Ok(KvNamespace {
        name: Namespace::trusted(fields.text("_id")?),
        keys: count("keys")?,
        bytes: count("bytes")?,
    })
}
