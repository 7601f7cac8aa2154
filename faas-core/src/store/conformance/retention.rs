//! Expiry: which executions are deleted, and which sums remain.

use std::time::Duration;

use super::fixtures::{Fixtures, START};
use super::usage::{GROUPS, added_up, forty_days};
use super::{Fixture, insert};
use crate::store::{ExecutionQuery, Granularity, Period, Store, UsageGroup, UsageQuery};

async fn ids(store: &dyn Store) -> Vec<crate::model::ExecutionId> {
    let query = ExecutionQuery {
        limit: usize::MAX,
        ..ExecutionQuery::default()
    };
    let mut all = store.executions(&query).await.unwrap();
    all.reverse();
    all.iter().map(|one| one.id).collect()
}

pub async fn expiry_takes_the_oldest_ended_ones_up_to_the_limit(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let mut all = Vec::new();
    for _ in 0..2_000 {
        all.push(fixtures.ended(function));
        fixtures.wait(Duration::from_millis(100));
    }
    insert(&*store, &all).await;
    let mut left: Vec<_> = all.iter().map(|one| one.id).collect();
    // The first execution that stays: it was accepted at `before`, not before it.
    let before = all[1_800].created_at;
    for (limit, gone) in [(0, 0), (7, 7), (1_500, 1_500), (1_000, 293), (10, 0)] {
        assert_eq!(store.expire(before, limit).await.unwrap(), gone);
        left.drain(..gone);
        assert_eq!(ids(&*store).await, left);
    }
    assert_eq!(left[0], all[1_800].id);
    assert_eq!(store.execution(all[0].id).await.unwrap(), None);
    let newest = all.last().map(|one| one.id);
    assert_eq!(store.newest_execution().await.unwrap(), newest);
}

pub async fn expiry_never_takes_what_has_not_ended(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let pending: Vec<_> = (0..50).map(|_| fixtures.pending(function)).collect();
    insert(&*store, &pending).await;
    let ended: Vec<_> = (0..50).map(|_| fixtures.ended(function)).collect();
    insert(&*store, &ended).await;
    let later = fixtures.now + Duration::from_secs(1);
    assert_eq!(store.expire(later, 40).await.unwrap(), 40);
    assert_eq!(store.expire(later, 40).await.unwrap(), 10);
    assert_eq!(store.expire(later, 40).await.unwrap(), 0);
    assert_eq!(store.unfinished(None, 100).await.unwrap().items, pending);
}

pub async fn expiry_keeps_sums_and_totals(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let all = forty_days(&*store, &mut fixtures).await;
    let totals = store.totals().await.unwrap();
    let day = Duration::from_secs(24 * 3600);
    let hour = Duration::from_secs(3600);
    // In the middle of an hour and of a minute.
    let before = START + 17 * day;
    while store.expire(before, 100).await.unwrap() == 100 {}
    assert!(ids(&*store).await.len() < all.len());
    assert_eq!(store.totals().await.unwrap(), totals);

    let function = all[0].function_id;
    let mut periods = vec![Period::ALL];
    for (from, to) in [(0, 17), (5, 9), (16, 18), (17, 30), (18, 19)] {
        periods.push(Period {
            from: (START + from * day).hour(),
            to: (START + to * day).hour() + hour,
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
                let mut usage = store.usage(&query).await.unwrap();
                let mut expected = added_up(&all, &query);
                if group == UsageGroup::Time(Granularity::Minute) {
                    // Minutes may be deleted with their executions.
                    let kept = before.hour() + hour;
                    let recent = |row: &crate::store::UsageRow| {
                        row.key >= crate::store::UsageKey::Time(kept)
                    };
                    usage.retain(recent);
                    expected.retain(recent);
                }
                assert_eq!(usage, expected, "{query:?}");
            }
        }
    }
    // Any period with stored executions is exact.
    let query = UsageQuery {
        period: Period {
            from: START + 20 * day + Duration::from_micros(7_654_321),
            to: START + 33 * day - Duration::from_micros(1_234_567),
        },
        function: None,
        group: UsageGroup::Function,
    };
    assert_eq!(store.usage(&query).await.unwrap(), added_up(&all, &query));
}
