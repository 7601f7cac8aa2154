//! Namespaces of keys and values in the code of functions.

use std::sync::Arc;
use std::time::Duration;

use faas_core::clock::ManualClock;
use faas_core::kv::KvOptions;
use faas_core::model::{Execution, Function, KvConfig, KvTarget, KvUsage, Timestamp};
use faas_core::options::PlatformOptions;
use faas_core::platform::{CallOptions, EnvironmentUpdate, FunctionUpdate, NewFunction};
use faas_core::runtime::QuickJsOptions;
use faas_core::store::Period;
use faas_core::{Error, Platform};
use serde_json::{Value, json};

use super::start;

async fn build(change: impl FnOnce(&mut PlatformOptions)) -> Platform {
    let options = QuickJsOptions {
        blank_isolates: 1,
        compile_timeout: Duration::from_secs(60),
        ..QuickJsOptions::default()
    };
    let builder = Platform::builder().runtime(start(options));
    builder.options(change).build().await.unwrap()
}

fn new(code: &str, kv: Value) -> NewFunction {
    let kv: KvConfig = serde_json::from_value(kv).unwrap();
    NewFunction::new(format!("f{}", fastrand::u64(..)), "keeps", code)
        .timeout(Duration::from_secs(60))
        .kv(kv)
}

async fn create(platform: &Platform, code: &str, kv: Value) -> Function {
    let created = platform.functions().create(new(code, kv)).await;
    created.unwrap()
}

async fn execute(platform: &Platform, code: &str, kv: Value) -> Arc<Execution> {
    let function = create(platform, code, kv).await;
    platform.invoke(function.id, json!({})).await.unwrap()
}

fn output(done: &Execution) -> Value {
    match &done.output {
        Some(output) => output.to().unwrap(),
        None => panic!("{:?}", done.failure),
    }
}

async fn run(platform: &Platform, code: &str, kv: Value) -> Value {
    output(&*execute(platform, code, kv).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn values_read_back_as_text_json_bytes_and_stream() {
    let platform = build(|_| {}).await;
    let code = "
        const { kv } = context, told = [];
        await kv.put('text', 'Käse 🔑');
        await kv.put('json', JSON.stringify({ a: [1] }), { metadata: { by: 'me' } });
        const all = new Uint8Array(256).map((_, n) => n);
        await kv.put('bytes', all);
        await kv.put('part', all.subarray(3, 5));
        await kv.put('buffer', all.buffer);
        await kv.put('stream', new ReadableStream({
          start(c) { c.enqueue(all.subarray(0, 2)); c.enqueue(all.subarray(2, 4)); c.close(); },
        }));
        await kv.put('empty', '');
        const list = (buffer) => [...new Uint8Array(buffer)];
        told.push(await kv.get('text'), await kv.get('json', 'json'));
        told.push(list(await kv.get('bytes', 'arrayBuffer')).length, list(await kv.get('part', { type: 'arrayBuffer' })));
        told.push((await kv.get('buffer', 'arrayBuffer')).byteLength);
        told.push(list(await new Response(await kv.get('stream', 'stream')).arrayBuffer()));
        told.push(await kv.get('empty'), await kv.get('none'), await kv.get('none', 'stream'));
        told.push(await kv.getWithMetadata('json', 'json'), await kv.getWithMetadata('none'));
        told.push([...await kv.get(['text', 'none', 'empty'])]);
        told.push([...(await kv.getWithMetadata(['json'], 'json')).entries()]);
        await kv.delete('text');
        await kv.delete('text');
        told.push(await kv.get('text'));
        return told;";
    let told = run(&platform, code, json!(true)).await;
    let with = json!({ "value": { "a": [1] }, "metadata": { "by": "me" }, "cacheStatus": null });
    let without = json!({ "value": null, "metadata": null, "cacheStatus": null });
    let expected = json!([
        "Käse 🔑",
        { "a": [1] },
        256,
        [3, 4],
        256,
        [0, 1, 2, 3],
        "",
        null,
        null,
        with,
        without,
        [["text", "Käse 🔑"], ["none", null], ["empty", ""]],
        [["json", with]],
        null,
    ]);
    assert_eq!(told, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_of_workers_finds_its_namespaces_in_env() {
    let platform = build(|_| {}).await;
    let code = "
        export default {
          async fetch(request, env) {
            const { name } = await request.json();
            const hits = Number(await env.HITS.get(name) ?? 0) + 1;
            await env.HITS.put(name, String(hits));
            await env.KV.put('last', name);
            const { keys, list_complete } = await env.HITS.list({ prefix: 'a' });
            return Response.json({ hits, keys, list_complete, same: env.kv === env.KV, own: typeof env.CACHE });
          },
        };";
    let kv = json!({ "HITS": "hits", "KV": true });
    let function = create(&platform, code, kv).await;
    for n in 1..=2 {
        let input = json!({ "name": "abc" });
        let done = platform.invoke(function.id, input).await.unwrap();
        let expected = json!({
            "hits": n, "keys": [{ "name": "abc" }], "list_complete": true, "same": true,
            "own": "undefined",
        });
        assert_eq!(output(&done), expected);
    }
    let hits = platform.kv("hits").unwrap().get("abc").await.unwrap();
    assert_eq!(hits.unwrap().value, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn own_namespaces_are_apart_and_shared_ones_are_shared_by_name() {
    let platform = build(|_| {}).await;
    let write = "await context.kv.put('key', 'mine'); return 1";
    let read = "return await context.kv.get('key')";
    let own = create(&platform, write, json!(true)).await;
    platform.invoke(own.id, json!({})).await.unwrap();
    assert_eq!(run(&platform, read, json!(true)).await, Value::Null);
    run(&platform, write, json!("orders")).await;
    assert_eq!(run(&platform, read, json!("orders")).await, "mine");
    assert_eq!(run(&platform, read, json!("others")).await, Value::Null);
    // Without a namespace there is nothing to find.
    let none = NewFunction::new("none", "has none", "return typeof context.kv");
    let none = platform.functions().create(none).await.unwrap();
    let done = platform.invoke(none.id, json!({})).await.unwrap();
    assert_eq!(output(&done), "undefined");
    // A function's own namespace goes with it, a shared one stays.
    let named = || async { platform.kv_namespaces(None, 10).await.unwrap() };
    assert_eq!(named().await.len(), 2);
    platform.functions().delete(own.id).await.unwrap();
    let left = named().await;
    assert_eq!((left.len(), left[0].name.as_str()), (1, "orders"));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_listed_page_by_page_with_what_is_kept_with_them() {
    let platform = build(|_| {}).await;
    let code = "
        const { kv } = context, pages = [];
        for (let n = 0; n < 5; n++) await kv.put('a/' + n, 'x', n === 1 ? { metadata: [n], expiration: 4102444800 } : {});
        await kv.put('b', 'x');
        let cursor;
        do {
          const page = await kv.list({ prefix: 'a/', limit: 2, cursor });
          pages.push(page.keys);
          ({ cursor } = page);
          if (page.list_complete !== (cursor === undefined)) throw new Error('inconsistent');
        } while (cursor !== undefined);
        return [pages, (await kv.list()).keys.length];";
    let listed = run(&platform, code, json!(true)).await;
    let key = |n: u32| json!({ "name": format!("a/{n}") });
    let kept = json!({ "name": "a/1", "metadata": [1], "expiration": 4_102_444_800_u64 });
    let pages = json!([[key(0), kept], [key(2), key(3)], [key(4)]]);
    assert_eq!(listed, json!([pages, 6]));
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_set_atomically() {
    let platform = build(|_| {}).await;
    let code = "
        const { kv } = context;
        return [
          await kv.compareAndSet('n', '1', '2'),
          await kv.compareAndSet('n', null, '1', { metadata: 7 }),
          await kv.compareAndSet('n', null, '2'),
          await kv.compareAndSet('n', '1', '2'),
          await kv.getAndSet('n', '3'),
          await kv.getAndSet('m', new Uint8Array([1])),
          await kv.compareAndSet('n', '2', null),
          await kv.compareAndSet('n', '3', null),
          await kv.get('n'),
          await kv.compareAndSet('n', null, null).catch((error) => error.code),
        ];";
    let told = run(&platform, code, json!(true)).await;
    let expected = json!([
        false,
        true,
        false,
        true,
        "2",
        null,
        false,
        true,
        null,
        "ERR_INVALID_ARGUMENT"
    ]);
    assert_eq!(told, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_executions_lose_no_increment() {
    let platform = build(|options| options.max_instances = 4).await;
    let code = "
        for (;;) {
          const n = await context.kv.get('n');
          if (await context.kv.compareAndSet('n', n, String(Number(n) + 1))) return 1;
        }";
    let function = create(&platform, code, json!(true)).await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let platform = platform.clone();
        calls.spawn(async move { platform.invoke(function.id, json!({})).await.unwrap() });
    }
    for done in calls.join_all().await {
        assert_eq!(output(&done), 1);
    }
    let kv = platform.kv(&format!("function:{}", function.id)).unwrap();
    assert_eq!(kv.get("n").await.unwrap().unwrap().value, "20");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_exceeds_a_limit_is_refused_with_a_stable_code() {
    let platform = build(|options| {
        options.kv_limits.max_keys = 2;
        options.kv_limits.max_bytes = 2_000_000;
    })
    .await;
    let code = "
        const { kv } = context, told = [];
        const tell = (promise) => promise.then(() => told.push('done'), (error) => told.push(error.code));
        await tell(kv.get(''));
        await tell(kv.get('ä'.repeat(256)));
        await tell(kv.get('ä'.repeat(256) + 'x'));
        await tell(kv.put('a', new Uint8Array(1 << 20)));
        await tell(kv.put('a', new Uint8Array((1 << 20) + 1)));
        await tell(kv.put('a', new Uint8Array(4 << 20)));
        await tell(kv.put('b', '', { metadata: 'x'.repeat(1022) }));
        await tell(kv.put('b', '', { metadata: 'x'.repeat(1023) }));
        await tell(kv.put('b', '', { ttl: 0 }));
        await tell(kv.put('b', '', { ttl: 'soon' }));
        await tell(kv.put('b', '', { expiration: 1 }));
        await tell(kv.put('b', '', { expirationTtl: 60, expiration: 4102444800 }));
        await tell(kv.put('b', 7));
        await tell(kv.list({ limit: 0 }));
        await tell(kv.list({ limit: 1001 }));
        await tell(kv.get('b', 'blob'));
        await tell(kv.get([]));
        await tell(kv.put('c', ''));
        await tell(kv.put('b', new Uint8Array(1 << 20)));
        const full = await kv.put('c', '').catch(({ message }) => message);
        return [told, full.replace(/function:\\S+/, 'X')];";
    let invalid = "ERR_INVALID_ARGUMENT";
    let large = "ERR_KV_VALUE_TOO_LARGE";
    let told = json!([
        "ERR_KV_KEY",
        "done",
        "ERR_KV_KEY",
        "done",
        large,
        large,
        "done",
        "ERR_KV_METADATA_TOO_LARGE",
        invalid,
        invalid,
        invalid,
        invalid,
        invalid,
        invalid,
        invalid,
        invalid,
        invalid,
        "ERR_KV_FULL",
        "ERR_KV_FULL",
    ]);
    let full = "the namespace X is full: it has 2 keys and 1049602 bytes, and may have 2 keys and \
                2000000 bytes";
    let code = code.to_owned();
    assert_eq!(
        run(&platform, &code, json!(true)).await,
        json!([told, full])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_operation_is_a_host_call_of_the_execution() {
    let platform = build(|options| options.max_host_calls = 3).await;
    let code = "
        const { kv } = context;
        await kv.put('a', 'value');
        await kv.get('a');
        await kv.get('').catch(() => {});
        return await kv.get('a').catch((error) => error.code);";
    let done = execute(&platform, code, json!({ "CACHE": "cache" })).await;
    assert_eq!(output(&done), "ERR_TOO_MANY_HOST_CALLS");
    let calls: Vec<_> = done
        .host_calls
        .iter()
        .map(|call| (&*call.name, call.error.as_deref()))
        .collect();
    let expected = [
        ("CACHE.put", None),
        ("CACHE.get", None),
        ("CACHE.get", Some("ERR_KV_KEY")),
        ("CACHE.get", Some("ERR_TOO_MANY_HOST_CALLS")),
    ];
    assert_eq!(calls, expected);
    assert!(done.host_calls[0].bytes_in > 5 && done.host_calls[1].bytes_out > 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_are_counted_and_priced_in_every_attempt_and_failed_ones_are_not() {
    let platform = build(|options| options.retry_base = Duration::ZERO).await;
    let code = "
        const { kv } = context;
        await kv.put('a', '1');
        await kv.get(['a', 'b', 'c']);
        await kv.get('').catch(() => {});
        await kv.list();
        if (context.attempt === 1) throw new Error('again');
        await kv.getAndSet('a', '2');
        await kv.compareAndSet('a', 'other', '3');
        await kv.delete('a');";
    let function = create(&platform, code, json!(true)).await;
    let options = CallOptions::default().retry(true);
    let done = platform.invoke_with(function.id, json!({}), options).await;
    let done = done.unwrap();
    assert_eq!(done.failure, None);
    let kv = |reads, writes, lists| KvUsage {
        reads,
        writes,
        lists,
    };
    let each: Vec<_> = done.attempts.iter().map(|attempt| attempt.kv).collect();
    assert_eq!(each, [kv(3, 1, 1), kv(3, 4, 1)]);
    assert_eq!(done.kv(), kv(6, 5, 2));
    assert_eq!(done.cost.kv.get(), 6 * 500 + 7 * 5_000);
    // The store has both attempts, and the sums have the cost.
    let kept = platform.executions().get(done.id).await.unwrap();
    assert_eq!((kept.kv(), kept.cost), (done.kv(), done.cost));
    let costs = platform
        .costs()
        .function(function.id, Period::ALL)
        .await
        .unwrap();
    assert_eq!(costs.sums.kv, done.cost.kv);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_taken_or_not_valid_is_refused() {
    let platform = build(|_| {}).await;
    let refused = |new: NewFunction| async {
        match platform.functions().create(new).await {
            Err(Error::Invalid(text)) => text,
            other => panic!("{other:?}"),
        }
    };
    let long = "x".repeat(65);
    for (kv, expected) in [
        (json!("a/b"), "no name of a namespace"),
        (json!(""), "no name of a namespace"),
        (json!(long), "no name of a namespace"),
        (json!("function:018f"), "has a colon"),
        (json!({}), "names no namespace"),
        (json!({ "a b": true }), "is no name for a binding"),
        (json!({ "env": true }), "is a member of context"),
    ] {
        let text = refused(new("return 1", kv.clone())).await;
        assert!(text.contains(expected), "{kv}: {text}");
    }
    for name in ["KV", "kv"] {
        let text = refused(new("return 1", json!("a")).variable(name, "x")).await;
        assert!(text.contains("is a variable of the function"), "{text}");
    }
    // Nor can a variable be added later.
    let function = create(&platform, "return 1", json!(true)).await;
    let update =
        FunctionUpdate::default().environment(EnvironmentUpdate::default().variable("KV", "x"));
    let update = platform.functions().update(function.id, update).await;
    assert!(matches!(update, Err(Error::Invalid(_))), "{update:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_keys_make_room_in_a_full_namespace() {
    let clock = ManualClock::new(Timestamp::from_millis(1_769_868_309_123));
    let builder = Platform::builder().clock(clock.clone());
    let options = builder.options(|options| options.kv_limits.max_keys = 1);
    let platform = options.build().await.unwrap();
    let kv = platform.kv("small").unwrap();
    let short = KvOptions::default().ttl(Duration::from_secs(9));
    kv.put("a", "1", short).await.unwrap();
    let full = kv.put("b", "1", KvOptions::default()).await;
    assert_eq!(full.unwrap_err().code(), "ERR_KV_FULL");
    clock.advance(Duration::from_secs(9));
    assert_eq!(kv.get("a").await.unwrap(), None);
    kv.put("b", "1", KvOptions::default()).await.unwrap();
    assert_eq!(kv.counts().await.unwrap().keys, 1);
    assert_eq!(kv.clear().await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_that_outlives_its_function_cannot_write_to_its_namespace() {
    let platform = build(|_| {}).await;
    let gate = platform.kv("gate").unwrap();
    let code = "
        const { OWN, GATE } = context;
        await GATE.put('started', '');
        while (await GATE.get('deleted') === null);
        return OWN.put('a', '1').then(() => 'written', (error) => error.code);";
    let own_and_gate = json!({ "OWN": true, "GATE": "gate" });
    let function = create(&platform, code, own_and_gate).await;
    let caller = platform.clone();
    let call = tokio::spawn(async move { caller.invoke(function.id, json!({})).await });
    while gate.get("started").await.unwrap().is_none() && !call.is_finished() {
        tokio::task::yield_now().await;
    }
    platform.functions().delete(function.id).await.unwrap();
    gate.put("deleted", "", KvOptions::default()).await.unwrap();
    let done = call.await.unwrap().unwrap();
    assert_eq!(output(&done), "ERR_KV_NO_FUNCTION");
    let left = platform.kv_namespaces(None, 10).await.unwrap();
    let left: Vec<_> = left
        .iter()
        .map(|namespace| namespace.name.as_str())
        .collect();
    assert_eq!(left, ["gate"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_that_would_be_one_too_many_takes_no_keys() {
    let platform = build(|options| options.kv_limits.max_namespaces = 1).await;
    let code = "
        const { ONE, TWO } = context;
        await ONE.put('a', '1');
        return TWO.put('a', '1').catch((error) => [error.code, error.message]);";
    let refused = run(&platform, code, json!({ "ONE": "one", "TWO": "two" })).await;
    let message = "1 namespaces have keys, and no more may have some: delete the keys of one";
    assert_eq!(refused, json!(["ERR_KV_FULL", message]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_not_valid_cannot_be_made_by_hand() {
    let platform = build(|_| {}).await;
    let own = KvTarget::Shared("function:018f".into());
    let new = NewFunction::new("steals", "steals", "return 1").kv(KvConfig::One(own));
    let created = platform.functions().create(new).await;
    assert!(matches!(created, Err(Error::Invalid(_))), "{created:?}");
}
