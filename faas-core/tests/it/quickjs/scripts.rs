//! Code that runs once, through a whole platform.

use std::sync::Arc;
use std::time::Duration;

use faas_core::bindings::{Binding, HostCall};
use faas_core::error::Error;
use faas_core::model::egress::EgressRules;
use faas_core::model::{
    CodeHash, Execution, FailureKind, FunctionId, KvConfig, KvTarget, NanoDollars, Status,
};
use faas_core::options::PlatformOptions;
use faas_core::platform::{NewFunction, RunLimits, Script};
use faas_core::runtime::{HostError, QuickJsOptions};
use faas_core::store::{ExecutionQuery, FunctionQuery, Granularity, Period};
use faas_core::{Platform, model::Json};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::start;

/// A hang must not pass for success.
const PATIENCE: Duration = Duration::from_secs(60);

async fn platform(change: impl FnOnce(&mut PlatformOptions)) -> (Platform, Arc<Notify>) {
    let (called, dropped) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (reached, gone) = (called.clone(), dropped.clone());
    let tools = Binding::new("tools")
        .function("double", |_: HostCall, number: f64| async move {
            Ok::<_, HostError>(2.0 * number)
        })
        .function("never", move |_: HostCall, (): ()| {
            reached.notify_one();
            let gone = NotifyOnDrop(gone.clone());
            async move {
                let _gone = gone;
                std::future::pending::<Result<(), HostError>>().await
            }
        });
    let other = Binding::new("other").function("secret", |_: HostCall, (): ()| async {
        Ok::<_, HostError>(42)
    });
    let platform = Platform::builder()
        .runtime(start(QuickJsOptions::default()))
        .bind(tools)
        .bind(other)
        .options(change)
        .build()
        .await
        .unwrap();
    // The call of `never` was reached, or its end.
    let both = Arc::new(Notify::new());
    let merged = both.clone();
    tokio::spawn(async move {
        called.notified().await;
        merged.notify_one();
        dropped.notified().await;
        merged.notify_one();
    });
    (platform, both)
}

struct NotifyOnDrop(Arc<Notify>);

impl Drop for NotifyOnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

fn output(execution: &Execution) -> Value {
    assert_eq!(execution.status, Status::Completed, "{execution:?}");
    let output = execution.output.as_ref().map_or("null", Json::as_str);
    serde_json::from_str(output).unwrap()
}

fn failure(execution: &Execution) -> (FailureKind, &str) {
    assert_eq!(execution.status, Status::Failed, "{execution:?}");
    let failure = execution.failure.as_ref().unwrap();
    (failure.kind, &failure.message)
}

#[tokio::test(flavor = "multi_thread")]
async fn code_runs_once_in_each_form_and_language() {
    let (platform, _) = platform(|_| {}).await;
    for code in [
        "return input.a + input.b",
        "(input) => input.a + input.b",
        "export default ({ a, b }) => a + b",
        "module.exports = async ({ a, b }) => a + b",
        "export default ({ a, b }: { a: number, b: number }): number => a + b",
        "const add = (a: number, b: number): number => a + b; return add(input.a, input.b)",
    ] {
        let script = Script::new(code).input(json!({ "a": 1, "b": 2 }));
        let done = platform.run(script).await.unwrap();
        assert_eq!(output(&done), 3, "{code}");
        assert_eq!(done.attempts[0].code, Some(CodeHash::of(code)));
    }
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_stored_but_the_execution() {
    let (platform, _) = platform(|_| {}).await;
    let code = "console.log('hello'); return [1]";
    let done = platform.run(Script::new(code)).await.unwrap();
    assert_eq!(done.logs[0].message, "hello");
    assert_eq!(done.function_id, FunctionId::RUN);
    let stored = platform.executions().get(done.id).await.unwrap();
    assert_eq!(stored, done);
    let functions = platform.functions();
    let page = functions.list(&FunctionQuery::default()).await.unwrap();
    assert_eq!(page.items.len(), 0);
    assert!(matches!(
        functions.get(FunctionId::RUN).await,
        Err(Error::NotFound(_))
    ));
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_does_not_compile_fails_with_its_place() {
    let (platform, _) = platform(|_| {}).await;
    let done = platform.run(Script::new("let a = 1;\nreturn a +")).await;
    let done = done.unwrap();
    let (kind, message) = failure(&done);
    assert_eq!(kind, FailureKind::UserError);
    assert!(message.contains("line 2"), "{message}");
    assert!(done.cost.total() > NanoDollars::ZERO);
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_isolate_runs_one_script_only() {
    let (platform, _) = platform(|_| {}).await;
    let code = "globalThis.count = (globalThis.count ?? 0) + 1; return globalThis.count";
    for _ in 0..20 {
        let done = platform.run(Script::new(code)).await.unwrap();
        assert_eq!(output(&done), 1);
        assert!(done.cold_start);
    }
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn code_reaches_only_what_its_script_gives_it() {
    let (platform, _) = platform(|_| {}).await;
    let has = async |script: Script| {
        let done = platform.run(script).await.unwrap();
        let names = output(&done);
        let names = names.as_array().unwrap().clone();
        ["tools", "other", "kv"].map(|name| names.contains(&name.into()))
    };
    let probe = "return ['tools', 'other', 'kv'].filter((name) => context[name] !== undefined)";
    assert_eq!(has(Script::new(probe)).await, [false; 3]);
    let script = Script::new(probe).bindings(["tools"]);
    assert_eq!(has(script).await, [true, false, false]);
    let shared = KvConfig::One(KvTarget::Shared("notes".into()));
    assert_eq!(
        has(Script::new(probe).kv(shared)).await,
        [false, false, true]
    );
    let fetch = "return await fetch('http://127.0.0.1:1/').then(() => 'sent', String)";
    let done = platform.run(Script::new(fetch)).await.unwrap();
    assert!(output(&done).to_string().contains("no network"), "{done:?}");

    let code = "return await context.tools.double(21)";
    let done = platform.run(Script::new(code).bindings(["tools"])).await;
    let done = done.unwrap();
    assert_eq!(output(&done), 42);
    assert_eq!(done.host_calls[0].name, "tools.double");
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_asks_for_more_than_there_is_gets_a_clear_error() {
    let (platform, _) = platform(|options| {
        options.max_timeout = Duration::from_secs(5);
        options.max_code = 1_000;
    })
    .await;
    let limits = RunLimits::default().timeout(Duration::from_secs(1));
    let script = || Script::new("return 1").limits(limits.clone());
    let everything = EgressRules::new(None, Vec::new()).unwrap();
    for (script, expected) in [
        (script().bindings(["tols"]), "it has other, tools"),
        (script().egress(everything), "no network"),
        (
            script().kv(KvConfig::One(KvTarget::Own)),
            "name a shared one",
        ),
        (
            script().limits(RunLimits::default()),
            "expected 1 to 5000 ms",
        ),
        (script().limits(limits.clone().memory(4_000)), "128 MiB"),
        (Script::new(" ").limits(limits.clone()), "code is blank"),
        (
            Script::new("x".repeat(1_001)).limits(limits.clone()),
            "1000 are accepted",
        ),
    ] {
        let error = platform.run(script.clone()).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{script:?}: {error}");
    }
    let listed = platform.executions().list(&ExecutionQuery::default()).await;
    assert_eq!(listed.unwrap().len(), 0);
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold_also_while_the_code_compiles_and_runs() {
    let (platform, _) = platform(|_| {}).await;
    let short = RunLimits::default().timeout(Duration::from_millis(200));
    let done = platform.run(Script::new("for (;;);").limits(short)).await;
    assert_eq!(failure(&done.unwrap()).0, FailureKind::Timeout);
    let small = RunLimits::default().memory(16);
    let code = "const all = []; for (;;) all.push(new Array(1000).fill(1))";
    let done = platform.run(Script::new(code).limits(small)).await;
    assert_eq!(failure(&done.unwrap()).0, FailureKind::OutOfMemory);
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_have_the_cost_of_runs_to_the_nano_dollar() {
    let (platform, _) = platform(|_| {}).await;
    let function = NewFunction::new("one", "returns 1", "return 1");
    let function = platform.functions().create(function).await.unwrap();
    let mut sum = platform
        .invoke(function.id, json!({}))
        .await
        .unwrap()
        .cost
        .total();
    for code in ["return 1", "throw new Error('no')", "syntax error"] {
        let done = platform.run(Script::new(code)).await.unwrap();
        assert!(done.cost.total() > NanoDollars::ZERO);
        sum += done.cost.total();
    }
    let period = Period {
        from: platform.now() - Duration::from_secs(3600),
        to: platform.now() + Duration::from_secs(1),
    };
    let costs = platform.costs();
    let system = costs.system(period).await.unwrap();
    assert_eq!(system.sums.total(), sum);
    let runs = system
        .functions
        .iter()
        .find(|cost| cost.label.id == FunctionId::RUN);
    let runs = runs.unwrap();
    assert_eq!((&*runs.label.name, runs.sums.executions), ("(run)", 3));
    let alone = costs.function(FunctionId::RUN, period).await.unwrap();
    assert_eq!(alone.sums, runs.sums);
    let trends = costs
        .trends(period, Granularity::Hour, Some(FunctionId::RUN))
        .await;
    let of_hours = trends
        .unwrap()
        .iter()
        .map(|row| row.sums.executions)
        .sum::<u64>();
    assert_eq!(of_hours, 3);
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_cancelled_when_its_caller_goes_away() {
    let (platform, reached) = platform(|_| {}).await;
    let script = Script::new("await context.tools.never()").bindings(["tools"]);
    let run = platform.run(script);
    tokio::select! {
        _ = run => panic!("it never ends"),
        () = reached.notified() => {}
    }
    tokio::time::timeout(PATIENCE, reached.notified())
        .await
        .unwrap();
    let ended = async {
        loop {
            let query = ExecutionQuery::default();
            let listed = platform.executions().list(&query).await.unwrap();
            if let Some(ended) = listed.first().filter(|one| one.status.is_terminal()) {
                break ended.failure.as_ref().map(|failure| failure.kind);
            }
            tokio::task::yield_now().await;
        }
    };
    let kind = tokio::time::timeout(PATIENCE, ended).await.unwrap();
    assert_eq!(kind, Some(FailureKind::Cancelled));
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_cannot_be_repeated_because_its_code_is_not_stored() {
    let (platform, _) = platform(|_| {}).await;
    let done = platform.run(Script::new("return 1")).await.unwrap();
    let error = platform.executions().retry(done.id).await.unwrap_err();
    assert!(error.to_string().contains("not stored"), "{error}");
    platform.shutdown().await;
}
