//! `faas dead-letters`

use std::time::Duration;

use clap::{Args, Subcommand};
use faas_api::{DiscardRequest, FunctionKey, RedriveRequest, Text, Word};
use faas_client::{Client, Target};
use faas_core::model::{DeadLetterGroup, ExecutionId};
use faas_core::platform::{RedriveStatus, RedriveVersion};
use tokio::time::{MissedTickBehavior, interval};

use super::Output;
use crate::failure::{Attempt, Failure};
use crate::host::Environment;
use crate::server::Server;
use crate::terminal::Terminal;

/// How often the progress is read.
const REFRESH: Duration = Duration::from_millis(500);

const EXAMPLES: &str = "\
Examples:
  faas dead-letters list
      by error; with --group, --function or --all one by one
  faas dead-letters redrive --group 3f2a90c1d4e5b607 --rate 20
  faas dead-letters discard --function greet";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum DeadLetterCommand {
    /// List executions that have failed for good: by error, or one by one.
    List(List),
    /// Show one of them.
    Show(Show),
    /// Repeat them, each as a new execution.
    Redrive(Redrive),
    /// Discard them. Their executions stay.
    Discard(Discard),
}

/// Which dead letters.
#[derive(Debug, Args)]
struct Which {
    /// Ids of executions
    #[arg(value_name = "EXECUTION", conflicts_with_all = ["function", "group", "all"])]
    ids: Vec<ExecutionId>,
    /// All of this function
    #[arg(long, value_name = "NAME|ID")]
    function: Option<String>,
    /// All of this group
    #[arg(long, value_name = "GROUP")]
    group: Option<DeadLetterGroup>,
    /// All
    #[arg(long, conflicts_with_all = ["function", "group"])]
    all: bool,
    /// The most, newest first
    #[arg(long, value_name = "COUNT")]
    limit: Option<u32>,
}

impl Which {
    async fn request(self, client: &Client) -> Result<DiscardRequest, Failure> {
        if self.ids.is_empty() && self.function.is_none() && self.group.is_none() && !self.all {
            return Err(Failure::usage(
                "name executions, or use --function, --group or --all",
            ));
        }
        let mut request = DiscardRequest::default();
        request.function_id = function(client, self.function.as_deref()).await?;
        let ids = self.ids.into_iter().map(Text).collect::<Vec<_>>();
        request.ids = Some(ids).filter(|ids| !ids.is_empty());
        request.group = self.group.map(Text);
        request.all = self.all.then_some(true);
        request.limit = self.limit;
        Ok(request)
    }
}

async fn function(client: &Client, name: Option<&str>) -> Result<Option<FunctionKey>, Failure> {
    match name {
        None => Ok(None),
        Some(name) => Ok(Some(client.function(Target::of(name)).await?.id)),
    }
}

#[derive(Debug, Args)]
pub struct List {
    /// Only those of this function
    #[arg(long, value_name = "NAME|ID")]
    function: Option<String>,
    /// Only those of this group, one by one
    #[arg(long, value_name = "GROUP")]
    group: Option<DeadLetterGroup>,
    /// One by one
    #[arg(long)]
    all: bool,
    /// The most that are listed one by one
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub struct Show {
    /// Id of the execution
    id: ExecutionId,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub struct Redrive {
    #[command(flatten)]
    which: Which,
    /// Run the version that failed, in place of the one that is live
    #[arg(long)]
    original: bool,
    /// Executions per second
    #[arg(long, value_name = "COUNT", default_value_t = 50.0)]
    rate: f64,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub struct Discard {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    output: Output,
}

impl DeadLetterCommand {
    pub(crate) const fn output(&self) -> Output {
        match self {
            Self::List(command) => command.output,
            Self::Show(command) => command.output,
            Self::Redrive(command) => command.output,
            Self::Discard(command) => command.output,
        }
    }

    pub(crate) async fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        match self {
            Self::List(command) => command.run(environment, terminal).await,
            Self::Show(command) => command.run(environment, terminal).await,
            Self::Redrive(command) => command.run(environment, terminal).await,
            Self::Discard(command) => command.run(environment, terminal).await,
        }
    }
}

impl List {
    async fn run(self, environment: &Environment, terminal: &Terminal) -> Result<(), Failure> {
        let client = self.server.client(environment)?;
        let of = function(&client, self.function.as_deref()).await?;
        if self.group.is_none() && !self.all {
            let found = client.dead_letter_groups(of).await?;
            if terminal.json {
                return terminal.print(&found);
            }
            let titles = ["GROUP", "COUNT", "FUNCTION", "NEWEST", "ERROR"].map(str::to_owned);
            let rows = found.groups.into_iter().map(|group| {
                let more = if found.more { "+" } else { "" };
                let name = group.function_name.map(|name| name.into_owned());
                [
                    group.group.to_string(),
                    format!("{}{more}", group.count),
                    name.unwrap_or_else(|| group.function_id.to_string()),
                    group.newest.to_string(),
                    first_line(group.error.as_deref()),
                ]
            });
            return terminal.table(&[titles].into_iter().chain(rows).collect::<Vec<_>>());
        }
        let page = client
            .dead_letters(of, self.group.map(Text), self.limit, None)
            .await?;
        if terminal.json {
            return terminal.print(&page);
        }
        let titles = ["EXECUTION", "FUNCTION", "ACCEPTED", "ERROR"].map(str::to_owned);
        let rows = page.dead_letters.into_iter().map(|one| {
            [
                one.id.to_string(),
                one.function_id.to_string(),
                one.created_at.to_string(),
                first_line(one.error.as_deref()),
            ]
        });
        terminal.table(&[titles].into_iter().chain(rows).collect::<Vec<_>>())
    }
}

fn first_line(error: Option<&str>) -> String {
    let line = error.and_then(|error| error.lines().next());
    line.unwrap_or_default().chars().take(100).collect()
}

impl Show {
    async fn run(self, environment: &Environment, terminal: &Terminal) -> Result<(), Failure> {
        let client = self.server.client(environment)?;
        let execution = client.execution(Text(self.id)).await?;
        let Some(letter) = &execution.dead_letter else {
            let text = format!("execution {} is no dead letter", execution.id);
            return Err(Failure::new(text));
        };
        if terminal.json {
            return terminal.print(&execution);
        }
        let text = |text: Option<String>| text.unwrap_or_default();
        for (name, value) in [
            ("execution", execution.id.to_string()),
            ("function", execution.function_id.to_string()),
            ("version", execution.function_version.to_string()),
            ("state", letter.status.to_string()),
            ("group", letter.group.to_string()),
            (
                "redriven by",
                text(letter.redriven_by.map(|id| id.to_string())),
            ),
            (
                "discarded by",
                text(letter.discarded_by.as_ref().map(ToString::to_string)),
            ),
            ("accepted", execution.created_at.to_string()),
            ("attempts", execution.attempts.len().to_string()),
            (
                "error",
                text(execution.error.as_ref().map(ToString::to_string)),
            ),
            ("input", execution.input.as_str().to_owned()),
        ] {
            if !value.is_empty() {
                terminal.line(format_args!("{name:12} {value}"))?;
            }
        }
        Ok(())
    }
}

impl Redrive {
    async fn run(self, environment: &Environment, terminal: &Terminal) -> Result<(), Failure> {
        let client = self.server.client(environment)?;
        let which = self.which.request(&client).await?;
        let mut request = RedriveRequest::default();
        request.ids = which.ids;
        request.function_id = which.function_id;
        request.group = which.group;
        request.all = which.all;
        request.limit = which.limit;
        request.rate = Some(self.rate);
        request.version = self.original.then_some(Word(RedriveVersion::Original));
        let mut run = client.redrive(&request).await?;
        let mut ticks = interval(REFRESH);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_stopped = false;
        while run.status.0 == RedriveStatus::Running {
            tokio::select! {
                _ = ticks.tick() => {}
                interrupted = tokio::signal::ctrl_c(), if !is_stopped => {
                    interrupted.attempt("cannot wait for Ctrl-C")?;
                    is_stopped = true;
                    client.stop_redrive(run.id).await?;
                }
            }
            run = client.get_redrive(run.id).await?;
            let total = run
                .total
                .map_or_else(|| "?".to_owned(), |total| total.to_string());
            terminal.progress(&format!("{} of {total} redriven", run.redriven));
        }
        terminal.progress("");
        if terminal.json {
            return terminal.print(&run);
        }
        terminal.line(format_args!(
            "{}: {} redriven, {} not open any more, {} failed",
            run.status, run.redriven, run.skipped, run.failed
        ))?;
        match &run.error {
            Some(error) => Err(Failure::new(format!("not all were redriven: {error}"))),
            None => Ok(()),
        }
    }
}

impl Discard {
    async fn run(self, environment: &Environment, terminal: &Terminal) -> Result<(), Failure> {
        let client = self.server.client(environment)?;
        let request = self.which.request(&client).await?;
        let discarded = client.discard(&request).await?;
        if terminal.json {
            return terminal.print(&discarded);
        }
        let more = if discarded.more {
            "; there may be more: run the command again"
        } else {
            ""
        };
        terminal.line(format_args!("{} discarded{more}", discarded.discarded))
    }
}
