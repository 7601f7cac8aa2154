//! Lists: order, pages, filters.

use std::collections::HashSet;
use std::time::Duration;

use super::fixtures::{Fixtures, START};
use super::{Fixture, claim, insert, write};
use crate::model::{Execution, FailureKind, Json, ListedExecution, Status};
use crate::store::{ExecutionQuery, FollowUpFilter, PAGE_BYTES, Page, Period, SHORT, Store};

const EVERYTHING: ExecutionQuery = ExecutionQuery {
    function: None,
    status: None,
    failure: None,
    follow_up: FollowUpFilter::Any,
    period: Period::ALL,
    before: None,
    limit: usize::MAX,
    max_bytes: usize::MAX,
};

/// Reads all pages of `query`.
async fn pages(store: &dyn Store, query: &ExecutionQuery) -> Vec<ListedExecution> {
    let mut query = query.clone();
    let mut all: Vec<ListedExecution> = Vec::new();
    loop {
        let page = store.executions(&query).await.unwrap();
        assert!(page.len() <= query.limit);
        let more = page.len() == query.limit;
        all.extend(page);
        query.before = all.last().map(|last| last.id);
        if !more {
            return all;
        }
    }
}

/// The expected list: newest first, filtered here.
fn narrowed(all: &[Execution], query: &ExecutionQuery) -> Vec<Execution> {
    let fits = |one: &&Execution| {
        query.function.is_none_or(|id| id == one.function_id)
            && query.status.is_none_or(|status| status == one.status)
            && query
                .failure
                .is_none_or(|kind| one.failure.as_ref().is_some_and(|f| f.kind == kind))
            && query.period.contains(one.created_at)
    };
    let mut list: Vec<_> = all.iter().filter(fits).cloned().collect();
    list.sort_by_key(|one| std::cmp::Reverse(one.id));
    list
}

/// 300 executions of three functions in all states, a second apart.
async fn mixed(store: &dyn Store, fixtures: &mut Fixtures) -> Vec<Execution> {
    let functions = [fixtures.id(), fixtures.id(), fixtures.id()];
    let mut all = Vec::new();
    for n in 0..300 {
        let function = functions[fixtures.random.usize(..3)];
        let one = match n % 5 {
            0 => fixtures.pending(function),
            _ => fixtures.ended(function),
        };
        all.push(one);
        let pause = fixtures.random.u64(..2_000);
        fixtures.wait(Duration::from_millis(pause));
    }
    insert(store, &all).await;
    for one in all.iter_mut().step_by(15) {
        write(store, claim(one.id, 1)).await;
        one.claim().unwrap();
    }
    all
}

pub async fn the_newest_execution_of_each_function_is_found(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let all = mixed(&*store, &mut fixtures).await;
    let functions: HashSet<_> = all.iter().map(|one| one.function_id).collect();
    let without = fixtures.id();
    let asked: Vec<_> = functions.iter().copied().chain([without]).collect();
    let found = store.latest_executions(&asked).await.unwrap();
    assert_eq!(found.len(), functions.len());
    for function in functions {
        let newest = all.iter().filter(|one| one.function_id == function);
        let newest = newest.max_by_key(|one| one.id).unwrap();
        let found = &found[&function];
        assert_eq!((found.id, found.status), (newest.id, newest.status));
    }
    assert!(store.latest_executions(&[]).await.unwrap().is_empty());
}

pub async fn a_list_is_newest_first_and_pages_through_everything_once(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let all = mixed(&*store, &mut fixtures).await;
    let expected = narrowed(&all, &EVERYTHING);
    assert_eq!(store.executions(&EVERYTHING).await.unwrap(), expected);
    for limit in [1, 7, 299, 300, 301] {
        let query = ExecutionQuery {
            limit,
            ..EVERYTHING
        };
        assert_eq!(pages(&*store, &query).await, expected, "limit {limit}");
    }
    let none = ExecutionQuery {
        limit: 0,
        ..EVERYTHING
    };
    assert!(store.executions(&none).await.unwrap().is_empty());
}

pub async fn a_list_narrows_by_function_status_and_period(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let all = mixed(&*store, &mut fixtures).await;
    let unknown = fixtures.id();
    let functions = [None, Some(all[0].function_id), Some(unknown)];
    let statuses = [
        None,
        Some(Status::Pending),
        Some(Status::Running),
        Some(Status::Completed),
        Some(Status::Failed),
    ];
    let (first, last) = (all[40].created_at, all[200].created_at);
    let periods = [
        Period::ALL,
        Period {
            from: first,
            to: last,
        },
        Period {
            from: first,
            to: first + Duration::from_micros(1),
        },
        Period {
            from: last,
            to: first,
        },
    ];
    for function in functions {
        for status in statuses {
            for period in periods {
                let query = ExecutionQuery {
                    follow_up: FollowUpFilter::Any,
                    function,
                    status,
                    failure: None,
                    period,
                    before: None,
                    limit: 11,
                    max_bytes: usize::MAX,
                };
                let expected = narrowed(&all, &query);
                assert_eq!(pages(&*store, &query).await, expected, "{query:?}");
            }
        }
    }
}

pub async fn a_list_narrows_by_the_reason_of_a_failure(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let all = mixed(&*store, &mut fixtures).await;
    let mut found = 0;
    for kind in FailureKind::ALL {
        for function in [None, Some(all[0].function_id)] {
            for status in [None, Some(Status::Failed), Some(Status::Completed)] {
                let query = ExecutionQuery {
                    function,
                    status,
                    failure: Some(kind),
                    limit: 3,
                    ..EVERYTHING
                };
                let expected = narrowed(&all, &query);
                assert_eq!(pages(&*store, &query).await, expected, "{query:?}");
                found += expected.len();
            }
        }
    }
    assert!(found > 50, "{found}");
}

pub async fn ten_thousand_executions_page_without_gap_or_repeat(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let mut ids = Vec::new();
    for _ in 0..20 {
        let group: Vec<_> = (0..500).map(|_| fixtures.ended(function)).collect();
        insert(&*store, &group).await;
        ids.extend(group.iter().map(|one| one.id));
        fixtures.wait(Duration::from_millis(3));
    }
    ids.reverse();
    for function in [None, Some(function)] {
        let query = ExecutionQuery {
            function,
            limit: 999,
            ..EVERYTHING
        };
        let listed = pages(&*store, &query).await;
        let listed: Vec<_> = listed.iter().map(|one| one.id).collect();
        assert_eq!(listed.len(), 10_000);
        assert!(listed == ids);
    }
}

pub async fn a_period_is_exact_even_when_ids_run_ahead_of_the_clock(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let mut all = vec![fixtures.ended(function)];
    // The clock is set back by an hour: ids continue from the latest id.
    fixtures.now = START - Duration::from_secs(3600);
    for _ in 0..10 {
        all.push(fixtures.ended(function));
        fixtures.wait(Duration::from_millis(500));
    }
    insert(&*store, &all).await;
    let minute = Duration::from_secs(60);
    for from in [START - 61 * minute, START - 60 * minute, START - minute] {
        for length in [Duration::from_secs(2), minute, 30 * minute] {
            for function in [None, Some(function)] {
                let query = ExecutionQuery {
                    function,
                    period: Period {
                        from,
                        to: from + length,
                    },
                    ..EVERYTHING
                };
                let listed = store.executions(&query).await.unwrap();
                assert_eq!(listed, narrowed(&all, &query), "{query:?}");
            }
        }
    }
}

pub async fn unfinished_executions_are_paged_oldest_first(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let mut all = mixed(&*store, &mut fixtures).await;
    all.retain(|one| !one.status.is_terminal());
    all.sort_by_key(|one| one.id);
    let whole = store.unfinished(None, usize::MAX).await.unwrap();
    assert_eq!((whole.items, whole.next), (all.clone(), None));
    assert_eq!(unfinished(&*store, 7).await.concat(), all);
}

/// Reads all unfinished executions, page by page.
async fn unfinished(store: &dyn Store, limit: usize) -> Vec<Vec<Execution>> {
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let Page { items, next } = store.unfinished(after, limit).await.unwrap();
        assert!(items.len() <= limit);
        let ids: Vec<_> = items.iter().map(|execution| execution.id).collect();
        let listed = store.unfinished_ids(after, ids.len().max(1)).await.unwrap();
        assert_eq!(listed, ids);
        pages.push(items);
        after = next;
        if after.is_none() {
            return pages;
        }
    }
}

fn text(length: usize) -> Json {
    Json::trusted(format!("\"{}\"", "x".repeat(length - 2)))
}

pub async fn a_page_of_unfinished_executions_ends_where_their_inputs_are_too_long(
    fixture: impl Fixture,
) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let lengths = [
        PAGE_BYTES / 3,
        PAGE_BYTES + 1,
        9,
        PAGE_BYTES / 2,
        PAGE_BYTES / 2,
        9,
    ];
    let pending = lengths.map(|length| Execution {
        input: text(length),
        ..fixtures.pending(function)
    });
    insert(&*store, &pending).await;
    let pages = unfinished(&*store, 100).await;
    let lengths: Vec<_> = pages.iter().map(Vec::len).collect();
    assert_eq!(lengths, [1, 1, 2, 2]);
    assert!(pages.concat() == pending);
}

pub async fn a_list_omits_long_parts_once_it_reaches_its_size_limit(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let mut all = Vec::new();
    for n in 0..12 {
        let mut one = fixtures.ended(function);
        one.status = Status::Completed;
        one.failure = None;
        one.input = text(if n % 2 == 0 { 20_000 } else { SHORT });
        one.output = Some(text(40_000));
        one.logs = vec![fixtures.line(30_000), fixtures.line(9)];
        fixtures.wait(Duration::from_secs(1));
        all.push(one);
    }
    insert(&*store, &all).await;
    all.reverse();
    for function in [None, Some(function)] {
        let query = ExecutionQuery {
            function,
            limit: 12,
            max_bytes: 200_000,
            ..EVERYTHING
        };
        let listed = store.executions(&query).await.unwrap();
        let ids: Vec<_> = listed.iter().map(|one| one.id).collect();
        assert_eq!(ids, all.iter().map(|one| one.id).collect::<Vec<_>>());
        let left_out: Vec<_> = listed.iter().map(|one| one.left_out.names()).collect();
        assert_eq!(left_out[0], [""; 0]);
        assert_eq!(left_out[11], ["input", "output", "logs"]);
        let mut bytes = 0;
        for (listed, whole) in listed.iter().zip(&all) {
            let left_out = listed.left_out;
            let expected = Execution {
                input: if left_out.input {
                    Json::null()
                } else {
                    whole.input.clone()
                },
                output: (whole.output.clone()).filter(|_| !left_out.output),
                logs: if left_out.logs {
                    Vec::new()
                } else {
                    whole.logs.clone()
                },
                ..whole.clone()
            };
            assert!(*listed.execution == expected, "{}", listed.id);
            // Short parts are always included.
            assert!(whole.input.len() > SHORT || !left_out.input);
            let output = listed.output.as_ref().map_or(0, Json::len);
            let logs: usize = listed.logs.iter().map(|line| line.message.len()).sum();
            bytes += listed.input.len() + output + logs;
        }
        assert!(bytes < 200_000 + 12 * SHORT, "{bytes}");
        assert!(bytes > 150_000, "{bytes}");
    }
    // The whole execution can be read by its id.
    let last = &all[11];
    assert!(store.execution(last.id).await.unwrap().as_ref() == Some(last));
}

pub async fn lists_only_count_the_host_calls_of_an_execution(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let mut all = Vec::new();
    for calls in [0, 1, 2, 7] {
        let mut one = fixtures.ended(function);
        one.host_calls = (0..calls).map(|_| fixtures.host_call()).collect();
        fixtures.wait(Duration::from_secs(1));
        all.push(one);
    }
    let mut most = fixtures.ended(function);
    let calls = 0..Execution::MAX_HOST_CALLS;
    most.host_calls = calls.map(|_| fixtures.host_call()).collect();
    most.more_host_calls = 5_000_000_000;
    all.push(most);
    insert(&*store, &all).await;
    for whole in &all {
        let stored = store.execution(whole.id).await.unwrap();
        assert!(stored.as_ref() == Some(whole), "{}", whole.id);
    }
    all.reverse();
    let only_counted = |one: &Execution| Execution {
        host_calls: Vec::new(),
        more_host_calls: one.host_call_count(),
        ..one.clone()
    };
    let expected: Vec<_> = all.iter().map(only_counted).collect();
    for function in [None, Some(function)] {
        let query = ExecutionQuery {
            function,
            ..EVERYTHING
        };
        assert_eq!(store.executions(&query).await.unwrap(), expected);
    }
    let newest = store.latest_executions(&[function]).await.unwrap();
    assert_eq!(newest[&function], expected[0]);
}

pub async fn recent_durations_are_those_of_completed_executions_newest_first(
    fixture: impl Fixture,
) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let all = mixed(&*store, &mut fixtures).await;
    let since = all[100].created_at;
    for function in [None, Some(all[0].function_id)] {
        let query = ExecutionQuery {
            function,
            status: Some(Status::Completed),
            failure: None,
            period: Period {
                from: since,
                ..Period::ALL
            },
            ..EVERYTHING
        };
        let completed = narrowed(&all, &query);
        let expected: Vec<_> = completed.iter().map(|one| one.duration).collect();
        assert!(expected.len() > 12);
        for limit in [0, 12, usize::MAX] {
            let recent = store.recent_durations(function, since, limit);
            let recent = recent.await.unwrap();
            assert_eq!(recent, expected[..limit.min(expected.len())]);
        }
    }
    let unknown = store.recent_durations(Some(fixtures.id()), START, 9);
    assert!(unknown.await.unwrap().is_empty());
}

pub async fn the_newest_execution_is_known(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    assert_eq!(store.newest_execution().await.unwrap(), None);
    let function = fixtures.id();
    let older = fixtures.pending(function);
    let newer = fixtures.ended(function);
    insert(&*store, std::slice::from_ref(&newer)).await;
    assert_eq!(store.newest_execution().await.unwrap(), Some(newer.id));
    insert(&*store, &[older]).await;
    assert_eq!(store.newest_execution().await.unwrap(), Some(newer.id));
    let newest = fixtures.pending(function);
    insert(&*store, std::slice::from_ref(&newest)).await;
    assert_eq!(store.newest_execution().await.unwrap(), Some(newest.id));
}

pub async fn unknown_records_are_not_found(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let execution = fixtures.ended(function);
    assert_eq!(store.execution(execution.id).await.unwrap(), None);
    assert_eq!(store.function(function).await.unwrap(), None);
    let found = store.find_idempotent(function, "key", START).await.unwrap();
    assert_eq!(found, None);
    insert(&*store, std::slice::from_ref(&execution)).await;
    // The same time, other random bits.
    let twin = crate::model::ExecutionId::from_u128(execution.id.as_u128() ^ 1);
    assert_eq!(store.execution(twin).await.unwrap(), None);
    store.ping().await.unwrap();
    assert!(!store.describe().is_empty());
}
