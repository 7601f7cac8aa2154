//! Tests of wall clocks that are set while retries wait.

use std::sync::Arc;
use std::time::Duration;

use faas_core::clock::{Clock as _, ManualClock};
use faas_core::model::{ExecutionId, FunctionConfig, Status, Timestamp};
use faas_core::options::PlatformOptions;
use faas_core::store::{MemoryStore, Store};
use serde_json::json;

use crate::platform::{World, everything, settle};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const YEAR: Duration = Duration::from_secs(365 * 86_400);

fn no_change(_: &mut PlatformOptions) {}

/// Returns an execution that has failed once and whose retry is due in two seconds.
async fn waiting_for_its_retry(world: &World) -> ExecutionId {
    let fail = world.function("fail 1", FunctionConfig::default()).await;
    let accepted = world.platform.execute(fail.id, json!({})).await;
    let id = accepted.unwrap().id;
    world
        .until(id, |execution| execution.retry_count == 1)
        .await;
    settle().await;
    id
}

/// Shuts a platform down without finishing its executions.
pub(crate) async fn stop(world: &World) {
    let (platform, clock) = (world.platform.clone(), world.clock.clone());
    let stopping = tokio::spawn(async move { platform.shutdown().await });
    while !stopping.is_finished() {
        clock.advance(Duration::from_millis(5));
        settle().await;
    }
}

#[tokio::test]
async fn a_back_off_has_its_full_length_when_the_wall_clock_is_set() {
    for change in [
        |now: Timestamp| now - 20 * SECOND,
        |now: Timestamp| now - HOUR,
        |now: Timestamp| now + HOUR,
    ] {
        let world = World::new(no_change).await;
        let id = waiting_for_its_retry(&world).await;
        world.clock.set_now(change(world.clock.now()));
        world.advance(2 * SECOND - Duration::from_millis(1)).await;
        assert_eq!(world.get(id).await.status, Status::Pending);
        world.advance(Duration::from_millis(1)).await;
        assert_eq!(world.ended(id).await.status, Status::Completed);
    }
}

#[tokio::test]
async fn after_a_restart_a_back_off_is_not_longer_than_configured_although_the_clock_was_set_back()
{
    for back in [20 * SECOND, HOUR, YEAR] {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let world = World::on(store.clone(), no_change).await;
        let id = waiting_for_its_retry(&world).await;
        stop(&world).await;
        let clock = ManualClock::new(world.clock.now() - back);
        let next = World::at(clock, store, no_change).await;
        settle().await;
        assert_eq!(next.get(id).await.status, Status::Pending);
        next.advance(2 * SECOND).await;
        assert_eq!(next.ended(id).await.status, Status::Completed);
    }
}

#[tokio::test]
async fn on_a_shared_store_executions_stored_by_a_server_with_a_fast_clock_do_not_wait_for_ever() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new().shared());
    let ahead = World::on(store.clone(), |options| options.max_instances = 1).await;
    let retrying = waiting_for_its_retry(&ahead).await;
    let wait = ahead.function("wait", FunctionConfig::default()).await;
    let mut ids = vec![retrying];
    for _ in 0..2 {
        let accepted = ahead.platform.execute(wait.id, json!({})).await;
        ids.push(accepted.unwrap().id);
    }
    ahead
        .until(ids[1], |execution| execution.start_time.is_some())
        .await;
    // The first platform's clock stands still from now on, so it neither renews leases nor retries.
    let clock = ManualClock::new(ahead.clock.now() - YEAR);
    let next = World::at(clock, store.clone(), no_change).await;
    next.runtime.open();
    for _ in 0..60 {
        next.advance(SECOND).await;
    }
    for id in ids {
        assert_eq!(next.ended(id).await.status, Status::Completed);
    }
    ahead.runtime.open();
}

#[tokio::test]
async fn ids_and_lists_keep_the_order_of_acceptance_when_the_wall_clock_is_set_back() {
    let world = World::new(no_change).await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    let mut ids = Vec::new();
    for n in 0..4 {
        world.clock.set_now(world.clock.now() - HOUR);
        let done = world.platform.invoke(echo.id, json!(n)).await.unwrap();
        assert!(done.start_time >= Some(done.created_at));
        ids.push(done.id);
    }
    let listed = world.platform.executions().list(&everything(9)).await;
    let listed: Vec<_> = listed.unwrap().iter().map(|one| one.id).collect();
    ids.reverse();
    assert_eq!(listed, ids);
}
