//! The conformance suite: with hours that stay open, and with hours that are closed as soon as
//! possible.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use faas_core::clock::{Clock, Sleep, SystemClock};
use faas_core::model::Timestamp;
use faas_core::store::conformance::Fixture;
use faas_core::store::{MemoryStore, Store};
use faas_store_mongo::MongoStore;

use super::server;

/// A store on its own database; without a MongoDB server, a store in memory.
struct Mongo {
    store: Arc<dyn Store>,
    uri: Option<String>,
    clock: Arc<dyn Clock>,
}

impl Mongo {
    async fn open(uri: Option<String>, clock: Arc<dyn Clock>) -> Self {
        let store: Arc<dyn Store> = match &uri {
            Some(uri) => {
                let options = MongoStore::options().clock(Arc::clone(&clock));
                Arc::new(options.open(uri).await.unwrap())
            }
            None => Arc::new(MemoryStore::new().shared()),
        };
        Self { store, uri, clock }
    }

    async fn reopen(self) -> Option<Self> {
        self.uri.as_ref()?;
        self.store.close().await.unwrap();
        Some(Self::open(self.uri, self.clock).await)
    }
}

/// A clock that advances by an hour on each call, so that no hour is held open for long.
#[derive(Debug)]
struct Hasty {
    micros: AtomicI64,
    system: SystemClock,
}

impl Hasty {
    fn new() -> Self {
        let system = SystemClock::new();
        let micros = AtomicI64::new(system.now().as_micros());
        Self { micros, system }
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

macro_rules! fixture {
    ($name:ident, $clock:expr) => {
        struct $name(Mongo);

        #[async_trait]
        impl Fixture for $name {
            async fn empty() -> Self {
                Self(Mongo::open(server::new_database(), Arc::new($clock)).await)
            }

            fn store(&self) -> Arc<dyn Store> {
                Arc::clone(&self.0.store)
            }

            async fn reopen(self) -> Option<Self> {
                self.0.reopen().await.map(Self)
            }
        }
    };
}

fixture!(Open, SystemClock::new());
fixture!(Closing, Hasty::new());

mod hours_stay_open {
    use super::Open;
    faas_core::store_conformance!(Open);
    faas_core::shared_store_conformance!(Open);
    faas_core::key_value_conformance!(Open);
    faas_core::schedule_conformance!(Open);
}

mod hours_are_closed_at_once {
    use super::Closing;
    faas_core::store_conformance!(Closing);
    faas_core::shared_store_conformance!(Closing);
}
