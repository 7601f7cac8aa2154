//! What calls cost in both isolations: warm, cold, waiting, calling their host. And what a blank
//! isolate and a compilation cost.
//!
//! Calls in threads are awaited one at a time on one thread, so each figure has two hand-overs: to
//! the thread that runs the step, and back.

#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use criterion::{BatchSize, Criterion, criterion_group};
use faas_core::model::{ExecutionId, FunctionId, InstanceId, Json, Timestamp};
use faas_core::runtime::{
    BindingNames, Call, CallContext, CallHost, HostAnswer, HostError, HostRequest, Limits,
    OpenEnvironment, Outcome, Program, QuickJs, QuickJsOptions, Runtime, StopSignal,
};
#[cfg(target_os = "linux")]
use faas_core::runtime::{Processes, ProcessesOptions, worker};
use futures_util::future::join_all;

const FUNCTION: FunctionId = FunctionId::from_u128(1);

/// About 1 KB of ordinary code.
const SOURCE: &str = include_str!("one_kilobyte.js");

/// Waits for the clock's next tick at least.
const WAITS: &str = "return await new Promise(done => setTimeout(done, 0))";

const CALLS_HOST: &str = "return await context.host.now(input)";
const CALLS_HOST_LATER: &str = "return await context.host.later(input)";

/// Answers `now` at once, and `later` after the code has waited.
struct Host;

#[async_trait]
impl CallHost for Host {
    fn wait(&self) -> bool {
        true
    }

    async fn resume(&self) -> Duration {
        Duration::ZERO
    }

    async fn call(&self, request: HostRequest) -> HostAnswer {
        let HostRequest::Call {
            function, argument, ..
        } = request
        else {
            return Err(HostError::new("ERR_STREAM", "there are no streams"));
        };
        if &*function == "later" {
            tokio::task::yield_now().await;
        }
        Ok(argument)
    }
}

struct Rig<R> {
    runtime: R,
    tokio: tokio::runtime::Runtime,
    call: Call,
}

impl<R: Runtime> Rig<R> {
    fn new(runtime: R) -> Self {
        let context = CallContext {
            execution_id: ExecutionId::from_u128(5),
            function_id: FUNCTION,
            function_name: "add".into(),
            attempt: 1,
            deadline: Timestamp::from_millis(1_769_868_309_123),
            instance_id: InstanceId::new("instance-1"),
        };
        let binding = BindingNames {
            name: "host".into(),
            functions: Arc::new(["now".into(), "later".into()]),
        };
        let input = r#"{"a":1,"b":2,"items":[{"price":3,"count":2}]}"#;
        let call = Call {
            function: (FUNCTION, 1),
            program: Program::new(()),
            environment: Arc::new(OpenEnvironment::EMPTY),
            bindings: Arc::new([binding]),
            input: Json::parse(input).unwrap(),
            is_http: false,
            context: Arc::new(context),
            limits: Limits {
                timeout: Duration::from_secs(30),
                memory: 128 << 20,
                output: 1 << 20,
                log_lines: 1000,
                log_bytes: 1 << 18,
                host_calls: 10,
                host_bytes: 1 << 20,
            },
            stop: Arc::new(StopSignal::default()),
            host: Arc::new(Host),
        };
        Self {
            runtime,
            tokio: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
            call,
        }
    }

    fn compile(&mut self, source: &str) {
        self.runtime.forget(FUNCTION);
        self.call.program = self.runtime.compile(&source.into()).unwrap();
    }

    async fn run(&self) -> Outcome {
        let instance = self.runtime.acquire(self.call.function).await.unwrap();
        instance.run(self.call.clone()).await
    }

    fn call(&self) -> Outcome {
        let outcome = self.tokio.block_on(self.run());
        assert!(outcome.result.is_ok());
        outcome
    }

    /// Measures warm calls of different kinds.
    fn warm(&mut self, criterion: &mut Criterion, isolation: &str) {
        for (name, source) in [
            ("a body", "return input.a + input.b"),
            (
                "a body that uses its context",
                "return [context.executionId, context.attempt]",
            ),
            ("an async body", "return await input.a"),
            ("1 KB of declarations", SOURCE),
            ("a timer of 0 ms", WAITS),
            ("a host call", CALLS_HOST),
            ("a host call that waits", CALLS_HOST_LATER),
        ] {
            self.compile(source);
            criterion.bench_function(&format!("{isolation}/warm call/{name}"), |bencher| {
                bencher.iter(|| black_box(self.call()));
            });
        }
        // Each of them needs an isolate, and a timer.
        self.compile("await new Promise(done => setTimeout(done, 20)); return 1");
        criterion.bench_function(
            &format!("{isolation}/100 calls that wait 20 ms"),
            |bencher| {
                bencher.iter(|| {
                    let calls = (0..100).map(|_| self.run());
                    black_box(self.tokio.block_on(join_all(calls)))
                });
            },
        );
    }

    /// Measures cold starts. Only the call is timed; `blanks` isolates are ready each time.
    fn cold(&mut self, criterion: &mut Criterion, name: &str, blanks: usize) {
        self.compile(SOURCE);
        criterion.bench_function(name, |bencher| {
            bencher.iter_batched(
                || {
                    self.runtime.forget(FUNCTION);
                    while self.runtime.stats().blank_isolates < blanks {
                        std::thread::yield_now();
                    }
                },
                |()| black_box(self.call()),
                BatchSize::PerIteration,
            );
        });
    }
}

fn quickjs(blank_isolates: usize) -> QuickJs {
    QuickJs::new(QuickJsOptions {
        blank_isolates,
        ..QuickJsOptions::default()
    })
    .unwrap()
}

/// Enough that taking a blank isolate does not wake the thread that makes them: it makes some when
/// more than half are gone.
const BLANKS: usize = 4;

fn threads(criterion: &mut Criterion) {
    let mut rig = Rig::new(quickjs(BLANKS));
    rig.warm(criterion, "threads");
    rig.compile(SOURCE);
    rig.call();
    eprintln_bytes(rig.runtime.stats().warm_bytes);
    rig.cold(
        criterion,
        "threads/cold start/blank ready, 1 KB",
        BLANKS / 2,
    );
    let mut rig = Rig::new(quickjs(0));
    rig.cold(criterion, "threads/cold start/no blank ready, 1 KB", 0);
}

#[cfg(target_os = "linux")]
fn processes(criterion: &mut Criterion) {
    let mut options = ProcessesOptions::default();
    options.blank_children = BLANKS;
    let mut rig = Rig::new(Processes::new(options).unwrap());
    rig.warm(criterion, "processes");
    rig.cold(
        criterion,
        "processes/cold start/blank ready, 1 KB",
        BLANKS / 2,
    );
    let mut options = ProcessesOptions::default();
    options.blank_children = 0;
    let mut rig = Rig::new(Processes::new(options).unwrap());
    rig.cold(criterion, "processes/cold start/no blank ready, 1 KB", 0);
}

#[cfg(not(target_os = "linux"))]
fn processes(_: &mut Criterion) {}

#[expect(
    clippy::print_stderr,
    reason = "the figure has no place in criterion's output"
)]
fn eprintln_bytes(bytes: usize) {
    eprintln!("bytes of a warm isolate, 1 KB of source: {bytes}");
}

fn compile(criterion: &mut Criterion) {
    let quickjs = quickjs(0);
    criterion.bench_function("compile/1 KB", |bencher| {
        bencher.iter(|| black_box(quickjs.compile(&SOURCE.into()).unwrap()));
    });
}

criterion_group!(benches, threads, processes, compile);

fn main() {
    #[cfg(target_os = "linux")]
    worker::run_if_asked();
    benches();
    Criterion::default().configure_from_args().final_summary();
}
