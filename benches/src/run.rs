//! Code that runs once beside warm calls of a function, through the library: the same code of 1 KB,
//! different each time it runs once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use faas_core::Platform;
use faas_core::model::{FunctionId, Json};
use faas_core::platform::{NewFunction, Script};

use crate::Result;
use crate::isolation::{INPUT, Isolation, SOURCE, at, invoke, now, raise_descriptor_limit};

/// Calls of each kind, which take turns.
const CALLS: usize = 1000;
/// How many scripts run at a time where the rate is measured, and for how long.
const AT_A_TIME: usize = 8;
const RATE_TIME: Duration = Duration::from_secs(5);

/// Prints the figures.
#[tokio::main]
pub(crate) async fn measure() -> Result<()> {
    raise_descriptor_limit()?;
    println!("{CALLS} warm calls and as many scripts of 1 KB, which take turns");
    println!(
        "             warm p50   warm p99    run p50    run p99   more p50   more p99  runs/s"
    );
    for (name, isolation) in [
        ("thread", Isolation::Thread(16)),
        ("process", Isolation::Process(8)),
    ] {
        let platform = isolation.platform().await?;
        let new = NewFunction::new("warm", "adds up", SOURCE);
        let function = platform.functions().create(new).await?.id;
        let (mut warm, mut runs) = take_turns(&platform, function, isolation).await?;
        let figures = [
            at(&mut warm, 50),
            at(&mut warm, 99),
            at(&mut runs, 50),
            at(&mut runs, 99),
        ];
        let [warm50, warm99, run50, run99] = figures;
        let (more50, more99) = (run50.saturating_sub(warm50), run99.saturating_sub(warm99));
        let rate = rate(&platform).await?;
        println!(
            "{name:<10} {warm50:>10.1?} {warm99:>10.1?} {run50:>10.1?} {run99:>10.1?} \
             {more50:>10.1?} {more99:>10.1?} {rate:>7.0}"
        );
        platform.shutdown().await;
    }
    Ok(())
}

async fn take_turns(
    platform: &Platform,
    function: FunctionId,
    isolation: Isolation,
) -> Result<(Vec<Duration>, Vec<Duration>)> {
    let (mut warm, mut runs) = (Vec::new(), Vec::new());
    invoke(platform, function).await?;
    for number in 0..CALLS {
        warm.push(invoke(platform, function).await?);
        runs.push(run(platform, number).await?);
        // Not a rush: blanks are made between the calls, as in the comparison of isolations.
        while platform.counters().runtime.blank_isolates < isolation.blanks() / 2 {
            tokio::task::yield_now().await;
        }
    }
    Ok((warm, runs))
}

/// Runs code that no other call has.
async fn run(platform: &Platform, number: usize) -> Result<Duration> {
    let script = Script::new(format!("{SOURCE}\n// {number}")).input(Json::trusted(INPUT));
    let start = now();
    let ended = platform.run(script).await?;
    let took = start.elapsed();
    match &ended.failure {
        None => Ok(took),
        Some(failure) => Err(format!("it failed: {failure:?}").into()),
    }
}

/// How many different scripts run per second.
async fn rate(platform: &Platform) -> Result<f64> {
    let numbers = Arc::new(AtomicUsize::new(CALLS));
    let start = now();
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..AT_A_TIME {
        let (platform, numbers) = (platform.clone(), numbers.clone());
        clients.spawn(async move {
            while start.elapsed() < RATE_TIME {
                run(&platform, numbers.fetch_add(1, Ordering::Relaxed)).await?;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        });
    }
    while let Some(client) = clients.join_next().await {
        client??;
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let runs = (numbers.load(Ordering::Relaxed) - CALLS) as f64;
    Ok(runs / start.elapsed().as_secs_f64())
}
