//! Schedules of functions: creating, changing, pausing and firing them.

use std::sync::Arc;

use super::Platform;
use super::functions::check_name;
use crate::engine::{Accepted, Request};
use crate::error::{Conflict, Error, Resource, StoreError};
use crate::model::{
    Aliases, CallerLabel, Every, FunctionId, Json, Missed, Schedule, ScheduleId, When,
};
use crate::store::{ScheduleQuery, ScheduleStore};

/// How often a change is tried that others hinder.
const TRIES: usize = 16;

/// A new schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewSchedule {
    /// What people call it. No two schedules of a function have the same name.
    pub name: String,
    /// When it fires.
    pub when: When,
    /// The input of its executions; `None` and JSON's null: `{schedule, cron, scheduledTime}`.
    pub input: Option<Json>,
    /// The alias whose version runs; `None`: `live`.
    pub alias: Option<String>,
    /// Whether it fires.
    pub enabled: bool,
    /// What becomes of firings that no platform was there for.
    pub missed: Missed,
}

impl NewSchedule {
    /// A schedule that fires at these times.
    pub fn new(name: impl Into<String>, when: When) -> Self {
        Self {
            name: name.into(),
            when,
            input: None,
            alias: None,
            enabled: true,
            missed: Missed::default(),
        }
    }
}

/// A change of a schedule. What is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScheduleUpdate {
    /// Its name.
    pub name: Option<String>,
    /// When it fires. The next firing is the first one from now on.
    pub when: Option<When>,
    /// The input of its executions.
    pub input: Option<Option<Json>>,
    /// The alias whose version runs.
    pub alias: Option<Option<String>>,
    /// Whether it fires. One that is resumed does not make up for the time in between.
    pub enabled: Option<bool>,
    /// What becomes of firings that no platform was there for.
    pub missed: Option<Missed>,
}

impl ScheduleUpdate {
    fn apply(&self, schedule: &mut Schedule, platform: &Platform) {
        let now = platform.now();
        if let Some(name) = &self.name {
            schedule.name.clone_from(name);
        }
        if let Some(input) = &self.input {
            schedule.input = input.clone().filter(|input| input.as_str() != "null");
        }
        if let Some(alias) = &self.alias {
            schedule.alias.clone_from(alias);
        }
        if let Some(missed) = self.missed {
            schedule.missed = missed;
        }
        let enabled = self.enabled.unwrap_or(schedule.enabled);
        // The same period goes on from where it was counted.
        let period = |when: &When| match when {
            When::Every(every) => Some(every.period()),
            When::Cron(_) | When::At(_) => None,
        };
        let when = self.when.as_ref().filter(|when| {
            **when != schedule.when
                && (period(when).is_none() || period(when) != period(&schedule.when))
        });
        let is_new = when.is_some() || enabled != schedule.enabled;
        schedule.enabled = enabled;
        if let Some(when) = when {
            schedule.when = when.clone();
        }
        if is_new {
            schedule.failure = None;
            schedule.restart(now);
        }
        schedule.updated_at = now;
    }
}

/// See [`Platform::schedules`].
#[derive(Clone, Copy)]
pub struct Schedules<'a> {
    pub(super) platform: &'a Platform,
}

impl Schedules<'_> {
    /// Adds a schedule to a function.
    ///
    /// ```
    /// use faas_core::model::{CronExpression, FunctionId, When};
    /// use faas_core::platform::NewSchedule;
    /// use faas_core::{Error, Platform};
    ///
    /// # async fn add(platform: Platform, report: FunctionId) -> Result<(), Error> {
    /// let cron = CronExpression::new("0 9 * * MON-FRI", "Europe/Berlin").map_err(Error::Invalid)?;
    /// let new = NewSchedule::new("mornings", When::Cron(cron));
    /// let schedule = platform.schedules().create(report, new).await?;
    /// println!("{:?}", schedule.upcoming(platform.now(), 5));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such function or alias, [`Error::Invalid`],
    /// [`Conflict::ScheduleName`] or [`Conflict::TooManySchedules`].
    pub async fn create(&self, function: FunctionId, new: NewSchedule) -> Result<Schedule, Error> {
        let (engine, now) = (&self.platform.engine().0, self.platform.now());
        let mut schedule = Schedule {
            id: engine.ids.schedule(now),
            function_id: function,
            name: new.name,
            when: new.when,
            input: new.input.filter(|input| input.as_str() != "null"),
            alias: new.alias,
            enabled: new.enabled,
            missed: new.missed,
            created_at: now,
            updated_at: now,
            next: None,
            retry_at: None,
            last: None,
            failure: None,
            revision: 1,
        };
        schedule.restart(now);
        self.check(&schedule, None).await?;
        self.check_room(function).await?;
        match self.store()?.insert_schedule(&schedule).await {
            Ok(()) => {}
            Err(error) => return Err(named(error, &schedule)),
        }
        engine.schedules.changed();
        Ok(schedule)
    }

    /// Changes a schedule.
    ///
    /// # Errors
    /// As for [`create`](Self::create), and [`Conflict::ScheduleBusy`].
    pub async fn update(&self, id: ScheduleId, update: ScheduleUpdate) -> Result<Schedule, Error> {
        for _ in 0..TRIES {
            let before = self.get(id).await?;
            let mut schedule = before.clone();
            update.apply(&mut schedule, self.platform);
            schedule.revision += 1;
            self.check(&schedule, Some(&before)).await?;
            match self.store()?.replace_schedule(&schedule).await {
                Ok(()) => {
                    self.platform.engine().0.schedules.changed();
                    return Ok(schedule);
                }
                Err(StoreError::Stale) => {}
                Err(error) => return Err(named(error, &schedule)),
            }
        }
        Err(Conflict::ScheduleBusy.into())
    }

    /// Stops a schedule from firing until it is resumed.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn pause(&self, id: ScheduleId) -> Result<Schedule, Error> {
        self.enable(id, false).await
    }

    /// Lets a paused schedule fire again, from now on.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn resume(&self, id: ScheduleId) -> Result<Schedule, Error> {
        self.enable(id, true).await
    }

    async fn enable(&self, id: ScheduleId, enabled: bool) -> Result<Schedule, Error> {
        let update = ScheduleUpdate {
            enabled: Some(enabled),
            ..ScheduleUpdate::default()
        };
        self.update(id, update).await
    }

    /// Fires a schedule now, whether it is paused or not. Its next firing stays.
    ///
    /// # Errors
    /// [`Error::NotFound`], or as for [`Platform::execute`].
    pub async fn fire(
        &self,
        id: ScheduleId,
        caller: Option<CallerLabel>,
    ) -> Result<Accepted, Error> {
        let schedule = self.get(id).await?;
        let request = Request {
            alias: schedule.alias.as_deref().map(Arc::from),
            retry: true,
            ..Request::once(schedule.input_at(self.platform.now()), caller)
        };
        let engine = self.platform.engine();
        engine.execute(schedule.function_id, request).await
    }

    /// Deletes a schedule. Executions that it has started go on.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn delete(&self, id: ScheduleId) -> Result<(), Error> {
        if self.store()?.delete_schedule(id).await? {
            Ok(())
        } else {
            Err(Error::NotFound(Resource::Schedule))
        }
    }

    /// The schedule with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn get(&self, id: ScheduleId) -> Result<Schedule, Error> {
        let found = self.store()?.schedule(id).await?;
        found.ok_or(Error::NotFound(Resource::Schedule))
    }

    /// Schedules that match, oldest first.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn list(&self, query: &ScheduleQuery) -> Result<Vec<Schedule>, Error> {
        match self.platform.engine().0.store.as_schedules() {
            Some(store) => Ok(store.schedules(query).await?),
            None => Ok(Vec::new()),
        }
    }

    /// A period, counted from now.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is too short or too long.
    pub fn every(&self, period: std::time::Duration) -> Result<When, Error> {
        let every = Every::new(period, self.platform.now()).map_err(Error::Invalid)?;
        Ok(When::Every(every))
    }

    fn store(&self) -> Result<&dyn ScheduleStore, Error> {
        let store = &self.platform.engine().0.store;
        store.as_schedules().ok_or_else(|| {
            Error::Invalid(format!("the store {} keeps no schedules", store.describe()))
        })
    }

    /// Checks what differs from the schedule `before`.
    async fn check(&self, schedule: &Schedule, before: Option<&Schedule>) -> Result<(), Error> {
        check_name(&schedule.name)?;
        let engine = &self.platform.engine().0;
        let limit = engine.options.max_input;
        if let Some(size) = schedule
            .input
            .as_ref()
            .map(Json::len)
            .filter(|size| *size > limit)
        {
            return Err(Error::TooLarge(format!(
                "the input has {size} bytes: at most {limit} are accepted"
            )));
        }
        let is_new = before.is_none_or(|before| before.when != schedule.when);
        if is_new && schedule.upcoming(self.platform.now(), 1).is_empty() {
            return Err(Error::Invalid(
                "the schedule never fires: `at` must be in the future".into(),
            ));
        }
        if before.is_some_and(|before| before.alias == schedule.alias) {
            return Ok(());
        }
        let function = self.platform.functions().get(schedule.function_id).await?;
        match schedule.alias.as_deref() {
            None | Some(Aliases::LIVE) => Ok(()),
            Some(alias) if function.aliases.get(alias).is_some() => Ok(()),
            Some(_) => Err(Error::NotFound(Resource::Alias)),
        }
    }

    /// Checks the number of schedules. Several that are created at the same time may exceed it a little.
    async fn check_room(&self, function: FunctionId) -> Result<(), Error> {
        let (store, options) = (self.store()?, &self.platform.engine().0.options);
        for (function, limit, whose) in [
            (
                Some(function),
                options.max_schedules_per_function,
                "the function has",
            ),
            (None, options.max_schedules, "the platform has"),
        ] {
            if store.schedule_count(function).await? >= limit {
                return Err(Conflict::TooManySchedules(format!(
                    "{whose} {limit} schedules already: delete schedules that are no longer used"
                ))
                .into());
            }
        }
        Ok(())
    }
}

fn named(error: StoreError, schedule: &Schedule) -> Error {
    match error {
        StoreError::Conflict("schedule name") => {
            Conflict::ScheduleName(schedule.name.clone()).into()
        }
        other => other.into(),
    }
}
