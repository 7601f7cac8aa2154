//! Functions that answer HTTP requests, called by their host.

use std::sync::Arc;
use std::time::Duration;

use faas_core::Platform;
use faas_core::error::Error;
use faas_core::http::{Answer, Request, Response, ResponseBody};
use faas_core::model::http::HttpConfig;
use faas_core::model::{Execution, ExecutionId, Status};
use faas_core::options::PlatformOptions;
use faas_core::platform::NewFunction;

use serde_json::{Value, json};
use tokio::time::timeout;

/// Only a hang takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

async fn platform(change: impl FnOnce(&mut PlatformOptions)) -> Platform {
    Platform::builder().options(change).build().await.unwrap()
}

async fn create(platform: &Platform, code: &str) {
    let new = NewFunction::new("f", "answers", code).http(HttpConfig::enabled());
    platform.functions().create(new).await.unwrap();
}

async fn call(platform: &Platform, request: Request) -> Response {
    match platform.http("f", request).await.unwrap() {
        Answer::Response(response) => response,
        other => panic!("{other:?}"),
    }
}

/// The bytes of a response, and whether it is complete.
async fn read(body: ResponseBody) -> (usize, bool) {
    let mut pieces = match body {
        ResponseBody::Bytes(bytes) => return (bytes.len(), true),
        ResponseBody::Stream { pieces, .. } => pieces,
    };
    let mut length = 0;
    while let Some(piece) = pieces.next().await {
        match piece {
            Ok(piece) => length += piece.len(),
            Err(_) => return (length, false),
        }
    }
    (length, true)
}

/// The execution once it has ended.
async fn ended(platform: &Platform, id: ExecutionId) -> Arc<Execution> {
    let ended = async {
        loop {
            let execution = platform.executions().get(id).await.unwrap();
            if execution.status.is_terminal() {
                return execution;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, ended).await.expect("it does not end")
}

fn output(execution: &Execution) -> Value {
    serde_json::from_str(execution.output.as_ref().unwrap().as_str()).unwrap()
}

#[tokio::test]
async fn bodies_in_pieces_do_not_count_as_bytes_of_host_calls_and_responses_have_a_limit() {
    let platform = platform(|options| {
        options.max_host_bytes = 1_000;
        options.max_response = 300_000;
    })
    .await;
    create(
        &platform,
        "export default { fetch: ({ body }) => new Response(body) }",
    )
    .await;
    let post = |length| Request::new("POST", "http://a/").body(vec![b'x'; length]);
    let response = call(&platform, post(300_000)).await;
    let id = response.execution_id;
    assert_eq!(read(response.body).await, (300_000, true));
    let execution = ended(&platform, id).await;
    assert_eq!(
        execution.status,
        Status::Completed,
        "{:?}",
        execution.failure
    );
    assert_eq!(output(&execution).get("incomplete"), None);

    let response = call(&platform, post(300_001)).await;
    let id = response.execution_id;
    assert!(!read(response.body).await.1);
    let execution = ended(&platform, id).await;
    let message = &execution.failure.as_ref().unwrap().message;
    let says = "the body of a response may have at most 300000 bytes";
    assert!(message.contains(says), "{message}");
}

#[tokio::test]
async fn the_record_of_a_response_that_ended_early_has_what_was_sent_and_is_priced_by_it() {
    let platform = platform(|_| {}).await;
    create(
        &platform,
        "export default { fetch(request) {
            const piece = new TextEncoder().encode('0123456789'.repeat(10_000));
            let step = 0;
            return new Response(new ReadableStream({ pull(controller) {
                if (step++ < 3) controller.enqueue(piece);
                else if (request.method === 'GET') controller.error(new Error('torn'));
                else controller.close();
            } }));
        } };",
    )
    .await;
    for method in ["GET", "POST"] {
        let response = call(&platform, Request::new(method, "http://a/")).await;
        let id = response.execution_id;
        let is_whole = method == "POST";
        assert_eq!(read(response.body).await, (300_000, is_whole));
        let execution = ended(&platform, id).await;
        let record = output(&execution);
        let expected = if is_whole { Value::Null } else { json!(true) };
        assert_eq!(
            (&record["bytes"], &record["incomplete"]),
            (&json!(300_000), &expected)
        );
        for part in ["first", "last"] {
            assert_eq!(record[part].as_str().unwrap().len(), 65_536);
        }
        let input = execution.input.len() as u64;
        let bytes = faas_core::cost::Usage::of(&execution).bytes;
        // The body, the head of the response, and nothing twice.
        assert!((300_000..301_000).contains(&(bytes - input)), "{bytes}");
    }
}

#[tokio::test]
async fn an_execution_can_be_read_at_any_moment_around_the_end_of_its_response() {
    let platform = platform(|_| {}).await;
    create(
        &platform,
        "export default { fetch: () => new Response(new ReadableStream({ pull(controller) {
            controller.enqueue(new Uint8Array(10));
            controller.close();
        } })) }",
    )
    .await;
    for _ in 0..200 {
        let response = call(&platform, Request::new("GET", "http://a/")).await;
        let id = response.execution_id;
        platform.executions().get(id).await.unwrap();
        assert_eq!(read(response.body).await, (10, true));
        while !platform
            .executions()
            .get(id)
            .await
            .unwrap()
            .status
            .is_terminal()
        {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_repeated_execution_answers_the_same_request_again_if_that_is_recorded() {
    let platform = platform(|_| {}).await;
    create(
        &platform,
        "export default { async fetch(request) {
            const text = await request.text();
            const parts = [request.method, request.url, request.headers.get('x-a'), text];
            if (request.method !== 'PUT') return Response.json(parts);
            return new Response(new ReadableStream({ pull(controller) {
                controller.enqueue(new TextEncoder().encode(JSON.stringify(parts)));
                controller.close();
            } }));
        } };",
    )
    .await;
    for method in ["POST", "PUT"] {
        let request = Request::new(method, "http://a/b?c")
            .header("x-a", "1")
            .body("text");
        let response = call(&platform, request).await;
        let first = response.execution_id;
        read(response.body).await;
        let first = ended(&platform, first).await;
        let again = platform.executions().retry(first.id).await.unwrap();
        let again = ended(&platform, again.id).await;
        assert_eq!(again.status, Status::Completed, "{:?}", again.failure);
        assert_eq!(output(&again), output(&first));
        assert_eq!(
            (again.retry_of, &again.input),
            (Some(first.id), &first.input)
        );
    }
    let post = || Request::new("POST", "http://a/");
    for (request, says) in [
        (post().header("cookie", "c=1"), "its header cookie"),
        (
            post().body(vec![b'x'; 100_000]),
            "its body, which came in pieces",
        ),
    ] {
        let response = call(&platform, request).await;
        let refused = platform.executions().retry(response.execution_id).await;
        match refused {
            Err(Error::Invalid(message)) => assert!(message.contains(says), "{message}"),
            other => panic!("{other:?}"),
        }
    }
}
