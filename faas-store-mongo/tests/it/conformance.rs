//! What every store promises: with hours that stay open, and with hours that are closed as soon as
//! they can be.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use faas_core::clock::{Clock, Sleep, SystemClock};
use faas_core::model::Timestamp;
use faas_core::store::Store;
use faas_core::store::conformance::Fixture;
use faas_store_mongo::MongoStore;

use super::server;

struct Mongo {
    store: Arc<MongoStore>,
    uri: String,
}

impl Mongo {
    async fn open(uri: String, clock: Arc<dyn Clock>) -> Self {
        let options = MongoStore::options().clock(clock);
        let store = Arc::new(options.open(&uri).await.unwrap());
        Self { store, uri }
    }
}

struct Steady(Mongo);

#[async_trait]
impl Fixture for Steady {
    async fn empty() -> Self {
        let uri = server::new_database().unwrap();
        Self(Mongo::open(uri, Arc::new(SystemClock::new())).await)
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.0.store) as Arc<dyn Store>
    }

    async fn reopen(self) -> Option<Self> {
        self.0.store.close().await.unwrap();
        let clock = Arc::new(SystemClock::new());
        Some(Self(Mongo::open(self.0.uri, clock).await))
    }
}

/// A clock that goes on by an hour whenever it is asked.
#[derive(Debug)]
struct Hasty {
    micros: AtomicI64,
    system: SystemClock,
}

impl Hasty {
    fn start() -> Arc<Self> {
        let system = SystemClock::new();
        let micros = AtomicI64::new(system.now().as_micros());
        Arc::new(Self { micros, system })
    }
}

impl Clock for Hasty {
    fn now(&self) -> Timestamp {
        const HOUR: i64 = 3_600_000_000;
        Timestamp::from_micros(self.micros.fetch_add(HOUR, Ordering::Relaxed))
    }

    fn monotonic(&self) -> Duration {
        self.system.monotonic()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        self.system.sleep(duration)
    }
}

struct Closing(Mongo, Arc<Hasty>);

#[async_trait]
impl Fixture for Closing {
    async fn empty() -> Self {
        let uri = server::new_database().unwrap();
        let clock = Hasty::start();
        Self(Mongo::open(uri, Arc::clone(&clock) as _).await, clock)
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.0.store) as Arc<dyn Store>
    }

    async fn reopen(self) -> Option<Self> {
        self.0.store.close().await.unwrap();
        let clock = self.1;
        Some(Self(
            Mongo::open(self.0.uri, Arc::clone(&clock) as _).await,
            clock,
        ))
    }
}

mod steady {
    use super::Steady;
    faas_core::store_conformance!(Steady);
}

mod closing {
    use super::Closing;
    faas_core::store_conformance!(Closing);
}
