//! What a deployment changes of the schedules of a function.

use std::borrow::Cow;

use faas_api::{
    NewSchedule, Schedule, ScheduleChange, ScheduleKey, Word, format_duration, parse_duration,
};
use faas_client::{Client, Target};
use faas_core::model::Missed;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::plan::Change;
use crate::project::manifest::ScheduleSettings;

/// The changes of the schedules, and how each is made.
#[derive(Debug, Default)]
pub(crate) struct SchedulePlan {
    pub(crate) changes: Vec<Change>,
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Create(ScheduleSettings),
    Update(ScheduleKey, ScheduleSettings),
    Delete(ScheduleKey),
}

impl SchedulePlan {
    /// Compares the schedules that the file lists with those that the server has. A file that lists
    /// none leaves them as they are.
    pub(crate) fn new(settings: Option<&[ScheduleSettings]>, there: &[Schedule<'_>]) -> Self {
        let mut plan = Self::default();
        let Some(settings) = settings else {
            return plan;
        };
        for wanted in settings {
            let to = wanted_json(wanted);
            let what = format!("schedules.{}", wanted.name);
            match there.iter().find(|one| one.name == wanted.name) {
                None => {
                    plan.changes.push(Change::new(what, Value::Null, to));
                    plan.steps.push(Step::Create(wanted.clone()));
                }
                Some(one) => {
                    let mut from = there_json(one);
                    if wanted.enabled.is_none()
                        && let Some(members) = from.as_object_mut()
                    {
                        members.remove("enabled");
                    }
                    if from != to {
                        plan.changes.push(Change::new(what, from, to));
                        plan.steps.push(Step::Update(one.id, wanted.clone()));
                    }
                }
            }
        }
        for one in there {
            if !settings.iter().any(|wanted| wanted.name == one.name) {
                let what = format!("schedules.{}", one.name);
                plan.changes
                    .push(Change::new(what, there_json(one), Value::Null));
                plan.steps.push(Step::Delete(one.id));
            }
        }
        plan
    }

    /// Makes the changes.
    pub(crate) async fn apply(&self, client: &Client, function: Target) -> Result<(), Failure> {
        for step in &self.steps {
            match step {
                Step::Create(settings) => {
                    let input = raw(settings.input.as_ref())?;
                    let mut new = NewSchedule::default();
                    new.name = Cow::Borrowed(&settings.name);
                    new.cron = text(&settings.cron);
                    new.time_zone = text(&settings.time_zone);
                    new.every = text(&settings.every);
                    new.at = settings.at;
                    new.input = input.as_deref();
                    new.alias = text(&settings.alias);
                    new.enabled = settings.enabled;
                    new.missed = settings.missed;
                    client.create_schedule(function.clone(), &new).await?;
                }
                Step::Update(id, settings) => {
                    let input = raw(Some(settings.input.as_ref().unwrap_or(&Value::Null)))?;
                    let mut change = ScheduleChange::default();
                    change.cron = text(&settings.cron);
                    change.time_zone = text(&settings.time_zone);
                    change.every = text(&settings.every);
                    change.at = settings.at;
                    change.input = input.as_deref();
                    change.alias = Some(text(&settings.alias));
                    change.enabled = settings.enabled;
                    change.missed = Some(settings.missed.unwrap_or(Word(Missed::default())));
                    client.update_schedule(*id, &change).await?;
                }
                Step::Delete(id) => client.delete_schedule(*id).await?,
            }
        }
        Ok(())
    }
}

fn text(text: &Option<String>) -> Option<Cow<'_, str>> {
    text.as_deref().map(Cow::Borrowed)
}

fn raw(value: Option<&Value>) -> Result<Option<Box<RawValue>>, Failure> {
    let raw = value.map(to_raw_value).transpose();
    raw.map_err(|error| Failure::new(format!("the input of a schedule has no JSON: {error}")))
}

/// A schedule in the form in which schedules are compared and shown.
fn wanted_json(settings: &ScheduleSettings) -> Value {
    let every = settings
        .every
        .as_deref()
        .map(|text| parse_duration(text).map_or_else(|| text.to_owned(), format_duration));
    let zone = settings.time_zone.as_deref();
    let zone = zone.or_else(|| settings.cron.as_ref().map(|_| "UTC"));
    let cron = settings.cron.as_deref();
    let cron = cron.map(|cron| cron.split_whitespace().collect::<Vec<_>>().join(" "));
    without_nulls(json!({
        "cron": cron,
        "timeZone": zone,
        "every": every,
        "at": settings.at,
        "input": settings.input,
        "alias": settings.alias,
        "enabled": settings.enabled,
        "missed": settings.missed.unwrap_or(Word(Missed::default())),
    }))
}

fn there_json(schedule: &Schedule<'_>) -> Value {
    without_nulls(json!({
        "cron": schedule.cron,
        "timeZone": schedule.time_zone,
        "every": schedule.every,
        "at": schedule.at,
        "input": schedule.input,
        "alias": schedule.alias,
        "enabled": schedule.enabled,
        "missed": schedule.missed,
    }))
}

fn without_nulls(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there(name: &str, times: &str) -> Schedule<'static> {
        let text = format!(
            r#"{{"_id": "01890a5d-ac96-774b-bcce-b302099a8057",
            "functionId": "01890a5d-ac96-774b-bcce-b302099a8058", "name": "{name}", {times},
            "enabled": false, "missed": "once", "createdAt": "2026-01-31T14:05:09.123Z",
            "updatedAt": "2026-01-31T14:05:09.123Z", "nextAt": null, "upcoming": [],
            "last": null, "failure": null}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn changes(settings: &str, there: &[Schedule<'_>]) -> Vec<String> {
        let settings: Option<Vec<ScheduleSettings>> = serde_json::from_str(settings).unwrap();
        let plan = SchedulePlan::new(settings.as_deref(), there);
        plan.changes.iter().map(Change::to_string).collect()
    }

    #[test]
    fn schedules_that_are_written_another_way_do_not_change() {
        let there = [
            there("a", r#""cron": "0 9 * * *", "timeZone": "UTC""#),
            there("b", r#""every": "1m", "input": {"x": 1}"#),
        ];
        let settings = r#"[{"name": "a", "cron": " 0  9 * * *"},
            {"name": "b", "every": "60s", "input": {"x": 1}, "missed": "once"}]"#;
        assert_eq!(changes(settings, &there), [""; 0]);
        // A file that does not list schedules leaves them alone.
        assert_eq!(changes("null", &there), [""; 0]);
    }

    #[test]
    fn schedules_are_added_changed_and_deleted_as_the_file_says() {
        let there = [
            there("a", r#""cron": "0 9 * * *", "timeZone": "UTC""#),
            there("gone", r#""every": "1m""#),
        ];
        let settings = r#"[{"name": "a", "cron": "0 8 * * *", "enabled": true},
            {"name": "new", "every": "5m"}]"#;
        assert_eq!(
            changes(settings, &there),
            [
                "~ schedules.a: {\"cron\":\"0 9 * * *\",\"enabled\":false,\"missed\":\"once\",\
                 \"timeZone\":\"UTC\"} → {\"cron\":\"0 8 * * *\",\"enabled\":true,\
                 \"missed\":\"once\",\"timeZone\":\"UTC\"}",
                "+ schedules.new: {\"every\":\"5m\",\"missed\":\"once\"}",
                "- schedules.gone: {\"enabled\":false,\"every\":\"1m\",\"missed\":\"once\"}",
            ]
        );
    }
}
