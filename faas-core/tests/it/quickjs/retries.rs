//! When executions are tried again: the policy of their function, and the errors that code throws.

use std::sync::Arc;
use std::time::Duration;

use faas_core::Platform;
use faas_core::clock::ManualClock;
use faas_core::events::{EventKind, Received};
use faas_core::model::{Execution, FailureKind, RetryConfig, Status, Timestamp};
use faas_core::platform::NewFunction;
use faas_core::runtime::QuickJsOptions;
use serde_json::{Value, json};

use super::start;

/// Executes the code until its end, and returns the waits before its retries.
async fn execute(code: &str, policy: Value, retries: u32) -> (Arc<Execution>, Vec<Duration>) {
    let options = QuickJsOptions {
        blank_isolates: 1,
        compile_timeout: Duration::from_secs(60),
        ..QuickJsOptions::default()
    };
    let clock = ManualClock::new(Timestamp::from_millis(1_769_868_309_123));
    let builder = Platform::builder().runtime(start(options));
    let platform = builder.clock(clock.clone()).build().await.unwrap();
    let mut new = NewFunction::new("f", "fails", code).retry_count(retries);
    if !policy.is_null() {
        new = new.retry(serde_json::from_value::<RetryConfig>(policy).unwrap());
    }
    let function = platform.functions().create(new).await.unwrap();
    let mut events = platform.events().subscribe(None);
    platform.execute(function.id, json!({})).await.unwrap();
    let mut waits = Vec::new();
    loop {
        let Received::Events(batch) = events.next(16).await else {
            panic!("the platform has ended");
        };
        for event in batch {
            match &event.kind {
                EventKind::Retry { delay, .. } => {
                    waits.push(*delay);
                    clock.advance(*delay);
                }
                EventKind::Completed(done) | EventKind::Failed(done) => {
                    return (done.clone(), waits);
                }
                _ => {}
            }
        }
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_function_waits_as_its_own_policy_says() {
    let policy = json!({ "base": 1_000, "factor": 3, "cap": 5_000 });
    let (done, waits) = execute("throw new Error('no')", policy, 4).await;
    assert_eq!(waits, [SECOND, SECOND * 3, SECOND * 5, SECOND * 5]);
    assert_eq!((done.status, done.attempts.len()), (Status::Failed, 5));
    // What a policy leaves out is as the platform's options say.
    let (_, waits) = execute("throw new Error('no')", json!({ "factor": 1 }), 2).await;
    assert_eq!(waits, [SECOND * 2, SECOND * 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_failures_that_a_policy_names_are_tried_again() {
    let code = "if (context.attempt > 2) return 'done'; throw new Error('no')";
    let (done, waits) = execute(code, json!({ "retryOn": ["timeout"] }), 3).await;
    assert_eq!((done.status, waits.len()), (Status::Failed, 0));
    let (done, waits) = execute(code, json!({ "retryOn": ["user_error"] }), 3).await;
    assert_eq!((done.status, waits.len()), (Status::Completed, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_can_forbid_a_retry_or_say_when_it_is_due() {
    let code = "
        class Gone extends NonRetryableError {}
        if (context.attempt === 1) throw new RetryAfterError(90);
        if (context.attempt === 2) throw new RetryAfterError(0.5, 'busy', { cause: 1 });
        throw new Gone('gone for ever')";
    let (done, waits) = execute(code, Value::Null, 10).await;
    assert_eq!(waits, [SECOND * 90, SECOND / 2]);
    let failures = done.attempts.iter().map(|attempt| attempt.failure.as_ref());
    let failures: Vec<_> = failures
        .map(|failure| failure.unwrap().message.as_str())
        .collect();
    assert_eq!(failures[0], "RetryAfterError: retry after 90 s");
    assert!(
        failures[1].starts_with("RetryAfterError: busy"),
        "{failures:?}"
    );
    assert_eq!(failures[2], "NonRetryableError: gone for ever");
    assert_eq!(done.failure.as_ref().unwrap().kind, FailureKind::UserError);
    // It does not add retries, and a wrong time is an error of its own.
    let (done, waits) = execute("throw new RetryAfterError(1)", Value::Null, 1).await;
    assert_eq!((done.status, waits), (Status::Failed, vec![SECOND]));
    let (done, _) = execute("throw new RetryAfterError(-1)", Value::Null, 0).await;
    let message = &done.failure.as_ref().unwrap().message;
    assert!(message.contains("0 to 86400 seconds, not -1"), "{message}");
}
