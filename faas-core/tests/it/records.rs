//! Tests of results that the store accepts late or not at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use faas_core::Error;
use faas_core::error::StoreError;
use faas_core::model::{FailureKind, FunctionConfig, Status};
use faas_core::store::conformance::intercepted::{Intercept, Intercepted};
use faas_core::store::{ExecutionQuery, MemoryStore, Store, Write, Written};
use futures_util::future::BoxFuture;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::platform::{World, settle};

type Ready = BoxFuture<'static, Result<(), StoreError>>;

/// Waits for the future that the function returns before each commit.
struct Before<F>(F);

#[async_trait]
impl<F: Fn(&[Write]) -> Ready + Send + Sync + 'static> Intercept for Before<F> {
    async fn commit(
        &self,
        store: &dyn Store,
        writes: &[Write],
    ) -> Result<Vec<Written>, StoreError> {
        (self.0)(writes).await?;
        store.commit(writes).await
    }
}

fn before<F: Fn(&[Write]) -> Ready + Send + Sync + 'static>(ready: F) -> Arc<dyn Store> {
    let store = Arc::new(MemoryStore::new());
    let by = Before(ready);
    Arc::new(Intercepted { store, by })
}

/// Whether a function's output is among these writes.
fn has_output(writes: &[Write]) -> bool {
    writes.iter().any(|write| match write {
        Write::Insert(execution) | Write::Settle { execution, .. } => execution.output.is_some(),
        Write::Claim { .. } | Write::Fire { .. } | Write::Scaling(_) => false,
    })
}

#[tokio::test]
async fn an_execution_whose_result_the_store_rejects_fails_with_the_reason() {
    let store = before(|writes| {
        let refused = has_output(writes);
        Box::pin(async move {
            if refused {
                return Err(StoreError::Unusable("it is too large".into()));
            }
            Ok(())
        })
    });
    let world = World::on(store, |_| {}).await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    let invoked = world.platform.invoke(echo.id, json!(1)).await.unwrap();
    let accepted = world.platform.execute(echo.id, json!(1)).await;
    for id in [invoked.id, accepted.unwrap().id] {
        let ended = world.ended(id).await;
        let failure = ended.failure.as_ref().unwrap();
        assert_eq!(failure.kind, FailureKind::Platform);
        assert!(failure.message.contains("it is too large"), "{failure:?}");
        // The function ran, so its time is billed.
        assert!(ended.cost.base.get() > 0);
    }
}

#[tokio::test]
async fn an_execution_is_found_between_its_end_and_its_commit() {
    let gate = Arc::new(Semaphore::new(0));
    let store = before({
        let gate = gate.clone();
        move |writes| {
            let (gate, slow) = (gate.clone(), has_output(writes));
            Box::pin(async move {
                if slow {
                    drop(gate.acquire().await);
                }
                Ok(())
            })
        }
    });
    let world = World::on(store, |_| {}).await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let platform = world.platform.clone();
    let invoked = tokio::spawn(async move { platform.invoke(wait.id, json!(1)).await });
    let everything = ExecutionQuery {
        limit: 9,
        ..ExecutionQuery::default()
    };
    let live = loop {
        let list = world.platform.executions().list(&everything).await;
        match list.unwrap().pop() {
            Some(live) if live.status == Status::Running => break live,
            _ => settle().await,
        }
    };
    world.runtime.open();
    settle().await;
    assert_eq!(world.store.execution(live.id).await.unwrap(), None);
    let executions = world.platform.executions();
    let (found, ()) = tokio::join!(executions.get(live.id), async {
        settle().await;
        gate.add_permits(9);
    });
    assert_eq!(found.unwrap().status, Status::Completed);
    assert_eq!(invoked.await.unwrap().unwrap().id, live.id);
}

#[tokio::test]
async fn a_direct_call_in_the_queue_is_refused_and_not_run_once_the_store_takes_no_writes() {
    let away = Arc::new(AtomicBool::new(false));
    let store = before({
        let away = away.clone();
        move |_| {
            let away = away.load(Ordering::SeqCst);
            Box::pin(async move {
                if away {
                    return Err(StoreError::Unavailable("it is away".into()));
                }
                Ok(())
            })
        }
    });
    let world = World::on(store, |options| options.max_instances = 1).await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let platform = world.platform.clone();
    let running = tokio::spawn(async move { platform.invoke(wait.id, json!(1)).await });
    while world.platform.counters().running == 0 {
        settle().await;
    }
    let platform = world.platform.clone();
    let queued = tokio::spawn(async move { platform.invoke(wait.id, json!(2)).await });
    while world.platform.counters().queued == 0 {
        settle().await;
    }
    away.store(true, Ordering::SeqCst);
    let refused = world.platform.execute(wait.id, json!(3)).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    world.runtime.open();
    let ran = running.await.unwrap();
    assert!(matches!(ran, Err(Error::NotStored { .. })), "{ran:?}");
    let refused = queued.await.unwrap();
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    away.store(false, Ordering::SeqCst);
    for _ in 0..3 {
        world.advance(std::time::Duration::from_secs(1)).await;
    }
    let totals = world.store.totals().await.unwrap();
    assert_eq!((totals.completed, totals.failed), (1, 0));
}

#[tokio::test]
async fn what_ends_while_the_store_is_away_is_written_when_it_is_back_and_nothing_new_is_taken() {
    let away = Arc::new(AtomicBool::new(false));
    let tried = Arc::new(AtomicUsize::new(0));
    let store = before({
        let (away, tried) = (away.clone(), tried.clone());
        move |_| {
            let away = away.load(Ordering::SeqCst);
            tried.fetch_add(usize::from(away), Ordering::SeqCst);
            Box::pin(async move {
                if away {
                    return Err(StoreError::Unavailable("it is away".into()));
                }
                Ok(())
            })
        }
    });
    let world = World::on(store, |_| {}).await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let accepted = world.platform.execute(wait.id, json!(1)).await;
    let id = accepted.unwrap().id;
    world
        .until(id, |execution| execution.start_time.is_some())
        .await;
    let platform = world.platform.clone();
    let invoked = tokio::spawn(async move { platform.invoke(wait.id, json!(2)).await });
    while world.platform.counters().running < 2 {
        // Another instance is added once the call has waited for long enough.
        world.advance(std::time::Duration::from_millis(100)).await;
    }
    away.store(true, Ordering::SeqCst);
    world.runtime.open();
    let told = invoked.await.unwrap();
    let Err(Error::NotStored {
        execution: ran,
        ref reason,
    }) = told
    else {
        panic!("the caller must learn that the function ran: {told:?}");
    };
    let store = std::error::Error::source(reason).expect("the store's own error");
    assert_eq!(store.source().expect("its cause").to_string(), "it is away");
    assert!(tried.load(Ordering::SeqCst) > 0);
    let refused = world.platform.execute(wait.id, json!(3)).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    away.store(false, Ordering::SeqCst);
    for _ in 0..3 {
        world.advance(std::time::Duration::from_secs(1)).await;
    }
    assert_eq!(world.ended(id).await.status, Status::Completed);
    assert_eq!(world.ended(ran).await.status, Status::Completed);
    let totals = world.store.totals().await.unwrap();
    assert_eq!((totals.completed, totals.pending), (2, 0));
    world.platform.invoke(wait.id, json!(3)).await.unwrap();
}
