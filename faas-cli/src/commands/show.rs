//! `faas show`

use clap::Args;
use faas_client::Target;

use super::Output;
use super::deploy::{price_of, url_of};
use crate::failure::Failure;
use crate::host::Environment;
use crate::server::Server;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub struct Show {
    /// Name or id of the function
    name: String,
    /// Print the code alone: of several files the main one
    #[arg(long)]
    code: bool,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    pub(crate) output: Output,
}

impl Show {
    pub(crate) async fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let client = self.server.client(environment)?;
        let function = client.function(Target::of(&self.name)).await?;
        if terminal.json {
            return terminal.print(&function);
        }
        if self.code {
            return terminal.line(function.code.trim_end());
        }
        let price = price_of(&client, function.tier.0).await?;
        let retries = function.config.retry_count;
        for (name, value) in [
            ("name", function.name.to_string()),
            ("id", function.id.to_string()),
            ("description", function.description.to_string()),
            ("version", function.version.to_string()),
            ("status", function.status.to_string()),
            ("tier", price),
            ("code", format!("{} bytes", function.code_length)),
            ("timeout", format!("{} ms", function.config.timeout)),
            ("retries", retries.to_string()),
            ("updated", function.updated_at.to_string()),
            ("url", url_of(&client, &function)),
        ] {
            terminal.line(format_args!("{name:12} {value}"))?;
        }
        Ok(())
    }
}
