//! Reports: rolled-up sums equal the sums of the executions.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fixtures::{Fixtures, START};
use super::{Fixture, claim, insert, settle, write};
use crate::model::UsageSums;
use crate::model::{Execution, FunctionId, NanoDollars, Timestamp};
use crate::store::{Granularity, Period, Store, UsageGroup, UsageKey, UsageQuery, UsageRow};

pub(super) const GROUPS: [UsageGroup; 5] = [
    UsageGroup::Function,
    UsageGroup::Time(Granularity::Minute),
    UsageGroup::Time(Granularity::Hour),
    UsageGroup::Time(Granularity::Day),
    UsageGroup::Time(Granularity::Month),
];

/// The expected report, computed from the executions.
pub(super) fn added_up(all: &[Execution], query: &UsageQuery) -> Vec<UsageRow> {
    let mut rows = BTreeMap::<UsageKey, UsageSums>::new();
    for one in all {
        if !one.status.is_terminal()
            || !query.period.contains(one.created_at)
            || query.function.is_some_and(|id| id != one.function_id)
        {
            continue;
        }
        let key = match query.group {
            UsageGroup::Function => UsageKey::Function(one.function_id),
            UsageGroup::Time(granularity) => UsageKey::Time(granularity.floor(one.created_at)),
        };
        rows.entry(key).or_default().add(&UsageSums::of(one));
    }
    let row = |(key, sums)| UsageRow { key, sums };
    rows.into_iter().map(row).collect()
}

/// 2,000 executions over 40 days: most in bursts within a minute, the rest anywhere.
pub(super) async fn forty_days(store: &dyn Store, fixtures: &mut Fixtures) -> Vec<Execution> {
    let functions: Vec<FunctionId> = (0..5).map(|_| fixtures.id()).collect();
    let mut all = Vec::new();
    for _ in 0..100 {
        for _ in 0..20 {
            let function = functions[fixtures.random.usize(..functions.len())];
            let one = if fixtures.random.u8(..10) == 0 {
                fixtures.pending(function)
            } else {
                fixtures.ended(function)
            };
            all.push(one);
            let gap = fixtures.random.u64(..8_000_000);
            fixtures.wait(Duration::from_micros(gap));
        }
        let pause = fixtures.random.u64(..2 * 34_560_000_000);
        fixtures.wait(Duration::from_micros(pause / 2));
    }
    insert(store, &all).await;
    all
}

/// A time in or near the period of `all`: at random, at the edge of a span, or at an execution.
fn moment(fixtures: &mut Fixtures, all: &[Execution]) -> Timestamp {
    let one = all[fixtures.random.usize(..all.len())].created_at;
    let micro = Duration::from_micros(1);
    match fixtures.random.u8(..8) {
        0 => one,
        1 => one + micro,
        2 => one.minute(),
        3 => one.hour(),
        4 => one.day(),
        5 => one.month(),
        6 => one.hour() - micro,
        _ => one + Duration::from_micros(fixtures.random.u64(..86_400_000_000)),
    }
}

pub async fn sums_equal_those_of_the_executions_for_any_period(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let all = forty_days(&*store, &mut fixtures).await;
    let function = all[0].function_id;
    let year = Duration::from_secs(365 * 24 * 3600);
    let mut periods = vec![
        Period::ALL,
        Period {
            from: START - year,
            to: START + year,
        },
    ];
    for _ in 0..60 {
        let (one, other) = (moment(&mut fixtures, &all), moment(&mut fixtures, &all));
        periods.push(Period {
            from: one.min(other),
            to: one.max(other),
        });
        // Within one minute.
        let length = Duration::from_micros(fixtures.random.u64(..60_000_000));
        periods.push(Period {
            from: one,
            to: one + length,
        });
    }
    for period in periods {
        for group in GROUPS {
            for function in [None, Some(function)] {
                let query = UsageQuery {
                    period,
                    function,
                    group,
                };
                let usage = store.usage(&query).await.unwrap();
                assert_eq!(usage, added_up(&all, &query), "{query:?}");
            }
        }
    }
}

pub async fn an_execution_counts_once_and_only_when_it_has_ended(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let query = UsageQuery {
        period: Period::ALL,
        function: None,
        group: UsageGroup::Function,
    };
    let function = fixtures.id();
    let mut execution = fixtures.pending(function);
    insert(&*store, std::slice::from_ref(&execution)).await;
    assert_eq!(store.usage(&query).await.unwrap(), []);
    write(&*store, claim(execution.id, 1)).await;
    execution.claim().unwrap();
    execution.end_attempt(fixtures.attempt(true)).unwrap();
    execution.retry(fixtures.now).unwrap();
    settle(&*store, &execution, 1).await;
    assert_eq!(store.usage(&query).await.unwrap(), []);
    write(&*store, claim(execution.id, 2)).await;
    execution.claim().unwrap();
    fixtures.end(&mut execution);
    for _ in 0..2 {
        settle(&*store, &execution, 2).await;
    }
    let all = [execution];
    assert_eq!(store.usage(&query).await.unwrap(), added_up(&all, &query));
}

pub async fn an_execution_that_ends_late_counts_when_it_was_accepted(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let mut late = fixtures.pending(function);
    fixtures.wait(Duration::from_secs(3 * 24 * 3600));
    let mut all = vec![fixtures.ended(function)];
    insert(&*store, &[late.clone(), all[0].clone()]).await;
    write(&*store, claim(late.id, 1)).await;
    late.claim().unwrap();
    fixtures.end(&mut late);
    settle(&*store, &late, 1).await;
    all.push(late);
    for group in GROUPS {
        for from in [START, START + Duration::from_micros(1)] {
            let query = UsageQuery {
                period: Period {
                    from,
                    to: fixtures.now + Duration::from_secs(1),
                },
                function: None,
                group,
            };
            let usage = store.usage(&query).await.unwrap();
            assert_eq!(usage, added_up(&all, &query), "{query:?}");
        }
    }
}

pub async fn a_sum_beyond_the_range_of_money_is_clamped(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let query = UsageQuery {
        period: Period::ALL,
        function: None,
        group: UsageGroup::Function,
    };
    let mut all = Vec::new();
    for _ in 0..3 {
        let mut dear = fixtures.ended(function);
        dear.cost.base = NanoDollars::new(i64::MAX - 1);
        // In separate groups, so that they are added to the sums in the store.
        insert(&*store, std::slice::from_ref(&dear)).await;
        all.push(dear);
        let usage = store.usage(&query).await.unwrap();
        assert_eq!(usage, added_up(&all, &query));
    }
}

pub async fn an_empty_store_reports_no_rows(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    for stored in [false, true] {
        if stored {
            let one = fixtures.ended(function);
            insert(&*store, &[one]).await;
        }
        for group in GROUPS {
            let hour = Duration::from_secs(3600);
            for (from, to) in [
                (START - hour, START),
                (START + hour, START + 9 * hour),
                (START + hour, START - hour),
                (START, START),
            ] {
                let query = UsageQuery {
                    period: Period { from, to },
                    function: None,
                    group,
                };
                assert_eq!(store.usage(&query).await.unwrap(), [], "{query:?}");
            }
            let unknown = UsageQuery {
                period: Period::ALL,
                function: Some(fixtures.id()),
                group,
            };
            assert_eq!(store.usage(&unknown).await.unwrap(), []);
        }
    }
}
