//! `faas list`

use clap::Args;

use super::Output;
use crate::failure::Failure;
use crate::host::Environment;
use crate::server::Server;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    pub(crate) output: Output,
}

impl List {
    pub(crate) async fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let functions = self.server.client(environment)?.functions().await?;
        if terminal.json {
            return terminal.print(&functions);
        }
        let titles = ["NAME", "VERSION", "STATUS", "TIER", "UPDATED"].map(str::to_owned);
        let rows = functions.into_iter().map(|function| {
            [
                function.name.into_owned(),
                function.version.to_string(),
                function.status.to_string(),
                function.tier.to_string(),
                function.updated_at.to_string(),
            ]
        });
        terminal.table(&[titles].into_iter().chain(rows).collect::<Vec<_>>())
    }
}
