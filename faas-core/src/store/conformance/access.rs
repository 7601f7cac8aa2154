//! Keys and the audit log.

use std::time::Duration;

use super::Fixture;
use super::fixtures::Fixtures;
use crate::error::StoreError;
use crate::model::{Actor, ApiKey, AuditAction};
use crate::store::{AuditQuery, KeyUse};

pub async fn a_key_reads_back_as_it_was_stored(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    assert_eq!(store.keys().await.unwrap(), []);
    let mut all = Vec::new();
    for name in ["ci", "Käse\u{0} 🔑", "late"] {
        let key = fixtures.key(name);
        store.insert_key(&key).await.unwrap();
        all.insert(0, key);
        fixtures.wait(Duration::from_secs(1));
    }
    assert_eq!(store.keys().await.unwrap(), all);
}

pub async fn a_keys_name_is_taken_until_the_key_is_revoked(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let (first, second) = (fixtures.key("ci"), fixtures.key("ci"));
    store.insert_key(&first).await.unwrap();
    let taken = store.insert_key(&second).await;
    assert!(matches!(taken, Err(StoreError::Conflict(_))), "{taken:?}");
    // Names are compared byte by byte.
    store.insert_key(&fixtures.key("CI")).await.unwrap();
    assert!(store.revoke_key(first.id, fixtures.now).await.unwrap());
    store.insert_key(&second).await.unwrap();
    let again = store.insert_key(&second).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    let third = fixtures.key("ci");
    let taken = store.insert_key(&third).await;
    assert!(matches!(taken, Err(StoreError::Conflict(_))), "{taken:?}");
}

pub async fn exactly_one_of_many_concurrent_keys_of_one_name_is_stored(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (store, key) = (fixture.store(), fixtures.key("ci"));
        tries.spawn(async move { store.insert_key(&key).await });
    }
    let tries = tries.join_all().await;
    assert_eq!(tries.iter().filter(|tried| tried.is_ok()).count(), 1);
    assert_eq!(store.keys().await.unwrap().len(), 1);
}

pub async fn a_key_is_revoked_once_and_stays_in_the_list(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let (mut key, other) = (fixtures.key("ci"), fixtures.key("other"));
    store.insert_key(&key).await.unwrap();
    store.insert_key(&other).await.unwrap();
    fixtures.wait(Duration::from_secs(1));
    key.revoked_at = Some(fixtures.now);
    assert!(store.revoke_key(key.id, fixtures.now).await.unwrap());
    let later = fixtures.now + Duration::from_secs(1);
    assert!(!store.revoke_key(key.id, later).await.unwrap());
    let unknown = fixtures.key("unknown").id;
    assert!(!store.revoke_key(unknown, later).await.unwrap());
    assert_eq!(store.keys().await.unwrap(), [other, key]);
}

pub async fn the_audit_log_is_newest_first_and_pages_through_everything_once(
    fixture: impl Fixture,
) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let key = fixtures.key("ci");
    let somebody = Actor::Key {
        id: key.id,
        name: key.name,
    };
    let mut all = Vec::new();
    for (n, action) in AuditAction::ALL.iter().cycle().take(25).enumerate() {
        let actor = if n % 3 == 0 {
            Actor::Local
        } else {
            somebody.clone()
        };
        let entry = fixtures.audit_entry(actor, *action);
        store.append_audit(&entry).await.unwrap();
        all.insert(0, entry);
        fixtures.wait(Duration::from_millis(u64::from(n % 2 == 0)));
    }
    let list = async |before, limit| {
        let query = AuditQuery { before, limit };
        store.audit(&query).await.unwrap()
    };
    assert_eq!(list(None, usize::MAX).await, all);
    assert_eq!(list(None, 0).await, []);
    let mut paged = Vec::new();
    loop {
        let page = list(
            paged.last().map(|last: &crate::model::AuditEntry| last.id),
            7,
        )
        .await;
        let is_last = page.len() < 7;
        paged.extend(page);
        if is_last {
            break;
        }
    }
    assert_eq!(paged, all);
}

pub async fn old_entries_of_the_audit_log_expire_oldest_first_up_to_the_limit(
    fixture: impl Fixture,
) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let mut all = Vec::new();
    for _ in 0..10 {
        let entry = fixtures.audit_entry(Actor::Local, AuditAction::FunctionUpdated);
        store.append_audit(&entry).await.unwrap();
        all.insert(0, entry);
        fixtures.wait(Duration::from_secs(1));
    }
    let (query, newest) = (
        AuditQuery {
            before: None,
            limit: 100,
        },
        all[3].at,
    );
    assert_eq!(store.expire_audit(newest, 4).await.unwrap(), 4);
    assert_eq!(store.audit(&query).await.unwrap(), all[..6]);
    assert_eq!(store.expire_audit(newest, 4).await.unwrap(), 2);
    assert_eq!(store.audit(&query).await.unwrap(), all[..4]);
    assert_eq!(store.expire_audit(newest, 4).await.unwrap(), 0);
}

pub async fn the_last_use_of_a_key_is_remembered_and_never_goes_back(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let (mut used, mut revoked) = (fixtures.key("used"), fixtures.key("revoked"));
    let (unused, unknown) = (fixtures.key("unused"), fixtures.key("unknown"));
    for key in [&used, &revoked, &unused] {
        store.insert_key(key).await.unwrap();
    }
    revoked.revoked_at = Some(fixtures.now);
    store.revoke_key(revoked.id, fixtures.now).await.unwrap();
    let at = |key: &ApiKey, micros| KeyUse {
        id: key.id,
        at: fixtures.now + Duration::from_micros(micros),
    };
    store.note_key_uses(&[]).await.unwrap();
    let first = [at(&used, 60_000_001), at(&unknown, 1), at(&revoked, 2)];
    store.note_key_uses(&first).await.unwrap();
    // A server with an earlier use may write after a server with a later one.
    store.note_key_uses(&[at(&used, 59_999_999)]).await.unwrap();
    used.last_used_at = Some(first[0].at);
    revoked.last_used_at = Some(first[2].at);
    let expected = [unused.clone(), revoked.clone(), used.clone()];
    assert_eq!(store.keys().await.unwrap(), expected);
    let second = [at(&unused, 3), at(&used, 120_000_000)];
    store.note_key_uses(&second).await.unwrap();
    let last = |key: ApiKey, used: KeyUse| ApiKey {
        last_used_at: Some(used.at),
        ..key
    };
    let expected = [last(unused, second[0]), revoked, last(used, second[1])];
    assert_eq!(store.keys().await.unwrap(), expected);
}

pub async fn keys_and_audit_log_are_there_after_a_restart(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let (revoked, kept) = (fixtures.key("revoked"), fixtures.key("kept"));
    store.insert_key(&revoked).await.unwrap();
    store.insert_key(&kept).await.unwrap();
    store.revoke_key(revoked.id, fixtures.now).await.unwrap();
    let used = KeyUse {
        id: kept.id,
        at: fixtures.now,
    };
    store.note_key_uses(&[used]).await.unwrap();
    let entry = fixtures.audit_entry(Actor::Local, AuditAction::KeyRevoked);
    store.append_audit(&entry).await.unwrap();
    let keys = store.keys().await.unwrap();
    drop(store);
    let Some(fixture) = fixture.reopen().await else {
        return;
    };
    let store = fixture.store();
    assert_eq!(store.keys().await.unwrap(), keys);
    let query = AuditQuery {
        before: None,
        limit: 9,
    };
    assert_eq!(store.audit(&query).await.unwrap(), [entry]);
    let taken = store.insert_key(&fixtures.key("kept")).await;
    assert!(matches!(taken, Err(StoreError::Conflict(_))), "{taken:?}");
}
