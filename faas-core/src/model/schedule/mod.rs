//! Schedules: when a function is executed by the clock.
//!
//! [`When`] has the times, [`Schedule::plan`] decides what is to be done at a moment. Both are pure.

mod cron;
mod when;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ExecutionId, FunctionId, Json, ScheduleId, Timestamp};

pub use cron::CronExpression;
#[cfg(feature = "quickjs")]
pub(crate) use cron::time_zones;
pub use when::{Every, When};

/// A firing that is later than this was missed.
const MISSED_AFTER: Duration = Duration::from_secs(10);
/// The most missed firings that are made up for.
const MOST_MISSED: usize = 100;

/// A schedule of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// The id. Ids sort by time.
    pub id: ScheduleId,
    /// The function that is executed.
    pub function_id: FunctionId,
    /// What people call it. No two schedules of a function have the same name.
    pub name: String,
    /// When it fires.
    pub when: When,
    /// The input of its executions; `None`: `{schedule, cron, scheduledTime}`.
    pub input: Option<Json>,
    /// The alias whose version runs; `None`: `live`.
    pub alias: Option<String>,
    /// Whether it fires; paused otherwise.
    pub enabled: bool,
    /// What becomes of firings that no platform was there for.
    pub missed: Missed,
    /// When it was created.
    pub created_at: Timestamp,
    /// When somebody changed it last.
    pub updated_at: Timestamp,
    /// The next firing; `None`: it is paused, or there is none any more.
    pub next: Option<Timestamp>,
    /// When the next firing, which could not be accepted, is tried again.
    pub retry_at: Option<Timestamp>,
    /// The last firing that was accepted.
    pub last: Option<Firing>,
    /// The last firing that was not, if it is later than [`last`](Self::last).
    pub failure: Option<FiringFailure>,
    /// Counts all changes. A store replaces a schedule only if its revision is the expected one.
    pub revision: u64,
}

/// What becomes of firings that no platform was there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Missed {
    /// They are skipped.
    Skip,
    /// The last of them is made up for.
    #[default]
    Once,
    /// All of them are made up for, the latest 100 at most, each with its own time.
    All,
}

impl Missed {
    /// All values.
    pub const ALL: [Self; 3] = [Self::Skip, Self::Once, Self::All];

    /// Returns `skip`, `once` or `all`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Once => "once",
            Self::All => "all",
        }
    }
}

/// A firing that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firing {
    /// The time that it was planned for.
    pub scheduled: Timestamp,
    /// Its execution.
    pub execution: ExecutionId,
}

/// A firing that was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiringFailure {
    /// The time that it was planned for.
    pub scheduled: Timestamp,
    /// When it was tried last.
    pub at: Timestamp,
    /// Why it was not accepted.
    pub reason: String,
}

/// What is to be done with a schedule that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The time of the firing, if there is one now.
    pub(crate) fire: Option<Timestamp>,
    /// The firing after that.
    pub(crate) next: Option<Timestamp>,
}

impl Schedule {
    /// Returns when a platform must look at it; `None`: never.
    pub fn wakes_at(&self) -> Option<Timestamp> {
        self.next.map(|next| self.retry_at.unwrap_or(next))
    }

    /// Returns what is to be done at `now`; `None`: nothing.
    pub(crate) fn plan(&self, now: Timestamp) -> Option<Plan> {
        let next = self
            .next
            .filter(|_| self.wakes_at().is_some_and(|at| at <= now))?;
        let at = |fire: Timestamp| Plan {
            fire: Some(fire),
            next: self.when.after(fire),
        };
        if now.since(next) <= MISSED_AFTER {
            return Some(at(next));
        }
        Some(match self.missed {
            Missed::Skip => Plan {
                fire: None,
                next: self.when.after(now - MISSED_AFTER),
            },
            Missed::Once => at(self.when.at_or_before(now).unwrap_or(next).max(next)),
            Missed::All => at(self.first_missed(next, now)),
        })
    }

    /// The first of the latest missed firings, at or after `next`.
    fn first_missed(&self, next: Timestamp, now: Timestamp) -> Timestamp {
        let mut first = now;
        for count in 0..MOST_MISSED {
            let before = if count == 0 {
                now
            } else {
                first - Duration::from_micros(1)
            };
            match self.when.at_or_before(before) {
                Some(earlier) if earlier > next => first = earlier,
                _ => return next,
            }
        }
        first
    }

    /// Returns the next `count` firings after `now`, whether it is paused or not.
    pub fn upcoming(&self, now: Timestamp, count: usize) -> Vec<Timestamp> {
        let first = self.next.or_else(|| self.when.after(now));
        std::iter::successors(first, |last| self.when.after(*last))
            .take(count)
            .collect()
    }

    /// Sets the next firing to the first one after `now`, or to none if the schedule is paused.
    pub(crate) fn restart(&mut self, now: Timestamp) {
        self.next = self.when.after(now).filter(|_| self.enabled);
        self.retry_at = None;
    }

    /// Returns the input of the firing at `scheduled`.
    pub(crate) fn input_at(&self, scheduled: Timestamp) -> Json {
        if let Some(input) = &self.input {
            return input.clone();
        }
        let cron = match &self.when {
            When::Cron(cron) => cron.expression(),
            When::Every(_) | When::At(_) => "",
        };
        Json::from(serde_json::json!({
            "schedule": self.name,
            "cron": cron,
            "scheduledTime": scheduled.as_millis(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    fn schedule(missed: Missed, when: When) -> Schedule {
        let mut schedule = Schedule {
            id: ScheduleId::from_u128(1),
            function_id: FunctionId::from_u128(2),
            name: "s".to_owned(),
            when,
            input: None,
            alias: None,
            enabled: true,
            missed,
            created_at: second(0),
            updated_at: second(0),
            next: None,
            retry_at: None,
            last: None,
            failure: None,
            revision: 1,
        };
        schedule.restart(second(0));
        schedule
    }

    fn every_minute(missed: Missed) -> Schedule {
        let every = Every::new(Duration::from_secs(60), second(0)).unwrap();
        schedule(missed, When::Every(every))
    }

    /// What is fired at `now`, and the next firing after that.
    fn fired(schedule: &mut Schedule, now: i64) -> (Vec<i64>, Option<i64>) {
        let mut fired = Vec::new();
        while let Some(plan) = schedule.plan(second(now)) {
            fired.extend(plan.fire.map(|at| at.as_millis() / 1_000));
            schedule.next = plan.next;
        }
        (fired, schedule.next.map(|at| at.as_millis() / 1_000))
    }

    #[test]
    fn a_firing_that_is_a_little_late_is_not_missed() {
        for missed in Missed::ALL {
            let mut schedule = every_minute(missed);
            assert_eq!(fired(&mut schedule, 59), (vec![], Some(60)));
            assert_eq!(fired(&mut schedule, 70), (vec![60], Some(120)));
        }
    }

    #[test]
    fn missed_firings_are_skipped_or_made_up_for_once_or_one_by_one() {
        for (missed, expected) in [
            (Missed::Skip, vec![]),
            (Missed::Once, vec![300]),
            (Missed::All, vec![60, 120, 180, 240, 300]),
        ] {
            let mut schedule = every_minute(missed);
            assert_eq!(fired(&mut schedule, 320), (expected, Some(360)));
        }
        // One that is due now is not missed.
        let mut schedule = every_minute(Missed::Skip);
        assert_eq!(fired(&mut schedule, 305), (vec![300], Some(360)));
    }

    #[test]
    fn at_most_the_latest_100_missed_firings_are_made_up_for() {
        let mut schedule = every_minute(Missed::All);
        let (fired, next) = fired(&mut schedule, 60 * 1_000 + 30);
        assert_eq!(
            (fired.len(), fired[0], next),
            (100, 60 * 901, Some(60 * 1_001))
        );
        let cron = CronExpression::new("* * * * *", "Europe/Berlin").unwrap();
        let mut schedule = self::schedule(Missed::All, When::Cron(cron));
        let (fired, _) = self::fired(&mut schedule, 60 * 1_000 + 30);
        assert_eq!((fired.len(), fired[0]), (100, 60 * 901));
    }

    #[test]
    fn a_single_time_fires_once_even_if_it_was_missed_unless_that_is_skipped() {
        for (missed, expected) in [
            (Missed::Skip, vec![]),
            (Missed::Once, vec![60]),
            (Missed::All, vec![60]),
        ] {
            let mut schedule = self::schedule(missed, When::At(second(60)));
            assert_eq!(fired(&mut schedule, 1_000), (expected, None));
            assert_eq!(schedule.plan(second(2_000)), None);
        }
    }

    #[test]
    fn a_refused_firing_waits_for_its_next_try_and_a_paused_schedule_for_nothing() {
        let mut schedule = every_minute(Missed::Once);
        schedule.retry_at = Some(second(61));
        assert_eq!(schedule.plan(second(60)), None);
        assert_eq!(schedule.plan(second(61)).unwrap().fire, Some(second(60)));
        schedule.enabled = false;
        schedule.restart(second(61));
        assert_eq!(
            (schedule.plan(second(999)), schedule.wakes_at()),
            (None, None)
        );
        let upcoming = schedule.upcoming(second(61), 2);
        assert_eq!(upcoming, [second(120), second(180)]);
    }

    #[test]
    fn the_default_input_names_the_schedule_and_its_time() {
        let cron = CronExpression::new("* * * * *", "UTC").unwrap();
        let mut schedule = self::schedule(Missed::Once, When::Cron(cron));
        let input: serde_json::Value = schedule.input_at(second(60)).to().unwrap();
        let expected = serde_json::json!(
            {"schedule": "s", "cron": "* * * * *", "scheduledTime": 60_000}
        );
        assert_eq!(input, expected);
        schedule.input = Some(Json::null());
        assert_eq!(schedule.input_at(second(60)).as_str(), "null");
    }
}
