//! The commands of `faas` that work with a server: `faas init`, `deploy`, `invoke`, `logs` and others.
//!
//! The program flattens [`Command`] into its own command line and passes what was parsed to [`run`].
//! Everything that depends on the process is in [`Host`]: this library reads no environment variables
//! and starts no runtime. It writes results to standard output; messages for people, questions and
//! progress to standard error.
//!
//! ```no_run
//! use clap::{CommandFactory, Parser};
//! use faas_cli::{Environment, Host};
//!
//! #[derive(Parser)]
//! struct Cli {
//!     #[command(subcommand)]
//!     command: faas_cli::Command,
//! }
//!
//! # async fn run() -> std::process::ExitCode {
//! let host = Host::new(Cli::command(), Environment::default());
//! faas_cli::run(Cli::parse().command, host).await
//! # }
//! ```
//!
//! A command exits with 0 if it did what it was told, with 1 if it failed, and with 2 if it was used
//! wrongly.
//!
//! Read the modules in this order: `host`, `commands` (one file for each), `project` (which files a
//! function has, and its settings file), `plan` (what a deployment changes), `follow` (logs),
//! `server` and `contexts` (which server, and its key), `terminal`, `failure`.

mod commands;
mod contexts;
mod failure;
mod follow;
mod host;
mod plan;
mod project;
mod schedule_plan;
mod server;
mod terminal;
mod time;

pub use commands::{Command, run};
pub use host::{EXIT_CODES, Environment, Host};
