//! `faas cost`

use clap::{Args, ValueEnum};

use super::Output;
use crate::failure::Failure;
use crate::host::Environment;
use crate::server::Server;
use crate::terminal::Terminal;
use crate::time::Since;

#[derive(Debug, Args)]
pub struct Cost {
    /// Start of the period: 10m, 2h or 7d ago, a date or an RFC 3339 time
    /// [default: 24h by function, 7d by day]
    #[arg(long, value_name = "WHEN")]
    since: Option<Since>,
    /// Sum up by function or by day
    #[arg(long, value_enum, default_value_t = By::Function)]
    by: By,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum By {
    Function,
    Day,
}

impl Cost {
    pub(crate) async fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let client = self.server.client(environment)?;
        let since = self.since.map(|since| since.moment().to_string());
        let mut rows = Vec::new();
        match self.by {
            By::Function => {
                let costs = client.costs_by_function(since.as_deref()).await?;
                if terminal.json {
                    return terminal.print(&costs);
                }
                rows.push(["FUNCTION", "EXECUTIONS", "COST"].map(str::to_owned));
                for row in costs.breakdown {
                    let count = row.execution_count.to_string();
                    rows.push([
                        row.function_name.into_owned(),
                        count,
                        format!("${}", row.total_cost),
                    ]);
                }
            }
            By::Day => {
                let costs = client.costs_by_day(since.as_deref()).await?;
                if terminal.json {
                    return terminal.print(&costs);
                }
                rows.push(["DAY", "EXECUTIONS", "COST"].map(str::to_owned));
                for row in costs.trends {
                    let count = row.execution_count.to_string();
                    rows.push([row.id.0, count, format!("${}", row.total_cost)]);
                }
            }
        }
        terminal.table(&rows)
    }
}
