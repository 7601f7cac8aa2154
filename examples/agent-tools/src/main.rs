//! A host for an agent: it gives code that a model wrote three Rust functions and nothing else, no
//! network, no files, no secrets.
//!
//! Without an argument, `cargo run -p faas-agent-tools` runs the code in `src/example.js`; with the
//! path of a file, or `-` for standard input, it runs that. It first prints the declarations that the
//! model would get in its prompt, and then the result, the console, the host calls and the cost.
//!
//! On Linux each run gets a process of its own, which is locked in before it sees the code.

mod tools;

use std::error::Error;
use std::fs;
use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use faas_core::Platform;
use faas_core::model::{Execution, Json};
use faas_core::platform::{RunLimits, Script};

use tools::{Calendar, agent, calendar};

const EXAMPLE: &str = include_str!("example.js");

/// A platform on which code can use the calendar.
async fn platform(calendar: &Calendar) -> Result<Platform, Box<dyn Error>> {
    let builder = Platform::builder().bind(agent(calendar));
    #[cfg(target_os = "linux")]
    let builder = {
        use faas_core::runtime::{Processes, ProcessesOptions};
        builder.runtime(Processes::new(ProcessesOptions::default())?)
    };
    Ok(builder.build().await?)
}

/// Runs what a model wrote.
async fn run(platform: &Platform, code: &str) -> Result<Arc<Execution>, faas_core::Error> {
    let limits = RunLimits::default()
        .timeout(Duration::from_secs(5))
        .memory(64);
    let script = Script::new(code).limits(limits).bindings(["agent"]);
    platform.run(script).await
}

fn main() -> Result<(), Box<dyn Error>> {
    // The worker that forks the processes of the code is this program.
    #[cfg(target_os = "linux")]
    faas_core::runtime::worker::run_if_asked();
    serve()
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn serve() -> Result<(), Box<dyn Error>> {
    let code = match std::env::args().nth(1).as_deref() {
        None => EXAMPLE.to_owned(),
        Some("-") => {
            let mut code = String::new();
            std::io::stdin().read_to_string(&mut code)?;
            code
        }
        Some(path) => fs::read_to_string(path)?,
    };
    let platform = platform(&calendar()).await?;
    println!("{}", platform.bindings().typescript());
    let done = run(&platform, &code).await?;
    match &done.failure {
        None => println!(
            "result: {}",
            done.output.as_ref().map_or("null", Json::as_str)
        ),
        Some(failure) => println!("failure: {}", failure.message),
    }
    for line in &done.logs {
        println!("console: {}", line.message);
    }
    for call in &done.host_calls {
        let error = call.error.as_deref().unwrap_or("ok");
        println!("called {} in {:?}: {error}", call.name, call.duration);
    }
    println!("cost: ${} for {:?}", done.cost.total(), done.duration);
    platform.shutdown().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use faas_core::model::Status;

    use super::*;

    /// A platform with isolates in threads: a test has no `main` that could become the worker.
    async fn platform(calendar: &Calendar) -> Platform {
        let builder = Platform::builder().bind(agent(calendar));
        builder.build().await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_example_books_the_cheapest_trip_on_a_free_day() {
        let calendar = calendar();
        let platform = platform(&calendar).await;
        let done = run(&platform, EXAMPLE).await.unwrap();
        assert_eq!(done.status, Status::Completed, "{done:?}");
        let output = done.output.as_ref().unwrap().as_str();
        assert_eq!(output, r#"{"day":"2026-03-14","to":"Paris","price":240}"#);
        assert_eq!(calendar.lock().await["2026-03-14"], "Trip to Paris");
        let calls: Vec<_> = done.host_calls.iter().map(|call| &*call.name).collect();
        assert_eq!(calls.len(), 5, "{calls:?}");
        assert!(
            calls.iter().all(|name| name.starts_with("agent.")),
            "{calls:?}"
        );
        platform.shutdown().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn code_reaches_the_three_functions_and_nothing_else() {
        let platform = platform(&calendar()).await;
        let reach = "const found = [];
            for (const name of ['env', 'kv', 'agent']) {
              if (Object.keys(context[name] ?? {}).length > 0) found.push(name);
            }
            await fetch('https://example.com/').then(() => found.push('network'), () => {});
            return [...found, ...Object.keys(context.agent)]";
        let done = run(&platform, reach).await.unwrap();
        let output = done.output.as_ref().map(Json::as_str);
        assert_eq!(
            output,
            Some(r#"["agent","addEntry","entries","price"]"#),
            "{done:?}"
        );
        let wrong = "return await context.agent.price({ to: 'Atlantis', travellers: 1 })";
        let done = run(&platform, wrong).await.unwrap();
        let failure = done.failure.as_ref().unwrap();
        assert!(
            failure.message.contains("no trips to Atlantis"),
            "{failure:?}"
        );
        platform.shutdown().await;
    }
}
