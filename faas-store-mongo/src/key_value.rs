//! Keys and values of functions.
//!
//! An entry is one document, whose `_id` is the namespace, a slash and the key, and whose `stamp`
//! changes with each write: a write replaces what it has read or starts over. The counts of a namespace
//! are another document. A write that adds to them does so before it writes the entry, and one that
//! takes from them afterwards, so that a server that dies in between leaves them too high and never
//! too low. If a namespace seems full, its entries are counted anew.

use std::collections::HashMap;

use faas_core::model::{Json, Namespace, Timestamp};
use faas_core::store::{KvEntry, KvKey, KvNamespace, KvPage, KvQuery, KvWrite, KvWritten};
use futures_util::TryStreamExt;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, doc};

use crate::collections::{KV_ENTRIES, KV_NAMESPACES};
use crate::documents::damage::readable;
use crate::documents::{Fields, date, signed};
use crate::error::Error;
use crate::ids::Id;
use crate::store::Inner;

/// How often at most the entries of a full namespace are counted.
const MEND_EVERY_MICROS: i64 = 600_000_000;
/// How many entries of a deleted function are removed at a time.
const CLEAR: usize = 1_000;

/// Changes each time the entries of a namespace are counted anew; null: never. A write that spans such
/// a count does not take from the counts, and adds to them again.
struct Generation(Bson);

impl Generation {
    /// That of the counts of a namespace.
    fn of(counts: Option<&Document>) -> Self {
        let generation = counts.and_then(|counts| counts.get("generation"));
        Self(generation.cloned().unwrap_or(Bson::Null))
    }

    /// The filter of the counts of this namespace and of this generation.
    fn filter(&self, namespace: &Namespace) -> Document {
        doc! { "_id": namespace.as_str(), "generation": &self.0 }
    }
}

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
        let namespace = &write.namespace;
        loop {
            let stored = self.kv_stored(namespace, &write.key).await?;
            let stored_bytes = stored.as_ref().map(|one| one.entry.bytes(&write.key));
            let stamp = stored.as_ref().map(|one| one.stamp);
            let previous = stored.map(|stored| stored.entry);
            let previous = previous.filter(|entry| entry.is_alive(write.now));
            let value = previous.as_ref().map(|entry| &*entry.value);
            if !write.condition.holds(value) {
                return Ok(KvWritten::Refused);
            }
            // Either both grow or both shrink.
            let change = write.change(stored_bytes);
            let grows = change.1 > 0;
            let generation = if grows {
                match self.kv_reserve(write, change).await? {
                    Ok(generation) => generation,
                    Err(refused) => return Ok(refused),
                }
            } else if change == (0, 0) {
                Generation(Bson::Null)
            } else {
                self.kv_generation(namespace).await?
            };
            // If it fails, the entry may have been written or not: the counts stay on the high side.
            match self.kv_replace(write, stamp).await? {
                true if grows => self.kv_confirm(namespace, change, &generation).await?,
                true => self.kv_recount(namespace, change, &generation).await?,
                // Another write came first.
                false if grows => {
                    let back = (-change.0, -change.1);
                    self.kv_recount(namespace, back, &generation).await?;
                    continue;
                }
                false => continue,
            }
            // Checked last: a function that is deleted from now on has its namespace cleared.
            if write.entry.is_some() && !self.kv_has_owner(namespace).await? {
                while self.kv_clear(namespace, CLEAR).await? == CLEAR {}
                return Ok(KvWritten::NoFunction);
            }
            return Ok(KvWritten::Done(previous.filter(|_| write.returns_previous)));
        }
    }

    /// Whether the function exists whose own namespace it is.
    async fn kv_has_owner(&self, namespace: &Namespace) -> Result<bool, Error> {
        let Some(owner) = namespace.owner() else {
            return Ok(true);
        };
        let functions = &self.collections.functions;
        let found = functions.count_documents(doc! { "_id": owner.bson() });
        Ok(found.limit(1).await? > 0)
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

    /// Adds to the counts of a namespace and returns their generation, or why the write is refused.
    async fn kv_reserve(
        &self,
        write: &KvWrite,
        more: (i64, i64),
    ) -> Result<Result<Generation, KvWritten>, Error> {
        let namespaces = &self.collections.kv_namespaces;
        loop {
            let counts = self.kv_namespace(&write.namespace).await?;
            if !write.fits((counts.keys, counts.bytes), more) {
                if self.kv_mend(&write.namespace, write.now).await? {
                    continue;
                }
                return Ok(Err(KvWritten::Full(counts)));
            }
            if counts.keys == 0 {
                let all = namespaces
                    .count_documents(doc! {})
                    .limit(write.max_namespaces);
                if all.await? >= write.max_namespaces {
                    return Ok(Err(KvWritten::TooManyNamespaces));
                }
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
            let add = namespaces.find_one_and_update(room, add).upsert(true);
            match add.await.map_err(Error::from) {
                Ok(before) => return Ok(Ok(Generation::of(before.as_ref()))),
                // Another write has used up the room, or has added the namespace.
                Err(error) if error.is_duplicate() => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn kv_generation(&self, namespace: &Namespace) -> Result<Generation, Error> {
        let by_id = doc! { "_id": namespace.as_str() };
        let find = self.collections.kv_namespaces.find_one(by_id);
        Ok(Generation::of(find.await?.as_ref()))
    }

    /// Adds to the counts again if they were counted anew since, perhaps without the entry.
    async fn kv_confirm(
        &self,
        namespace: &Namespace,
        (keys, bytes): (i64, i64),
        generation: &Generation,
    ) -> Result<(), Error> {
        let namespaces = &self.collections.kv_namespaces;
        let same = namespaces.count_documents(generation.filter(namespace));
        if same.limit(1).await? == 0 {
            let by_id = doc! { "_id": namespace.as_str() };
            let add = doc! { "$inc": { "keys": keys, "bytes": bytes } };
            namespaces.update_one(by_id, add).upsert(true).await?;
        }
        Ok(())
    }

    /// Takes from the counts of a namespace, unless they were counted anew since. One without entries
    /// is removed.
    async fn kv_recount(
        &self,
        namespace: &Namespace,
        (keys, bytes): (i64, i64),
        generation: &Generation,
    ) -> Result<(), Error> {
        if (keys, bytes) == (0, 0) {
            return Ok(());
        }
        let namespaces = &self.collections.kv_namespaces;
        let take = doc! { "$inc": { "keys": keys, "bytes": bytes } };
        namespaces
            .update_one(generation.filter(namespace), take)
            .await?;
        if keys < 0 {
            let empty = doc! { "_id": namespace.as_str(), "keys": { "$lte": 0_i64 } };
            namespaces.delete_one(empty).await?;
        }
        Ok(())
    }

    /// Counts the entries of a namespace that seems full, at most once in a while, and writes down
    /// what it has found. Returns whether there may be room now.
    async fn kv_mend(&self, namespace: &Namespace, now: Timestamp) -> Result<bool, Error> {
        let namespaces = &self.collections.kv_namespaces;
        let before = doc! { "$lte": now.as_micros().saturating_sub(MEND_EVERY_MICROS) };
        let due = doc! {
            "_id": namespace.as_str(),
            "$or": [{ "mendedAt": { "$exists": false } }, { "mendedAt": before }],
        };
        // One server does it.
        let claim = doc! { "$set": { "mendedAt": now.as_micros() } };
        let Some(stored) = namespaces.find_one_and_update(due, claim).await? else {
            return Ok(false);
        };
        let counted = self.kv_counted(namespace).await?;
        let mut same = Generation::of(Some(&stored)).filter(namespace);
        for name in ["keys", "bytes"] {
            same.insert(name, stored.get(name).cloned().unwrap_or(Bson::Null));
        }
        if counted.keys == 0 {
            return Ok(namespaces.delete_one(same).await?.deleted_count == 1);
        }
        let change = doc! { "$set": {
            "keys": signed(counted.keys),
            "bytes": signed(counted.bytes),
            "generation": ObjectId::new(),
        } };
        let mended = namespaces.update_one(same, change).await?;
        Ok(mended.matched_count == 1)
    }

    /// What the entries of a namespace add up to.
    async fn kv_counted(&self, namespace: &Namespace) -> Result<KvNamespace, Error> {
        let add_up = [
            doc! { "$match": all_of(namespace) },
            doc! { "$group": {
                "_id": null,
                "keys": { "$sum": 1_i64 },
                "bytes": { "$sum": "$bytes" },
            } },
        ];
        let mut found = self.collections.kv_entries.aggregate(add_up).await?;
        let found = found.try_next().await?.unwrap_or_default();
        let fields = Fields::new(&found, KV_ENTRIES);
        let sum = |name| Ok::<_, Error>(fields.optional_integer(name)?.unwrap_or(0));
        Ok(KvNamespace {
            name: namespace.clone(),
            keys: u64::try_from(sum("keys")?).unwrap_or(0),
            bytes: u64::try_from(sum("bytes")?).unwrap_or(0),
        })
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
        let by_key = doc! { "_id": 1 };
        self.kv_remove(all_of(namespace), by_key, limit).await
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
        let mut generations = HashMap::new();
        while let Some(document) = found.try_next().await? {
            removed += 1;
            let Some((namespace, bytes)) = readable(&document, read_size(&document))? else {
                continue;
            };
            // Read before the entry is removed.
            if !generations.contains_key(&namespace) {
                let generation = self.kv_generation(&namespace).await?;
                generations.insert(namespace.clone(), generation);
            }
            let same = doc! { "_id": document.get("_id"), "stamp": document.get("stamp") };
            // One that was written since then stays.
            let is_gone = entries.delete_one(same).await?.deleted_count == 1;
            if is_gone && let Some(generation) = generations.get(&namespace) {
                self.kv_recount(&namespace, (-1, -bytes), generation)
                    .await?;
            }
        }
        Ok(removed)
    }
}

/// The filter of all entries of a namespace.
fn all_of(namespace: &Namespace) -> Document {
    doc! { "_id": { "$gte": entry_id(namespace, ""), "$lt": end(namespace) } }
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
