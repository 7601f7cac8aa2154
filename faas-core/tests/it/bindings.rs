//! Host functions that user code calls, through a whole platform.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use faas_core::bindings::{Binding, ByteStream, HostCall};
use faas_core::model::{CallerLabel, Execution, FunctionConfig, Status};
use faas_core::options::PlatformOptions;
use faas_core::platform::{CallOptions, NewFunction};
use faas_core::runtime::HostError;
use faas_core::{Error, Platform};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Notify;

#[derive(Deserialize, JsonSchema)]
struct Reserve {
    sku: String,
    count: u32,
}

#[derive(Serialize, JsonSchema)]
struct Reserved {
    sku: String,
    left: u32,
    attempt: u32,
}

fn inventory(dropped: &Arc<Notify>) -> Binding {
    let (dropped, endless) = (dropped.clone(), dropped.clone());
    Binding::new("inventory")
        .function("reserve", |call: HostCall, item: Reserve| async move {
            let left = 10_u32.checked_sub(item.count);
            let left = left.ok_or_else(|| HostError::new("OUT_OF_STOCK", "only 10 are left"))?;
            Ok(Reserved {
                sku: item.sku,
                left,
                attempt: call.attempt,
            })
        })
        .function("never", move |_, (): ()| {
            let dropped = NotifyOnDrop(dropped.clone());
            async move {
                let _dropped = dropped;
                std::future::pending::<Result<(), _>>().await
            }
        })
        .function("panics", |_, wanted: bool| async move {
            assert!(!wanted, "as the code wanted");
            Ok(())
        })
        .stream_function("words", |_, text: String| async move {
            let (mut words, stream) = ByteStream::channel();
            tokio::spawn(async move {
                for word in text.split(' ') {
                    if word == "!" {
                        let error = HostError::new("NO_MORE", "the words have run out");
                        return words.fail(error).await;
                    }
                    words.send(word.to_owned()).await?;
                }
                Ok(())
            });
            Ok(stream)
        })
        .stream_function("endless", move |_, (): ()| {
            let dropped = NotifyOnDrop(endless.clone());
            async move {
                let pieces = futures_util::stream::repeat_with(move || {
                    let _kept = &dropped;
                    Ok(Bytes::from_static(b"more"))
                });
                Ok(ByteStream::new(pieces))
            }
        })
        .upload_function("length", |_, mut body: ByteStream| async move {
            let mut length = 0;
            while let Some(piece) = body.next().await {
                length += piece?.len();
            }
            Ok(length)
        })
        .upload_function("ignore", |_, _| async { Ok("ignored") })
        .transform_function("copy", |_, body| async { Ok(body) })
        .bytes_function("reverse", |_, bytes: Bytes| async move {
            Ok(bytes.iter().rev().copied().collect())
        })
}

struct NotifyOnDrop(Arc<Notify>);

impl Drop for NotifyOnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

struct Rig {
    platform: Platform,
    dropped: Arc<Notify>,
}

impl Rig {
    async fn new(change: impl FnOnce(&mut PlatformOptions)) -> Self {
        let dropped = Arc::default();
        let platform = Platform::builder()
            .bind(inventory(&dropped))
            .options(change)
            .build()
            .await
            .unwrap();
        Self { platform, dropped }
    }

    async fn run_within(&self, code: &str, timeout: Duration) -> Arc<Execution> {
        let mut new = NewFunction::new(format!("f{}", fastrand::u64(..)), "calls", code);
        new.config = FunctionConfig {
            timeout,
            ..FunctionConfig::default()
        };
        let function = self.platform.functions().create(new).await.unwrap();
        self.platform.invoke(function.id, json!({})).await.unwrap()
    }

    async fn run(&self, code: &str) -> Arc<Execution> {
        self.run_within(code, Duration::from_secs(60)).await
    }
}

fn output(execution: &Execution) -> Value {
    let output = execution.output.as_ref();
    let output = output.unwrap_or_else(|| panic!("{:?}", execution.failure));
    serde_json::from_str(output.as_str()).unwrap()
}

fn kept(execution: &Execution) -> Vec<(&str, Option<&str>)> {
    let calls = execution.host_calls.iter();
    calls
        .map(|call| (&*call.name, call.error.as_deref()))
        .collect()
}

#[tokio::test]
async fn code_calls_its_host_and_each_call_is_kept_with_the_execution() {
    let rig = Rig::new(|_| {}).await;
    let done = rig
        .run("return await context.inventory.reserve({ sku: 'a', count: 3 })")
        .await;
    assert_eq!(
        output(&done),
        json!({ "sku": "a", "left": 7, "attempt": 1 })
    );
    assert_eq!(kept(&done), [("inventory.reserve", None)]);
    let call = &done.host_calls[0];
    let (argument, result) = (
        r#"{"sku":"a","count":3}"#,
        r#"{"sku":"a","left":7,"attempt":1}"#,
    );
    assert_eq!(
        (call.bytes_in, call.bytes_out),
        (argument.len() as u64, result.len() as u64)
    );
    assert!(call.start_time >= done.start_time.unwrap() && call.duration <= done.duration);
    let stored = rig.platform.executions().get(done.id).await.unwrap();
    assert_eq!(stored.host_calls, done.host_calls);
}

#[tokio::test]
async fn an_error_of_the_host_is_an_error_with_its_message_and_code() {
    let rig = Rig::new(|_| {}).await;
    let done = rig
        .run(
            "const told = [];
             const tell = error => told.push([error instanceof Error, error.code, error.message]);
             await context.inventory.reserve({ sku: 'a', count: 11 }).catch(tell);
             await context.inventory.reserve({ sku: 'a' }).catch(tell);
             await context.inventory.nope().catch(tell);
             await context.inventory.panics(true).catch(tell);
             return told",
        )
        .await;
    let told = output(&done);
    assert_eq!(told[0], json!([true, "OUT_OF_STOCK", "only 10 are left"]));
    assert_eq!(told[1][1], "ERR_INVALID_ARGUMENT");
    assert!(
        told[1][2]
            .as_str()
            .unwrap()
            .contains("missing field `count`")
    );
    assert_eq!(told[2][1], "ERR_UNKNOWN_HOST_FUNCTION");
    assert!(
        told[2][2]
            .as_str()
            .unwrap()
            .contains("ignore, length, never, panics, reserve, reverse, words")
    );
    assert_eq!(told[3][1], "ERR_HOST");
    let uncaught = rig
        .run("await context.inventory.reserve({ sku: '', count: 99 })")
        .await;
    assert_eq!(uncaught.status, Status::Failed);
    assert_eq!(
        uncaught.failure.as_ref().unwrap().message,
        "Error: only 10 are left { code: 'OUT_OF_STOCK' }"
    );
}

#[tokio::test]
async fn bytes_go_both_ways() {
    let rig = Rig::new(|_| {}).await;
    let done = rig
        .run(
            "const bytes = await context.inventory.reverse(new Uint8Array([0, 128, 255]));
             return [bytes instanceof Uint8Array, ...bytes]",
        )
        .await;
    assert_eq!(output(&done), json!([true, 255, 128, 0]));
    assert_eq!(
        (done.host_calls[0].bytes_in, done.host_calls[0].bytes_out),
        (3, 3)
    );
}

#[tokio::test]
async fn a_result_in_pieces_is_read_as_it_comes_and_kept_as_one_call() {
    let rig = Rig::new(|_| {}).await;
    let done = rig
        .run(
            "const decoder = new TextDecoder(), words = [];
             const stream = await context.inventory.words('a bc def');
             for await (const piece of stream) words.push(decoder.decode(piece));
             return [stream instanceof ReadableStream, ...words]",
        )
        .await;
    assert_eq!(output(&done), json!([true, "a", "bc", "def"]));
    assert_eq!(kept(&done), [("inventory.words", None)]);
    assert_eq!(done.host_calls[0].bytes_out, 6);
    let failed = rig
        .run(
            "const words = [];
             try { for await (const piece of await context.inventory.words('a ! b')) words.push(piece.length) }
             catch (error) { words.push(error.code, error.message) }
             return words",
        )
        .await;
    assert_eq!(
        output(&failed),
        json!([1, "NO_MORE", "the words have run out"])
    );
    assert_eq!(kept(&failed), [("inventory.words", Some("NO_MORE"))]);
}

#[tokio::test]
async fn an_argument_in_pieces_reaches_the_host_whole_whatever_the_size_of_its_pieces() {
    let rig = Rig::new(|_| {}).await;
    let done = rig
        .run(
            "const sizes = [1, 0, 700_000, 3];
             const body = () => new ReadableStream({
                 pull(controller) {
                     if (sizes.length === 0) controller.close();
                     else controller.enqueue(new Uint8Array(sizes.shift()).fill(7));
                 }
             });
             const length = await context.inventory.length(body());
             sizes.push(2, 5);
             const copy = await new Response(await context.inventory.copy(body())).bytes();
             return [length, [...copy], await context.inventory.length(new Uint8Array(9))]",
        )
        .await;
    assert_eq!(output(&done), json!([700_004, [7, 7, 7, 7, 7, 7, 7], 9]));
    let bytes = |n: usize| (done.host_calls[n].bytes_in, done.host_calls[n].bytes_out);
    assert_eq!((bytes(0), bytes(1)), ((700_004, 6), (7, 7)));
}

#[tokio::test]
async fn a_stream_that_fails_or_that_nobody_reads_ends_on_both_sides() {
    let rig = Rig::new(|_| {}).await;
    let done = rig
        .run(
            "let cancelled = false;
             const broken = new ReadableStream({ pull(c) { c.error(new Error('mine')) } });
             const wrong = new ReadableStream({ start(c) { c.enqueue('text') } });
             const unread = new ReadableStream({
                 pull(c) { c.enqueue(new Uint8Array(10)) }, cancel() { cancelled = true }
             });
             const told = [];
             for (const body of [broken, wrong]) {
                 await context.inventory.length(body).catch((error) => told.push(error.code));
             }
             told.push(await context.inventory.ignore(unread));
             while (!cancelled) await new Promise((resolve) => setTimeout(resolve, 1));
             const locked = new ReadableStream();
             locked.getReader();
             await context.inventory.length(locked).catch((error) => told.push(error.name));
             return told",
        )
        .await;
    assert_eq!(
        output(&done),
        json!(["ERR_ABORTED", "ERR_ABORTED", "ignored", "TypeError"])
    );
    let read = rig
        .run(
            "const reader = (await context.inventory.endless()).getReader();
             const { value } = await reader.read();
             await reader.cancel();
             return value.length",
        )
        .await;
    rig.dropped.notified().await;
    assert_eq!(output(&read), 4);
    assert_eq!(kept(&read), [("inventory.endless", None)]);
    let left = rig
        .run("await (await context.inventory.endless()).getReader().read(); return 1")
        .await;
    rig.dropped.notified().await;
    assert_eq!(output(&left), 1);
    assert_eq!(kept(&left), [("inventory.endless", Some("ERR_DROPPED"))]);
}

#[tokio::test]
async fn a_piece_above_the_limit_of_arguments_is_sent_in_parts() {
    let rig = Rig::new(|options| options.max_host_argument = 100).await;
    let done = rig
        .run(
            "const body = new ReadableStream({
                 start(c) { c.enqueue(new Uint8Array(250)); c.enqueue(new Uint8Array(7)); c.close() }
             });
             return await context.inventory.length(body)",
        )
        .await;
    assert_eq!(output(&done), 257);
}

#[tokio::test]
async fn the_bytes_of_streams_count_against_the_bound() {
    let rig = Rig::new(|options| options.max_host_bytes = 1_000).await;
    let done = rig
        .run(
            "let read = 0;
             try { for await (const piece of await context.inventory.endless()) read += piece.length }
             catch (error) { return [read, error.code] }",
        )
        .await;
    assert_eq!(output(&done), json!([996, "ERR_TOO_MANY_HOST_BYTES"]));
    let uploaded = rig
        .run(
            "const body = new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(300)) } });
             return await context.inventory.length(body).catch((error) => error.code)",
        )
        .await;
    assert_eq!(output(&uploaded), "ERR_TOO_MANY_HOST_BYTES");
    let open = rig
        .run(
            "const open = [];
             try { for (;;) open.push(await context.inventory.endless()) }
             catch (error) { return [open.length, error.code] }",
        )
        .await;
    assert_eq!(output(&open), json!([32, "ERR_TOO_MANY_STREAMS"]));
}

#[tokio::test]
async fn a_host_function_is_dropped_when_its_call_ends_and_kept_as_dropped() {
    let rig = Rig::new(|_| {}).await;
    let code = "await context.inventory.never()";
    let timed_out = rig.run_within(code, Duration::from_secs(2)).await;
    rig.dropped.notified().await;
    assert_eq!(kept(&timed_out), [("inventory.never", Some("ERR_DROPPED"))]);
    let raced = rig
        .run("return await Promise.race([context.inventory.never(), context.inventory.panics(false)])")
        .await;
    rig.dropped.notified().await;
    assert_eq!(raced.status, Status::Completed);
    let mut kept = kept(&raced);
    kept.sort_unstable();
    let never = ("inventory.never", Some("ERR_DROPPED"));
    assert_eq!(kept, [never, ("inventory.panics", None)]);
}

#[tokio::test]
async fn calls_and_bytes_are_bounded_with_clear_errors() {
    let rig = Rig::new(|options| {
        options.max_host_calls = 3;
        options.max_host_argument = 100;
        options.max_host_bytes = 1_000;
    })
    .await;
    let codes = |call: &str| {
        format!(
            "const codes = [];
             for (let i = 0; i < 6; i++) {{
                 await {call}.then(() => codes.push(null), error => codes.push(error.code));
             }}
             return codes"
        )
    };
    let many = rig.run(&codes("context.inventory.panics(false)")).await;
    let refused = "ERR_TOO_MANY_HOST_CALLS";
    assert_eq!(
        output(&many),
        json!([null, null, null, refused, refused, refused])
    );
    assert_eq!(many.host_calls.len(), 6);
    let large = rig
        .run(&codes("context.inventory.reverse(new Uint8Array(101))"))
        .await;
    assert_eq!(output(&large)[0], "ERR_TOO_LARGE");
    let rig = Rig::new(|options| options.max_host_bytes = 500).await;
    let bytes = rig
        .run(&codes("context.inventory.reverse(new Uint8Array(100))"))
        .await;
    assert_eq!(
        output(&bytes),
        json!([
            null,
            null,
            "ERR_TOO_MANY_HOST_BYTES",
            "ERR_TOO_MANY_HOST_BYTES",
            "ERR_TOO_MANY_HOST_BYTES",
            "ERR_TOO_MANY_HOST_BYTES"
        ])
    );
}

#[tokio::test]
async fn one_instance_serves_calls_that_wait_for_the_host() {
    let dropped = Arc::new(Notify::new());
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let opened = gate.clone();
    let waits = Binding::new("host").function("wait", move |_, (): ()| {
        let opened = opened.clone();
        async move {
            let _permit = opened.acquire().await.unwrap();
            Ok(1)
        }
    });
    let platform = Platform::builder()
        .bind(inventory(&dropped))
        .bind(waits)
        .options(|options| options.max_instances = 1)
        .build()
        .await
        .unwrap();
    let new = NewFunction::new("waits", "waits", "return await context.host.wait()");
    let function = platform.functions().create(new).await.unwrap();
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let (platform, id) = (platform.clone(), function.id);
            tokio::spawn(async move { platform.invoke(id, json!({})).await })
        })
        .collect();
    while platform.counters().waiting < 50 {
        tokio::task::yield_now().await;
    }
    gate.add_permits(50);
    for call in calls {
        assert_eq!(output(&call.await.unwrap().unwrap()), json!(1));
    }
}

#[tokio::test]
async fn a_binding_with_a_name_that_context_has_is_refused() {
    let built = Platform::builder().bind(Binding::new("env")).build().await;
    let error = built.err().unwrap().to_string();
    assert!(error.contains("env is a member of context"), "{error}");
}

/// A platform with a function that returns its caller, and can fail in its first attempt.
async fn with_callers() -> (Platform, faas_core::model::FunctionId) {
    let session = Binding::new("session").function("caller", |call: HostCall, (): ()| async move {
        let caller = call.caller.as_ref();
        let caller = caller.map(|caller| (caller.id.clone(), caller.name.clone()));
        Ok((call.attempt, caller))
    });
    let platform = Platform::builder()
        .bind(session)
        .options(|options| options.retry_base = Duration::from_millis(1))
        .build()
        .await
        .unwrap();
    let code = "
        const [attempt, caller] = await context.session.caller();
        console.log(JSON.stringify(caller));
        if (input.fail && attempt === 1) throw new Error('first');
        return caller";
    let new = NewFunction::new("who", "tells its caller", code);
    let id = platform.functions().create(new).await.unwrap().id;
    (platform, id)
}

#[tokio::test]
async fn a_host_function_knows_the_caller_in_every_attempt() {
    let (platform, who) = with_callers().await;
    let done = platform.invoke(who, json!({})).await.unwrap();
    assert_eq!((output(&done), &done.caller), (json!(null), &None));

    let acme = CallerLabel::new("tenant-7").named("Acme");
    let options = CallOptions::default().caller(acme.clone());
    let done = platform.invoke_with(who, json!({}), options.clone()).await;
    let done = done.unwrap();
    assert_eq!(output(&done), json!(["tenant-7", "Acme"]));
    assert_eq!(done.caller.as_ref(), Some(&acme));

    let fail = json!({ "fail": true });
    let options = options.retry(true).idempotency_key("once");
    let done = platform.invoke_with(who, fail.clone(), options).await;
    let done = done.unwrap();
    assert_eq!(done.attempts.len(), 2);
    let told: Vec<_> = done.logs.iter().map(|line| &*line.message).collect();
    assert_eq!(told, [r#"["tenant-7","Acme"]"#; 2]);
    let stored = platform.executions().get(done.id).await.unwrap();
    assert_eq!(stored.caller.as_ref(), Some(&acme));

    // A later call with the same key gets the first execution and its caller.
    let other = CallOptions::default()
        .retry(true)
        .idempotency_key("once")
        .caller(CallerLabel::new("other"));
    let again = platform.invoke_with(who, fail, other).await.unwrap();
    assert_eq!((again.id, again.caller.as_ref()), (done.id, Some(&acme)));
    platform.shutdown().await;
}

#[tokio::test]
async fn a_repeated_execution_has_the_same_caller_unless_it_gets_another() {
    let (platform, who) = with_callers().await;
    let acme = CallerLabel::new("tenant-7");
    let options = CallOptions::default().caller(acme.clone());
    let done = platform.invoke_with(who, json!({}), options).await.unwrap();
    let executions = platform.executions();
    let again = executions.retry(done.id).await.unwrap();
    let again = executions.get(again.id).await.unwrap();
    assert_eq!(again.caller, Some(acme));
    let other = CallerLabel::new("tenant-8");
    for caller in [Some(other), None] {
        let again = executions.retry_for(done.id, None, caller.clone()).await;
        let again = executions.get(again.unwrap().id).await.unwrap();
        assert_eq!(again.caller, caller);
    }
    platform.shutdown().await;
}

#[tokio::test]
async fn a_caller_that_is_too_long_is_refused() {
    let (platform, who) = with_callers().await;
    let long = CallOptions::default().caller(CallerLabel::new("x".repeat(256)));
    for called in [
        platform
            .invoke_with(who, json!({}), long.clone())
            .await
            .err(),
        platform.execute_with(who, json!({}), long).await.err(),
    ] {
        assert!(matches!(called, Some(Error::Invalid(_))), "{called:?}");
    }
    platform.shutdown().await;
}
