//! Load tests.

use std::time::Duration;

use super::Fixture;
use super::fixtures::Fixtures;
use crate::model::LoadTestStatus;
use crate::store::LoadTestQuery;

pub async fn a_load_test_reads_back_as_it_was_stored_last(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.function("add");
    let mut test = fixtures.load_test(&function);
    assert_eq!(store.load_test(test.id).await.unwrap(), None);
    for status in [LoadTestStatus::Running, LoadTestStatus::Completed] {
        test.status = status;
        test.result = fixtures.load_test(&function).result;
        store.put_load_test(&test).await.unwrap();
        let stored = store.load_test(test.id).await.unwrap();
        assert_eq!(stored.as_ref(), Some(&test));
    }
}

pub async fn load_tests_are_listed_newest_first_by_function(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let functions = [fixtures.function("add"), fixtures.function("subtract")];
    let mut all = Vec::new();
    for n in 0..10 {
        let test = fixtures.load_test(&functions[n % 2]);
        store.put_load_test(&test).await.unwrap();
        all.insert(0, test);
        fixtures.wait(Duration::from_secs(1));
    }
    let list = async |function, limit| {
        let query = LoadTestQuery { function, limit };
        store.load_tests(&query).await.unwrap()
    };
    assert_eq!(list(None, 100).await, all);
    assert_eq!(list(None, 3).await, all[..3]);
    let of_one = all
        .iter()
        .filter(|test| test.function_id == functions[0].id);
    let of_one: Vec<_> = of_one.cloned().collect();
    assert_eq!(list(Some(functions[0].id), 100).await, of_one);
    assert_eq!(list(Some(fixtures.id()), 100).await, []);
}
