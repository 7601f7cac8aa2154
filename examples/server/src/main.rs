//! `faas`: the standalone server, and the commands of [`faas_cli`] that work with one.
//!
//! Read the modules in this order: [`cli`], [`network`] and [`key_cli`] (arguments and help),
//! [`mod@file`] (the settings file), [`settings`] (their precedence), [`stores`], [`runtime`]
//! (isolation), [`mod@serve`] (start, run, stop), [`open_files`], [`dashboard`], [`keys`] and
//! [`key_notice`] (API keys), [`secret_key`], [`host`] (what the commands get of this process).
//!
//! An error before the server listens is one line on standard error and exit code 1. Wrong usage is
//! exit code 2.

mod address;
mod certificate;
mod cli;
mod dashboard;
mod egress;
mod file;
mod host;
mod key_cli;
mod key_notice;
mod keys;
mod kv;
mod logging;
mod mongo_uri;
mod network;
mod open_files;
mod runtime;
mod secret_key;
mod serve;
mod settings;
mod store_url;
mod stores;
mod units;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command, Flags, SecretKeyCommand};
use crate::file::File;
use crate::settings::{Environment, Settings};

/// Executions are allocated on one thread and freed on another, which is slow in the system's
/// allocator.
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(message) => {
            let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
            // If standard error is closed, the exit code remains.
            let _ = writeln!(std::io::stderr(), "error: {line}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode, String> {
    match cli.command {
        Command::Serve(flags) => serve(flags),
        Command::SecretKey { command: None } => secret_key::make(),
        Command::SecretKey {
            command: Some(SecretKeyCommand::Reseal { place }),
        } => threads()?.block_on(secret_key::seal_anew(place, &Environment::of_process())),
        Command::Client(command) => {
            return Ok(threads()?.block_on(faas_cli::run(command, host::host()?)));
        }
        Command::Worker => runtime::work(),
        Command::Key(command) => {
            threads()?.block_on(keys::run(command, &Environment::of_process()))
        }
    }
    .map(|()| ExitCode::SUCCESS)
}

fn serve(flags: Box<Flags>) -> Result<(), String> {
    let file = File::read(flags.config.as_deref())?;
    let check = flags.check;
    let settings = Settings::merge(flags, file, &Environment::of_process())?;
    if check {
        if let Some(certificate) = &settings.network.certificate {
            certificate.load()?;
        }
        return print(&settings.to_string());
    }
    logging::start(&settings.log, settings.log_format)?;
    threads()?.block_on(serve::serve(settings))
}

fn threads() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start the server's threads: {error}"))
}

/// Writes `text` and a line end to standard output.
fn print(text: &str) -> Result<(), String> {
    writeln!(std::io::stdout(), "{text}")
        .map_err(|error| format!("cannot write to standard output: {error}"))
}
