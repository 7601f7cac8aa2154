//! Tests of readiness, and of platforms whose tokio runtime ends first or lacks timers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use faas_core::clock::ManualClock;
use faas_core::error::{CompileError, RuntimeError, StoreError};
use faas_core::events::{EventKind, Received};
use faas_core::model::{FunctionConfig, FunctionId, Source, Status, Timestamp};
use faas_core::platform::NewFunction;
use faas_core::runtime::{Instance, Program, Runtime, RuntimeStats};
use faas_core::store::conformance::intercepted::{Intercept, Intercepted};
use faas_core::store::{MemoryStore, Store, Write, Written};
use faas_core::{Error, Platform};
use serde_json::json;

use crate::platform::World;
use crate::scripted::Scripted;

const SECOND: Duration = Duration::from_secs(1);
/// A bound that only a hang reaches.
const ENOUGH: Duration = Duration::from_secs(60);

#[test]
fn a_platform_whose_tokio_runtime_has_ended_ends_every_wait() {
    let first = tokio::runtime::Runtime::new().unwrap();
    let platform = first
        .block_on(Platform::builder().runtime(Scripted::default()).build())
        .unwrap();
    let new = NewFunction::new("echo", "a script", "echo");
    let function = first.block_on(platform.functions().create(new)).unwrap();
    let mut events = platform.events().subscribe(None);
    first.shutdown_timeout(ENOUGH);
    let second = tokio::runtime::Runtime::new().unwrap();
    second.block_on(async {
        let ended = async {
            platform.shutdown().await;
            while !matches!(events.next(9).await, Received::Ended) {}
            let invoked = platform.invoke(function.id, json!(1)).await;
            assert!(matches!(invoked, Err(Error::Unavailable(_))), "{invoked:?}");
            let executed = platform.execute(function.id, json!(1)).await;
            assert!(
                matches!(executed, Err(Error::Unavailable(_))),
                "{executed:?}"
            );
            assert!(matches!(platform.ready().await, Err(Error::Unavailable(_))));
        };
        tokio::time::timeout(ENOUGH, ended).await.unwrap();
    });
}

#[tokio::test]
async fn a_subscriber_receives_the_end_of_a_platform_that_was_shut_down_or_dropped() {
    for shut_down in [true, false] {
        let platform = Platform::builder()
            .runtime(Scripted::default())
            .options(|options| options.shutdown_grace = Duration::ZERO)
            .build()
            .await
            .unwrap();
        let mut events = platform.events().subscribe(None);
        if shut_down {
            platform.shutdown().await;
        }
        drop(platform);
        let ended = async { while !matches!(events.next(9).await, Received::Ended) {} };
        tokio::time::timeout(ENOUGH, ended).await.unwrap();
    }
}

#[test]
fn building_on_a_tokio_runtime_without_timers_fails_unless_the_clock_needs_none() {
    let timeless = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let builder = || Platform::builder().runtime(Scripted::default());
    let Err(Error::Invalid(message)) = timeless.block_on(builder().build()) else {
        panic!("the platform was built");
    };
    assert!(message.contains("enable_time"), "{message}");
    let clock = ManualClock::new(Timestamp::default());
    timeless.block_on(builder().clock(clock).build()).unwrap();
}

#[tokio::test]
async fn a_direct_call_publishes_its_start_and_is_stored_before_its_end_is_published() {
    let world = World::new(|_| {}).await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let mut events = world.platform.events().subscribe(None);
    let platform = world.platform.clone();
    let call = tokio::spawn(async move { platform.invoke(wait.id, json!(1)).await });
    let mut id = None;
    loop {
        let Received::Events(batch) = events.next(9).await else {
            panic!("events are missing");
        };
        for event in batch {
            match &event.kind {
                EventKind::Started { execution_id, .. } => {
                    assert_eq!(world.store.execution(*execution_id).await.unwrap(), None);
                    assert_eq!(world.get(*execution_id).await.status, Status::Running);
                    id = Some(*execution_id);
                    world.runtime.open();
                }
                EventKind::Completed(execution) => {
                    assert_eq!(Some(execution.id), id);
                    let stored = world.store.execution(execution.id).await.unwrap();
                    assert_eq!(stored.as_ref(), Some(&**execution));
                    call.await.unwrap().unwrap();
                    return;
                }
                _ => {}
            }
        }
    }
}

/// A store that refuses writes while it is full.
struct Disk {
    is_full: Arc<AtomicBool>,
}

impl Disk {
    fn check(&self) -> Result<(), StoreError> {
        if self.is_full.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("the disk is full".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl Intercept for Disk {
    async fn commit(
        &self,
        store: &dyn Store,
        writes: &[Write],
    ) -> Result<Vec<Written>, StoreError> {
        self.check()?;
        store.commit(writes).await
    }

    async fn ping(&self, store: &dyn Store) -> Result<(), StoreError> {
        self.check()?;
        store.ping().await
    }
}

/// A scripted runtime whose host can run out of processes.
#[derive(Clone, Default)]
struct Host {
    scripted: Scripted,
    is_exhausted: Arc<AtomicBool>,
}

#[async_trait::async_trait]
impl Runtime for Host {
    fn describe(&self) -> String {
        self.scripted.describe()
    }

    fn compile(&self, source: &Source) -> Result<Program, CompileError> {
        self.scripted.compile(source)
    }

    async fn acquire(
        &self,
        function: (FunctionId, u32),
    ) -> Result<Box<dyn Instance>, RuntimeError> {
        self.scripted.acquire(function).await
    }

    fn forget(&self, _: FunctionId) {}

    fn stats(&self) -> RuntimeStats {
        RuntimeStats::default()
    }

    fn check(&self) -> Result<(), RuntimeError> {
        if self.is_exhausted.load(Ordering::SeqCst) {
            return Err(RuntimeError("no process can be made".into()));
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_platform_is_not_ready_while_writes_fail_or_no_process_can_be_made() {
    let (is_full, host) = (Arc::new(AtomicBool::new(false)), Host::default());
    let by = Disk {
        is_full: is_full.clone(),
    };
    let store = Arc::new(MemoryStore::new());
    let clock = ManualClock::new(Timestamp::default());
    let platform = Platform::builder()
        .shared_store(Arc::new(Intercepted { store, by }))
        .runtime(host.clone())
        .clock(clock.clone())
        .build()
        .await
        .unwrap();
    platform.ready().await.unwrap();
    for (fault, says) in [
        (&is_full, "the disk is full"),
        (&host.is_exhausted, "no process can be made"),
    ] {
        fault.store(true, Ordering::SeqCst);
        // The result of the latest check is used for one second.
        platform.ready().await.unwrap();
        clock.advance(SECOND);
        let Err(Error::Unavailable(message)) = platform.ready().await else {
            panic!("the platform is ready");
        };
        assert!(message.to_string().contains(says), "{message}");
        fault.store(false, Ordering::SeqCst);
        clock.advance(SECOND);
        platform.ready().await.unwrap();
    }
}
