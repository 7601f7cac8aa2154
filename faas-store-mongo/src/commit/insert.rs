//! New executions and events, and the keys of which there is one execution.
//!
//! An execution that was accepted with a key has the key in the field `keySlot`, which has a unique
//! index. The index refuses a later execution with the same key. If the window of the first has
//! ended, the key is removed from the first and the insert is retried.
//!
//! An execution with a singleton key has it in the field `singletonSlot`, with a unique index as
//! well, until it has ended.

use std::collections::{HashMap, HashSet};

use faas_core::model::{Execution, ExecutionId, ScalingEvent, Timestamp};
use faas_core::store::{IDEMPOTENCY_WINDOW, Written};
use futures_util::TryStreamExt;
use mongodb::Collection;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::ErrorKind;

use super::set;
use crate::documents::{execution, scaling};
use crate::error::{DUPLICATE_KEY, Error, unusable};
use crate::executions::key_slot;
use crate::ids::Id;
use crate::store::Inner;

/// The number of tries for an insert whose key moves to other executions.
const TRIES: usize = 8;

/// An execution to be inserted.
struct New<'a> {
    place: usize,
    execution: &'a Execution,
    /// The key that it is inserted with.
    slot: Option<Bson>,
    /// The singleton key that it is inserted with.
    singleton: Option<Bson>,
}

impl Inner {
    pub(super) async fn insert_all(
        &self,
        inserts: &[(usize, &Execution)],
        written: &mut [Written],
    ) -> Result<(), Error> {
        let mut left = Vec::with_capacity(inserts.len());
        for (place, execution) in inserts {
            let key = execution.idempotency_key.as_deref();
            left.push(New {
                place: *place,
                execution,
                slot: key.map(|key| key_slot(execution.function_id, key)),
                singleton: singleton_slot(execution),
            });
        }
        for _ in 0..TRIES {
            if left.is_empty() {
                return Ok(());
            }
            let documents = left.iter().map(|new| {
                let mut document = execution::write(new.execution);
                document.insert("_id", new.execution.id.bson());
                if let Some(slot) = &new.slot {
                    document.insert("keySlot", slot.clone());
                }
                if let Some(slot) = &new.singleton {
                    document.insert("singletonSlot", slot.clone());
                }
                document
            });
            let refused = insert(&self.collections.executions, documents.collect()).await?;
            let mut again = Vec::new();
            for (index, new) in left.into_iter().enumerate() {
                if refused.contains(&index) {
                    again.push(new);
                } else {
                    set(written, new.place, Written::Done);
                }
            }
            left = self.settle_conflicts(again, written).await?;
        }
        Err(Error::Contended(
            "an idempotency key keeps moving between executions",
        ))
    }

    /// Finds out why inserts were refused. Returns those to retry.
    async fn settle_conflicts<'a>(
        &self,
        refused: Vec<New<'a>>,
        written: &mut [Written],
    ) -> Result<Vec<New<'a>>, Error> {
        if refused.is_empty() {
            return Ok(refused);
        }
        let stored = self
            .stored(refused.iter().map(|new| new.execution.id))
            .await?;
        let holders = self.holders(&refused).await?;
        let singletons = self.singletons(&refused).await?;
        let mut again = Vec::new();
        for mut new in refused {
            let id = new.execution.id;
            if stored.contains(&id) {
                // The group is retried after its response was lost.
                set(written, new.place, Written::Done);
                continue;
            }
            let first = (new.singleton.as_ref()).and_then(|slot| singletons.get(slot.as_str()?));
            if let Some(first) = first {
                set(written, new.place, Written::Duplicate(*first));
                continue;
            }
            let holder = new
                .slot
                .as_ref()
                .and_then(|slot| holders.get(slot.as_str()?));
            if let Some((holder, accepted)) = holder {
                let since = new.execution.created_at - IDEMPOTENCY_WINDOW;
                if *accepted < since {
                    self.release_key(*holder, new.slot.as_ref()).await?;
                } else if new.execution.status.is_terminal() {
                    new.slot = None;
                } else {
                    set(written, new.place, Written::Duplicate(*holder));
                    continue;
                }
            }
            again.push(new);
        }
        Ok(again)
    }

    /// Which of these are stored.
    pub(crate) async fn stored(
        &self,
        ids: impl Iterator<Item = ExecutionId>,
    ) -> Result<HashSet<ExecutionId>, Error> {
        let ids: Vec<Bson> = ids.map(Id::bson).collect();
        let find = self
            .collections
            .executions
            .find(doc! { "_id": { "$in": ids } });
        let mut found = find.projection(doc! { "_id": 1 }).await?;
        let mut stored = HashSet::new();
        while let Some(document) = found.try_next().await? {
            stored.extend(document.get("_id").and_then(ExecutionId::of_bson));
        }
        Ok(stored)
    }

    /// The executions that have these keys, and since when.
    async fn holders(
        &self,
        refused: &[New<'_>],
    ) -> Result<HashMap<String, (ExecutionId, Timestamp)>, Error> {
        let slots: Vec<Bson> = refused.iter().filter_map(|new| new.slot.clone()).collect();
        let mut holders = HashMap::new();
        if slots.is_empty() {
            return Ok(holders);
        }
        let mut fields = execution::accepted_fields();
        fields.insert("keySlot", 1);
        let find = self
            .collections
            .executions
            .find(doc! { "keySlot": { "$in": slots } });
        let mut found = find.projection(fields).await?;
        while let Some(document) = found.try_next().await? {
            if let Ok(slot) = document.get_str("keySlot") {
                holders.insert(slot.to_owned(), execution::accepted(&document)?);
            }
        }
        Ok(holders)
    }

    /// The executions that have these singleton keys.
    async fn singletons(&self, refused: &[New<'_>]) -> Result<HashMap<String, ExecutionId>, Error> {
        let slots = refused.iter().filter_map(|new| new.singleton.clone());
        let slots: Vec<Bson> = slots.collect();
        let mut holders = HashMap::new();
        if slots.is_empty() {
            return Ok(holders);
        }
        let filter = doc! { "singletonSlot": { "$in": slots } };
        let find = self.collections.executions.find(filter);
        let mut found = find.projection(doc! { "singletonSlot": 1 }).await?;
        while let Some(document) = found.try_next().await? {
            let id = document.get("_id").and_then(ExecutionId::of_bson);
            let slot = document.get_str("singletonSlot").ok();
            holders.extend(slot.map(str::to_owned).zip(id));
        }
        Ok(holders)
    }

    async fn release_key(&self, holder: ExecutionId, slot: Option<&Bson>) -> Result<(), Error> {
        let filter = doc! { "_id": holder.bson(), "keySlot": slot.cloned() };
        let update = doc! { "$unset": { "keySlot": "" } };
        self.collections
            .executions
            .update_one(filter, update)
            .await?;
        Ok(())
    }

    pub(super) async fn insert_events(
        &self,
        events: &[(usize, &ScalingEvent)],
        written: &mut [Written],
    ) -> Result<(), Error> {
        let documents = events.iter().map(|(_, event)| scaling::write(event));
        // An event that exists was written by an earlier try of the group.
        insert(&self.collections.scaling_events, documents.collect()).await?;
        for (place, _) in events {
            set(written, *place, Written::Done);
        }
        Ok(())
    }
}

/// The singleton key of an execution that has not ended.
fn singleton_slot(execution: &Execution) -> Option<Bson> {
    let key = execution.queueing.singleton_key.as_deref();
    let key = key.filter(|_| !execution.status.is_terminal());
    key.map(|key| key_slot(execution.function_id, key))
}

/// Inserts the documents that do not exist. Returns those that were refused as duplicates.
async fn insert(
    collection: &Collection<Document>,
    documents: Vec<Document>,
) -> Result<Vec<usize>, Error> {
    if documents.is_empty() {
        return Ok(Vec::new());
    }
    let inserted = collection.insert_many(documents).ordered(false).await;
    let Err(error) = inserted else {
        return Ok(Vec::new());
    };
    let ErrorKind::InsertMany(many) = &*error.kind else {
        return Err(error.into());
    };
    if many.write_concern_error.is_some() {
        return Err(error.into());
    }
    let refused = many.write_errors.iter().flatten();
    if let Some(other) = refused.clone().find(|one| one.code != DUPLICATE_KEY) {
        let message = format!("refused by the server: {}", other.message);
        return Err(Error::Store(unusable(message)));
    }
    Ok(refused.map(|one| one.index).collect())
}
