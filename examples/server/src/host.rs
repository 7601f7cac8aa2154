//! What the commands of [`faas_cli`] get of this process.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use clap::CommandFactory;
use faas_cli::{Environment, Host};

use crate::cli::Cli;

/// This program as the host of the commands.
///
/// # Errors
/// A one-line message if the path of the program is unknown.
pub(crate) fn host() -> Result<Host, String> {
    let text = |name| {
        let value = env::var_os(name).filter(|value| !value.is_empty())?;
        Some(value.to_string_lossy().into_owned())
    };
    let mut environment = Environment::default();
    environment.url = text("FAAS_URL");
    environment.key = text("FAAS_KEY");
    let home = || text("HOME").map(|home| PathBuf::from(home).join(".config"));
    environment.config_folder = text("XDG_CONFIG_HOME").map(PathBuf::from).or_else(home);
    environment.no_color = text("NO_COLOR").is_some();
    Ok(Host::new(Cli::command(), environment).server(server()?))
}

/// `faas serve` without the settings that the environment has for another server.
fn server() -> Result<Command, String> {
    let program = env::current_exe();
    let program = program.map_err(|error| format!("cannot find this program: {error}"))?;
    let mut server = Command::new(program);
    server.arg("serve");
    for (name, _) in env::vars_os() {
        let is_setting = name.to_string_lossy().starts_with("FAAS_");
        if is_setting || name == "MONGODB_URI" || name == "PORT" {
            server.env_remove(name);
        }
    }
    Ok(server)
}
