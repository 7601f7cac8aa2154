//! Scaling events.

use std::time::Duration;

use super::fixtures::{Fixtures, START};
use super::{Fixture, write};
use crate::store::{Period, Write};

pub async fn scaling_events_are_listed_newest_first_and_counted(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let second = Duration::from_secs(1);
    let function = fixtures.id();
    let mut events = Vec::new();
    for n in 0..20 {
        let event = fixtures.scaling_event((n % 2 == 0).then_some(function));
        write(&*store, Write::Scaling(event.clone())).await;
        events.insert(0, event);
        fixtures.wait(second);
    }
    let all = store.scaling_events(START, 100).await.unwrap();
    assert_eq!(all, events);
    let some = store.scaling_events(START + 15 * second, 3).await.unwrap();
    assert_eq!(some, events[..3]);
    let some = store
        .scaling_events(START + 15 * second, 100)
        .await
        .unwrap();
    assert_eq!(some, events[..5]);

    let count = async |from, to| {
        let period = Period { from, to };
        store.scaling_event_count(period).await.unwrap()
    };
    assert_eq!(store.scaling_event_count(Period::ALL).await.unwrap(), 20);
    assert_eq!(count(START, START + 10 * second).await, 10);
    assert_eq!(count(START + second, START + 2 * second).await, 1);
    assert_eq!(count(START + 10 * second, START).await, 0);
}
