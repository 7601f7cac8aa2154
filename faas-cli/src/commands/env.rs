//! `faas env` and `faas secret`

use std::io::Read;

use clap::Subcommand;
use faas_api::{Function, FunctionChange, NewConfig};
use faas_client::Target;
use faas_core::secrets::SecretText;
use serde_json::json;

use super::Output;
use crate::failure::{Attempt, Failure};
use crate::host::Environment;
use crate::server::Server;
use crate::terminal::Terminal;

const SECRET_EXAMPLES: &str = "\
Examples:
  faas secret set orders STRIPE_KEY < key.txt
  printf %s \"$KEY\" | faas secret set orders STRIPE_KEY

One line end at the end of the value is removed. Secrets need a server with FAAS_SECRET_KEY.";

#[derive(Debug, Subcommand)]
pub enum EnvCommand {
    /// Set variables, which the code finds in `context.env`.
    Set {
        /// Name or id of the function
        name: String,
        /// Variables
        #[arg(required = true, value_name = "NAME=VALUE", value_parser = assignment)]
        variables: Vec<(String, String)>,
        #[command(flatten)]
        server: Server,
        #[command(flatten)]
        output: Output,
    },
    /// Remove variables.
    Unset {
        /// Name or id of the function
        name: String,
        /// Names of the variables
        #[arg(required = true, value_name = "NAME")]
        variables: Vec<String>,
        #[command(flatten)]
        server: Server,
        #[command(flatten)]
        output: Output,
    },
    /// List variables, and the names of secrets.
    List {
        /// Name or id of the function
        name: String,
        #[command(flatten)]
        server: Server,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Debug, Subcommand)]
#[command(after_help = SECRET_EXAMPLES)]
pub enum SecretCommand {
    /// Set a secret to what is on standard input.
    Set {
        /// Name or id of the function
        name: String,
        /// Name of the secret
        #[arg(value_name = "SECRET")]
        secret: String,
        #[command(flatten)]
        server: Server,
        #[command(flatten)]
        output: Output,
    },
    /// Remove a secret.
    Unset {
        /// Name or id of the function
        name: String,
        /// Name of the secret
        #[arg(value_name = "SECRET")]
        secret: String,
        #[command(flatten)]
        server: Server,
        #[command(flatten)]
        output: Output,
    },
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

impl EnvCommand {
    pub(crate) const fn output(&self) -> Output {
        match self {
            Self::Set { output, .. } | Self::Unset { output, .. } | Self::List { output, .. } => {
                *output
            }
        }
    }

    pub(crate) async fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let mut config = NewConfig::default();
        let (name, server) = match self {
            Self::Set {
                name,
                variables,
                server,
                ..
            } => {
                let variables = variables.into_iter();
                config.env = variables.map(|(name, value)| (name, Some(value))).collect();
                (name, server)
            }
            Self::Unset {
                name,
                variables,
                server,
                ..
            } => {
                config.env = variables.into_iter().map(|name| (name, None)).collect();
                (name, server)
            }
            Self::List { name, server, .. } => {
                let client = server.client(environment)?;
                let function = client.function(Target::of(&name)).await?;
                return list(&function, terminal);
            }
        };
        change(&name, config, &server, environment, terminal).await
    }
}

impl SecretCommand {
    pub(crate) const fn output(&self) -> Output {
        match self {
            Self::Set { output, .. } | Self::Unset { output, .. } => *output,
        }
    }

    pub(crate) async fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let mut config = NewConfig::default();
        let (name, server) = match self {
            Self::Set {
                name,
                secret,
                server,
                ..
            } => {
                if terminal.interactive {
                    terminal.note(format_args!("type the value of {secret}, then Ctrl-D"));
                }
                config.secrets.insert(secret, Some(read_secret()?));
                (name, server)
            }
            Self::Unset {
                name,
                secret,
                server,
                ..
            } => {
                config.secrets.insert(secret, None);
                (name, server)
            }
        };
        change(&name, config, &server, environment, terminal).await
    }
}

fn read_secret() -> Result<SecretText, Failure> {
    /// Larger than what all variables of a function may have.
    const MAX: u64 = 1 << 20;
    let mut value = String::new();
    let read = std::io::stdin().take(MAX).read_to_string(&mut value);
    read.attempt("cannot read the secret from standard input")?;
    let value = value.strip_suffix('\n').unwrap_or(&value);
    let value = value.strip_suffix('\r').unwrap_or(value);
    if value.is_empty() {
        return Err(Failure::usage("there is no value on standard input"));
    }
    Ok(SecretText::from(value.to_owned()))
}

async fn change(
    name: &str,
    config: NewConfig,
    server: &Server,
    environment: &Environment,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let mut change = FunctionChange::default();
    change.config = Some(config);
    let client = server.client(environment)?;
    let function = client.update(Target::of(name), &change).await?;
    list(&function, terminal)
}

/// Shows the variables, and the names of the secrets.
fn list(function: &Function<'_>, terminal: &Terminal) -> Result<(), Failure> {
    let config = &function.config;
    if terminal.json {
        return terminal.print(&json!({
            "version": function.version,
            "env": config.env,
            "secrets": config.secrets,
        }));
    }
    for (name, value) in &config.env {
        terminal.line(format_args!("{name}={value}"))?;
    }
    for secret in &config.secrets {
        let at = secret.set_at;
        terminal.line(format_args!("{} (secret, set {at})", secret.name))?;
    }
    Ok(())
}
