//! Schedules, as the platform calls them.

use async_trait::async_trait;
use faas_core::error::StoreError;
use faas_core::model::{FunctionId, Schedule, ScheduleId, Timestamp};
use faas_core::store::{ScheduleQuery, ScheduleStore};

use super::MongoStore;

#[async_trait]
impl ScheduleStore for MongoStore {
    async fn insert_schedule(&self, schedule: &Schedule) -> Result<(), StoreError> {
        let inner = self.inner()?;
        Ok(inner.in_time(inner.insert_schedule(schedule)).await?)
    }

    async fn replace_schedule(&self, schedule: &Schedule) -> Result<(), StoreError> {
        let inner = self.inner()?;
        Ok(inner.in_time(inner.replace_schedule(schedule)).await?)
    }

    async fn delete_schedule(&self, id: ScheduleId) -> Result<bool, StoreError> {
        let inner = self.inner()?;
        Ok(inner.in_time(inner.delete_schedule(id)).await?)
    }

    async fn schedule(&self, id: ScheduleId) -> Result<Option<Schedule>, StoreError> {
        let inner = self.inner()?;
        Ok(inner.in_time(inner.schedule(id)).await?)
    }

    async fn schedules(&self, query: &ScheduleQuery) -> Result<Vec<Schedule>, StoreError> {
        let inner = self.inner()?;
        Ok(inner.in_time(inner.schedules(query)).await?)
    }

    async fn schedule_count(&self, function: Option<FunctionId>) -> Result<usize, StoreError> {
        let inner = self.inner()?;
        Ok(inner.in_time(inner.schedule_count(function)).await?)
    }

    async fn due_schedules(
        &self,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Schedule>, StoreError> {
        let inner = self.inner()?;
        Ok(inner.in_time(inner.due_schedules(until, limit)).await?)
    }

    async fn next_schedule(&self) -> Result<Option<Timestamp>, StoreError> {
        let inner = self.inner()?;
        Ok(inner.in_time(inner.next_schedule()).await?)
    }
}
