//! Schedules, as the platform calls them.

use async_trait::async_trait;
use faas_core::error::StoreError;
use faas_core::model::{FunctionId, Schedule, ScheduleId, Timestamp};
use faas_core::store::{ScheduleQuery, ScheduleStore};

use super::SqliteStore;
use crate::reads::schedules;

#[async_trait]
impl ScheduleStore for SqliteStore {
    async fn insert_schedule(&self, schedule: &Schedule) -> Result<(), StoreError> {
        let schedule = schedule.clone();
        self.writer
            .change(move |writer| writer.insert_schedule(&schedule))
            .await
    }

    async fn replace_schedule(&self, schedule: &Schedule) -> Result<(), StoreError> {
        let schedule = schedule.clone();
        self.writer
            .change(move |writer| writer.replace_schedule(&schedule))
            .await
    }

    async fn delete_schedule(&self, id: ScheduleId) -> Result<bool, StoreError> {
        self.writer
            .change(move |writer| writer.delete_schedule(id))
            .await
    }

    async fn schedule(&self, id: ScheduleId) -> Result<Option<Schedule>, StoreError> {
        self.readers.read(move |db| schedules::one(db, id)).await
    }

    async fn schedules(&self, query: &ScheduleQuery) -> Result<Vec<Schedule>, StoreError> {
        let query = *query;
        self.readers
            .read(move |db| schedules::list(db, &query))
            .await
    }

    async fn schedule_count(&self, function: Option<FunctionId>) -> Result<usize, StoreError> {
        self.readers
            .read(move |db| schedules::count(db, function))
            .await
    }

    async fn due_schedules(
        &self,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Schedule>, StoreError> {
        self.readers
            .read(move |db| schedules::due(db, until, limit))
            .await
    }

    async fn next_schedule(&self) -> Result<Option<Timestamp>, StoreError> {
        self.readers.read(schedules::next).await
    }
}
