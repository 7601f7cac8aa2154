//! Tests of destinations and of deliveries to them.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use faas_core::bindings::{Binding, HostCall};
use faas_core::clock::{Clock, ManualClock};
use faas_core::egress::{
    Caller, Explanation, FetchBody, FetchRequest, FetchResponse, Network, code,
};
use faas_core::error::{Conflict, Resource};
use faas_core::model::egress::EgressRules;
use faas_core::model::{
    Delivery, DeliveryId, DeliveryState, Destinations, Execution, ExecutionId, Function,
    FunctionConfig, Status, Target, Timestamp, Webhook,
};
use faas_core::platform::{DeliveryQuery, NewFunction, deliveries};
use faas_core::runtime::HostError;
use faas_core::secrets::SecretKey;
use faas_core::store::conformance::intercepted::{Intercept, Intercepted};
use faas_core::store::{MemoryStore, Store, StoreError, Write, Written};
use faas_core::{Error, Platform};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::platform::{World, settle};
use crate::scripted::Scripted;

const SECOND: Duration = Duration::from_secs(1);
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A request that the network was asked for.
#[derive(Debug, Clone)]
struct Sent {
    url: String,
    headers: Vec<(String, String)>,
    body: Value,
}

impl Sent {
    fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| &**value)
    }
}

/// A network whose responses a test decides, by the last part of the path.
#[derive(Debug, Clone, Default)]
struct Post {
    sent: Arc<Mutex<Vec<Sent>>>,
    /// Requests to `/hang` are answered when this is set.
    answer: watch::Sender<bool>,
}

impl Post {
    fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }
}

#[async_trait]
impl Network for Post {
    async fn fetch(
        &self,
        caller: &Caller,
        request: FetchRequest,
    ) -> Result<FetchResponse, HostError> {
        assert!(
            caller.rules.is_none(),
            "the rules of functions do not apply"
        );
        let FetchBody::Bytes(body) = request.body else {
            panic!("a webhook has a body");
        };
        let headers = request.headers.into_iter();
        let headers = headers.map(|(name, value)| {
            let value = String::from_utf8(value.to_vec()).unwrap();
            (name, value)
        });
        self.sent.lock().unwrap().push(Sent {
            url: request.url.clone(),
            headers: headers.collect(),
            body: serde_json::from_slice(&body).unwrap(),
        });
        let (_, last) = request.url.rsplit_once('/').unwrap();
        if last == "hang" {
            let mut answer = self.answer.subscribe();
            answer.wait_for(|answer| *answer).await.unwrap();
        }
        if last == "private" {
            return Err(HostError::new(
                code::REFUSED,
                "10.0.0.1 is a private address",
            ));
        }
        let (status, headers) = match last {
            "busy" => (429, vec![("retry-after".to_owned(), "120".into())]),
            "hang" => (200, Vec::new()),
            status => (status.parse().unwrap(), Vec::new()),
        };
        Ok(FetchResponse {
            url: request.url,
            redirected: false,
            status,
            status_text: String::new(),
            headers,
            body: Some(bytes::Bytes::from("the body of the response").into()),
        })
    }

    async fn explain(&self, _: &str, _: &str, _: Option<&EgressRules>) -> Explanation {
        unreachable!("nobody asks")
    }

    fn close(&self, _partition: &str) {}
}

/// A world with a network and a binding.
async fn world(clock: ManualClock, store: Arc<dyn Store>, post: &Post) -> World {
    let runtime = Scripted::default();
    let audit = Binding::new("audit").function("note", async |_: HostCall, result: Value| {
        match result["status"].as_str() {
            Some("completed") => Ok(1),
            _ => Err(HostError::new("ERR_FULL", "the audit log is full")),
        }
    });
    let platform = Platform::builder()
        .shared_store(store.clone())
        .runtime(runtime.clone())
        .clock(clock.clone())
        .network(post.clone())
        .bind(audit)
        .secret_key(SecretKey::new([1; 32]))
        .build()
        .await
        .unwrap();
    World {
        platform,
        clock,
        runtime,
        store,
        neighbours: Arc::default(),
    }
}

fn clock() -> ManualClock {
    ManualClock::new(Timestamp::from_millis(1_800_000_000_000))
}

async fn new_world(post: &Post) -> World {
    world(clock(), Arc::new(MemoryStore::new()), post).await
}

fn webhook(path: &str) -> Target {
    Target::Webhook(Webhook {
        url: format!("https://example.com/{path}").into(),
        secret: None,
    })
}

fn on_end(targets: Vec<Target>) -> Destinations {
    Destinations {
        on_end: targets,
        ..Destinations::default()
    }
}

async fn function(world: &World, script: &str, destinations: Destinations) -> Function {
    let config = FunctionConfig {
        retry_count: 0,
        destinations: Some(Arc::new(destinations)),
        ..FunctionConfig::default()
    };
    world.function(script, config).await
}

async fn execute(world: &World, function: &Function) -> ExecutionId {
    let accepted = world.platform.execute(function.id, json!({"a": 1})).await;
    accepted.unwrap().id
}

fn made(execution: &Execution) -> Vec<Delivery> {
    deliveries(execution).map(|(_, one)| one.clone()).collect()
}

/// Waits until no delivery of the execution is under way or about to be.
async fn at_rest(world: &World, id: ExecutionId) -> Vec<Delivery> {
    let now = world.clock.now();
    let is_at_rest = |one: &Delivery| match one.state {
        DeliveryState::Pending { due } => due > now,
        DeliveryState::Waiting | DeliveryState::Delivering { .. } => false,
        DeliveryState::Skipped | DeliveryState::Delivered | DeliveryState::Failed => true,
    };
    let ended = world.until(id, |one| {
        one.status.is_terminal() && made(one).iter().all(is_at_rest)
    });
    made(&*ended.await)
}

#[tokio::test]
async fn a_function_runs_with_the_result_of_another_one() {
    let world = new_world(&Post::default()).await;
    let next = world.function("echo", FunctionConfig::default()).await;
    let report = world.function("echo", FunctionConfig::default()).await;
    let destinations = Destinations {
        on_success: vec![Target::Function(next.name.clone())],
        on_failure: vec![Target::Function(report.name.clone())],
        on_end: Vec::new(),
    };
    let first = function(&world, "attempt", destinations.clone()).await;
    let id = execute(&world, &first).await;
    let delivered = at_rest(&world, id).await;
    assert_eq!(delivered.len(), 1);
    let second = world.ended(delivered[0].execution.unwrap()).await;
    assert_eq!(second.function_id, next.id);
    let input: Value = serde_json::from_str(second.input.as_str()).unwrap();
    assert_eq!(input["executionId"], id.to_string());
    assert_eq!(input["functionName"], *first.name);
    assert_eq!(
        (&input["status"], &input["condition"]),
        (&json!("completed"), &json!("success"))
    );
    assert_eq!(
        (&input["input"], &input["output"]),
        (&json!({"a": 1}), &json!(1))
    );
    assert_eq!(
        (&input["attempts"], &input["error"]),
        (&json!(1), &Value::Null)
    );

    let fails = function(&world, "fail 9", destinations).await;
    let id = execute(&world, &fails).await;
    let delivered = at_rest(&world, id).await;
    let reported = world.ended(delivered[0].execution.unwrap()).await;
    assert_eq!(reported.function_id, report.id);
    let input: Value = serde_json::from_str(reported.input.as_str()).unwrap();
    assert_eq!(
        input["error"],
        json!({"kind": "user_error", "message": "failure 1"})
    );
}

#[tokio::test]
async fn results_that_a_caller_waits_for_are_not_delivered() {
    let post = Post::default();
    let world = new_world(&post).await;
    let echo = function(&world, "echo", on_end(vec![webhook("200")])).await;
    world.platform.invoke(echo.id, json!(1)).await.unwrap();
    world.settle().await;
    assert_eq!(post.sent().len(), 0);
}

#[tokio::test]
async fn a_webhook_is_posted_with_its_id_time_and_signature() {
    let post = Post::default();
    let world = new_world(&post).await;
    let target = Target::Webhook(Webhook {
        url: "https://example.com/200".into(),
        secret: Some("SIGNING_KEY".into()),
    });
    let mut new = NewFunction::new("signed", "a script", "echo");
    new = new
        .destinations(on_end(vec![target]))
        .secret("SIGNING_KEY", SECRET);
    let signed = world.platform.functions().create(new).await.unwrap();
    let id = execute(&world, &signed).await;
    let delivered = at_rest(&world, id).await;
    assert_eq!(delivered[0].state, DeliveryState::Delivered);
    let sent = post.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].url, "https://example.com/200");
    let expected = format!("{id}_0");
    assert_eq!(sent[0].header("webhook-id"), Some(&*expected));
    assert_eq!(sent[0].header("webhook-timestamp"), Some("1800000000"));
    assert_eq!(sent[0].header("content-type"), Some("application/json"));
    let signature = sent[0].header("webhook-signature").unwrap();
    assert!(
        signature.starts_with("v1,") && signature.len() == 47,
        "{signature}"
    );
    assert_eq!(sent[0].body["type"], "execution.completed");
    assert_eq!(sent[0].body["data"]["output"], json!({"a": 1}));
    // The code does not get the key.
    assert!(!format!("{:?}", world.get(id).await).contains("MfKQ9r8GKYqr"));
}

#[tokio::test]
async fn a_webhook_that_fails_is_tried_again_with_the_same_id_until_it_is_accepted_or_a_day_is_over()
 {
    let post = Post::default();
    let world = new_world(&post).await;
    let echo = function(&world, "echo", on_end(vec![webhook("503")])).await;
    let id = execute(&world, &echo).await;
    let mut waits = Vec::new();
    for attempt in 1..=7 {
        let delivery = at_rest(&world, id).await.remove(0);
        assert_eq!(delivery.attempt_count, attempt);
        let last = delivery.attempts.last().unwrap();
        assert_eq!(last.status, Some(503));
        assert_eq!(last.message, "status 503: the body of the response");
        if let Some(due) = delivery.due() {
            let wait = due.since(world.clock.now());
            waits.push(wait);
            world.advance(wait).await;
        }
    }
    let minute = 60 * SECOND;
    let expected = [
        5 * SECOND,
        5 * minute,
        30 * minute,
        120 * minute,
        300 * minute,
        600 * minute,
    ];
    for (wait, expected) in waits.iter().zip(expected) {
        assert!(*wait >= expected.mul_f64(0.9) && *wait <= expected.mul_f64(1.1));
    }
    let delivery = at_rest(&world, id).await.remove(0);
    assert_eq!(delivery.state, DeliveryState::Failed);
    let ids: HashSet<_> = (post.sent().iter())
        .map(|sent| sent.header("webhook-id").map(str::to_owned))
        .collect();
    assert_eq!((ids.len(), post.sent().len()), (1, 7));
    let query = DeliveryQuery {
        function: echo.id,
        failed: true,
        before: None,
        limit: 9,
    };
    let failed = world.platform.deliveries().list(&query).await.unwrap();
    assert_eq!(failed.len(), 1);
}

#[tokio::test]
async fn a_receiver_says_when_to_come_again_and_that_it_wants_no_more() {
    let post = Post::default();
    let world = new_world(&post).await;
    let targets = vec![
        webhook("busy"),
        webhook("410"),
        webhook("302"),
        webhook("private"),
    ];
    let echo = function(&world, "echo", on_end(targets)).await;
    let id = execute(&world, &echo).await;
    let made = at_rest(&world, id).await;
    let due = made[0].due().unwrap();
    assert_eq!(due.since(world.clock.now()), 120 * SECOND);
    assert_eq!(made[1].state, DeliveryState::Failed);
    // Redirects are not followed.
    assert!(made[2].due().is_some());
    // What the server's policy refuses is not tried again.
    assert_eq!(made[3].state, DeliveryState::Failed);
    assert_eq!(made[3].attempts[0].message, "10.0.0.1 is a private address");
}

#[tokio::test]
async fn a_host_function_is_called_with_the_result() {
    let world = new_world(&Post::default()).await;
    let targets = vec![
        Target::Binding("audit.note".into()),
        Target::Binding("audit.x".into()),
    ];
    let echo = function(&world, "echo", on_end(targets.clone())).await;
    let id = execute(&world, &echo).await;
    let made = at_rest(&world, id).await;
    assert_eq!(made[0].state, DeliveryState::Delivered);
    assert_eq!(made[1].state, DeliveryState::Failed);
    assert!(made[1].attempts[0].message.contains("has no function"));
    let fail = function(&world, "fail 9", on_end(targets)).await;
    let id = execute(&world, &fail).await;
    let made = at_rest(&world, id).await;
    assert!(made[0].due().is_some());
    assert_eq!(
        made[0].attempts[0].message,
        "ERR_FULL: the audit log is full"
    );
}

#[tokio::test]
async fn a_loop_of_functions_ends_after_16_destinations() {
    let world = new_world(&Post::default()).await;
    let mut new = NewFunction::new("loop", "a script", "attempt");
    new = new.destinations(on_end(vec![Target::Function("loop".into())]));
    let looped = world.platform.functions().create(new).await.unwrap();
    let mut id = execute(&world, &looped).await;
    for hop in 0..16 {
        let delivery = at_rest(&world, id).await.remove(0);
        assert_eq!(delivery.state, DeliveryState::Delivered, "hop {hop}");
        id = delivery.execution.unwrap();
    }
    let delivery = at_rest(&world, id).await.remove(0);
    assert_eq!(delivery.state, DeliveryState::Failed);
    assert!(
        delivery.attempts[0]
            .message
            .starts_with("16 destinations in a row")
    );
}

#[tokio::test]
async fn a_delivery_to_a_function_that_does_not_exist_fails_and_can_be_replayed_once_it_does() {
    let world = new_world(&Post::default()).await;
    let echo = function(
        &world,
        "echo",
        on_end(vec![Target::Function("later".into())]),
    )
    .await;
    let id = execute(&world, &echo).await;
    let failed = at_rest(&world, id).await.remove(0);
    assert_eq!(failed.attempts[0].message, "no function is named \"later\"");
    let new = NewFunction::new("later", "a script", "echo");
    world.platform.functions().create(new).await.unwrap();
    let delivery = DeliveryId {
        execution: id,
        index: 0,
    };
    world.platform.deliveries().replay(delivery).await.unwrap();
    let delivered = at_rest(&world, id).await.remove(0);
    assert_eq!(
        (delivered.state, delivered.replays),
        (DeliveryState::Delivered, 1)
    );
    // Replayed again, the function runs again.
    world.platform.deliveries().replay(delivery).await.unwrap();
    let again = at_rest(&world, id).await.remove(0);
    assert_ne!(again.execution, delivered.execution);
    let missing = DeliveryId {
        execution: id,
        index: 1,
    };
    let missing = world.platform.deliveries().replay(missing).await;
    assert!(matches!(missing, Err(Error::NotFound(Resource::Delivery))));
}

#[tokio::test]
async fn a_delivery_that_is_under_way_cannot_be_replayed() {
    let post = Post::default();
    let world = new_world(&post).await;
    let echo = function(&world, "echo", on_end(vec![webhook("hang")])).await;
    let id = execute(&world, &echo).await;
    let is_under_way = |one: &Delivery| matches!(one.state, DeliveryState::Delivering { .. });
    world
        .until(id, |one| made(one).iter().any(is_under_way))
        .await;
    let delivery = DeliveryId {
        execution: id,
        index: 0,
    };
    let refused = world.platform.deliveries().replay(delivery).await;
    assert!(matches!(
        refused,
        Err(Error::Conflict(Conflict::DeliveryPending))
    ));
    post.answer.send_replace(true);
    assert_eq!(at_rest(&world, id).await[0].state, DeliveryState::Delivered);
}

#[tokio::test]
async fn an_attempt_without_an_answer_is_given_up_and_made_again() {
    let post = Post::default();
    let world = new_world(&post).await;
    let echo = function(&world, "echo", on_end(vec![webhook("hang")])).await;
    let id = execute(&world, &echo).await;
    world.until(id, |_| !post.sent().is_empty()).await;
    for _ in 0..16 {
        world.advance(SECOND).await;
    }
    let delivery = at_rest(&world, id).await.remove(0);
    assert_eq!(delivery.attempts[0].message, "no answer within 15 s");
    assert!(delivery.due().is_some());
}

#[tokio::test]
async fn no_more_than_eight_webhooks_are_under_way_to_one_host() {
    let post = Post::default();
    let world = new_world(&post).await;
    let slow = function(&world, "echo", on_end(vec![webhook("hang")])).await;
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(execute(&world, &slow).await);
    }
    for id in &ids {
        world.ended(*id).await;
    }
    world.until(ids[0], |_| post.sent().len() >= 8).await;
    world.settle().await;
    assert_eq!(post.sent().len(), 8);
    // Those of another host go on.
    let other = Target::Webhook(Webhook {
        url: "https://other.example.com/200".into(),
        secret: None,
    });
    let fast = function(&world, "echo", on_end(vec![other])).await;
    let id = execute(&world, &fast).await;
    assert_eq!(at_rest(&world, id).await[0].state, DeliveryState::Delivered);
    post.answer.send_replace(true);
    for _ in 0..60 {
        world.advance(SECOND).await;
    }
    for id in ids {
        let delivery = at_rest(&world, id).await.remove(0);
        // To be postponed is not an attempt.
        assert_eq!(
            (delivery.state, delivery.attempt_count),
            (DeliveryState::Delivered, 1)
        );
    }
}

#[tokio::test]
async fn what_a_stopped_server_was_delivering_is_delivered_after_the_restart() {
    let post = Post::default();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let world_before = world(clock(), store.clone(), &post).await;
    let echo = function(&world_before, "echo", on_end(vec![webhook("hang")])).await;
    let id = execute(&world_before, &echo).await;
    world_before.until(id, |_| !post.sent().is_empty()).await;
    world_before.platform.shutdown().await;
    post.answer.send_replace(true);
    let restarted = world(world_before.clock.clone(), store, &post).await;
    assert_eq!(
        at_rest(&restarted, id).await[0].state,
        DeliveryState::Delivered
    );
    assert_eq!(post.sent().len(), 2);
}

#[tokio::test]
async fn several_servers_deliver_each_result_once() {
    let post = Post::default();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new().shared());
    let one = world(clock(), store.clone(), &post).await;
    let other = world(one.clock.clone(), store, &post).await;
    let echo = function(&one, "echo", on_end(vec![webhook("200")])).await;
    let mut ids = Vec::new();
    for n in 0..40 {
        let accepting = if n % 2 == 0 { &one } else { &other };
        ids.push(execute(accepting, &echo).await);
    }
    for id in ids {
        assert_eq!(at_rest(&one, id).await[0].state, DeliveryState::Delivered);
    }
    for _ in 0..70 {
        one.advance(SECOND).await;
    }
    assert_eq!(post.sent().len(), 40);
}

#[tokio::test]
async fn what_a_dead_server_was_delivering_is_delivered_by_another_one() {
    let post = Post::default();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new().shared());
    let one = world(clock(), store.clone(), &post).await;
    let echo = function(&one, "echo", on_end(vec![webhook("hang")])).await;
    let id = execute(&one, &echo).await;
    one.until(id, |_| !post.sent().is_empty()).await;
    one.platform.shutdown().await;
    post.answer.send_replace(true);
    let other = world(one.clock.clone(), store, &post).await;
    for _ in 0..30 {
        other.advance(SECOND).await;
    }
    assert_eq!(post.sent().len(), 1);
    for _ in 0..40 {
        other.advance(SECOND).await;
    }
    assert_eq!(at_rest(&other, id).await[0].state, DeliveryState::Delivered);
    assert_eq!(post.sent().len(), 2);
}

/// Fails the commits that would mark a delivery as made, while it is set.
#[derive(Clone, Default)]
struct LoseMarks(Arc<AtomicBool>);

#[async_trait]
impl Intercept for LoseMarks {
    async fn commit(
        &self,
        store: &dyn Store,
        writes: &[Write],
    ) -> Result<Vec<Written>, StoreError> {
        let is_mark = |write: &Write| match write {
            Write::FollowUp { follow_up, .. } => {
                (follow_up.deliveries.iter()).any(|one| one.state == DeliveryState::Delivered)
            }
            _ => false,
        };
        if self.0.load(Ordering::SeqCst) && writes.iter().any(is_mark) {
            return Err(StoreError::Unavailable("the test says so".into()));
        }
        store.commit(writes).await
    }
}

#[tokio::test]
async fn a_function_accepts_a_result_once_even_if_the_mark_is_lost() {
    let lose = LoseMarks::default();
    let store: Arc<dyn Store> = Arc::new(Intercepted {
        store: Arc::new(MemoryStore::new()),
        by: lose.clone(),
    });
    let world = world(clock(), store, &Post::default()).await;
    let next = world.function("echo", FunctionConfig::default()).await;
    let target = Target::Function(next.name.clone());
    let echo = function(&world, "echo", on_end(vec![target])).await;
    lose.0.store(true, Ordering::SeqCst);
    let id = execute(&world, &echo).await;
    world.ended(id).await;
    settle().await;
    world.advance(61 * SECOND).await;
    lose.0.store(false, Ordering::SeqCst);
    // The mark that was lost has a time; then it is made again, much later than keys are remembered.
    world.advance(Duration::from_secs(3 * 24 * 3_600)).await;
    let delivered = at_rest(&world, id).await.remove(0);
    let accepted = world.ended(delivered.execution.unwrap()).await;
    assert_eq!(accepted.status, Status::Completed);
    let query = faas_core::store::ExecutionQuery {
        function: Some(next.id),
        ..Default::default()
    };
    assert_eq!(world.store.executions(&query).await.unwrap().len(), 1);
}

#[tokio::test]
async fn destinations_that_cannot_be_are_refused_with_the_reason() {
    let world = new_world(&Post::default()).await;
    let six = vec![Target::Function("f".into()); 6];
    let url = |url: &str| {
        vec![Target::Webhook(Webhook {
            url: url.into(),
            secret: None,
        })]
    };
    let unknown = Target::Webhook(Webhook {
        url: "https://example.com".into(),
        secret: Some("NONE".into()),
    });
    for (targets, reason) in [
        (
            six,
            "destinations.onEnd has 6 targets: at most 5 are allowed",
        ),
        (
            url("ftp://example.com"),
            "webhook.url must be an absolute URL",
        ),
        (url("/relative"), "webhook.url must be an absolute URL"),
        (
            vec![Target::Binding("audit".into())],
            "expected BINDING.FUNCTION",
        ),
        (
            vec![unknown],
            "the secret NONE, which the function does not have",
        ),
    ] {
        let new = NewFunction::new("f", "a script", "echo").destinations(on_end(targets));
        let refused = world.platform.functions().create(new).await.unwrap_err();
        assert!(refused.to_string().contains(reason), "{refused}");
    }
}
