//! Schedules, and the order in which they are due.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use async_trait::async_trait;

use super::{MemoryStore, Tables};
use crate::model::{Execution, FunctionId, Schedule, ScheduleId, Timestamp};
use crate::store::{ScheduleQuery, ScheduleStore, StoreError, Written};

#[derive(Debug, Default)]
pub(super) struct Schedules {
    all: BTreeMap<ScheduleId, Schedule>,
    due: BTreeSet<(Timestamp, ScheduleId)>,
}

impl Schedules {
    pub(super) fn insert(&mut self, schedule: &Schedule) -> Result<(), StoreError> {
        if self.all.contains_key(&schedule.id) {
            return Err(StoreError::Conflict("schedule id"));
        }
        self.require_free_name(schedule)?;
        self.put(schedule);
        Ok(())
    }

    pub(super) fn replace(&mut self, schedule: &Schedule) -> Result<(), StoreError> {
        if !self.precedes(schedule) {
            return Err(StoreError::Stale);
        }
        self.require_free_name(schedule)?;
        self.put(schedule);
        Ok(())
    }

    /// Whether the stored schedule is the one before `schedule`.
    pub(super) fn precedes(&self, schedule: &Schedule) -> bool {
        let stored = self.all.get(&schedule.id);
        stored.is_some_and(|stored| stored.revision + 1 == schedule.revision)
    }

    /// Stores a schedule in place of the one with its id.
    pub(super) fn put(&mut self, schedule: &Schedule) {
        self.delete(schedule.id);
        if let Some(at) = schedule.wakes_at() {
            self.due.insert((at, schedule.id));
        }
        self.all.insert(schedule.id, schedule.clone());
    }

    pub(super) fn delete(&mut self, id: ScheduleId) -> bool {
        let Some(deleted) = self.all.remove(&id) else {
            return false;
        };
        if let Some(at) = deleted.wakes_at() {
            self.due.remove(&(at, id));
        }
        true
    }

    pub(super) fn delete_of(&mut self, function: FunctionId) {
        let of = self.all.values().filter(|one| one.function_id == function);
        for id in of.map(|one| one.id).collect::<Vec<_>>() {
            self.delete(id);
        }
    }

    pub(super) fn get(&self, id: ScheduleId) -> Option<Schedule> {
        self.all.get(&id).cloned()
    }

    pub(super) fn list(&self, query: &ScheduleQuery) -> Vec<Schedule> {
        let from = query.after.map_or(Bound::Unbounded, Bound::Excluded);
        let found = self.all.range((from, Bound::Unbounded)).map(|(_, one)| one);
        let found = found.filter(|one| query.function.is_none_or(|of| one.function_id == of));
        found.take(query.limit).cloned().collect()
    }

    pub(super) fn count(&self, function: Option<FunctionId>) -> usize {
        match function {
            None => self.all.len(),
            Some(of) => self
                .all
                .values()
                .filter(|one| one.function_id == of)
                .count(),
        }
    }

    pub(super) fn due(&self, until: Timestamp, limit: usize) -> Vec<Schedule> {
        let due = self.due.iter().take_while(|(at, _)| *at <= until);
        let due = due.filter_map(|(_, id)| self.all.get(id));
        due.take(limit).cloned().collect()
    }

    pub(super) fn next(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    fn require_free_name(&self, schedule: &Schedule) -> Result<(), StoreError> {
        let is_taken = self.all.values().any(|one| {
            one.function_id == schedule.function_id
                && one.name == schedule.name
                && one.id != schedule.id
        });
        if is_taken {
            return Err(StoreError::Conflict("schedule name"));
        }
        Ok(())
    }
}

impl Tables {
    /// Inserts the execution of a firing and replaces its schedule.
    pub(super) fn fire(&mut self, execution: &Arc<Execution>, schedule: &Schedule) -> Written {
        if self.schedules.precedes(schedule) {
            self.schedules.put(schedule);
            return self.executions.insert(execution);
        }
        // The group may be tried again because its answer was lost.
        match self.executions.get(execution.id) {
            Some(_) => Written::Done,
            None => Written::Stale,
        }
    }
}

#[async_trait]
impl ScheduleStore for MemoryStore {
    async fn insert_schedule(&self, schedule: &Schedule) -> Result<(), StoreError> {
        self.state.write().schedules.insert(schedule)
    }

    async fn replace_schedule(&self, schedule: &Schedule) -> Result<(), StoreError> {
        self.state.write().schedules.replace(schedule)
    }

    async fn delete_schedule(&self, id: ScheduleId) -> Result<bool, StoreError> {
        Ok(self.state.write().schedules.delete(id))
    }

    async fn schedule(&self, id: ScheduleId) -> Result<Option<Schedule>, StoreError> {
        Ok(self.state.read().schedules.get(id))
    }

    async fn schedules(&self, query: &ScheduleQuery) -> Result<Vec<Schedule>, StoreError> {
        Ok(self.state.read().schedules.list(query))
    }

    async fn schedule_count(&self, function: Option<FunctionId>) -> Result<usize, StoreError> {
        Ok(self.state.read().schedules.count(function))
    }

    async fn due_schedules(
        &self,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Schedule>, StoreError> {
        Ok(self.state.read().schedules.due(until, limit))
    }

    async fn next_schedule(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.state.read().schedules.next())
    }
}
