//! `faas invoke`

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use faas_api::{BatchExecution, Moment};
use faas_client::{CallOptions, Target};
use faas_core::model::Timestamp;
use serde_json::json;
use serde_json::value::RawValue;

use super::Output;
use crate::failure::{Attempt, Failure};
use crate::host::Environment;
use crate::server::Server;
use crate::terminal::{Paint, Terminal};

const EXAMPLES: &str = "\
Examples:
  faas invoke greet -d '{\"name\": \"Ada\"}'
  faas invoke greet -d @input.json
  echo '{}' | faas invoke greet -d -
  faas invoke report --async
  faas invoke report --async --delay 5m
  faas invoke report --async --run-at 2026-02-01T06:00:00+01:00
  faas invoke report --batch executions.ndjson   each line: {\"input\": …, \"idempotencyKey\": …, \"delay\": \"5m\"}";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Invoke {
    /// Name or id of the function
    name: String,
    #[command(flatten)]
    input: Input,
    /// Alias whose version runs [default: live]
    #[arg(long)]
    alias: Option<String>,
    /// Start it before waiting calls of the function with a lower priority: -100 to 100
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    priority: i8,
    /// Run only so many at a time with the same key as `concurrencyPerKey` of the function says
    #[arg(long, value_name = "KEY")]
    concurrency_key: Option<String>,
    /// Unless an execution with this key has not ended: the answer is about that one then
    #[arg(long, value_name = "KEY")]
    singleton_key: Option<String>,
    /// Execute it without waiting, with retries
    #[arg(long = "async")]
    is_async: bool,
    /// Time that it waits before it runs, such as 30s, 5m, 2h or 7d
    #[arg(long, requires = "is_async", value_parser = duration)]
    delay: Option<Duration>,
    /// Time when it runs, in RFC 3339
    #[arg(long, requires = "is_async", conflicts_with = "delay", value_name = "TIME", value_parser = moment)]
    run_at: Option<Moment>,
    /// Execute it once for each line of a file, without waiting, with retries
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data", "is_async"])]
    batch: Option<PathBuf>,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// The input of a function.
#[derive(Debug, Clone, Args)]
pub(super) struct Input {
    /// Input as JSON; @FILE reads a file, - reads standard input [default: {}]
    #[arg(long = "data", short = 'd', value_name = "JSON|@FILE|-")]
    data: Option<String>,
}

impl Input {
    /// Reads it; an empty object if none is given.
    pub(super) fn read(&self) -> Result<Box<RawValue>, Failure> {
        match self.given()? {
            Some(input) => Ok(input),
            None => json("{}".to_owned()),
        }
    }

    /// Reads it, if one is given.
    pub(super) fn given(&self) -> Result<Option<Box<RawValue>>, Failure> {
        let text = match self.data.as_deref() {
            None => return Ok(None),
            Some("-") => {
                let mut text = String::new();
                let read = std::io::stdin().read_to_string(&mut text);
                read.attempt("cannot read the input from standard input")?;
                text
            }
            Some(data) => match data.strip_prefix('@') {
                Some(path) => {
                    fs::read_to_string(path).attempt(format_args!("cannot read {path}"))?
                }
                None => data.to_owned(),
            },
        };
        json(text).map(Some)
    }
}

fn json(text: String) -> Result<Box<RawValue>, Failure> {
    RawValue::from_string(text).map_err(|error| {
        Failure::usage(format!("the input is not JSON: {error}"))
            .hint("write a text with its quotes: -d '\"text\"'")
    })
}

/// The executions of a batch, one on each line of `text`.
fn batch<'a>(text: &'a str, file: &Path) -> Result<Vec<BatchExecution<'a>>, Failure> {
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            faas_api::read(line).map_err(|error| {
                Failure::usage(format!("{}:{}: {error}", file.display(), index + 1))
            })
        })
        .collect()
}

fn duration(text: &str) -> Result<Duration, String> {
    faas_api::parse_duration(text)
        .ok_or_else(|| "expected a duration such as 30s, 5m, 2h or 7d".to_owned())
}

pub(super) fn moment(text: &str) -> Result<Moment, String> {
    Timestamp::parse_rfc3339(text)
        .map(Moment)
        .ok_or_else(|| "expected an RFC 3339 time such as 2026-02-01T06:00:00Z".to_owned())
}

impl Invoke {
    pub(crate) async fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let client = self.server.client(environment)?;
        let target = Target::of(&self.name);
        if let Some(file) = &self.batch {
            let text =
                fs::read_to_string(file).attempt(format_args!("cannot read {}", file.display()))?;
            let executions = batch(&text, file)?;
            let alias = self.alias.as_deref();
            let accepted = client.execute_batch(target, executions, alias).await?;
            if terminal.json {
                return terminal.print(&accepted);
            }
            for one in accepted.executions {
                terminal.line(one.execution_id)?;
            }
            return Ok(());
        }
        let input = self.input.read()?;
        let mut options = CallOptions::default();
        options.alias = self.alias;
        options.priority = self.priority;
        options.concurrency_key = self.concurrency_key;
        options.singleton_key = self.singleton_key;
        options.delay = self.delay;
        options.run_at = self.run_at;
        if self.is_async {
            let accepted = client.execute(target, &*input, &options).await?;
            if terminal.json {
                return terminal.print(&accepted);
            }
            return terminal.line(accepted.execution_id);
        }
        let done = client.invoke_with(target, &*input, &options).await?;
        let millis = done.duration.as_secs_f64() * 1_000.0;
        if terminal.json {
            return terminal.print(&json!({
                "output": done.output,
                "executionId": done.execution,
                "duration": millis,
                "cost": done.cost,
                "coldStart": done.cold_start,
            }));
        }
        terminal.line(done.output.get())?;
        if terminal.interactive {
            let cold = if done.cold_start { ", cold start" } else { "" };
            let text = format!("{millis:.1} ms, ${}{cold}", done.cost);
            terminal.note(terminal.paint_note(Paint::Dim, &text));
        }
        Ok(())
    }
}
