//! Executions that wait for a timer, many at a time on few instances.

use std::time::Duration;

use faas_core::Platform;
use faas_core::model::{Json, Status};
use faas_core::platform::NewFunction;
use tokio::task::JoinSet;

use crate::Result;
use crate::isolation::{Isolation, now, proportional, raise_descriptor_limit};

const CODE: &str = "await new Promise(done => setTimeout(done, 1000)); return 1";

/// Prints the figures.
#[tokio::main]
pub(crate) async fn measure() -> Result<()> {
    raise_descriptor_limit()?;
    println!("executions that each wait 1 s, on 10 instances");
    println!("                   executions   all done   most waiting   host memory each");
    for (name, isolation, count) in [
        ("thread", Isolation::Thread(16), 5_000),
        ("process", Isolation::Process(8), 1_000),
    ] {
        // The second round finds warm isolates.
        let builder = isolation.runtime(Platform::builder())?;
        let builder = builder.options(|options| {
            options.min_instances = 10;
            options.max_waiting = count;
        });
        let platform = builder.build().await?;
        let new = NewFunction::new("wait", "waits", CODE);
        let function = platform.functions().create(new).await?.id;
        for round in ["cold", "warm"] {
            let before = proportional(std::process::id())?;
            let start = now();
            let mut calls = JoinSet::new();
            for _ in 0..count {
                let platform = platform.clone();
                calls.spawn(async move { platform.invoke(function, Json::null()).await });
            }
            let (mut most, mut host) = (0, 0);
            while !calls.is_empty() {
                most = most.max(platform.counters().waiting);
                host = host.max(proportional(std::process::id())?.saturating_sub(before));
                let pause = tokio::time::sleep_until((now() + Duration::from_millis(50)).into());
                tokio::select! {
                    () = pause => {}
                    Some(done) = calls.join_next() => {
                        let done = done??;
                        if done.status != Status::Completed {
                            return Err(format!("{:?}", done.failure).into());
                        }
                        while let Some(done) = calls.try_join_next() {
                            done??;
                        }
                    }
                }
            }
            let took = start.elapsed();
            let each = host / count;
            println!("{name:<8} {round:<8} {count:>9} {took:>11.2?} {most:>12} {each:>13} KiB");
        }
        platform.shutdown().await;
    }
    Ok(())
}
