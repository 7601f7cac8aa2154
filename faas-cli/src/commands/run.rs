//! `faas run`

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use faas_api::{Execution, Language, RunRequest, ScriptLimits, Word};
use faas_core::model;

use super::Output;
use super::invoke::Input;
use crate::failure::{Attempt, Failure};
use crate::host::Environment;
use crate::server::Server;
use crate::terminal::{Paint, Terminal};

const EXAMPLES: &str = "\
Examples:
  faas run script.ts -d '{\"name\": \"Ada\"}'
  echo 'return 6 * 7' | faas run -
  faas run order.js --binding inventory --timeout 5000";

/// Runs a file once on the server; only the execution is stored.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Run {
    /// File with the code, JavaScript or TypeScript; - reads standard input
    file: PathBuf,
    #[command(flatten)]
    input: Input,
    /// Binding of the server that the code may use; repeat it for several [default: none]
    #[arg(long = "binding", value_name = "NAME")]
    bindings: Vec<String>,
    /// Milliseconds that the code may run [default: 30000]
    #[arg(long, value_name = "MS")]
    timeout: Option<u64>,
    /// Memory of the code in MiB [default: what its tier gives]
    #[arg(long, value_name = "MIB")]
    memory: Option<u32>,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    pub(crate) output: Output,
}

impl Run {
    pub(crate) async fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let client = self.server.client(environment)?;
        let input = self.input.read()?;
        let mut request = RunRequest::new(read(&self.file)?, Some(&input));
        request.language = language(&self.file);
        let mut limits = ScriptLimits::default();
        if let Some(timeout) = self.timeout {
            limits = limits.timeout(timeout);
        }
        if let Some(memory) = self.memory {
            limits = limits.memory(memory);
        }
        request.limits = Some(limits);
        request.bindings = (!self.bindings.is_empty()).then_some(self.bindings);
        let done = client.run(&request).await?;
        if terminal.json {
            terminal.print(&done)?;
        } else {
            for line in &done.logs {
                terminal.note(&line.message);
            }
        }
        match &done.error {
            Some(error) => Err(failure(&done, error)),
            None if terminal.json => Ok(()),
            None => {
                let output = done.output.as_ref().map_or("null", model::Json::as_str);
                terminal.line(output)?;
                report(&done, terminal);
                Ok(())
            }
        }
    }
}

/// Reads the code.
fn read(file: &Path) -> Result<String, Failure> {
    if file != Path::new("-") {
        let path = file.display();
        return fs::read_to_string(file).attempt(format_args!("cannot read {path}"));
    }
    let mut code = String::new();
    let read = std::io::stdin().read_to_string(&mut code);
    read.attempt("cannot read the code from standard input")?;
    Ok(code)
}

/// The language that the name of a file says; `None`: the compiler finds out.
fn language(file: &Path) -> Option<Language> {
    let ending = file.extension()?.to_str()?;
    matches!(ending, "ts" | "tsx" | "mts" | "cts").then_some(Word(model::Language::TypeScript))
}

fn failure(done: &Execution<'_>, error: &str) -> Failure {
    let failure = Failure::new(error);
    match &done.stack {
        Some(stack) => failure.detail(stack.as_ref()),
        None => failure,
    }
}

/// Says how long it ran, what it cost, and which host functions it called.
fn report(done: &Execution<'_>, terminal: &Terminal) {
    if !terminal.interactive {
        return;
    }
    for call in &done.host_calls {
        let error = call.error.as_deref().map(|error| format!(": {error}"));
        let text = format!(
            "{} {} ms{}",
            call.name,
            call.duration,
            error.unwrap_or_default()
        );
        terminal.note(terminal.paint_note(Paint::Dim, &text));
    }
    let millis = done
        .duration
        .as_ref()
        .map_or_else(String::new, ToString::to_string);
    let text = format!("{millis} ms, ${}", done.cost.total_cost);
    terminal.note(terminal.paint_note(Paint::Dim, &text));
}
