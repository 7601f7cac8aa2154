//! `faas delete`

use clap::Args;
use faas_client::Target;
use serde_json::json;

use super::Output;
use crate::failure::Failure;
use crate::host::Environment;
use crate::server::Server;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub struct Delete {
    /// Name or id of the function
    name: String,
    /// Delete it without asking
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    pub(crate) output: Output,
}

impl Delete {
    pub(crate) async fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let client = self.server.client(environment)?;
        // The name may be that of another function soon.
        let function = client.function(Target::of(&self.name)).await?;
        let name = &function.name;
        if !self.yes {
            if !terminal.interactive {
                return Err(Failure::usage(format!(
                    "to delete {name} without being asked, add --yes"
                )));
            }
            let question = format!("Delete {name} on {}?", client.server());
            if !terminal.confirm(&question, false)? {
                return Err(Failure::new("nothing was deleted"));
            }
        }
        client.delete(function.id).await?;
        if terminal.json {
            return terminal.print(&json!({ "_id": function.id, "name": name }));
        }
        terminal.line(format_args!("deleted {name}"))
    }
}
