//! Tests of variables and secrets, from the upload to the code that reads them.

use std::sync::Arc;

use faas_core::model::{Execution, FailureKind, Function, Json, Status};
use faas_core::platform::{EnvironmentUpdate, FunctionUpdate, NewFunction};
use faas_core::secrets::SecretKey;
use faas_core::store::FunctionQuery;
use faas_core::store::memory::MemoryStore;
use faas_core::{Error, Platform};
use serde_json::json;

const CODE: &str = "return `${context.env.GREETING} ${context.env.API_KEY}`";
const SECRET: &str = "hunter2-hunter2";

fn key(byte: u8) -> SecretKey {
    SecretKey::new([byte; 32])
}

async fn platform(store: &Arc<MemoryStore>, keys: &[u8]) -> Platform {
    let mut builder = Platform::builder().shared_store(store.clone());
    for byte in keys {
        builder = builder.secret_key(key(*byte));
    }
    builder.build().await.unwrap()
}

async fn upload(platform: &Platform) -> Function {
    let mut new = NewFunction::new("greet", "greets", CODE);
    new.environment = EnvironmentUpdate::default()
        .variable("GREETING", "hi")
        .secret("API_KEY", SECRET);
    platform.functions().create(new).await.unwrap()
}

async fn change(
    platform: &Platform,
    function: &Function,
    environment: EnvironmentUpdate,
) -> Function {
    let update = FunctionUpdate::default().environment(environment);
    platform
        .functions()
        .update(function.id, update)
        .await
        .unwrap()
}

async fn invoke(platform: &Platform, function: &Function) -> Arc<Execution> {
    platform.invoke(function.id, json!({})).await.unwrap()
}

fn output(execution: &Execution) -> &str {
    execution.output.as_ref().map_or("nothing", Json::as_str)
}

#[tokio::test(flavor = "multi_thread")]
async fn code_reads_variables_and_secrets_and_each_change_is_a_new_version_that_applies_at_once() {
    let platform = platform(&Arc::default(), &[1]).await;
    let function = upload(&platform).await;
    assert_eq!(
        output(&*invoke(&platform, &function).await),
        "\"hi hunter2-hunter2\""
    );
    // The isolate is warm now.
    let update = EnvironmentUpdate::default().variable("GREETING", "hello");
    let second = change(&platform, &function, update).await;
    assert_eq!(second.version, 2);
    let done = invoke(&platform, &function).await;
    assert_eq!(output(&done), "\"hello hunter2-hunter2\"");
    assert_eq!(done.function_version, 2);
    let update = EnvironmentUpdate::default().secret("API_KEY", "new");
    assert_eq!(change(&platform, &function, update).await.version, 3);
    assert_eq!(
        output(&*invoke(&platform, &function).await),
        "\"hello new\""
    );
    let mut update = EnvironmentUpdate::default();
    update.secrets.insert("API_KEY".to_owned(), None);
    assert_eq!(change(&platform, &function, update).await.version, 4);
    assert_eq!(
        output(&*invoke(&platform, &function).await),
        "\"hello undefined\""
    );
    let same = change(&platform, &function, EnvironmentUpdate::default()).await;
    assert_eq!(same.version, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_key_a_function_with_secrets_fails_as_a_platform_failure_and_loses_no_data() {
    let store = Arc::default();
    let with_key = platform(&store, &[1]).await;
    let function = upload(&with_key).await;
    with_key.shutdown().await;

    for (keys, says) in [
        (&[][..], "no secret key is configured"),
        (&[2], "not configured"),
    ] {
        let store = Arc::new(MemoryStore::new());
        let sealed = faas_core::store::Store::insert_function(&*store, &function).await;
        sealed.unwrap();
        let without = platform(&store, keys).await;
        let failed = invoke(&without, &function).await;
        assert_eq!(failed.status, Status::Failed);
        let failure = failed.failure.as_ref().unwrap();
        assert_eq!(failure.kind, FailureKind::Platform);
        assert!(failure.message.contains("API_KEY"), "{failure:?}");
        assert!(failure.message.contains(says), "{failure:?}");
        assert_eq!(failed.cost.base.get(), 0);
        // The function can be read, and changed in everything that needs no key.
        let read = without.functions().get(function.id).await.unwrap();
        assert_eq!(read, function);
        let update = EnvironmentUpdate::default().variable("GREETING", "hello");
        let changed = change(&without, &function, update).await;
        without.shutdown().await;

        let again = platform(&store, &[1]).await;
        let done = invoke(&again, &changed).await;
        assert_eq!(output(&done), "\"hello hunter2-hunter2\"");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_secrets_are_refused() {
    let platform = platform(&Arc::default(), &[]).await;
    let mut new = NewFunction::new("greet", "greets", CODE);
    new.environment = EnvironmentUpdate::default().secret("API_KEY", SECRET);
    let refused = platform.functions().create(new).await.unwrap_err();
    assert!(matches!(refused, Error::Conflict(_)), "{refused:?}");
    assert!(!refused.to_string().contains(SECRET), "{refused}");
    let list = platform.functions().list(&FunctionQuery::default()).await;
    assert!(list.unwrap().items.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_new_key_before_the_old_one_secrets_of_both_open() {
    let store = Arc::default();
    let old = platform(&store, &[1]).await;
    let function = upload(&old).await;
    old.shutdown().await;
    let both = platform(&store, &[2, 1]).await;
    assert_eq!(
        output(&*invoke(&both, &function).await),
        "\"hi hunter2-hunter2\""
    );
    let update = EnvironmentUpdate::default().secret("API_KEY", "new");
    let changed = change(&both, &function, update).await;
    assert_eq!(
        changed.environment.secrets["API_KEY"].sealed.key(),
        key(2).id()
    );
    both.shutdown().await;
    let new = platform(&store, &[2]).await;
    assert_eq!(output(&*invoke(&new, &function).await), "\"hi new\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_debug_output_of_a_function_contains_its_secrets() {
    let platform = platform(&Arc::default(), &[1]).await;
    let update = FunctionUpdate::default()
        .environment(EnvironmentUpdate::default().secret("API_KEY", SECRET));
    let function = upload(&platform).await;
    let done = invoke(&platform, &function).await;
    // A function may return its secrets.
    assert!(output(&done).contains(SECRET));
    let shown = format!("{update:?} {function:?} {:?}", platform.options());
    assert!(!shown.contains("hunter2"), "{shown}");
}
