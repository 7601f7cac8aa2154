//! Tests of aliases: which version calls run, rollback, shares and canaries.

use std::collections::HashMap;
use std::time::Duration;

use faas_core::Error;
use faas_core::error::Resource;
use faas_core::events::{EventKind, Received};
use faas_core::model::{Canary, Function, FunctionConfig, FunctionStatus, RollBackIf};
use faas_core::platform::{AliasUpdate, CallOptions, FunctionUpdate};
use serde_json::json;

use crate::platform::{World, settle};

const MINUTE: Duration = Duration::from_secs(60);

async fn deploy(world: &World, function: &Function, script: &str) -> Function {
    change(world, function, FunctionUpdate::default().code(script)).await
}

async fn change(world: &World, function: &Function, update: FunctionUpdate) -> Function {
    let functions = world.platform.functions();
    functions.update(function.id, update).await.unwrap()
}

async fn set(world: &World, function: &Function, alias: &str, to: AliasUpdate) -> Function {
    let functions = world.platform.functions();
    functions.set_alias(function.id, alias, to).await.unwrap()
}

/// The version that a call of this alias runs.
async fn called(world: &World, function: &Function, alias: Option<&str>) -> u32 {
    let mut options = CallOptions::default();
    options.alias = alias.map(str::to_owned);
    let call = world.platform.invoke_with(function.id, json!(1), options);
    call.await.unwrap().function_version
}

#[tokio::test]
async fn a_deployment_is_live_at_once_and_a_rollback_runs_the_old_version() {
    let world = World::new(|_| {}).await;
    let function = world.function("attempt", FunctionConfig::default()).await;
    deploy(&world, &function, "echo").await;
    assert_eq!(called(&world, &function, None).await, 2);
    set(&world, &function, "live", AliasUpdate::to(1)).await;
    assert_eq!(called(&world, &function, None).await, 1);
    let accepted = world.platform.execute(function.id, json!(1)).await.unwrap();
    assert_eq!(world.ended(accepted.id).await.function_version, 1);
    // Code that is deployed later is live again.
    deploy(&world, &function, "attempt").await;
    assert_eq!(called(&world, &function, None).await, 3);
}

#[tokio::test]
async fn a_deployment_that_is_not_live_runs_under_its_own_alias_only() {
    let world = World::new(|_| {}).await;
    let function = world.function("attempt", FunctionConfig::default()).await;
    let update = FunctionUpdate::default().code("echo").live(false);
    let deployed = change(&world, &function, update).await;
    assert_eq!(deployed.version, 2);
    set(&world, &function, "staging", AliasUpdate::to(2)).await;
    assert_eq!(called(&world, &function, None).await, 1);
    assert_eq!(called(&world, &function, Some("live")).await, 1);
    assert_eq!(called(&world, &function, Some("staging")).await, 2);
    let unknown = CallOptions::default().alias("canary");
    let unknown = world.platform.invoke_with(function.id, json!(1), unknown);
    let error = unknown.await.unwrap_err();
    assert!(
        matches!(error, Error::NotFound(Resource::Alias)),
        "{error:?}"
    );

    // Without `live`, calls run the newest version.
    let functions = world.platform.functions();
    functions.delete_alias(function.id, "live").await.unwrap();
    assert_eq!(called(&world, &function, None).await, 2);
    let gone = functions
        .delete_alias(function.id, "live")
        .await
        .unwrap_err();
    assert!(matches!(gone, Error::NotFound(Resource::Alias)), "{gone:?}");
}

#[tokio::test]
async fn a_change_of_the_configuration_after_a_rollback_does_not_bring_the_new_code_back() {
    let world = World::new(|_| {}).await;
    let function = world.function("attempt", FunctionConfig::default()).await;
    deploy(&world, &function, "echo").await;
    set(&world, &function, "live", AliasUpdate::to(1)).await;
    let update = || FunctionUpdate::default().retry_count(7);
    let changed = change(&world, &function, update()).await;
    assert_eq!(changed.version, 3);
    assert_eq!(called(&world, &function, None).await, 1);
    // Without a rollback, it is live at once.
    change(&world, &function, update().live(true)).await;
    let changed = change(&world, &function, update().retry_count(8)).await;
    assert_eq!(called(&world, &function, None).await, changed.version);
}

#[tokio::test]
async fn an_alias_splits_calls_between_two_versions() {
    let world = World::new(|_| {}).await;
    let function = world.function("attempt", FunctionConfig::default()).await;
    deploy(&world, &function, "echo").await;
    set(&world, &function, "live", AliasUpdate::to(1).split(2, 50)).await;
    let mut calls: HashMap<u32, u32> = HashMap::new();
    for _ in 0..200 {
        *calls
            .entry(called(&world, &function, None).await)
            .or_default() += 1;
    }
    // Fewer than 50 of 200 has a probability of 10^-13.
    assert!(calls[&1] >= 50 && calls[&2] >= 50, "{calls:?}");
    let stats = world.platform.functions();
    let stats = stats.version_stats(function.id, MINUTE).await.unwrap();
    for (version, number) in calls {
        assert_eq!(stats[&version].executions, u64::from(number));
        assert_eq!(stats[&version].failed, 0);
    }
}

#[tokio::test]
async fn an_alias_stands_for_stored_versions_only() {
    let world = World::new(|_| {}).await;
    let function = world.function("attempt", FunctionConfig::default()).await;
    let functions = world.platform.functions();
    for update in [
        AliasUpdate::to(2),
        AliasUpdate::to(1).split(2, 10),
        AliasUpdate::to(0),
    ] {
        let error = functions
            .set_alias(function.id, "live", update)
            .await
            .unwrap_err();
        assert!(
            matches!(error, Error::NotFound(Resource::Version)),
            "{error:?}"
        );
    }
    for update in [
        AliasUpdate::to(1).split(1, 10),
        AliasUpdate::to(1).split(1, 0),
    ] {
        let error = functions
            .set_alias(function.id, "live", update)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error:?}");
    }
    let error = functions
        .set_alias(function.id, "a/b", AliasUpdate::to(1))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error:?}");
}

#[tokio::test]
async fn an_inactive_function_refuses_calls_of_every_alias() {
    let world = World::new(|_| {}).await;
    let function = world.function("attempt", FunctionConfig::default()).await;
    deploy(&world, &function, "echo").await;
    set(&world, &function, "old", AliasUpdate::to(1)).await;
    let update = FunctionUpdate::default().status(FunctionStatus::Inactive);
    change(&world, &function, update).await;
    let old = CallOptions::default().alias("old");
    let refused = world.platform.invoke_with(function.id, json!(1), old).await;
    assert!(matches!(refused, Err(Error::Inactive)), "{refused:?}");
}

fn canary(limits: RollBackIf) -> Canary {
    Canary::new(vec![10, 50], MINUTE, limits).unwrap()
}

/// The shares that `live` has had, as its events say, until a share that `is_last`.
async fn moves(
    world: &World,
    subscriber: &mut faas_core::events::Subscriber,
    is_last: impl Fn(u32) -> bool,
) -> Vec<(u32, Option<u8>)> {
    let mut moves = Vec::new();
    loop {
        // The canary is looked at once a second.
        world.advance(Duration::from_secs(1)).await;
        let next = tokio::select! {
            biased;
            next = subscriber.next(16) => next,
            () = settle() => continue,
        };
        let Received::Events(events) = next else {
            panic!("the events end");
        };
        for event in events {
            if let EventKind::AliasMoved { to: Some(to), .. } = &event.kind {
                moves.push((to.version, to.split.map(|split| split.percent)));
                if to.split.is_none() && is_last(to.version) {
                    return moves;
                }
            }
        }
    }
}

#[tokio::test]
async fn a_canary_takes_its_steps_by_itself() {
    let world = World::new(|_| {}).await;
    let function = world.function("attempt", FunctionConfig::default()).await;
    let update = FunctionUpdate::default().code("echo").live(false);
    change(&world, &function, update).await;
    let mut subscriber = world.platform.events().subscribe(None);
    let to = AliasUpdate::to(2).canary(canary(RollBackIf::default()));
    set(&world, &function, "live", to).await;
    let moves = moves(&world, &mut subscriber, |version| version == 2).await;
    assert_eq!(moves, [(1, Some(10)), (1, Some(50)), (2, None)]);
    assert_eq!(called(&world, &function, None).await, 2);
}

#[tokio::test]
async fn a_canary_goes_back_when_the_new_version_fails() {
    let world = World::new(|_| {}).await;
    let function = world.function("attempt", FunctionConfig::default()).await;
    let update = FunctionUpdate::default().code("fail 9").live(false);
    change(&world, &function, update).await;
    set(&world, &function, "new", AliasUpdate::to(2)).await;
    let mut subscriber = world.platform.events().subscribe(None);
    let mut limits = RollBackIf::default();
    (limits.error_rate, limits.min_executions) = (Some(500), 3);
    let to = AliasUpdate::to(2).canary(canary(limits));
    set(&world, &function, "live", to).await;
    for _ in 0..3 {
        assert_eq!(called(&world, &function, Some("new")).await, 2);
    }
    let moves = moves(&world, &mut subscriber, |version| version == 1).await;
    assert_eq!(moves, [(1, Some(10)), (1, None)]);
    let function = world.platform.functions().get(function.id).await.unwrap();
    let live = function.aliases.live().unwrap();
    assert_eq!(live.version, 1);
    let reason = live.reason.as_deref().unwrap();
    assert!(
        reason.contains("3 of 3 executions failed, more than 5 %"),
        "{reason}"
    );
}
