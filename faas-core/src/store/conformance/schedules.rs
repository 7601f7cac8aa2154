//! Schedules, and the executions of their firings.

use std::sync::Arc;
use std::time::Duration;

use super::Fixture;
use super::fixtures::Fixtures;
use crate::error::StoreError;
use crate::model::{
    Every, Execution, Firing, FunctionId, Json, Missed, Schedule, ScheduleId, Status, Timestamp,
    When,
};
use crate::store::{ScheduleQuery, ScheduleStore, Store, Write, Written};

const MINUTE: Duration = Duration::from_secs(60);

fn kept(store: &dyn Store) -> &dyn ScheduleStore {
    store.as_schedules().expect("the store keeps schedules")
}

fn schedule(fixtures: &mut Fixtures, function: FunctionId, name: &str) -> Schedule {
    let id = ScheduleId::from_u128(fixtures.id().as_u128());
    let every = Every::new(MINUTE, fixtures.now).unwrap();
    let mut schedule = Schedule {
        id,
        function_id: function,
        name: name.to_owned(),
        when: When::Every(every),
        input: Some(Json::from(serde_json::json!({"text": "ä\u{1F600}"}))),
        alias: Some("staging".to_owned()),
        enabled: true,
        missed: Missed::All,
        created_at: fixtures.now,
        updated_at: fixtures.now,
        next: None,
        retry_at: None,
        last: None,
        failure: None,
        revision: 1,
    };
    schedule.restart(fixtures.now);
    schedule
}

/// The schedule after its next firing, and the execution of it.
fn fired(fixtures: &mut Fixtures, schedule: &Schedule) -> (Execution, Schedule) {
    let scheduled = schedule.next.unwrap();
    let execution = fixtures.pending(schedule.function_id);
    let after = Schedule {
        next: schedule.when.after(scheduled),
        last: Some(Firing {
            scheduled,
            execution: execution.id,
        }),
        revision: schedule.revision + 1,
        ..schedule.clone()
    };
    (execution, after)
}

fn fire(execution: &Execution, schedule: &Schedule) -> Write {
    Write::Fire {
        execution: Arc::new(execution.clone()),
        schedule: Arc::new(schedule.clone()),
    }
}

async fn list(store: &dyn Store, function: Option<FunctionId>, limit: usize) -> Vec<String> {
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let query = ScheduleQuery {
            function,
            after,
            limit,
        };
        let page = kept(store).schedules(&query).await.unwrap();
        let Some(last) = page.last() else {
            return names;
        };
        assert!(page.len() <= limit);
        after = Some(last.id);
        names.extend(page.into_iter().map(|one| one.name));
    }
}

pub async fn a_schedule_reads_back_as_it_was_stored_last(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.function("add");
    store.insert_function(&function).await.unwrap();
    let store = kept(&*store);
    let mut one = schedule(&mut fixtures, function.id, "nightly");
    assert_eq!(store.schedule(one.id).await.unwrap(), None);
    store.insert_schedule(&one).await.unwrap();
    assert_eq!(store.schedule(one.id).await.unwrap(), Some(one.clone()));
    one.name = "daily".to_owned();
    one.enabled = false;
    one.restart(fixtures.now);
    one.revision = 2;
    store.replace_schedule(&one).await.unwrap();
    assert_eq!(store.schedule(one.id).await.unwrap(), Some(one.clone()));
    assert!(store.delete_schedule(one.id).await.unwrap());
    assert!(!store.delete_schedule(one.id).await.unwrap());
    assert_eq!(store.schedule(one.id).await.unwrap(), None);
}

pub async fn schedules_are_listed_oldest_first_page_by_page_and_counted(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let functions = [fixtures.function("add"), fixtures.function("subtract")];
    for n in 0..7 {
        let function = functions[n % 2].id;
        let one = schedule(&mut fixtures, function, &n.to_string());
        kept(&*store).insert_schedule(&one).await.unwrap();
        fixtures.wait(MINUTE);
    }
    for limit in [1, 3, 100] {
        let all = list(&*store, None, limit).await;
        assert_eq!(all, ["0", "1", "2", "3", "4", "5", "6"]);
        let second = list(&*store, Some(functions[1].id), limit).await;
        assert_eq!(second, ["1", "3", "5"]);
    }
    let count = async |function| kept(&*store).schedule_count(function).await.unwrap();
    assert_eq!(count(None).await, 7);
    assert_eq!(count(Some(functions[0].id)).await, 4);
    assert_eq!(count(Some(fixtures.id())).await, 0);
}

pub async fn the_name_of_a_schedule_is_taken_within_its_function(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let store = kept(&*store);
    let functions = [fixtures.id(), fixtures.id()];
    let first = schedule(&mut fixtures, functions[0], "nightly");
    store.insert_schedule(&first).await.unwrap();
    let taken = |error| matches!(error, StoreError::Conflict("schedule name"));
    let again = schedule(&mut fixtures, functions[0], "nightly");
    assert!(taken(store.insert_schedule(&again).await.unwrap_err()));
    let elsewhere = schedule(&mut fixtures, functions[1], "nightly");
    store.insert_schedule(&elsewhere).await.unwrap();
    let mut other = schedule(&mut fixtures, functions[0], "daily");
    store.insert_schedule(&other).await.unwrap();
    other.name = "nightly".to_owned();
    other.revision = 2;
    assert!(taken(store.replace_schedule(&other).await.unwrap_err()));
    store.delete_schedule(first.id).await.unwrap();
    store.replace_schedule(&other).await.unwrap();
}

pub async fn a_stale_change_of_a_schedule_is_refused(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let store = kept(&*store);
    let function = fixtures.id();
    let mut one = schedule(&mut fixtures, function, "nightly");
    store.insert_schedule(&one).await.unwrap();
    for (revision, is_next) in [(1, false), (3, false), (2, true), (2, false), (3, true)] {
        one.revision = revision;
        let replaced = store.replace_schedule(&one).await;
        if is_next {
            replaced.unwrap();
        } else {
            assert!(matches!(replaced, Err(StoreError::Stale)));
        }
    }
    store.delete_schedule(one.id).await.unwrap();
    one.revision = 4;
    let replaced = store.replace_schedule(&one).await;
    assert!(matches!(replaced, Err(StoreError::Stale)));
}

pub async fn due_schedules_are_found_earliest_first_and_paused_ones_never(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let store = kept(&*store);
    let function = fixtures.id();
    assert_eq!(store.next_schedule().await.unwrap(), None);
    let start = fixtures.now;
    let mut all = Vec::new();
    for (name, wait) in [("c", 3), ("a", 1), ("b", 2), ("paused", 0)] {
        let mut one = schedule(&mut fixtures, function, name);
        one.next = (wait > 0).then(|| start + wait * MINUTE);
        store.insert_schedule(&one).await.unwrap();
        all.push(one);
    }
    let due = async |until: Timestamp, limit| -> Vec<String> {
        let due = store.due_schedules(until, limit).await.unwrap();
        due.into_iter().map(|one| one.name).collect()
    };
    assert_eq!(due(start, 9).await, [""; 0]);
    assert_eq!(due(start + MINUTE, 9).await, ["a"]);
    assert_eq!(due(Timestamp::MAX, 9).await, ["a", "b", "c"]);
    assert_eq!(due(Timestamp::MAX, 2).await, ["a", "b"]);
    assert_eq!(store.next_schedule().await.unwrap(), Some(start + MINUTE));
    // A firing that was refused waits for its next try.
    let first = &mut all[1];
    first.retry_at = Some(start + 4 * MINUTE);
    first.revision = 2;
    store.replace_schedule(first).await.unwrap();
    assert_eq!(due(Timestamp::MAX, 9).await, ["b", "c", "a"]);
    store.delete_schedule(all[2].id).await.unwrap();
    let next = store.next_schedule().await.unwrap();
    assert_eq!(next, Some(start + 3 * MINUTE));
}

pub async fn a_firing_stores_its_execution_and_changes_its_schedule(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.function("add");
    store.insert_function(&function).await.unwrap();
    let one = schedule(&mut fixtures, function.id, "nightly");
    kept(&*store).insert_schedule(&one).await.unwrap();
    let (execution, after) = fired(&mut fixtures, &one);
    let group = [fire(&execution, &after)];
    // Tried again because its answer was lost, it counts once.
    for _ in 0..2 {
        assert_eq!(store.commit(&group).await.unwrap(), [Written::Done]);
    }
    let stored = store.execution(execution.id).await.unwrap();
    assert_eq!(stored, Some(execution));
    let stored = kept(&*store).schedule(one.id).await.unwrap();
    assert_eq!(stored.as_ref(), Some(&after));
    // Another platform is late, and one that has seen nothing of a change.
    let (late, stale) = fired(&mut fixtures, &one);
    assert_eq!(
        super::write(&*store, fire(&late, &stale)).await,
        Written::Stale
    );
    assert_eq!(store.execution(late.id).await.unwrap(), None);
    assert_eq!(store.totals().await.unwrap().pending, 1);
    let (next, later) = fired(&mut fixtures, &after);
    assert_eq!(
        super::write(&*store, fire(&next, &later)).await,
        Written::Done
    );
    kept(&*store).delete_schedule(one.id).await.unwrap();
    let (gone, deleted) = fired(&mut fixtures, &later);
    assert_eq!(
        super::write(&*store, fire(&gone, &deleted)).await,
        Written::Stale
    );
    assert_eq!(store.totals().await.unwrap().pending, 2);
}

pub async fn exactly_one_of_many_concurrent_firings_of_one_time_is_stored(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.function("add");
    store.insert_function(&function).await.unwrap();
    let mut one = schedule(&mut fixtures, function.id, "nightly");
    kept(&*store).insert_schedule(&one).await.unwrap();
    for round in 1..=5 {
        let mut racing = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (execution, after) = fired(&mut fixtures, &one);
            let store = store.clone();
            racing.spawn(async move {
                let written = super::write(&*store, fire(&execution, &after)).await;
                (written == Written::Done).then_some(execution.id)
            });
        }
        let mut stored = Vec::new();
        while let Some(done) = racing.join_next().await {
            stored.extend(done.unwrap());
        }
        assert!(stored.len() <= 1, "{stored:?}");
        assert_eq!(store.totals().await.unwrap().pending, round);
        one = kept(&*store).schedule(one.id).await.unwrap().unwrap();
        // A platform that has finished the firing of another one leaves the execution to all.
        let execution = one.last.unwrap().execution;
        let stored = store.execution(execution).await.unwrap();
        assert_eq!(stored.unwrap().status, Status::Pending);
    }
}

pub async fn the_schedules_of_a_deleted_function_are_deleted(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let functions = [fixtures.function("add"), fixtures.function("subtract")];
    for (function, name) in [(0, "a"), (0, "b"), (1, "c")] {
        let id = functions[function].id;
        if name != "b" {
            store.insert_function(&functions[function]).await.unwrap();
        }
        let one = schedule(&mut fixtures, id, name);
        kept(&*store).insert_schedule(&one).await.unwrap();
    }
    let now = fixtures.now;
    store.delete_function(functions[0].id, now).await.unwrap();
    assert_eq!(list(&*store, None, 9).await, ["c"]);
    assert_eq!(kept(&*store).schedule_count(None).await.unwrap(), 1);
}

pub async fn schedules_are_there_after_a_restart(fixture: impl Fixture) {
    let mut fixtures = Fixtures::new();
    let store = fixture.store();
    let function = fixtures.function("add");
    store.insert_function(&function).await.unwrap();
    let one = schedule(&mut fixtures, function.id, "nightly");
    kept(&*store).insert_schedule(&one).await.unwrap();
    let (execution, after) = fired(&mut fixtures, &one);
    super::write(&*store, fire(&execution, &after)).await;
    store.close().await.unwrap();
    drop(store);
    let Some(fixture) = fixture.reopen().await else {
        return;
    };
    let store = fixture.store();
    let stored = kept(&*store).schedule(one.id).await.unwrap();
    assert_eq!(stored, Some(after.clone()));
    let next = kept(&*store).next_schedule().await.unwrap();
    assert_eq!(next, after.wakes_at());
}
