//! Schedules of functions.

use std::borrow::Cow;

use faas_core::model::{self, CronExpression, Every, Json, Timestamp, When};
use faas_core::platform;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::duration::{self, format_duration, parse_duration};
use crate::read::value;
use crate::scalar::{ExecutionKey, FunctionKey, Moment, ScheduleKey, Text, Word};
use crate::words::MissedFirings;

/// How many of the next firings are shown.
const UPCOMING: usize = 5;

/// A schedule. It has one of `cron` with `timeZone`, `every` and `at`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Schedule<'a> {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: ScheduleKey,
    /// The function that it executes.
    pub function_id: FunctionKey,
    /// Its name. A function has each name once.
    pub name: Cow<'a, str>,
    /// The cron expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub cron: Option<Cow<'a, str>>,
    /// The time zone of the cron expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub time_zone: Option<Cow<'a, str>>,
    /// The period, such as `5m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub every: Option<Cow<'a, str>>,
    /// The single time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub at: Option<Moment>,
    /// The input of its executions; absent: `{schedule, cron, scheduledTime}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<serde_json::Value>, nullable = false))]
    pub input: Option<Json>,
    /// The alias whose version runs; absent: `live`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub alias: Option<Cow<'a, str>>,
    /// Whether it fires; false: it is paused.
    pub enabled: bool,
    /// What becomes of firings that no server was there for.
    pub missed: MissedFirings,
    /// When it was created.
    pub created_at: Moment,
    /// When somebody changed it last.
    pub updated_at: Moment,
    /// The next firing; null: it is paused, or there is none any more.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub next_at: Option<Moment>,
    /// The next firings, at most 5; those that there would be, while it is paused.
    pub upcoming: Vec<Moment>,
    /// The last firing.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub last: Option<ScheduleFiring>,
    /// The last firing that was not accepted, if there was none after it.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub failure: Option<ScheduleFailure<'a>>,
}

impl<'a> Schedule<'a> {
    /// The schedule as it is at `now`.
    pub fn new(schedule: &'a model::Schedule, now: Timestamp) -> Self {
        let (cron, every, at) = match &schedule.when {
            When::Cron(cron) => (Some(cron), None, None),
            When::Every(every) => (None, Some(format_duration(every.period()).into()), None),
            When::At(at) => (None, None, Some(Moment(*at))),
        };
        let upcoming = schedule.upcoming(now, UPCOMING).into_iter();
        Self {
            id: Text(schedule.id),
            function_id: Text(schedule.function_id),
            name: Cow::Borrowed(&schedule.name),
            cron: cron.map(|cron| Cow::Borrowed(cron.expression())),
            time_zone: cron.map(|cron| Cow::Borrowed(cron.time_zone())),
            every,
            at,
            input: schedule.input.clone(),
            alias: schedule.alias.as_deref().map(Cow::Borrowed),
            enabled: schedule.enabled,
            missed: Word(schedule.missed),
            created_at: Moment(schedule.created_at),
            updated_at: Moment(schedule.updated_at),
            next_at: schedule.next.map(Moment),
            upcoming: upcoming.map(Moment).collect(),
            last: schedule.last.map(|last| ScheduleFiring {
                scheduled_time: Moment(last.scheduled),
                execution_id: Text(last.execution),
            }),
            failure: schedule.failure.as_ref().map(|failure| ScheduleFailure {
                scheduled_time: Moment(failure.scheduled),
                at: Moment(failure.at),
                error: Cow::Borrowed(&failure.reason),
            }),
        }
    }
}

/// A firing that was accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct ScheduleFiring {
    /// The time that it was planned for.
    pub scheduled_time: Moment,
    /// Its execution.
    pub execution_id: ExecutionKey,
}

/// A firing that was not accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct ScheduleFailure<'a> {
    /// The time that it was planned for.
    pub scheduled_time: Moment,
    /// When it was tried last.
    pub at: Moment,
    /// Why it was not accepted.
    pub error: Cow<'a, str>,
}

/// A page of schedules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct SchedulePage<'a> {
    /// The schedules, oldest first.
    pub schedules: Vec<Schedule<'a>>,
    /// The `cursor` of the next page; null: this is the last.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub next_cursor: Option<ScheduleKey>,
}

impl<'a> SchedulePage<'a> {
    /// These schedules, with more after `next_cursor`.
    pub const fn new(schedules: Vec<Schedule<'a>>, next_cursor: Option<ScheduleKey>) -> Self {
        Self {
            schedules,
            next_cursor,
        }
    }
}

/// A new schedule: its name and one of `cron`, `every` and `at`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct NewSchedule<'a> {
    /// Its name.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 128))]
    pub name: Cow<'a, str>,
    /// Minute, hour, day of the month, month, day of the week; with six fields, the first has the
    /// seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron: Option<Cow<'a, str>>,
    /// The time zone of `cron`, such as `Europe/Berlin`. Absent: `UTC`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<Cow<'a, str>>,
    /// A period from one second to 366 days, such as `5m`, counted from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Cow<'a, str>>,
    /// A single time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// The input of its executions. Absent or null: `{schedule, cron, scheduledTime}`.
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<serde_json::Value>))]
    pub input: Option<&'a RawValue>,
    /// The alias whose version runs. Absent: `live`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<Cow<'a, str>>,
    /// Whether it fires. Absent: true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// What becomes of firings that no server was there for. Absent: `once`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<MissedFirings>,
}

impl NewSchedule<'_> {
    /// The schedule, created at `now`.
    ///
    /// # Errors
    /// What is wrong.
    pub fn at(&self, now: Timestamp) -> Result<platform::NewSchedule, String> {
        let times = Times::new(&self.cron, &self.time_zone, &self.every, self.at);
        let when = times.when(now)?.ok_or(NO_TIMES)?;
        let mut new = platform::NewSchedule::new(&*self.name, when);
        new.input = self.input.map(json);
        new.alias = self.alias.as_deref().map(str::to_owned);
        new.enabled = self.enabled.unwrap_or(true);
        new.missed = self.missed.map_or(new.missed, |missed| missed.0);
        Ok(new)
    }
}

/// A change of a schedule. Members that are not named stay.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct ScheduleChange<'a> {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, min_length = 1, max_length = 128)
    )]
    pub name: Option<Cow<'a, str>>,
    /// A cron expression, in place of its times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron: Option<Cow<'a, str>>,
    /// The time zone of `cron`. Absent: `UTC`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<Cow<'a, str>>,
    /// A period, in place of its times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Cow<'a, str>>,
    /// A single time, in place of its times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// The input of its executions. Null: `{schedule, cron, scheduledTime}`.
    #[serde(
        default,
        borrow,
        deserialize_with = "value::present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<serde_json::Value>))]
    pub input: Option<&'a RawValue>,
    /// The alias whose version runs. Null: `live`.
    #[serde(
        default,
        deserialize_with = "value::present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub alias: Option<Option<Cow<'a, str>>>,
    /// Whether it fires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub enabled: Option<bool>,
    /// What becomes of firings that no server was there for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub missed: Option<MissedFirings>,
}

impl ScheduleChange<'_> {
    /// The change, made at `now`.
    ///
    /// # Errors
    /// What is wrong.
    pub fn at(&self, now: Timestamp) -> Result<platform::ScheduleUpdate, String> {
        let times = Times::new(&self.cron, &self.time_zone, &self.every, self.at);
        let mut update = platform::ScheduleUpdate::default();
        update.name = self.name.as_deref().map(str::to_owned);
        update.when = times.when(now)?;
        update.input = self.input.map(|input| Some(json(input)));
        let alias = self.alias.as_ref();
        update.alias = alias.map(|alias| alias.as_deref().map(str::to_owned));
        update.enabled = self.enabled;
        update.missed = self.missed.map(|missed| missed.0);
        Ok(update)
    }
}

/// Times of a schedule that is not stored: one of `cron`, `every` and `at`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct ScheduleTimes<'a> {
    /// A cron expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron: Option<Cow<'a, str>>,
    /// The time zone of `cron`. Absent: `UTC`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<Cow<'a, str>>,
    /// A period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Cow<'a, str>>,
    /// A single time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
}

impl ScheduleTimes<'_> {
    /// The next firings after `now`.
    ///
    /// # Errors
    /// What is wrong.
    pub fn upcoming(&self, now: Timestamp) -> Result<UpcomingTimes, String> {
        let times = Times::new(&self.cron, &self.time_zone, &self.every, self.at);
        let when = times.when(now)?.ok_or(NO_TIMES)?;
        let upcoming = std::iter::successors(when.after(now), |last| when.after(*last));
        Ok(UpcomingTimes {
            upcoming: upcoming.take(UPCOMING).map(Moment).collect(),
        })
    }
}

/// When a schedule would fire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct UpcomingTimes {
    /// The next firings, at most 5.
    pub upcoming: Vec<Moment>,
}

const NO_TIMES: &str = "a schedule needs one of `cron`, `every` and `at`";

/// When a schedule fires, as requests say it.
struct Times<'a> {
    cron: Option<&'a str>,
    time_zone: Option<&'a str>,
    every: Option<&'a str>,
    at: Option<Moment>,
}

impl<'a> Times<'a> {
    fn new(
        cron: &'a Option<Cow<'_, str>>,
        time_zone: &'a Option<Cow<'_, str>>,
        every: &'a Option<Cow<'_, str>>,
        at: Option<Moment>,
    ) -> Self {
        Self {
            cron: cron.as_deref(),
            time_zone: time_zone.as_deref(),
            every: every.as_deref(),
            at,
        }
    }

    fn when(&self, now: Timestamp) -> Result<Option<When>, String> {
        if self.time_zone.is_some() && self.cron.is_none() {
            return Err("`timeZone` is for `cron`: set both".to_owned());
        }
        match (self.cron, self.every, self.at) {
            (None, None, None) => Ok(None),
            (Some(cron), None, None) => {
                let zone = self.time_zone.unwrap_or("UTC");
                CronExpression::new(cron, zone).map(|cron| Some(When::Cron(cron)))
            }
            (None, Some(text), None) => {
                let period = parse_duration(text);
                let period = period.ok_or_else(|| duration::invalid("every", text))?;
                Every::new(period, now).map(|every| Some(When::Every(every)))
            }
            (None, None, Some(at)) => Ok(Some(When::At(at.0))),
            _ => Err("use only one of `cron`, `every` and `at`".to_owned()),
        }
    }
}

fn json(raw: &RawValue) -> Json {
    Json::trusted(raw.get().to_owned())
}
