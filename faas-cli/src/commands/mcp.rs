//! `faas mcp`

use std::sync::Arc;

use clap::Args;
use faas_client::Mcp;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::task::JoinSet;

use super::Output;
use crate::failure::{Attempt, Failure};
use crate::host::Environment;
use crate::server::Server;
use crate::terminal::Terminal;

const EXAMPLES: &str = "\
A client starts it, for example with this in its settings:
  { \"mcpServers\": { \"faas\": { \"command\": \"faas\", \"args\": [\"mcp\"] } } }";

/// How many requests may be under way at a time; further ones wait.
const AT_A_TIME: usize = 64;

/// The code of an error inside of a server, by JSON-RPC.
const INTERNAL_ERROR: i32 = -32603;

/// Serves the tools of a server to a client of the Model Context Protocol, over standard input and
/// output.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct McpCommand {
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    pub(crate) output: Output,
}

impl McpCommand {
    pub(crate) async fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let mcp = Arc::new(self.server.client(environment)?.mcp());
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        let mut requests = JoinSet::new();
        while let Some(line) = lines.next_line().await.attempt("cannot read a message")? {
            let is_request = Request::of(&line).is_some_and(|request| !request.is_first);
            if !is_request {
                // `initialize` comes before all others, and a notification takes no time.
                pass_on(&mcp, &line, terminal).await?;
                continue;
            }
            if requests.len() >= AT_A_TIME {
                requests.join_next().await;
            }
            let (mcp, terminal) = (mcp.clone(), *terminal);
            requests.spawn(async move { pass_on(&mcp, &line, &terminal).await });
        }
        while requests.join_next().await.is_some() {}
        // A server that is gone has ended the session itself.
        let _ = mcp.close().await;
        Ok(())
    }
}

/// A message that has an answer.
struct Request {
    id: Value,
    is_first: bool,
}

impl Request {
    /// Reads a message; `None` for a notification or an answer.
    fn of(line: &str) -> Option<Self> {
        let message: Value = serde_json::from_str(line).ok()?;
        let method = message.get("method")?;
        Some(Self {
            is_first: method == "initialize",
            id: message.get("id")?.clone(),
        })
    }
}

/// Sends a message to the server, and writes its answers.
async fn pass_on(mcp: &Mcp, line: &str, terminal: &Terminal) -> Result<(), Failure> {
    if line.trim().is_empty() {
        return Ok(());
    }
    match mcp.send(line).await {
        Ok(answers) => answers.iter().try_for_each(|answer| terminal.line(answer)),
        Err(error) => {
            let message = error.to_string();
            match Request::of(line) {
                Some(Request { id, .. }) => terminal.line(json!({
                    "jsonrpc": "2.0",
                    "id": id,
                    "error": { "code": INTERNAL_ERROR, "message": message },
                })),
                None => {
                    terminal.note(message);
                    Ok(())
                }
            }
        }
    }
}
