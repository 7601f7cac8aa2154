//! Tests of schedules, with a manual clock.

use std::sync::Arc;
use std::time::Duration;

use faas_core::Error;
use faas_core::clock::{Clock as _, ManualClock, SystemClock};
use faas_core::error::{Conflict, Resource};
use faas_core::model::{
    CronExpression, Function, FunctionConfig, FunctionStatus, Json, Missed, Schedule, Status,
    Timestamp, When,
};
use faas_core::platform::{FunctionUpdate, NewSchedule, ScheduleUpdate};
use faas_core::store::{ExecutionQuery, MemoryStore, ScheduleQuery, Store};
use serde_json::json;

use crate::clocks::stop;
use crate::platform::{World, settle};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

async fn every(world: &World, function: &Function, period: Duration, missed: Missed) -> Schedule {
    let when = world.platform.schedules().every(period).unwrap();
    let mut new = NewSchedule::new("often", when);
    new.missed = missed;
    create(world, function, new).await
}

async fn create(world: &World, function: &Function, new: NewSchedule) -> Schedule {
    let schedules = world.platform.schedules();
    schedules.create(function.id, new).await.unwrap()
}

/// The planned times of the firings that were accepted, in seconds after the start of the clock,
/// oldest first.
async fn fired(world: &World, start: Timestamp) -> Vec<i64> {
    let query = ExecutionQuery {
        limit: 10_000,
        max_bytes: 1 << 30,
        ..ExecutionQuery::default()
    };
    let mut times = Vec::new();
    for execution in world.platform.executions().list(&query).await.unwrap() {
        let input: serde_json::Value = execution.input.to().unwrap();
        let at = input["scheduledTime"].as_i64().unwrap();
        times.push((at - start.as_millis()) / 1_000);
    }
    times.sort_unstable();
    times
}

/// Waits until these are the planned times of the firings that were accepted.
async fn fires(world: &World, start: Timestamp, expected: &[i64]) {
    for _ in 0..60_000 {
        if fired(world, start).await == expected {
            return;
        }
        SystemClock::new().sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(fired(world, start).await, expected);
}

async fn stored(world: &World, schedule: &Schedule) -> Schedule {
    world.platform.schedules().get(schedule.id).await.unwrap()
}

#[tokio::test]
async fn a_schedule_fires_at_each_of_its_times_and_passes_them_to_the_function() {
    let world = World::new(|_| {}).await;
    let start = world.clock.now();
    let echo = world.function("echo", FunctionConfig::default()).await;
    let schedule = every(&world, &echo, MINUTE, Missed::Once).await;
    assert_eq!(schedule.next, Some(start + MINUTE));
    world.advance(MINUTE - SECOND).await;
    assert_eq!(fired(&world, start).await, [0; 0]);
    world.advance(SECOND).await;
    fires(&world, start, &[60]).await;
    for _ in 0..4 {
        world.advance(MINUTE / 2).await;
    }
    fires(&world, start, &[60, 120, 180]).await;
    let schedule = stored(&world, &schedule).await;
    assert_eq!(schedule.next, Some(start + 4 * MINUTE));
    let last = schedule.last.unwrap();
    assert_eq!(last.scheduled, start + 3 * MINUTE);
    let execution = world.ended(last.execution).await;
    assert_eq!(execution.status, Status::Completed);
    let caller = execution.caller.as_ref().unwrap();
    assert_eq!(&*caller.id, format!("schedule:{}", schedule.id));
    assert_eq!(caller.name.as_deref(), Some("often"));
    let input: serde_json::Value = execution.input.to().unwrap();
    let at = last.scheduled.as_millis();
    assert_eq!(
        input,
        json!({"schedule": "often", "cron": "", "scheduledTime": at})
    );
}

#[tokio::test]
async fn cron_expressions_and_single_times_fire_with_the_input_of_the_schedule() {
    let world = World::new(|_| {}).await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    // The clock starts on 15 January 2027 at 08:00 in UTC.
    let cron = CronExpression::new("30 9 * * *", "Europe/Berlin").unwrap();
    let mut new = NewSchedule::new("daily", When::Cron(cron));
    new.input = Some(Json::from(json!({"part": 1})));
    let daily = create(&world, &echo, new).await;
    let at = world.clock.now() + 10 * MINUTE;
    let once = create(&world, &echo, NewSchedule::new("once", When::At(at))).await;
    world.advance(10 * MINUTE).await;
    let once = stored(&world, &once).await;
    assert_eq!((once.next, once.last.unwrap().scheduled), (None, at));
    world.advance(20 * MINUTE).await;
    let daily = stored(&world, &daily).await;
    let execution = world.ended(daily.last.unwrap().execution).await;
    assert_eq!(execution.input.as_str(), r#"{"part":1}"#);
    world.advance(24 * 60 * MINUTE).await;
    assert_ne!(stored(&world, &daily).await.last, daily.last);
    assert_eq!(stored(&world, &once).await, once);
}

#[tokio::test]
async fn what_was_missed_while_no_platform_ran_is_made_up_for_as_the_schedule_says() {
    for (missed, expected) in [
        (Missed::Skip, vec![]),
        (Missed::Once, vec![300]),
        (Missed::All, vec![60, 120, 180, 240, 300]),
    ] {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let world = World::on(store.clone(), |_| {}).await;
        let start = world.clock.now();
        let echo = world.function("echo", FunctionConfig::default()).await;
        let schedule = every(&world, &echo, MINUTE, missed).await;
        stop(&world).await;
        let clock = ManualClock::new(start + 330 * SECOND);
        let next = World::at(clock, store, |_| {}).await;
        fires(&next, start, &expected).await;
        let next_time = start + 360 * SECOND;
        while stored(&next, &schedule).await.next != Some(next_time) {
            settle().await;
        }
        let schedule = stored(&next, &schedule).await;
        assert_eq!(schedule.failure.is_some(), missed == Missed::Skip);
    }
}

#[tokio::test]
async fn a_paused_schedule_does_not_fire_and_a_resumed_one_makes_up_for_nothing() {
    let world = World::new(|_| {}).await;
    let start = world.clock.now();
    let echo = world.function("echo", FunctionConfig::default()).await;
    let schedule = every(&world, &echo, MINUTE, Missed::All).await;
    let paused = world.platform.schedules().pause(schedule.id).await.unwrap();
    assert!(!paused.enabled && paused.next.is_none());
    world.advance(10 * MINUTE).await;
    assert_eq!(fired(&world, start).await, [0; 0]);
    let upcoming = paused.upcoming(world.clock.now(), 2);
    assert_eq!(upcoming, [start + 11 * MINUTE, start + 12 * MINUTE]);
    world
        .platform
        .schedules()
        .resume(schedule.id)
        .await
        .unwrap();
    world.advance(MINUTE).await;
    fires(&world, start, &[660]).await;
}

#[tokio::test]
async fn a_schedule_can_be_fired_by_hand_changed_and_deleted() {
    let world = World::new(|_| {}).await;
    let start = world.clock.now();
    let echo = world.function("echo", FunctionConfig::default()).await;
    let schedule = every(&world, &echo, MINUTE, Missed::Once).await;
    let schedules = world.platform.schedules();
    let accepted = schedules.fire(schedule.id, None).await.unwrap();
    world.ended(accepted.id).await;
    assert_eq!(stored(&world, &schedule).await, schedule);
    let mut update = ScheduleUpdate::default();
    update.when = Some(schedules.every(SECOND).unwrap());
    let changed = schedules.update(schedule.id, update.clone()).await.unwrap();
    assert_eq!(changed.next, Some(start + SECOND));
    world.advance(SECOND / 2).await;
    // The same period goes on from where it was counted.
    update.when = Some(schedules.every(SECOND).unwrap());
    let same = schedules.update(schedule.id, update).await.unwrap();
    assert_eq!(same.next, Some(start + SECOND));
    world.advance(SECOND / 2).await;
    fires(&world, start, &[0, 1]).await;
    schedules.delete(schedule.id).await.unwrap();
    world.advance(MINUTE).await;
    fires(&world, start, &[0, 1]).await;
    let gone = schedules.get(schedule.id).await.unwrap_err();
    assert!(matches!(gone, Error::NotFound(Resource::Schedule)));
    assert!(schedules.delete(schedule.id).await.is_err());
}

#[tokio::test]
async fn a_firing_that_is_refused_is_shown_as_a_failure_and_the_schedule_goes_on() {
    let world = World::new(|_| {}).await;
    let start = world.clock.now();
    let echo = world.function("echo", FunctionConfig::default()).await;
    let schedule = every(&world, &echo, MINUTE, Missed::Once).await;
    let status = async |status| {
        let mut update = FunctionUpdate::default();
        update.status = Some(status);
        world.platform.functions().update(echo.id, update).await
    };
    status(FunctionStatus::Inactive).await.unwrap();
    world.advance(MINUTE).await;
    let after = stored(&world, &schedule).await;
    let failure = after.failure.unwrap();
    assert!(failure.reason.contains("not active"), "{}", failure.reason);
    assert_eq!(failure.scheduled, start + MINUTE);
    assert_eq!((after.last, after.next), (None, Some(start + 2 * MINUTE)));
    status(FunctionStatus::Active).await.unwrap();
    world.advance(MINUTE).await;
    let after = stored(&world, &schedule).await;
    assert_eq!(after.failure, None);
    fires(&world, start, &[120]).await;
}

#[tokio::test]
async fn firings_for_which_there_is_no_room_are_tried_again_until_there_is() {
    let world = World::new(|options| {
        options.queue_capacity = 1;
        options.max_instances = 1;
        options.max_delayed = 0;
    })
    .await;
    let start = world.clock.now();
    let wait = world.function("wait", FunctionConfig::default()).await;
    for name in 0..6 {
        let when = world.platform.schedules().every(MINUTE).unwrap();
        create(&world, &wait, NewSchedule::new(name.to_string(), when)).await;
    }
    world.advance(MINUTE).await;
    let query = ScheduleQuery {
        function: None,
        after: None,
        limit: 10,
    };
    let all = world.platform.schedules().list(&query).await.unwrap();
    let refused = all.iter().filter(|one| one.failure.is_some());
    let refused: Vec<_> = refused.cloned().collect();
    assert!(!refused.is_empty() && refused.len() < 6, "{all:?}");
    for one in &refused {
        assert_eq!(one.next, Some(start + MINUTE));
        assert!(one.failure.as_ref().unwrap().reason.contains("too many"));
    }
    world.runtime.open();
    for _ in 0..9 {
        world.advance(SECOND).await;
    }
    fires(&world, start, &[60; 6]).await;
    for one in &refused {
        assert_eq!(stored(&world, one).await.failure, None);
    }
}

#[tokio::test]
async fn firings_wait_in_the_backlog_while_the_queue_is_full() {
    let world = World::new(|options| {
        options.queue_capacity = 1;
        options.max_instances = 1;
    })
    .await;
    let start = world.clock.now();
    let wait = world.function("wait", FunctionConfig::default()).await;
    for name in 0..20 {
        let when = world.platform.schedules().every(MINUTE).unwrap();
        create(&world, &wait, NewSchedule::new(name.to_string(), when)).await;
    }
    world.advance(MINUTE).await;
    fires(&world, start, &[60; 20]).await;
    world.runtime.open();
    for execution in world.store.unfinished_ids(None, 100).await.unwrap() {
        let ended = world.ended(execution).await;
        assert_eq!(ended.status, Status::Completed);
    }
}

#[tokio::test]
async fn on_a_shared_store_each_time_is_fired_once_and_changes_are_seen_within_a_second() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new().shared());
    let world = World::on(store.clone(), |_| {}).await;
    let start = world.clock.now();
    let echo = world.function("echo", FunctionConfig::default()).await;
    let others = [
        World::at(world.clock.clone(), store.clone(), |_| {}).await,
        World::at(world.clock.clone(), store, |_| {}).await,
    ];
    every(&others[0], &echo, SECOND, Missed::Once).await;
    for second in 1..=20 {
        world.advance(SECOND).await;
        fires(&world, start, &(1..=second).collect::<Vec<_>>()).await;
    }
    // The platform that has made it is gone.
    stop(&others[0]).await;
    let seconds = (world.clock.now().since(start) + 2 * SECOND).as_secs();
    world.advance(2 * SECOND).await;
    let expected: Vec<i64> = (1..=seconds.cast_signed()).collect();
    fires(&world, start, &expected).await;
}

#[tokio::test]
async fn a_wall_clock_that_is_set_forward_is_noticed_within_a_second() {
    let world = World::new(|_| {}).await;
    let start = world.clock.now();
    let echo = world.function("echo", FunctionConfig::default()).await;
    every(&world, &echo, 60 * MINUTE, Missed::Once).await;
    settle().await;
    world.clock.set_now(start + 60 * MINUTE);
    world.advance(SECOND).await;
    fires(&world, start, &[3_600]).await;
}

#[tokio::test]
async fn the_schedules_of_a_deleted_function_are_gone() {
    let world = World::new(|_| {}).await;
    let start = world.clock.now();
    let echo = world.function("echo", FunctionConfig::default()).await;
    let schedule = every(&world, &echo, MINUTE, Missed::Once).await;
    world.platform.functions().delete(echo.id).await.unwrap();
    let gone = world.platform.schedules().get(schedule.id).await;
    assert!(matches!(gone, Err(Error::NotFound(Resource::Schedule))));
    world.advance(MINUTE).await;
    assert_eq!(fired(&world, start).await, [0; 0]);
}

#[tokio::test]
async fn a_schedule_that_is_invalid_or_one_too_many_is_refused() {
    let world = World::new(|options| {
        options.max_schedules_per_function = 2;
        options.max_schedules = 3;
        options.max_input = 100;
    })
    .await;
    let schedules = world.platform.schedules();
    let [one, two] = [
        world.function("echo", FunctionConfig::default()).await,
        world.function("echo", FunctionConfig::default()).await,
    ];
    let when = schedules.every(MINUTE).unwrap();
    let new = |name: &str| NewSchedule::new(name, when.clone());
    let past = When::At(world.clock.now() - SECOND);
    let refused = schedules.create(one.id, NewSchedule::new("a", past)).await;
    assert!(refused.unwrap_err().to_string().contains("future"));
    assert!(schedules.create(one.id, new("")).await.is_err());
    let mut long = new("a");
    long.input = Some(Json::from(json!("x".repeat(200))));
    let refused = schedules.create(one.id, long).await;
    assert!(matches!(refused, Err(Error::TooLarge(_))));
    let mut staging = new("a");
    staging.alias = Some("staging".to_owned());
    let refused = schedules.create(one.id, staging).await;
    assert!(matches!(refused, Err(Error::NotFound(Resource::Alias))));
    world.platform.functions().delete(two.id).await.unwrap();
    let refused = schedules.create(two.id, new("a")).await;
    assert!(matches!(refused, Err(Error::NotFound(Resource::Function))));

    schedules.create(one.id, new("a")).await.unwrap();
    let refused = schedules.create(one.id, new("a")).await;
    let named = |error: &Error| matches!(error, Error::Conflict(Conflict::ScheduleName(_)));
    assert!(named(&refused.unwrap_err()));
    schedules.create(one.id, new("b")).await.unwrap();
    let refused = schedules.create(one.id, new("c")).await.unwrap_err();
    assert!(
        refused.to_string().contains("the function has 2 schedules"),
        "{refused}"
    );
    let three = world.function("echo", FunctionConfig::default()).await;
    schedules.create(three.id, new("a")).await.unwrap();
    let refused = schedules.create(three.id, new("b")).await.unwrap_err();
    assert!(
        refused.to_string().contains("the platform has 3 schedules"),
        "{refused}"
    );
}
