//! A host that brings its own scaling policy and its own runtime.
//!
//! Run it with `cargo run -p faas-custom-policy`. Read [`policy`] and [`runtime`] first: each implements
//! one trait of `faas-core`, and neither depends on the other. The platform still does queueing,
//! retries, prices, events and storage.

mod policy;
mod runtime;

use std::error::Error;
use std::time::Duration;

use faas_core::Platform;
use faas_core::clock::{Clock, SystemClock};
use faas_core::events::{EventKind, Received};
use faas_core::model::ExecutionId;
use faas_core::platform::NewFunction;
use serde_json::json;
use tokio::runtime::Handle;

use crate::policy::OnePerExecution;
use crate::runtime::Closures;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    for line in demo().await? {
        say(&line);
    }
    Ok(())
}

/// Runs everything once and tells what happened.
async fn demo() -> Result<Vec<String>, Box<dyn Error>> {
    // What users may upload here is the name of one of these closures.
    let runtime = Closures::default()
        .with("shout", |input, _| {
            let text: String = input.to().map_err(|error| error.to_string())?;
            Ok(json!(text.to_uppercase()).into())
        })
        .with("nap", |_, stop| {
            // A closure that takes long also waits for the signal, so that it can be stopped.
            Handle::current().block_on(async {
                tokio::select! {
                    reason = stop.stopped() => Err(format!("woken early: {reason:?}")),
                    () = SystemClock::new().sleep(Duration::from_millis(300)) => {
                        Ok(json!("rested").into())
                    }
                }
            })
        });
    let platform = Platform::builder()
        .runtime(runtime)
        .scaling_policy(OnePerExecution::new(Duration::from_secs(1)))
        .options(|options| options.scaling_tick = Duration::from_millis(20))
        .build()
        .await?;
    let mut told = Vec::new();

    // An upload that is no name of a closure is refused, as JavaScript with a typing error is.
    let functions = platform.functions();
    let wrong = functions
        .create(NewFunction::new("wrong", "none", "whisper"))
        .await;
    told.push(match wrong {
        Ok(_) => "an unknown closure was accepted".to_owned(),
        Err(error) => format!("refused: {error}"),
    });

    let shout = functions
        .create(NewFunction::new("loud", "shouts", "shout"))
        .await?;
    let done = platform.invoke(shout.id, json!("hello")).await?;
    if let Some(output) = &done.output {
        told.push(format!(
            "shout returned {output} for ${}",
            done.cost.total()
        ));
    }

    // Eight at once: the policy gives each an instance of its own.
    let nap = functions
        .create(NewFunction::new("tired", "sleeps", "nap"))
        .await?;
    let mut events = platform.events().subscribe(None);
    let mut waiting = Vec::<ExecutionId>::new();
    for _ in 0..8 {
        let accepted = platform.execute(nap.id, json!({})).await?;
        waiting.push(accepted.id);
    }
    while !waiting.is_empty() {
        let Received::Events(batch) = events.next(64).await else {
            return Err("fell behind the events".into());
        };
        for event in batch {
            match &event.kind {
                EventKind::Completed(execution) | EventKind::Failed(execution) => {
                    waiting.retain(|id| *id != execution.id);
                }
                EventKind::Scaling(scaling) => told.push(format!(
                    "{} instances: {}",
                    scaling.instance_count, scaling.reason
                )),
                _ => {}
            }
        }
    }
    told.push("all eight have rested".to_owned());
    platform.shutdown().await;
    Ok(told)
}

#[expect(clippy::print_stdout, reason = "an example shows what it did")]
fn say(line: &str) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn the_example_runs_with_its_own_policy_and_runtime() {
        let told = demo().await.unwrap();
        let has = |part: &str| assert!(told.iter().any(|line| line.contains(part)), "{told:?}");
        has("refused: there is no closure \"whisper\"");
        has("shout returned \"HELLO\"");
        has("executions, one instance each");
        has("all eight have rested");
    }
}
