//! `faas context`

use std::io::Read;

use clap::Subcommand;
use faas_client::Client;
use serde_json::json;

use super::Output;
use crate::contexts::{Context, Contexts};
use crate::failure::{Attempt, Failure};
use crate::host::Environment;
use crate::terminal::Terminal;

const EXAMPLES: &str = "\
Examples:
  faas context add prod https://faas.example --key-stdin < key.txt
  faas context use prod
  faas list --context prod

Contexts are in faas/contexts.json in your folder for settings (~/.config), which only you can read.
FAAS_URL and FAAS_KEY take precedence over the context in use.";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum ContextCommand {
    /// Add a server, or replace it. The first one is in use.
    Add {
        /// Name for the server
        name: String,
        /// Its URL
        url: String,
        /// Read its key from standard input
        #[arg(long)]
        key_stdin: bool,
        #[command(flatten)]
        output: Output,
    },
    /// List all servers.
    List {
        #[command(flatten)]
        output: Output,
    },
    /// Use a server from now on.
    Use {
        /// Name of the server
        name: String,
        #[command(flatten)]
        output: Output,
    },
    /// Remove a server and its key.
    Remove {
        /// Name of the server
        name: String,
        #[command(flatten)]
        output: Output,
    },
}

impl ContextCommand {
    pub(crate) const fn output(&self) -> Output {
        match self {
            Self::Add { output, .. }
            | Self::List { output }
            | Self::Use { output, .. }
            | Self::Remove { output, .. } => *output,
        }
    }

    pub(crate) fn run(self, environment: &Environment, terminal: &Terminal) -> Result<(), Failure> {
        let mut contexts = Contexts::read(environment)?;
        match self {
            Self::Add {
                name,
                url,
                key_stdin,
                ..
            } => {
                let key = key_stdin.then(read_key).transpose()?;
                // Refuses what no client can use.
                let mut builder = Client::builder(&url);
                if let Some(key) = &key {
                    builder = builder.key(key);
                }
                builder
                    .build()
                    .map_err(|error| Failure::usage(error.to_string()))?;
                contexts.add(name, Context { url, key });
                contexts.write()?;
            }
            Self::Use { name, .. } => {
                contexts.make_current(name)?;
                contexts.write()?;
            }
            Self::Remove { name, .. } => {
                contexts.remove(&name)?;
                contexts.write()?;
            }
            Self::List { .. } => {}
        }
        list(&contexts, terminal)
    }
}

fn read_key() -> Result<String, Failure> {
    /// Longer than any key.
    const MAX: u64 = 4_096;
    let mut key = String::new();
    let read = std::io::stdin().take(MAX).read_to_string(&mut key);
    read.attempt("cannot read the key from standard input")?;
    match key.trim() {
        "" => Err(Failure::usage("there is no key on standard input")),
        key => Ok(key.to_owned()),
    }
}

/// Shows all contexts, without their keys.
fn list(contexts: &Contexts, terminal: &Terminal) -> Result<(), Failure> {
    if terminal.json {
        let rows = contexts.all().map(|(name, context, current)| {
            json!({
                "name": name,
                "url": context.url,
                "hasKey": context.key.is_some(),
                "current": current,
            })
        });
        return terminal.print(&rows.collect::<Vec<_>>());
    }
    let titles = ["", "NAME", "URL", "KEY"].map(str::to_owned);
    let rows = contexts.all().map(|(name, context, current)| {
        let key = if context.key.is_some() { "yes" } else { "no" };
        let current = if current { "*" } else { "" };
        [current, name, &context.url, key].map(str::to_owned)
    });
    terminal.table(&[titles].into_iter().chain(rows).collect::<Vec<_>>())
}
