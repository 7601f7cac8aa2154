//! The commands, one file for each.

mod completions;
mod context;
mod cost;
mod delete;
mod deploy;
mod dev;
mod env;
mod init;
mod invoke;
mod list;
mod logs;
mod mcp;
mod open;
mod run;
mod schedule;
mod show;
mod test;
mod versions;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::host::Host;
use crate::terminal::Terminal;

/// A command that works with a server. Flatten it into the commands of your program.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Create a folder with a function, a test and its settings.
    Init(init::Init),
    /// Upload a function, or change it.
    Deploy(deploy::Deploy),
    /// Call a function and print its result.
    Invoke(invoke::Invoke),
    /// Run a file once and print its result; its code is not stored.
    Run(run::Run),
    /// Print what a function writes to its console.
    Logs(logs::Logs),
    /// List all functions.
    List(list::List),
    /// Show a function.
    Show(show::Show),
    /// List the versions of a function, and how each does.
    Versions(versions::ListVersions),
    /// Run an older version again.
    Rollback(versions::Rollback),
    /// Set and delete aliases: names for versions of a function.
    #[command(subcommand)]
    Alias(versions::AliasCommand),
    /// Add, list, pause, fire and delete schedules of functions.
    #[command(subcommand)]
    Schedule(schedule::ScheduleCommand),
    /// Delete a function; its executions and costs stay in the reports.
    Delete(delete::Delete),
    /// Set, remove and list variables of a function.
    #[command(subcommand)]
    Env(env::EnvCommand),
    /// Set and remove secrets of a function.
    #[command(subcommand)]
    Secret(env::SecretCommand),
    /// Run a function on a server of its own, and reload it when its files change.
    Dev(dev::Dev),
    /// Show what functions cost.
    Cost(cost::Cost),
    /// Run a load test: many calls of a function at once.
    Test(test::Test),
    /// Serve a server's tools to a client of the Model Context Protocol.
    Mcp(mcp::McpCommand),
    /// Open the dashboard in a browser.
    Open(open::Open),
    /// Name servers and keep their keys.
    #[command(subcommand)]
    Context(context::ContextCommand),
    /// Print a script that completes commands in a shell.
    Completions(completions::Completions),
}

/// The flag for programs that read the result.
#[derive(Debug, Clone, Copy, Args)]
pub struct Output {
    /// Write the result as JSON, and errors as JSON to standard error
    #[arg(long)]
    json: bool,
}

/// Runs a command. Results go to standard output, everything else to standard error.
pub async fn run(command: Command, host: Host) -> ExitCode {
    let output = match &command {
        Command::Init(command) => command.output,
        Command::Deploy(command) => command.output,
        Command::Invoke(command) => command.output,
        Command::Run(command) => command.output,
        Command::Logs(command) => command.output,
        Command::List(command) => command.output,
        Command::Show(command) => command.output,
        Command::Versions(command) => command.output,
        Command::Rollback(command) => command.output,
        Command::Alias(command) => command.output(),
        Command::Schedule(command) => command.output(),
        Command::Delete(command) => command.output,
        Command::Env(command) => command.output(),
        Command::Secret(command) => command.output(),
        Command::Dev(command) => command.output,
        Command::Cost(command) => command.output,
        Command::Test(command) => command.output,
        Command::Mcp(command) => command.output,
        Command::Open(command) => command.output,
        Command::Context(command) => command.output(),
        Command::Completions(_) => Output { json: false },
    };
    let terminal = Terminal::new(output.json, host.environment.no_color);
    match carry_out(command, host, &terminal).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(&terminal),
    }
}

async fn carry_out(command: Command, host: Host, terminal: &Terminal) -> Result<(), Failure> {
    let environment = &host.environment;
    match command {
        Command::Init(command) => command.run(terminal),
        Command::Deploy(command) => command.run(environment, terminal).await,
        Command::Invoke(command) => command.run(environment, terminal).await,
        Command::Run(command) => command.run(environment, terminal).await,
        Command::Logs(command) => command.run(environment, terminal).await,
        Command::List(command) => command.run(environment, terminal).await,
        Command::Show(command) => command.run(environment, terminal).await,
        Command::Versions(command) => command.run(environment, terminal).await,
        Command::Rollback(command) => command.run(environment, terminal).await,
        Command::Alias(command) => command.run(environment, terminal).await,
        Command::Schedule(command) => command.run(environment, terminal).await,
        Command::Delete(command) => command.run(environment, terminal).await,
        Command::Env(command) => command.run(environment, terminal).await,
        Command::Secret(command) => command.run(environment, terminal).await,
        Command::Dev(command) => command.run(host.server, terminal).await,
        Command::Cost(command) => command.run(environment, terminal).await,
        Command::Test(command) => command.run(environment, terminal).await,
        Command::Mcp(command) => command.run(environment, terminal).await,
        Command::Open(command) => command.run(environment, terminal).await,
        Command::Context(command) => command.run(environment, terminal),
        Command::Completions(command) => command.run(host.command),
    }
}
