//! The library alone: what an invocation costs without HTTP.

#![expect(
    clippy::expect_used,
    reason = "a benchmark that cannot run has nothing to report"
)]

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use faas_core::Platform;
use faas_core::model::{FunctionId, Json};
use faas_core::platform::NewFunction;
use futures_util::future::join_all;
use tokio::runtime::Runtime;

async fn platform() -> (Platform, FunctionId) {
    let platform = Platform::builder().build().await.expect("a platform");
    let function = platform
        .functions()
        .create(NewFunction::new("echo", "echo", "return input"))
        .await;
    let id = function.expect("a function").id;
    platform
        .invoke(id, Json::empty_object())
        .await
        .expect("a warm isolate");
    (platform, id)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures the real time"
)]
fn now() -> Instant {
    Instant::now()
}

fn invoke(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let (platform, id) = runtime.block_on(platform());
    let input = Json::trusted(r#"{"name":"Ada","numbers":[1,2,3,4,5,6,7,8]}"#);

    criterion.bench_function("invoke, warm, one at a time", |bencher| {
        bencher.iter(|| {
            runtime
                .block_on(platform.invoke(id, input.clone()))
                .expect("an execution")
        });
    });

    // Wall time of each at full load; on N cores, N times that is the processor time.
    criterion.bench_function("invoke, warm, 64 at a time", |bencher| {
        bencher.iter_custom(|count| {
            let start = now();
            runtime.block_on(async {
                let callers = (0..64).map(|caller| {
                    let (platform, input) = (platform.clone(), input.clone());
                    tokio::spawn(async move {
                        for _ in 0..count / 64 + u64::from(caller < count % 64) {
                            platform
                                .invoke(id, input.clone())
                                .await
                                .expect("an execution");
                        }
                    })
                });
                join_all(callers.collect::<Vec<_>>()).await;
            });
            start.elapsed()
        });
    });
}

/// Each of many functions once: the ten-thousandth must not be slower than the first.
fn many_functions(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let (platform, _) = runtime.block_on(platform());
    let mut number = 0_u32;
    let mut group = criterion.benchmark_group("upload and first invocation");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(5));
    for start in [0, 5_000, 10_000] {
        runtime.block_on(async {
            while number < start {
                upload_and_call(&platform, &mut number).await;
            }
        });
        group.bench_function(format!("after {start} functions"), |bencher| {
            bencher.iter(|| runtime.block_on(upload_and_call(&platform, &mut number)));
        });
    }
    group.finish();
}

async fn upload_and_call(platform: &Platform, number: &mut u32) {
    *number += 1;
    let code = format!("const k = {number};\nreturn {{ sum: input.a + k }}");
    let new = NewFunction::new(format!("function {number}"), "adds", code);
    let function = platform.functions().create(new).await.expect("a function");
    platform
        .invoke(function.id, Json::trusted(r#"{"a":1}"#))
        .await
        .expect("an execution");
}

criterion_group!(benches, invoke, many_functions);
criterion_main!(benches);
