//! `faas logs`

use clap::{Args, ValueEnum};
use faas_client::Target;
use faas_core::model::LogLevel;
use regex::Regex;

use super::Output;
use crate::failure::Failure;
use crate::follow;
use crate::host::Environment;
use crate::server::Server;
use crate::terminal::Terminal;
use crate::time::Since;

#[derive(Debug, Args)]
pub struct Logs {
    /// Name or id of the function
    name: String,
    /// Keep printing as executions end, also after the connection broke
    #[arg(long, short)]
    follow: bool,
    /// Least level to print
    #[arg(long, value_enum)]
    level: Option<Level>,
    /// Start of the period: 10m, 2h or 7d ago, a date or an RFC 3339 time
    #[arg(long, value_name = "WHEN")]
    since: Option<Since>,
    /// Print only lines that match this regular expression
    #[arg(long, value_name = "REGEX")]
    grep: Option<Regex>,
    /// Most executions to print at the beginning
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 50,
        value_parser = clap::value_parser!(u32).range(1..=1_000))]
    limit: u32,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// The console methods, in order.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Level {
    Debug,
    Log,
    Info,
    Warn,
    Error,
}

impl From<Level> for LogLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::Debug => Self::Debug,
            Level::Log => Self::Log,
            Level::Info => Self::Info,
            Level::Warn => Self::Warn,
            Level::Error => Self::Error,
        }
    }
}

impl Logs {
    pub(crate) async fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let client = self.server.client(environment)?;
        let function = client.function(Target::of(&self.name)).await?;
        let filter = follow::Filter {
            level: self.level.map(LogLevel::from),
            grep: self.grep,
        };
        let mut logs = follow::Logs::new(&client, terminal, function.id, filter);
        let since = self.since.map(Since::moment);
        logs.print(since, self.limit).await?;
        if self.follow {
            logs.follow().await?;
        }
        Ok(())
    }
}
