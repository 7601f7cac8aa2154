//! Stored records read back unchanged.

use std::time::Duration;

use super::fixtures::Fixtures;
use super::{Fixture, claim, insert, settle, write};
use crate::model::{CallerLabel, Execution, Json, Status};
use crate::store::Written;

pub async fn every_field_of_an_execution_reads_back(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let mut all = Vec::new();
    for _ in 0..300 {
        all.push(fixtures.any(function));
        fixtures.wait(Duration::from_micros(777));
    }
    insert(&*store, &all).await;
    for one in &all {
        let stored = store.execution(one.id).await.unwrap();
        assert_eq!(stored.as_ref(), Some(one));
    }
}

pub async fn every_field_reads_back_after_a_settlement(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    for _ in 0..100 {
        let settled = fixtures.any(function);
        let mut before = fixtures.pending(function);
        before.id = settled.id;
        before.created_at = settled.created_at;
        before.idempotency_key.clone_from(&settled.idempotency_key);
        before.caller.clone_from(&settled.caller);
        insert(&*store, &[before]).await;
        assert_eq!(write(&*store, claim(settled.id, 1)).await, Written::Done);
        assert_eq!(settle(&*store, &settled, 1).await, Written::Done);
        let stored = store.execution(settled.id).await.unwrap();
        assert_eq!(stored, Some(settled));
    }
}

pub async fn a_mebibyte_of_input_and_of_output_reads_back(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let text = |letter: &str| Json::trusted(format!("\"{}\"", letter.repeat((1 << 20) - 2)));
    let execution = Execution {
        status: Status::Completed,
        input: text("a"),
        output: Some(text("b")),
        ..fixtures.ended(function)
    };
    insert(&*store, std::slice::from_ref(&execution)).await;
    let stored = store.execution(execution.id).await.unwrap().unwrap();
    assert!(stored == execution);
}

pub async fn any_unicode_text_reads_back(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let texts = [
        "ASCII",
        "ünï",
        "日本語",
        "😀👩‍👩‍👧‍👦",
        "\u{feff}bom",
        "\u{10ffff}",
        "a\u{0}b",
        "$where {\"$gt\": 1} ' \" ; --",
        "\u{202e}right to left",
    ];
    for text in texts {
        let json = serde_json::Value::from(text);
        let execution = Execution {
            input: json.clone().into(),
            output: Some(json.into()),
            idempotency_key: Some(text.into()),
            caller: Some(CallerLabel::new(text).named(text)),
            ..fixtures.ended(function)
        };
        insert(&*store, std::slice::from_ref(&execution)).await;
        let stored = store.execution(execution.id).await.unwrap();
        assert_eq!(stored.as_ref(), Some(&execution));
        let begin = execution.created_at;
        let found = store.find_idempotent(function, text, begin).await.unwrap();
        assert_eq!(found, Some(execution.id), "{text:?}");
    }
}
