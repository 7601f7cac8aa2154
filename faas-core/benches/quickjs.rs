//! What QuickJS costs: a warm call, a cold start, a blank isolate, a compile.

#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::cell::RefCell;
use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use faas_core::model::{ExecutionId, FunctionId, InstanceId, Json, Timestamp};
use faas_core::runtime::{
    Call, CallContext, Instance, Limits, OpenEnvironment, Outcome, Program, QuickJs,
    QuickJsOptions, Runtime, StopSignal,
};

const FUNCTION: FunctionId = FunctionId::from_u128(1);

/// About 1 KB of ordinary code.
const SOURCE: &str = include_str!("one_kilobyte.js");

struct Rig {
    quickjs: QuickJs,
    instance: Box<dyn Instance>,
    context: CallContext,
    limits: Limits,
    input: Json,
}

impl Rig {
    fn new(blank_isolates: usize) -> Self {
        let quickjs = QuickJs::new(QuickJsOptions {
            blank_isolates,
            ..QuickJsOptions::default()
        })
        .unwrap();
        let instance_id = InstanceId::new("instance-1");
        Self {
            instance: quickjs.instance(&instance_id).unwrap(),
            quickjs,
            context: CallContext {
                execution_id: ExecutionId::from_u128(5),
                function_id: FUNCTION,
                function_name: "add".into(),
                attempt: 1,
                deadline: Timestamp::from_millis(1_769_868_309_123),
                instance_id,
            },
            limits: Limits {
                timeout: Duration::from_secs(30),
                memory: 128 << 20,
                output: 1 << 20,
                log_lines: 1000,
                log_bytes: 1 << 18,
            },
            input: Json::parse(r#"{"a":1,"b":2,"items":[{"price":3,"count":2}]}"#).unwrap(),
        }
    }

    fn call(&mut self, program: &Program) -> Outcome {
        self.instance.run(&Call {
            function: (FUNCTION, 1),
            program,
            environment: &OpenEnvironment::EMPTY,
            input: &self.input,
            context: &self.context,
            limits: &self.limits,
            stop: &StopSignal::default(),
        })
    }
}

fn warm(criterion: &mut Criterion) {
    let mut rig = Rig::new(1);
    for (name, source) in [
        ("a body", "return input.a + input.b"),
        (
            "a body that uses its context",
            "return [context.executionId, context.attempt]",
        ),
        ("an async body", "return await input.a"),
        ("1 KB of declarations", SOURCE),
    ] {
        let program = rig.quickjs.compile(source).unwrap();
        criterion.bench_function(&format!("warm call/{name}"), |bencher| {
            bencher.iter(|| black_box(rig.call(&program)));
        });
        rig.quickjs.forget(FUNCTION);
    }
    rig.call(&rig.quickjs.compile(SOURCE).unwrap());
    rig.instance.idle();
    let stats = rig.quickjs.stats();
    eprintln_bytes(stats.warm_bytes);
}

#[expect(
    clippy::print_stderr,
    reason = "the figure has no place in criterion's output"
)]
fn eprintln_bytes(bytes: usize) {
    eprintln!("bytes of a warm isolate, 1 KB of source: {bytes}");
}

/// Only the call is timed; a blank isolate is ready each time.
fn cold(criterion: &mut Criterion) {
    /// Enough that taking one does not wake the thread that makes them.
    const BLANKS: usize = 4;
    let rig = Rig::new(BLANKS);
    let program = rig.quickjs.compile(SOURCE).unwrap();
    let quickjs = rig.quickjs.clone();
    let rig = RefCell::new(rig);
    criterion.bench_function("cold start/blank ready, 1 KB", |bencher| {
        bencher.iter_batched(
            || {
                rig.borrow_mut().instance.idle();
                quickjs.forget(FUNCTION);
                // One is made anew when more than half are gone.
                while quickjs.stats().blank_isolates < BLANKS / 2 {
                    std::thread::yield_now();
                }
            },
            |()| black_box(rig.borrow_mut().call(&program)),
            BatchSize::PerIteration,
        );
    });
    let rig = RefCell::new(Rig::new(0));
    let quickjs = rig.borrow().quickjs.clone();
    criterion.bench_function("cold start/no blank ready, 1 KB", |bencher| {
        bencher.iter_batched(
            || {
                rig.borrow_mut().instance.idle();
                quickjs.forget(FUNCTION);
            },
            |()| black_box(rig.borrow_mut().call(&program)),
            BatchSize::PerIteration,
        );
    });
}

fn compile(criterion: &mut Criterion) {
    let rig = Rig::new(0);
    criterion.bench_function("compile/1 KB", |bencher| {
        bencher.iter(|| black_box(rig.quickjs.compile(SOURCE).unwrap()));
    });
}

criterion_group!(benches, warm, cold, compile);
criterion_main!(benches);
