//! `faas open`

use std::process::Stdio;

use clap::Args;
use faas_client::Target;
use serde_json::json;
use tokio::process::Command;

use super::Output;
use crate::failure::{Attempt, Failure};
use crate::host::Environment;
use crate::server::Server;
use crate::terminal::Terminal;

/// The program that opens a URL in the user's browser.
const OPENER: &[&str] = if cfg!(target_os = "macos") {
    &["open"]
} else if cfg!(windows) {
    &["cmd", "/C", "start", ""]
} else {
    &["xdg-open"]
};

#[derive(Debug, Args)]
pub struct Open {
    /// Name or id of a function: opens its page
    name: Option<String>,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    pub(crate) output: Output,
}

impl Open {
    pub(crate) async fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let client = self.server.client(environment)?;
        let url = match &self.name {
            None => format!("{}/", client.server()),
            Some(name) => {
                let id = client.function(Target::of(name)).await?.id;
                format!("{}/functions/{id}", client.server())
            }
        };
        if terminal.json {
            return terminal.print(&json!({ "url": url }));
        }
        terminal.line(&url)?;
        let [program, arguments @ ..] = OPENER else {
            return Ok(());
        };
        if terminal.interactive {
            let mut opener = Command::new(program);
            opener.args(arguments).arg(&url);
            opener.stdin(Stdio::null()).stdout(Stdio::null());
            let opened = opener.stderr(Stdio::null()).status().await;
            opened.attempt(format_args!("cannot run {program}"))?;
        }
        Ok(())
    }
}
