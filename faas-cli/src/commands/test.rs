//! `faas test`

use std::time::Duration;

use clap::Args;
use faas_api::{LoadTest, NewLoadTest};
use faas_client::Target;
use faas_core::model::Json;
use tokio::time::{MissedTickBehavior, interval};

use super::Output;
use super::invoke::Input;
use crate::failure::{Attempt, Failure};
use crate::host::Environment;
use crate::server::Server;
use crate::terminal::{Paint, Terminal};

/// How often the progress is read.
const REFRESH: Duration = Duration::from_millis(500);

#[derive(Debug, Args)]
pub struct Test {
    /// Name or id of the function
    name: String,
    /// Callers at the same time
    #[arg(long, short, value_name = "COUNT", default_value_t = 10)]
    concurrency: u32,
    /// Seconds that the test runs
    #[arg(long, short = 's', value_name = "SECONDS", default_value_t = 10)]
    seconds: u64,
    /// Calls per second [default: as many as the callers can make]
    #[arg(long, value_name = "COUNT")]
    rate: Option<f64>,
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    pub(crate) output: Output,
}

impl Test {
    pub(crate) async fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let client = self.server.client(environment)?;
        let function = client.function(Target::of(&self.name)).await?;
        let mut new = NewLoadTest::new(function.id.0);
        new.concurrency = Some(self.concurrency);
        new.duration_seconds = Some(self.seconds);
        new.rate = self.rate;
        let input = Json::parse(self.input.read()?.get().to_owned());
        new.input = Some(input.attempt("the input is not JSON")?);
        let mut test = client.start_load_test(&new).await?;
        let mut ticks = interval(REFRESH);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_stopped = false;
        while !test.status.0.is_terminal() {
            tokio::select! {
                _ = ticks.tick() => {}
                interrupted = tokio::signal::ctrl_c(), if !is_stopped => {
                    interrupted.attempt("cannot wait for Ctrl-C")?;
                    is_stopped = true;
                    client.stop_load_test(test.id).await?;
                }
            }
            test = client.load_test(test.id).await?;
            let result = &test.result;
            terminal.progress(&format!(
                "{} calls, {} failed, {} per second, p95 {} ms",
                result.total, result.failed, result.requests_per_second, result.response_time.p95
            ));
        }
        terminal.progress("");
        report(&test, terminal)
    }
}

fn report(test: &LoadTest<'_>, terminal: &Terminal) -> Result<(), Failure> {
    if terminal.json {
        return terminal.print(test);
    }
    let result = &test.result;
    let times = &result.response_time;
    let cost = &result.cost;
    for (name, value) in [
        ("status", test.status.to_string()),
        (
            "calls",
            format!("{}, {} failed", result.total, result.failed),
        ),
        ("per second", result.requests_per_second.to_string()),
        (
            "times in ms",
            format!("p50 {}, p95 {}, p99 {}", times.p50, times.p95, times.p99),
        ),
        ("cold starts", result.cold_starts.to_string()),
        (
            "cost",
            format!("${}, estimated ${}", cost.actual, cost.estimated.total),
        ),
    ] {
        terminal.line(format_args!("{name:12} {value}"))?;
    }
    for error in &result.errors {
        let text = format!("{} times: {}", error.count, error.message);
        terminal.line(terminal.paint(Paint::Red, &text))?;
    }
    Ok(())
}
