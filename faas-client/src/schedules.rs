//! Schedules.

use faas_api::{
    Accepted, Message, NewSchedule, Schedule, ScheduleChange, ScheduleKey, SchedulePage,
};
use hyper::Method;

use crate::client::Client;
use crate::error::Error;
use crate::target::Target;

impl Client {
    /// The schedules of a function, oldest first.
    ///
    /// # Errors
    /// See [`Error`]; the code `function_not_found`.
    pub async fn function_schedules(
        &self,
        target: impl Into<Target>,
    ) -> Result<Vec<Schedule<'static>>, Error> {
        self.get(&format!("{}/schedules", target.into().path()))
            .await
    }

    /// A page of the schedules of all functions, oldest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn schedules(
        &self,
        cursor: Option<ScheduleKey>,
    ) -> Result<SchedulePage<'static>, Error> {
        let cursor = cursor.map(|cursor| format!("&cursor={cursor}"));
        let cursor = cursor.unwrap_or_default();
        self.get(&format!("/api/schedules?limit=1000{cursor}"))
            .await
    }

    /// A schedule.
    ///
    /// # Errors
    /// See [`Error`]; the code `schedule_not_found`.
    pub async fn schedule(&self, id: ScheduleKey) -> Result<Schedule<'static>, Error> {
        self.get(&format!("/api/schedules/{id}")).await
    }

    /// Adds a schedule to a function.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create_schedule(
        &self,
        target: impl Into<Target>,
        new: &NewSchedule<'_>,
    ) -> Result<Schedule<'static>, Error> {
        let path = format!("{}/schedules", target.into().path());
        self.post(&path, new).await
    }

    /// Changes a schedule.
    ///
    /// # Errors
    /// See [`Error`]; the code `schedule_not_found`.
    pub async fn update_schedule(
        &self,
        id: ScheduleKey,
        change: &ScheduleChange<'_>,
    ) -> Result<Schedule<'static>, Error> {
        let path = format!("/api/schedules/{id}");
        self.send(Method::PUT, &path, Some(change)).await
    }

    /// Deletes a schedule.
    ///
    /// # Errors
    /// See [`Error`]; the code `schedule_not_found`.
    pub async fn delete_schedule(&self, id: ScheduleKey) -> Result<(), Error> {
        let path = format!("/api/schedules/{id}");
        let _: Message<'static> = self.send(Method::DELETE, &path, None::<&()>).await?;
        Ok(())
    }

    /// Fires a schedule now.
    ///
    /// # Errors
    /// See [`Error`]; the code `schedule_not_found`.
    pub async fn fire_schedule(&self, id: ScheduleKey) -> Result<Accepted<'static>, Error> {
        let path = format!("/api/schedules/{id}/fire");
        self.send(Method::POST, &path, None::<&()>).await
    }
}
