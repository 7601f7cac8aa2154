//! Functions: creation, change, deletion, metering of code.

use std::sync::Arc;
use std::time::Duration;

use super::Fixture;
use super::fixtures::{Fixtures, START};
use crate::error::StoreError;
use crate::model::egress::EgressRules;
use crate::model::http::HttpConfig;
use crate::model::{
    Aliases, Function, FunctionConfig, FunctionStatus, FunctionSummary, Language, Modules, Tier,
};
use crate::store::{FunctionQuery, Page, Period, Store};

const SECOND: Duration = Duration::from_secs(1);

pub async fn a_function_reads_back_as_it_was_stored(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let plain = fixtures.function("plain");
    let aliases: Aliases = serde_json::from_str(
        r#"{
            "live": {
                "version": 7,
                "split": {"version": 8, "percent": 1},
                "canary": {
                    "steps": [1, 100],
                    "every": 300,
                    "rollBackIf": {"errorRate": 500, "p99": 800, "minExecutions": 3},
                    "since": 1700000000000001
                },
                "movedAt": 1700000000000000,
                "reason": "step 1 of 2"
            },
            "a_B-9": {"version": 7, "movedAt": 0}
        }"#,
    )
    .unwrap();
    let odd = Function {
        description: "söme \"quoted\" 😀\nlines".into(),
        code: "// ü\nreturn `${input}` + \"\\u0000\"".into(),
        updated_at: fixtures.now + SECOND,
        version: 7,
        status: FunctionStatus::Inactive,
        config: FunctionConfig {
            timeout: Duration::from_millis(61_234),
            retry_count: 10,
            retry: Some(Arc::new(
                serde_json::from_str(
                    r#"{
                        "base": 500,
                        "factor": 1.5,
                        "cap": 3600000,
                        "jitter": 0.25,
                        "retryOn": ["user_error", "timeout"]
                    }"#,
                )
                .unwrap(),
            )),
            tool: Some(Arc::new(
                serde_json::from_str(
                    r#"{
                        "description": "söme tool",
                        "inputSchema": {"type": "object", "properties": {"b": {}, "$a.c": true}}
                    }"#,
                )
                .unwrap(),
            )),
            concurrency: Some(4),
            concurrency_per_key: Some(2),
            memory: Some(300),
            bindings: Some(["inventory".into(), "Mail_2".into()].into()),
            egress: Some(Arc::new(
                serde_json::from_str(
                    r#"{
                        "allow": [{
                            "host": "*.example.com",
                            "ports": [443],
                            "methods": ["GET"],
                            "paths": ["/v1/*"],
                            "headers": { "x-api.key": "${secret:KEY}" }
                        }],
                        "deny": [{ "host": "b.example.com" }]
                    }"#,
                )
                .unwrap(),
            )),
            http: Some(Arc::new(
                serde_json::from_str(
                    r#"{
                        "enabled": true,
                        "auth": "public",
                        "methods": ["GET"],
                        "routes": ["GET /orders/:id"],
                        "cors": { "origins": ["https://example.com"] },
                        "maxBody": 1000,
                        "timeout": 1500
                    }"#,
                )
                .unwrap(),
            )),
            kv: Some(Arc::new(
                serde_json::from_str(r#"{"CACHE":"cache","KV":true}"#).unwrap(),
            )),
            runtime: Some("processes".into()),
        },
        tier: Tier::Premium,
        aliases: Arc::new(aliases),
        ..fixtures.function("名前 '; --")
    };
    let closed = Function {
        config: FunctionConfig {
            bindings: Some([].into()),
            egress: Some(Arc::new(EgressRules::nothing())),
            http: Some(Arc::new(HttpConfig::default())),
            ..FunctionConfig::default()
        },
        ..fixtures.function("closed")
    };
    for function in [&plain, &odd, &closed] {
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
    assert_eq!(listed(&*store, 9, true).await, [lost, gained]);
}

pub async fn the_files_and_the_language_of_a_function_read_back(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let plain = fixtures.function("plain");
    let files = Function {
        language: Some(Language::TypeScript),
        handler: Some("workers.fetch".into()),
        modules: Some(Arc::new(Modules {
            main: "index.ts".into(),
            others: [
                ("lib/a.b.ts", "export {}"),
                ("$data.json", "{}"),
                ("leer.txt", ""),
            ]
            .map(|(path, text)| (path.into(), text.into()))
            .into(),
        })),
        ..fixtures.function("files")
    };
    for function in [&plain, &files] {
        store.insert_function(function).await.unwrap();
        let stored = store.function(function.id).await.unwrap();
        assert_eq!(stored.as_ref(), Some(function));
    }
    let one_file = Function {
        language: Some(Language::JavaScript),
        modules: None,
        handler: None,
        version: files.version + 1,
        updated_at: files.updated_at + SECOND,
        ..files.clone()
    };
    let updated = store.update_function(&one_file, files.updated_at).await;
    updated.unwrap();
    let stored = store.function(files.id).await.unwrap();
    assert_eq!(stored.as_ref(), Some(&one_file));
    // The version that it replaces keeps its files.
    let kept = store
        .function_version(files.id, files.version)
        .await
        .unwrap();
    let kept = kept.expect("the version is kept");
    assert_eq!(kept.source(), files.source());
    let query = FunctionQuery {
        code: false,
        ..FunctionQuery::default()
    };
    for summary in store.functions(&query).await.unwrap().items {
        let function = [&plain, &one_file]
            .into_iter()
            .find(|one| one.id == summary.id)
            .unwrap();
        assert_eq!(summary.code_bytes, function.code_bytes() as u64);
        assert_eq!(summary.language, function.language);
        assert_eq!(summary.handler, function.handler);
    }
    let both = Function {
        modules: files.modules.clone(),
        updated_at: one_file.updated_at + SECOND,
        ..one_file.clone()
    };
    let updated = store.update_function(&both, one_file.updated_at).await;
    updated.unwrap();
    for code in [true, false] {
        let query = FunctionQuery {
            code,
            ..FunctionQuery::default()
        };
        let listed = store.functions(&query).await.unwrap().items;
        let listed = listed.into_iter().find(|one| one.id == both.id).unwrap();
        assert_eq!(listed.code_bytes, both.code_bytes() as u64);
        assert_eq!(listed.modules, both.modules.clone().filter(|_| code));
    }
}

pub async fn a_name_is_taken_until_its_function_is_deleted_or_renamed(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let first = fixtures.function("add");
    let second = fixtures.function("add");
    store.insert_function(&first).await.unwrap();
    let refused = store.insert_function(&second).await.unwrap_err();
    assert!(matches!(refused, StoreError::Conflict(_)), "{refused}");
    // The function is gone.
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

/// Reads all functions in pages of `limit`, with or without code, and checks them.
async fn listed(store: &dyn Store, limit: usize, code: bool) -> Vec<Function> {
    let mut query = FunctionQuery {
        limit,
        code,
        ..FunctionQuery::default()
    };
    let mut all = Vec::new();
    loop {
        let Page { items, next } = store.functions(&query).await.unwrap();
        assert!(items.len() <= limit);
        for item in items {
            let function = store.function(item.id).await.unwrap().unwrap();
            assert_eq!(item, FunctionSummary::new(function.clone(), code));
            all.push(function);
        }
        query.before = next;
        if next.is_none() {
            return all;
        }
    }
}

pub async fn functions_are_listed_newest_first_page_by_page(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let mut functions = Vec::new();
    for n in 0..20 {
        let function = fixtures.function(&format!("f{n}"));
        store.insert_function(&function).await.unwrap();
        functions.insert(0, function);
        fixtures.wait(SECOND);
    }
    assert_eq!(listed(&*store, 20, true).await, functions);
    let gone = functions.remove(5);
    store.delete_function(gone.id, fixtures.now).await.unwrap();
    for limit in [1, 7, 18, 19, 20] {
        for code in [true, false] {
            assert_eq!(listed(&*store, limit, code).await, functions, "{limit}");
        }
    }
    let none = FunctionQuery {
        limit: 0,
        ..FunctionQuery::default()
    };
    let none = store.functions(&none).await.unwrap();
    assert_eq!((none.items.len(), none.next), (0, None));
}

pub async fn a_page_of_functions_ends_where_it_would_be_too_large(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    for n in 0..6 {
        let function = Function {
            code: format!("// {}", "x".repeat(if n == 2 { 500_000 } else { 90_000 })).into(),
            ..fixtures.function(&format!("f{n}"))
        };
        store.insert_function(&function).await.unwrap();
        fixtures.wait(SECOND);
    }
    let mut query = FunctionQuery {
        max_bytes: 200_000,
        ..FunctionQuery::default()
    };
    let mut pages = Vec::new();
    loop {
        let page = store.functions(&query).await.unwrap();
        let names = page.items.iter().map(|one| one.name.to_string());
        pages.push(names.collect::<Vec<_>>().join(" "));
        query.before = page.next;
        if page.next.is_none() {
            break;
        }
    }
    assert_eq!(pages, ["f5 f4", "f3", "f2", "f1 f0"]);
    let without = FunctionQuery {
        before: None,
        code: false,
        ..query
    };
    let page = store.functions(&without).await.unwrap();
    assert_eq!((page.items.len(), page.next), (6, None));
}

pub async fn a_list_without_code_has_the_length_of_the_code(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let first = Function {
        code: "return \"ü 😀\"".into(),
        ..fixtures.function("f")
    };
    store.insert_function(&first).await.unwrap();
    let lengths = async || {
        let query = FunctionQuery {
            code: false,
            ..FunctionQuery::default()
        };
        let page = store.functions(&query).await.unwrap();
        let lengths = page.items.iter().map(|one| one.code_bytes);
        lengths.collect::<Vec<_>>()
    };
    assert_eq!(lengths().await, [first.code.len() as u64]);
    let second = Function {
        code: "return 1".into(),
        version: 2,
        updated_at: first.updated_at + SECOND,
        ..first.clone()
    };
    store
        .update_function(&second, first.updated_at)
        .await
        .unwrap();
    assert_eq!(lengths().await, [8]);
}

pub async fn functions_are_counted_by_status_and_found_by_name(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let mut all = Vec::new();
    for n in 0..5 {
        let function = fixtures.function(&format!("f{n}"));
        store.insert_function(&function).await.unwrap();
        all.push(function);
    }
    let off = Function {
        status: FunctionStatus::Inactive,
        name: "off".into(),
        ..all[1].clone()
    };
    store.update_function(&off, off.updated_at).await.unwrap();
    store
        .delete_function(all[0].id, fixtures.now)
        .await
        .unwrap();
    let counts = store.function_counts().await.unwrap();
    assert_eq!((counts.active, counts.inactive), (3, 1));
    for (name, id) in [
        ("f0", None),
        ("f1", None),
        ("off", Some(off.id)),
        ("f4", Some(all[4].id)),
        ("", None),
    ] {
        assert_eq!(store.function_named(name).await.unwrap(), id, "{name}");
    }
}

pub async fn secrets_are_replaced_in_every_version_and_nothing_else_changes(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let plain = fixtures.function("plain");
    store.insert_function(&plain).await.unwrap();
    let first = fixtures.function("rich");
    let first = Function {
        environment: fixtures.environment(first.id),
        ..first
    };
    store.insert_function(&first).await.unwrap();
    let second = Function {
        version: 2,
        code: "return 2".into(),
        updated_at: first.updated_at + SECOND,
        ..first.clone()
    };
    store
        .update_function(&second, first.updated_at)
        .await
        .unwrap();
    let mut sealed = store.sealed_versions().await.unwrap();
    sealed.sort_unstable();
    assert_eq!(sealed, [(first.id, 1), (first.id, 2)]);
    for version in [&first, &second] {
        let stored = store.function_version(version.id, version.version).await;
        assert_eq!(stored.unwrap().as_ref(), Some(version));
        let anew = Function {
            environment: fixtures.environment(version.id),
            updated_at: version.updated_at + Duration::from_micros(1),
            // Only the environment and the time of change are taken over.
            description: "other".into(),
            code: "other".into(),
            ..version.clone()
        };
        let expected = Function {
            description: version.description.clone(),
            code: version.code.clone(),
            ..anew.clone()
        };
        let early = version.updated_at - SECOND;
        let stale = store.replace_environment(&anew, early).await;
        assert!(matches!(stale, Err(StoreError::Stale)));
        store
            .replace_environment(&anew, version.updated_at)
            .await
            .unwrap();
        let stored = store.function_version(version.id, version.version).await;
        assert_eq!(stored.unwrap(), Some(expected));
    }
    let unknown = fixtures.function("x");
    let stale = store.replace_environment(&unknown, fixtures.now);
    assert!(matches!(stale.await, Err(StoreError::Stale)));
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
    let labels = store.labels(&[live.id, gone.id]).await.unwrap();
    assert_eq!(labels.len(), 2);
    assert_eq!(labels[&live.id], live.label());
    let label = &labels[&gone.id];
    assert!(label.deleted);
    assert_eq!((&*label.name, label.tier), ("gone", Tier::Premium));
    let some = store.labels(&[gone.id, unknown]).await.unwrap();
    assert_eq!(some.len(), 1);
    assert_eq!(some[&gone.id], *label);
    assert!(store.labels(&[]).await.unwrap().is_empty());
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
    // Only the time inside the period counts.
    let (from, to) = (START + hour, START + 2 * hour + hour / 2);
    assert_eq!(
        metered(from, to, Some(first.id)).await,
        hours(3) + hours(7) / 2
    );
    assert_eq!(metered(START - hour, START, None).await, 0);
    assert_eq!(metered(end, START, None).await, 0);
    assert_eq!(metered(START, end, Some(fixtures.id())).await, 0);
}
