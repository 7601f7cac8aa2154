//! The logs of a function: those that are stored, and those of executions as they end.
//!
//! An execution's lines are stored when it ends. Live events say when that is, on the server that the
//! client is connected to. Other servers on the same store, and breaks of the connection, are covered by
//! listing the executions again from the oldest one that may not have been printed.

use std::collections::BTreeSet;
use std::time::Duration;

use faas_api::event::EventData;
use faas_api::{Execution, ExecutionKey, FunctionKey, Moment, Subscribe};
use faas_client::{Client, Event, ExecutionQuery};
use faas_core::model::{LogLevel, Status, Timestamp};
use regex::Regex;
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

use crate::failure::Failure;
use crate::terminal::{Paint, Terminal};

/// How often executions are listed while logs are followed.
const LIST_EVERY: Duration = Duration::from_secs(2);
/// The most executions that are listed at once.
const PAGE: u32 = 200;
/// How long a call may run until it is stored. A call that runs for longer is printed when its live
/// event arrives, but not if the connection is broken then.
const LAG: i64 = 60_000;
/// How many printed executions are remembered.
const REMEMBERED: usize = 10_000;

/// Which lines to print.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) level: Option<LogLevel>,
    pub(crate) grep: Option<Regex>,
}

/// Prints the logs of one function.
pub(crate) struct Logs<'a> {
    client: &'a Client,
    terminal: &'a Terminal,
    function: FunctionKey,
    filter: Filter,
    /// Executions accepted before are not wanted.
    floor: Option<Timestamp>,
    /// Executions accepted before are printed already.
    from: Option<Timestamp>,
    printed: BTreeSet<ExecutionKey>,
}

impl<'a> Logs<'a> {
    pub(crate) fn new(
        client: &'a Client,
        terminal: &'a Terminal,
        function: FunctionKey,
        filter: Filter,
    ) -> Self {
        Self {
            client,
            terminal,
            function,
            filter,
            floor: None,
            from: None,
            printed: BTreeSet::new(),
        }
    }

    /// Prints the lines of the newest executions, at most `limit`, accepted at `since` or later. Oldest
    /// first.
    pub(crate) async fn print(
        &mut self,
        since: Option<Timestamp>,
        limit: u32,
    ) -> Result<(), Failure> {
        self.from = since;
        let executions = self.list(limit).await?;
        let newest = executions.first().map(|execution| execution.created_at.0);
        self.floor = newest.or(since);
        self.print_ended(executions).await
    }

    /// Prints executions that are accepted at this time or later.
    pub(crate) const fn start_at(&mut self, moment: Timestamp) {
        self.floor = Some(moment);
        self.from = self.floor;
    }

    /// Prints the lines of executions as they end, until it fails.
    ///
    /// # Errors
    /// If the server refuses the client, or if standard output is closed.
    pub(crate) async fn follow(&mut self) -> Result<(), Failure> {
        let mut subscribe = Subscribe::default();
        let types = ["execution_completed", "execution_failed"];
        subscribe.types = Some(types.map(str::to_owned).to_vec());
        subscribe.function_id = Some(self.function);
        let mut events = self.client.events(subscribe);
        let mut ticks = interval(LIST_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_connected = true;
        loop {
            let event = tokio::select! {
                event = events.next() => event,
                _ = ticks.tick() => {
                    if is_connected {
                        self.catch_up().await?;
                    }
                    continue;
                }
            };
            match event {
                Some(Event::Message(message)) => match message.data {
                    EventData::Completed(event) => self.print_one(event.execution_id).await?,
                    EventData::Failed(event) => self.print_one(event.execution_id).await?,
                    EventData::Gap(_) => self.catch_up().await?,
                    _ => {}
                },
                Some(Event::Connected) => {
                    if !is_connected {
                        self.terminal.note("connected again");
                    }
                    is_connected = true;
                    self.catch_up().await?;
                }
                Some(Event::Disconnected(error)) => {
                    if is_connected {
                        let error = Failure::from(error);
                        error.report(self.terminal);
                        self.terminal.note("the connection broke: trying again");
                    }
                    is_connected = false;
                }
                Some(Event::Refused(error)) => return Err(error.into()),
                Some(_) => {}
                None => return Ok(()),
            }
        }
    }

    /// Prints what has ended since the last list.
    async fn catch_up(&mut self) -> Result<(), Failure> {
        match self.list(PAGE).await {
            Ok(executions) => self.print_ended(executions).await,
            // The next event says that the connection broke, or the next list succeeds.
            Err(_) => Ok(()),
        }
    }

    /// The executions since `from`, newest first.
    async fn list(&self, limit: u32) -> Result<Vec<Execution<'static>>, Failure> {
        let mut query = ExecutionQuery::default();
        query.function = Some(self.function);
        query.from = self.from.map(Moment);
        query.limit = Some(limit.clamp(1, 1_000));
        Ok(self.client.executions(&query).await?.executions)
    }

    async fn print_ended(&mut self, executions: Vec<Execution<'static>>) -> Result<(), Failure> {
        let newest = executions.first().map(|execution| execution.created_at);
        let mut unfinished = None;
        for execution in executions.into_iter().rev() {
            if !has_ended(&execution) {
                unfinished = unfinished.or(Some(execution.created_at));
            } else if execution.truncated.is_some() {
                self.print_one(execution.id).await?;
            } else {
                self.print_execution(&execution)?;
            }
        }
        if let Some(Moment(from)) = unfinished.or(newest) {
            let from = Timestamp::from_millis(from.as_millis() - LAG);
            self.from = self.floor.max(Some(from));
        }
        while self.printed.len() > REMEMBERED {
            // Ids rise with the time of acceptance.
            self.printed.pop_first();
        }
        Ok(())
    }

    async fn print_one(&mut self, id: ExecutionKey) -> Result<(), Failure> {
        if self.printed.contains(&id) {
            return Ok(());
        }
        match self.client.execution(id).await {
            Ok(execution) if has_ended(&execution) => self.print_execution(&execution),
            // It was deleted, or the next list has it.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn print_execution(&mut self, execution: &Execution<'_>) -> Result<(), Failure> {
        if !self.printed.insert(execution.id) {
            return Ok(());
        }
        for line in &execution.logs {
            self.print_line(execution.id, line.timestamp, line.level.0, &line.message)?;
        }
        if let Some(error) = &execution.error {
            let text = execution.stack.as_deref().unwrap_or(error);
            // A stack may begin with the message, or not.
            let text = if text.contains(&**error) {
                text.to_owned()
            } else {
                format!("{error}\n{text}")
            };
            let at = execution.end_time.unwrap_or(execution.created_at);
            self.print_line(execution.id, at, LogLevel::Error, &text)?;
        }
        Ok(())
    }

    fn print_line(
        &self,
        execution: ExecutionKey,
        at: Moment,
        level: LogLevel,
        message: &str,
    ) -> Result<(), Failure> {
        if let Some(least) = self.filter.level
            && rank(level) < rank(least)
        {
            return Ok(());
        }
        if let Some(grep) = &self.filter.grep
            && !grep.is_match(message)
        {
            return Ok(());
        }
        if self.terminal.json {
            return self.terminal.line(json!({
                "timestamp": at,
                "level": level.as_str(),
                "message": message,
                "executionId": execution,
            }));
        }
        let paint = match level {
            LogLevel::Error => Paint::Red,
            LogLevel::Warn => Paint::Yellow,
            LogLevel::Debug => Paint::Dim,
            _ => Paint::Green,
        };
        let time = self.terminal.paint(Paint::Dim, &at.to_string());
        let level = self.terminal.paint(paint, &format!("{:5}", level.as_str()));
        self.terminal.line(format_args!("{time} {level} {message}"))
    }
}

fn has_ended(execution: &Execution<'_>) -> bool {
    matches!(execution.status.0, Status::Completed | Status::Failed)
}

/// The order of the levels: `--level` names the least one.
const fn rank(level: LogLevel) -> u8 {
    match level {
        LogLevel::Debug => 0,
        LogLevel::Log => 1,
        LogLevel::Info => 2,
        LogLevel::Warn => 3,
        LogLevel::Error => 4,
    }
}
