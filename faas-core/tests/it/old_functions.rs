//! Functions that an earlier release or another system has stored, and that today's rules would
//! refuse.

use std::sync::Arc;
use std::time::Duration;

use faas_core::model::{Function, FunctionStatus};
use faas_core::platform::FunctionUpdate;
use faas_core::store::conformance::fixtures::Fixtures;
use faas_core::store::{FunctionQuery, MemoryStore, Store};
use faas_core::{Error, Platform};

async fn with_stored(function: &Function) -> Platform {
    let store = Arc::new(MemoryStore::new());
    store.insert_function(function).await.unwrap();
    let builder = Platform::builder().shared_store(store);
    builder.build().await.unwrap()
}

fn odd() -> Function {
    let mut function = Function {
        name: format!("{}\n", "x".repeat(300)).into(),
        description: "".into(),
        code: "return (".into(),
        ..Fixtures::new().function("odd")
    };
    function.config.timeout = Duration::from_secs(1_000_000);
    function.config.retry_count = 99;
    function.config.concurrency = Some(0);
    function
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_function_can_be_read_deactivated_renamed_and_deleted() {
    let stored = odd();
    let platform = with_stored(&stored).await;
    let functions = platform.functions();
    assert_eq!(functions.get(stored.id).await.unwrap(), stored);
    let page = functions.list(&FunctionQuery::default()).await.unwrap();
    assert_eq!(page.items.len(), 1);

    let off = FunctionUpdate {
        status: Some(FunctionStatus::Inactive),
        ..FunctionUpdate::default()
    };
    let off = functions.update(stored.id, off).await.unwrap();
    assert_eq!(off.status, FunctionStatus::Inactive);
    assert_eq!((off.version, &off.code), (stored.version, &stored.code));
    let renamed = FunctionUpdate {
        name: Some("even".to_owned()),
        ..FunctionUpdate::default()
    };
    let renamed = functions.update(stored.id, renamed).await.unwrap();
    assert_eq!(&*renamed.name, "even");
    functions.delete(stored.id).await.unwrap();
    let gone = functions.get(stored.id).await;
    assert!(matches!(gone, Err(Error::NotFound(_))), "{gone:?}");
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_of_an_old_function_is_held_to_the_rules() {
    let stored = odd();
    let platform = with_stored(&stored).await;
    let functions = platform.functions();
    let change = |update: FunctionUpdate| functions.update(stored.id, update);
    let none = FunctionUpdate::default;
    for update in [
        FunctionUpdate {
            name: Some("y".repeat(300)),
            ..none()
        },
        FunctionUpdate {
            timeout: Some(Duration::from_secs(2_000_000)),
            ..none()
        },
        FunctionUpdate {
            retry_count: Some(98),
            ..none()
        },
    ] {
        let refused = change(update).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
    let code = |code: &str| FunctionUpdate {
        code: Some(code.to_owned()),
        ..none()
    };
    let refused = change(code("return [")).await;
    assert!(matches!(refused, Err(Error::Compile(_))), "{refused:?}");
    assert_eq!(functions.get(stored.id).await.unwrap(), stored);

    // With other code it runs.
    let mended = FunctionUpdate {
        timeout: Some(Duration::from_secs(1)),
        concurrency: Some(None),
        ..code("return 7")
    };
    change(mended).await.unwrap();
    let done = platform.invoke(stored.id, serde_json::json!({})).await;
    assert_eq!(done.unwrap().output.as_ref().unwrap().as_str(), "7");
    platform.shutdown().await;
}
