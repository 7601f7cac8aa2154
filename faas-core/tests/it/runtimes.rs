//! Several runtimes on one platform: which function runs where.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use faas_core::error::{CompileError, RuntimeError};
use faas_core::model::{Failure, FailureKind, FunctionId, Json, Source};
use faas_core::platform::{FunctionUpdate, NewFunction};
use faas_core::runtime::{Call, Instance, Outcome, Program, Runtime, RuntimeStats};
use faas_core::store::{FunctionQuery, MemoryStore};
use faas_core::{Error, Platform};
use serde_json::json;
use tokio::runtime::Handle;

tokio::task_local! {
    /// The name of the runtime that polls the current task.
    static POLLED_BY: &'static str;
}

/// A runtime whose functions return its name. Fails attempts that another runtime polls.
#[derive(Clone)]
struct Named {
    name: &'static str,
    forgotten: Arc<AtomicUsize>,
    warm: usize,
    capacity: Option<usize>,
}

impl Named {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            forgotten: Arc::default(),
            warm: 0,
            capacity: None,
        }
    }
}

#[async_trait]
impl Runtime for Named {
    fn describe(&self) -> String {
        format!("runs in {}", self.name)
    }

    fn compile(&self, _: &Source) -> Result<Program, CompileError> {
        Ok(Program::new(self.name))
    }

    async fn acquire(&self, _: (FunctionId, u32)) -> Result<Box<dyn Instance>, RuntimeError> {
        Ok(Box::new(self.clone()))
    }

    fn spawn(&self, handle: &Handle, attempt: Pin<Box<dyn Future<Output = ()> + Send>>) {
        handle.spawn(POLLED_BY.scope(self.name, attempt));
    }

    fn forget(&self, _: FunctionId) {
        self.forgotten.fetch_add(1, Ordering::Relaxed);
    }

    fn stats(&self) -> RuntimeStats {
        RuntimeStats {
            warm_isolates: self.warm,
            warm_bytes: 10 * self.warm,
            blank_isolates: 1,
        }
    }

    fn capacity(&self) -> Option<usize> {
        self.capacity
    }
}

#[async_trait]
impl Instance for Named {
    async fn run(self: Box<Self>, call: Call) -> Outcome {
        tokio::task::yield_now().await;
        let is_own = call.program.get::<&str>() == Some(&self.name)
            && POLLED_BY.try_with(|name| *name == self.name) == Ok(true);
        Outcome {
            result: if is_own {
                Ok(Json::from(json!(self.name)))
            } else {
                Err(Failure::new(FailureKind::Platform, "the wrong runtime"))
            },
            logs: Vec::new(),
            cold_start: false,
            cpu_time: Duration::ZERO,
        }
    }
}

async fn build(names: &[&'static str], store: &Arc<MemoryStore>) -> Platform {
    let mut builder = Platform::builder().shared_store(store.clone());
    for name in names {
        builder = builder.named_runtime(name, Named::new(name));
    }
    builder.build().await.unwrap()
}

fn function(name: &str, runtime: Option<&str>) -> NewFunction {
    let new = NewFunction::new(name, "tells its runtime", "code");
    match runtime {
        Some(runtime) => new.runtime(runtime),
        None => new,
    }
}

async fn ran_in(platform: &Platform, id: FunctionId) -> String {
    let done = platform.invoke(id, json!(null)).await.unwrap();
    let output = done.output.as_ref();
    output
        .unwrap_or_else(|| panic!("{:?}", done.failure))
        .to()
        .unwrap()
}

#[tokio::test]
async fn a_function_runs_in_the_runtime_that_it_names_and_else_in_the_first() {
    let platform = build(&["threads", "processes"], &Arc::default()).await;
    assert_eq!(
        platform.runtimes().collect::<Vec<_>>(),
        ["threads", "processes"]
    );
    let described = "threads: runs in threads; processes: runs in processes";
    assert_eq!(platform.describe_runtime(), described);
    for (runtime, expected) in [
        (None, "threads"),
        (Some("threads"), "threads"),
        (Some("processes"), "processes"),
    ] {
        let new = function(&format!("f {runtime:?}"), runtime);
        let id = platform.functions().create(new).await.unwrap().id;
        assert_eq!(ran_in(&platform, id).await, expected);
    }
    platform.ready().await.unwrap();
    platform.shutdown().await;
}

#[tokio::test]
async fn an_unknown_runtime_is_refused_with_the_known_ones() {
    let platform = build(&["threads", "processes"], &Arc::default()).await;
    let functions = platform.functions();
    let refused = |error: Error| match error {
        Error::Invalid(message) => {
            let expected = "runtime is \"other\": expected one of threads, processes";
            assert_eq!(message, expected);
        }
        error => panic!("{error:?}"),
    };
    refused(
        functions
            .create(function("f", Some("other")))
            .await
            .unwrap_err(),
    );
    let id = functions.create(function("f", None)).await.unwrap().id;
    let update = FunctionUpdate::default().runtime(Some("other".into()));
    refused(functions.update(id, update).await.unwrap_err());
    assert_eq!(functions.get(id).await.unwrap().config.runtime, None);
    assert_eq!(ran_in(&platform, id).await, "threads");
    platform.shutdown().await;
}

#[tokio::test]
async fn another_runtime_takes_over_a_function_with_its_next_version() {
    let (first, second) = (Named::new("a"), Named::new("b"));
    let platform = Platform::builder()
        .named_runtime("a", first.clone())
        .named_runtime("b", second.clone())
        .build()
        .await
        .unwrap();
    let functions = platform.functions();
    let created = functions.create(function("f", None)).await.unwrap();
    assert_eq!(ran_in(&platform, created.id).await, "a");
    let forgotten = || [&first, &second].map(|named| named.forgotten.load(Ordering::Relaxed));
    let before = forgotten();
    let update = FunctionUpdate::default().runtime(Some("b".into()));
    let updated = functions.update(created.id, update).await.unwrap();
    assert_eq!(updated.version, created.version + 1);
    // The isolates of the first runtime are not needed any more.
    assert_eq!(forgotten(), before.map(|count| count + 1));
    assert_eq!(ran_in(&platform, created.id).await, "b");
    let update = FunctionUpdate::default().runtime(None);
    functions.update(created.id, update).await.unwrap();
    assert_eq!(ran_in(&platform, created.id).await, "a");
    functions.delete(created.id).await.unwrap();
    assert_eq!(forgotten(), before.map(|count| count + 3));
    platform.shutdown().await;
}

#[tokio::test]
async fn a_function_whose_runtime_is_gone_fails_clearly_and_can_be_read_and_changed() {
    let store = Arc::default();
    let platform = build(&["threads", "processes"], &store).await;
    let new = function("f", Some("processes"));
    let id = platform.functions().create(new).await.unwrap().id;
    platform.shutdown().await;

    let platform = build(&["threads", "others"], &store).await;
    let functions = platform.functions();
    for error in [
        platform.invoke(id, json!(1)).await.unwrap_err(),
        platform.execute(id, json!(1)).await.unwrap_err(),
    ] {
        let expected = "runtime is \"processes\": expected one of threads, others";
        assert!(error.to_string().contains(expected), "{error}");
    }
    let listed = functions.list(&FunctionQuery::default()).await.unwrap();
    assert_eq!(listed.items.len(), 1);
    let stored = functions.get(id).await.unwrap();
    assert_eq!(stored.config.runtime.as_deref(), Some("processes"));
    let update = FunctionUpdate::default().description("still there");
    let changed = functions.update(id, update).await.unwrap();
    assert_eq!(&*changed.description, "still there");
    let update = FunctionUpdate::default().runtime(Some("others".into()));
    functions.update(id, update).await.unwrap();
    assert_eq!(ran_in(&platform, id).await, "others");
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_of_one_runtime_never_run_where_another_polls() {
    let platform = Platform::builder()
        .named_runtime("a", Named::new("a"))
        .named_runtime("b", Named::new("b"))
        .options(|options| options.max_instances = 2)
        .build()
        .await
        .unwrap();
    let functions = platform.functions();
    let a = functions
        .create(function("in a", Some("a")))
        .await
        .unwrap()
        .id;
    let b = functions
        .create(function("in b", Some("b")))
        .await
        .unwrap()
        .id;
    let calls = (0..400).map(|number| {
        let id = if number % 3 == 0 { a } else { b };
        let platform = &platform;
        async move { (id == a, ran_in(platform, id).await) }
    });
    for (in_a, ran) in futures_util::future::join_all(calls).await {
        assert_eq!(ran, if in_a { "a" } else { "b" });
    }
    platform.shutdown().await;
}

#[tokio::test]
async fn the_isolates_of_all_runtimes_are_counted_together() {
    let named = |name, warm| Named {
        warm,
        ..Named::new(name)
    };
    let platform = Platform::builder()
        .runtime(named("a", 2))
        .named_runtime("b", named("b", 3))
        .build()
        .await
        .unwrap();
    let sums = RuntimeStats {
        warm_isolates: 5,
        warm_bytes: 50,
        blank_isolates: 2,
    };
    assert_eq!(platform.counters().runtime, sums);
    assert_eq!(platform.runtimes().collect::<Vec<_>>(), ["default", "b"]);
    platform.shutdown().await;
}

#[tokio::test]
async fn wrong_names_of_runtimes_prevent_the_build() {
    for (name, part) in [
        ("", "no name for a runtime"),
        ("a b", "no name for a runtime"),
        ("ä", "no name for a runtime"),
        ("default", "exists twice"),
    ] {
        let built = Platform::builder()
            .runtime(Named::new("first"))
            .named_runtime(name, Named::new("second"))
            .build()
            .await;
        match built {
            Ok(_) => panic!("{name:?} was accepted"),
            Err(error) => assert!(error.to_string().contains(part), "{error}"),
        }
    }
    // The second one without a name replaces the first one.
    let platform = Platform::builder()
        .runtime(Named::new("first"))
        .runtime(Named::new("second"))
        .build()
        .await
        .unwrap();
    assert_eq!(platform.describe_runtime(), "runs in second");
    platform.shutdown().await;
}
