//! Schedules: the whole record as JSON text, beside it what it is found by.

use faas_core::error::StoreError;
use faas_core::model::{FunctionId, Schedule, ScheduleId, Timestamp};
use faas_core::store::ScheduleQuery;
use futures_util::TryStreamExt;
use mongodb::bson::{Bson, Document, doc};

use crate::collections::SCHEDULES;
use crate::documents::Fields;
use crate::documents::damage::readable;
use crate::error::{Error, unusable};
use crate::ids::Id;
use crate::store::Inner;

impl Inner {
    pub(crate) async fn insert_schedule(&self, schedule: &Schedule) -> Result<(), Error> {
        let mut document = fields_of(schedule)?;
        document.insert("_id", schedule.id.bson());
        document.insert("functionId", schedule.function_id.bson());
        let insert = self.collections.schedules.insert_one(document);
        match insert.await.map_err(Error::from) {
            Ok(_) => Ok(()),
            Err(error) if error.is_duplicate() => {
                let what = match self.schedule(schedule.id).await? {
                    Some(_) => "schedule id",
                    None => "schedule name",
                };
                Err(Error::Store(StoreError::Conflict(what)))
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn replace_schedule(&self, schedule: &Schedule) -> Result<(), Error> {
        match self.advance_schedule(schedule).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Error::Store(StoreError::Stale)),
            Err(error) if error.is_duplicate() => {
                Err(Error::Store(StoreError::Conflict("schedule name")))
            }
            Err(error) => Err(error),
        }
    }

    /// Replaces the schedule of the revision before. Returns whether it was there.
    pub(crate) async fn advance_schedule(&self, schedule: &Schedule) -> Result<bool, Error> {
        let update = doc! { "$set": fields_of(schedule)? };
        let schedules = &self.collections.schedules;
        let replaced = schedules.update_one(before(schedule), update).await?;
        Ok(replaced.matched_count > 0)
    }

    pub(crate) async fn delete_schedule(&self, id: ScheduleId) -> Result<bool, Error> {
        let schedules = &self.collections.schedules;
        let deleted = schedules.delete_one(doc! { "_id": id.bson() }).await?;
        Ok(deleted.deleted_count > 0)
    }

    pub(crate) async fn delete_schedules_of(&self, function: FunctionId) -> Result<(), Error> {
        let filter = doc! { "functionId": function.bson() };
        self.collections.schedules.delete_many(filter).await?;
        Ok(())
    }

    pub(crate) async fn schedule(&self, id: ScheduleId) -> Result<Option<Schedule>, Error> {
        let found = self
            .collections
            .schedules
            .find_one(doc! { "_id": id.bson() });
        found.await?.as_ref().map(read).transpose()
    }

    pub(crate) async fn schedules(&self, query: &ScheduleQuery) -> Result<Vec<Schedule>, Error> {
        let mut filter = Document::new();
        if let Some(function) = query.function {
            filter.insert("functionId", function.bson());
        }
        if let Some(after) = query.after {
            filter.insert("_id", doc! { "$gt": after.bson() });
        }
        self.find_schedules(filter, doc! { "_id": 1 }, query.limit)
            .await
    }

    pub(crate) async fn schedule_count(
        &self,
        function: Option<FunctionId>,
    ) -> Result<usize, Error> {
        let schedules = &self.collections.schedules;
        let count = match function {
            Some(function) => {
                let filter = doc! { "functionId": function.bson() };
                schedules.count_documents(filter).await?
            }
            None => schedules.estimated_document_count().await?,
        };
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    pub(crate) async fn due_schedules(
        &self,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Schedule>, Error> {
        let filter = doc! { "wakesAt": { "$lte": until.as_micros() } };
        self.find_schedules(filter, doc! { "wakesAt": 1 }, limit)
            .await
    }

    pub(crate) async fn next_schedule(&self) -> Result<Option<Timestamp>, Error> {
        let schedules = &self.collections.schedules;
        let filter = doc! { "wakesAt": { "$gt": Bson::MinKey, "$type": "long" } };
        let find = schedules.find_one(filter).sort(doc! { "wakesAt": 1 });
        let found = find.projection(doc! { "wakesAt": 1 }).await?;
        let micros = found.and_then(|document| document.get_i64("wakesAt").ok());
        Ok(micros.map(Timestamp::from_micros))
    }

    async fn find_schedules(
        &self,
        filter: Document,
        order: Document,
        limit: usize,
    ) -> Result<Vec<Schedule>, Error> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let find = self.collections.schedules.find(filter).sort(order);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut found = find.limit(limit).await?;
        let mut schedules = Vec::new();
        while let Some(document) = found.try_next().await? {
            schedules.extend(readable(&document, read(&document))?);
        }
        Ok(schedules)
    }
}

/// Finds the schedule of the revision before.
pub(crate) fn before(schedule: &Schedule) -> Document {
    doc! { "_id": schedule.id.bson(), "revision": revision(schedule) - 1 }
}

fn revision(schedule: &Schedule) -> i64 {
    i64::try_from(schedule.revision).unwrap_or(i64::MAX)
}

/// The fields that change with the schedule.
fn fields_of(schedule: &Schedule) -> Result<Document, Error> {
    let record = serde_json::to_string(schedule);
    let record = record.map_err(|error| Error::Store(unusable(error.to_string())))?;
    let wakes_at = schedule.wakes_at();
    Ok(doc! {
        "name": schedule.name.as_str(),
        "revision": revision(schedule),
        "wakesAt": wakes_at.map_or(Bson::Null, |at| Bson::Int64(at.as_micros())),
        "record": record,
    })
}

fn read(document: &Document) -> Result<Schedule, Error> {
    let fields = Fields::new(document, SCHEDULES);
    let record = fields.text("record")?;
    serde_json::from_str(record).map_err(|_| fields.unreadable("record"))
}
