//! `faas schedule`

use std::borrow::Cow;

use clap::{Args, Subcommand};
use faas_api::{Moment, NewSchedule, Schedule, ScheduleChange, Word};
use faas_client::{Client, Target};
use faas_core::model::Missed;

use super::Output;
use super::invoke::{Input, moment};
use crate::failure::Failure;
use crate::host::Environment;
use crate::server::Server;
use crate::terminal::Terminal;

const EXAMPLES: &str = "\
Examples:
  faas schedule add report mornings --cron '0 9 * * MON-FRI' --time-zone Europe/Berlin
  faas schedule add report often --every 30s -d '{\"part\": 1}'
  faas schedule add report once --at 2026-12-31T23:00:00Z
  faas schedule list report
  faas schedule pause report mornings

The member schedules of faas.json lists all schedules of a function; faas deploy applies it.";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum ScheduleCommand {
    /// List the schedules of a function, or of all functions.
    List {
        /// Name or id of the function
        function: Option<String>,
        #[command(flatten)]
        server: Server,
        #[command(flatten)]
        output: Output,
    },
    /// Add a schedule to a function.
    Add(Box<Add>),
    /// Show a schedule and its next times.
    Show(One),
    /// Stop a schedule from firing.
    Pause(One),
    /// Let a paused schedule fire again.
    Resume(One),
    /// Fire a schedule now.
    Fire(One),
    /// Delete a schedule.
    Delete(One),
}

#[derive(Debug, Args)]
pub struct Add {
    /// Name or id of the function
    function: String,
    /// Name of the schedule
    name: String,
    #[command(flatten)]
    times: Times,
    /// Time zone of --cron [default: UTC]
    #[arg(long, value_name = "ZONE", requires = "cron")]
    time_zone: Option<String>,
    #[command(flatten)]
    input: Input,
    /// Alias whose version runs [default: live]
    #[arg(long)]
    alias: Option<String>,
    /// What becomes of firings that no server was there for: skip, once or all [default: once]
    #[arg(long, value_parser = missed)]
    missed: Option<Missed>,
    /// Add it without letting it fire
    #[arg(long)]
    paused: bool,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Times {
    /// Cron expression of 5 fields, or of 6 with seconds first
    #[arg(long, value_name = "EXPRESSION")]
    cron: Option<String>,
    /// Period, such as 30s, 5m, 2h or 7d
    #[arg(long, value_name = "PERIOD")]
    every: Option<String>,
    /// Single time, in RFC 3339
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<Moment>,
}

/// One schedule of a function.
#[derive(Debug, Args)]
pub struct One {
    /// Name or id of the function
    function: String,
    /// Name of the schedule
    name: String,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    output: Output,
}

fn missed(text: &str) -> Result<Missed, String> {
    let all = Missed::ALL.into_iter();
    let mut named = all.filter(|missed| missed.as_str() == text);
    named
        .next()
        .ok_or_else(|| "expected skip, once or all".to_owned())
}

impl ScheduleCommand {
    pub(crate) const fn output(&self) -> Output {
        match self {
            Self::List { output, .. } => *output,
            Self::Add(add) => add.output,
            Self::Show(one)
            | Self::Pause(one)
            | Self::Resume(one)
            | Self::Fire(one)
            | Self::Delete(one) => one.output,
        }
    }

    pub(crate) async fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        match self {
            Self::List {
                function, server, ..
            } => list(&server.client(environment)?, function, terminal).await,
            Self::Add(add) => add.run(environment, terminal).await,
            Self::Show(one) => {
                let (_, schedule) = one.find(environment).await?;
                show(&schedule, terminal)
            }
            Self::Pause(one) => one.enable(false, environment, terminal).await,
            Self::Resume(one) => one.enable(true, environment, terminal).await,
            Self::Fire(one) => {
                let (client, schedule) = one.find(environment).await?;
                let accepted = client.fire_schedule(schedule.id).await?;
                if terminal.json {
                    return terminal.print(&accepted);
                }
                terminal.line(accepted.execution_id)
            }
            Self::Delete(one) => {
                let (client, schedule) = one.find(environment).await?;
                client.delete_schedule(schedule.id).await?;
                if terminal.json {
                    return terminal.print(&schedule);
                }
                terminal.line(format_args!("deleted {} of {}", one.name, one.function))
            }
        }
    }
}

impl Add {
    async fn run(&self, environment: &Environment, terminal: &Terminal) -> Result<(), Failure> {
        let client = self.server.client(environment)?;
        let input = self.input.given()?;
        let text = |text: &Option<String>| text.clone().map(Cow::Owned);
        let mut new = NewSchedule::default();
        new.name = Cow::Borrowed(&self.name);
        new.cron = text(&self.times.cron);
        new.time_zone = text(&self.time_zone);
        new.every = text(&self.times.every);
        new.at = self.times.at;
        new.input = input.as_deref();
        new.alias = text(&self.alias);
        new.missed = self.missed.map(Word);
        new.enabled = self.paused.then_some(false);
        let target = Target::of(&self.function);
        show(&client.create_schedule(target, &new).await?, terminal)
    }
}

impl One {
    async fn find(
        &self,
        environment: &Environment,
    ) -> Result<(Client, Schedule<'static>), Failure> {
        let client = self.server.client(environment)?;
        let target = Target::of(&self.function);
        let mut all = client.function_schedules(target).await?.into_iter();
        match all.find(|schedule| schedule.name == self.name) {
            Some(schedule) => Ok((client, schedule)),
            None => {
                let (function, name) = (&self.function, &self.name);
                let problem = format!("the function {function} has no schedule named {name:?}");
                let list = format!("list them with faas schedule list {function}");
                Err(Failure::new(problem).hint(list))
            }
        }
    }

    async fn enable(
        &self,
        enabled: bool,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let (client, schedule) = self.find(environment).await?;
        let mut change = ScheduleChange::default();
        change.enabled = Some(enabled);
        show(
            &client.update_schedule(schedule.id, &change).await?,
            terminal,
        )
    }
}

async fn list(
    client: &Client,
    function: Option<String>,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let mut all = Vec::new();
    if let Some(name) = &function {
        all = client.function_schedules(Target::of(name)).await?;
    } else {
        let mut cursor = None;
        loop {
            let page = client.schedules(cursor).await?;
            all.extend(page.schedules);
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
    }
    if terminal.json {
        return terminal.print(&all);
    }
    let titles = ["NAME", "FUNCTION", "TIMES", "NEXT", "FAILURE"].map(str::to_owned);
    let rows = all.iter().map(|one| {
        let failure = one.failure.as_ref();
        [
            one.name.to_string(),
            one.function_id.to_string(),
            times(one),
            next(one),
            failure.map_or_else(String::new, |failure| failure.error.to_string()),
        ]
    });
    terminal.table(&std::iter::once(titles).chain(rows).collect::<Vec<_>>())
}

fn show(schedule: &Schedule<'_>, terminal: &Terminal) -> Result<(), Failure> {
    if terminal.json {
        return terminal.print(schedule);
    }
    terminal.line(format_args!("{}: {}", schedule.name, times(schedule)))?;
    terminal.line(format_args!("  next    {}", next(schedule)))?;
    for then in schedule.upcoming.iter().skip(1) {
        terminal.line(format_args!("          {then}"))?;
    }
    if let Some(last) = &schedule.last {
        let (at, execution) = (last.scheduled_time, last.execution_id);
        terminal.line(format_args!("  last    {at}, execution {execution}"))?;
    }
    if let Some(failure) = &schedule.failure {
        let (at, error) = (failure.scheduled_time, &failure.error);
        terminal.line(format_args!("  failed  {at}: {error}"))?;
    }
    Ok(())
}

/// When a schedule fires, for people.
fn times(schedule: &Schedule<'_>) -> String {
    match (
        &schedule.cron,
        &schedule.time_zone,
        &schedule.every,
        schedule.at,
    ) {
        (Some(cron), zone, ..) => format!("{cron} {}", zone.as_deref().unwrap_or("UTC")),
        (None, _, Some(every), _) => format!("every {every}"),
        (None, _, None, Some(at)) => format!("at {at}"),
        (None, _, None, None) => String::new(),
    }
}

fn next(schedule: &Schedule<'_>) -> String {
    match schedule.next_at {
        Some(next) => next.to_string(),
        None if schedule.enabled => "never".to_owned(),
        None => "paused".to_owned(),
    }
}
