//! Keys and values of functions.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;

use super::Fixture;
use super::fixtures::{Fixtures, START};
use crate::model::{FunctionId, Json, Namespace, Timestamp};
use crate::store::{
    KeyValue, KvCondition, KvEntry, KvNamespace, KvPage, KvQuery, KvWrite, KvWritten, Store,
};

const SECOND: Duration = Duration::from_secs(1);

fn kv(store: &dyn Store) -> &dyn KeyValue {
    store.as_key_value().expect("the store keeps values")
}

fn orders() -> Namespace {
    Namespace::named("orders").unwrap()
}

fn entry(value: impl Into<Bytes>) -> KvEntry {
    KvEntry {
        value: value.into(),
        metadata: None,
        expires_at: None,
    }
}

fn put(key: &str, entry: KvEntry) -> KvWrite {
    KvWrite {
        namespace: orders(),
        key: key.to_owned(),
        entry: Some(entry),
        condition: KvCondition::Always,
        returns_previous: true,
        now: START,
        max_keys: 1_000_000,
        max_bytes: 1 << 30,
        max_namespaces: 10_000,
    }
}

fn delete(key: &str) -> KvWrite {
    KvWrite {
        entry: None,
        ..put(key, entry(""))
    }
}

fn query(prefix: &str, after: Option<String>, limit: usize, now: Timestamp) -> KvQuery {
    KvQuery {
        namespace: orders(),
        prefix: prefix.to_owned(),
        after,
        limit,
        now,
    }
}

async fn names(store: &dyn Store, prefix: &str, limit: usize, now: Timestamp) -> Vec<String> {
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let page = kv(store).kv_list(&query(prefix, after, limit, now)).await;
        let page = page.unwrap();
        assert!(page.keys.len() <= limit);
        names.extend(page.keys.into_iter().map(|key| key.name));
        after = page.next;
        if after.is_none() {
            return names;
        }
    }
}

pub async fn an_entry_reads_back_as_it_was_written(fixture: impl Fixture) {
    let store = fixture.store();
    let kv = kv(&*store);
    let all: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();
    let full = KvEntry {
        value: all.into(),
        metadata: Some(Json::trusted(r#"{"a":[1,"ü"]}"#)),
        expires_at: Some(START + SECOND),
    };
    for key in ["a", "Käse\u{0} 🔑/..", &"x".repeat(512)] {
        for entry in [full.clone(), entry(""), entry("text")] {
            let before = kv.kv_get(&orders(), key, START).await.unwrap();
            let written = kv.kv_write(&put(key, entry.clone())).await.unwrap();
            assert_eq!(written, KvWritten::Done(before));
            let read = kv.kv_get(&orders(), key, START).await.unwrap();
            assert_eq!(read.as_ref(), Some(&entry));
        }
    }
    let silent = KvWrite {
        returns_previous: false,
        ..delete("a")
    };
    assert_eq!(kv.kv_write(&silent).await.unwrap(), KvWritten::Done(None));
    assert_eq!(kv.kv_get(&orders(), "a", START).await.unwrap(), None);
    // A second time there is nothing to delete.
    let again = kv.kv_write(&delete("a")).await.unwrap();
    assert_eq!(again, KvWritten::Done(None));
}

pub async fn keys_of_two_namespaces_are_independent(fixture: impl Fixture) {
    let store = fixture.store();
    let kv = kv(&*store);
    let function = Fixtures::new().function("keeps");
    store.insert_function(&function).await.unwrap();
    let own = Namespace::own(function.id);
    // One name begins with the other.
    let names = [orders(), Namespace::named("orders2").unwrap(), own];
    for (n, namespace) in names.iter().enumerate() {
        let write = KvWrite {
            namespace: namespace.clone(),
            ..put("key", entry(n.to_string()))
        };
        kv.kv_write(&write).await.unwrap();
    }
    for (n, namespace) in names.iter().enumerate() {
        let read = kv.kv_get(namespace, "key", START).await.unwrap();
        assert_eq!(read, Some(entry(n.to_string())));
        let query = KvQuery {
            namespace: namespace.clone(),
            ..query("", None, 10, START)
        };
        assert_eq!(kv.kv_list(&query).await.unwrap().keys.len(), 1);
    }
    let mut sorted = names.to_vec();
    sorted.sort();
    let mut found = Vec::new();
    while let Some(next) = (kv.kv_namespaces(found.last(), 1).await.unwrap()).pop() {
        assert_eq!((next.keys, next.bytes), (1, 4));
        found.push(next.name);
    }
    assert_eq!(found, sorted);
}

pub async fn an_expired_key_does_not_exist(fixture: impl Fixture) {
    let store = fixture.store();
    let kv = kv(&*store);
    let short = KvEntry {
        expires_at: Some(START + SECOND),
        ..entry("short")
    };
    kv.kv_write(&put("short", short.clone())).await.unwrap();
    let just_before = Timestamp::from_micros((START + SECOND).as_micros() - 1);
    let read = kv.kv_get(&orders(), "short", just_before).await.unwrap();
    assert_eq!(read, Some(short));
    let expired = START + SECOND;
    assert_eq!(kv.kv_get(&orders(), "short", expired).await.unwrap(), None);
    assert!(names(&*store, "", 10, expired).await.is_empty());
    // For a condition it does not exist either.
    let write = KvWrite {
        now: expired,
        condition: KvCondition::Absent,
        ..put("short", entry("new"))
    };
    let written = kv.kv_write(&write).await.unwrap();
    assert_eq!(written, KvWritten::Done(None));
    let read = kv.kv_get(&orders(), "short", expired).await.unwrap();
    assert_eq!(read, Some(entry("new")));
    let counts = kv.kv_namespace(&orders()).await.unwrap();
    assert_eq!((counts.keys, counts.bytes), (1, 8));
}

pub async fn expired_entries_are_removed_in_order_up_to_the_limit(fixture: impl Fixture) {
    let store = fixture.store();
    let kv = kv(&*store);
    for n in 0..10_u64 {
        let entry = KvEntry {
            expires_at: (n % 2 == 0).then(|| START + SECOND * (20 - n as u32)),
            ..entry("value")
        };
        kv.kv_write(&put(&format!("k{n}"), entry)).await.unwrap();
    }
    assert_eq!(kv.kv_expire(START, 100).await.unwrap(), 0);
    // k8 expires first, then k6, and so on.
    let later = START + SECOND * 16;
    assert_eq!(kv.kv_expire(later, 1).await.unwrap(), 1);
    let early = names(&*store, "", 100, START).await;
    assert!(!early.contains(&"k8".to_owned()) && early.len() == 9);
    assert_eq!(kv.kv_expire(later, 100).await.unwrap(), 2);
    assert_eq!(kv.kv_expire(later, 100).await.unwrap(), 0);
    let counts = kv.kv_namespace(&orders()).await.unwrap();
    assert_eq!((counts.keys, counts.bytes), (7, 49));
    // One that was written again without an end stays.
    kv.kv_write(&put("k0", entry("value"))).await.unwrap();
    assert_eq!(kv.kv_expire(START + SECOND * 99, 100).await.unwrap(), 1);
    let left = names(&*store, "", 100, START + SECOND * 99).await;
    assert_eq!(left, ["k0", "k1", "k3", "k5", "k7", "k9"]);
}

pub async fn keys_are_listed_by_prefix_in_order_page_by_page(fixture: impl Fixture) {
    let store = fixture.store();
    let kv = kv(&*store);
    let all = [
        "", "a", "a/", "a/1", "a/10", "a/2", "a0", "b", "ä", "日本", "🔑",
    ];
    for key in all.iter().rev().filter(|key| !key.is_empty()) {
        let entry = KvEntry {
            metadata: Some(Json::trusted(format!("{}", key.len()))),
            ..entry(*key)
        };
        kv.kv_write(&put(key, entry)).await.unwrap();
    }
    for prefix in ["", "a", "a/", "a/1", "b", "c", "日", "\u{10ffff}"] {
        let expected = all.iter().filter(|key| !key.is_empty());
        let expected: Vec<_> = expected.filter(|key| key.starts_with(prefix)).collect();
        for limit in [1, 2, 3, 100] {
            let found = names(&*store, prefix, limit, START).await;
            assert!(
                found.iter().eq(expected.iter().copied()),
                "{prefix} {found:?}"
            );
        }
    }
    let page = kv.kv_list(&query("a/", None, 2, START)).await.unwrap();
    assert_eq!(page.next.as_deref(), Some("a/1"));
    let first = &page.keys[0];
    assert_eq!((first.name.as_str(), first.value_bytes), ("a/", 2));
    assert_eq!(first.metadata, Some(Json::trusted("2")));
    // A full page is the last one if nothing follows.
    let page = kv.kv_list(&query("a/", None, 4, START)).await.unwrap();
    assert_eq!((page.keys.len(), page.next), (4, None));
    // A place before the prefix is the beginning.
    let before = query("b", Some("a".to_owned()), 4, START);
    let page = kv.kv_list(&before).await.unwrap();
    assert_eq!(page.keys.len(), 1);
    let none = KvQuery {
        namespace: Namespace::named("none").unwrap(),
        ..query("", None, 4, START)
    };
    assert_eq!(kv.kv_list(&none).await.unwrap(), KvPage::default());
}

pub async fn a_condition_decides_whether_a_write_is_made(fixture: impl Fixture) {
    let store = fixture.store();
    let kv = kv(&*store);
    let value = |text: &'static str| KvCondition::Value(Bytes::from_static(text.as_bytes()));
    let steps = [
        (value(""), Some("a"), false),
        (KvCondition::Absent, Some("a"), true),
        (KvCondition::Absent, Some("b"), false),
        (value("b"), Some("c"), false),
        (value("A"), Some("c"), false),
        (value("a"), Some("b"), true),
        (value("a"), None, false),
        (value("b"), None, true),
        (KvCondition::Absent, None, true),
    ];
    let mut current: Option<&str> = None;
    for (condition, next, is_made) in steps {
        let write = KvWrite {
            entry: next.map(entry),
            condition: condition.clone(),
            ..put("key", entry(""))
        };
        let written = kv.kv_write(&write).await.unwrap();
        let expected = if is_made {
            KvWritten::Done(current.map(entry))
        } else {
            KvWritten::Refused
        };
        assert_eq!(written, expected, "{condition:?} {next:?}");
        if is_made {
            current = next;
        }
        let read = kv.kv_get(&orders(), "key", START).await.unwrap();
        assert_eq!(read, current.map(entry));
    }
}

pub async fn exactly_one_of_many_concurrent_writes_with_one_condition_is_made(
    fixture: impl Fixture,
) {
    let mut tries = tokio::task::JoinSet::new();
    for n in 0..16 {
        let store = fixture.store();
        tries.spawn(async move {
            let write = KvWrite {
                condition: KvCondition::Absent,
                ..put("lock", entry(n.to_string()))
            };
            kv(&*store).kv_write(&write).await.unwrap()
        });
    }
    let tries = tries.join_all().await;
    let made = tries.iter().filter(|one| matches!(one, KvWritten::Done(_)));
    assert_eq!(made.count(), 1);
}

pub async fn concurrent_increments_are_all_counted(fixture: impl Fixture) {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let store = fixture.store();
        tasks.spawn(async move {
            let kv = kv(&*store);
            for _ in 0..10 {
                loop {
                    let before = kv.kv_get(&orders(), "n", START).await.unwrap();
                    let before = before.map(|entry| entry.value);
                    let text = before.as_ref().map_or("0", |value| {
                        std::str::from_utf8(value).expect("a number is text")
                    });
                    let next = text.parse::<u32>().unwrap() + 1;
                    let write = KvWrite {
                        condition: before
                            .clone()
                            .map_or(KvCondition::Absent, KvCondition::Value),
                        ..put("n", entry(next.to_string()))
                    };
                    if kv.kv_write(&write).await.unwrap() != KvWritten::Refused {
                        break;
                    }
                }
            }
        });
    }
    tasks.join_all().await;
    let store = fixture.store();
    let read = kv(&*store).kv_get(&orders(), "n", START).await.unwrap();
    assert_eq!(read, Some(entry("40")));
    let counts = kv(&*store).kv_namespace(&orders()).await.unwrap();
    assert_eq!((counts.keys, counts.bytes), (1, 3));
}

pub async fn a_namespace_takes_no_more_keys_and_bytes_than_its_limits(fixture: impl Fixture) {
    let store = fixture.store();
    let kv = kv(&*store);
    let limited = |key: &str, value: &'static str| KvWrite {
        max_keys: 2,
        max_bytes: 10,
        ..put(key, entry(value))
    };
    let full = |keys, bytes| {
        KvWritten::Full(KvNamespace {
            name: orders(),
            keys,
            bytes,
        })
    };
    let write = |write: KvWrite| async move { kv.kv_write(&write).await.unwrap() };
    assert_eq!(write(limited("a", "1234567890")).await, full(0, 0));
    assert_eq!(write(limited("a", "1234")).await, KvWritten::Done(None));
    assert_eq!(write(limited("b", "12345")).await, full(1, 5));
    assert_eq!(write(limited("b", "1234")).await, KvWritten::Done(None));
    assert_eq!(write(limited("c", "")).await, full(2, 10));
    // What replaces a value counts by the difference.
    assert_eq!(write(limited("a", "12345")).await, full(2, 10));
    let shorter = write(limited("a", "123")).await;
    assert_eq!(shorter, KvWritten::Done(Some(entry("1234"))));
    assert_eq!(
        write(limited("b", "12345")).await,
        KvWritten::Done(Some(entry("1234")))
    );
    // What is above a limit that was lowered may get smaller.
    let lowered = KvWrite {
        max_keys: 1,
        max_bytes: 1,
        ..put("a", entry(""))
    };
    assert_eq!(write(lowered).await, KvWritten::Done(Some(entry("123"))));
    write(delete("b")).await;
    let counts = kv.kv_namespace(&orders()).await.unwrap();
    assert_eq!((counts.keys, counts.bytes), (1, 1));
    write(delete("a")).await;
    assert_eq!(kv.kv_namespaces(None, 10).await.unwrap(), []);
}

pub async fn no_more_namespaces_have_keys_than_may(fixture: impl Fixture) {
    let store = fixture.store();
    let kv = kv(&*store);
    let write = |name: &str, key: &str| {
        let write = KvWrite {
            namespace: Namespace::named(name).unwrap(),
            max_namespaces: 2,
            ..put(key, entry("value"))
        };
        async move { kv.kv_write(&write).await.unwrap() }
    };
    let done = KvWritten::Done(None);
    assert_eq!(write("one", "a").await, done);
    assert_eq!(write("two", "a").await, done);
    assert_eq!(write("three", "a").await, KvWritten::TooManyNamespaces);
    assert_eq!(kv.kv_namespaces(None, 10).await.unwrap().len(), 2);
    // Those that have keys may have more.
    assert_eq!(write("two", "b").await, done);
    // A namespace without keys makes room for another one.
    kv.kv_clear(&Namespace::named("one").unwrap(), 10)
        .await
        .unwrap();
    assert_eq!(write("three", "a").await, done);
    assert_eq!(write("one", "a").await, KvWritten::TooManyNamespaces);
    let nothing = KvWrite {
        namespace: Namespace::named("one").unwrap(),
        max_namespaces: 2,
        ..delete("a")
    };
    assert_eq!(kv.kv_write(&nothing).await.unwrap(), done);
}

pub async fn the_namespace_of_a_deleted_function_takes_no_keys(fixture: impl Fixture) {
    let store = fixture.store();
    let kv = kv(&*store);
    let function = Fixtures::new().function("keeps");
    store.insert_function(&function).await.unwrap();
    let own = Namespace::own(function.id);
    let write = |key: &str| KvWrite {
        namespace: own.clone(),
        ..put(key, entry("value"))
    };
    let written = kv.kv_write(&write("a")).await.unwrap();
    assert_eq!(written, KvWritten::Done(None));
    assert!(store.delete_function(function.id, START).await.unwrap());
    kv.kv_clear(&own, 10).await.unwrap();
    for key in ["a", "b"] {
        let written = kv.kv_write(&write(key)).await.unwrap();
        assert_eq!(written, KvWritten::NoFunction, "{key}");
        assert_eq!(kv.kv_get(&own, key, START).await.unwrap(), None);
    }
    assert_eq!(kv.kv_namespaces(None, 10).await.unwrap(), []);
    // Nor does one of a function that never was.
    let unknown = KvWrite {
        namespace: Namespace::own(FunctionId::from_u128(7)),
        ..put("a", entry("value"))
    };
    let written = kv.kv_write(&unknown).await.unwrap();
    assert_eq!(written, KvWritten::NoFunction);
    assert_eq!(kv.kv_namespaces(None, 10).await.unwrap(), []);
}

pub async fn a_namespace_is_cleared_up_to_the_limit_and_then_gone(fixture: impl Fixture) {
    let store = fixture.store();
    let kv = kv(&*store);
    for n in 0..7 {
        let write = put(&format!("k{n}"), entry("value"));
        kv.kv_write(&write).await.unwrap();
    }
    let other = KvWrite {
        namespace: Namespace::named("orders-2").unwrap(),
        ..put("key", entry("value"))
    };
    kv.kv_write(&other).await.unwrap();
    assert_eq!(kv.kv_clear(&orders(), 5).await.unwrap(), 5);
    let counts = kv.kv_namespace(&orders()).await.unwrap();
    assert_eq!((counts.keys, counts.bytes), (2, 14));
    assert_eq!(kv.kv_clear(&orders(), 5).await.unwrap(), 2);
    assert_eq!(kv.kv_clear(&orders(), 5).await.unwrap(), 0);
    let left = kv.kv_namespaces(None, 10).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].name, other.namespace);
}

/// The entries of a namespace, as a store should have them.
#[derive(Default)]
struct Model(BTreeMap<String, KvEntry>);

impl Model {
    fn alive(&self, key: &str, now: Timestamp) -> Option<&KvEntry> {
        self.0.get(key).filter(|entry| entry.is_alive(now))
    }

    fn counts(&self) -> (u64, u64) {
        let bytes = self.0.iter().map(|(key, entry)| entry.bytes(key)).sum();
        (self.0.len() as u64, bytes)
    }

    fn write(&mut self, write: &KvWrite) -> KvWritten {
        let previous = self.alive(&write.key, write.now).cloned();
        if !(write.condition).holds(previous.as_ref().map(|entry| &*entry.value)) {
            return KvWritten::Refused;
        }
        match &write.entry {
            Some(entry) => self.0.insert(write.key.clone(), entry.clone()),
            None => self.0.remove(&write.key),
        };
        KvWritten::Done(previous)
    }
}

pub async fn a_random_sequence_of_operations_equals_a_model(fixture: impl Fixture) {
    let store = fixture.store();
    let kv = kv(&*store);
    let mut random = fastrand::Rng::with_seed(7);
    let (mut model, mut now) = (Model::default(), START);
    let keys = ["a", "a/b", "a/c", "a/d", "b", "ü", "z\u{0}"];
    let values = ["", "one", "two", "three"];
    for step in 0..600 {
        let key = keys[random.usize(..keys.len())];
        match random.u32(..10) {
            0..=4 => {
                let new = KvEntry {
                    metadata: random.bool().then(|| Json::trusted("[1]")),
                    expires_at: random.bool().then(|| now + SECOND * random.u32(1..9)),
                    ..entry(values[random.usize(..values.len())])
                };
                let write = KvWrite {
                    entry: (random.u32(..4) > 0).then_some(new),
                    condition: match random.u32(..3) {
                        0 => KvCondition::Always,
                        1 => KvCondition::Absent,
                        _ => KvCondition::Value(values[random.usize(..values.len())].into()),
                    },
                    now,
                    ..put(key, entry(""))
                };
                let written = kv.kv_write(&write).await.unwrap();
                assert_eq!(written, model.write(&write), "step {step}: {write:?}");
            }
            5 => {
                let read = kv.kv_get(&orders(), key, now).await.unwrap();
                assert_eq!(read.as_ref(), model.alive(key, now), "step {step}");
            }
            6 => now = now + SECOND * random.u32(..4),
            7 => {
                let limit = random.usize(1..4);
                let removed = kv.kv_expire(now, limit).await.unwrap();
                let mut expired: Vec<_> = model.0.iter().collect();
                expired.retain(|(_, entry)| !entry.is_alive(now));
                assert_eq!(removed, expired.len().min(limit), "step {step}");
                // Of those that expired at one moment, any may have been removed.
                for _ in 0..10 {
                    kv.kv_expire(now, 10).await.unwrap();
                }
                model.0.retain(|_, entry| entry.is_alive(now));
            }
            8 => {
                let prefix = ["", "a", "a/"][random.usize(..3)];
                let found = names(&*store, prefix, random.usize(1..5), now).await;
                let expected = model.0.iter().filter(|(_, entry)| entry.is_alive(now));
                let expected = expected.map(|(key, _)| key);
                let expected: Vec<_> = expected.filter(|key| key.starts_with(prefix)).collect();
                assert!(found.iter().eq(expected), "step {step}: {found:?}");
            }
            _ => {
                let counts = kv.kv_namespace(&orders()).await.unwrap();
                assert_eq!((counts.keys, counts.bytes), model.counts(), "step {step}");
            }
        }
    }
}

pub async fn entries_are_there_after_a_restart(fixture: impl Fixture) {
    let full = KvEntry {
        metadata: Some(Json::trusted("{}")),
        expires_at: Some(START + SECOND),
        ..entry("value")
    };
    {
        let store = fixture.store();
        kv(&*store)
            .kv_write(&put("key", full.clone()))
            .await
            .unwrap();
    }
    let Some(fixture) = fixture.reopen().await else {
        return;
    };
    let store = fixture.store();
    let read = kv(&*store).kv_get(&orders(), "key", START).await.unwrap();
    assert_eq!(read, Some(full));
    let counts = kv(&*store).kv_namespace(&orders()).await.unwrap();
    assert_eq!((counts.keys, counts.bytes), (1, 10));
}
