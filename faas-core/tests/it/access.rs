//! Tests of access control while keys are created and revoked.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use faas_core::access::{
    Access, AccessOptions, Asking, Caller, Keys, NewKey, Permission, Rate, Refusal, Whence,
};
use faas_core::clock::ManualClock;
use faas_core::model::{Actor, ApiKey, AuditAction, Role, Timestamp};
use faas_core::store::{AuditQuery, MemoryStore, Store};
use faas_core::{Error, Platform};

use crate::scripted::Scripted;

struct Rig {
    clock: ManualClock,
    /// The keys as another process on the same store sees them.
    beside: Keys,
    access: Access,
    platform: Platform,
}

async fn rig(change: impl FnOnce(&mut AccessOptions)) -> Rig {
    let clock = ManualClock::new(Timestamp::from_millis(1_769_868_309_123));
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let platform = Platform::builder()
        .shared_store(Arc::clone(&store))
        .clock(clock.clone())
        .runtime(Scripted::default())
        .build()
        .await
        .unwrap();
    let mut options = AccessOptions::default();
    change(&mut options);
    let access = Access::start(&platform, options).await.unwrap();
    let beside = Keys::new(store, Arc::new(clock.clone()));
    Rig {
        clock,
        beside,
        access,
        platform,
    }
}

impl Rig {
    async fn make(&self, name: &str, role: Role, lasts: Option<Duration>) -> (ApiKey, String) {
        let mut new = NewKey::new(name, role);
        new.expires_at = lasts.map(|time| self.platform.now() + time);
        let (key, text) = self.beside.create(new, &Actor::Local).await.unwrap();
        (key, text.expose().to_owned())
    }

    fn ask(&self, key: Option<&str>, permission: Permission) -> Result<Caller, Refusal> {
        let asking = Asking {
            key,
            ..Asking::default()
        };
        self.access.admit(&asking, permission)
    }

    /// Advances the time by half a second, so that the keys are reread.
    async fn pass(&self) {
        let mut changes = self.access.changes();
        while self.clock.sleepers() == 0 {
            tokio::task::yield_now().await;
        }
        self.clock.advance(Duration::from_millis(500));
        let _ = tokio::time::timeout(Duration::from_millis(200), changes.changed()).await;
    }
}

#[tokio::test]
async fn without_keys_everything_is_permitted_and_from_the_first_key_on_a_key_is_required() {
    let rig = rig(|_| {}).await;
    assert_eq!(rig.ask(None, Permission::Administer), Ok(Caller::Local));
    assert!(rig.access.may_stay(&Caller::Local) && !rig.access.is_required());
    let (key, text) = rig.make("me", Role::Admin, None).await;
    rig.pass().await;
    assert_eq!(
        rig.ask(None, Permission::Identify),
        Err(Refusal::KeyRequired)
    );
    assert!(!rig.access.may_stay(&Caller::Local));
    let caller = rig.ask(Some(&text), Permission::Administer).unwrap();
    assert_eq!(caller.actor().key(), Some(key.id));
    // Revoking the last key does not open access again.
    rig.beside.revoke(key.id, &Actor::Local).await.unwrap();
    rig.pass().await;
    assert_eq!(
        rig.ask(Some(&text), Permission::Identify),
        Err(Refusal::KeyInvalid)
    );
    assert!(!rig.access.may_stay(&caller));
    assert_eq!(rig.ask(None, Permission::Read), Err(Refusal::KeyRequired));
}

#[tokio::test]
async fn a_key_permits_what_its_role_permits() {
    let rig = rig(|_| {}).await;
    for role in Role::ALL {
        let (_, text) = rig.make(role.as_str(), role, None).await;
        rig.access.refresh().await.unwrap();
        for permission in Permission::ALL {
            let asked = rig.ask(Some(&text), permission).map(drop);
            let expected = if role.allows(permission) {
                Ok(())
            } else {
                let needed = permission.needs();
                Err(Refusal::RoleInsufficient { needed })
            };
            assert_eq!(asked, expected, "{role} {permission:?}");
        }
    }
}

#[tokio::test]
async fn anything_but_the_exact_key_is_refused() {
    let rig = rig(|_| {}).await;
    let (_, text) = rig.make("me", Role::Admin, None).await;
    let (_, other) = rig.make("other", Role::Admin, None).await;
    rig.access.refresh().await.unwrap();
    let (id, secret) = text.rsplit_once('_').unwrap();
    let (_, other_secret) = other.rsplit_once('_').unwrap();
    let mut near = text.clone();
    near.pop();
    near.push(if text.ends_with('0') { '1' } else { '0' });
    for wrong in [
        "",
        id,
        secret,
        &near,
        &format!("{id}_{other_secret}"),
        &format!("{text}0"),
    ] {
        assert_eq!(
            rig.ask(Some(wrong), Permission::Read),
            Err(Refusal::KeyInvalid)
        );
    }
    assert!(rig.ask(Some(&text), Permission::Read).is_ok());
}

#[tokio::test]
async fn a_key_is_refused_from_the_moment_it_expires() {
    let rig = rig(|_| {}).await;
    let (_, text) = rig
        .make("me", Role::Admin, Some(Duration::from_secs(1)))
        .await;
    rig.pass().await;
    let caller = rig.ask(Some(&text), Permission::Read).unwrap();
    let mut changes = rig.access.changes();
    rig.pass().await;
    assert_eq!(
        rig.ask(Some(&text), Permission::Read),
        Err(Refusal::KeyExpired)
    );
    assert!(!rig.access.may_stay(&caller));
    // Front ends with open connections were notified.
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    rig.pass().await;
    assert!(!changes.has_changed().unwrap());
}

#[tokio::test]
async fn wrong_keys_are_limited_per_address_and_do_not_delay_valid_keys() {
    let rig = rig(|_| {}).await;
    let (_, text) = rig.make("me", Role::Admin, None).await;
    rig.access.refresh().await.unwrap();
    let at = |key, last| Asking {
        key: Some(key),
        address: Some([10, 0, 0, last].into()),
        ..Asking::default()
    };
    let ask = |asking| rig.access.admit(&asking, Permission::Read);
    for _ in 0..20 {
        assert_eq!(ask(at("wrong", 1)), Err(Refusal::KeyInvalid));
    }
    let limited = ask(at("wrong", 1)).unwrap_err();
    assert_eq!((limited.status(), limited.code()), (429, "rate_limited"));
    assert_eq!(limited.retry_after_seconds(), Some(1));
    assert!(ask(at(&text, 1)).is_ok());
    assert_eq!(ask(at("wrong", 2)), Err(Refusal::KeyInvalid));
}

#[tokio::test]
async fn each_key_has_its_own_rate_and_without_keys_each_address() {
    let rig = rig(|options| {
        options.rate = Some(Rate {
            per_second: NonZeroU32::new(1).unwrap(),
            burst: NonZeroU32::new(2).unwrap(),
        });
    })
    .await;
    let local = |last| {
        let asking = Asking {
            address: Some([10, 0, 0, last].into()),
            ..Asking::default()
        };
        rig.access.admit(&asking, Permission::Read)
    };
    assert!(local(1).is_ok() && local(1).is_ok() && local(2).is_ok());
    assert!(matches!(local(1), Err(Refusal::RateLimited { .. })));
    let (_, one) = rig.make("one", Role::Admin, None).await;
    let (_, other) = rig.make("other", Role::Admin, None).await;
    rig.access.refresh().await.unwrap();
    let ask = |key| rig.ask(Some(key), Permission::Read);
    assert!(ask(&one).is_ok() && ask(&one).is_ok() && ask(&other).is_ok());
    assert!(matches!(ask(&one), Err(Refusal::RateLimited { .. })));
    rig.clock.advance(Duration::from_secs(1));
    assert!(ask(&one).is_ok());
}

#[tokio::test]
async fn foreign_pages_are_refused_even_if_keys_are_turned_off() {
    let rig = rig(|options| options.keys = false).await;
    rig.make("me", Role::Admin, None).await;
    rig.access.refresh().await.unwrap();
    assert_eq!(rig.ask(None, Permission::Administer), Ok(Caller::Local));
    let foreign = Asking {
        whence: Whence {
            host: Some("localhost:5000"),
            origin: Some("https://other.example"),
            ..Whence::default()
        },
        ..Asking::default()
    };
    let refused = rig.access.admit(&foreign, Permission::Read);
    assert_eq!(refused, Err(Refusal::OriginNotAllowed));
}

#[tokio::test]
async fn an_invalid_new_key_is_refused_with_the_reason() {
    let rig = rig(|_| {}).await;
    rig.make("taken", Role::Reader, None).await;
    let long = "x".repeat(65);
    for (name, expires_at, expected) in [
        ("", None, "blank"),
        (" \t", None, "blank"),
        (" x", None, "space"),
        ("a\nb", None, "control"),
        (long.as_str(), None, "64"),
        ("x", Some(rig.platform.now()), "must be in the future"),
        ("taken", None, "already exists"),
    ] {
        let mut new = NewKey::new(name, Role::Reader);
        new.expires_at = expires_at;
        let error = rig.beside.create(new, &Actor::Local).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{name:?}: {error}");
    }
}

#[tokio::test]
async fn creating_and_revoking_is_in_the_audit_log_and_old_entries_are_deleted() {
    let rig = rig(|options| options.audit_retention = Duration::from_secs(3_600)).await;
    let (key, _) = rig.make("me", Role::Admin, None).await;
    rig.beside.revoke(key.id, &Actor::Local).await.unwrap();
    let again = rig.beside.revoke(key.id, &Actor::Local).await;
    assert!(matches!(again, Err(Error::Conflict(_))), "{again:?}");
    let query = AuditQuery {
        before: None,
        limit: 9,
    };
    let actions = async || -> Vec<_> {
        let entries = rig.beside.audit(&query).await.unwrap();
        let action_of = |entry: &faas_core::model::AuditEntry| {
            assert_eq!(entry.target, key.id.to_string());
            entry.action
        };
        entries.iter().map(action_of).collect()
    };
    let both = [AuditAction::KeyRevoked, AuditAction::KeyCreated];
    assert_eq!(actions().await, both);
    rig.pass().await;
    assert_eq!(actions().await, both);
    for _ in 0..2 {
        rig.clock.advance(Duration::from_secs(3_601));
        rig.pass().await;
    }
    assert_eq!(actions().await, []);
}

#[tokio::test]
async fn the_last_use_of_each_key_is_recorded() {
    let rig = rig(|_| {}).await;
    let (_, asks) = rig.make("asks", Role::Reader, None).await;
    let (_, may_not) = rig.make("may not", Role::Invoker, None).await;
    let (_, stays) = rig.make("stays", Role::Reader, None).await;
    let (_, unused) = rig.make("unused", Role::Admin, None).await;
    rig.access.refresh().await.unwrap();
    let caller = rig.ask(Some(&stays), Permission::Read).unwrap();
    let begun = rig.platform.now();
    let last = async |name: &str| {
        let keys = rig.beside.list().await.unwrap();
        let key = keys.into_iter().find(|key| &*key.name == name);
        key.unwrap().last_used_at
    };
    // Requests do not write the last use.
    assert_eq!(last("stays").await, None);
    let seconds = async |count: u32| {
        for _ in 0..2 * count {
            assert!(rig.access.may_stay(&caller));
            rig.clock.advance(Duration::from_millis(500));
            // A store in memory answers at once.
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        }
    };
    seconds(2).await;
    assert!(last("stays").await.unwrap().since(begun) <= Duration::from_secs(2));
    rig.ask(Some(&asks), Permission::Read).unwrap();
    rig.ask(Some(&may_not), Permission::Read).unwrap_err();
    let wrong = format!(
        "{}{}",
        &unused[..unused.len() - 1],
        if unused.ends_with('0') { 1 } else { 0 }
    );
    rig.ask(Some(&wrong), Permission::Read).unwrap_err();
    seconds(90).await;
    let now = rig.platform.now();
    assert!(now.since(last("stays").await.unwrap()) <= Duration::from_secs(62));
    for name in ["asks", "may not"] {
        assert!(
            now.since(last(name).await.unwrap()) > Duration::from_secs(62),
            "{name}"
        );
    }
    assert_eq!(last("unused").await, None);
}
