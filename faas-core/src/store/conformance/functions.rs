//! Functions: created, changed, deleted, metered.

use std::time::Duration;

use super::Fixture;
use super::fixtures::{Fixtures, START};
use crate::error::StoreError;
use crate::model::{Function, FunctionConfig, FunctionStatus, Tier};
use crate::store::Period;

const SECOND: Duration = Duration::from_secs(1);

pub async fn a_function_reads_back_as_it_was_stored(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let plain = fixtures.function("plain");
    let odd = Function {
        description: "söme \"quoted\" 😀\nlines".into(),
        code: "// ü\nreturn `${input}` + \"\\u0000\"".into(),
        updated_at: fixtures.now + SECOND,
        version: 7,
        status: FunctionStatus::Inactive,
        config: FunctionConfig {
            timeout: Duration::from_millis(61_234),
            retry_count: 10,
            concurrency: Some(4),
        },
        tier: Tier::Premium,
        ..fixtures.function("名前 '; --")
    };
    for function in [&plain, &odd] {
        store.insert_function(function).await.unwrap();
        let stored = store.function(function.id).await.unwrap();
        assert_eq!(stored.as_ref(), Some(function));
    }
    let changed = Function {
        code: "return 1".into(),
        version: 8,
        config: FunctionConfig::default(),
        updated_at: odd.updated_at + SECOND,
        ..odd.clone()
    };
    store
        .update_function(&changed, odd.updated_at)
        .await
        .unwrap();
    assert_eq!(store.function(odd.id).await.unwrap(), Some(changed));
    assert_eq!(store.function(plain.id).await.unwrap(), Some(plain));
}

pub async fn an_environment_reads_back_to_the_byte_and_changes_with_its_function(
    fixture: impl Fixture,
) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let plain = fixtures.function("plain");
    let rich = fixtures.function("rich");
    let rich = Function {
        environment: fixtures.environment(rich.id),
        ..rich
    };
    for function in [&plain, &rich] {
        store.insert_function(function).await.unwrap();
        let stored = store.function(function.id).await.unwrap();
        assert_eq!(stored.as_ref(), Some(function));
    }
    let gained = Function {
        environment: fixtures.environment(plain.id),
        updated_at: plain.updated_at + SECOND,
        ..plain.clone()
    };
    let lost = Function {
        environment: std::sync::Arc::default(),
        updated_at: rich.updated_at + SECOND,
        ..rich.clone()
    };
    for (before, after) in [(&plain, &gained), (&rich, &lost)] {
        let updated = store.update_function(after, before.updated_at).await;
        updated.unwrap();
        let stored = store.function(after.id).await.unwrap();
        assert_eq!(stored.as_ref(), Some(after));
    }
    assert_eq!(store.functions().await.unwrap(), [lost, gained]);
}

pub async fn a_name_is_taken_until_its_function_is_deleted_or_renamed(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let first = fixtures.function("add");
    let second = fixtures.function("add");
    store.insert_function(&first).await.unwrap();
    let refused = store.insert_function(&second).await.unwrap_err();
    assert!(matches!(refused, StoreError::Conflict(_)), "{refused}");
    // Nothing is left of it.
    assert_eq!(store.function(second.id).await.unwrap(), None);

    let third = fixtures.function("sub");
    store.insert_function(&third).await.unwrap();
    let renamed = Function {
        name: "add".into(),
        ..third.clone()
    };
    let refused = store.update_function(&renamed, third.updated_at).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))));
    assert_eq!(store.function(third.id).await.unwrap(), Some(third.clone()));

    assert!(store.delete_function(first.id, fixtures.now).await.unwrap());
    store.insert_function(&second).await.unwrap();
    let freed = Function {
        name: "mul".into(),
        ..third.clone()
    };
    store
        .update_function(&freed, third.updated_at)
        .await
        .unwrap();
    store
        .insert_function(&fixtures.function("sub"))
        .await
        .unwrap();
    // A function may keep its own name.
    let same = Function {
        description: "new".into(),
        ..second.clone()
    };
    store
        .update_function(&same, second.updated_at)
        .await
        .unwrap();
}

pub async fn a_stale_update_is_refused_and_changes_nothing(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let first = fixtures.function("add");
    store.insert_function(&first).await.unwrap();
    let second = Function {
        code: "return 2".into(),
        updated_at: first.updated_at + SECOND,
        ..first.clone()
    };
    store
        .update_function(&second, first.updated_at)
        .await
        .unwrap();
    let late = Function {
        code: "return 3".into(),
        updated_at: first.updated_at + 2 * SECOND,
        ..first.clone()
    };
    let refused = store.update_function(&late, first.updated_at).await;
    assert!(matches!(refused, Err(StoreError::Stale)));
    assert_eq!(
        store.function(first.id).await.unwrap(),
        Some(second.clone())
    );

    store.delete_function(first.id, fixtures.now).await.unwrap();
    let refused = store.update_function(&late, second.updated_at).await;
    assert!(matches!(refused, Err(StoreError::Stale)));
    let unknown = fixtures.function("unknown");
    let refused = store.update_function(&unknown, unknown.updated_at).await;
    assert!(matches!(refused, Err(StoreError::Stale)));
    assert_eq!(store.function(unknown.id).await.unwrap(), None);
}

pub async fn functions_are_listed_newest_first(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let mut functions = Vec::new();
    for n in 0..20 {
        let function = fixtures.function(&format!("f{n}"));
        store.insert_function(&function).await.unwrap();
        functions.insert(0, function);
        fixtures.wait(SECOND);
    }
    assert_eq!(store.functions().await.unwrap(), functions);
    let gone = functions.remove(5);
    store.delete_function(gone.id, fixtures.now).await.unwrap();
    assert_eq!(store.functions().await.unwrap(), functions);
}

pub async fn a_deleted_function_keeps_its_label_and_nothing_else(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let live = fixtures.function("live");
    let gone = Function {
        tier: Tier::Premium,
        ..fixtures.function("gone")
    };
    for function in [&live, &gone] {
        store.insert_function(function).await.unwrap();
    }
    assert!(store.delete_function(gone.id, fixtures.now).await.unwrap());
    assert!(!store.delete_function(gone.id, fixtures.now).await.unwrap());
    let unknown = fixtures.id();
    assert!(!store.delete_function(unknown, fixtures.now).await.unwrap());

    assert_eq!(store.function(gone.id).await.unwrap(), None);
    let labels = store.labels(None).await.unwrap();
    assert_eq!(labels.len(), 2);
    assert_eq!(labels[&live.id], live.label());
    let label = &labels[&gone.id];
    assert!(label.deleted);
    assert_eq!((&*label.name, label.tier), ("gone", Tier::Premium));
    let some = store.labels(Some(&[gone.id, unknown])).await.unwrap();
    assert_eq!(some.len(), 1);
    assert_eq!(some[&gone.id], *label);
    assert!(store.labels(Some(&[])).await.unwrap().is_empty());
}

pub async fn code_is_metered_from_each_change_to_the_next(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let hour = 3600 * SECOND;
    let first = Function {
        // Three bytes in UTF-8, two of them one character.
        code: "üx".into(),
        ..fixtures.function("a")
    };
    let other = Function {
        code: "12345".into(),
        ..fixtures.function("b")
    };
    store.insert_function(&first).await.unwrap();
    store.insert_function(&other).await.unwrap();
    let described = Function {
        description: "no other code".into(),
        updated_at: START + hour,
        ..first.clone()
    };
    store.update_function(&described, START).await.unwrap();
    let longer = Function {
        code: "1234567".into(),
        updated_at: START + 2 * hour,
        ..first.clone()
    };
    store.update_function(&longer, START + hour).await.unwrap();
    store
        .delete_function(first.id, START + 3 * hour)
        .await
        .unwrap();

    let metered = async |from, to, function| {
        let period = Period { from, to };
        store.code_byte_micros(period, function).await.unwrap()
    };
    let hours = |bytes_hours: u128| bytes_hours * hour.as_micros();
    let end = START + 10 * hour;
    assert_eq!(metered(START, end, Some(first.id)).await, hours(2 * 3 + 7));
    assert_eq!(metered(START, end, Some(other.id)).await, hours(5 * 10));
    assert_eq!(metered(START, end, None).await, hours(2 * 3 + 7 + 50));
    // Only what lies inside counts.
    let (from, to) = (START + hour, START + 2 * hour + hour / 2);
    assert_eq!(
        metered(from, to, Some(first.id)).await,
        hours(3) + hours(7) / 2
    );
    assert_eq!(metered(START - hour, START, None).await, 0);
    assert_eq!(metered(end, START, None).await, 0);
    assert_eq!(metered(START, end, Some(fixtures.id())).await, 0);
}
