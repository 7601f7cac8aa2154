//! Access control when the store has lost its keys, or does not answer.

use async_trait::async_trait;

use super::known::REFRESH;
use super::*;
use crate::clock::{Clock, ManualClock};
use crate::error::StoreError;
use crate::model::{AuditEntry, KeyId, Role, Timestamp};
use crate::store::{AccessStore, AuditQuery, KeyUse};

/// A store with one key; can lose it, fail, or hang.
struct Fickle {
    keys: parking_lot::Mutex<Option<Vec<ApiKey>>>,
    hangs: std::sync::atomic::AtomicBool,
    clock: ManualClock,
}

#[async_trait]
impl AccessStore for Fickle {
    async fn insert_key(&self, key: &ApiKey) -> Result<(), StoreError> {
        *self.keys.lock() = Some(vec![key.clone()]);
        Ok(())
    }

    async fn keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        if self.hangs.load(std::sync::atomic::Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        let away = || StoreError::Unavailable("store unavailable".into());
        self.keys.lock().clone().ok_or_else(away)
    }

    async fn revoke_key(&self, _: KeyId, _: Timestamp) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn note_key_uses(&self, _: &[KeyUse]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn append_audit(&self, _: &AuditEntry) -> Result<(), StoreError> {
        Err(StoreError::Unavailable("store full".into()))
    }

    async fn audit(&self, _: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        Ok(Vec::new())
    }

    async fn expire_audit(&self, _: Timestamp, _: usize) -> Result<usize, StoreError> {
        Ok(0)
    }
}

/// Returns a store with one key, an `Access` that has read it, and the key.
async fn with_a_key() -> (Arc<Fickle>, Access, String) {
    let clock = ManualClock::new(Timestamp::from_millis(1));
    let store = Arc::new(Fickle {
        keys: parking_lot::Mutex::new(Some(Vec::new())),
        hangs: false.into(),
        clock: clock.clone(),
    });
    let clock: Arc<dyn Clock> = Arc::new(clock);
    let keys = Keys::new(
        Arc::clone(&store) as Arc<dyn AccessStore>,
        Arc::clone(&clock),
    );
    let inner = Inner::new(keys, clock, AccessOptions::default());
    let access = Access {
        inner: Arc::new(inner),
    };
    let new = NewKey {
        name: "me".to_owned(),
        role: Role::Reader,
        expires_at: None,
    };
    // A failed audit entry does not undo the new key.
    let (_, text) = access.keys().create(new, &Actor::Local).await.unwrap();
    access.refresh().await.unwrap();
    (store, access, text.expose().to_owned())
}

fn ask(access: &Access, key: Option<&str>) -> Result<(), Refusal> {
    let asking = Asking {
        key,
        ..Asking::default()
    };
    access.admit(&asking, Permission::Read).map(drop)
}

#[tokio::test]
async fn a_store_that_lost_its_keys_does_not_open_access() {
    let (store, access, key) = with_a_key().await;
    assert_eq!(ask(&access, Some(&key)), Ok(()));
    *store.keys.lock() = Some(Vec::new());
    access.refresh().await.unwrap();
    assert_eq!(ask(&access, Some(&key)), Err(Refusal::KeyInvalid));
    assert_eq!(ask(&access, None), Err(Refusal::KeyRequired));
}

#[tokio::test]
async fn known_keys_stay_valid_while_the_store_is_unavailable() {
    let (store, access, key) = with_a_key().await;
    *store.keys.lock() = None;
    assert!(access.refresh().await.is_err());
    assert_eq!(ask(&access, Some(&key)), Ok(()));
    assert_eq!(ask(&access, None), Err(Refusal::KeyRequired));
}

#[tokio::test]
async fn idle_clients_are_removed_while_the_store_hangs() {
    let (store, access, key) = with_a_key().await;
    store
        .hangs
        .store(true, std::sync::atomic::Ordering::Relaxed);
    let inner = &access.inner;
    let clock = Arc::clone(&inner.clock);
    let (of, tidy) = (Arc::downgrade(inner), Arc::downgrade(inner));
    tokio::spawn(keep_informed(of, Arc::clone(&clock)));
    tokio::spawn(keep_tidy(tidy, clock));
    for n in 0..100_u8 {
        let asking = Asking {
            key: Some("wrong"),
            address: Some([10, 0, 0, n].into()),
            ..Asking::default()
        };
        assert!(access.admit(&asking, Permission::Read).is_err());
    }
    assert_eq!(inner.limits.remembered(), 100);
    for _ in 0..100 {
        store.clock.advance(REFRESH);
        tokio::task::yield_now().await;
    }
    assert_eq!(inner.limits.remembered(), 0);
    // The read is still hanging.
    assert!(inner.reading.try_lock().is_err());
    assert_eq!(ask(&access, Some(&key)), Ok(()));
}
