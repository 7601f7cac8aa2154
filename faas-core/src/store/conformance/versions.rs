//! Versions of functions: the newest ones are kept, and those that an alias or an unfinished execution
//! needs.

use std::sync::Arc;
use std::time::Duration;

use super::fixtures::Fixtures;
use super::{Fixture, claim, insert, settle, write};
use crate::model::{Alias, Aliases, Execution, Function, FunctionSummary, Split};
use crate::store::{SPARE_BYTES, SPARE_VERSIONS, Store, Written};

/// Stores the next version of `function`, with other code, configuration and environment, as changed
/// at `fixtures.now`.
async fn next_version(store: &dyn Store, fixtures: &mut Fixtures, before: &Function) -> Function {
    let version = before.version + 1;
    let mut next = Function {
        code: format!("return {version}").into(),
        version,
        updated_at: fixtures.now,
        environment: fixtures.environment(before.id),
        ..before.clone()
    };
    next.config.timeout += Duration::from_millis(u64::from(version));
    next.config.memory = Some(version);
    next.config.runtime = Some(format!("runtime-{version}").into());
    next.config.bindings = Some([format!("binding_{version}").into()].into());
    store
        .update_function(&next, before.updated_at)
        .await
        .unwrap();
    next
}

/// A pending execution that was accepted with this version of `function`.
async fn accepted(store: &dyn Store, fixtures: &mut Fixtures, function: &Function) -> Execution {
    let execution = Execution {
        function_version: function.version,
        ..fixtures.pending(function.id)
    };
    insert(store, std::slice::from_ref(&execution)).await;
    execution
}

async fn stored_function(store: &dyn Store, fixtures: &mut Fixtures) -> Function {
    let function = fixtures.function("add");
    let function = Function {
        environment: fixtures.environment(function.id),
        ..function
    };
    store.insert_function(&function).await.unwrap();
    function
}

pub async fn the_current_version_of_a_function_is_the_function(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = stored_function(&*store, &mut fixtures).await;
    let version = |version| store.function_version(function.id, version);
    assert_eq!(version(1).await.unwrap(), Some(function.clone()));
    assert_eq!(version(0).await.unwrap(), None);
    assert_eq!(version(2).await.unwrap(), None);
    let unknown = fixtures.id();
    assert_eq!(store.function_version(unknown, 1).await.unwrap(), None);
    // A change without a new version.
    fixtures.wait(Duration::from_secs(1));
    let renamed = Function {
        name: "sum".into(),
        updated_at: fixtures.now,
        ..function.clone()
    };
    let changed = store.update_function(&renamed, function.updated_at).await;
    changed.unwrap();
    assert_eq!(version(1).await.unwrap(), Some(renamed));
}

pub async fn a_replaced_version_is_kept_while_a_pending_or_running_execution_needs_it(
    fixture: impl Fixture,
) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let first = stored_function(&*store, &mut fixtures).await;
    let mut pending = accepted(&*store, &mut fixtures, &first).await;
    fixtures.wait(Duration::from_secs(1));
    let second = next_version(&*store, &mut fixtures, &first).await;
    let mut running = accepted(&*store, &mut fixtures, &second).await;
    let claimed = write(&*store, claim(running.id, 1)).await;
    assert_eq!(claimed, Written::Done);
    running.claim().unwrap();

    let mut latest = second.clone();
    for _ in 0..2 * SPARE_VERSIONS {
        fixtures.wait(Duration::from_secs(1));
        latest = next_version(&*store, &mut fixtures, &latest).await;
        assert_eq!(
            store.function(first.id).await.unwrap().as_ref(),
            Some(&latest)
        );
        for kept in [&first, &second, &latest] {
            let stored = store.function_version(kept.id, kept.version).await;
            assert_eq!(stored.unwrap().as_ref(), Some(kept));
        }
    }
    // No execution needs the versions in between.
    assert_eq!(store.function_version(first.id, 3).await.unwrap(), None);

    // Once the executions have ended, the next change deletes their versions.
    assert_eq!(write(&*store, claim(pending.id, 1)).await, Written::Done);
    pending.claim().unwrap();
    for execution in [&mut pending, &mut running] {
        fixtures.end(execution);
        assert_eq!(settle(&*store, execution, 1).await, Written::Done);
    }
    fixtures.wait(Duration::from_secs(1));
    let last = next_version(&*store, &mut fixtures, &latest).await;
    for version in [1, 2] {
        let gone = store.function_version(first.id, version).await.unwrap();
        assert_eq!(gone, None);
    }
    let stored = store.function_version(last.id, last.version).await.unwrap();
    assert_eq!(stored, Some(last));
}

pub async fn the_newest_replaced_versions_are_kept(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let mut versions = vec![stored_function(&*store, &mut fixtures).await];
    for _ in 0..SPARE_VERSIONS + 3 {
        fixtures.wait(Duration::from_secs(1));
        let next = next_version(&*store, &mut fixtures, &versions[0]).await;
        versions.insert(0, next);
    }
    let (kept, gone) = versions.split_at(SPARE_VERSIONS + 1);
    for one in kept {
        let stored = store.function_version(one.id, one.version).await.unwrap();
        assert_eq!(stored.as_ref(), Some(one));
    }
    for one in gone {
        let stored = store.function_version(one.id, one.version).await.unwrap();
        assert_eq!(stored, None);
    }
    // An execution of a kept version needs the version from then on.
    let oldest = &kept[kept.len() - 1];
    accepted(&*store, &mut fixtures, oldest).await;
    let mut latest = versions[0].clone();
    for _ in 0..2 {
        fixtures.wait(Duration::from_secs(1));
        latest = next_version(&*store, &mut fixtures, &latest).await;
    }
    let of = |version| store.function_version(oldest.id, version);
    assert_eq!(of(oldest.version).await.unwrap().as_ref(), Some(oldest));
    assert_eq!(of(oldest.version + 1).await.unwrap(), None);
}

pub async fn the_code_of_replaced_versions_has_a_bound_in_bytes(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let mut latest = stored_function(&*store, &mut fixtures).await;
    // Of the replaced versions, the newest one and three others have room.
    let size = usize::try_from(SPARE_BYTES / 7 * 2).unwrap();
    for _ in 0..6 {
        fixtures.wait(Duration::from_secs(1));
        let next = Function {
            code: "x".repeat(size).into(),
            version: latest.version + 1,
            updated_at: fixtures.now,
            ..latest.clone()
        };
        let stored = store.update_function(&next, latest.updated_at).await;
        stored.unwrap();
        latest = next;
    }
    let versions = store.function_versions(latest.id).await.unwrap();
    let versions: Vec<u32> = versions.iter().map(|one| one.version).collect();
    assert_eq!(versions, [7, 6, 5, 4, 3]);
}

/// Changes the aliases of `function`, at `fixtures.now`.
async fn with_aliases(
    store: &dyn Store,
    fixtures: &mut Fixtures,
    function: &Function,
    set: &[(&str, Alias)],
) -> Function {
    fixtures.wait(Duration::from_secs(1));
    let mut aliases = Aliases::default();
    for (name, alias) in set {
        aliases.set(name, alias.clone()).unwrap();
    }
    let changed = Function {
        aliases: Arc::new(aliases),
        updated_at: fixtures.now,
        ..function.clone()
    };
    let stored = store.update_function(&changed, function.updated_at).await;
    stored.unwrap();
    changed
}

pub async fn a_version_that_an_alias_stands_for_is_kept(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let first = stored_function(&*store, &mut fixtures).await;
    fixtures.wait(Duration::from_secs(1));
    let second = next_version(&*store, &mut fixtures, &first).await;
    let to_first = Alias {
        split: Some(Split {
            version: 2,
            percent: 10,
        }),
        ..Alias::of(1, fixtures.now)
    };
    let set = [("live", to_first), ("staging", Alias::of(2, fixtures.now))];
    let mut latest = with_aliases(&*store, &mut fixtures, &second, &set).await;
    for _ in 0..SPARE_VERSIONS + 5 {
        fixtures.wait(Duration::from_secs(1));
        latest = next_version(&*store, &mut fixtures, &latest).await;
    }
    let of = |version| store.function_version(first.id, version);
    // A replaced version has no aliases of its own.
    assert_eq!(of(1).await.unwrap(), Some(first.clone()));
    let kept = of(2).await.unwrap().unwrap();
    assert_eq!(kept.code, second.code);
    assert_eq!(*kept.aliases, Aliases::default());
    assert_eq!(of(3).await.unwrap(), None);
    assert_eq!(
        store.function(first.id).await.unwrap().as_ref(),
        Some(&latest)
    );

    let moved = [("live", Alias::of(2, fixtures.now))];
    with_aliases(&*store, &mut fixtures, &latest, &moved).await;
    assert_eq!(of(1).await.unwrap(), None);
    assert!(of(2).await.unwrap().is_some());
    fixtures.wait(Duration::from_secs(1));
    store.expire(fixtures.now, 10).await.unwrap();
    assert!(of(2).await.unwrap().is_some());
}

pub async fn versions_are_listed_newest_first_without_their_code(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let first = stored_function(&*store, &mut fixtures).await;
    fixtures.wait(Duration::from_secs(1));
    let second = next_version(&*store, &mut fixtures, &first).await;
    let other = fixtures.function("other");
    store.insert_function(&other).await.unwrap();
    let listed = store.function_versions(first.id).await.unwrap();
    let expected = [&second, &first].map(|one| FunctionSummary::new(one.clone(), false));
    assert_eq!(listed, expected);
    let of_unknown = store.function_versions(fixtures.id()).await.unwrap();
    assert_eq!(of_unknown, []);
    store.delete_function(first.id, fixtures.now).await.unwrap();
    assert_eq!(store.function_versions(first.id).await.unwrap(), []);
}

pub async fn the_versions_of_a_deleted_function_are_gone(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let first = stored_function(&*store, &mut fixtures).await;
    accepted(&*store, &mut fixtures, &first).await;
    let second = next_version(&*store, &mut fixtures, &first).await;
    assert!(store.delete_function(first.id, fixtures.now).await.unwrap());
    for version in [first.version, second.version] {
        let gone = store.function_version(first.id, version).await.unwrap();
        assert_eq!(gone, None);
    }
}

pub async fn expiry_deletes_old_versions_that_nothing_needs(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let first = stored_function(&*store, &mut fixtures).await;
    let needed = accepted(&*store, &mut fixtures, &first).await;
    let second = next_version(&*store, &mut fixtures, &first).await;
    fixtures.wait(Duration::from_secs(1));
    let third = next_version(&*store, &mut fixtures, &second).await;
    let of = |version| store.function_version(first.id, version);
    // The second version was replaced at that time, not before it.
    store.expire(fixtures.now, 10).await.unwrap();
    assert_eq!(of(2).await.unwrap(), Some(second));
    fixtures.wait(Duration::from_secs(1));
    store.expire(fixtures.now, 10).await.unwrap();
    assert_eq!(of(1).await.unwrap(), Some(first.clone()));
    assert_eq!(of(2).await.unwrap(), None);
    assert_eq!(of(3).await.unwrap(), Some(third));

    let cancelled = Execution {
        status: crate::model::Status::Failed,
        end_time: Some(fixtures.now),
        ..needed.clone()
    };
    let settled = crate::store::Write::Settle {
        execution: Arc::new(cancelled),
        from: crate::store::Stage::of(&needed),
    };
    assert_eq!(write(&*store, settled).await, Written::Done);
    store.expire(fixtures.now, 0).await.unwrap();
    assert_eq!(of(1).await.unwrap(), None);
}

pub async fn kept_versions_are_there_after_a_restart(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let first = stored_function(&*store, &mut fixtures).await;
    let execution = accepted(&*store, &mut fixtures, &first).await;
    next_version(&*store, &mut fixtures, &first).await;
    drop(store);
    let Some(fixture) = fixture.reopen().await else {
        return;
    };
    let store = fixture.store();
    let unfinished = store.unfinished(None, 9).await.unwrap().items;
    assert_eq!(unfinished, [execution]);
    let of = unfinished[0].function_version;
    let kept = store.function_version(first.id, of).await.unwrap();
    assert_eq!(kept, Some(first));
}
